"""Arrays of quantiles as `Forecast`s."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from deining.domain.forecast import UNKNOWN, Forecast, Provenance
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Int64Array


def to_forecasts(
    series: Sequence[Series], times_s: Int64Array, origin: datetime, mean: FloatArray, quantiles: FloatArray, model: str, provenance: Provenance = UNKNOWN
) -> list[Forecast]:
    """One forecast for each series and time, series by series.

    Parameters
    ----------
    times_s
        Starts of the steps, seconds since 1970 UTC; shape (n,).
    mean, quantiles
        Of all series one after another: shapes (series * n,) and (series * n, 7).
    """
    times = [datetime.fromtimestamp(int(t), UTC) for t in times_s]
    means, rows = mean.tolist(), quantiles.tolist()
    return [
        Forecast(
            target=one.target,
            quantity=one.quantity,
            origin=origin,
            time=time,
            mean=means[k * len(times) + i],
            quantiles=tuple(rows[k * len(times) + i]),
            model=model,
            step_s=one.step_s,
            provenance=provenance,
        )
        for k, one in enumerate(series)
        for i, time in enumerate(times)
    ]
