"""People are never negative: a Gaussian belief about many zones, given that none of them is below zero."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Array = NDArray[np.float64]
NEAR_ZERO_SD = 1.3
"""Zones further above zero than this many standard deviations are left as they are."""
SWEEPS = 2


@dataclass(frozen=True, slots=True)
class Occupancies:
    """Persons by zone: best estimate and ends of the 90 % interval, with mean and covariance for totals."""

    estimate: Array
    p05: Array
    p95: Array
    covariance: Array

    def total(self, zones: Array | None = None) -> tuple[float, float, float]:
        """Persons in all zones, or in those numbered, with a 90 % interval that knows how the zones' errors hang together."""
        chosen = np.arange(len(self.estimate)) if zones is None else np.asarray(zones, dtype=int)
        mean = float(self.estimate[chosen].sum())
        sd = math.sqrt(max(0.0, float(self.covariance[np.ix_(chosen, chosen)].sum())))
        return mean, max(0.0, mean - 1.6449 * sd), mean + 1.6449 * sd


def nonnegative(mean: Array, covariance: Array) -> Occupancies:
    """What is believed of the people in each zone, once it is used that no zone holds fewer than none.

    Each zone near zero is conditioned on being positive by matching the moments of the truncated normal, and what
    that says of the others is passed on through the covariance: where a zone must hold more than was thought, the
    total being known well, others hold less.

    Parameters
    ----------
    mean, covariance
        Persons by zone, shape (zones,) and (zones, zones).

    References
    ----------
    Simon, D. and Simon, D.L. (2010), Constrained Kalman filtering via density function truncation for turbofan
    engine health estimation, International Journal of Systems Science 41(2), section 2.
    """
    mean, covariance = mean.copy(), covariance.copy()
    variance = np.einsum("ii->i", covariance)
    np.maximum(variance, 1e-6, out=variance)
    for _ in range(SWEEPS * len(mean)):
        away = mean / np.sqrt(np.maximum(variance, 1e-6))
        zone = int(away.argmin())
        if away[zone] > NEAR_ZERO_SD:
            break
        _condition(mean, covariance, zone, max(-float(away[zone]), -8.0))
    sd = np.sqrt(np.maximum(variance, 1e-6))
    below = ndtr(np.minimum(np.maximum(-mean / sd, -30.0), 6.0))
    low = mean + sd * ndtri(below + 0.05 * (1 - below))
    high = mean + sd * ndtri(np.minimum(below + 0.95 * (1 - below), 1 - 1e-9))
    return Occupancies(np.maximum(mean, 0.0), np.maximum(low, 0.0), np.maximum(high, 0.0), covariance)


def _condition(mean: Array, covariance: Array, zone: int, bound: float) -> None:
    """Condition on one zone being positive; `bound` is zero as seen from its mean, in standard deviations."""
    variance = max(float(covariance[zone, zone]), 1e-6)
    tail = 0.5 * math.erfc(bound / math.sqrt(2))
    hazard = math.exp(-0.5 * bound * bound) / math.sqrt(2 * math.pi) / max(tail, 1e-300) if bound < 30 else bound
    new_mean = math.sqrt(variance) * hazard
    new_variance = variance * max(1 + bound * hazard - hazard * hazard, 0.01)
    gain = covariance[:, zone] / variance
    mean += gain * new_mean
    covariance -= np.multiply.outer(gain, gain * (variance - new_variance))
