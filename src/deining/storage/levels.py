"""Versions of an area's level scales, kept for good: who changed them, when and why."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import datetime

from deining.domain.errors import WrongData
from deining.domain.levels import LevelScale, LevelSet
from deining.storage.level_table import as_rows, read_scales
from deining.storage.rows import from_us, to_us

COLUMNS = "version, changed_us, changed_by, role, why, digest, body"


def digest_of(scales: tuple[LevelScale, ...]) -> str:
    """What tells the scales of an area folder from others."""
    return hashlib.sha256(json.dumps(as_rows(scales), sort_keys=True).encode()).hexdigest()


def keep_folder_levels(connection: sqlite3.Connection, area: str, book: str, scales: tuple[LevelScale, ...], now: datetime, by: str, why: str) -> LevelSet:
    """The scales in force: the latest version, or a new one where the area folder's scales differ from those last read from it."""
    digest = digest_of(scales)
    row = connection.execute(
        "SELECT digest FROM level_version WHERE area = ? AND book = ? AND digest <> '' ORDER BY version DESC LIMIT 1", (area, book)
    ).fetchone()
    if row is None or row[0] != digest:
        return _write(connection, area, book, scales, now, by, "", why, digest)
    latest = find_levels(connection, area, book)
    assert latest is not None  # noqa: S101  a version was found just above
    return latest


def write_levels(connection: sqlite3.Connection, area: str, book: str, scales: tuple[LevelScale, ...], now: datetime, by: str, role: str, why: str) -> LevelSet:
    """Keep a new version that a person set; it is in force from now on, until the area folder or another person changes it."""
    return _write(connection, area, book, scales, now, by, role, why, "")


def _write(
    connection: sqlite3.Connection, area: str, book: str, scales: tuple[LevelScale, ...], now: datetime, by: str, role: str, why: str, digest: str
) -> LevelSet:
    (version,) = connection.execute("SELECT COALESCE(MAX(version), 0) + 1 FROM level_version WHERE area = ? AND book = ?", (area, book)).fetchone()
    connection.execute(
        f"INSERT INTO level_version (area, book, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  constant names
        (area, book, version, to_us(now), by, role, why, digest, json.dumps(as_rows(scales))),
    )
    return LevelSet(version=version, changed_at=now, changed_by=by, role=role, why=why, scales=scales, from_folder=bool(digest))


def find_levels(connection: sqlite3.Connection, area: str, book: str) -> LevelSet | None:
    """The version in force; None before any was kept."""
    versions = list_levels(connection, area, book, limit=1)
    return versions[0] if versions else None


def list_levels(connection: sqlite3.Connection, area: str, book: str, limit: int = 1000) -> list[LevelSet]:
    """All versions, newest first.

    Raises
    ------
    WrongData
        When a kept version cannot be read.
    """
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM level_version WHERE area = ? AND book = ? ORDER BY version DESC LIMIT ?",  # noqa: S608  constant names
        (area, book, limit),
    ).fetchall()
    return [
        LevelSet(version=version, changed_at=from_us(us), changed_by=by, role=role, why=why, scales=_read(area, version, body), from_folder=bool(digest))
        for version, us, by, role, why, digest, body in rows
    ]


def _read(area: str, version: int, body: str) -> tuple[LevelScale, ...]:
    def find(record: str, found: str, expected: str) -> None:
        raise WrongData(f"level version {version} of area {area}: {record}: found {found}; expected {expected}")

    rows = json.loads(body)
    places = {place for row in rows for place in row["places"]}
    return tuple(read_scales([(f"scale {number}", row) for number, row in enumerate(rows, 1)], places, find))
