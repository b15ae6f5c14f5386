"""Zone state, flow state and sensor health: the best estimate at a time, with interval, age and quality."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Quality(StrEnum):
    """How far a figure can be trusted. Missing, suppressed and zero are three different things."""

    GOOD = "good"
    REPAIRED = "repaired"
    PARTIAL = "partial"
    SUSPECT = "suspect"
    SUPPRESSED = "suppressed"
    STALE = "stale"
    MISSING = "missing"

    @property
    def may_alert(self) -> bool:
        """Whether a crowd level may rest on a figure of this quality."""
        return self in (Quality.GOOD, Quality.REPAIRED, Quality.PARTIAL)


def worst_quality(qualities: Iterable[Quality]) -> Quality:
    """The quality of a sum: no better than that of its worst part."""
    order = list(Quality)
    return max(qualities, key=order.index, default=Quality.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneState:
    """Best estimate of the persons in a zone at a time.

    Parameters
    ----------
    occupancy, occupancy_p05, occupancy_p95
        Persons: estimate and the ends of its 90 % interval; None when nothing is known.
    density_per_m2
        Persons per m2 of usable area.
    data_age_s
        Seconds since the end of the newest observation it rests on; None when there is none.
    net_inflow_per_min
        Persons/min by which the zone fills (negative: empties) by what crossed its gates of late; None where that is
        not known.
    """

    zone: str
    time: datetime
    occupancy: float | None
    occupancy_p05: float | None
    occupancy_p95: float | None
    density_per_m2: float | None
    data_age_s: float | None
    quality: Quality
    sources: tuple[str, ...] = ()
    net_inflow_per_min: float | None = None

    @classmethod
    def missing(cls, zone: str, time: datetime) -> ZoneState:
        """A zone of which nothing is known."""
        return cls(zone=zone, time=time, occupancy=None, occupancy_p05=None, occupancy_p95=None, density_per_m2=None, data_age_s=None, quality=Quality.MISSING)

    def minutes_to(self, capacity: float | None) -> float | None:
        """Minutes until so many persons are reached at the present net inflow; 0 when they are, None when they will not be."""
        if capacity is None or self.occupancy is None:
            return None
        if self.occupancy >= capacity:
            return 0.0
        return (capacity - self.occupancy) / self.net_inflow_per_min if self.net_inflow_per_min and self.net_inflow_per_min > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalState:
    """Best estimate of the persons in several zones together.

    Parameters
    ----------
    group
        Id of the group of zones; empty for the whole area.
    occupancy, occupancy_p05, occupancy_p95
        Persons, with the ends of a 90 % interval that knows how the zones' errors hang together: who is counted in
        the wrong zone is still counted once. None when nothing is known.
    """

    group: str
    zones: tuple[str, ...]
    time: datetime
    occupancy: float | None
    occupancy_p05: float | None
    occupancy_p95: float | None
    quality: Quality

    @classmethod
    def missing(cls, group: str, zones: Iterable[str], time: datetime) -> TotalState:
        """Zones of which nothing is known."""
        return cls(group=group, zones=tuple(zones), time=time, occupancy=None, occupancy_p05=None, occupancy_p95=None, quality=Quality.MISSING)


class Cause(StrEnum):
    """What moved a figure."""

    COUNT = "count"
    LEVEL = "level"
    LEAVING = "leaving"
    GUESS = "guess"
    OPENING = "opening"
    NOBODY_BELOW_ZERO = "nobody_below_zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """By how many persons one sensor, or one thing that is known of people, moved a zone's figure.

    Parameters
    ----------
    sensor
        Id of the sensor; None where it was none.
    cause
        What it did: counted people over a gate, saw how many there are, ...
    readings
        How many of its observations moved the figure.
    """

    sensor: str | None
    cause: Cause
    persons: float
    readings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutSensor:
    """What a zone's figure would be, had one sensor said nothing since `Explanation.since`."""

    sensor: str
    occupancy: float
    occupancy_p05: float
    occupancy_p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a zone's figure is what it is: `before` + the sum of the contributions = `occupancy`.

    Parameters
    ----------
    since, before
        From when on the contributions are listed, and the figure then.
    contributions
        The largest first.
    without
        By sensor, the one that matters most first.
    """

    zone: str
    time: datetime
    since: datetime
    before: float
    occupancy: float
    occupancy_p05: float
    occupancy_p95: float
    contributions: tuple[Contribution, ...]
    without: tuple[WithoutSensor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowState:
    """Best estimate of the flow over a gate or past a point counter at a time.

    Parameters
    ----------
    target
        Id of the gate or of the point counter.
    forward_per_min, backward_per_min
        Persons/min each way; None where the sensor does not tell the ways apart.
    flow_per_min, p05, p95
        Persons/min of both ways together and the ends of its 90 % interval.
    specific_flow_per_m_min
        Persons/(m min) of effective width; None where the width is not known.
    ratio_to_normal
        Flow over what is normal at this hour of this kind of day; None without history.
    """

    target: str
    time: datetime
    forward_per_min: float | None
    backward_per_min: float | None
    flow_per_min: float | None
    p05: float | None
    p95: float | None
    specific_flow_per_m_min: float | None
    ratio_to_normal: float | None
    data_age_s: float | None
    quality: Quality
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorHealth:
    """Health of one sensor at a time.

    Parameters
    ----------
    last_end
        End of the newest observation; None when it has never delivered.
    fault
        What is wrong, in one plain sentence; empty when nothing is.
    since
        When the fault began, as far as it is known.
    """

    sensor: str
    time: datetime
    last_end: datetime | None
    data_age_s: float | None
    fault: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFault:
    """What is wrong with a sensor that does deliver, and since when; it is left out of the estimate meanwhile."""

    since: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A stretch of time in which a sensor was not healthy; `end` None while it lasts."""

    sensor: str
    start: datetime
    end: datetime | None
    fault: str
