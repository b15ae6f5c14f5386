"""A Gaussian belief and its update by readings that are products of people and scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.special import ndtr

Array = NDArray[np.float64]
ROBUST_SD = 3.5
"""A reading further from what was expected than this many standard deviations weighs less: Huber's rule."""
MOST_LOG_SCALE = 2.0
"""No sensor sees more than seven for one, however little is known of it."""
IGNORED = 1e9
"""Factor on the variance of a reading that is not used."""


@dataclass(slots=True)
class Belief:
    """Mean, shape (n,), and covariance, shape (n, n), of everything that is estimated."""

    mean: Array
    covariance: Array

    def copy(self) -> Belief:
        """An own copy."""
        return Belief(self.mean.copy(), self.covariance.copy())

    def forget(self, index: int, mean: float, variance: float) -> None:
        """Start one quantity anew, independent of all others."""
        self.covariance[index, :] = 0.0
        self.covariance[:, index] = 0.0
        self.mean[index], self.covariance[index, index] = mean, variance

    def tidy(self) -> None:
        """Take rounding errors out of the covariance."""
        np.add(self.covariance, self.covariance.T, out=self.covariance)
        self.covariance *= 0.5


class Choice:
    """For each reading, which states are added up: a 0/1 matrix, shape (m, n), kept as indices.

    Parameters
    ----------
    chosen
        By reading: the numbers of the states.
    size
        Number of states.
    """

    def __init__(self, chosen: Sequence[Sequence[int]], size: int) -> None:
        self.readings = len(chosen)
        self._rows = np.array([i for i, columns in enumerate(chosen) for _ in columns], dtype=int)
        self._columns = np.array([column for row in chosen for column in row], dtype=int)
        self._single = len(self._columns) == self.readings and all(len(row) == 1 for row in chosen)
        self._matrix = sparse.csr_array((np.ones(len(self._rows)), (self._rows, self._columns)), shape=(self.readings, size))

    def of(self, states: Array) -> Array:
        """The sums: of a vector, shape (m,), or of the rows of a matrix with n rows."""
        found: Array = states[self._columns] if self._single else self._matrix @ states
        return found

    def diagonal(self, rows: Array) -> Array:
        """Sum i of row i, of a matrix of shape (m, n)."""
        found: Array = np.bincount(self._rows, weights=rows[self._rows, self._columns], minlength=self.readings).astype(float)
        return found

    def across(self, rows: Array) -> Array:
        """All sums of each row of a matrix of shape (k, n): shape (k, m)."""
        found: Array = rows[:, self._columns] if self._single else np.asarray((self._matrix @ rows.T).T)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Readings of one kind in one minute, each y = exp(log scale) x people x (1 - crowding x people / area) + noise.

    Parameters
    ----------
    values
        What was read, shape (m,).
    people, log_scale
        Which states are added up to the people and to the log scale.
    area_m2
        Usable area, shape (m,); infinite where people do not hide one another.
    crowding
        Number of the state that holds the crowding coefficient, m2.
    relative, additive, counts
        Noise: share of what is seen; persons; and the variance for each that is seen (1 for Poisson); shape (m,).
    learns_from
        People from which on a reading teaches the scale, shape (m,).
    keeps_total
        Number of zones, whose states come first, where the readings say how people are spread over them and not how
        many there are in all; else None. Their sum then stays as it is.
    """

    values: Array
    people: Choice
    log_scale: Choice
    area_m2: Array
    crowding: int
    relative: Array
    additive: Array
    counts: Array
    learns_from: Array
    keeps_total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What an update did.

    Parameters
    ----------
    normalised
        Innovation of each reading over its standard deviation, shape (m,): 1 squared on average when all is honest.
    gain, innovation
        The mean moved by `gain @ innovation`, shapes (n, m) and (m,).
    noise_sd
        Standard deviation of each reading's own noise, shape (m,).
    evidence
        Logarithm of the likelihood ratio of each hypothesis, shape (k,).
    """

    normalised: Array
    gain: Array
    innovation: Array
    noise_sd: Array
    evidence: Array


