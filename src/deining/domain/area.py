"""Area, zone, gate and sensor: the places where people are counted and the devices that count them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from deining.domain.bowtie import Bowtie
from deining.domain.drivers import Drivers, SchoolHoliday, Weather
from deining.domain.event import Event
from deining.domain.levels import LevelScale
from deining.domain.measure import Measure, Scenario
from deining.domain.purpose import Purpose

LonLat = tuple[float, float]


class PlaceKind(StrEnum):
    """What kind of place a zone or gate is; levels may differ by it."""

    ALLEY = "alley"
    STREET = "street"
    SQUARE = "square"
    BEACH = "beach"
    STAIRS = "stairs"
    BRIDGE = "bridge"
    QUEUE = "queue"
    STATION = "station"
    CAR_PARK = "car_park"
    OTHER = "other"


class SensorKind(StrEnum):
    """How a sensor counts; each kind has its own error model."""

    GATE_COUNTER = "gate_counter"
    AREA_CAMERA = "area_camera"
    DEVICE_COUNTER = "device_counter"
    PHONE_PANEL = "phone_panel"
    HAND_COUNT = "hand_count"
    POINT_COUNTER = "point_counter"
    PARKING_COUNTER = "parking_counter"
    STATION_COUNTER = "station_counter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A polygon with usable area and, where it is known, capacity.

    Parameters
    ----------
    polygons
        Outer and inner rings (lon, lat; WGS 84) of each part.
    usable_area_m2
        Area people can stand on, m2; obstacles and closed parts left out.
    capacity
        Persons that the zone holds safely; None where nobody defined it.
    """

    id: str
    name: str
    polygons: tuple[tuple[tuple[LonLat, ...], ...], ...]
    usable_area_m2: float
    capacity: float | None = None
    kind: PlaceKind = PlaceKind.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneGroup:
    """Zones that people count together: the beach, the quarter round the station."""

    id: str
    name: str
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A counted line; forward is from `from_zone` to `to_zone`, None being outside the area.

    Parameters
    ----------
    effective_width_m
        Width people really use, m; None where nobody measured it.
    """

    id: str
    name: str
    line: tuple[LonLat, ...]
    from_zone: str | None
    to_zone: str | None
    effective_width_m: float | None = None
    kind: PlaceKind = PlaceKind.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A device in the register.

    Parameters
    ----------
    observes
        `gate:ID`, `zone:ID` or `area`.
    interval_s
        Seconds between two observations when all is well.
    lat, lon
        Where it hangs (WGS 84), for a point counter.
    purpose
        Id of the purpose it serves; None where the area names none.
    series
        Make, method and firmware in a few words. When it changes, what was learned of the sensor no longer holds: it
        starts a new series.
    """

    id: str
    kind: SensorKind
    observes: str
    interval_s: float
    name: str = ""
    lat: float | None = None
    lon: float | None = None
    purpose: str | None = None
    series: str = ""

    @property
    def gate(self) -> str | None:
        """Id of the gate it observes, or None."""
        return self.observes.removeprefix("gate:") if self.observes.startswith("gate:") else None

    @property
    def zone(self) -> str | None:
        """Id of the zone it observes, or None."""
        return self.observes.removeprefix("zone:") if self.observes.startswith("zone:") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The package of zones, gates, sensors, levels and measures of one place.

    Parameters
    ----------
    id
        The folder's name; what the API calls the area.
    language
        Two-letter code of the language its people speak.
    empty_at
        Local time of day at which the area is taken to be empty: counting starts anew there.
    holidays
        Country and subdivision as the `holidays` package names them ("NZ-AUK"), or None.
    notice
        What a visitor must know of the data (licence, invented town); shown on the page.
    background
        GeoJSON feature collections for the map by layer name (`streets`, `buildings`, `ground`).
    groups
        Zones whose people are added up.
    levels_by, levels_why
        Who decided the levels of the folder, and why.
    alerts
        What this area sets about alerts itself: fields of `AlertPolicy`, which go before the settings.
    school_holidays
        Days without school; empty where nobody gave them.
    weather
        Measured and forecast weather; None where nobody gave it.
    bowties
        What may make a zone overcrowded, and which barriers stand in between; none where nobody drew one.
    """

    id: str
    name: str
    timezone: ZoneInfo
    language: str
    zones: Mapping[str, Zone]
    gates: Mapping[str, Gate]
    sensors: Mapping[str, Sensor]
    levels: tuple[LevelScale, ...]
    empty_at: time = time(4, 0)
    events: tuple[Event, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = ()
    purposes: Mapping[str, Purpose] = field(default_factory=dict)
    holidays: str | None = None
    notice: str = ""
    background: Mapping[str, object] = field(default_factory=dict)
    groups: Mapping[str, ZoneGroup] = field(default_factory=dict)
    levels_by: str = ""
    levels_why: str = ""
    alerts: Mapping[str, Any] = field(default_factory=dict)
    school_holidays: tuple[SchoolHoliday, ...] = ()
    weather: Weather | None = field(default=None, compare=False)
    bowties: tuple[Bowtie, ...] = ()

    def drivers(self) -> Drivers:
        """What moves crowds here besides the clock: its events, school holidays and weather, as far as they are known."""
        return Drivers(events=self.events, school_holidays=self.school_holidays, weather=self.weather)

    def list_point_counters(self) -> list[Sensor]:
        """All point counters, in the order of the register."""
        return [sensor for sensor in self.sensors.values() if sensor.kind is SensorKind.POINT_COUNTER]

    def find_events(self, day: date) -> list[Event]:
        """The events that touch the local calendar day."""
        return [event for event in self.events if event.start.astimezone(self.timezone).date() <= day <= event.end.astimezone(self.timezone).date()]

    def last_empty(self, at: datetime) -> datetime:
        """The latest moment, at or before this one, at which the area is taken to be empty; UTC."""
        local = at.astimezone(self.timezone)
        begin = local.replace(hour=self.empty_at.hour, minute=self.empty_at.minute, second=0, microsecond=0)
        return (begin if begin <= local else begin - timedelta(days=1)).astimezone(UTC)
