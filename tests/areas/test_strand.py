"""Strand, the invented town: drawn the same each time, right by the reader's rules, and closed by its gates."""

from __future__ import annotations

import math
import runpy
from collections import deque
from datetime import date, datetime, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from shapely.geometry import LineString, Polygon

from deining.domain.area import Area, Gate, SensorKind, Zone
from deining.domain.levels import Level, LevelQuantity
from deining.sources.event_day import EventDay
from deining.storage.area_folder import check_area, find_area_folder, read_area

ROOT = Path(__file__).parents[2]
FOLDER = find_area_folder("strand")
WRITTEN_BY_HAND = {"README.md", "measures.toml", "scenarios.toml", "bowtie.toml"}
LARGEST_BYTES = 600_000
METRES = 0.5
FESTIVAL = date(2026, 7, 18)


@pytest.fixture(scope="module")
def strand() -> Area:
    return read_area(FOLDER)


def in_metres(area: Area, place: tuple[float, float]) -> tuple[float, float]:
    """A place as metres east and north, good enough within a town."""
    lat = next(iter(area.zones.values())).polygons[0][0][0][1]
    return place[0] * 111_320 * math.cos(math.radians(lat)), place[1] * 111_250


def shape_of(area: Area, zone: Zone) -> Polygon:
    (rings,) = zone.polygons
    return Polygon([in_metres(area, place) for place in rings[0]])


def line_of(area: Area, gate: Gate) -> LineString:
    return LineString([in_metres(area, place) for place in gate.line])


def test_nothing_is_wrong_with_it() -> None:
    assert check_area(FOLDER) == []


def test_it_has_about_25_zones_and_40_gates(strand: Area) -> None:
    assert 22 <= len(strand.zones) <= 30
    assert 36 <= len(strand.gates) <= 46


def test_drawing_it_again_gives_the_same_files(tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "tools" / "draw_strand.py"))["write"](tmp_path)
    drawn = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    kept = {file.name: file.read_bytes() for file in FOLDER.iterdir() if file.name not in WRITTEN_BY_HAND}
    assert drawn == kept


def test_the_folder_stays_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < LARGEST_BYTES


def test_it_says_that_it_is_invented(strand: Area) -> None:
    assert "verzonnen" in strand.notice
    assert "invented" in strand.notice
    assert "invented" in (FOLDER / "README.md").read_text()


def test_it_lies_in_open_sea_off_the_dutch_coast(strand: Area) -> None:
    places = [place for zone in strand.zones.values() for place in zone.polygons[0][0]]
    assert all(4.0 < lon < 4.15 and 52.1 < lat < 52.3 for lon, lat in places)


def test_zones_do_not_overlap(strand: Area) -> None:
    shapes = {zone.id: shape_of(strand, zone) for zone in strand.zones.values()}
    overlaps = [(a, b) for a, b in combinations(shapes, 2) if shapes[a].buffer(-METRES).intersects(shapes[b].buffer(-METRES))]
    assert overlaps == []


def test_a_zone_has_no_more_usable_area_than_area(strand: Area) -> None:
    assert [zone.id for zone in strand.zones.values() if zone.usable_area_m2 > shape_of(strand, zone).area] == []


def test_every_zone_has_a_capacity_that_its_people_can_stand_on(strand: Area) -> None:
    densities = [zone.capacity / zone.usable_area_m2 for zone in strand.zones.values() if zone.capacity]
    assert len(densities) == len(strand.zones)
    assert all(0.05 < density < 2.5 for density in densities)


def test_every_gate_touches_the_zones_that_it_joins(strand: Area) -> None:
    for gate in strand.gates.values():
        line = line_of(strand, gate)
        for zone in (gate.from_zone, gate.to_zone):
            if zone is not None:
                edge = shape_of(strand, strand.zones[zone]).exterior
                assert edge.buffer(METRES).contains(line), (gate.id, zone)


def test_a_gate_to_outside_lies_on_no_third_zone(strand: Area) -> None:
    for gate in strand.gates.values():
        if None in (gate.from_zone, gate.to_zone):
            others = [zone for zone in strand.zones.values() if zone.id not in (gate.from_zone, gate.to_zone)]
            assert not any(shape_of(strand, zone).buffer(-METRES).intersects(line_of(strand, gate)) for zone in others), gate.id


def test_no_gate_is_narrower_than_its_effective_width(strand: Area) -> None:
    assert [gate.id for gate in strand.gates.values() if gate.effective_width_m is None or line_of(strand, gate).length < gate.effective_width_m - METRES] == []


