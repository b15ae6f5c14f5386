"""Trained models are kept whole, found by time, and never taken from a damaged file."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from deining.domain.errors import WrongData
from deining.storage.database import Connection, open_database
from deining.storage.models import KeptModel, ModelFolder, digest_of, list_adopted, list_models, write_model
from deining.storage.states import forget_after
from tests.builders import NOON

HOUR = timedelta(hours=1)
LEARNED = b"\x00what it learned\xff"


@pytest.fixture
def store(tmp_path: Path) -> Connection:
    return open_database(tmp_path)


def a_model(hours: int = 0, *, adopted: bool = True, code_version: str = "c1", **given: object) -> KeptModel:
    """A model that was tried so many hours after noon, and adopted half an hour later."""
    tried = NOON + hours * HOUR
    usual = {
        "name": "any", "version": f"v{hours}", "code_version": code_version, "data_version": "d1", "seed": 7, "learned_until": tried - 24 * HOUR,
        "tried_at": tried, "adopted_at": tried + HOUR / 2 if adopted else None, "refused": "" if adopted else "it was worse", "holdout_steps": 100,
        "score": 0.1, "champion_score": 0.2, "digest": digest_of(LEARNED),
    }  # fmt: skip
    return KeptModel(**{**usual, **given})  # type: ignore[arg-type]


def test_a_model_comes_back_as_it_was(store: Connection) -> None:
    models = [a_model(0), a_model(1, adopted=False, seed=None, score=None, champion_score=None, digest="")]
    for model in models:
        write_model(store, "town", model)
    assert list_models(store, "town", NOON + 9 * HOUR) == models[::-1]
    assert list_models(store, "town", NOON + 9 * HOUR, most=1) == models[1:]
    assert list_models(store, "other", NOON + 9 * HOUR) == []


def test_at_a_moment_those_are_found_that_were_in_use_by_then(store: Connection) -> None:
    for model in (a_model(0), a_model(2), a_model(3, adopted=False), a_model(4, code_version="c2")):
        write_model(store, "town", model)
    assert [m.version for m in list_adopted(store, "town", "any", "c1", NOON + 9 * HOUR)] == ["v2", "v0"]
    assert [m.version for m in list_adopted(store, "town", "any", "c1", NOON + 2 * HOUR)] == ["v0"], "tried by then, not yet in use"
    assert list_adopted(store, "town", "any", "c1", NOON) == []
    assert list_adopted(store, "town", "another", "c1", NOON + 9 * HOUR) == []


def test_moving_back_forgets_models_that_came_into_use_later(store: Connection) -> None:
    for model in (a_model(0), a_model(1, adopted=False), a_model(2), a_model(3, adopted=False)):
        write_model(store, "town", model)
    forget_after(store, "town", NOON + 2 * HOUR)
    assert [m.version for m in list_models(store, "town", NOON + 9 * HOUR)] == ["v1", "v0"]


def test_what_a_model_learned_comes_back_byte_by_byte(tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path / "models", "town")
    folder.write(a_model(), LEARNED)
    assert folder.read(a_model()) == LEARNED
    assert [file.name for file in (tmp_path / "models" / "town").iterdir()] == ["any-v0.bin"]


@pytest.mark.parametrize("damaged", [b"", LEARNED[:-1], b"x" + LEARNED[1:]])
def test_a_damaged_file_is_not_taken(tmp_path: Path, damaged: bytes) -> None:
    folder = ModelFolder(tmp_path, "town")
    folder.write(a_model(), LEARNED)
    folder.file(a_model()).write_bytes(damaged)
    with pytest.raises(WrongData, match=r"any-v0\.bin"):
        folder.read(a_model())


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongData, match="no kept model"):
        ModelFolder(tmp_path, "town").read(a_model())


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path, "town")
    folder.file(a_model()).mkdir(parents=True)
    (folder.file(a_model()) / "in the way").touch()
    with pytest.raises(OSError, match=r"any-v0\.bin"):
        folder.write(a_model(), LEARNED)
    assert [file.name for file in (tmp_path / "town").iterdir()] == ["any-v0.bin"]


def test_only_the_files_of_models_that_are_kept_stay(tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path, "town")
    for hours in range(4):
        folder.write(a_model(hours), LEARNED)
    folder.prune([a_model(1), a_model(3), replace(a_model(5), version="never written")])
    assert sorted(file.name for file in (tmp_path / "town").iterdir()) == ["any-v1.bin", "any-v3.bin"]
