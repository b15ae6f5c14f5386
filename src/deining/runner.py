"""The loop of one area: a clock, the pipeline, and what it finds written down and told. Live and replayed alike."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from deining.clock import LiveClock, ReplayClock
from deining.desk.desk import Desk
from deining.desk.office import Sight, Who
from deining.domain.alert import Alert
from deining.domain.area import Area
from deining.domain.errors import NotAllowed, Overloaded, SourceUnavailable, WrongUse
from deining.domain.levels import LevelScale, LevelSet
from deining.domain.notice import ChannelSetting, Notice
from deining.domain.observation import Observation
from deining.domain.ports import Source
from deining.domain.series import Series
from deining.domain.state import Explanation
from deining.pipeline import Pipeline, Step, build_pipeline, why_refused
from deining.restoring import Restorer
from deining.risk.alert_book import AlertBook
from deining.scorekeeping import Scorekeeper
from deining.settings import Settings
from deining.storage.alerts import write_alerts
from deining.storage.calibration import as_text, store_calibration
from deining.storage.database import Connection
from deining.storage.forecasts import write_forecasts
from deining.storage.history import DayHistory
from deining.storage.models import KeptModel, ModelFolder
from deining.storage.states import (
    forget_after,
    read_states_at,
    write_faults,
    write_series,
    write_series_steps,
    write_states,
)
from deining.storage.writer import Writer
from deining.training import Trainer, TrainingState

log = logging.getLogger(__name__)

LAG_STEPS = 3
"""A replay that lags by more steps than this makes its clock wait."""
LISTEN_S = 0.5
"""A live area hears what came so often between two steps, s, so that it does not come all at once."""
MICROSECOND = timedelta(microseconds=1)
ROWS_A_PIECE = 500
ANSWER_WITHIN_S = 20.0
MOST_ZONES_OF_THE_PAST = 60
"""What was thought at an earlier time is worked out once more; in a larger area that takes too long."""
Row = TypeVar("Row")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """What time it is in an area, and how it goes on."""

    now: datetime
    mode: str
    speed: float
    paused: bool
    starts: datetime | None
    ends: datetime | None
    moving: bool


class Listener(Protocol):
    """Hears what happens in an area; called in the area's own thread, so it must be quick."""

    def on_step(self, runner: Runner, step: Step) -> None:
        """A new state."""
        ...

    def on_clock(self, runner: Runner) -> None:
        """The clock was paused, sped up or moved."""
        ...

    def on_alerts(self, runner: Runner, alerts: Sequence[Alert]) -> None:
        """A person did something with alerts."""
        ...


@dataclass(slots=True, kw_only=True)
class Feed:
    """What a replayed or simulated area lives on.

    Parameters
    ----------
    mode
        "replay", "simulation" or "exercise".
    begin_at
        Where a new replay begins to play; what lies before is worked through at once.
    begins_anew
        Whether one that was played before goes back there, rather than on from where it stopped.
    read_history
        Gives the weeks before the stretch, when the store has none.
    """

    mode: str
    source: Source
    begin_at: datetime
    begins_anew: bool = False
    read_history: Callable[[], Sequence[Series]] = field(default=list)


