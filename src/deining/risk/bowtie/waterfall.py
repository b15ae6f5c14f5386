"""What contributes to the chance of the top event: steps in log-odds that add up to it, whatever the order.

References
----------
Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953, 307-317: the share of one among several
that work together is what it adds, on average over all orders in which they may come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt

from deining.domain.bowtie import Barrier, Bowtie, Interval
from deining.domain.series import FloatArray
from deining.risk.bowtie.intervals import chance_of, log_odds
from deining.risk.bowtie.network import BEST, HIGH, LOW, Network, build_network

ALL_ORDERS_UP_TO = 6
"""Barriers not as usual of which all orders are averaged; more come one after the other as in the area folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterfallStep:
    """One step from the base to the chance of the top event.

    Parameters
    ----------
    kind
        "base", "factor" or "barrier".
    start, to
        Chance of the top event before and after this step, by best guesses; `from` and `to` of the API.
    low, high
        Where the step would lead if this contribution alone were at the ends of its interval.
    log_odds
        What this step adds; all together are the log-odds of the top event.
    """

    kind: str
    id: str
    name: str
    start: float
    to: float
    low: float
    high: float
    log_odds: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one factor or barrier adds in log-odds."""

    kind: str
    id: str
    name: str
    added: Interval


def list_steps(base: Contribution, contributions: Sequence[Contribution]) -> tuple[WaterfallStep, ...]:
    """Base and contributions as steps, each from where the last one led."""
    steps, reached = [], base.added.best
    start = 0.0
    for index, one in enumerate((base, *contributions)):
        before = reached if index else 0.0
        reached = before + one.added.best
        to = chance_of(reached)
        low, high = chance_of(before + one.added.low), chance_of(before + one.added.high)
        steps.append(WaterfallStep(kind=one.kind, id=one.id, name=one.name, start=start, to=to, low=low, high=high, log_odds=one.added.best))
        start = to
    return tuple(steps)


def barrier_contributions(bowtie: Bowtie, working: FloatArray) -> list[Contribution]:
    """What each barrier that is not as usual adds to the log-odds of the top event, everything else at its best guess.

    Parameters
    ----------
    working
        Lowest, best and highest part of its effectiveness that each barrier has; shape (barriers, 3).
    """
    network = build_network(bowtie)
    moved = [index for index, barrier in enumerate(bowtie.barriers) if network.in_top(barrier) and (working[index] != network.usual[index]).any()]
    if not moved:
        return []
    added = _added(network, moved, *_variants(network, moved, working))
    ends = added[:, 1:].reshape(len(moved), len(moved), 4)
    return [_contribution(bowtie.barriers[index], added[place, 0], ends[place, place]) for place, index in enumerate(moved)]


def _contribution(barrier: Barrier, best: float, ends: FloatArray) -> Contribution:
    return Contribution("barrier", barrier.id, barrier.name, Interval(min(best, *ends), float(best), max(best, *ends)))


def _variants(network: Network, moved: Sequence[int], working: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Effectiveness and working parts: at their best, then for each moved barrier in turn its own two at their four ends.

    Shapes (events, variants) and (barriers, variants).
    """
    variants = 1 + 4 * len(moved)
    given = np.repeat(network.given[:, [BEST]], variants, axis=1)
    parts = np.repeat(working[:, [BEST]], variants, axis=1)
    for place, index in enumerate(moved):
        event, first = network.barrier_events[index], 1 + 4 * place
        given[event, first : first + 4] = network.given[event, [LOW, LOW, HIGH, HIGH]]
        parts[index, first : first + 4] = working[index, [LOW, HIGH, LOW, HIGH]]
    return given, parts


def _added(network: Network, moved: Sequence[int], given: FloatArray, parts: FloatArray) -> FloatArray:
    """What each moved barrier adds in each variant: the average over all orders, or in the order of the area folder."""
    count = len(moved)
    if count > ALL_ORDERS_UP_TO:
        in_order = np.arange(count)[:, None] < np.arange(count + 1)
        return np.diff(_with_subsets(network, moved, given, parts, in_order), axis=0)
    members = (np.arange(2**count)[None, :] >> np.arange(count)[:, None] & 1).astype(bool)
    odds, sizes = _with_subsets(network, moved, given, parts, members), members.sum(axis=0)
    weights = np.array([factorial(size) * factorial(count - size - 1) / factorial(count) for size in range(count)])
    found = np.empty((count, given.shape[1]))
    for place in range(count):
        without = np.flatnonzero(~members[place])
        found[place] = weights[sizes[without]] @ (odds[without | 1 << place] - odds[without])
    return found


def _with_subsets(network: Network, moved: Sequence[int], given: FloatArray, parts: FloatArray, members: npt.NDArray[np.bool_]) -> FloatArray:
    """Log-odds of the top event with some of the moved barriers as they are and all others as usual.

    Parameters
    ----------
    members
        Which of the moved barriers are as they are; shape (moved, subsets).

    Returns
    -------
    FloatArray
        Shape (subsets, variants).
    """
    variants, subsets = given.shape[1], members.shape[1]
    working = np.tile(network.usual[:, :, None], (1, subsets, variants))
    working[list(moved)] = np.where(members[:, :, None], parts[list(moved)][:, None, :], working[list(moved)])
    probabilities = network.probabilities(np.tile(given, subsets), working.reshape(len(parts), -1))
    return log_odds(network.top.chances(probabilities)[0]).reshape(subsets, variants)
