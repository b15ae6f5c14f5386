"""A simulated event day: a crowd whose truth is known, and imperfect sensors that watch it.

Counters miss people at rates that nobody is told, cameras undercount a dense crowd, Wi-Fi sees a share that drifts,
rows get lost or come late, one counter says 0 for an hour while people pass, and one dies in the evening.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from deining.domain.area import Area, Sensor, SensorKind
from deining.domain.errors import WrongUse
from deining.domain.observation import Observation, Quantity
from deining.domain.series import FloatArray, Series
from deining.sources.crowd_walk import MINUTES, DayPlan, IntArray, Walked, WalkNetwork, walk

WEEKDAY_VISITORS, WEEKEND_VISITORS = 8_000.0, 15_000.0
WEATHER_SD = 0.2
"""Standard deviation of the logarithm of what the weather does to the number of visitors."""
LOST_SHARE, LATE_SHARE, LATEST_MIN = 0.02, 0.01, 15
ZERO_H, ZERO_MIN = 19.5, 60
DIES_H, DIES_MIN = 22, 10
DAY_H = 24.0
MINUTE = timedelta(minutes=1)
QUANTITIES = (Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD, Quantity.OCCUPANCY, Quantity.DEVICES, Quantity.SAMPLE)


def plan_day(area: Area, day: date, seed: int, visitors: float | None = None) -> DayPlan:
    """What kind of day the area's calendar makes of it.

    Parameters
    ----------
    visitors
        Persons over the day; None for as many as weekday, weather and the events of the day bring.
    """
    events = area.find_events(day)
    weather = float(np.exp(np.random.default_rng([seed, day.toordinal(), 3]).normal(0, WEATHER_SD)))
    ordinary = (WEEKEND_VISITORS if day.weekday() >= 5 else WEEKDAY_VISITORS) * weather
    expected = max((float(event.expected_visitors or 0) for event in events), default=0.0)
    shows = [event for event in events if event.kind == "fireworks"]
    start = shows[0].start.astimezone(area.timezone) if shows else None
    return DayPlan(
        visitors=max(ordinary, expected) if visitors is None else visitors,
        show_h=start.hour + start.minute / 60 if start else None,
        show=frozenset(zone for event in shows for zone in event.zones),
        stage=frozenset(zone for event in events if event not in shows for zone in event.zones),
    )


def first_hour(area: Area) -> float:
    """Local hour at which a day begins, with its minutes as a fraction."""
    return area.empty_at.hour + area.empty_at.minute / 60


def begin_of(area: Area, day: date) -> datetime:
    """When a day begins: the hour at which the area is empty, UTC."""
    return datetime.combine(day, area.empty_at, area.timezone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Observations by column, in the order in which they become available; minutes since the day began."""

    sensor: IntArray
    quantity: IntArray
    start: IntArray
    end: IntArray
    value: FloatArray
    available: IntArray


