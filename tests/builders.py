"""Small builders: an area, its places and observations, each with what a test does not care about filled in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from deining.domain.alert import Alert, AlertKind, Priority
from deining.domain.area import Area, Gate, PlaceKind, Sensor, SensorKind, Zone
from deining.domain.decision import DecidedMeasure, Decision
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelQuantity, LevelScale
from deining.domain.logbook import Draft
from deining.domain.measure import Measure, Scenario
from deining.domain.notice import Mode, Notice, NoticeKind
from deining.domain.observation import Observation, Quantity

NOON = datetime(2026, 7, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SQUARE = (((4.0, 52.0), (4.01, 52.0), (4.01, 52.01), (4.0, 52.01), (4.0, 52.0)),)


def a_zone(id: str = "square", **given: Any) -> Zone:
    """A zone of 1,000 m2 for 500 persons."""
    return Zone(**{"id": id, "name": id.title(), "polygons": (SQUARE,), "usable_area_m2": 1000.0, "capacity": 500.0, "kind": PlaceKind.SQUARE, **given})


def a_gate(id: str = "north", **given: Any) -> Gate:
    """A gate of 4 m from outside into the square."""
    usual = {"id": id, "name": id.title(), "line": ((4.0, 52.0), (4.0, 52.001)), "from_zone": None, "to_zone": "square", "effective_width_m": 4.0}
    return Gate(**{**usual, **given})


def a_sensor(id: str = "count-north", **given: Any) -> Sensor:
    """A counter of the gate north, every minute."""
    return Sensor(**{"id": id, "kind": SensorKind.GATE_COUNTER, "observes": "gate:north", "interval_s": 60.0, **given})


def a_point_counter(id: str = "quay", **given: Any) -> Sensor:
    """A point counter that reports every hour."""
    return a_sensor(id, **{"kind": SensorKind.POINT_COUNTER, "observes": "area", "interval_s": 3600.0, "lat": 52.0, "lon": 4.0, **given})


def an_area(*, zones: Iterable[Zone] | None = None, gates: Iterable[Gate] | None = None, sensors: Iterable[Sensor] | None = None, **given: Any) -> Area:
    """A square with one counted gate, red at 1 person/m2."""
    levels = (LevelScale(quantity=LevelQuantity.DENSITY, yellow=0.3, orange=0.6, red=1.0, source="a test"),)
    usual = {
        "id": "town",
        "name": "Town",
        "timezone": ZoneInfo("Europe/Amsterdam"),
        "language": "nl",
        "levels": levels,
        "empty_at": time(4),
        "zones": {zone.id: zone for zone in ([a_zone()] if zones is None else zones)},
        "gates": {gate.id: gate for gate in ([a_gate()] if gates is None else gates)},
        "sensors": {sensor.id: sensor for sensor in ([a_sensor()] if sensors is None else sensors)},
    }
    return Area(**{**usual, **given})


def an_observation(
    value: float = 10.0, *, sensor: str = "count-north", quantity: Quantity = Quantity.COUNT_FORWARD, end: datetime = NOON, **given: Any
) -> Observation:
    """Ten persons in at the gate north, in the minute before noon."""
    return Observation(**{"sensor": sensor, "quantity": quantity, "start": end - MINUTE, "end": end, "value": value, **given})


def a_measure(id: str = "one-way", **given: Any) -> Measure:
    """One-way over the square, ready in 15 minutes."""
    return Measure(**{"id": id, "name": id.replace("-", " ").capitalize(), "owner": "Stewards", "set_up_s": 900.0, "where": ("square",), **given})


def a_scenario(id: str = "full-square", **given: Any) -> Scenario:
    """One-way once the square turns orange."""
    return Scenario(**{"id": id, "name": "The square fills", "level": Level.ORANGE, "measures": ("one-way",), "places": ("square",), **given})


def a_decision(*measures: DecidedMeasure, **given: Any) -> Decision:
    """One-way over the square, decided at noon."""
    usual = {"taken_at": NOON, "by": "A. Visser", "role": "crowd_manager", "reason": "orange is near", "target": "square"}
    return Decision(**{**usual, "measures": measures or (a_decided_measure(),), **given})


def a_decided_measure(id: str = "one-way", **given: Any) -> DecidedMeasure:
    """One-way over the square, not in force yet."""
    return DecidedMeasure(**{"measure": id, "name": id.replace("-", " ").capitalize(), "set_up_s": 900.0, "places": ("square",), **given})


def some_forecasts(steps: int = 8, *, middle: float = 300.0, sd: float = 50.0, step_s: int = 900, **given: Any) -> list[Forecast]:
    """A forecast of the square's occupancy from noon on: so many steps of a quarter, normal about its middle."""
    quantiles = tuple(max(0.0, middle + sd * z) for z in (-1.96, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.96))
    usual = {"target": "square", "quantity": "occupancy", "origin": NOON, "mean": middle, "quantiles": quantiles, "model": "any", "step_s": step_s}
    return [Forecast(**{**usual, "time": NOON + timedelta(seconds=k * step_s), **given}) for k in range(steps)]


