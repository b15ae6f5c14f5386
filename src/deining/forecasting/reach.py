"""Reach: from the courses themselves, how likely a level is reached within some time, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deining.domain.drivers import Int64Array
from deining.domain.levels import LevelLimit, LevelReach
from deining.domain.series import FloatArray

LEADS_S = (900, 1800, 3600, 7200)
CALIBRATION = {900: (-0.13, 1.25), 1800: (-0.45, 1.10), 3600: (-0.78, 1.01), 7200: (-1.27, 1.08)}
"""By lead, s: (a, b) of logit(chance) = a + b logit(share of the members that reach the level).

Fitted by maximum likelihood on the 36 simulated event days of the seeds 1 to 12 (`benchmarks/reaching.py` uses others), on
what reached 0.5, 0.7, 0.85 and 1.0 times the capacity of a zone. The courses fill a little too often far ahead, because
they do not know when a day ends.
"""
FEWEST_MEMBERS = 5
"""When a level is reached is not said from fewer members than this."""
TIMES = (0.1, 0.5, 0.9)
TOGETHER = 500
"""So many pairs of place and level are worked out together, to bound the memory."""

Numbers = NDArray[np.floating[Any]]
Pair = tuple[int, str, LevelLimit]
"""Row of the courses, id of the place, and the limit."""


def find_reaches(pairs: Sequence[Pair], courses: Numbers, step_s: float, origin: datetime) -> list[LevelReach]:
    """How likely and when limits are reached, one reach a pair.

    Parameters
    ----------
    courses
        Now, and at the end of each step, shape (1 + steps, places, members), in the unit of the limits.
    step_s
        Length of a step, s.
    """
    highest = courses.max(axis=(0, 2)).tolist() if pairs else []
    near = [k for k, (row, _, limit) in enumerate(pairs) if highest[row] >= limit.value]
    never = _never(courses.shape[2])
    found = [_reach(pair, origin, *never) for pair in pairs]
    for begin in range(0, len(near), TOGETHER):
        some = near[begin : begin + TOGETHER]
        limits = np.array([pairs[k][2].value for k in some], dtype=courses.dtype)
        passages = step_s * first_passages(courses[:, [pairs[k][0] for k in some]], limits)
        for k, chances, times in zip(some, calibrated(_shares(passages)).tolist(), _times(passages).tolist(), strict=True):
            found[k] = _reach(pairs[k], origin, chances, times)
    return found


def _never(members: int) -> tuple[list[float], list[float]]:
    """Chances and times of what no member reaches."""
    passages = np.full((1, members), np.inf)
    return calibrated(_shares(passages))[0].tolist(), [np.nan] * len(TIMES)


def reached(target: str, limit: LevelLimit, origin: datetime) -> LevelReach:
    """A level at which the place is now: certain, and now."""
    return _reach((0, target, limit), origin, [1.0] * len(LEADS_S), [0.0] * len(TIMES))


def first_passages(courses: Numbers, limits: Numbers) -> FloatArray:
    """Steps until each member first is at a limit or above; infinite where it is not.

    Parameters
    ----------
    courses
        Shape (1 + steps, places, members). Between two steps a course is a straight line.
    limits
        Shape (places,).

    Returns
    -------
    ndarray
        Shape (places, members); 0 for a member that begins there.

    Examples
    --------
    >>> first_passages(np.array([[[0.0, 5.0]], [[2.0, 9.0]], [[4.0, 9.0]]]), np.array([3.0]))
    array([[1.5, 0. ]])
    """
    limit = limits[:, None]
    below = np.maximum.accumulate(courses, axis=0) < limit
    step: Int64Array = below.sum(axis=0)
    last = len(courses) - 1
    after = np.take_along_axis(courses, np.minimum(step, last)[None], axis=0)[0]
    before = np.take_along_axis(courses, np.clip(step - 1, 0, last)[None], axis=0)[0]
    rise = after - before
    share = np.where(rise > 0, (limit - before) / np.where(rise > 0, rise, 1.0), 1.0)
    return np.where(step > last, np.inf, np.where(step > 0, step - 1 + share, 0.0))


def calibrated(shares: FloatArray) -> FloatArray:
    """Probabilities from shares of members, at `LEADS_S` along the last axis: rising with the share and with the lead."""
    a, b = (np.array([CALIBRATION[lead][k] for lead in LEADS_S]) for k in (0, 1))
    logit = np.log(shares / (1 - shares))
    return np.asarray(np.maximum.accumulate(1 / (1 + np.exp(-(a + b * logit))), axis=-1))


def _shares(passages: FloatArray) -> FloatArray:
    """Share of the members that has passed at each lead, shape (pairs, leads); never quite 0 or 1."""
    number = (passages[:, :, None] <= np.array(LEADS_S)).sum(axis=1)
    return np.asarray((number + 0.5) / (passages.shape[1] + 1))


def _times(passages: FloatArray) -> FloatArray:
    """Quantiles of the time of those members that pass, shape (pairs, 3); NaN where they are too few."""
    ordered = np.sort(passages, axis=1)
    number = (ordered <= LEADS_S[-1]).sum(axis=1)
    place = np.array(TIMES) * np.maximum(number - 1, 0)[:, None]
    low = place.astype(np.int64)
    high = np.minimum(low + 1, np.maximum(number - 1, 0)[:, None])
    enough = number >= FEWEST_MEMBERS
    ordered = np.where(enough[:, None], ordered, np.nan)
    first, second = np.take_along_axis(ordered, low, axis=1), np.take_along_axis(ordered, high, axis=1)
    return np.asarray(first + (place - low) * (second - first))


def _reach(pair: Pair, origin: datetime, chances: list[float], times: list[float]) -> LevelReach:
    _, target, limit = pair
    p10, p50, p90 = (None if np.isnan(time) else origin + timedelta(seconds=round(time)) for time in times)
    return LevelReach(
        target=target,
        origin=origin,
        quantity=limit.quantity,
        level=limit.level,
        scale=limit.scale,
        chances=dict(zip(LEADS_S, chances, strict=True)),
        at_p10=p10,
        at_p50=p50,
        at_p90=p90,
    )
