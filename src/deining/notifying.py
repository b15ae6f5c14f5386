"""The dispatcher: takes what waits in the outbox and tells it, a thread a channel, at least once and never silently not.

A notice is marked as delivered after it was sent, so a kill in between sends it once more with the same key. What cannot
be sent is tried again, each time after a longer wait; after many tries, or when it is too old, it is given up with the
reason, which stands on the screen. A channel that fails or hangs holds up no other.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from deining.domain.errors import ChannelRefused, ChannelUnavailable, UnknownName, WrongData
from deining.domain.notice import SCREEN, Channel, ChannelSetting
from deining.domain.ports import Clock
from deining.response.channels import CHANNELS, FORMS
from deining.storage.channel_file import read_channels
from deining.storage.database import Connection
from deining.storage.outbox import Delivery, give_up_strangers, mark_delivered, mark_failed, mark_given_up, read_due
from deining.storage.writer import Work, Writer

log = logging.getLogger(__name__)

MOST_HUNG = 3
"""Sends of one channel that may hang at a time; while so many do, nothing more is sent over it."""
MOST_UNMARKED = 64
FAILURES_BEFORE_PAUSE = 3
"""After so many failures in a row the whole channel waits, since it is not one notice that cannot be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPolicy:
    """How the dispatcher goes about it.

    Parameters
    ----------
    first_wait_s, most_wait_s
        Wait after the first failure, s; it doubles with each further one up to the most.
    most_tries
        After so many a notice is given up.
    send_limit_s
        No send takes longer, s; a channel's own time limit should be shorter.
    poll_s
        The outbox is looked at so often, s, also when nobody says that something is in it.
    batch
        Most notices read at a time.
    """

    first_wait_s: float = 2.0
    most_wait_s: float = 300.0
    most_tries: int = 50
    send_limit_s: float = 60.0
    poll_s: float = 1.0
    batch: int = 200


def back_off_s(tries: int, policy: DispatchPolicy, draw: float) -> float:
    """Wait before the next try, s: doubling, and spread over half to the whole of it, so that not all come at once.

    Parameters
    ----------
    tries
        Failures so far, from 1.
    draw
        A random number in [0, 1).

    References
    ----------
    M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("equal jitter").
    """
    whole = min(policy.most_wait_s, policy.first_wait_s * 2.0 ** min(tries - 1, 60))
    return whole * (0.5 + 0.5 * draw)


def read_all_channels(data: Path, area_folders: Mapping[str, Path]) -> list[ChannelSetting]:
    """All channels that the data folder and the area folders set up, without the screen.

    Raises
    ------
    WrongData
        With all that is wrong in their `channels.toml`.
    """
    found, findings = read_channels(data, FORMS)
    told = [f"{data}: {finding}" for finding in findings]
    told += [
        f"{data}: channel {one.name}: areas: found {area!r}; expected of {', '.join(area_folders)}"
        for one in found
        for area in one.areas
        if area not in area_folders
    ]
    for area, folder in area_folders.items():
        more, findings = read_channels(folder, FORMS, area=area)
        found += more
        told += [f"area {area}: {finding}" for finding in findings]
    if told:
        raise WrongData("; ".join(told[:3]) + (f"; and {len(told) - 3} more" if len(told) > 3 else ""))
    return found


def build_channels(settings: Iterable[ChannelSetting], environment: Mapping[str, str], data: Path) -> dict[str, Channel]:
    """The channels by name, ready to send.

    Raises
    ------
    UnknownName
        When there is no such kind of channel.
    WrongData
        When one is not set up right, or the variable of a secret is not set.
    """
    built: dict[str, Channel] = {}
    for setting in settings:
        if setting.kind not in CHANNELS:
            raise UnknownName("kind of channel", setting.kind, list(CHANNELS))
        if setting.kind != SCREEN:
            built[setting.name] = CHANNELS[setting.kind](setting, environment, data)
    return built


@dataclass(slots=True)
class _Mark:
    """What is to be written of a notice that was dealt with, until it is."""

    work: Work
    answer: Future[Any] = field(default_factory=Future)


