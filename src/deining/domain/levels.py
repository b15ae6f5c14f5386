"""Level and level scale: the area's own steps (green, yellow, orange, red), by quantity, kind of place, place and kind of time."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
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


class TimeKind(StrEnum):
    """Kinds of time at which other thresholds may hold; where several are now, the first of these goes before the later ones."""

    EVENT = "event"
    HOLIDAY = "holiday"
    NIGHT = "night"
    WEEKEND = "weekend"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelScale:
    """Three rising thresholds of one quantity, for a kind of place or for named places, at all times or at one kind of time.

    Parameters
    ----------
    yellow, orange, red
        The value at which each level begins, in the quantity's unit.
    kind
        Kind of place it holds for; None for every kind.
    places
        Ids of the places it holds for; empty for all of the kind.
    when
        Kind of time at which it holds; None for all times.
    source
        Who set it, or where it was read.
    table
        Name of the literature's table it was taken from, or empty.
    """

    quantity: LevelQuantity
    yellow: float
    orange: float
    red: float
    kind: str | None = None
    places: tuple[str, ...] = ()
    when: TimeKind | None = None
    source: str = ""
    table: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.yellow < self.orange < self.red < math.inf:
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
class LevelSet:
    """All scales of an area that hold from one moment on, and who changed them and why.

    Parameters
    ----------
    version
        1, 2, 3 and so on in each area.
    changed_by, role
        Who decided, and in which role.
    why
        The reason given.
    from_folder
        Whether they were read from the area folder, rather than set on the screen.
    """

    version: int
    changed_at: datetime
    changed_by: str
    role: str
    why: str
    scales: tuple[LevelScale, ...]
    from_folder: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFound:
    """The level of one place, and the figure that makes it."""

    level: Level
    quantity: LevelQuantity
    value: float
    scale: LevelScale


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelExpected:
    """The highest level that is reached within sight, when first, and how likely.

    Parameters
    ----------
    earliest, latest
        Ends of the 80 % interval of the time at which it is reached, if it is; None where that is not known.
    """

    level: Level
    at: datetime
    chance: float
    quantity: LevelQuantity
    scale: LevelScale
    earliest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelLimit:
    """Where a level of one place begins, in the unit in which the place is forecast: persons, or persons/min."""

    level: Level
    quantity: LevelQuantity
    scale: LevelScale
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelReach:
    """How likely one place reaches a level within some time, and when.

    Parameters
    ----------
    target
        Id of the zone or gate.
    origin
        When this was found; nothing later was known.
    chances
        Probability that the level is reached within so many seconds after the origin; rising. 1 where it is reached.
    at_p10, at_p50, at_p90
        When it is reached, if it is within the longest of these times: the median, and the ends of the 80 % interval;
        None where that is too unlikely to say when.
    """

    target: str
    origin: datetime
    quantity: LevelQuantity
    level: Level
    scale: LevelScale
    chances: Mapping[int, float]
    at_p10: datetime | None
    at_p50: datetime | None
    at_p90: datetime | None

    @property
    def is_reached(self) -> bool:
        """Whether the level was reached at the origin."""
        return self.at_p90 == self.origin and min(self.chances.values()) == 1.0

    def chance_within(self, seconds: float) -> float:
        """Probability that the level is reached so many seconds after the origin, linear between those that are known.

        Beyond the longest time its own probability is returned: no more is known.

        Examples
        --------
        >>> from datetime import UTC
        >>> at, scale = datetime(2026, 7, 4, 12, tzinfo=UTC), LevelScale(quantity=LevelQuantity.DENSITY, yellow=1, orange=2, red=3)
        >>> given = {"origin": at, "quantity": scale.quantity, "scale": scale, "at_p10": None, "at_p50": None, "at_p90": None}
        >>> LevelReach(target="z1", level=Level.RED, chances={900: 0.2, 1800: 0.5}, **given).chance_within(1200)
        0.3
        """
        leads = sorted(self.chances)
        k = bisect_left(leads, seconds)
        if k == len(leads):
            return self.chances[leads[-1]]
        if k == 0:
            return self.chances[leads[0]] if self.is_reached else self.chances[leads[0]] * max(0.0, seconds) / leads[0]
        low, high = leads[k - 1], leads[k]
        share = (seconds - low) / (high - low)
        return round(self.chances[low] + share * (self.chances[high] - self.chances[low]), 12)
