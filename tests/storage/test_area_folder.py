"""Every wrong area folder gets one clear sentence: file, record, what was found, what was expected."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deining.domain.drivers import Drivers, SchoolHoliday
from deining.domain.errors import Finding, WrongArea
from deining.domain.event import Event, ProgrammePart
from deining.storage.area_folder import check_area, find_area_folder, list_shipped_areas, polygon_area_m2, read_area
from tests.builders import write_area


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_area(tmp_path / "town")


def change(folder: Path, name: str, edit: Callable[[dict[str, Any]], object]) -> None:
    """Edit the first feature of a layer."""
    file = folder / f"{name}.geojson"
    layer = json.loads(file.read_text())
    edit(layer["features"][0])
    file.write_text(json.dumps(layer))


def ring(*places: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(place) for place in places]]}


def put(folder: Path, name: str, old: str, new: str, count: int = -1) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, count))


def test_a_right_folder_is_read_whole(folder: Path) -> None:
    assert check_area(folder) == []
    area = read_area(folder)
    assert (area.id, area.name, str(area.timezone)) == ("town", "Town", "Europe/Amsterdam")
    assert set(area.gates) == {"north", "south"}
    assert area.gates["north"].from_zone is None
    assert area.sensors["count-north"].gate == "north"
    assert area.zones["square"].usable_area_m2 == 1000


def test_the_area_of_a_zone_is_taken_from_its_polygon_where_nobody_gave_it(folder: Path) -> None:
    change(folder, "zones", lambda f: f["properties"].pop("usable_area_m2"))
    assert read_area(folder).zones["square"].usable_area_m2 == pytest.approx(68.6 * 111.2, rel=0.01)


def test_a_hole_is_not_counted() -> None:
    outer = [(4.0, 52.0), (4.01, 52.0), (4.01, 52.01), (4.0, 52.01), (4.0, 52.0)]
    inner = [(4.002, 52.002), (4.004, 52.002), (4.004, 52.004), (4.002, 52.004), (4.002, 52.002)]
    assert polygon_area_m2([[outer, inner]]) == pytest.approx(0.96 * polygon_area_m2([[outer]]), rel=1e-4)


CROSSING = ring((4, 52), (4.001, 52.001), (4.001, 52), (4, 52.001), (4, 52))
LINE = {"type": "LineString", "coordinates": [[4, 52], [4.1, 52]]}
WRONG: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "no area.toml": (lambda d: (d / "area.toml").unlink(), ["area.toml", "nothing"]),
    "broken toml": (lambda d: (d / "area.toml").write_text("name = "), ["area.toml"]),
    "no name": (lambda d: put(d, "area.toml", 'name = "Town"\n', "", 1), ["area.toml", "name"]),
    "unknown time zone": (lambda d: put(d, "area.toml", "Europe/Amsterdam", "Europe/Strand"), ["timezone", "Europe/Strand"]),
    "levels that do not rise": (lambda d: put(d, "area.toml", "orange = 0.6", "orange = 0.1"), ["levels", "rise"]),
    "unknown level quantity": (lambda d: put(d, "area.toml", "density_per_m2", "crowdedness"), ["levels", "crowdedness"]),
    "purpose without owner": (lambda d: put(d, "area.toml", 'owner = "the town"\n', ""), ["purposes", "owner"]),
    "no zones file": (lambda d: (d / "zones.geojson").unlink(), ["zones.geojson"]),
    "broken geojson": (lambda d: (d / "zones.geojson").write_text('{"type": "FeatureColl'), ["zones.geojson", "JSON"]),
    "no collection": (lambda d: (d / "zones.geojson").write_text("[]"), ["zones.geojson", "FeatureCollection"]),
    "wrong encoding": (lambda d: (d / "sensors.csv").write_bytes("id,kind\ncaf\xe9".encode("latin-1")), ["sensors.csv", "UTF-8"]),
    "crossing polygon": (lambda d: change(d, "zones", lambda f: f.update(geometry=CROSSING)), ["zones.geojson", "square"]),
    "empty polygon": (lambda d: change(d, "zones", lambda f: f.update(geometry={"type": "Polygon", "coordinates": []})), ["zones.geojson", "square"]),
    "a line as zone": (lambda d: change(d, "zones", lambda f: f.update(geometry=LINE)), ["zones.geojson", "Polygon"]),
    "zone without id": (lambda d: change(d, "zones", lambda f: f["properties"].pop("id")), ["zones.geojson", "id"]),
    "negative capacity": (lambda d: change(d, "zones", lambda f: f["properties"].update(capacity=-5)), ["capacity", "-5"]),
    "capacity in words": (lambda d: change(d, "zones", lambda f: f["properties"].update(capacity="many")), ["capacity", "many"]),
    "unknown kind of place": (lambda d: change(d, "zones", lambda f: f["properties"].update(kind="volcano")), ["kind", "volcano"]),
    "gate to an unknown zone": (lambda d: change(d, "gates", lambda f: f["properties"].update(to_zone="circle")), ["gates.geojson", "north", "circle"]),
    "gate from a zone to itself": (lambda d: change(d, "gates", lambda f: f["properties"].update(from_zone="square")), ["gates.geojson", "north"]),
    "gate of no width": (lambda d: change(d, "gates", lambda f: f["properties"].update(effective_width_m=0)), ["effective_width_m", "0"]),
    "duplicate gate": (lambda d: change(d, "gates", lambda f: f["properties"].update(id="south")), ["gates.geojson", "south"]),
    "duplicate sensor": (lambda d: put(d, "sensors.csv", "count-south", "count-north"), ["sensors.csv", "count-north"]),
    "unknown kind of sensor": (lambda d: put(d, "sensors.csv", "area_camera", "crystal_ball"), ["sensors.csv", "crystal_ball"]),
    "sensor at an unknown gate": (lambda d: put(d, "sensors.csv", "gate:north", "gate:east"), ["sensors.csv", "east"]),
    "sensor at an unknown zone": (lambda d: put(d, "sensors.csv", "zone:square", "zone:circle"), ["sensors.csv", "circle"]),
    "interval of nothing": (lambda d: put(d, "sensors.csv", "gate:north,60", "gate:north,0"), ["interval_s", "0"]),
    "interval in words": (lambda d: put(d, "sensors.csv", "gate:north,60", "gate:north,often"), ["interval_s", "often"]),
    "unknown purpose": (lambda d: put(d, "sensors.csv", "gate:north,60,safety", "gate:north,60,fun"), ["purpose", "fun"]),
    "no column kind": (lambda d: put(d, "sensors.csv", "id,kind", "id,sort"), ["sensors.csv", "kind"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(folder: Path, case: str) -> None:
    spoil, words = WRONG[case]
    spoil(folder)
    findings = check_area(folder)
    assert findings, case
    sentences = [str(finding) for finding in findings]
    assert all(finding.file and finding.found and finding.expected for finding in findings)
    assert any(all(word in sentence for word in words) for sentence in sentences), sentences
    with pytest.raises(WrongArea):
        read_area(folder)


def test_an_area_without_zones_and_point_counters_is_no_area(folder: Path) -> None:
    for name in ("zones", "gates"):
        (folder / f"{name}.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    (folder / "sensors.csv").write_text("id,kind,observes,interval_s\n")
    assert any("at least one zone" in str(finding) for finding in check_area(folder))


def test_all_that_is_wrong_is_found_at_once(folder: Path) -> None:
    put(folder, "area.toml", "Europe/Amsterdam", "Europe/Strand")
    put(folder, "sensors.csv", "area_camera", "crystal_ball")
    change(folder, "gates", lambda f: f["properties"].update(to_zone="circle"))
    assert {finding.file for finding in check_area(folder)} >= {"area.toml", "sensors.csv", "gates.geojson"}


@pytest.mark.parametrize("name", list_shipped_areas())
def test_a_shipped_area_is_right_and_found_by_its_name(name: str) -> None:
    assert check_area(find_area_folder(name)) == []
    assert read_area(find_area_folder(name)).id == name


def add_groups(folder: Path, text: str) -> None:
    (folder / "area.toml").write_text((folder / "area.toml").read_text() + "\n" + text)


def test_groups_of_zones_are_read(folder: Path) -> None:
    add_groups(folder, '[[groups]]\nid = "centre"\nname = "The centre"\nzones = ["square"]\n')
    assert check_area(folder) == []
    group = read_area(folder).groups["centre"]
    assert (group.name, group.zones) == ("The centre", ("square",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[groups]]\nid = "centre"\nzones = ["moon"]\n', ["centre", "'moon'"]),
        ('[[groups]]\nid = "centre"\nzones = []\n', ["centre", "no zones"]),
        ('[[groups]]\nname = "nameless"\nzones = ["square"]\n', ["id"]),
        ('[[groups]]\nid = "square"\nzones = ["square"]\n', ["'square'", "once"]),
        ('[[groups]]\nid = "a"\nzones = ["square"]\n[[groups]]\nid = "a"\nzones = ["square"]\n', ["'a'", "once"]),
    ],
)
def test_a_wrong_group_is_found(folder: Path, text: str, words: list[str]) -> None:
    add_groups(folder, text)
    (finding,) = check_area(folder)
    assert finding.file == "area.toml"
    for word in words:
        assert word in str(finding)


def test_make_and_firmware_of_a_sensor_are_read(folder: Path) -> None:
    lines = (folder / "sensors.csv").read_text().splitlines()
    (folder / "sensors.csv").write_text("\n".join([lines[0] + ",series", *(line + ",Xovis PC2 firmware 5" for line in lines[1:])]) + "\n")
    assert read_area(folder).sensors["count-north"].series == "Xovis PC2 firmware 5"


FEAST = """
[[events]]
id = "feast"
name = "The feast"
start = 2026-07-04T12:00:00+02:00
end = 2026-07-05T01:00:00+02:00
zones = ["square"]

