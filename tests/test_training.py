"""Training beside the loop: a challenger takes over only when it forecasts better, and never with hindsight."""

from __future__ import annotations

import logging
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import WrongData
from deining.domain.forecast import Forecast
from deining.domain.series import Series
from deining.forecasting import FORECASTERS
from deining.forecasting.weekly import step_times
from deining.settings import Settings
from deining.storage.database import Connection, open_database, open_reader
from deining.storage.models import ModelFolder, list_models
from deining.storage.states import forget_after, write_series
from deining.storage.writer import Writer
from deining.training import Trainer, code_version, compare, data_version, find_holdout, spread_origins, train
from tests.builders import NOON, an_area

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOLDOUT = 14 * DAY
SETTINGS = Settings(forecaster="mean", min_free_disk_bytes=1)


@dataclass
class School:
    """What the fake forecasters of one test share: how they learn, and what they were given."""

    factor: float = 1.0
    learns: bool = True
    failure: str = ""
    until: list[float] = field(default_factory=list)
    given_until: list[datetime] = field(default_factory=list)
    may_end: threading.Event = field(default_factory=threading.Event)
    waits: bool = False


class Mean:
    """Says the mean of what it learned from, times the school's factor, for every step; nobody before it learned anything."""

    def __init__(self, school: School) -> None:
        self.school, self.value = school, 0.0

    def learn(self, histories: Sequence[Series], until: datetime, drivers: Drivers = NO_DRIVERS) -> bool:
        school = self.school
        school.until.append(max(one.end_s for one in histories))
        school.given_until.append(until)
        if school.waits:
            assert school.may_end.wait(120)
        if school.failure:
            raise RuntimeError(school.failure)
        self.value = school.factor * float(np.nanmean(np.concatenate([one.values for one in histories])))
        return school.learns

    def forecast(self, histories: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers = NO_DRIVERS) -> list[Forecast]:
        return [
            Forecast(
                target=one.target, quantity=one.quantity, origin=origin, time=datetime.fromtimestamp(t, origin.tzinfo), mean=self.value,
                quantiles=(self.value,) * 7, model="mean", step_s=one.step_s,
            )
            for one in histories
            for t in step_times(one, origin, horizon_s).tolist()
        ]  # fmt: skip

    def dump(self) -> bytes:
        return struct.pack("<d", self.value) if self.value else b""

    def load(self, learned: bytes) -> None:
        try:
            (self.value,) = struct.unpack("<d", learned)
        except struct.error as error:
            raise WrongData("that is no mean") from error


@pytest.fixture
def school(monkeypatch: pytest.MonkeyPatch) -> School:
    """A school whose forecasters stand in the registry, for one test."""
    found = School()
    monkeypatch.setitem(FORECASTERS, "mean", lambda calendar: Mean(found))
    return found


def a_series(days: float = 60, value: float = 100.0, *, target: str = "quay", until: datetime = NOON) -> Series:
    """Hours that are all alike."""
    hours = round(days * 24)
    return Series(target=target, quantity="count", first_s=int(until.timestamp()) - hours * 3600, step_s=3600, values=np.full(hours, value))


def trained(school: School, series: Sequence[Series], champion: bytes = b""):  # type: ignore[no-untyped-def]
    return train("mean", lambda: Mean(school), series, NOON, holdout=HOLDOUT, steps=24, champion=champion)


def test_a_challenger_that_does_better_is_to_take_over() -> None:
    found = trained(School(), [a_series()])
    assert found.model.refused == ""
    assert found.model.score == 0
    assert found.model.champion_score > 0
    assert found.model.holdout_steps > 200
    assert found.model.learned_until == NOON - HOLDOUT


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_a_challenger_that_does_no_better_is_refused_with_both_scores(factor: float) -> None:
    champion = trained(School(), [a_series()]).learned
    found = trained(School(factor=factor), [a_series()], champion)
    assert "the model in use had 0.0000" in found.model.refused


def test_nothing_of_the_holdout_or_later_is_learned_from() -> None:
    school = School()
    later = a_series(70, until=NOON + 10 * DAY)
    spoilt = later.values.copy()
    spoilt[-10 * 24 :] = 1e9
    found = trained(school, [Series(target="quay", quantity="count", first_s=later.first_s, step_s=3600, values=spoilt)])
    assert school.until == [(NOON - HOLDOUT).timestamp()]
    assert school.given_until == [NOON - HOLDOUT]
    assert found.model.score == 0, "nothing later than now is compared either"


