"""The two baselines on Auckland's real counts: score by horizon, and time."""

from __future__ import annotations

import time

from benchmarks.common import Row, spread
from deining.forecasting import FORECASTERS, Calendar
from deining.jobs.backtest import backtest, choose_origins
from deining.sources.auckland import AucklandCounts
from deining.storage.area_folder import find_area_folder, read_area


def measure(quick: bool) -> list[Row]:
    """Scores over the last weeks of the counts, and the time of a week's forecast of all counters."""
    area, series = read_area(find_area_folder("auckland")), AucklandCounts().read_series()
    models = {name: make(Calendar(area.timezone, area.holidays)) for name, make in FORECASTERS.items()}
    origins = choose_origins(series, weeks=2 if quick else 26, every_h=31)
    scores = backtest(series, origins, 168 * 3600, models)
    rows = []
    for score in scores:
        measured = f"mae {score.mae:.1f}, to last week {score.to_last_week:.3f}, wql {score.wql:.3f}, cover80 {score.cover80:.3f}, cover95 {score.cover95:.3f}"
        rows.append(Row(f"{score.model}, {score.band}, {score.steps} steps", "cover80 0.80, cover95 0.95", measured))
    times = []
    for origin in origins[: 3 if quick else 12]:
        begin = time.monotonic()
        for one in series:
            models["ordinary_weeks"].forecast([one.until(origin)], origin, 168 * 3600)
        times.append(time.monotonic() - begin)
    return [*rows, Row(f"168 hours of {len(series)} counters, ordinary_weeks", "none", spread(times, "s", 2))]
