"""Drivers: what moves crowds besides the clock: events, school holidays, weather. Every one may be absent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from deining.domain.event import Event
from deining.domain.series import FloatArray

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

WEATHER = ("temperature_c", "rain_mm_per_h", "wind_m_per_s", "sun_share")
"""The quantities of weather, in the order of `Weather.values`; `sun_share` is the share of the hour with sunshine."""
WEATHER_LIMITS = {"temperature_c": (-90.0, 60.0), "rain_mm_per_h": (0.0, 400.0), "wind_m_per_s": (0.0, 115.0), "sun_share": (0.0, 1.0)}
"""Lowest and highest value of each, a little past what was ever measured; beyond is a code for missing or a wrong unit.

References
----------
World Meteorological Organization, World Weather and Climate Extremes Archive: -89.2 and 56.7 degrees Celsius, 305 mm of
rain in 42 minutes (Holt 1947), a gust of 113.2 m/s (Barrow Island 1996).
"""
HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolHoliday:
    """Days without school: [first, last], both included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weather:
    """Weather measured and weather forecast, in one table of hours.

    Rows may come in any order; they are kept by hour, in each hour the forecasts by when they were issued, and what was
    measured last.

    Parameters
    ----------
    time_s
        Start of the hour that a row is about, seconds since 1970 UTC; shape (n,). Where local hours begin at half past
        those of UTC, so do these.
    issued_s
        When the row was known: a forecast when it was issued, a measurement when its hour had ended or later; shape
        (n,). A measurement that claims to have been known before its hour had ended is taken as known at its end.
    values
        Shape (n, 4), the columns of `WEATHER`; NaN is missing.
    measured
        Whether a row was measured; shape (n,).
    """

    time_s: Int64Array
    issued_s: Int64Array
    values: FloatArray
    measured: BoolArray

    def __post_init__(self) -> None:
        known_s = np.where(self.measured, np.maximum(self.issued_s, self.time_s + HOUR_S), self.issued_s)
        order = np.lexsort((known_s, self.measured, self.time_s))
        for name, column in (("time_s", self.time_s), ("issued_s", known_s), ("values", self.values), ("measured", self.measured)):
            object.__setattr__(self, name, column[order])

    def seen_from(self, times_s: Int64Array, origin_s: int) -> FloatArray:
        """The weather at some times as it was known at an origin; NaN where nothing was.

        Each quantity of an hour is what was measured, where the hour had ended by the origin, else what the latest
        forecast issued by then said of it. Tomorrow's measured weather is never seen.

        Parameters
        ----------
        times_s
            Times within the hours asked for, seconds since 1970 UTC, in any order; shape (n,).
        origin_s
            The origin, seconds since 1970 UTC.

        Returns
        -------
        numpy.ndarray
            Shape (n, 4), the columns of `WEATHER`.

        Examples
        --------
        >>> hour, rain = 3600, np.array([[np.nan, 2.0, np.nan, np.nan], [np.nan, 0.0, np.nan, np.nan]])
        >>> forecast_then_measured = Weather(
        ...     time_s=np.array([10 * hour, 10 * hour]), issued_s=np.array([4 * hour, 11 * hour]), values=rain, measured=np.array([False, True])
        ... )
        >>> [forecast_then_measured.seen_from(np.array([10 * hour]), origin)[0, 1].item() for origin in (3 * hour, 4 * hour, 11 * hour)]
        [nan, 2.0, 0.0]
        """
        found = np.full((len(times_s), len(WEATHER)), np.nan)
        if not len(times_s):
            return found
        low, high = np.searchsorted(self.time_s, [times_s.min() - HOUR_S, times_s.max() + 1])
        known = low + np.flatnonzero(self.issued_s[low:high] <= origin_s)
        for column in range(len(WEATHER)):
            values = self.values[known, column]
            given = ~np.isnan(values)
            _fill_from_hours(found[:, column], times_s, self.time_s[known[given]], values[given])
        return found

    def as_it_was(self, times_s: Int64Array, until_s: int) -> FloatArray:
        """What is known of past hours at `until_s`: measured, or else as last forecast; shape (n, 4). To learn from."""
        return self.seen_from(times_s, until_s)


def _fill_from_hours(found: FloatArray, times_s: Int64Array, hours_s: Int64Array, values: FloatArray) -> None:
    """Put at each time the last value of the hour that it lies in; `hours_s` rises."""
    if len(hours_s):
        last = np.searchsorted(hours_s, times_s, side="right") - 1
        fits = (last >= 0) & (times_s - hours_s[np.maximum(last, 0)] < HOUR_S)
        found[fits] = values[last[fits]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """All that is known of what moves crowds in an area.

    Parameters
    ----------
    events
        Past ones, to learn from, and announced ones.
    school_holidays
        Empty where nobody gave them.
    weather
        None where nobody gave it.
    """

    events: tuple[Event, ...] = ()
    school_holidays: tuple[SchoolHoliday, ...] = ()
    weather: Weather | None = field(default=None, compare=False)

    def names(self) -> tuple[str, ...]:
        """Which of the drivers are there."""
        there = {"events": bool(self.events), "school_holidays": bool(self.school_holidays), "weather": self.weather is not None}
        return tuple(name for name, given in there.items() if given)


NO_DRIVERS = Drivers()
