"""Whatever is written verifies; whatever is changed afterwards is found, and the right entry is named."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from deining.domain.logbook import Action, Draft, Head, Priority
from deining.domain.logbook_chain import Damage, DamageKind, find_damage
from deining.storage.logbook import COLUMNS, append, find_head, read_entries
from deining.storage.logbook_check import verify
from tests.builders import MINUTE, NOON, a_draft
from tests.tampering import a_store, delete, edit, rewrite, swap, without_guards

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TIMES = st.timedeltas(min_value=timedelta(days=-3), max_value=timedelta(days=3)).map(lambda back: NOON + back)
ACTIONS = st.none() | st.builds(Action, text=TEXTS, owner=TEXTS, due=st.none() | TIMES)
DRAFTS = st.builds(
    a_draft, TEXTS, occurred_at=TIMES, place=st.none() | TEXTS, priority=st.sampled_from(Priority), reason=TEXTS,
    rejected=st.lists(TEXTS, max_size=3).map(tuple), action=ACTIONS, alert=st.none() | TEXTS, decision=st.none() | st.integers(1, 99),
)  # fmt: skip
BOOKS = st.lists(st.tuples(DRAFTS, st.none() | st.binary(max_size=40)), min_size=1, max_size=8)
EDITED = [*(column for column in COLUMNS if column not in ("area", "book", "number")), "frozen"]
Book = list[tuple[Draft, bytes | None]]


def a_logbook(written: Book) -> sqlite3.Connection:
    store = a_store()
    for k, (draft, frozen) in enumerate(written):
        append(store, "town", "live", draft, frozen, NOON + k * MINUTE)
    return store


def damage(store: sqlite3.Connection, expected: Head | None = None) -> list[Damage]:
    return verify(store, "town", "live", expected)


def other_value(store: sqlite3.Connection, number: int, column: str) -> object:
    """A value that the column could have and does not."""
    (value,) = store.execute(f"SELECT {column} FROM logbook WHERE number = ?", (number,)).fetchone()
    if column == "frozen":
        return zlib.compress((zlib.decompress(value) if value is not None else b"") + b"!")
    if isinstance(value, int) or (value is None and (column.endswith("_us") or column in ("corrects", "completes", "decision"))):
        return (value or 0) + 1
    return f"{value or ''}x"


@given(BOOKS)
def test_whatever_is_written_verifies_and_reads_back_as_written(written: Book) -> None:
    store = a_logbook(written)
    entries = read_entries(store, "town", "live")
    assert damage(store) == []
    assert [entry.number for entry in entries] == list(range(1, len(written) + 1))
    for entry, (draft, _) in zip(entries, written, strict=True):
        assert all(getattr(entry, name) == getattr(draft, name) for name in Draft.__dataclass_fields__)
    assert find_head(store, "town", "live") == Head(len(entries), entries[-1].hash)


@given(BOOKS, st.data())
def test_an_edited_column_is_found_and_its_entry_named(written: Book, data: st.DataObject) -> None:
    store = a_logbook(written)
    number, column = data.draw(st.integers(1, len(written))), data.draw(st.sampled_from(EDITED))
    edit(store, number, column, other_value(store, number, column))
    assert {(one.first, one.last) for one in damage(store)} == {(number, number)}


@given(BOOKS, st.data())
def test_an_entry_moved_to_another_number_area_or_book_is_missed(written: Book, data: st.DataObject) -> None:
    store = a_logbook(written)
    number = data.draw(st.integers(1, len(written)))
    column, value = data.draw(st.sampled_from([("number", 10**12), ("number", -7), ("area", "village"), ("book", "exercise-1")]))
    edit(store, number, column, value)
    assert (DamageKind.MISSING, number, number) in {(one.kind, one.first, one.last) for one in damage(store)}


@given(BOOKS, st.data())
def test_an_entry_rewritten_with_a_hash_that_fits_is_named(written: Book, data: st.DataObject) -> None:
    store = a_logbook(written)
    number, column = data.draw(st.integers(1, len(written))), data.draw(st.sampled_from(["text", "author", "entered_us", "previous"]))
    rewrite(store, number, column, other_value(store, number, column))
    assert {one.first for one in damage(store)} == {number}


@given(BOOKS, st.data())
def test_deleted_entries_are_named_wherever_they_stood(written: Book, data: st.DataObject) -> None:
    store = a_logbook(written)
    first = data.draw(st.integers(1, len(written)))
    last = data.draw(st.integers(first, len(written)))
    delete(store, first, last)
    assert [(one.kind, one.first, one.last) for one in damage(store)] == [(DamageKind.MISSING, first, last)]


@given(BOOKS, st.data())
def test_two_entries_that_changed_places_are_both_named(written: Book, data: st.DataObject) -> None:
    written = [*written, (a_draft("One more."), None)]
    store = a_logbook(written)
    one, other = data.draw(st.lists(st.integers(1, len(written)), min_size=2, max_size=2, unique=True))
    swap(store, one, other)
    assert {found.first for found in damage(store)} == {one, other}


@given(BOOKS, st.integers(1, 3))
def test_a_tail_that_was_cut_together_with_its_end_shows_against_an_end_kept_elsewhere(written: Book, cut: int) -> None:
    written = [*written, *[(a_draft(f"Later {k}."), None) for k in range(cut)]]
    store = a_logbook(written)
    end = find_head(store, "town", "live")
    assert end
    left = read_entries(store, "town", "live")[: len(written) - cut]
    delete(store, len(left) + 1, len(written))
    with without_guards(store):
        store.execute("UPDATE logbook_head SET number = ?, hash = ?", (left[-1].number, left[-1].hash))
    assert damage(store) == []
    assert [(found.kind, found.first) for found in damage(store, replace(end, hash=end.hash[:16]))] == [(DamageKind.MISSING, end.number)]


@given(BOOKS)
def test_a_whole_new_chain_shows_against_an_end_kept_elsewhere(written: Book) -> None:
    store = a_logbook(written)
    end = find_head(store, "town", "live")
    assert end
    forged = a_logbook([(replace(written[0][0], author="Somebody else"), None), *written[1:]])
    assert damage(forged) == []
    assert [(found.kind, found.first) for found in damage(forged, end)] == [(DamageKind.REWRITTEN, end.number)]
    assert damage(store, end) == []


@given(BOOKS, st.data())
def test_an_edited_end_is_found(written: Book, data: st.DataObject) -> None:
    store = a_logbook(written)
    change = data.draw(st.sampled_from(["number = number - 1", "number = number + 1", "hash = replace(hash, substr(hash, 1, 1), 'g')"]))
    with without_guards(store):
        store.execute(f"UPDATE logbook_head SET {change}")
    assert damage(store) != []
    with without_guards(store):
        store.execute("DELETE FROM logbook_head")
    assert [one.kind for one in damage(store)] == [DamageKind.HEAD]


def test_an_empty_logbook_is_whole() -> None:
    assert find_damage("town", "live", [], None) == []
