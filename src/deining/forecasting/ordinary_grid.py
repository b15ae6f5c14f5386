"""All series of one kind on one grid of steps, and what is ordinary at each step, by the weeks, the days and the years before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar, Int64Array
from deining.forecasting.day_kinds import DAY_S, YEARS, DayKinds

Float32Array = npt.NDArray[np.float32]

WEEKS, LAGS = 4, 8
"""Ordinary weeks that are averaged, and how far back they are looked for."""
DECAY = 0.8
"""Weight of each week against the week after it, in the fading mean."""
LEVEL_DAYS, YEAR_DAYS, SCALE_DAYS = 28, 364, 56
FEWEST_DAYS_SHARE = 0.25
LEAST_SCALE = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Ordinary:
    """What the weeks before say of each step, when the latest `first` - 1 of them are not known yet; arrays (steps, series).

    Parameters
    ----------
    mean, spread
        Mean and standard deviation of the four latest ordinary weeks.
    median, fading
        Median of the eight latest ordinary weeks, and their mean with fading weights.
    last, before
        The latest week as it was, holiday or not, and the one before it.
    """

    mean: Float32Array
    spread: Float32Array
    median: Float32Array
    fading: Float32Array
    last: Float32Array
    before: Float32Array


class OrdinaryGrid:
    """The series of one quantity and step, side by side, and `ahead` more steps that nobody knows yet.

    Parameters
    ----------
    series
        Of one quantity and one step; what ended after `until_s` is left out.
    until_s
        The origin, seconds since 1970 UTC.
    ahead
        Steps after the origin.

    Attributes
    ----------
    values
        Shape (steps + ahead, series), float32; NaN is missing.
    known
        Number of steps that had ended by the origin.
    times_s, slot, day
        Start of each step, its number within the local day, and its local day since `days.first`.
    """

    def __init__(self, series: Sequence[Series], calendar: Calendar, until_s: int, ahead: int) -> None:
        self.step_s = step_s = series[0].step_s
        self.targets = [one.target for one in series]
        first_s = min(one.first_s for one in series)
        self.first_s, self.known = first_s, max(0, (until_s - first_s) // step_s)
        n = self.known + ahead
        self.values = np.full((n, len(series)), np.nan, dtype=np.float32)
        for column, one in enumerate(series):
            begin = (one.first_s - first_s) // step_s
            part = one.values[: max(0, self.known - begin)]
            self.values[begin : begin + len(part), column] = part
        self.times_s = first_s + step_s * np.arange(n, dtype=np.int64)
        local = calendar.local_s(self.times_s)
        self.slots = max(1, DAY_S // step_s)
        self.slot = np.minimum(local % DAY_S // step_s, self.slots - 1)
        self.days = DayKinds(calendar, int(local[0] // DAY_S), int(local[-1] // DAY_S))
        self.day = local // DAY_S - self.days.first
        self.lags = [self._index(calendar.weeks_before(self.times_s, k)) for k in range(1, LAGS + 3)]
        self.is_holiday = self.days.is_holiday[self.day]
        self.ordinary = {first: self._ordinary(first) for first in (1, 2)}
        self.normal = np.where(np.isnan(self.ordinary[1].mean), self.ordinary[1].median, self.ordinary[1].mean)
        self._by_day()
        self._sums()

    def _index(self, times_s: Int64Array) -> Int64Array:
        """Numbers of the steps that begin at these times; -1 outside the grid."""
        index = (times_s - self.first_s) // self.step_s
        return np.where((index >= 0) & (index < len(self.times_s)), index, -1)

    def at(self, index: Int64Array) -> Float32Array:
        """Values of whole steps, shape (n, series); NaN where the number is -1."""
        found = self.values[index]
        found[index < 0] = np.nan
        return found

    def _ordinary(self, first: int) -> Ordinary:
        shape = self.values.shape
        number, total, squares = np.zeros(shape, np.int8), np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        faded, weights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        weeks = np.empty((LAGS, *shape), dtype=np.float32)
        for k in range(LAGS):
            index = self.lags[first - 1 + k]
            value = self.at(index)
            fits = ~np.isnan(value) & ~self.is_holiday[index][:, None]
            chosen = fits & (number < WEEKS)
            value = np.where(fits, value, np.float32(0))
            total += np.where(chosen, value, np.float32(0))
            squares += np.where(chosen, value * value, np.float32(0))
            number += chosen
            faded += np.float32(DECAY**k) * value
            weights += np.float32(DECAY**k) * fits
            weeks[k] = np.where(fits, value, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(number > 0, total / number, np.nan).astype(np.float32)
            spread = np.sqrt(np.maximum(0, squares / number - mean * mean)).astype(np.float32)
            fading = np.where(weights > 0, faded / weights, np.nan).astype(np.float32)
        return Ordinary(mean, spread, _median(weeks), fading, self.at(self.lags[first - 1]), self.at(self.lags[first]))

    def _by_day(self) -> None:
        """Means by local day and slot, shape (days, slots, series): of the last days, of Sundays and of Saturdays."""
        days, n = len(self.days.is_holiday), len(self.times_s)
        position = np.full((days, self.slots), n, dtype=np.int64)
        position[self.day, self.slot] = np.arange(n)
        padded = np.vstack([self.values, np.full((1, self.values.shape[1]), np.nan, np.float32)])
        by_day = padded[position]
        known = ~np.isnan(by_day)
        total, number = np.cumsum(np.where(known, by_day, 0), axis=0, dtype=np.float64), np.cumsum(known, axis=0, dtype=np.int32)
        self.level, self.year_level = (_trailing(total, number, span) for span in (LEVEL_DAYS, YEAR_DAYS))
        self.sunday, self.saturday = (_latest_of(by_day, self.days.weekday == day) for day in (6, 5))
        smooth = np.vstack([_smooth(self.values), np.full((1, self.values.shape[1]), np.nan, np.float32)])
        normal = np.vstack(
            [_smooth(np.where(np.isnan(self.values), np.nan, self.normal).astype(np.float32)), np.full((1, self.values.shape[1]), np.nan, np.float32)]
        )
        self.to_level, self.to_normal = [], []
        for year in range(YEARS):
            same = self.days.like[year][self.day] - self.days.first
            fits = (same >= LEVEL_DAYS) & (same < days)
            index = np.where(fits, position[np.clip(same, 0, days - 1), self.slot], n)
            level = np.where(fits[:, None], self.level[np.clip(same - 1, 0, days - 1), self.slot], np.nan)
            with np.errstate(invalid="ignore", divide="ignore"):
                self.to_level.append(np.where(level > 0, smooth[index] / level, np.nan).astype(np.float32))
                self.to_normal.append(((smooth[index] + 1) / (normal[index] + 1)).astype(np.float32))

    def _sums(self) -> None:
        """Sums from the beginning, so that any window is one difference; shape (steps + 1, series)."""
        known = ~np.isnan(self.values)
        both = known & ~np.isnan(self.normal)
        self.sum_value, self.sum_normal = (_from_start(np.where(both, part, 0)) for part in (self.values, self.normal))
        total, number = _from_start(np.where(known, self.values, 0)), _from_start(known)
        span = SCALE_DAYS * self.slots
        total[span:], number[span:] = total[span:] - total[:-span], number[span:] - number[:-span]
        self.scale = np.maximum(total / np.maximum(number, 1), LEAST_SCALE).astype(np.float32)


def _from_start(values: npt.NDArray[np.generic]) -> FloatArray:
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])


def _median(weeks: Float32Array) -> Float32Array:
    """Median over the first axis without the NaN."""
    ordered, number = np.sort(weeks, axis=0), (~np.isnan(weeks)).sum(axis=0)
    low, high = (np.take_along_axis(ordered, np.clip(k, 0, len(weeks) - 1)[None], axis=0)[0] for k in ((number - 1) // 2, number // 2))
    return np.asarray((low + high) / 2, dtype=np.float32)


def _trailing(total: FloatArray, number: npt.NDArray[np.int32], span: int) -> Float32Array:
    """Mean over the last `span` days, the day itself included; NaN where less than a quarter was measured."""
    total, count = total.copy(), number.astype(np.float32)
    total[span:], count[span:] = total[span:] - total[:-span].copy(), (number[span:] - number[:-span]).astype(np.float32)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count >= min(span, len(total)) * FEWEST_DAYS_SHARE, total / count, np.nan).astype(np.float32)


def _latest_of(by_day: Float32Array, chosen: npt.NDArray[np.bool_]) -> Float32Array:
    """Mean of the four latest chosen days until each day, that day included."""
    found = np.full(by_day.shape, np.nan, dtype=np.float32)
    numbers = np.flatnonzero(chosen)
    for k, day in enumerate(numbers):
        part = by_day[numbers[max(0, k - WEEKS + 1) : k + 1]]
        known = ~np.isnan(part)
        count = known.sum(axis=0)
        mean = np.where(count > 0, np.where(known, part, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
        found[day : numbers[k + 1] if k + 1 < len(numbers) else len(found)] = mean
    return found


def _smooth(values: Float32Array) -> Float32Array:
    """Mean with the step before and the step after, each of half weight; NaN where the step itself is missing."""
    known = ~np.isnan(values)
    zeroed = np.where(known, values, np.float32(0))
    total, weight = zeroed.copy(), known.astype(np.float32)
    for a, b in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        total[a] += np.float32(0.5) * zeroed[b]
        weight[a] += np.float32(0.5) * known[b]
    return np.where(known, total / np.maximum(weight, 1), np.nan).astype(np.float32)
