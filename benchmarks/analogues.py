"""Events forecast from analogues: simulated places whose truth is known, and Auckland's public holidays as yearly events."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import holidays
import numpy as np

from benchmarks.common import Row
from deining.domain.drivers import Drivers
from deining.domain.event import Event
from deining.domain.forecast import Forecast
from deining.domain.series import FloatArray, Series
from deining.forecasting import Calendar
from deining.forecasting.analogues import Analogues
from deining.forecasting.event_effects import felt
from deining.forecasting.last_week import LastWeek
from deining.forecasting.ordinary_weeks import OrdinaryWeeks
from deining.sources.auckland import AucklandCounts
from deining.storage.area_folder import find_area_folder, read_area

HOUR = 3600
FIRST = datetime(2022, 1, 3, tzinfo=UTC)
HOURS = 3 * 365 * 24
PLACES = tuple(f"place{k}" for k in range(6))
KINDS = ("concert", "market", "fireworks", "parade")
HELD_OUT = 10
SEEDS = range(701, 713)
"""Not used while the model was made; those were 1 to 8."""
TUNED_UNTIL = datetime(2024, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """Simulated series and the events that were in them."""

    series: list[Series]
    events: list[Event]


@dataclass(frozen=True)
class Score:
    """Errors (persons, summed) and coverage of one model over the hours of held-out events."""

    error: float
    truth: float
    in80: float
    in95: float
    width80: float


def simulate(seed: int, events: int = 25) -> World:
    """Three years of six places: an ordinary course with noise that lasts some hours, and events of hidden shape and size."""
    rng = np.random.default_rng(seed)
    ordinary = np.array([_course(rng) for _ in PLACES])
    happened = _programme(rng, events)
    shapes = {kind: (rng.uniform(0.3, 0.8), rng.uniform(0.1, 0.4), rng.uniform(1, 3), rng.uniform(0.05, 0.2)) for kind in KINDS}
    extra = np.zeros_like(ordinary)
    for event in happened:
        came = (event.expected_visitors or 0) * rng.lognormal(0, 0.35)
        curve = _curve(event, *shapes[event.kind])
        spill = shapes[event.kind][3]
        for k, place in enumerate(PLACES):
            part = 1 / len(event.zones) if place in event.zones else spill / len(PLACES)
            extra[k] += came * part * curve * rng.lognormal(0, 0.1, HOURS)
    values = rng.poisson(ordinary + extra).astype(float)
    first_s = int(FIRST.timestamp())
    return World([Series(target=p, quantity="occupancy", first_s=first_s, step_s=HOUR, values=v) for p, v in zip(PLACES, values, strict=True)], happened)


def _course(rng: np.random.Generator) -> FloatArray:
    hours = np.arange(HOURS)
    day = np.exp(-(((hours % 24) - rng.uniform(12, 17)) ** 2) / (2 * rng.uniform(3, 5) ** 2))
    weekend = np.where(hours // 24 % 7 >= 5, rng.uniform(0.6, 1.6), 1.0)
    season = 1 + 0.25 * np.sin(2 * np.pi * (hours / 24 / 365 - rng.uniform(0, 1)))
    noise = np.zeros(HOURS)
    shocks = rng.normal(0, 0.12, HOURS)
    for t in range(1, HOURS):
        noise[t] = 0.8 * noise[t - 1] + shocks[t]
    return np.asarray(rng.uniform(150, 800) * (0.05 + day) * weekend * season * np.exp(noise - noise.var() / 2))


def _programme(rng: np.random.Generator, number: int) -> list[Event]:
    """Half of the kinds come every year at their own place and time of year; the rest is spread."""
    begins = {"concert": (20, 3), "market": (9, 8), "fireworks": (22, 1), "parade": (13, 4)}
    days = np.sort(rng.choice(np.arange(90, HOURS // 24 - 10), number, replace=False))
    yearly = {kind: (int(rng.integers(90, 330)), f"{kind.title()} Festival") for kind in KINDS[:2]}
    found = []
    for k, day in enumerate(days):
        kind = KINDS[int(rng.integers(len(KINDS)))]
        found.append((int(day), kind, f"{kind.title()} {'abcdefghijklmnopqrstuvwxyz'[k % 26]}", int(np.exp(rng.normal(8.0, 0.7)))))
    for kind, (day, title) in yearly.items():
        size = int(np.exp(rng.normal(8.5, 0.4)))
        for year in range(3):
            found[int(rng.integers(len(found)))] = (day + 364 * year, kind, f"{title} {2022 + year}", int(size * rng.uniform(0.9, 1.2)))
    events = []
    for k, (day, kind, name, visitors) in enumerate(sorted(found)):
        start = FIRST + timedelta(days=day, hours=begins[kind][0] + int(rng.integers(-1, 2)))
        zones = tuple(sorted({PLACES[int(rng.choice([KINDS.index(kind), KINDS.index(kind), 4, 5]))]}))
        end = start + timedelta(hours=max(1, begins[kind][1] + int(rng.integers(-1, 2))))
        events.append(Event(id=f"e{k}", name=name, kind=kind, start=start, end=end, expected_visitors=visitors, zones=zones))
    return events


def _curve(event: Event, peak: float, early: float, leave_h: float, _: float) -> FloatArray:
    """Share of the visitors who are there by hour: rising from before the start, a hidden peak, then leaving."""
    hours = FIRST.timestamp() + HOUR * (np.arange(HOURS) + 0.5)
    start, end = event.start.timestamp(), event.end.timestamp()
    share = (hours - start) / (end - start)
    during = np.clip(early + (1 - early) * share / peak, 0, 1) - 0.5 * np.clip((share - peak) / (1 - peak), 0, 1)
    before = early * np.clip(1 + (hours - start) / (2.5 * HOUR), 0, 1)
    after = 0.5 * np.exp(-np.maximum(hours - end, 0) / HOUR * leave_h)
    return np.asarray(np.where(hours < start, before, np.where(hours < end, during, after)))


def score(forecasts: Sequence[Forecast], truth: FloatArray) -> Score:
    """Error of the means and coverage of the bands."""
    mean = np.array([f.mean for f in forecasts])
    bands = np.array([[f.quantile(q) for q in (0.025, 0.10, 0.90, 0.975)] for f in forecasts])
    in95, in80 = (float(np.mean((bands[:, k] <= truth) & (truth <= bands[:, 3 - k]))) for k in (0, 1))
    return Score(float(np.abs(mean - truth).sum()), float(truth.sum()), in80, in95, float((bands[:, 2] - bands[:, 1]).sum()))


def _event_hours(forecasts: Sequence[Forecast], events: Sequence[Event], series: Sequence[Series], at_venue: bool) -> tuple[list[Forecast], FloatArray]:
    """The forecasts of the steps in which one of the events was felt (or of its programme at its own place), and the truth."""
    by_target = {one.target: one for one in series}
    chosen, truth = [], []
    for f in forecasts:
        at_s, one = int(f.time.timestamp()), by_target[f.target]
        value = one.values[(at_s - one.first_s) // one.step_s]
        near = any(f.target in e.zones and e.start <= f.time < e.end if at_venue else bool(felt(e, np.array([at_s]), one.step_s)[0]) for e in events)
        if near and not np.isnan(value):
            chosen.append(f)
            truth.append(float(value))
    return chosen, np.array(truth)


def compare(
    series: Sequence[Series], events: Sequence[Event], asked: Sequence[tuple[Event, datetime]], calendar: Calendar, at_venue: bool = False
) -> dict[str, Score]:
    """Scores of the models over the hours of events, each forecast from its own origin."""
    models = {"analogues": Analogues(calendar), "ordinary_weeks": OrdinaryWeeks(calendar), "last_week": LastWeek(calendar)}
    found: dict[str, tuple[list[Forecast], list[FloatArray]]] = {name: ([], []) for name in models}
    for event, origin in asked:
        drivers = Drivers(events=tuple(events))
        horizon_s = int((event.end - origin).total_seconds()) + 4 * HOUR
        known = [one.until(origin) for one in series]
        for name, model in models.items():
            chosen, truth = _event_hours(model.forecast(known, origin, horizon_s, drivers), [event], series, at_venue)
            found[name][0].extend(chosen)
            found[name][1].append(truth)
    return {name: score(chosen, np.concatenate(truth)) for name, (chosen, truth) in found.items()}


def simulated(seed: int, at_venue: bool, events: int = 25) -> dict[str, Score]:
    """Scores over the last events of a simulated world, each from the noon of the day before."""
    world = simulate(seed, events)
    asked = [(e, e.start.replace(hour=12) - timedelta(days=1)) for e in world.events[-HELD_OUT:]]
    return compare(world.series, world.events, asked, Calendar.in_utc(), at_venue)


def auckland(first: datetime, until: datetime) -> dict[str, Score]:
    """Scores over the public holidays in [first, until), each a yearly event, asked for from the noon of the day but one before."""
    area = read_area(find_area_folder("auckland"))
    series = [one.until(until) for one in AucklandCounts().read_series()]
    events = []
    for day, name in sorted(holidays.country_holidays("NZ", subdiv="AUK", years=range(2015, 2027)).items()):
        start = datetime(day.year, day.month, day.day, tzinfo=area.timezone)
        event = Event(id=str(day), name=name, kind=name, start=start, end=start + timedelta(days=1))
        if min(one.first_s for one in series) < start.timestamp() and event.end <= until:
            events.append(event)
    asked = [(one, one.start - timedelta(hours=36)) for one in events if one.start >= first]
    return compare(series, events, asked, Calendar(area.timezone, area.holidays))


def _told(scores: Sequence[dict[str, Score]], what: str) -> list[Row]:
    def middle(values: Sequence[float]) -> str:
        return f"{statistics.median(values):.2f}" + (f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else "")

    ours = [one["analogues"] for one in scores]
    rows = [Row(f"{what}: error over truth", "", middle([one.error / one.truth for one in ours]))]
    rows += [Row(f"{what}: error / {n}", "< 1", middle([one["analogues"].error / one[n].error for one in scores])) for n in ("ordinary_weeks", "last_week")]
    rows += [Row(f"{what}: truth in 80 % and 95 % band", "0.80, 0.95", f"{middle([one.in80 for one in ours])}, {middle([one.in95 for one in ours])}")]
    plain = [one["ordinary_weeks"] for one in scores]
    return [*rows, Row(f"{what}: the same, ordinary weeks", "", f"{middle([one.in80 for one in plain])}, {middle([one.in95 for one in plain])}")]


def measure(quick: bool) -> list[Row]:
    """Held-out events of simulated worlds, and Auckland's public holidays after what the model was made on."""
    seeds = SEEDS[:2] if quick else SEEDS
    rows = _told([simulated(seed, False) for seed in seeds], "all places, hours in which an event is felt")
    rows += _told([simulated(seed, True) for seed in seeds], "the event's own place, its programme")
    rows += _told([simulated(seed, True, 14) for seed in seeds], "the same with 4 to 13 earlier events instead of 15 to 24")
    if not quick:
        rows += _told([auckland(TUNED_UNTIL, datetime(2026, 1, 1, tzinfo=UTC))], "Auckland, public holidays from 2024-07 to 2025-12")
    world, times = simulate(1), []
    for event in world.events[-3:]:
        begin = time.monotonic()
        Analogues(Calendar.in_utc()).forecast(world.series, event.start - timedelta(days=1), 48 * HOUR, Drivers(events=tuple(world.events)))
        times.append(time.monotonic() - begin)
    return [*rows, Row("48 hours of 6 series with 25 earlier events", "", f"{statistics.median(times):.2f} s")]
