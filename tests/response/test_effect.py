"""A measure is judged against the forecast without it, and an effect is claimed only where the interval leaves out zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from deining.domain.area import Area
from deining.domain.decision import DecidedMeasure, Effect, FrozenForecast, Verdict
from deining.domain.errors import WrongUse
from deining.domain.forecast import QUANTILES, Forecast
from deining.domain.series import FloatArray, Series
from deining.response.effect import (
    MeasuredStep,
    average_course,
    choose_forecast,
    dependence_factor,
    find_effect,
    find_together,
    judged_steps,
    take_series,
)
from tests.builders import MINUTE, NOON, a_decided_measure, a_decision, a_measure, an_area, some_forecasts

HOURS_2 = 8
DAYS = 600
Z = norm.ppf(QUANTILES)


@dataclass(frozen=True)
class State:
    """One kept state of the square."""

    time: datetime
    value: float | None
    p05: float | None = None
    p95: float | None = None
    quality: str = "good"


def a_town() -> Area:
    return an_area(measures={one.id: one for one in (a_measure(), a_measure("dose"), a_measure("close"))})


def in_force(minute: int = 0, ended: int | None = None, **given: object) -> DecidedMeasure:
    ended_at = None if ended is None else NOON + ended * MINUTE
    return a_decided_measure(in_force_at=NOON + minute * MINUTE, ended_at=ended_at, **given)


def frozen(steps: Sequence[Forecast]) -> FrozenForecast:
    return FrozenForecast(target=steps[0].target, quantity=steps[0].quantity, origin=steps[0].origin, steps=tuple(steps))


def judge(values: Sequence[float | None], steps: Sequence[Forecast] | None = None, *, sd: float = 0.0, **given: object) -> Effect:
    """The effect where these values were measured from noon on, with 300 +- 50 persons forecast."""
    steps = some_forecasts(len(values)) if steps is None else steps
    measured = [MeasuredStep(value, sd) for value in values]
    return find_effect(a_town(), a_decision(in_force()), "one-way", frozen(steps), steps, measured, **given)  # type: ignore[arg-type]


def minutes(values: Sequence[float | None], quality: str = "good", width: float = 0.0) -> list[State]:
    """A state each minute from noon on; its time is the end of the minute."""
    return [
        State(NOON + (k + 1) * MINUTE, value, None if value is None else value - width, None if value is None else value + width, quality)
        for k, value in enumerate(values)
    ]


# -- what is said


def test_fewer_than_the_forecast_without_it_is_shown_with_its_interval() -> None:
    effect = judge([210.0] * 8)
    assert (effect.measured, effect.expected, effect.difference, effect.verdict) == (210, 300, -90, Verdict.LESS)
    assert effect.low == pytest.approx(-90 - 50 * 1.2816)
    assert effect.high == pytest.approx(-90 + 50 * 1.2816)
    assert (effect.since, effect.until, effect.steps, effect.left_out) == (NOON, NOON + 120 * MINUTE, 8, 0)
    assert effect.text["en"] == "Square: between 12:00 and 14:00 there were on average 90 persons fewer than forecast (between 26 and 150 fewer, 80%)."
    assert effect.text["nl"] == "Square: tussen 12:00 en 14:00 waren er gemiddeld 90 personen minder dan de prognose (tussen 26 en 150 minder, 80%)."


def test_more_is_shown_as_more() -> None:
    effect = judge([400.0] * 4)
    assert effect.verdict is Verdict.MORE
    assert "100 persons more than forecast (between 36 and 160 more, 80%)" in effect.text["en"]


def test_where_the_interval_holds_zero_no_effect_is_claimed() -> None:
    effect = judge([250.0] * 8)
    assert effect.verdict is Verdict.NONE_SHOWN
    assert effect.text["en"].endswith("(between 110 fewer and 14 more, 80%). No effect can be shown: the interval holds zero.")
    assert effect.text["nl"].endswith("(tussen 110 minder en 14 meer, 80%). Er is geen effect aan te tonen: nul ligt in het interval.")


def test_more_steps_do_not_make_the_interval_narrower() -> None:
    few, many = judge([250.0] * 2), judge([250.0] * 24)
    assert (few.low, few.high) == (pytest.approx(many.low), pytest.approx(many.high))


def test_one_step_is_too_early_and_no_step_gives_no_figures() -> None:
    assert judge([10.0]).verdict is Verdict.TOO_EARLY
    nothing = judge([None, None])
    assert (nothing.verdict, nothing.measured, nothing.difference, nothing.steps, nothing.left_out) == (Verdict.TOO_EARLY, None, None, 0, 2)
    assert nothing.text["en"] == "Too few measured steps to say anything. 2 of 2 steps are left out: not measured reliably."
    before = find_effect(a_town(), a_decision(in_force(5)), "one-way", frozen(some_forecasts()), [], [])
    assert (before.verdict, before.since, before.until) == (Verdict.TOO_EARLY, NOON + 5 * MINUTE, NOON + 5 * MINUTE)


def test_steps_that_were_not_measured_are_left_out_and_told() -> None:
    effect = judge([210.0, None, 210.0, None])
    assert (effect.steps, effect.left_out, effect.measured) == (2, 2, 210)
    assert "2 of 4 steps are left out: not measured reliably." in effect.text["en"]
    assert "2 van 4 stappen zijn weggelaten: niet betrouwbaar gemeten." in effect.text["nl"]


def test_other_measures_at_the_place_are_told_and_kept_with_it() -> None:
    effect = judge([210.0] * 4, together=("close", "dose"))
    assert effect.together == ("close", "dose")
    assert "This is together with Close and Dose; they cannot be told apart." in effect.text["en"]
    assert "Dit is samen met Close en Dose; los van elkaar is het niet te zeggen." in effect.text["nl"]


def test_the_doubt_of_the_states_themselves_widens_the_interval() -> None:
    assert judge([230.0] * 8).verdict is Verdict.LESS
    unsure = judge([230.0] * 8, sd=50.0)
    assert unsure.verdict is Verdict.NONE_SHOWN
    assert unsure.low == pytest.approx(-70 - np.sqrt(2) * 1.2816 * 50, abs=0.1)


def test_a_stricter_share_claims_less() -> None:
    assert judge([210.0] * 8, share=0.95).verdict is Verdict.NONE_SHOWN
    with pytest.raises(WrongUse, match=r"0\.8 and 0\.95"):
        judge([210.0] * 8, share=0.5)


def test_a_skewed_forecast_gives_a_skewed_interval() -> None:
    steps = [replace(step, quantiles=(100.0, 200.0, 250.0, 300.0, 400.0, 600.0, 900.0)) for step in some_forecasts(4)]
    effect = judge([300.0] * 4, steps)
    assert (effect.low, effect.high) == (-300, 100)


def test_one_measured_step_a_step_is_asked_for() -> None:
    with pytest.raises(WrongUse, match="1 measured steps for 2"):
        find_effect(a_town(), a_decision(in_force()), "one-way", frozen(some_forecasts()), some_forecasts(2), [MeasuredStep(1.0)])
    with pytest.raises(WrongUse, match=r"no measure 'dose'; it holds one-way"):
        find_effect(a_town(), a_decision(in_force()), "dose", frozen(some_forecasts()), [], [])


# -- what is compared


def test_judged_are_whole_steps_once_the_effect_can_show_and_while_it_lasts() -> None:
    steps = some_forecasts(8)
    measure = in_force(10, 100, effect_after_s=300.0)
    assert judged_steps(measure, frozen(steps), NOON + 180 * MINUTE) == steps[1:6]
    assert judged_steps(measure, frozen(steps), NOON + 50 * MINUTE) == steps[1:3]
    assert judged_steps(in_force(0), frozen(steps), NOON + 600 * MINUTE) == steps
    assert judged_steps(a_decided_measure(), frozen(steps), NOON + 600 * MINUTE) == []


def test_the_newest_forecast_from_before_is_chosen_and_never_one_from_after() -> None:
    early, late = frozen(some_forecasts()), frozen(some_forecasts(origin=NOON + 15 * MINUTE))
    elsewhere = frozen(some_forecasts(target="north", quantity="flow_per_min"))
    assert choose_forecast([late, early, elsewhere], "square", NOON + 14 * MINUTE) == early
    assert choose_forecast([late, early, elsewhere], "square", NOON + 15 * MINUTE) == late
    assert choose_forecast([late], "square", NOON) is None


def test_a_step_is_the_mean_of_its_own_minutes() -> None:
    values = [100.0] * 15 + [200.0] * 15
    first, second = average_course(minutes(values, width=16.449), some_forecasts(2))
    assert (first.value, second.value) == (100, 200)
    assert first.sd == pytest.approx(10.0, abs=0.001)


@pytest.mark.parametrize("quality", ["suspect", "suppressed", "stale", "missing"])
def test_what_cannot_be_trusted_is_not_measured(quality: str) -> None:
    (step,) = average_course(minutes([100.0] * 15, quality), some_forecasts(1))
    assert step.value is None


def test_half_a_step_is_enough_and_less_is_not() -> None:
    steps = some_forecasts(2)
    first, second = average_course(minutes([None] * 7 + [100.0] * 8 + [None] * 8 + [100.0] * 7), steps)
    assert (first.value, second.value) == (100, None)


def test_a_point_counter_is_compared_by_its_own_steps_in_persons_a_minute() -> None:
    steps = some_forecasts(3, target="quay", quantity="count", middle=3000, sd=300, step_s=3600)
    series = Series(target="quay", quantity="count", first_s=int(NOON.timestamp()), step_s=3600, values=np.array([1800.0, np.nan, 1800.0]))
    measured = take_series(series, steps)
    assert [one.value for one in measured] == [30, None, 30]
    effect = find_effect(a_town(), a_decision(in_force()), "one-way", frozen(steps), steps, measured)
    assert (effect.quantity, effect.measured, effect.expected, effect.verdict) == ("flow_per_min", 30, 50, Verdict.LESS)
    assert "20 persons a minute fewer" in effect.text["en"]


def test_a_series_of_other_steps_says_nothing() -> None:
    steps = some_forecasts(1, quantity="count", step_s=900)
    assert take_series(Series(target="quay", quantity="count", first_s=int(NOON.timestamp()), step_s=3600, values=np.ones(3)), steps) == [MeasuredStep(None)]


def test_together_are_others_that_were_in_force_at_the_place_meanwhile() -> None:
    others = [
        a_decision(in_force(30, 90), in_force(0, 20, id="close"), number=1),
        a_decision(a_decided_measure("dose", in_force_at=NOON + 60 * MINUTE), number=2),
        a_decision(a_decided_measure("far", in_force_at=NOON + 60 * MINUTE, places=("street",)), number=3),
        a_decision(a_decided_measure("never"), number=4),
        a_decision(in_force(85), number=5),
    ]
    assert find_together(others, 1, "one-way", "square", NOON + 30 * MINUTE, NOON + 90 * MINUTE) == ("dose", "one-way")
    assert find_together(others, 1, "one-way", "square", NOON + 20 * MINUTE, NOON + 60 * MINUTE) == ()


# -- how often it is wrong, on days of which the truth is known


def errors_of_days(chance: np.random.Generator, days: int, stays: float) -> FloatArray:
    """Errors of forecasts with sd 1 a step; from step to step they keep so much of the last. Shape (days, steps)."""
    errors = chance.normal(size=(days, HOURS_2))
    for k in range(1, HOURS_2):
        errors[:, k] = stays * errors[:, k - 1] + np.sqrt(1 - stays**2) * errors[:, k]
    return errors


def judge_days(
    stays: float, share_of_people: float, *, days: int = DAYS, share: float = 0.8, with_past: bool = False, seed: int = 5
) -> list[tuple[Effect, float]]:
    """Effects found on days on which the measure changed the people by a known share, with the true difference of each."""
    chance = np.random.default_rng(seed)
    sd = np.linspace(20, 60, HOURS_2)
    past = errors_of_days(chance, 60, stays) * sd if with_past else None
    town, decision, found = a_town(), a_decision(in_force()), []
    for errors in errors_of_days(chance, days, stays):
        middle = 300 + 100 * np.sin(np.linspace(0, chance.uniform(1, 3), HOURS_2))
        without = middle + sd * errors
        truth = without * (1 + share_of_people)
        seen = truth + 8 * chance.normal()
        steps = [replace(step, quantiles=tuple(m + s * Z)) for step, m, s in zip(some_forecasts(HOURS_2), middle, sd, strict=True)]
        measured = [MeasuredStep(value, 8.0) for value in seen.tolist()]
        effect = find_effect(town, decision, "one-way", frozen(steps), steps, measured, share=share, past_errors=past)
        found.append((effect, float((truth - without).mean())))
    return found


def most_by_chance(nominal: float, days: int = DAYS) -> float:
    """The share that a rate of `nominal` goes above once in 1,000 such runs."""
    return float(binom.ppf(0.999, days, nominal)) / days


@pytest.mark.parametrize("stays", [0.0, 0.7, 0.95, 1.0])
@pytest.mark.parametrize(("share", "nominal"), [(0.8, 0.2), (0.95, 0.05)])
@pytest.mark.parametrize("with_past", [False, True], ids=["without past errors", "with past errors"])
def test_of_days_without_an_effect_no_more_are_claimed_than_the_interval_says(stays: float, share: float, nominal: float, *, with_past: bool) -> None:
    effects = [effect for effect, _ in judge_days(stays, 0.0, share=share, with_past=with_past)]
    claimed = sum(effect.verdict in (Verdict.LESS, Verdict.MORE) for effect in effects) / DAYS
    assert claimed <= most_by_chance(nominal)


@pytest.mark.parametrize("stays", [0.0, 0.7, 0.95, 1.0])
def test_a_known_effect_is_found_and_its_size_lies_in_the_interval(stays: float) -> None:
    effects = judge_days(stays, -0.35)
    found = sum(effect.verdict is Verdict.LESS for effect, _ in effects) / DAYS
    covered = sum(effect.low <= true <= effect.high for effect, true in effects if effect.low is not None and effect.high is not None) / DAYS
    assert found > 0.9
    assert covered >= 1 - most_by_chance(0.2)


def test_a_steady_interval_would_be_wrong_if_it_shrank_with_the_number_of_steps() -> None:
    """What the root of n would do: the reason why it is not done."""
    effects = [effect for effect, _ in judge_days(0.95, 0.0)]
    middles = [(effect.difference or 0.0, ((effect.high or 0.0) - (effect.low or 0.0)) / 2 / np.sqrt(HOURS_2)) for effect in effects]
    assert sum(abs(difference) > half for difference, half in middles) / DAYS > 0.4


def test_past_errors_find_smaller_effects_where_steps_do_not_hang_together() -> None:
    plain, learned = (sum(effect.verdict is Verdict.LESS for effect, _ in judge_days(0.0, -0.12, with_past=past)) / DAYS for past in (False, True))
    assert learned > plain + 0.2


@pytest.mark.parametrize(("stays", "low", "high"), [(0.0, 0.3, 0.6), (1.0, 1.0, 1.0)])
def test_the_factor_lies_between_the_root_of_n_and_one(stays: float, low: float, high: float) -> None:
    errors = errors_of_days(np.random.default_rng(1), 200, stays)
    assert low <= dependence_factor(errors, np.ones(HOURS_2)) <= high


@pytest.mark.parametrize("errors", [None, np.ones((19, 4)), np.full((40, 4), np.nan), np.zeros((40, 4))])
def test_too_little_past_narrows_nothing(errors: FloatArray | None) -> None:
    assert dependence_factor(errors, np.ones(4)) == 1.0


some_values = st.lists(st.one_of(st.none(), st.floats(0, 5000)), min_size=1, max_size=12)


@given(some_values, st.floats(0, 2000), st.floats(0, 500), st.floats(0, 200), st.sampled_from([0.8, 0.95]))
def test_no_effect_is_ever_claimed_where_the_interval_holds_zero(values: list[float | None], middle: float, sd: float, own: float, share: float) -> None:
    effect = judge(values, some_forecasts(len(values), middle=middle, sd=sd), sd=own, share=share)
    assert effect.steps + effect.left_out == len(values)
    if effect.low is None or effect.high is None or effect.difference is None:
        assert effect.verdict is Verdict.TOO_EARLY
        return
    assert effect.low <= effect.difference <= effect.high
    if effect.low <= 0 <= effect.high:
        assert effect.verdict in (Verdict.NONE_SHOWN, Verdict.TOO_EARLY)
    assert set(effect.text) == {"en", "nl"}


def test_the_time_of_a_step_is_kept_through_the_course_of_a_day() -> None:
    late = NOON + timedelta(hours=3)
    steps = [step for step in some_forecasts(24) if step.time >= late]
    course = [State(late + (k + 1) * MINUTE, 5.0) for k in range(15)]
    assert [one.value for one in average_course(course, steps)] == [5.0, *[None] * (len(steps) - 1)]
