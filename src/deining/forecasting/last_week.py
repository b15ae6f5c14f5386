"""Repeating last week: the same wall-clock time of the latest week that is known."""

from __future__ import annotations

import numpy as np

from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar, Int64Array
from deining.forecasting.weekly import WeeklyModel, lagged


class LastWeek(WeeklyModel):
    """What it was at this wall-clock time in the latest known week; a holiday is repeated as it was."""

    def __init__(self, calendar: Calendar) -> None:
        def centre(series: Series, times_s: Int64Array, first_week: Int64Array) -> FloatArray:
            values, _ = lagged(calendar, series, times_s, first_week, 1)
            return np.asarray(values[0])

        super().__init__("last_week", centre)
