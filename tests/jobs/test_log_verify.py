"""`deining log verify` names what is wrong; `deining log export` writes it whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from deining.domain.errors import UnknownName, WrongUse
from deining.domain.logbook import Head
from deining.domain.logbook_chain import parse_head
from deining.jobs.log_verify import export_logbook, verify_logbooks
from deining.storage.database import open_database
from deining.storage.logbook import append, find_head
from tests.builders import NOON, a_draft, an_area
from tests.tampering import delete, edit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_database(tmp_path)
    for area, book, count in (("town", "live", 3), ("town", "exercise-1", 1), ("coast", "live", 2)):
        for k in range(count):
            append(connection, area, book, a_draft(f"Line {k}."), b"{}", NOON)
    yield connection
    connection.close()


def end_of(store: sqlite3.Connection) -> Head:
    head = find_head(store, "town", "live")
    assert head
    return head


def test_whole_logbooks_are_told_with_their_ends(store: sqlite3.Connection, tmp_path: Path) -> None:
    reports = verify_logbooks(tmp_path)
    assert [(one.area, one.book, one.is_whole) for one in reports] == [("coast", "live", True), ("town", "exercise-1", True), ("town", "live", True)]
    assert reports[-1].lines() == [f"town, book live: 3 entries, whole; the end is 3:{end_of(store).hash}"]


def test_an_edited_and_a_cut_entry_are_named_in_the_area_that_is_asked(store: sqlite3.Connection, tmp_path: Path) -> None:
    edit(store, 2, "text", "Nothing happened.")
    delete(store, 3, 3)
    assert [line for one in verify_logbooks(tmp_path, "town", book="live") for line in one.lines()] == [
        "town, book live: entry 2 was edited: its hash is not that of what it says",
        "town, book live: entry 3 is missing at the end",
    ]
    assert all(one.is_whole for one in verify_logbooks(tmp_path, "coast"))


def test_an_end_that_was_written_down_is_compared(store: sqlite3.Connection, tmp_path: Path) -> None:
    end = end_of(store)
    assert all(one.is_whole for one in verify_logbooks(tmp_path, "town", expected=parse_head(f" 3:{end.hash[:16].upper()} ")))
    (told,) = [one for one in verify_logbooks(tmp_path, "town", expected=Head(3, "0" * 64)) if not one.is_whole]
    assert told.lines() == ["town, book live: entry 3 has another hash than the one written down: it, or one before it, was rewritten since"]
    with pytest.raises(WrongUse, match="give the area"):
        verify_logbooks(tmp_path, expected=end)


def test_a_logbook_of_which_nothing_is_left_is_missed_by_who_knows_its_end(store: sqlite3.Connection, tmp_path: Path) -> None:
    (report,) = verify_logbooks(tmp_path, "village", expected=Head(4, "ab" * 32))
    assert report.lines() == ["village, book live: entry 4, whose hash was written down, is not there; the last entry found is 0"]
    assert verify_logbooks(tmp_path, "village")[0].lines() == ["village, book live: empty"]


@pytest.mark.parametrize("text", ["", "3", "3:", "3:abc", "three:9f86d081884c7d65", "-3:9f86d081884c7d65", "3:9f86d081884c7d6g"])
def test_an_end_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(WrongUse, match="expected NUMBER:HASH"):
        parse_head(text)


def test_an_unknown_book_is_refused(store: sqlite3.Connection, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="no book named 'replay-9'; known: exercise-1, live"):
        verify_logbooks(tmp_path, "town", book="replay-9")
    with pytest.raises(UnknownName):
        export_logbook(tmp_path, an_area(), tmp_path / "log.csv", made_at=NOON, book="replay-9")


@pytest.mark.parametrize(("name", "start"), [("log.csv", b"area,book,number"), ("log.PDF", b"%PDF-")])
def test_an_export_is_written_after_the_ending_of_its_name(store: sqlite3.Connection, tmp_path: Path, name: str, start: bytes) -> None:
    out = tmp_path / "out" / name
    assert export_logbook(tmp_path, an_area(), out, made_at=NOON) == 3
    assert out.read_bytes().startswith(start)
    assert [file.name for file in out.parent.iterdir()] == [name]


def test_another_ending_or_place_is_refused_and_nothing_is_left(store: sqlite3.Connection, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"ends in \.csv or \.pdf"):
        export_logbook(tmp_path, an_area(), tmp_path / "log.doc", made_at=NOON)
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.csv").mkdir()
    for out in (tmp_path / "file" / "log.csv", tmp_path / "folder.csv"):
        with pytest.raises(WrongUse, match="cannot write"):
            export_logbook(tmp_path, an_area(), out, made_at=NOON)
    assert list(tmp_path.glob(".*.part")) == []
