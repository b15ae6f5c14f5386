"""How soon somebody must look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.alert import AlertKind, Priority
from deining.domain.levels import Level
from deining.risk.priorities import AIMED_SHARES, priority_of
from tests.builders import MINUTE, NOON


def a_priority(level: Level, in_min: float | None = None, decide_in_min: float | None = None) -> Priority:
    return priority_of(
        kind=AlertKind.CROWD,
        level=level,
        now=NOON,
        expected_at=None if in_min is None else NOON + in_min * MINUTE,
        deadline=None if decide_in_min is None else NOON + decide_in_min * MINUTE,
    )


@pytest.mark.parametrize(
    ("level", "in_min", "decide_in_min", "expected"),
    [
        (Level.RED, None, None, Priority.HIGH),
        (Level.ORANGE, None, None, Priority.MEDIUM),
        (Level.YELLOW, None, None, Priority.LOW),
        (Level.RED, 60, 30, Priority.MEDIUM),
        (Level.RED, 60, 9, Priority.HIGH),
        (Level.RED, 60, -5, Priority.HIGH),
        (Level.RED, 60, None, Priority.MEDIUM),
        (Level.RED, 9, None, Priority.HIGH),
        (Level.ORANGE, 5, 1, Priority.LOW),
    ],
)
def test_a_crowd_alert_has_the_priority_of_what_is_left_to_do(level: Level, in_min: float | None, decide_in_min: float | None, expected: Priority) -> None:
    assert a_priority(level, in_min, decide_in_min) is expected


def test_a_data_alert_is_low_and_medium_where_it_takes_away_the_sight_of_a_busy_place() -> None:
    found = [priority_of(kind=AlertKind.DATA, level=level, now=NOON, is_blinding=blind) for level in Level for blind in (False, True)]
    assert found == [Priority.LOW, Priority.MEDIUM] * 4


@given(st.sampled_from(Level), st.sampled_from(Level), st.integers(1, 120), st.integers(0, 120))
def test_a_higher_level_or_less_time_never_lowers_it(one: Level, other: Level, minutes: int, less: int) -> None:
    low, high = sorted((one, other))
    sooner = max(0, minutes - less)
    assert a_priority(high, sooner).rank >= a_priority(low, minutes).rank
    assert a_priority(high).rank >= a_priority(low, minutes).rank


def test_the_shares_aimed_at_are_those_of_the_process_industry() -> None:
    assert [AIMED_SHARES[priority] for priority in Priority] == [0.05, 0.15, 0.80]
