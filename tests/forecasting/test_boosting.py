"""Boosted trees: what they learn, when they are not asked, and what stands with the forecast."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from deining.domain.drivers import Drivers, SchoolHoliday, Weather
from deining.domain.series import Series
from deining.forecasting.boosting import Boosting
from deining.forecasting.calendar import Calendar
from deining.forecasting.ordinary_weeks import OrdinaryWeeks

HOUR, DAY = 3600, 86_400
FIRST = datetime(2025, 3, 3, tzinfo=UTC)
WEEKS = 20
UNTIL = FIRST + timedelta(weeks=WEEKS)
CALENDAR = Calendar(ZoneInfo("UTC"))


def a_town(seed: int = 1, weeks: int = WEEKS + 2) -> tuple[list[Series], np.ndarray]:
    """Three places that share the mood of the day, which the morning tells; and that mood by day."""
    rng = np.random.default_rng(seed)
    hours = np.arange(weeks * 168)
    mood = np.exp(rng.normal(0, 0.4, weeks * 7))
    course = 200 * np.maximum(0.05, np.sin(np.pi * (hours % 24 - 5) / 18)) * mood[hours // 24]
    return [
        Series(target=f"p{k}", quantity="count", first_s=int(FIRST.timestamp()), step_s=HOUR, values=rng.poisson(course * (1 + k)).astype(float))
        for k in range(3)
    ], mood


@cache
def taught() -> Boosting:
    model = Boosting(CALENDAR)
    assert model.learn(a_town()[0], UNTIL)
    return model


def error(made: list, series: Series) -> float:  # type: ignore[type-arg]
    truth = series.values[[int(f.time.timestamp() - series.first_s) // HOUR for f in made]]
    return float(np.abs(np.array([f.quantile(0.5) for f in made]) - truth).mean())


def test_it_sees_by_the_morning_what_day_it_is_and_ordinary_weeks_do_not() -> None:
    series, _ = a_town()
    own = simple = 0.0
    for day in range(10):
        origin = UNTIL + timedelta(days=day, hours=12)
        for one in series:
            own += error([f for f in taught().forecast(series, origin, 8 * HOUR) if f.target == one.target], one)
            simple += error(OrdinaryWeeks(CALENDAR).forecast([one.until(origin)], origin, 8 * HOUR), one)
    assert own < 0.6 * simple


def test_one_version_stands_with_all_its_forecasts_and_says_which_drivers_were_absent() -> None:
    made = taught().forecast(a_town()[0], UNTIL, 24 * HOUR)
    sources = {f.provenance for f in made}
    assert len(sources) == 1
    found = sources.pop()
    assert found.learned_until == UNTIL
    assert found.model_version
    assert found.data_version
    assert set(found.absent) == {"events", "school_holidays", "weather"}


def test_other_data_make_another_version() -> None:
    until = FIRST + timedelta(weeks=7)
    models = [Boosting(CALENDAR) for _ in range(3)]
    for model, seed in zip(models, (1, 2, 1), strict=True):
        model.learn(a_town(seed=seed, weeks=8)[0], until)
    versions = [m.forecast(a_town()[0], UNTIL, HOUR)[0].provenance.model_version for m in models]
    assert versions[0] == versions[2] != versions[1]


def test_a_new_sensor_gets_ordinary_weeks_and_the_reason() -> None:
    series, _ = a_town()
    young = replace(series[0], target="new", values=np.where(np.arange(len(series[0].values)) < (WEEKS - 2) * 168, np.nan, series[0].values))
    made = taught().forecast([*series, young], UNTIL, 24 * HOUR)
    assert {(f.model, f.provenance.reason) for f in made if f.target == "new"} == {("ordinary_weeks", "measured for 14 days only")}
    assert {f.model for f in made if f.target == "p0"} == {"boosting"}


def test_where_the_trees_do_worse_ordinary_weeks_are_given() -> None:
    model = Boosting(CALENDAR)
    model.load(taught().dump())
    lesson = model._lessons["count", HOUR]
    day = replace(lesson.stretches[1], to_ordinary={"p0": 1.31, "p1": 0.8})
    model._lessons["count", HOUR] = replace(lesson, stretches=(lesson.stretches[0], day, lesson.stretches[2]))
    made = model.forecast(a_town()[0], UNTIL, 48 * HOUR)
    own = [f for f in made if f.target == "p0"]
    assert [f.model for f in own] == ["boosting"] + 23 * ["ordinary_weeks"] + 24 * ["boosting"]
    assert own[5].provenance.reason == "over the last half year the trees erred 1.31 times as much as ordinary weeks here"
    assert {f.model for f in made if f.target == "p1"} == {"boosting"}


def test_it_notes_how_it_did_against_ordinary_weeks_at_each_place() -> None:
    for stretch in taught()._lessons["count", HOUR].stretches:
        assert set(stretch.to_ordinary) == {"p0", "p1", "p2"}
        assert all(0 < ratio < 1.2 for ratio in stretch.to_ordinary.values())


def test_beyond_two_weeks_it_says_why_it_is_simple() -> None:
    last = [f for f in taught().forecast(a_town()[0], UNTIL, 20 * DAY) if f.target == "p1"]
    assert len(last) == 20 * 24
    assert {f.model for f in last[: 14 * 24]} == {"boosting"}
    assert {f.provenance.reason for f in last[14 * 24 :]} == {"farther ahead than 14 days"}


def test_it_learns_nothing_of_too_little_and_says_so() -> None:
    series = [one.until(FIRST + timedelta(days=20)) for one in a_town()[0]]
    model = Boosting(CALENDAR)
    assert not model.learn(series, FIRST + timedelta(days=20))
    assert {f.provenance.reason for f in model.forecast(series, FIRST + timedelta(days=20), 24 * HOUR)} == {"nothing was learned yet"}


def test_it_learns_again_when_much_is_new_and_not_before() -> None:
    model, (series, _) = Boosting(CALENDAR), a_town(weeks=12)
    assert model.learn(series, FIRST + timedelta(weeks=7))
    assert not model.learn(series, FIRST + timedelta(weeks=7, days=5))
    assert model.learn(series, FIRST + timedelta(weeks=10))


@pytest.mark.parametrize(
    "values",
    [np.zeros(60 * 24), np.full(60 * 24, 7.0), np.full(10, 50.0), np.concatenate([np.full(800, 20.0), np.full(365 * 24, np.nan), np.full(900, 25.0)])],
    ids=["zeros", "one value", "ten hours", "a year's gap"],
)
def test_poor_series_give_finite_ordered_forecasts(values: np.ndarray) -> None:
    series = Series(target="poor", quantity="count", first_s=int(FIRST.timestamp()), step_s=HOUR, values=values)
    origin = FIRST + timedelta(hours=len(values))
    model = Boosting(CALENDAR)
    model.learn([series], origin)
    made = model.forecast([series], origin, 48 * HOUR)
    assert len(made) == 48
    for f in made:
        assert np.isfinite(f.quantiles).all()
        assert list(f.quantiles) == sorted(f.quantiles)


def test_an_origin_before_the_data_has_no_forecast() -> None:
    assert taught().forecast(a_town()[0], FIRST - timedelta(days=3), 24 * HOUR) == []


def test_two_steps_of_counting_are_learned_apart() -> None:
    series, _ = a_town()
    quarter = replace(series[0], target="q", step_s=900, values=np.repeat(series[0].values / 4, 4))
    made = taught().forecast([series[0], quarter], UNTIL, 6 * HOUR)
    assert {(f.target, f.step_s, f.model) for f in made} == {("p0", HOUR, "boosting"), ("q", 900, "ordinary_weeks")}


def test_rain_that_was_forecast_lowers_the_forecast_and_measured_rain_of_tomorrow_is_not_seen() -> None:
    rng = np.random.default_rng(5)
    days = (WEEKS + 2) * 7
    rain = rng.random(days) < 0.4
    hours = np.arange(days * 24)
    course = 300 * np.maximum(0.1, np.sin(np.pi * (hours % 24 - 5) / 18)) * np.where(rain[hours // 24], 0.3, 1.0)
    series = [Series(target=f"p{k}", quantity="count", first_s=int(FIRST.timestamp()), step_s=HOUR, values=rng.poisson(course).astype(float)) for k in range(2)]
    time_s = int(FIRST.timestamp()) + hours * HOUR
    values = np.full((len(hours), 4), np.nan)
    values[:, 1] = np.where(rain[hours // 24], 2.0, 0.0)
    measured = Weather(time_s=time_s, issued_s=time_s + HOUR, values=values, measured=np.ones(len(hours), dtype=bool))
    model = Boosting(CALENDAR)
    model.learn(series, UNTIL, Drivers(weather=measured))

    def people(mm: float | None) -> float:
        ahead = int(UNTIL.timestamp()) + HOUR * np.arange(48)
        row = np.full((48, 4), np.nan)
        row[:, 1] = np.nan if mm is None else mm
        told = Weather(
            time_s=np.concatenate([measured.time_s, ahead]),
            issued_s=np.concatenate([measured.issued_s, np.full(48, int(UNTIL.timestamp()))]),
            values=np.vstack([measured.values, row]),
            measured=np.concatenate([measured.measured, np.zeros(48, dtype=bool)]),
        )
        return sum(
            f.quantile(0.5)
            for f in model.forecast(series, UNTIL, 48 * HOUR, Drivers(weather=told))
            if f.time.hour in range(9, 20) and f.time > UNTIL + timedelta(hours=24)
        )

    assert people(3.0) < 0.6 * people(0.0)
    assert people(3.0) < people(None) < 1.2 * people(0.0)


def test_school_holidays_are_learned_where_they_are_told() -> None:
    off = [(date_k, date_k + timedelta(days=6)) for date_k in (FIRST.date() + timedelta(weeks=w) for w in (3, 6, 7, 11, 15, 16, 21))]
    days = (WEEKS + 2) * 7
    free = np.array([any(a <= FIRST.date() + timedelta(days=d) <= b for a, b in off) for d in range(days)])
    hours = np.arange(days * 24)
    rng = np.random.default_rng(6)
    course = 300 * np.maximum(0.1, np.sin(np.pi * (hours % 24 - 5) / 18)) * np.where(free[hours // 24], 1.8, 1.0)
    series = [Series(target=f"p{k}", quantity="count", first_s=int(FIRST.timestamp()), step_s=HOUR, values=rng.poisson(course).astype(float)) for k in range(2)]
    told = Drivers(school_holidays=tuple(SchoolHoliday(name="break", first=a, last=b) for a, b in off))
    origin = FIRST + timedelta(weeks=21) - timedelta(hours=14)
    found = {}
    for name, drivers in (("told", told), ("untold", Drivers())):
        model = Boosting(CALENDAR)
        model.learn(series, UNTIL, drivers)
        made = [f for f in model.forecast(series, origin, 60 * HOUR, drivers) if f.target == "p0" and f.time >= FIRST + timedelta(weeks=21, hours=8)]
        found[name] = error(made, series[0])
    assert found["told"] < 0.85 * found["untold"]
