"""Pooled models: one line a lead and one small forest for all places, and the weights with which they are averaged."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from deining.domain.series import FloatArray
from deining.forecasting.recent_clues import CLUES, Clues, Rows
from deining.forecasting.trees import lightgbm

ROUNDS = 10
RIDGE = 0.003
"""Penalty on a coefficient of a clue of unit spread, as a share of the rows' weight."""
TREES = {
    "objective": "l1",
    "num_leaves": 15,
    "learning_rate": 0.06,
    "min_data_in_leaf": 150,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
TREE_ROUNDS = 120
MEMBERS = ("recent_mean", "line", "trees")
GRID = 10
"""Weights are tried in steps of one over this."""
EQUAL_FOR_H = 3.0
"""Equal weights count as so many hours of past; the more hours of errors are known, the more these decide."""


def fit_line(rows: Rows) -> FloatArray:
    """Coefficients of the clues that make the mean absolute error least, shape (clues,): recent mean + clues . coefficients.

    No constant, so that all zeros is the mean of the last 15 minutes, to which the penalty draws. An error counts as it
    stands to the spread of a count of its size. By iteratively reweighted least squares.

    References
    ----------
    E. J. Schlossmacher, An iterative technique for absolute deviations curve fitting, JASA 68 (1973) 857-859; the ridge is
    that of A. E. Hoerl and R. W. Kennard, Ridge regression, Technometrics 12 (1970) 55-67.
    """
    away, gain = rows.clues.away, rows.truth - rows.clues.recent
    if not len(gain):
        return np.zeros(len(CLUES))
    spread = np.sqrt((away**2).mean(axis=0)) + 1e-9
    unit, found = away / spread, np.zeros(len(CLUES))
    least = 0.3 * (float(np.median(np.abs(gain))) + 1e-9)
    for _ in range(ROUNDS):
        weight = 1.0 / rows.clues.scale / np.maximum(np.abs(gain - unit @ found), least)
        weighted = unit * weight[:, None]
        found = np.linalg.solve(weighted.T @ unit + RIDGE * weight.sum() * np.eye(len(CLUES)), weighted.T @ gain)
    return np.asarray(found / spread)


def _table(clues: Clues, leads: FloatArray) -> FloatArray:
    return np.column_stack([clues.away / clues.scale[:, None], clues.scale, np.log(np.clip(clues.pace, 0.05, 20)), leads])


class Pool:
    """A line for some leads and a forest for all, learned from the rows of all places."""

    def __init__(self, leads: FloatArray, lines: FloatArray, trees: str) -> None:
        self._leads, self._lines, self._trees = leads, lines, trees
        self._forest = lightgbm().Booster(model_str=trees) if trees else None

    @classmethod
    def fit(cls, past: list[Rows], seed: int) -> Pool:
        """Learn from rows of rising leads; without any row the line and the trees are the mean of the last 15 minutes."""
        table = np.concatenate([_table(rows.clues, np.full(len(rows.truth), float(rows.lead))) for rows in past])
        gain = np.concatenate([(rows.truth - rows.clues.recent) / rows.clues.scale for rows in past])
        trees = lightgbm().train({**TREES, "seed": seed}, lightgbm().Dataset(table, gain), TREE_ROUNDS).model_to_string() if len(gain) else ""
        return cls(np.array([float(rows.lead) for rows in past]), np.array([fit_line(rows) for rows in past]), trees)

    def forecast(self, clues: Clues, leads: FloatArray) -> FloatArray:
        """What each of `MEMBERS` expects, shape (members, n), never negative."""
        coefficients = np.column_stack([np.interp(leads, self._leads, line) for line in self._lines.T])
        line = clues.recent + (clues.away * coefficients).sum(axis=1)
        gain = np.zeros(len(leads))
        if self._forest is not None and len(leads):
            gain = np.asarray(self._forest.predict(_table(clues, leads), num_threads=1))
        return np.asarray(np.maximum(np.stack([clues.recent, line, clues.recent + gain * clues.scale]), 0.0))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"leads": self._leads.tolist(), "lines": self._lines.tolist(), "trees": self._trees}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Pool:
        """What `to_json` gave."""
        return cls(np.array(kept["leads"], dtype=float), np.array(kept["lines"], dtype=float), str(kept["trees"]))


def best_weights(members: FloatArray, truth: FloatArray, counts: FloatArray, hours: float) -> FloatArray:
    """Weights of the average that erred least, drawn to equal ones while few hours are known; not negative, sum 1.

    Parameters
    ----------
    members
        What each member expected without knowing the outcome, shape (members, n).
    truth
        Shape (n,).
    counts
        How much the error of each counts, shape (n,).
    hours
        Length of the time from which these come.
    """
    number = len(members)
    equal = np.full(number, 1.0 / number)
    if not len(truth):
        return equal
    tried = [np.array(parts) / GRID for parts in itertools.product(range(GRID + 1), repeat=number) if sum(parts) == GRID]
    errors = [float(counts @ np.abs(weights @ members - truth)) for weights in tried]
    return np.asarray((hours * tried[int(np.argmin(errors))] + EQUAL_FOR_H * equal) / (hours + EQUAL_FOR_H))
