"""A live area has one book; each replay or exercise that begins again has its own."""

from __future__ import annotations

from pathlib import Path

from deining.storage.books import begin_book, find_book
from deining.storage.database import open_database
from tests.builders import NOON


def test_a_live_area_keeps_its_book_and_an_exercise_begins_another_each_time(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    assert find_book(connection, "town", "live") is None
    assert [begin_book(connection, "town", mode, NOON) for mode in ("live", "exercise", "live", "replay", "exercise")] == [
        "live",
        "exercise-1",
        "live",
        "replay-1",
        "exercise-2",
    ]
    assert find_book(connection, "town", "exercise") == "exercise-2"
    assert find_book(connection, "village", "exercise") is None
