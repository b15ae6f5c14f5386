"""Zone state, flow state and sensor health: the best estimate at a time, with interval, age and quality."""

from __future__ import annotations

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
