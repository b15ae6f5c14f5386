"""Level scales as an area folder writes them, and the versions that are kept of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.levels import LevelQuantity, LevelScale, TimeKind
from deining.domain.literature import LEVEL_TABLES
from deining.storage.database import open_database
from deining.storage.level_table import as_rows, read_scales
from deining.storage.levels import find_levels, keep_folder_levels, list_levels, write_levels
from tests.builders import NOON


def read(*rows: dict[str, Any]) -> tuple[list[LevelScale], list[str]]:
    found: list[str] = []
    scales = read_scales(
        [(f"row {k}", row) for k, row in enumerate(rows, 1)], {"square"}, lambda record, what, expected: found.append(f"{record}: {what}; {expected}")
    )
    return scales, found


def a_row(**given: Any) -> dict[str, Any]:
    return {"quantity": "density_per_m2", "yellow": 1.0, "orange": 2.0, "red": 3.0, **given}


def test_a_table_of_the_literature_is_taken_by_name() -> None:
    scales, found = read({"table": "fruin_walking_density", "kind": "street", "when": "event"})
    assert found == []
    assert (scales[0].yellow, scales[0].orange, scales[0].red) == (0.72, 1.08, 2.17)
    assert (scales[0].kind, scales[0].when) == ("street", TimeKind.EVENT)
    assert "Fruin" in scales[0].source


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (a_row(orange=3.0, red=2.0), "do not rise"),
        (a_row(yellow=0.0), "do not rise"),
        (a_row(red=float("nan")), "which is no number"),
        (a_row(red="much"), "which is no number"),
        (a_row(quantity="mood"), "quantity = 'mood'"),
        (a_row(kind="moon"), "kind = 'moon'"),
        (a_row(when="teatime"), "when = 'teatime'"),
        (a_row(places=["nowhere"]), "place 'nowhere'"),
        (a_row(colour="pink"), "key 'colour'"),
        ({"quantity": "density_per_m2", "yellow": 1.0}, "no orange"),
        ({"table": "nobody"}, "table = 'nobody'"),
        ({"table": "queueing_hcm", "yellow": 0.1}, "other thresholds than those of table"),
    ],
)
def test_what_is_wrong_is_named(row: dict[str, Any], words: str) -> None:
    _, found = read(row)
    assert len(found) == 1
    assert words in found[0]


def test_two_scales_of_one_quantity_for_the_same_places_are_refused() -> None:
    assert "a second scale" in read(a_row(), a_row(yellow=0.5))[1][0]
    assert read(a_row(), a_row(when="night"), a_row(kind="square"), a_row(places=["square"]))[1] == []


@given(
    st.builds(
        LevelScale,
        quantity=st.sampled_from(LevelQuantity),
        yellow=st.floats(0.01, 1),
        orange=st.floats(1.01, 2),
        red=st.floats(2.01, 3),
        kind=st.sampled_from([None, "square", "beach"]),
        places=st.sampled_from([(), ("square",)]),
        when=st.sampled_from([None, *TimeKind]),
        source=st.text(max_size=20),
    )
)
def test_what_is_written_is_read_the_same(scale: LevelScale) -> None:
    assert read(*as_rows([scale])) == ([scale], [])


def test_every_table_can_be_taken() -> None:
    scales, found = read(*({"table": name, "kind": kind} for name, kind in zip(LEVEL_TABLES, ("street", "alley", "queue", "square", "bridge"), strict=True)))
    assert found == []
    assert [scale.table for scale in scales] == list(LEVEL_TABLES)


def test_a_change_on_the_screen_holds_until_the_folder_changes(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    first, wider, other = ((LevelScale(quantity=LevelQuantity.DENSITY, yellow=1, orange=2, red=red),) for red in (3, 4, 5))
    one = keep_folder_levels(connection, "town", "live", first, NOON, "area folder", "as agreed")
    two = write_levels(connection, "town", "live", wider, NOON + timedelta(hours=1), "J. Jansen", "crowd_manager", "the stage moved")
    again = keep_folder_levels(connection, "town", "live", first, NOON + timedelta(hours=2), "area folder", "as agreed")
    assert again == two, "a restart with the same folder keeps what was set on the screen"
    three = keep_folder_levels(connection, "town", "live", other, NOON + timedelta(hours=3), "area folder", "new plan")
    assert [(v.version, v.scales, v.changed_by, v.from_folder) for v in list_levels(connection, "town", "live")] == [
        (3, other, "area folder", True),
        (2, wider, "J. Jansen", False),
        (1, first, "area folder", True),
    ]
    assert find_levels(connection, "town", "live") == three
    assert find_levels(connection, "town", "exercise-1") is None, "an exercise has levels of its own"
    assert one.why == "as agreed"
