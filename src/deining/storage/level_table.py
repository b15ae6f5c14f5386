"""Level scales as they are written: tables [[levels]] of an area folder, and rows of JSON."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from typing import Any

from deining.domain.area import PlaceKind
from deining.domain.levels import LevelQuantity, LevelScale, TimeKind
from deining.domain.literature import LEVEL_TABLES

Find = Callable[[str, str, str], None]
"""Told of what is wrong: the record, what was found, what was expected."""
KEYS = frozenset(field.name for field in fields(LevelScale))


def read_scales(rows: Iterable[tuple[str, Mapping[str, Any]]], places: Collection[str], find: Find) -> list[LevelScale]:
    """Scales of (record, table) rows; what is wrong is told to `find` and left out.

    Parameters
    ----------
    places
        Ids of the zones, gates and sensors that a scale may name.
    """
    scales: list[LevelScale] = []
    held: set[tuple[object, ...]] = set()
    for record, row in rows:
        scale = _read_scale(record, row, places, find)
        if scale is None:
            continue
        for place in scale.places or ("",):
            key = (scale.quantity, scale.kind if not scale.places else None, scale.when, place)
            if key in held:
                find(
                    record,
                    f"a second scale of {scale.quantity} for the same places and times",
                    "one scale for each quantity, kind of place or place, and kind of time",
                )
            held.add(key)
        scales.append(scale)
    return scales


def _read_scale(record: str, row: Mapping[str, Any], places: Collection[str], find: Find) -> LevelScale | None:
    if unknown := sorted(row.keys() - KEYS):
        find(record, f"key {unknown[0]!r}", f"only {', '.join(sorted(KEYS))}")
        return None
    table = row.get("table") or ""
    if table and table not in LEVEL_TABLES:
        find(record, f"table = {table!r}", f"one of {', '.join(LEVEL_TABLES)}")
        return None
    base = _as_row(LEVEL_TABLES[table]) if table else {}
    whole = {**base, **{key: value for key, value in row.items() if value is not None}}
    if base and any(key in row and row[key] != base[key] for key in ("quantity", "yellow", "orange", "red")):
        find(record, f"other thresholds than those of table {table!r}", "the table alone, or thresholds of your own without a table")
        return None
    for place in whole.get("places") or ():
        if place not in places:
            find(record, f"place {place!r}", "the id of a zone, gate or sensor of this area")
    return _make(record, whole, find)


def _make(record: str, row: Mapping[str, Any], find: Find) -> LevelScale | None:
    choices: tuple[tuple[str, type[LevelQuantity] | type[PlaceKind] | type[TimeKind]], ...] = (
        ("quantity", LevelQuantity),
        ("kind", PlaceKind),
        ("when", TimeKind),
    )
    for key, kinds in choices:
        if row.get(key) is not None and row[key] not in {kind.value for kind in kinds}:
            find(record, f"{key} = {row[key]!r}", f"one of {', '.join(kind.value for kind in kinds)}")
            return None
    missing = [key for key in ("quantity", "yellow", "orange", "red") if row.get(key) is None]
    if missing:
        find(record, f"no {missing[0]}", "quantity, yellow, orange and red, or the name of a table")
        return None
    wrong = [row[key] for key in ("yellow", "orange", "red") if isinstance(row[key], bool) or not isinstance(row[key], int | float) or row[key] != row[key]]
    if wrong:
        find(record, f"a threshold of {wrong[0]!r}, which is no number", "three rising numbers above 0")
        return None
    when = row.get("when")
    try:
        return LevelScale(
            **{**row, "quantity": LevelQuantity(row["quantity"]), "places": tuple(row.get("places") or ()), "when": TimeKind(when) if when else None}
        )
    except (ValueError, TypeError) as error:
        find(record, str(error), "three rising numbers above 0")
        return None


def _as_row(scale: LevelScale) -> dict[str, Any]:
    return {"quantity": scale.quantity.value, "yellow": scale.yellow, "orange": scale.orange, "red": scale.red, "source": scale.source, "table": scale.table}


def as_rows(scales: Iterable[LevelScale]) -> list[dict[str, Any]]:
    """Scales as `read_scales` reads them."""
    return [{**_as_row(scale), "kind": scale.kind, "places": list(scale.places), "when": scale.when.value if scale.when else None} for scale in scales]
