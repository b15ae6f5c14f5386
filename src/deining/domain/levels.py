"""Level and level scale: the area's own steps (green, yellow, orange, red), by quantity, kind of place and place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """Step on the area's own scale; more is more urgent."""

    GREEN = 0
    YELLOW = 1
    ORANGE = 2
    RED = 3

    @property
    def label(self) -> str:
        """Lower-case name, as files and the API write it."""
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Level:
        """The level with this lower-case name.

        Raises
        ------
        KeyError
            When there is none.
        """
        return cls[text.upper()]


class LevelQuantity(StrEnum):
    """What a level is a step of."""

    DENSITY = "density_per_m2"
    OCCUPANCY_SHARE = "occupancy_share"
    FLOW = "flow_per_min"
    SPECIFIC_FLOW = "specific_flow_per_m_min"
    RATIO_TO_NORMAL = "ratio_to_normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelScale:
    """Three rising thresholds of one quantity, for a kind of place or for named places.

    Parameters
    ----------
    yellow, orange, red
        The value at which each level begins, in the quantity's unit.
    kind
        Kind of place it holds for; None for every kind.
    places
        Ids of the places it holds for; empty for all of the kind.
    source
        Who set it, or where it was read.
    """

    quantity: LevelQuantity
    yellow: float
    orange: float
    red: float
    kind: str | None = None
    places: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.yellow < self.orange < self.red:
            raise ValueError(f"levels do not rise: yellow {self.yellow:g}, orange {self.orange:g}, red {self.red:g}; expected 0 < yellow < orange < red")

    def level(self, value: float) -> Level:
        """The level of a value in the scale's unit.

        Examples
        --------
        >>> LevelScale(quantity=LevelQuantity.SPECIFIC_FLOW, yellow=21, orange=24, red=27).level(25).label
        'orange'
        """
        return Level((value >= self.yellow) + (value >= self.orange) + (value >= self.red))

    def threshold(self, level: Level) -> float:
        """The value at which a level begins; 0 for green."""
        return (0.0, self.yellow, self.orange, self.red)[level]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFound:
    """The level of one place, and the figure that makes it."""

    level: Level
    quantity: LevelQuantity
    value: float
    scale: LevelScale


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelExpected:
    """The highest level that the forecast reaches within sight, when first, and how likely."""

    level: Level
    at: datetime
    chance: float
    quantity: LevelQuantity
    scale: LevelScale
