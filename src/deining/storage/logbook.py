"""The logbook, kept: entries are added, numbered and chained in one transaction, and never changed."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from deining.domain.errors import UnknownName, WrongData
from deining.domain.incident import Incident, derive_incidents
from deining.domain.logbook import Action, Draft, Head, IncidentStep, LogbookEntry, Marks, Priority, derive_marks, list_open_actions
from deining.domain.logbook_chain import entry_hash, frozen_hash, root_hash
from deining.storage.rows import from_us, to_us

COLUMNS = (
    "area", "book", "number", "occurred_us", "entered_us", "author", "role", "place", "category", "priority", "text", "reason", "rejected",
    "action", "action_owner", "action_due_us", "corrects", "completes", "incident", "incident_step", "incident_category", "alert", "decision",
    "frozen_sha256", "previous", "hash",
)  # fmt: skip
SELECT = f"SELECT {', '.join(COLUMNS)} FROM logbook WHERE area = ? AND book = ?"  # noqa: S608 - our own column names
BY_NUMBER = " ORDER BY number"
INSERT = f"INSERT INTO logbook ({', '.join(COLUMNS)}, frozen) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608
FIRST_HEAD = "INSERT INTO logbook_head (number, hash, area, book) VALUES (?, ?, ?, ?)"
NEXT_HEAD = "UPDATE logbook_head SET number = ?, hash = ? WHERE area = ? AND book = ?"
BOOKS = "SELECT area, book FROM logbook UNION SELECT area, book FROM logbook_head ORDER BY area, book"
Row = tuple[str | int | None, ...]


def append(connection: sqlite3.Connection, area: str, book: str, draft: Draft, frozen: bytes | None, entered_at: datetime) -> LogbookEntry:
    """Add an entry with the next number; to be done in the writer's transaction, so that two can never take one number.

    An entry that opens an incident gives it its id: "incident-3" for the third of the book.

    Parameters
    ----------
    draft
        Checked by `deining.response.logbook.check_draft`.
    frozen
        What the screen showed, JSON; None where it is not known.
    """
    head = find_head(connection, area, book)
    if draft.incident_step is IncidentStep.OPENED and draft.incident is None:
        draft = replace(draft, incident=_next_incident(connection, area, book))
    entry = LogbookEntry(
        **{field.name: getattr(draft, field.name) for field in fields(Draft)},
        area=area,
        book=book,
        number=head.number + 1 if head else 1,
        entered_at=entered_at,
        frozen_sha256=None if frozen is None else frozen_hash(frozen),
        previous=head.hash if head else root_hash(area, book),
        hash="",
    )
    entry = replace(entry, hash=entry_hash(entry))
    connection.execute(INSERT, (*as_row(entry), None if frozen is None else zlib.compress(frozen)))
    connection.execute(NEXT_HEAD if head else FIRST_HEAD, (entry.number, entry.hash, area, book))
    return entry


def _next_incident(connection: sqlite3.Connection, area: str, book: str) -> str:
    query = "SELECT count(*) FROM logbook WHERE area = ? AND book = ? AND incident IS NOT NULL AND incident_step = 'opened' AND corrects IS NULL"
    (count,) = connection.execute(query, (area, book)).fetchone()
    return f"incident-{count + 1}"


def as_row(entry: LogbookEntry) -> Row:
    """An entry as a row of `COLUMNS`."""
    said = asdict(entry) | {
        "occurred_us": to_us(entry.occurred_at),
        "entered_us": to_us(entry.entered_at),
        "priority": entry.priority.value,
        "rejected": json.dumps(entry.rejected, ensure_ascii=False),
        "action": entry.action.text if entry.action else None,
        "action_owner": entry.action.owner if entry.action else None,
        "action_due_us": to_us(entry.action.due) if entry.action and entry.action.due else None,
        "incident_step": entry.incident_step.value if entry.incident_step else None,
    }
    return tuple(said[column] for column in COLUMNS)


def as_entry(row: Iterable[Any]) -> LogbookEntry:
    """A row of `COLUMNS` as an entry.

    Raises
    ------
    ValueError, TypeError, OverflowError
        When it is none, because somebody changed it.
    """
    said = dict(zip(COLUMNS, row, strict=True))
    action, owner, due_us = (said.pop(column) for column in ("action", "action_owner", "action_due_us"))
    step = said.pop("incident_step")
    return LogbookEntry(
        occurred_at=from_us(said.pop("occurred_us")),
        entered_at=from_us(said.pop("entered_us")),
        priority=Priority(said.pop("priority")),
        rejected=tuple(json.loads(said.pop("rejected"))),
        action=None if action is None else Action(text=action, owner=owner, due=None if due_us is None else from_us(due_us)),
        incident_step=None if step is None else IncidentStep(step),
        **said,
    )


def find_by_key(connection: sqlite3.Connection, area: str, book: str, key: str) -> LogbookEntry | None:
    """The entry that was written under a key of its sender; None where none was."""
    row = connection.execute("SELECT number FROM logbook_key WHERE area = ? AND book = ? AND key = ?", (area, book, key)).fetchone()
    return get_entry(connection, area, book, row[0]) if row else None


def keep_key(connection: sqlite3.Connection, entry: LogbookEntry, key: str) -> None:
    """Remember under which key an entry was written, in its own transaction."""
    connection.execute("INSERT INTO logbook_key VALUES (?, ?, ?, ?)", (entry.area, entry.book, key, entry.number))


def find_head(connection: sqlite3.Connection, area: str, book: str) -> Head | None:
    """Where a logbook ends; None while it is empty."""
    row = connection.execute("SELECT number, hash FROM logbook_head WHERE area = ? AND book = ?", (area, book)).fetchone()
    return Head(*row) if row else None


def read_entries(connection: sqlite3.Connection, area: str, book: str, *, after: int = 0, limit: int | None = None) -> list[LogbookEntry]:
    """Entries with a number above `after`, in the order of their numbers; at most `limit`."""
    rows = connection.execute(f"{SELECT} AND number > ? ORDER BY number LIMIT ?", (area, book, after, -1 if limit is None else limit))
    return [as_entry(row) for row in rows]


def read_entries_since(connection: sqlite3.Connection, area: str, book: str, since: datetime) -> list[LogbookEntry]:
    """Entries that were entered at or after a time, in the order of their numbers."""
    return [as_entry(row) for row in connection.execute(f"{SELECT} AND entered_us >= ? ORDER BY number", (area, book, to_us(since)))]


def get_entry(connection: sqlite3.Connection, area: str, book: str, number: int) -> LogbookEntry:
    """One entry.

    Raises
    ------
    UnknownName
        When there is no such number.
    """
    row = connection.execute(f"{SELECT} AND number = ?", (area, book, number)).fetchone()
    if row is None:
        head = find_head(connection, area, book)
        raise UnknownName("logbook entry", str(number), [f"1 to {head.number}"] if head else [])
    return as_entry(row)


def find_frozen(connection: sqlite3.Connection, area: str, book: str, number: int) -> bytes | None:
    """What the screen showed when an entry was made, JSON; None where it was not kept.

    Raises
    ------
    UnknownName
        When there is no such number.
    WrongData
        When what was kept can no longer be read.
    """
    get_entry(connection, area, book, number)
    (packed,) = connection.execute("SELECT frozen FROM logbook WHERE area = ? AND book = ? AND number = ?", (area, book, number)).fetchone()
    try:
        return None if packed is None else zlib.decompress(packed)
    except zlib.error as error:
        raise WrongData(f"logbook entry {number}: what the screen showed cannot be read ({error}); look with: deining log verify") from error


def read_marks(connection: sqlite3.Connection, area: str, book: str) -> Marks:
    """What was corrected, and what was done, in all of a book."""
    rows = connection.execute(f"{SELECT} AND (corrects IS NOT NULL OR completes IS NOT NULL){BY_NUMBER}", (area, book))
    return derive_marks(as_entry(row) for row in rows)


def read_open_actions(connection: sqlite3.Connection, area: str, book: str) -> list[LogbookEntry]:
    """Entries whose action is open: first due first."""
    rows = connection.execute(f"{SELECT} AND action IS NOT NULL{BY_NUMBER}", (area, book))
    return list_open_actions([as_entry(row) for row in rows], read_marks(connection, area, book))


def list_incidents(connection: sqlite3.Connection, area: str, book: str) -> list[Incident]:
    """All incidents of a book, oldest first."""
    return derive_incidents(as_entry(row) for row in connection.execute(f"{SELECT} AND incident IS NOT NULL{BY_NUMBER}", (area, book)))


def list_books(connection: sqlite3.Connection, area: str | None = None) -> list[tuple[str, str]]:
    """All (area, book) that have a logbook."""
    return [(str(found), str(book)) for found, book in connection.execute(BOOKS) if area in (None, found)]
