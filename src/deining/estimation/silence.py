"""Silent gates: a counter that says 0 while people are expected there is not a quiet street."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deining.estimation.graph import OUTSIDE, ZoneGraph

Array = NDArray[np.float64]
FLAG_AT = 12.0
"""Expected persons not counted at which a gate that says 0 is called silent: by chance once in e^12 runs of zeros."""
FLAG_FAULTY_AT = 8.0
"""The same for a gate that had a fault on an earlier day."""
DOUBTFUL_AT = 3.0
"""From so many on, the zeros no longer teach what is usual."""
MEMORY_MIN = 12.0
FEW_OTHERS = 0.5
"""Persons a minute by other channels below which these say nothing of how quiet it has grown."""


@dataclass(slots=True)
class Usual:
    """What usually passes on each channel: running means over the last `MEMORY_MIN` minutes.

    Attributes
    ----------
    counted, people, others
        By channel: persons counted a minute, persons in the zone it leads out of, and what left that zone by other
        channels (or came in by other entrances).
    """

    counted: Array
    people: Array
    others: Array

    @property
    def per_person(self) -> Array:
        """By channel: persons counted a minute for each person in the zone it leads out of."""
        return self.counted / np.maximum(self.people, 0.5)

    def copy(self) -> Usual:
        """An own copy."""
        return Usual(self.counted.copy(), self.people.copy(), self.others.copy())


@dataclass(slots=True)
class Silence:
    """Which gates say 0, since when, and how many were expected since.

    Attributes
    ----------
    since
        By gate: minute in which its zeros began, -1 where it counts.
    expected
        By gate: persons that should have been counted since.
    skipped
        By channel: persons that were probably there since, and were taken as 0.
    usual
        What was usual when the zeros began.
    """

    since: NDArray[np.int64]
    expected: Array
    skipped: Array
    usual: Usual

    @classmethod
    def none(cls, gates: int) -> Silence:
        """No gate is silent."""
        zeros = np.zeros(2 * gates)
        return cls(np.full(gates, -1), np.zeros(gates), zeros.copy(), Usual(zeros.copy(), np.ones(2 * gates), np.ones(2 * gates)))

    def copy(self) -> Silence:
        """An own copy."""
        return Silence(self.since.copy(), self.expected.copy(), self.skipped.copy(), self.usual.copy())


def other_flows(graph: ZoneGraph, counted: Array) -> Array:
    """By channel: what left the same zone by other channels; of an entrance, what came in by others."""
    inside = graph.tail != OUTSIDE
    out = np.bincount(graph.tail[inside], weights=counted[inside], minlength=len(graph.zones)) if inside.any() else np.zeros(len(graph.zones))
    entering = float(counted[~inside].sum())
    return np.where(inside, out[np.maximum(graph.tail, 0)], entering) - counted


def watch(
    silence: Silence,
    usual: Usual,
    graph: ZoneGraph,
    minute: int,
    *,
    counted: Array,
    seen: NDArray[np.bool_],
    people: Array,
    expected: Array,
    flag_at: Array,
    out: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Follow the gates that say 0 for one minute; gives the gates that are found silent in it.

    A run of zeros is judged by what was usual when it began, made smaller where the zone has emptied or its other
    gates have grown quiet since: a street that empties is quiet everywhere, a dead counter only at itself.

    Parameters
    ----------
    counted, seen, people, expected
        By channel: persons counted (0 where nothing came), whether anything came, persons in the zone it leads out of,
        and persons expected by what is usual now.
    flag_at
        By gate: expected persons not counted at which it is called silent.
    out
        By gate: whether it is left out already.
    """
    gates = len(graph.gates)
    both = counted[:gates] + counted[gates:]
    came = seen[:gates] | seen[gates:]
    zero, was = both == 0, silence.since >= 0
    new = np.tile(zero & ~was, 2)
    for kept, now in ((silence.usual.counted, usual.counted), (silence.usual.people, np.maximum(usual.people, 1.0)), (silence.usual.others, usual.others)):
        kept[new] = now[new]
    silence.since = np.where(zero, np.where(was, silence.since, minute), -1)
    by_people, others = people / silence.usual.people, usual_after(usual, counted, graph)
    by_others = np.where(silence.usual.others < FEW_OTHERS, 1.0, others / np.maximum(silence.usual.others, FEW_OTHERS))
    share = np.minimum(1.0, np.minimum(by_people, by_others))
    due = silence.usual.counted * share * seen
    silence.expected = np.where(zero, silence.expected + np.where(~out & came, due[:gates] + due[gates:], 0.0), 0.0)
    silence.skipped = np.where(np.tile(zero, 2), silence.skipped + np.where(seen, expected, 0.0), 0.0)
    found: NDArray[np.int64] = np.flatnonzero(zero & ~out & graph.counted & (silence.expected >= flag_at))
    return found


def usual_after(usual: Usual, counted: Array, graph: ZoneGraph) -> Array:
    """What leaves by other channels, this minute taken in."""
    usual.others += (other_flows(graph, counted) - usual.others) / MEMORY_MIN
    return usual.others
