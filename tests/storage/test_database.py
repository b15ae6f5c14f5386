"""One way to open the store, and what it refuses."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from deining.domain.errors import DataFolderTooNew, WrongUse
from deining.storage.database import FILE_NAME, list_migrations, open_database, open_reader
from deining.storage.lock import FolderLock, is_locked


def test_every_connection_waits_for_the_disk(tmp_path: Path) -> None:
    for connection in (open_database(tmp_path), open_reader(tmp_path)):
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,), "2 is FULL"
        connection.close()


def test_migrations_begin_at_one_and_leave_no_gap() -> None:
    assert [number for number, _ in list_migrations()] == list(range(1, len(list_migrations()) + 1))


def test_a_new_folder_is_brought_to_this_version_and_opened_again(tmp_path: Path) -> None:
    for _ in range(2):
        connection = open_database(tmp_path / "data")
        assert connection.execute("PRAGMA user_version").fetchone() == (len(list_migrations()),)
        connection.close()


def test_a_folder_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    connection.execute("PRAGMA user_version=400")
    connection.close()
    with pytest.raises(DataFolderTooNew, match="400"):
        open_database(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as again:
        assert again.execute("PRAGMA user_version").fetchone() == (400,)
    again.close()


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"a diary" * 2000)
    with pytest.raises(WrongUse, match="--data"):
        open_database(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongUse, match="--data"):
        open_database(tmp_path / "file")


def test_a_reader_can_change_nothing(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    reader = open_reader(tmp_path)
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM token")
    reader.close()


def test_one_server_holds_a_folder(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    assert is_locked(tmp_path)
    with pytest.raises(WrongUse, match="in use"):
        FolderLock(tmp_path)
    lock.release()
    assert not is_locked(tmp_path)
