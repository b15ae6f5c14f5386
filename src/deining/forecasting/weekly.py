"""What weekly models share: lags in wall-clock time, and intervals measured on their own past errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time

import numpy as np

from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import WrongData
from deining.domain.forecast import QUANTILES, Forecast
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar, Int64Array

WEEK_S = 7 * 86_400
CALIBRATION_WEEKS = 6
GROUPS = 3
FEWEST_ERRORS = 30
"""Fewest past errors in a group before its own quantiles are used."""
MOST_KNOWN_ERRORS = 4_000

WIDE = np.array([-1.0, -0.7, -0.35, 0.0, 0.5, 1.0, 2.0])
"""Relative errors taken at `QUANTILES` while too few are known: from nobody to three times as many."""

Centre = Callable[[Series, Int64Array, Int64Array], FloatArray]


def values_at(series: Series, times_s: Int64Array) -> FloatArray:
    """Values of the steps that begin at these times, shape kept; NaN outside the series."""
    index = (times_s - series.first_s) // series.step_s
    inside = (index >= 0) & (index < len(series.values))
    found = np.full(times_s.shape, np.nan)
    found[inside] = series.values[index[inside]]
    return found


def first_known_week(times_s: Int64Array, origin_s: int, step_s: int) -> Int64Array:
    """The fewest whole weeks back at which each step had ended by the origin."""
    return np.maximum(1, -(-(times_s + step_s - origin_s) // WEEK_S))


class ErrorQuantiles:
    """Split-conformal quantiles of a model's past errors, relative to the size of its forecast, by group of size.

    Errors are divided by the forecast plus a tenth of the mean level; groups are thirds of the forecasts, since a
    quiet hour errs otherwise than a busy one. Too few errors give a wide interval, not a narrow one.

    References
    ----------
    V. Vovk, A. Gammerman and G. Shafer, Algorithmic Learning in a Random World, 2005: inductive and Mondrian
    conformal prediction.
    """

    def __init__(self, forecasts: FloatArray, actual: FloatArray) -> None:
        known = ~np.isnan(forecasts) & ~np.isnan(actual)
        forecasts, actual = forecasts[known], actual[known]
        self._floor = max(1.0, 0.1 * float(np.mean(forecasts))) if len(forecasts) else 1.0
        relative = (actual - forecasts) / (forecasts + self._floor)
        self._edges = np.quantile(forecasts, [k / GROUPS for k in range(1, GROUPS)]) if len(forecasts) else np.zeros(GROUPS - 1)
        group = np.searchsorted(self._edges, forecasts)
        self._table = np.array([self._quantiles(relative[group == g], relative) for g in range(GROUPS)])

    @staticmethod
    def _quantiles(own: FloatArray, all_errors: FloatArray) -> FloatArray:
        errors = np.sort(own if len(own) >= FEWEST_ERRORS else all_errors)
        n = len(errors)
        if n < FEWEST_ERRORS:
            return WIDE
        found = []
        for q in QUANTILES:
            rank = math.ceil((n + 1) * q) - 1 if q >= 0.5 else math.floor((n + 1) * q) - 1
            found.append(float(errors[min(n - 1, max(0, rank))]))
        return np.array(found)

    def around(self, centre: FloatArray) -> FloatArray:
        """Quantiles around forecasts: shape (n, 7), rising, never negative."""
        group = np.searchsorted(self._edges, centre)
        values = centre[:, None] + self._table[group] * (centre + self._floor)[:, None]
        return np.asarray(np.maximum.accumulate(np.maximum(values, 0.0), axis=1))


class WeeklyModel:
    """A model whose centre is made of the same wall-clock time in earlier weeks.

    Parameters
    ----------
    name
        Row of the registry.
    centre
        (history, times, first known week of each) -> expected values, NaN where the weeks hold nothing.
    """

    def __init__(self, name: str, centre: Centre) -> None:
        self._name, self._centre = name, centre
        self._known_errors: dict[tuple[str, str, int, int, int], ErrorQuantiles] = {}

    def learn(self, histories: Sequence[Series], until: datetime, drivers: Drivers = NO_DRIVERS) -> bool:
        """It has nothing to learn. See `Forecaster`."""
        return False

    def dump(self) -> bytes:
        """Nothing is kept."""
        return b""

    def load(self, learned: bytes) -> None:
        """Nothing is taken up."""
        if learned:
            raise WrongData(f"the model {self._name} learns nothing; found {len(learned)} bytes, expected none")

    def forecast(self, histories: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers = NO_DRIVERS) -> list[Forecast]:
        """One forecast for each series and step that begins in [origin, origin + horizon). See `Forecaster`."""
        return [forecast for history in histories for forecast in self._forecast_one(history, origin, horizon_s)]

    def _forecast_one(self, history: Series, origin: datetime, horizon_s: int) -> list[Forecast]:
        past = history.until(origin)
        times_s = step_times(history, origin, horizon_s)
        if not len(times_s) or not np.any(~np.isnan(past.values)):
            return []
        centre = self.expected(past, times_s, origin)
        quantiles = self._errors(past, origin).around(centre)
        times = [datetime.fromtimestamp(int(t), UTC) for t in times_s]
        return [
            Forecast(
                target=history.target,
                quantity=history.quantity,
                origin=origin,
                time=start,
                mean=float(mean),
                quantiles=tuple(map(float, row)),
                model=self._name,
                step_s=history.step_s,
            )
            for start, mean, row in zip(times, centre, quantiles, strict=True)
        ]

    def expected(self, past: Series, times_s: Int64Array, origin: datetime) -> FloatArray:
        """The centre alone, shape (n,); where the weeks hold nothing, the mean of all that is known."""
        centre = self._centre(past, times_s, first_known_week(times_s, int(origin.timestamp()), past.step_s))
        fallback = float(np.nanmean(past.values)) if np.any(~np.isnan(past.values)) else 0.0
        return np.asarray(np.where(np.isnan(centre), fallback, centre))

    def usual(self, past: Series, times_s: Int64Array) -> FloatArray:
        """What the earlier weeks of `past` say of these times, shape (n,); NaN where they hold nothing."""
        return self._centre(past, times_s, first_known_week(times_s, past.end_s, past.step_s))

    def _errors(self, past: Series, origin: datetime) -> ErrorQuantiles:
        """Quantiles of the errors up to the last midnight (UTC), which hold for every origin of a day."""
        past = past.until(datetime.combine(origin.astimezone(UTC).date(), time(), UTC))
        n = min(len(past.values), CALIBRATION_WEEKS * WEEK_S // past.step_s)
        actual = past.values[len(past.values) - n :]
        key = (past.target, past.quantity, past.end_s, past.step_s, hash(past.values.tobytes()))
        if key not in self._known_errors:
            times_s = past.end_s - past.step_s * np.arange(n, 0, -1, dtype=np.int64)
            while len(self._known_errors) >= MOST_KNOWN_ERRORS:
                self._known_errors.pop(next(iter(self._known_errors)), None)
            self._known_errors[key] = ErrorQuantiles(self._centre(past, times_s, np.ones(n, dtype=np.int64)), actual)
        return self._known_errors[key]


def step_times(series: Series, origin: datetime, horizon_s: int) -> Int64Array:
    """Starts (UTC seconds) of the steps that begin in [origin, origin + horizon), on the series' own grid."""
    origin_s = math.ceil(origin.timestamp())
    first = series.first_s + -(-(origin_s - series.first_s) // series.step_s) * series.step_s
    return np.arange(first, origin_s + horizon_s, series.step_s, dtype=np.int64)


def lagged(calendar: Calendar, series: Series, times_s: Int64Array, first_week: Int64Array, weeks: int) -> tuple[FloatArray, Int64Array]:
    """Values of the `weeks` latest known weeks, and their times: both of shape (weeks, n)."""
    lag_times = calendar.weeks_before(times_s[None, :], first_week[None, :] + np.arange(weeks)[:, None])
    return values_at(series, lag_times), lag_times
