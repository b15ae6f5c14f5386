"""Plain counting: in minus out over the gates, with an interval that grows with all that was counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from deining.domain.area import Area, Gate, Sensor, SensorKind, Zone
from deining.domain.calibration import Calibration
from deining.domain.observation import Observation, Quantity
from deining.domain.state import Explanation, FlowState, Quality, SensorFault, TotalState, ZoneState, worst_quality
from deining.estimation.flows import WAYS, Z90, FlowBook

DIRECT_SD = 0.3
"""Relative error taken for a zone that no gate closes and one camera or person looks at."""


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
    step_s
        Not used: plain counting has no step of its own.
    learned
        What earlier days taught; of it the usual rates, taken for a counter that has not delivered today.

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
        step_s: int = 60,
        learned: Calibration | None = None,
    ) -> None:
        self._area, self._rate, self._rate_sd = area, rate, rate_sd
        self._flows = FlowBook(area, rate=rate, flow_window_s=flow_window_s, stale_after_intervals=stale_after_intervals, stale_after_s=stale_after_s)
        self._gate_sensors, self._channels = self._flows.gate_sensors, self._flows.channels
        self._watching: dict[str, list[Sensor]] = {zone: [] for zone in area.zones}
        for sensor in area.sensors.values():
            if sensor.zone is not None:
                self._watching[sensor.zone].append(sensor)
        self._gates_of: dict[str, list[tuple[Gate, float]]] = {zone: [] for zone in area.zones}
        for gate in area.gates.values():
            if gate.to_zone is not None:
                self._gates_of[gate.to_zone].append((gate, 1.0))
            if gate.from_zone is not None:
                self._gates_of[gate.from_zone].append((gate, -1.0))
        self._begin: datetime | None = None
        self._first: datetime | None = None
        self._floor: dict[str, float] = {}
        self._learned = dict(learned.rates) if learned else {}

    def learn(self) -> Calibration:
        """Persons/s that each sensor usually counts: this day's mean, with what was learned before weighing as much."""
        return Calibration(rates=self._flows.usual_rates(self._learned))

    def take(self, observations: Sequence[Observation]) -> None:
        """Take observations, in any order, each once."""
        if self._begin is None and observations:
            self._begin = self._last_empty(min(observation.start for observation in observations))
        for observation in observations:
            sensor = self._area.sensors.get(observation.sensor)
            if sensor is None or (self._begin is not None and observation.start < self._begin and sensor.kind is not SensorKind.POINT_COUNTER):
                continue
            self._flows.take(observation)
            if self._first is None or observation.start < self._first:
                self._first = observation.start

    def estimate(self, now: datetime) -> tuple[list[ZoneState], list[FlowState]]:
        """State of every zone, gate and point counter at `now`. Asking twice changes nothing."""
        self._start_anew_when_empty(now)
        zones = [self._zone_state(zone, now) for zone in self._area.zones.values()]
        return zones, self._flows.states(now)

    def total(self, now: datetime, zones: Sequence[str], group: str = "") -> TotalState:
        """Persons in several zones; every zone's interval is added up as if it were independent of the others."""
        states = [self._zone_state(self._area.zones[zone], now) for zone in zones]
        known = [s for s in states if s.occupancy is not None and s.occupancy_p95 is not None]
        if len(known) < len(states) or not states:
            return TotalState.missing(group, zones, now)
        people = sum(s.occupancy or 0.0 for s in known)
        half = math.sqrt(sum(((s.occupancy_p95 or 0.0) - (s.occupancy or 0.0)) ** 2 for s in known))
        return TotalState(
            group=group,
            zones=tuple(zones),
            time=now,
            occupancy=people,
            occupancy_p05=max(0.0, people - half),
            occupancy_p95=people + half,
            quality=worst_quality(s.quality for s in states),
        )

    def explain(self, zone: str, now: datetime) -> Explanation | None:
        """Nothing: plain counting keeps no past to explain."""
        return None

    def resume(self, states: Sequence[ZoneState]) -> bool:
        """It cannot: its books begin with an empty area."""
        return False

    def find_faults(self) -> dict[str, SensorFault]:
        """None: plain counting believes what it is told."""
        return {}

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
        return [(sensor, self._flows.last_end(sensor, tuple(WAYS))) for sensor in sensors]

    def _zone_state(self, zone: Zone, now: datetime) -> ZoneState:
        gates, keepers = self._gates_of[zone.id], self._bookkeepers(zone)
        known = [end for _, end in keepers if end is not None]
        if not known:
            return self._watched_state(zone, now)
        people, variance = self._people(zone, now)
        sd = math.sqrt(variance)
        age_s = self._flows.age_s(max(known), now)
        silent = [self._flows.is_silent(sensor, self._flows.age_s(end, now)) for sensor, end in keepers]
        quality = Quality.STALE if all(silent) else Quality.PARTIAL if any(silent) or len(keepers) < len(gates) else Quality.GOOD
        return self._state(zone, now, people, sd, age_s, quality, tuple(sensor.id for sensor, _ in keepers))

    def _watched_state(self, zone: Zone, now: datetime) -> ZoneState:
        seen = [(c.last_end, c) for s in self._watching[zone.id] if (c := self._channels.get((s.id, Quantity.OCCUPANCY))) and c.last_end]
        if not seen or self._gates_of[zone.id]:
            return ZoneState.missing(zone.id, now)
        end, channel = max(seen, key=lambda pair: pair[0])
        newest = max(channel.recent, key=lambda o: o.end)
        age_s = self._flows.age_s(end, now)
        quality = Quality.STALE if self._flows.is_silent(channel.sensor, age_s) else Quality.PARTIAL
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
