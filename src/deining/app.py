"""The only place that chooses real parts: a data folder, the areas on it, and what each of them lives on."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from deining.clock import LiveClock, ReplayClock
from deining.domain.area import Area
from deining.domain.errors import UnknownName, WrongTable, WrongUse
from deining.domain.notice import ChannelSetting
from deining.domain.observation import Observation
from deining.notifying import Dispatcher, build_channels, read_all_channels
from deining.runner import Feed, Runner
from deining.settings import Settings
from deining.sources.auckland import AucklandCounts
from deining.sources.event_day import EventDay, simulate_series
from deining.sources.tables import TableSource
from deining.storage.area_folder import find_area_folder, read_area
from deining.storage.books import LIVE, find_other_mode
from deining.storage.database import Connection, open_database, open_reader
from deining.storage.history import DayHistory
from deining.storage.lock import FolderLock
from deining.storage.models import ModelFolder
from deining.storage.rows import StoredRows, read_latest
from deining.storage.tokens import TokenHolder, issue_token
from deining.storage.writer import Writer

HISTORY_FOLDER, MODEL_FOLDER = "history", "models"
STRAND_DAY = date(2026, 7, 18)
STRAND_DAYS = 28
"""Simulated days before the event day: four weeks, as the mean of four ordinary weeks needs."""


class App:
    """A running deining: one data folder, one writer, one runner an area.

    Parameters
    ----------
    folder
        The data folder; made when it is not there.

    Raises
    ------
    WrongUse
        When the folder cannot be used, or another deining uses it.
    DataFolderTooNew
        When a later version wrote it.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self._lock = FolderLock(folder)
        self.writer = Writer(
            open_database(folder),
            folder,
            queue_jobs=settings.queue_posts,
            commit_rows=settings.commit_rows,
            min_free_bytes=settings.min_free_disk_bytes,
        )
        self.runners: dict[str, Runner] = {}
        self._training = threading.Lock()
        self._channels: list[ChannelSetting] = []
        self._dispatcher: Dispatcher | None = None

    def set_up_channels(self, area_folders: Mapping[str, Path], environment: Mapping[str, str] = os.environ) -> list[str]:
        """Set up the ways to tell people that the data folder and the area folders name, before any area is added; their names.

        Raises
        ------
        WrongData
            With all that is wrong in a `channels.toml`, or the variable of a secret that is not set.
        """
        self._channels = read_all_channels(self.folder, area_folders)
        built = build_channels(self._channels, environment, self.folder)
        self._dispatcher = Dispatcher(built, writer=self.writer, open_reader=self.open_reader, clock=LiveClock(), seed=secrets.randbits(32))
        return list(built)

    def wake_dispatcher(self) -> None:
        """Something new waits to be told: look now."""
        if self._dispatcher is not None:
            self._dispatcher.wake()

    @property
    def channel_failures(self) -> dict[str, str]:
        """By channel: why it does not work now."""
        return self._dispatcher.failures if self._dispatcher is not None else {}

    def open_reader(self) -> Connection:
        """A connection for reading; the caller closes it."""
        return open_reader(self.folder)

    def add_live_area(self, area: Area) -> Runner:
        """Run an area on the wall's clock and what is posted to it."""
        return self._add(area, LiveClock(), None)

    def add_replay(self, area: Area, feed: Feed, clock: ReplayClock) -> Runner:
        """Run an area on a past or simulated stretch."""
        return self._add(area, clock, feed)

    def _add(self, area: Area, clock: LiveClock | ReplayClock, feed: Feed | None) -> Runner:
        mode = feed.mode if feed else LIVE
        with closing(self.open_reader()) as connection:
            other = find_other_mode(connection, area.id, mode)
            if other is not None:
                raise WrongUse(f"data folder {self.folder} holds area {area.id} as {other}, and this is {mode}: the two never mix; give another --data")
            latest = max((o.end for o in read_latest(connection, area.id)), default=None)
        history = DayHistory(self.folder / HISTORY_FOLDER, area.id, self.open_reader, latest)
        models = ModelFolder(self.folder / MODEL_FOLDER, area.id)
        runner = Runner(
            area,
            clock,
            self.settings,
            writer=self.writer,
            open_reader=self.open_reader,
            history=history,
            models=models,
            training=self._training,
            feed=feed,
            channels=self._channels,
            on_notice=self.wake_dispatcher,
        )
        self.runners[area.id] = runner
        return runner

    def get_runner(self, area: str) -> Runner:
        """The runner of an area.

        Raises
        ------
        UnknownName
            When no such area runs here.
        """
        if area not in self.runners:
            raise UnknownName("area", area, list(self.runners))
        return self.runners[area]

    def start(self) -> None:
        """Start all areas, and tell what waits."""
        for runner in self.runners.values():
            runner.start()
        if self._dispatcher is not None:
            self._dispatcher.start()

    def close(self) -> None:
        """Stop all areas, write what waits, and let go of the data folder."""
        try:
            for runner in self.runners.values():
                runner.close()
            if self._dispatcher is not None:
                self._dispatcher.close()
        finally:
            self.writer.close()
            self._lock.release()

    def store(self, area: str, observations: Sequence[Observation]) -> Future[StoredRows]:
        """Store observations of an area; once they are committed its runner hears of the new ones.

        Raises
        ------
        Overloaded, DiskFilling
            As `Writer.store`.
        """
        runner = self.get_runner(area)
        answer = self.writer.store(area, observations)
        answer.add_done_callback(lambda done: None if done.exception() else runner.take(done.result().new))
        return answer


