"""How people said that barriers are, and which factors are there: every word is kept, and the last one holds."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from deining.domain.bowtie import BarrierStatus, PresenceSet, StatusSet
from deining.storage.rows import from_us, to_us

LAST = 2**63 - 1
INSERT_STATUS = 'INSERT INTO barrier_status (area, book, bowtie, barrier, status, time_us, "by", role, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'
INSERT_PRESENCE = 'INSERT INTO factor_presence (area, book, factor, present, time_us, "by", role) VALUES (?, ?, ?, ?, ?, ?, ?)'
STATUSES = """SELECT area, book, bowtie, barrier, status, time_us, "by", role, why FROM barrier_status
    WHERE area = ? AND book = ? AND time_us <= ? ORDER BY time_us, number"""
PRESENCES = """SELECT area, book, factor, present, time_us, "by", role FROM factor_presence
    WHERE area = ? AND book = ? AND time_us <= ? ORDER BY time_us, number"""


def write_status(connection: sqlite3.Connection, given: StatusSet) -> None:
    """Keep what a person said of a barrier."""
    row = (given.area, given.book, given.bowtie, given.barrier, given.status.value, to_us(given.at), given.by, given.role, given.why)
    connection.execute(INSERT_STATUS, row)


def list_statuses(connection: sqlite3.Connection, area: str, book: str, until: datetime | None = None) -> list[StatusSet]:
    """All that was said of barriers in a book, oldest first.

    Parameters
    ----------
    until
        Nothing later than this; None for all.
    """
    rows = connection.execute(STATUSES, (area, book, LAST if until is None else to_us(until)))
    return [
        StatusSet(area=area, book=book, bowtie=bowtie, barrier=barrier, status=BarrierStatus(status), at=from_us(us), by=by, role=role, why=why)
        for area, book, bowtie, barrier, status, us, by, role, why in rows
    ]


def read_statuses(connection: sqlite3.Connection, area: str, book: str, until: datetime | None = None) -> dict[tuple[str, str], StatusSet]:
    """The last that was said of each barrier, by (bowtie, barrier)."""
    return {(given.bowtie, given.barrier): given for given in list_statuses(connection, area, book, until)}


def write_presence(connection: sqlite3.Connection, given: PresenceSet) -> None:
    """Keep what a person said of a factor."""
    present = None if given.present is None else int(given.present)
    connection.execute(INSERT_PRESENCE, (given.area, given.book, given.factor, present, to_us(given.at), given.by, given.role))


def list_presences(connection: sqlite3.Connection, area: str, book: str, until: datetime | None = None) -> list[PresenceSet]:
    """All that was said of factors in a book, oldest first.

    Parameters
    ----------
    until
        Nothing later than this; None for all.
    """
    rows = connection.execute(PRESENCES, (area, book, LAST if until is None else to_us(until)))
    return [
        PresenceSet(area=area, book=book, factor=factor, present=None if present is None else bool(present), at=from_us(us), by=by, role=role)
        for area, book, factor, present, us, by, role in rows
    ]


def read_presences(connection: sqlite3.Connection, area: str, book: str, until: datetime | None = None) -> dict[str, PresenceSet]:
    """The last that was said of each factor, by its id."""
    return {given.factor: given for given in list_presences(connection, area, book, until)}
