"""Levels, literature, clocks and settings."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.clock import LiveClock, ReplayClock
from deining.domain import literature
from deining.domain.errors import WrongUse
from deining.domain.levels import Level, LevelQuantity, LevelScale
from deining.settings import Settings
from tests.builders import NOON

SCALE = LevelScale(quantity=LevelQuantity.DENSITY, yellow=1, orange=2, red=3)


@given(st.floats(0, 10), st.floats(0, 10))
def test_more_density_never_lowers_the_level(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert SCALE.level(low) <= SCALE.level(high)


@pytest.mark.parametrize(("yellow", "orange", "red"), [(0, 1, 2), (2, 1, 3), (1, 2, 2), (-1, 1, 2)])
def test_thresholds_that_do_not_rise_are_no_scale(yellow: float, orange: float, red: float) -> None:
    with pytest.raises(ValueError, match="rise"):
        LevelScale(quantity=LevelQuantity.DENSITY, yellow=yellow, orange=orange, red=red)


def test_each_number_of_the_literature_has_its_source_and_unit() -> None:
    numbers = [value for value in vars(literature).values() if isinstance(value, literature.LiteratureNumber)]
    assert len(numbers) >= 9
    assert all(number.source and number.unit and number.meaning for number in numbers)
    assert all(table.source and list(table.limits) == sorted(table.limits) for table in literature.TABLES.values())


def test_fruins_table_is_the_published_one() -> None:
    table = literature.FRUIN_WALKING_DENSITY
    assert [table.level_of_service(value) for value in (0.2, 0.4, 0.7, 1.0, 2.0, 3.0)] == list("ABCDEF")


def test_a_replay_clock_stands_still_runs_moves_and_ends() -> None:
    clock = ReplayClock(NOON, NOON + timedelta(hours=1), speed=3600)
    clock.set(paused=True)
    first = clock.now()
    time.sleep(0.02)
    assert clock.now() == first
    clock.set(paused=False, move_to=NOON + timedelta(minutes=50))
    assert clock.now() >= NOON + timedelta(minutes=50)
    clock.set(move_to=NOON + timedelta(minutes=60))
    assert clock.now() == NOON + timedelta(hours=1)
    for wrong in ({"speed": 0.5}, {"speed": 4000.0}, {"move_to": NOON - timedelta(seconds=1)}):
        with pytest.raises(WrongUse):
            clock.set(**wrong)  # type: ignore[arg-type]
    assert LiveClock().now().tzinfo is not None


def test_the_environment_goes_before_the_default_and_what_is_given_before_both() -> None:
    environment = {"DEINING_PORT": "9000", "DEINING_ALERT_CHANCE": "0.7"}
    assert Settings.from_environment(environment).port == 9000
    assert Settings.from_environment(environment, port=9001).port == 9001
    assert Settings.from_environment(environment).alert_chance == 0.7
    with pytest.raises(WrongUse, match="DEINING_PORT"):
        Settings.from_environment({"DEINING_PORT": "high"})


def test_a_level_is_read_by_its_name() -> None:
    assert Level.parse("orange") is Level.ORANGE
    with pytest.raises(KeyError):
        Level.parse("purple")
