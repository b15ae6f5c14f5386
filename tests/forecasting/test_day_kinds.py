"""Which days are like which: holidays by name, other days by weeks."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from deining.forecasting.calendar import Calendar
from deining.forecasting.day_kinds import EPOCH, DayKinds


def number(*day: int) -> int:
    return (date(*day) - EPOCH).days


@pytest.fixture(scope="module")
def days() -> DayKinds:
    return DayKinds(Calendar(ZoneInfo("Europe/Amsterdam"), "NL"), number(2023, 1, 1), number(2026, 12, 31))


def like(days: DayKinds, *day: int) -> list[date]:
    return [date.fromordinal(EPOCH.toordinal() + int(d)) for d in days.like[:, number(*day) - days.first]]


def test_easter_is_like_earlier_easters_whatever_the_date(days: DayKinds) -> None:
    assert like(days, 2026, 4, 5) == [date(2025, 4, 20), date(2024, 3, 31), date(2023, 4, 9)]


def test_the_eve_of_a_holiday_is_like_earlier_eves(days: DayKinds) -> None:
    assert like(days, 2026, 4, 26)[:2] == [date(2025, 4, 25), date(2024, 4, 26)], "King's Day 2025 was moved to the 26th, a Sunday coming first"


def test_an_ordinary_day_is_like_the_same_weekday_52_weeks_before(days: DayKinds) -> None:
    assert like(days, 2026, 9, 16)[0] == date(2025, 9, 17)


def test_days_since_and_until_a_holiday(days: DayKinds) -> None:
    at = number(2026, 4, 29) - days.first
    assert (days.since[at], days.until[at]) == (2, 15), "two days after King's Day, fifteen before Ascension"
    assert days.is_holiday[number(2026, 4, 27) - days.first]


def test_without_a_region_there_is_no_holiday() -> None:
    plain = DayKinds(Calendar(ZoneInfo("Europe/Amsterdam")), number(2025, 1, 1), number(2025, 12, 31))
    assert not plain.is_holiday.any()
    assert (plain.until == 30).all()
