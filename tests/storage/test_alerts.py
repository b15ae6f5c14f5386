"""Alerts are kept as they stand, with the course that they took."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from deining.domain.alert import AlertKind, AlertPolicy, AlertState, Priority
from deining.domain.levels import Level
from deining.risk.alert_book import AlertBook
from deining.risk.grouping import Neighbours
from deining.storage.alerts import forget_alerts_after, read_alert_course, read_alerts, write_alerts
from deining.storage.database import Connection, list_migrations, open_database
from tests.builders import MINUTE, NOON, an_alert, an_area

HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Connection:
    return open_database(tmp_path)


FULL = an_alert(
    expected_at=NOON + HOUR,
    chance=0.25,
    changed_at=NOON + MINUTE,
    acknowledged_at=NOON + MINUTE,
    acknowledged_by="Ada Ü.",
    shelved_at=NOON + 2 * MINUTE,
    shelved_until=NOON + HOUR,
    shelved_by="Ben",
    shelved_why="works; known",
    decide_before=NOON + 30 * MINUTE,
    decide_measure="close",
    joined=("quay", "pier"),
    quiet=True,
)


def test_an_alert_comes_back_as_it_was_with_all_that_people_did(store: Connection) -> None:
    cleared = an_alert("quay", group="square-1", priority=Priority.LOW, cleared_at=NOON + 5 * MINUTE)
    write_alerts(store, "town", [FULL, cleared])
    assert read_alerts(store, "town", NOON) == [cleared, FULL]
    assert read_alerts(store, "town", NOON + 6 * MINUTE) == [FULL]
    assert read_alerts(store, "other", NOON) == []


def test_what_people_do_in_a_replay_or_an_exercise_never_mixes_with_the_real_ones(store: Connection) -> None:
    write_alerts(store, "town", [an_alert()])
    write_alerts(store, "town", [FULL], book="exercise-1")
    assert read_alerts(store, "town", NOON) == [an_alert()]
    assert read_alerts(store, "town", NOON, "exercise-1") == [FULL]
    assert [turn.who for turn in read_alert_course(store, "town", "square-1")] == [None]


def test_a_book_that_is_built_from_the_store_is_the_book_that_was_stored(store: Connection) -> None:
    area = an_area()
    write_alerts(store, "town", [FULL, an_alert("north", zone=None, group="square-1", raised_at=NOON)])
    book = AlertBook(AlertPolicy(), read_alerts(store, "town", NOON), Neighbours(area))
    kept = book.active
    assert sorted(kept, key=lambda alert: alert.id) == sorted(read_alerts(store, "town", NOON), key=lambda alert: alert.id)
    again = book.acknowledge("square-1", NOON + HOUR, "Cor")
    assert (again.acknowledged_by, again.state) == ("Ada Ü.", AlertState.SHELVED)


def test_the_course_keeps_every_turn_once_and_in_order(store: Connection) -> None:
    raised = an_alert(level=Level.ORANGE, priority=Priority.MEDIUM, changed_at=NOON)
    seen = an_alert(level=Level.ORANGE, priority=Priority.MEDIUM, changed_at=NOON + MINUTE, acknowledged_at=NOON + MINUTE, acknowledged_by="Ada")
    rises = an_alert(changed_at=NOON + 2 * MINUTE)
    gone = an_alert(changed_at=NOON + 9 * MINUTE, cleared_at=NOON + 9 * MINUTE)
    for alert in (raised, seen, seen, rises, gone, gone):
        write_alerts(store, "town", [alert])
    course = read_alert_course(store, "town", "square-1")
    assert [(turn.state.value, turn.level.label, turn.priority.value, turn.who) for turn in course] == [
        ("raised", "orange", "medium", None),
        ("acknowledged", "orange", "medium", "Ada"),
        ("raised", "red", "high", None),
        ("cleared", "red", "high", None),
    ]
    assert [turn.time for turn in course] == [NOON, NOON + MINUTE, NOON + 2 * MINUTE, NOON + 9 * MINUTE]


def test_moving_a_replay_back_undoes_what_was_done_later_and_nothing_else(store: Connection) -> None:
    before = an_alert(level=Level.ORANGE, priority=Priority.MEDIUM, changed_at=NOON)
    later = an_alert(changed_at=NOON + 9 * MINUTE, acknowledged_at=NOON + 9 * MINUTE, acknowledged_by="Ada", cleared_at=NOON + 20 * MINUTE)
    for area in ("town", "other"):
        for alert in (before, later, an_alert("quay", raised_at=NOON + 7 * MINUTE)):
            write_alerts(store, area, [alert])
    forget_alerts_after(store, "town", NOON + 5 * MINUTE)
    assert read_alerts(store, "town", NOON) == [before]
    assert len(read_alert_course(store, "town", "square-1")) == 1
    assert len(read_alerts(store, "other", NOON)) == 2


def test_a_replay_that_went_back_says_again_what_was_said_then(store: Connection) -> None:
    orange = an_alert(level=Level.ORANGE, because={"en": "It is at 0.6."}, priority=Priority.MEDIUM)
    red = replace(orange, level=Level.RED, because={"en": "It is at 1.0."}, priority=Priority.HIGH, changed_at=NOON + 3 * MINUTE)
    for alert in (orange, red, replace(red, because={"en": "It is at 1.4."})):
        write_alerts(store, "town", [alert])
    forget_alerts_after(store, "town", NOON + 4 * MINUTE)
    assert read_alerts(store, "town", NOON) == [red], "the sentence of the last turn, not one that was told later"
    forget_alerts_after(store, "town", NOON + 2 * MINUTE)
    (back,) = read_alerts(store, "town", NOON)
    assert (back.level, back.priority, back.because) == (Level.ORANGE, Priority.MEDIUM, {"en": "It is at 0.6."})


def test_alerts_of_an_earlier_version_are_taken_over_with_a_priority(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "deining.sqlite", isolation_level=None)
    for number, sql in list_migrations():
        if number < 4:
            old.executescript(sql)
    old.execute("PRAGMA user_version=3")
    rows = [("a", "crowd", "red", None), ("b", "crowd", "orange", None), ("c", "crowd", "red", 5), ("d", "crowd", "orange", 5), ("e", "data", "yellow", None)]
    for id_, kind, level, expected in rows:
        old.execute("INSERT INTO alert VALUES ('town', ?, NULL, 'quay', ?, ?, 'level_now', 1, NULL, '{}', ?, NULL)", (id_, kind, level, expected))
    old.close()
    found = {alert.id: alert for alert in read_alerts(open_database(tmp_path), "town", NOON)}
    assert {id_: alert.priority.value for id_, alert in found.items()} == {"a": "high", "b": "medium", "c": "medium", "d": "low", "e": "low"}
    assert found["e"].kind is AlertKind.DATA
    assert all(alert.state is AlertState.RAISED and alert.joined == () and not alert.quiet for alert in found.values())
