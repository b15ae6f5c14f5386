"""The rows of states, sensors and observations, field by field, and how each is made. What is not known is null, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from deining.domain.area import Area, Sensor
from deining.domain.levels import LevelExpected, LevelFound
from deining.domain.state import Explanation, FlowState, SensorHealth, TotalState, ZoneState
from deining.domain.words import name_of
from deining.pipeline import Step
from deining.storage.rows import SensorCounts
from deining.web.figures import LevelName, rounded

QualityName = Literal["good", "repaired", "partial", "suspect", "suppressed", "stale", "missing"]


class ZoneStateRow(msgspec.Struct, kw_only=True):
    """Latest state of a zone: persons with the ends of their 90 % interval, and the level now and expected."""

    area: str
    zone: str
    name: str
    time: datetime
    occupancy: float | None
    occupancy_p05: float | None
    occupancy_p95: float | None
    density_per_m2: float | None
    capacity: float | None
    level: LevelName | None
    level_quantity: str | None
    level_value: float | None
    expected_level: LevelName | None
    expected_at: datetime | None
    expected_chance: float | None
    normal: float | None
    net_inflow_per_min: float | None
    minutes_to_capacity: float | None
    data_age_s: float | None
    quality: QualityName
    sources: list[str]


class TotalRow(msgspec.Struct, kw_only=True):
    """Persons in several zones together, with the ends of their 90 % interval; `group` is empty for the whole area."""

    area: str
    group: str
    name: str
    zones: list[str]
    time: datetime
    occupancy: float | None
    occupancy_p05: float | None
    occupancy_p95: float | None
    quality: QualityName


class ContributionRow(msgspec.Struct, kw_only=True):
    """By how many persons a sensor moved a figure; `sensor` is null where it was none."""

    sensor: str | None
    name: str | None
    cause: Literal["count", "level", "leaving", "guess", "opening", "nobody_below_zero"]
    persons: float
    readings: int


class WithoutRow(msgspec.Struct, kw_only=True):
    """What a figure would be, had a sensor said nothing since."""

    sensor: str
    name: str
    occupancy: float
    occupancy_p05: float
    occupancy_p95: float


class ExplanationAnswer(msgspec.Struct, kw_only=True):
    """Why a figure is what it is: `before` and all contributions add up to `occupancy`."""

    area: str
    zone: str
    name: str
    time: datetime
    since: datetime
    before: float
    occupancy: float
    occupancy_p05: float
    occupancy_p95: float
    contributions: list[ContributionRow]
    without: list[WithoutRow]


class FlowStateRow(msgspec.Struct, kw_only=True):
    """Latest state of a gate or point counter: persons/min with the ends of the 90 % interval of both ways together."""

    area: str
    target: str
    kind: Literal["gate", "point"]
    name: str
    time: datetime
    forward_per_min: float | None
    backward_per_min: float | None
    flow_per_min: float | None
    p05: float | None
    p95: float | None
    specific_flow_per_m_min: float | None
    ratio_to_normal: float | None
    level: LevelName | None
    level_quantity: str | None
    level_value: float | None
    expected_level: LevelName | None
    expected_at: datetime | None
    expected_chance: float | None
    data_age_s: float | None
    quality: QualityName
    sources: list[str]


class PastRow(msgspec.Struct, kw_only=True):
    """One past state."""

    time: datetime
    value: float | None
    p05: float | None
    p95: float | None
    quality: QualityName


class NormalRow(msgspec.Struct, kw_only=True):
    """What is normal at a time."""

    time: datetime
    value: float


class HistoryAnswer(msgspec.Struct, kw_only=True):
    """The past of one place, and what is normal for the past and the coming hours."""

    area: str
    target: str
    quantity: Literal["occupancy", "flow_per_min"]
    unit: str
    now: datetime
    past: list[PastRow]
    normal: list[NormalRow]


class HealthRow(msgspec.Struct, kw_only=True):
    """Age and fault of a sensor, and what became of the rows it sent."""

    area: str
    sensor: str
    name: str
    kind: str
    observes: str
    interval_s: float
    series: str
    time: datetime
    last_end: datetime | None
    data_age_s: float | None
    fault: str
    since: datetime | None
    stored: int
    rejected: int
    conflicts: int


class Rejected(msgspec.Struct, kw_only=True):
    """A row of a post that was not taken."""

    index: int
    why: str


class StoredAnswer(msgspec.Struct, kw_only=True):
    """What became of a post; `conflicting` are those of the duplicates whose value differed: the first stays."""

    stored: int
    duplicate: int
    conflicting: int
    rejected: list[Rejected]


class HealthzAnswer(msgspec.Struct, kw_only=True):
    """Whether the server is ready; `failures` names areas whose last step failed, and why."""

    status: Literal["ready", "degraded"]
    version: str
    areas: list[str]
    failures: dict[str, str]


def _levels(found: LevelFound | None, expected: LevelExpected | None) -> dict[str, Any]:
    return {
        "level": found.level.label if found else None,
        "level_quantity": found.quantity.value if found else None,
        "level_value": rounded(found.value) if found else None,
        "expected_level": expected.level.label if expected else None,
        "expected_at": expected.at if expected else None,
        "expected_chance": rounded(expected.chance) if expected else None,
    }


def zone_row(area: Area, state: ZoneState, step: Step) -> ZoneStateRow:
    """A zone's row."""
    zone = area.zones[state.zone]
    return ZoneStateRow(
        area=area.id,
        zone=zone.id,
        name=zone.name,
        time=state.time,
        occupancy=rounded(state.occupancy),
        occupancy_p05=rounded(state.occupancy_p05),
        occupancy_p95=rounded(state.occupancy_p95),
        density_per_m2=rounded(state.density_per_m2),
        capacity=zone.capacity,
        **_levels(step.levels.get(zone.id), step.expected.get(zone.id)),
        normal=rounded(step.normals.get(zone.id)),
        net_inflow_per_min=rounded(state.net_inflow_per_min),
        minutes_to_capacity=rounded(state.minutes_to(zone.capacity)),
        data_age_s=state.data_age_s,
        quality=state.quality.value,
        sources=list(state.sources),
    )


