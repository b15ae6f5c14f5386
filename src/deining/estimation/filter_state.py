"""What the filter is given a minute, and all that it knows at the end of one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from deining.estimation.belief import Array, Belief
from deining.estimation.gate_faults import GateHealth
from deining.estimation.hypotheses import Tests
from deining.estimation.level_faults import LevelHealth
from deining.estimation.silence import Silence, Usual


@dataclass(slots=True)
class Minute:
    """What all sensors said of one minute.

    Attributes
    ----------
    counted, covered
        By channel: persons counted, and the part of the minute that the counts speak of (0 where nothing came).
    said
        By channel: what the rows said that ended in this minute, persons; NaN where none did.
    levels
        What level sensors saw, by number of the sensor; more than one reading where it speaks more than once.
    """

    counted: Array
    covered: Array
    said: Array
    levels: dict[int, list[float]] = field(default_factory=dict)

    @classmethod
    def nothing(cls, channels: int) -> Minute:
        """A minute of which nobody has said anything."""
        return cls(np.zeros(channels), np.zeros(channels), np.full(channels, np.nan))

    def without(self, channels: list[int], levels: list[int]) -> Minute:
        """The same minute, had some sensors said nothing."""
        kept = Minute(self.counted.copy(), self.covered.copy(), self.said.copy(), {i: v for i, v in self.levels.items() if i not in levels})
        kept.counted[channels], kept.covered[channels], kept.said[channels] = 0.0, 0.0, np.nan
        return kept


@dataclass(slots=True)
class FilterState:
    """All that the filter knows at the end of a minute. Everything that changes is in here, so a copy is a past."""

    minute: int
    belief: Belief
    usual: Usual
    silence: Silence
    gates: GateHealth
    levels: LevelHealth
    tests: Tests
    outflow: Array
    inflow: Array
    owed: Array
    set_aside: dict[int, tuple[float, float]]
    nis: dict[str, float]
    morning: tuple[Array, Array]

    def copy(self) -> FilterState:
        """An own copy."""
        return FilterState(
            self.minute,
            self.belief.copy(),
            self.usual.copy(),
            self.silence.copy(),
            self.gates.copy(),
            self.levels.copy(),
            self.tests.copy(),
            self.outflow.copy(),
            self.inflow.copy(),
            self.owed.copy(),
            dict(self.set_aside),
            dict(self.nis),
            self.morning,
        )
