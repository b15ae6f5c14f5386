"""Issued forecasts, as they were issued, and the record of how good they turned out.

An issue is kept in stretches of a few steps. A stretch is scored once, as a whole, when its last step has ended and nothing
late is awaited: its sums go into the record in the same commit in which it is marked as scored.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from deining.domain.forecast import QUANTILE_NAMES, Forecast, Provenance
from deining.domain.series import FloatArray
from deining.storage.bulk import insert_rows
from deining.storage.rows import from_us, to_us

STRETCH_STEPS = 8
BODY = np.dtype("<f4")
WIDTH = 1 + len(QUANTILE_NAMES)
DAY_US = 86_400_000_000
SECOND_US = 1_000_000
KEY = ("area", "day", "target", "quantity", "lead_s", "kind", "model")
FORGET_AFTER = ("DELETE FROM issue WHERE area = ? AND origin_us > ?", "DELETE FROM forecast WHERE area = ? AND origin_us > ?")
UNSCORED = """SELECT origin_us, target, quantity, first_us, end_us, step_s, model, body FROM issue JOIN provenance ON number = issue.provenance
    WHERE issue.area = ? AND scored = 0 AND end_us <= ? ORDER BY end_us, origin_us, target, quantity LIMIT ?"""
ISSUED = """SELECT target, quantity, origin_us, first_us, step_s, model, model_version, data_version, learned_until_us, drivers, absent, reason, body
    FROM issue JOIN provenance ON number = issue.provenance WHERE issue.area = ? AND origin_us BETWEEN ? AND ? ORDER BY origin_us, target, quantity, first_us"""
ISSUED_BEFORE = f"""SELECT target, quantity, origin_us, time_us, mean, {", ".join(QUANTILE_NAMES)}, model FROM forecast
    WHERE area = ? AND origin_us BETWEEN ? AND ? ORDER BY origin_us, target, quantity, time_us"""  # noqa: S608  constant names


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some steps in a row of one issued forecast.

    Parameters
    ----------
    quantiles
        Shape (steps, 7).
    """

    target: str
    quantity: str
    origin: datetime
    first: datetime
    end: datetime
    step_s: int
    model: str
    quantiles: FloatArray

    @property
    def day(self) -> int:
        """The day in whose record it is, days since 1970 UTC."""
        return (to_us(self.end) - 1) // DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreKey:
    """What a row of the record is about; `lead_s` is the end of the band of leads, `day` days since 1970 UTC."""

    day: int
    target: str
    quantity: str
    lead_s: int
    kind: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """Sums of one model over scored steps whose starts and ends lie in [first_s, end_s], seconds since 1970 UTC."""

    target: str
    quantity: str
    lead_s: int
    kind: str
    model: str
    first_s: int
    end_s: int
    sums: FloatArray


# -- issued forecasts


def write_forecasts(connection: sqlite3.Connection, area: str, forecasts: Sequence[Forecast]) -> None:
    """Keep issued forecasts, and once for each what it comes from; a forecast whose steps have no known length is left out."""
    numbers: dict[tuple[datetime, str, Provenance], int] = {}
    rows: list[tuple[str | float | int | bytes | None, ...]] = []
    for stretch in _cut(forecasts):
        first, last = stretch[0], stretch[-1]
        source = (first.origin, first.model, first.provenance)
        if source not in numbers:
            numbers[source] = _number(connection, area, *source)
        step_s, end = first.step_s or 0, last.time + timedelta(seconds=first.step_s or 0)
        body = np.array([(f.mean, *f.quantiles) for f in stretch], dtype=BODY).tobytes()
        rows.append((area, to_us(first.origin), first.target, first.quantity, to_us(first.time), to_us(end), step_s, numbers[source], 0, body))
    insert_rows(connection, "INSERT OR REPLACE INTO issue", rows)  # type: ignore[arg-type]  # SQLite takes bytes too


