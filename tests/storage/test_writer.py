"""The one writer: the key of the contracts, conflicts kept, answers after the commit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deining.domain.errors import DataFolderTooNew, DiskFilling
from deining.domain.observation import Observation, Quantity
from deining.storage.database import FILE_NAME, connect, open_database
from deining.storage.rows import read_observations
from deining.storage.writer import Writer

NOON = datetime(2026, 7, 18, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_count(value: float = 5.0, minute: int = 0, sensor: str = "tel-1") -> Observation:
    start = NOON + minute * MINUTE
    return Observation(sensor, Quantity.COUNT_FORWARD, start, start + MINUTE, value)


def a_writer(folder: Path, *, min_free_bytes: int = 0) -> Writer:
    return Writer(open_database(folder), folder, queue_jobs=8, commit_rows=1000, min_free_bytes=min_free_bytes)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    writer = a_writer(tmp_path)
    yield writer
    writer.close()


def stored(folder: Path) -> list[Observation]:
    connection = connect(folder / FILE_NAME)
    try:
        return list(read_observations(connection, "strand", NOON - timedelta(days=1), NOON + timedelta(days=1)))
    finally:
        connection.close()


def test_the_same_observation_twice_counts_once(writer: Writer, tmp_path: Path) -> None:
    first = writer.store("strand", [a_count(), a_count(minute=1)]).result(10)
    second = writer.store("strand", [a_count(), a_count(minute=2)]).result(10)
    assert (len(first.new), first.duplicate) == (2, 0)
    assert (len(second.new), second.duplicate, second.conflicting) == (1, 1, 0)
    assert len(stored(tmp_path)) == 3


def test_of_two_values_for_one_key_the_first_is_kept_and_the_second_is_visible(writer: Writer, tmp_path: Path) -> None:
    writer.store("strand", [a_count(5)]).result(10)
    answer = writer.store("strand", [a_count(7)]).result(10)
    assert (answer.duplicate, answer.conflicting) == (1, 1)
    assert [o.value for o in stored(tmp_path)] == [5]
    connection = connect(tmp_path / FILE_NAME)
    assert connection.execute("SELECT kept, refused FROM conflict").fetchall() == [(5, 7)]
    assert connection.execute("SELECT stored, duplicate, conflicting FROM sensor").fetchall() == [(1, 1, 1)]
    connection.close()


def test_latest_holds_the_newest_even_when_an_older_one_comes_later(writer: Writer, tmp_path: Path) -> None:
    writer.store("strand", [a_count(9, minute=5)]).result(10)
    writer.store("strand", [a_count(3, minute=1)]).result(10)
    connection = connect(tmp_path / FILE_NAME)
    assert connection.execute("SELECT value FROM latest").fetchall() == [(9,)]
    connection.close()


def test_every_connection_is_in_wal_and_fully_synchronous(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_a_failing_job_does_not_take_its_neighbours_along(writer: Writer, tmp_path: Path) -> None:
    def fail(_: object) -> None:
        raise ValueError("broken")

    good, bad, other = writer.store("strand", [a_count()]), writer.submit(fail), writer.store("strand", [a_count(minute=1)])
    with pytest.raises(ValueError, match="broken"):
        bad.result(10)
    assert len(good.result(10).new) == len(other.result(10).new) == 1
    assert len(stored(tmp_path)) == 2


def test_a_filling_disk_refuses_observations(tmp_path: Path) -> None:
    writer = a_writer(tmp_path, min_free_bytes=1 << 60)
    with pytest.raises(DiskFilling, match="make room, nothing was stored"):
        writer.store("strand", [a_count()])
    writer.close()


def test_a_data_folder_of_a_later_version_is_refused(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(DataFolderTooNew, match="has version 99"):
        open_database(tmp_path)
