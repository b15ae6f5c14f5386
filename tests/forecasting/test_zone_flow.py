"""Forecasts from the state: what is on its way arrives, what is not known is wide, and a level's chance follows the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from deining.domain.area import Area
from deining.domain.drivers import Int64Array
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelLimit, LevelQuantity, LevelReach, LevelScale
from deining.domain.ports import StateForecasts, UsualCourse
from deining.domain.series import FloatArray
from deining.domain.state import FlowState, Quality, ZoneState
from deining.forecasting.balance import find_unseen
from deining.forecasting.channels import Channels
from deining.forecasting.seam import joined
from deining.forecasting.zone_flow import ZoneFlow
from tests.builders import MINUTE, NOON, a_gate, a_zone, an_area

SCALE = LevelScale(quantity=LevelQuantity.DENSITY, yellow=0.3, orange=0.6, red=1.0)
NOON_S = int(NOON.timestamp())


def a_state(zone: str, people: float | None, *, doubt: float = 0.1, **given: Any) -> ZoneState:
    if people is None:
        return ZoneState.missing(zone, NOON)
    low, high = people * (1 - doubt), people * (1 + doubt)
    usual = {"zone": zone, "time": NOON, "occupancy": people, "occupancy_p05": low, "occupancy_p95": high, "density_per_m2": people / 1000}
    return ZoneState(**{**usual, "data_age_s": 10.0, "quality": Quality.GOOD, **given})


def a_flow(gate: str, forward: float | None, backward: float | None = 0.0, **given: Any) -> FlowState:
    both = None if forward is None or backward is None else forward + backward
    usual = {"target": gate, "time": NOON, "forward_per_min": forward, "backward_per_min": backward, "flow_per_min": both, "p05": both, "p95": both}
    quality = Quality.MISSING if both is None else Quality.GOOD
    return FlowState(**{**usual, "specific_flow_per_m_min": None, "ratio_to_normal": None, "data_age_s": 10.0, "quality": quality, **given})


def a_line(*names: str) -> Area:
    """Zones in a row: outside - g0 - first - g1 - second - ..."""
    ends = [None, *names]
    gates = [a_gate(f"g{k}", from_zone=ends[k], to_zone=ends[k + 1]) for k in range(len(names))]
    return an_area(zones=[a_zone(name) for name in names], gates=gates, sensors=[])


def limits_of(*targets: str) -> dict[str, list[LevelLimit]]:
    levels = (Level.YELLOW, Level.ORANGE, Level.RED)
    return {t: [LevelLimit(level=level, quantity=SCALE.quantity, scale=SCALE, value=1000 * SCALE.threshold(level)) for level in levels] for t in targets}


def after(
    area: Area, zones: Sequence[ZoneState], flows: Sequence[FlowState], *, minutes: int = 30, step_s: int = 900, usual: UsualCourse | None = None
) -> StateForecasts:
    """What is told after so many minutes of the same states."""
    model = ZoneFlow(area)
    for k in range(minutes):
        model.take(NOON - (minutes - 1 - k) * MINUTE, zones, flows)
    return model.forecast(NOON_S, step_s, limits_of(*area.zones), usual)


def course(told: StateForecasts, target: str, quantity: str = "occupancy") -> list[Forecast]:
    return [forecast for forecast in told.forecasts if (forecast.target, forecast.quantity) == (target, quantity)]


def chance(told: StateForecasts, target: str, level: Level, within_s: int = 7200) -> float:
    return next(reach for reach in told.reaches if (reach.target, reach.level) == (target, level)).chances[within_s]


def test_where_as_many_come_as_go_the_middle_stays() -> None:
    told = after(a_line("square"), [a_state("square", 500)], [a_flow("g0", 10, 10)])
    middles = [forecast.quantile(0.5) for forecast in course(told, "square")]
    assert len(middles) == 8
    assert all(400 < middle < 600 for middle in middles)


def test_doubt_grows_with_the_time_ahead_and_with_the_doubt_of_the_state() -> None:
    def widths(doubt: float) -> list[float]:
        told = after(a_line("square"), [a_state("square", 500, doubt=doubt)], [a_flow("g0", 10, 10)])
        return [forecast.quantile(0.9) - forecast.quantile(0.1) for forecast in course(told, "square")]

    sure, unsure = widths(0.02), widths(0.5)
    assert sure == sorted(sure)
    assert unsure[0] > 2 * sure[0]


def test_a_burst_at_the_station_reaches_the_next_zones_later() -> None:
    area = a_line("station", "street", "square")
    model = ZoneFlow(area)
    for k in range(60):
        burst = k >= 55
        zones = [a_state("station", 1500 if burst else 300), a_state("street", 300), a_state("square", 300)]
        flows = [a_flow("g0", 300 if burst else 12, 12), a_flow("g1", 60 if burst else 12, 12), a_flow("g2", 12, 12)]
        model.take(NOON - (59 - k) * MINUTE, zones, flows)
    told = model.forecast(NOON_S, 900, {}, None)
    street, square = ([forecast.quantile(0.5) for forecast in course(told, zone)] for zone in ("street", "square"))
    assert street[1] > 1.3 * 300
    assert square[-1] > 1.3 * 300
    assert square[0] - 300 < 0.5 * (street[0] - 300)
    assert square[-1] - square[0] > street[-1] - street[2], "the square still fills when the street has had its share"


def test_a_gate_that_nobody_counts_makes_its_zones_wide_and_never_empty() -> None:
    area, zones = a_line("street", "square"), [a_state("street", 500), a_state("square", 500)]
    counted = course(after(area, zones, [a_flow("g0", 10, 10), a_flow("g1", 10, 10)]), "square")
    unknown = course(after(area, zones, [a_flow("g0", 10, 10), a_flow("g1", None, None)]), "square")
    assert unknown[-1].quantile(0.5) > 100
    assert unknown[-1].quantile(0.9) - unknown[-1].quantile(0.1) > counted[-1].quantile(0.9) - counted[-1].quantile(0.1)


def test_a_zone_without_any_known_flow_stays_in_the_middle_and_grows_wide() -> None:
    area = an_area(zones=[a_zone("island")], gates=[], sensors=[])
    told = course(after(area, [a_state("island", 500, doubt=0.02)], []), "island")
    assert all(350 < forecast.quantile(0.5) < 700 for forecast in told)
    assert told[-1].quantile(0.9) - told[-1].quantile(0.1) > 100
    assert told[-1].quantile(0.1) > 0


def test_a_zone_without_counted_gates_goes_on_filling_as_it_does() -> None:
    area, model = a_line("square"), ZoneFlow(a_line("square"))
    for k in range(60):
        model.take(NOON - (59 - k) * MINUTE, [a_state("square", 100 + 5 * k)], [a_flow("g0", 30, 30, quality=Quality.SUSPECT)])
    told = course(model.forecast(NOON_S, 900, limits_of(*area.zones)), "square")
    assert 395 + 20 < told[0].quantile(0.5) < 395 + 55, "half a step further, at some 5 a minute"
    assert told[0].quantile(0.5) < told[2].quantile(0.5) < told[-1].quantile(0.9)


def test_a_zone_of_which_nothing_is_known_is_not_forecast_and_its_neighbour_is() -> None:
    told = after(a_line("street", "square"), [a_state("street", None), a_state("square", 500)], [a_flow("g0", 10, 10), a_flow("g1", 10, 10)])
    assert course(told, "street") == []
    assert {reach.target for reach in told.reaches} == {"square"}
    assert all(300 < forecast.quantile(0.5) < 800 for forecast in course(told, "square"))


def test_a_gate_that_no_longer_delivers_counts_for_less_and_less() -> None:
    area = a_line("square")
    model = ZoneFlow(area)
    for k in range(120):
        silent = k >= 60
        flow = a_flow("g0", 30, 5, quality=Quality.STALE if silent else Quality.GOOD)
        model.take(NOON - (119 - k) * MINUTE, [a_state("square", 500)], [flow])
    silent_for_an_hour = course(model.forecast(NOON_S, 900, {}), "square")[0]
    fresh = course(after(area, [a_state("square", 500)], [a_flow("g0", 30, 5)], minutes=60), "square")[0]
    assert silent_for_an_hour.quantile(0.9) - silent_for_an_hour.quantile(0.1) > fresh.quantile(0.9) - fresh.quantile(0.1)


def test_a_gate_between_zones_of_which_nothing_is_known_is_not_said_to_be_still() -> None:
    area = a_line("street", "square")
    told = after(area, [a_state("street", None), a_state("square", None)], [a_flow("g0", 10, 10), a_flow("g1", 10, 10)])
    assert told == ([], [])


def test_what_gates_that_are_not_counted_move_follows_from_how_zones_fill() -> None:
    channels = Channels(a_line("street", "square"))
    expected, unseen = np.array([10.0, 0.0, 10.0, 0.0]), np.array([False, True, False, True])
    filling = find_unseen(channels, np.array([-5.0, 5.0]), expected, unseen)
    assert filling[1] == pytest.approx(5.0, rel=0.1), "from the street into the square"
    assert filling[[0, 2, 3]].tolist() == [0.0, 0.0, 0.0]
    emptying = find_unseen(channels, np.array([np.nan, -5.0]), expected, unseen)
    assert emptying[3] == pytest.approx(5.0, rel=0.1)
    assert find_unseen(channels, np.array([-5.0, 5.0]), expected, np.zeros(4, dtype=bool)).tolist() == [0.0] * 4


def test_before_any_state_nothing_is_told_and_an_area_without_zones_tells_nothing() -> None:
    assert ZoneFlow(a_line("square")).forecast(NOON_S, 900, {}) == ([], [])
    empty = ZoneFlow(an_area(zones=[], gates=[], sensors=[]))
    empty.take(NOON, [], [])
    assert empty.forecast(NOON_S, 900, {}) == ([], [])


def test_the_same_states_give_the_same_and_asking_changes_nothing() -> None:
    area, states, flows = a_line("street", "square"), [a_state("street", 200), a_state("square", 500)], [a_flow("g0", 20, 5), a_flow("g1", 10, 5)]
    one, other = ZoneFlow(area), ZoneFlow(area)
    for model in (one, other):
        model.take(NOON, states, flows)
    first = one.forecast(NOON_S, 900, limits_of(*area.zones))
    assert one.forecast(NOON_S, 900, limits_of(*area.zones)) == first == other.forecast(NOON_S, 900, limits_of(*area.zones))


def test_steps_lie_on_the_grid_that_was_asked_and_end_within_two_hours() -> None:
    model, now = ZoneFlow(a_line("square")), NOON + 7 * MINUTE
    model.take(now, [a_state("square", 500)], [a_flow("g0", 10, 10)])
    starts = [forecast.time for forecast in course(model.forecast(NOON_S + 900, 900, {}), "square")]
    assert starts == [NOON + timedelta(minutes=15 * k) for k in range(1, 8)]
    assert model.forecast(None, 900, limits_of("square")).forecasts == []


@pytest.mark.parametrize("step_s", [60, 300, 900, 3600, 7200])
def test_any_length_of_step_gives_ordered_quantiles(step_s: int) -> None:
    told = course(after(a_line("square"), [a_state("square", 500)], [a_flow("g0", 10, 10)], step_s=step_s), "square")
    assert len(told) == 7200 // step_s
    assert all(list(forecast.quantiles) == sorted(forecast.quantiles) and forecast.step_s == step_s for forecast in told)


def test_gates_are_forecast_with_their_flow() -> None:
    told = course(after(a_line("square"), [a_state("square", 500)], [a_flow("g0", 20, 10)]), "g0", "flow_per_min")
    assert 20 < told[0].quantile(0.5) < 40
    assert told[0].model == "zone_flow"
    assert "flow_states" in told[0].provenance.drivers
    assert "usual_course" in told[0].provenance.absent


def test_a_square_that_fills_will_probably_reach_its_level_and_says_when() -> None:
    told = after(a_line("square"), [a_state("square", 400)], [a_flow("g0", 8, 2)])
    reach = next(reach for reach in told.reaches if reach.level is Level.ORANGE)
    assert reach.chances[7200] > 0.6 > 0.2 > reach.chances[900]
    assert None not in (reach.at_p10, reach.at_p50, reach.at_p90)
    assert NOON < reach.at_p10 < reach.at_p50 < reach.at_p90 <= NOON + timedelta(hours=2)  # type: ignore[operator]
    assert NOON + 20 * MINUTE < reach.at_p50 < NOON + 60 * MINUTE, "200 persons at some 6 a minute, with doubt"  # type: ignore[operator]


def test_a_level_that_holds_now_is_certain_and_now() -> None:
    told = after(a_line("square"), [a_state("square", 650)], [a_flow("g0", 20, 20)])
    orange = next(reach for reach in told.reaches if reach.level is Level.ORANGE)
    assert orange.is_reached
    assert (set(orange.chances.values()), orange.at_p50) == ({1.0}, NOON)
    assert not next(reach for reach in told.reaches if reach.level is Level.RED).is_reached


def test_what_is_far_out_of_reach_has_no_time() -> None:
    told = after(a_line("square"), [a_state("square", 5)], [a_flow("g0", 0.1, 0.1)])
    red = next(reach for reach in told.reaches if reach.level is Level.RED)
    assert red.at_p50 is None
    assert red.chances[7200] < 0.05


def usual_of(people: float, forward: float, backward: float, later: float = 1.0) -> UsualCourse:
    """The same all day, and `later` times as many arrivals from half an hour after noon."""

    def find(target: str, quantity: str, times_s: Int64Array) -> FloatArray | None:
        coming = np.where(times_s >= NOON_S + 1800, later * forward, forward)
        return {"occupancy": np.full(len(times_s), people), "forward_per_min": coming, "flow_per_min": coming + backward}.get(quantity)

    return find


def test_what_usually_comes_at_this_hour_is_expected() -> None:
    area, zones, flows = a_line("square"), [a_state("square", 400)], [a_flow("g0", 10, 10)]
    quiet = after(area, zones, flows, usual=usual_of(400, 10, 10))
    busy = after(area, zones, flows, usual=usual_of(400, 10, 10, later=5.0))
    assert course(busy, "square")[-1].quantile(0.5) > 1.5 * course(quiet, "square")[-1].quantile(0.5)
    assert "usual_course" in course(busy, "square")[0].provenance.drivers
    assert chance(busy, "square", Level.ORANGE) > chance(quiet, "square", Level.ORANGE)


def test_a_usual_course_that_is_not_known_changes_nothing() -> None:
    area, zones, flows = a_line("square"), [a_state("square", 400)], [a_flow("g0", 10, 10)]
    assert after(area, zones, flows, usual=lambda target, quantity, times_s: None) == after(area, zones, flows)


def a_forecast(k: int, value: float, model: str) -> Forecast:
    values = tuple(value * share for share in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3))
    return Forecast(target="z", quantity="occupancy", origin=NOON, time=NOON + 15 * k * MINUTE, mean=value, quantiles=values, model=model, step_s=900)


def test_at_the_seam_there_is_no_jump_and_far_behind_it_the_weeks_speak() -> None:
    found = joined([a_forecast(k, 100, "zone_flow") for k in range(8)], [a_forecast(k, 500, "weeks") for k in range(24)])
    assert [forecast.time for forecast in found] == [NOON + 15 * k * MINUTE for k in range(24)]
    middles = [forecast.quantile(0.5) for forecast in found]
    assert middles[:8] == [100] * 8
    assert middles[8] < 0.25 * 400 + 100
    assert max(np.diff(middles)) < 100
    assert all(list(forecast.quantiles) == sorted(forecast.quantiles) for forecast in found)
    assert {forecast.provenance.reason for forecast in found[8:]} == {"begins where zone_flow ends", ""}
    assert middles[-1] == 500, "five hours ahead the weeks speak alone"


def test_either_side_of_the_seam_may_be_missing() -> None:
    some = [a_forecast(0, 100, "zone_flow")]
    assert joined(some, []) == some == joined([], some)


def a_reach(**given: Any) -> LevelReach:
    usual = {"target": "z", "origin": NOON, "quantity": SCALE.quantity, "level": Level.RED, "scale": SCALE, "at_p10": None, "at_p50": None, "at_p90": None}
    return LevelReach(**{**usual, "chances": {900: 0.2, 1800: 0.4, 3600: 0.4, 7200: 0.8}, **given})


def test_a_chance_between_two_times_lies_between_their_chances() -> None:
    reach = a_reach()
    assert [reach.chance_within(seconds) for seconds in (0, 450, 900, 1350, 2700, 5400, 7200, 99999)] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.8]
    certain = replace(reach, chances=dict.fromkeys(reach.chances, 1.0), at_p90=NOON)
    assert certain.chance_within(0) == 1.0
