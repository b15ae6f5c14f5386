"""The record: each issued step beside the truth, and beside what was known at its origin."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.event import Event
from deining.domain.forecast import QUANTILES, Forecast
from deining.domain.levels import Level
from deining.domain.series import Series
from deining.forecasting import Calendar
from deining.forecasting.last_week import LastWeek
from deining.forecasting.ordinary_weeks import OrdinaryWeeks
from deining.forecasting.record import (
    AT,
    BANDS,
    BANDS_S,
    COLUMNS,
    KINDS,
    Facts,
    Judge,
    add_up,
    chances_above,
    count_steps,
    find_band,
    quantile_loss,
    read_score,
)

HOUR, DAY, WEEK = 3600, 86_400, 7 * 86_400
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
FIRST_S = int(FIRST.timestamp())
AMSTERDAM = Calendar(ZoneInfo("Europe/Amsterdam"), "NL")


def a_series(values: np.ndarray | list[float]) -> Series:
    return Series(target="quay", quantity="count", first_s=FIRST_S, step_s=HOUR, values=np.asarray(values, dtype=float))


def weeks(n: int, seed: int = 1) -> Series:
    """Busy by day, quiet by night, never twice the same."""
    hours = np.arange(n * 168)
    return a_series(100 + 80 * np.sin(2 * np.pi * (hours - 8) / 24) + np.random.default_rng(seed).uniform(0, 20, len(hours)))


def facts(truth: list[float], *, last_week: float = math.nan, ordinary: float = math.nan, thresholds: tuple[float, float, float] = (math.inf,) * 3) -> Facts:
    n = len(truth)
    return Facts(
        lead_s=np.full(n, HOUR), truth=np.array(truth), last_week=np.full(n, last_week), ordinary_weeks=np.full(n, ordinary),
        kind=np.zeros(n, dtype=np.int64), thresholds=np.array(thresholds),
    )  # fmt: skip


def around(median: float) -> np.ndarray:
    """Quantiles of a forecast that is a tenth wide on each side."""
    return np.array([median * k for k in (0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15)])


def at_hours(*hours: int) -> np.ndarray:
    return FIRST_S + HOUR * np.array(hours, dtype=np.int64)


def test_error_coverage_and_loss_are_what_they_are_by_hand() -> None:
    added = count_steps(facts([100.0, 104.0, 120.0], last_week=90.0, ordinary=100.0), np.tile(around(100), (3, 1)))
    score = read_score(added.sum(axis=0))
    assert (score.n, score.missing) == (3, 0)
    assert score.mae == pytest.approx((0 + 4 + 20) / 3)
    assert score.to_last_week == pytest.approx(24 / (10 + 14 + 30))
    assert score.to_ordinary_weeks == pytest.approx(24 / 24)
    assert (score.cover80, score.cover95) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    by_hand = [2 * max(q * (t - v), (q - 1) * (t - v)) for t in (100, 104, 120) for q, v in zip(QUANTILES, around(100), strict=True)]
    assert score.wql == pytest.approx(sum(by_hand) / 7 / 324)


def test_what_was_not_measured_is_counted_as_such_and_has_no_part_in_the_score() -> None:
    both = count_steps(facts([100.0, math.nan]), np.array([around(90), around(5)])).sum(axis=0)
    alone = count_steps(facts([100.0]), np.array([around(90)])).sum(axis=0)
    assert read_score(both).missing == 1
    both[AT["missing"]] = 0
    np.testing.assert_array_equal(both, alone)


def test_without_a_measured_step_or_a_week_before_nothing_is_said() -> None:
    nothing = read_score(np.zeros(len(COLUMNS)))
    assert (nothing.n, nothing.mae, nothing.wql, nothing.cover80, nothing.levels) == (0, None, None, None, {})
    first_week = read_score(count_steps(facts([100.0]), np.array([around(90)])).sum(axis=0))
    assert first_week.mae == 10
    assert (first_week.to_last_week, first_week.to_ordinary_weeks) == (None, None)


def test_a_simple_rule_is_compared_on_the_steps_of_which_it_knows_something() -> None:
    one, other = facts([100.0], last_week=80.0), facts([100.0])
    added = np.concatenate([count_steps(one, np.array([around(90)])), count_steps(other, np.array([around(10)]))])
    assert read_score(added.sum(axis=0)).to_last_week == pytest.approx(10 / 20)


def test_levels_are_hit_missed_and_cried_for_nothing() -> None:
    truth, medians = [120.0, 120.0, 80.0, 80.0], [110.0, 95.0, 110.0, 20.0]
    added = count_steps(facts(truth, thresholds=(50, 100, math.inf)), np.array([around(m) for m in medians]))
    score = read_score(added.sum(axis=0))
    orange, yellow = score.levels[Level.ORANGE], score.levels[Level.YELLOW]
    assert (orange.hits, orange.misses, orange.false_alarms, orange.correct_negatives) == (1, 1, 1, 1)
    assert (yellow.hits, yellow.misses, yellow.false_alarms, yellow.correct_negatives) == (3, 1, 0, 0)
    assert Level.RED not in score.levels, "no scale, no count"


def test_a_level_may_count_as_forecast_before_the_median_reaches_it() -> None:
    likely = count_steps(facts([101.0], thresholds=(100, 200, 300)), np.array([around(96)]), chance=0.25)
    score = read_score(likely.sum(axis=0))
    assert score.levels[Level.YELLOW].misses == 1
    assert score.levels_by_chance[Level.YELLOW].hits == 1


@given(
    st.lists(st.floats(0, 1e5), min_size=7, max_size=7).map(sorted),
    st.floats(0, 2e5),
)
def test_chances_are_those_that_a_forecast_gives_one_by_one(quantiles: list[float], value: float) -> None:
    forecast = Forecast(target="quay", quantity="count", origin=FIRST, time=FIRST, mean=1, quantiles=tuple(quantiles), model="any")
    assert chances_above(np.array([quantiles]), value)[0] == pytest.approx(forecast.chance_above(value))


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_the_loss_is_least_where_the_forecast_is_the_truth(truth: float, said: float) -> None:
    right = quantile_loss(np.full((1, 7), truth), np.array([truth]))
    assert (quantile_loss(np.full((1, 7), said), np.array([truth])) >= right).all()


def test_the_simple_rules_say_what_they_said_at_the_origin_whatever_the_lead() -> None:
    series = weeks(12)
    judge, pick = Judge(AMSTERDAM), np.random.default_rng(3)
    origins = at_hours(*pick.integers(9 * 168, 10 * 168, 40))
    times = origins + HOUR * pick.integers(0, 14 * 24, 40)
    found = judge.find_facts(series, origins, times)
    for k in range(40):
        past, at = series.until(datetime.fromtimestamp(origins[k], UTC)), times[k : k + 1]
        assert found.last_week[k] == LastWeek(AMSTERDAM).usual(past, at)[0]
        assert found.ordinary_weeks[k] == pytest.approx(OrdinaryWeeks(AMSTERDAM).usual(past, at)[0])
    np.testing.assert_array_equal(found.lead_s, times + HOUR - origins)


@given(st.integers(0, 10_000), st.integers(0, 14 * 24 - 1))
def test_nothing_later_than_the_origin_reaches_the_simple_rules(seed: int, ahead: int) -> None:
    series, origin = weeks(8), 6 * 168 + seed % 168
    spoilt = series.values.copy()
    spoilt[origin:] = np.random.default_rng(seed).uniform(0, 1e6, len(spoilt) - origin)
    origins, times = at_hours(origin), at_hours(origin + ahead)
    one, other = (Judge(AMSTERDAM).find_facts(s, origins, times) for s in (series, a_series(spoilt)))
    assert (one.last_week[0], one.ordinary_weeks[0]) == (other.last_week[0], other.ordinary_weeks[0])


def test_the_kind_of_an_hour_does_not_hang_on_how_it_turned_out() -> None:
    series = weeks(8)
    times = at_hours(*range(7 * 168, 8 * 168))
    turned = series.values.copy()
    turned[7 * 168 :] *= 5
    one, other = (Judge(AMSTERDAM).find_facts(s, np.full(168, times[0]), times).kind for s in (series, a_series(turned)))
    np.testing.assert_array_equal(one[:24], other[:24])
    assert 0.1 < np.mean(one == KINDS.index("busy")) < 0.3


def test_holidays_and_days_of_an_event_are_special_from_midnight_to_midnight_there() -> None:
    start = datetime(2026, 2, 14, 18, tzinfo=UTC)
    carnival = Event(id="c", name="Carnival", start=start, end=start + timedelta(hours=29), kind="carnival")
    judge = Judge(AMSTERDAM, [carnival])
    kings_day = datetime(2026, 4, 27, tzinfo=AMSTERDAM.timezone)
    midnight = datetime(2026, 2, 14, tzinfo=AMSTERDAM.timezone)
    moments = [
        midnight - timedelta(hours=1),
        midnight,
        midnight + timedelta(hours=47),
        midnight + timedelta(hours=48),
        kings_day,
        kings_day + timedelta(hours=24),
    ]
    found = judge.is_special(np.array([int(m.timestamp()) for m in moments]))
    assert found.tolist() == [False, True, True, False, True, False]


def test_a_place_without_weeks_before_has_hours_of_an_unknown_kind() -> None:
    found = Judge(AMSTERDAM).find_facts(a_series(np.ones(5)), at_hours(2), at_hours(3))
    assert KINDS[found.kind[0]] == "unknown"
    assert found.truth[0] == 1


def test_bands_of_leads_join_and_end_after_fourteen_days() -> None:
    assert len(BANDS) == len(BANDS_S)
    assert [low for low, _ in BANDS_S] == [0, *(high for _, high in BANDS_S[:-1])]
    leads = np.array([60, 900, 901, 7200, 7 * DAY, 14 * DAY, 14 * DAY + 1])
    assert find_band(leads).tolist() == [0, 0, 1, 2, 5, 6, -1]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.floats(-10, 10)), min_size=1, max_size=40))
def test_sums_by_key_lose_nothing(rows: list[tuple[int, int, float]]) -> None:
    keys, added = np.array([row[:2] for row in rows]), np.array([[row[2], 1.0] for row in rows])
    distinct, sums = add_up(keys, added)
    assert len({tuple(key) for key in distinct.tolist()}) == len(distinct)
    np.testing.assert_allclose(sums.sum(axis=0), added.sum(axis=0), atol=1e-9)
    for key, total in zip(distinct, sums, strict=True):
        np.testing.assert_allclose(total, added[(keys == key).all(axis=1)].sum(axis=0), atol=1e-9)
