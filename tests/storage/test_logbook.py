"""The logbook, kept: numbers without gaps, nothing changed, and what later entries say of earlier ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deining.domain.errors import DataFolderTooNew, UnknownName, WrongData, WrongUse
from deining.domain.logbook import Action, IncidentStep, LogbookEntry
from deining.storage import logbook
from deining.storage.database import FILE_NAME, open_database, open_reader
from deining.storage.logbook_check import GUARDS, open_to_check, verify
from deining.storage.writer import Writer
from tests.builders import MINUTE, NOON, a_draft
from tests.tampering import a_store, edit, without_guards


@pytest.fixture
def store() -> Iterator[sqlite3.Connection]:
    connection = a_store()
    yield connection
    connection.close()


def write(store: sqlite3.Connection, text: str = "The square fills up.", *, area: str = "town", book: str = "live", **given: Any) -> LogbookEntry:
    return logbook.append(store, area, book, a_draft(text, **given), b'{"zones": []}', NOON)


def test_each_area_and_each_book_counts_from_one(store: sqlite3.Connection) -> None:
    numbers = [write(store, area=area, book=book).number for area, book in [("town", "live"), ("town", "exercise-1"), ("coast", "live"), ("town", "live")]]
    assert numbers == [1, 1, 1, 2]
    assert logbook.list_books(store) == [("coast", "live"), ("town", "exercise-1"), ("town", "live")]
    assert logbook.list_books(store, "town") == [("town", "exercise-1"), ("town", "live")]


def test_the_same_words_in_two_books_have_two_hashes(store: sqlite3.Connection) -> None:
    assert write(store).hash != write(store, book="exercise-1").hash


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE logbook SET text = 'other'",
        "DELETE FROM logbook",
        "INSERT OR REPLACE INTO logbook SELECT * FROM logbook WHERE number = 1",
        "UPDATE logbook_head SET hash = 'other'",
        "UPDATE logbook_head SET number = 1",
        "DELETE FROM logbook_head",
        "INSERT OR REPLACE INTO logbook_head VALUES ('town', 'live', 1, 'other')",
    ],
)
def test_the_store_refuses_to_change_what_was_written(store: sqlite3.Connection, statement: str) -> None:
    write(store)
    write(store)
    with pytest.raises(sqlite3.IntegrityError):
        store.execute(statement)
    assert verify(store, "town", "live") == []


def test_a_guard_that_was_removed_is_told(store: sqlite3.Connection) -> None:
    write(store)
    store.execute("DROP TRIGGER logbook_no_update")
    assert [(one.kind, "logbook_no_update" in one.text) for one in verify(store, "town", "live")] == [("guard", True)]


def test_the_guards_that_are_looked_for_are_those_of_the_store(store: sqlite3.Connection) -> None:
    assert {name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'logbook%'")} == GUARDS


def test_two_who_write_at_once_never_get_one_number(tmp_path: Path) -> None:
    writer = Writer(open_database(tmp_path), tmp_path, queue_jobs=64, commit_rows=1000, min_free_bytes=0)

    def enter(k: int) -> int:
        entry: LogbookEntry = writer.submit(lambda c: logbook.append(c, "town", "live", a_draft(f"Line {k}."), None, NOON)).result(30)
        return entry.number

    with ThreadPoolExecutor(8) as people:
        numbers = list(people.map(enter, range(40)))
    reader = open_reader(tmp_path)
    assert sorted(numbers) == list(range(1, 41))
    assert verify(reader, "town", "live") == []
    reader.close()
    writer.close()


def test_an_entry_that_fails_takes_no_number(tmp_path: Path) -> None:
    writer = Writer(open_database(tmp_path), tmp_path, queue_jobs=64, commit_rows=1000, min_free_bytes=0)

    def fail(connection: sqlite3.Connection) -> None:
        write(connection)
        raise WrongUse("changed my mind")

    with pytest.raises(WrongUse):
        writer.submit(fail).result(30)
    assert writer.submit(write).result(30).number == 1
    writer.close()


def test_entries_are_read_page_by_page_and_since_a_time(store: sqlite3.Connection) -> None:
    for k in range(5):
        logbook.append(store, "town", "live", a_draft(f"Line {k}."), None, NOON + k * MINUTE)
    assert [entry.number for entry in logbook.read_entries(store, "town", "live", after=1, limit=2)] == [2, 3]
    assert [entry.number for entry in logbook.read_entries_since(store, "town", "live", NOON + 3 * MINUTE)] == [4, 5]
    assert logbook.get_entry(store, "town", "live", 5).text == "Line 4."
    with pytest.raises(UnknownName, match="no logbook entry named '6'; known: 1 to 5"):
        logbook.get_entry(store, "town", "live", 6)


def test_what_the_screen_showed_is_kept_to_the_byte(store: sqlite3.Connection) -> None:
    write(store)
    logbook.append(store, "town", "live", a_draft(), None, NOON)
    assert logbook.find_frozen(store, "town", "live", 1) == b'{"zones": []}'
    assert logbook.find_frozen(store, "town", "live", 2) is None
    edit(store, 1, "frozen", b"damaged")
    with pytest.raises(WrongData, match="entry 1"):
        logbook.find_frozen(store, "town", "live", 1)


def test_a_correction_leaves_the_entry_and_marks_it(store: sqlite3.Connection) -> None:
    write(store, "60 people at the stop.")
    write(store, "160 people at the stop.", category="correction", corrects=1)
    assert logbook.get_entry(store, "town", "live", 1).text == "60 people at the stop."
    assert logbook.read_marks(store, "town", "live").corrected_by == {1: 2}


def test_an_action_is_open_until_an_entry_says_it_is_done(store: sqlite3.Connection) -> None:
    late, soon = Action(text="Move fences", owner="Stewards", due=NOON + timedelta(hours=2)), Action(text="Call tram", owner="B. Duin", due=NOON + MINUTE)
    write(store, action=late)
    write(store, action=Action(text="Some time", owner="C. Kade"))
    write(store, action=soon)
    assert [entry.number for entry in logbook.read_open_actions(store, "town", "live")] == [3, 1, 2]
    write(store, "Done: called.", completes=3, occurred_at=NOON)
    assert [entry.number for entry in logbook.read_open_actions(store, "town", "live")] == [1, 2]
    assert logbook.read_marks(store, "town", "live").done_at == {3: NOON}


def test_a_done_that_was_corrected_opens_the_action_again(store: sqlite3.Connection) -> None:
    write(store, action=Action(text="Call tram", owner="B. Duin"))
    write(store, "Done.", completes=1)
    write(store, "That was another tram.", category="correction", corrects=2)
    assert [entry.number for entry in logbook.read_open_actions(store, "town", "live")] == [1]


def test_a_correction_takes_the_place_of_the_action_it_corrects(store: sqlite3.Connection) -> None:
    write(store, action=Action(text="Close gate 2", owner="Stewards"))
    write(store, "Gate 3, not 2.", corrects=1, action=Action(text="Close gate 3", owner="Stewards"))
    assert [entry.number for entry in logbook.read_open_actions(store, "town", "live")] == [2]


def open_incident(store: sqlite3.Connection, **given: Any) -> str:
    entry = write(store, **{"text": "Fence fell.", "category": "incident", "incident_step": IncidentStep.OPENED, "incident_category": "structure", **given})
    assert entry.incident
    return entry.incident


def test_an_incident_has_its_thread_from_opening_to_closing(store: sqlite3.Connection) -> None:
    first, second = open_incident(store), open_incident(store, text="Smoke.", incident_category="fire")
    write(store, "Fence is up again.", incident=first)
    write(store, "Area clear.", incident=first, incident_step=IncidentStep.CLOSED, occurred_at=NOON)
    fence, smoke = logbook.list_incidents(store, "town", "live")
    assert (fence.id, fence.category, fence.title, fence.entries, fence.closed_at) == ("incident-1", "structure", "Fence fell.", (1, 3, 4), NOON)
    assert (smoke.id, smoke.is_open) == (second, True)
    assert logbook.list_incidents(store, "town", "exercise-1") == []


def test_correcting_how_an_incident_opened_opens_no_other(store: sqlite3.Connection) -> None:
    first = open_incident(store)
    open_incident(store, text="Fence pushed over.", incident=first, corrects=1, incident_category="disorder")
    assert open_incident(store, text="Smoke.") == "incident-2"
    fence, _ = logbook.list_incidents(store, "town", "live")
    assert (fence.title, fence.category, fence.entries) == ("Fence pushed over.", "disorder", (1, 2))


def test_a_closing_that_was_corrected_leaves_the_incident_open(store: sqlite3.Connection) -> None:
    first = open_incident(store)
    write(store, "Closed.", incident=first, incident_step=IncidentStep.CLOSED)
    write(store, "Not yet closed.", incident=first, corrects=2)
    assert logbook.list_incidents(store, "town", "live")[0].is_open


def test_a_store_that_is_not_there_or_has_no_logbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="holds no deining"):
        open_to_check(tmp_path)
    assert not (tmp_path / FILE_NAME).exists()
    connection = open_database(tmp_path)
    for version, error in ((3, WrongUse), (9_999, DataFolderTooNew)):
        connection.execute(f"PRAGMA user_version = {version}")
        with pytest.raises(error):
            open_to_check(tmp_path)
    connection.close()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / FILE_NAME).write_bytes(b"no database " * 1000)
    with pytest.raises(WrongUse, match="cannot be read"):
        open_to_check(tmp_path / "other")


def test_looking_changes_nothing_in_the_store(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    write(connection)
    looking = open_to_check(tmp_path)
    assert verify(looking, "town", "live") == []
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        looking.execute("DELETE FROM sensor")
    looking.close()
    connection.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("rejected", "'[not json'"),
        ("rejected", "'null'"),
        ("priority", "'huge'"),
        ("occurred_us", 2**62),
        ("incident_step", "'halfway'"),
        ("text", "CAST(X'FF' AS TEXT)"),
    ],
)
def test_a_row_that_is_no_entry_any_more_is_named_not_stumbled_over(store: sqlite3.Connection, column: str, value: object) -> None:
    write(store)
    write(store)
    with without_guards(store):
        store.execute(f"UPDATE logbook SET {column} = {value} WHERE number = 1")
    assert [(one.kind, one.first) for one in verify(store, "town", "live")] == [("edited", 1)]
