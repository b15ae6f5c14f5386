"""Many rows in one statement: each statement gives up the interpreter once, so that writing holds up nobody.

A row at a time would give it up and wait for it again with every row, which takes long while a step is computed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache

LARGEST = 64

Value = str | float | int | None


@cache
def _statement(head: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"{head} VALUES {', '.join([row] * rows)}"


def pieces(count: int) -> Iterator[tuple[int, int]]:
    """[first, last) of pieces that cover `count` rows; their sizes are powers of two, so that few statements are kept."""
    first, size = 0, LARGEST
    while first < count:
        while size > count - first:
            size //= 2
        yield first, first + size
        first += size


def insert_rows(connection: sqlite3.Connection, head: str, rows: Sequence[tuple[Value, ...]]) -> None:
    """Insert rows of equal length.

    Parameters
    ----------
    head
        The statement up to `VALUES`, such as "INSERT OR REPLACE INTO alert".
    """
    for first, last in pieces(len(rows)):
        insert_piece(connection, head, rows[first:last])


def insert_piece(connection: sqlite3.Connection, head: str, rows: Sequence[tuple[Value, ...]]) -> None:
    """Insert one piece of rows in one statement: all of them or, when it raises, none."""
    connection.execute(_statement(head, len(rows[0]), len(rows)), [value for row in rows for value in row])
