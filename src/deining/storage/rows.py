"""Observations as rows: the key of the contracts, so that the same observation twice counts once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deining.domain.observation import Observation, Quantity
from deining.storage.bulk import insert_piece, pieces

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
Row = tuple[int, int, int, int, float, int, str | None]
"""(sensor, quantity, start_us, end_us, value, received_us, quality), as in the table."""

INSERT = "INSERT INTO observation"
INSERT_ONE = "INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
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
        counts: dict[int, list[int]] = {}
        new: list[tuple[Observation, Row]] = []
        rows = [(given, self._row(area, given)) for given in observations]
        for first, last in pieces(len(rows)):
            new += self._insert_piece(rows[first:last], counts)
        newest: dict[tuple[int, int], Row] = {}
        for _, row in new:
            if row[:2] not in newest or newest[row[:2]][3] <= row[3]:
                newest[row[:2]] = row
            counts.setdefault(row[0], [0, 0, 0])[0] += 1
        self._connection.executemany(LATEST, [row[:6] for row in newest.values()])
        self._connection.executemany(
            "UPDATE sensor SET stored = stored + ?, duplicate = duplicate + ?, conflicting = conflicting + ? WHERE number = ?",
            [(*count, number) for number, count in counts.items()],
        )
        return StoredRows([given for given, _ in new], sum(c[1] for c in counts.values()), sum(c[2] for c in counts.values()))

    def _row(self, area: str, given: Observation) -> Row:
        quality = None if given.quality == "ok" else given.quality
        start_us, end_us, arrived_us = to_us(given.start), to_us(given.end), to_us(given.available_at)
        return self._number(area, given.sensor), NUMBERS[given.quantity], start_us, end_us, given.value, arrived_us, quality

    def _insert_piece(self, rows: Sequence[tuple[Observation, Row]], counts: dict[int, list[int]]) -> list[tuple[Observation, Row]]:
        """Those that were new; the others are counted."""
        try:
            insert_piece(self._connection, INSERT, [row for _, row in rows])
        except sqlite3.IntegrityError:
            return [(given, row) for given, row in rows if self._insert_one(row, counts)]
        return list(rows)

    def _insert_one(self, row: Row, counts: dict[int, list[int]]) -> bool:
        run = self._connection.execute
        if run(INSERT_ONE, row).rowcount == 1:
            return True
        count = counts.setdefault(row[0], [0, 0, 0])
        count[1] += 1
        (kept,) = run(KEPT, row[:4]).fetchone()
        if kept != row[4]:
            count[2] += 1
            run("INSERT INTO conflict VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", (*row[:5], kept, row[5]))
        return False

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
