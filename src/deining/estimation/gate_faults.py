"""Faults of gate counters that do deliver: stuck, jumping, a rate that changed, directions exchanged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STUCK_AT = 25.0
"""Natural logarithm of the odds against one number so often in a row."""
JUMPING_AT, CALM_BELOW = 4.0, 1.0
LEAP_SD, LEAP_RATIO, LEAP_KEEP = 5.0, 5.0, 0.9
"""A leap is so many standard deviations and so many times the smaller number; the share remembered of earlier leaps."""
CALM_ROWS = 3
PROBATION_MIN = 60


class GateFault(IntEnum):
    """Why a gate is left out of the estimate."""

    NONE = 0
    SILENT = 1
    STUCK = 2
    JUMPING = 3
    DRIFTING = 4


@dataclass(slots=True)
class GateHealth:
    """What is known of each gate's health.

    Attributes
    ----------
    fault, since
        Why it is left out, and since which minute.
    swapped, swapped_since
        Whether it is read the other way round.
    last
        By channel: what its last row said; NaN before the first.
    same, same_since
        Odds against so many equal rows (natural logarithm), and the minute of the first.
    leaps, leaps_since
        How many of the last rows leapt, older ones weighing less.
    calm
        Rows since it last was stuck.
    owed
        By channel: what was expected minus what was counted, since it leapt.
    """

    fault: NDArray[np.int64]
    since: NDArray[np.int64]
    swapped: NDArray[np.bool_]
    swapped_since: NDArray[np.int64]
    last: Array
    same: Array
    same_since: NDArray[np.int64]
    leaps: Array
    leaps_since: NDArray[np.int64]
    calm: NDArray[np.int64]
    owed: Array

    @classmethod
    def good(cls, gates: int) -> GateHealth:
        """All is well."""
        return cls(
            fault=np.zeros(gates, dtype=int),
            since=np.zeros(gates, dtype=int),
            swapped=np.zeros(gates, dtype=bool),
            swapped_since=np.zeros(gates, dtype=int),
            last=np.full(2 * gates, np.nan),
            same=np.zeros(gates),
            same_since=np.zeros(gates, dtype=int),
            leaps=np.zeros(gates),
            leaps_since=np.zeros(gates, dtype=int),
            calm=np.zeros(gates, dtype=int),
            owed=np.zeros(2 * gates),
        )

    @property
    def out(self) -> NDArray[np.bool_]:
        """By gate: whether it is left out."""
        found: NDArray[np.bool_] = self.fault > 0
        return found

    @property
    def suspect(self) -> NDArray[np.bool_]:
        """By gate: whether it looks stuck or leaps, and may yet be found faulty."""
        found: NDArray[np.bool_] = (self.same > STUCK_AT / 3) | (self.leaps > 1.5)
        return found

    def copy(self) -> GateHealth:
        """An own copy."""
        return GateHealth(**{name: getattr(self, name).copy() for name in self.__slots__})


def watch_gates(health: GateHealth, minute: int, *, said: Array, counted: Array, expected: Array) -> list[tuple[int, GateFault]]:
    """Look at one minute's rows; gives the gates that are found stuck or jumping in it.

    Parameters
    ----------
    said
        By channel: what the rows that ended in this minute said, persons; NaN where none did.
    counted, expected
        By channel: persons counted in this minute, and persons expected by what is usual.
    """
    gates = len(health.fault)
    both = ~np.isnan(said[:gates]) & ~np.isnan(said[gates:])
    total, before = said[:gates] + said[gates:], health.last[:gates] + health.last[gates:]
    equal = both & (total > 0) & (said[:gates] == health.last[:gates]) & (said[gates:] == health.last[gates:])
    odds = 0.5 * np.log1p(4 * np.pi * np.nan_to_num(said))
    health.same_since = np.where(equal & (health.same > 0), health.same_since, minute)
    health.same = np.where(both, np.where(equal, health.same + odds[:gates] + odds[gates:], 0.0), health.same)
    health.calm = np.where(both, np.where(equal, 0, health.calm + 1), health.calm)
    few, many = np.fmin(total, before), np.fmax(total, before)
    leapt = both & ~np.isnan(before) & (many - few > LEAP_SD * np.sqrt(few + many + 1)) & (many > LEAP_RATIO * (few + 1))
    health.leaps_since = np.where(health.leaps > 0.5, health.leaps_since, minute)
    health.leaps = np.where(both, LEAP_KEEP * health.leaps + leapt, health.leaps)
    health.last = np.where(np.tile(both, 2), said, health.last)
    health.owed = np.where(np.tile(health.leaps > 0.5, 2), health.owed + expected - counted, 0.0)
    well = ~health.out
    stuck = [(int(g), GateFault.STUCK) for g in np.flatnonzero(well & (health.same > STUCK_AT))]
    return stuck + [(int(g), GateFault.JUMPING) for g in np.flatnonzero(well & (health.leaps > JUMPING_AT) & (health.same <= STUCK_AT))]


def find_healthy(health: GateHealth, minute: int, counted: Array) -> list[int]:
    """The gates that are left out and have become healthy again."""
    gates = len(health.fault)
    counts = counted[:gates] + counted[gates:] > 0
    well = (
        ((health.fault == GateFault.SILENT) & counts)
        | ((health.fault == GateFault.STUCK) & (health.calm >= CALM_ROWS))
        | ((health.fault == GateFault.JUMPING) & (health.leaps < CALM_BELOW))
        | ((health.fault == GateFault.DRIFTING) & (minute - health.since >= PROBATION_MIN))
    )
    return [int(g) for g in np.flatnonzero(well)]
