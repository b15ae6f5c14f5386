"""Models that were trained: what each learned in a file of the data folder, and how it came to be used in the store."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deining.domain.errors import WrongData
from deining.storage.rows import from_us, to_us

COLUMNS = "name, version, code_version, data_version, seed, learned_until_us, tried_us, adopted_us, refused, holdout_steps, score, champion_score, digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptModel:
    """A model that was trained, and what became of it.

    Parameters
    ----------
    name
        Row of the registry of forecasters.
    version
        Digest of code, data, seed and what it learned.
    code_version
        Version of deining, with a digest of the code of its forecasters.
    data_version
        Digest of what it learned from.
    seed
        The model's own; None where it has none.
    learned_until
        End of what it learned from.
    tried_at
        When its training began.
    adopted_at
        When it came into use; None where it did not.
    refused
        Why it did not; empty where it did.
    holdout_steps
        Forecast steps after `learned_until` on which it was held against the model then in use.
    score, champion_score
        Weighted quantile loss of both on those steps, less is better; None where they could not be compared.
    digest
        SHA-256 of what it learned; empty where that was not kept.
    """

    name: str
    version: str
    code_version: str
    data_version: str
    seed: int | None
    learned_until: datetime
    tried_at: datetime
    adopted_at: datetime | None
    refused: str
    holdout_steps: int
    score: float | None
    champion_score: float | None
    digest: str


class ModelFolder:
    """The files in which an area's models stand.

    Parameters
    ----------
    folder
        Folder of the models of all areas.
    """

    def __init__(self, folder: Path, area: str) -> None:
        self._folder = folder / area

    def file(self, model: KeptModel) -> Path:
        """Where a model stands, or would."""
        return self._folder / f"{model.name}-{model.version}.bin"

    def write(self, model: KeptModel, learned: bytes) -> None:
        """Write what a model learned; whole or not at all.

        Raises
        ------
        OSError
            When it cannot be written.
        """
        file = self.file(model)
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as part:
                part.write(learned)
                part.flush()
                os.fsync(part.fileno())
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def read(self, model: KeptModel) -> bytes:
        """What a model learned.

        Raises
        ------
        WrongData
            When the file is not there, or not as it was written.
        """
        file = self.file(model)
        try:
            learned = file.read_bytes()
        except OSError as error:
            raise WrongData(f"{file}: found no kept model ({error.strerror}); expected what {model.name} {model.version} learned") from error
        if digest_of(learned) != model.digest:
            raise WrongData(f"{file}: found {len(learned)} bytes that are not those written; expected what {model.name} {model.version} learned")
        return learned

    def prune(self, kept: Iterable[KeptModel]) -> None:
        """Remove all files but those of some models."""
        names = {self.file(model).name for model in kept}
        for file in self._folder.glob("*"):
            if file.name not in names:
                with contextlib.suppress(OSError):
                    file.unlink()


def digest_of(learned: bytes) -> str:
    """SHA-256 of what a model learned."""
    return hashlib.sha256(learned).hexdigest()


def write_model(connection: sqlite3.Connection, area: str, model: KeptModel) -> None:
    """Keep what became of a trained model."""
    connection.execute(
        f"INSERT INTO model (area, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  constant names
        (
            area,
            model.name,
            model.version,
            model.code_version,
            model.data_version,
            model.seed,
            to_us(model.learned_until),
            to_us(model.tried_at),
            None if model.adopted_at is None else to_us(model.adopted_at),
            model.refused,
            model.holdout_steps,
            model.score,
            model.champion_score,
            model.digest,
        ),
    )


def list_models(connection: sqlite3.Connection, area: str, until: datetime, most: int = 50) -> list[KeptModel]:
    """The latest models that were tried by a time, the newest first."""
    query = f"SELECT {COLUMNS} FROM model WHERE area = ? AND tried_us <= ? ORDER BY tried_us DESC, number DESC LIMIT ?"  # noqa: S608  constant names
    return [_read_row(row) for row in connection.execute(query, (area, to_us(until), most))]


def list_adopted(connection: sqlite3.Connection, area: str, name: str, code_version: str, at: datetime) -> list[KeptModel]:
    """The models of one name and code that had come into use by a time, the newest first."""
    query = f"SELECT {COLUMNS} FROM model WHERE area = ? AND name = ? AND code_version = ? AND adopted_us <= ? ORDER BY adopted_us DESC, number DESC"  # noqa: S608  constant names
    return [_read_row(row) for row in connection.execute(query, (area, name, code_version, to_us(at)))]


def _read_row(row: tuple[str | int | float | None, ...]) -> KeptModel:
    name, version, code_version, data_version, seed, learned_us, tried_us, adopted_us, refused, steps, score, champion_score, digest = row
    return KeptModel(
        name=str(name),
        version=str(version),
        code_version=str(code_version),
        data_version=str(data_version),
        seed=None if seed is None else int(seed),
        learned_until=from_us(int(learned_us or 0)),
        tried_at=from_us(int(tried_us or 0)),
        adopted_at=None if adopted_us is None else from_us(int(adopted_us)),
        refused=str(refused),
        holdout_steps=int(steps or 0),
        score=None if score is None else float(score),
        champion_score=None if champion_score is None else float(champion_score),
        digest=str(digest),
    )


def forget_models_after(connection: sqlite3.Connection, area: str, time: datetime) -> None:
    """Forget models that were tried or came into use after a time: a replay was moved back."""
    connection.execute("DELETE FROM model WHERE area = ? AND coalesce(adopted_us, tried_us) > ?", (area, to_us(time)))
