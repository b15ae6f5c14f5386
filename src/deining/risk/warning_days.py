"""A day that is over, seen again: what alerts would have been raised from each chance, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from deining.domain.alert import AlertPolicy
from deining.domain.calibration import WarningRecord

CHANCES = (0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.70, 0.80)
"""Chances from which an alert might be raised."""
EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
"""Chances that are said are counted between these."""
KEEP_CHANCE_SHARE = 0.3
"""Hysteresis: an expectation is kept until its chance falls below this share of the chance that raises one. Chances of one place
go up and down by half within minutes; what comes back within the hour is not another alarm."""
BEFORE_S = 300.0
"""An alert is not false when its place was overcrowded so long before it was raised."""
IN_TIME_S = 900.0
"""An overcrowding is told in time when the alert was raised so long before."""
HOLDS_STEPS = 3
"""An overcrowding is so many steps in a row at the level or above."""
OVER_S, OVER_SHARE = 1800.0, 0.9
"""It is over after so long below this share of the level."""
SAID_EVERY_S = 900.0
"""Of what was said, one case each so many seconds is counted."""
LEAST_STEPS = 60
"""A day of fewer steps teaches nothing."""

Numbers = NDArray[np.float32]
Sums = NDArray[np.float64]


class Course:
    """A day's course: by step, each zone's chance and its share of the raising level.

    Parameters
    ----------
    zones
        How many.
    """

    def __init__(self, zones: int) -> None:
        self._zones = zones
        self._steps: list[tuple[Numbers, Numbers]] = []

    def add(self, chances: Numbers, shares: Numbers) -> None:
        """The next step; both of shape (zones,), a share NaN where a zone cannot be seen."""
        self._steps.append((chances, shares))

    def __len__(self) -> int:
        return len(self._steps)

    def table(self) -> tuple[Numbers, Numbers]:
        """Chances and shares, each of shape (steps, zones)."""
        chances, shares = zip(*self._steps, strict=True)
        return np.stack(chances), np.stack(shares)


def find_record(course: Course, policy: AlertPolicy, step_s: float, began: datetime) -> WarningRecord:
    """What one day showed, judged by its own estimates.

    Parameters
    ----------
    policy
        As alerts were raised by; in place of `warn_chance` each of `CHANCES` is tried.
    began
        When the day began: its name.

    Returns
    -------
    WarningRecord
        Of one day; empty where the day was too short to teach anything.
    """
    if len(course) < LEAST_STEPS:
        return WarningRecord()
    chances, shares = course.table()
    begins = [list(_begins(column, step_s)) for column in np.nan_to_num(shares).T]
    raised = list(_alerts(chances, shares, policy, step_s))
    window = Window(shares, policy, step_s)
    false, in_time = np.zeros(len(CHANCES)), np.zeros(len(CHANCES))
    for alert in raised:
        false[alert.tried] += not window.is_crowded(alert)
    for zone, steps in enumerate(begins):
        for begin in steps:
            in_time += window.is_told([alert for alert in raised if alert.zone == zone], begin)
    number, said, came = _said(chances, shares, policy, step_s)
    return WarningRecord(
        days=1.0,
        last=began,
        overcrowdings=float(sum(map(len, begins))),
        false=tuple(false.tolist()),
        in_time=tuple(in_time.tolist()),
        number=tuple(number.tolist()),
        said=tuple(said.tolist()),
        came=tuple(came.tolist()),
    )


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that would have been: zone, number of the chance tried, and steps at which it was raised and cleared."""

    zone: int
    tried: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """What came of an alert, looked up in the day's shares."""

    shares: Numbers
    policy: AlertPolicy
    step_s: float

    def is_crowded(self, alert: Raised) -> bool:
        """Whether the level was reached from shortly before the alert until the time of a warning after it."""
        first = max(0, alert.start - round(BEFORE_S / self.step_s))
        return bool((self.shares[first : alert.start + round(self.policy.warn_ahead_s / self.step_s) + 1, alert.zone] >= 1).any())

    def is_told(self, alerts: list[Raised], begin: int) -> NDArray[np.bool_]:
        """For each chance, whether an overcrowding of the alerts' zone was told in time."""
        told = np.zeros(len(CHANCES), dtype=bool)
        ahead = begin - round(self.policy.warn_ahead_s / self.step_s)
        for alert in alerts:
            told[alert.tried] |= alert.end >= ahead and alert.start <= begin - round(IN_TIME_S / self.step_s)
        return told


