"""The local calendar: the same wall-clock time some weeks earlier, and which days are holidays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import numpy.typing as npt

from deining.domain.errors import WrongUse

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class _Lookup:
    """Values of a function of whole numbers that lie near one another, each worked out once. Threads may share it."""

    def __init__(self, read: Callable[[int], int]) -> None:
        self._read = read
        self._table: tuple[int, Int64Array] = (0, np.zeros(0, dtype=np.int64))

    def at(self, keys: Int64Array) -> Int64Array:
        if not keys.size:
            return np.zeros(keys.shape, dtype=np.int64)
        low, high = int(keys.min()), int(keys.max()) + 1
        first, values = self._table
        if not len(values):
            first = low
        if low < first or high > first + len(values):
            before, after = self._read_all(low, first), self._read_all(first + len(values), high)
            first, values = min(low, first), np.concatenate([before, values, after])
            self._table = (first, values)
        return values[keys - first]

    def _read_all(self, low: int, high: int) -> Int64Array:
        return np.fromiter((self._read(key) for key in range(low, high)), np.int64, max(0, high - low))


class Calendar:
    """Wall-clock time and holidays of one place.

    Parameters
    ----------
    timezone
        The place's time zone.
    holiday_region
        Country and subdivision as the `holidays` package names them ("NZ-AUK", "NL"), or None for no holidays.

    Raises
    ------
    WrongUse
        When the `holidays` package does not know the region.
    """

    def __init__(self, timezone: ZoneInfo, holiday_region: str | None = None) -> None:
        self.timezone = timezone
        country, _, subdivision = (holiday_region or "").partition("-")
        try:
            self._holidays = holidays.country_holidays(country, subdiv=subdivision or None) if country else {}
        except NotImplementedError:
            raise WrongUse(f"no holidays are known for {holiday_region!r}; give a country such as NL, or one with a region such as NZ-AUK") from None
        self._offsets_s = _Lookup(self._read_offset_s)
        self._holiday_days = _Lookup(self._read_is_holiday)

    def _read_offset_s(self, hour: int) -> int:
        offset = datetime.fromtimestamp(hour * 3600, self.timezone).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def _read_is_holiday(self, day: int) -> int:
        return int(date(1970, 1, 1) + timedelta(days=day) in self._holidays)

    def local_s(self, times_s: Int64Array) -> Int64Array:
        """Wall-clock seconds of UTC seconds, shape kept."""
        return np.asarray(times_s + self._offsets_s.at(times_s // 3600))

    def weeks_before(self, times_s: Int64Array, weeks: Int64Array | int) -> Int64Array:
        """UTC seconds of the same wall-clock time so many weeks earlier; shapes are broadcast.

        Where the clocks changed in between, the elapsed time is an hour more or less than whole weeks. A wall-clock
        time that occurred twice gives one of the two, one that did not occur the hour beside it.
        """
        earlier = times_s - weeks * 7 * 86_400
        return np.asarray(earlier + (self.local_s(times_s) - times_s) - (self.local_s(earlier) - earlier))

    def is_holiday(self, times_s: Int64Array) -> BoolArray:
        """Whether each time lies on a holiday of the place."""
        return self._holiday_days.at(self.local_s(times_s) // 86_400).astype(bool)

    def list_holidays(self, first: date, last: date) -> dict[date, str]:
        """Holidays of the place from one day to another, both included, by day; a moved one bears the name of the day it stands for."""
        if not isinstance(self._holidays, holidays.HolidayBase):
            return {}
        days = ((first + timedelta(days=k), self._holidays.get(first + timedelta(days=k))) for k in range((last - first).days + 1))
        return {day: name.partition(";")[0].replace(" (observed)", "").strip() for day, name in days if name}

    @classmethod
    def in_utc(cls) -> Calendar:
        """A calendar without clock changes and holidays."""
        return cls(ZoneInfo("UTC"))
