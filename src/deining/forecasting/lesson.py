"""What the boosted trees learn, for one quantity and step: the middle, how wide the error is, and whether ordinary weeks do better."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from deining.domain.drivers import Drivers
from deining.domain.forecast import Provenance
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import BoolArray, Calendar, Int64Array
from deining.forecasting.day_clues import HOUR_S, ClueRows, DayClues
from deining.forecasting.ordinary_grid import OrdinaryGrid
from deining.forecasting.spread import SpreadTable, kind_of_hour
from deining.forecasting.trees import Booster, lightgbm

DAY_S, WEEK_S = 86_400, 7 * 86_400
FARTHEST_S = 14 * DAY_S
"""Steps that begin so long after the origin, or later, get no forecast."""
LEARNS_FROM_S, LOOKS_AT_S = 6 * 365 * DAY_S, 3 * 365 * DAY_S + 12 * WEEK_S
"""How far back it learns, and how far back it looks for a forecast."""
FOLDS, FOLD_S, FOLDS_AT_ONCE = 3, 14 * DAY_S, 2
MOST_CELLS = 4_000_000
"""Steps times series that it looks at; of more series it looks less far back."""
SEED = 1
ERROR_HALF_LIFE_S = 365 * DAY_S
"""An error of so long ago counts half in how wide the bands are."""
SMALL_ERROR = 0.02
CODE_VERSION = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of leads with trees of its own: from, to (h; the first step has its own), rows to learn from, and rounds."""

    from_h: float
    to_h: float
    rows: int
    rounds: int


