"""What earlier days taught: of the sensors usual rates, detection rates, scales and faults; of alerts how often they were false."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFault:
    """A fault of a sensor on an earlier day; `end` None where it lasted until the day ended."""

    sensor: str
    start: datetime
    end: datetime | None = None
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRecord:
    """What earlier days taught about alerts that are raised ahead; empty before the first. Days long ago count for less.

    Parameters
    ----------
    days
        How many days it rests on.
    last
        When the last of them began.
    overcrowdings
        How often the raising level was reached.
    false, in_time
        For each chance from which an alert might have been raised: alerts of which nothing came, and overcrowdings told
        a quarter of an hour before.
    number, said, came
        For each part of the chances that were said: how many there were, their sum, and how often the level was reached.
    """

    days: float = 0.0
    last: datetime | None = None
    overcrowdings: float = 0.0
    false: tuple[float, ...] = ()
    in_time: tuple[float, ...] = ()
    number: tuple[float, ...] = ()
    said: tuple[float, ...] = ()
    came: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What earlier days taught about the sensors, and about alerts that are raised ahead.

    Parameters
    ----------
    rates
        Persons/s that a sensor usually counts, by (sensor, quantity).
    names
        Which parameter each number of `mean` is: (sensor or "", parameter, series). The series says what the sensor
        was when it was learned; another kind of sensor under the same id starts anew.
    mean, covariance
        The parameters, shape (n,), and how their errors hang together, shape (n, n); for an area of very many sensors
        their variances alone, shape (n,).
    faults
        What the sensors were found to have, oldest first.
    warnings
        How often alerts were false, and how right chances were.
    """

    rates: Mapping[tuple[str, str], float] = field(default_factory=dict)
    names: tuple[tuple[str, str, str], ...] = ()
    mean: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    covariance: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    faults: tuple[PastFault, ...] = ()
    warnings: WarningRecord = field(default_factory=WarningRecord)
