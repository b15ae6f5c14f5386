"""Books: what people do live, in a replay and in an exercise is kept apart, each in a book of its own."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from deining.storage.rows import to_us

LIVE = "live"


def find_book(connection: sqlite3.Connection, area: str, mode: str) -> str | None:
    """The latest book of an area in a mode; None before there was one."""
    row = connection.execute("SELECT name FROM book WHERE area = ? AND mode = ? ORDER BY number DESC LIMIT 1", (area, mode)).fetchone()
    return row[0] if row else None


def begin_book(connection: sqlite3.Connection, area: str, mode: str, now: datetime) -> str:
    """A new book; a live area has one for ever.

    Parameters
    ----------
    now
        The time in the area at which it begins.
    """
    if mode == LIVE and (known := find_book(connection, area, mode)):
        return known
    (number, of_mode) = connection.execute(
        "SELECT COALESCE(MAX(number), 0) + 1, COALESCE(SUM(mode = ?), 0) + 1 FROM book WHERE area = ?", (mode, area)
    ).fetchone()
    name = LIVE if mode == LIVE else f"{mode}-{of_mode}"
    connection.execute("INSERT INTO book VALUES (?, ?, ?, ?, ?)", (area, number, name, mode, to_us(now)))
    return name


def find_other_mode(connection: sqlite3.Connection, area: str, mode: str) -> str | None:
    """Another mode in which a data folder holds an area; None where there is none."""
    row = connection.execute("SELECT mode FROM book WHERE area = ? AND mode <> ? LIMIT 1", (area, mode)).fetchone()
    return row[0] if row else None
