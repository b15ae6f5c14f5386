"""A zone that fills is told before it is full, and raises an alert by itself only where that is nearly certain."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deining.domain.alert import AlertKind, AlertPolicy
from deining.domain.levels import Level
from deining.domain.ports import RiskView, RuleResult
from deining.domain.state import Quality, ZoneState
from deining.risk.levels import LevelBook
from deining.risk.rules.inflow_surplus import inflow_surplus
from tests.builders import MINUTE, NOON, an_area

AREA = an_area()
"""Yellow from 300 persons, orange from 600, red from 1,000."""


def found(people: float, inflow: float | None, **given: Any) -> list[RuleResult]:
    state = ZoneState(
        zone="square", time=NOON, occupancy=people, occupancy_p05=given.pop("p05", people), occupancy_p95=people, density_per_m2=people / 1000,
        data_age_s=10.0, quality=given.pop("quality", Quality.GOOD), net_inflow_per_min=inflow,
    )  # fmt: skip
    view = RiskView(area=AREA, now=NOON, zones=[state], flows=[], health=[], forecasts={}, levels=LevelBook(AREA), policy=AlertPolicy(**given))
    return inflow_surplus(view)


def test_it_says_when_red_is_reached_at_the_present_inflow() -> None:
    (support,) = found(800, 20)
    assert (support.supports, support.level, support.kind, support.expected_at) == (True, Level.RED, AlertKind.CROWD, NOON + 10 * MINUTE)
    assert support.because == {
        "en": "20 persons a minute more come into Square than leave; at this inflow it is at red at about 12:10.",
        "nl": "In Square komen 20 personen per minuut meer dan er weggaan; zo is het rond 12:10 rood.",
    }


def test_it_raises_by_itself_only_where_a_low_estimate_is_at_red_in_time_too() -> None:
    assert [result.supports for result in found(900, 20)] == [True, False]
    assert [result.supports for result in found(900, 20, p05=800)] == [True], "100 fewer, at half the inflow, take 20 minutes"


def test_what_is_at_red_is_only_said_to_fill_still() -> None:
    (support,) = found(1200, 20)
    assert support.because["en"] == "20 persons a minute more come into Square than leave; it still fills."
    assert support.supports


def test_quiet_zones_those_that_empty_and_those_that_fill_slowly_are_left_alone() -> None:
    assert found(250, 500) == []
    for inflow in (None, 0.0, -5.0):
        assert found(900, inflow) == []
    assert found(800, 13) == [], "16 minutes"
    assert found(800, 13, surplus_within_s=1000) != []


def test_what_cannot_be_seen_raises_nothing() -> None:
    for quality in Quality:
        assert bool(found(900, 20, quality=quality)) is quality.may_alert


@given(st.integers(300, 1500), st.integers(0, 400), st.integers(1, 100), st.integers(0, 100))
def test_more_inflow_never_makes_it_later_or_less_certain(people: int, below: int, inflow: int, more: int) -> None:
    slow, fast = (found(people, rate, p05=people - below) for rate in (inflow, inflow + more))
    assert len(fast) >= len(slow)
    if slow:
        assert slow[0].expected_at is not None
        assert fast[0].expected_at is not None
        assert fast[0].expected_at <= slow[0].expected_at
