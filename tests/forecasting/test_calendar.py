"""Wall-clock weeks, clock changes and holidays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from deining.domain.errors import WrongUse
from deining.forecasting import Calendar

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def seconds(*moments: datetime) -> np.ndarray:
    return np.array([int(moment.timestamp()) for moment in moments], dtype=np.int64)


@pytest.mark.parametrize("month", [3, 10])
def test_a_week_earlier_is_the_same_wall_clock_time_across_a_clock_change(month: int) -> None:
    calendar = Calendar(AMSTERDAM)
    after = datetime(2026, month, 30 if month == 3 else 26, 15, tzinfo=AMSTERDAM)
    (before,) = calendar.weeks_before(seconds(after), 1)
    assert datetime.fromtimestamp(int(before), AMSTERDAM) == after - timedelta(days=7)
    assert int(after.timestamp()) - before != 7 * 86_400


def test_weeks_are_broadcast() -> None:
    calendar, times = Calendar(AMSTERDAM), seconds(*(datetime(2026, 7, 4, hour, tzinfo=UTC) for hour in range(24)))
    table = calendar.weeks_before(times[None, :], np.arange(1, 5)[:, None])
    assert table.shape == (4, 24)
    for week in range(4):
        np.testing.assert_array_equal(table[week], calendar.weeks_before(times, week + 1))


def test_a_day_is_a_holiday_by_the_clock_of_the_place() -> None:
    calendar = Calendar(AMSTERDAM, "NL")
    kings_day = [datetime(2026, 4, 26, 21, 59, tzinfo=UTC), datetime(2026, 4, 26, 22, 0, tzinfo=UTC), datetime(2026, 4, 27, 22, 0, tzinfo=UTC)]
    assert calendar.is_holiday(seconds(*kings_day)).tolist() == [False, True, False]


def test_a_region_has_its_own_days() -> None:
    anniversary = seconds(datetime(2026, 1, 26, 0, tzinfo=UTC))
    assert Calendar(ZoneInfo("Pacific/Auckland"), "NZ-AUK").is_holiday(anniversary).tolist() == [True]
    assert Calendar(ZoneInfo("Pacific/Auckland"), "NZ").is_holiday(anniversary).tolist() == [False]


def test_an_unknown_region_is_told() -> None:
    with pytest.raises(WrongUse, match="XX"):
        Calendar(AMSTERDAM, "XX")


def test_times_far_apart_may_be_asked_in_any_order() -> None:
    calendar = Calendar(AMSTERDAM)
    for year in (2026, 2020, 2031, 2024):
        (local,) = calendar.local_s(seconds(datetime(year, 7, 1, 12, tzinfo=UTC)))
        assert local == int(datetime(year, 7, 1, 14, tzinfo=UTC).timestamp())
