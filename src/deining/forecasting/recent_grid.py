"""Grid: series of one kind in one matrix, targets by steps, with means over any window at the price of two look-ups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from deining.domain.drivers import Int64Array
from deining.domain.series import FloatArray, Series

Kind = tuple[str, int, int]
"""Quantity, length of a step in s, and where its steps begin in s (first_s modulo the step)."""


def kind_of(series: Series) -> Kind:
    """Which grid a series belongs to."""
    return series.quantity, series.step_s, series.first_s % series.step_s


def window_steps(seconds: float, step_s: int) -> int:
    """How many whole steps a window holds, at least one."""
    return max(1, round(seconds / step_s))


@dataclass(frozen=True, slots=True)
class Grid:
    """Values of several targets on one axis of steps.

    Parameters
    ----------
    begin_s
        Start of the first column, seconds since 1970 UTC.
    step_s
        Length of a step, s.
    values
        Shape (targets, steps); NaN is missing.
    """

    begin_s: int
    step_s: int
    values: FloatArray
    sums: FloatArray
    numbers: Int64Array

    @classmethod
    def over(cls, values: FloatArray, begin_s: int, step_s: int) -> Grid:
        """A grid of a matrix of values."""
        known = ~np.isnan(values)
        sums, numbers = (np.zeros((len(values), values.shape[1] + 1), dtype=kind) for kind in (np.float64, np.int64))
        np.cumsum(np.where(known, values, 0.0), axis=1, out=sums[:, 1:])
        np.cumsum(known, axis=1, out=numbers[:, 1:])
        return cls(begin_s, step_s, values, sums, numbers)

    @classmethod
    def of(cls, histories: Sequence[Series], until: datetime, keep_s: int) -> Grid:
        """The steps of series of one kind that ended by a time and began at most `keep_s` before it.

        The last column ended by `until`, whether or not a series reaches that far; what it lacks is NaN.
        """
        step_s = histories[0].step_s
        end_s = math.floor((until.timestamp() - histories[0].first_s) / step_s) * step_s + histories[0].first_s
        begin_s = max(min(one.first_s for one in histories), end_s - keep_s // step_s * step_s)
        values = np.full((len(histories), max(0, (end_s - begin_s) // step_s)), np.nan)
        for row, one in zip(values, histories, strict=True):
            skip = (one.first_s - begin_s) // step_s
            part = one.values[max(0, -skip) : max(0, len(row) - skip)]
            row[max(0, skip) : max(0, skip) + len(part)] = part
        return cls.over(values, begin_s, step_s)

    @property
    def steps(self) -> int:
        """Number of columns; as a column it is the step that has just begun."""
        return int(self.values.shape[1])

    def mean(self, rows: Int64Array, first: Int64Array, end: Int64Array) -> FloatArray:
        """Mean over the columns [first, end) of each row, pairwise, shape (n,); NaN where nothing was measured."""
        first, end = np.clip(first, 0, self.steps), np.clip(end, 0, self.steps)
        number = self.numbers[rows, end] - self.numbers[rows, first]
        total = self.sums[rows, end] - self.sums[rows, first]
        return np.asarray(np.where(number > 0, total / np.maximum(number, 1), np.nan))

    def together(self) -> Grid:
        """The mean over all targets, as a grid of one row."""
        number = (~np.isnan(self.values)).sum(axis=0)
        total = np.nansum(self.values, axis=0)
        return Grid.over(np.where(number > 0, total / np.maximum(number, 1), np.nan)[None, :], self.begin_s, self.step_s)

    def is_whole(self) -> bool:
        """Whether most of what is known above zero are whole numbers; a step that was measured in part seldom is one."""
        some = self.values[self.values > 0]
        return bool(np.mean(np.mod(some, 1.0) == 0) > 0.5) if len(some) else True

    def runs_of_zeros(self) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Row, first column and end of each run of zeros that is over."""
        edge = np.diff(self.values == 0, axis=1, prepend=False, append=False)
        rows, columns = np.nonzero(edge)
        over = columns[1::2] < self.steps
        return rows[::2][over], columns[::2][over], columns[1::2][over]

    def without(self, rows: Int64Array, first: Int64Array, end: Int64Array) -> Grid:
        """The same with the columns [first, end) of each row missing, pairwise."""
        if not len(rows):
            return self
        values = self.values.copy()
        for row, begin, over in zip(rows.tolist(), first.tolist(), end.tolist(), strict=True):
            values[row, begin:over] = np.nan
        return Grid.over(values, self.begin_s, self.step_s)
