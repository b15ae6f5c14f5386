"""The two baselines, against what a person would work out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from deining.domain.series import Series
from deining.forecasting import Calendar
from deining.forecasting.last_week import LastWeek
from deining.forecasting.ordinary_weeks import OrdinaryWeeks
from deining.forecasting.weekly import ErrorQuantiles

UTC_ONLY = Calendar.in_utc()
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = 3600


def weeks_of(*values: float) -> Series:
    """One value for each whole week."""
    return Series(target="quay", quantity="count", first_s=int(FIRST.timestamp()), step_s=HOUR, values=np.repeat(values, 168).astype(float))


def next_hour(model: object, series: Series) -> float:
    origin = datetime.fromtimestamp(series.end_s, UTC)
    return model.forecast([series], origin, HOUR)[0].mean  # type: ignore[attr-defined, no-any-return]


def test_the_mean_of_the_last_four_weeks() -> None:
    assert next_hour(OrdinaryWeeks(UTC_ONLY), weeks_of(900, 10, 20, 30, 40)) == pytest.approx(25)


def test_last_week_again() -> None:
    assert next_hour(LastWeek(UTC_ONLY), weeks_of(10, 20, 30, 40)) == pytest.approx(40)


def test_a_week_that_was_not_measured_makes_room_for_an_earlier_one() -> None:
    series = weeks_of(10, 20, 30, np.nan, 50)
    assert next_hour(OrdinaryWeeks(UTC_ONLY), series) == pytest.approx((10 + 20 + 30 + 50) / 4)
    assert next_hour(LastWeek(UTC_ONLY), weeks_of(10, 20, 30, np.nan)) == pytest.approx(30)


def test_a_holiday_is_no_ordinary_day() -> None:
    calendar = Calendar(ZoneInfo("Europe/Amsterdam"), "NL")
    values = np.full(9 * 168, 100.0)
    first = datetime(2026, 3, 2, tzinfo=UTC)
    kings_day = int((datetime(2026, 4, 27, 10, tzinfo=UTC) - first).total_seconds()) // HOUR
    values[kings_day - 12 : kings_day + 12] = 5000.0
    series = Series(target="quay", quantity="count", first_s=int(first.timestamp()), step_s=HOUR, values=values)
    origin = datetime(2026, 5, 4, 9, tzinfo=UTC)
    at_ten = OrdinaryWeeks(calendar).forecast([series], origin, 2 * HOUR)[1]
    assert at_ten.time == datetime(2026, 5, 4, 10, tzinfo=UTC)
    assert at_ten.mean == pytest.approx(100)
    assert LastWeek(calendar).forecast([series], origin, 2 * HOUR)[1].mean == pytest.approx(5000), "that model repeats what was"


def test_more_than_a_week_ahead_rests_on_weeks_that_were_known_at_the_origin() -> None:
    series = weeks_of(10, 20, 30, 40)
    made = LastWeek(UTC_ONLY).forecast([series], datetime.fromtimestamp(series.end_s, UTC), 14 * 24 * HOUR)
    assert {forecast.mean for forecast in made} == {40.0}


def test_what_is_usual_is_not_known_where_no_week_was_measured() -> None:
    times = np.array([int((FIRST + timedelta(days=7)).timestamp()), int((FIRST + timedelta(days=9)).timestamp())], dtype=np.int64)
    series = Series(target="quay", quantity="count", first_s=int(FIRST.timestamp()), step_s=HOUR, values=np.full(24, 7.0))
    np.testing.assert_array_equal(OrdinaryWeeks(UTC_ONLY).usual(series, times), [7.0, np.nan])


def test_few_errors_make_a_wide_interval_and_many_a_true_one() -> None:
    rng = np.random.default_rng(3)
    centre = rng.uniform(50, 500, 4000)
    actual = centre * np.exp(rng.normal(0, 0.3, 4000))
    few, many = (ErrorQuantiles(centre[:n], actual[:n]).around(np.array([200.0]))[0] for n in (10, 4000))
    assert few[-1] - few[0] > many[-1] - many[0]
    np.testing.assert_allclose(many, 200 * np.exp(0.3 * np.array([-1.96, -1.2816, -0.6745, 0, 0.6745, 1.2816, 1.96])), rtol=0.12)