def _cut(forecasts: Iterable[Forecast]) -> Iterator[list[Forecast]]:
    """Stretches of steps that follow one another and have one origin."""
    stretch: list[Forecast] = []
    for forecast in forecasts:
        if stretch and (len(stretch) == STRETCH_STEPS or not _follows(stretch[-1], forecast)):
            yield stretch
            stretch = []
        if forecast.step_s:
            stretch.append(forecast)
    if stretch:
        yield stretch


def _follows(last: Forecast, forecast: Forecast) -> bool:
    same = (last.target, last.quantity, last.origin, last.step_s, last.model) == (
        forecast.target,
        forecast.quantity,
        forecast.origin,
        forecast.step_s,
        forecast.model,
    )
    return same and forecast.time - last.time == timedelta(seconds=last.step_s or 0) and last.provenance == forecast.provenance


def _number(connection: sqlite3.Connection, area: str, origin: datetime, model: str, provenance: Provenance) -> int:
    """The number under which a provenance stands, given to it when it is new."""
    until_us = to_us(provenance.learned_until) if provenance.learned_until else None
    row = (
        model,
        provenance.model_version,
        provenance.data_version,
        until_us,
        json.dumps(provenance.drivers, ensure_ascii=False),
        json.dumps(provenance.absent, ensure_ascii=False),
        provenance.reason,
    )
    digest = hashlib.sha256(json.dumps(row).encode()).hexdigest()[:32]
    (number,) = connection.execute(
        "INSERT INTO provenance (area, digest, last_us, model, model_version, data_version, learned_until_us, drivers, absent, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (area, digest) DO UPDATE SET last_us = max(last_us, excluded.last_us) RETURNING number",
        (area, digest, to_us(origin), *row),
    ).fetchone()
    return int(number)


def read_issued(connection: sqlite3.Connection, area: str, since: datetime, until: datetime) -> list[Forecast]:
    """Forecasts issued in [since, until], in order of origin; of earlier versions too, whose step and provenance were not kept."""
    window = (area, to_us(since), to_us(until))
    found = [
        Forecast(target=target, quantity=quantity, origin=from_us(origin_us), time=from_us(us), mean=mean, quantiles=tuple(row[:-1]), model=row[-1])
        for target, quantity, origin_us, us, mean, *row in connection.execute(ISSUED_BEFORE, window)
    ]
    for target, quantity, origin_us, first_us, step_s, model, version, data, learned_us, drivers, absent, reason, body in connection.execute(ISSUED, window):
        provenance = Provenance(
            model_version=version,
            data_version=data,
            learned_until=None if learned_us is None else from_us(learned_us),
            drivers=tuple(json.loads(drivers)),
            absent=tuple(json.loads(absent)),
            reason=reason,
        )
        found += [
            Forecast(
                target=target,
                quantity=quantity,
                origin=from_us(origin_us),
                time=from_us(first_us + k * step_s * SECOND_US),
                mean=mean,
                quantiles=tuple(quantiles),
                model=model,
                step_s=step_s,
                provenance=provenance,
            )
            for k, (mean, *quantiles) in enumerate(_read_body(body).tolist())
        ]
    return found


def _read_body(body: bytes) -> FloatArray:
    return np.frombuffer(body, dtype=BODY).reshape(-1, WIDTH).astype(np.float64)


def forget_issued(connection: sqlite3.Connection, area: str, before: datetime) -> None:
    """Forget forecasts that were issued before a time; their scores stay."""
    connection.execute("DELETE FROM issue WHERE area = ? AND origin_us < ?", (area, to_us(before)))
    connection.execute("DELETE FROM forecast WHERE area = ? AND origin_us < ?", (area, to_us(before)))
    connection.execute("DELETE FROM provenance WHERE area = ? AND last_us < ?", (area, to_us(before)))


# -- the record