class EventDay:
    """One simulated day of an area with zones and gates, as a source.

    Parameters
    ----------
    day
        The local calendar day; it runs from `empty_at` to `empty_at` of the next day.
    seed
        The same area, day and seed give the same observations. The sensors' hidden rates hang on the seed alone, so
        days of one seed share them.
    visitors
        Persons over the day; None for what the calendar of the area says.
    dies_at
        Local hour and minute at which one counter dies; None for no such fault.

    Raises
    ------
    WrongUse
        When no gate leads into the area, or a seed or number of visitors is negative.

    Notes
    -----
    Gate counters, area cameras, device counters and phone panels speak, at most once a minute; other kinds of sensor
    say nothing.
    """

    def __init__(self, area: Area, day: date, *, seed: int = 1, visitors: float | None = None, dies_at: tuple[int, int] | None = (DIES_H, DIES_MIN)) -> None:
        if seed < 0 or (visitors is not None and visitors < 0):
            raise WrongUse(f"seed is {seed} and visitors is {visitors}; expected 0 or more, or no visitors for what the calendar says")
        self.area, self.day, self.seed = area, day, seed
        self.begin = begin_of(area, day)
        self.end = self.begin + MINUTES * MINUTE
        self.plan = plan_day(area, day, seed, visitors)
        self._network = WalkNetwork(area)
        self._dies_at = dies_at

    def read_observations(self, start: datetime, end: datetime) -> Iterator[Observation]:
        """All observations that became available in [start, end), in the order in which they did."""
        rows, sensors = self._rows, list(self.area.sensors)
        first, last = np.searchsorted(rows.available, [self._minute(start), self._minute(end)])
        part = slice(int(first), int(last))
        columns = (rows.sensor, rows.quantity, rows.start, rows.end, rows.value, rows.available)
        for sensor, quantity, begins, ends, value, available in zip(*(column[part].tolist() for column in columns), strict=True):
            received = None if available == ends else self.begin + available * MINUTE
            yield Observation(sensors[sensor], QUANTITIES[quantity], self.begin + begins * MINUTE, self.begin + ends * MINUTE, value, received)

    def truth(self) -> IntArray:
        """Persons truly in each zone, in the order of the area, at the end of each minute; shape (1440, zones)."""
        return np.asarray(self.walked.occupancy[0])

    def dead_sensor(self) -> str | None:
        """Id of the counter that dies: at the gate among the show's zones that most people cross, or None."""
        if self._dies_at is None:
            return None
        busy = self._traffic()
        near = [k for k, gate in enumerate(self._network.gates) if {gate.from_zone, gate.to_zone} <= self.plan.show] or range(len(busy))
        return self._counter_of(max(near, key=lambda k: float(busy[k])))

    def zero_sensor(self) -> str | None:
        """Id of the counter that says 0 for an hour: at a gate of middling traffic."""
        return self._counter_of(int(np.argsort(self._traffic())[len(self._network.gates) // 3]))

    @cached_property
    def walked(self) -> Walked:
        """What truly happened."""
        return walk(self._network, [self.plan], first_hour(self.area), [self.seed, self.day.toordinal()])

    def _minute(self, time: datetime) -> float:
        return (time - self.begin) / MINUTE

    def _minute_of_hour(self, hour: float) -> int:
        """Minutes from the day's begin to a local hour."""
        return round((hour - first_hour(self.area)) % DAY_H * 60)

    def _traffic(self) -> IntArray:
        gates = len(self._network.gates)
        total = self.walked.crossings[0].sum(axis=0)
        return np.asarray(total[:gates] + total[gates:])

    def _counter_of(self, gate: int) -> str | None:
        wanted = self._network.gates[gate].id
        return next((sensor.id for sensor in self.area.sensors.values() if sensor.gate == wanted), None)

    @cached_property
    def _rows(self) -> _Rows:
        parts = [rows for number, sensor in enumerate(self.area.sensors.values()) for rows in self._observe(number, sensor)]
        if not parts:
            empty = np.zeros(0, dtype=np.int64)
            return _Rows(empty, empty, empty, empty, np.zeros(0), empty)
        sensor, quantity, start, end, available = (np.concatenate([part[k] for part in parts]).astype(np.int64) for k in (0, 1, 2, 3, 5))
        order = np.lexsort((start, quantity, sensor, available))
        value = np.concatenate([part[4] for part in parts])
        return _Rows(sensor[order], quantity[order], start[order], end[order], value[order], available[order])

    def _observe(self, number: int, sensor: Sensor) -> Iterator[tuple[Any, ...]]:
        """Columns of what one sensor says: lost rows left out, late rows marked, and nothing after its death."""
        hidden, noise = (np.random.default_rng([self.seed, zlib.crc32(sensor.id.encode()), *more]) for more in ([1], [2, self.day.toordinal()]))
        step = max(1, round(sensor.interval_s / 60))
        end = np.arange(step, MINUTES + 1, step)
        for quantity, value in self._values(sensor, step, hidden, noise):
            kept = noise.random(len(end)) >= LOST_SHARE
            if self._dies_at is not None and sensor.id == self.dead_sensor():
                kept &= end <= self._minute_of_hour(self._dies_at[0] + self._dies_at[1] / 60)
            late = noise.random(len(end)) < LATE_SHARE
            available = end + late * noise.integers(1, LATEST_MIN + 1, len(end))
            columns = (np.full(len(end), number), np.full(len(end), QUANTITIES.index(quantity)), end - step, end, value, available)
            yield tuple(column[kept] for column in columns)

    def _values(self, sensor: Sensor, step: int, hidden: np.random.Generator, noise: np.random.Generator) -> Iterator[tuple[Quantity, FloatArray]]:
        gates = [gate.id for gate in self._network.gates]
        if sensor.kind is SensorKind.GATE_COUNTER and sensor.gate in gates:
            yield from self._gate_values(sensor, gates.index(sensor.gate), step, hidden, noise)
        elif sensor.kind is SensorKind.AREA_CAMERA and sensor.zone is not None:
            yield Quantity.OCCUPANCY, self._camera_values(sensor.zone, step, hidden, noise)
        elif sensor.kind is SensorKind.DEVICE_COUNTER and sensor.zone is not None:
            people = self.walked.occupancy[0, step - 1 :: step, self._zone_index(sensor.zone)]
            share = hidden.uniform(0.2, 0.5) * np.exp(np.cumsum(noise.normal(0, 0.004 * np.sqrt(step), len(people))))
            yield Quantity.DEVICES, noise.binomial(people, np.clip(share, 0.02, 0.95)).astype(float)
        elif sensor.kind is SensorKind.PHONE_PANEL:
            yield Quantity.SAMPLE, noise.binomial(self.walked.occupancy[0, step - 1 :: step].sum(axis=1), 0.02).astype(float)

    def _gate_values(
        self, sensor: Sensor, gate: int, step: int, hidden: np.random.Generator, noise: np.random.Generator
    ) -> Iterator[tuple[Quantity, FloatArray]]:
        for k, quantity in enumerate((Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD)):
            crossed = self.walked.crossings[0, :, gate + k * len(self._network.gates)]
            seen = noise.binomial(crossed, hidden.uniform(0.85, 0.97)) + noise.poisson(0.03, MINUTES)
            if sensor.id == self.zero_sensor():
                first = self._minute_of_hour(ZERO_H)
                seen[first : first + ZERO_MIN] = 0
            whole = MINUTES // step
            yield quantity, seen[: whole * step].reshape(whole, step).sum(axis=1).astype(float)

    def _camera_values(self, zone: str, step: int, hidden: np.random.Generator, noise: np.random.Generator) -> FloatArray:
        index = self._zone_index(zone)
        people = self.walked.occupancy[0, step - 1 :: step, index].astype(float)
        density = people / self._network.usable_m2[index]
        seen = people * hidden.uniform(0.70, 0.95) * (1 - 0.06 * density) * np.exp(noise.normal(0, 0.08, len(people))) + noise.normal(0, 2, len(people))
        return np.asarray(np.round(np.maximum(seen, 0), 1))

    def _zone_index(self, zone: str) -> int:
        return [one.id for one in self._network.zones].index(zone)


def simulate_series(area: Area, first_day: date, days: int, *, step_s: int = 900, seed: int = 1) -> list[Series]:
    """The true course of earlier days, as a place that has been counted for weeks would have it.

    Returns
    -------
    list of Series
        Of every zone its mean `occupancy`, and of every gate its `flow_per_min` and the part of it that goes forward, in steps of `step_s`.
    """
    network = WalkNetwork(area)
    dates = [first_day + timedelta(days=k) for k in range(days)]
    walked = walk(network, [plan_day(area, day, seed) for day in dates], first_hour(area), [seed, first_day.toordinal(), days])
    gates = len(network.gates)
    flow = walked.crossings[:, :, :gates] + walked.crossings[:, :, gates:]
    begins = [int(begin_of(area, day).timestamp()) for day in dates]
    found = []
    for quantity, names, values in (
        ("occupancy", [zone.id for zone in network.zones], walked.occupancy),
        ("flow_per_min", [gate.id for gate in network.gates], flow),
        ("forward_per_min", [gate.id for gate in network.gates], walked.crossings[:, :, :gates]),
    ):
        steps = values.reshape(days, -1, step_s // 60, len(names)).mean(axis=2)
        found += [_join(name, quantity, step_s, begins, steps[:, :, k]) for k, name in enumerate(names)]
    return found


def _join(target: str, quantity: str, step_s: int, begins: Sequence[int], days: FloatArray) -> Series:
    """Days of equal length, one after another by the clock; a gap where one begins later than the last ended."""
    last = (begins[-1] - begins[0]) // step_s + days.shape[1]
    values = np.full(last, np.nan)
    for begin, day in zip(begins, days, strict=True):
        first = (begin - begins[0]) // step_s
        values[first : first + len(day)] = day
    return Series(target=target, quantity=quantity, first_s=begins[0], step_s=step_s, values=values)
