"""Zeros of a dead sensor are missing; zeros of a quiet night are nobody."""

from __future__ import annotations

import numpy as np

from deining.domain.series import Series
from deining.forecasting.cleaning import without_dead_runs

HOUR = 3600


def a_series(values: np.ndarray, quantity: str = "count", step_s: int = HOUR) -> Series:
    return Series(target="quay", quantity=quantity, first_s=0, step_s=step_s, values=values.astype(float))


def a_course(weeks: int = 6, night: float = 0.0) -> np.ndarray:
    """Nobody at night, 60 an hour by day, a little different each day."""
    hours = np.arange(weeks * 168)
    return np.where((hours % 24 >= 7) & (hours % 24 < 23), 60 + hours // 24 % 7, night)


def test_a_night_without_people_stays_zero() -> None:
    series = a_series(a_course())
    assert without_dead_runs(series) is series


def test_zeros_by_day_are_missing_from_where_they_began() -> None:
    values = a_course()
    values[24 * 30 + 10 : 24 * 31 + 12] = 0
    cleaned = without_dead_runs(a_series(values)).values
    assert np.isnan(cleaned[24 * 30 + 10 : 24 * 31 + 12]).all()
    assert not np.isnan(cleaned[: 24 * 30 + 10]).any()


def test_a_street_that_was_never_busier_is_not_dead() -> None:
    quiet = np.tile([0.0, 1.0, 0.0, 0.0], 6 * 42)
    quiet[500:520] = 0
    assert not np.isnan(without_dead_runs(a_series(quiet)).values).any()


def test_a_series_of_zeros_is_left_alone_since_nobody_was_ever_seen() -> None:
    zeros = a_series(np.zeros(2000))
    assert without_dead_runs(zeros) is zeros


def test_a_day_of_one_and_the_same_number_is_a_stuck_sensor() -> None:
    values = a_course()
    values[400:430] = 17
    cleaned = without_dead_runs(a_series(values)).values
    assert np.isnan(cleaned[400:430]).all()
    assert np.isnan(cleaned).sum() == 30


def test_what_comes_later_changes_nothing_before() -> None:
    values = a_course()
    values[600:640] = 0
    whole, part = without_dead_runs(a_series(values)).values, without_dead_runs(a_series(values[:640])).values
    np.testing.assert_array_equal(whole[:640], part)


def test_an_occupancy_of_zero_is_an_empty_zone() -> None:
    values = a_course()
    values[600:640] = 0
    assert not np.isnan(without_dead_runs(a_series(values, "occupancy")).values).any()
