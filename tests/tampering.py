"""A logbook in memory, and a hand that changes its rows behind the back of its guards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from deining.domain.logbook_chain import entry_hash
from deining.storage.database import list_migrations
from deining.storage.logbook import BY_NUMBER, COLUMNS, SELECT, as_entry

HERE = "WHERE area = 'town' AND book = 'live' AND number"


def a_store() -> sqlite3.Connection:
    """An empty store in memory, as the migrations make it."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for _, sql in list_migrations():
        connection.executescript(sql)
    return connection


@contextmanager
def without_guards(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """The store without its triggers and checks, which are put back as they were."""
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'logbook%'").fetchall()
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    yield connection
    for _, sql in guards:
        connection.execute(sql)
    connection.execute("PRAGMA ignore_check_constraints = OFF")


def edit(connection: sqlite3.Connection, number: int, column: str, value: object) -> None:
    """Change one column of one entry."""
    with without_guards(connection):
        connection.execute(f"UPDATE logbook SET {column} = ? {HERE} = ?", (value, number))


def rewrite(connection: sqlite3.Connection, number: int, column: str, value: object) -> None:
    """Change one column of one entry and give it the hash that fits, as somebody would who knows the encoding."""
    edit(connection, number, column, value)
    rows = {row[COLUMNS.index("number")]: row for row in connection.execute(f"{SELECT}{BY_NUMBER}", ("town", "live"))}
    edit(connection, number, "hash", entry_hash(replace(as_entry(rows[number]), hash="")))


def delete(connection: sqlite3.Connection, first: int, last: int) -> None:
    """Delete entries."""
    with without_guards(connection):
        connection.execute(f"DELETE FROM logbook {HERE} BETWEEN ? AND ?", (first, last))


def swap(connection: sqlite3.Connection, one: int, other: int) -> None:
    """Let two entries change places."""
    with without_guards(connection):
        for old, new in ((one, -1), (other, one), (-1, other)):
            connection.execute(f"UPDATE logbook SET number = ? {HERE} = ?", (new, old))
