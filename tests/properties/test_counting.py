"""What holds for any evening."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from deining.domain.observation import Observation, Quantity
from deining.estimation.counting import PlainCounting
from tests.builders import MINUTE, NOON, a_gate, a_sensor, a_zone, an_area, an_observation

TOWN = an_area(
    zones=[a_zone("square"), a_zone("quay")],
    gates=[a_gate("north"), a_gate("between", from_zone="square", to_zone="quay"), a_gate("east", from_zone="quay", to_zone=None)],
    sensors=[a_sensor(f"count-{gate}", observes=f"gate:{gate}") for gate in ("north", "between", "east")],
)
LENGTH = 25


@st.composite
def evenings(draw: st.DrawFn) -> list[Observation]:
    """Half an hour of counts at three gates, some of them lost."""
    rows = []
    for gate in ("north", "between", "east"):
        for quantity in (Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD):
            counts = draw(st.lists(st.one_of(st.none(), st.integers(0, 200)), min_size=LENGTH, max_size=LENGTH))
            rows += [
                an_observation(float(count), sensor=f"count-{gate}", quantity=quantity, end=NOON - (LENGTH - k - 1) * MINUTE)
                for k, count in enumerate(counts)
                if count is not None
            ]
    return rows


@given(evenings(), st.integers(0, 2**32))
def test_the_order_of_arrival_does_not_change_the_state(rows: list[Observation], seed: int) -> None:
    shuffled = random.Random(seed).sample(rows, len(rows))
    first, second = PlainCounting(TOWN), PlainCounting(TOWN)
    first.take(rows)
    for k in range(0, len(shuffled), 7):
        second.take(shuffled[k : k + 7])
    for one, other in zip(*(counting.estimate(NOON)[0] for counting in (first, second)), strict=True):
        assert one.quality == other.quality
        assert (one.occupancy is None) == (other.occupancy is None)
        if one.occupancy is not None and other.occupancy is not None:
            assert abs(one.occupancy - other.occupancy) < 1e-6
            assert abs((one.occupancy_p95 or 0) - (other.occupancy_p95 or 0)) < 1e-6


@given(evenings())
def test_a_figure_is_never_negative_and_lies_in_its_interval(rows: list[Observation]) -> None:
    counting = PlainCounting(TOWN)
    counting.take(rows)
    for state in counting.estimate(NOON)[0]:
        if state.occupancy is not None:
            assert 0 <= state.occupancy_p05 <= state.occupancy <= state.occupancy_p95  # type: ignore[operator]


@given(st.lists(st.integers(0, 300), min_size=LENGTH, max_size=LENGTH), st.lists(st.integers(0, 100), min_size=LENGTH, max_size=LENGTH))
def test_people_are_conserved_while_no_zone_runs_empty(came: list[int], walked_on: list[int]) -> None:
    counting = PlainCounting(TOWN, rate=1.0)
    inside, taken = 0, []
    for k in range(LENGTH):
        inside += came[k]
        on = min(inside, walked_on[k])
        inside -= on
        end = NOON - (LENGTH - k - 1) * MINUTE
        taken += [an_observation(float(came[k]), end=end), an_observation(float(on), sensor="count-between", end=end)]
        taken.append(an_observation(0.0, sensor="count-east", end=end))
    counting.take(taken)
    square, quay = counting.estimate(NOON)[0]
    assert abs((square.occupancy or 0) + (quay.occupancy or 0) - sum(came)) < 1e-6
