"""The loop of one area: what is replayed, moved and restarted is what would have been live."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from deining.app import App
from deining.clock import ReplayClock
from deining.domain.alert import Alert
from deining.domain.errors import NotAllowed, SourceUnavailable, WrongUse
from deining.domain.observation import Observation, Quantity
from deining.forecasting import FORECASTERS
from deining.forecasting.record import COLUMNS
from deining.pipeline import Step, build_pipeline
from deining.runner import Feed, Runner
from deining.settings import Settings
from deining.storage.forecasts import read_issued, read_scores
from deining.storage.states import read_series
from tests.builders import MINUTE, NOON, an_area, an_observation
from tests.test_training import Mean, School

SETTINGS = Settings(min_free_disk_bytes=1)
START, END = NOON, NOON + timedelta(hours=3)


class Evening:
    """A source: people come in every minute, more and more of them; some rows come late; for a while nothing answers."""

    def __init__(self, silent: Sequence[datetime] = (), minutes: int = 180) -> None:
        self.silent = silent
        rows = []
        for k in range(1, minutes + 1):
            end = START + k * MINUTE
            received = end + 5 * MINUTE if k % 7 == 0 else None
            rows.append(an_observation(float(k), end=end, received_at=received))
            rows.append(an_observation(float(k % 5), quantity=Quantity.COUNT_BACKWARD, end=end))
        self.rows = sorted(rows, key=lambda row: row.available_at)

    def read_observations(self, start: datetime, end: datetime) -> Iterator[Observation]:
        if any(start <= moment < end for moment in self.silent):
            raise SourceUnavailable("the cable is out")
        return iter([row for row in self.rows if start <= row.available_at < end])


class Told:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.steps: dict[datetime, Step] = {}
        self.moves: list[bool] = []

    def on_step(self, runner: Runner, step: Step) -> None:
        self.steps[step.time] = step

    def on_alerts(self, runner: Runner, alerts: Sequence[Alert]) -> None:
        """Nothing to remember."""

    def on_clock(self, runner: Runner) -> None:
        self.moves.append(runner.clock_state().moving)


def wait_for(runner: Runner, moment: datetime, seconds: float = 30) -> Step:
    """The state of a moment, once it is there and nothing moves."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if runner.latest is not None and runner.latest.time >= moment and not runner.clock_state().moving:
            return runner.latest
        time.sleep(0.01)
    pytest.fail(f"{moment} was not reached: {runner.failure or runner.clock_state()}")


def play(
    folder: Path, *, begin_at: datetime, source: Evening | None = None, speed: float = 3600.0, end: datetime = END, settings: Settings = SETTINGS
) -> tuple[App, Runner, Told]:
    app, told = App(folder, settings), Told()
    runner = app.add_replay(an_area(), Feed(mode="replay", source=source or Evening(), begin_at=begin_at), ReplayClock(START, end, speed=speed))
    runner.listen(told)
    app.start()
    return app, runner, told


def figures(step: Step) -> object:
    """What a state says, ages and alerts included."""
    return (step.time, step.zones, step.flows, step.levels, step.normals, step.health)


def test_a_replay_says_what_the_pipeline_alone_says(tmp_path: Path) -> None:
    app, runner, _ = play(tmp_path, begin_at=NOON + 60 * MINUTE, speed=1.0)
    found = wait_for(runner, NOON + 60 * MINUTE)
    app.close()
    pipeline, evening = build_pipeline(an_area(), SETTINGS), Evening()
    microsecond = timedelta(microseconds=1)
    for k in range(1, 61):
        now = START + k * MINUTE
        pipeline.take(list(evening.read_observations(now - MINUTE + microsecond, now + microsecond)))
        alone = pipeline.step(now)
    assert figures(found) == figures(alone)


def test_a_replay_that_is_moved_back_and_played_again_says_the_same(tmp_path: Path) -> None:
    app, runner, told = play(tmp_path, begin_at=NOON + 90 * MINUTE, speed=1.0)
    first = wait_for(runner, NOON + 90 * MINUTE)
    runner.set_clock(paused=True, move_to=NOON + 30 * MINUTE)
    until = time.monotonic() + 20
    while runner.clock_state().moving and time.monotonic() < until:
        time.sleep(0.01)
    assert runner.latest is not None
    assert runner.latest.time == NOON + 30 * MINUTE
    assert runner.now() <= NOON + 31 * MINUTE
    runner.set_clock(move_to=NOON + 90 * MINUTE)
    again = wait_for(runner, NOON + 90 * MINUTE)
    app.close()
    assert first.zones[0].occupancy == pytest.approx(again.zones[0].occupancy)
    assert first.zones[0].occupancy_p95 == pytest.approx(again.zones[0].occupancy_p95)
    assert first.flows == again.flows
    assert told.moves[-1] is False
    assert True in told.moves


