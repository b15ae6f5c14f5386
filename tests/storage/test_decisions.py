"""A decision is kept as it was taken, with the forecasts made before it; what comes later stands beside it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from deining.domain.decision import LIVE, Decision, Effect, Progress, RejectedOption, Verdict
from deining.domain.errors import UnknownName, WrongUse
from deining.domain.forecast import Provenance
from deining.storage.database import Connection, open_database
from deining.storage.decisions import (
    freeze_forecasts,
    get_decision,
    list_decisions,
    list_effects,
    mark_progress,
    next_decision_number,
    read_frozen,
    write_decision,
    write_effect,
)
from tests.builders import MINUTE, NOON, a_decided_measure, a_decision, some_forecasts

TABLES = ("decision", "decision_measure", "decision_progress", "decision_forecast", "decision_effect")


@pytest.fixture
def store(tmp_path: Path) -> Connection:
    return open_database(tmp_path)


def say(store: Connection, progress: Progress, minute: int, *, number: int = 1, book: str = LIVE, by: str = "B. de Wit") -> Decision:
    return mark_progress(store, "town", book, number, "one-way", progress, at=NOON + minute * MINUTE, by=by, role="steward")


def an_effect(number: int = 1, **given: object) -> Effect:
    usual = {
        "decision": number, "measure": "one-way", "target": "square", "quantity": "occupancy", "origin": NOON, "since": NOON, "until": NOON + 60 * MINUTE,
        "measured": 210.0, "expected": 300.0, "difference": -90.0, "low": -150.0, "high": -20.0, "verdict": Verdict.LESS, "steps": 4, "left_out": 1,
        "together": ("dose",), "text": {"en": "Fewer.", "nl": "Minder."},
    }  # fmt: skip
    return Effect(**{**usual, **given})  # type: ignore[arg-type]


def test_a_decision_comes_back_as_it_was_taken(store: Connection) -> None:
    measures = (a_decided_measure(lasts_s=3600.0, effect_after_s=300.0, places=("square", "north")), a_decided_measure("dose"))
    decision = a_decision(*measures, alert="a-1", entry=7, rejected=(RejectedOption(measure="close", why="the way out is needed"),))
    written = write_decision(store, "town", LIVE, decision)
    assert written == replace(decision, number=1)
    assert list_decisions(store, "town") == [written]
    assert get_decision(store, "town", LIVE, 1) == written


def test_to_do_nothing_is_a_decision_too(store: Connection) -> None:
    nothing = Decision(taken_at=NOON, by="A. Visser", role="operator", reason="it empties by itself")
    assert write_decision(store, "town", LIVE, nothing).number == 1
    assert list_decisions(store, "town")[0].measures == ()


def test_numbers_run_from_one_in_each_book_of_each_area_and_the_newest_comes_first(store: Connection) -> None:
    for area, book in (("town", LIVE), ("town", LIVE), ("town", "exercise-1"), ("other", LIVE)):
        assert write_decision(store, area, book, a_decision()).number == next_decision_number(store, area, book) - 1
    assert [one.number for one in list_decisions(store, "town")] == [2, 1]
    assert [one.number for one in list_decisions(store, "town", "exercise-1")] == [1]
    assert [one.number for one in list_decisions(store, "other")] == [1]


def test_what_is_done_in_an_exercise_leaves_the_live_book_as_it_is(store: Connection) -> None:
    for book in (LIVE, "exercise-1"):
        write_decision(store, "town", book, a_decision())
    say(store, Progress.IN_FORCE, 20, book="exercise-1")
    write_effect(store, "town", "exercise-1", an_effect(), NOON)
    assert list_decisions(store, "town")[0].measures[0].in_force_at is None
    assert list_effects(store, "town", "one-way") == []


def test_progress_says_when_and_who_and_the_decision_shows_it(store: Connection) -> None:
    write_decision(store, "town", LIVE, a_decision())
    measure = say(store, Progress.IN_FORCE, 18).measures[0]
    assert (measure.in_force_at, measure.in_force_by, measure.ended_at) == (NOON + 18 * MINUTE, "B. de Wit", None)
    assert measure.is_being_set_up(NOON + 17 * MINUTE)
    assert measure.is_in_force(NOON + 18 * MINUTE)
    measure = say(store, Progress.ENDED, 90, by="C. Smit").measures[0]
    assert (measure.ended_at, measure.ended_by) == (NOON + 90 * MINUTE, "C. Smit")
    assert not measure.is_in_force(NOON + 90 * MINUTE)


def test_a_measure_may_be_called_off_before_it_works(store: Connection) -> None:
    write_decision(store, "town", LIVE, a_decision())
    measure = say(store, Progress.ENDED, 5).measures[0]
    assert (measure.in_force_at, measure.is_being_set_up(NOON + 6 * MINUTE)) == (None, False)
    with pytest.raises(WrongUse, match=r"ended at .*decide anew"):
        say(store, Progress.IN_FORCE, 10)


@pytest.mark.parametrize(
    ("before", "then", "words"),
    [
        ([], (Progress.IN_FORCE, -1), "or later"),
        ([(Progress.IN_FORCE, 10)], (Progress.IN_FORCE, 11), "in force since"),
        ([(Progress.IN_FORCE, 10)], (Progress.ENDED, 9), "or later"),
        ([(Progress.IN_FORCE, 10), (Progress.ENDED, 20)], (Progress.ENDED, 21), "ended at"),
    ],
)
def test_progress_in_a_wrong_order_is_refused_and_changes_nothing(
    store: Connection, before: list[tuple[Progress, int]], then: tuple[Progress, int], words: str
) -> None:
    write_decision(store, "town", LIVE, a_decision())
    for progress, minute in before:
        say(store, progress, minute)
    held = get_decision(store, "town", LIVE, 1)
    with pytest.raises(WrongUse, match=words):
        say(store, *then)
    assert get_decision(store, "town", LIVE, 1) == held


def test_progress_of_what_is_not_there_or_by_nobody_is_refused(store: Connection) -> None:
    with pytest.raises(WrongUse, match="no decision number 1"):
        say(store, Progress.IN_FORCE, 1)
    write_decision(store, "town", LIVE, a_decision(a_decided_measure("dose")))
    with pytest.raises(UnknownName, match=r"'one-way'; known: dose"):
        say(store, Progress.IN_FORCE, 1)
    with pytest.raises(WrongUse, match="name of who reports"):
        mark_progress(store, "town", LIVE, 1, "dose", Progress.IN_FORCE, at=NOON, by=" ", role="steward")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"by": " "}, "name of who decides"),
        ({"role": ""}, "a role"),
        ({"reason": ""}, "why"),
        ({"rejected": (RejectedOption(measure="one-way", why="no"),)}, "both chosen and rejected"),
        ({"rejected": (RejectedOption(measure="close", why=" "),)}, "without a reason"),
    ],
)
def test_a_decision_without_name_role_or_reason_is_none(given: dict[str, object], words: str) -> None:
    with pytest.raises(WrongUse, match=words):
        a_decision(**given)


def test_a_measure_stands_once_in_a_decision() -> None:
    with pytest.raises(WrongUse, match="twice"):
        a_decision(a_decided_measure(), a_decided_measure())


def test_forecasts_are_frozen_with_it_to_the_last_digit(store: Connection) -> None:
    source = Provenance(model_version="m1", data_version="d1", learned_until=NOON, drivers=("events",), absent=("weather",), reason="best so far")
    forecasts = some_forecasts(10, middle=1 / 3, sd=0.01, provenance=source)
    gap = [*forecasts[:4], *forecasts[6:]]
    flows = some_forecasts(3, target="north", quantity="flow_per_min", origin=NOON - 5 * MINUTE)
    write_decision(store, "town", LIVE, a_decision(), [*gap, *flows, *some_forecasts(2, target="south", step_s=0)])
    frozen = read_frozen(store, "town", LIVE, 1)
    assert [(one.target, one.quantity, one.origin) for one in frozen] == [("north", "flow_per_min", NOON - 5 * MINUTE), ("square", "occupancy", NOON)]
    assert list(frozen[0].steps) == flows
    assert list(frozen[1].steps) == gap


def test_a_later_forecast_stands_beside_the_first_and_never_in_its_place(store: Connection) -> None:
    first, other, later = some_forecasts(4), some_forecasts(4, middle=999.0), some_forecasts(4, origin=NOON + 15 * MINUTE)
    write_decision(store, "town", LIVE, a_decision(), first)
    freeze_forecasts(store, "town", LIVE, 1, other)
    mark_progress(store, "town", LIVE, 1, "one-way", Progress.IN_FORCE, at=NOON + 18 * MINUTE, by="B. de Wit", role="steward", forecasts=later)
    assert [list(one.steps) for one in read_frozen(store, "town", LIVE, 1)] == [first, later]


def test_the_newest_effect_of_a_place_stands(store: Connection) -> None:
    early = an_effect(verdict=Verdict.TOO_EARLY, measured=None, expected=None, difference=None, low=None, high=None, steps=0)
    late = an_effect()
    write_effect(store, "town", LIVE, early, NOON)
    write_effect(store, "town", LIVE, late, NOON + timedelta(hours=1))
    write_effect(store, "town", LIVE, an_effect(2, measure="dose"), NOON)
    write_effect(store, "town", LIVE, an_effect(target="north"), NOON)
    assert list_effects(store, "town", "one-way") == [an_effect(target="north"), late]
    assert list_effects(store, "town", number=2) == [an_effect(2, measure="dose")]
    assert len(list_effects(store, "town")) == 3


def test_an_effect_that_says_the_same_again_is_not_written_again(store: Connection) -> None:
    for minute, effect in enumerate([an_effect(), an_effect(), an_effect(steps=5), an_effect(steps=5)]):
        write_effect(store, "town", LIVE, effect, NOON + minute * MINUTE)
    assert store.execute("SELECT count(*) FROM decision_effect").fetchone() == (2,)
    assert list_effects(store, "town") == [an_effect(steps=5)]


@pytest.mark.parametrize("table", TABLES)
def test_nothing_that_was_written_can_be_changed_or_deleted(store: Connection, table: str) -> None:
    write_decision(store, "town", LIVE, a_decision(), some_forecasts(2))
    say(store, Progress.IN_FORCE, 20)
    write_effect(store, "town", LIVE, an_effect(), NOON)
    for statement in (f"UPDATE {table} SET number = 2", f"DELETE FROM {table}"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            store.execute(statement)
