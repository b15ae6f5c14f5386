"""The nowcast and the mean of the last 15 minutes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deining.domain.errors import WrongData
from deining.domain.forecast import QUANTILES, Forecast
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar
from deining.forecasting.nowcast import Nowcast, average, smooth
from deining.forecasting.nowcast_bands import Bands, Errors, conformal
from deining.forecasting.nowcast_pool import best_weights
from deining.forecasting.recent import RecentMean, lead_knots
from deining.forecasting.recent_clues import CLUES, Reader
from deining.forecasting.recent_grid import Grid

STEP_S = 180
FIRST = datetime(2026, 7, 4, 8, tzinfo=UTC)
DAY = 86_400 // STEP_S
CALENDAR = Calendar(ZoneInfo("Europe/Amsterdam"))


def a_series(values: Sequence[float] | FloatArray, target: str = "gate-1", *, step_s: int = STEP_S, quantity: str = "count") -> Series:
    return Series(target=target, quantity=quantity, first_s=int(FIRST.timestamp()), step_s=step_s, values=np.array(values, dtype=float))


def event_days(days: int = 2, places: int = 12, seed: int = 1, *, peak: float = 20.0) -> list[Series]:
    """Poisson counts round a course that rises and falls each day, with a slow drift that all places share."""
    rng = np.random.default_rng(seed)
    t = np.arange(days * DAY)
    drift = np.cumsum(rng.normal(0, 0.03, len(t)))
    course = np.exp(-0.5 * ((t % DAY - DAY / 3) / (DAY / 6)) ** 2 + drift - np.linspace(0, drift[-1], len(t)))
    return [a_series(rng.poisson(peak * rng.uniform(0.5, 2.0) * course), f"gate-{k}") for k in range(places)]


def after(steps: int) -> datetime:
    return FIRST + timedelta(seconds=STEP_S * steps)


def rows(made: list[Forecast]) -> list[tuple[object, ...]]:
    return [(f.target, f.time, f.mean, f.quantiles) for f in made]


@pytest.fixture(scope="module")
def learned() -> Nowcast:
    model = Nowcast(CALENDAR)
    assert model.learn(event_days(), after(DAY + 200))
    return model


def test_the_recent_mean_is_the_mean_of_the_last_quarter_of_an_hour() -> None:
    made = RecentMean(CALENDAR).forecast([a_series([9, 9, 1, 2, 3, 4, 5])], after(7), 3600)
    assert [f.quantile(0.5) for f in made] == [3.0] * 20
    assert {f.model for f in made} == {"recent_mean"}


def test_before_three_hours_are_known_the_nowcast_is_the_recent_mean_and_says_so() -> None:
    series, model = event_days(), Nowcast(CALENDAR)
    assert not model.learn(series, after(59))
    made, simple = model.forecast(series, after(59), 7200), RecentMean(CALENDAR).forecast(series, after(59), 7200)
    assert [f.quantile(0.5) for f in made] == [np.floor(f.quantile(0.5) + 0.5) for f in simple]
    assert [f.mean for f in made] == [f.mean for f in simple]
    assert "15 minutes" in made[0].provenance.reason


def test_with_hardly_anything_known_the_band_is_wide() -> None:
    for forecast in Nowcast(CALENDAR).forecast([a_series([10, 10, 10])], after(3), 3600):
        assert forecast.quantiles[0] == 0
        assert forecast.quantiles[-1] > 30


def test_a_first_day_is_learned_from_within() -> None:
    series, model = event_days(1), Nowcast(CALENDAR)
    assert model.learn(series, after(100))
    made = model.forecast(series, after(100), 7200)
    assert made[0].provenance.learned_until == after(100)
    assert made[0].provenance.model_version
    assert made[0].provenance.reason == ""


def test_it_learns_again_only_when_enough_is_new() -> None:
    series, model = event_days(1), Nowcast(CALENDAR)
    assert model.learn(series, after(100))
    assert not model.learn(series, after(100))
    assert not model.learn(series, after(105))
    assert model.learn(series, after(115))


def test_it_errs_less_than_the_recent_mean_on_a_day_that_resembles_the_one_before(learned: Nowcast) -> None:
    series = event_days()
    simple, errors = RecentMean(CALENDAR), {"nowcast": 0.0, "recent_mean": 0.0}
    for k in range(DAY + 205, DAY + 400, 15):
        for made in (learned.forecast(series, after(k), 3600), simple.forecast(series, after(k), 3600)):
            for f in made:
                index = int((f.time - FIRST).total_seconds()) // STEP_S
                truth = next(one for one in series if one.target == f.target).values[index]
                errors[f.model] += abs(f.quantile(0.5) - truth)
    assert errors["nowcast"] < 0.9 * errors["recent_mean"]


def test_nothing_after_the_origin_reaches_it(learned: Nowcast) -> None:
    series, k = event_days(), DAY + 250
    poisoned = [a_series(np.concatenate([one.values[:k], np.full(200, 1e6)]), one.target) for one in series]
    assert rows(learned.forecast(series, after(k), 7200)) == rows(learned.forecast(poisoned, after(k), 7200))
    other = Nowcast(CALENDAR)
    other.learn(poisoned, after(k))
    same = Nowcast(CALENDAR)
    same.learn(series, after(k))
    assert other.dump() == same.dump()


def test_the_same_history_and_seed_give_the_same_forecasts_and_asking_changes_nothing(learned: Nowcast) -> None:
    series, again = event_days(), Nowcast(CALENDAR)
    again.learn(series, after(DAY + 200))
    first = rows(learned.forecast(series, after(DAY + 210), 7200))
    learned.forecast(event_days(seed=5), after(DAY + 300), 7200)
    assert rows(learned.forecast(series, after(DAY + 210), 7200)) == first == rows(again.forecast(series, after(DAY + 210), 7200))


def test_what_was_learned_can_be_kept_and_taken_up_again(learned: Nowcast) -> None:
    other = Nowcast(CALENDAR)
    other.load(learned.dump())
    made, taken_up = (model.forecast(event_days(), after(DAY + 210), 7200) for model in (learned, other))
    assert rows(made) == rows(taken_up)
    assert made[0].provenance == taken_up[0].provenance
    assert other.dump() == learned.dump()


@pytest.mark.parametrize("kept", [b"{}", b"nonsense", b'{"model": "nowcast", "kinds": [{"kind": [1]}]}', b"[1]"])
def test_what_is_not_its_own_is_refused(kept: bytes) -> None:
    with pytest.raises(WrongData, match="learn anew"):
        Nowcast(CALENDAR).load(kept)


def test_what_older_code_learned_is_dropped(learned: Nowcast) -> None:
    kept = json.loads(learned.dump()) | {"code": 0}
    other = Nowcast(CALENDAR)
    other.load(json.dumps(kept).encode())
    assert other.dump() == b""


def test_nothing_is_said_of_steps_two_hours_ahead_or_later() -> None:
    series = event_days()[:1]
    made = Nowcast(CALENDAR).forecast(series, after(300), 24 * 3600)
    assert [f.time for f in made] == [after(300 + k) for k in range(40)]
    hourly = a_series(np.arange(50.0), step_s=3600)
    assert len(Nowcast(CALENDAR).forecast([hourly], FIRST + timedelta(hours=40), 24 * 3600)) == 2


def test_an_origin_within_a_step_begins_at_the_next_one(learned: Nowcast) -> None:
    made = learned.forecast(event_days()[:1], after(DAY + 210) + timedelta(seconds=60), 3 * STEP_S)
    assert [f.time for f in made] == [after(DAY + 211 + k) for k in range(3)]


def test_series_of_several_steps_and_quantities_are_forecast_together_in_the_order_given() -> None:
    given_ones = [
        a_series(np.arange(300.0), "a"),
        a_series(np.arange(60.0), "b", step_s=900),
        a_series(np.arange(300.0) / 7, "c", quantity="flow_per_min"),
        a_series([], "nothing"),
        a_series(np.arange(300.0), "d"),
    ]
    made = Nowcast(CALENDAR).forecast(given_ones, after(300), 3600)
    assert [f.target for f in made] == ["a"] * 20 + ["b"] * 4 + ["c"] * 20 + ["d"] * 20


def test_the_median_of_a_count_is_whole_and_of_a_flow_is_not() -> None:
    noise = np.random.default_rng(1).poisson(4, 300)
    count, flow = a_series(noise), a_series(noise / 3, quantity="flow_per_min")
    made = Nowcast(CALENDAR).forecast([count, flow], after(300), STEP_S)
    assert made[0].quantile(0.5) % 1 == 0
    assert made[1].quantile(0.5) == pytest.approx(noise[-5:].mean() / 3)


def test_a_gap_is_not_taken_for_quiet() -> None:
    values = np.random.default_rng(2).poisson(30, 300).astype(float)
    values[270:] = np.nan
    made = Nowcast(CALENDAR).forecast([a_series(values)], after(300), 3600)
    assert all(20 < f.quantile(0.5) < 40 for f in made)


def test_after_a_silent_night_it_expects_what_the_latest_days_had_at_this_time() -> None:
    values = np.full(DAY + 1, np.nan)
    values[:240] = np.concatenate([np.full(120, 50.0), np.full(120, 5.0)])
    made = RecentMean(CALENDAR).forecast([a_series(values)], after(DAY), 900)
    assert [f.quantile(0.5) for f in made] == [50.0] * 5


def test_a_dead_sensor_is_not_learned_as_quiet() -> None:
    alive = np.full(300, 20.0)
    dead = alive.copy()
    dead[100:140] = 0.0
    reader = Reader(Grid.over(np.stack([alive, dead]), int(FIRST.timestamp()), STEP_S), CALENDAR)
    assert np.isnan(reader.grid.values[1, 100:140]).all()
    assert np.isnan(reader.grid.values).sum() == 40


def test_a_street_that_empties_is_no_dead_sensor() -> None:
    values = np.array([20.0] * 60 + [12, 8, 5, 3, 2, 1, 1] + [0] * 60 + [1])
    reader = Reader(Grid.over(values[None, :], int(FIRST.timestamp()), STEP_S), CALENDAR)
    assert not np.isnan(reader.grid.values).any()


def test_a_night_of_zeros_as_every_night_is_no_dead_sensor() -> None:
    day = np.concatenate([np.full(240, 20.0), np.zeros(240)])
    day[239:242] = (3, 1, 0)
    reader = Reader(Grid.over(np.tile(day, 3)[None, :-100], int(FIRST.timestamp()), STEP_S), CALENDAR)
    assert not np.isnan(reader.grid.values).any()


def test_a_dead_run_that_still_goes_on_is_left_to_those_who_watch_the_sensor() -> None:
    reader = Reader(Grid.over(np.array([[20.0] * 50 + [0.0] * 10]), int(FIRST.timestamp()), STEP_S), CALENDAR)
    assert not np.isnan(reader.grid.values).any()


def test_the_days_before_are_those_of_the_wall_clock() -> None:
    begin = datetime(2026, 10, 24, tzinfo=UTC)  # the clocks go back on the 25th
    hours = np.arange(72.0)
    reader = Reader(Grid.over(hours[None, :], int(begin.timestamp()), 3600), CALENDAR)
    clues = reader.at(np.array([0]), np.array([40]), np.array([0]))
    assert clues.usual[0] == 40 - 25


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(float, (3, 60), elements=st.one_of(st.integers(0, 40).map(float), st.just(float("nan")))), st.integers(1, 60))
def test_the_mean_over_a_window_is_that_of_what_was_measured(values: FloatArray, width: int) -> None:
    grid = Grid.over(values, 0, STEP_S)
    ends = np.arange(61)
    found = grid.mean(np.full(61, 1), ends - width, ends)
    for end in ends:
        part = values[1, max(0, end - width) : end]
        expected = part[~np.isnan(part)].mean() if np.any(~np.isnan(part)) else np.nan
        np.testing.assert_allclose(found[end], expected)


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(float, st.integers(1, 200), elements=st.one_of(st.integers(0, 500).map(float), st.just(float("nan")))),
    st.sampled_from([60, 180, 900, 1800, 3600, 86_400]),
)
def test_quantiles_rise_and_are_never_negative_whatever_the_history(values: FloatArray, step_s: int) -> None:
    series = a_series(values, step_s=step_s)
    origin = FIRST + timedelta(seconds=step_s * len(values))
    made = Nowcast(CALENDAR).forecast([series], origin, 7200)
    assert (made == []) == bool(np.isnan(values).all())
    for f in made:
        assert np.isfinite(f.quantiles).all()
        assert list(f.quantiles) == sorted(f.quantiles)
        assert f.quantiles[0] >= 0
        assert f.mean >= 0


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_history_of_one_value_is_learned_and_forecast(value: float) -> None:
    series = [a_series(np.full(300, value), f"gate-{k}") for k in range(5)]
    model = Nowcast(CALENDAR)
    assert model.learn(series, after(300))
    assert {f.quantile(0.5) for f in model.forecast(series, after(300), 3600)} == {value}


def test_values_too_far_apart_to_learn_from_still_give_a_forecast() -> None:
    values = np.full(600, np.nan)
    values[::10] = 8.0
    series, model = [a_series(values, f"gate-{k}") for k in range(10)], Nowcast(CALENDAR)
    model.learn(series, after(600))
    assert {f.quantile(0.5) for f in model.forecast(series, after(600), 3600)} == {8.0}


@given(hnp.arrays(float, (3, 30), elements=st.floats(0, 100)), hnp.arrays(float, 30, elements=st.floats(0, 100)), st.floats(0, 100))
def test_weights_are_not_negative_and_sum_to_one(members: FloatArray, truth: FloatArray, hours: float) -> None:
    weights = best_weights(members, truth, np.ones(30), hours)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)


def test_few_hours_draw_the_weights_to_equal_ones_and_many_to_the_best() -> None:
    truth = np.arange(30.0)
    members = np.stack([truth, truth + 5, truth + 9])
    np.testing.assert_allclose(best_weights(members, truth, np.ones(30), 0.0), 1 / 3)
    assert best_weights(members, truth, np.ones(30), 100.0)[0] > 0.95


def test_weights_between_two_leads_are_interpolated() -> None:
    weights = np.array([[1.0, 0.0], [0.0, 1.0]])
    members = np.array([[10.0, 10.0, 10.0], [20.0, 20.0, 20.0]])
    np.testing.assert_allclose(average(members, weights, np.array([0.0, 4.0]), np.array([0.0, 1.0, 4.0])), [10, 12.5, 20])
    np.testing.assert_allclose(smooth(weights).sum(axis=1), 1)


def test_conformal_quantiles_reach_outwards_and_late_errors_can_count_more() -> None:
    errors = np.arange(1.0, 100.0)
    np.testing.assert_allclose(conformal(errors, np.ones(99)), [2, 10, 25, 50, 75, 90, 98])
    assert conformal(errors, np.where(errors > 90, 50.0, 1.0))[3] > 90


def test_bands_hold_as_often_as_they_say_for_small_and_for_large_numbers() -> None:
    rng = np.random.default_rng(3)

    def drawn() -> tuple[FloatArray, FloatArray, FloatArray]:
        level = rng.lognormal(2.5, 1.2, 20_000)
        return level, rng.poisson(level * rng.gamma(8, 1 / 8, len(level))).astype(float), rng.uniform(0.2, 2, len(level))

    level, truth, pace = drawn()
    bands = Bands.of({0: Errors(level, truth, pace, np.ones(len(level))), 9: Errors(level, truth, pace, np.ones(len(level)))})
    level, truth, pace = drawn()
    quantiles, _ = bands.around(level, pace, np.full(len(level), 4.0), np.ones(len(level)), whole=False)
    for chosen in (level < 10, level > 30, pace > 1):
        inside = (quantiles[chosen, 1] <= truth[chosen]) & (truth[chosen] <= quantiles[chosen, 5])
        assert 0.77 < inside.mean() < 0.86
    assert quantiles.shape == (len(level), len(QUANTILES))


@pytest.mark.parametrize(("step_s", "last"), [(60, 119), (180, 39), (900, 7), (1800, 3), (3600, 1), (7200, 0), (86_400, 0)])
def test_what_is_learned_spans_all_steps_that_are_forecast(step_s: int, last: int) -> None:
    knots = lead_knots(step_s)
    assert knots[0] == 0
    assert knots[-1] == last
    assert len(knots) <= 10


def test_each_clue_has_a_name() -> None:
    reader = Reader(Grid.over(np.ones((2, 50)), 0, STEP_S), CALENDAR)
    assert reader.at(np.array([0, 1]), np.array([50, 40]), np.array([0, 3])).away.shape == (2, len(CLUES))
