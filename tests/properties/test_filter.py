"""What holds for any evening that the filter follows, and what a slow, plain oracle says of the same evening."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deining.domain.area import Sensor, SensorKind
from deining.domain.observation import Observation, Quantity
from deining.domain.state import Cause, Quality
from deining.estimation.districts import DistrictEstimator
from deining.estimation.filter import ZoneFilter
from deining.estimation.filter_state import Minute
from deining.estimation.graph import ZoneGraph
from deining.estimation.zone_estimator import ZoneEstimator
from tests.estimation.town_walk import MINUTE, OPENING, a_day, a_town, follow


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2.0, 5.0]))
def test_scaling_all_counts_scales_the_state(seed: int, factor: float) -> None:
    day = a_day(seed, 60, arrivals=60.0)
    day.seen.clear()
    more = a_day(seed, 60, arrivals=60.0)
    more.seen.clear()
    for counts in more.counts.values():
        counts *= factor
    end = OPENING + 60 * MINUTE
    one, other = follow(day).estimator, follow(more).estimator
    zones = list(a_town().zones)
    assert other.total(end, zones).occupancy == pytest.approx(factor * (one.total(end, zones).occupancy or 0.0), rel=0.05)
    for a, b in zip(one.estimate(end)[0], other.estimate(end)[0], strict=True):
        assert b.occupancy == pytest.approx(factor * (a.occupancy or 0.0), rel=0.35, abs=15 * factor)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_inner_gates_move_people_and_make_none(seed: int) -> None:
    """Without anybody entering or leaving, the sum stays what it was, whatever the inner gates say."""
    rng = np.random.default_rng(seed)
    graph = ZoneGraph(a_town())
    zone_filter = ZoneFilter(graph)
    state = zone_filter.start(0)
    zone_filter.begin_with(state, np.full(6, 500.0), np.full(6, 50.0))
    inner = np.array([g.from_zone is not None and g.to_zone is not None for g in graph.area.gates.values()])
    for _ in range(20):
        counted = np.where(np.tile(inner, 2), rng.poisson(20, graph.channels), 0).astype(float)
        zone_filter.step(state, Minute(counted, np.ones(graph.channels), counted.copy()))
    assert state.belief.mean[:6].sum() == pytest.approx(3000, rel=1e-6)


def test_the_filter_agrees_with_an_oracle_that_draws() -> None:
    """Two hours of counts at three gates and one look of a camera, against 400,000 draws of all that is not known."""
    rng = np.random.default_rng(3)
    area = a_town()
    kept = ("count-in-a", "count-ab", "camera-a")
    area = replace(
        area,
        zones={z: area.zones[z] for z in "ab"},
        gates={g: area.gates[g] for g in ("in-a", "ab")},
        sensors={s: area.sensors[s] for s in kept},
    )
    graph = ZoneGraph(area)
    zone_filter = ZoneFilter(graph, tests=False)
    zone_filter._watch_leaving = lambda *_: None  # type: ignore[method-assign]
    state = zone_filter.start(0)
    minutes = [np.array(rng.poisson([40, 12, 6, 3]), dtype=float) for _ in range(120)]
    for k, counted in enumerate(minutes):
        levels = {0: [1900.0]} if k == 119 else {}
        zone_filter.step(state, Minute(counted, np.ones(4), counted.copy(), levels))
    found = zone_filter.report(state)

    total, draws = np.sum(minutes, axis=0), 400_000
    wander = 0.0003 * np.sqrt(120 / 3)
    b = rng.normal(1.113, np.hypot(0.036, wander), (draws, 4))
    passed = total * b + rng.normal(0, 1, (draws, 4)) * np.sqrt(total * 0.113 * 1.113 + 0.1 * 120)
    people = np.column_stack([passed[:, 0] - passed[:, 1] - passed[:, 2] + passed[:, 3], passed[:, 1] - passed[:, 3]])
    scale = rng.normal(-0.1965, np.hypot(0.10, 0.001 * np.sqrt(120)), draws)
    crowding = rng.normal(0.05, 0.03, draws)
    seen = np.exp(scale) * people[:, 0] * (1 - crowding * people[:, 0] / 2000)
    weight = np.exp(-0.5 * ((1900.0 - seen) / np.hypot(0.085 * np.maximum(seen, 1900.0), 2.0)) ** 2)
    mean = np.average(people, axis=0, weights=weight)
    sd = np.sqrt(np.average((people - mean) ** 2, axis=0, weights=weight))
    assert found.estimate == pytest.approx(mean, rel=0.02)
    assert (found.p95 - found.p05) / 3.29 == pytest.approx(sd, rel=0.15)
    together = people.sum(axis=1)
    assert found.total()[0] == pytest.approx(np.average(together, weights=weight), rel=0.02)
    spread = np.sqrt(np.average((together - np.average(together, weights=weight)) ** 2, weights=weight))
    assert (found.total()[2] - found.total()[1]) / 3.29 == pytest.approx(spread, rel=0.15)


def test_districts_say_what_one_filter_says() -> None:
    day = a_day(11, 180)
    whole, parts = ZoneEstimator(a_town()), DistrictEstimator(a_town(), core_zones=3, halo_gates=1)
    for k in range(180):
        for estimator in (whole, parts):
            estimator.take(day.rows(k))
        now = OPENING + (k + 1) * MINUTE
        if k % 30 == 29:
            for one, other in zip(whole.estimate(now)[0], parts.estimate(now)[0], strict=True):
                assert other.occupancy == pytest.approx(one.occupancy or 0.0, rel=0.1, abs=5)
                assert other.quality == one.quality
            a, b = (e.total(now, list(a_town().zones)) for e in (whole, parts))
            assert b.occupancy == pytest.approx(a.occupancy or 0.0, rel=0.05)
    assert set(parts.learn().names) >= {name for name in whole.learn().names if name[0]}
    again = DistrictEstimator(a_town(), core_zones=3, learned=parts.learn())
    again.resume(whole.estimate(now)[0])
    again.take(day.rows(179))
    assert again.estimate(now)[0][0].occupancy == pytest.approx(whole.estimate(now)[0][0].occupancy or 0.0, rel=0.05)


def test_an_explanation_adds_up_and_leaving_the_camera_out_widens_the_interval() -> None:
    estimator = follow(a_day(2, 120)).estimator
    end = OPENING + 120 * MINUTE
    state = estimator.estimate(end)[0][1]
    told = estimator.explain("b", end)
    assert told is not None
    assert told.occupancy == pytest.approx(state.occupancy or 0.0)
    assert told.before + sum(row.persons for row in told.contributions) == pytest.approx(told.occupancy)
    assert {"count-ab", "count-bc", "count-be", "camera-b"} <= {row.sensor for row in told.contributions}
    assert any(row.cause is Cause.LEAVING for row in told.contributions)
    without = {row.sensor: row for row in told.without}
    assert without["camera-b"].occupancy_p95 - without["camera-b"].occupancy_p05 > told.occupancy_p95 - told.occupancy_p05
    assert estimator.estimate(end)[0][1] == state, "explaining changes nothing"


def test_a_ticket_total_is_an_anchor_of_the_whole_area() -> None:
    area = a_town()
    gate = Sensor(id="tickets", kind=SensorKind.HAND_COUNT, observes="area", interval_s=900.0)
    area = replace(area, sensors={**area.sensors, "tickets": gate})
    day, estimator = a_day(9, 91), ZoneEstimator(area)
    for counts in day.counts.values():
        counts *= 0.8
    day.seen.clear()
    for k in range(91):
        rows = day.rows(k)
        if k == 90:
            before = estimator.total(OPENING + 90 * MINUTE, list(area.zones)).occupancy or 0.0
            rows.append(Observation("tickets", Quantity.OCCUPANCY, OPENING + k * MINUTE, OPENING + (k + 1) * MINUTE, float(day.people[k].sum())))
        estimator.take(rows)
        estimator.estimate(OPENING + (k + 1) * MINUTE)
    after = estimator.total(OPENING + 91 * MINUTE, list(area.zones)).occupancy or 0.0
    true = day.people[90].sum()
    assert abs(after - true) < 0.75 * abs(before - true)


def test_an_area_that_falls_apart_into_two_is_two_areas() -> None:
    area = a_town()
    parted = replace(area, gates={g: gate for g, gate in area.gates.items() if g not in ("cd", "be")})
    parted = replace(parted, sensors={s: x for s, x in area.sensors.items() if x.gate is None or x.gate in parted.gates})
    day = a_day(4, 60)
    estimator = ZoneEstimator(parted)
    for k in range(60):
        estimator.take([o for o in day.rows(k) if o.sensor in parted.sensors and o.sensor in ("count-in-a", "count-ab", "count-bc")])
    states = {s.zone: s for s in estimator.estimate(OPENING + 60 * MINUTE)[0]}
    assert (states["a"].occupancy or 0) > 50
    assert states["e"].quality is Quality.MISSING


def test_sensors_that_contradict_one_another_widen_and_break_nothing() -> None:
    area = a_town()
    second = Sensor(id="camera-b2", kind=SensorKind.AREA_CAMERA, observes="zone:b", interval_s=60.0)
    area = replace(area, sensors={**area.sensors, "camera-b2": second})
    day, estimator = a_day(4, 120), ZoneEstimator(area)
    for k in range(120):
        rows = day.rows(k)
        rows.append(Observation("camera-b2", Quantity.OCCUPANCY, OPENING + k * MINUTE, OPENING + (k + 1) * MINUTE, float(4 * day.seen["camera-b"][k] + k % 7)))
        estimator.take(rows)
        state = estimator.estimate(OPENING + (k + 1) * MINUTE)[0][1]
        assert 0 <= (state.occupancy_p05 or 0) <= (state.occupancy or 0) <= (state.occupancy_p95 or 0)
    assert (state.occupancy_p05 or 0) <= day.people[119][1] * 1.3
    assert (state.occupancy_p95 or 0) >= day.people[119][1] * 0.7


def test_an_area_of_zones_alone_without_any_gate_goes_by_its_cameras() -> None:
    area = a_town()
    bare = replace(area, gates={}, sensors={s: x for s, x in area.sensors.items() if x.zone})
    day, estimator = a_day(4, 60), ZoneEstimator(bare)
    for k in range(60):
        estimator.take([o for o in day.rows(k) if o.sensor in bare.sensors])
    state = estimator.estimate(OPENING + 60 * MINUTE)[0][1]
    assert state.occupancy == pytest.approx(day.people[59][1], rel=0.4)
    assert state.quality is not Quality.GOOD
