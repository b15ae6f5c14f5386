"""Plain counting: the books balance, doubt grows, and a silent counter is never read as nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deining.domain.area import SensorKind
from deining.domain.calibration import Calibration
from deining.domain.observation import Observation, Quantity
from deining.domain.state import FlowState, Quality, ZoneState
from deining.estimation.counting import PlainCounting
from deining.estimation.flows import SILENCE_HOLDS
from tests.builders import MINUTE, NOON, a_gate, a_point_counter, a_sensor, a_zone, an_area, an_observation

IN, OUT = Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD
TWO_GATES = an_area(
    gates=[a_gate("north"), a_gate("south", effective_width_m=None)],
    sensors=[a_sensor("count-north"), a_sensor("count-south", observes="gate:south")],
)


def zone_of(counting: PlainCounting, now=NOON) -> ZoneState:  # type: ignore[no-untyped-def]
    return counting.estimate(now)[0][0]


def flow_of(counting: PlainCounting, target: str, now=NOON) -> FlowState:  # type: ignore[no-untyped-def]
    return next(state for state in counting.estimate(now)[1] if state.target == target)


def minutes(value: float, n: int, *, quantity: Quantity = IN, sensor: str = "count-north", until=NOON) -> list[Observation]:  # type: ignore[no-untyped-def]
    """The same count in each of the n minutes before a moment."""
    return [an_observation(value, sensor=sensor, quantity=quantity, end=until - k * MINUTE) for k in range(n)]


def test_who_came_in_minus_who_went_out_is_there_divided_by_the_share_seen() -> None:
    counting = PlainCounting(TWO_GATES, rate=0.9)
    counting.take(minutes(9, 10) + minutes(0.9, 10, quantity=OUT, sensor="count-south") + minutes(0, 10, sensor="count-south"))
    state = zone_of(counting)
    assert state.occupancy == pytest.approx(10 * (9 - 0.9) / 0.9)
    assert state.density_per_m2 == pytest.approx(state.occupancy / 1000)
    assert state.quality is Quality.GOOD
    assert state.sources == ("count-north", "count-south")


def test_backward_through_a_gate_that_leads_out_is_in() -> None:
    area = an_area(gates=[a_gate(from_zone="square", to_zone=None)])
    counting = PlainCounting(area)
    counting.take(minutes(9, 10, quantity=OUT))
    assert zone_of(counting).occupancy == pytest.approx(100)


def test_people_who_walk_from_one_zone_to_the_next_leave_the_first() -> None:
    area = an_area(
        zones=[a_zone("square"), a_zone("quay")],
        gates=[a_gate("north"), a_gate("between", from_zone="square", to_zone="quay")],
        sensors=[a_sensor("count-north"), a_sensor("count-between", observes="gate:between")],
    )
    counting = PlainCounting(area)
    counting.take(minutes(9, 10) + minutes(4.5, 10, sensor="count-between"))
    square, quay = counting.estimate(NOON)[0]
    assert square.occupancy == pytest.approx(50)
    assert quay.occupancy == pytest.approx(50)


def test_the_interval_grows_with_all_who_pass_even_when_nobody_stays() -> None:
    widths = []
    counting = PlainCounting(an_area())
    for k in range(1, 7):
        now = NOON + 10 * k * MINUTE
        counting.take(minutes(50, 10, until=now) + minutes(50, 10, quantity=OUT, until=now))
        state = zone_of(counting, now)
        assert state.occupancy == pytest.approx(0, abs=1e-6)
        widths.append(state.occupancy_p95 - state.occupancy_p05)
    assert widths == sorted(widths)
    assert widths[-1] > 2 * widths[0]


def test_the_figure_never_goes_below_zero_and_forgets_the_drift() -> None:
    counting = PlainCounting(an_area())
    counting.take(minutes(100, 5, quantity=OUT) + minutes(0, 5))
    assert zone_of(counting).occupancy == 0
    counting.take(minutes(9, 5, until=NOON + 5 * MINUTE) + minutes(0, 5, quantity=OUT, until=NOON + 5 * MINUTE))
    assert zone_of(counting, NOON + 5 * MINUTE).occupancy == pytest.approx(50)


def test_asking_twice_changes_nothing() -> None:
    counting = PlainCounting(TWO_GATES)
    counting.take(minutes(9, 30))
    assert counting.estimate(NOON) == counting.estimate(NOON)


def test_catching_up_comes_to_the_same_as_asking_at_every_step() -> None:
    asked, caught_up = PlainCounting(TWO_GATES), PlainCounting(TWO_GATES)
    for k, (came, went) in enumerate([(0, 0), (2, 90), (60, 5), (5, 70), (40, 3)], start=1):
        now = NOON + 10 * k * MINUTE
        for counting in (asked, caught_up):
            counting.take(minutes(came, 10, until=now) + minutes(went, 10, quantity=OUT, until=now))
        asked.estimate(now)
        caught_up.catch_up(now)
    assert caught_up.estimate(now) == asked.estimate(now)
    assert zone_of(caught_up, now).occupancy == pytest.approx(370 / 0.9)


def test_a_lost_row_is_filled_and_widens_the_interval() -> None:
    whole, holed = PlainCounting(an_area()), PlainCounting(an_area())
    rows = minutes(9, 60) + minutes(0, 60, quantity=OUT)
    whole.take(rows)
    holed.take([row for k, row in enumerate(rows) if k % 6 or row.quantity is OUT])
    assert zone_of(holed).occupancy == pytest.approx(zone_of(whole).occupancy, rel=0.03)
    assert zone_of(holed).occupancy_p95 > zone_of(whole).occupancy_p95


def test_a_counter_that_dies_leaves_the_people_where_they_are_wider_and_says_so() -> None:
    counting = PlainCounting(TWO_GATES)
    counting.take(minutes(9, 60) + minutes(1, 60, sensor="count-south"))
    before = zone_of(counting)
    later = NOON + timedelta(hours=1)
    counting.take(minutes(1, 60, sensor="count-south", until=later))
    after = zone_of(counting, later)
    assert after.quality is Quality.PARTIAL
    assert after.occupancy >= before.occupancy
    assert after.occupancy_p95 - after.occupancy_p05 > 2 * (before.occupancy_p95 - before.occupancy_p05)
    assert flow_of(counting, "north", later).quality is Quality.STALE
    assert flow_of(counting, "south", later).quality is Quality.GOOD


def test_a_long_silence_adds_no_more_people_than_the_rate_could_hold_for() -> None:
    counting = PlainCounting(an_area(), rate=1.0)
    counting.take(minutes(60, 60))
    after = zone_of(counting, NOON + timedelta(hours=5))
    assert after.occupancy <= 3600 + 60 * SILENCE_HOLDS / MINUTE + 1
    assert after.occupancy_p95 > 3600 + 60 * 300


def test_when_every_counter_is_silent_the_figure_is_stale_not_zero() -> None:
    counting = PlainCounting(TWO_GATES)
    counting.take(minutes(9, 30) + minutes(0, 30, sensor="count-south"))
    state = zone_of(counting, NOON + timedelta(hours=2))
    assert state.quality is Quality.STALE
    assert state.occupancy > 200
    assert state.data_age_s == 7200
    assert not state.quality.may_alert


def test_where_nothing_was_ever_heard_nothing_is_said() -> None:
    zones, flows = PlainCounting(an_area()).estimate(NOON)
    assert [(z.occupancy, z.occupancy_p05, z.density_per_m2, z.data_age_s, z.quality) for z in zones] == [(None, None, None, None, Quality.MISSING)]
    assert [(f.flow_per_min, f.p05, f.quality) for f in flows] == [(None, None, Quality.MISSING)]


def test_at_the_hour_when_the_area_is_empty_counting_starts_anew() -> None:
    counting = PlainCounting(an_area())
    night = NOON.replace(hour=2, minute=0) + timedelta(days=1)  # 04:00 in Amsterdam
    counting.take(minutes(9, 30) + minutes(0, 30, until=night - MINUTE))
    assert zone_of(counting, night - MINUTE).occupancy > 200
    assert zone_of(counting, night + MINUTE).occupancy == 0
    counting.take(minutes(9, 1, until=night + 10 * MINUTE))
    assert zone_of(counting, night + 10 * MINUTE).occupancy == pytest.approx(10, abs=100)


def test_a_late_row_of_before_the_empty_hour_does_not_count_today() -> None:
    counting = PlainCounting(an_area())
    night = NOON.replace(hour=2, minute=0)
    counting.take(minutes(9, 5, until=night + 30 * MINUTE))
    before = zone_of(counting, night + 30 * MINUTE).occupancy
    counting.take(minutes(500, 1, until=night - MINUTE))
    assert zone_of(counting, night + 30 * MINUTE).occupancy == pytest.approx(before)


def test_flow_is_persons_a_minute_each_way_and_per_metre_of_width() -> None:
    counting = PlainCounting(TWO_GATES, rate=0.9, flow_window_s=300)
    counting.take(minutes(9, 20) + minutes(1.8, 20, quantity=OUT) + minutes(9, 20, sensor="count-south"))
    north, south = flow_of(counting, "north"), flow_of(counting, "south")
    assert (north.forward_per_min, north.backward_per_min, north.flow_per_min) == pytest.approx((10, 2, 12))
    assert north.specific_flow_per_m_min == pytest.approx(3)
    assert north.p05 < north.flow_per_min < north.p95
    assert south.specific_flow_per_m_min is None, "its width is not known"


def test_a_point_counter_has_a_flow_of_its_own_and_no_detection_rate() -> None:
    counting = PlainCounting(an_area(zones=[], gates=[], sensors=[a_point_counter()]))
    counting.take([an_observation(600, sensor="quay", quantity=Quantity.COUNT, start=NOON - timedelta(hours=1))])
    state = flow_of(counting, "quay", NOON + 20 * MINUTE)
    assert (state.flow_per_min, state.quality, state.data_age_s) == (10.0, Quality.GOOD, 1200.0)
    assert flow_of(counting, "quay", NOON + timedelta(hours=3)).quality is Quality.STALE


def test_what_was_repaired_says_so() -> None:
    counting = PlainCounting(an_area(zones=[], gates=[], sensors=[a_point_counter()]))
    counting.take([an_observation(600, sensor="quay", quantity=Quantity.COUNT, start=NOON - timedelta(hours=1), quality="repaired: a wrong date")])
    assert flow_of(counting, "quay").quality is Quality.REPAIRED


def test_a_zone_without_gates_takes_what_was_seen_in_it_last() -> None:
    camera = a_sensor("camera", kind=SensorKind.AREA_CAMERA, observes="zone:square")
    counting = PlainCounting(an_area(gates=[], sensors=[camera]))
    counting.take(
        [an_observation(80, sensor="camera", quantity=Quantity.OCCUPANCY), an_observation(60, sensor="camera", quantity=Quantity.OCCUPANCY, end=NOON - MINUTE)]
    )
    state = zone_of(counting)
    assert (state.occupancy, state.quality) == (80, Quality.PARTIAL)
    assert state.occupancy_p05 < 60 < 100 < state.occupancy_p95


def test_what_a_counter_usually_counts_stands_in_when_it_never_came() -> None:
    learned = Calibration(rates={("count-south", "count_backward"): 9 / 60})
    counting = PlainCounting(TWO_GATES, rate=0.9, learned=learned)
    counting.take(minutes(18, 60))
    state = zone_of(counting)
    assert state.occupancy == pytest.approx((60 * 18 - 60 * 9) / 0.9, rel=0.02)
    assert state.quality is Quality.PARTIAL
    assert state.occupancy_p95 - state.occupancy_p05 > 2 * 600


def test_a_day_is_learned_as_half_of_what_is_known() -> None:
    counting = PlainCounting(an_area(), learned=Calibration(rates={("count-north", "count_forward"): 1.0, ("gone", "count_forward"): 7.0}))
    counting.take(minutes(30, 10))
    assert counting.learn().rates == pytest.approx({("count-north", "count_forward"): 0.75, ("gone", "count_forward"): 7.0})


def test_rows_of_a_sensor_that_the_area_does_not_have_are_left_alone() -> None:
    counting = PlainCounting(an_area())
    counting.take([an_observation(50, sensor="stranger")])
    assert zone_of(counting).quality is Quality.MISSING