def total_row(area: Area, state: TotalState) -> TotalRow:
    """The row of a group of zones or of the whole area."""
    return TotalRow(
        area=area.id,
        group=state.group,
        name=area.groups[state.group].name if state.group in area.groups else "",
        zones=list(state.zones),
        time=state.time,
        occupancy=rounded(state.occupancy),
        occupancy_p05=rounded(state.occupancy_p05),
        occupancy_p95=rounded(state.occupancy_p95),
        quality=state.quality.value,
    )


def explanation_answer(area: Area, found: Explanation) -> ExplanationAnswer:
    """Why a zone's figure is what it is."""

    def name(sensor: str) -> str:
        return area.sensors[sensor].name or sensor

    return ExplanationAnswer(
        area=area.id,
        zone=found.zone,
        name=area.zones[found.zone].name,
        time=found.time,
        since=found.since,
        before=found.before,
        occupancy=found.occupancy,
        occupancy_p05=found.occupancy_p05,
        occupancy_p95=found.occupancy_p95,
        contributions=[
            ContributionRow(sensor=c.sensor, name=name(c.sensor) if c.sensor else None, cause=c.cause.value, persons=c.persons, readings=c.readings)
            for c in found.contributions
        ],
        without=[
            WithoutRow(sensor=w.sensor, name=name(w.sensor), occupancy=w.occupancy, occupancy_p05=w.occupancy_p05, occupancy_p95=w.occupancy_p95)
            for w in found.without
        ],
    )


def flow_row(area: Area, state: FlowState, step: Step) -> FlowStateRow:
    """The row of a gate or point counter."""
    return FlowStateRow(
        area=area.id,
        target=state.target,
        kind="gate" if state.target in area.gates else "point",
        name=name_of(area, state.target),
        time=state.time,
        forward_per_min=rounded(state.forward_per_min),
        backward_per_min=rounded(state.backward_per_min),
        flow_per_min=rounded(state.flow_per_min),
        p05=rounded(state.p05),
        p95=rounded(state.p95),
        specific_flow_per_m_min=rounded(state.specific_flow_per_m_min),
        ratio_to_normal=rounded(state.ratio_to_normal),
        **_levels(step.levels.get(state.target), step.expected.get(state.target)),
        data_age_s=state.data_age_s,
        quality=state.quality.value,
        sources=list(state.sources),
    )


def health_rows(area: Area, health: Iterable[SensorHealth], counts: Mapping[str, SensorCounts]) -> list[HealthRow]:
    """A row for each sensor."""
    return [_health_row(area, area.sensors[one.sensor], one, counts.get(one.sensor, SensorCounts())) for one in health]


def _health_row(area: Area, sensor: Sensor, health: SensorHealth, counts: SensorCounts) -> HealthRow:
    return HealthRow(
        area=area.id,
        sensor=sensor.id,
        name=sensor.name or sensor.id,
        kind=sensor.kind.value,
        observes=sensor.observes,
        interval_s=sensor.interval_s,
        series=sensor.series,
        time=health.time,
        last_end=health.last_end,
        data_age_s=health.data_age_s,
        fault=health.fault,
        since=health.since,
        stored=counts.stored,
        rejected=counts.rejected,
        conflicts=counts.conflicting,
    )
