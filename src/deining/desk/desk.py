"""The desk of one area: its book, its levels, and the parts that people work with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import datetime, timedelta

from deining.background import Background
from deining.desk.barriers import Barriers
from deining.desk.log import Log
from deining.desk.office import Office, Who
from deining.desk.response import Response
from deining.domain.alert import Alert
from deining.domain.area import Area
from deining.domain.errors import WrongUse
from deining.domain.levels import LevelScale, LevelSet
from deining.domain.notice import ChannelSetting, Mode, Notice
from deining.response.notices import notices_for, test_notice
from deining.storage.books import begin_book, find_book
from deining.storage.database import Connection
from deining.storage.levels import keep_folder_levels, list_levels, write_levels
from deining.storage.writer import Writer

log = logging.getLogger(__name__)

JUDGE_EVERY = timedelta(minutes=15)
CLOSE_WITHIN_S = 5.0
FOLDER = "area folder"


class Desk:
    """What people do in one area.

    Parameters
    ----------
    mode
        `live`, `replay`, `simulation` or `exercise`: what is done in any but the first stays apart, and leaves no machine.
    channels
        The ways to tell people that are set up.
    wall
        The wall clock.
    """

    def __init__(
        self,
        area: Area,
        mode: str,
        *,
        writer: Writer,
        open_reader: Callable[[], Connection],
        wall: Callable[[], datetime],
        channels: Sequence[ChannelSetting] = (),
    ) -> None:
        self.office = Office(area=area, mode=mode, writer=writer, open_reader=open_reader, wall=wall, channels=channels)
        self.log = Log(self.office)
        self.response = Response(self.office, self.log)
        self.barriers = Barriers(self.office, self.log)
        self.failure = ""
        self._levels: LevelSet | None = None
        self._work = Background(f"deining-{area.id}-desk")
        self._judged_at: datetime | None = None

    @property
    def book(self) -> str:
        """The book that is written in; empty before the area began."""
        return self.office.book

    @property
    def scales(self) -> Sequence[LevelScale]:
        """The scales in force; those of the area folder before the area began."""
        return self.office.area.levels if self._levels is None else self._levels.scales

    @property
    def levels(self) -> LevelSet:
        """The level scales in force.

        Raises
        ------
        WrongUse
            Before the area began.
        """
        if self._levels is None:
            raise WrongUse(f"area {self.office.area.id} is starting; ask again in a moment")
        return self._levels

    def open(self, now: datetime) -> None:
        """Open the book of this mode where it was left, or its first; called in the area's own thread, as `begin_anew`."""
        area, mode = self.office.area.id, self.office.mode
        self._take(now, lambda connection: find_book(connection, area, mode) or begin_book(connection, area, mode, now))

    def begin_anew(self, now: datetime) -> None:
        """Begin another book: the replay or exercise went back to a moment."""
        self._take(now, lambda connection: begin_book(connection, self.office.area.id, self.office.mode, now))

    def _take(self, now: datetime, choose: Callable[[Connection], str]) -> None:
        area = self.office.area

        def work(connection: Connection) -> tuple[str, LevelSet]:
            book = choose(connection)
            by = f"{area.levels_by} ({FOLDER})" if area.levels_by else FOLDER
            return book, keep_folder_levels(connection, area.id, book, area.levels, now, by, area.levels_why)

        self.office.book, self._levels = self.office.write(work)
        self._judged_at = None

    # -- levels

    def change_levels(self, scales: Sequence[LevelScale], who: Who, why: str, now: datetime) -> LevelSet:
        """Keep a new version of the level scales, with who set them and why.

        Raises
        ------
        WrongUse
            When no reason is given, or no scale.
        """
        if not why.strip():
            raise WrongUse("levels were changed without a reason; say why, it is kept with the version")
        if not scales:
            raise WrongUse("no level scale was given; give all that are to hold from now on")
        area, book = self.office.area.id, self.office.book
        self._levels = self.office.write(lambda connection: write_levels(connection, area, book, tuple(scales), now, who.name, who.role, why.strip()))
        return self._levels

    def list_levels(self) -> list[LevelSet]:
        """All versions of this book, newest first."""
        with closing(self.office.open_reader()) as connection:
            return list_levels(connection, self.office.area.id, self.office.book)

    # -- beside the loop

    def notices_of(self, changed: Iterable[Alert], before: Iterable[Alert], now: datetime) -> list[Notice]:
        """What people are told of the alerts that changed in a step."""
        return notices_for(changed, before, self.office.area, mode=Mode(self.office.mode), book=self.office.book, now=now)

    def test_notice(self, now: datetime) -> Notice:
        """Send a test every way that is set up for this area."""
        notice = test_notice(self.office.area, mode=Mode(self.office.mode), book=self.office.book, now=now)
        self.office.write(lambda connection: self.office.enqueue(connection, [notice]))
        return notice

    def consider(self, now: datetime) -> None:
        """Judge measures in the background, when a while has passed."""
        if self._work.busy or (self._judged_at is not None and now - self._judged_at < JUDGE_EVERY):
            return
        self._judged_at = now
        self._work.ask(lambda: self._judge(now))

    def _judge(self, now: datetime) -> None:
        try:
            self.response.judge(now)
            self.failure = ""
        except Exception as error:  # the edge of this thread's loop: recorded, shown, and tried again
            self.failure = f"{type(error).__name__}: {error}"
            log.exception("area %s: measures could not be judged", self.office.area.id)

    def close(self) -> None:
        """End after the piece in hand."""
        self._work.close(CLOSE_WITHIN_S)
