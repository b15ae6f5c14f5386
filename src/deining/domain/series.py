"""Series: one quantity at one target in equal steps, with gaps as NaN; the food of the forecasters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values of one quantity at one target in equal steps.

    Parameters
    ----------
    first_s
        Start of the first step, seconds since 1970 UTC.
    step_s
        Length of a step, s.
    values
        Shape (n,). NaN is missing, 0 is nobody; the two never stand for each other.
    """

    target: str
    quantity: str
    first_s: int
    step_s: int
    values: FloatArray

    @property
    def end_s(self) -> int:
        """End of the last step, seconds since 1970 UTC."""
        return self.first_s + self.step_s * len(self.values)

    def until(self, origin: datetime) -> Series:
        """The part whose steps ended at or before an origin."""
        n = max(0, int(origin.timestamp() - self.first_s) // self.step_s)
        return Series(target=self.target, quantity=self.quantity, first_s=self.first_s, step_s=self.step_s, values=self.values[:n])

    def since(self, begin: datetime) -> Series:
        """The part whose steps began at or after a time."""
        n = min(len(self.values), max(0, -(-int(begin.timestamp() - self.first_s) // self.step_s)))
        first_s = self.first_s + n * self.step_s
        return Series(target=self.target, quantity=self.quantity, first_s=first_s, step_s=self.step_s, values=self.values[n:])

    def time(self, index: int) -> datetime:
        """Start of a step, UTC."""
        return datetime.fromtimestamp(self.first_s + index * self.step_s, UTC)
