"""An area is a folder: read it, check it, and say what is wrong where."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import shapely
from shapely.geometry import shape
from shapely.validation import explain_validity

from deining.domain.area import Area, Gate, LonLat, PlaceKind, Sensor, SensorKind, Zone, ZoneGroup
from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import Finding, WrongArea
from deining.domain.event import Event, ProgrammePart
from deining.domain.levels import LevelScale
from deining.domain.purpose import Purpose
from deining.storage.alert_table import read_alert_table
from deining.storage.bowtie_file import Places, read_bowties
from deining.storage.level_table import read_scales
from deining.storage.measure_files import read_library
from deining.storage.table_rows import ID, read_toml

Made = TypeVar("Made")
EARTH_RADIUS_M = 6_371_008.8
BACKGROUND = ("ground", "streets", "buildings")
EXPECTED_FIELDS = "the fields that docs/reference/area-folder.md lists"
ReadDrivers = Callable[[Path, ZoneInfo], tuple[Drivers, list[Finding]]]
"""Reads the files of a folder that say what moves crowds there, and gives what is wrong in them."""
SHIPPED = Path(__file__).parent.parent / "areas"


def list_shipped_areas() -> list[str]:
    """Names of the areas that come with deining."""
    return sorted(folder.name for folder in SHIPPED.iterdir() if (folder / "area.toml").exists())


def find_area_folder(name_or_path: str) -> Path:
    """The folder of a shipped area by its name, or the folder given."""
    return SHIPPED / name_or_path if name_or_path in list_shipped_areas() else Path(name_or_path)


def read_area(folder: Path, read_drivers: ReadDrivers | None = None) -> Area:
    """Read an area folder.

    Parameters
    ----------
    folder
        With `area.toml` and the files beside it.
    read_drivers
        Reads `events.ics`, `school_holidays.ics` and the table of weather; without it these are left alone.

    Raises
    ------
    WrongArea
        With all that is wrong with it.
    """
    reader = _Reader(folder, read_drivers)
    area = reader.read()
    if reader.findings or area is None:
        raise WrongArea(reader.findings)
    return area


def check_area(folder: Path, read_drivers: ReadDrivers | None = None) -> list[Finding]:
    """All that is wrong with an area folder, read as by `read_area`; empty when it is right."""
    reader = _Reader(folder, read_drivers)
    reader.read()
    return reader.findings


def polygon_area_m2(polygons: Sequence[Sequence[Sequence[LonLat]]]) -> float:
    """Area of (lon, lat) polygons on the sphere, m2, projected about their own middle.

    Right to 0.1 % for zones of up to some kilometres.
    """
    total = 0.0
    middle = math.radians(sum(lat for _, lat in polygons[0][0]) / len(polygons[0][0]))
    for rings in polygons:
        for index, ring in enumerate(rings):
            xy = [(math.radians(lon) * math.cos(middle) * EARTH_RADIUS_M, math.radians(lat) * EARTH_RADIUS_M) for lon, lat in ring]
            size = abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(xy, xy[1:] + xy[:1], strict=True))) / 2
            total += size if index == 0 else -size
    return total


class _Reader:
    """Reads one folder and gathers findings instead of stopping at the first."""

    def __init__(self, folder: Path, read_drivers: ReadDrivers | None) -> None:
        self.folder, self.read_drivers = folder, read_drivers
        self.findings: list[Finding] = []

    def read(self) -> Area | None:
        if not (self.folder / "area.toml").is_file():
            self._find("area.toml", "file", "nothing", f"an area folder at {self.folder} with area.toml, zones.geojson, gates.geojson and sensors.csv")
            return None
        settings = read_toml(self.folder, "area.toml", self.findings)
        zones = self._read_zones()
        gates = self._read_gates(zones)
        sensors = self._read_sensors(zones, gates)
        if not zones and not any(sensor.kind is SensorKind.POINT_COUNTER for sensor in sensors.values()):
            self._find("zones.geojson", "features", "no zone, and no point counter in sensors.csv", "at least one zone or one point counter")
        timezone = self._timezone(settings)
        purposes = self._purposes(settings)
        self._check_references(sensors, purposes, gates, zones, settings)
        return self._area(settings, timezone, zones, gates, sensors, purposes)

    def _area(
        self,
        settings: dict[str, Any],
        timezone: ZoneInfo,
        zones: dict[str, Zone],
        gates: dict[str, Gate],
        sensors: dict[str, Sensor],
        purposes: dict[str, Purpose],
    ) -> Area:
        empty_at = settings.get("empty_at", "04:00")
        try:
            empty = time.fromisoformat(str(empty_at))
        except ValueError:
            self._find("area.toml", "empty_at", repr(empty_at), 'a local time such as "04:00"')
            empty = time(4)
        drivers, wrong = self.read_drivers(self.folder, timezone) if self.read_drivers else (NO_DRIVERS, [])
        self.findings += wrong
        counters = {sensor.id for sensor in sensors.values() if sensor.kind is SensorKind.POINT_COUNTER}
        measures, scenarios = read_library(self.folder, settings, zones.keys() | gates.keys() | counters, self.findings)
        return Area(
            id=self.folder.resolve().name,
            name=self._text(settings, "area.toml", "top level", "name"),
            timezone=timezone,
            language=self._text(settings, "area.toml", "top level", "language"),
            zones=zones,
            gates=gates,
            sensors=sensors,
            levels=self._levels(settings, zones.keys() | gates.keys() | sensors.keys()),
            alerts=read_alert_table(self._alerts_table(settings), self._find),
            bowties=read_bowties(self.folder, Places(zones=zones, gates=gates, sensors=sensors, measures=measures), self.findings),
            levels_by=str(settings.get("levels_by", "")),
            levels_why=str(settings.get("levels_why", "")),
            empty_at=empty,
            events=tuple(self._events(settings, zones, drivers)),
            measures=measures,
            scenarios=scenarios,
            purposes=purposes,
            holidays=settings.get("holidays"),
            notice=str(settings.get("notice", "")),
            groups={group.id: group for group in self._groups(settings, zones)},
            school_holidays=drivers.school_holidays,
            weather=drivers.weather,
            background={name: collection for name in BACKGROUND if (collection := self._read_geojson(f"{name}.geojson", optional=True)) is not None},
        )

    def _find(self, file: str, record: str, found: str, expected: str) -> None:
        self.findings.append(Finding(file, record, found, expected))

    def _text(self, table: Mapping[str, Any], file: str, record: str, key: str) -> str:
        value = table.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self._find(file, record, f"{key} = {value!r}" if value is not None else f"no {key}", f"{key}, a text that is not empty")
        return ""

    def _number(self, table: Mapping[str, Any], file: str, record: str, key: str) -> float | None:
        value = table.get(key)
        if value is None or value == "":
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(value, bool) or not math.isfinite(number) or number <= 0:
            self._find(file, record, f"{key} = {value!r}", f"{key}, a number above 0")
            return None
        return number

    def _id(self, table: Mapping[str, Any], file: str, record: str, seen: Mapping[str, object]) -> str | None:
        value = table.get("id")
        if not isinstance(value, str) or not ID.match(value):
            self._find(file, record, f"id = {value!r}" if value is not None else "no id", "an id of letters, digits, '-', '_', '.' or blanks, at most 100 long")
            return None
        if value in seen:
            self._find(file, record, f"id {value!r} a second time", "an id that is used once")
            return None
        return value

    def _kind(self, table: Mapping[str, Any], file: str, record: str) -> PlaceKind:
        value = table.get("kind") or "other"
        try:
            return PlaceKind(value)
        except ValueError:
            self._find(file, record, f"kind = {value!r}", f"one of {', '.join(PlaceKind)}")
            return PlaceKind.OTHER

    def _table(self, file: str, record: str, make: Callable[[dict[str, Any]], Made], row: dict[str, Any]) -> Made | None:
        try:
            return make(row)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            text = f"no {error.args[0]}" if isinstance(error, KeyError) else str(error)
            self._find(file, record, text, EXPECTED_FIELDS)
            return None

    def _read_text(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            self._find(name, "file", "nothing", "the file; an area is a folder with area.toml, zones.geojson, gates.geojson and sensors.csv")
        except UnicodeDecodeError as error:
            self._find(name, f"byte {error.start}", "bytes that are not UTF-8", "a file saved as UTF-8")
        except OSError as error:
            self._find(name, "file", error.strerror or str(error), "a file that can be read")
        return None

    def _rows(self, settings: dict[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
        rows = settings.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._find("area.toml", key, f"{type(rows).__name__}", f"tables [[{key}]]")
            return []
        return [(f"[[{key}]] {index + 1}", row) for index, row in enumerate(rows)]

    def _timezone(self, settings: dict[str, Any]) -> ZoneInfo:
        name = self._text(settings, "area.toml", "top level", "timezone")
        try:
            return ZoneInfo(name or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._find("area.toml", "timezone", repr(name), 'an IANA name such as "Europe/Amsterdam"')
            return ZoneInfo("UTC")

    def _alerts_table(self, settings: dict[str, Any]) -> dict[str, Any]:
        table = settings.get("alerts", {})
        if not isinstance(table, dict):
            self._find("area.toml", "alerts", type(table).__name__, "a table [alerts]")
            return {}
        return table

    def _levels(self, settings: dict[str, Any], places: set[str]) -> tuple[LevelScale, ...]:
        return tuple(read_scales(self._rows(settings, "levels"), places, partial(self._find, "area.toml")))

    def _events(self, settings: dict[str, Any], zones: Mapping[str, Zone], drivers: Drivers) -> list[Event]:
        """Those of area.toml, then those of events.ics."""
        rows = [("area.toml", record, self._table("area.toml", record, _event, row)) for record, row in self._rows(settings, "events")]
        events: dict[str, Event] = {}
        for file, record, event in (*rows, *(("events.ics", f"VEVENT {event.id}", event) for event in drivers.events)):
            if event is None:
                continue
            if event.id in events:
                self._find(file, record, f"id {event.id!r} a second time", "an id that is used once, in area.toml and events.ics together")
            self._check_event(file, record, event, zones)
            events[event.id] = event
        return list(events.values())

    def _check_event(self, file: str, record: str, event: Event, zones: Mapping[str, Zone]) -> None:
        whole_and_parts: tuple[Event | ProgrammePart, ...] = (event, *event.parts)
        for one in whole_and_parts:
            if one.end <= one.start:
                self._find(file, record, f"end {one.end.isoformat()} of {one.name!r}", f"an end after start {one.start.isoformat()}")
            elif one.end <= event.start or event.end <= one.start:
                when = f"{one.start.isoformat()} to {one.end.isoformat()}"
                self._find(file, record, f"part {one.name!r} from {when}", f"a part of the event, from {event.start.isoformat()} to {event.end.isoformat()}")
            for zone in one.zones:
                if zone not in zones:
                    self._find(file, record, f"zone {zone!r} of {one.name!r}", "the id of a zone of this area")

    def _groups(self, settings: dict[str, Any], zones: Mapping[str, Zone]) -> Iterator[ZoneGroup]:
        seen: set[str] = set()
        for row in settings.get("groups", []):
            id_ = str(row.get("id", ""))
            record = f"groups {id_}"
            members = tuple(str(zone) for zone in row.get("zones", []))
            if not id_ or id_ in seen or id_ in zones:
                self._find("area.toml", record, f"id = {id_!r}", "an id that is used once among groups and zones")
            elif not members or (unknown := [zone for zone in members if zone not in zones]):
                self._find("area.toml", record, f"zone {unknown[0]!r}" if members else "no zones", "ids of zones of zones.geojson")
            else:
                seen.add(id_)
                yield ZoneGroup(id=id_, name=str(row.get("name") or id_), zones=tuple(dict.fromkeys(members)))

    def _purposes(self, settings: dict[str, Any]) -> dict[str, Purpose]:
        purposes: dict[str, Purpose] = {}
        for record, row in self._rows(settings, "purposes"):
            if self._id(row, "area.toml", record, purposes):
                purpose = self._table("area.toml", record, _purpose, row)
                if purpose:
                    purposes[purpose.id] = purpose
        return purposes

    def _read_geojson(self, name: str, *, optional: bool = False) -> dict[str, Any] | None:
        if optional and not (self.folder / name).exists():
            return None
        text = self._read_text(name)
        if text is None:
            return None
        try:
            collection = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            self._find(name, "file", f"no JSON: {error}", "a GeoJSON FeatureCollection")
            return None
        if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection" or not isinstance(collection.get("features"), list):
            self._find(name, "file", "no FeatureCollection", "a GeoJSON FeatureCollection with a list of features")
            return None
        return collection

    def _features(self, name: str, kinds: tuple[str, ...]) -> list[tuple[str, dict[str, Any], Any]]:
        """(record, properties, shapely geometry) of each right feature."""
        found = []
        for index, feature in enumerate((self._read_geojson(name) or {"features": []})["features"]):
            record = f"feature {index + 1}"
            properties = feature.get("properties") if isinstance(feature, dict) else None
            geometry = feature.get("geometry") if isinstance(feature, dict) else None
            if not isinstance(properties, dict) or not isinstance(geometry, dict) or geometry.get("type") not in kinds:
                kind = geometry.get("type") if isinstance(geometry, dict) else None
                self._find(name, record, f"geometry {kind!r}", f"a feature with properties and a {' or '.join(kinds)}")
                continue
            record = f"feature {index + 1} ({properties.get('id', 'no id')})"
            try:
                geometry = shape(geometry)
            except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                self._find(name, record, f"coordinates that are no geometry ({error})", "coordinates as [longitude, latitude]")
                continue
            if self._is_right(name, record, geometry):
                found.append((record, properties, geometry))
        return found

    def _is_right(self, name: str, record: str, geometry: Any) -> bool:
        if geometry.is_empty:
            self._find(name, record, "an empty geometry", "a geometry with coordinates")
            return False
        if not geometry.is_valid:
            self._find(name, record, explain_validity(geometry), "a polygon that does not cross itself")
            return False
        west, south, east, north = geometry.bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            self._find(name, record, f"coordinates from {west:g}, {south:g} to {east:g}, {north:g}", "longitude -180 to 180 and latitude -90 to 90 (WGS 84)")
            return False
        return True

    def _read_zones(self) -> dict[str, Zone]:
        zones: dict[str, Zone] = {}
        for record, properties, geometry in self._features("zones.geojson", ("Polygon", "MultiPolygon")):
            id_ = self._id(properties, "zones.geojson", record, zones)
            if id_ is None:
                continue
            polygons = tuple(_rings(part) for part in getattr(geometry, "geoms", [geometry]))
            usable = self._number(properties, "zones.geojson", record, "usable_area_m2")
            capacity = self._number(properties, "zones.geojson", record, "capacity")
            size = polygon_area_m2(polygons)
            if size <= 0:
                self._find("zones.geojson", record, "a polygon of 0 m2", "a polygon with an area")
                continue
            name = properties.get("name")
            zones[id_] = Zone(
                id=id_,
                name=name if isinstance(name, str) and name else id_,
                polygons=polygons,
                usable_area_m2=usable or size,
                capacity=capacity,
                kind=self._kind(properties, "zones.geojson", record),
            )
        return zones

    def _read_gates(self, zones: Mapping[str, Zone]) -> dict[str, Gate]:
        gates: dict[str, Gate] = {}
        for record, properties, geometry in self._features("gates.geojson", ("LineString",)):
            id_ = self._id(properties, "gates.geojson", record, gates)
            if id_ is None:
                continue
            ends = [properties.get("from_zone"), properties.get("to_zone")]
            for key, end in zip(("from_zone", "to_zone"), ends, strict=True):
                if end is not None and end not in zones:
                    self._find("gates.geojson", record, f"{key} = {end!r}", "the id of a zone of this area, or null for outside")
            if ends[0] == ends[1]:
                self._find("gates.geojson", record, f"from_zone and to_zone both {ends[0]!r}", "two different sides")
                continue
            name = properties.get("name")
            gates[id_] = Gate(
                id=id_,
                name=name if isinstance(name, str) and name else id_,
                line=tuple((float(x), float(y)) for x, y, *_ in geometry.coords),
                from_zone=ends[0],
                to_zone=ends[1],
                effective_width_m=self._number(properties, "gates.geojson", record, "effective_width_m"),
                kind=self._kind(properties, "gates.geojson", record),
            )
        return gates

    def _read_sensors(self, zones: Mapping[str, Zone], gates: Mapping[str, Gate]) -> dict[str, Sensor]:
        text = self._read_text("sensors.csv")
        sensors: dict[str, Sensor] = {}
        if text is None:
            return sensors
        reader = csv.DictReader(text.splitlines())
        missing = {"id", "kind", "observes", "interval_s"} - set(reader.fieldnames or ())
        if missing:
            self._find(
                "sensors.csv",
                "line 1",
                f"columns {', '.join(reader.fieldnames or ()) or 'none'}",
                f"columns id, kind, observes, interval_s (missing: {', '.join(sorted(missing))})",
            )
            return sensors
        for row in reader:
            record = f"line {reader.line_num} ({row.get('id')})"
            id_ = self._id(row, "sensors.csv", record, sensors)
            sensor = self._sensor(row, record, zones, gates) if id_ else None
            if sensor:
                sensors[sensor.id] = sensor
        return sensors

    def _sensor(self, row: dict[str, str], record: str, zones: Mapping[str, Zone], gates: Mapping[str, Gate]) -> Sensor | None:
        observes = row["observes"] or ("area" if row.get("lat") else "")
        interval_s = self._number(row, "sensors.csv", record, "interval_s")
        what, _, target = observes.partition(":")
        known = {"gate": gates, "zone": zones}.get(what)
        if observes != "area" and (known is None or target not in known):
            self._find("sensors.csv", record, f"observes = {observes!r}", "gate:ID or zone:ID of this area, or area")
            return None
        try:
            kind = SensorKind(row["kind"])
        except ValueError:
            self._find("sensors.csv", record, f"kind = {row['kind']!r}", f"one of {', '.join(SensorKind)}")
            return None
        if interval_s is None:
            if not row["interval_s"]:
                self._find("sensors.csv", record, "no interval_s", "interval_s, seconds between two observations")
            return None
        lat, lon = self._degrees(row, record, "lat", 90), self._degrees(row, record, "lon", 180)
        return Sensor(
            id=row["id"],
            kind=kind,
            observes=observes,
            interval_s=interval_s,
            name=row.get("name") or row["id"],
            lat=lat,
            lon=lon,
            purpose=row.get("purpose") or None,
            series=(row.get("series") or "").strip(),
        )

    def _degrees(self, row: dict[str, str], record: str, key: str, limit: float) -> float | None:
        text = row.get(key)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not -limit <= value <= limit:
            self._find("sensors.csv", record, f"{key} = {text!r}", f"degrees from -{limit:g} to {limit:g}")
            return None
        return value

    def _check_references(
        self, sensors: Mapping[str, Sensor], purposes: Mapping[str, Purpose], gates: Mapping[str, Gate], zones: Mapping[str, Zone], settings: dict[str, Any]
    ) -> None:
        for sensor in sensors.values():
            if sensor.purpose is not None and sensor.purpose not in purposes:
                self._find("sensors.csv", sensor.id, f"purpose {sensor.purpose!r}", f"one of {', '.join(purposes) or 'the [[purposes]] of area.toml'}")
        for id_ in sorted((gates.keys() & zones.keys()) | (gates.keys() & sensors.keys()) | (zones.keys() & sensors.keys())):
            self._find("area folder", id_, f"id {id_!r} for two different things", "an id that is used once among zones, gates and sensors")


def _rings(polygon: Any) -> tuple[tuple[LonLat, ...], ...]:
    return tuple(tuple((float(x), float(y)) for x, y, *_ in ring.coords) for ring in (polygon.exterior, *polygon.interiors))


def _event(row: dict[str, Any]) -> Event:
    return Event(**{**row, **_when_and_where(row), "parts": tuple(ProgrammePart(**{**part, **_when_and_where(part)}) for part in row.get("parts", ()))})


def _when_and_where(row: dict[str, Any]) -> dict[str, Any]:
    return {"start": _aware(row["start"]), "end": _aware(row["end"]), "zones": tuple(row.get("zones", ()))}


def _purpose(row: dict[str, Any]) -> Purpose:
    return Purpose(**{**row, "start": _day(row["start"]), "end": _day(row["end"])})


def _aware(value: object) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError(f"time {value} has no offset; write such as 2026-07-18T12:00:00+02:00")
    return found


def _day(value: object) -> date:
    return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(str(value))
