"""Forecasts of Auckland's counts from random origins of July 2024 to December 2025, beside last week and four ordinary weeks.

All that was chosen, was chosen on data up to 30 June 2024. Errors are mean absolute errors of the median, a mean over the
counters; intervals are bootstraps over the origins.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.common import Row
from deining.domain.area import Area
from deining.domain.forecast import QUANTILES
from deining.domain.levels import Level, LevelQuantity
from deining.domain.series import FloatArray, Series
from deining.forecasting import FORECASTERS, Calendar
from deining.forecasting.last_week import LastWeek
from deining.forecasting.ordinary_weeks import OrdinaryWeeks
from deining.risk.levels import LevelBook
from deining.sources.auckland import AucklandCounts
from deining.storage.area_folder import find_area_folder, read_area

FIRST, LAST = datetime(2024, 7, 1, tzinfo=UTC), datetime(2025, 12, 24, tzinfo=UTC)
HOUR_S, WEEK_H = 3600, 168
SEED = 2024
RESAMPLES = 400
LEADS = {"1 h": (0, 1), "1-24 h": (0, 24), "25-168 h": (24, WEEK_H), "1-168 h": (0, WEEK_H)}
COLUMNS = ("origin", "place", "lead", "truth", "ordinary", "last_week", "holiday")
Table = dict[str, FloatArray]


def measure(quick: bool) -> list[Row]:
    """Scores by horizon, with the time and memory they took."""
    area, series = read_area(find_area_folder("auckland")), AucklandCounts().read_series()
    calendar = Calendar(area.timezone, area.holidays)
    n = 6 if quick else 60
    hours = np.sort(np.random.default_rng(SEED).choice(int((LAST - FIRST).total_seconds()) // HOUR_S, n, replace=False))
    origins = [FIRST + timedelta(hours=int(h)) for h in hours]
    found, took = _forecasts(series, origins, calendar)
    return [*_errors(found), *_bands(found), *_busiest(found, area, series), *_times(took, series, calendar, origins)]


def _forecasts(series: Sequence[Series], origins: Sequence[datetime], calendar: Calendar) -> tuple[Table, list[float]]:
    """A row a counter, origin and lead; and the seconds of each origin's forecast."""
    model, ordinary, last_week = FORECASTERS["combined"](calendar), OrdinaryWeeks(calendar), LastWeek(calendar)
    parts, quantiles, took = [], [], []
    for number, origin in enumerate(origins):
        past = [one.until(origin) for one in series]
        model.learn(past, origin)
        begin = time.monotonic()
        made = model.forecast(past, origin, WEEK_H * HOUR_S)
        took.append(time.monotonic() - begin)
        for place, (one, known) in enumerate(zip(series, past, strict=True)):
            mine = [f for f in made if f.target == one.target]
            if not mine:
                continue
            times = np.array([int(f.time.timestamp()) for f in mine], dtype=np.int64)
            truth = one.values[(times - one.first_s) // HOUR_S]
            simple = (ordinary.expected(known, times, origin), last_week.expected(known, times, origin), calendar.is_holiday(times))
            parts.append(np.column_stack([np.full(len(times), number), np.full(len(times), place), np.arange(len(times)), truth, *simple]))
            quantiles.append(np.array([f.quantiles for f in mine]))
    table, q = np.vstack(parts), np.vstack(quantiles)
    known_rows = ~np.isnan(table[:, COLUMNS.index("truth")])
    found = {name: table[known_rows, k] for k, name in enumerate(COLUMNS)}
    return found | {"quantiles": q[known_rows]}, took


def _part(found: Table, rows: FloatArray) -> Table:
    return {name: column[rows] for name, column in found.items()}


def _ratio(found: Table, other: str) -> float:
    """Error of the median over that of another, each a mean over the counters."""
    places = np.unique(found["place"])
    own, simple = (np.abs(x - found["truth"]) for x in (found["quantiles"][:, QUANTILES.index(0.5)], found[other]))
    return float(np.mean([own[found["place"] == p].mean() for p in places]) / np.mean([simple[found["place"] == p].mean() for p in places]))


def _summed_ratio(found: Table, other: str) -> float:
    own, simple = (np.abs(x - found["truth"]).sum() for x in (found["quantiles"][:, QUANTILES.index(0.5)], found[other]))
    return float(own / simple)


def _quantile_loss(found: Table) -> float:
    q, error = np.array(QUANTILES), found["truth"][:, None] - found["quantiles"]
    return float(np.mean(2 * np.maximum(q * error, (q - 1) * error).sum(axis=0)) / found["truth"].sum())


def _cover(low: float, high: float) -> Callable[[Table], float]:
    a, b = QUANTILES.index(low), QUANTILES.index(high)
    return lambda found: float(np.mean((found["truth"] >= found["quantiles"][:, a]) & (found["truth"] <= found["quantiles"][:, b])))


def _interval(found: Table, figure: Callable[[Table], float]) -> str:
    """A figure with its 90 % bootstrap interval over the origins."""
    rng, origins = np.random.default_rng(SEED), np.unique(found["origin"])
    rows = {o: np.flatnonzero(found["origin"] == o) for o in origins}
    drawn = [figure(_part(found, np.concatenate([rows[o] for o in rng.choice(origins, len(origins))]))) for _ in range(RESAMPLES if len(origins) > 10 else 20)]
    low, high = np.nanquantile(drawn, [0.05, 0.95])
    return f"{figure(found):.3f} ({low:.3f} to {high:.3f})"


def _errors(found: Table) -> list[Row]:
    asked = {"1 h": "<= 0.70", "1-24 h": "<= 0.80", "25-168 h": "<= 0.82"}
    by_lead = {name: _part(found, np.flatnonzero((found["lead"] >= a) & (found["lead"] < b))) for name, (a, b) in LEADS.items()}
    rows = [Row(f"error / mean of four ordinary weeks, {name}", asked[name], _interval(by_lead[name], lambda t: _ratio(t, "ordinary"))) for name in asked]
    whole, holidays = by_lead["1-168 h"], _part(found, np.flatnonzero(found["holiday"] > 0))
    rows.append(Row("error / last week, 1-168 h", "<= 0.72", _interval(whole, lambda t: _summed_ratio(t, "last_week"))))
    days = f"{len(np.unique(holidays['origin']))} origins, {len(holidays['truth'])} hours"
    rows.append(Row(f"holiday hours, error / last week ({days})", "<= 0.36", _interval(holidays, lambda t: _summed_ratio(t, "last_week"))))
    rows.append(Row("holiday hours, ordinary weeks / last week", "none", _interval(holidays, lambda t: _against(t, "ordinary", "last_week"))))
    rows.append(Row("weighted quantile loss, 1-24 h", "<= 0.110", _interval(by_lead["1-24 h"], _quantile_loss)))
    rows.append(Row("weighted quantile loss, 1-168 h", "<= 0.120", _interval(whole, _quantile_loss)))
    return rows


def _against(found: Table, one: str, other: str) -> float:
    return float(np.abs(found[one] - found["truth"]).sum() / np.abs(found[other] - found["truth"]).sum())


def _bands(found: Table) -> list[Row]:
    holidays = _part(found, np.flatnonzero(found["holiday"] > 0))
    return [
        Row("cover80", "0.78-0.82", _interval(found, _cover(0.10, 0.90))),
        Row("cover95", "0.94-0.96", _interval(found, _cover(0.025, 0.975))),
        Row("cover80 in holiday hours", "0.75-0.85", _interval(holidays, _cover(0.10, 0.90))),
    ]


def _busiest(found: Table, area: Area, series: Sequence[Series]) -> list[Row]:
    """Of the busiest 2 % of hours at each counter: how often the median 2 h ahead was in the right level."""
    book, rows = LevelBook(area), []
    two_hours = _part(found, np.flatnonzero((found["lead"] >= 0) & (found["lead"] < 2)))
    for name, values in (
        ("deining", two_hours["quantiles"][:, QUANTILES.index(0.5)]),
        ("four ordinary weeks", two_hours["ordinary"]),
        ("last week", two_hours["last_week"]),
    ):
        right = total = 0
        for place, one in enumerate(series):
            scale = book.scales(one.target).get(LevelQuantity.FLOW)
            mine = two_hours["place"] == place
            if scale is None or not mine.any():
                continue
            limit = np.nanquantile(one.values[max(0, len(one.values) - 2 * 365 * 24) :], 0.98)
            busy = mine & (two_hours["truth"] >= limit)
            levels = [[scale.level(float(v) / 60) for v in part[busy]] for part in (values, two_hours["truth"])]
            right += sum(a == b for a, b in zip(*levels, strict=True))
            total += int(busy.sum())
        rows.append(Row(f"busiest 2 % of hours ({total}), in the right level up to 2 h ahead, {name}", "report", f"{right / max(total, 1):.2f}"))
    above = [scale for one in series if (scale := book.scales(one.target).get(LevelQuantity.FLOW)) is not None]
    return rows if above and above[0].threshold(Level.YELLOW) > 0 else []


def _times(took: Sequence[float], series: Sequence[Series], calendar: Calendar, origins: Sequence[datetime]) -> list[Row]:
    until = origins[0]
    two_years = [one.until(until).since(until - timedelta(days=730)) for one in series]
    model = FORECASTERS["combined"](calendar)
    begin = time.monotonic()
    model.learn(two_years, until)
    fit = time.monotonic() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return [
        Row("learn 21 counters of 2 years", "< 90 s", f"{fit:.0f} s"),
        Row("a week ahead of 21 counters from one origin", "< 1 s", f"{float(np.median(took)):.2f} s (median of {len(took)})"),
        Row("memory of all this", "< 1.5 GB", f"{memory:.2f} GB"),
    ]
