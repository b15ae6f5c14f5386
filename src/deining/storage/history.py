"""History for analysis: one Parquet file (zstd) a UTC day, written from the batches in memory.

The file of the running day grows as `YYYY-MM-DD.parquet.part`. A kill leaves a part file without an end; the day
is then written anew from the store of record. Nobody reads a part file.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from deining.domain.observation import Observation
from deining.storage.rows import read_observations

log = logging.getLogger(__name__)

SCHEMA = pa.schema(
    [
        ("sensor", pa.dictionary(pa.int32(), pa.string())),
        ("quantity", pa.dictionary(pa.int32(), pa.string())),
        ("start", pa.timestamp("us", "UTC")),
        ("end", pa.timestamp("us", "UTC")),
        ("value", pa.float64()),
        ("received_at", pa.timestamp("us", "UTC")),
        ("quality", pa.dictionary(pa.int32(), pa.string())),
    ]
)
ROWS_A_GROUP = 50_000
ROWS_A_PIECE = 2_000
"""Rows become columns in pieces that hold up other threads for a few milliseconds at most."""
LATE = timedelta(minutes=20)


def to_table(observations: Iterable[Observation]) -> pa.Table:
    """Observations as an Arrow table with the columns of the contracts."""
    rows = list(observations)
    columns = [
        [o.sensor for o in rows],
        [o.quantity.value for o in rows],
        [o.start for o in rows],
        [o.end for o in rows],
        [o.value for o in rows],
        [o.available_at for o in rows],
        [o.quality for o in rows],
    ]
    return pa.table([pa.array(column, type=field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


class DayFile:
    """The Parquet file of one day while it grows."""

    def __init__(self, file: Path) -> None:
        self.file, self.part = file, file.with_name(file.name + ".part")
        file.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self.part, SCHEMA, compression="zstd")
        self._waiting: list[Observation] = []
        self._pieces: list[pa.Table] = []

    def add(self, observations: Iterable[Observation]) -> None:
        """Add rows; full groups go to the disk."""
        for observation in observations:
            self._waiting.append(observation)
            if len(self._waiting) >= ROWS_A_PIECE:
                self._end_piece()
                if len(self._pieces) * ROWS_A_PIECE >= ROWS_A_GROUP:
                    self._write_group()

    def _end_piece(self) -> None:
        self._pieces.append(to_table(self._waiting))
        self._waiting = []

    def _write_group(self) -> None:
        self._writer.write_table(pa.concat_tables(self._pieces).unify_dictionaries())
        self._pieces = []

    def finish(self) -> None:
        """Write what waits, end the file, and only then give it its name."""
        if self._waiting:
            self._end_piece()
        if self._pieces:
            self._write_group()
        self._writer.close()
        with self.part.open("rb") as part:
            os.fsync(part.fileno())
        self.part.replace(self.file)

    def drop(self) -> None:
        """Leave nothing behind."""
        self._writer.close()
        self.part.unlink(missing_ok=True)


class DayHistory:
    """The Parquet history of one area.

    Parameters
    ----------
    folder
        Where the area's day files stand.
    read_connection
        Gives a connection to the store of record, for days that memory does not hold whole.
    stored_until
        End of the newest observation already in the store of record: its day began before this process.
    """

    def __init__(self, folder: Path, area: str, read_connection: Callable[[], sqlite3.Connection], stored_until: datetime | None = None) -> None:
        self._folder, self._area, self._read_connection = folder / area, area, read_connection
        self._open: dict[date, DayFile] = {}
        self._incomplete: set[date] = set()
        self._closed_until: date | None = None
        self._lock = threading.Lock()
        self._find_broken_days()
        if stored_until is not None:
            self._incomplete.add(stored_until.astimezone(UTC).date())

    def _find_broken_days(self) -> None:
        for part in self._folder.glob("*.parquet.part"):
            self._incomplete.add(date.fromisoformat(part.name.split(".")[0]))
            part.unlink()

    def _file(self, day: date) -> Path:
        return self._folder / f"{day.isoformat()}.parquet"

    def add(self, observations: Iterable[Observation]) -> None:
        """Add newly stored observations; a row for a day already closed opens that day again."""
        by_day: dict[date, list[Observation]] = {}
        for observation in observations:
            by_day.setdefault(observation.start.astimezone(UTC).date(), []).append(observation)
        with self._lock:
            for day, rows in by_day.items():
                if day in self._incomplete:
                    continue
                if day not in self._open and self._file(day).exists():
                    self._incomplete.add(day)
                    continue
                if day not in self._open:
                    self._open[day] = DayFile(self._file(day))
                self._open[day].add(rows)

    def close_days(self, now: datetime) -> list[Path]:
        """Finish the files of days that ended a while ago; the files written."""
        last = (now - LATE).astimezone(UTC).date()
        with self._lock:
            if self._closed_until == last:
                return []
            self._closed_until = last
            return self._close({day for day in self._open.keys() | self._incomplete if day < last})

    def close(self) -> None:
        """Leave the running day to the store of record, from which it is written when it has ended."""
        with self._lock:
            for day_file in self._open.values():
                day_file.finish()
            self._open.clear()
            self._close(set(self._incomplete))

    def forget(self) -> None:
        """A replay was moved back: drop what is open; those days are written from the store of record."""
        with self._lock:
            for day, day_file in self._open.items():
                day_file.drop()
                self._incomplete.add(day)
            self._open.clear()

    def _close(self, days: set[date]) -> list[Path]:
        written = []
        for day in sorted(days):
            if day in self._open:
                self._open.pop(day).finish()
            else:
                self._rewrite(day)
            self._incomplete.discard(day)
            written.append(self._file(day))
        return written

    def _rewrite(self, day: date) -> None:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        connection = self._read_connection()
        try:
            day_file = DayFile(self._file(day))
            day_file.add(read_observations(connection, self._area, start, start + timedelta(days=1)))
            day_file.finish()
        finally:
            connection.close()