class Runner:
    """Runs one area in a thread of its own.

    Parameters
    ----------
    clock
        The wall's for a live area; a replay clock where there is a `feed`.
    open_reader
        Gives a connection for reading.
    models
        Where trained models are kept.
    training
        Held while a forecaster learns; areas that share it learn one after another.
    channels
        The ways to tell people that are set up.
    on_notice
        Called once something new waits to be told.
    """

    def __init__(
        self,
        area: Area,
        clock: LiveClock | ReplayClock,
        settings: Settings,
        *,
        writer: Writer,
        open_reader: Callable[[], Connection],
        history: DayHistory,
        models: ModelFolder,
        training: threading.Lock,
        feed: Feed | None = None,
        channels: Sequence[ChannelSetting] = (),
        on_notice: Callable[[], None] = lambda: None,
    ) -> None:
        self.area, self.settings = area, settings
        self.pipeline: Pipeline = build_pipeline(area, settings)
        self.latest: Step | None = None
        self.failure = ""
        self.ready = threading.Event()
        self._clock, self._writer, self._open_reader, self._history, self._feed = clock, writer, open_reader, history, feed
        self._listeners: list[Listener] = []
        self._inbox: queue.SimpleQueue[Sequence[Observation]] = queue.SimpleQueue()
        self._questions: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._looking_back = threading.Lock()
        self._step = timedelta(seconds=settings.state_step_s)
        self._told_at: datetime | None = None
        self._move_to: datetime | None = None
        self._wake, self._stop = threading.Event(), threading.Event()
        self.alerts: Sequence[Alert] = ()
        self._on_notice = on_notice
        self.desk = Desk(area, self.mode, writer=writer, open_reader=open_reader, wall=LiveClock().now, channels=channels)
        self._scorekeeper = Scorekeeper(area, settings, writer=writer, open_reader=open_reader)
        self._trainer = Trainer(area, settings, writer=writer, open_reader=open_reader, folder=models, turn=training)
        self._restorer = Restorer(area, settings, open_reader=open_reader, is_live=feed is None)
        self._thread = threading.Thread(target=self._run, name=f"deining-{area.id}", daemon=True)

    # -- what others ask of it

    @property
    def mode(self) -> str:
        """`live`, `replay`, `simulation` or `exercise`."""
        return self._feed.mode if self._feed else "live"

    @property
    def training(self) -> TrainingState:
        """How the training of the forecaster goes."""
        return self._trainer.state

    @property
    def scoring_failure(self) -> str:
        """Why issued forecasts could not be scored, in one sentence; empty when they can."""
        return self._scorekeeper.failure

    @property
    def model(self) -> KeptModel | None:
        """The trained model that is in use; None where none is."""
        return self._trainer.in_use

    def now(self) -> datetime:
        """The time in this area; a replay never runs ahead of what has been worked through."""
        now = self._clock.now()
        return now if self._feed is None or self._told_at is None else min(now, self._told_at + self._step)

    def clock_state(self) -> ClockState:
        """The clock, as people see it."""
        clock = self._clock
        if isinstance(clock, LiveClock):
            return ClockState(now=clock.now(), mode=self.mode, speed=1.0, paused=False, starts=None, ends=None, moving=False)
        return ClockState(
            now=self.now(), mode=self.mode, speed=clock.speed, paused=clock.paused, starts=clock.start, ends=clock.end, moving=self._move_to is not None
        )

    def set_clock(self, *, paused: bool | None = None, speed: float | None = None, move_to: datetime | None = None) -> None:
        """Pause, speed up or move a replay.

        Raises
        ------
        NotAllowed
            When the area is live.
        WrongUse
            When the speed or the time is out of range.
        """
        if isinstance(self._clock, LiveClock):
            raise NotAllowed(f"area {self.area.id} is live; only a replay or simulation can be paused, sped up or moved")
        self._clock.set(paused=paused, speed=speed, move_to=move_to)
        if move_to is not None:
            self._move_to = move_to
        self._tell_clock()
        self._wake.set()

    def take(self, observations: Sequence[Observation]) -> None:
        """Hand over observations that have just been stored."""
        if observations:
            self._inbox.put(observations)

    def ask(self, question: Callable[[Pipeline, datetime], Answer]) -> Answer:
        """Ask the pipeline something between two of its steps; it is told the time of the last one.

        Raises
        ------
        Overloaded
            When it has no time to answer.
        """
        answer: Future[Answer] = Future()

        def put() -> None:
            try:
                if self._told_at is None:
                    raise Overloaded(f"area {self.area.id} is starting; ask again in a moment", retry_after_s=5)
                answer.set_result(question(self.pipeline, self._told_at))
            except Exception as error:  # noqa: BLE001  the asker's, not the loop's
                answer.set_exception(error)

        self._questions.put(put)
        self._wake.set()
        try:
            return answer.result(timeout=ANSWER_WITHIN_S)
        except TimeoutError:
            raise Overloaded(f"area {self.area.id} is busy; ask again in a moment", retry_after_s=5) from None

    def explain(self, zone: str, at: datetime | None = None) -> Explanation | None:
        """Which observations moved the figure of a zone, now or at an earlier time; None where there is nothing to explain.

        Raises
        ------
        WrongUse
            When the time has not come yet, or the area is too large to look back in.
        Overloaded
            When somebody else is looking back.
        """
        last = self._told_at
        if at is None or last is None or self._floor(at) == last:
            return self.ask(lambda pipeline, now: pipeline.explain(zone, now))
        at = self._floor(at)
        if at > last:
            raise WrongUse(f"time {at.isoformat()} has not come in area {self.area.id}; give one up to {last.isoformat()}")
        if len(self.area.zones) > MOST_ZONES_OF_THE_PAST:
            raise WrongUse(f"area {self.area.id} has {len(self.area.zones)} zones; above {MOST_ZONES_OF_THE_PAST} only the present can be explained")
        if not self._looking_back.acquire(blocking=False):
            raise Overloaded(f"another moment of area {self.area.id} is being worked out; ask again in a moment", retry_after_s=5)
        try:
            return self._restorer.look_back(at).explain(zone, at)
        finally:
            self._looking_back.release()

    def listen(self, listener: Listener) -> None:
        """Tell this listener of all that happens from now on."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the running step."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._trainer.close()
        self._scorekeeper.close()
        self.desk.close()
        self._history.close()

    # -- the loop

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._turn()
                self.failure = ""
            except Exception as error:  # the loop's edge: recorded, shown, and begun again from what was stored
                self.failure, self._told_at = f"{type(error).__name__}: {error}", None
                log.exception("area %s: a step failed", self.area.id)
                self._stop.wait(1.0)

    def _turn(self) -> None:
        if self._told_at is None:
            self._begin()
        self._answer()
        if self._move_to is not None:
            self._move(self._move_to)
        assert self._told_at is not None  # noqa: S101
        due = self._told_at + self._step
        wait_s = (due - self._clock.now()).total_seconds() + (0.0 if self._feed else self.settings.settle_s)
        if isinstance(self._clock, ReplayClock):
            if due > self._clock.end or self._clock.paused:
                wait_s = 3600.0
            elif wait_s > 0:
                wait_s /= self._clock.speed
            elif -wait_s > LAG_STEPS * self.settings.state_step_s:
                self._clock.set(move_to=due)
        if wait_s > 0:
            self._wake.wait(min(wait_s, 3600.0 if self._feed else LISTEN_S))
            self._wake.clear()
            if not self._feed:
                self._hear(self._empty_inbox())
            return
        self._tell(self._take_step(due))
        self._tend(due)

    def _tend(self, now: datetime) -> None:
        """Between two steps: take over what was learned beside them, and have forecasts scored and the next one learned."""
        forecaster = self._trainer.take(now)
        if forecaster is not None:
            self.pipeline.use_forecaster(forecaster)
        self._trainer.consider(now, self.area.drivers())
        self._scorekeeper.consider(now, self._list_series)
        self.desk.consider(now)

    def _list_series(self) -> list[Series]:
        book = self.pipeline.book
        return [series for key in book.list_keys() if (series := book.find(*key)) is not None]

    def _answer(self) -> None:
        while not self._questions.empty():
            self._questions.get()()

    def _begin(self) -> None:
        with closing(self._open_reader()) as connection:
            kept_at = read_states_at(connection, self.area.id)
        now = self._clock.now()
        self.desk.open(kept_at if self._feed and kept_at else now)
        if self._feed is None or not isinstance(self._clock, ReplayClock):
            self._restore(self._floor(now))
        elif kept_at is not None and self._clock.start <= kept_at <= self._clock.end:
            self._go_on(self._clock, kept_at)
        else:
            self._load_history()
            self._restore(self._clock.start)
            self._move_to = self._feed.begin_at
        if self._told_at is not None:
            self._tell(self._take_step(self._told_at))
        self.ready.set()

    def _go_on(self, clock: ReplayClock, kept_at: datetime) -> None:
        """Go on with a replay that was stopped: where it was, or where it begins to play."""
        assert self._feed is not None  # noqa: S101
        begin_at = self._floor(self._feed.begin_at)
        at = min(kept_at, begin_at) if self._feed.begins_anew and self.latest is None else kept_at
        self._forget_after(at)
        self._restore(at)
        clock.set(move_to=at)
        if self._feed.begins_anew and self.latest is None and at < begin_at:
            self._move_to = begin_at

    def _load_history(self) -> None:
        series = self._feed.read_history() if self._feed else []
        for written in [self._writer.submit(partial(write_series, area=self.area.id, series=[one])) for one in series]:
            written.result()

    def _floor(self, time: datetime) -> datetime:
        epoch = datetime.fromtimestamp(0, UTC)
        return epoch + (time - epoch) // self._step * self._step

    def _restore(self, at: datetime) -> None:
        """Build the pipeline as it was at a moment, from what was stored."""
        pipeline = self._restorer.restore(at)
        forecaster = self._trainer.restore(at)
        if forecaster is not None:
            pipeline.use_forecaster(forecaster)
        pipeline.use_levels(self.desk.levels.scales)
        self.pipeline, self.alerts, self._told_at = pipeline, pipeline.alerts.active, at

    def _move(self, target: datetime) -> None:
        """Go to another moment of a replay: back by forgetting what was later, forward by working through what lies between."""
        assert self._told_at is not None  # noqa: S101
        target = self._floor(target)
        self._tell_clock()
        if target < self._told_at:
            self._history.forget()
            self._forget_after(target)
            self._restore(target)
            last: Step | None = self._take_step(target)
        else:
            last = self._work_through(target)
        if last is not None:
            self._tell(last)
        if self._move_to is not None and self._floor(self._move_to) == target:
            if isinstance(self._clock, ReplayClock) and last is not None:
                self._clock.set(move_to=last.time)
            self._move_to = None
            self._tell_clock()

    def _forget_after(self, at: datetime) -> None:
        """Forget what came later, once all that was found until now is written."""
        self._scorekeeper.moved()
        self._trainer.moved()
        self._writer.submit(lambda _: None).result()
        self._writer.submit_later(lambda connection: forget_after(connection, self.area.id, at)).result()
        self.desk.begin_anew(at)

    def _work_through(self, target: datetime) -> Step | None:
        last = None
        while not self._stop.is_set() and self._told_at is not None and self._told_at + self._step <= target:
            last = self._take_step(self._told_at + self._step)
            self._answer()
            if self._move_to is not None and self._floor(self._move_to) != target:
                break
        return last

    def _take_step(self, now: datetime) -> Step:
        new = self._read_source(now) if self._feed else self._empty_inbox()
        self._hear(new)
        if self._feed is None and self.area.last_empty(now) > self.area.last_empty(now - self._step):
            self._keep_calibration(now)
        step = self.pipeline.step(now)
        self._write(step, self.desk.notices_of(step.alerts, self.alerts, now))
        self._history.close_days(now)
        self.latest, self.alerts, self._told_at = step, self.pipeline.alerts.active, now
        return step

    def _keep_calibration(self, now: datetime) -> None:
        """The day is over: keep what it taught about the sensors."""
        text = as_text(self.pipeline.learn())
        self._writer.submit_later(partial(store_calibration, area=self.area.id, time=now, text=text))

    def _hear(self, new: Sequence[Observation]) -> None:
        self._history.add(new)
        self.pipeline.take(new)

    def _empty_inbox(self) -> list[Observation]:
        new: list[Observation] = []
        while not self._inbox.empty():
            new.extend(self._inbox.get())
        return new

    def _read_source(self, now: datetime) -> list[Observation]:
        """What the source gave since the last step, as far as it may be used, once it is stored."""
        assert self._feed is not None  # noqa: S101
        since = (self._told_at or now) if self._told_at != now else now - self._step
        try:
            given = list(self._feed.source.read_observations(since + MICROSECOND, now + MICROSECOND))
        except SourceUnavailable as error:
            log.warning("area %s: %s", self.area.id, error)
            return []
        allowed = list(self._allowed(given, now))
        return self._writer.store(self.area.id, allowed).result().new if allowed else []

    def _allowed(self, given: Sequence[Observation], now: datetime) -> Iterator[Observation]:
        for observation in given:
            if why := why_refused(self.area, observation, now):
                log.info("area %s: refused a row of %s: %s", self.area.id, observation.sensor, why)
                self._writer.count_rejected(self.area.id, observation.sensor, 1)
            else:
                yield observation

    def _write(self, step: Step, notices: Sequence[Notice]) -> None:
        area, changes = self.area.id, self.pipeline.book.take_changes() if step.forecasts else []

        def write_found(connection: Connection) -> None:
            write_states(connection, area, step.zones, step.flows)
            write_alerts(connection, area, step.alerts)
            write_faults(connection, area, step.faults)
            self.desk.office.enqueue(connection, notices)

        found = self._writer.submit(write_found, rows=len(step.zones) + len(step.flows))
        if notices:
            found.add_done_callback(lambda _: self._on_notice())
        for forecasts in _slices(step.forecasts):
            self._writer.submit_later(partial(write_forecasts, area=area, forecasts=forecasts))
        for steps in _slices(changes):
            self._writer.submit_later(partial(write_series_steps, area=area, steps=steps))

    # -- telling

    def _tell(self, step: Step) -> None:
        for listener in self._listeners:
            listener.on_step(self, step)

    def _tell_clock(self) -> None:
        for listener in self._listeners:
            listener.on_clock(self)

    # -- what people do

    def sight(self) -> Sight:
        """What can be seen now."""
        return Sight(now=self.now(), step=self.latest, alerts=self.alerts, forecasts=dict(self.pipeline.forecasts))

    def change_alert(self, change: Callable[[AlertBook, datetime], Alert]) -> Alert:
        """Do what a person does with an alert, between two steps; it is written before it is answered, and told to all viewers.

        Raises
        ------
        Overloaded
            When there is no time for it.
        DeiningError
            As the change raises.
        """

        def act(pipeline: Pipeline, _: datetime) -> tuple[Alert, Future[None]]:
            alert = change(pipeline.alerts, self.now())
            written = self._writer.submit(partial(write_alerts, area=self.area.id, alerts=[alert]))
            self.alerts = pipeline.alerts.active
            for listener in self._listeners:
                listener.on_alerts(self, [alert])
            return alert, written

        alert, written = self.ask(act)
        try:
            written.result(timeout=ANSWER_WITHIN_S)
        except TimeoutError:
            raise Overloaded("the store is busy; look whether it was written before you send it again", retry_after_s=5) from None
        return alert

    def change_levels(self, scales: Sequence[LevelScale], who: Who, why: str) -> LevelSet:
        """Put other level scales in force from the next step on, with who set them and why.

        Raises
        ------
        WrongUse
            As `Desk.change_levels`.
        """
        changed = self.desk.change_levels(scales, who, why, self.now())
        self.ask(lambda pipeline, _: pipeline.use_levels(changed.scales))
        return changed


def _slices(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Rows in pieces that take the writer little time each."""
    for first in range(0, len(rows), ROWS_A_PIECE):
        yield rows[first : first + ROWS_A_PIECE]
