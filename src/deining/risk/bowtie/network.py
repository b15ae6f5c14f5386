"""The network of a bowtie: its basic events, and what happens of threats, top event and consequences as functions of them.

A threat occurs of itself, or through a cause. A barrier fails of itself, or through a cause. A threat comes through when it
occurs and all its barriers fail; the top event is that any comes through. A consequence follows when the top event occurs,
nothing but recovering barriers would stop it, and all of these fail. Each basic event is one node however often it is used,
so a barrier that several threats share fails on all of them at once. All events that are not caused are independent.

References
----------
Khakzad, Khan and Amyotte, "Dynamic safety analysis of process systems by mapping bow-tie into Bayesian network", Process
Safety and Environmental Protection 91 (1-2), 2013, 46-53. The causes combine as a noisy OR: Pearl, "Probabilistic Reasoning
in Intelligent Systems", 1988, section 4.3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from deining.domain.bowtie import Barrier, Bowtie, Cause, Interval, Threat
from deining.domain.errors import WrongData
from deining.domain.series import FloatArray
from deining.risk.bowtie.diagram import Diagram, Plan

MOST_EVENTS = 200
LOW, BEST, HIGH = range(3)
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What is needed to enumerate a bowtie.

    Parameters
    ----------
    given
        Low, best and high of each basic event: the chance that it happens, for a barrier its effectiveness; shape (events, 3).
    barrier
        Event of each barrier's own failure.
    usual
        Which part of its effectiveness each barrier has in its usual status; shape (barriers, 1).
    top
        The top event alone.
    threats
        Of each threat whether it occurs, then of each whether it comes through.
    alone
        Of each consequence whether it would follow if the top event were certain.
    tied
        The consequences, by their place, that share a basic event with the top event.
    joint
        Of each tied consequence whether it follows and the top event occurs, then the top event.
    """

    given: FloatArray
    barrier: Mapping[str, int]
    usual: FloatArray
    top: Plan
    threats: Plan
    alone: Plan
    tied: tuple[int, ...]
    joint: Plan

    @property
    def barrier_events(self) -> list[int]:
        """The events of all barriers' own failures."""
        return list(self.barrier.values())

    def in_top(self, barrier: Barrier) -> bool:
        """Whether the top event depends on this barrier."""
        return self.barrier[barrier.id] in self.top.variables

    def corner(self, *, likely: bool) -> FloatArray:
        """What is given, each at the end of its interval that makes everything more, or less, likely; shape (events, 1)."""
        column = np.full(len(self.given), HIGH if likely else LOW)
        column[self.barrier_events] = LOW if likely else HIGH
        found: FloatArray = self.given[np.arange(len(self.given)), column][:, None]
        return found

    def extremes(self) -> FloatArray:
        """What is given at its least likely, its best guess and its most likely; shape (events, 3)."""
        return np.hstack([self.corner(likely=False), self.given[:, [BEST]], self.corner(likely=True)])

    def probabilities(self, given: FloatArray, working: FloatArray | None = None) -> FloatArray:
        """Probability of each basic event.

        Parameters
        ----------
        given
            Chances and effectivenesses; shape (events, cases).
        working
            Which part of its effectiveness each barrier has now, shape (barriers, 1 or cases); None for what is usual.
        """
        found = given.copy()
        found[self.barrier_events] = 1.0 - (self.usual if working is None else working) * given[self.barrier_events]
        return found


@lru_cache(maxsize=64)
def build_network(bowtie: Bowtie) -> Network:
    """The network of a bowtie; the same one for the same bowtie.

    Raises
    ------
    WrongData
        When it is too large or too entangled to enumerate.
    """
    return _Builder(bowtie).build()


class _Builder:
    """Numbers the basic events in the order of their use: consequences first, then threats that share barriers together.

    On random bowties of 30 nodes this order needs a third to a quarter of the nodes that the order of the file needs.
    """

    def __init__(self, bowtie: Bowtie) -> None:
        self.bowtie, self.diagram = bowtie, Diagram()
        self.given: dict[Key, Interval] = {}
        self.numbers: dict[Key, int] = {}
        self.known: dict[Key, int] = {}
        self.threats = {threat.id: threat for threat in bowtie.threats}
        self.barriers = {barrier.id: barrier for barrier in bowtie.barriers}

    def build(self) -> Network:
        alone = [self.follows(consequence.id, consequence.chance) for consequence in self.bowtie.consequences]
        passes = {threat.id: self.passes(threat.id) for threat in self.threats_by_kinship()}
        through = [passes[threat.id] for threat in self.bowtie.threats]
        occurs = [self.occurs(threat.id) for threat in self.bowtie.threats]
        top = self.diagram.any_of(through)
        for barrier in self.bowtie.barriers:
            self.fails(barrier.id)
        plan_top = self.diagram.plan([top])
        tied = tuple(place for place, one in enumerate(alone) if set(self.diagram.plan([one]).variables) & set(plan_top.variables))
        return Network(
            given=np.array([(one.low, one.best, one.high) for one in self.given.values()]),
            barrier={id_: self.numbers["barrier", id_] for id_ in self.barriers},
            usual=np.array([barrier.working(barrier.usual).best for barrier in self.bowtie.barriers])[:, None],
            top=plan_top,
            threats=self.diagram.plan([*occurs, *through]),
            alone=self.diagram.plan(alone),
            tied=tied,
            joint=self.diagram.plan([*(self.diagram.all_of((top, alone[place])) for place in tied), top]),
        )

    def threats_by_kinship(self) -> Iterator[Threat]:
        """The threats, each time the one that brings the fewest new barriers."""
        waiting, known = list(self.bowtie.threats), set[str]()
        while waiting:
            new = {threat.id: {barrier.id for barrier in self.bowtie.barriers_on(threat.id)} - known for threat in waiting}
            threat = min(waiting, key=lambda one: len(new[one.id]))
            waiting.remove(threat)
            known |= new[threat.id]
            yield threat

    def event(self, key: Key, given: Interval) -> int:
        if key not in self.numbers:
            if len(self.numbers) >= MOST_EVENTS:
                raise WrongData(f"bowtie {self.bowtie.id} has more than {MOST_EVENTS} basic events (threats, barriers, consequences and causes); split it")
            self.numbers[key] = len(self.numbers)
            self.given[key] = given
        return self.diagram.variable(self.numbers[key])

    def occurs(self, id: str) -> int:
        threat = self.threats[id]
        return self.kept(("threat", id), threat.chance, threat.causes)

    def fails(self, id: str) -> int:
        barrier = self.barriers[id]
        return self.kept(("barrier", id), barrier.effectiveness, barrier.causes)

    def kept(self, key: Key, given: Interval, causes: tuple[Cause, ...]) -> int:
        """Happens of itself, or through a cause."""
        if key not in self.known:
            own = self.event(key, given)
            self.known[key] = self.diagram.any_of([own, *(self.through_cause(key, cause) for cause in causes)])
        return self.known[key]

    def through_cause(self, key: Key, cause: Cause) -> int:
        happens = self.occurs(cause.id) if cause.id in self.threats else self.fails(cause.id)
        return self.diagram.all_of((happens, self.event((*key, cause.id), cause.chance)))

    def passes(self, id: str) -> int:
        fails = [self.fails(barrier.id) for barrier in self.bowtie.barriers_on(id)]
        return self.diagram.all_of([*fails, self.occurs(id)])

    def follows(self, id: str, chance: Interval) -> int:
        fails = [self.fails(barrier.id) for barrier in self.bowtie.barriers_on(id)]
        return self.diagram.all_of([self.event(("consequence", id), chance), *fails])
