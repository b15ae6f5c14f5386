"""The nowcast on gate counts of simulated event days in steps of three minutes: error against the last 15 minutes, bands, time."""

from __future__ import annotations

import importlib.util
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import SHARED_BENCH, Row
from deining.domain.observation import Quantity
from deining.domain.series import Series
from deining.forecasting.calendar import Calendar
from deining.forecasting.nowcast import Nowcast
from deining.sources.tables import TableSource

SEEDS = range(301, 307)
STEP_S, DAY_S, HOURS = 180, 86_400, 12
QUARTER = 900 // STEP_S
LEADS = {3: 0, 15: 4, 60: 19}
"""Minutes from the origin to the end of the step, and the step."""
ASKED = {3: "<= 0.98", 15: "<= 0.99", 60: "<= 0.87"}
FEWEST_ROWS = 3
"""Of the six counts (three minutes, two ways) that make a step, so many must be there."""
Array = NDArray[np.float64]
Figures = dict[int, tuple[float, float, float]]


def measure(quick: bool) -> list[Row]:
    """Errors and bands over several seeds, then time and memory."""
    if not (SHARED_BENCH / "eventdays.py").exists():
        return [Row("nowcast on simulated days", "", "skipped: no shared/bench/eventdays.py beside the project"), *_time()]
    third, first = [], []
    for seed in SEEDS[: 1 if quick else None]:
        series = _read_series(seed)
        third.append(_score(series, range(2 * DAY_S // STEP_S + 10, (2 * DAY_S + HOURS * 3600) // STEP_S - 20, 10)))
        first.append(_score(series, range(HOURS * 1800 // STEP_S, HOURS * 3600 // STEP_S - 20, 5)))
    return [*_rows("third day", third), *_rows("first day, second half", first), *_time()]


def _rows(name: str, seeds: Sequence[Figures]) -> Iterator[Row]:
    for minutes in LEADS:
        yield Row(
            f"{name}, {minutes} min ahead: error over that of the mean of the last 15 minutes", ASKED[minutes], _spread([one[minutes][0] for one in seeds])
        )
    for minutes in LEADS:
        yield Row(f"{name}, {minutes} min ahead: truth within the 80 % band", ".78 to .82", _spread([one[minutes][1] for one in seeds]))
        yield Row(f"{name}, {minutes} min ahead: truth within the 95 % band", ".94 to .96", _spread([one[minutes][2] for one in seeds]))


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f}, {len(values)} seeds)"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("eventdays", SHARED_BENCH / "eventdays.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read_series(seed: int) -> list[Series]:
    """Both ways together of each gate, three days."""
    total: dict[str, Array] = {}
    number: dict[str, Array] = {}
    with tempfile.TemporaryDirectory() as name:
        _generator().make(Path(name), seed=seed, days=3, zones=30, visitors=30_000, hours=HOURS, surges=True, fault_minutes=120)
        observations = [o for day in range(3) for o in TableSource(Path(name) / f"day-{day}" / "observations.csv").table.observations()]
    counts = [o for o in observations if o.quantity in (Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD)]
    begin_s = int(min(o.start for o in counts).timestamp())
    for o in counts:
        steps = (2 * DAY_S + HOURS * 3600) // STEP_S
        k = (int(o.start.timestamp()) - begin_s) // STEP_S
        total.setdefault(o.sensor, np.zeros(steps))[k] += o.value
        number.setdefault(o.sensor, np.zeros(steps))[k] += 1
    values = {sensor: np.where(number[sensor] >= FEWEST_ROWS, total[sensor], np.nan) for sensor in sorted(total)}
    return [Series(target=sensor, quantity="count", first_s=begin_s, step_s=STEP_S, values=found) for sensor, found in values.items()]


def _score(series: Sequence[Series], origins: range) -> Figures:
    """For each lead the ratio of errors, and the shares within the two bands."""
    model, values = Nowcast(Calendar(ZoneInfo("Europe/Amsterdam"))), np.array([one.values for one in series])
    found: dict[int, list[Array]] = {minutes: [] for minutes in LEADS}
    for k in origins:
        origin = series[0].time(k)
        past = [one.until(origin) for one in series]
        model.learn(past, origin)
        made = model.forecast(past, origin, 3600)
        quantiles = np.array([f.quantiles for f in made]).reshape(len(series), -1, 7)
        with np.errstate(invalid="ignore"):
            last = values[:, k - QUARTER : k]
            simple = np.nansum(last, axis=1) / (~np.isnan(last)).sum(axis=1)
        for minutes, lead in LEADS.items():
            found[minutes].append(np.column_stack([values[:, k + lead], simple, quantiles[:, lead]]))
    return {minutes: _figures(np.concatenate(parts)) for minutes, parts in found.items()}


def _figures(table: Array) -> tuple[float, float, float]:
    truth, simple, quantiles = table[:, 0], table[:, 1], table[:, 2:]
    known = ~np.isnan(truth) & ~np.isnan(simple)
    truth, simple, quantiles = truth[known], simple[known], quantiles[known]
    ratio = np.abs(truth - quantiles[:, 3]).mean() / np.abs(truth - simple).mean()
    inside80 = (quantiles[:, 1] <= truth) & (truth <= quantiles[:, 5])
    inside95 = (quantiles[:, 0] <= truth) & (truth <= quantiles[:, 6])
    return float(ratio), float(inside80.mean()), float(inside95.mean())


def _time() -> Iterator[Row]:
    begin = datetime.fromisoformat("2026-07-04T00:00+00:00")
    origin = begin + timedelta(days=3)
    rng, hours = np.random.default_rng(1), np.arange(3 * DAY_S // STEP_S) * STEP_S / 3600
    course = 2 + 15 * np.exp(2 * np.cos(2 * np.pi * (hours - 15) / 24) - 2)
    first_s = int(begin.timestamp())
    series = [Series(target=f"gate-{k}", quantity="count", first_s=first_s, step_s=STEP_S, values=rng.poisson(course).astype(float)) for k in range(1000)]
    for places in (50, 1000):
        model, start = Nowcast(Calendar.in_utc()), time.monotonic()
        model.learn(series[:places], origin)
        yield Row(f"learning from {places} places, three days", "< 20 s", f"{time.monotonic() - start:.1f} s")
    start = time.monotonic()
    made = model.forecast(series, origin, 7200)
    yield Row(f"1,000 places, two hours: {len(made):,} forecasts", "< 2 s", f"{time.monotonic() - start:.2f} s")
    yield Row("most memory of the whole process", "< 1.5 GB", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
