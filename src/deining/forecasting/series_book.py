"""What forecasters learn from: the course of each place in equal steps, kept for some weeks and filled as the day goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from deining.domain.series import FloatArray, Series

Key = tuple[str, str]

FEWEST_SHARE = 0.5
"""Share of a step that must have been measured before the step has a value."""
OPEN_S = 3 * 3600
"""So long a step stays open for what comes late, s."""


@dataclass(slots=True)
class _Course:
    """The steps of one quantity at one target; `open_steps` holds (integral, seconds measured) of the latest ones."""

    step_s: int
    is_count: bool
    first_s: int
    values: FloatArray
    open_steps: dict[int, tuple[float, float]] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    used: int = 0

    def put(self, start_s: int, value: float) -> None:
        index = (start_s - self.first_s) // self.step_s
        if index < 0:
            return
        if index >= len(self.values):
            grown = np.full(max(index + 1, 2 * len(self.values), 64), np.nan)
            grown[: self.used] = self.values[: self.used]
            self.values = grown
        self.values[index] = value
        self.used = max(self.used, index + 1)
        self.changed.add(start_s)

    def forget_before(self, time_s: int) -> None:
        drop = (time_s - self.first_s) // self.step_s
        if drop > self.used // 4 and drop > 0:
            self.values = self.values[drop : self.used].copy()
            self.first_s, self.used = self.first_s + drop * self.step_s, max(0, self.used - drop)


class SeriesBook:
    """The series of all places of an area.

    A step's value is the mean over what was measured of it (for `count`: persons in the whole step, at the measured
    rate), and missing when less than half of it was measured. A row of several steps is spread over them evenly.

    Parameters
    ----------
    keep_s
        Steps older than so many seconds are forgotten.
    """

    def __init__(self, *, keep_s: int) -> None:
        self._keep_s = keep_s
        self._courses: dict[Key, _Course] = {}

    def load(self, series: Iterable[Series]) -> None:
        """Take series learned before; they replace what is known of the same target and quantity."""
        for one in series:
            course = _Course(one.step_s, one.quantity == "count", one.first_s, one.values.copy(), used=len(one.values))
            self._courses[one.target, one.quantity] = course

    def add(self, target: str, quantity: str, step_s: int, start_s: float, end_s: float, amount: float, share: float = 1.0) -> None:
        """Add what was measured in [start, end).

        Parameters
        ----------
        amount
            For `count` the persons in the interval, else the mean over the interval.
        share
            How much of the whole was measured: 0.5 for one of two ways.
        """
        if (target, quantity) not in self._courses:
            self._courses[target, quantity] = _Course(step_s, quantity == "count", int(start_s) // step_s * step_s, np.full(64, np.nan))
        course = self._courses[target, quantity]
        rate = amount / (end_s - start_s) if course.is_count else amount
        step_s = course.step_s
        step = course.first_s + int((start_s - course.first_s) // step_s) * step_s
        while step < end_s:
            part_s = min(end_s, step + step_s) - max(start_s, step)
            integral, measured_s = course.open_steps.get(step, (0.0, 0.0))
            integral, measured_s = integral + rate * part_s, measured_s + share * part_s
            course.open_steps[step] = (integral, measured_s)
            if measured_s >= FEWEST_SHARE * step_s:
                course.put(step, integral / measured_s * (step_s if course.is_count else 1))
            step += step_s

    def close_steps(self, now: datetime) -> None:
        """Forget what is older than is kept, and end the steps for which nothing is awaited any more."""
        now_s = int(now.timestamp())
        for course in self._courses.values():
            course.open_steps = {start: found for start, found in course.open_steps.items() if start + course.step_s > now_s - OPEN_S}
            course.forget_before(now_s - self._keep_s)

    def find(self, target: str, quantity: str) -> Series | None:
        """The series of a target, or None when nothing was measured yet."""
        course = self._courses.get((target, quantity))
        if course is None or not course.used:
            return None
        return Series(target=target, quantity=quantity, first_s=course.first_s, step_s=course.step_s, values=course.values[: course.used])

    def list_keys(self) -> list[Key]:
        """(target, quantity) of all series."""
        return list(self._courses)

    def take_changes(self) -> list[tuple[str, str, int, int, float]]:
        """(target, quantity, step_s, start_s, value) of each step that changed since this was last asked."""
        rows = []
        for (target, quantity), course in self._courses.items():
            for start_s in sorted(course.changed):
                index = (start_s - course.first_s) // course.step_s
                if 0 <= index < course.used:
                    rows.append((target, quantity, course.step_s, start_s, float(course.values[index])))
            course.changed.clear()
        return rows
