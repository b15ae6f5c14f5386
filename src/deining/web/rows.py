"""The rows that the API gives, field by field, and how each is made. What is not known is null, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from deining.domain.alert import Alert
from deining.domain.area import Area, Sensor
from deining.domain.forecast import Forecast
from deining.domain.levels import LevelExpected, LevelFound
from deining.domain.state import Explanation, FlowState, SensorHealth, TotalState, ZoneState
from deining.pipeline import Step
from deining.risk.words import name_of
from deining.runner import Runner
from deining.storage.rows import SensorCounts

DIGITS = 4

LevelName = Literal["green", "yellow", "orange", "red"]
QualityName = Literal["good", "repaired", "partial", "suspect", "suppressed", "stale", "missing"]
ModeName = Literal["live", "replay", "simulation"]


class LevelScaleRow(msgspec.Struct, kw_only=True):
    """Three rising thresholds of one quantity, and who set them."""

    quantity: str
    yellow: float
    orange: float
    red: float
    kind: str | None
    places: list[str]
    source: str


class EventRow(msgspec.Struct, kw_only=True):
    """A public happening that draws people."""

    id: str
    name: str
    start: datetime
    end: datetime
    kind: str
    expected_visitors: int | None
    zones: list[str]


class AreaRow(msgspec.Struct, kw_only=True):
    """An area; `bounds` is west, south, east, north in degrees, `step_s` the length of a forecast's step."""

    id: str
    name: str
    timezone: str
    language: str
    mode: ModeName
    notice: str
    bounds: tuple[float, float, float, float]
    step_s: int
    levels: list[LevelScaleRow]
    events: list[EventRow]


class MapAnswer(msgspec.Struct, kw_only=True):
    """GeoJSON feature collections of an area."""

    zones: dict[str, Any]
    gates: dict[str, Any]
    points: dict[str, Any]
    background: dict[str, Any]


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


class ForecastRow(msgspec.Struct, kw_only=True):
    """One step of a forecast; `time` is the start of the step."""

    area: str
    target: str
    quantity: str
    origin: datetime
    time: datetime
    step_s: int | None
    mean: float
    p2_5: float
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    p97_5: float
    model: str


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


class AlertRow(msgspec.Struct, kw_only=True):
    """An alert, with its reason in each language."""

    area: str
    id: str
    zone: str | None
    target: str
    name: str
    kind: Literal["crowd", "data"]
    level: LevelName
    rule: str
    raised_at: datetime
    cleared_at: datetime | None
    because: dict[str, str]
    expected_at: datetime | None
    chance: float | None


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


class ClockRow(msgspec.Struct, kw_only=True):
    """What time it is in an area, and how fast it goes."""

    area: str
    now: datetime
    mode: ModeName
    speed: float
    paused: bool
    starts: datetime | None
    ends: datetime | None
    moving: bool


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


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _levels(found: LevelFound | None, expected: LevelExpected | None) -> dict[str, Any]:
    return {
        "level": found.level.label if found else None,
        "level_quantity": found.quantity.value if found else None,
        "level_value": _round(found.value) if found else None,
        "expected_level": expected.level.label if expected else None,
        "expected_at": expected.at if expected else None,
        "expected_chance": _round(expected.chance) if expected else None,
    }


def zone_row(area: Area, state: ZoneState, step: Step) -> ZoneStateRow:
    """A zone's row."""
    zone = area.zones[state.zone]
    return ZoneStateRow(
        area=area.id,
        zone=zone.id,
        name=zone.name,
        time=state.time,
        occupancy=_round(state.occupancy),
        occupancy_p05=_round(state.occupancy_p05),
        occupancy_p95=_round(state.occupancy_p95),
        density_per_m2=_round(state.density_per_m2),
        capacity=zone.capacity,
        **_levels(step.levels.get(zone.id), step.expected.get(zone.id)),
        normal=_round(step.normals.get(zone.id)),
        net_inflow_per_min=_round(state.net_inflow_per_min),
        minutes_to_capacity=_round(state.minutes_to(zone.capacity)),
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
        occupancy=_round(state.occupancy),
        occupancy_p05=_round(state.occupancy_p05),
        occupancy_p95=_round(state.occupancy_p95),
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
        forward_per_min=_round(state.forward_per_min),
        backward_per_min=_round(state.backward_per_min),
        flow_per_min=_round(state.flow_per_min),
        p05=_round(state.p05),
        p95=_round(state.p95),
        specific_flow_per_m_min=_round(state.specific_flow_per_m_min),
        ratio_to_normal=_round(state.ratio_to_normal),
        **_levels(step.levels.get(state.target), step.expected.get(state.target)),
        data_age_s=state.data_age_s,
        quality=state.quality.value,
        sources=list(state.sources),
    )


