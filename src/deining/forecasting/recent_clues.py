"""Clues: what the last two hours, all places together and the earlier days say of the next two hours at a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deining.domain.drivers import BoolArray, Int64Array
from deining.domain.series import FloatArray
from deining.forecasting.calendar import Calendar
from deining.forecasting.recent_grid import Grid, window_steps

QUARTER_S, HOUR_S, DAY_S = 900, 3600, 86_400
RECENT_DAYS = (1, 2, 3)
SAME_WEEKDAYS = (7, 14)

ALIVE_WITH = 25.0
"""A run of zeros during which so many persons were usual is a dead sensor, not a quiet street."""
ABRUPT = 3.0
"""On a first day: so many persons at least in each of the two steps before the run, so the street did not just empty."""

OWN = ("last_step", "last_two_steps", "half_hour", "hour", "two_hours", "day")
DAYS = ("recent_days", "recent_days_rise", "recent_days_at_this_level", "recent_days_at_all_level", "same_weekdays")
ALL = ("all_at_once", "all_in_a_quarter", "all_in_two_hours", "all_recent_days_rise")
CLUES = (*OWN, *DAYS, *ALL)
"""What each column of `Clues.away` says."""


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known at some origins of some targets, pairwise.

    Parameters
    ----------
    recent
        Mean of the last 15 minutes; where they were not measured, of a longer time; NaN where nothing is known. Shape (n,).
    usual
        Mean of the latest days at the clock time of the step; NaN where nothing is known. Shape (n,).
    away
        How far each of `CLUES` lies from `recent`, in the quantity's unit; 0 where a clue is missing. Shape (n, clues).
    scale
        Square root of the level plus one: the spread of a count is of this order. Shape (n,).
    pace
        Level over the mean of the last day: above one is busy for this place. Shape (n,).
    fresh
        Whether anything was measured within the last hour. Shape (n,).
    """

    recent: FloatArray
    usual: FloatArray
    away: FloatArray
    scale: FloatArray
    pace: FloatArray
    fresh: BoolArray

    def take(self, chosen: BoolArray) -> Clues:
        """Some of the pairs."""
        return Clues(self.recent[chosen], self.usual[chosen], self.away[chosen], self.scale[chosen], self.pace[chosen], self.fresh[chosen])


