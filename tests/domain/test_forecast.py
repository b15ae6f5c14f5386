"""The chance of a level, read from quantiles."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.forecast import QUANTILES, Forecast

AT = datetime(2026, 7, 4, 12, tzinfo=UTC)


def a_forecast(values: list[float]) -> Forecast:
    return Forecast(target="z", quantity="occupancy", origin=AT, time=AT, mean=values[3], quantiles=tuple(sorted(values)), model="a test")


quantiles = st.lists(st.floats(0, 1e5), min_size=7, max_size=7)


@given(quantiles, st.floats(0, 2e5), st.floats(0, 2e5))
def test_a_higher_threshold_is_never_more_likely(values: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    forecast = a_forecast(values)
    assert forecast.chance_above(low) >= forecast.chance_above(high)
    assert QUANTILES[0] <= 1 - forecast.chance_above(high) + 1e-9
    assert forecast.chance_above(low) <= QUANTILES[-1]


def test_at_a_quantile_the_chance_is_what_it_says() -> None:
    forecast = a_forecast([10, 20, 30, 40, 50, 60, 70])
    for q, value in zip(QUANTILES, (10, 20, 30, 40, 50, 60, 70), strict=True):
        assert forecast.chance_above(value) == pytest.approx(1 - q)
        assert forecast.quantile(q) == value
    with pytest.raises(ValueError):
        forecast.quantile(0.33)
