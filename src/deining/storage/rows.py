"""Observations as rows: the key of the contracts, so that the same observation twice counts once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deining.domain.observation import Observation, Quantity

NUMBERS = {
    Quantity.COUNT_FORWARD: 1,
    Quantity.COUNT_BACKWARD: 2,
    Quantity.COUNT: 3,
    Quantity.OCCUPANCY: 4,
    Quantity.DEVICES: 5,
    Quantity.SAMPLE: 6,
}
QUANTITIES = {number: quantity for quantity, number in NUMBERS.items()}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

INSERT = "INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
KEPT = "SELECT value FROM observation WHERE sensor = ? AND quantity = ? AND start_us = ? AND end_us = ?"
LATEST = """INSERT INTO latest VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET start_us = excluded.start_us, end_us = excluded.end_us,
    value = excluded.value, received_us = excluded.received_us WHERE excluded.end_us >= latest.end_us"""


def to_us(time: datetime) -> int:
    """Microseconds since 1970 UTC, exact."""
    return (time - EPOCH) // MICROSECOND


def from_us(us: int) -> datetime:
    """The aware time, UTC."""
    return EPOCH + timedelta(microseconds=us)


@dataclass(frozen=True, slots=True)
class StoredRows:
    """What became of a batch: the new observations, and how many were there already, with the same or another value."""

    new: list[Observation]
    duplicate: int
    conflicting: int


class ObservationRows:
    """Inserts observations over the writer's connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[tuple[str, str], int] = {}

    def forget(self) -> None:
        """Forget what a rolled-back transaction may have undone."""
        self._numbers.clear()

    def insert(self, area: str, observations: Sequence[Observation]) -> StoredRows:
        """Insert what is not there yet; of two values for one key the first stays and the second is kept as a conflict."""
        run = self._connection.execute
        new: list[Observation] = []
        newest: dict[tuple[int, int], tuple[int, int, float, int]] = {}
        counts: dict[int, list[int]] = {}
        for given in observations:
            number = self._number(area, given.sensor)
            start_us, end_us, quantity = to_us(given.start), to_us(given.end), NUMBERS[given.quantity]
            arrived_us = to_us(given.available_at)
            count = counts.setdefault(number, [0, 0, 0])
            row = (number, quantity, start_us, end_us, given.value, arrived_us, None if given.quality == "ok" else given.quality)
            if run(INSERT, row).rowcount == 1:
                new.append(given)
                count[0] += 1
                if (number, quantity) not in newest or newest[number, quantity][1] <= end_us:
                    newest[number, quantity] = (start_us, end_us, given.value, arrived_us)
                continue
            count[1] += 1
            (kept,) = run(KEPT, row[:4]).fetchone()
            if kept != given.value:
                count[2] += 1
                run("INSERT INTO conflict VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", (*row[:4], given.value, kept, arrived_us))
        self._connection.executemany(LATEST, [(*key, *values) for key, values in newest.items()])
        self._connection.executemany(
            "UPDATE sensor SET stored = stored + ?, duplicate = duplicate + ?, conflicting = conflicting + ? WHERE number = ?",
            [(*count, number) for number, count in counts.items()],
        )
        return StoredRows(new, sum(c[1] for c in counts.values()), sum(c[2] for c in counts.values()))

    def count_rejected(self, area: str, sensor: str, rejected: int) -> None:
        """Add to the count of refused rows."""
        self._connection.execute("UPDATE sensor SET rejected = rejected + ? WHERE number = ?", (rejected, self._number(area, sensor)))

    def _number(self, area: str, sensor: str) -> int:
        number = self._numbers.get((area, sensor))
        if number is None:
            self._connection.execute("INSERT INTO sensor (area, sensor) VALUES (?, ?) ON CONFLICT DO NOTHING", (area, sensor))
            (number,) = self._connection.execute("SELECT number FROM sensor WHERE area = ? AND sensor = ?", (area, sensor)).fetchone()
            self._numbers[area, sensor] = number
        return int(number)


def read_observations(connection: sqlite3.Connection, area: str, since: datetime, until: datetime) -> Iterator[Observation]:
    """Observations of an area whose interval begins in [since, until), sensor by sensor."""
    for number, sensor in connection.execute("SELECT number, sensor FROM sensor WHERE area = ?", (area,)).fetchall():
        for quantity_number, quantity in QUANTITIES.items():
            rows = connection.execute(
                "SELECT start_us, end_us, value, received_us, quality FROM observation WHERE sensor = ? AND quantity = ? AND start_us >= ? AND start_us < ?",
                (number, quantity_number, to_us(since), to_us(until)),
            )
            for start_us, end_us, value, received_us, quality in rows:
                yield Observation(sensor, quantity, from_us(start_us), from_us(end_us), value, from_us(received_us), quality or "ok")


def read_latest(connection: sqlite3.Connection, area: str) -> list[Observation]:
    """The newest observation of each sensor and quantity."""
    rows = connection.execute(
        "SELECT sensor.sensor, quantity, start_us, end_us, value, received_us FROM latest JOIN sensor ON sensor.number = latest.sensor WHERE area = ?", (area,)
    )
    return [
        Observation(sensor, QUANTITIES[quantity], from_us(start_us), from_us(end_us), value, from_us(received_us))
        for sensor, quantity, start_us, end_us, value, received_us in rows
    ]


@dataclass(frozen=True, slots=True)
class SensorCounts:
    """How many rows of a sensor were stored, were there already, had another value than one that was, or were refused."""

    stored: int = 0
    duplicate: int = 0
    conflicting: int = 0
    rejected: int = 0


def read_counts(connection: sqlite3.Connection, area: str) -> dict[str, SensorCounts]:
    """The counts of every sensor that ever delivered."""
    rows = connection.execute("SELECT sensor, stored, duplicate, conflicting, rejected FROM sensor WHERE area = ?", (area,))
    return {sensor: SensorCounts(*counts) for sensor, *counts in rows}
