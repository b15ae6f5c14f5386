"""What every rule promises, checked on each row of the registry."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from deining.domain.alert import AlertKind, AlertPolicy, Priority
from deining.domain.forecast import Forecast
from deining.domain.levels import Level
from deining.domain.ports import RiskView, Rule
from deining.domain.state import FlowState, Quality, SensorHealth, ZoneState
from deining.risk.levels import LevelBook
from deining.risk.rules import RULES
from tests.builders import NOON, a_point_counter, a_sensor, an_area


@pytest.fixture(params=sorted(RULES))
def rule(request: pytest.FixtureRequest) -> Rule:
    return RULES[request.param]


AREA = an_area(sensors=[a_sensor(), a_point_counter()])


def a_zone_state(density: float | None = 0.1, quality: Quality = Quality.GOOD, **given: Any) -> ZoneState:
    people = None if density is None else density * 1000
    usual = {"zone": "square", "time": NOON, "occupancy": people, "occupancy_p05": people, "occupancy_p95": people, "density_per_m2": density}
    return ZoneState(**{**usual, "data_age_s": 30.0, "quality": quality, **given})


def a_flow_state(flow: float | None = 4.0, quality: Quality = Quality.GOOD, target: str = "north") -> FlowState:
    return FlowState(
        target=target, time=NOON, forward_per_min=flow, backward_per_min=0.0, flow_per_min=flow, p05=flow, p95=flow,
        specific_flow_per_m_min=None if flow is None else flow / 4, ratio_to_normal=None, data_age_s=30.0, quality=quality,
    )  # fmt: skip


def a_forecast(density: float, minutes: float = 45) -> Forecast:
    values = tuple(density * 1000 * share for share in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3))
    return Forecast(
        target="square", quantity="occupancy", origin=NOON, time=NOON + timedelta(minutes=minutes), mean=density * 1000, quantiles=values, model="a test"
    )


def a_view(**given: Any) -> RiskView:
    health = [
        SensorHealth(sensor="count-north", time=NOON, last_end=NOON, data_age_s=0.0),
        SensorHealth(sensor="quay", time=NOON, last_end=None, data_age_s=None, fault="has not delivered yet"),
    ]
    usual = {
        "area": AREA,
        "now": NOON,
        "zones": [a_zone_state()],
        "flows": [a_flow_state()],
        "health": health,
        "forecasts": {},
        "levels": LevelBook(AREA),
        "policy": AlertPolicy(),
    }
    return RiskView(**{**usual, **given})


BUSY = a_view(zones=[a_zone_state(1.2)], forecasts={("square", "occupancy"): [a_forecast(1.5)]})
BLIND = [
    a_view(zones=[a_zone_state(1.2, quality)], flows=[a_flow_state(200, quality)], forecasts={("square", "occupancy"): [a_forecast(1.5)]})
    for quality in (Quality.STALE, Quality.MISSING, Quality.SUSPECT, Quality.SUPPRESSED)
]
SILENT = a_view(
    health=[SensorHealth(sensor="count-north", time=NOON, last_end=NOON - timedelta(hours=1), data_age_s=3600.0, fault="silent: no data when data were due")]
)
STUCK = a_view(
    health=[SensorHealth(sensor="count-north", time=NOON, last_end=NOON, data_age_s=0.0, fault="stuck: the same number again and again", since=NOON)]
)
FILLING = a_view(zones=[a_zone_state(0.9, net_inflow_per_min=20.0)])


def test_it_finds_nothing_where_nothing_is_the_matter(rule: Rule) -> None:
    assert rule(a_view()) == []


def test_it_gives_its_reason_in_each_language_and_names_the_place(rule: Rule) -> None:
    results = [result for view in (BUSY, FILLING, SILENT, STUCK, *BLIND) for result in rule(view)]
    assert results, "one of these views concerns every rule"
    for result in results:
        assert {"en", "nl"} <= set(result.because)
        assert all(text.endswith(".") and "None" not in text and "nan" not in text for text in result.because.values())
        assert "Square" in result.because["en"] or "count-north" in result.because["en"]
        assert result.rule in RULES


def test_a_place_that_cannot_be_seen_raises_no_crowd_alert(rule: Rule) -> None:
    for view in BLIND:
        assert [result for result in rule(view) if result.kind is AlertKind.CROWD] == []


def test_a_silent_sensor_raises_a_data_alert_and_nothing_else(rule: Rule) -> None:
    for view in (SILENT, STUCK):
        assert {result.kind for result in rule(view)} <= {AlertKind.DATA}
    for view in (BUSY, FILLING):
        assert {result.kind for result in rule(view)} <= {AlertKind.CROWD}


def test_looking_twice_finds_the_same_and_changes_nothing(rule: Rule) -> None:
    for view in (BUSY, FILLING, SILENT, STUCK):
        before = copy.deepcopy((view.zones, view.flows, view.health, view.forecasts))
        assert rule(view) == rule(view)
        assert (view.zones, view.flows, view.health, view.forecasts) == before


def test_it_leaves_to_others_what_is_found_for_all_rules_in_one_place(rule: Rule) -> None:
    for view in (BUSY, FILLING, SILENT, STUCK, *BLIND):
        assert all((r.priority, r.quiet, r.decide_before, r.decide_measure) == (Priority.LOW, False, None, None) for r in rule(view))


def test_what_it_finds_is_told_once_a_place_and_only_crowd_results_support(rule: Rule) -> None:
    for view in (BUSY, FILLING, SILENT, STUCK, *BLIND):
        told = [(result.kind, result.target, result.supports) for result in rule(view)]
        assert len(told) == len(set(told))
        assert all(result.kind is AlertKind.CROWD for result in rule(view) if result.supports or result.expected_at)
        assert all(result.kind is AlertKind.DATA for result in rule(view) if result.is_blinding)


def test_more_people_never_lower_what_it_finds(rule: Rule) -> None:
    def found(density: float) -> int:
        view = a_view(zones=[a_zone_state(density, net_inflow_per_min=8.0)], forecasts={("square", "occupancy"): [a_forecast(density)]})
        return max([10 * (not result.keeps) + int(result.level) for result in rule(view)], default=-1)

    course = [found(density / 50) for density in range(120)]
    assert course == sorted(course)


def test_nothing_below_the_level_that_the_crowd_manager_set_is_raised(rule: Rule) -> None:
    view = a_view(zones=[a_zone_state(0.7)], policy=AlertPolicy(raise_from=Level.RED), forecasts={("square", "occupancy"): [a_forecast(0.7)]})
    assert [result for result in rule(view) if result.kind is AlertKind.CROWD and not result.keeps] == []
