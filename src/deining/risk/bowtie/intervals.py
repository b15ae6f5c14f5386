"""How far the odds of the top event may be moved by the barriers that are not as usual, when nothing is known exactly.

The odds ratio compares the network as it is with the network with all barriers as usual, both with the same threats and the
same effectiveness of each barrier. So an unknown that weighs in both does not count twice, and with all barriers as usual
nothing moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np

from deining.domain.bowtie import Bowtie, Interval
from deining.domain.series import FloatArray
from deining.risk.bowtie.network import BEST, HIGH, LOW, Network, build_network

SMALLEST = 1e-12
"""Chances nearer to 0 or 1 than this have no odds to compare and are taken as this."""
ALL_CORNERS_UP_TO: Final = 10
"""Unknowns of which all corners are tried; of more a seeded sample, from whose ends better corners are sought."""
CORNERS, INNER = 256, 64
Score = Callable[[FloatArray], FloatArray]


def log_odds(chance: FloatArray) -> FloatArray:
    """Natural logarithm of chance / (1 - chance), finite also at 0 and 1."""
    inside = np.clip(chance, SMALLEST, 1.0 - SMALLEST)
    found: FloatArray = np.log(inside / (1.0 - inside))
    return found


def chance_of(odds: float) -> float:
    """The chance with these log-odds.

    Examples
    --------
    >>> chance_of(0.0)
    0.5
    """
    return float(1.0 / (1.0 + np.exp(-odds)))


@dataclass(frozen=True, slots=True)
class Box:
    """Cases in which each unknown lies within its interval: the best guess first, then corners, then points inside.

    Parameters
    ----------
    cases
        Shape (events, cases).
    unknown
        The events whose interval has a width.
    """

    cases: FloatArray
    unknown: tuple[int, ...]

    @property
    def has_all_corners(self) -> bool:
        """Whether every corner is among the cases."""
        return len(self.unknown) <= ALL_CORNERS_UP_TO


@lru_cache(maxsize=64)
def build_box(bowtie: Bowtie, seed: int, *, whole: bool = False) -> Box:
    """Cases over what the top event depends on, or (whole) over that and what its tied consequences depend on.

    They depend on the bowtie and the seed alone: what is worse now than before is so in every case.
    """
    network = build_network(bowtie)
    events = (network.joint if whole else network.top).variables
    unknown = tuple(event for event in events if network.given[event, LOW] < network.given[event, HIGH])
    best = network.given[:, [BEST]]
    if not unknown:
        return Box(best, unknown)
    random, given = np.random.default_rng(seed), network.given[list(unknown)]
    if len(unknown) <= ALL_CORNERS_UP_TO:
        ends = np.array(list(product((LOW, HIGH), repeat=len(unknown)))).T
    else:
        ends = random.choice((LOW, HIGH), size=(len(unknown), CORNERS))
    low, width = given[:, [LOW]], given[:, [HIGH]] - given[:, [LOW]]
    cases = np.repeat(best, 1 + ends.shape[1] + INNER, axis=1)
    cases[list(unknown), 1:] = np.hstack([np.take_along_axis(given, ends, axis=1), low + width * random.uniform(size=(len(unknown), INNER))])
    return Box(cases, unknown)


def odds_moved(bowtie: Bowtie, working: FloatArray, seed: int) -> Interval:
    """By how much the barriers as they are move the log-odds of the top event, against all of them as usual.

    Parameters
    ----------
    working
        Lowest, best and highest part of its effectiveness that each barrier has; shape (barriers, 3).
    seed
        Of the cases that are tried.

    Returns
    -------
    Interval
        Of all cases the least, that of the best guesses, and the most.
    """
    network, box = build_network(bowtie), build_box(bowtie, seed)
    least, best, most = (_mover(network, working[:, [end]]) for end in (HIGH, BEST, LOW))
    lows = least(box.cases)
    highs = lows if np.array_equal(working[:, LOW], working[:, HIGH]) else most(box.cases)
    low, high = float(lows.min()), float(highs.max())
    if not box.has_all_corners:
        low = -_climb(network, box, lambda cases: -least(cases), -lows)
        high = _climb(network, box, most, highs)
    return Interval(low, min(max(float(best(box.cases[:, :1])[0]), low), high), high)


def _mover(network: Network, working: FloatArray) -> Score:
    """Case by case, how far the log-odds of the top event are moved."""

    def moved(cases: FloatArray) -> FloatArray:
        both = np.hstack([network.probabilities(cases, working), network.probabilities(cases)])
        odds = log_odds(network.top.chances(both)[0])
        return odds[: cases.shape[1]] - odds[cases.shape[1] :]

    return moved


def _climb(network: Network, box: Box, score: Score, scores: FloatArray) -> float:
    """The highest score that is found from the best case on, by turning unknowns to their other end while that helps."""
    unknown, rows = list(box.unknown), np.arange(len(box.unknown))
    here, reached = box.cases[:, [int(scores.argmax())]], float(scores.max())
    for _ in range(2 * len(unknown)):
        turned = np.repeat(here, 2 * len(unknown), axis=1)
        turned[unknown, 2 * rows], turned[unknown, 2 * rows + 1] = network.given[unknown, LOW], network.given[unknown, HIGH]
        found = score(turned)
        together = here.copy()
        together[unknown, 0] = network.given[unknown, np.where(found[0::2] >= found[1::2], LOW, HIGH)]
        candidates = np.hstack([together, turned[:, [int(found.argmax())]]])
        found = score(candidates)
        if found.max() <= reached + SMALLEST:
            break
        here, reached = candidates[:, [int(found.argmax())]], float(found.max())
    return reached
