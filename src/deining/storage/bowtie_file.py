"""`bowtie.toml` of an area folder: factors for all bowties, and the bowties with their threats, barriers and consequences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from deining.domain.bowtie import DEGRADED_SHARE, Barrier, BarrierStatus, Bowtie, Cause, Consequence, Factor, Interval, Threat, WrongBowtie
from deining.domain.errors import Finding
from deining.domain.levels import Level
from deining.storage.table_rows import TableRow, read_toml

FILE = "bowtie.toml"
FACTOR = ("id", "name", "odds_ratio", "source")
BOWTIE = ("id", "name", "zone", "level", "horizon_s", "top", "source", "factors", "threats", "barriers", "consequences")
THREAT = ("id", "name", "chance", "causes")
BARRIER = ("id", "name", "on", "owner", "effectiveness", "degraded", "usual", "follows", "causes")
CONSEQUENCE = ("id", "name", "chance")
USUAL = [status.value for status in BarrierStatus if status is not BarrierStatus.UNKNOWN]
LEVELS = [level.label for level in Level if level is not Level.GREEN]
Made = TypeVar("Made", Threat, Barrier, Factor, Consequence)
Make = Callable[["_Row", Collection[str]], Made]
"""Makes one part of its row, and of the ids that are taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Ids of an area that a bowtie may speak of."""

    zones: Collection[str]
    gates: Collection[str]
    sensors: Collection[str]
    measures: Collection[str]


def read_bowties(folder: Path, places: Places, findings: list[Finding]) -> tuple[Bowtie, ...]:
    """The bowties of an area folder; none where it has no `bowtie.toml`.

    Parameters
    ----------
    folder
        Of the area.
    places
        What there is in the area.
    findings
        Taken note of here. A bowtie of which anything is wrong is left out.
    """
    tables = read_toml(folder, FILE, findings) if (folder / FILE).exists() else {}
    _Row(tables, FILE, "file", findings).check_keys(("factors", "bowties"))
    rows = _list_rows(tables, "factors", "", findings)
    factors: dict[str, Factor | None] = dict.fromkeys(str(row.values.get("id")) for row in rows)
    factors |= {one.id: one for one in _read_parts(rows, FACTOR, _factor)}
    bowties: dict[str, Bowtie] = {}
    for row in _list_rows(tables, "bowties", "", findings):
        row.check_keys(BOWTIE)
        bowtie = _read_bowtie(row, row.id(bowties), factors, places)
        if bowtie is not None:
            bowties[bowtie.id] = bowtie
    return tuple(bowties.values())


def _list_rows(tables: Mapping[str, Any], key: str, within: str, findings: list[Finding]) -> list[_Row]:
    rows = tables.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        findings.append(Finding(FILE, f"{within}{key}", f"{key} that are no tables", f"tables [[{'bowties.' if within else ''}{key}]]"))
        return []
    return [_Row(row, FILE, f"{within}{key} {index + 1}", findings) for index, row in enumerate(rows)]


def _read_parts(rows: Iterable[_Row], fields: Collection[str], make: Make[Made]) -> list[Made]:
    made: dict[str, Made] = {}
    for row in rows:
        row.begin()
        row.check_keys(fields)
        try:
            one = make(row, made)
        except WrongBowtie as error:
            row.find(error.found, error.expected)
            continue
        if row.is_right:
            made[one.id] = one
    return list(made.values())


def _read_bowtie(row: _Row, id: str, factors: Mapping[str, Factor | None], places: Places) -> Bowtie | None:
    """A bowtie; None where it, or a factor that it names, is not right."""
    names = row.texts("factors") if "factors" in row.values else tuple(factors)
    row.check_names("factor", names, factors, f"one of {', '.join(factors) or 'the [[factors]]'}")
    zone, level, top = row.text("zone", needed=True), row.one_of("level", LEVELS), row.text("top")
    if zone:
        row.check_names("zone", [zone], places.zones, "the id of a zone of this area")
    if not top:
        row.find("no top event", "top, the top event in words")
    name, source = row.text("name", needed=True), row.text("source", needed=True)
    horizon_s = row.number("horizon_s", above_zero=True, needed=True)
    threats = tuple(_read_parts(row.parts("threats", id), THREAT, _threat))
    barriers = tuple(_read_parts(row.parts("barriers", id), BARRIER, _barrier))
    consequences = tuple(_read_parts(row.parts("consequences", id), CONSEQUENCE, _consequence))
    _check_follows(row, barriers, places)
    known = [factor for one in names if (factor := factors.get(one)) is not None]
    if not row.is_right or level is None or horizon_s is None or len(known) < len(names):
        return None
    try:
        return Bowtie(
            id=id,
            name=name,
            zone=zone,
            level=Level.parse(level),
            horizon_s=horizon_s,
            top=top,
            source=source,
            threats=threats,
            barriers=barriers,
            consequences=consequences,
            factors=tuple(known),
        )
    except WrongBowtie as error:
        row.find(f"in {error.record}: {error.found}", error.expected)
        return None


def _check_follows(row: _Row, barriers: Iterable[Barrier], places: Places) -> None:
    known = {"sensor": places.sensors, "gate": places.gates, "measure": places.measures}
    for barrier in barriers:
        kind, _, id_ = (barrier.follows or "").partition(":")
        if barrier.follows is not None and id_ not in known.get(kind, ()):
            row.find(f"follows = {barrier.follows!r} of barrier {barrier.id}", "sensor:ID, gate:ID or measure:ID of this area")


class _Row(TableRow):
    """One table of the file."""

    def __init__(self, values: Mapping[str, Any], file: str, record: str, findings: list[Finding]) -> None:
        super().__init__(values, file, record, findings)
        self.values, self.findings = values, findings

    def parts(self, key: str, id: str) -> list[_Row]:
        """The tables within this one."""
        return _list_rows(self.values, key, f"bowtie {id or '?'}, ", self.findings)

    def interval(self, key: str) -> Interval:
        """Three numbers [low, best, high]."""
        value = self.values.get(key)
        if isinstance(value, list) and len(value) == 3 and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value):
            try:
                return Interval(*map(float, value))
            except ValueError as error:
                self.find(f"{key} = {value}", f"{key}, {str(error).partition('expected ')[2]}")
        else:
            self.find(f"no {key}" if value is None else f"{key} = {value!r}", f"{key}, three numbers [low, best, high]")
        return Interval(0.5, 0.5, 0.5)

    def causes(self) -> tuple[Cause, ...]:
        """What else brings it about: ids, or tables with a chance."""
        value = self.values.get("causes", [])
        if not isinstance(value, list) or not all(isinstance(one, str | dict) for one in value):
            self.find(f"causes = {value!r}", 'causes, ids such as ["power"] or tables such as [{ id = "power", chance = [0.4, 0.6, 0.8] }]')
            return ()
        return tuple(Cause(id=one) if isinstance(one, str) else self._cause(one) for one in value)

    def _cause(self, values: Mapping[str, Any]) -> Cause:
        row = _Row(values, FILE, f"{self._record}, causes", self.findings)
        row.check_keys(("id", "chance"))
        id_, chance = row.text("id", needed=True), row.interval("chance")
        try:
            return Cause(id=id_, chance=chance)
        except WrongBowtie as error:
            row.find(f"{error.found} of {error.record}", error.expected)
            return Cause(id=id_)


def _factor(row: _Row, seen: Collection[str]) -> Factor:
    id_, source = row.id(seen), row.text("source", needed=True)
    return Factor(id=id_, name=row.text("name", needed=True), odds_ratio=row.interval("odds_ratio"), source=source or "missing")


def _threat(row: _Row, seen: Collection[str]) -> Threat:
    return Threat(id=row.id(seen), name=row.text("name", needed=True), chance=row.interval("chance"), causes=row.causes())


def _barrier(row: _Row, seen: Collection[str]) -> Barrier:
    degraded = row.number("degraded")
    return Barrier(
        id=row.id(seen),
        name=row.text("name", needed=True),
        owner=row.text("owner", needed=True),
        on=row.texts("on"),
        effectiveness=row.interval("effectiveness"),
        degraded=DEGRADED_SHARE if degraded is None else degraded,
        usual=BarrierStatus(row.one_of("usual", USUAL, "up") or "up"),
        follows=row.text("follows") or None,
        causes=row.causes(),
    )


def _consequence(row: _Row, seen: Collection[str]) -> Consequence:
    return Consequence(id=row.id(seen), name=row.text("name", needed=True), chance=row.interval("chance"))
