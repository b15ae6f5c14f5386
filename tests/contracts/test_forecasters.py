"""What every forecaster promises, checked on each row of the registry."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from deining.domain.errors import WrongData
from deining.domain.forecast import QUANTILES, Forecast
from deining.domain.ports import Forecaster
from deining.domain.series import Series
from deining.forecasting import FORECASTERS, REACH_S, Calendar

HOUR, WEEK = 3600, 168
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
ORIGIN = FIRST + timedelta(weeks=8, hours=13)


CALENDAR = Calendar(ZoneInfo("Europe/Amsterdam"), "NL")
LEARNED_UNTIL = FIRST + timedelta(weeks=8)


@cache
def learned(name: str) -> bytes:
    """What a model learns of three places in eight weeks."""
    taught = FORECASTERS[name](CALENDAR)
    taught.learn([replace(a_series(seed=k), target=f"quay {k}" if k > 1 else "quay") for k in (1, 2, 3)], LEARNED_UNTIL)
    return taught.dump()


@pytest.fixture(params=[(name, taught) for name in sorted(FORECASTERS) for taught in (False, True)], ids=lambda p: f"{p[0]}-{'taught' if p[1] else 'new'}")
def model(request: pytest.FixtureRequest) -> Forecaster:
    name, taught = request.param
    made = FORECASTERS[name](CALENDAR)
    if taught:
        made.load(learned(name))
    return made


def steps_of(request: pytest.FixtureRequest, horizon_s: int, step_s: int = HOUR) -> int:
    """Steps that the model under test gives for a horizon."""
    name, _ = request.node.callspec.params["model"]
    return min(horizon_s, REACH_S.get(name, horizon_s)) // step_s


def a_series(weeks: int = 10, *, noise: float = 0.2, seed: int = 1, step_s: int = HOUR) -> Series:
    """A week that repeats, with noise."""
    n = weeks * WEEK * HOUR // step_s
    hours = np.arange(n) * step_s / HOUR
    course = 200 + 150 * np.sin(2 * np.pi * hours / 24) + 60 * (hours % WEEK > 120)
    values = np.maximum(0, course * np.exp(np.random.default_rng(seed).normal(0, noise, n)))
    return Series(target="quay", quantity="count", first_s=int(FIRST.timestamp()), step_s=step_s, values=np.round(values))


def rows(forecasts: list[Forecast]) -> list[tuple[object, ...]]:
    return [(f.target, f.quantity, f.origin, f.time, f.mean, f.quantiles) for f in forecasts]


def test_it_says_nothing_before_anything_was_measured(model: Forecaster) -> None:
    empty = Series(target="quay", quantity="count", first_s=int(FIRST.timestamp()), step_s=HOUR, values=np.zeros(0))
    silent = Series(target="quay", quantity="count", first_s=int(FIRST.timestamp()), step_s=HOUR, values=np.full(500, np.nan))
    assert model.forecast([empty], ORIGIN, 24 * HOUR) == []
    assert model.forecast([silent], ORIGIN, 24 * HOUR) == []


@pytest.mark.parametrize("known", [1, 5, 24, 167, 400])
def test_it_copes_with_little_history(model: Forecaster, known: int, request: pytest.FixtureRequest) -> None:
    series = a_series()
    origin = FIRST + timedelta(hours=known)
    made = model.forecast([series.until(origin)], origin, 24 * HOUR)
    assert len(made) == steps_of(request, 24 * HOUR)
    assert all(np.isfinite(f.quantiles).all() and np.isfinite(f.mean) for f in made)


@pytest.mark.parametrize("step_s", [900, HOUR])
def test_it_gives_one_forecast_for_each_step_from_the_origin_on(model: Forecaster, step_s: int, request: pytest.FixtureRequest) -> None:
    made = model.forecast([a_series(step_s=step_s)], ORIGIN, 24 * HOUR)
    assert [f.time for f in made] == [ORIGIN + timedelta(seconds=step_s * k) for k in range(steps_of(request, 24 * HOUR, step_s))]
    assert {(f.target, f.quantity, f.origin) for f in made} == {("quay", "count", ORIGIN)}


def test_an_origin_within_a_step_begins_at_the_next_one(model: Forecaster, request: pytest.FixtureRequest) -> None:
    made = model.forecast([a_series()], ORIGIN + timedelta(minutes=20), 3 * HOUR)
    assert [f.time for f in made] == [ORIGIN + timedelta(hours=k) for k in range(1, steps_of(request, 3 * HOUR - 1200) + 2)][: len(made)]
    assert len(made) >= 1


def test_quantiles_rise_and_are_never_negative(model: Forecaster) -> None:
    for forecast in model.forecast([a_series(noise=1.5)], ORIGIN, 168 * HOUR):
        assert len(forecast.quantiles) == len(QUANTILES)
        assert list(forecast.quantiles) == sorted(forecast.quantiles)
        assert forecast.quantiles[0] >= 0
        assert forecast.mean >= 0


def test_only_the_past_up_to_the_origin_reaches_it(model: Forecaster) -> None:
    series = a_series()
    poisoned = series.values.copy()
    poisoned[int((ORIGIN - FIRST).total_seconds()) // HOUR :] = 1e9
    later = Series(target="quay", quantity="count", first_s=series.first_s, step_s=HOUR, values=poisoned)
    assert rows(model.forecast([series], ORIGIN, 168 * HOUR)) == rows(model.forecast([later], ORIGIN, 168 * HOUR))
    assert rows(model.forecast([series.until(ORIGIN)], ORIGIN, 168 * HOUR)) == rows(model.forecast([series], ORIGIN, 168 * HOUR))


def test_the_same_question_has_the_same_answer_and_asking_changes_nothing(model: Forecaster) -> None:
    series = a_series()
    before = series.values.copy()
    first = rows(model.forecast([series], ORIGIN, 48 * HOUR))
    model.forecast([a_series(seed=2)], ORIGIN, 48 * HOUR)
    model.forecast([series], ORIGIN + timedelta(hours=5), 48 * HOUR)
    assert rows(model.forecast([series], ORIGIN, 48 * HOUR)) == first
    np.testing.assert_array_equal(series.values, before)


@pytest.mark.parametrize("name", sorted(FORECASTERS))
def test_nothing_after_its_time_reaches_what_it_learns_and_it_learns_the_same_twice(name: str) -> None:
    taught = FORECASTERS[name](CALENDAR)
    poisoned = []
    for k in (1, 2, 3):
        one = replace(a_series(seed=k), target=f"quay {k}" if k > 1 else "quay")
        values = one.values.copy()
        values[int((LEARNED_UNTIL - FIRST).total_seconds()) // HOUR :] = 1e6
        poisoned.append(replace(one, values=values))
    taught.learn(poisoned, LEARNED_UNTIL)
    clean = FORECASTERS[name](CALENDAR)
    clean.load(learned(name))
    assert rows(taught.forecast([a_series()], ORIGIN, 24 * HOUR)) == rows(clean.forecast([a_series()], ORIGIN, 24 * HOUR))
    assert not taught.learn(poisoned, LEARNED_UNTIL), "nothing new has come"


def test_those_that_learn_have_learned_something_here() -> None:
    assert {name for name in FORECASTERS if learned(name)} == {"combined", "boosting", "nowcast"}


def test_what_is_no_dump_is_refused_in_one_sentence(model: Forecaster) -> None:
    with pytest.raises(WrongData, match=r"^[^\n]+$"):
        model.load(b"not what a model keeps")


def test_two_histories_of_one_place_are_told_apart(model: Forecaster) -> None:
    assert rows(model.forecast([a_series(seed=1)], ORIGIN, 24 * HOUR)) != rows(model.forecast([a_series(seed=2)], ORIGIN, 24 * HOUR))


def test_a_gap_is_not_learned_as_quiet(model: Forecaster) -> None:
    series = a_series(noise=0.05)
    values = series.values.copy()
    last = int((ORIGIN - FIRST).total_seconds()) // HOUR
    values[last - 5 * 24 : last - 2 * 24] = np.nan
    gap = Series(target="quay", quantity="count", first_s=series.first_s, step_s=HOUR, values=values)
    whole, holed = (np.array([f.mean for f in model.forecast([one], ORIGIN, 168 * HOUR)]) for one in (series, gap))
    assert np.abs(holed - whole).max() < 0.5 * whole.mean()
    assert holed.min() > 0


def test_its_80_and_95_percent_intervals_hold_about_as_often_as_they_say(model: Forecaster) -> None:
    inside80, inside95, n = 0, 0, 0
    for seed in range(4):
        series = a_series(10, seed=seed)
        for day in range(6):
            origin = FIRST + timedelta(weeks=8, days=day, hours=5 * day)
            for f in model.forecast([series.until(origin)], origin, 24 * HOUR):
                truth = series.values[int((f.time - FIRST).total_seconds()) // HOUR]
                inside80 += f.quantile(0.10) <= truth <= f.quantile(0.90)
                inside95 += f.quantile(0.025) <= truth <= f.quantile(0.975)
                n += 1
    assert 0.70 < inside80 / n < 0.90
    assert 0.88 < inside95 / n < 0.99


def test_it_can_be_kept_and_taken_up_again(model: Forecaster) -> None:
    kept = [pickle.loads(pickle.dumps(f)) for f in model.forecast([a_series()], ORIGIN, 24 * HOUR)]
    assert rows(kept) == rows(model.forecast([a_series()], ORIGIN, 24 * HOUR))


def test_it_does_not_grow_with_what_it_is_asked(model: Forecaster) -> None:
    from deining.forecasting import weekly

    for k in range(50):
        model.forecast([a_series(3, seed=k)], FIRST + timedelta(weeks=3), HOUR)
    known = getattr(model, "_known_errors", {})
    assert len(known) <= weekly.MOST_KNOWN_ERRORS
