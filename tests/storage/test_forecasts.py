"""Issued forecasts come back as they were issued, and are scored once."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from deining.domain.forecast import UNKNOWN, Forecast, Provenance
from deining.storage.database import Connection, connect, list_migrations, open_database
from deining.storage.forecasts import (
    STRETCH_STEPS,
    ScoreKey,
    Stretch,
    forget_issued,
    read_issued,
    read_scores,
    read_unscored,
    write_forecasts,
    write_scores,
)
from deining.storage.rows import to_us
from deining.storage.states import forget_after
from tests.builders import NOON

STEP = timedelta(minutes=15)
DAY = timedelta(days=1)
COLUMNS = ("n", "error")
LEARNED = Provenance(
    model_version="v1", data_version="d1", learned_until=NOON - DAY, drivers=("events",), absent=("weather",), reason="it is the only one that knows Zürich"
)


@pytest.fixture
def store(tmp_path: Path) -> Connection:
    return open_database(tmp_path)


def issued(
    steps: int = 24, *, target: str = "square", origin: datetime = NOON, provenance: Provenance = LEARNED, model: str = "any", step_s: int | None = 900
) -> list[Forecast]:
    """Steps in a row with quantiles that 32 bits hold exactly."""
    return [
        Forecast(
            target=target, quantity="occupancy", origin=origin, time=origin + k * STEP, mean=10.5 + k,
            quantiles=tuple(float(k + q) for q in range(7)), model=model, step_s=step_s, provenance=provenance,
        )
        for k in range(steps)
    ]  # fmt: skip


def score(store: Connection, stretches: list[Stretch]) -> None:
    """Score stretches: each step has an error of 2."""
    found: dict[ScoreKey, tuple[int, int, np.ndarray]] = {}
    for one in stretches:
        key = ScoreKey(day=one.day, target=one.target, quantity=one.quantity, lead_s=7200, kind="quiet", model=one.model)
        first, end, sums = found.get(key, (int(one.first.timestamp()), int(one.end.timestamp()), np.zeros(2)))
        n = len(one.quantiles)
        found[key] = (min(first, int(one.first.timestamp())), max(end, int(one.end.timestamp())), sums + np.array([n, 2.0 * n]))
    write_scores(store, "town", stretches, found, COLUMNS, 900)


def scored_steps(store: Connection, since: datetime = NOON - DAY, until: datetime = NOON + 9 * DAY) -> float:
    return float(sum(row.sums[0] for row in read_scores(store, "town", since, until, COLUMNS)))


def test_what_was_issued_comes_back_with_all_that_it_comes_from(store: Connection) -> None:
    made = issued(20)
    write_forecasts(store, "town", made)
    assert read_issued(store, "town", NOON, NOON) == made
    assert read_issued(store, "town", NOON + STEP, NOON + DAY) == []
    assert read_issued(store, "other", NOON, NOON) == []


def test_where_a_forecast_comes_from_is_kept_once_for_many(store: Connection) -> None:
    for k in range(4):
        write_forecasts(store, "town", issued(origin=NOON + k * STEP))
    write_forecasts(store, "town", issued(provenance=UNKNOWN, model="other"))
    write_forecasts(store, "town", issued(target="north", provenance=UNKNOWN, model="other"))
    assert store.execute("SELECT count(*) FROM provenance").fetchone() == (2,)


def test_steps_that_do_not_follow_one_another_are_told_apart(store: Connection) -> None:
    gap = [f for k, f in enumerate(issued(10)) if k != 4]
    two_models = issued(3, target="north") + [f for f in issued(6, target="north", model="later") if f.time >= NOON + 3 * STEP]
    write_forecasts(store, "town", [*gap, *two_models])
    found = read_issued(store, "town", NOON, NOON)
    assert sorted(found, key=lambda f: (f.target, f.time)) == sorted([*gap, *two_models], key=lambda f: (f.target, f.time))


def test_the_same_issue_again_replaces_it(store: Connection) -> None:
    write_forecasts(store, "town", issued())
    write_forecasts(store, "town", issued(provenance=UNKNOWN))
    assert read_issued(store, "town", NOON, NOON) == issued(provenance=UNKNOWN)


def test_a_stretch_is_due_when_its_last_step_has_ended_and_only_until_it_is_scored(store: Connection) -> None:
    write_forecasts(store, "town", issued(24))
    assert read_unscored(store, "town", NOON + STRETCH_STEPS * STEP - timedelta(seconds=1), 99) == []
    due = read_unscored(store, "town", NOON + STRETCH_STEPS * STEP, 99)
    assert [(one.first, one.end, len(one.quantiles)) for one in due] == [(NOON, NOON + STRETCH_STEPS * STEP, STRETCH_STEPS)]
    score(store, due)
    assert read_unscored(store, "town", NOON + STRETCH_STEPS * STEP, 99) == []
    assert len(read_unscored(store, "town", NOON + DAY, 99)) == 2
    assert len(read_unscored(store, "town", NOON + DAY, 1)) == 1


def test_scores_add_up_over_stretches_and_days(store: Connection) -> None:
    for k in range(3):
        write_forecasts(store, "town", issued(origin=NOON + k * DAY))
        score(store, read_unscored(store, "town", NOON + (k + 1) * DAY, 99))
    (row,) = read_scores(store, "town", NOON, NOON + 2 * DAY, COLUMNS)
    assert row.sums.tolist() == [72.0, 144.0]
    assert (row.first_s, row.end_s) == (int(NOON.timestamp()), int((NOON + 2 * DAY + 24 * STEP).timestamp()))
    (row,) = read_scores(store, "town", NOON + DAY, NOON + DAY, COLUMNS)
    assert row.sums.tolist() == [24.0, 48.0]
    assert read_scores(store, "town", NOON, NOON + DAY, COLUMNS, "nowhere") == []


def test_scores_stay_when_what_was_issued_is_forgotten(store: Connection) -> None:
    write_forecasts(store, "town", issued())
    score(store, read_unscored(store, "town", NOON + DAY, 99))
    write_forecasts(store, "other", issued())
    forget_issued(store, "town", NOON + timedelta(seconds=1))
    assert read_issued(store, "town", NOON - DAY, NOON + DAY) == []
    assert read_issued(store, "other", NOON, NOON) == issued(), "another area keeps its own"
    assert store.execute("SELECT area FROM provenance").fetchall() == [("other",)]
    assert scored_steps(store) == 24


def test_between_the_kept_origins_only_the_scores_are_kept(store: Connection) -> None:
    write_forecasts(store, "town", issued())
    write_forecasts(store, "town", issued(origin=NOON + timedelta(minutes=1)))
    score(store, read_unscored(store, "town", NOON + DAY, 99))
    assert {f.origin for f in read_issued(store, "town", NOON, NOON + DAY)} == {NOON}
    assert scored_steps(store) == 48


def test_after_moving_back_the_day_is_scored_anew_and_nothing_twice(store: Connection) -> None:
    origins = [NOON + k * 4 * STEP for k in range(-30, 11)]
    for origin in origins:
        write_forecasts(store, "town", issued(8, origin=origin))
    score(store, read_unscored(store, "town", NOON + DAY, 999))
    before = scored_steps(store, NOON - 3 * DAY)
    forget_after(store, "town", NOON)
    kept = [origin for origin in origins if origin <= NOON]
    assert {f.origin for f in read_issued(store, "town", NOON - 3 * DAY, NOON + DAY)} == set(kept)
    score(store, read_unscored(store, "town", NOON + DAY, 999))
    assert scored_steps(store, NOON - 3 * DAY) == 8 * len(kept) < before


def test_a_folder_of_the_first_version_is_read_on(tmp_path: Path) -> None:
    old = connect(tmp_path / "deining.sqlite")
    for number, sql in list_migrations()[:2]:
        old.executescript(f"BEGIN;{sql};PRAGMA user_version={number};COMMIT;")
    old.execute(
        "INSERT INTO forecast VALUES ('town', 'square', 'occupancy', ?, ?, 5, 1, 2, 3, 4, 5, 6, 7, 'ordinary_weeks')", (to_us(NOON), to_us(NOON + STEP))
    )
    old.close()
    store = open_database(tmp_path)
    write_forecasts(store, "town", issued(1))
    before, after = read_issued(store, "town", NOON, NOON)
    assert (before.time, before.mean, before.quantiles, before.model, before.step_s) == (NOON + STEP, 5, (1, 2, 3, 4, 5, 6, 7), "ordinary_weeks", None)
    assert before.provenance == UNKNOWN
    assert after == issued(1)[0]
    assert len(read_unscored(store, "town", NOON + DAY, 9)) == 1, "what has no step cannot be held against a truth"
    forget_issued(store, "town", NOON + DAY)
    assert read_issued(store, "town", NOON, NOON) == []