STRETCHES = (
    Stretch(from_h=0, to_h=1, rows=40_000, rounds=120),
    Stretch(from_h=1, to_h=24, rows=90_000, rounds=200),
    Stretch(from_h=24, to_h=FARTHEST_S / HOUR_S, rows=130_000, rounds=220),
)
TREES: dict[str, Any] = {
    "learning_rate": 0.09,
    "num_leaves": 31,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "extra_trees": True,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
WIDTH_TREES = TREES | {"objective": "regression", "min_data_in_leaf": 300}
WIDTH_ROUNDS, WIDTH_ROWS = 60, 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """What was learned for one stretch: the middle by fold, the width of the error, and the table of its quantiles.

    Parameters
    ----------
    to_ordinary
        By target: mean error of the last half year against that of the ordinary weeks, both out of fold.
    """

    middle: tuple[Booster, ...]
    width: Booster
    table: SpreadTable
    to_ordinary: dict[str, float]

    def centre(self, rows: ClueRows, threads: int) -> FloatArray:
        """The median, never negative."""
        away = np.mean([trees.predict(rows.clues, num_threads=threads) for trees in self.middle], axis=0)
        return np.asarray(np.maximum(rows.base + rows.scale * away, 0.0))

    def error(self, rows: ClueRows, threads: int) -> FloatArray:
        """The error that is to be expected, persons."""
        return np.asarray(rows.scale * np.exp(self.width.predict(rows.clues, num_threads=threads)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What was learned of the series of one quantity and step."""

    stretches: tuple[Trees, ...]
    provenance: Provenance
    days: float


def learn_lesson(series: Sequence[Series], until: datetime, drivers: Drivers, days: float, calendar: Calendar, threads: int) -> Lesson | None:
    """Learn of series of one quantity and step; None where there is too little of them."""
    until_s = int(until.timestamp())
    begin_s = max(min(one.first_s for one in series), until_s - min(LEARNS_FROM_S, MOST_CELLS // len(series) * series[0].step_s))
    kept = [one.since(datetime.fromtimestamp(begin_s, UTC)) for one in series]
    kept = [one for one in kept if len(one.values)]
    grid = OrdinaryGrid(kept, calendar, until_s, 0)
    clues, special = DayClues(grid, drivers, until_s), is_special(grid, drivers)
    rng = np.random.default_rng(SEED)
    stretches = []
    for stretch in STRETCHES:
        trees = _learn_stretch(stretch, grid, clues, special, rng, threads)
        if trees is None:
            return None
        stretches.append(trees)
    return Lesson(stretches=tuple(stretches), provenance=provenance(kept, until, drivers), days=days)


def _learn_stretch(stretch: Stretch, grid: OrdinaryGrid, clues: DayClues, special: BoolArray, rng: np.random.Generator, threads: int) -> Trees | None:
    origin, lead, column = sample(stretch, grid, rng)
    step = origin + lead
    truth = grid.values[step, column].astype(np.float64)
    rows = clues.rows(origin, lead, column)
    answer, weight = (truth - rows.base) / rows.scale, rows.scale / float(np.mean(rows.scale)) if len(truth) else rows.scale
    fold = grid.times_s[step] // _fold_s(grid) % FOLDS
    if min(np.count_nonzero(fold == k) for k in range(FOLDS)) < 500:
        return None

    def fit(k: int) -> Booster:
        data = lightgbm().Dataset(rows.clues[fold != k], answer[fold != k], weight=weight[fold != k])
        return lightgbm().train(TREES | {"objective": "l1", "seed": SEED + k, "num_threads": threads}, data, stretch.rounds)

    with ThreadPoolExecutor(max_workers=FOLDS_AT_ONCE) as pool:
        middle = list(pool.map(fit, range(FOLDS)))
    centre = np.zeros(len(truth))
    for k, trees in enumerate(middle):
        own = fold == k
        centre[own] = np.maximum(rows.base[own] + rows.scale[own] * trees.predict(rows.clues[own], num_threads=threads), 0)
    error = (truth - centre) / rows.scale
    data = lightgbm().Dataset(rows.clues[:WIDTH_ROWS], np.log(np.abs(error[:WIDTH_ROWS]) + SMALL_ERROR))
    width = lightgbm().train(WIDTH_TREES | {"seed": SEED, "num_threads": threads}, data, WIDTH_ROUNDS)
    expected = np.exp(width.predict(rows.clues, num_threads=threads))
    kind = kind_of_hour(rows.base, rows.scale, special[step])
    age_s = grid.times_s[-1] - grid.times_s[step]
    table = SpreadTable.from_errors(error / expected, lead * grid.step_s / HOUR_S, kind, 0.5 ** (age_s / ERROR_HALF_LIFE_S))
    return Trees(middle=tuple(middle), width=width, table=table, to_ordinary=_to_ordinary(grid, column, truth, centre, rows.base, age_s))


def _fold_s(grid: OrdinaryGrid) -> int:
    """Length of a stretch of a fold: two weeks, or less where the history is so short that each fold would have but one."""
    return int(max(DAY_S, min(FOLD_S, (grid.known - _first_origin(grid)) * grid.step_s // (2 * FOLDS))))


def _first_origin(grid: OrdinaryGrid) -> int:
    return int(min(5 * WEEK_S // grid.step_s, grid.known // 2))


def sample(stretch: Stretch, grid: OrdinaryGrid, rng: np.random.Generator) -> tuple[Int64Array, Int64Array, Int64Array]:
    """(origin, lead, column) to learn from, drawn evenly; each with a truth, and five weeks of the grid before its origin."""
    per_hour = HOUR_S / grid.step_s
    low = 0 if stretch.from_h == 0 else max(1, round(stretch.from_h * per_hour))
    high = max(low + 1, round(stretch.to_h * per_hour))
    first = _first_origin(grid)
    n = int(min(stretch.rows, 4 * (grid.known - first) * len(grid.targets)))
    origin = rng.integers(first, max(first + 1, grid.known), n)
    near = min(high, max(low + 1, 168 * round(per_hour)))
    lead = np.where(rng.random(n) < 0.8, rng.integers(low, near, n), rng.integers(low, high, n))
    column = rng.integers(0, len(grid.targets), n)
    inside = origin + lead < grid.known
    origin, lead, column = origin[inside], lead[inside], column[inside]
    known = ~np.isnan(grid.values[origin + lead, column])
    return origin[known], lead[known], column[known]


def is_special(grid: OrdinaryGrid, drivers: Drivers) -> BoolArray:
    """Whether each step of a grid lies on a holiday or in an event."""
    special = grid.is_holiday.copy()
    for event in drivers.events:
        first, last = np.searchsorted(grid.times_s, [event.start.timestamp(), event.end.timestamp()])
        special[first:last] = True
    return special


def provenance(series: Sequence[Series], until: datetime, drivers: Drivers) -> Provenance:
    """Which data a model learned from, and its version."""
    digest = hashlib.sha256()
    for one in series:
        digest.update(f"{one.target} {one.quantity} {one.first_s} {one.step_s}".encode())
        digest.update(one.values.tobytes())
    data = digest.hexdigest()[:12]
    names = drivers.names()
    version = hashlib.sha256(f"{CODE_VERSION} {SEED} {data} {lightgbm().__version__} {names}".encode()).hexdigest()[:12]
    absent = tuple(name for name in ("events", "school_holidays", "weather") if name not in names)
    return Provenance(model_version=version, data_version=data, learned_until=until, drivers=names, absent=absent)


def stretch_of(lead_h: FloatArray, step_s: int) -> Int64Array:
    """Number of the stretch of each lead; the first step is the first stretch's, however long it is."""
    number = np.searchsorted([stretch.to_h for stretch in STRETCHES[:-1]], lead_h, side="right")
    return np.where(lead_h * HOUR_S < step_s, 0, number)


def _to_ordinary(grid: OrdinaryGrid, column: Int64Array, truth: FloatArray, centre: FloatArray, base: FloatArray, age_s: Int64Array) -> dict[str, float]:
    recent = age_s < 26 * WEEK_S
    found = {}
    for k, target in enumerate(grid.targets):
        mine = recent & (column == k)
        if mine.sum() >= 100:
            simple = float(np.abs(truth[mine] - base[mine]).mean())
            found[target] = float(np.abs(truth[mine] - centre[mine]).mean()) / simple if simple > 0 else 1.0
    return found


def dump_lesson(kind: tuple[str, int], lesson: Lesson) -> dict[str, Any]:
    p = lesson.provenance
    return {
        "kind": kind,
        "days": lesson.days,
        "provenance": [p.model_version, p.data_version, p.learned_until.isoformat() if p.learned_until else None, p.drivers, p.absent, p.reason],
        "stretches": [
            {
                "middle": [trees.model_to_string() for trees in one.middle],
                "width": one.width.model_to_string(),
                "table": one.table.table.tolist(),
                "to_ordinary": one.to_ordinary,
            }
            for one in lesson.stretches
        ],
    }


def load_lesson(part: dict[str, Any]) -> tuple[tuple[str, int], Lesson]:
    version, data, until, drivers, absent, reason = part["provenance"]
    stretches = tuple(
        Trees(
            middle=tuple(lightgbm().Booster(model_str=text) for text in one["middle"]),
            width=lightgbm().Booster(model_str=one["width"]),
            table=SpreadTable(np.array(one["table"])),
            to_ordinary=one["to_ordinary"],
        )
        for one in part["stretches"]
    )
    found = Provenance(
        model_version=version,
        data_version=data,
        learned_until=datetime.fromisoformat(until) if until else None,
        drivers=tuple(drivers),
        absent=tuple(absent),
        reason=reason,
    )
    quantity, step_s = part["kind"]
    return (quantity, step_s), Lesson(stretches=stretches, provenance=found, days=part["days"])
