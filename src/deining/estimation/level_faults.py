"""Faults of sensors that see how many people there are: dark, stuck, jumping, drifting, impossible."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DARK_AT = 16.0
STUCK_AT, STUCK_FROM = 25.0, 20.0
"""Odds against one number so often in a row (natural logarithm); fewer persons than `STUCK_FROM` may well stay the same."""
JUMPING_AT, LEAP_SD, LEAP_KEEP, CALM_BELOW = 4.0, 7.0, 0.9, 1.0
DRIFTING_SD = 5.0
IMPOSSIBLE_AT = 3
MOST_AT_ONCE = 4.0
CALM_SD, CALM_ROWS = 2.0, 10


class LevelFault(IntEnum):
    """Why a level sensor is left out of the estimate."""

    NONE = 0
    DARK = 1
    STUCK = 2
    JUMPING = 3
    DRIFTING = 4
    IMPOSSIBLE = 5


@dataclass(slots=True)
class LevelHealth:
    """What is known of each level sensor's health.

    Attributes
    ----------
    fault, since
        Why it is left out, and since which minute.
    last, off
        What it said last, and how far that was from what was expected, in standard deviations; NaN before the first.
    same, dark, leaps, too_many
        Odds against so many equal readings and against so many zeros (natural logarithms), how many of the last
        readings leapt, older ones weighing less, and how many in a row were more than there can be.
    same_since, dark_since, leaps_since, too_many_since
        The minute in which each began.
    calm
        Readings in a row that were near what was expected.
    """

    fault: NDArray[np.int64]
    since: NDArray[np.int64]
    last: Array
    off: Array
    same: Array
    dark: Array
    leaps: Array
    too_many: Array
    same_since: NDArray[np.int64]
    dark_since: NDArray[np.int64]
    leaps_since: NDArray[np.int64]
    too_many_since: NDArray[np.int64]
    calm: NDArray[np.int64]

    @classmethod
    def good(cls, sensors: int) -> LevelHealth:
        """All is well."""
        unknown, zeros, none = np.full(sensors, np.nan), np.zeros(sensors), np.zeros(sensors, dtype=int)
        return cls(
            fault=none.copy(),
            since=none.copy(),
            last=unknown.copy(),
            off=unknown.copy(),
            same=zeros.copy(),
            dark=zeros.copy(),
            leaps=zeros.copy(),
            too_many=zeros.copy(),
            same_since=none.copy(),
            dark_since=none.copy(),
            leaps_since=none.copy(),
            too_many_since=none.copy(),
            calm=none.copy(),
        )

    @property
    def out(self) -> NDArray[np.bool_]:
        """By sensor: whether it is left out."""
        found: NDArray[np.bool_] = self.fault > 0
        return found

    def copy(self) -> LevelHealth:
        """An own copy."""
        return LevelHealth(**{name: getattr(self, name).copy() for name in self.__slots__})


def watch_levels(
    health: LevelHealth,
    minute: int,
    sensors: NDArray[np.int64],
    *,
    values: Array,
    normalised: Array,
    noise_sd: Array,
    repeats: bool,
    drift: Array,
    impossible: NDArray[np.bool_],
) -> list[int]:
    """Look at the readings of one kind in one minute; gives the sensors that are found faulty in it.

    Parameters
    ----------
    sensors
        Numbers of the sensors that were read.
    values, normalised, noise_sd
        What each said; how far that is from what was expected, in standard deviations; and the standard deviation of
        its own noise, persons seen.
    repeats
        Whether this kind may well say the same number many times in a row.
    drift
        How far each one's scale is from what it was in the morning, in standard deviations.
    impossible
        Whether it said more than its zones can hold.
    """
    equal = (values == health.last[sensors]) & (values >= STUCK_FROM) & (not repeats)
    same = np.where(equal, health.same[sensors] + np.log1p(3.5 * noise_sd), 0.0)
    health.same_since[sensors] = np.where(health.same[sensors] > 0, health.same_since[sensors], minute)
    health.same[sensors] = same
    none_seen = (values == 0) & (normalised < -2)
    health.dark_since[sensors] = np.where(health.dark[sensors] > 0, health.dark_since[sensors], minute)
    health.dark[sensors] = np.where(none_seen, health.dark[sensors] + np.minimum(MOST_AT_ONCE, 0.5 * normalised**2), 0.0)
    health.too_many_since[sensors] = np.where(health.too_many[sensors] > 0, health.too_many_since[sensors], minute)
    health.too_many[sensors] = np.where(impossible, health.too_many[sensors] + 1, 0)
    leapt = np.abs(np.nan_to_num(normalised - health.off[sensors])) > LEAP_SD
    health.leaps_since[sensors] = np.where(health.leaps[sensors] > 0.5, health.leaps_since[sensors], minute)
    health.leaps[sensors] = LEAP_KEEP * health.leaps[sensors] + leapt
    health.last[sensors], health.off[sensors] = values, normalised
    near = (np.abs(normalised) < CALM_SD) & ~equal & ~leapt
    health.calm[sensors] = np.where(near, health.calm[sensors] + 1, 0)
    out = health.out[sensors]
    well = [int(s) for s in sensors[out & (health.calm[sensors] >= CALM_ROWS) & (health.leaps[sensors] < CALM_BELOW)]]
    found: list[int] = []
    for fault, is_it, since in (
        (LevelFault.IMPOSSIBLE, health.too_many[sensors] >= IMPOSSIBLE_AT, health.too_many_since),
        (LevelFault.DARK, health.dark[sensors] > DARK_AT, health.dark_since),
        (LevelFault.STUCK, same > STUCK_AT, health.same_since),
        (LevelFault.JUMPING, health.leaps[sensors] > JUMPING_AT, health.leaps_since),
        (LevelFault.DRIFTING, np.abs(drift) > DRIFTING_SD, np.full(len(health.fault), minute)),
    ):
        for sensor in sensors[is_it & ~out]:
            if health.fault[sensor] == LevelFault.NONE:
                health.fault[sensor], health.since[sensor], health.calm[sensor] = fault, since[sensor], 0
                found.append(int(sensor))
    for sensor in well:
        health.fault[sensor] = LevelFault.NONE
    return found
