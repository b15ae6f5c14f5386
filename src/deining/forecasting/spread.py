"""How wide: quantiles of a model's past errors, as a multiple of the error that was to be expected, by kind of hour and lead."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deining.domain.forecast import QUANTILES
from deining.domain.series import FloatArray
from deining.forecasting.calendar import Int64Array

LEADS_H = (1, 3, 12, 24, 72, 168)
"""Where a bucket of leads ends and the next begins, h."""
KINDS = ("quiet", "busy", "special")
BUSY_TO_MEAN = 1.6
"""A step is busy where so many times the series' mean is ordinary."""
FEWEST = 200.0
"""So many errors of a kind count as much as all errors of that lead together."""


def kind_of_hour(base: FloatArray, scale: FloatArray, special: npt.NDArray[np.bool_]) -> Int64Array:
    """Number in `KINDS` of each step: special on a holiday or at an event, else busy or quiet by what is ordinary."""
    return np.where(special, 2, np.where(base > BUSY_TO_MEAN * scale, 1, 0))


class SpreadTable:
    """Quantiles of standardised errors, shape (leads, kinds, 7).

    The errors are out-of-fold: each is that of a model that did not learn from the two weeks it lies in. So the band
    around a forecast is conformal, by kind and lead (Mondrian), as far as tomorrow is like the past.

    References
    ----------
    R. F. Barber, E. Candes, A. Ramdas and R. Tibshirani, Predictive inference with the jackknife+, Annals of Statistics
    49, 2021, section 3 (CV+); V. Vovk, A. Gammerman and G. Shafer, Algorithmic Learning in a Random World, 2005.
    """

    def __init__(self, table: FloatArray) -> None:
        self.table = table

    @classmethod
    def from_errors(cls, errors: FloatArray, lead_h: FloatArray, kind: Int64Array, weight: FloatArray) -> SpreadTable:
        """Learn from standardised errors; `weight` says how much each counts."""
        table = np.zeros((len(LEADS_H) + 1, len(KINDS), len(QUANTILES)))
        bucket = np.searchsorted(LEADS_H, lead_h, side="right")
        everything = _quantiles(errors, weight)
        for b in range(len(table)):
            of_lead = bucket == b
            pooled = _quantiles(errors[of_lead], weight[of_lead]) if of_lead.sum() >= FEWEST else everything
            for k in range(len(KINDS)):
                own = of_lead & (kind == k)
                n = float(own.sum())
                share = n / (n + FEWEST)
                table[b, k] = share * _quantiles(errors[own], weight[own]) + (1 - share) * pooled if n else pooled
        return cls(table)

    def around(self, centre: FloatArray, width: FloatArray, lead_h: FloatArray, kind: Int64Array) -> FloatArray:
        """Quantiles around forecasts whose error is expected to be `width`: shape (n, 7), rising, never negative; the median stays."""
        offsets = self.table[np.searchsorted(LEADS_H, lead_h, side="right"), kind].copy()
        middle = QUANTILES.index(0.50)
        offsets[:, :middle] = np.minimum(offsets[:, :middle], 0)
        offsets[:, middle] = 0
        offsets[:, middle + 1 :] = np.maximum(offsets[:, middle + 1 :], 0)
        values = np.maximum(centre[:, None] + offsets * width[:, None], 0.0)
        return np.asarray(np.maximum.accumulate(values, axis=1))


def _quantiles(errors: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted quantiles, the outer ones a rank further out, as the new error is one more."""
    if not len(errors):
        return np.zeros(len(QUANTILES))
    order = np.argsort(errors)
    errors, share = errors[order], np.cumsum(weight[order])
    total, one = share[-1], float(np.mean(weight))
    found = []
    for q in QUANTILES:
        wanted = q * (total + one)
        index = np.searchsorted(share, wanted if q >= 0.5 else wanted - one, side="left")
        found.append(float(errors[min(len(errors) - 1, max(0, int(index)))]))
    return np.array(found)
