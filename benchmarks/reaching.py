"""When a level is reached: alerts, chances and zone forecasts against the truth of simulated event days."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import SHARED_BENCH, Row
from benchmarks.town import write_town
from deining.domain.area import Area
from deining.domain.forecast import Forecast
from deining.domain.levels import LevelLimit, LevelReach
from deining.domain.ports import StateForecaster, StateForecasts, UsualCourse
from deining.domain.state import FlowState, Quality, ZoneState
from deining.forecasting.reach import LEADS_S
from deining.forecasting.zone_flow import ZoneFlow
from deining.jobs.replay import replay, write_evening
from deining.pipeline import Pipeline, Step, build_pipeline
from deining.risk.levels import LevelBook
from deining.settings import Settings
from deining.sources.tables import TableSource
from deining.storage.area_folder import read_area

SEEDS, DAYS, ZONES, HOURS = range(201, 207), 3, 30, 12
EVERY_MIN = 15
EDGES = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 1.0)
LIKELY = 0.5
"""The time at which a level is reached is judged where it was said to be at least so likely."""
Array = NDArray[np.float64]


class Silent:
    """A state forecaster that says nothing: what alerts were like without one."""

    horizon_s = 0

    def take(self, now: datetime, zones: Sequence[ZoneState], flows: Sequence[FlowState]) -> None:
        """Look away."""

    def forecast(self, first_s: int | None, step_s: int, limits: Mapping[str, Sequence[LevelLimit]], usual: UsualCourse | None = None) -> StateForecasts:
        """Nothing."""
        return StateForecasts([], [])


@dataclass(slots=True)
class Judged:
    """What was said of zones, beside what came; one entry a zone, level or step."""

    said: dict[int, list[float]] = field(default_factory=lambda: {lead: [] for lead in LEADS_S})
    came: dict[int, list[bool]] = field(default_factory=lambda: {lead: [] for lead in LEADS_S})
    in_time: list[bool] = field(default_factory=list)
    errors: dict[int, list[tuple[float, float, float]]] = field(default_factory=lambda: {lead: [] for lead in LEADS_S})
    inside: dict[int, list[bool]] = field(default_factory=lambda: {lead: [] for lead in LEADS_S})


def measure(quick: bool) -> Iterator[Row]:
    """Alerts with and without the state forecaster, how right the chances are, and what a forecast costs."""
    yield from _large_area()
    if not (SHARED_BENCH / "eventdays.py").exists():
        yield Row("reaching of levels on simulated days", "", "skipped: no shared/bench/eventdays.py beside the project")
        return
    judged = Judged()
    with tempfile.TemporaryDirectory() as name:
        seeds, days = (SEEDS[:1], 1) if quick else (SEEDS, DAYS)
        scores = [_score(_towns(Path(name), seeds, days, kind, judged)) for kind in ("without", "with")]
    yield from _alert_rows(*scores)
    yield from _chance_rows(judged)
    yield from _forecast_rows(judged)


def _towns(root: Path, seeds: Sequence[int], days: int, kind: str, judged: Judged) -> list[tuple[Path, Path, Path]]:
    """Replay all days of all towns: area, truth and alerts of each day."""
    found = []
    for seed in seeds:
        town = root / str(seed)
        if not town.exists():
            _run(SHARED_BENCH / "eventdays.py", "--out", town, "--days", days, "--seed", seed, "--zones", ZONES, "--hours", HOURS, "--surges")
        area = read_area(town / "area")
        for day in sorted(town.glob("day-*")):
            pipeline = build_pipeline(area, Settings(), state_forecaster=Silent() if kind == "without" else None)
            steps = _keep_steps(pipeline)
            write_evening(replay(pipeline, TableSource(day / "observations.csv")), day / kind)
            found.append((town / "area", day / "truth.csv", day / kind / "alerts.csv"))
            if kind == "with":
                _judge(area, _read_truth(area, day / "truth.csv"), steps, judged)
    return found


def _keep_steps(pipeline: Pipeline) -> list[Step]:
    steps: list[Step] = []
    step = pipeline.step

    def keeping(now: datetime) -> Step:
        steps.append(step(now))
        return steps[-1]

    pipeline.step = keeping  # type: ignore[method-assign]
    return steps


def _run(*words: object) -> str:
    return subprocess.run([sys.executable, *map(str, words)], check=True, capture_output=True, text=True).stdout


def _read_truth(area: Area, path: Path) -> dict[str, tuple[datetime, Array]]:
    """By zone: the end of the first minute, and the persons at the end of each minute."""
    people: dict[str, list[float]] = {zone: [] for zone in area.zones}
    first = datetime.max.replace(tzinfo=UTC)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            people[row["zone"]].append(float(row["occupancy"]))
            first = min(first, datetime.fromisoformat(row["time"]))
    return {zone: (first, np.array(course)) for zone, course in people.items()}


# -- what was said, beside what came


def _judge(area: Area, truth: Mapping[str, tuple[datetime, Array]], steps: Sequence[Step], judged: Judged) -> None:
    book = LevelBook(area)
    limits = {(zone, limit.level, limit.quantity): limit.value for zone in area.zones for limit in book.limits(zone)}
    for step in steps:
        if step.time.minute % EVERY_MIN:
            continue
        for reach in step.reaches:
            if reach.target in truth and reach.origin == step.time and not reach.is_reached:
                _judge_reach(reach, limits[reach.target, reach.level, reach.quantity], *truth[reach.target], judged)
        people = {zone.zone: zone.occupancy for zone in step.zones}
        for forecast in step.forecasts:
            if forecast.target in truth and forecast.origin == step.time and forecast.model == "zone_flow":
                _judge_forecast(forecast, people[forecast.target] or 0.0, *truth[forecast.target], judged)


def _judge_reach(reach: LevelReach, limit: float, first: datetime, people: Array, judged: Judged) -> None:
    now = round((reach.origin - first).total_seconds() / 60)
    passed = np.flatnonzero(people[now + 1 :] >= limit)
    after_min = int(passed[0]) + 1 if len(passed) else 10_000
    for lead in LEADS_S:
        if now + lead // 60 < len(people):
            judged.said[lead].append(reach.chances[lead])
            judged.came[lead].append(60 * after_min <= lead)
    if reach.chances[LEADS_S[-1]] >= LIKELY and 60 * after_min <= LEADS_S[-1] and reach.at_p10 and reach.at_p90:
        came = reach.origin + timedelta(minutes=after_min)
        judged.in_time.append(reach.at_p10 <= came <= reach.at_p90 + timedelta(minutes=1))


def _judge_forecast(forecast: Forecast, now: float, first: datetime, people: Array, judged: Judged) -> None:
    """The forecast of the step that ends at one of the leads, beside the mean of that step and beside what there is now."""
    begin = round((forecast.time - first).total_seconds() / 60) + 1
    length_min = (forecast.step_s or 0) // 60
    lead = round((forecast.time - forecast.origin).total_seconds()) + 60 * length_min
    if lead in LEADS_S and begin + length_min <= len(people):
        truth = float(people[begin : begin + length_min].mean())
        judged.errors[lead].append((abs(forecast.quantile(0.5) - truth), abs(now - truth), truth))
        if truth >= 50:
            judged.inside[lead].append(forecast.quantile(0.1) <= truth <= forecast.quantile(0.9))


# -- rows


def _score(days: Sequence[tuple[Path, Path, Path]]) -> dict[str, float]:
    """The shared scorer's figures; over several areas it is run for each, and the figures are weighted."""
    total: dict[str, float] = {}
    for area in sorted({area for area, _, _ in days}):
        words = [word for place, truth, alerts in days if place == area for word in ("--day", truth, alerts)]
        found = json.loads(_run(SHARED_BENCH / "score.py", "alerts", "--area", area, *words))
        total["days"] = total.get("days", 0) + found["days"]
        total["overcrowdings"] = total.get("overcrowdings", 0) + found["overcrowdings"]
        for name in ("hit", "lead5", "lead10", "lead15"):
            total[name] = total.get(name, 0.0) + (found[name] * found["overcrowdings"] if found["overcrowdings"] else 0.0)
        for name in ("false_per_day", "near_per_day"):
            total[name] = total.get(name, 0.0) + found[name] * found["days"]
    for name in ("hit", "lead5", "lead10", "lead15"):
        total[name] = total[name] / total["overcrowdings"] if total["overcrowdings"] else float("nan")
    return {name: value / total["days"] if name.endswith("_per_day") else value for name, value in total.items()}


