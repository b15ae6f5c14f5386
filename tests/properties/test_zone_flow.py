"""Promises of the forecasts from the state, for any small town: people are conserved, nobody is below zero, chances are ordered."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deining.domain.drivers import BoolArray
from deining.domain.levels import Level, LevelLimit, LevelQuantity, LevelScale
from deining.forecasting.channels import Channels, Moment
from deining.forecasting.ensemble import Courses, Ensemble
from deining.forecasting.hazards import HazardBook
from deining.forecasting.reach import LEADS_S, calibrated, find_reaches, first_passages
from tests.builders import NOON, a_gate, a_zone, an_area

FLOATS = st.floats(0, 5_000, allow_nan=False)
STEPS, MEMBERS = 12, 30


@st.composite
def towns(draw: st.DrawFn) -> tuple[Channels, Moment, Ensemble]:
    """Up to five zones, any gates between them and to the outside, states of which some are missing."""
    size = draw(st.integers(1, 5))
    ends = draw(st.lists(st.tuples(st.integers(-1, size - 1), st.integers(-1, size - 1)).filter(lambda pair: pair[0] != pair[1]), max_size=8))
    gates = [a_gate(f"g{k}", from_zone=None if a < 0 else f"z{a}", to_zone=None if b < 0 else f"z{b}") for k, (a, b) in enumerate(ends)]
    channels = Channels(an_area(zones=[a_zone(f"z{k}") for k in range(size)], gates=gates, sensors=[]))
    maybe = st.one_of(st.just(np.nan), FLOATS)
    people = np.array(draw(st.lists(maybe, min_size=size, max_size=size)))
    doubt = draw(st.floats(0, 1))
    flow = np.array(draw(st.lists(st.one_of(st.just(np.nan), st.floats(0, 500)), min_size=2 * channels.ways, max_size=2 * channels.ways)))
    moment = Moment(people, people * (1 - doubt), people * (1 + doubt), flow, ~np.isnan(flow))
    return channels, moment, Ensemble(channels, members=MEMBERS, steps=STEPS)


def drawn(town: tuple[Channels, Moment, Ensemble], seed: int = 1) -> tuple[Courses, BoolArray]:
    channels, moment, ensemble = town
    book = HazardBook(channels)
    for k in range(3):
        book.take(60.0 * k, moment)
    known = ~np.isnan(moment.people)
    return ensemble.draw(moment, book.rates(known), None, seed), known


@given(towns())
@settings(max_examples=80, deadline=None)
def test_people_are_conserved_in_every_member_and_nobody_is_below_zero(town: tuple[Channels, Moment, Ensemble]) -> None:
    courses, known = drawn(town)
    people = courses.people[:, known].astype(float)
    assert (people >= 0).all()
    change = people[-1].sum(axis=0) - people[0].sum(axis=0)
    scale = 1 + people.sum(axis=1).max(axis=0) + courses.arrived + courses.departed
    assert np.all(np.abs(change - (courses.arrived - courses.departed)) <= 1e-4 * scale)
    assert (courses.arrived >= 0).all()
    assert (courses.departed >= 0).all()


@given(towns())
@settings(max_examples=40, deadline=None)
def test_what_is_not_known_stays_unknown_and_what_is_known_stays_known(town: tuple[Channels, Moment, Ensemble]) -> None:
    courses, known = drawn(town)
    assert np.isnan(courses.people[:, ~known]).all()
    assert np.isfinite(courses.people[:, known]).all()
    assert np.isfinite(courses.flow).all()
    assert (courses.flow >= 0).all()


@given(towns(), st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_a_seed_gives_the_same_courses_again(town: tuple[Channels, Moment, Ensemble], seed: int) -> None:
    first, _ = drawn(town, seed)
    again, _ = drawn(town, seed)
    np.testing.assert_array_equal(first.people, again.people)


def slow_first_passage(course: list[float], limit: float) -> float:
    """A plain oracle: walk along the straight lines until the limit is met."""
    if course[0] >= limit:
        return 0.0
    for k in range(1, len(course)):
        if course[k] >= limit:
            return k - 1 + (limit - course[k - 1]) / (course[k] - course[k - 1])
    return float("inf")


@given(st.lists(st.integers(0, 50), min_size=2, max_size=15), st.integers(1, 60))
def test_the_first_passage_is_that_of_a_plain_walk(course: list[int], limit: int) -> None:
    fast = first_passages(np.array(course, dtype=float)[:, None, None], np.array([float(limit)]))[0, 0]
    assert fast == np.inf if limit > max(course) else np.isclose(fast, slow_first_passage([float(x) for x in course], limit))


@given(st.integers(0, 10_000), st.floats(1, 2_000))
def test_chances_rise_with_the_time_and_fall_with_the_level(seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    courses = np.abs(np.cumsum(rng.normal(0, spread, (41, 1, 50)), axis=0))
    scale = LevelScale(quantity=LevelQuantity.DENSITY, yellow=1, orange=2, red=3)
    values = sorted(rng.uniform(1, 10 * spread, 3))
    limits = [LevelLimit(level=level, quantity=scale.quantity, scale=scale, value=v) for level, v in zip(list(Level)[1:], values, strict=True)]
    reaches = find_reaches([(0, "z", limit) for limit in limits], courses, 180.0, NOON)
    table = np.array([[reach.chances[lead] for lead in LEADS_S] for reach in reaches])
    assert (np.diff(table, axis=1) >= 0).all()
    assert (np.diff(table, axis=0) <= 0).all()
    assert ((table >= 0) & (table <= 1)).all()
    for reach in reaches:
        assert reach.at_p50 is None or (reach.at_p10 and reach.at_p90 and NOON <= reach.at_p10 <= reach.at_p50 <= reach.at_p90)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_larger_share_of_members_is_never_a_smaller_chance(a: float, b: float) -> None:
    low, high = (calibrated(np.full(len(LEADS_S), share)) for share in sorted((a, b)))
    assert (low <= high).all()
    assert (np.diff(low) >= 0).all()