def test_a_replay_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    app, runner, _ = play(tmp_path, begin_at=NOON + 50 * MINUTE, speed=1.0)
    before = wait_for(runner, NOON + 50 * MINUTE)
    app.close()
    app, runner, _ = play(tmp_path, begin_at=NOON + 50 * MINUTE, speed=1.0)
    after = wait_for(runner, before.time)
    app.close()
    assert after.time - before.time <= 2 * MINUTE
    assert after.zones[0].occupancy == pytest.approx(before.zones[0].occupancy, rel=0.1)
    assert after.zones[0].quality == before.zones[0].quality


def test_the_clock_waits_for_the_work_and_stands_still_at_the_end(tmp_path: Path) -> None:
    app, runner, told = play(tmp_path, begin_at=START)
    wait_for(runner, END, seconds=60)
    state = runner.clock_state()
    app.close()
    assert state.now == END
    assert len(told.steps) == 181, "no minute was left out"


def test_a_source_that_does_not_answer_shows_as_age_and_the_picture_goes_on(tmp_path: Path) -> None:
    silent = [START + k * MINUTE for k in range(20, 40)]
    app, runner, _ = play(tmp_path, begin_at=NOON + 38 * MINUTE, source=Evening(silent), speed=1.0)
    step = wait_for(runner, NOON + 38 * MINUTE)
    app.close()
    assert step.zones[0].data_age_s is not None
    assert step.zones[0].data_age_s > 900
    assert step.zones[0].quality.value == "stale"
    assert step.zones[0].occupancy, "nobody is told that the square is empty"
    assert not step.levels, "no level rests on a figure that old"
    assert step.health[0].fault


def test_an_error_in_a_step_is_shown_and_the_loop_begins_again_from_what_is_stored(tmp_path: Path) -> None:
    class Broken(Evening):
        failures = 1

        def read_observations(self, start: datetime, end: datetime) -> Iterator[Observation]:
            if start <= START + 15 * MINUTE < end and self.failures:
                self.failures -= 1
                raise RuntimeError("a fault of our own")
            return super().read_observations(start, end)

    app, runner, _ = play(tmp_path, begin_at=NOON + 30 * MINUTE, source=Broken(), speed=1.0)
    until = time.monotonic() + 20
    seen = ""
    while time.monotonic() < until and not seen:
        seen = runner.failure
        time.sleep(0.005)
    step = wait_for(runner, NOON + 16 * MINUTE)
    app.close()
    assert "a fault of our own" in seen
    assert runner.failure == ""
    assert step.zones[0].occupancy == pytest.approx(sum((k - k % 5) / 0.9 for k in range(1, round((step.time - START) / MINUTE) + 1)), rel=0.25)


def test_a_row_that_may_not_be_used_is_refused_and_counted(tmp_path: Path) -> None:
    class Strange(Evening):
        def read_observations(self, start: datetime, end: datetime) -> Iterator[Observation]:
            yield from super().read_observations(start, end)
            yield an_observation(5.0, sensor="count-north", quantity=Quantity.DEVICES, end=end - timedelta(microseconds=1))

    app, runner, _ = play(tmp_path, begin_at=NOON + 5 * MINUTE, source=Strange(), speed=1.0)
    wait_for(runner, NOON + 5 * MINUTE)
    with app.open_reader() as connection:
        (rejected,) = connection.execute("SELECT rejected FROM sensor WHERE sensor = 'count-north'").fetchone()
    connection.close()
    app.close()
    assert rejected >= 5


def test_a_live_area_cannot_be_moved_and_a_replay_not_beyond_its_stretch(tmp_path: Path) -> None:
    app = App(tmp_path, SETTINGS)
    live = app.add_live_area(an_area())
    with pytest.raises(NotAllowed, match="live"):
        live.set_clock(paused=True)
    app.close()
    app, runner, _ = play(tmp_path / "other", begin_at=START, speed=1.0)
    with pytest.raises(WrongUse, match="expected a time from"):
        runner.set_clock(move_to=END + timedelta(days=1))
    with pytest.raises(WrongUse, match="speed"):
        runner.set_clock(speed=0)
    app.close()


