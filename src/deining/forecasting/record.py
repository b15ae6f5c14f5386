"""The record of forecasts: each issued step beside the truth, and beside what two simple rules said at the same origin.

A forecast is judged on what was known at its origin alone: the simple rules look back in wall-clock time from there.
What kind of hour a step is (quiet, busy, special) is decided by what was to be expected of it and never by how it turned
out, for whoever picks the hours that became busy finds every honest forecast too low.

References
----------
S. Lerch and others, Forecaster's dilemma: extreme events and forecast evaluation, Statistical Science 32, 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from deining.domain.event import Event
from deining.domain.forecast import QUANTILES
from deining.domain.levels import Level
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import BoolArray, Calendar, Int64Array
from deining.forecasting.last_week import LastWeek
from deining.forecasting.ordinary_weeks import OrdinaryWeeks
from deining.forecasting.weekly import first_known_week, values_at

Bands = Sequence[tuple[int, int]]
IntArray = npt.NDArray[np.intp]

DAY_S = 86_400
BANDS_S: Bands = ((0, 900), (900, 3600), (3600, 7200), (7200, 21_600), (21_600, DAY_S), (DAY_S, 7 * DAY_S), (7 * DAY_S, 14 * DAY_S))
"""Leads that are scored apart, s: above the first, up to the second; from the origin to the end of the step."""
BANDS = ("to 15 min", "15 min to 1 h", "1 to 2 h", "2 to 6 h", "6 to 24 h", "1 to 7 days", "7 to 14 days")
"""Their names."""
KINDS = ("quiet", "busy", "special", "unknown")
QUIET, BUSY, SPECIAL, UNKNOWN = range(4)
LEVELS = (Level.YELLOW, Level.ORANGE, Level.RED)
OUTCOMES = ("hits", "misses", "false_alarms", "correct_negatives")
BUSY_QUANTILE, BUSY_WEEKS = 0.8, 4

COLUMNS = (
    "n",
    "missing",
    "error",
    "truth",
    "n_last_week",
    "error_last_week",
    "last_week",
    "n_ordinary_weeks",
    "error_ordinary_weeks",
    "ordinary_weeks",
    *(f"loss_{k}" for k in range(len(QUANTILES))),
    "inside80",
    "inside95",
    *(f"{level.label}_{outcome}" for level in LEVELS for outcome in OUTCOMES),
    *(f"{level.label}_chance_{outcome}" for level in LEVELS for outcome in OUTCOMES),
)
"""What is added up over forecast steps.

`n` were measured, `missing` were not. `error` is the sum of |median - truth|; `last_week` that of repeating last week over
the `n_last_week` steps of which last week is known, and `error_last_week` that of the forecast over those same steps;
`ordinary_weeks` likewise. `loss_k` is twice the pinball loss of the k-th quantile. A level was forecast where the median was
at or above its threshold and, under `chance`, where its probability was at least the policy's.
"""
AT = {name: k for k, name in enumerate(COLUMNS)}

Thresholds = Callable[[str, str, int], Sequence[float]]
"""(target, quantity, step_s) -> where yellow, orange and red begin, in the series' own unit; infinite where there is no scale."""


