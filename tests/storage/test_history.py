"""A Parquet file a day: whole or not there, also after a kill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from deining.domain.observation import Observation, Quantity
from deining.storage.database import open_database, open_reader
from deining.storage.history import SCHEMA, DayHistory
from deining.storage.rows import ObservationRows

DAY = datetime(2026, 7, 4, tzinfo=UTC)


def rows_of(day: datetime, hours: int = 24) -> list[Observation]:
    return [
        Observation("count-north", Quantity.COUNT_FORWARD, day + timedelta(hours=k), day + timedelta(hours=k + 1), float(k)) for k in range(hours)
    ]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> ObservationRows:
    connection = open_database(tmp_path)
    return ObservationRows(connection)


def a_history(folder: Path, stored_until: datetime | None = None) -> DayHistory:
    return DayHistory(folder / "history", "town", lambda: open_reader(folder), stored_until)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "history").rglob("*.*"))


def test_a_day_is_written_when_it_has_ended(tmp_path: Path, store: ObservationRows) -> None:
    history = a_history(tmp_path)
    history.add(rows_of(DAY))
    assert history.close_days(DAY + timedelta(hours=23)) == []
    assert [name for name in names(tmp_path) if name.endswith(".parquet")] == [], "nobody reads half a day"
    (file,) = history.close_days(DAY + timedelta(days=1, hours=1))
    table = pq.read_table(file)
    assert table.schema.names == SCHEMA.names
    assert table.column("value").to_pylist() == [float(k) for k in range(24)]
    assert names(tmp_path) == ["2026-07-04.parquet"]


def test_a_day_that_began_before_a_restart_is_written_from_the_store(tmp_path: Path, store: ObservationRows) -> None:
    store.insert("town", rows_of(DAY))
    history = a_history(tmp_path, stored_until=DAY + timedelta(hours=12))
    history.add(rows_of(DAY)[12:])
    (file,) = history.close_days(DAY + timedelta(days=1, hours=1))
    assert sorted(pq.read_table(file).column("value").to_pylist()) == [float(k) for k in range(24)]


def test_what_a_kill_left_is_thrown_away_and_written_anew(tmp_path: Path, store: ObservationRows) -> None:
    store.insert("town", rows_of(DAY))
    part = tmp_path / "history" / "town" / "2026-07-04.parquet.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half a day")
    history = a_history(tmp_path)
    assert not part.exists()
    (file,) = history.close_days(DAY + timedelta(days=1, hours=1))
    assert pq.read_table(file).num_rows == 24


def test_a_late_row_for_a_closed_day_is_not_lost(tmp_path: Path, store: ObservationRows) -> None:
    history = a_history(tmp_path)
    store.insert("town", rows_of(DAY, 23))
    history.add(rows_of(DAY, 23))
    history.close_days(DAY + timedelta(days=1, hours=1))
    late = rows_of(DAY)[23:]
    store.insert("town", late)
    history.add(late)
    (file,) = history.close_days(DAY + timedelta(days=2, hours=1))
    assert pq.read_table(file).num_rows == 24


def test_a_replay_that_was_moved_back_leaves_nothing_of_what_was_forgotten(tmp_path: Path, store: ObservationRows) -> None:
    history = a_history(tmp_path)
    history.add(rows_of(DAY))
    history.forget()
    assert names(tmp_path) == []
    store.insert("town", rows_of(DAY, 6))
    history.close_days(DAY + timedelta(days=1, hours=1))
    assert pq.read_table(tmp_path / "history" / "town" / "2026-07-04.parquet").num_rows == 6


def test_closing_leaves_a_whole_file(tmp_path: Path, store: ObservationRows) -> None:
    history = a_history(tmp_path)
    history.add(rows_of(DAY, 5))
    history.close()
    assert names(tmp_path) == ["2026-07-04.parquet"]
    assert pq.read_table(tmp_path / "history" / "town" / "2026-07-04.parquet").num_rows == 5
