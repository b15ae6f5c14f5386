"""What forecasters learn from is filled as the day goes, and a gap stays a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from deining.domain.series import Series
from deining.forecasting.series_book import SeriesBook

START = datetime(2026, 7, 4, tzinfo=UTC)
S = START.timestamp()


def a_book(weeks: int = 2) -> SeriesBook:
    return SeriesBook(keep_s=weeks * 7 * 86_400)


def test_minutes_become_the_mean_of_their_step() -> None:
    book = a_book()
    for k in range(15):
        book.add("square", "occupancy", 900, S + 60 * k, S + 60 * (k + 1), 100 + k)
    series = book.find("square", "occupancy")
    assert series is not None
    np.testing.assert_allclose(series.values, [107])


def test_a_step_that_was_measured_for_less_than_half_has_no_value() -> None:
    book = a_book()
    for k in range(7):
        book.add("square", "occupancy", 900, S + 60 * k, S + 60 * (k + 1), 100)
    assert book.find("square", "occupancy") is None
    book.add("square", "occupancy", 900, S + 2700, S + 3600, 80)
    series = book.find("square", "occupancy")
    assert series is not None
    np.testing.assert_array_equal(series.values, [np.nan, np.nan, np.nan, 80])


def test_a_count_is_persons_in_the_whole_step_and_two_hours_are_spread_over_both() -> None:
    book = a_book()
    book.add("quay", "count", 3600, S, S + 7200, 300)
    series = book.find("quay", "count")
    assert series is not None
    np.testing.assert_allclose(series.values, [150, 150])


def test_two_ways_add_up_and_one_alone_stands_for_both() -> None:
    book = a_book()
    book.add("quay", "count", 3600, S, S + 3600, 100, 0.5)
    assert book.find("quay", "count").values.tolist() == [200]  # type: ignore[union-attr]
    book.add("quay", "count", 3600, S, S + 3600, 40, 0.5)
    assert book.find("quay", "count").values.tolist() == [140]  # type: ignore[union-attr]


def test_what_comes_late_still_counts_and_is_told_of() -> None:
    book = a_book()
    book.add("quay", "count", 3600, S + 3600, S + 7200, 50)
    assert book.take_changes() == [("quay", "count", 3600, int(S) + 3600, 50.0)]
    assert book.take_changes() == []
    book.add("quay", "count", 3600, S, S + 3600, 20)
    assert book.take_changes() == []
    assert book.find("quay", "count").values.tolist() == [50], "a series does not grow backwards"  # type: ignore[union-attr]


def test_old_steps_are_forgotten_and_memory_stays_bounded() -> None:
    book = a_book(weeks=1)
    for hour in range(24 * 7 * 8):
        book.add("quay", "count", 3600, S + 3600 * hour, S + 3600 * (hour + 1), hour)
        if hour % 6 == 0:
            book.close_steps(START + timedelta(hours=hour))
            book.take_changes()
    series = book.find("quay", "count")
    assert series is not None
    assert len(series.values) < 24 * 7 * 2
    assert series.values[-1] == 24 * 7 * 8 - 1
    assert series.end_s == S + 3600 * 24 * 7 * 8


def test_what_was_learned_before_is_taken_up() -> None:
    book = a_book()
    book.load([Series(target="quay", quantity="count", first_s=int(S), step_s=3600, values=np.array([1.0, 2.0]))])
    book.add("quay", "count", 3600, S + 7200, S + 10_800, 3)
    series = book.find("quay", "count")
    assert series is not None
    assert series.values.tolist() == pytest.approx([1, 2, 3])
