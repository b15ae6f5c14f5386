"""Alert: a rule's raised result, with its `because`, and what people did with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

from deining.domain.levels import Level


class AlertKind(StrEnum):
    """A crowd alert is about people; a data alert is about what we cannot see. Never one for the other."""

    CROWD = "crowd"
    DATA = "data"


class Priority(StrEnum):
    """How soon somebody must look: at once, within some minutes, when there is time."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """More is more urgent.

        Examples
        --------
        >>> Priority.HIGH.rank > Priority.MEDIUM.rank > Priority.LOW.rank
        True
        """
        return (Priority.LOW, Priority.MEDIUM, Priority.HIGH).index(self)


class AlertState(StrEnum):
    """Where an alert is in its life."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A raised alert and its course.

    Parameters
    ----------
    id
        Unique in the area, the same when the evening is replayed.
    zone
        Id of the zone it concerns; None where it concerns a gate, point counter or sensor.
    target
        Id of the zone, gate, point counter or sensor.
    level
        The level it stands at: rises at once, falls only after the off delay.
    because
        Why, in one plain sentence a language ("en", "nl"), and what is known beside it.
    expected_at
        When the level is expected; None where it is there already.
    chance
        Probability of the level, where it rests on a forecast.
    priority
        Rises at once, falls only after the off delay.
    changed_at
        When its state, level, priority or rule changed last; None where that was not kept.
    acknowledged_at, acknowledged_by
        When a person said that it was seen, and who; None again when it rises, for that is a new fact.
    shelved_at, shelved_until, shelved_by, shelved_why
        When it was put aside, until when, by whom and why; None when it is not.
    decide_before, decide_measure
        The last moment at which the quickest prepared measure (its id) still works before the level is reached; None
        where the level is there, no measure is prepared, or none fits any more.
    group
        Id of the alert in which this one is told; None where it is told by itself.
    joined
        Ids of the neighbouring places that are told in this one, oldest first.
    quiet
        Whether it was raised in quiet hours and does not ring.
    """

    id: str
    zone: str | None
    target: str
    kind: AlertKind
    level: Level
    rule: str
    raised_at: datetime
    cleared_at: datetime | None = None
    because: Mapping[str, str] = field(default_factory=dict)
    expected_at: datetime | None = None
    chance: float | None = None
    priority: Priority = Priority.LOW
    changed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    shelved_at: datetime | None = None
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    shelved_why: str | None = None
    decide_before: datetime | None = None
    decide_measure: str | None = None
    group: str | None = None
    joined: tuple[str, ...] = ()
    quiet: bool = False

    @property
    def is_active(self) -> bool:
        """Whether it still stands."""
        return self.cleared_at is None

    @property
    def state(self) -> AlertState:
        """Where it is in its life; one that is both acknowledged and shelved is shelved."""
        if self.cleared_at is not None:
            return AlertState.CLEARED
        if self.shelved_until is not None:
            return AlertState.SHELVED
        return AlertState.RAISED if self.acknowledged_at is None else AlertState.ACKNOWLEDGED


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A stretch of the local day in which only what is urgent rings; it may run past midnight.

    Raises
    ------
    ValueError
        When it begins when it ends.
    """

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValueError(f"quiet hours from {self.start:%H:%M} to {self.end:%H:%M}; expected an end other than the start")

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Quiet hours written as "22:00-07:00".

        Raises
        ------
        ValueError
            When it is not two local times that differ.
        """
        start, _, end = text.partition("-")
        hours = cls(start=time.fromisoformat(start.strip()), end=time.fromisoformat(end.strip()))
        if hours.start.tzinfo is not None or hours.end.tzinfo is not None:
            raise ValueError(f"quiet hours {text!r}; expected local times, such as 22:00-07:00")
        return hours

    def holds(self, local: time) -> bool:
        """Whether a local time of day is in [start, end).

        Examples
        --------
        >>> night = QuietHours(start=time(22), end=time(7))
        >>> night.holds(time(23, 30)), night.holds(time(7)), night.holds(time(12))
        (True, False, False)
        """
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """What a crowd manager sets about alerts.

    Parameters
    ----------
    raise_from
        Level from which a crowd alert is raised.
    ahead_s
        How far ahead a forecast may raise an alert, s.
    chance
        Probability from which a forecast level counts.
    warn_ahead_s, warn_chance
        Early warning, where it is known how likely levels are reached and when: an alert is raised when the level is reached
        within so many seconds with this probability, and then stands for at least so long. What was learned from earlier
        days goes before this probability.
    keep_share
        Hysteresis: an alert is kept while the value is above this share of its threshold.
    on_delay_s, off_delay_s
        A level must hold so long before an alert is raised, and be gone so long before it clears, s.
    quiet_hours
        Local hours in which only high priority rings; None: it always rings.
    group_within_s
        Alerts of neighbours that are raised within so many seconds are told as one; 0: each by itself.
    rules
        Names of the rules that look; empty: all of the registry.
    surplus_within_s
        Surplus of inflow: how soon a zone that fills must be at red, at the present inflow, to be told, s.
    decide_near_s
        Red that is expected is urgent when less than this is left to decide, s.
    false_alarms_per_day
        How many false crowd alerts a day the crowd manager accepts; what early warning learns aims at it.
    """

    raise_from: Level = Level.ORANGE
    ahead_s: float = 7200.0
    chance: float = 0.5
    warn_ahead_s: float = 2700.0
    warn_chance: float = 0.36
    keep_share: float = 0.9
    on_delay_s: float = 120.0
    off_delay_s: float = 600.0
    quiet_hours: QuietHours | None = None
    group_within_s: float = 300.0
    rules: tuple[str, ...] = ()
    surplus_within_s: float = 900.0
    decide_near_s: float = 600.0
    false_alarms_per_day: float = 1.0
