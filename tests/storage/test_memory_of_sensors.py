"""What was learned about sensors, and the states to begin with again, come back as they were kept."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from deining.domain.calibration import Calibration, PastFault
from deining.domain.errors import WrongTable
from deining.domain.state import Quality, ZoneState
from deining.storage.calibration import as_text, find_calibration, read_calibration, store_calibration, write_calibration
from deining.storage.database import open_database
from deining.storage.states import read_zone_states, write_states
from tests.builders import NOON

LEARNED = Calibration(
    rates={("count-north", "count_forward"): 0.25},
    names=(("camera", "log_scale", "area_camera make 2"), ("", "crowding", "area")),
    mean=np.array([-0.25, 0.06]),
    covariance=np.array([[0.04, -0.001], [-0.001, 0.0009]]),
    faults=(PastFault(sensor="camera", start=NOON, end=NOON + timedelta(minutes=9), fault="stuck: the same"),),
)


def assert_same(found: Calibration | None) -> None:
    assert found is not None
    assert (found.rates, found.names, found.faults) == (LEARNED.rates, LEARNED.names, LEARNED.faults)
    assert found.mean == pytest.approx(LEARNED.mean)
    assert found.covariance == pytest.approx(LEARNED.covariance, rel=1e-6)


def test_a_calibration_comes_back_from_its_file(tmp_path: Path) -> None:
    write_calibration(tmp_path / "learned.json", LEARNED)
    assert_same(read_calibration(tmp_path / "learned.json"))
    (tmp_path / "learned.json").write_text('{"version": 1, "rates": 3}')
    with pytest.raises(WrongTable):
        read_calibration(tmp_path / "learned.json")


def test_variances_alone_come_back_too(tmp_path: Path) -> None:
    alone = Calibration(names=LEARNED.names, mean=LEARNED.mean, covariance=np.array([0.04, 0.0009]))
    write_calibration(tmp_path / "learned.json", alone)
    assert read_calibration(tmp_path / "learned.json").covariance == pytest.approx(alone.covariance)


def test_a_live_area_keeps_the_newest_calibration(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as connection:
        assert find_calibration(connection, "town", NOON) is None
        store_calibration(connection, "town", NOON, as_text(Calibration()))
        store_calibration(connection, "town", NOON + timedelta(days=1), as_text(LEARNED))
        assert_same(find_calibration(connection, "town", NOON + timedelta(days=2)))
        assert find_calibration(connection, "town", NOON) is None, "no hindsight"
        assert find_calibration(connection, "village", NOON + timedelta(days=2)) is None


def a_state(zone: str, minute: int, people: float | None) -> ZoneState:
    quality = Quality.MISSING if people is None else Quality.GOOD
    return ZoneState(
        zone=zone,
        time=NOON + timedelta(minutes=minute),
        occupancy=people,
        occupancy_p05=None if people is None else people - 5,
        occupancy_p95=None if people is None else people + 5,
        density_per_m2=None,
        data_age_s=None,
        quality=quality,
    )


def test_an_estimate_begins_again_with_the_last_states_before_a_time(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as connection:
        for minute in range(5):
            write_states(connection, "town", [a_state("square", minute, 100.0 + minute), a_state("quay", minute, None)], [])
        found = read_zone_states(connection, "town", ["square", "quay"], NOON, NOON + timedelta(minutes=3, seconds=20))
        assert found == [a_state("square", 3, 103.0), a_state("quay", 3, None)]
        assert read_zone_states(connection, "town", ["square"], NOON + timedelta(hours=1), NOON + timedelta(hours=2)) == []