def record(app: App) -> dict[str, float]:
    """(steps, summed error) by quantity of all that was scored so far."""
    with closing(app.open_reader()) as connection:
        rows = read_scores(connection, "town", NOON - timedelta(days=1), NOON + timedelta(days=1), COLUMNS)
    found: dict[str, float] = {}
    for row in rows:
        for name in ("n", "missing", "error"):
            key = f"{row.quantity} {name}"
            found[key] = found.get(key, 0.0) + float(row.sums[COLUMNS.index(name)])
    return found


def until_settled(app: App) -> dict[str, float]:
    """The record, once the scoring of what was asked is done."""
    until, last = time.monotonic() + 30, record(app)
    while time.monotonic() < until:
        time.sleep(0.5)
        if last and record(app) == last:
            return last
        last = record(app)
    pytest.fail("nothing was scored")


def by_hand(app: App, ended_by: datetime) -> dict[str, float]:
    """The same, from what was issued and measured, stretch by stretch of eight steps."""
    with closing(app.open_reader()) as connection:
        issued = read_issued(connection, "town", START, END + timedelta(days=1))
        truth = {(one.target, one.quantity): one for one in read_series(connection, "town", START)}
    found: dict[str, float] = {}
    alike = [list(same) for _, same in groupby(issued, key=lambda f: (f.target, f.quantity, f.origin, f.model, f.provenance))]
    for stretch in (same[k : k + 8] for same in alike for k in range(0, len(same), 8)):
        if stretch[-1].time + 15 * MINUTE > ended_by:
            continue
        for f in stretch:
            one = truth[f.target, f.quantity]
            value = one.values[round((f.time.timestamp() - one.first_s) / 900)]
            for name, added in (("n", 1.0), ("missing", 0.0), ("error", abs(f.quantile(0.5) - value))):
                found[f"{f.quantity} {name}"] = found.get(f"{f.quantity} {name}", 0.0) + added
    return found


def test_what_was_issued_is_scored_once_when_its_truth_is_there(tmp_path: Path) -> None:
    end = START + timedelta(hours=9, minutes=7)
    app, runner, _ = play(tmp_path, begin_at=end - 3 * MINUTE, source=Evening(minutes=547), end=end)
    wait_for(runner, end)
    found = until_settled(app)
    assert found == pytest.approx(by_hand(app, end - timedelta(hours=3, minutes=4)), rel=1e-5)
    assert found["occupancy n"] > 100
    runner.set_clock(move_to=START + timedelta(hours=8))
    wait_for(runner, end)
    assert until_settled(app) == pytest.approx(found, rel=1e-5), "moved back and played again, nothing counts twice"
    app.close()


def means_of_its_own(runner: Runner) -> set[float]:
    """What the forecaster under test says of the square, past the hours that are forecast from the state."""
    return {forecast.mean for forecast in runner.pipeline.forecasts["square", "occupancy"] if forecast.model == "mean" and not forecast.provenance.reason}


def test_the_loop_goes_on_while_its_forecaster_learns_and_then_uses_what_was_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    school = School(waits=True)
    monkeypatch.setitem(FORECASTERS, "mean", lambda calendar: Mean(school))
    settings = Settings(min_free_disk_bytes=1, forecaster="mean")
    app, runner, told = play(tmp_path, begin_at=NOON + 60 * MINUTE, settings=settings, speed=600.0)
    until = time.monotonic() + 20
    while not school.until and time.monotonic() < until:
        time.sleep(0.005)
    begun = runner.training.learning_since
    assert begun is not None
    slow = wait_for(runner, begun + 40 * MINUTE)
    assert runner.training.learning_since == begun, "it is still learning"
    assert all(begun + k * MINUTE in told.steps for k in range(40))
    assert means_of_its_own(runner) == {0.0}
    runner.set_clock(speed=120.0)
    school.may_end.set()
    until = time.monotonic() + 30
    while runner.model is None and time.monotonic() < until:
        time.sleep(0.005)
    assert runner.model is not None, runner.training
    assert runner.latest is not None
    wait_for(runner, max(slow.time, runner.latest.time) + 17 * MINUTE)
    assert means_of_its_own(runner) != {0.0}
    assert runner.training.last_failure == ""
    used = runner.model
    app.close()
    app, again, _ = play(tmp_path, begin_at=NOON + 60 * MINUTE, settings=settings, speed=1.0)
    assert used is not None
    wait_for(again, NOON)
    assert again.model == used, "after a restart it is in use again"
    app.close()
