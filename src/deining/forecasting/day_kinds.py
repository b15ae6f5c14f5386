"""Kinds of day: weekday, holiday, how far the next one is, and which days of earlier years were like it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from deining.forecasting.calendar import Calendar, Int64Array

DAY_S = 86_400
YEARS = 3
NEAR_DAYS = 3
"""A day so near a holiday is likened to the day as near the same holiday a year before."""
FAR_DAYS = 30
EPOCH = date(1970, 1, 1)


class DayKinds:
    """What is known of each local day from `first` to `last`, days since 1970.

    Attributes
    ----------
    weekday
        0 is Monday.
    is_holiday, holiday
        Whether it is a public holiday, and which: a number that one name keeps, 0 for none.
    since, until
        Days from the last holiday and to the next, at most 30.
    like
        Shape (3, days): the day of one, two and three years before that is likened to it: near a holiday the same
        distance from the same holiday, else 52, 104 and 156 weeks before.
    """

    def __init__(self, calendar: Calendar, first: int, last: int) -> None:
        self.first = first
        days = np.arange(first, last + 1)
        self.weekday = (days + 3) % 7
        names = calendar.list_holidays(EPOCH + timedelta(days=first - 366 * (YEARS + 1)), EPOCH + timedelta(days=last + FAR_DAYS + NEAR_DAYS))
        holidays = {(day - EPOCH).days: name for day, name in names.items()}
        numbers = {name: k + 1 for k, name in enumerate(sorted(set(holidays.values())))}
        self.holiday = np.array([numbers.get(holidays.get(int(day), ""), 0) for day in days])
        self.is_holiday = self.holiday > 0
        sorted_days = np.array(sorted(holidays), dtype=np.int64)
        self.since, self.until = _distances(days, sorted_days)
        self.like = _likened(days, holidays)


def _distances(days: Int64Array, holidays: Int64Array) -> tuple[Int64Array, Int64Array]:
    if not len(holidays):
        return np.full(len(days), FAR_DAYS), np.full(len(days), FAR_DAYS)
    last = holidays[np.clip(np.searchsorted(holidays, days, side="right") - 1, 0, None)]
    following = holidays[np.clip(np.searchsorted(holidays, days), None, len(holidays) - 1)]
    since = np.where(last <= days, np.minimum(FAR_DAYS, days - last), FAR_DAYS)
    until = np.where(following >= days, np.minimum(FAR_DAYS, following - days), FAR_DAYS)
    return since, until


def _likened(days: Int64Array, holidays: dict[int, str]) -> Int64Array:
    """Days of earlier years that are likened to each day; shape (YEARS, days)."""
    found = np.stack([days - 364 * (year + 1) for year in range(YEARS)])
    by_name: dict[str, list[int]] = {}
    for day in sorted(holidays):
        by_name.setdefault(holidays[day], []).append(day)
    offsets = sorted(range(-NEAR_DAYS, NEAR_DAYS + 1), key=lambda k: (abs(k), k > 0))
    for k, day in enumerate(days.tolist()):
        offset = next((offset for offset in offsets if day - offset in holidays), None)
        if offset is None:
            continue
        earlier = [one for one in by_name[holidays[day - offset]] if one < day - offset - 200]
        for year, one in enumerate(earlier[: -YEARS - 1 : -1]):
            found[year, k] = one + offset
    return found
