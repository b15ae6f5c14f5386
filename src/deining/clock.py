"""Clocks: the wall's, and one that replays a day faster, slower or not at all. Only the loop reads them."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from deining.domain.errors import WrongUse


class LiveClock:
    """The wall's clock."""

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC)


class ReplayClock:
    """A clock over a past or simulated stretch that can be paused, sped up and moved.

    Parameters
    ----------
    start, end
        The stretch; the clock stands still at its end.
    speed
        Replayed seconds per second.
    """

    def __init__(self, start: datetime, end: datetime, *, speed: float = 144.0) -> None:
        self.start, self.end = start, end
        self._lock = threading.Lock()
        self._base, self._since = start, time.monotonic()
        self._speed, self._paused = speed, False

    @property
    def speed(self) -> float:
        """Replayed seconds per second."""
        return self._speed

    @property
    def paused(self) -> bool:
        """Whether it stands still because somebody paused it."""
        return self._paused

    def _read(self) -> datetime:
        passed = 0.0 if self._paused else (time.monotonic() - self._since) * self._speed
        return min(self.end, self._base + timedelta(seconds=passed))

    def now(self) -> datetime:
        """The replayed time, UTC."""
        with self._lock:
            return self._read()

    def set(self, *, paused: bool | None = None, speed: float | None = None, move_to: datetime | None = None) -> None:
        """Pause or go on, change speed, or move.

        Raises
        ------
        WrongUse
            When the speed is not between 1 and 3,600 or the time lies outside the stretch.
        """
        if speed is not None and not 1 <= speed <= 3600:
            raise WrongUse(f"speed is {speed:g}; expected 1 to 3600 replayed seconds per second")
        if move_to is not None and not self.start <= move_to <= self.end:
            raise WrongUse(f"move_to is {move_to.isoformat()}; expected a time from {self.start.isoformat()} to {self.end.isoformat()}")
        with self._lock:
            self._base, self._since = (self._read() if move_to is None else move_to), time.monotonic()
            self._paused = self._paused if paused is None else paused
            self._speed = self._speed if speed is None else speed
