"""How good each model was on a table of counts, by horizon, against repeating last week and the mean of four weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from deining.domain.errors import WrongTable
from deining.domain.forecast import QUANTILES, Forecast
from deining.domain.ports import Forecaster
from deining.domain.series import FloatArray, Series
from deining.jobs import Progress, no_progress

BANDS_S = (("to 2 h", 0, 7200), ("2 to 24 h", 7200, 86_400), ("1 to 7 days", 86_400, 604_800), ("past 7 days", 604_800, 10**12))
"""Horizons that are scored apart: name, from, to; by the time from the origin to the start of the step."""
FEWEST_WEEKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The score of one model in one band of horizons.

    Parameters
    ----------
    steps
        Forecast steps that were measured afterwards.
    mae
        Mean absolute error of the median, persons a step.
    to_last_week
        `mae` over that of repeating last week on the same steps; below 1 is better.
    wql
        Mean weighted quantile loss: twice the pinball loss, summed over steps and divided by the sum of what was
        measured, averaged over the seven quantiles.
    cover80, cover95
        Share of steps in which the truth lay in the 80 % and in the 95 % interval.

    References
    ----------
    Weighted quantile loss: D. Salinas et al., DeepAR, International Journal of Forecasting 36, 2020, section 4.2.
    """

    model: str
    band: str
    steps: int
    mae: float
    to_last_week: float
    wql: float
    cover80: float
    cover95: float


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
    *,
    progress: Progress = no_progress,
) -> list[Score]:
    """The score of each model in each band of horizons, over steps that all models forecast.

    Parameters
    ----------
    models
        By name; `last_week` is what the others are compared with.
    """
    found: dict[str, list[FloatArray]] = {name: [] for name in models}
    for origin in progress(origins, total=len(origins), unit="origin"):
        past = [one.until(origin) for one in series]
        for name, model in models.items():
            model.learn(past, origin)
            found[name].append(_rows(series, model.forecast(past, origin, horizon_s), origin))
    tables = {name: np.concatenate(rows) for name, rows in found.items()}
    return [score for band, low, high in BANDS_S for score in _score_band(tables, band, low, high)]


def _rows(series: Sequence[Series], made: Sequence[Forecast], origin: datetime) -> FloatArray:
    """(lead, truth, quantiles...) of one origin; steps without a truth are left out."""
    by_key = {(one.target, one.quantity): one for one in series}
    rows = []
    for f in made:
        one = by_key[f.target, f.quantity]
        k = int((f.time.timestamp() - one.first_s) // one.step_s)
        if 0 <= k < len(one.values) and not np.isnan(one.values[k]):
            rows.append(((f.time - origin) / timedelta(seconds=1), one.values[k], *f.quantiles))
    return np.array(rows, dtype=float).reshape(len(rows), 2 + len(QUANTILES))


def _score_band(tables: Mapping[str, FloatArray], band: str, low: float, high: float) -> list[Score]:
    chosen = {name: table[(table[:, 0] >= low) & (table[:, 0] < high)] for name, table in tables.items()}
    if not all(len(table) for table in chosen.values()):
        return []
    mae = {name: float(np.mean(np.abs(table[:, 2 + QUANTILES.index(0.50)] - table[:, 1]))) for name, table in chosen.items()}
    return [_score(name, band, table, mae[name], mae.get("last_week", float("nan"))) for name, table in chosen.items()]


def _score(name: str, band: str, table: FloatArray, mae: float, mae_last_week: float) -> Score:
    truth, quantiles = table[:, 1], table[:, 2:]
    error, q = truth[:, None] - quantiles, np.array(QUANTILES)
    loss = np.maximum(q * error, (q - 1) * error)

    def cover(lower: float, upper: float) -> float:
        low, high = quantiles[:, QUANTILES.index(lower)], quantiles[:, QUANTILES.index(upper)]
        return float(np.mean((truth >= low) & (truth <= high)))

    return Score(
        model=name,
        band=band,
        steps=len(table),
        mae=mae,
        to_last_week=mae / mae_last_week if mae_last_week > 0 else float("nan"),
        wql=float(np.mean(2 * loss.sum(axis=0) / max(truth.sum(), 1e-9))),
        cover80=cover(0.10, 0.90),
        cover95=cover(0.025, 0.975),
    )
