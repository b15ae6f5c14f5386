"""Measures and scenarios come from open files; each slip in them is told with file, record, found and expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from deining.domain.levels import Level
from deining.domain.measure import MeasureKind
from deining.storage.area_folder import check_area, find_area_folder, list_shipped_areas, read_area
from tests.builders import write_area

MEASURE = '[[measures]]\nid = "one-way"\nname = "One-way"\nowner = "Stewards"\nset_up_s = 900\n'
SCENARIO = '[[scenarios]]\nid = "full"\nname = "Full"\nlevel = "orange"\nmeasures = ["one-way"]\n'
RICH = """[[measures]]
id = "dose"
name = "Dose"
kind = "dose"
owner = "Organiser"
decides = "Crowd manager"
set_up_s = 600
lasts_s = 7200
where = ["square", "north"]
description = "One in, one out."
needs = ["6 stewards"]
expected_effect = "No more people than leave"
effect_share = [-0.3, -0.2, 0.0]
effect_after_s = 300
side_effects = ["A queue at the gate"]
experience = "Worked in 2025."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_area(tmp_path / "town")


def add(folder: Path, name: str, text: str) -> None:
    """Put text behind what a file holds."""
    file = folder / name
    file.write_text((file.read_text() + "\n" if file.exists() else "") + text)


def test_every_field_of_a_measure_and_a_scenario_is_read(folder: Path) -> None:
    add(folder, "measures.toml", RICH)
    add(folder, "scenarios.toml", SCENARIO.replace("one-way", "dose") + 'places = ["square"]\ndescription = "Call first."\n')
    assert check_area(folder) == []
    area = read_area(folder)
    measure = area.measures["dose"]
    assert (measure.name, measure.kind, measure.owner, measure.decides) == ("Dose", MeasureKind.DOSE, "Organiser", "Crowd manager")
    assert (measure.set_up_s, measure.lasts_s, measure.effect_after_s, measure.effect_share) == (600, 7200, 300, (-0.3, -0.2, 0.0))
    assert (measure.where, measure.needs, measure.side_effects) == (("square", "north"), ("6 stewards",), ("A queue at the gate",))
    assert (measure.description, measure.expected_effect, measure.experience) == ("One in, one out.", "No more people than leave", "Worked in 2025.")
    (scenario,) = area.scenarios
    assert (scenario.level, scenario.measures, scenario.places, scenario.description) == (Level.ORANGE, ("dose",), ("square",), "Call first.")


def test_what_a_measure_leaves_out_is_unknown_and_not_zero(folder: Path) -> None:
    add(folder, "measures.toml", MEASURE)
    measure = read_area(folder).measures["one-way"]
    assert (measure.kind, measure.lasts_s, measure.effect_share, measure.where) == (MeasureKind.OTHER, None, None, ())


def test_area_toml_may_hold_them_too_and_comes_first(folder: Path) -> None:
    add(folder, "area.toml", MEASURE + SCENARIO)
    add(folder, "measures.toml", RICH)
    add(folder, "scenarios.toml", SCENARIO.replace('"full"', '"fuller"').replace("one-way", "dose"))
    area = read_area(folder)
    assert list(area.measures) == ["one-way", "dose"]
    assert [scenario.id for scenario in area.scenarios] == ["full", "fuller"]


def test_an_id_is_used_once_in_both_files_together(folder: Path) -> None:
    add(folder, "area.toml", MEASURE + SCENARIO)
    add(folder, "measures.toml", MEASURE)
    add(folder, "scenarios.toml", SCENARIO)
    assert [(one.file, one.found) for one in check_area(folder)] == [
        ("measures.toml", "id 'one-way' a second time"),
        ("scenarios.toml", "id 'full' a second time"),
    ]