def no_thresholds(target: str, quantity: str, step_s: int) -> Sequence[float]:
    """No scale is in force anywhere."""
    return (np.inf, np.inf, np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What forecast steps of one series are held against; every array has one value a step.

    Parameters
    ----------
    lead_s
        From the origin to the end of the step.
    truth
        What was measured; NaN where nothing was.
    last_week, ordinary_weeks
        What repeating last week and the mean of four ordinary weeks said at the origin; NaN where those weeks hold nothing.
    kind
        Index in `KINDS`.
    thresholds
        Where yellow, orange and red begin, shape (3,).
    """

    lead_s: Int64Array
    truth: FloatArray
    last_week: FloatArray
    ordinary_weeks: FloatArray
    kind: Int64Array
    thresholds: FloatArray

    def pick(self, chosen: BoolArray | IntArray) -> Facts:
        """The facts of some of the steps."""
        return Facts(
            lead_s=self.lead_s[chosen],
            truth=self.truth[chosen],
            last_week=self.last_week[chosen],
            ordinary_weeks=self.ordinary_weeks[chosen],
            kind=self.kind[chosen],
            thresholds=self.thresholds,
        )


class Judge:
    """Finds the facts that forecasts of an area are held against.

    Parameters
    ----------
    events
        A local day that one of these touches is special, as is a public holiday of the calendar.
    thresholds
        The scales in force.
    chance
        Probability from which a level counts as forecast, besides the median's being in it.
    """

    def __init__(self, calendar: Calendar, events: Iterable[Event] = (), thresholds: Thresholds = no_thresholds, chance: float = 0.5) -> None:
        self._calendar, self._thresholds, self.chance = calendar, thresholds, chance
        self._last_week, self._ordinary_weeks = LastWeek(calendar), OrdinaryWeeks(calendar)
        self._event_days = [_local_days(event, calendar) for event in events]

    def find_facts(self, series: Series, origins_s: Int64Array, times_s: Int64Array) -> Facts:
        """The facts of some forecast steps of a series.

        Parameters
        ----------
        series
            As it is known now: of what is later than an origin only the truth is taken.
        origins_s, times_s
            Origin and start of each step, seconds since 1970 UTC, shape (n,).
        """
        weeks = first_known_week(times_s, origins_s, series.step_s)  # type: ignore[arg-type]  # one origin a step
        seen, place = np.unique(self._calendar.weeks_before(times_s, weeks - 1), return_inverse=True)
        ordinary_weeks = self._ordinary_weeks.usual(series, seen)[place]
        return Facts(
            lead_s=times_s + series.step_s - origins_s,
            truth=values_at(series, times_s),
            last_week=self._last_week.usual(series, seen)[place],
            ordinary_weeks=ordinary_weeks,
            kind=self._find_kinds(series, times_s, ordinary_weeks),
            thresholds=np.asarray(self._thresholds(series.target, series.quantity, series.step_s), dtype=float),
        )

    def _find_kinds(self, series: Series, times_s: Int64Array, ordinary: FloatArray) -> Int64Array:
        days, place = np.unique(times_s // DAY_S, return_inverse=True)
        busy_from = np.array([_busy_from(series, int(day) * DAY_S) for day in days])[place]
        unknown = np.isnan(ordinary) | np.isnan(busy_from)
        return np.select([self.is_special(times_s), unknown, ordinary > busy_from], [SPECIAL, UNKNOWN, BUSY], QUIET).astype(np.int64)

    def is_special(self, times_s: Int64Array) -> BoolArray:
        """Whether each time lies on a public holiday, or on a local day that an event touches."""
        days = self._calendar.local_s(times_s) // DAY_S
        special = self._calendar.is_holiday(times_s)
        for first, last in self._event_days:
            special = special | ((days >= first) & (days <= last))
        return special


def _local_days(event: Event, calendar: Calendar) -> tuple[int, int]:
    """First and last local day that an event touches, days since 1970."""
    last = max(event.start, event.end - timedelta(microseconds=1))
    days = calendar.local_s(np.array([int(event.start.timestamp()), int(last.timestamp())], dtype=np.int64)) // DAY_S
    return int(days[0]), int(days[1])


def _busy_from(series: Series, until_s: int) -> float:
    """Above which value an hour is busy: a quantile of the weeks before a time; NaN where they hold nothing."""
    end = min(len(series.values), max(0, (until_s - series.first_s) // series.step_s))
    values = series.values[max(0, end - BUSY_WEEKS * 7 * DAY_S // series.step_s) : end]
    values = values[~np.isnan(values)]
    return float(np.quantile(values, BUSY_QUANTILE)) if len(values) else np.nan


def quantile_loss(quantiles: FloatArray, truth: FloatArray) -> FloatArray:
    """Twice the pinball loss of each quantile: shape (n, 7) from shapes (n, 7) and (n,).

    References
    ----------
    D. Salinas and others, DeepAR, International Journal of Forecasting 36, 2020, section 4.2.
    """
    q, error = np.array(QUANTILES), truth[:, None] - quantiles
    return np.asarray(2 * np.maximum(q * error, (q - 1) * error))


def chances_above(quantiles: FloatArray, value: float) -> FloatArray:
    """Probability that the truth is at or above a value, shape (n,), as `Forecast.chance_above` finds it one by one."""
    chances = np.full(len(quantiles), 1.0 - QUANTILES[-1])
    for k in range(len(QUANTILES) - 1, 0, -1):
        low, high = quantiles[:, k - 1], quantiles[:, k]
        share = np.divide(value - low, high - low, out=np.ones(len(low)), where=(low <= value) & (value <= high) & (low < high))
        chances = np.where(value <= high, 1.0 - (QUANTILES[k - 1] + share * (QUANTILES[k] - QUANTILES[k - 1])), chances)
    return np.where(value <= quantiles[:, 0], 1.0 - QUANTILES[0], chances)


def count_steps(facts: Facts, quantiles: FloatArray, chance: float = 0.5) -> FloatArray:
    """What each forecast step adds to `COLUMNS`, shape (n, columns); a step that was not measured adds to `missing` alone.

    Parameters
    ----------
    quantiles
        Values at `QUANTILES`, shape (n, 7).
    chance
        Probability from which a level counts as forecast.
    """
    known = ~np.isnan(facts.truth)
    added = np.zeros((len(known), len(COLUMNS)))
    added[:, AT["missing"]] = ~known
    truth, q = facts.truth[known], quantiles[known]
    error = np.abs(q[:, QUANTILES.index(0.50)] - truth)
    found = np.zeros((len(truth), len(COLUMNS)))
    found[:, AT["n"]], found[:, AT["error"]], found[:, AT["truth"]] = 1, error, truth
    for name, simple in (("last_week", facts.last_week[known]), ("ordinary_weeks", facts.ordinary_weeks[known])):
        there = ~np.isnan(simple)
        found[there, AT[f"n_{name}"]] = 1
        found[there, AT[f"error_{name}"]] = error[there]
        found[there, AT[name]] = np.abs(simple - truth)[there]
    found[:, AT["loss_0"] : AT["loss_0"] + len(QUANTILES)] = quantile_loss(q, truth)
    found[:, AT["inside80"]] = _inside(q, truth, 0.10, 0.90)
    found[:, AT["inside95"]] = _inside(q, truth, 0.025, 0.975)
    _count_levels(found, facts.thresholds, q, truth, chance)
    added[known] = found
    return added


def _inside(quantiles: FloatArray, truth: FloatArray, low: float, high: float) -> BoolArray:
    return (truth >= quantiles[:, QUANTILES.index(low)]) & (truth <= quantiles[:, QUANTILES.index(high)])


def _count_levels(found: FloatArray, thresholds: FloatArray, quantiles: FloatArray, truth: FloatArray, chance: float) -> None:
    for level, threshold in zip(LEVELS, thresholds.tolist(), strict=True):
        if not np.isfinite(threshold):
            continue
        came = truth >= threshold
        ways = {"": quantiles[:, QUANTILES.index(0.50)] >= threshold, "chance_": chances_above(quantiles, threshold) >= chance}
        for way, said in ways.items():
            for outcome, held in zip(OUTCOMES, (said & came, ~said & came, said & ~came, ~said & ~came), strict=True):
                found[:, AT[f"{level.label}_{way}{outcome}"]] = held


def find_band(lead_s: Int64Array, bands: Bands = BANDS_S) -> Int64Array:
    """Index of the band of each lead; -1 beyond the last."""
    index = np.searchsorted([high for _, high in bands], lead_s)
    return np.where(index < len(bands), index, -1).astype(np.int64)


def add_up(keys: Int64Array, added: FloatArray) -> tuple[Int64Array, FloatArray]:
    """Distinct rows of whole numbers, and the sums over the steps of each: shapes (m, k) and (m, columns)."""
    distinct, place = np.unique(keys, axis=0, return_inverse=True)
    sums = np.zeros((len(distinct), added.shape[1]))
    np.add.at(sums, place.ravel(), added)
    return distinct, sums


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCounts:
    """How often a level was forecast, and came: hits, misses, false alarms, correct negatives."""

    hits: int
    misses: int
    false_alarms: int
    correct_negatives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good some forecast steps were.

    Parameters
    ----------
    n, missing
        Steps that were measured, and that were not and so have no part in the rest.
    mae
        Mean absolute error of the median, in the quantity's unit; None without measured steps, as what follows.
    to_last_week, to_ordinary_weeks
        Its error over that of repeating last week, and of the mean of four ordinary weeks, on the steps of which those are
        known; below 1 is better.
    wql
        Weighted quantile loss: twice the pinball loss over the sum of what was measured, averaged over the seven quantiles.
    cover80, cover95
        Share of steps in which the truth lay in the 80 % and in the 95 % interval.
    levels, levels_by_chance
        By level, where a scale is in force: as the median forecast it, and as a sufficient probability did.

    References
    ----------
    Weighted quantile loss: D. Salinas and others, DeepAR, International Journal of Forecasting 36, 2020, section 4.2.
    """

    n: int
    missing: int
    mae: float | None
    to_last_week: float | None
    to_ordinary_weeks: float | None
    wql: float | None
    cover80: float | None
    cover95: float | None
    levels: dict[Level, LevelCounts]
    levels_by_chance: dict[Level, LevelCounts]


def read_score(sums: FloatArray) -> Score:
    """The score that sums over `COLUMNS` come to, shape (columns,)."""

    def at(name: str) -> float:
        return float(sums[AT[name]])

    losses = sums[AT["loss_0"] : AT["loss_0"] + len(QUANTILES)]
    return Score(
        n=round(at("n")),
        missing=round(at("missing")),
        mae=_ratio(at("error"), at("n")),
        to_last_week=_ratio(at("error_last_week"), at("last_week")),
        to_ordinary_weeks=_ratio(at("error_ordinary_weeks"), at("ordinary_weeks")),
        wql=_ratio(float(losses.mean()), at("truth")),
        cover80=_ratio(at("inside80"), at("n")),
        cover95=_ratio(at("inside95"), at("n")),
        levels=_read_levels(sums, ""),
        levels_by_chance=_read_levels(sums, "chance_"),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _read_levels(sums: FloatArray, way: str) -> dict[Level, LevelCounts]:
    found = {}
    for level in LEVELS:
        counts = {outcome: round(float(sums[AT[f"{level.label}_{way}{outcome}"]])) for outcome in OUTCOMES}
        if any(counts.values()):
            found[level] = LevelCounts(**counts)
    return found
