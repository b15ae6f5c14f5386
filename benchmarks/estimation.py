"""Estimation against the truth of simulated days: error, interval, faults, what each ingredient is worth, time and memory."""

from __future__ import annotations

import importlib.util
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import SHARED_BENCH, Row
from deining.domain.area import Area, SensorKind
from deining.domain.calibration import Calibration
from deining.domain.observation import Observation, Quantity
from deining.domain.ports import Estimator
from deining.estimation import ESTIMATORS, parameters, zone_estimator
from deining.estimation import filter as zone_filter
from deining.estimation.districts import DistrictEstimator
from deining.sources.tables import TableSource
from deining.storage.area_folder import read_area

SEEDS = range(501, 511)
LONG_SEEDS = range(601, 606)
BIG = 50
Array = NDArray[np.float64]
Figures = dict[str, float]


def measure(quick: bool) -> list[Row]:
    """All figures that users ask for, over several seeds."""
    if not (SHARED_BENCH / "eventdays.py").exists():
        return [Row("estimation on simulated days", "", "skipped: no shared/bench/eventdays.py beside the project")]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        rows = [*_errors(pool, quick), *_ingredients(pool, quick)]
    return [*rows, *_scale(quick), *_memory(quick)]


def _errors(pool: ProcessPoolExecutor, quick: bool) -> Iterator[Row]:
    for zones, most in ((30, 10), (10, 10), (100, 4)):
        asked = zones == 30
        days = [found[-1] for found in pool.map(partial(_days, zones=zones), SEEDS[: 2 if quick else most])]
        name = f"{zones} zones, one day: "
        yield Row(name + "error over that of plain counting", "<= 0.36" if asked else "", _spread(days, "ratio"))
        yield Row(name + "error of occupancy (WAPE)", "", _spread(days, "wape"))
        yield Row(name + "zones with a camera", "<= 0.065, then 0.05" if asked else "", _spread(days, "camera"))
        yield Row(name + "whole area", "<= 0.025" if asked else "", _spread(days, "total"))
        yield Row(name + "90 % interval covers", "0.87 to 0.93" if asked else "", _spread(days, "cover"))
        yield Row(name + "90 % interval of the whole area covers", "", _spread(days, "total_cover"))
        yield Row(name + "silent gate: expected counts missed before the minute in which it is flagged", "<= 12" if asked else "", _spread(days, "missed", 1))
        yield Row(name + "false faults of gates", "< 1 a day of 60 gates" if asked else "", f"{np.mean([d['false_gates'] for d in days]):.2f} a day")
        yield Row(name + "false faults of other sensors", "", f"{np.mean([d['false_others'] for d in days]):.2f} a day")
    fourth = [found[-1] for found in pool.map(partial(_days, zones=30, days=4), LONG_SEEDS[: 1 if quick else 5])]
    name = "30 zones, fourth day with calibration: "
    yield Row(name + "error over that of plain counting", "<= 0.25", _spread(fourth, "ratio"))
    yield Row(name + "zones with a camera", "", _spread(fourth, "camera"))
    yield Row(name + "whole area", "", _spread(fourth, "total"))
    yield Row(name + "90 % interval covers", "0.87 to 0.93", _spread(fourth, "cover"))


WITHOUT: dict[str, dict[str, Any]] = {
    "all of it": {},
    "without cameras": {"drop": SensorKind.AREA_CAMERA},
    "without Wi-Fi counters": {"drop": SensorKind.DEVICE_COUNTER},
    "without the phone panel": {"drop": SensorKind.PHONE_PANEL},
    "without how quickly people leave": {"change": (zone_filter, "LEAVING_NOISE", 1e3)},
    "without finding the silent gate": {"change": (zone_filter, "FLAG_AT", 1e9)},
    "without testing sensors against one another": {"change": (zone_estimator, "TESTS", False)},
    "without learning the counters' rates": {"change": (parameters, "INVERSE_RATE_SPREAD", 1e-3)},
    "on days without a silent gate": {"fault_minutes": 0},
}


def _ingredients(pool: ProcessPoolExecutor, quick: bool) -> Iterator[Row]:
    for name, how in WITHOUT.items():
        days = [found[-1] for found in pool.map(partial(_days, zones=30, **_by_name(how)), SEEDS[: 1 if quick else 6])]
        yield Row(f"ingredients: {name}: error over plain counting's; whole area", "", f"{_middle(days, 'ratio'):.3f}; {_middle(days, 'total'):.3f}")
    fourth = [found[-1] for found in pool.map(partial(_days, zones=30, days=4, forget=True), LONG_SEEDS[: 1 if quick else 5])]
    yield Row("ingredients: fourth day without calibration: error; whole area", "", f"{_middle(fourth, 'ratio'):.3f}; {_middle(fourth, 'total'):.3f}")