def _alert_rows(before: dict[str, float], after: dict[str, float]) -> Iterator[Row]:
    yield Row("days; overcrowdings", "", f"{after['days']:.0f}; {after['overcrowdings']:.0f}")
    asked = {"hit": ">= 0.91", "lead5": ">= 0.87", "lead10": "", "lead15": ">= 0.53", "false_per_day": "some 0.84", "near_per_day": ""}
    for name, target in asked.items():
        yield Row(f"alerts: {name}, and without the state forecaster", target, f"{after[name]:.2f}; {before[name]:.2f}")


def _chance_rows(judged: Judged) -> Iterator[Row]:
    for lead in LEADS_S:
        said, came = np.array(judged.said[lead]), np.array(judged.came[lead], dtype=float)
        usual, brier = came.mean() * (1 - came.mean()), np.mean((said - came) ** 2)
        yield Row(
            f"chance within {lead // 60} min: Brier, and of the share of all", "", f"{brier:.4f}; {usual:.4f} ({len(came)} of which {came.sum():.0f} came)"
        )
        parts = [(said >= low) & (said < high + (high == 1.0)) for low, high in pairwise(EDGES)]
        told = ", ".join(f"{said[part].mean():.3f}: {came[part].mean():.3f} ({part.sum()})" for part in parts if part.any())
        yield Row(f"chance within {lead // 60} min, said: came (number)", "equal", told)
    share = np.mean(judged.in_time) if judged.in_time else float("nan")
    yield Row("80 % interval of the time covers, where reached and said likely", "0.75 to 0.85", f"{share:.2f} ({len(judged.in_time)})")


