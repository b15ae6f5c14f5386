"""Training of an area's forecaster beside its loop: a challenger learns, and takes over only if it forecast better.

Champion and challenger forecast the same last stretch of the past, which neither learned from, and the one with the smaller
weighted quantile loss is used from then on. Nothing later than the area's own now reaches either.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from importlib import resources

import numpy as np

from deining import __version__
from deining.background import Background
from deining.domain.area import Area
from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import WrongData
from deining.domain.ports import Forecaster
from deining.domain.series import FloatArray, Series
from deining.forecasting import FORECASTERS, Calendar
from deining.forecasting.record import quantile_loss
from deining.forecasting.weekly import values_at
from deining.pipeline import HELPERS
from deining.settings import Settings
from deining.storage.database import Connection
from deining.storage.models import KeptModel, ModelFolder, digest_of, list_adopted, list_models, write_model
from deining.storage.states import read_series
from deining.storage.writer import Writer

log = logging.getLogger(__name__)

ORIGINS = 12
HOLDOUT_SHARE = 0.25
"""At most this share of the history is held out."""
FEWEST_STEPS = 50
"""Fewest forecast steps on which two models are compared."""
SOONEST = timedelta(hours=1)
KEPT_FILES = 5
CLOSE_WITHIN_S = 1.0

MakeForecaster = Callable[[], Forecaster]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingState:
    """How an area's training goes; times are those of the area.

    Parameters
    ----------
    learning_since
        None while nothing is being learned.
    last_tried_at, last_learned_at
        When a training last ended, and when one last ended in which something was learned.
    last_failure, last_failure_at
        What went wrong in the latest training, in one sentence; empty when nothing did.
    """

    learning_since: datetime | None = None
    last_tried_at: datetime | None = None
    last_learned_at: datetime | None = None
    last_failure: str = ""
    last_failure_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A challenger that learned something, and what was found of it; `model.refused` is empty where it is to take over."""

    model: KeptModel
    forecaster: Forecaster
    learned: bytes


