"""The rows of areas, their map and their clock, and how each is made."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from deining.domain.area import Area
from deining.runner import Runner

ModeName = Literal["live", "replay", "simulation", "exercise"]


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
            for s in runner.desk.scales
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