def test_every_zone_can_be_reached_from_outside(strand: Area) -> None:
    ways: dict[str | None, set[str | None]] = {}
    for gate in strand.gates.values():
        ways.setdefault(gate.from_zone, set()).add(gate.to_zone)
        ways.setdefault(gate.to_zone, set()).add(gate.from_zone)
    reached: set[str | None] = {None}
    queue: deque[str | None] = deque(reached)
    while queue:
        new = ways[queue.popleft()] - reached
        reached |= new
        queue += new
    assert reached - {None} == set(strand.zones)


def test_every_gate_has_a_counter_so_that_cordons_are_closed(strand: Area) -> None:
    counted = {sensor.gate for sensor in strand.sensors.values() if sensor.kind is SensorKind.GATE_COUNTER}
    assert counted == set(strand.gates)


def test_every_sensor_has_a_purpose_in_force_on_the_festival_day(strand: Area) -> None:
    day = next(event for event in strand.events if event.kind == "fireworks").start.astimezone(strand.timezone).date()
    assert [sensor.id for sensor in strand.sensors.values() if sensor.purpose is None or not strand.purposes[sensor.purpose].is_in_force(day)] == []


def test_cameras_device_counters_and_a_panel_watch_as_well(strand: Area) -> None:
    kinds = {sensor.kind: sensor.interval_s for sensor in strand.sensors.values()}
    assert kinds == {SensorKind.GATE_COUNTER: 60, SensorKind.AREA_CAMERA: 60, SensorKind.DEVICE_COUNTER: 300, SensorKind.PHONE_PANEL: 900}


def test_every_level_says_where_it_was_read(strand: Area) -> None:
    assert strand.levels
    assert [scale for scale in strand.levels if len(scale.source) < 20] == []


def test_every_zone_has_a_level_for_its_kind_of_place(strand: Area) -> None:
    kinds = {scale.kind for scale in strand.levels if scale.quantity == "density_per_m2"}
    assert {zone.kind for zone in strand.zones.values()} <= kinds


def test_every_scenario_above_green_has_measures_that_are_done_somewhere(strand: Area) -> None:
    assert {scenario.level.label for scenario in strand.scenarios} >= {"orange"}
    assert [name for scenario in strand.scenarios for name in scenario.measures if not strand.measures[name].where] == []


def test_the_map_has_ground_streets_and_some_hundred_buildings_with_heights(strand: Area) -> None:
    assert set(strand.background) == {"ground", "streets", "buildings"}
    buildings = strand.background["buildings"]
    assert isinstance(buildings, dict)
    heights = [feature["properties"]["height_m"] for feature in buildings["features"]]
    assert len(heights) > 300
    assert all(3 <= height <= 60 for height in heights)


# -- the festival evening, by its truth


@cache
def highest_levels(day: date) -> dict[str, tuple[Level, datetime | None]]:
    """Each zone's highest level by density on a simulated day, and when it is first reached."""
    area = read_area(FOLDER)
    one = EventDay(area, day)
    scales = {scale.kind: scale for scale in area.levels if scale.quantity is LevelQuantity.DENSITY}
    found: dict[str, tuple[Level, datetime | None]] = {}
    for zone, people in zip(area.zones.values(), one.truth().T.tolist(), strict=True):
        levels = [scales[zone.kind].level(number / zone.usable_area_m2) for number in people]
        highest = max(levels)
        found[zone.id] = highest, (one.begin + timedelta(minutes=levels.index(highest) + 1)).astimezone(area.timezone) if highest else None
    return found


def test_one_or_two_zones_turn_red_at_the_fireworks_and_some_orange() -> None:
    levels = [level for level, _ in highest_levels(FESTIVAL).values()]
    assert 1 <= levels.count(Level.RED) <= 2
    assert 3 <= levels.count(Level.ORANGE) <= 8
    assert levels.count(Level.GREEN) > len(levels) / 2


def test_no_zone_leaves_green_before_the_evening_of_the_festival(strand: Area) -> None:
    one = EventDay(strand, FESTIVAL)
    scales = {scale.kind: scale for scale in strand.levels if scale.quantity is LevelQuantity.DENSITY}
    before = one.truth()[: 15 * 60].max(axis=0).tolist()
    for zone, people in zip(strand.zones.values(), before, strict=True):
        assert scales[zone.kind].level(people / zone.usable_area_m2) is Level.GREEN, zone.id


def test_red_comes_in_the_hour_around_the_first_rocket() -> None:
    times = [time for level, time in highest_levels(FESTIVAL).values() if level is Level.RED and time is not None]
    assert all(time.strftime("%H:%M") > "21:30" for time in times)


@pytest.mark.parametrize("day", [date(2026, 7, 7), date(2026, 7, 11), date(2026, 7, 12)], ids=["Tuesday", "Saturday", "Sunday"])
def test_an_ordinary_day_stays_green(day: date) -> None:
    assert {level for level, _ in highest_levels(day).values()} == {Level.GREEN}
