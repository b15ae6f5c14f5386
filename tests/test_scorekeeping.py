"""What issued forecasts come to: by place, lead, kind of hour and model, with the levels of the area."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from deining.domain.forecast import Forecast
from deining.domain.levels import LevelQuantity, LevelScale
from deining.domain.series import Series
from deining.domain.state import Quality, ZoneState
from deining.forecasting.record import AT
from deining.risk.levels import LevelBook
from deining.scorekeeping import Scorekeeper, add_stretches, find_thresholds, judge_of
from deining.settings import Settings
from deining.storage.database import Connection, open_database, open_reader
from deining.storage.forecasts import Stretch, write_forecasts
from deining.storage.writer import Writer
from tests.builders import NOON, a_gate, a_point_counter, a_sensor, a_zone, an_area

STEP = timedelta(minutes=15)


def a_stretch(origin: datetime = NOON, *, ahead: int = 0, steps: int = 8, model: str = "any", target: str = "square", value: float = 100.0) -> Stretch:
    first = origin + ahead * STEP
    return Stretch(
        target=target, quantity="occupancy", origin=origin, first=first, end=first + steps * STEP, step_s=900, model=model, quantiles=np.full((steps, 7), value)
    )


def truth(value: float = 80.0, hours: int = 48, step_s: int = 900) -> dict[tuple[str, str], Series]:
    """The same number of people in every step from the day before noon on."""
    first_s = int((NOON - timedelta(days=1)).timestamp())
    values = np.full(hours * 3600 // step_s, value)
    return {("square", "occupancy"): Series(target="square", quantity="occupancy", first_s=first_s, step_s=step_s, values=values)}


def total(found: object, name: str) -> float:
    return sum(float(sums[AT[name]]) for _, _, sums in found.values())  # type: ignore[attr-defined]


def test_steps_go_to_the_band_of_their_lead() -> None:
    found = add_stretches(judge_of(an_area(), 0.5), truth(), [a_stretch()])
    assert {key.lead_s: sums[AT["n"]] for key, (_, _, sums) in found.items()} == {900: 1, 3600: 3, 7200: 4}
    assert total(found, "error") == pytest.approx(8 * 20)
    first_s = int(NOON.timestamp())
    assert {key.lead_s: (a - first_s, b - first_s) for key, (a, b, _) in found.items()} == {900: (0, 900), 3600: (900, 3600), 7200: (3600, 7200)}


def test_models_and_days_are_told_apart() -> None:
    late = NOON + timedelta(hours=13)
    found = add_stretches(judge_of(an_area(), 0.5), truth(), [a_stretch(), a_stretch(model="other"), a_stretch(late)])
    assert {(key.day - NOON.toordinal() + 719_163, key.model) for key in found} == {(0, "any"), (0, "other"), (1, "any")}
    assert total(found, "n") == 24


def test_a_stretch_over_midnight_is_of_the_day_in_which_it_ends() -> None:
    midnight = datetime(2026, 7, 5, tzinfo=NOON.tzinfo)
    assert a_stretch(midnight - 4 * STEP).day == a_stretch(midnight).day
    assert a_stretch(midnight - 8 * STEP).day == a_stretch(midnight).day - 1


def test_a_place_without_a_series_or_with_other_steps_was_not_measured() -> None:
    for series in ({}, truth(step_s=3600)):
        found = add_stretches(judge_of(an_area(), 0.5), series, [a_stretch()])
        assert total(found, "n") == 0
        assert total(found, "missing") == 8


def test_what_lies_further_ahead_than_the_last_band_is_left_out() -> None:
    assert add_stretches(judge_of(an_area(), 0.5), truth(), [a_stretch(ahead=15 * 96)]) == {}


def test_thresholds_are_where_the_levels_of_a_state_begin() -> None:
    levels = (
        LevelScale(quantity=LevelQuantity.DENSITY, yellow=0.3, orange=0.6, red=1.0),
        LevelScale(quantity=LevelQuantity.OCCUPANCY_SHARE, yellow=0.5, orange=0.8, red=1.0),
        LevelScale(quantity=LevelQuantity.SPECIFIC_FLOW, yellow=21, orange=24, red=27),
        LevelScale(quantity=LevelQuantity.FLOW, yellow=10, orange=20, red=30, places=("quay",)),
    )
    area = an_area(zones=[a_zone(usable_area_m2=1000.0, capacity=800.0)], gates=[a_gate(), a_gate("narrow", effective_width_m=None)],
                   sensors=[a_sensor(), a_point_counter()], levels=levels)  # fmt: skip
    find, book = find_thresholds(area), LevelBook(area)
    assert find("square", "occupancy", 900) == pytest.approx([300, 600, 800])
    for people in (299.0, 300.0, 599.0, 600.0, 799.0, 800.0):
        state = ZoneState(
            zone="square", time=NOON, occupancy=people, occupancy_p05=people, occupancy_p95=people, density_per_m2=people / 1000, data_age_s=0.0,
            quality=Quality.GOOD,
        )  # fmt: skip
        found = book.of_zone(state)
        assert found is not None
        assert found.level == sum(people >= threshold for threshold in find("square", "occupancy", 900))
    assert find("north", "flow_per_min", 900) == pytest.approx([84, 96, 108])
    assert find("quay", "count", 3600) == pytest.approx([600, 1200, 1800])
    assert set(find("narrow", "flow_per_min", 900)) == {np.inf}


def test_a_failure_is_shown_and_what_could_not_be_scored_is_scored_the_next_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    writer = Writer(open_database(tmp_path), tmp_path, queue_jobs=8, commit_rows=100, min_free_bytes=1)
    issued = [
        Forecast(target="square", quantity="occupancy", origin=NOON, time=NOON + k * STEP, mean=100, quantiles=(100.0,) * 7, model="any", step_s=900)
        for k in range(8)
    ]
    writer.submit(lambda connection: write_forecasts(connection, "town", issued)).result()
    away = threading.Event()

    def open_one() -> Connection:
        if away.is_set():
            raise OSError("the disk is away")
        return open_reader(tmp_path)

    keeper = Scorekeeper(an_area(), Settings(), writer=writer, open_reader=open_one)
    away.set()
    for hours, failure in ((5, "OSError: the disk is away"), (6, "")):
        keeper.consider(NOON + timedelta(hours=hours), lambda: list(truth().values()))
        until = time.monotonic() + 30
        while keeper._work.busy and time.monotonic() < until:
            time.sleep(0.005)
        assert keeper.failure == failure
        away.clear()
    keeper.close()
    writer.close()
    with closing(open_reader(tmp_path)) as connection:
        assert connection.execute("SELECT sum(n) FROM score").fetchone() == (8,)
    assert "could not be scored" in caplog.text
