"""The mean of four ordinary weeks: what is normal at this wall-clock time."""

from __future__ import annotations

import numpy as np

from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar, Int64Array
from deining.forecasting.weekly import WeeklyModel, lagged

WEEKS = 4
LOOK_BACK_WEEKS = 8


class OrdinaryWeeks(WeeklyModel):
    """The mean of the four latest weeks known in which this time was measured and was no holiday.

    Looks back at most eight weeks. This is also what deining calls normal.
    """

    def __init__(self, calendar: Calendar) -> None:
        def centre(series: Series, times_s: Int64Array, first_week: Int64Array) -> FloatArray:
            values, lag_times = lagged(calendar, series, times_s, first_week, LOOK_BACK_WEEKS)
            ordinary = ~np.isnan(values) & ~calendar.is_holiday(lag_times)
            chosen = ordinary & (np.cumsum(ordinary, axis=0) <= WEEKS)
            number = chosen.sum(axis=0)
            total = np.where(chosen, values, 0.0).sum(axis=0)
            return np.asarray(np.where(number > 0, total / np.maximum(number, 1), np.nan))

        super().__init__("ordinary_weeks", centre)
