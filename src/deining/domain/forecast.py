"""Forecast: what is expected at a target, made at an origin, with quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

QUANTILES = (0.025, 0.10, 0.25, 0.50, 0.75, 0.90, 0.975)
QUANTILE_NAMES = ("p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a forecast comes from; one stands with all forecasts that were issued together.

    Parameters
    ----------
    model_version
        Digest of code, seed and what was learned; two forecasts of one version come from the very same model.
    data_version
        Digest of the observations the model learned from; empty where it learned nothing.
    learned_until
        The end of what it learned from; None where it learned nothing.
    drivers, absent
        Names of the drivers that were present, and of those the model knows how to use but did not have.
    reason
        Why this model and not another, in one sentence; empty where it was the first choice.
    """

    model_version: str = ""
    data_version: str = ""
    learned_until: datetime | None = None
    drivers: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    reason: str = ""


UNKNOWN = Provenance()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is expected of one quantity at one target for one step.

    Parameters
    ----------
    target
        Id of the zone, gate or sensor.
    quantity
        `count` (persons in the step), `occupancy` or `flow_per_min` (mean over the step).
    origin
        When it was made; nothing later was known to it.
    time
        Start of the step.
    quantiles
        Values at `QUANTILES`, rising, never negative.
    model
        Name of the model in the registry of forecasters.
    step_s
        Length of the step, s; None where it was not kept.
    provenance
        Which version of the model, from which data, with which drivers, and why.
    """

    target: str
    quantity: str
    origin: datetime
    time: datetime
    mean: float
    quantiles: tuple[float, ...]
    model: str
    step_s: int | None = None
    provenance: Provenance = UNKNOWN

    def quantile(self, q: float) -> float:
        """The value at one of `QUANTILES`.

        Raises
        ------
        ValueError
            When q is not one of them.
        """
        return self.quantiles[QUANTILES.index(q)]

    def chance_above(self, value: float) -> float:
        """Probability that the truth is at or above a value, from the quantiles, linear in between.

        Beyond the outer quantiles the outer probability is returned: nothing more is known there.

        Examples
        --------
        >>> from datetime import UTC
        >>> at = datetime(2026, 7, 4, 12, tzinfo=UTC)
        >>> f = Forecast(target="z1", quantity="occupancy", origin=at, time=at, mean=100, quantiles=(60, 80, 90, 100, 110, 120, 140), model="last_week")
        >>> round(f.chance_above(115), 3)
        0.175
        """
        if value <= self.quantiles[0]:
            return 1.0 - QUANTILES[0]
        for k in range(1, len(QUANTILES)):
            low, high = self.quantiles[k - 1], self.quantiles[k]
            if value <= high:
                share = 1.0 if high == low else (value - low) / (high - low)
                return 1.0 - (QUANTILES[k - 1] + share * (QUANTILES[k] - QUANTILES[k - 1]))
        return 1.0 - QUANTILES[-1]