@cache
def code_version() -> str:
    """Version of deining, with a digest of the code of its forecasters: other code reads other bytes."""
    digest = hashlib.sha256()
    for file in sorted(resources.files("deining.forecasting").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return f"{__version__}-{digest.hexdigest()[:12]}"


def data_version(series: Sequence[Series], drivers: Drivers = NO_DRIVERS) -> str:
    """A digest of series and drivers: what a model learned from."""
    digest = hashlib.sha256(repr(drivers).encode())
    for one in sorted(series, key=lambda s: (s.target, s.quantity)):
        digest.update(repr((one.target, one.quantity, one.first_s, one.step_s)).encode() + one.values.tobytes())
    if drivers.weather is not None:
        for column in (drivers.weather.time_s, drivers.weather.issued_s, drivers.weather.values, drivers.weather.measured):
            digest.update(column.tobytes())
    return digest.hexdigest()[:12]


def train(
    name: str, make: MakeForecaster, series: Sequence[Series], now: datetime, *, holdout: timedelta, steps: int, champion: bytes, drivers: Drivers = NO_DRIVERS
) -> Trained | None:
    """Let a new forecaster learn, and hold it against the champion; None where it learned nothing.

    Parameters
    ----------
    name, make
        Row of the registry of forecasters.
    series
        What was measured; of what ended after `now` nothing is used.
    holdout
        So much of the end of the past is not learned from, but at most a quarter of it.
    steps
        Steps ahead that are compared.
    champion
        What the forecaster now in use learned; empty when nothing.

    References
    ----------
    Champion and challenger on a rolling origin: L. J. Tashman, Out-of-sample tests of forecasting accuracy, International
    Journal of Forecasting 16, 2000.
    """
    past = [one.until(now) for one in series]
    past = [one for one in past if np.any(~np.isnan(one.values))]
    until = now - find_holdout(past, now, holdout)
    known = [one.until(until) for one in past]
    challenger = make()
    if not past or not challenger.learn(known, until, drivers):
        return None
    learned = challenger.dump()
    defender = make()
    if champion:
        defender.load(champion)
    n, (score, champion_score) = compare([challenger, defender], past, spread_origins(until, now), steps, drivers)
    data, seed = data_version(known, drivers), getattr(challenger, "seed", None)
    version = hashlib.sha256(f"{code_version()} {data} {seed} ".encode() + learned).hexdigest()[:12]
    model = KeptModel(
        name=name,
        version=version,
        code_version=code_version(),
        data_version=data,
        seed=seed,
        learned_until=until,
        tried_at=now,
        adopted_at=None,
        refused=_why_not(n, score, champion_score, champion),
        holdout_steps=n,
        score=score,
        champion_score=champion_score,
        digest=digest_of(learned),
    )
    return Trained(model=model, forecaster=challenger, learned=learned)


def _why_not(n: int, score: float | None, champion_score: float | None, champion: bytes) -> str:
    """Why a challenger does not take over, in one sentence; empty where it does."""
    if score is None or champion_score is None or n < FEWEST_STEPS:
        few = f"only {n} steps could be compared; expected {FEWEST_STEPS} or more, so the model in use stays"
        return few if champion else ""
    if score < champion_score:
        return ""
    return f"its weighted quantile loss was {score:.4f} over {n} steps; the model in use had {champion_score:.4f}"


def find_holdout(series: Sequence[Series], now: datetime, longest: timedelta) -> timedelta:
    """How much of the end of the past is held out: whole minutes, at most a quarter of it."""
    begin_s = min((one.first_s for one in series), default=now.timestamp())
    share_s = HOLDOUT_SHARE * max(0.0, now.timestamp() - begin_s)
    return timedelta(minutes=min(longest.total_seconds(), share_s) // 60)


def spread_origins(begin: datetime, end: datetime) -> list[datetime]:
    """Origins in equal distances over [begin, end), on whole minutes."""
    first_s, length_s = begin.timestamp(), (end - begin).total_seconds()
    found = {int(first_s + length_s * k / ORIGINS) // 60 * 60 for k in range(ORIGINS)}
    return [datetime.fromtimestamp(t, UTC) for t in sorted(found) if t >= first_s]


def compare(
    models: Sequence[Forecaster], series: Sequence[Series], origins: Sequence[datetime], steps: int, drivers: Drivers = NO_DRIVERS
) -> tuple[int, list[float | None]]:
    """Weighted quantile loss of each model on the steps that all of them forecast and that were measured, and their number.

    The loss is found for each quantity apart, since persons and persons/min do not add up, and averaged over quantities.
    """
    losses: dict[str, FloatArray] = {}
    truths: dict[str, float] = {}
    n = 0
    for origin in origins:
        for group in _by_step(series):
            by_key = {(one.target, one.quantity): one for one in group}
            past, horizon_s = [one.until(origin) for one in group], steps * group[0].step_s
            made = [{(f.target, f.quantity, f.time): f.quantiles for f in model.forecast(past, origin, horizon_s, drivers)} for model in models]
            for target, quantity, time in sorted(set.intersection(*(set(one) for one in made))):
                truth = values_at(by_key[target, quantity], np.array([int(time.timestamp())]))
                if np.isnan(truth[0]):
                    continue
                loss = np.array([quantile_loss(np.array([one[target, quantity, time]]), truth).mean() for one in made])
                losses[quantity] = losses.get(quantity, np.zeros(len(models))) + loss
                truths[quantity] = truths.get(quantity, 0.0) + float(truth[0])
                n += 1
    relative = [losses[quantity] / truths[quantity] for quantity in losses if truths[quantity] > 0]
    return n, list(np.mean(relative, axis=0).tolist()) if relative else [None] * len(models)


def _by_step(series: Sequence[Series]) -> list[list[Series]]:
    groups: dict[int, list[Series]] = {}
    for one in series:
        groups.setdefault(one.step_s, []).append(one)
    return list(groups.values())


class Trainer:
    """Trains one area's forecaster in the background, and keeps what was adopted.

    Parameters
    ----------
    folder
        Where the area's models stand.
    turn
        Held while learning, so that areas that run side by side learn one after another.
    """

    def __init__(
        self, area: Area, settings: Settings, *, writer: Writer, open_reader: Callable[[], Connection], folder: ModelFolder, turn: threading.Lock
    ) -> None:
        self._area, self._settings, self._writer, self._open_reader = area, settings, writer, open_reader
        self._folder, self._turn = folder, turn
        self._work = Background(f"deining-{area.id}-training")
        self._champion = b""
        self._next: datetime | None = None
        self._ready: tuple[int, Trained] | None = None
        self._moves = 0
        self.state = TrainingState()
        self.in_use: KeptModel | None = None

    # -- called in the area's own thread

    def restore(self, at: datetime) -> Forecaster | None:
        """The forecaster that was in use at a moment; None where none had learned anything, or its file is damaged."""
        self.moved()
        self._champion, self.in_use, self._next, self.state = b"", None, None, TrainingState()
        name = self._settings.forecaster
        with closing(self._open_reader()) as connection:
            adopted = list_adopted(connection, self._area.id, name, code_version(), at)
            tried = [one for one in list_models(connection, self._area.id, at) if (one.name, one.code_version) == (name, code_version())]
        for model in adopted[:KEPT_FILES]:
            try:
                self._champion = self._folder.read(model)
                forecaster = self._make()
                forecaster.load(self._champion)
            except WrongData as error:
                self._champion = b""
                log.warning("area %s: %s; it is ignored", self._area.id, error)
                continue
            self.in_use = model
            self._next = tried[0].tried_at + self._wait(tried[0].tried_at - tried[0].learned_until)
            return forecaster
        return None

    def moved(self) -> None:
        """The area went back in time: what is being learned is no longer wanted. Called before later things are forgotten."""
        self._moves += 1
        self._ready = None

    def consider(self, now: datetime, drivers: Drivers) -> None:
        """Begin a training when one is due."""
        if not self._settings.learn_every_h or self._work.busy or self._ready or (self._next is not None and now < self._next):
            return
        move = self._moves
        self._next = now + self._wait(timedelta.max)
        self._work.ask(lambda: self._train(now, drivers, move))

    def take(self, now: datetime) -> Forecaster | None:
        """The challenger that takes over from now on; None where none does."""
        if self._ready is None:
            return None
        (move, trained), self._ready = self._ready, None
        if move != self._moves:
            return None
        model = replace(trained.model, adopted_at=now)
        self._champion, self.in_use = trained.learned, model
        self._writer.submit_later(lambda connection: write_model(connection, self._area.id, model))
        log.info("area %s: %s %s is in use from %s", self._area.id, model.name, model.version, now.isoformat())
        return trained.forecaster

    def close(self) -> None:
        """End; a training that is under way is left behind."""
        self._work.close(CLOSE_WITHIN_S)

    def _make(self) -> Forecaster:
        return FORECASTERS[self._settings.forecaster](Calendar(self._area.timezone, self._area.holidays))

    def _wait(self, wanted: timedelta) -> timedelta:
        """Until the next training: the more history there is, the less a day adds to it."""
        return max(SOONEST, min(wanted, timedelta(hours=self._settings.learn_every_h)))

    # -- in the background

    def _train(self, now: datetime, drivers: Drivers, move: int) -> None:
        try:
            with self._turn:
                if self._is_wanted(move):
                    self.state = replace(self.state, learning_since=now)
                    self._learn(now, drivers, move)
        except Exception as error:  # the edge of this thread's loop: recorded, shown, and tried again; the champion stays
            log.exception("area %s: the forecaster could not be trained", self._area.id)
            if move == self._moves:
                self.state = replace(self.state, last_failure=f"{type(error).__name__}: {error}", last_failure_at=now)
                self._next = now + SOONEST
        finally:
            self.state = replace(self.state, learning_since=None)

    def _learn(self, now: datetime, drivers: Drivers, move: int) -> None:
        with closing(self._open_reader()) as connection:
            kept = read_series(connection, self._area.id, now - timedelta(weeks=self._settings.learn_weeks))
        series = [one for one in kept if one.quantity not in HELPERS]
        holdout = timedelta(days=self._settings.learn_holdout_days)
        trained = train(
            self._settings.forecaster,
            self._make,
            series,
            now,
            holdout=holdout,
            steps=self._settings.forecast_horizon_steps,
            champion=self._champion,
            drivers=drivers,
        )
        if not self._is_wanted(move):
            return
        self.state = replace(self.state, last_tried_at=now, last_failure="", last_failure_at=None)
        self._next = now + self._wait(find_holdout([one.until(now) for one in series], now, holdout))
        if trained is None:
            return
        self.state = replace(self.state, last_learned_at=now)
        if trained.model.refused:
            log.info("area %s: a newly trained %s was not taken: %s", self._area.id, trained.model.name, trained.model.refused)
            self._writer.submit_later(partial(self._write_refused, model=replace(trained.model, digest=""), move=move))
            return
        self._keep_files(trained)
        self._ready = (move, trained)

    def _write_refused(self, connection: Connection, model: KeptModel, move: int) -> None:
        if move == self._moves:
            write_model(connection, self._area.id, model)

    def _keep_files(self, trained: Trained) -> None:
        """Write what was learned, and remove the files of models long out of use."""
        with closing(self._open_reader()) as connection:
            before = list_adopted(connection, self._area.id, trained.model.name, trained.model.code_version, trained.model.tried_at)
        self._folder.write(trained.model, trained.learned)
        self._folder.prune([trained.model, *before[: KEPT_FILES - 1]])

    def _is_wanted(self, move: int) -> bool:
        return move == self._moves and not self._work.stopping
