"""What may be wrong with a sensor without its showing: tested by what all others say, as hypotheses side by side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from deining.estimation.belief import Belief
from deining.estimation.graph import ZoneGraph

Array = NDArray[np.float64]
CONVINCED_AT = 18.0
"""Natural logarithm of the likelihood ratio at which a hypothesis is taken for true."""
MOST_AT_ONCE = 3.0
"""Most that the readings of one kind in one minute can add to it."""
LOG_HALF = float(np.log(0.5))
FEW_PEOPLE = 50.0
"""With fewer in its zones a level sensor is not tested: what a sensor sees of nobody tells nothing of its scale."""
LOG_LESS_PER_MIN = -0.01
"""A sensor that sees less and less: it halves in 70 minutes."""


class Hypothesis(StrEnum):
    """What may be wrong."""

    SWAPPED = "a gate counts forward as backward"
    LOST_HALF = "a gate counts half of what it did"
    SEES_HALF = "a level sensor sees half of what it did"
    SEES_DOUBLE = "a level sensor sees twice what it did"
    SEES_LESS = "a level sensor sees less and less"


class Found(NamedTuple):
    """A hypothesis that convinces: of which gate or level sensor, since which minute, and how far off the people are."""

    hypothesis: Hypothesis
    number: int
    since: int
    people: Array


@dataclass(slots=True)
class Tests:
    """For each hypothesis: how far off all that is estimated would be if it holds, and how likely that is.

    A hypothesis that turns out less likely than that all is well starts anew, so what is found is dated by its last
    new start. Where several sensors would explain what is seen, the likeliest is found.

    Attributes
    ----------
    errors
        Truth minus estimate, if the hypothesis holds, shape (states, hypotheses): first gates swapped, then gates
        that lost half, then level sensors that see half, double, and less and less.
    evidence
        Logarithm of the likelihood ratio since `since`, shape (hypotheses,).

    References
    ----------
    Willsky, A.S. and Jones, H.L. (1976), A generalized likelihood ratio approach to the detection and estimation of
    jumps in linear systems, IEEE Transactions on Automatic Control 21(1), 108-112. Page, E.S. (1954), Continuous
    inspection schemes, Biometrika 41, 100-115, for the new start.
    """

    errors: Array
    evidence: Array
    since: NDArray[np.int64]

    def copy(self) -> Tests:
        """An own copy."""
        return Tests(self.errors.copy(), self.evidence.copy(), self.since.copy())


class Suspicions:
    """Follows the hypotheses about every sensor of a graph.

    Parameters
    ----------
    people, inverse_rate, log_scale
        Numbers of the states.
    size
        Number of states.
    """

    def __init__(self, graph: ZoneGraph, *, people: NDArray[np.int64], inverse_rate: NDArray[np.int64], log_scale: NDArray[np.int64], size: int) -> None:
        self.graph, self._people, self._inverse_rate = graph, people, inverse_rate
        gates, levels = len(graph.gates), len(log_scale)
        self._gates, self._levels = gates, levels
        self._log_scale, self._less = log_scale, 2 * gates + 2 * levels + np.arange(levels)
        self._begin = np.zeros((size, 2 * gates + 3 * levels))
        self._begin[log_scale, 2 * gates + np.arange(levels)] = LOG_HALF
        self._begin[log_scale, 2 * gates + levels + np.arange(levels)] = -LOG_HALF
        self._watched = np.zeros((levels, len(people)))
        for i, level in enumerate(graph.level_sensors):
            self._watched[i, list(level.zones)] = 1.0
        self._forward = graph.crossing[:, :gates].toarray()

    def none(self, minute: int) -> Tests:
        """Nothing is suspected."""
        columns = self._begin.shape[1]
        return Tests(self._begin.copy(), np.zeros(columns), np.full(columns, minute))

    def restart(self, tests: Tests, minute: int) -> None:
        """Test all anew."""
        tests.errors[:] = self._begin
        tests.evidence[:], tests.since[:] = 0.0, minute

    def move(self, tests: Tests, belief: Belief, counted: Array, minute: int) -> None:
        """How much further off the people would be after a minute with these counts, by channel."""
        gates, people = self._gates, self._people
        tests.errors[self._log_scale, self._less] += LOG_LESS_PER_MIN
        few = np.concatenate([np.zeros(2 * gates, dtype=bool), np.tile(self._watched @ np.maximum(belief.mean[people], 0.0) < FEW_PEOPLE, 3)])
        self._restart(tests, few, minute)
        if not gates or not len(people):
            return
        b = belief.mean[self._inverse_rate]
        a = self.graph.crossing
        tests.errors[people] += sparse.csr_array((a.data * counted[a.indices], a.indices, a.indptr), shape=a.shape) @ tests.errors[self._inverse_rate]
        forward, backward = counted[:gates], counted[gates:]
        tests.errors[people, :gates] += self._forward * ((backward - forward) * (b[:gates] + b[gates:]))
        tests.errors[people, gates : 2 * gates] += self._forward * (forward * b[:gates] - backward * b[gates:])

    def weigh(self, tests: Tests, gained: Array, minute: int) -> None:
        """Take in what readings say; start anew where that speaks against a hypothesis."""
        tests.evidence += np.clip(gained, -MOST_AT_ONCE, MOST_AT_ONCE)
        self._restart(tests, tests.evidence <= 0, minute)

    def _restart(self, tests: Tests, anew: NDArray[np.bool_], minute: int) -> None:
        tests.errors[:, anew] = self._begin[:, anew]
        tests.evidence[anew], tests.since[anew] = 0.0, minute

    def find(self, tests: Tests) -> Found | None:
        """The hypothesis that convinces most, if one does."""
        column = int(tests.evidence.argmax()) if len(tests.evidence) else 0
        if not len(tests.evidence) or tests.evidence[column] <= CONVINCED_AT:
            return None
        gates, levels = self._gates, self._levels
        sizes = (gates, gates, levels, levels, levels)
        number = column
        for hypothesis, size in zip(Hypothesis, sizes, strict=True):
            if number < size:
                return Found(hypothesis, number, int(tests.since[column]), tests.errors[self._people, column].copy())
            number -= size
        raise AssertionError(column)
