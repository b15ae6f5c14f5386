"""What earlier days taught about the sensors: usual rates, detection rates, scales, and the faults they had."""

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
class Calibration:
    """What earlier days taught about the sensors.

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
    """

    rates: Mapping[tuple[str, str], float] = field(default_factory=dict)
    names: tuple[tuple[str, str, str], ...] = ()
    mean: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    covariance: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    faults: tuple[PastFault, ...] = ()
