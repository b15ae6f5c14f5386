"""Early enough, and not too often: alerts on simulated event days, by the shipped defaults and after learning, beside plain limits."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import SHARED_BENCH, Row
from deining.domain.alert import AlertPolicy
from deining.domain.area import Area
from deining.domain.calibration import Calibration
from deining.domain.levels import Level, LevelQuantity, LevelScale
from deining.domain.ports import RiskView
from deining.jobs.replay import Evening, replay, write_evening
from deining.pipeline import Learned, Step, build_pipeline
from deining.risk.alert_book import AlertBook
from deining.risk.early_warning import chance_within
from deining.risk.levels import LevelBook
from deining.risk.rules.level_now import level_now
from deining.settings import Settings
from deining.sources.tables import TableSource
from deining.storage.area_folder import read_area

SEEDS, TRAINING_DAYS, TEST_DAYS, VISITORS = range(401, 409), 5, 5, 50_000
SETTINGS = Settings(alert_from="auto", forecaster="last_week")
"""The shipped ones; but the forecaster of series, of which no alert of a zone within two hours depends, is the quickest."""
EVERY_MIN = 15
EDGES = (0.0, 0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
FEWEST_CASES = 50
"""A part of the chances is judged where so many cases were said."""
ROUNDS = 2000
"""Of the bootstrap over days."""
ASKED = {"hit": ">= 0.95", "lead5": ">= 0.90", "lead10": "", "lead15": ">= 0.60", "false": "<= 1.0", "near": "", "alerts": ""}
Counts = NDArray[np.float64]


@dataclass(slots=True)
class Judged:
    """One way of raising alerts: what came of it on each test day, and of each chance that it said."""

    days: list[Counts] = field(default_factory=list)
    said: list[float] = field(default_factory=list)
    came: list[bool] = field(default_factory=list)


def measure(quick: bool) -> Iterator[Row]:
    """Hits, leads and false alarms of each way of raising alerts, all on the same days; and how right the chances are."""
    if not (SHARED_BENCH / "eventdays.py").exists():
        yield Row("alerts on simulated event days", "", "skipped: no shared/bench/eventdays.py beside the project")
        return
    judged = {name: Judged() for name in ("at the limit, live", "80 % of the limit, live", "shipped defaults", "after learning")}
    seeds, training, test = (SEEDS[:1], 1, 1) if quick else (SEEDS, TRAINING_DAYS, TEST_DAYS)
    with tempfile.TemporaryDirectory() as name:
        for seed in seeds:
            town = make_town(Path(name) / str(seed), seed, training + test)
            judge_town(town, range(training), range(training, training + test), judged)
    for name, found in judged.items():
        yield from _rows(name, found)
    for name in ("shipped defaults", "after learning"):
        yield from _reliability(name, judged[name])


def make_town(folder: Path, seed: int, days: int) -> Path:
    """An area with its sensors, and so many event days, some of them with attractions."""
    if not folder.exists():
        words = ["--out", folder, "--days", days, "--seed", seed, "--visitors", VISITORS, "--surges"]
        subprocess.run([sys.executable, *map(str, [SHARED_BENCH / "eventdays.py", *words])], check=True)
    return folder


def judge_town(town: Path, training: Sequence[int], test: Sequence[int], judged: Mapping[str, Judged]) -> None:
    """Let a town teach on its training days, and judge each way on its test days."""
    area = read_area(town / "area")
    taught = Calibration()
    for day in training:
        _, _, taught = play(area, town / f"day-{day}", taught)
    for day in test:
        folder = town / f"day-{day}"
        evening, steps, _ = play(area, folder, Calibration())
        _judge(judged["shipped defaults"], area, folder, evening, steps)
        _judge(judged["at the limit, live"], area, folder, _by_limit(area, steps, 1.0), ())
        _judge(judged["80 % of the limit, live"], area, folder, _by_limit(area, steps, 0.8), ())
        evening, steps, taught = play(area, folder, taught)
        _judge(judged["after learning"], area, folder, evening, steps)


def play(area: Area, folder: Path, taught: Calibration, settings: Settings = SETTINGS) -> tuple[Evening, list[Step], Calibration]:
    """Replay one day with what earlier ones taught; what was found, and what is taught then."""
    pipeline = build_pipeline(area, settings, Learned(calibration=taught))
    steps: list[Step] = []
    step = pipeline.step

    def keeping(now: Any) -> Step:
        steps.append(step(now))
        return steps[-1]

    pipeline.step = keeping  # type: ignore[method-assign]
    evening = replay(pipeline, TableSource(folder / "observations.csv"))
    return evening, steps, pipeline.learn()


def _by_limit(area: Area, steps: Sequence[Step], share: float) -> Evening:
    """Alerts when a zone is at a share of its capacity, on the states of a replay."""
    scale = LevelScale(quantity=LevelQuantity.OCCUPANCY_SHARE, yellow=share * 0.8, orange=share * 0.9, red=share)
    policy = AlertPolicy(raise_from=Level.RED)
    levels, book, evening = LevelBook(area, [scale]), AlertBook(policy), Evening(area)
    for step in steps:
        view = RiskView(area=area, now=step.time, zones=step.zones, flows=(), health=(), forecasts={}, levels=levels, policy=policy)
        evening.add(replace(step, zones=(), flows=(), forecasts=(), faults=(), alerts=book.update(step.time, level_now(view))))
    return evening


# -- what was said, beside what came


def _judge(judged: Judged, area: Area, folder: Path, evening: Evening, steps: Sequence[Step]) -> None:
    scorer = _scorer()
    out = Path(tempfile.mkdtemp(dir=folder))
    write_evening(replace(evening, zones=[], flows=[], forecasts=[]), out)
    found = scorer.alerts(folder.parent / "area", [(folder / "truth.csv", out / "alerts.csv")])
    number = found["overcrowdings"]
    shares = [number * found[name] if number else 0.0 for name in ("hit", "lead5", "lead10", "lead15")]
    judged.days.append(np.array([number, *shares, found["false_per_day"], found["near_per_day"], found["alerts_per_day"]], dtype=float))
    people = scorer.read_times(folder / "truth.csv", "time").pivot(index="time", columns="zone", values="occupancy")
    capacity = scorer.capacities(folder.parent / "area")
    full = {zone: (people[zone] >= capacity[zone]).to_numpy() for zone in people.columns}
    for step in [step for step in steps if not step.time.minute % EVERY_MIN]:
        _judge_chances(judged, step, people.index.get_loc(step.time), full)


def _judge_chances(judged: Judged, step: Step, now: int, full: Mapping[str, NDArray[np.bool_]]) -> None:
    """Chances of red within the time of a warning, of zones that are not full."""
    policy, reaches = AlertPolicy(raise_from=Level.RED), {}
    for reach in step.reaches:
        reaches.setdefault(reach.target, []).append(reach)
    ahead = round(policy.warn_ahead_s / 60)
    for zone, course in full.items():
        if zone in reaches and not course[now] and now + ahead < len(course):
            judged.said.append(chance_within(reaches[zone], policy, step.time))
            judged.came.append(bool(course[now + 1 : now + ahead + 1].any()))


def _scorer() -> Any:
    """The shared scorer, as a module."""
    spec = importlib.util.spec_from_file_location("score", SHARED_BENCH / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- rows


def _figures(total: Counts, days: int) -> dict[str, float]:
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = dict(zip(("hit", "lead5", "lead10", "lead15"), total[1:5] / total[0], strict=True))
    return {**shares, **dict(zip(("false", "near", "alerts"), total[5:] / days, strict=True))}


def _rows(name: str, judged: Judged) -> Iterator[Row]:
    days = np.array(judged.days)
    found = _figures(days.sum(axis=0), len(days))
    draws = np.random.default_rng(1).integers(0, len(days), (ROUNDS, len(days)))
    again = [_figures(days[draw].sum(axis=0), len(days)) for draw in draws]
    yield Row(f"{name}: days; overcrowdings", "", f"{len(days)}; {days[:, 0].sum():.0f}")
    for key, asked in ASKED.items():
        low, high = np.nanquantile([figures[key] for figures in again], (0.025, 0.975))
        unit = " a day" if key in ("false", "near", "alerts") else ""
        yield Row(f"{name}: {key}{unit}", asked if name in ("shipped defaults", "after learning") else "", f"{found[key]:.2f} ({low:.2f} to {high:.2f})")


def _reliability(name: str, judged: Judged) -> Iterator[Row]:
    said, came = np.array(judged.said), np.array(judged.came, dtype=float)
    parts = [(said >= low) & (said < high + (high == 1.0)) for low, high in pairwise(EDGES)]
    told = ", ".join(f"{said[part].mean():.2f}: {came[part].mean():.2f} ({part.sum()})" for part in parts if part.any())
    off = [abs(said[part].mean() - came[part].mean()) for part in parts if part.sum() >= FEWEST_CASES]
    yield Row(f"{name}: red within 45 min, said: came (cases)", "", told)
    yield Row(f"{name}: farthest from what was said, where there are {FEWEST_CASES} cases", "<= 0.10", f"{max(off, default=float('nan')):.2f}")
