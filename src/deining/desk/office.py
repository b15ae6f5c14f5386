"""What every part of a desk works with: the area, its book, the store, and what can be seen now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from deining.domain.alert import Alert
from deining.domain.area import Area
from deining.domain.errors import Overloaded
from deining.domain.forecast import Forecast
from deining.domain.notice import ChannelSetting, Notice
from deining.pipeline import Step
from deining.storage.database import Connection
from deining.storage.outbox import enqueue
from deining.storage.writer import Writer

WRITTEN_WITHIN_S = 20.0
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What can be seen at a moment.

    Parameters
    ----------
    now
        The area's time.
    step
        The latest; None before there was one.
    alerts
        Those that stand.
    forecasts
        The latest of every place and quantity.
    """

    now: datetime
    step: Step | None = None
    alerts: Sequence[Alert] = ()
    forecasts: Mapping[tuple[str, str], Sequence[Forecast]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who acts, and in which role."""

    name: str
    role: str


@dataclass(slots=True, kw_only=True)
class Office:
    """One area's store of what people do.

    Parameters
    ----------
    mode
        `live`, `replay`, `simulation` or `exercise`.
    book
        The book that is written in; empty before the area began.
    channels
        All that are set up; the outbox knows which notice goes where.
    wall
        The wall clock's time: notices are due by it, also where the area's time is another.
    """

    area: Area
    mode: str
    writer: Writer
    open_reader: Callable[[], Connection]
    wall: Callable[[], datetime]
    channels: Sequence[ChannelSetting] = ()
    book: str = ""

    def write(self, work: Callable[[Connection], Found]) -> Found:
        """Do some writing in the next commit; what it gives, once that is on the disk.

        Raises
        ------
        Overloaded
            When the writer is too busy: whether it was written is not known yet.
        DeiningError
            As the work raises.
        """
        answer: Future[Found] = self.writer.submit(work)
        try:
            return answer.result(timeout=WRITTEN_WITHIN_S)
        except TimeoutError:
            raise Overloaded("the store is busy; look whether it was written before you send it again", retry_after_s=5) from None

    def enqueue(self, connection: Connection, notices: Sequence[Notice]) -> None:
        """Put notices in the outbox, in the commit of what they tell of."""
        if notices:
            enqueue(connection, notices, self.channels, self.wall())