class _Worker:
    """Sends what waits for one channel, in a thread of its own."""

    def __init__(
        self, name: str, channel: Channel, policy: DispatchPolicy, *, writer: Writer, open_reader: Callable[[], Connection], clock: Clock, seed: int
    ) -> None:
        self.name, self._channel, self._policy = name, channel, policy
        self._writer, self._open_reader, self._clock = writer, open_reader, clock
        self._random = random.Random(f"{seed}-{name}")  # noqa: S311 - spreads retries, protects nothing
        self._wake, self._stop = threading.Event(), threading.Event()
        self._marks: dict[int, _Mark] = {}
        self._hung: list[threading.Thread] = []
        self._failures = 0
        self._pause_until: datetime | None = None
        self.failure = ""
        self._thread = threading.Thread(target=self._run, name=f"deining-notify-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()

    def join(self, within_s: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(within_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(self._open_reader()) as connection:
                    self._work(connection)
            except Exception as error:  # noqa: BLE001 - the edge of this thread's loop: recorded, shown, and tried again
                if self._stop.is_set():
                    return
                self.failure = f"{type(error).__name__}: {error}"
                log.error("channel %s: the outbox could not be read or written: %s", self.name, self.failure)
                self._stop.wait(self._policy.poll_s)

    def _work(self, connection: Connection) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            if self._settle() and not self._is_paused():
                due = [one for one in read_due(connection, self.name, self._clock.now(), self._policy.batch) if one.number not in self._marks]
                for delivery in due:
                    self._deliver(delivery)
                    if self._stop.is_set() or self._is_paused() or len(self._marks) >= MOST_UNMARKED:
                        break
                if due or self._marks:
                    self._wait_for_marks()
                    continue
            self._wake.wait(self._policy.poll_s)

    def _is_paused(self) -> bool:
        return self._pause_until is not None and self._clock.now() < self._pause_until

    def _deliver(self, delivery: Delivery) -> None:
        now, number = self._clock.now(), delivery.number
        if delivery.expires_at is not None and now >= delivery.expires_at:
            why = f"not delivered before {delivery.expires_at.isoformat()}, after which it is too old" + (f"; last: {self.failure}" if self.failure else "")
            self._mark(number, partial(mark_given_up, number=number, now=now, why=why, tried=False))
            return
        try:
            self._send(delivery, now)
        except ChannelRefused as error:
            self._failures, self.failure, self._pause_until = 0, "", None
            log.warning("channel %s: notice %s is given up: %s", self.name, delivery.notice.id, error)
            self._mark(number, partial(mark_given_up, number=number, now=self._clock.now(), why=str(error), tried=True))
        except ChannelUnavailable as error:
            self._put_off(delivery, error)
        else:
            self._failures, self.failure, self._pause_until = 0, "", None
            self._mark(number, partial(mark_delivered, number=number, now=self._clock.now()))

    def _put_off(self, delivery: Delivery, error: ChannelUnavailable) -> None:
        """Try again later, or give up after the last try."""
        now, tries, number = self._clock.now(), delivery.tries + 1, delivery.number
        self.failure = str(error)
        self._failures += 1
        if self._failures >= FAILURES_BEFORE_PAUSE:
            pause_s = back_off_s(self._failures - FAILURES_BEFORE_PAUSE + 1, self._policy, self._random.random())
            self._pause_until = now + timedelta(seconds=pause_s)
        if tries >= self._policy.most_tries:
            self._mark(number, partial(mark_given_up, number=number, now=now, why=f"tried {tries} times; last: {error}", tried=True))
            return
        wait_s = max(back_off_s(tries, self._policy, self._random.random()), min(error.retry_after_s or 0.0, self._policy.most_wait_s))
        self._mark(number, partial(mark_failed, number=number, next_at=now + timedelta(seconds=wait_s), why=str(error)))

    def _send(self, delivery: Delivery, now: datetime) -> None:
        """Send within the limit; what still hangs then is left behind.

        Raises
        ------
        ChannelUnavailable, ChannelRefused
            As the channel does; any other error of a channel counts as the first.
        """
        self._hung = [thread for thread in self._hung if thread.is_alive()]
        if len(self._hung) >= MOST_HUNG:
            raise ChannelUnavailable(f"{MOST_HUNG} earlier sends over channel {self.name} still hang")
        ended: list[Exception | None] = []

        def send() -> None:
            try:
                self._channel.send(delivery.notice, now)
                ended.append(None)
            except Exception as error:  # noqa: BLE001 - the edge of this send: handed to the channel's thread
                ended.append(error)

        thread = threading.Thread(target=send, name=f"deining-send-{self.name}", daemon=True)
        thread.start()
        thread.join(self._policy.send_limit_s)
        if not ended:
            self._hung.append(thread)
            raise ChannelUnavailable(f"channel {self.name} took longer than {self._policy.send_limit_s:g} s")
        error = ended[0]
        if error is None:
            return
        if isinstance(error, ChannelUnavailable | ChannelRefused):
            raise error
        log.error("channel %s: unexpected failure", self.name, exc_info=error)
        raise ChannelUnavailable(f"channel {self.name} failed unexpectedly ({type(error).__name__}: {error})") from error

    # -- what was done is written in the next commit; until it is, the notice is not touched again

    def _mark(self, number: int, work: Work) -> None:
        self._marks[number] = _Mark(work, self._writer.submit(work))

    def _wait_for_marks(self) -> None:
        for mark in list(self._marks.values()):
            mark.answer.exception(timeout=self._policy.send_limit_s)

    def _settle(self) -> bool:
        """Forget what is written, and write again what could not be; whether all is well."""
        failed = []
        for number, mark in list(self._marks.items()):
            if not mark.answer.done():
                continue
            error = mark.answer.exception()
            if error is None:
                del self._marks[number]
            else:
                failed.append(number)
                self.failure = f"what was sent could not be written down: {error}"
        for number in failed:
            self._mark(number, self._marks[number].work)
        return not failed


class Dispatcher:
    """Tells what waits in the outbox, over all channels, until it is closed.

    Parameters
    ----------
    channels
        By name, as in the outbox.
    clock
        The wall's.
    seed
        For the spread of retries.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        *,
        writer: Writer,
        open_reader: Callable[[], Connection],
        clock: Clock,
        seed: int,
        policy: DispatchPolicy | None = None,
    ) -> None:
        self._writer, self._clock = writer, clock
        chosen = policy or DispatchPolicy()
        self._workers = [_Worker(name, channel, chosen, writer=writer, open_reader=open_reader, clock=clock, seed=seed) for name, channel in channels.items()]

    @property
    def failures(self) -> dict[str, str]:
        """By channel: what went wrong last, in one sentence; only those that do not work now."""
        return {worker.name: worker.failure for worker in self._workers if worker.failure}

    def start(self) -> None:
        """Begin with what waits; what waits for a channel that is no longer there is given up."""
        names = [worker.name for worker in self._workers]
        self._writer.submit(lambda connection: give_up_strangers(connection, names, self._clock.now())).result()
        for worker in self._workers:
            worker.start()

    def wake(self) -> None:
        """Something was put into the outbox: look now. Called after the commit, from any thread."""
        for worker in self._workers:
            worker.wake()

    def close(self, within_s: float = 5.0) -> None:
        """End after the notices in hand; a send that hangs longer is left behind and sent again at the next start.

        Called before the writer is closed.
        """
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join(within_s)
