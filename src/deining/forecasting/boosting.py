"""Gradient boosted trees over all series at once: calendar, ordinary weeks, earlier years, what is going on now, drivers.

Where the trees are no better than the ordinary weeks, or cannot know, the ordinary weeks are given, and the reason.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

import numpy as np

from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import WrongData
from deining.domain.forecast import Forecast, Provenance
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar, Int64Array
from deining.forecasting.cleaning import without_dead_runs
from deining.forecasting.day_clues import HOUR_S, ClueRows, DayClues
from deining.forecasting.issue import to_forecasts
from deining.forecasting.lesson import DAY_S, FARTHEST_S, LOOKS_AT_S, MOST_CELLS, Lesson, dump_lesson, is_special, learn_lesson, load_lesson, stretch_of
from deining.forecasting.ordinary_grid import OrdinaryGrid
from deining.forecasting.ordinary_weeks import OrdinaryWeeks
from deining.forecasting.spread import kind_of_hour
from deining.forecasting.trees import lightgbm
from deining.forecasting.weekly import step_times

Kind = tuple[str, int]
FEWEST_DAYS = 42
"""With less history than this it learns nothing."""
FEWEST_OWN_S = 35 * DAY_S
"""A series that was measured for less than this is new: the trees are not asked."""
WORSE = 1.0
"""Out-of-fold error of the last half year, over that of the ordinary weeks, above which these are given."""
GROWN_BY, SOONEST_DAYS, LATEST_DAYS = 1.25, 7, 300
"""It learns again once its history is so many times as long, no sooner than after so many days, and after so many at the latest."""
THREADS = 1
"""More would wait for one another on a machine that is busy with something else: ten times slower, as measured."""


class Boosting:
    """Forecasts of counts, occupancies and flows up to 14 days ahead by boosted trees, and by ordinary weeks where those are better.

    Parameters
    ----------
    threads
        Cores that it uses.
    """

    def __init__(self, calendar: Calendar, *, threads: int = THREADS) -> None:
        self._calendar, self._threads = calendar, threads
        self._simple = OrdinaryWeeks(calendar)
        self._lessons: dict[Kind, Lesson] = {}

    def learn(self, histories: Sequence[Series], until: datetime, drivers: Drivers = NO_DRIVERS) -> bool:
        """Learn from six weeks of history or more. See `Forecaster`."""
        learned = False
        for kind, series in by_kind(one.until(until) for one in histories):
            days = max((one.end_s - one.first_s for one in series), default=0) / DAY_S
            known = self._lessons.get(kind)
            if days < FEWEST_DAYS or (known and days < _due_days(known)):
                continue
            lesson = learn_lesson([without_dead_runs(one) for one in series], until, drivers, days, self._calendar, self._threads)
            if lesson is not None:
                self._lessons[kind] = lesson
                learned = True
        return learned

    def forecast(self, histories: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers = NO_DRIVERS) -> list[Forecast]:
        """One forecast for each series and step. See `Forecaster`."""
        past = [one.until(origin) for one in histories]
        boosted: dict[tuple[str, str, int], list[Forecast]] = {}
        for kind, series in by_kind(past):
            lesson = self._lessons.get(kind)
            able = [one for one in series if lesson and self._why_simple(one, lesson) == ""]
            if lesson is not None and able:
                for made in self._forecast_one(lesson, able, origin, min(horizon_s, FARTHEST_S), drivers):
                    boosted.setdefault((made.target, made.quantity, made.step_s or 0), []).append(made)
        return [made for one in past for made in self._best(one, boosted.get((one.target, one.quantity, one.step_s), []), origin, horizon_s)]

    def _why_simple(self, series: Series, lesson: Lesson | None) -> str:
        """Why the trees are not asked for a series; empty when they are."""
        if lesson is None:
            return "nothing was learned yet"
        known = int(np.count_nonzero(~np.isnan(series.values)))
        if known * series.step_s < FEWEST_OWN_S:
            return f"measured for {known * series.step_s / DAY_S:.0f} days only"
        return ""

    def _best(self, series: Series, boosted: list[Forecast], origin: datetime, horizon_s: int) -> list[Forecast]:
        """The trees' forecasts, and those of ordinary weeks for the steps where these are better or all there is."""
        lesson = self._lessons.get((series.quantity, series.step_s))
        why = self._why_simple(series, lesson)
        doubts = _doubts(lesson, series) if lesson and not why else {}
        if boosted and not doubts and horizon_s <= FARTHEST_S:
            return boosted
        by_time = {made.time: made for made in boosted}
        found = []
        for simple in self._simple.forecast([series], origin, horizon_s):
            lead_h = (simple.time - origin).total_seconds() / HOUR_S
            stretch = int(stretch_of(np.array([lead_h]), series.step_s)[0])
            reason = why or doubts.get(stretch) or ("" if simple.time in by_time else "farther ahead than 14 days")
            found.append(replace(simple, provenance=Provenance(reason=reason)) if reason else by_time[simple.time])
        return found

    # -- forecasting

    def _forecast_one(self, lesson: Lesson, series: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers) -> list[Forecast]:
        origin_s, step_s = int(origin.timestamp()), series[0].step_s
        begin = datetime.fromtimestamp(origin_s - min(LOOKS_AT_S, MOST_CELLS // len(series) * step_s), UTC)
        series = [without_dead_runs(one.since(begin)) for one in series]
        times = {one.first_s % step_s: step_times(one, origin, horizon_s) for one in series}
        made: list[Forecast] = []
        for phase, times_s in times.items():
            mine = [one for one in series if one.first_s % step_s == phase]
            if not len(times_s):
                continue
            ahead = int(times_s[-1] - (origin_s - (origin_s - mine[0].first_s) % step_s)) // step_s + 1
            grid = OrdinaryGrid(mine, self._calendar, origin_s, ahead)
            lead = np.tile(np.arange(ahead - len(times_s), ahead), len(mine))
            column = np.repeat(np.arange(len(mine)), len(times_s))
            rows = DayClues(grid, drivers, origin_s).rows(np.full(len(lead), grid.known), lead, column)
            quantiles, mean = self._shape(lesson, rows, grid, lead, drivers)
            made += to_forecasts(mine, times_s, origin, mean, quantiles, "boosting", lesson.provenance)
        return made

    def _shape(self, lesson: Lesson, rows: ClueRows, grid: OrdinaryGrid, lead: Int64Array, drivers: Drivers) -> tuple[FloatArray, FloatArray]:
        """Quantiles and mean of each row."""
        lead_h = lead * grid.step_s / HOUR_S
        special = is_special(grid, drivers)[grid.known + lead]
        kind = kind_of_hour(rows.base, rows.scale, special)
        centre, quantiles = np.zeros(len(lead)), np.zeros((len(lead), 7))
        stretch = stretch_of(lead_h, grid.step_s)
        for number, trees in enumerate(lesson.stretches):
            mine = np.flatnonzero(stretch == number)
            if not len(mine):
                continue
            part = ClueRows(rows.clues[mine], rows.base[mine], rows.scale[mine])
            centre[mine] = trees.centre(part, self._threads)
            quantiles[mine] = trees.table.around(centre[mine], trees.error(part, self._threads), lead_h[mine], kind[mine])
        return quantiles, mean_of(quantiles)

    # -- keeping

    def dump(self) -> bytes:
        """All lessons, as compressed JSON. See `Forecaster`."""
        if not self._lessons:
            return b""
        return zlib.compress(json.dumps([dump_lesson(kind, lesson) for kind, lesson in self._lessons.items()]).encode(), 6)

    def load(self, learned: bytes) -> None:
        """See `Forecaster`."""
        try:
            parts = json.loads(zlib.decompress(learned)) if learned else []
            self._lessons = dict(load_lesson(part) for part in parts)
        except (ValueError, KeyError, TypeError, zlib.error, lightgbm().basic.LightGBMError) as error:
            raise WrongData(f"found no boosted trees in {len(learned)} bytes ({error}); expected what dump of the model boosting gave") from None


def by_kind(histories: Iterable[Series]) -> list[tuple[Kind, list[Series]]]:
    """Series by (quantity, step), each in the order given."""
    ordered = sorted(histories, key=lambda one: (one.quantity, one.step_s))
    return [(kind, list(series)) for kind, series in groupby(ordered, key=lambda one: (one.quantity, one.step_s))]


def _due_days(known: Lesson) -> float:
    """Days of history at which it is learned again."""
    return max(known.days + SOONEST_DAYS, min(GROWN_BY * known.days, known.days + LATEST_DAYS))


def mean_of(quantiles: FloatArray) -> FloatArray:
    """The mean, from the seven quantiles: each stands for the probability nearest to it."""
    return np.asarray(quantiles @ np.array([0.0625, 0.1125, 0.2, 0.25, 0.2, 0.1125, 0.0625]))


def _doubts(lesson: Lesson, series: Series) -> dict[int, str]:
    """By number of the stretch: why the ordinary weeks are given for it."""
    ratios = {k: trees.to_ordinary.get(series.target, 0.0) for k, trees in enumerate(lesson.stretches)}
    return {k: f"over the last half year the trees erred {ratio:.2f} times as much as ordinary weeks here" for k, ratio in ratios.items() if ratio > WORSE}
