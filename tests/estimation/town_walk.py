"""A small town whose people walk at random, and its imperfect sensors; the truth is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from deining.domain.area import Area, Gate, Sensor, SensorKind, Zone
from deining.domain.observation import Observation, Quantity
from deining.domain.state import SensorFault, ZoneState
from deining.estimation.zone_estimator import ZoneEstimator
from tests.builders import an_area

OPENING = datetime(2026, 7, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ZONES = "abcdef"
GATES = (("in-a", None, "a"), ("in-f", None, "f"), ("ab", "a", "b"), ("bc", "b", "c"), ("cd", "c", "d"), ("de", "d", "e"), ("ef", "e", "f"), ("be", "b", "e"))
WATCHED = "abde"


def a_town(**series: str) -> Area:
    """Six zones in a ring with two entrances; a counter at each gate, a camera at four zones."""
    zones = []
    for k, z in enumerate(ZONES):
        x, y = 0.001 * (k % 3), 0.001 * (k // 3)
        ring = ((x, y), (x, y + 0.0005), (x + 0.0005, y + 0.0005), (x, y))
        zones.append(Zone(id=z, name=z, polygons=((ring,),), usable_area_m2=2000.0))
    gates = [Gate(id=g, name=g, line=((0.0, 0.0), (0.0, 1.0)), from_zone=start, to_zone=end) for g, start, end in GATES]
    sensors = [Sensor(id=f"count-{g.id}", kind=SensorKind.GATE_COUNTER, observes=f"gate:{g.id}", interval_s=60.0) for g in gates]
    sensors += [Sensor(id=f"camera-{z}", kind=SensorKind.AREA_CAMERA, observes=f"zone:{z}", interval_s=60.0) for z in WATCHED]
    return an_area(zones=zones, gates=gates, sensors=[replace(s, series=series.get(s.id.replace("-", "_"), "")) for s in sensors])


@dataclass
class TownDay:
    """What happened and what was seen, minute by minute.

    Attributes
    ----------
    people
        Persons, shape (minutes, zones), at the end of each minute.
    counts
        By counter: forward and backward, shape (minutes, 2).
    seen
        By camera: persons seen, shape (minutes,).
    """

    people: NDArray[np.float64]
    counts: dict[str, NDArray[np.float64]]
    seen: dict[str, NDArray[np.float64]]

    def rows(self, minute: int) -> list[Observation]:
        """All that is said at the end of a minute."""
        start, end = OPENING + minute * MINUTE, OPENING + (minute + 1) * MINUTE
        found = []
        for sensor, counts in self.counts.items():
            for quantity, value in zip((Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD), counts[minute].tolist(), strict=True):
                found.append(Observation(sensor, quantity, start, end, value))
        found += [Observation(sensor, Quantity.OCCUPANCY, start, end, float(seen[minute])) for sensor, seen in self.seen.items()]
        return found


def a_day(seed: int, minutes: int = 240, arrivals: float = 24.0) -> TownDay:
    """Each person takes a gate out of the zone with the same chance each minute."""
    rng = np.random.default_rng(seed)
    index = {z: i for i, z in enumerate(ZONES)}
    channels = [(s, e, g, 0) for g, s, e in GATES] + [(e, s, g, 1) for g, s, e in GATES]
    rates = {(g, way): rng.uniform(0.85, 0.95) for _, _, g, way in channels}
    scales = {z: rng.uniform(0.72, 0.92) for z in WATCHED}
    people = np.zeros(len(ZONES), dtype=int)
    counts = {f"count-{g}": np.zeros((minutes, 2)) for g, _, _ in GATES}
    day = TownDay(np.zeros((minutes, len(ZONES))), counts, {f"camera-{z}": np.zeros(minutes) for z in WATCHED})
    for k in range(minutes):
        before = people.copy()
        for start, end, gate, way in channels:
            if start is None:
                moved = int(rng.poisson(arrivals / 2))
            else:
                moved = min(int(rng.binomial(before[index[start]], 0.02 if end is None else 0.04)), int(people[index[start]]))
                people[index[start]] -= moved
            if end is not None:
                people[index[end]] += moved
            day.counts[f"count-{gate}"][k, way] = rng.binomial(moved, rates[gate, way]) + rng.poisson(0.05)
        day.people[k] = people
        for z in WATCHED:
            n = people[index[z]]
            day.seen[f"camera-{z}"][k] = round(max(0.0, n * scales[z] * (1 - 0.06 * n / 2000) * np.exp(rng.normal(0, 0.08)) + rng.normal(0, 2)), 1)
    return day


@dataclass
class Followed:
    """What an estimator made of a day: states by minute, and each fault's first and last minute as it was reported."""

    estimator: ZoneEstimator
    states: list[list[ZoneState]]
    faults: dict[tuple[str, str], tuple[int, int, SensorFault]]

    def error(self, day: TownDay) -> float:
        """Sum of |error| over sum of people."""
        found = np.array([[s.occupancy or 0.0 for s in row] for row in self.states])
        return float(np.abs(found - day.people).sum() / day.people.sum())


def follow(day: TownDay, estimator: ZoneEstimator | None = None) -> Followed:
    """Let an estimator follow a day."""
    estimator = estimator or ZoneEstimator(a_town())
    states, faults = [], {}
    for k in range(len(day.people)):
        estimator.take(day.rows(k))
        states.append(estimator.estimate(OPENING + (k + 1) * MINUTE)[0])
        for sensor, fault in estimator.find_faults().items():
            key = (sensor, fault.text.split(":")[0])
            first, _, found = faults.get(key, (k, k, fault))
            faults[key] = (first, k, found)
    return Followed(estimator, states, faults)
