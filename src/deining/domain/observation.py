"""Observation: what a sensor said; and the checks that each one must pass before it is taken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from deining.domain.errors import WrongObservation

AHEAD_S = 60.0
"""A time this many seconds ahead of the clock, or more, is refused: the device's clock is wrong."""


class Quantity(StrEnum):
    """What a value counts."""

    COUNT_FORWARD = "count_forward"
    COUNT_BACKWARD = "count_backward"
    COUNT = "count"
    OCCUPANCY = "occupancy"
    DEVICES = "devices"
    SAMPLE = "sample"


UNITS = {quantity.value: "devices" if quantity is Quantity.DEVICES else "persons" for quantity in Quantity}
"""The unit of each quantity; a record may say it, and is refused when it says another."""

QUANTITY_NAMES = frozenset(quantity.value for quantity in Quantity)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a sensor said about one interval.

    Parameters
    ----------
    value
        Persons counted or seen (devices for `devices`); finite and not negative.
    start, end
        Aware times of the interval [start, end).
    received_at
        When deining got it; None where the record does not say, which means `end`.
    quality
        "ok", or what was done to it or thought of it ("repaired: two hours in one row").
    """

    sensor: str
    quantity: Quantity
    start: datetime
    end: datetime
    value: float
    received_at: datetime | None = None
    quality: str = "ok"

    @property
    def available_at(self) -> datetime:
        """When it could be known: `received_at`, else `end`."""
        return self.received_at or self.end

    @property
    def duration_s(self) -> float:
        """Length of the interval, s."""
        return (self.end - self.start).total_seconds()


def why_wrong(observation: Observation, now: datetime) -> str | None:
    """Why an observation cannot be taken, in one sentence; None when it can.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 7, 4, 12, tzinfo=UTC)
    >>> why_wrong(Observation("g1", Quantity.COUNT, noon, noon, 3.0), noon)
    'end 2026-07-04T12:00:00+00:00 is not after start 2026-07-04T12:00:00+00:00; give an interval [start, end)'
    """
    if observation.start.tzinfo is None or observation.end.tzinfo is None:
        return f"time {observation.start.isoformat()} has no offset; give ISO 8601 with an offset, such as 2026-07-04T12:00:00+02:00"
    if observation.end <= observation.start:
        return f"end {observation.end.isoformat()} is not after start {observation.start.isoformat()}; give an interval [start, end)"
    if not math.isfinite(observation.value):
        return f"value {observation.value} is not a number; leave the row out when nothing was measured"
    if observation.value < 0:
        return f"value {observation.value:g} is negative; give persons counted, 0 or more"
    if observation.end - now >= timedelta(seconds=AHEAD_S):
        return f"end {observation.end.isoformat()} lies {(observation.end - now).total_seconds():.0f} s ahead of the clock; set the device's clock"
    return None


def check(observation: Observation, now: datetime) -> None:
    """Raise when an observation cannot be taken.

    Raises
    ------
    WrongObservation
        With the sentence of `why_wrong`.
    """
    if why := why_wrong(observation, now):
        raise WrongObservation(why)
