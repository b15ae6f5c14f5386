"""The one way to open the store of record: WAL, `synchronous=FULL` on every connection, migrated to this version."""

from __future__ import annotations

import re
import sqlite3
from importlib import resources
from pathlib import Path

from deining.domain.errors import DataFolderTooNew, WrongUse

FILE_NAME = "deining.sqlite"
SYNCHRONOUS = "FULL"
Connection = sqlite3.Connection
"""A connection to the store; others name its type without knowing the driver."""


def list_migrations() -> list[tuple[int, str]]:
    """All migrations as (version, SQL), rising without gaps from 1."""
    folder = resources.files("deining.storage") / "migrations"
    return sorted((int(match.group(1)), entry.read_text("utf-8")) for entry in folder.iterdir() if (match := re.match(r"(\d{4})_\w+\.sql$", entry.name)))


def connect(file: Path, *, synchronous: str = SYNCHRONOUS) -> sqlite3.Connection:
    """A connection with the settings that durability rests on.

    Parameters
    ----------
    file
        The database; made when it is not there.
    synchronous
        "FULL" always; another word only in the benchmark that shows what it would lose.

    References
    ----------
    SQLite, "PRAGMA synchronous": in WAL mode, NORMAL may lose the last commits at a power cut, FULL may not.
    """
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=30.0, cached_statements=256)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA cache_size=-32000")
    connection.execute("PRAGMA journal_size_limit=67108864")
    return connection


def open_database(folder: Path) -> sqlite3.Connection:
    """Open, or make, the database of a data folder and bring it to this version.

    Raises
    ------
    DataFolderTooNew
        When a later version of deining wrote it.
    WrongUse
        When the folder cannot be made or the file is not a database.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = connect(folder / FILE_NAME)
    except (OSError, sqlite3.Error) as error:
        raise WrongUse(f"data folder {folder} cannot be used ({error}); give a folder that this user can write to, with --data") from error
    migrate(connection, folder)
    return connection


def migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Bring a database to this version; each migration is one transaction, so a kill leaves it at one version or the next.

    Raises
    ------
    DataFolderTooNew
        When a later version of deining wrote it.
    """
    migrations = list_migrations()
    newest = migrations[-1][0]
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > newest:
        connection.close()
        raise DataFolderTooNew(
            f"data folder {folder} has version {version}; this deining knows up to {newest}; use the deining that wrote it, or another --data"
        )
    for number, sql in migrations:
        if number > version:
            connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version={number};\nCOMMIT;")


def open_reader(folder: Path) -> sqlite3.Connection:
    """A connection for reading alone: it can change nothing, and never waits for the writer."""
    connection = connect(folder / FILE_NAME)
    connection.execute("PRAGMA query_only=ON")
    return connection
