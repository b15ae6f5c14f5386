"""Bands: quantiles round the forecast of a small number, from errors made before, by lead, size and pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import nnls

from deining.domain.forecast import QUANTILES
from deining.domain.series import FloatArray

SIZES = 3
GROWTH_BINS = 8
FEWEST_ERRORS = 100
"""Fewest errors of a kind before its own quantiles are used."""
WIDE = np.array([-1.0, -0.8, -0.4, 0.0, 0.6, 1.5, 3.0, 0.1])
"""Errors relative to the forecast plus one, at `QUANTILES` and in the mean, while too few are known: from nobody to four times as many."""
MIDDLE = QUANTILES.index(0.5)


@dataclass(frozen=True, slots=True)
class Errors:
    """Forecasts of one lead made without knowing the outcome, the truth, the pace, and how much each counts; all of shape (n,)."""

    forecast: FloatArray
    truth: FloatArray
    pace: FloatArray
    weight: FloatArray


class Bands:
    """Split-conformal quantiles of errors, by lead and by kind, in units of how errors of a lead grow with the forecast.

    That unit is the square root of a (forecast + 1) + b forecast^2: by chance alone a count errs as its square root, a
    change that all share in proportion to it. A kind is a third of the forecasts by size, quiet or busy: below or above
    the place's own mean of the last day. Between two leads all is interpolated. Late errors may count more than early
    ones. Too few errors give a wide band, not a narrow one.

    References
    ----------
    V. Vovk, A. Gammerman and G. Shafer, Algorithmic Learning in a Random World, 2005: inductive and Mondrian conformal
    prediction. R. F. Barber et al., Conformal prediction beyond exchangeability, Annals of Statistics 51 (2023) 816-845:
    weights.
    """

    def __init__(self, leads: FloatArray, edges: FloatArray, growth: FloatArray, table: FloatArray) -> None:
        self._leads, self._edges, self._growth, self._table = leads, edges, growth, table

    @classmethod
    def of(cls, errors: dict[int, Errors]) -> Bands:
        """Bands from the errors at some leads, counted in steps."""
        leads = sorted(errors)
        sizes = np.concatenate([errors[lead].forecast for lead in leads])
        edges = np.quantile(sizes, np.arange(1, SIZES) / SIZES) if len(sizes) else np.zeros(SIZES - 1)
        growth = np.array([_growth(errors[lead]) for lead in leads])
        table = np.array([_quantiles(errors[lead], edges, one) for lead, one in zip(leads, growth, strict=True)])
        return cls(np.array(leads, dtype=float), edges, growth, table)

    def around(self, forecast: FloatArray, pace: FloatArray, leads: FloatArray, widen: FloatArray, *, whole: bool) -> tuple[FloatArray, FloatArray]:
        """Quantiles round forecasts, rising and never negative, and the mean: shapes (n, 7) and (n,).

        Parameters
        ----------
        forecast, pace, leads
            What is expected, whether the place is busy, and how many steps ahead: each of shape (n,).
        widen
            Factor on the errors, shape (n,).
        whole
            Whether the quantity comes in whole numbers: the median then is one, the other quantiles are not, since a band
            rounded outwards would hold more often than it says.
        """
        size, busy = np.searchsorted(self._edges, forecast), (pace > 1).astype(np.int64)
        position = np.interp(leads, self._leads, np.arange(len(self._leads)))
        low = np.minimum(position.astype(np.int64), max(0, len(self._leads) - 2))
        high = np.minimum(low + 1, len(self._leads) - 1)
        share = (position - low)[:, None]
        unit = _unit(forecast, (1 - share) * self._growth[low] + share * self._growth[high])
        errors = ((1 - share) * self._table[low, size, busy] + share * self._table[high, size, busy]) * unit[:, None]
        errors = np.where(np.isnan(errors), WIDE * (forecast + 1.0)[:, None], errors)
        found = np.maximum(forecast[:, None] + errors * widen[:, None], 0.0)
        mean, found = found[:, -1], found[:, :-1]
        found[:, MIDDLE] = np.floor(forecast + 0.5) if whole else forecast
        found[:, :MIDDLE] = np.minimum(found[:, :MIDDLE], found[:, [MIDDLE]])
        found[:, MIDDLE:] = np.maximum(found[:, MIDDLE:], found[:, [MIDDLE]])
        return found, mean

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        table = [[[[None if np.isnan(x) else float(x) for x in row] for row in pace] for pace in size] for size in self._table]
        return {"leads": self._leads.tolist(), "edges": self._edges.tolist(), "growth": self._growth.tolist(), "table": table}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Bands:
        """What `to_json` gave."""
        return cls(*(np.array(kept[name], dtype=float) for name in ("leads", "edges", "growth", "table")))


def _unit(forecast: FloatArray, growth: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(growth[..., 0] * (forecast + 1.0) + growth[..., 1] * forecast**2))


def _growth(errors: Errors) -> FloatArray:
    """How the square of the error that four in five stay below grows with the forecast: shape (2,), a and b."""
    if len(errors.truth) < GROWTH_BINS * FEWEST_ERRORS:
        return np.array([1.0, 0.0])
    bins = np.array_split(np.argsort(errors.forecast, kind="stable"), GROWTH_BINS)
    size = np.array([errors.forecast[one].mean() for one in bins]) + 1.0
    error = np.array([np.quantile(np.abs(errors.truth - errors.forecast)[one], 0.8) for one in bins])
    found, _ = nnls(np.column_stack([np.ones_like(size), (size - 1) ** 2 / size]), error**2 / size)
    return np.asarray(found) if found.sum() > 0 else np.array([1.0, 0.0])


def _quantiles(errors: Errors, edges: FloatArray, growth: FloatArray) -> FloatArray:
    """Quantiles and mean of the errors, shape (sizes, 2, 8); NaN where too few are known."""
    relative = (errors.truth - errors.forecast) / np.maximum(_unit(errors.forecast, growth), 1e-9)
    size, busy = np.searchsorted(edges, errors.forecast), errors.pace > 1
    table = np.full((SIZES, 2, len(QUANTILES) + 1), np.nan)
    for one in range(SIZES):
        for pace in range(2):
            kinds = ((size == one) & (busy == bool(pace)), size == one, np.ones(len(size), dtype=bool))
            chosen = next((kind for kind in kinds if kind.sum() >= FEWEST_ERRORS), None)
            if chosen is not None:
                found, weight = relative[chosen], errors.weight[chosen]
                table[one, pace] = [*conformal(found, weight), np.average(found, weights=weight)]
    return table


def conformal(errors: FloatArray, weight: FloatArray) -> FloatArray:
    """Quantiles of n weighted errors and one unknown of mean weight, taken outwards, shape (7,)."""

    def upper(values: FloatArray, level: float) -> float:
        order = np.argsort(values)
        reached = np.cumsum(weight[order]) / (weight.sum() + weight.mean())
        return float(values[order][min(len(values) - 1, int(np.searchsorted(reached, level)))])

    return np.array([upper(errors, level) if level >= 0.5 else -upper(-errors, 1 - level) for level in QUANTILES])
