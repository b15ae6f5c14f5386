"""The live stream: messages kept for a while, so that a viewer that reconnects gets what it missed."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

PING_S = 15.0


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event, encoded."""

    number: int
    area: str
    data: bytes


class Viewer:
    """One open connection: a bounded queue of what is to be sent to it."""

    def __init__(self, area: str | None, size: int) -> None:
        self.area = area
        self.is_cut_off = False
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=size)

    def offer(self, message: Message) -> None:
        """Queue a message; a viewer that is too slow to take it is cut off, and comes back for what it missed."""
        if self.area is not None and message.area != self.area:
            return
        try:
            self._queue.put_nowait(message.data)
        except asyncio.QueueFull:
            self.is_cut_off = True

    async def messages(self) -> AsyncIterator[bytes]:
        """Messages as they come, and a comment when none came for a while."""
        while not self.is_cut_off:
            try:
                yield await asyncio.wait_for(self._queue.get(), PING_S)
            except TimeoutError:
                yield b": still here\n\n"


class Stream:
    """All viewers and the latest messages. Used in the server's event loop alone.

    Parameters
    ----------
    keep
        Messages kept for viewers that reconnect.
    queue_size
        Messages that may wait for one slow viewer.
    """

    def __init__(self, *, keep: int, queue_size: int) -> None:
        self._run = secrets.token_hex(4)
        self._kept: deque[Message] = deque(maxlen=keep)
        self._viewers: set[Viewer] = set()
        self._queue_size = queue_size
        self._number = 0

    def publish(self, area: str, kind: str, body: bytes) -> None:
        """Send a message to every viewer of the area."""
        self._number += 1
        head = f"id: {self._run}-{self._number}\nevent: {kind}\ndata: ".encode()
        message = Message(self._number, area, b"".join((head, body, b"\n\n")))
        self._kept.append(message)
        for viewer in self._viewers:
            viewer.offer(message)

    def _missed(self, last_id: str | None) -> list[Message] | None:
        """What came after an id; None when that is not known any more."""
        run, _, number = (last_id or "").partition("-")
        if run != self._run or not number.isdigit() or int(number) > self._number:
            return None
        if self._kept and int(number) < self._kept[0].number - 1:
            return None
        return [message for message in self._kept if message.number > int(number)]

    async def follow(self, area: str | None, last_id: str | None, hello: bytes, snapshot: Callable[[], list[tuple[str, bytes]]]) -> AsyncIterator[bytes]:
        """A viewer's whole stream: hello, what it missed or else the full state, and then what happens.

        Parameters
        ----------
        snapshot
            Gives (kind, body) of messages that hold the full state.
        """
        viewer = Viewer(area, self._queue_size)
        missed = self._missed(last_id)
        self._viewers.add(viewer)
        try:
            yield b"event: hello\ndata: " + hello + b"\n\n"
            if missed is None:
                here = f"id: {self._run}-{self._number}\n".encode()
                for kind, body in snapshot():
                    yield b"".join((here, b"event: ", kind.encode(), b"\ndata: ", body, b"\n\n"))
            for message in missed or []:
                if area is None or message.area == area:
                    yield message.data
            async for data in viewer.messages():
                yield data
        finally:
            self._viewers.discard(viewer)
