"""Alerts, kept: as they stand, and the course that each of them took."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deining.domain.alert import Alert, AlertKind, AlertState, Priority
from deining.domain.levels import Level
from deining.storage.books import LIVE
from deining.storage.bulk import Value, insert_rows
from deining.storage.rows import from_us, to_us

COLUMNS = (
    "id", "zone", "target", "kind", "level", "rule", "raised_us", "cleared_us", "because", "expected_us", "chance", "priority", "changed_us",
    "acknowledged_us", "acknowledged_by", "shelved_us", "shelved_until_us", "shelved_by", "shelved_why", "decide_before_us", "decide_measure",
    "told_in", "joined", "quiet",
)  # fmt: skip
TURN = ("area", "book", "id", "time_us", "state", "level", "priority", "rule", "because", "expected_us", "chance", "who", "why")
FORGET_AFTER = (
    "DELETE FROM alert WHERE area = ?1 AND raised_us > ?2",
    "DELETE FROM alert_course WHERE area = ?1 AND time_us > ?2",
    "UPDATE alert SET cleared_us = NULL WHERE area = ?1 AND cleared_us > ?2",
    "UPDATE alert SET acknowledged_us = NULL, acknowledged_by = NULL WHERE area = ?1 AND acknowledged_us > ?2",
    """UPDATE alert SET shelved_us = NULL, shelved_until_us = NULL, shelved_by = NULL, shelved_why = NULL
        WHERE area = ?1 AND shelved_us > ?2""",
    """UPDATE alert SET (level, priority, rule, because, expected_us, chance, changed_us) =
        (SELECT c.level, c.priority, c.rule, c.because, c.expected_us, c.chance, c.time_us FROM alert_course c
            WHERE c.area = alert.area AND c.book = alert.book AND c.id = alert.id ORDER BY c.number DESC LIMIT 1)
        WHERE area = ?1 AND raised_us <= ?2 AND cleared_us IS NULL
        AND EXISTS (SELECT 1 FROM alert_course c WHERE c.area = alert.area AND c.book = alert.book AND c.id = alert.id)""",
)


@dataclass(frozen=True, slots=True)
class AlertTurn:
    """One turn in the course of an alert: from this time on it was so.

    Parameters
    ----------
    who, why
        Who acknowledged or shelved it, and why it was shelved; None where it was no person.
    """

    id: str
    time: datetime
    state: AlertState
    level: Level
    priority: Priority
    rule: str
    who: str | None
    why: str | None


def write_alerts(connection: sqlite3.Connection, area: str, alerts: Sequence[Alert], book: str = LIVE) -> None:
    """Keep alerts; the same id again replaces how it stands, and its course is kept with what it was before."""
    insert_rows(connection, "INSERT OR REPLACE INTO alert", [(area, book, *_row(alert)) for alert in alerts])
    connection.executemany(
        f"INSERT OR IGNORE INTO alert_course ({', '.join(TURN)}) VALUES ({', '.join('?' * len(TURN))})",  # noqa: S608  constant names
        [_turn(area, book, alert) for alert in alerts],
    )


def read_alerts(connection: sqlite3.Connection, area: str, since: datetime, book: str = LIVE) -> list[Alert]:
    """Alerts that were active at some time since, oldest first."""
    rows = connection.execute(
        f"SELECT {', '.join(COLUMNS)} FROM alert WHERE area = ? AND book = ? AND (cleared_us IS NULL OR cleared_us >= ?) ORDER BY raised_us",  # noqa: S608
        (area, book, to_us(since)),
    )
    return [_alert(dict(zip(COLUMNS, row, strict=True))) for row in rows]


def read_alert_course(connection: sqlite3.Connection, area: str, id: str, book: str = LIVE) -> list[AlertTurn]:
    """The course of one alert, from its raising on; empty where it is not known."""
    rows = connection.execute(
        "SELECT id, time_us, state, level, priority, rule, who, why FROM alert_course WHERE area = ? AND book = ? AND id = ? ORDER BY number",
        (area, book, id),
    )
    return [
        AlertTurn(id_, from_us(time_us), AlertState(state), Level.parse(level), Priority(priority), rule, who, why)
        for id_, time_us, state, level, priority, rule, who, why in rows
    ]


def forget_alerts_after(connection: sqlite3.Connection, area: str, time: datetime) -> None:
    """Bring alerts back to how they stood at their last turn before a time: a replay was moved back."""
    for statement in FORGET_AFTER:
        connection.execute(statement, (area, to_us(time)))


def _row(alert: Alert) -> tuple[Value, ...]:
    return (
        alert.id,
        alert.zone,
        alert.target,
        alert.kind.value,
        alert.level.label,
        alert.rule,
        to_us(alert.raised_at),
        _us(alert.cleared_at),
        json.dumps(dict(alert.because), ensure_ascii=False),
        _us(alert.expected_at),
        alert.chance,
        alert.priority.value,
        _us(alert.changed_at),
        _us(alert.acknowledged_at),
        alert.acknowledged_by,
        _us(alert.shelved_at),
        _us(alert.shelved_until),
        alert.shelved_by,
        alert.shelved_why,
        _us(alert.decide_before),
        alert.decide_measure,
        alert.group,
        json.dumps(alert.joined, ensure_ascii=False),
        int(alert.quiet),
    )


def _alert(row: dict[str, Any]) -> Alert:
    return Alert(
        id=row["id"],
        zone=row["zone"],
        target=row["target"],
        kind=AlertKind(row["kind"]),
        level=Level.parse(row["level"]),
        rule=row["rule"],
        raised_at=from_us(row["raised_us"]),
        cleared_at=_time(row["cleared_us"]),
        because=json.loads(row["because"]),
        expected_at=_time(row["expected_us"]),
        chance=row["chance"],
        priority=Priority(row["priority"]),
        changed_at=_time(row["changed_us"]),
        acknowledged_at=_time(row["acknowledged_us"]),
        acknowledged_by=row["acknowledged_by"],
        shelved_at=_time(row["shelved_us"]),
        shelved_until=_time(row["shelved_until_us"]),
        shelved_by=row["shelved_by"],
        shelved_why=row["shelved_why"],
        decide_before=_time(row["decide_before_us"]),
        decide_measure=row["decide_measure"],
        group=row["told_in"],
        joined=tuple(json.loads(row["joined"])),
        quiet=bool(row["quiet"]),
    )


def _turn(area: str, book: str, alert: Alert) -> tuple[Value, ...]:
    """The alert's last change as a row of its course."""
    who = {AlertState.ACKNOWLEDGED: alert.acknowledged_by, AlertState.SHELVED: alert.shelved_by}.get(alert.state)
    why = alert.shelved_why if alert.state is AlertState.SHELVED else None
    at = to_us(alert.cleared_at or alert.changed_at or alert.raised_at)
    because = json.dumps(dict(alert.because), ensure_ascii=False)
    stands = (alert.state.value, alert.level.label, alert.priority.value, alert.rule, because, _us(alert.expected_at), alert.chance)
    return (area, book, alert.id, at, *stands, who, why)


def _us(time: datetime | None) -> int | None:
    return None if time is None else to_us(time)


def _time(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)