def _alerts(chances: Numbers, shares: Numbers, policy: AlertPolicy, step_s: float) -> Iterator[Raised]:
    """The alerts of each zone and chance tried: raised, held and cleared as the alert book and the rules do."""
    tried = np.array(CHANCES, dtype=np.float32)[:, None]
    hold, off, on = (round(seconds / step_s) for seconds in (policy.warn_ahead_s, policy.off_delay_s, policy.on_delay_s))
    shape = (len(CHANCES), chances.shape[1])
    start, held, there = np.full(shape, -1), np.zeros(shape, dtype=np.int64), np.zeros(shape[1], dtype=np.int64)
    for step, (chance, share) in enumerate(zip(chances, shares, strict=True)):
        seen = ~np.isnan(share)
        there = np.where(seen & (share >= 1), there + 1, 0)
        raises = ((chance >= tried) & seen) | (there > on)
        keeps = ((chance >= KEEP_CHANCE_SHARE * tried) & seen) | (share >= policy.keep_share) | (step < start + hold) | raises
        active = start >= 0
        held = np.where(active & keeps, step, held)
        for number, zone in np.argwhere(active & (step - held >= off)):
            yield Raised(int(zone), int(number), int(start[number, zone]), step)
            start[number, zone] = -1
        new = raises & ~active
        start, held = np.where(new, step, start), np.where(new, step, held)
    for number, zone in np.argwhere(start >= 0):
        yield Raised(int(zone), int(number), int(start[number, zone]), len(chances))


def _begins(shares: Numbers, step_s: float) -> Iterator[int]:
    """Steps at which one zone's overcrowdings begin."""
    quiet_steps, is_over, quiet = round(OVER_S / step_s), True, 0
    full = shares >= 1
    for step in range(len(shares) - HOLDS_STEPS + 1):
        if is_over and full[step : step + HOLDS_STEPS].all():
            is_over, quiet = False, 0
            yield step
        quiet = quiet + 1 if shares[step] < OVER_SHARE else 0
        is_over = is_over or quiet >= quiet_steps


def _said(chances: Numbers, shares: Numbers, policy: AlertPolicy, step_s: float) -> tuple[Sums, Sums, Sums]:
    """Between each two of `EDGES`: cases, the sum of what was said, and how often the level came within the time."""
    ahead, every = round(policy.warn_ahead_s / step_s), max(1, round(SAID_EVERY_S / step_s))
    steps = np.arange(0, len(shares) - ahead, every)
    full = shares >= 1
    after = np.cumsum(np.concatenate([np.zeros((1, full.shape[1]), dtype=np.int64), full]), axis=0)
    came = after[steps + ahead + 1] > after[steps + 1]
    judged = (shares[steps] < 1) & (chances[steps] > 0)
    said, hit = chances[steps][judged].astype(np.float64), came[judged]
    part = np.clip(np.searchsorted(EDGES, said, side="right") - 1, 0, len(EDGES) - 2)
    number, total, right = (_sums(part, values) for values in (np.ones(len(said)), said, hit.astype(np.float64)))
    return number, total, right


def _sums(part: NDArray[np.int64], values: Sums) -> Sums:
    """The sum of the values in each part of the chances."""
    return np.bincount(part, weights=values, minlength=len(EDGES) - 1).astype(np.float64)