[[events.parts]]
name = "Fireworks"
start = 2026-07-04T23:00:00+02:00
end = 2026-07-04T23:20:00+02:00
zones = ["square"]
"""


def test_an_event_has_its_programme_parts(folder: Path) -> None:
    add_groups(folder, FEAST)
    (event,) = read_area(folder).events
    (part,) = event.parts
    assert (part.name, part.start, part.zones) == ("Fireworks", datetime(2026, 7, 4, 21, tzinfo=UTC), ("square",))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"Fireworks"\nstart = 2026-07-04', '"Fireworks"\nstart = 2026-07-14', ["[[events]] 1", "'Fireworks'", "after start"]),
        ("end = 2026-07-05", "end = 2026-07-03", ["'The feast'", "after start"]),
        ("2026-07-04T23:00:00+02:00\nend = 2026-07-04", "2026-07-08T23:00:00+02:00\nend = 2026-07-08", ["'Fireworks'", "a part of the event"]),
        ('23:20:00+02:00\nzones = ["square"]', '23:20:00+02:00\nzones = ["moon"]', ["'Fireworks'", "'moon'"]),
        ('name = "Fireworks"', 'title = "Fireworks"', ["[[events]] 1", "title"]),
        ("23:00:00+02:00", "23:00:00", ["[[events]] 1", "offset"]),
    ],
)
def test_a_wrong_programme_part_is_found(folder: Path, old: str, new: str, words: list[str]) -> None:
    assert old in FEAST
    add_groups(folder, FEAST.replace(old, new))
    sentences = [str(finding) for finding in check_area(folder)]
    assert any(all(word in sentence for word in words) for sentence in sentences), sentences


def an_event(id: str = "market", **given: Any) -> Event:
    start, end = datetime(2026, 7, 4, 8, tzinfo=UTC), datetime(2026, 7, 4, 16, tzinfo=UTC)
    return Event(**{"id": id, "name": id.title(), "start": start, "end": end, **given})


def reader(*events: Event, findings: tuple[Finding, ...] = ()) -> Callable[[Path, ZoneInfo], tuple[Drivers, list[Finding]]]:
    """Says what the files beside area.toml would have said."""
    holiday = SchoolHoliday(name="Summer", first=date(2026, 7, 18), last=date(2026, 8, 30))
    return lambda folder, timezone: (Drivers(events=events, school_holidays=(holiday,)), list(findings))


def test_events_of_the_calendar_are_added_to_those_of_the_area(folder: Path) -> None:
    add_groups(folder, FEAST)
    area = read_area(folder, reader(an_event(zones=("square",))))
    assert [event.id for event in area.events] == ["feast", "market"]
    assert area.drivers().names() == ("events", "school_holidays")
    assert [event.id for event in read_area(folder).events] == ["feast"], "without a reader the calendar is left alone"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (an_event("feast"), ["VEVENT feast", "a second time"]),
        (an_event(zones=("moon",)), ["VEVENT market", "zone 'moon'"]),
        (an_event(parts=(ProgrammePart(name="Band", start=an_event().start, end=an_event().end, zones=("moon",)),)), ["'Band'", "zone 'moon'"]),
    ],
)
def test_a_wrong_event_of_the_calendar_is_found(folder: Path, event: Event, words: list[str]) -> None:
    add_groups(folder, FEAST)
    (finding,) = check_area(folder, reader(event))
    assert finding.file == "events.ics"
    assert [word for word in words if word not in str(finding)] == []


def test_what_is_wrong_in_the_files_beside_it_is_wrong_with_the_area(folder: Path) -> None:
    wrong = Finding("weather.csv", "line 3", "rain_mm_per_h -1", "0 or more")
    assert check_area(folder, reader(findings=(wrong,))) == [wrong]
    with pytest.raises(WrongArea, match=r"weather\.csv: line 3"):
        read_area(folder, reader(findings=(wrong,)))
