"""Alerts that people can work with: on and off delay, hysteresis, one alert a place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from deining.domain.alert import Alert, AlertKind, AlertPolicy
from deining.domain.levels import Level
from deining.domain.ports import RuleResult
from deining.risk.alert_book import AlertBook
from tests.builders import MINUTE, NOON

POLICY = AlertPolicy(on_delay_s=120, off_delay_s=600)


def a_result(level: Level = Level.ORANGE, **given: object) -> RuleResult:
    usual = {
        "target": "square",
        "zone": "square",
        "kind": AlertKind.CROWD,
        "level": level,
        "rule": "level_now",
        "because": {"en": level.label, "nl": level.label},
    }
    return RuleResult(**{**usual, **given})  # type: ignore[arg-type]


def play(book: AlertBook, course: Iterable[list[RuleResult]], since: datetime = NOON) -> list[tuple[int, Alert]]:
    """(minute, alert) of all that changed, one step a minute."""
    return [(minute, alert) for minute, results in enumerate(course) for alert in book.update(since + minute * MINUTE, results)]


def test_a_level_must_hold_before_it_is_raised() -> None:
    book = AlertBook(POLICY)
    assert play(book, [[a_result()], [], [a_result()], [a_result()]]) == []
    (found,) = book.update(NOON + 4 * MINUTE, [a_result()])
    assert (found.level, found.raised_at, found.is_active) == (Level.ORANGE, NOON + 4 * MINUTE, True)


def test_it_clears_only_when_it_was_gone_for_a_while() -> None:
    book = AlertBook(POLICY)
    told = play(book, [[a_result()]] * 5 + [[]] * 9 + [[a_result()]] + [[]] * 12)
    assert [(minute, alert.is_active) for minute, alert in told] == [(2, True), (24, False)]
    assert len({alert.id for _, alert in told}) == 1
    assert book.active == []


def test_what_hovers_just_below_its_threshold_keeps_an_alert_and_raises_none() -> None:
    near = a_result(keeps=True)
    assert play(AlertBook(POLICY), [[near]] * 60) == []
    book = AlertBook(POLICY)
    assert [minute for minute, _ in play(book, [[a_result()]] * 3 + [[near]] * 60)] == [2]
    assert len(book.active) == 1


def test_a_level_that_rises_is_told_at_once_and_one_that_falls_after_a_while() -> None:
    book = AlertBook(POLICY)
    told = play(book, [[a_result()]] * 3 + [[a_result(Level.RED)]] * 2 + [[a_result()]] * 15)
    assert [(minute, alert.level.label) for minute, alert in told] == [(2, "orange"), (3, "red"), (14, "orange")]


def test_one_place_is_one_alert_and_what_is_there_goes_before_what_is_expected() -> None:
    expected = a_result(rule="level_expected", expected_at=NOON + timedelta(hours=1), chance=0.6)
    book = AlertBook(POLICY)
    told = play(book, [[expected]] * 4 + [[expected, a_result()]] * 3)
    assert [(minute, alert.rule) for minute, alert in told] == [(2, "level_expected"), (4, "level_now")]
    assert len({alert.id for _, alert in told}) == 1
    assert book.active[0].expected_at is None


def test_a_crowd_alert_and_a_data_alert_of_one_place_are_two() -> None:
    book = AlertBook(POLICY)
    play(book, [[a_result(), a_result(kind=AlertKind.DATA)]] * 3)
    assert {alert.kind for alert in book.active} == {AlertKind.CROWD, AlertKind.DATA}
    assert len({alert.id for alert in book.active}) == 2


def test_an_alert_that_stood_before_a_restart_stands_on() -> None:
    first = AlertBook(POLICY)
    play(first, [[a_result()]] * 3)
    again = AlertBook(POLICY, first.active)
    assert again.update(NOON + 4 * MINUTE, [a_result()]) == []
    assert again.active == first.active
