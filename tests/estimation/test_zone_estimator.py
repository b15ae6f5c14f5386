"""The estimator on the zone graph: conserved people, late data, silent gates, memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deining.domain.area import Area, Gate, Sensor, SensorKind, Zone
from deining.domain.observation import Observation, Quantity
from deining.domain.state import Quality, ZoneState
from deining.estimation.nonnegative import nonnegative
from deining.estimation.zone_estimator import ZoneEstimator
from tests.builders import an_area

OPENING = datetime(2026, 7, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SQUARE = ((((0.0, 0.0), (0.0, 0.001), (0.001, 0.001), (0.0, 0.0)),),)


def a_row_of_zones(*kinds: tuple[str, SensorKind, str], uncounted: bool = False) -> Area:
    """Two zones in a row: outside -> a -> b, with a counter at each gate, and what else is given."""
    zones = [Zone(id=z, name=z, polygons=SQUARE, usable_area_m2=1000.0) for z in "ab"]
    gates = [
        Gate(id="in", name="in", line=((0.0, 0.0), (0.0, 1.0)), from_zone=None, to_zone="a"),
        Gate(id="through", name="through", line=((0.0, 0.0), (0.0, 1.0)), from_zone="a", to_zone="b"),
    ]
    sensors = [Sensor(id=f"count-{g.id}", kind=SensorKind.GATE_COUNTER, observes=f"gate:{g.id}", interval_s=60.0) for g in gates]
    if uncounted:
        zones.append(Zone(id="c", name="c", polygons=SQUARE, usable_area_m2=1000.0))
        gates.append(Gate(id="dark", name="dark", line=((0.0, 0.0), (0.0, 1.0)), from_zone="b", to_zone="c"))
    sensors += [Sensor(id=name, kind=kind, observes=observes, interval_s=60.0) for name, kind, observes in kinds]
    return an_area(zones=zones, gates=gates, sensors=sensors)


def a_count(sensor: str, minute: int, value: float, quantity: Quantity = Quantity.COUNT_FORWARD, *, length: int = 1) -> Observation:
    return Observation(sensor, quantity, OPENING + minute * MINUTE, OPENING + (minute + length) * MINUTE, float(value))


def an_hour(minutes: int = 60, *, enter: int = 20, pass_on: int = 10) -> list[Observation]:
    """Counts that differ from minute to minute: a counter that says the same an hour long is stuck."""
    rows = []
    for k in range(minutes):
        for sensor, value in (("count-in", enter), ("count-through", pass_on)):
            rows += [a_count(sensor, k, value + 2 * (-1) ** k), a_count(sensor, k, 0, Quantity.COUNT_BACKWARD)]
    return rows


def states(estimator: ZoneEstimator, minute: int) -> dict[str, ZoneState]:
    return {state.zone: state for state in estimator.estimate(OPENING + minute * MINUTE)[0]}


def test_people_who_pass_a_gate_leave_one_zone_and_enter_the_next() -> None:
    estimator = ZoneEstimator(a_row_of_zones())
    estimator.take(an_hour())
    found = states(estimator, 60)
    assert found["a"].occupancy == pytest.approx(60 * 10 / 0.9, rel=0.1)
    assert found["b"].occupancy == pytest.approx(60 * 10 / 0.9, rel=0.1)
    assert all(s.occupancy_p05 < s.occupancy < s.occupancy_p95 for s in found.values())
    assert all(s.quality is Quality.GOOD for s in found.values())


def test_nobody_appears_or_vanishes_inside() -> None:
    """What crosses an inner gate changes the zones, not their sum."""
    estimator = ZoneEstimator(a_row_of_zones())
    graph, zone_filter = estimator._graph, estimator._filter
    state = zone_filter.start(0)
    before = state.belief.mean[:2].copy()
    counts = np.array([0.0, 30.0, 0.0, 5.0])
    zone_filter._move(state, counts, np.zeros(graph.channels), np.zeros(graph.channels, dtype=bool))
    assert state.belief.mean[:2].sum() == pytest.approx(before.sum())
    assert state.belief.mean[1] > 20


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 15), min_size=40, max_size=40))
def test_the_order_of_arrival_does_not_matter_up_to_a_quarter_of_an_hour(random, delays) -> None:  # type: ignore[no-untyped-def]
    rows = an_hour(40)
    rows += [Observation("camera", Quantity.OCCUPANCY, OPENING + k * MINUTE, OPENING + (k + 1) * MINUTE, 5.0 * k) for k in range(40)]
    area = a_row_of_zones(("camera", SensorKind.AREA_CAMERA, "zone:b"))
    prompt, late = ZoneEstimator(area), ZoneEstimator(area)
    arrivals: dict[int, list[Observation]] = {}
    for row in rows:
        minute = round((row.end - OPENING) / MINUTE)
        arrivals.setdefault(min(40, minute + delays[minute - 1] * (row.sensor != "count-in")), []).append(row)
    for minute in range(1, 41):
        prompt.take([row for row in rows if row.end == OPENING + minute * MINUTE])
        prompt.estimate(OPENING + minute * MINUTE)
        batch = arrivals.get(minute, [])
        random.shuffle(batch)
        late.take(batch)
        late.estimate(OPENING + minute * MINUTE)
    for zone, state in states(prompt, 40).items():
        other = states(late, 40)[zone]
        assert (other.occupancy, other.occupancy_p05, other.occupancy_p95) == pytest.approx((state.occupancy, state.occupancy_p05, state.occupancy_p95))


def test_a_count_of_five_minutes_is_spread_over_them() -> None:
    by_minute, by_five = ZoneEstimator(a_row_of_zones()), ZoneEstimator(a_row_of_zones())
    by_minute.take(an_hour(30))
    for k in range(0, 30, 5):
        for sensor, value in (("count-in", 100), ("count-through", 50)):
            by_five.take([a_count(sensor, k, value, length=5), a_count(sensor, k, 0, Quantity.COUNT_BACKWARD, length=5)])
        by_five.estimate(OPENING + (k + 5) * MINUTE)
    assert states(by_five, 30)["a"].occupancy == pytest.approx(states(by_minute, 30)["a"].occupancy, rel=1e-3)


def test_a_missing_row_widens_the_interval() -> None:
    whole, holed = ZoneEstimator(a_row_of_zones()), ZoneEstimator(a_row_of_zones())
    rows = an_hour()
    whole.take(rows)
    holed.take([row for k, row in enumerate(rows) if k % 7])
    full, gaps = states(whole, 60)["a"], states(holed, 60)["a"]
    assert gaps.occupancy_p95 - gaps.occupancy_p05 > full.occupancy_p95 - full.occupancy_p05
    end = OPENING + 60 * MINUTE
    assert holed.total(end, ["a", "b"]).occupancy == pytest.approx(whole.total(end, ["a", "b"]).occupancy, rel=0.03)


def test_a_gate_that_falls_silent_is_found_dated_taken_out_and_back_in() -> None:
    estimator = ZoneEstimator(a_row_of_zones())
    rows = [o for o in an_hour(90) if not (o.sensor == "count-through" and OPENING + 40 * MINUTE <= o.start < OPENING + 60 * MINUTE)]
    rows += [a_count("count-through", k, 0, q) for k in range(40, 60) for q in (Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD)]
    estimator.take([o for o in rows if o.end <= OPENING + 60 * MINUTE])
    found = states(estimator, 60)
    fault = estimator.find_faults()["count-through"]
    assert fault.since == OPENING + 40 * MINUTE
    assert "0 where people are expected" in fault.text
    assert found["b"].quality is not Quality.GOOD
    assert found["b"].occupancy == pytest.approx(60 * 10 / 0.9, rel=0.3)
    assert "count-through" not in found["b"].sources
    estimator.take([o for o in rows if o.end > OPENING + 60 * MINUTE])
    states(estimator, 90)
    assert not estimator.find_faults()


def test_a_camera_pulls_a_drifting_zone_back() -> None:
    area = a_row_of_zones(("camera", SensorKind.AREA_CAMERA, "zone:a"))
    estimator = ZoneEstimator(area)
    estimator.take(an_hour(60, enter=20, pass_on=18))
    estimator.take([Observation("camera", Quantity.OCCUPANCY, OPENING + k * MINUTE, OPENING + (k + 1) * MINUTE, 8.0 * k * 0.82) for k in range(60)])
    assert states(estimator, 60)["a"].occupancy > 200
    assert abs(states(estimator, 60)["a"].occupancy - 8 * 59) * 2 < 0.9 * 8 * 59


def test_net_inflow_says_when_a_zone_is_full() -> None:
    estimator = ZoneEstimator(a_row_of_zones())
    estimator.take(an_hour(enter=20, pass_on=8))
    found = states(estimator, 60)["a"]
    assert found.net_inflow_per_min == pytest.approx(12 / 0.9, rel=0.15)
    people, inflow = found.occupancy or 0.0, found.net_inflow_per_min or 1.0
    assert found.minutes_to(people + 5 * inflow) == pytest.approx(5)
    assert found.minutes_to(people - 1) == 0
    assert found.minutes_to(None) is None
    emptying = ZoneEstimator(a_row_of_zones())
    emptying.take([*an_hour(), *(a_count("count-in", 60 + k, 30 + k % 2, Quantity.COUNT_BACKWARD) for k in range(15))])
    assert (states(emptying, 75)["a"].net_inflow_per_min or 0.0) < 0
    assert states(emptying, 75)["a"].minutes_to(10_000) is None


def test_a_zone_without_sensors_has_a_wide_interval_and_says_so() -> None:
    estimator = ZoneEstimator(a_row_of_zones(uncounted=True))
    estimator.take(an_hour())
    dark = states(estimator, 60)["c"]
    assert dark.quality is Quality.SUSPECT
    assert not dark.quality.may_alert
    assert dark.occupancy_p95 - dark.occupancy_p05 > 20


def test_before_anything_came_all_is_missing() -> None:
    assert {state.quality for state in states(ZoneEstimator(a_row_of_zones()), 5).values()} == {Quality.MISSING}


def test_a_silent_area_goes_stale_and_wider_and_is_not_called_empty() -> None:
    estimator = ZoneEstimator(a_row_of_zones())
    estimator.take(an_hour())
    then, later = states(estimator, 60)["a"], states(estimator, 90)["a"]
    assert later.quality is Quality.STALE
    assert later.occupancy_p95 - later.occupancy_p05 > then.occupancy_p95 - then.occupancy_p05


def test_what_was_learned_serves_the_next_day_and_another_kind_of_sensor_starts_anew() -> None:
    area = a_row_of_zones(("camera", SensorKind.AREA_CAMERA, "zone:b"))
    first = ZoneEstimator(area)
    first.take(an_hour(120))
    first.take([Observation("camera", Quantity.OCCUPANCY, OPENING + k * MINUTE, OPENING + (k + 1) * MINUTE, k * 11.0 * 0.7) for k in range(120)])
    first.estimate(OPENING + 120 * MINUTE)
    learned = first.learn()
    scale = dict(zip(learned.names, learned.mean, strict=True))["camera", "log_scale", "area_camera"]
    assert scale < -0.22
    second = ZoneEstimator(area, learned=learned)
    number = second._filter.log_scale[0]
    assert second._filter._prior.mean[number] == pytest.approx(scale)
    other = a_row_of_zones(("camera", SensorKind.DEVICE_COUNTER, "zone:b"))
    assert ZoneEstimator(other, learned=learned)._filter._prior.mean[number] == pytest.approx(-1.1)


def test_memory_does_not_grow_with_the_day() -> None:
    estimator = ZoneEstimator(a_row_of_zones())
    for k, row in enumerate(an_hour(200)):
        estimator.take([row])
        if k % 4 == 3:
            estimator.catch_up(row.end)
    assert len(estimator._past) <= 8
    assert len(estimator._minutes) <= 25


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-200, 500), min_size=3, max_size=6), st.integers(0, 10_000))
def test_no_zone_is_negative_and_the_interval_holds_the_estimate(means: list[float], seed: int) -> None:
    root = np.random.default_rng(seed).normal(size=(len(means), len(means))) * 50
    found = nonnegative(np.array(means), root @ root.T + np.eye(len(means)))
    assert (found.p05 >= 0).all()
    assert (found.estimate >= 0).all()
    assert (found.p05 <= found.p95).all()


def test_the_truncated_belief_agrees_with_sampling() -> None:
    mean, covariance = np.array([20.0, 300.0]), np.array([[2500.0, -2000.0], [-2000.0, 4000.0]])
    drawn = np.random.default_rng(1).multivariate_normal(mean, covariance, 400_000)
    kept = drawn[(drawn >= 0).all(axis=1)]
    found = nonnegative(mean, covariance)
    assert found.estimate == pytest.approx(kept.mean(axis=0), rel=0.05)
    assert found.total()[0] == pytest.approx(kept.sum(axis=1).mean(), rel=0.02)