def _forecast_rows(judged: Judged) -> Iterator[Row]:
    for lead in LEADS_S:
        mine, now, truth = np.array(judged.errors[lead]).sum(axis=0)
        cover = np.mean(judged.inside[lead])
        yield Row(
            f"occupancy of the step that ends {lead // 60} min ahead: WAPE, of the state now, ratio; cover80",
            "",
            f"{mine / truth:.3f}; {now / truth:.3f}; {mine / now:.2f}; {cover:.2f}",
        )


def _large_area() -> Iterator[Row]:
    for zones in (30, 1000):
        with tempfile.TemporaryDirectory() as name:
            area = read_area(write_town(Path(name) / "town", zones=zones))
        model: StateForecaster = ZoneFlow(area)
        now = datetime(2026, 7, 4, 12, tzinfo=UTC)
        limits = {place: LevelBook(area).limits(place) for place in (*area.zones, *area.gates)}
        times = []
        for k in range(6):
            at = now + timedelta(minutes=k)
            model.take(at, *_states(area, at))
            begin = time.monotonic()
            model.forecast(int(at.timestamp()), 900, limits)
            times.append(time.monotonic() - begin)
        asked = "< 2,000 ms" if zones == 1000 else ""
        yield Row(f"{zones} zones, {len(area.gates)} gates: one forecast with all chances", asked, f"{1000 * float(np.median(times)):.0f} ms")


def _states(area: Area, at: datetime) -> tuple[list[ZoneState], list[FlowState]]:
    zones = [
        ZoneState(zone=z, time=at, occupancy=800.0, occupancy_p05=700.0, occupancy_p95=900.0, density_per_m2=0.4, data_age_s=30.0, quality=Quality.GOOD)
        for z in area.zones
    ]
    flows = [
        FlowState(
            target=g,
            time=at,
            forward_per_min=20.0,
            backward_per_min=15.0,
            flow_per_min=35.0,
            p05=30.0,
            p95=40.0,
            specific_flow_per_m_min=9.0,
            ratio_to_normal=None,
            data_age_s=30.0,
            quality=Quality.GOOD,
        )
        for g in area.gates
    ]
    return zones, flows
