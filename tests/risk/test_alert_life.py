"""The life of an alert: raised, acknowledged, shelved, cleared; told with its neighbours; quiet at night."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.alert import Alert, AlertKind, AlertPolicy, AlertState, Priority
from deining.domain.errors import DeiningError, UnknownName, WrongUse
from deining.domain.levels import Level
from deining.domain.ports import RuleResult
from deining.risk.alert_book import BLIND_HOLD_S, AlertBook
from deining.risk.grouping import Neighbours
from tests.builders import MINUTE, NOON, a_gate, a_zone, an_alert, an_area

POLICY = AlertPolicy(on_delay_s=120, off_delay_s=600)
LATER = NOON + timedelta(hours=1)
TOWN = an_area(
    zones=[a_zone("square"), a_zone("quay"), a_zone("pier"), a_zone("park")],
    gates=[a_gate("north"), a_gate("between", from_zone="square", to_zone="quay"), a_gate("steps", from_zone="quay", to_zone="pier")],
)
PRIORITIES = {Level.RED: Priority.HIGH, Level.ORANGE: Priority.MEDIUM}


def a_result(level: Level = Level.ORANGE, target: str = "square", **given: Any) -> RuleResult:
    usual = {
        "target": target,
        "zone": target,
        "kind": AlertKind.CROWD,
        "level": level,
        "rule": "level_now",
        "because": {"en": f"{level.label}.", "nl": f"{level.label}."},
        "priority": PRIORITIES.get(level, Priority.LOW),
    }
    return RuleResult(**{**usual, **given})


def expected(level: Level, minutes: float, **given: Any) -> RuleResult:
    return a_result(level, rule="level_expected", expected_at=NOON + minutes * MINUTE, **{"priority": Priority.MEDIUM, **given})


def play(book: AlertBook, course: Iterable[Sequence[RuleResult]], since: datetime = NOON) -> list[Alert]:
    return [alert for minute, results in enumerate(course) for alert in book.update(since + minute * MINUTE, results)]


def a_standing(*results: RuleResult, neighbours: Neighbours | None = None) -> AlertBook:
    """A book whose alerts were raised two minutes after noon."""
    book = AlertBook(POLICY, (), neighbours)
    play(book, [results] * 3)
    return book


def only(book: AlertBook) -> Alert:
    (alert,) = book.active
    return alert


# -- acknowledged


def test_who_acknowledged_it_and_when_is_kept_and_a_second_time_changes_nothing() -> None:
    book = a_standing(a_result())
    seen = book.acknowledge(only(book).id, NOON + 3 * MINUTE, "Ada")
    assert (seen.state, seen.acknowledged_by, seen.acknowledged_at) == (AlertState.ACKNOWLEDGED, "Ada", NOON + 3 * MINUTE)
    assert book.acknowledge(seen.id, NOON + 4 * MINUTE, "Ben") == seen
    assert book.update(NOON + 5 * MINUTE, [a_result()]) == [], "it was told to the one who asked"


def test_one_that_rises_is_a_new_fact_to_be_acknowledged_anew() -> None:
    book = a_standing(a_result())
    book.acknowledge(only(book).id, NOON + 3 * MINUTE, "Ada")
    (risen,) = book.update(NOON + 4 * MINUTE, [a_result(Level.RED)])
    assert (risen.state, risen.level, risen.priority, risen.changed_at) == (AlertState.RAISED, Level.RED, Priority.HIGH, NOON + 4 * MINUTE)


def test_a_priority_that_rises_without_its_level_is_a_new_fact_too_and_falls_only_after_the_off_delay() -> None:
    book = a_standing(expected(Level.RED, 60))
    book.acknowledge(only(book).id, NOON + 3 * MINUTE, "Ada")
    (urgent,) = book.update(NOON + 4 * MINUTE, [expected(Level.RED, 60, priority=Priority.HIGH)])
    assert (urgent.state, urgent.priority) == (AlertState.RAISED, Priority.HIGH)
    told = play(book, [[expected(Level.RED, 60)]] * 12, NOON + 5 * MINUTE)
    assert [(alert.priority, alert.changed_at) for alert in told] == [(Priority.MEDIUM, NOON + 14 * MINUTE)]


def test_what_does_not_stand_cannot_be_acknowledged_and_what_does_is_named() -> None:
    book = a_standing(a_result())
    with pytest.raises(UnknownName, match="no active alert named 'other'; known: square-crowd"):
        book.acknowledge("other", NOON, "Ada")
    with pytest.raises(WrongUse, match="no name"):
        book.acknowledge(only(book).id, NOON, "  ")


# -- shelved


def test_a_shelved_one_comes_back_to_be_acknowledged_when_its_time_is_over() -> None:
    book = a_standing(a_result())
    book.acknowledge(only(book).id, NOON + 2 * MINUTE, "Ada")
    put = book.shelve(only(book).id, NOON + 3 * MINUTE, NOON + 6 * MINUTE, "Ben", " road works ")
    assert (put.state, put.shelved_by, put.shelved_why, put.shelved_at) == (AlertState.SHELVED, "Ben", "road works", NOON + 3 * MINUTE)
    assert play(book, [[a_result()]] * 2, NOON + 4 * MINUTE) == []
    (back,) = book.update(NOON + 6 * MINUTE, [a_result()])
    assert (back.state, back.shelved_why, back.acknowledged_by) == (AlertState.RAISED, None, None)


def test_a_shelved_one_comes_back_at_red_now_and_not_where_red_is_expected() -> None:
    book = a_standing(a_result())
    book.shelve(only(book).id, NOON + 3 * MINUTE, LATER, "Ben", "road works")
    play(book, [[expected(Level.RED, 60)]], NOON + 4 * MINUTE)
    assert only(book).state is AlertState.SHELVED
    (back,) = book.update(NOON + 5 * MINUTE, [a_result(Level.RED)])
    assert (back.state, back.level) == (AlertState.RAISED, Level.RED)


def test_taking_it_from_the_shelf_leaves_it_acknowledged() -> None:
    book = a_standing(a_result())
    id_ = only(book).id
    book.acknowledge(id_, NOON + 3 * MINUTE, "Ada")
    book.shelve(id_, NOON + 3 * MINUTE, LATER, "Ben", "road works")
    back = book.unshelve(id_, NOON + 4 * MINUTE)
    assert (back.state, back.acknowledged_by, back.shelved_until) == (AlertState.ACKNOWLEDGED, "Ada", None)
    assert book.unshelve(id_, NOON + 5 * MINUTE) == back


def test_shelving_asks_for_a_reason_a_name_and_a_time_within_a_shift() -> None:
    book = a_standing(a_result())
    id_ = only(book).id
    wrong = [
        (LATER, "Ben", "", "no reason"),
        (LATER, "", "works", "no name"),
        (NOON, "Ben", "works", "expected a time after"),
        (NOON + timedelta(hours=20), "Ben", "works", "at most 12 hours"),
    ]
    for until, by, why, message in wrong:
        with pytest.raises(WrongUse, match=message):
            book.shelve(id_, NOON + 3 * MINUTE, until, by, why)
    assert only(book).state is AlertState.RAISED


def test_what_is_at_red_now_is_not_put_aside() -> None:
    book = a_standing(a_result(Level.RED))
    with pytest.raises(WrongUse, match="at red now"):
        book.shelve(only(book).id, NOON + 3 * MINUTE, LATER, "Ben", "works")


# -- cleared


def test_a_crowd_alert_does_not_clear_because_nobody_can_see_any_more() -> None:
    blind = a_result(Level.YELLOW, kind=AlertKind.DATA, rule="unseen_zone")
    book = a_standing(a_result())
    hold = int(BLIND_HOLD_S // 60)
    told = play(book, [[blind]] * (hold - 1), NOON + 3 * MINUTE)
    assert {alert.kind for alert in told} == {AlertKind.DATA}
    assert {alert.kind for alert in book.active} == {AlertKind.CROWD, AlertKind.DATA}
    (cleared,) = play(book, [[]], NOON + (hold + 1) * MINUTE)
    assert (cleared.kind, cleared.state) == (AlertKind.CROWD, AlertState.CLEARED), "it can be seen again, and is quiet"


def test_a_crowd_alert_that_nobody_could_see_for_long_clears_and_the_data_alert_stands() -> None:
    blind = a_result(Level.YELLOW, kind=AlertKind.DATA, rule="unseen_zone")
    book = a_standing(a_result())
    play(book, [[blind]] * 80, NOON + 3 * MINUTE)
    assert [alert.kind for alert in book.active] == [AlertKind.DATA]


def test_a_restart_clears_nothing_until_it_was_seen_to_be_gone_for_the_off_delay() -> None:
    again = AlertBook(POLICY, a_standing(a_result()).active)
    assert play(again, [[]] * 10, LATER) == []
    (cleared,) = again.update(LATER + 10 * MINUTE, [])
    assert cleared.cleared_at == LATER + 10 * MINUTE


# -- what it says


def test_an_expectation_is_told_anew_when_it_moved_and_not_for_every_minute() -> None:
    book = a_standing(expected(Level.RED, 60, chance=0.6))
    assert play(book, [[expected(Level.RED, 62, chance=0.62)]] * 3, NOON + 3 * MINUTE) == []
    (moved,) = book.update(NOON + 6 * MINUTE, [expected(Level.RED, 50, chance=0.62)])
    assert (moved.expected_at, moved.changed_at) == (NOON + 50 * MINUTE, NOON + 2 * MINUTE), "told anew, and no new fact"
    (likelier,) = book.update(NOON + 7 * MINUTE, [expected(Level.RED, 50, chance=0.8)])
    assert likelier.chance == 0.8


def test_red_that_is_no_longer_there_but_expected_again_is_not_told_as_red_now() -> None:
    book = a_standing(a_result(Level.RED))
    told = play(book, [[expected(Level.RED, 60)]] * 12, NOON + 3 * MINUTE)
    assert told[0].expected_at == NOON + 60 * MINUTE
    assert told[0].changed_at == NOON + 12 * MINUTE


# -- quiet hours


def test_in_quiet_hours_it_stands_without_ringing_and_rings_when_they_are_over_or_it_rises() -> None:
    book = a_standing(a_result(quiet=True))
    assert only(book).quiet
    (rings,) = book.update(NOON + 3 * MINUTE, [a_result()])
    assert (rings.quiet, rings.id) == (False, only(book).id)
    assert not play(book, [[a_result(quiet=True)]] * 3, NOON + 4 * MINUTE), "what rang is not taken back"
    book = a_standing(a_result(quiet=True))
    (risen,) = book.update(NOON + 3 * MINUTE, [a_result(Level.RED)])
    assert not risen.quiet


# -- neighbours


def test_neighbours_that_become_busy_together_are_told_as_one_and_each_keeps_its_row() -> None:
    book = AlertBook(POLICY, (), Neighbours(TOWN))
    course = [[a_result()]] * 2 + [[a_result(), a_result(target="quay"), a_result(target="park")]] * 3
    play(book, course)
    square, park, quay = sorted(book.active, key=lambda alert: ("square", "park", "quay").index(alert.target))
    assert (square.group, square.joined) == (None, ("quay",))
    assert (quay.group, quay.raised_at) == (square.id, NOON + 4 * MINUTE)
    assert (park.group, park.joined) == (None, ())


def test_acknowledging_the_one_that_is_told_acknowledges_all_that_are_told_in_it() -> None:
    book = a_standing(a_result(), a_result(target="quay"), neighbours=Neighbours(TOWN))
    head = next(alert for alert in book.active if alert.joined)
    book.acknowledge(head.id, NOON + 3 * MINUTE, "Ada")
    assert {alert.acknowledged_by for alert in book.active} == {"Ada"}
    (other,) = book.update(NOON + 4 * MINUTE, [a_result(), a_result(target="quay")])
    assert (other.group, other.state) == (head.id, AlertState.ACKNOWLEDGED)


def test_a_group_is_put_aside_whole_or_not_at_all() -> None:
    near = expected(Level.RED, 20, priority=Priority.HIGH)
    book = AlertBook(POLICY, (), Neighbours(TOWN))
    play(book, [[near]] * 3 + [[near, a_result(Level.RED, "quay")]] * 3)
    head = next(alert for alert in book.active if alert.joined)
    with pytest.raises(WrongUse, match="quay is at red now"):
        book.shelve(head.id, NOON + 6 * MINUTE, LATER, "Ben", "works")
    assert {alert.state for alert in book.active} == {AlertState.RAISED}


def test_what_becomes_more_urgent_than_its_head_is_told_by_itself() -> None:
    book = a_standing(a_result(), a_result(target="quay"), neighbours=Neighbours(TOWN))
    member = next(alert for alert in book.active if alert.group)
    told = book.update(NOON + 3 * MINUTE, [a_result(Level.RED if name == member.target else Level.ORANGE, name) for name in ("square", "quay")])
    assert {(alert.target == member.target, alert.group, alert.joined) for alert in told} == {(True, None, ()), (False, None, ())}


def test_when_the_head_clears_the_most_urgent_of_the_others_takes_its_place() -> None:
    names = ("square", "quay", "pier")
    book = a_standing(*(a_result(target=name) for name in names), neighbours=Neighbours(TOWN))
    head = next(alert for alert in book.active if alert.joined)
    others = [name for name in names if name != head.target]
    play(book, [[a_result(target=name) for name in others]] * 11, NOON + 3 * MINUTE)
    first, second = sorted(book.active, key=lambda alert: alert.group is not None)
    assert (first.group, first.joined, second.group) == (None, (second.target,), first.id)


def test_what_is_raised_later_or_after_the_head_was_acknowledged_rings_by_itself() -> None:
    book = a_standing(a_result(), neighbours=Neighbours(TOWN))
    play(book, [[a_result(), a_result(target="quay")]] * 8, NOON + 6 * MINUTE)
    assert [alert.group for alert in book.active] == [None, None]
    book = a_standing(a_result(), neighbours=Neighbours(TOWN))
    book.acknowledge(only(book).id, NOON + 3 * MINUTE, "Ada")
    play(book, [[a_result(), a_result(target="quay")]] * 3, NOON + 3 * MINUTE)
    assert [alert.group for alert in book.active] == [None, None]


def test_a_data_alert_never_hides_a_crowd_alert() -> None:
    blind = a_result(Level.YELLOW, kind=AlertKind.DATA, priority=Priority.MEDIUM)
    book = a_standing(blind, a_result(target="quay"), neighbours=Neighbours(TOWN))
    assert [alert.group for alert in book.active] == [None, None]


# -- whatever happens


FINDINGS = [
    a_result(
        level,
        target,
        kind=kind,
        keeps=keeps,
        expected_at=None if minutes is None else NOON + minutes * MINUTE,
        priority=Priority.MEDIUM if minutes else PRIORITIES.get(level, Priority.LOW),
        quiet=keeps or target == "pier",
    )
    for level in (Level.YELLOW, Level.ORANGE, Level.RED)
    for target in ("square", "quay", "pier")
    for kind in AlertKind
    for keeps in (False, True)
    for minutes in (None, 30, 50)
]
ACTS = ("nothing", "acknowledge", "shelve", "unshelve")


def evenings() -> st.SearchStrategy[list[tuple[list[RuleResult], str, int]]]:
    """Some minutes, each several times, of findings at three places, in which people acknowledge and shelve what they like."""
    minute = st.tuples(st.lists(st.sampled_from(FINDINGS), max_size=4), st.sampled_from(ACTS), st.integers(0, 5), st.integers(1, 12))
    return st.lists(minute, min_size=1, max_size=8).map(lambda minutes: [(found, does, which) for found, does, which, times in minutes for _ in range(times)])


def act(book: AlertBook, does: str, which: int, now: datetime) -> Alert | None:
    """Do something with one of the alerts that stand; what is refused is left."""
    standing = book.active
    if does == "nothing" or not standing:
        return None
    id_ = standing[which % len(standing)].id
    try:
        if does == "acknowledge":
            return book.acknowledge(id_, now, "Ada")
        return book.shelve(id_, now, now + 5 * MINUTE, "Ben", "works") if does == "shelve" else book.unshelve(id_, now)
    except DeiningError:
        return None


def live(course: list[tuple[list[RuleResult], str, int]]) -> tuple[AlertBook, list[Alert], list[tuple[datetime, dict[str, Alert]]]]:
    """The book at the end, all that was told, and all that stood after each minute."""
    book, told, stood = AlertBook(POLICY, (), Neighbours(TOWN)), list[Alert](), []
    for minute, (results, does, which) in enumerate(course):
        now = NOON + minute * MINUTE
        told += book.update(now, results)
        stood.append((now, {alert.id: alert for alert in book.active}))
        if acted := act(book, does, which, now + MINUTE / 2):
            told.append(acted)
    return book, told, stood


@given(evenings())
def test_no_alert_is_lost_and_what_was_told_is_what_stands(course: list[tuple[list[RuleResult], str, int]]) -> None:
    book, told, stood = live(course)
    told += book.update(NOON + len(course) * MINUTE, [])
    last = {alert.id: alert for alert in told}
    assert {id_ for _, alerts in stood for id_ in alerts} <= set(last)
    assert {alert.id: alert for alert in book.active} == {id_: alert for id_, alert in last.items() if alert.is_active}


@given(evenings())
def test_times_never_go_backwards_and_nobody_acknowledges_what_was_not_raised(course: list[tuple[list[RuleResult], str, int]]) -> None:
    _, told, _ = live(course)
    changed: dict[str, datetime] = {}
    for alert in told:
        assert alert.changed_at is not None
        assert alert.changed_at >= changed.get(alert.id, alert.raised_at)
        changed[alert.id] = alert.changed_at
        assert alert.acknowledged_at is None or alert.raised_at <= alert.acknowledged_at <= alert.changed_at
        assert alert.cleared_at is None or alert.cleared_at == alert.changed_at
        assert (alert.acknowledged_at is None) == (alert.acknowledged_by is None)
        assert (alert.shelved_at is None) == (alert.shelved_until is None) == (alert.shelved_by is None)


@given(evenings())
def test_every_group_has_a_head_that_stands_and_names_its_places(course: list[tuple[list[RuleResult], str, int]]) -> None:
    _, _, stood = live(course)
    for _, alerts in stood:
        for alert in alerts.values():
            if alert.group is not None:
                head = alerts[alert.group]
                assert head.group is None
                assert head.kind is alert.kind
                assert head.priority.rank >= alert.priority.rank
                assert alert.target in head.joined
            members = [other.target for other in alerts.values() if other.group == alert.id]
            assert sorted(members) == sorted(alert.joined)


@given(evenings())
def test_a_data_problem_never_raises_a_crowd_alert(course: list[tuple[list[RuleResult], str, int]]) -> None:
    blind = [([result for result in results if result.kind is AlertKind.DATA], does, which) for results, does, which in course]
    _, told, _ = live(blind)
    assert {alert.kind for alert in told} <= {AlertKind.DATA}


@given(st.lists(st.booleans(), min_size=10, max_size=80))
def test_what_flaps_faster_than_the_delays_rings_at_most_once(flaps: list[bool]) -> None:
    book, raised = AlertBook(POLICY), 0
    for minute, up in enumerate(flaps):
        known = {alert.id for alert in book.active}
        raised += sum(alert.is_active and alert.id not in known for alert in book.update(NOON + minute * MINUTE, [a_result()] if up else []))
    longest = max((len(run) for run in "".join("x" if not up else " " for up in flaps).split()), default=0)
    assert raised <= 1 + sum(len(run) >= 10 for run in "".join("x" if not up else " " for up in flaps).split())
    assert longest >= 10 or raised <= 1


@given(evenings(), st.integers(0, 59))
def test_a_book_that_is_taken_up_again_holds_what_stood(course: list[tuple[list[RuleResult], str, int]], at: int) -> None:
    book, _, _ = live(course[: at + 1])
    again = AlertBook(POLICY, book.active, Neighbours(TOWN))
    assert again.active == book.active


def test_an_alert_of_an_earlier_version_without_its_times_can_be_worked_with() -> None:
    book = AlertBook(POLICY, [an_alert(level=Level.ORANGE)])
    assert book.acknowledge("square-1", NOON - MINUTE, "Ada").acknowledged_at == NOON
