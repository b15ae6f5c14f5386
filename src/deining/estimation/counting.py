"""Plain counting: in minus out over the gates, with an interval that grows with all that was counted."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from deining.domain.area import Area, Gate, Sensor, SensorKind, Zone
from deining.domain.observation import Observation, Quantity
from deining.domain.state import FlowState, Quality, ZoneState

Z90 = 1.6449
"""Half-width of a central 90 % interval of the normal distribution, in standard deviations."""
RATE_WINDOW = timedelta(minutes=30)
SILENCE_HOLDS = timedelta(minutes=15)
RATE_AT_A_POINT_SD = 0.1
DIRECT_SD = 0.3
"""Relative error taken for a zone that no gate closes and one camera or person looks at."""
WAYS = {Quantity.COUNT_FORWARD: (1.0, 0.0), Quantity.COUNT_BACKWARD: (0.0, 1.0)}

LearnedRates = dict[tuple[str, str], float]
"""Persons/s that a sensor usually counts, by (sensor, quantity)."""
FORGET = 0.5
"""Weight of the newest day in what is learned of a sensor's usual rate."""


@dataclass(slots=True)
class Channel:
    """All that one sensor said of one quantity since the area was last empty."""

    sensor: Sensor
    counted: float = 0.0
    seen_s: float = 0.0
    first_start: datetime | None = None
    last_end: datetime | None = None
    recent: deque[Observation] = field(default_factory=deque)
    recent_value: float = 0.0
    recent_s: float = 0.0
    repaired_until: datetime | None = None

    def take(self, observation: Observation) -> None:
        self.counted += observation.value
        self.seen_s += observation.duration_s
        self.first_start = observation.start if self.first_start is None else min(self.first_start, observation.start)
        if self.last_end is None or observation.end > self.last_end:
            self.last_end = observation.end
        if observation.quality.startswith("repaired"):
            self.repaired_until = observation.end
        self.recent.append(observation)
        self.recent_value += observation.value
        self.recent_s += observation.duration_s
        oldest = self.last_end - max(RATE_WINDOW, timedelta(seconds=self.sensor.interval_s))
        while self.recent and self.recent[0].end < oldest:
            gone = self.recent.popleft()
            self.recent_value -= gone.value
            self.recent_s -= gone.duration_s

    def rate_per_s(self) -> float:
        """Counted persons/s over the last half hour of its data."""
        return max(0.0, self.recent_value) / self.recent_s if self.recent_s > 0 else 0.0

    def missed(self, begin: datetime, now: datetime) -> tuple[float, float]:
        """Persons that were probably not counted for want of data, and at most how many.

        A row lost here and there is taken at the day's mean rate. A silence that lasts begins at the last half hour's
        rate, which holds less and less: after `SILENCE_HOLDS` nothing is known of who comes and goes there.
        """
        if self.first_start is None or self.last_end is None:
            return 0.0, 0.0
        interval_s = self.sensor.interval_s
        due_s = (now - begin).total_seconds() // interval_s * interval_s
        silent_s = max(0.0, (now - max(begin, self.last_end)).total_seconds() // interval_s * interval_s)
        lost_s = max(0.0, due_s - silent_s - self.seen_s)
        lost = lost_s * self.counted / self.seen_s if self.seen_s else 0.0
        holds_s = SILENCE_HOLDS.total_seconds()
        silent = self.rate_per_s() * holds_s * (1 - math.exp(-silent_s / holds_s))
        return lost + silent, lost + self.rate_per_s() * silent_s


class PlainCounting:
    """In minus out, divided by the share that a counter sees, since the area was last taken to be empty.

    Cameras, device counters and panels are not used where gates close a zone. A zone without gates takes what a
    camera or a person in it saw last. The figure never goes below zero: what would is taken as drift and dropped.

    Parameters
    ----------
    area
        Zones, gates and sensors.
    rate, rate_sd
        Share of passers-by that a counter sees: mean, and standard deviation between counters.
    flow_window_s
        A gate's flow is the mean over so many seconds.
    stale_after_intervals, stale_after_s
        A sensor is silent after so many of its own intervals, and never before so many seconds.
    learned
        Persons/s that sensors counted on earlier days: what is taken for a counter that has not delivered today.

    Notes
    -----
    With C persons counted on a channel at rate r, the variance of the true number is taken as
    C (1 - r) / r^2 (each person is missed or not) + (s C / r^2)^2 (the counter's own rate is unknown, s its
    standard deviation) + m^2 for m persons that may have passed in intervals that did not come.
    """

    def __init__(
        self,
        area: Area,
        *,
        rate: float = 0.9,
        rate_sd: float = 0.03,
        flow_window_s: int = 300,
        stale_after_intervals: float = 2.0,
        stale_after_s: float = 360.0,
        learned: Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        self._area, self._rate, self._rate_sd = area, rate, rate_sd
        self._window = timedelta(seconds=flow_window_s)
        self._stale_after_intervals, self._stale_after_s = stale_after_intervals, stale_after_s
        self._gate_sensors: dict[str, list[Sensor]] = {gate: [] for gate in area.gates}
        self._watching: dict[str, list[Sensor]] = {zone: [] for zone in area.zones}
        for sensor in area.sensors.values():
            if sensor.gate is not None:
                self._gate_sensors[sensor.gate].append(sensor)
            elif sensor.zone is not None:
                self._watching[sensor.zone].append(sensor)
        self._gates_of: dict[str, list[tuple[Gate, float]]] = {zone: [] for zone in area.zones}
        for gate in area.gates.values():
            if gate.to_zone is not None:
                self._gates_of[gate.to_zone].append((gate, 1.0))
            if gate.from_zone is not None:
                self._gates_of[gate.from_zone].append((gate, -1.0))
        self._begin: datetime | None = None
        self._first: datetime | None = None
        self._channels: dict[tuple[str, Quantity], Channel] = {}
        self._floor: dict[str, float] = {}
        self._learned: LearnedRates = dict(learned or {})

    def learn(self) -> LearnedRates:
        """Persons/s that each sensor usually counts: this day's mean, with what was learned before weighing as much."""
        today = {(c.sensor.id, q.value): c.counted / c.seen_s for (_, q), c in self._channels.items() if c.seen_s and q in WAYS}
        mixed = {key: FORGET * rate + (1 - FORGET) * self._learned.get(key, rate) for key, rate in today.items()}
        return {**self._learned, **mixed}

    def take(self, observations: Sequence[Observation]) -> None:
        """Take observations, in any order, each once."""
        if self._begin is None and observations:
            self._begin = self._last_empty(min(observation.start for observation in observations))
        for observation in observations:
            sensor = self._area.sensors.get(observation.sensor)
            if sensor is None or (self._begin is not None and observation.start < self._begin and sensor.kind is not SensorKind.POINT_COUNTER):
                continue
            key = (observation.sensor, observation.quantity)
            if key not in self._channels:
                self._channels[key] = Channel(sensor)
            self._channels[key].take(observation)
            if self._first is None or observation.start < self._first:
                self._first = observation.start

    def estimate(self, now: datetime) -> tuple[list[ZoneState], list[FlowState]]:
        """State of every zone, gate and point counter at `now`. Asking twice changes nothing."""
        self._start_anew_when_empty(now)
        zones = [self._zone_state(zone, now) for zone in self._area.zones.values()]
        flows = [self._gate_state(gate, now) for gate in self._area.gates.values()]
        return zones, flows + [self._point_state(sensor, now) for sensor in self._area.list_point_counters()]

    def catch_up(self, now: datetime) -> None:
        """Follow the books to a past moment of which nobody asks the states."""
        self._start_anew_when_empty(now)
        for zone in self._area.zones.values():
            if any(end is not None for _, end in self._bookkeepers(zone)):
                self._people(zone, now)

    def _last_empty(self, time: datetime) -> datetime:
        """The last moment, at or before a time, at which the area is taken to be empty."""
        local = time.astimezone(self._area.timezone)
        begin = local.replace(hour=self._area.empty_at.hour, minute=self._area.empty_at.minute, second=0, microsecond=0)
        return begin if begin <= local else begin - timedelta(days=1)

    def _start_anew_when_empty(self, now: datetime) -> None:
        begin = self._last_empty(now)
        if self._begin is None or begin > self._begin:
            self._begin, self._floor = begin, {}
            for channel in self._channels.values():
                kept = [o for o in channel.recent if o.start >= begin]
                channel.counted, channel.seen_s = sum(o.value for o in kept), sum(o.duration_s for o in kept)

    def _age_s(self, end: datetime | None, now: datetime) -> float | None:
        return None if end is None else max(0.0, (now - end).total_seconds())

    def is_silent(self, sensor: Sensor, age_s: float | None) -> bool:
        """Whether a sensor has been without data for longer than its interval explains."""
        return age_s is None or age_s > max(self._stale_after_intervals * sensor.interval_s, self._stale_after_s)

    def _balance(self, zone: Zone, begin: datetime, now: datetime) -> tuple[float, float]:
        """Net persons since `begin`, and the variance of that."""
        net = variance = 0.0
        for gate, sign in self._gates_of[zone.id]:
            for sensor in self._gate_sensors[gate.id][:1]:
                for quantity, (forward, backward) in WAYS.items():
                    channel = self._channels.get((sensor.id, quantity))
                    usual = self._learned.get((sensor.id, quantity.value), 0.0) * (now - begin).total_seconds()
                    missed, doubt = channel.missed(begin, now) if channel else (usual, usual)
                    counted = channel.counted if channel else 0.0
                    net += sign * (forward - backward) * (counted + missed) / self._rate
                    variance += counted * (1 - self._rate) / self._rate**2 + (self._rate_sd * counted / self._rate**2) ** 2 + (doubt / self._rate) ** 2
        return net, variance

    def _people(self, zone: Zone, now: datetime) -> tuple[float, float]:
        """Persons in a zone with gates and the variance of that, never below zero: what would be is drift, and dropped."""
        assert self._begin is not None and self._first is not None  # noqa: S101, PT018
        net, variance = self._balance(zone, max(self._begin, self._first), now)
        self._floor[zone.id] = min(self._floor.get(zone.id, 0.0), net)
        return net - self._floor[zone.id], variance

    def _bookkeepers(self, zone: Zone) -> list[tuple[Sensor, datetime | None]]:
        """The sensors at a zone's gates, and until when each has counted."""
        sensors = [sensor for gate, _ in self._gates_of[zone.id] for sensor in self._gate_sensors[gate.id][:1]]
        return [(s, max((c.last_end for q in WAYS if (c := self._channels.get((s.id, q))) and c.last_end), default=None)) for s in sensors]

    def _zone_state(self, zone: Zone, now: datetime) -> ZoneState:
        gates, keepers = self._gates_of[zone.id], self._bookkeepers(zone)
        known = [end for _, end in keepers if end is not None]
        if not known:
            return self._watched_state(zone, now)
        people, variance = self._people(zone, now)
        sd = math.sqrt(variance)
        age_s = self._age_s(max(known), now)
        silent = [self.is_silent(sensor, self._age_s(end, now)) for sensor, end in keepers]
        quality = Quality.STALE if all(silent) else Quality.PARTIAL if any(silent) or len(keepers) < len(gates) else Quality.GOOD
        return self._state(zone, now, people, sd, age_s, quality, tuple(sensor.id for sensor, _ in keepers))

    def _watched_state(self, zone: Zone, now: datetime) -> ZoneState:
        seen = [(c.last_end, c) for s in self._watching[zone.id] if (c := self._channels.get((s.id, Quantity.OCCUPANCY))) and c.last_end]
        if not seen or self._gates_of[zone.id]:
            return ZoneState(
                zone=zone.id,
                time=now,
                occupancy=None,
                occupancy_p05=None,
                occupancy_p95=None,
                density_per_m2=None,
                data_age_s=None,
                quality=Quality.MISSING,
            )
        end, channel = max(seen, key=lambda pair: pair[0])
        newest = max(channel.recent, key=lambda o: o.end)
        age_s = self._age_s(end, now)
        quality = Quality.STALE if self.is_silent(channel.sensor, age_s) else Quality.PARTIAL
        return self._state(zone, now, newest.value, DIRECT_SD * newest.value + 1, age_s, quality, (channel.sensor.id,))

    def _state(self, zone: Zone, now: datetime, people: float, sd: float, age_s: float | None, quality: Quality, sources: tuple[str, ...]) -> ZoneState:
        return ZoneState(
            zone=zone.id,
            time=now,
            occupancy=people,
            occupancy_p05=max(0.0, people - Z90 * sd),
            occupancy_p95=people + Z90 * sd,
            density_per_m2=people / zone.usable_area_m2,
            data_age_s=age_s,
            quality=quality,
            sources=sources,
        )

    def _gate_state(self, gate: Gate, now: datetime) -> FlowState:
        sensors = self._gate_sensors[gate.id][:1]
        channels = {q: c for s in sensors for q in (*WAYS, Quantity.COUNT) if (c := self._channels.get((s.id, q))) and c.last_end}
        if not channels:
            return self._missing_flow(gate.id, now)
        ends = [channel.last_end for channel in channels.values() if channel.last_end]
        age_s = self._age_s(max(ends), now)
        since = max(ends) - max(self._window, timedelta(seconds=sensors[0].interval_s))
        seen = {q: [o for o in c.recent if o.end > since] for q, c in channels.items()}
        per_min = {q: 60 * sum(o.value for o in rows) / (s * self._rate) if (s := sum(o.duration_s for o in rows)) else None for q, rows in seen.items()}
        forward, backward = per_min.get(Quantity.COUNT_FORWARD), per_min.get(Quantity.COUNT_BACKWARD)
        both = [value for value in per_min.values() if value is not None]
        flow = sum(both) if both else None
        quality = Quality.STALE if self.is_silent(sensors[0], age_s) else Quality.GOOD
        minutes = max((sum(o.duration_s for o in rows) for rows in seen.values()), default=60.0) / 60
        return self._flow_state(gate.id, now, forward, backward, flow, minutes, gate.effective_width_m, age_s, quality, sensors[0].id)

    def _point_state(self, sensor: Sensor, now: datetime) -> FlowState:
        channels = [(q, c) for q in (*WAYS, Quantity.COUNT) if (c := self._channels.get((sensor.id, q))) and c.last_end]
        if not channels:
            return self._missing_flow(sensor.id, now)
        newest = {q: max(c.recent, key=lambda o: o.end) for q, c in channels}
        end = max(o.end for o in newest.values())
        per_min = {q: 60 * o.value / o.duration_s for q, o in newest.items() if o.end == end}
        age_s = self._age_s(end, now)
        repaired = any(o.quality.startswith("repaired") for o in newest.values())
        quality = Quality.STALE if self.is_silent(sensor, age_s) else Quality.REPAIRED if repaired else Quality.GOOD
        minutes = next(iter(newest.values())).duration_s / 60
        forward, backward = per_min.get(Quantity.COUNT_FORWARD), per_min.get(Quantity.COUNT_BACKWARD)
        return self._flow_state(sensor.id, now, forward, backward, sum(per_min.values()), minutes, None, age_s, quality, sensor.id)

    def _flow_state(
        self,
        target: str,
        now: datetime,
        forward: float | None,
        backward: float | None,
        flow: float | None,
        minutes: float,
        width_m: float | None,
        age_s: float | None,
        quality: Quality,
        source: str,
    ) -> FlowState:
        sd = None if flow is None else math.sqrt(flow / max(minutes, 1e-9) + (RATE_AT_A_POINT_SD * flow) ** 2)
        return FlowState(
            target=target,
            time=now,
            forward_per_min=forward,
            backward_per_min=backward,
            flow_per_min=flow,
            p05=None if flow is None or sd is None else max(0.0, flow - Z90 * sd),
            p95=None if flow is None or sd is None else flow + Z90 * sd,
            specific_flow_per_m_min=None if flow is None or width_m is None else flow / width_m,
            ratio_to_normal=None,
            data_age_s=age_s,
            quality=quality,
            sources=(source,),
        )

    def _missing_flow(self, target: str, now: datetime) -> FlowState:
        return FlowState(
            target=target,
            time=now,
            forward_per_min=None,
            backward_per_min=None,
            flow_per_min=None,
            p05=None,
            p95=None,
            specific_flow_per_m_min=None,
            ratio_to_normal=None,
            data_age_s=None,
            quality=Quality.MISSING,
        )
