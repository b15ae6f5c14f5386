"""What must not be learned as quiet: zeros of a dead sensor are made missing, going by the series' own past alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deining.domain.series import FloatArray, Series

DEAD_AT = 25.0
"""Persons usually counted during a run of zeros, from which on the run is a dead sensor and not an empty street."""
SAME_AT = 24
"""Steps in a row with the very same number above 5, from which on a series is stuck."""
DAY_S = 86_400
LOOK_BACK_WEEKS = 8


def without_dead_runs(series: Series) -> Series:
    """The series with the zeros of a dead sensor, and the repeated number of a stuck one, made missing.

    A run of zeros is dead once the persons that were usual in it, going by the same hours of the eight weeks before,
    add up to `DEAD_AT`; then it is missing from its beginning. Looks back only: what a later origin sees differs from
    what an earlier one saw by what came in between.

    References
    ----------
    The limit of 25 persons: `docs/reference/auckland-repairs.md`, from 5,291 runs of zeros.
    """
    if series.quantity not in ("count", "flow_per_min"):
        return series
    values = series.values
    persons = series.step_s / 60 if series.quantity == "flow_per_min" else 1.0
    missing = _stuck(values)
    zeros = _runs(values == 0)
    if len(zeros):
        usual = _usual(np.where(missing, np.nan, values), series.step_s) * persons
        total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(usual))])
        for first, last in zeros:
            missing[first:last] |= total[last] - total[first] >= DEAD_AT
    return replace(series, values=np.where(missing, np.nan, values)) if missing.any() else series


def _stuck(values: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Steps that lie in a long run of one number above 5."""
    found = np.zeros(len(values), dtype=np.bool_)
    if len(values) < SAME_AT:
        return found
    same = np.concatenate([[False], (np.diff(values) == 0) & (values[1:] > 5)])
    for first, last in _runs(same):
        if last - first + 1 >= SAME_AT:
            found[first - 1 : last] = True
    return found


def _usual(values: FloatArray, step_s: int) -> FloatArray:
    """Mean above zero at the same time of the week in the eight weeks before, else of the same time of day; NaN without."""
    n = len(values)
    week, day = 7 * DAY_S // step_s, max(1, DAY_S // step_s)
    live = np.where(values > 0, values, np.nan)

    def mean_of(lag: int) -> FloatArray:
        total, number = np.zeros(n), np.zeros(n)
        for k in range(1, LOOK_BACK_WEEKS + 1):
            if k * lag >= n:
                break
            earlier = live[: n - k * lag]
            known = ~np.isnan(earlier)
            total[k * lag :][known] += earlier[known]
            number[k * lag :] += known
        return np.where(number > 0, total / np.maximum(number, 1), np.nan)

    weekly = mean_of(week)
    return np.where(np.isnan(weekly), mean_of(day), weekly)


def _runs(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """[first, last) of each run of true, shape (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return edges.reshape(-1, 2).astype(np.int64)