def add_exercise(app: App, area: Area, observations: Path, *, speed: float) -> Runner:
    """Run an area on a table of observations as if it happened now, for people to practise with: nothing leaves the machine.

    Raises
    ------
    WrongTable
        When the table holds no observation that this area takes.
    """
    source = TableSource(observations)
    times_us = source.table.available_us
    if not len(times_us):
        raise WrongTable(f"{observations}: found no observation; expected those of a past day of area {area.id}")
    begin, end = (datetime.fromtimestamp(int(us) // 60_000_000 * 60 + minutes * 60, UTC) for us, minutes in ((times_us.min(), 0), (times_us.max(), 1)))
    return app.add_replay(area, Feed(mode="exercise", source=source, begin_at=begin), ReplayClock(begin, end, speed=speed))


def make_token(folder: Path, area: Area, sensor: str) -> str:
    """A new token for a sensor of an area, valid at once, also while a server runs on the folder.

    Raises
    ------
    UnknownName
        When the area has no such sensor.
    """
    if sensor not in area.sensors:
        raise UnknownName(f"sensor in area {area.id}", sensor, list(area.sensors))
    with closing(open_database(folder)) as connection:
        return issue_token(connection, TokenHolder(area.id, sensor))


def add_demo_areas(app: App, *, begins_anew: bool = False) -> None:
    """Both shipped areas: Auckland's real counts replayed, and a simulated event day in Strand.

    Parameters
    ----------
    begins_anew
        Whether a demo that was played before begins again, rather than going on where it stopped.
    """
    _add_strand(app, begins_anew)
    _add_auckland(app, begins_anew)


def find_demo_folder() -> Path:
    """Where the demo keeps its data between two starts, so that the second is quick.

    It is named after all that makes the demo, and earlier ones are removed: a new version starts from nothing.
    """
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for file in sorted([*package.rglob("*.py"), *package.rglob("*.sql"), *(package / "areas").rglob("*.*")]):
        digest.update(file.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deining"
    folder = cache / f"demo-{digest.hexdigest()[:12]}"
    for other in cache.glob("demo-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _local(area: Area, year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=area.timezone).astimezone(UTC)


def _add_strand(app: App, begins_anew: bool) -> None:
    area = read_area(find_area_folder("strand"))
    day = EventDay(area, STRAND_DAY)
    feed = Feed(
        mode="simulation",
        source=day,
        begins_anew=begins_anew,
        begin_at=_local(area, STRAND_DAY.year, STRAND_DAY.month, STRAND_DAY.day, 18),
        read_history=lambda: simulate_series(area, STRAND_DAY - timedelta(days=STRAND_DAYS), STRAND_DAYS, step_s=app.settings.forecast_step_s),
    )
    app.add_replay(area, feed, ReplayClock(day.begin, day.end))


def _add_auckland(app: App, begins_anew: bool) -> None:
    area = read_area(find_area_folder("auckland"))
    counts = AucklandCounts()
    start, end = _local(area, 2025, 11, 29, 4), _local(area, 2025, 12, 1, 4)
    weeks = timedelta(weeks=max(app.settings.history_weeks, app.settings.learn_weeks))
    feed = Feed(
        mode="replay",
        source=counts,
        begins_anew=begins_anew,
        begin_at=_local(area, 2025, 11, 29, 10),
        read_history=lambda: [series.until(start).since(start - weeks) for series in counts.read_series()],
    )
    app.add_replay(area, feed, ReplayClock(start, end))
