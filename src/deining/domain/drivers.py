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


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolHoliday:
    """Days without school: [first, last], both included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Weather measured and weather forecast, in one table of hours.

    Parameters
    ----------
    time_s
        Start of the hour that a row is about, seconds since 1970 UTC; shape (n,).
    issued_s
        When the row was known: a forecast when it was issued, a measurement when its hour had ended; shape (n,).
    values
        Shape (n, 4), the columns of `WEATHER`; NaN is missing.
    measured
        Whether a row was measured; shape (n,).
    """

    time_s: Int64Array
    issued_s: Int64Array
    values: FloatArray
    measured: BoolArray

    def seen_from(self, times_s: Int64Array, origin_s: int) -> FloatArray:
        """The weather of some hours as it was known at an origin, shape (n, 4); NaN where nothing was.

        A measurement counts where its hour had ended by the origin, else the latest forecast issued by then. Tomorrow's
        measured weather is never seen.
        """
        known = self.issued_s <= origin_s
        order = np.flatnonzero(known)
        order = order[np.lexsort((self.issued_s[order], self.measured[order], self.time_s[order]))]
        hours = self.time_s[order]
        last = np.searchsorted(hours, times_s // 3600 * 3600, side="right") - 1
        found = np.full((len(times_s), len(WEATHER)), np.nan)
        if len(order):
            fits = (last >= 0) & (hours[np.maximum(last, 0)] == times_s // 3600 * 3600)
            found[fits] = self.values[order[last[fits]]]
        return found

    def as_it_was(self, times_s: Int64Array, until_s: int) -> FloatArray:
        """What is known of past hours at `until_s`: measured, or else as last forecast; shape (n, 4). To learn from."""
        return self.seen_from(times_s, until_s)


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
        there = {"events": self.events, "school_holidays": self.school_holidays, "weather": self.weather}
        return tuple(name for name, driver in there.items() if driver)


NO_DRIVERS = Drivers()