def _by_name(how: dict[str, Any]) -> dict[str, Any]:
    """With modules as names, which another process can be told."""
    return {key: (value[0].__name__, *value[1:]) if key == "change" else value for key, value in how.items()}


def _middle(days: list[Figures], name: str) -> float:
    return statistics.median(day[name] for day in days)


def _spread(days: list[Figures], name: str, digits: int = 3) -> str:
    values = [day[name] for day in days]
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f}, {len(values)} seeds)"


def _days(
    seed: int,
    zones: int,
    days: int = 1,
    *,
    drop: SensorKind | None = None,
    change: tuple[str, str, Any] | None = None,
    fault_minutes: int = 120,
    forget: bool = False,
) -> list[Figures]:
    """Figures of consecutive days of one area; what was learned serves the next day."""
    figures, learned = [], Calibration()
    with tempfile.TemporaryDirectory() as name, _changed(change):
        folder = Path(name)
        _generator().make(folder, seed=seed, days=days, zones=zones, visitors=30_000, hours=12, surges=True, fault_minutes=fault_minutes)
        area = read_area(folder / "area")
        for day in range(days):
            found, learned = _one_day(area, folder / f"day-{day}", Calibration() if forget else learned, drop)
            figures.append(found)
    return figures


@contextmanager
def _changed(change: tuple[str, str, Any] | None) -> Iterator[None]:
    """With one number of a module set to another."""
    if change is None:
        yield
        return
    module, name, value = sys.modules[change[0]], change[1], change[2]
    was = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, was)


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("eventdays", SHARED_BENCH / "eventdays.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _one_day(area: Area, folder: Path, learned: Calibration, drop: SensorKind | None) -> tuple[Figures, Calibration]:
    rows = _read_rows(folder)
    truth = _read_truth(folder, area, list(rows))
    estimator, clicker, zones = ESTIMATORS["filter"](area, learned=learned), _Clicker(area), list(area.zones)
    states, counted, totals = [], [], []
    faults: dict[tuple[str, str], int] = {}
    for k, (now, said) in enumerate(rows.items()):
        estimator.take([o for o in said if area.sensors[o.sensor].kind is not drop])
        states.append([(s.occupancy or 0.0, s.occupancy_p05 or 0.0, s.occupancy_p95 or 0.0) for s in estimator.estimate(now)[0]])
        total = estimator.total(now, zones)
        totals.append((total.occupancy or 0.0, total.occupancy_p05 or 0.0, total.occupancy_p95 or 0.0))
        counted.append(clicker.minute(said))
        for sensor, fault in estimator.find_faults().items():
            faults.setdefault((sensor, fault.text.split(":")[0]), k)
    figures = _figures(area, truth, np.array(states), np.array(counted), np.array(totals))
    return figures | _fault_figures(folder, rows, faults), estimator.learn()


def _read_rows(folder: Path) -> dict[datetime, list[Observation]]:
    rows: dict[datetime, list[Observation]] = {}
    for observation in TableSource(folder / "observations.csv").table.observations():
        rows.setdefault(observation.end, []).append(observation)
    return dict(sorted(rows.items()))


def _read_truth(folder: Path, area: Area, times: list[datetime]) -> Array:
    column, row = {zone: i for i, zone in enumerate(area.zones)}, {time: k for k, time in enumerate(times)}
    truth = np.zeros((len(times), len(column)))
    for line in (folder / "truth.csv").read_text().splitlines()[1:]:
        zone, at, people = line.split(",")
        truth[row[datetime.fromisoformat(at)], column[zone]] = float(people)
    return truth


class _Clicker:
    """In minus out over 0.9, never below zero: what the scorer calls plain counting."""

    def __init__(self, area: Area) -> None:
        self._area, self._people = area, np.zeros(len(area.zones))
        self._column = {zone: i for i, zone in enumerate(area.zones)}

    def minute(self, said: list[Observation]) -> Array:
        change = np.zeros(len(self._people))
        for o in said:
            gate = self._area.sensors[o.sensor].gate
            if gate is None or o.quantity not in (Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD):
                continue
            way = (1 if o.quantity is Quantity.COUNT_FORWARD else -1) * o.value / 0.9
            for zone, sign in ((self._area.gates[gate].to_zone, 1), (self._area.gates[gate].from_zone, -1)):
                if zone is not None:
                    change[self._column[zone]] += sign * way
        self._people = np.maximum(self._people + change, 0.0)
        return self._people


def _figures(area: Area, truth: Array, states: Array, counted: Array, totals: Array) -> Figures:
    watched = {s.zone for s in area.sensors.values() if s.kind is SensorKind.AREA_CAMERA}
    camera = np.array([zone in watched for zone in area.zones])
    found, low, high = states[..., 0], states[..., 1], states[..., 2]
    error, people, big = np.abs(found - truth), truth.sum(axis=1), truth >= BIG
    many = people >= BIG * len(area.zones)
    return {
        "wape": float(error.sum() / truth.sum()),
        "ratio": float(error.sum() / np.abs(counted - truth).sum()),
        "camera": float(error[:, camera].sum() / truth[:, camera].sum()),
        "total": float(np.abs(totals[:, 0] - people).sum() / people.sum()),
        "cover": float(((truth >= low) & (truth <= high))[big].mean()),
        "total_cover": float(((people >= totals[:, 1]) & (people <= totals[:, 2]))[many].mean()),
    }


def _fault_figures(folder: Path, rows: dict[datetime, list[Observation]], faults: dict[tuple[str, str], int]) -> Figures:
    """Counts missed at the silent gate until it was flagged, at the rate of the quarter of an hour before; and false faults."""
    lines = (folder / "faults.csv").read_text().splitlines()[1:]
    sensor, start, _ = lines[0].split(",") if lines else ("", "", "")
    false = [name for name, word in faults if (name, word) != (sensor, "silent")]
    gates = float(len([name for name in false if name.startswith("gate")]))
    figures = {"false_gates": gates, "false_others": len(false) - gates}
    if not lines:
        return {"missed": 0.0, **figures}
    minutes = list(rows.values())
    first = next(k for k, time in enumerate(rows) if time > datetime.fromisoformat(start))
    usual = float(np.mean([sum(o.value for o in said if o.sensor == sensor) for said in minutes[first - 15 : first]]))
    flagged = faults.get((sensor, "silent"), 10**6)
    return {"missed": (flagged - first) * usual, **figures}


def _scale(quick: bool) -> Iterator[Row]:
    asked = {30: "< 5 ms", 300: "< 500 ms", 3000: "< 2,000 ms"}
    for zones, minutes in ((30, 180), (300, 60)) if quick else ((30, 180), (300, 60), (3000, 30)):
        seconds = _timed(zones, minutes)
        words = f"{1e3 * statistics.median(seconds):.1f} ms (at most {1e3 * max(seconds):.1f}, {len(seconds)} minutes)"
        yield Row(f"one minute's update, {zones:,} zones", asked[zones], words)
    zones = 100 if quick else 300
    whole, parts = _followed(zones, ESTIMATORS["filter"]), _followed(zones, DistrictEstimator)
    gap = np.abs(whole - parts).sum() / whole.sum()
    yield Row(f"districts against one filter, {zones} zones: difference over all people", "", f"{gap:.4f}")


def _made(zones: int, minutes: int) -> tuple[Area, dict[datetime, list[Observation]]]:
    """The busy middle of an hour or more in a large area."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hours = max(1, -(-minutes // 60))
        _generator().make(folder, seed=701, days=1, zones=zones, visitors=200 * zones, hours=hours, surges=False, fault_minutes=0)
        return read_area(folder / "area"), dict(list(_read_rows(folder / "day-0").items())[:minutes])


def _timed(zones: int, minutes: int) -> list[float]:
    area, rows = _made(zones, minutes)
    make: Callable[..., Estimator] = ESTIMATORS["filter" if zones <= 300 else "districts"]
    estimator, seconds = make(area), []
    for now, said in rows.items():
        estimator.take(said)
        begin = time.perf_counter()
        estimator.catch_up(now)
        seconds.append(time.perf_counter() - begin)
    return seconds[len(seconds) // 3 :]


def _followed(zones: int, make: Callable[..., Estimator]) -> Array:
    area, rows = _made(zones, 60)
    estimator, found = make(area), []
    for now, said in rows.items():
        estimator.take(said)
        found.append([s.occupancy or 0.0 for s in estimator.estimate(now)[0]])
    return np.array(found)


def _memory(quick: bool) -> Iterator[Row]:
    area, rows = _made(10, 120 if quick else 480)
    estimator, marks = ESTIMATORS["filter"](area), []
    tracemalloc.start()
    for k, (now, said) in enumerate(rows.items()):
        estimator.take(said)
        estimator.estimate(now)
        if k in (len(rows) // 3, len(rows) - 1):
            marks.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    yield Row("memory from a third of the day to its end", "does not grow", f"{100 * (marks[1] / marks[0] - 1):+.0f} %")
