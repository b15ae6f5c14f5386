"""Alert: a rule's raised result, with its `because`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from deining.domain.levels import Level


class AlertKind(StrEnum):
    """A crowd alert is about people; a data alert is about what we cannot see. Never one for the other."""

    CROWD = "crowd"
    DATA = "data"


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
        Why, in one plain sentence a language ("en", "nl").
    expected_at
        When the level is expected; None where it is there already.
    chance
        Probability of the level, where it rests on a forecast.
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

    @property
    def is_active(self) -> bool:
        """Whether it still stands."""
        return self.cleared_at is None


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
    keep_share
        Hysteresis: an alert is kept while the value is above this share of its threshold.
    on_delay_s, off_delay_s
        A level must hold so long before an alert is raised, and be gone so long before it clears, s.
    """

    raise_from: Level = Level.ORANGE
    ahead_s: float = 7200.0
    chance: float = 0.5
    keep_share: float = 0.9
    on_delay_s: float = 120.0
    off_delay_s: float = 600.0