def test_a_short_past_is_not_held_out_for_more_than_a_quarter() -> None:
    assert find_holdout([a_series(60)], NOON, HOLDOUT) == HOLDOUT
    assert find_holdout([a_series(8)], NOON, HOLDOUT) == 2 * DAY
    assert find_holdout([], NOON, HOLDOUT) == timedelta(0)


def test_where_too_little_can_be_compared_only_a_first_model_is_taken() -> None:
    short = [a_series(0.2)]
    assert trained(School(), short).model.refused == ""
    assert "could be compared" in trained(School(), short, champion=struct.pack("<d", 1.0)).model.refused


def test_who_learns_nothing_is_no_challenger() -> None:
    assert trained(School(learns=False), [a_series()]) is None
    assert trained(School(), []) is None
    assert trained(School(), [Series(target="quay", quantity="count", first_s=0, step_s=3600, values=np.full(9, np.nan))]) is None


def test_the_version_hangs_on_the_data_and_on_nothing_else() -> None:
    one, again, other = trained(School(), [a_series()]), trained(School(), [a_series()]), trained(School(), [a_series(59)])
    assert one.model.version == again.model.version
    assert one.model.version != other.model.version
    assert one.model.code_version == code_version()
    assert data_version([a_series(1), a_series(1, target="alley")]) == data_version([a_series(1, target="alley"), a_series(1)])
    assert data_version([a_series(1, 5)]) != data_version([a_series(1, 6)])


def test_origins_take_every_hour_of_the_day_in_turn() -> None:
    origins = spread_origins(NOON - HOLDOUT, NOON)
    assert origins[0] == NOON - HOLDOUT
    assert origins[-1] < NOON
    assert len({origin.hour for origin in origins}) >= 6


def test_quantities_weigh_alike_however_large_their_figures() -> None:
    small = Series(target="gate", quantity="flow_per_min", first_s=a_series().first_s, step_s=3600, values=np.full(60 * 24, 1.0))
    says_small, says_large = Mean(School()), Mean(School())
    says_small.value, says_large.value = 1.0, 100.0
    _, (one, other) = compare([says_small, says_large], [a_series(), small], spread_origins(NOON - DAY, NOON), 4)
    assert one == pytest.approx((0.99 + 0) / 2)
    assert other == pytest.approx((0 + 99) / 2)


