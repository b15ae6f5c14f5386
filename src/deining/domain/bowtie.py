"""Bowtie: what may make a zone overcrowded, which barriers stand in between, and what follows when they fail.

From left to right: threats, the preventive barriers that stop them, the top event (a zone reaches a level), the recovering
barriers, the consequences. Aggravating factors raise or lower the odds of the top event.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from deining.domain.levels import Level

DEGRADED_SHARE = 0.5
"""Part of its effectiveness that a degraded barrier keeps where the area folder states none; a convention, not a measurement."""


class WrongBowtie(ValueError):
    """A bowtie that cannot be worked with: of which record, what was found, what was expected."""

    def __init__(self, record: str, found: str, expected: str) -> None:
        super().__init__(f"{record}: found {found}; expected {expected}")
        self.record, self.found, self.expected = record, found, expected


class BarrierStatus(StrEnum):
    """How a barrier is now; unknown is anything from down to up."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class Side(StrEnum):
    """On which side of the top event a barrier stands."""

    PREVENTIVE = "preventive"
    RECOVERING = "recovering"


@dataclass(frozen=True, slots=True)
class Interval:
    """A number that is not known exactly: the lowest and highest it may reasonably be, and the best guess.

    Raises
    ------
    ValueError
        When a number is not finite, or they do not rise.
    """

    low: float
    best: float
    high: float

    def __post_init__(self) -> None:
        given = (self.low, self.best, self.high)
        if not all(math.isfinite(number) for number in given):
            raise ValueError(f"[{self}]: expected three finite numbers: low, best, high")
        if not self.low <= self.best <= self.high:
            raise ValueError(f"[{self}]: expected low <= best <= high")

    def __str__(self) -> str:
        return f"{self.low:g}, {self.best:g}, {self.high:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something else that brings a threat about, or takes a barrier down.

    Parameters
    ----------
    id
        Of a threat that occurs, or (for a barrier alone) of a barrier that fails.
    chance
        Probability that it does so when it occurs.
    """

    id: str
    chance: Interval = Interval(1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        _check_chance(f"cause {self.id}", self.chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """What may lead to the top event.

    Parameters
    ----------
    chance
        Probability that it occurs of itself within the bowtie's horizon.
    causes
        Threats that bring it about too.
    """

    id: str
    name: str
    chance: Interval
    causes: tuple[Cause, ...] = ()

    def __post_init__(self) -> None:
        _check_chance(f"threat {self.id}", self.chance)
        if self.chance.best <= 0 and not self.causes:
            raise WrongBowtie(f"threat {self.id}", f"chance [{self.chance}]", "a best guess above 0; leave out what cannot occur")


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """What stops threats before the top event, or consequences after it; one barrier on several of them fails on all at once.

    Parameters
    ----------
    on
        Ids of the threats, or of the consequences, that it stops.
    effectiveness
        Probability that it stops what comes through while it is up; below 1, because no barrier is certain.
    degraded
        Part of its effectiveness that is left while it is degraded, 0 to 1.
    usual
        Its status on the days from which forecasts are learned: up for what always stands, down for a measure that is taken
        at need. A forecast holds for barriers in their usual status.
    follows
        `sensor:ID`, `gate:ID` or `measure:ID` whose health gives its status; None where only people say it.
    causes
        Threats that take it down, and barriers whose failure does.
    """

    id: str
    name: str
    on: tuple[str, ...]
    owner: str
    effectiveness: Interval
    degraded: float = DEGRADED_SHARE
    usual: BarrierStatus = BarrierStatus.UP
    follows: str | None = None
    causes: tuple[Cause, ...] = ()

    def __post_init__(self) -> None:
        record = f"barrier {self.id}"
        _check_chance(record, self.effectiveness, "effectiveness")
        if self.effectiveness.high >= 1:
            raise WrongBowtie(record, f"effectiveness [{self.effectiveness}]", "a highest effectiveness below 1: no barrier stops everything")
        if not 0 <= self.degraded <= 1:
            raise WrongBowtie(record, f"degraded = {self.degraded:g}", "the part that is left, from 0 to 1")
        if self.usual is BarrierStatus.UNKNOWN:
            raise WrongBowtie(record, "usual = 'unknown'", "up, degraded or down")
        if not self.on:
            raise WrongBowtie(record, "nothing that it stands on", "on, with ids of threats or consequences")

    def working(self, status: BarrierStatus) -> Interval:
        """Which part of its effectiveness is there with a status.

        Unknown is anything from nothing to all; half is taken as the best guess.

        Examples
        --------
        >>> barrier = Barrier(id="b", name="Stewards", on=("t",), owner="town", effectiveness=Interval(0.5, 0.7, 0.8))
        >>> barrier.working(BarrierStatus.UNKNOWN)
        Interval(low=0.0, best=0.5, high=1.0)
        """
        if status is BarrierStatus.UNKNOWN:
            return Interval(0.0, 0.5, 1.0)
        part = {BarrierStatus.UP: 1.0, BarrierStatus.DEGRADED: self.degraded, BarrierStatus.DOWN: 0.0}[status]
        return Interval(part, part, part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What makes the top event more or less likely while it is there: weather, alcohol, mood, purpose, darkness, time pressure.

    Parameters
    ----------
    odds_ratio
        By what the odds of the top event are multiplied; above 0, and above 1 where it aggravates.
    source
        "judgement of NAME", or where it was read.
    """

    id: str
    name: str
    odds_ratio: Interval
    source: str

    def __post_init__(self) -> None:
        if self.odds_ratio.low <= 0:
            raise WrongBowtie(f"factor {self.id}", f"odds_ratio [{self.odds_ratio}]", "odds ratios above 0 (1 changes nothing)")
        if not self.source.strip():
            raise WrongBowtie(f"factor {self.id}", "no source", 'source, such as "judgement of NAME" or where it was read')


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What may follow the top event.

    Parameters
    ----------
    chance
        Probability that it follows when the top event occurs and no recovering barrier works.
    """

    id: str
    name: str
    chance: Interval

    def __post_init__(self) -> None:
        _check_chance(f"consequence {self.id}", self.chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bowtie:
    """Threats, barriers, top event and consequences of one zone.

    Parameters
    ----------
    zone, level, horizon_s
        The top event: this zone reaches this level within so many seconds.
    top
        The top event in words.
    source
        Who judged the chances and the effectiveness of the barriers.

    Raises
    ------
    WrongBowtie
        When an id is used twice, something refers to what is not there, or something depends on itself.
    """

    id: str
    name: str
    zone: str
    level: Level
    horizon_s: float
    top: str
    source: str
    threats: tuple[Threat, ...]
    barriers: tuple[Barrier, ...] = ()
    factors: tuple[Factor, ...] = ()
    consequences: tuple[Consequence, ...] = ()

    def __post_init__(self) -> None:
        if not self.top.strip():
            raise WrongBowtie("top", "no top event", "top, the top event in words")
        if not self.threats:
            raise WrongBowtie("threats", "no threat", "at least one threat")
        if not (math.isfinite(self.horizon_s) and self.horizon_s > 0):
            raise WrongBowtie("horizon_s", f"{self.horizon_s:g}", "seconds above 0")
        self._check_ids()
        for barrier in self.barriers:
            self.side(barrier)
        self._check_causes()

    def side(self, barrier: Barrier) -> Side:
        """Preventive where it stands on threats, recovering where on consequences.

        Raises
        ------
        WrongBowtie
            When it stands on both, or on what is not there.
        """
        threats, consequences = {one.id for one in self.threats}, {one.id for one in self.consequences}
        for id_ in barrier.on:
            if id_ not in threats | consequences:
                raise WrongBowtie(f"barrier {barrier.id}", f"on {id_!r}", f"one of {', '.join(sorted(threats | consequences))}")
        if threats.issuperset(barrier.on):
            return Side.PREVENTIVE
        if consequences.issuperset(barrier.on):
            return Side.RECOVERING
        raise WrongBowtie(f"barrier {barrier.id}", f"on {', '.join(barrier.on)}", "threats alone or consequences alone; make two barriers of it")

    def barriers_on(self, id: str) -> list[Barrier]:
        """The barriers on a threat or consequence, in the order of the file."""
        return [barrier for barrier in self.barriers if id in barrier.on]

    def _check_ids(self) -> None:
        seen: set[str] = set()
        for ids in (self.threats, self.barriers, self.factors, self.consequences):
            for id_ in (one.id for one in ids):
                if id_ in seen:
                    raise WrongBowtie(id_, f"id {id_!r} a second time", "an id that is used once in a bowtie")
                seen.add(id_)

    def _check_causes(self) -> None:
        threats = {threat.id: threat.causes for threat in self.threats}
        barriers = {barrier.id: barrier.causes for barrier in self.barriers}
        for id_, causes in (threats | barriers).items():
            known = set(threats) if id_ in threats else set(threats) | set(barriers)
            for cause in causes:
                if cause.id not in known:
                    raise WrongBowtie(id_, f"cause {cause.id!r}", f"one of {', '.join(sorted(known - {id_})) or 'the threats'}")
        try:
            TopologicalSorter({id_: {cause.id for cause in causes} for id_, causes in (threats | barriers).items()}).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            raise WrongBowtie(cycle[0], f"a cycle of causes: {' -> '.join(cycle)}", "causes of which none leads back to itself") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSet:
    """What a person said of a barrier: its status, when, and why.

    Parameters
    ----------
    book
        "live", or the name of the replay or exercise it belongs to.
    """

    area: str
    book: str
    bowtie: str
    barrier: str
    status: BarrierStatus
    at: datetime
    by: str
    role: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSet:
    """What a person said of a factor: present, absent, or (None) not known.

    Parameters
    ----------
    book
        "live", or the name of the replay or exercise it belongs to.
    """

    area: str
    book: str
    factor: str
    present: bool | None
    at: datetime
    by: str
    role: str


def list_factors(bowties: tuple[Bowtie, ...]) -> Mapping[str, Factor]:
    """All factors of some bowties by id."""
    return {factor.id: factor for bowtie in bowties for factor in bowtie.factors}


def _check_chance(record: str, chance: Interval, what: str = "chance") -> None:
    if outside := list(_outside(chance)):
        raise WrongBowtie(record, f"{what} {outside[0]:g}", "probabilities from 0 to 1")


def _outside(chance: Interval) -> Iterator[float]:
    return (number for number in (chance.low, chance.best, chance.high) if not 0 <= number <= 1)
