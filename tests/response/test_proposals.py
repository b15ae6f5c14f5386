"""What is proposed still fits in time, the most urgent first, and says until when it can be decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.area import Area
from deining.domain.levels import Level, LevelExpected, LevelFound, LevelQuantity, LevelReach, LevelScale
from deining.domain.measure import Fit, Measure, Proposal, Scenario
from deining.response.measure_words import say_proposal
from deining.response.proposals import propose
from tests.builders import MINUTE, NOON, a_measure, a_point_counter, a_scenario, a_zone, an_area

SCALE = LevelScale(quantity=LevelQuantity.DENSITY, yellow=0.3, orange=0.6, red=1.0)


def a_town(measures: Sequence[Measure] = (), scenarios: Sequence[Scenario] = (), **given: Any) -> Area:
    """A square and a street; one-way over the square from orange on, unless another library is given."""
    library = measures or (a_measure(),)
    zones = [a_zone(), a_zone("street")]
    return an_area(zones=zones, measures={one.id: one for one in library}, scenarios=tuple(scenarios) or (a_scenario(),), **given)


def found(level: Level) -> LevelFound:
    return LevelFound(level=level, quantity=SCALE.quantity, value=0.5, scale=SCALE)


def a_reach(minute: int, *, target: str = "square", level: Level = Level.ORANGE, chance: float = 0.7, spread: int = 10) -> LevelReach:
    """A level that is reached so many minutes after noon, give or take."""
    at = NOON + minute * MINUTE
    first, last = at - spread * MINUTE, at + spread * MINUTE
    chances = {3600: chance / 2, 7200: chance}
    given = {"target": target, "level": level, "chances": chances, "at_p10": first, "at_p50": at, "at_p90": last}
    return LevelReach(origin=NOON, quantity=SCALE.quantity, scale=SCALE, **given)  # type: ignore[arg-type]


def ask(area: Area, *reaches: LevelReach, now: datetime = NOON, here: Mapping[str, LevelFound] | None = None, **given: Any) -> list[Proposal]:
    by_place: dict[str, list[LevelReach]] = {}
    for reach in reaches:
        by_place.setdefault(reach.target, []).append(reach)
    return propose(area, now, found=here or {}, reaches=by_place, **given)


def test_a_measure_is_proposed_with_the_last_moment_to_decide() -> None:
    (one,) = ask(a_town(), a_reach(40), alerts={"square": "a-1"})
    assert (one.rank, one.target, one.level, one.scenario, one.measure, one.alert) == (1, "square", Level.ORANGE, "full-square", "one-way", "a-1")
    assert (one.reached_at, one.earliest, one.latest, one.chance) == (NOON + 40 * MINUTE, NOON + 30 * MINUTE, NOON + 50 * MINUTE, 0.7)
    assert (one.ready_at, one.decide_before, one.decide_before_earliest) == (NOON + 15 * MINUTE, NOON + 25 * MINUTE, NOON + 15 * MINUTE)
    assert (one.fit, one.in_force) == (Fit.IN_TIME, False)
    assert one.text["nl"] == "One way kan nog tot 12:25 besloten worden: opbouw 15 min, Square oranje om 12:40 (tussen 12:30 en 12:50, kans 70%)."
    assert one.text["en"] == "One way can still be decided until 12:25: set-up 15 min, Square orange at 12:40 (between 12:30 and 12:50, chance 70%)."


@pytest.mark.parametrize(
    ("minute", "fit", "words"),
    [
        (26, Fit.IN_TIME, "can still be decided until 12:11"),
        (25, Fit.IN_TIME, "can still be decided until 12:10"),
        (24, Fit.TIGHT, "It is not ready if that comes as early as 12:14"),
        (15, Fit.TIGHT, "until 12:00"),
        (14, Fit.TOO_LATE, "comes too late: it had to be decided before 11:59; ready at 12:15"),
    ],
)
def test_it_fits_in_time_tightly_or_not(minute: int, fit: Fit, words: str) -> None:
    (one,) = ask(a_town(), a_reach(minute))
    assert one.fit is fit
    assert words in one.text["en"]


def test_where_the_level_is_reached_and_none_is_to_come_it_says_so() -> None:
    (one,) = ask(a_town(), here={"square": found(Level.ORANGE)})
    assert (one.fit, one.level, one.chance, one.reached_at, one.decide_before) == (Fit.REACHED, Level.ORANGE, 1.0, NOON, None)
    assert one.text["en"] == "One way can be ready at 12:15: set-up 15 min; Square is orange now."


def test_where_the_level_is_reached_the_next_one_that_is_likely_counts() -> None:
    (one,) = ask(a_town(), a_reach(40, level=Level.RED), here={"square": found(Level.ORANGE)})
    assert (one.level, one.fit, one.reached_at) == (Level.RED, Fit.IN_TIME, NOON + 40 * MINUTE)


def test_before_it_is_reached_the_lowest_level_of_the_scenario_counts() -> None:
    (one,) = ask(a_town(), a_reach(70, level=Level.RED), a_reach(40), a_reach(30, level=Level.YELLOW))
    assert (one.level, one.reached_at) == (Level.ORANGE, NOON + 40 * MINUTE)


@pytest.mark.parametrize("reach", [a_reach(40, level=Level.YELLOW), a_reach(40, chance=0.29), a_reach(40, target="street")])
def test_nothing_is_proposed_for_a_lower_level_an_unlikely_one_or_another_place(reach: LevelReach) -> None:
    assert ask(a_town(), reach) == []


def test_a_level_that_is_too_unlikely_to_say_when_is_not_prepared_for() -> None:
    vague = LevelReach(
        target="square", origin=NOON, quantity=SCALE.quantity, level=Level.RED, scale=SCALE, chances={7200: 0.4}, at_p10=None, at_p50=None, at_p90=None
    )
    assert ask(a_town(), vague) == []


def test_the_first_to_be_decided_comes_first_and_what_no_longer_fits_after_it() -> None:
    measures = (a_measure("slow", set_up_s=2400), a_measure("quick", set_up_s=300), a_measure("late", set_up_s=3600), a_measure("standing", set_up_s=0))
    town = a_town(measures, [a_scenario(measures=("late", "standing", "quick", "slow"))])
    ranked = ask(town, a_reach(50), in_force=["standing"])
    assert [(one.rank, one.measure, one.fit.still_fits) for one in ranked] == [(1, "slow", True), (2, "quick", True), (3, "late", False), (4, "standing", True)]
    assert [one.in_force for one in ranked] == [False, False, False, True]


def test_of_two_that_must_be_decided_in_the_same_minute_the_likelier_and_higher_comes_first() -> None:
    scenarios = [a_scenario(places=("square", "street"))]
    town = a_town(scenarios=scenarios)
    assert [one.target for one in ask(town, a_reach(40, chance=0.5), a_reach(40, target="street", chance=0.6))] == ["street", "square"]
    red = a_reach(40, target="square", level=Level.RED, chance=0.5)
    assert [one.target for one in ask(town, red, a_reach(40, target="street", chance=0.6))] == ["square", "street"]


def test_what_is_in_force_or_being_set_up_is_marked_and_not_proposed_again() -> None:
    measures = (a_measure("one-way"), a_measure("dose"))
    town = a_town(measures, [a_scenario(measures=("one-way", "dose"))])
    one, other = ask(town, a_reach(40), in_force=["one-way"], decided=["dose", "one-way"])
    assert (one.measure, one.decided, one.text["nl"]) == ("dose", True, "Dose is besloten en wordt opgebouwd.")
    assert (other.measure, other.in_force, other.decided, other.text["en"]) == ("one-way", True, False, "One way is in force.")


def test_a_scenario_without_places_is_for_all_and_one_of_green_for_none() -> None:
    everywhere = a_town(scenarios=[a_scenario(places=())])
    assert {one.target for one in ask(everywhere, a_reach(40), a_reach(45, target="street"))} == {"square", "street"}
    assert ask(a_town(scenarios=[a_scenario(level=Level.GREEN)]), a_reach(40), here={"square": found(Level.RED)}) == []


def test_a_measure_that_two_scenarios_have_ready_is_proposed_once_a_place() -> None:
    town = a_town(scenarios=[a_scenario("at-red", level=Level.RED), a_scenario()])
    (one,) = ask(town, a_reach(40), a_reach(70, level=Level.RED))
    assert one.scenario == "full-square"


def test_a_point_counter_is_served_by_what_its_forecasts_reach() -> None:
    town = a_town(scenarios=[a_scenario(places=("quay",))], sensors=[a_point_counter()])
    expected = LevelExpected(level=Level.ORANGE, at=NOON + 60 * MINUTE, chance=0.6, quantity=LevelQuantity.FLOW, scale=SCALE)
    (one,) = ask(town, expected={"quay": expected})
    assert (one.fit, one.earliest, one.decide_before, one.decide_before_earliest) == (Fit.TIGHT, None, NOON + 45 * MINUTE, None)
    assert one.text["nl"].endswith("om 13:00 (kans 60%). Hoe vroeg het kan komen is niet bekend.")


def test_a_time_that_has_passed_without_the_level_counts_as_now() -> None:
    (one,) = ask(a_town(), a_reach(10), now=NOON + 12 * MINUTE)
    assert (one.reached_at, one.fit) == (NOON + 12 * MINUTE, Fit.TOO_LATE)


times = st.integers(0, 110)
levels = st.sampled_from([Level.YELLOW, Level.ORANGE, Level.RED])
reaches = st.lists(
    st.builds(a_reach, times, target=st.sampled_from(["square", "street"]), level=levels, chance=st.floats(0, 1), spread=st.integers(0, 30)), max_size=6
)


@given(reaches, st.permutations(range(6)), st.sampled_from([0, 300, 1200, 5400]))
def test_the_order_in_which_things_are_told_changes_nothing_and_fit_means_ready(given: list[LevelReach], order: list[int], set_up_s: float) -> None:
    measures = (a_measure("one-way", set_up_s=set_up_s), a_measure("dose", set_up_s=600))
    town = a_town(measures, [a_scenario(measures=("dose", "one-way"), places=())])
    proposals = ask(town, *given)
    assert proposals == ask(town, *[given[k] for k in order if k < len(given)])
    assert [one.rank for one in proposals] == list(range(1, len(proposals) + 1))
    for one in proposals:
        assert one.reached_at is not None
        assert (one.ready_at <= one.reached_at) == one.fit.still_fits
        assert one.decide_before is not None
        assert (one.decide_before >= NOON) == one.fit.still_fits
        assert one.fit is not Fit.IN_TIME or (one.earliest is not None and one.ready_at <= one.earliest)


@given(times, st.floats(1, 7200))
def test_a_measure_that_takes_longer_never_fits_better(minute: int, more_s: float) -> None:
    order = list(Fit)
    (quick,) = ask(a_town(), a_reach(minute))
    (slow,) = ask(a_town([a_measure(set_up_s=900 + more_s)]), a_reach(minute))
    assert order.index(slow.fit) >= order.index(quick.fit)
    assert slow.decide_before is not None
    assert quick.decide_before is not None
    assert quick.decide_before - slow.decide_before == timedelta(seconds=more_s)


def test_both_hours_of_the_autumn_night_are_told_apart_in_a_proposal() -> None:
    summer, winter = datetime(2026, 10, 25, 0, 40, tzinfo=UTC), datetime(2026, 10, 25, 1, 40, tzinfo=UTC)
    one = replace(ask(a_town(), a_reach(40))[0], decide_before=summer, reached_at=winter, earliest=None, latest=None)
    assert say_proposal(a_town(), one, 900.0)["en"].startswith("One way can still be decided until 02:40 (summer time): set-up 15 min")
    assert "oranje om 02:40 (wintertijd)" in say_proposal(a_town(), one, 900.0)["nl"]