def update(
    belief: Belief,
    readings: Readings,
    *,
    inflation: float = 1.0,
    keep: NDArray[np.int64],
    out: NDArray[np.bool_] | None = None,
    errors: Array | None = None,
) -> Moved:
    """Move a belief by readings.

    A product of two Gaussians has moments in closed form, so the expected reading is E[N e^l] = e^(l + v/2) (N + c),
    with v the variance of the log scale l and c its covariance with the people N, and not the product of the means. A
    reading never falls below zero, so near an empty zone its expectation is that of a normal cut off at zero. A
    reading far from what was expected has its variance raised (Huber), and one that says 0 there is not used at all:
    a dead sensor says that too. A reading of few people leaves the scale
    as it was, with their correlation kept (Schmidt). Readings that only say how people are spread leave their sum as
    it was in the same way.

    Parameters
    ----------
    inflation
        Factor on the variance of the readings.
    keep
        The states that readings of few people leave as they are.
    out
        Readings that move nothing, and are only held against what is expected, shape (m,).
    errors
        How far off the mean is, if each of some hypotheses holds, shape (n, k); what is left of it after the update
        is written into it.

    References
    ----------
    Schmidt, S.F. (1966), Application of state-space methods to navigation problems, Advances in Control Systems 3,
    293-340. Huber, P.J. (1964), Robust estimation of a location parameter, Annals of Mathematical Statistics 35(1).
    Tobin, J. (1958), Estimation of relationships for limited dependent variables, Econometrica 26(1), for readings
    cut off at zero.
    """
    x, p = belief.mean, belief.covariance
    people_p, scale_p = readings.people.of(p), readings.log_scale.of(p)
    n, scale = readings.people.of(x), np.minimum(readings.log_scale.of(x), MOST_LOG_SCALE)
    var_n, var_l = readings.people.diagonal(people_p), readings.log_scale.diagonal(scale_p)
    cov, var_l = readings.log_scale.diagonal(people_p), np.clip(var_l, 0.0, MOST_LOG_SCALE)
    if readings.keeps_total is not None:
        cov = np.zeros_like(cov)
    crowding = x[readings.crowding] / readings.area_m2
    hidden = np.maximum(1 - crowding * np.maximum(n, 0), 0.3)
    raw = np.exp(scale + var_l / 2)
    m = np.maximum(n + cov, 0.1)
    slope_n, slope_crowding = raw * np.maximum(1 - 2 * crowding * np.maximum(n, 0), 0.2), -raw * m * m / readings.area_m2
    seen = raw * hidden * m
    u = seen / readings.additive
    in_sight, density = ndtr(u), np.exp(-0.5 * np.minimum(u, 30.0) ** 2) / np.sqrt(2 * np.pi)
    expected = seen * in_sight + readings.additive * density
    cut_variance = (seen**2 + readings.additive**2) * in_sight + seen * readings.additive * density - expected**2
    noise = (readings.relative * np.maximum(seen, readings.values)) ** 2 + np.maximum(cut_variance, 0.3 * readings.additive**2) + readings.counts * seen
    noise_sd = np.sqrt(np.maximum(noise, 0.0))
    noise = inflation * noise + _second_order(n, scale, var_n, var_l, cov) * hidden**2
    slope_n, slope_l, slope_crowding = in_sight * slope_n, in_sight * seen, in_sight * slope_crowding
    hp = slope_n[:, None] * people_p + slope_l[:, None] * scale_p
    hides = np.isfinite(readings.area_m2)
    if hides.any():
        hp = hp + slope_crowding[:, None] * p[readings.crowding]
    innovation = readings.values - expected - in_sight * raw * hidden * (n + cov - m)
    s = readings.people.across(hp) * slope_n + readings.log_scale.across(hp) * slope_l
    if hides.any():
        s = s + np.outer(hp[:, readings.crowding], slope_crowding)
    s = 0.5 * (s + s.T)
    sd = np.sqrt(np.maximum(np.diag(s) + noise, 1e-12))
    normalised: Array = innovation / sd
    noise = noise * np.maximum(1.0, (np.abs(normalised) / ROBUST_SD) ** 2)
    ignored = (readings.values == 0) & (normalised < -ROBUST_SD)
    ignored |= False if out is None else out
    noise[ignored] += IGNORED * sd[ignored] ** 2
    s[np.diag_indices_from(s)] += noise
    factor = linalg.cho_factor(s, lower=True, check_finite=False)
    gain = linalg.cho_solve(factor, hp, check_finite=False).T
    few = np.flatnonzero(n < readings.learns_from)
    if len(few) or readings.keeps_total is not None:
        if readings.keeps_total is not None:
            with_total = p[:, : readings.keeps_total].sum(axis=1)
            total = float(with_total[: readings.keeps_total].sum())
            gain -= np.outer(with_total / max(total, 1e-6), gain[: readings.keeps_total].sum(axis=0))
        gain[np.ix_(keep, few)] = 0.0
        part = gain @ hp
        belief.covariance += gain @ s @ gain.T - part - part.T
    else:
        belief.covariance -= gain @ hp
    belief.mean = x + gain @ innovation
    evidence = np.zeros(0)
    if errors is not None:
        seen_errors = slope_n[:, None] * readings.people.of(errors) + slope_l[:, None] * readings.log_scale.of(errors)
        weighed = linalg.cho_solve(factor, seen_errors, check_finite=False)
        evidence = innovation @ weighed - 0.5 * np.einsum("ij,ij->j", seen_errors, weighed)
        errors -= gain @ seen_errors
    return Moved(normalised=normalised, gain=gain, innovation=innovation, noise_sd=noise_sd, evidence=evidence)


def _second_order(n: Array, l: Array, var_n: Array, var_l: Array, cov: Array) -> Array:  # noqa: E741
    """How much more the product of people and scale varies than its linear part says."""
    full = np.exp(2 * l + 2 * var_l) * ((n + 2 * cov) ** 2 + var_n) - np.exp(2 * l + var_l) * (n + cov) ** 2
    linear = np.exp(2 * l + var_l) * (var_n + 2 * (n + cov) * cov + (n + cov) ** 2 * var_l)
    extra: Array = np.maximum(full - linear, 0.0)
    return extra