def forecast_row(area: Area, forecast: Forecast) -> ForecastRow:
    """A forecast's row."""
    p2_5, p10, p25, p50, p75, p90, p97_5 = (round(q, DIGITS) for q in forecast.quantiles)
    return ForecastRow(
        area=area.id,
        target=forecast.target,
        quantity=forecast.quantity,
        origin=forecast.origin,
        time=forecast.time,
        step_s=forecast.step_s,
        mean=round(forecast.mean, DIGITS),
        p2_5=p2_5,
        p10=p10,
        p25=p25,
        p50=p50,
        p75=p75,
        p90=p90,
        p97_5=p97_5,
        model=forecast.model,
    )


def alert_row(area: Area, alert: Alert) -> AlertRow:
    """An alert's row."""
    return AlertRow(
        area=area.id,
        id=alert.id,
        zone=alert.zone,
        target=alert.target,
        name=name_of(area, alert.target),
        kind=alert.kind.value,
        level=alert.level.label,  # type: ignore[arg-type]
        rule=alert.rule,
        raised_at=alert.raised_at,
        cleared_at=alert.cleared_at,
        because=dict(alert.because),
        expected_at=alert.expected_at,
        chance=_round(alert.chance),
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


def clock_row(runner: Runner) -> ClockRow:
    """A clock's row."""
    state = runner.clock_state()
    return ClockRow(
        area=runner.area.id,
        now=state.now,
        mode=state.mode,  # type: ignore[arg-type]
        speed=state.speed,
        paused=state.paused,
        starts=state.starts,
        ends=state.ends,
        moving=state.moving,
    )


def area_row(runner: Runner) -> AreaRow:
    """An area's row."""
    area = runner.area
    return AreaRow(
        id=area.id,
        name=area.name,
        timezone=str(area.timezone),
        language=area.language,
        mode=runner.mode,  # type: ignore[arg-type]
        notice=area.notice,
        bounds=_bounds(area),
        step_s=_step_s(runner),
        levels=[
            LevelScaleRow(quantity=s.quantity.value, yellow=s.yellow, orange=s.orange, red=s.red, kind=s.kind, places=list(s.places), source=s.source)
            for s in area.levels
        ],
        events=[
            EventRow(id=e.id, name=e.name, start=e.start, end=e.end, kind=e.kind, expected_visitors=e.expected_visitors, zones=list(e.zones))
            for e in area.events
        ],
    )


def _step_s(runner: Runner) -> int:
    """Step of the forecasts of zones and gates, or else of the point counters."""
    if runner.area.zones:
        return runner.settings.forecast_step_s
    return max([runner.settings.forecast_step_s, *(int(sensor.interval_s) for sensor in runner.area.list_point_counters())])


def _bounds(area: Area) -> tuple[float, float, float, float]:
    places = [place for zone in area.zones.values() for polygon in zone.polygons for place in polygon[0]]
    places += [place for gate in area.gates.values() for place in gate.line]
    places += [(sensor.lon, sensor.lat) for sensor in area.list_point_counters() if sensor.lon is not None and sensor.lat is not None]
    lons, lats = zip(*places, strict=True)
    return (min(lons), min(lats), max(lons), max(lats))


def map_answer(area: Area) -> MapAnswer:
    """An area's places and what lies beneath them, as GeoJSON."""
    zones = [
        _feature("MultiPolygon", zone.polygons, id=zone.id, name=zone.name, kind=zone.kind.value, usable_area_m2=zone.usable_area_m2, capacity=zone.capacity)
        for zone in area.zones.values()
    ]
    gates = [
        _feature("LineString", g.line, id=g.id, name=g.name, from_zone=g.from_zone, to_zone=g.to_zone, effective_width_m=g.effective_width_m)
        for g in area.gates.values()
    ]
    points = [_feature("Point", (s.lon, s.lat), id=s.id, name=s.name or s.id) for s in area.list_point_counters() if s.lon is not None]
    return MapAnswer(zones=_collection(zones), gates=_collection(gates), points=_collection(points), background=dict(area.background))


def _feature(geometry: str, coordinates: object, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": geometry, "coordinates": coordinates}, "properties": properties}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}