def an_alert(target: str = "square", **given: Any) -> Alert:
    """The square is at red since noon."""
    usual = {
        "id": f"{target}-1",
        "zone": target,
        "target": target,
        "kind": AlertKind.CROWD,
        "level": Level.RED,
        "rule": "level_now",
        "raised_at": NOON,
        "because": {"en": "It is full.", "nl": "Het is vol."},
        "priority": Priority.HIGH,
    }
    return Alert(**{**usual, **given})


def a_notice(id: str = "a" * 32, **given: Any) -> Notice:
    """The square is orange, told at noon, live."""
    usual = {"area": "town", "book": "live", "mode": Mode.LIVE, "kind": NoticeKind.ALERT_RAISED, "priority": Priority.MEDIUM, "created_at": NOON}
    words = {"title": {"en": "Orange: Square", "nl": "Oranje: Square"}, "text": {"en": "Square is orange.", "nl": "Square is oranje."}}
    place = {"place": "square", "place_name": "Square", "level": Level.ORANGE, "alert": "square-1", "shape": (SQUARE[0],)}
    return Notice(**{"id": id, "expires_at": NOON + timedelta(hours=6), **usual, **words, **place, **given})


def a_draft(text: str = "The square fills up.", **given: Any) -> Draft:
    """An observation at the square by an operator, a minute before noon."""
    usual = {"occurred_at": NOON - MINUTE, "author": "A. Operator", "role": "operator", "category": "observation", "place": "square"}
    return Draft(**{**usual, "text": text, **given})


def write_area(folder: Path) -> Path:
    """A right area folder: a square between two gates, with counters, a camera and a purpose."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "area.toml").write_text(
        'name = "Town"\ntimezone = "Europe/Amsterdam"\nlanguage = "nl"\n\n'
        '[[levels]]\nquantity = "density_per_m2"\nyellow = 0.3\norange = 0.6\nred = 1.0\nsource = "a test"\n\n'
        '[[purposes]]\nid = "safety"\ntext = "Crowd safety"\nlegal_basis = "public order"\nowner = "the town"\nstart = 2020-01-01\nend = 2099-12-31\n'
    )
    ring = [[4.0, 52.0], [4.001, 52.0], [4.001, 52.001], [4.0, 52.001], [4.0, 52.0]]
    zone = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"id": "square", "name": "Square", "usable_area_m2": 1000}}
    gates = [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [[4.0, lat], [4.001, lat]]},
            "properties": {"id": name, "from_zone": None, "to_zone": "square", "effective_width_m": 4},
        }
        for name, lat in (("north", 52.001), ("south", 52.0))
    ]
    for name, features in (("zones", [zone]), ("gates", gates)):
        (folder / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (folder / "sensors.csv").write_text(
        "id,kind,observes,interval_s,purpose\ncount-north,gate_counter,gate:north,60,safety\ncount-south,gate_counter,gate:south,60,safety\n"
        "camera,area_camera,zone:square,60,safety\n"
    )
    return folder