def test_a_scenario_may_be_for_a_point_counter(folder: Path) -> None:
    add(folder, "sensors.csv", "quay,point_counter,area,3600,safety\n")
    add(folder, "measures.toml", MEASURE + 'where = ["quay"]\n')
    add(folder, "scenarios.toml", SCENARIO + 'places = ["quay"]\n')
    (folder / "sensors.csv").write_text((folder / "sensors.csv").read_text().replace("\n\n", "\n"))
    assert check_area(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("set_up_s = 900", "set_up_s = -1", ["set_up_s = -1", "0 or more"]),
        ("set_up_s = 900", "set_up_s = nan", ["set_up_s = nan"]),
        ("set_up_s = 900", "set_up_s = true", ["set_up_s = True"]),
        ("set_up_s = 900\n", "", ["no set_up_s"]),
        ('owner = "Stewards"', 'owner = " "', ["owner = ' '", "not empty"]),
        ('name = "One-way"', "name = 3", ["name = 3"]),
        ('id = "one-way"', 'id = "../x"', ["id = '../x'"]),
        ("set_up_s = 900", 'set_up_s = 900\nkind = "wall"', ["kind = 'wall'", "one_way", "divert"]),
        ("set_up_s = 900", "set_up_s = 900\nlasts_s = 0", ["lasts_s = 0", "above 0"]),
        ("set_up_s = 900", "set_up_s = 900\neffect_share = [0.2, -0.1, 0.3]", ["effect_share", "do not fall"]),
        ("set_up_s = 900", "set_up_s = 900\neffect_share = [-1.2, -1.1, 0.0]", ["from -1 on"]),
        ("set_up_s = 900", "set_up_s = 900\nneeds = [3]", ["needs = [3]", "list of texts"]),
        ("set_up_s = 900", 'set_up_s = 900\nwhere = ["moon"]', ["place 'moon'", "zone, gate or point counter"]),
        ("set_up_s = 900", 'set_up_s = 900\nwhere = ["camera"]', ["place 'camera'"]),
        ("set_up_s = 900", "set_up_s = 900\nsetup = 3", ["field 'setup'", "set_up_s"]),
    ],
)
def test_a_wrong_measure_is_told_in_one_sentence(folder: Path, old: str, new: str, words: list[str]) -> None:
    add(folder, "measures.toml", MEASURE.replace(old, new))
    (finding,) = check_area(folder)
    assert (finding.file, finding.record.startswith("[[measures]] 1")) == ("measures.toml", True)
    assert [word for word in words if word not in str(finding)] == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('level = "orange"', 'level = "purple"', ["level = 'purple'", "green, yellow, orange, red"]),
        ('level = "orange"\n', "", ["no level"]),
        ('["one-way"]', '["one-way", "wall"]', ["measure 'wall'", "one of one-way"]),
        ('["one-way"]', "[]", ["measures = []"]),
        ('["one-way"]', '["one-way"]\nplaces = ["moon"]', ["place 'moon'"]),
        ('name = "Full"', 'name = ""', ["name = ''"]),
        ('name = "Full"', 'name = "Full"\nplace = "square"', ["field 'place'"]),
    ],
)
def test_a_wrong_scenario_is_told_in_one_sentence(folder: Path, old: str, new: str, words: list[str]) -> None:
    add(folder, "measures.toml", MEASURE)
    add(folder, "scenarios.toml", SCENARIO.replace(old, new))
    (finding,) = check_area(folder)
    assert (finding.file, finding.record.startswith("[[scenarios]] 1")) == ("scenarios.toml", True)
    assert [word for word in words if word not in str(finding)] == []


def test_a_slip_in_a_measure_is_not_told_again_by_the_scenario_that_names_it(folder: Path) -> None:
    add(folder, "measures.toml", MEASURE.replace("900", "-1"))
    add(folder, "scenarios.toml", SCENARIO)
    assert [finding.file for finding in check_area(folder)] == ["measures.toml"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[[measures]\n", ["no TOML"]),
        (b"\xff\xfe", ["byte 0", "UTF-8"]),
        (b'[[measure]]\nid = "one-way"\n', ["'measure'", "[[measures]]"]),
        (b'measures = "none"\n', ["str", "tables [[measures]]"]),
    ],
)
def test_a_file_that_is_no_library_is_told(folder: Path, content: bytes, words: list[str]) -> None:
    (folder / "measures.toml").write_bytes(content)
    (finding,) = check_area(folder)
    assert finding.file == "measures.toml"
    assert [word for word in words if word not in str(finding)] == []


@pytest.mark.parametrize("name", list_shipped_areas())
def test_every_measure_that_comes_with_deining_is_in_a_scenario_and_says_who_decides_and_who_does_it(name: str) -> None:
    area = read_area(find_area_folder(name))
    assert set(area.measures) == {measure for scenario in area.scenarios for measure in scenario.measures}
    assert [one.id for one in area.measures.values() if not (one.decides and one.owner and one.where and one.needs and one.expected_effect)] == []
    assert [scenario.id for scenario in area.scenarios if not scenario.places or not scenario.description] == []
