"""The outbox: a row for each notice and channel, written with what it tells of, and kept until it was told or given up."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deining.domain.errors import UnknownName, WrongUse
from deining.domain.notice import ON_SCREEN, SCREEN, ChannelSetting, DeliveryState, Mode, Notice
from deining.storage.rows import from_us, to_us

HELD = "the area is not live, so nothing left the machine"
DUE = """SELECT delivery.number, delivery.tries, delivery.expires_us, notice.body FROM delivery JOIN notice ON notice.id = delivery.notice
    WHERE delivery.channel = ? AND delivery.state = 'waiting' AND delivery.next_us <= ? AND NOT EXISTS (
        SELECT 1 FROM delivery AS earlier WHERE earlier.channel = delivery.channel AND earlier.state = 'waiting'
        AND earlier.thread = delivery.thread AND earlier.number < delivery.number)
    ORDER BY delivery.next_us, delivery.number LIMIT ?"""
ROWS = """SELECT notice.body, delivery.channel, delivery.state, delivery.tries, delivery.next_us, delivery.ended_us, delivery.why
    FROM delivery JOIN notice ON notice.id = delivery.notice WHERE notice.area = ? """
LIST = ROWS + "AND (? IS NULL OR notice.book = ?) ORDER BY notice.created_us DESC, delivery.number DESC LIMIT ?"
ONE = ROWS + "AND notice.id = ? AND delivery.channel = ?"
FIND = """SELECT delivery.number, delivery.state FROM delivery JOIN notice ON notice.id = delivery.notice
    WHERE notice.area = ? AND notice.id = ? AND delivery.channel = ?"""
AGAIN = """UPDATE delivery SET state = 'waiting', tries = 0, next_us = ?, expires_us = NULL, ended_us = NULL,
    retried_us = ?, retried_by = ?, retried_role = ? WHERE number = ?"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice that is to go over a channel; `expires_at` is None where somebody asked for it again."""

    number: int
    tries: int
    expires_at: datetime | None
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice and what became of it on one channel.

    Parameters
    ----------
    next_try_at
        None unless it waits.
    delivered_at
        None unless it was delivered.
    why
        What went wrong last, in one sentence; empty when nothing did.
    """

    notice: Notice
    channel: str
    state: DeliveryState
    tries: int
    next_try_at: datetime | None
    delivered_at: datetime | None
    why: str


def enqueue(connection: sqlite3.Connection, notices: Iterable[Notice], channels: Sequence[ChannelSetting], now: datetime) -> int:
    """Put notices in the outbox, in the transaction of the connection; how many rows that made.

    What is on the screen is delivered by being stored. Of an area that is not live all other rows are held. The same key
    twice is one row.

    Parameters
    ----------
    channels
        All that are set up; each notice goes to those that take it, and always to the screen.
    now
        The wall clock's time, from which it is due.
    """
    made = 0
    for notice in notices:
        body = json.dumps(notice.record(), ensure_ascii=False)
        connection.execute(
            "INSERT INTO notice VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (notice.id, notice.area, notice.book, notice.kind.value, notice.thread, to_us(notice.created_at), body),
        )
        chosen = [ON_SCREEN, *(channel for channel in channels if channel.kind != SCREEN and channel.takes(notice))]
        made += sum(_insert(connection, notice, channel, to_us(now)) for channel in chosen)
    return made


def _insert(connection: sqlite3.Connection, notice: Notice, channel: ChannelSetting, now_us: int) -> int:
    state = DeliveryState.DELIVERED if channel.kind == SCREEN else DeliveryState.WAITING if notice.mode is Mode.LIVE else DeliveryState.HELD
    next_us, ended_us = (now_us if state is DeliveryState.WAITING else None), (now_us if state is DeliveryState.DELIVERED else None)
    why = HELD if state is DeliveryState.HELD else ""
    return connection.execute(
        "INSERT INTO delivery (notice, thread, channel, state, next_us, expires_us, ended_us, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (notice.id, notice.thread, channel.name, state.value, next_us, to_us(notice.expires_at), ended_us, why),
    ).rowcount


def read_due(connection: sqlite3.Connection, channel: str, now: datetime, limit: int) -> list[Delivery]:
    """What is to go over a channel now; of the notices of one alert only the oldest, so that they arrive in their order."""
    return [
        Delivery(number, tries, from_us(expires_us) if expires_us is not None else None, Notice.from_record(json.loads(body)))
        for number, tries, expires_us, body in connection.execute(DUE, (channel, to_us(now), limit))
    ]


def mark_delivered(connection: sqlite3.Connection, number: int, now: datetime) -> None:
    """It was told."""
    connection.execute(
        "UPDATE delivery SET state = 'delivered', tries = tries + 1, next_us = NULL, ended_us = ?, why = '' WHERE number = ?", (to_us(now), number)
    )


def mark_failed(connection: sqlite3.Connection, number: int, next_at: datetime, why: str) -> None:
    """It could not be told this time; it is tried again."""
    connection.execute("UPDATE delivery SET tries = tries + 1, next_us = ?, why = ? WHERE number = ?", (to_us(next_at), why, number))


def mark_given_up(connection: sqlite3.Connection, number: int, now: datetime, why: str, *, tried: bool) -> None:
    """It was not told and will not be tried again, unless a person asks for it."""
    connection.execute(
        "UPDATE delivery SET state = 'given_up', tries = tries + ?, next_us = NULL, ended_us = ?, why = ? WHERE number = ?",
        (int(tried), to_us(now), why, number),
    )


def give_up_strangers(connection: sqlite3.Connection, channels: Sequence[str], now: datetime) -> int:
    """Give up what waits for channels that are no longer set up; how many rows."""
    why = "channel {} is no longer set up; put it back into channels.toml and send again"
    strangers = [(number, name) for number, name in connection.execute("SELECT number, channel FROM delivery WHERE state = 'waiting'") if name not in channels]
    for number, name in strangers:
        mark_given_up(connection, number, now, why.format(name), tried=False)
    return len(strangers)


def retry(connection: sqlite3.Connection, area: str, notice: str, channel: str, now: datetime, *, by: str, role: str) -> None:
    """Send again what was given up, or at once what waits; who asked for it is kept.

    Raises
    ------
    UnknownName
        When that notice did not go to that channel.
    WrongUse
        When it was delivered, or is held because its area is not live.
    """
    found = connection.execute(FIND, (area, notice, channel)).fetchone()
    if found is None:
        raise UnknownName("notice", f"{notice} on channel {channel}", [])
    number, state = found
    if state in (DeliveryState.DELIVERED, DeliveryState.HELD):
        why = "was delivered" if state == DeliveryState.DELIVERED else "is held: its area is not live, and nothing leaves the machine"
        raise WrongUse(f"notice {notice} on channel {channel} {why}; only what waits or was given up can be sent again")
    connection.execute(AGAIN, (to_us(now), to_us(now), by, role, number))


def list_notices(connection: sqlite3.Connection, area: str, book: str | None = None, limit: int = 500) -> list[NoticeRow]:
    """Notices of an area with what became of each on each channel, newest first; of one book, or of all."""
    return [_row(*found) for found in connection.execute(LIST, (area, book, book, limit))]


def find_notice(connection: sqlite3.Connection, area: str, notice: str, channel: str) -> NoticeRow | None:
    """One notice on one channel; None where it did not go there."""
    found = connection.execute(ONE, (area, notice, channel)).fetchone()
    return _row(*found) if found else None


def _row(body: str, channel: str, state: str, tries: int, next_us: int | None, ended_us: int | None, why: str) -> NoticeRow:
    return NoticeRow(
        notice=Notice.from_record(json.loads(body)),
        channel=channel,
        state=DeliveryState(state),
        tries=tries,
        next_try_at=from_us(next_us) if next_us is not None else None,
        delivered_at=from_us(ended_us) if state == DeliveryState.DELIVERED and ended_us is not None else None,
        why=why,
    )


def count_undelivered(connection: sqlite3.Connection, area: str, book: str) -> Mapping[DeliveryState, int]:
    """How many rows of a book wait, and how many were given up."""
    rows = connection.execute(
        "SELECT delivery.state, count(*) FROM delivery JOIN notice ON notice.id = delivery.notice"
        " WHERE notice.area = ? AND notice.book = ? AND delivery.state IN ('waiting', 'given_up') GROUP BY delivery.state",
        (area, book),
    )
    return {DeliveryState.WAITING: 0, DeliveryState.GIVEN_UP: 0, **{DeliveryState(state): number for state, number in rows}}
