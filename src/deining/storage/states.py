"""What the pipeline found, kept: states, series, faults."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from deining.domain.series import Series
from deining.domain.state import Fault, FlowState, Quality, ZoneState
from deining.storage.alerts import forget_alerts_after
from deining.storage.bulk import insert_rows
from deining.storage.forecasts import forget_forecasts_after
from deining.storage.models import forget_models_after
from deining.storage.rows import from_us, to_us

ZONE_PAST = """SELECT time_us, occupancy, occupancy_p05, occupancy_p95, quality FROM zone_state
    WHERE area = ? AND zone = ? AND time_us BETWEEN ? AND ? ORDER BY time_us"""
FLOW_PAST = """SELECT time_us, flow_per_min, p05, p95, quality FROM flow_state
    WHERE area = ? AND target = ? AND time_us BETWEEN ? AND ? ORDER BY time_us"""
FORGET_AFTER = (
    "DELETE FROM zone_state WHERE area = ? AND time_us > ?",
    "DELETE FROM flow_state WHERE area = ? AND time_us > ?",
    "DELETE FROM fault WHERE area = ? AND start_us > ?",
    "UPDATE fault SET end_us = NULL WHERE area = ? AND end_us > ?",
)


@dataclass(frozen=True, slots=True)
class PastValue:
    """One state of the past: value with its 90 % interval; None is missing."""

    time: datetime
    value: float | None
    p05: float | None
    p95: float | None
    quality: str


def write_states(connection: sqlite3.Connection, area: str, zones: Sequence[ZoneState], flows: Sequence[FlowState]) -> None:
    """Keep the states of one moment; the same moment again replaces them."""
    insert_rows(
        connection,
        "INSERT OR REPLACE INTO zone_state",
        [(area, to_us(s.time), s.zone, s.occupancy, s.occupancy_p05, s.occupancy_p95, s.data_age_s, s.quality.value) for s in zones],
    )
    insert_rows(
        connection,
        "INSERT OR REPLACE INTO flow_state",
        [
            (
                area,
                to_us(s.time),
                s.target,
                s.forward_per_min,
                s.backward_per_min,
                s.flow_per_min,
                s.p05,
                s.p95,
                s.ratio_to_normal,
                s.data_age_s,
                s.quality.value,
            )
            for s in flows
        ],
    )


def read_past(connection: sqlite3.Connection, area: str, target: str, since: datetime, until: datetime, *, is_zone: bool) -> list[PastValue]:
    """The states of one target in [since, until], oldest first."""
    query = ZONE_PAST if is_zone else FLOW_PAST
    rows = connection.execute(query, (area, target, to_us(since), to_us(until)))
    return [PastValue(from_us(us), value, p05, p95, quality) for us, value, p05, p95, quality in rows]


def write_series(connection: sqlite3.Connection, area: str, series: Sequence[Series]) -> None:
    """Keep steps of series; missing steps are left out."""
    for one in series:
        known = np.flatnonzero(~np.isnan(one.values))
        insert_rows(
            connection,
            "INSERT OR REPLACE INTO series",
            [(area, one.target, one.quantity, one.step_s, one.first_s + int(k) * one.step_s, float(one.values[k])) for k in known],
        )


def write_series_steps(connection: sqlite3.Connection, area: str, steps: Sequence[tuple[str, str, int, int, float]]) -> None:
    """Keep single steps of series: (target, quantity, step_s, start_s, value)."""
    insert_rows(connection, "INSERT OR REPLACE INTO series", [(area, *step) for step in steps])


def read_series(connection: sqlite3.Connection, area: str, since: datetime) -> list[Series]:
    """All series of an area from a time on."""
    keys = connection.execute("SELECT DISTINCT target, quantity, step_s FROM series WHERE area = ?", (area,)).fetchall()
    found = []
    for target, quantity, step_s in keys:
        rows = connection.execute(
            "SELECT start_s, value FROM series WHERE area = ? AND target = ? AND quantity = ? AND step_s = ? AND start_s >= ? ORDER BY start_s",
            (area, target, quantity, step_s, int(since.timestamp())),
        ).fetchall()
        if not rows:
            continue
        first_s = rows[0][0]
        values = np.full((rows[-1][0] - first_s) // step_s + 1, np.nan)
        values[[(start_s - first_s) // step_s for start_s, _ in rows]] = [value for _, value in rows]
        found.append(Series(target=target, quantity=quantity, first_s=first_s, step_s=step_s, values=values))
    return found


def write_faults(connection: sqlite3.Connection, area: str, faults: Sequence[Fault]) -> None:
    """Keep faults; the same sensor and start again replaces its earlier state."""
    connection.executemany(
        "INSERT OR REPLACE INTO fault VALUES (?, ?, ?, ?, ?)",
        [(area, f.sensor, to_us(f.start), to_us(f.end) if f.end else None, f.fault) for f in faults],
    )


def read_zone_states(connection: sqlite3.Connection, area: str, zones: Iterable[str], since: datetime, until: datetime) -> list[ZoneState]:
    """The states of zones at the last moment in [since, until] at which they were kept; density and sources left out."""
    query = (
        "SELECT time_us, occupancy, occupancy_p05, occupancy_p95, data_age_s, quality FROM zone_state "
        "WHERE area = ? AND zone = ? AND time_us BETWEEN ? AND ? ORDER BY time_us DESC LIMIT 1"
    )
    found = [(zone, connection.execute(query, (area, zone, to_us(since), to_us(until))).fetchone()) for zone in zones]
    last = max((row[0] for _, row in found if row), default=None)
    return [
        ZoneState(
            zone=zone,
            time=from_us(row[0]),
            occupancy=row[1],
            occupancy_p05=row[2],
            occupancy_p95=row[3],
            density_per_m2=None,
            data_age_s=row[4],
            quality=Quality(row[5]),
        )
        for zone, row in found
        if row and row[0] == last
    ]


def read_states_at(connection: sqlite3.Connection, area: str) -> datetime | None:
    """The last moment of which states were kept."""
    (last,) = connection.execute(
        "SELECT max(time_us) FROM (SELECT max(time_us) time_us FROM zone_state WHERE area = ? UNION ALL SELECT max(time_us) FROM flow_state WHERE area = ?)",
        (area, area),
    ).fetchone()
    return from_us(last) if last is not None else None


def forget_after(connection: sqlite3.Connection, area: str, time: datetime) -> None:
    """Forget what was observed and found after a time: a replay was moved back."""
    us = to_us(time)
    sensors = [number for (number,) in connection.execute("SELECT number FROM sensor WHERE area = ?", (area,))]
    connection.executemany("DELETE FROM observation WHERE sensor = ? AND received_us > ?", [(number, us) for number in sensors])
    connection.executemany("DELETE FROM latest WHERE sensor = ? AND end_us > ?", [(number, us) for number in sensors])
    for statement in FORGET_AFTER:
        connection.execute(statement, (area, us))
    connection.execute("DELETE FROM series WHERE area = ? AND start_s + step_s > ?", (area, us // 1_000_000))
    forget_alerts_after(connection, area, time)
    forget_forecasts_after(connection, area, time)
    forget_models_after(connection, area, time)


__all__ = [
    "PastValue",
    "Quality",
    "forget_after",
    "read_past",
    "read_series",
    "read_states_at",
    "write_faults",
    "write_series",
    "write_series_steps",
    "write_states",
]
