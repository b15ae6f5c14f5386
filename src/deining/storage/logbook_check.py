"""Whether a logbook is whole: its rows against their chain, their end, and the guards of the store."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

from deining.domain.errors import DataFolderTooNew, WrongData, WrongUse
from deining.domain.logbook import Head
from deining.domain.logbook_chain import Damage, DamageKind, KeptEntry, find_damage, frozen_hash
from deining.storage.database import FILE_NAME, Connection, list_migrations
from deining.storage.logbook import BY_NUMBER, COLUMNS, SELECT, Row, as_entry, as_row, find_head

GUARDS = frozenset({"logbook_no_update", "logbook_no_delete", "logbook_next_number", "logbook_head_first", "logbook_head_grows", "logbook_head_no_delete"})
"""Triggers that refuse what would change the past."""

FIRST_VERSION = 6
"""Version of the store from which it has a logbook."""


def open_to_check(folder: Path) -> Connection:
    """A connection to the store of a data folder that can change nothing in it, not even its settings.

    Raises
    ------
    WrongUse
        When there is no store, or one from before there was a logbook.
    DataFolderTooNew
        When a later version of deining wrote it.
    """
    file = folder / FILE_NAME
    if not file.is_file():
        raise WrongUse(f"{folder} holds no {FILE_NAME}; give the data folder of a server, with --data")
    try:
        connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30.0)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise WrongUse(f"{file} cannot be read ({error}); give the data folder of a server, with --data") from error
    if version > list_migrations()[-1][0]:
        connection.close()
        raise DataFolderTooNew(f"data folder {folder} has version {version}, of a later deining; use the deining that wrote it")
    if version < FIRST_VERSION:
        connection.close()
        raise WrongUse(f"data folder {folder} is of a deining that kept no logbook; start this one on it once, with deining run")
    return connection


def verify(connection: sqlite3.Connection, area: str, book: str, expected: Head | None = None) -> list[Damage]:
    """All that is wrong with a logbook: see `deining.domain.logbook_chain.find_damage`.

    Entries and end are read in one transaction, so that a server may go on writing meanwhile.

    Raises
    ------
    WrongData
        When the file itself is damaged, so that it cannot be read to the end.
    """
    usual, connection.text_factory = connection.text_factory, _decode
    try:
        connection.execute("BEGIN")
        rows = connection.execute(f"{SELECT.replace(' FROM', ', frozen FROM')}{BY_NUMBER}", (area, book))
        kept = [_as_kept(row[:-1], row[-1]) for row in rows]
        head = find_head(connection, area, book)
        absent = GUARDS - {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise WrongData(f"the store cannot be read to its end ({error}); take the last copy, and keep this file as it is") from error
    finally:
        connection.text_factory = usual
    guards = [Damage(DamageKind.GUARD, 0, 0, f"the guard {name} is gone from the store: somebody removed it") for name in sorted(absent)]
    return guards + find_damage(area, book, kept, head, expected)


def _decode(text: bytes) -> str:
    """Text of which what is no UTF-8 can be told apart from all that is."""
    return text.decode("utf-8", "surrogateescape")


def _as_kept(row: Row, packed: bytes | None) -> KeptEntry:
    number = int(row[COLUMNS.index("number")] or 0)
    try:
        "".join(value for value in row if isinstance(value, str)).encode()
        entry = as_entry(row)
        is_as_written = as_row(entry) == row
    except (ValueError, TypeError, OverflowError):
        return KeptEntry(number, None, None)
    return KeptEntry(number, entry if is_as_written else None, _hash_packed(packed))


def _hash_packed(packed: bytes | None) -> str | None:
    if packed is None:
        return None
    unpacker = zlib.decompressobj()
    try:
        frozen = unpacker.decompress(packed) + unpacker.flush()
    except zlib.error:
        return None
    return frozen_hash(frozen) if unpacker.eof and not unpacker.unused_data else None