class Place:
    """A data folder, and trainers on it as after one start and another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer = Writer(open_database(folder), folder, queue_jobs=8, commit_rows=1000, min_free_bytes=1)
        self.trainers: list[Trainer] = []

    def start(self, at: datetime = NOON) -> Trainer:
        made = Trainer(
            an_area(), SETTINGS, writer=self.writer, open_reader=self.open, folder=ModelFolder(self.folder / "models", "town"), turn=threading.Lock()
        )
        made.restore(at)
        self.trainers.append(made)
        return made

    def open(self) -> Connection:
        return open_reader(self.folder)

    def write(self, *series: Series) -> None:
        self.writer.submit(lambda connection: write_series(connection, "town", series)).result()

    def forget_after(self, at: datetime) -> None:
        self.writer.submit_later(lambda connection: forget_after(connection, "town", at)).result()

    def close(self) -> None:
        for trainer in self.trainers:
            trainer.close()
        self.writer.close()


@pytest.fixture
def place(tmp_path: Path, school: School) -> Iterator[Place]:
    made = Place(tmp_path)
    made.write(a_series())
    yield made
    school.may_end.set()
    made.close()


def wait(until: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not until():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


def learn(trainer: Trainer, now: datetime = NOON) -> Mean | None:
    """Have one training done, and take what it gave."""
    trainer.consider(now, NO_DRIVERS)
    wait(lambda: not trainer._work.busy)
    taken = trainer.take(now)
    assert taken is None or isinstance(taken, Mean)
    return taken


def rows(place: Place) -> list[tuple[datetime | None, str]]:
    """(adopted at, why refused) of all models, the newest first."""
    place.writer.submit_later(lambda _: None).result()
    connection = place.open()
    found = [(model.adopted_at, model.refused) for model in list_models(connection, "town", NOON + 99 * DAY)]
    connection.close()
    return found


def test_what_was_learned_is_in_use_again_after_a_restart(place: Place) -> None:
    first = place.start()
    taken = learn(first)
    assert taken is not None
    assert taken.value == 100
    assert rows(place) == [(NOON, "")]
    again = place.start().restore(NOON + HOUR)
    assert isinstance(again, Mean)
    assert again.value == 100


def test_after_a_restart_it_does_not_learn_again_before_it_is_due(place: Place, school: School) -> None:
    learn(place.start())
    rows(place)
    again = place.start(NOON + HOUR)
    learn(again, NOON + HOUR)
    assert len(school.until) == 1
    learn(again, NOON + 25 * HOUR)
    assert len(school.until) == 2


def test_a_worse_challenger_is_kept_as_a_row_and_the_champion_stays(place: Place, school: School) -> None:
    trainer = place.start()
    learn(trainer)
    school.factor = 3
    assert learn(trainer, NOON + 2 * DAY) is None
    (_, why), (adopted_at, _) = rows(place)
    assert "weighted quantile loss" in why
    assert adopted_at == NOON
    assert trainer.in_use is not None
    assert trainer.in_use.adopted_at == NOON
    assert len(list((place.folder / "models" / "town").iterdir())) == 1


def test_a_damaged_file_is_said_in_the_log_and_ignored(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    learn(place.start())
    rows(place)
    (file,) = (place.folder / "models" / "town").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING):
        again = place.start(NOON + HOUR)
    assert again.in_use is None
    assert file.name in caplog.text
    assert learn(again, NOON + HOUR) is not None, "it learns anew at once"


def test_what_was_learned_by_other_code_is_not_taken_up(place: Place) -> None:
    learn(place.start())
    rows(place)
    place.writer.submit(lambda connection: connection.execute("UPDATE model SET code_version = 'older'")).result()
    assert place.start(NOON + HOUR).in_use is None


def test_after_moving_back_a_model_of_later_is_not_used(place: Place) -> None:
    trainer = place.start()
    learn(trainer)
    place.write(a_series(30, 300.0, until=NOON + 30 * DAY))
    later = learn(trainer, NOON + 30 * DAY)
    assert later is not None
    assert later.value > 100, "the month that was busier taught something, and was better forecast for it"
    for back, value in ((NOON + HOUR, 100.0), (NOON - HOUR, None)):
        trainer.moved()
        place.forget_after(back)
        found = trainer.restore(back)
        assert (found.value if isinstance(found, Mean) else None) == value


def test_what_is_being_learned_when_the_area_moves_back_is_dropped(place: Place, school: School) -> None:
    school.waits = True
    trainer = place.start()
    trainer.consider(NOON, NO_DRIVERS)
    wait(lambda: school.until)
    assert trainer.state.learning_since == NOON
    trainer.moved()
    place.forget_after(NOON - HOUR)
    trainer.restore(NOON - HOUR)
    school.may_end.set()
    wait(lambda: not trainer._work.busy)
    assert trainer.take(NOON - HOUR) is None
    assert rows(place) == []
    assert trainer.state.learning_since is None


def test_a_training_that_fails_is_shown_tried_again_and_the_champion_stays(place: Place, school: School, caplog: pytest.LogCaptureFixture) -> None:
    trainer = place.start()
    learn(trainer)
    school.failure = "the numbers do not add up"
    with caplog.at_level(logging.ERROR):
        assert learn(trainer, NOON + 25 * HOUR) is None
    assert "the numbers do not add up" in trainer.state.last_failure
    assert trainer.state.last_failure_at == NOON + 25 * HOUR
    assert "could not be trained" in caplog.text
    assert trainer.in_use is not None
    school.failure = ""
    learn(trainer, NOON + 27 * HOUR)
    assert trainer.state.last_failure == ""
    assert trainer.state.last_learned_at == NOON + 27 * HOUR


def test_the_less_it_knows_the_sooner_it_learns_again(tmp_path: Path, school: School) -> None:
    place = Place(tmp_path)
    place.write(a_series(1 / 2))
    trainer = place.start()
    learn(trainer)
    learn(trainer, NOON + 2 * HOUR)
    assert len(school.until) == 1
    learn(trainer, NOON + 3 * HOUR)
    assert len(school.until) == 2
    place.close()


def test_areas_learn_one_after_another(place: Place, school: School) -> None:
    turn = threading.Lock()
    trainer = Trainer(an_area(), SETTINGS, writer=place.writer, open_reader=place.open, folder=ModelFolder(place.folder / "m", "town"), turn=turn)
    with turn:
        trainer.consider(NOON, NO_DRIVERS)
        assert school.until == []
        assert trainer.state.learning_since is None
    wait(lambda: trainer.state.last_learned_at)
    trainer.close()


def test_learning_can_be_switched_off(place: Place, school: School) -> None:
    off = Settings(forecaster="mean", learn_every_h=0)
    trainer = Trainer(an_area(), off, writer=place.writer, open_reader=place.open, folder=ModelFolder(place.folder / "m", "town"), turn=threading.Lock())
    trainer.consider(NOON, NO_DRIVERS)
    trainer.close()
    assert school.until == []
