"""How many alerts people get."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.alert import Alert, Priority
from deining.risk.load import Verdict, load_of
from tests.builders import MINUTE, NOON, an_alert


def raised(*minutes_ago: float, **given: object) -> list[Alert]:
    return [an_alert(id=f"a-{k}", raised_at=NOON - ago * MINUTE, **given) for k, ago in enumerate(minutes_ago)]


@pytest.mark.parametrize(("count", "verdict"), [(0, Verdict.CALM), (1, Verdict.CALM), (2, Verdict.BUSY), (10, Verdict.BUSY), (11, Verdict.FLOOD)])
def test_one_in_ten_minutes_is_fine_and_more_than_ten_is_a_flood(count: int, verdict: Verdict) -> None:
    load = load_of(raised(*[5.0] * count), NOON)
    assert (load.last_10_min, load.most_in_10_min, load.verdict) == (count, count, verdict)


def test_the_last_ten_minutes_and_the_worst_ten_are_two_things() -> None:
    load = load_of(raised(300, 299, 298, 291, 290, 10, 0), NOON)
    assert (load.last_10_min, load.most_in_10_min, load.verdict) == (1, 4, Verdict.CALM)


def test_neighbours_that_are_told_as_one_count_once() -> None:
    load = load_of([*raised(5), *raised(4, 3, 2, group="a-0")], NOON)
    assert load.last_10_min == 1


def test_hours_are_the_last_24_of_the_clock_by_priority_with_the_empty_ones() -> None:
    alerts = [*raised(1), *raised(61, 62, priority=Priority.LOW), *raised(0, priority=Priority.MEDIUM), *raised(24 * 60 + 1), *raised(-5)]
    load = load_of(alerts, NOON)
    assert [hour.start for hour in load.hours] == [NOON - timedelta(hours=23 - k) for k in range(24)]
    assert [(h.high, h.medium, h.low) for h in load.hours[-3:]] == [(0, 0, 2), (1, 0, 0), (0, 1, 0)]
    assert sum(h.high + h.medium + h.low for h in load.hours) == 4


def plain(alerts: list[Alert]) -> int:
    """The most in ten minutes, looked for at every alert."""
    return max((sum(timedelta(0) <= one.raised_at - other.raised_at < 10 * MINUTE for other in alerts) for one in alerts), default=0)


@given(st.lists(st.integers(0, 200), max_size=60))
def test_the_most_in_ten_minutes_is_what_counting_finds(minutes: list[int]) -> None:
    alerts = raised(*minutes)
    assert load_of(alerts, NOON).most_in_10_min == plain(alerts)
