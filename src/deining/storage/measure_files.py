"""The library of an area: measures and scenarios, out of `area.toml`, `measures.toml` and `scenarios.toml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from deining.domain.errors import Finding
from deining.domain.levels import Level
from deining.domain.measure import Measure, MeasureKind, Scenario
from deining.storage.table_rows import TableRow, list_rows, read_toml

MEASURES, SCENARIOS = "measures", "scenarios"
MEASURE_FIELDS = tuple(field.name for field in fields(Measure))
SCENARIO_FIELDS = tuple(field.name for field in fields(Scenario))
EXPECTED_PLACE = "the id of a zone, gate or point counter of this area"


def read_library(
    folder: Path, settings: Mapping[str, Any], places: Collection[str], findings: list[Finding]
) -> tuple[dict[str, Measure], tuple[Scenario, ...]]:
    """The measures and scenarios of an area folder.

    Parameters
    ----------
    settings
        What `area.toml` holds; its `[[measures]]` and `[[scenarios]]` come first.
    places
        Ids of the zones, gates and point counters.
    findings
        What is wrong is added here; a wrong measure or scenario is left out.
    """
    measures: dict[str, Measure] = {}
    known: set[str] = set()
    for row in _list_rows(folder, settings, MEASURES, findings):
        measure = _read_measure(row, known, places)
        if measure:
            measures[measure.id] = measure
    scenarios: dict[str, Scenario] = {}
    for row in _list_rows(folder, settings, SCENARIOS, findings):
        scenario = _read_scenario(row, scenarios, known, places)
        if scenario:
            scenarios[scenario.id] = scenario
    return measures, tuple(scenarios.values())


def _list_rows(folder: Path, settings: Mapping[str, Any], key: str, findings: list[Finding]) -> list[TableRow]:
    """The tables of this name in area.toml, then those of the file of this name, if it is there."""
    rows, name = list_rows(settings, key, "area.toml", findings), f"{key}.toml"
    if not (folder / name).exists():
        return rows
    tables = read_toml(folder, name, findings)
    findings += [Finding(name, "top level", repr(other), f"tables [[{key}]] alone") for other in tables if other != key]
    return rows + list_rows(tables, key, name, findings)


def _read_measure(row: TableRow, known: set[str], places: Collection[str]) -> Measure | None:
    """A measure; None where something is wrong. Its id is known either way, so that one slip is found once."""
    row.begin()
    id_ = row.id(known)
    known.update([id_] if id_ else [])
    row.check_keys(MEASURE_FIELDS)
    where, kind = row.texts("where"), row.one_of("kind", tuple(MeasureKind), MeasureKind.OTHER.value)
    row.check_names("place", where, places, EXPECTED_PLACE)
    name, owner, set_up_s = row.text("name", needed=True), row.text("owner", needed=True), row.number("set_up_s", needed=True)
    measure = Measure(
        id=id_,
        name=name,
        owner=owner,
        set_up_s=set_up_s or 0.0,
        where=where,
        description=row.text("description"),
        kind=MeasureKind(kind or MeasureKind.OTHER),
        decides=row.text("decides"),
        lasts_s=row.number("lasts_s", above_zero=True),
        needs=row.texts("needs"),
        expected_effect=row.text("expected_effect"),
        effect_share=row.shares("effect_share"),
        effect_after_s=row.number("effect_after_s") or 0.0,
        side_effects=row.texts("side_effects"),
        experience=row.text("experience"),
    )
    return measure if row.is_right else None


def _read_scenario(row: TableRow, seen: Collection[str], measures: Collection[str], places: Collection[str]) -> Scenario | None:
    row.begin()
    id_ = row.id(seen)
    row.check_keys(SCENARIO_FIELDS)
    level = row.one_of("level", tuple(level.label for level in Level))
    chosen, where = row.texts("measures", needed=True), row.texts("places")
    row.check_names("measure", chosen, measures, f"one of {', '.join(sorted(measures)) or 'the [[measures]]'}")
    row.check_names("place", where, places, EXPECTED_PLACE)
    name, description = row.text("name", needed=True), row.text("description")
    if level is None or not row.is_right:
        return None
    return Scenario(id=id_, name=name, level=Level.parse(level), measures=chosen, places=where, description=description)
