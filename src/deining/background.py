"""A thread of low priority that does one piece of work at a time, beside the loop of an area."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable

NICER = 10
"""By how much its priority is lower, where the system gives each thread its own."""


class Background:
    """Does what it is asked, unless it is busy; begins with the first piece of work.

    Parameters
    ----------
    name
        Of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._busy = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def stopping(self) -> bool:
        """Whether it is to end: long work asks for this now and then."""
        return self._stop.is_set()

    @property
    def busy(self) -> bool:
        """Whether it works on something."""
        return self._busy.is_set()

    def ask(self, work: Callable[[], None]) -> bool:
        """Begin with some work, which deals with its own failures; whether it could. One thread alone asks."""
        if self.busy or self.stopping:
            return False
        self._busy.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._asked.put(work)
        return True

    def close(self, within_s: float) -> None:
        """End; work that does not ask whether to stop is waited for so long and then left behind."""
        self._stop.set()
        self._asked.put(None)
        if self._thread is not None:
            self._thread.join(timeout=within_s)

    def _run(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICER)
        while (work := self._asked.get()) is not None:
            try:
                work()
            finally:
                self._busy.clear()
