"""Repeating last week: the same wall-clock time of the latest week that is known."""

from __future__ import annotations

import numpy as np

from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar, Int64Array
from deining.forecasting.weekly import WeeklyModel, lagged

LOOK_BACK_WEEKS = 4


class LastWeek(WeeklyModel):
    """What it was at this wall-clock time in the latest week in which it was measured; a holiday is repeated as it was."""

    def __init__(self, calendar: Calendar) -> None:
        def centre(series: Series, times_s: Int64Array, first_week: Int64Array) -> FloatArray:
            values, _ = lagged(calendar, series, times_s, first_week, LOOK_BACK_WEEKS)
            latest = np.argmax(~np.isnan(values), axis=0)
            return np.asarray(values[latest, np.arange(values.shape[1])])

        super().__init__("last_week", centre)
