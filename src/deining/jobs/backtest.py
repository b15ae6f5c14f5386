"""How good each model was on a table of counts, by horizon, against repeating last week and the mean of four weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import WrongTable
from deining.domain.forecast import Forecast
from deining.domain.ports import Forecaster
from deining.domain.series import FloatArray, Series
from deining.forecasting import Calendar
from deining.forecasting.record import AT, BUSY, COLUMNS, LEVELS, OUTCOMES, QUIET, SPECIAL, UNKNOWN, Facts, Judge, count_steps, find_band, read_score
from deining.jobs import Progress, no_progress

BANDS = ("to 2 h", "2 to 24 h", "1 to 7 days", "past 7 days")
BANDS_S = ((0, 7200), (7200, 86_400), (86_400, 604_800), (604_800, 10**12))
"""Horizons that are scored apart, s: above the first, up to the second; by the time from the origin to the end of the step."""
KINDS = {"all": (QUIET, BUSY, SPECIAL, UNKNOWN), "quiet": (QUIET,), "busy": (BUSY,), "special": (SPECIAL,)}
FEWEST_WEEKS = 3
ALL = ""
"""Stands for all targets together."""
Sums = dict[tuple[str, str, int, int], FloatArray]
"""(model, target, band, kind) -> sums over steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The score of one model in one band of horizons.

    Parameters
    ----------
    target
        Id of the sensor; empty for all together.
    kind
        Kind of hour: `all`, or `quiet`, `busy` (what is ordinary then lies above four fifths of the four weeks before),
        `special` (a public holiday, or a day of an event of the area).
    steps
        Forecast steps that were measured afterwards.
    mae
        Mean absolute error of the median, persons a step.
    to_last_week, to_ordinary_weeks
        `mae` over that of repeating last week, and of the mean of the four ordinary weeks before, on the same steps; below
        1 is better. NaN where those weeks hold nothing.
    wql
        Mean weighted quantile loss: twice the pinball loss, summed over steps and divided by the sum of what was
        measured, averaged over the seven quantiles.
    cover80, cover95
        Share of steps in which the truth lay in the 80 % and in the 95 % interval.
    outcomes
        By `yellow_hits`, `yellow_misses`, `yellow_false_alarms` and so on to `red_false_alarms`: how often the median was
        in a level and the truth too, the truth alone, the median alone. None where no scale is in force.

    References
    ----------
    Weighted quantile loss: D. Salinas et al., DeepAR, International Journal of Forecasting 36, 2020, section 4.2.
    """

    model: str
    band: str
    target: str
    kind: str
    steps: int
    mae: float
    to_last_week: float
    to_ordinary_weeks: float
    wql: float
    cover80: float
    cover95: float
    outcomes: Mapping[str, int | None]


def choose_origins(series: Sequence[Series], *, weeks: int, every_h: int) -> list[datetime]:
    """Origins through the last weeks of a table, in equal steps that are no whole days, so that every hour has its turn.

    Raises
    ------
    WrongTable
        When the table is too short to learn from and to score.
    """
    first_s, end_s = min(s.first_s for s in series), max(s.end_s for s in series)
    begin_s = max(end_s - weeks * 7 * 86_400, first_s + FEWEST_WEEKS * 7 * 86_400)
    origins = [datetime.fromtimestamp(t, UTC) for t in range(begin_s, end_s - 3600, every_h * 3600)]
    if not origins:
        days = (end_s - first_s) / 86_400
        raise WrongTable(f"found {days:.0f} days of counts; expected more than {7 * FEWEST_WEEKS}: that much is learned from before anything is scored")
    return origins


def backtest(
    series: Sequence[Series],
    origins: Sequence[datetime],
    horizon_s: int,
    models: Mapping[str, Forecaster],
    drivers: Drivers = NO_DRIVERS,
    *,
    judge: Judge | None = None,
    progress: Progress = no_progress,
) -> list[Score]:
    """The score of each model in each band of horizons, over the steps that all models which reach so far forecast.

    Parameters
    ----------
    models
        By name.
    judge
        Knows holidays, events and levels; None for none of them, and hours in UTC.

    Returns
    -------
    list[Score]
        All targets together and all hours first, then by kind of hour, then each target alone.
    """
    judge = judge or Judge(Calendar.in_utc(), drivers.events)
    sums: Sums = {}
    for origin in progress(sorted(origins), total=len(origins), unit="origin"):
        past = [one.until(origin) for one in series]
        made: dict[str, dict[tuple[str, str], list[Forecast]]] = {name: {} for name in models}
        for name, model in models.items():
            model.learn(past, origin, drivers)
            for forecast in model.forecast(past, origin, horizon_s, drivers):
                made[name].setdefault((forecast.target, forecast.quantity), []).append(forecast)
        for one in series:
            _add_origin(sums, judge, one, origin, {name: found.get((one.target, one.quantity), []) for name, found in made.items()})
    targets = [ALL, *(one.target for one in series)]
    kinds = [(ALL, "all"), *((ALL, kind) for kind in KINDS if kind != "all"), *((t, kind) for t in targets[1:] for kind in KINDS)]
    return [score for target, kind in kinds for band in range(len(BANDS)) for name in models if (score := _read(sums, name, target, band, kind)) is not None]


def _add_origin(sums: Sums, judge: Judge, series: Series, origin: datetime, made: Mapping[str, Sequence[Forecast]]) -> None:
    """Add what the models forecast of one series from one origin."""
    by_time = {name: {int(f.time.timestamp()): f.quantiles for f in found} for name, found in made.items()}
    times_s = np.array(sorted({t for found in by_time.values() for t in found}), dtype=np.int64)
    if not len(times_s):
        return
    facts = judge.find_facts(series, np.full(len(times_s), int(origin.timestamp()), dtype=np.int64), times_s)
    bands = find_band(facts.lead_s, BANDS_S)
    for band in np.unique(bands).tolist():
        there = bands == band
        reaching = {name: found for name, found in by_time.items() if any(t in found for t in times_s[there].tolist())}
        common = there & np.array([all(t in found for found in reaching.values()) for t in times_s.tolist()])
        for name, found in reaching.items():
            quantiles = np.array([found[t] for t in times_s[common].tolist()])
            _add(sums, name, series.target, band, facts.pick(common), quantiles, judge.chance)


def _add(sums: Sums, model: str, target: str, band: int, facts: Facts, quantiles: FloatArray, chance: float) -> None:
    if not len(quantiles):
        return
    added = count_steps(facts, quantiles, chance)
    for kind in np.unique(facts.kind).tolist():
        part = added[facts.kind == kind].sum(axis=0)
        for place in (ALL, target):
            key = (model, place, band, kind)
            sums[key] = sums.get(key, np.zeros(len(COLUMNS))) + part


def _read(sums: Sums, model: str, target: str, band: int, kind: str) -> Score | None:
    """The score of a model; None where nothing was scored."""
    parts = [found for k in KINDS[kind] if (found := sums.get((model, target, band, k))) is not None]
    whole = np.sum(parts, axis=0) if parts else np.zeros(len(COLUMNS))
    if not whole[AT["n"]]:
        return None
    score = read_score(whole)
    return Score(
        model=model,
        band=BANDS[band],
        target=target,
        kind=kind,
        steps=score.n,
        mae=_number(score.mae),
        to_last_week=_number(score.to_last_week),
        to_ordinary_weeks=_number(score.to_ordinary_weeks),
        wql=_number(score.wql),
        cover80=_number(score.cover80),
        cover95=_number(score.cover95),
        outcomes={
            f"{level.label}_{outcome}": getattr(score.levels[level], outcome) if level in score.levels else None for level in LEVELS for outcome in OUTCOMES[:3]
        },
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def score_columns(scores: Sequence[Score]) -> dict[str, list[object]]:
    """The columns of a table of scores."""
    names = ("band", "model", "steps", "mae", "to_last_week", "wql", "cover80", "cover95", "target", "kind", "to_ordinary_weeks")
    outcomes = [f"{level.label}_{outcome}" for level in LEVELS for outcome in OUTCOMES[:3]]
    return {name: [getattr(score, name) for score in scores] for name in names} | {name: [score.outcomes[name] for score in scores] for name in outcomes}