@dataclass(frozen=True, slots=True)
class Rows:
    """Past pairs of one lead: what was known, and what came; `origins` are columns of the grid, all of shape (n,)."""

    lead: int
    clues: Clues
    truth: FloatArray
    origins: Int64Array

    def between(self, begin: int, end: int) -> Rows:
        """The rows whose origin is at or after the column `begin` and whose step had ended by the column `end`."""
        chosen = (self.origins >= begin) & (self.origins + self.lead < end)
        return Rows(self.lead, self.clues.take(chosen), self.truth[chosen], self.origins[chosen])

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Rows of one lead together."""
        names = ("recent", "usual", "away", "scale", "pace", "fresh")
        clues = Clues(*(np.concatenate([getattr(part.clues, name) for part in parts]) for name in names))
        truth, origins = np.concatenate([part.truth for part in parts]), np.concatenate([part.origins for part in parts])
        return cls(parts[0].lead, clues, truth, origins)


class Reader:
    """Reads clues from a grid, out of which dead runs were taken.

    A run of zeros still going on at the end is left as it is: whether a sensor is dead now is judged by those who watch it.

    Parameters
    ----------
    calendar
        Whose wall-clock time makes two days alike.
    """

    def __init__(self, grid: Grid, calendar: Calendar) -> None:
        self._calendar = calendar
        self.grid = grid
        self.grid = grid.without(*self._dead_runs())
        self._all = self.grid.together()
        self._known = np.flatnonzero(~np.isnan(self.grid.values))

    def at(self, rows: Int64Array, origins: Int64Array, leads: Int64Array) -> Clues:
        """The clues for the steps `origins + leads`, when the columns before `origins` were known; all of shape (n,)."""
        recent, hour, day = self._recent(rows, origins), self._past(rows, origins, HOUR_S), self._past(rows, origins, DAY_S)
        base, level = _or(recent, 0.0), np.maximum(_or(recent, 0.0), _or(hour, 0.0))
        usual = self._usual(self.grid, rows, origins + leads)
        own = [self.grid.mean(rows, origins - width, origins) - base for width in self._widths()]
        clues = [*own, *self._of_days(rows, origins, leads, base, usual), *self._of_all(origins, leads, base)]
        fresh = ~np.isnan(self._past(rows, origins, max(HOUR_S, 2 * self.grid.step_s)))
        pace = level / np.maximum(_or(day, 0.0), 1e-9)
        return Clues(recent, usual, _or(np.column_stack(clues), 0.0), np.sqrt(level + 1.0), pace, fresh)

    def past(self, lead: int, most: int, rng: np.random.Generator) -> Rows:
        """At most so many past steps, drawn at random, with what was known `lead` steps before each began."""
        cells = self._known if len(self._known) <= most else rng.choice(self._known, most, replace=False)
        rows, steps = np.divmod(np.sort(cells), max(1, self.grid.steps))
        quarter = window_steps(QUARTER_S, self.grid.step_s)
        fits = (steps > lead) & ~np.isnan(self.grid.mean(rows, steps - lead - quarter, steps - lead))
        rows, steps = rows[fits], steps[fits]
        return Rows(lead, self.at(rows, steps - lead, np.full(len(rows), lead)), self.grid.values[rows, steps], steps - lead)

    def _widths(self) -> list[int]:
        return [1, 2, *(window_steps(seconds, self.grid.step_s) for seconds in (HOUR_S / 2, HOUR_S, 2 * HOUR_S, DAY_S))]

    def _past(self, rows: Int64Array, origins: Int64Array, seconds: float) -> FloatArray:
        return self.grid.mean(rows, origins - window_steps(seconds, self.grid.step_s), origins)

    def _recent(self, rows: Int64Array, origins: Int64Array) -> FloatArray:
        found = self._past(rows, origins, QUARTER_S)
        for seconds in (2 * QUARTER_S, HOUR_S, 2 * HOUR_S, DAY_S):
            found = _or(found, self._past(rows, origins, seconds))
        return _or(found, self.grid.mean(rows, np.zeros_like(origins), origins))

    def _of_days(self, rows: Int64Array, origins: Int64Array, leads: Int64Array, base: FloatArray, usual: FloatArray) -> list[FloatArray]:
        everywhere = np.zeros_like(rows)
        then = self._usual(self.grid, rows, origins, back_s=QUARTER_S)
        own = (self._past(rows, origins, HOUR_S) + 1) / (self._usual(self.grid, rows, origins, back_s=HOUR_S) + 1)
        hour = window_steps(HOUR_S, self.grid.step_s)
        every = _ratio(self._all.mean(everywhere, origins - hour, origins), self._usual(self._all, everywhere, origins, back_s=HOUR_S))
        week = _or(self._usual(self.grid, rows, origins + leads, days=SAME_WEEKDAYS), usual)
        return [usual - base, usual - then, usual * np.clip(own, 0.25, 4) - base, usual * np.clip(_or(every, 1.0), 0.25, 4) - base, week - base]

    def _of_all(self, origins: Int64Array, leads: Int64Array, base: FloatArray) -> list[FloatArray]:
        """What a place would gain if it changed as all places together do or, on earlier days, did."""
        rows, step_s = np.zeros_like(origins), self.grid.step_s
        quarter, hour, two_hours = (window_steps(seconds, step_s) for seconds in (QUARTER_S, HOUR_S, 2 * HOUR_S))
        last, now, lately, long = (self._all.mean(rows, origins - width, origins) for width in (1, quarter, hour, two_hours))
        rise = _ratio(self._usual(self._all, rows, origins + leads), self._usual(self._all, rows, origins, back_s=QUARTER_S))
        return [base * np.clip(ratio - 1, -0.8, 1.5) for ratio in (_ratio(last, now), _ratio(now, lately), _ratio(now, long), rise)]

    def _usual(self, grid: Grid, rows: Int64Array, steps: Int64Array, *, back_s: float = 0.0, days: tuple[int, ...] = RECENT_DAYS) -> FloatArray:
        """Mean over earlier days round each step (a quarter of an hour wide), or over the time up to it; NaN where not measured."""
        width = window_steps(back_s or QUARTER_S, grid.step_s)
        offset = width if back_s else (width - 1) // 2
        total, number = np.zeros(len(rows)), np.zeros(len(rows))
        for day in days:
            first = self._days_before(steps, day) - offset
            found = grid.mean(rows, first, first + width)
            total, number = total + _or(found, 0.0), number + ~np.isnan(found)
        return np.asarray(np.where(number > 0, total / np.maximum(number, 1), np.nan))

    def _days_before(self, steps: Int64Array, days: int) -> Int64Array:
        """Columns of the same wall-clock time some days earlier."""
        lowest = int(steps.min(initial=0))
        times_s = self.grid.begin_s + self.grid.step_s * np.arange(lowest, int(steps.max(initial=0)) + 1, dtype=np.int64)
        earlier_s = times_s - days * DAY_S
        same_s = earlier_s + (self._calendar.local_s(times_s) - times_s) - (self._calendar.local_s(earlier_s) - earlier_s)
        return np.asarray(((same_s - self.grid.begin_s) // self.grid.step_s)[steps - lowest])

    def _dead_runs(self) -> tuple[Int64Array, Int64Array, Int64Array]:
        rows, first, end = self.grid.runs_of_zeros()
        long = np.nanmax(self.grid.values, axis=1, initial=0.0)[rows] * (end - first) >= ALIVE_WITH
        rows, first, end = rows[long], first[long], end[long]
        total, number = np.zeros(len(rows)), np.zeros(len(rows))
        for day in RECENT_DAYS:
            then = self._days_before(first, day)
            found = self.grid.mean(rows, then, then + end - first)
            total, number = total + _or(found, 0.0), number + ~np.isnan(found)
        before = np.minimum(self.grid.mean(rows, first - 1, first), self.grid.mean(rows, first - 2, first - 1))
        expected = np.where(number > 0, total / np.maximum(number, 1), np.where(before >= ABRUPT, before, 0.0))
        dead = expected * (end - first) >= ALIVE_WITH
        return rows[dead], first[dead], end[dead]


def _or(found: FloatArray, otherwise: FloatArray | float) -> FloatArray:
    return np.asarray(np.where(np.isnan(found), otherwise, found))


def _ratio(now: FloatArray, then: FloatArray) -> FloatArray:
    """Their ratio; NaN where either is missing or `then` is nobody."""
    return np.asarray(np.where(then > 0, now / np.where(then > 0, then, 1.0), np.nan))
