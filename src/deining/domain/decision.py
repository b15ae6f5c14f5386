"""Decision and effect: what a person decided, with reason and rejected options, what came of it, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from deining.domain.errors import WrongUse
from deining.domain.forecast import Forecast

LIVE = "live"
"""The book of a live area; acts in a replay or an exercise stand in books of their own."""


class Progress(StrEnum):
    """What is said of a measure after it was decided."""

    IN_FORCE = "in_force"
    ENDED = "ended"


class Verdict(StrEnum):
    """What the figures say of a measure. `none_shown`: the interval holds zero; `too_early`: too few measured steps."""

    LESS = "less"
    MORE = "more"
    NONE_SHOWN = "none_shown"
    TOO_EARLY = "too_early"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedOption:
    """What was not chosen, and why: the id of a measure, or an option in words."""

    measure: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedMeasure:
    """One measure of a decision, with what was reported of it later.

    Parameters
    ----------
    name, set_up_s, lasts_s
        As the library had them when it was decided.
    places
        Where its effect is looked for, as of then; the first is the one that counts as its experience.
    in_force_at, in_force_by, ended_at, ended_by
        When it began to work and when it ended, and who said so; None while nobody did.
    """

    measure: str
    name: str
    set_up_s: float
    lasts_s: float | None = None
    effect_after_s: float = 0.0
    places: tuple[str, ...] = ()
    in_force_at: datetime | None = None
    in_force_by: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    def is_in_force(self, now: datetime) -> bool:
        """Whether it worked at a time."""
        return self.in_force_at is not None and self.in_force_at <= now and (self.ended_at is None or now < self.ended_at)

    def is_being_set_up(self, now: datetime) -> bool:
        """Whether it was decided, did not work yet at a time, and was not called off."""
        return (self.in_force_at is None or now < self.in_force_at) and (self.ended_at is None or now < self.ended_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a named person decided. Never changed: what comes later is written beside it.

    Parameters
    ----------
    number
        In its book, from 1; 0 while it is not written.
    by, role, reason
        Who decided, as what, and why; none may be empty.
    measures
        May be empty: to do nothing is a decision too.
    target, alert
        Ids of the place and the alert it is about, or None.
    entry
        Number of its logbook entry, or None.

    Raises
    ------
    WrongUse
        When nobody is named, the role or the reason is missing, or a measure stands in it twice or is also rejected.
    """

    taken_at: datetime
    by: str
    role: str
    reason: str
    measures: tuple[DecidedMeasure, ...] = ()
    number: int = 0
    target: str | None = None
    alert: str | None = None
    rejected: tuple[RejectedOption, ...] = ()
    entry: int | None = None

    def __post_init__(self) -> None:
        for name, value, expected in (("by", self.by, "the name of who decides"), ("role", self.role, "a role"), ("reason", self.reason, "why")):
            if not value.strip():
                raise WrongUse(f"a decision with {name} {value!r}; expected {expected}: say it, it will be asked later")
        chosen = [one.measure for one in self.measures]
        twice = [measure for measure in chosen if chosen.count(measure) > 1]
        if twice:
            raise WrongUse(f"measure {twice[0]!r} stands twice in one decision; name it once")
        both = [option.measure for option in self.rejected if option.measure in chosen]
        if both:
            raise WrongUse(f"measure {both[0]!r} is both chosen and rejected; leave out one of the two")
        unexplained = [option.measure for option in self.rejected if not option.why.strip()]
        if unexplained:
            raise WrongUse(f"option {unexplained[0]!r} is rejected without a reason; say why")

    def find_measure(self, measure: str) -> DecidedMeasure | None:
        """The measure with this id, or None where the decision does not hold it."""
        return next((one for one in self.measures if one.measure == measure), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenForecast:
    """A forecast kept with a decision, as it was issued, so that a measure is judged by what was expected without it.

    Parameters
    ----------
    steps
        Of one target, quantity and origin, in order of time.
    """

    target: str
    quantity: str
    origin: datetime
    steps: tuple[Forecast, ...]


class Course(Protocol):
    """One kept state: the value at a time with the ends of its 90 % interval; None is missing."""

    @property
    def time(self) -> datetime:
        """End of the minute it is about."""
        ...

    @property
    def value(self) -> float | None:
        """Persons, or persons/min."""
        ...

    @property
    def p05(self) -> float | None:
        """Lower end of the 90 % interval."""
        ...

    @property
    def p95(self) -> float | None:
        """Upper end of the 90 % interval."""
        ...

    @property
    def quality(self) -> str:
        """One of `Quality`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What was measured after a measure came into force, against the forecast made before it, without it.

    Parameters
    ----------
    decision
        Number of the decision in its book.
    quantity
        `occupancy` (persons) or `flow_per_min`.
    origin
        When the forecast was made.
    since, until
        The time that is judged: whole steps of the forecast, once the effect could be seen, while the measure lasted.
    measured, expected, difference, low, high
        Means over the steps used; `difference` is measured less expected, with its interval. None where no step could be
        used.
    share
        Nominal probability of the interval: 0.8 or 0.95.
    steps, left_out
        Steps used, and steps left out because they were not measured reliably.
    together
        Ids of other measures in force at this place meanwhile: the difference is of all of them together.
    text
        In each language ("en", "nl").
    """

    decision: int
    measure: str
    target: str
    quantity: str
    origin: datetime
    since: datetime
    until: datetime
    measured: float | None
    expected: float | None
    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    share: float = 0.8
    steps: int = 0
    left_out: int = 0
    together: tuple[str, ...] = ()
    text: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """The record of one measure in a live area.

    Parameters
    ----------
    times
        How often it came into force.
    shown_less, shown_more, none_shown
        In how many of these, judged alone, the figures showed fewer persons, more, or no effect.
    together
        How often it was judged only together with other measures; these count for none of the three.
    set_up_planned_s, set_up_taken_s
        Medians: set-up time as planned when it was decided, and as reported; None where nobody reported.
    """

    measure: str
    times: int = 0
    shown_less: int = 0
    shown_more: int = 0
    none_shown: int = 0
    together: int = 0
    set_up_planned_s: float | None = None
    set_up_taken_s: float | None = None
    text: Mapping[str, str] = field(default_factory=dict)
