"""An expected level says when and how likely, from the chance that it is reached; and an area's evening from counts to alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from deining.domain.alert import AlertKind, AlertPolicy
from deining.domain.area import Area, SensorKind
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelQuantity, LevelReach, LevelScale
from deining.domain.observation import Quantity
from deining.domain.ports import RiskView, RuleResult
from deining.domain.series import Series
from deining.domain.state import Quality, ZoneState
from deining.pipeline import Learned, Pipeline, Step, build_pipeline
from deining.risk.levels import LevelBook
from deining.risk.rules.level_expected import level_expected
from deining.settings import Settings
from tests.builders import MINUTE, NOON, a_gate, a_sensor, a_zone, an_alert, an_area, an_observation

SCALE = LevelScale(quantity=LevelQuantity.DENSITY, yellow=0.3, orange=0.6, red=1.0)
AREA = an_area()


def a_reach(level: Level = Level.RED, chances: Sequence[float] = (0.1, 0.3, 0.7, 0.8), **given: Any) -> LevelReach:
    times = {name: NOON + timedelta(minutes=m) for name, m in (("at_p10", 25), ("at_p50", 40), ("at_p90", 65))}
    usual = {"target": "square", "origin": NOON, "quantity": SCALE.quantity, "level": level, "scale": SCALE, **times}
    return LevelReach(**{**usual, "chances": dict(zip((900, 1800, 3600, 7200), chances, strict=True)), **given})


def a_view(*reaches: LevelReach, quality: Quality = Quality.GOOD, **given: Any) -> RiskView:
    state = ZoneState(
        zone="square", time=NOON, occupancy=100, occupancy_p05=90, occupancy_p95=110, density_per_m2=0.1, data_age_s=10, quality=quality
    )  # fmt: skip
    usual = {"area": AREA, "now": NOON, "zones": [state], "flows": [], "health": [], "forecasts": {}, "levels": LevelBook(AREA)}
    return RiskView(**{**usual, "reaches": {"square": reaches} if reaches else {}, **given})


def test_it_says_the_median_time_and_the_interval_in_both_languages() -> None:
    (result,) = level_expected(a_view(a_reach()))
    assert result.because["en"] == "Square is expected to reach red (1.00 persons per m2) at about 12:40 (between 12:25 and 13:05, chance 50% within 45 min)."
    assert result.because["nl"] == "Square bereikt naar verwachting rood (1,00 personen per m2) rond 12:40 (tussen 12:25 en 13:05, kans 50% binnen 45 min)."
    assert (result.level, result.expected_at, result.chance, result.keeps) == (Level.RED, NOON + 40 * MINUTE, 0.5, False)


def test_what_is_less_likely_than_not_is_said_to_be_possible() -> None:
    (result,) = level_expected(a_view(a_reach(chances=(0.1, 0.3, 0.5, 0.6))))
    assert result.because["en"].startswith("Square may reach red (1.00 persons per m2) at about 12:40 (between 12:25 and 13:05, chance 40%")
    assert result.because["nl"].startswith("Square kan rood (1,00 personen per m2) bereiken rond 12:40 (tussen 12:25 en 13:05, kans 40%")


def test_an_early_warning_counts_its_own_chance_and_time_ahead() -> None:
    assert level_expected(a_view(a_reach(), policy=AlertPolicy(warn_ahead_s=600))) == []
    (result,) = level_expected(a_view(a_reach(), policy=AlertPolicy(warn_ahead_s=3600, warn_chance=0.7, ahead_s=60, chance=0.99)))
    assert (result.chance, result.keeps, result.at_once) == (0.7, False, True)


def test_a_chance_below_that_which_raises_keeps_an_alert_down_to_a_share_of_it() -> None:
    (result,) = level_expected(a_view(a_reach(chances=(0.0, 0.1, 0.2, 0.4)), policy=AlertPolicy(warn_chance=0.5)))
    assert result.keeps
    assert level_expected(a_view(a_reach(chances=(0.0, 0.1, 0.18, 0.4)), policy=AlertPolicy(warn_chance=0.5))) == []


def test_a_warning_stands_while_it_may_still_come_true_and_says_what_chance_is_left() -> None:
    def held_after(minutes: float, **given: Any) -> list[RuleResult]:
        alert = an_alert(rule="level_expected", expected_at=NOON, chance=0.6, raised_at=NOON - minutes * MINUTE, **given)
        return level_expected(a_view(a_reach(chances=(0.0, 0.0, 0.02, 0.1)), standing=[alert]))

    (result,) = held_after(44)
    assert (result.keeps, result.chance, result.level) == (True, 0.01, Level.RED)
    assert held_after(45) == []
    assert held_after(10, kind=AlertKind.DATA) == []


def test_a_warning_of_what_is_there_now_is_not_held_by_its_time() -> None:
    arrived = an_alert(rule="level_now", expected_at=None, raised_at=NOON - MINUTE)
    assert level_expected(a_view(a_reach(chances=(0.0, 0.0, 0.02, 0.1)), standing=[arrived])) == []


def test_of_several_levels_the_highest_that_is_likely_counts() -> None:
    orange, red = a_reach(Level.ORANGE, (0.5, 0.8, 0.9, 0.95)), a_reach(Level.RED, (0.0, 0.1, 0.2, 0.3))
    (result,) = level_expected(a_view(orange, red))
    assert result.level is Level.ORANGE
    assert level_expected(a_view(a_reach(Level.YELLOW, (1.0, 1.0, 1.0, 1.0)))) == []


def test_a_reach_goes_before_the_forecasts_of_its_two_hours_and_these_speak_of_what_is_later() -> None:
    def a_forecast(hours: float) -> Forecast:
        values = (1100.0, 1150.0, 1180.0, 1200.0, 1220.0, 1250.0, 1300.0)
        at = NOON + timedelta(hours=hours)
        return Forecast(target="square", quantity="occupancy", origin=NOON, time=at, mean=1200, quantiles=values, model="a test")

    book, unlikely, far = LevelBook(AREA), a_reach(chances=(0.0, 0.0, 0.1, 0.1)), AlertPolicy(ahead_s=4 * 3600)
    assert book.expected("square", [a_forecast(1)], NOON, far, [unlikely]) is None
    later = book.expected("square", [a_forecast(1), a_forecast(3)], NOON, far, [unlikely])
    assert later is not None
    assert (later.level, later.at, later.earliest) == (Level.RED, NOON + timedelta(hours=3), None)


def test_a_zone_that_cannot_be_seen_raises_no_crowd_alert_from_a_reach() -> None:
    for quality in Quality:
        assert bool(level_expected(a_view(a_reach(), quality=quality))) is quality.may_alert


def test_a_reach_of_some_minutes_ago_is_not_expected_in_the_past() -> None:
    (result,) = level_expected(a_view(a_reach(), now=NOON + 50 * MINUTE))
    assert result.expected_at == NOON + 50 * MINUTE
    assert "between 12:50 and 13:05" in result.because["en"]


def test_limits_are_in_persons_and_persons_a_minute() -> None:
    share = LevelScale(quantity=LevelQuantity.OCCUPANCY_SHARE, yellow=0.5, orange=0.7, red=0.9)
    flow = LevelScale(quantity=LevelQuantity.SPECIFIC_FLOW, yellow=10, orange=20, red=30)
    book = LevelBook(an_area(levels=(share, flow)))
    assert {limit.level: limit.value for limit in book.limits("square")} == pytest.approx({Level.YELLOW: 250, Level.ORANGE: 350, Level.RED: 450})
    assert {limit.level: limit.value for limit in book.limits("north")} == pytest.approx({Level.YELLOW: 40, Level.ORANGE: 80, Level.RED: 120})


# -- an evening through the pipeline


def a_filling_area() -> Area:
    """A square of 1,000 m2 that is counted in and out at one gate, and watched by a camera."""
    sensors = [a_sensor(), a_sensor("camera", kind=SensorKind.AREA_CAMERA, observes="zone:square")]
    return an_area(zones=[a_zone(capacity=None)], gates=[a_gate()], sensors=sensors)


def play(pipeline: Pipeline, minutes: int, *, inflow: float = 9.0, until: int | None = None, start: datetime = NOON) -> list[Step]:
    """So many more a minute come in than leave, of whom there are two; sensors fall silent after `until`."""
    steps = []
    for k in range(1, minutes + 1):
        end = start + k * MINUTE
        sway = 1.0 if k % 2 else -1.0
        if until is None or k <= until:
            rows = [
                an_observation(0.9 * (inflow + 2) + sway, end=end),
                an_observation(0.9 * 2 - sway, end=end, quantity=Quantity.COUNT_BACKWARD),
                an_observation(0.9 * inflow * k, end=end, sensor="camera", quantity=Quantity.OCCUPANCY),
            ]
            pipeline.take(rows)
        steps.append(pipeline.step(end))
    return steps


def test_a_square_that_fills_is_told_in_time_with_when() -> None:
    steps = play(build_pipeline(a_filling_area(), Settings()), 70)
    raised = [(step.time, alert) for step in steps for alert in step.alerts if alert.kind is AlertKind.CROWD and alert.target == "square"]
    first_at, first = raised[0]
    reached_at = next(step.time for step in steps if step.zones[0].occupancy and step.zones[0].occupancy >= 600)
    assert first.rule == "level_expected"
    assert "between" in first.because["en"]
    assert first_at <= reached_at - 15 * MINUTE
    assert first.expected_at is not None
    assert abs(first.expected_at - reached_at) <= 30 * MINUTE


def test_chances_are_in_the_step_and_rise_as_the_square_fills() -> None:
    steps = play(build_pipeline(a_filling_area(), Settings()), 60)
    chances = [reach.chance_within(1800) for step in steps for reach in step.reaches if reach.target == "square" and reach.level is Level.ORANGE]
    assert len(chances) == len(steps)
    assert chances[-1] > 0.5 > chances[4]
    assert {reach.target for reach in steps[-1].reaches} == {"square"}, "the gate has no scale of flow here"


def test_a_square_whose_sensors_fall_silent_is_not_said_to_reach_anything() -> None:
    steps = play(build_pipeline(a_filling_area(), Settings()), 60, until=30)
    assert steps[29].reaches
    assert steps[-1].reaches == []
    assert steps[-1].expected == {}


def test_the_same_evening_gives_the_same_steps() -> None:
    one, other = (play(build_pipeline(a_filling_area(), Settings()), 35) for _ in range(2))
    assert [step.reaches for step in one] == [step.reaches for step in other]
    assert [step.forecasts for step in one] == [step.forecasts for step in other]


def test_forecasts_begin_with_the_state_and_go_on_with_the_weeks() -> None:
    pipeline = build_pipeline(a_filling_area(), Settings())
    play(pipeline, 60)
    course = pipeline.forecasts["square", "occupancy"]
    assert [forecast.time for forecast in course] == [NOON + timedelta(minutes=60 + 15 * k) for k in range(24)]
    assert [forecast.model for forecast in course] == ["zone_flow"] * 8 + ["ordinary_weeks"] * 16
    assert {key[1] for key in pipeline.forecasts} == {"occupancy", "flow_per_min"}, "what only tells the ways apart is not forecast"


def three_weeks(target: str, quantity: str, quiet: float, busy: float) -> Series:
    """Every day the same: busy from half an hour after noon on for an hour and a half, else quiet."""
    day = [busy if 2 <= k < 8 else quiet for k in range(96)]
    first_s = int((NOON - timedelta(weeks=3)).timestamp())
    return Series(target=target, quantity=quantity, first_s=first_s, step_s=900, values=np.array(21 * day, dtype=float))


def test_what_weeks_taught_of_this_hour_moves_the_chance() -> None:
    def chance(busy: float) -> float:
        learned = [three_weeks("square", "occupancy", 200, 10 * busy), three_weeks("north", "flow_per_min", 4, 2 + busy)]
        learned.append(three_weeks("north", "forward_per_min", 2, busy))
        steps = play(build_pipeline(a_filling_area(), Settings(), Learned(series=learned)), 15, inflow=2.0)
        return next(reach.chances[7200] for reach in steps[-1].reaches if reach.level is Level.ORANGE)

    assert chance(55) > 0.3 > chance(2)
