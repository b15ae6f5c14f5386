"""Seam: where a forecast from the state ends and one from the weeks goes on, without a jump."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from deining.domain.forecast import Forecast

SEAM_S = 3600.0
"""After the seam, what the state said last counts for less with this time, s."""
LEAST_WEIGHT = 0.05
"""What would count for less than this is left out."""
LEAST_WEIGHT = 0.05
"""Where it counts for less than this, it is left out."""


def joined(from_state: Sequence[Forecast], from_weeks: Sequence[Forecast]) -> list[Forecast]:
    """Forecasts of one series: those from the state, then the later ones of the other model, drawn to what the state said last.

    The weight of the last forecast from the state falls exponentially, for every quantile alike, so quantiles keep their order.

    Parameters
    ----------
    from_state, from_weeks
        Of one target and quantity, in order of time. Where either is empty, the other stands alone.
    """
    if not from_state or not from_weeks:
        return [*from_state, *from_weeks]
    last = from_state[-1]
    return [*from_state, *(_drawn(later, last) for later in from_weeks if later.time > last.time)]


def _drawn(later: Forecast, last: Forecast) -> Forecast:
    weight = math.exp(-(later.time - last.time).total_seconds() / SEAM_S)
    if weight < LEAST_WEIGHT:
        return later
    reasons = (later.provenance.reason, f"begins where {last.model} ends")
    return replace(
        later,
        mean=weight * last.mean + (1 - weight) * later.mean,
        quantiles=tuple(weight * a + (1 - weight) * b for a, b in zip(last.quantiles, later.quantiles, strict=True)),
        provenance=replace(later.provenance, reason="; ".join(text for text in reasons if text)),
    )