def read_unscored(connection: sqlite3.Connection, area: str, ended_by: datetime, most: int) -> list[Stretch]:
    """At most so many stretches that had ended by a time and are not scored yet, the earliest first."""
    rows = connection.execute(UNSCORED, (area, to_us(ended_by), most))
    return [
        Stretch(
            target=target,
            quantity=quantity,
            origin=from_us(origin_us),
            first=from_us(first_us),
            end=from_us(end_us),
            step_s=step_s,
            model=model,
            quantiles=_read_body(body)[:, 1:],
        )
        for origin_us, target, quantity, first_us, end_us, step_s, model, body in rows
    ]


def write_scores(
    connection: sqlite3.Connection,
    area: str,
    stretches: Sequence[Stretch],
    found: Mapping[ScoreKey, tuple[int, int, FloatArray]],
    columns: Sequence[str],
    keep_every_s: int,
) -> None:
    """Add what stretches came to, and mark them as scored, in one commit.

    Parameters
    ----------
    found
        By key: start of the first step, end of the last, s since 1970 UTC, and the sums, shape (columns,).
    columns
        Names of the sums.
    keep_every_s
        Of what was issued between the multiples of so many seconds only the scores are kept.
    """
    names = [*KEY, "first_s", "end_s", *columns]
    sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in columns)
    statement = (
        f"INSERT INTO score ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) ON CONFLICT DO UPDATE SET "  # noqa: S608  constant names
        f"first_s = min(first_s, excluded.first_s), end_s = max(end_s, excluded.end_s), {sums}"
    )
    rows = [
        (area, key.day, key.target, key.quantity, key.lead_s, key.kind, key.model, first_s, end_s, *values.tolist())
        for key, (first_s, end_s, values) in found.items()
    ]
    connection.executemany(statement, rows)
    keys = [(area, to_us(s.origin), s.target, s.quantity, to_us(s.first)) for s in stretches]
    where = "WHERE area = ? AND origin_us = ? AND target = ? AND quantity = ? AND first_us = ?"
    kept = [key for key in keys if key[1] % (keep_every_s * SECOND_US) == 0]
    connection.executemany(f"UPDATE issue SET scored = 1 {where}", kept)  # noqa: S608  constant names
    connection.executemany(f"DELETE FROM issue {where}", [key for key in keys if key[1] % (keep_every_s * SECOND_US)])  # noqa: S608  constant names


def read_scores(
    connection: sqlite3.Connection, area: str, since: datetime, until: datetime, columns: Sequence[str], target: str | None = None
) -> list[ScoreRow]:
    """The record over the UTC days from that of `since` to that of `until`, added up over the days.

    Parameters
    ----------
    target
        Keep one place; None for all.
    """
    names = ", ".join(f"sum({name})" for name in columns)
    chosen = "" if target is None else " AND target = ?"
    query = (
        f"SELECT target, quantity, lead_s, kind, model, min(first_s), max(end_s), {names} FROM score "  # noqa: S608  constant names
        f"WHERE area = ? AND day BETWEEN ? AND ?{chosen} GROUP BY target, quantity, lead_s, kind, model ORDER BY target, quantity, lead_s, kind, model"
    )
    given = (area, to_us(since) // DAY_US, to_us(until) // DAY_US, *([] if target is None else [target]))
    return [
        ScoreRow(target=place, quantity=quantity, lead_s=lead_s, kind=kind, model=model, first_s=first_s, end_s=end_s, sums=np.array(sums))
        for place, quantity, lead_s, kind, model, first_s, end_s, *sums in connection.execute(query, given)
    ]


def forget_forecasts_after(connection: sqlite3.Connection, area: str, time: datetime) -> None:
    """Forget what was issued and scored after a time: a replay was moved back.

    The record is kept by day, so that of the whole running day is forgotten, and found again from what was issued in it.
    """
    day = to_us(time) // DAY_US
    for statement in FORGET_AFTER:
        connection.execute(statement, (area, to_us(time)))
    connection.execute("DELETE FROM score WHERE area = ? AND day >= ?", (area, day))
    connection.execute("UPDATE issue SET scored = 0 WHERE area = ? AND scored = 1 AND end_us > ?", (area, day * DAY_US))
