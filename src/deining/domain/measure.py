"""Measure, scenario and proposal: what people can do about a crowd, the sets prepared for a situation, and what fits now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from deining.domain.levels import Level


class MeasureKind(StrEnum):
    """What sort of thing a measure does."""

    ONE_WAY = "one_way"
    CLOSE = "close"
    DIVERT = "divert"
    DOSE = "dose"
    INFORM = "inform"
    TRANSPORT = "transport"
    HOSTS = "hosts"
    PROGRAMME = "programme"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What people do (one-way, close, divert).

    Parameters
    ----------
    owner
        Who does it.
    decides
        Role or function that may decide it; empty where nobody wrote that down.
    set_up_s
        Seconds from the decision until it works.
    where
        Ids of the zones, gates or point counters it is done at.
    lasts_s
        How long it can last, s; None where that is not known.
    needs
        Things and people it takes.
    expected_effect
        In words, as its owner expects it; no measurement.
    effect_share
        Expected change of flow or occupancy as a share (low, best, high): -0.3 is 30 % less. None where nobody said.
    effect_after_s
        Seconds from when it works until its effect can be seen in the figures.
    side_effects
        What else it does, and where.
    experience
        What people wrote down of earlier times; what deining measured is kept apart.
    """

    id: str
    name: str
    owner: str
    set_up_s: float
    where: tuple[str, ...] = ()
    description: str = ""
    kind: MeasureKind = MeasureKind.OTHER
    decides: str = ""
    lasts_s: float | None = None
    needs: tuple[str, ...] = ()
    expected_effect: str = ""
    effect_share: tuple[float, float, float] | None = None
    effect_after_s: float = 0.0
    side_effects: tuple[str, ...] = ()
    experience: str = ""

    def places(self, target: str | None) -> tuple[str, ...]:
        """Where its effect is looked for: the place it was decided for, if any, then where it is done; each once.

        Examples
        --------
        >>> Measure(id="m", name="One-way", owner="Stewards", set_up_s=900, where=("stairs", "square")).places("square")
        ('square', 'stairs')
        """
        return tuple(dict.fromkeys([*([target] if target else []), *self.where]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A prepared set of measures for a situation: these measures, once a place reaches this level.

    Parameters
    ----------
    level
        From which it is proposed; one of green is never proposed, for every place is green.
    places
        Ids of zones, gates or point counters it is for; empty for all.
    """

    id: str
    name: str
    level: Level
    measures: tuple[str, ...]
    places: tuple[str, ...] = ()
    description: str = ""


class Fit(StrEnum):
    """Whether a measure, decided now, is ready before the level comes.

    `in_time`: before the earliest time of the level (10 %); `tight`: before its median only, or before it where the
    earliest is not known; `too_late`: after it; `reached`: the level is there already.
    """

    IN_TIME = "in_time"
    TIGHT = "tight"
    TOO_LATE = "too_late"
    REACHED = "reached"

    @property
    def still_fits(self) -> bool:
        """Whether deciding now is early enough."""
        return self in (Fit.IN_TIME, Fit.TIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A measure that a scenario has ready for what a place comes to. People decide.

    Parameters
    ----------
    rank
        From 1; the first has to be decided soonest.
    level
        The level it is meant to be ready before, or that is reached.
    reached_at, earliest, latest
        When the level is reached: the median, and the ends of its 80 % interval; None where that is not known.
    chance
        Probability that it is reached; 1 where it is.
    ready_at
        When the measure works if it is decided now.
    decide_before, decide_before_earliest
        Latest moment at which it is still ready before the median, and before the earliest time; None where that is
        not known or the level is reached.
    in_force, decided
        Whether it works already; whether it was decided and is being set up. Such a one is not proposed again.
    alert
        Id of the alert of this place, or None.
    text
        One sentence a language ("en", "nl").
    """

    rank: int
    target: str
    level: Level
    reached_at: datetime | None
    earliest: datetime | None
    latest: datetime | None
    chance: float
    scenario: str
    measure: str
    ready_at: datetime
    decide_before: datetime | None
    decide_before_earliest: datetime | None
    fit: Fit
    in_force: bool = False
    decided: bool = False
    alert: str | None = None
    text: Mapping[str, str] = field(default_factory=dict)
