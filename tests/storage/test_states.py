"""What the pipeline found is kept, and forgotten when a replay moves back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from deining.domain.alert import Alert, AlertKind
from deining.domain.levels import Level
from deining.domain.series import Series
from deining.domain.state import Fault, Quality, ZoneState
from deining.storage.alerts import read_alerts, write_alerts
from deining.storage.database import Connection, open_database
from deining.storage.rows import ObservationRows, read_counts, read_latest, read_observations
from deining.storage.states import (
    forget_after,
    read_past,
    read_series,
    read_states_at,
    write_faults,
    write_series,
    write_series_steps,
    write_states,
)
from deining.storage.tokens import TokenHolder, find_holder, hash_token, issue_token
from tests.builders import MINUTE, NOON, an_observation


@pytest.fixture
def store(tmp_path: Path) -> Connection:
    return open_database(tmp_path)


def a_state(minute: int, people: float | None) -> ZoneState:
    quality = Quality.MISSING if people is None else Quality.GOOD
    return ZoneState(
        zone="square", time=NOON + minute * MINUTE, occupancy=people, occupancy_p05=people, occupancy_p95=people,
        density_per_m2=None, data_age_s=None if people is None else 0.0, quality=quality,
    )  # fmt: skip


def an_alert(minute: int, cleared: int | None = None) -> Alert:
    return Alert(
        id=f"a-{minute}", zone="square", target="square", kind=AlertKind.CROWD, level=Level.RED, rule="level_now", raised_at=NOON + minute * MINUTE,
        cleared_at=None if cleared is None else NOON + cleared * MINUTE, because={"en": "It is full.", "nl": "Het is vol."},
    )  # fmt: skip


def test_missing_and_zero_are_kept_apart(store: Connection) -> None:
    for minute, people in enumerate((5.0, 0.0, None)):
        write_states(store, "town", [a_state(minute, people)], [])
    past = read_past(store, "town", "square", NOON, NOON + 9 * MINUTE, is_zone=True)
    assert [(one.value, one.quality) for one in past] == [(5.0, "good"), (0.0, "good"), (None, "missing")]
    assert read_states_at(store, "town") == NOON + 2 * MINUTE
    assert read_states_at(store, "other") is None


def test_a_gap_in_a_series_stays_a_gap(store: Connection) -> None:
    values = np.array([1.0, np.nan, 3.0])
    write_series(store, "town", [Series(target="quay", quantity="count", first_s=int(NOON.timestamp()), step_s=3600, values=values)])
    write_series_steps(store, "town", [("quay", "count", 3600, int(NOON.timestamp()) + 4 * 3600, 5.0)])
    (series,) = read_series(store, "town", NOON - timedelta(weeks=1))
    np.testing.assert_array_equal(series.values, [1, np.nan, 3, np.nan, 5])


def test_moving_back_forgets_what_came_later_and_nothing_else(store: Connection) -> None:
    rows = ObservationRows(store)
    rows.insert("town", [an_observation(float(k), end=NOON + k * MINUTE) for k in range(10)])
    rows.insert("other", [an_observation(1.0, end=NOON + 9 * MINUTE)])
    for minute in range(10):
        write_states(store, "town", [a_state(minute, 1.0)], [])
    write_alerts(store, "town", [an_alert(1, cleared=8), an_alert(7)])
    write_faults(store, "town", [Fault(sensor="s", start=NOON, end=NOON + 9 * MINUTE, fault="silent")])
    forget_after(store, "town", NOON + 4 * MINUTE)
    kept = list(read_observations(store, "town", NOON - timedelta(days=1), NOON + timedelta(days=1)))
    assert sorted(o.value for o in kept) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert read_states_at(store, "town") == NOON + 4 * MINUTE
    assert [(alert.id, alert.is_active) for alert in read_alerts(store, "town", NOON)] == [("a-1", True)]
    assert store.execute("SELECT end_us FROM fault").fetchall() == [(None,)]
    assert len(list(read_observations(store, "other", NOON - timedelta(days=1), NOON + timedelta(days=1)))) == 1


def test_the_newest_of_each_sensor_and_what_became_of_its_rows_is_known(store: Connection) -> None:
    rows = ObservationRows(store)
    rows.insert("town", [an_observation(3.0), an_observation(4.0, end=NOON + MINUTE), an_observation(4.0, end=NOON + MINUTE), an_observation(9.0)])
    rows.insert("town", [an_observation(2.0, end=NOON - 5 * MINUTE)])
    rows.count_rejected("town", "count-north", 2)
    (latest,) = read_latest(store, "town")
    assert (latest.value, latest.end) == (4.0, NOON + MINUTE)
    counts = read_counts(store, "town")["count-north"]
    assert (counts.stored, counts.duplicate, counts.conflicting, counts.rejected) == (3, 2, 1, 2)


def test_a_token_is_kept_as_a_hash_and_a_revoked_one_is_nobodys(store: Connection) -> None:
    holder = TokenHolder("town", "count-north")
    token = issue_token(store, holder)
    assert find_holder(store, token) == holder
    assert find_holder(store, token + "x") is None
    assert token not in str(store.execute("SELECT * FROM token").fetchall())
    store.execute("UPDATE token SET revoked_us = 1 WHERE hash = ?", (hash_token(token),))
    assert find_holder(store, token) is None
