"""The estimator that pipeline and people see: observations in any order, states of zones and gates out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from deining.domain.area import Area, Zone
from deining.domain.calibration import Calibration, PastFault
from deining.domain.observation import Observation, Quantity
from deining.domain.state import Cause, Explanation, FlowState, Quality, SensorFault, TotalState, WithoutSensor, ZoneState, worst_quality
from deining.estimation.clocks import ClockWatch
from deining.estimation.fault_words import find_faults
from deining.estimation.filter import ZoneFilter
from deining.estimation.filter_state import FilterState, Minute
from deining.estimation.flows import Z90, FlowBook
from deining.estimation.graph import ZoneGraph
from deining.estimation.ledger import Ledger
from deining.estimation.nonnegative import Occupancies

LAG_S = 900.0
"""An observation that comes so late, or less, counts as if it had come in time."""
SNAPSHOT_EVERY = 5
KEEP_LAST, KEEP_LAST_ZONES = 3, 100
"""So many of the last minutes are all kept, so that little is worked through again for what comes a little late."""
TESTS = True
"""Whether sensors are tested against one another."""
KEEP_FAULTS, FAULTS_FADE_AFTER = 200, timedelta(days=28)
"""Most faults that are remembered, and for how long."""
WORTH_TELLING = 0.01
"""A sensor elsewhere that moved a figure by a smaller share of it is not left out to see what it is worth."""
EXPLAIN_WHOLE_WINDOW_ZONES = 100
"""In an area of more zones the window that is explained is shorter, and no sensor is left out to see what it is worth."""
LEVELS = frozenset({Quantity.OCCUPANCY, Quantity.DEVICES, Quantity.SAMPLE})


class ZoneEstimator:
    """The filter on the zone graph, minute by minute, with the last quarter of an hour kept open for what comes late.

    The state at a time follows from the filter's state some 15 minutes before and all that sensors said since, put in
    order; so the order in which it came does not matter. What is later than that is left out of the occupancy.

    Parameters
    ----------
    area
        Zones, gates and sensors.
    rate
        Share of passers-by that a counter sees; used for the flows alone, the filter estimates its own.
    flow_window_s, stale_after_intervals, stale_after_s
        As in `FlowBook`.
    step_s
        Length of the filter's step, s.
    learned
        What earlier days taught.
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
        self._area, self._step_s = area, step_s
        self._flows = FlowBook(area, rate=rate, flow_window_s=flow_window_s, stale_after_intervals=stale_after_intervals, stale_after_s=stale_after_s)
        self._graph = ZoneGraph(area)
        self._calibration = learned or Calibration()
        self._filter = ZoneFilter(self._graph, self._calibration, step_min=step_s / 60, tests=TESTS)
        self._past: list[FilterState] = []
        self._state: FilterState | None = None
        self._minutes: dict[int, Minute] = {}
        self._late: dict[int, dict[int, float]] = {}
        self._dirty: int | None = None
        self._sensors = [self._graph.sensors_of(z) for z in range(len(self._graph.zones))]
        self._gates = [self._graph.gates_of(z) for z in range(len(self._graph.zones))]
        self._clocks = ClockWatch()
        self._reported: tuple[FilterState, int, Occupancies] | None = None
        self._shown: dict[str, ZoneState] = {}
        self._shown_at: datetime | None = None
        self._faults: dict[str, SensorFault] = {}
        self._past_faults: list[PastFault] = []

    # -- observations in

    def take(self, observations: Sequence[Observation]) -> None:
        """Take observations, in any order, each once."""
        self._shown_at = None
        for observation in observations:
            sensor = self._area.sensors.get(observation.sensor)
            if sensor is None:
                continue
            self._flows.take(observation)
            self._clocks.take(sensor, observation)
            if observation.sensor in self._graph.level_of and observation.quantity in LEVELS:
                minute = self._number(observation.end)
                if self._is_open(minute):
                    self._minute(minute).levels.setdefault(self._graph.level_of[observation.sensor], []).append(observation.value)
            elif observation.quantity in (Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD) and observation.sensor in self._graph.gate_of:
                self._count(observation)

    def _count(self, observation: Observation) -> None:
        """Spread a count over the minutes of its interval; what lies before the open minutes comes with the first of them."""
        gate = self._graph.gate_of[observation.sensor]
        if self._graph.gate_sensors[gate][0].id != observation.sensor or not self._is_open(self._number(observation.end)):
            return
        channel = gate + (len(self._graph.gates) if observation.quantity is Quantity.COUNT_BACKWARD else 0)
        begin, end = observation.start.timestamp(), observation.end.timestamp()
        oldest = self._past[0].minute if self._past else -1
        last = self._number(observation.end)
        if last > oldest:
            said = self._minute(last).said
            said[channel] = observation.value + (0.0 if np.isnan(said[channel]) else said[channel])
        for minute in range(int(begin // self._step_s) + 1, last + 1):
            part_s = min(end, minute * self._step_s) - max(begin, (minute - 1) * self._step_s)
            if part_s <= 0:
                continue
            value = observation.value * part_s / (end - begin)
            if minute <= oldest:
                late = self._late.setdefault(oldest + 1, {})
                late[channel] = late.get(channel, 0.0) + value
                self._touch(oldest + 1)
            else:
                kept = self._minute(minute)
                kept.counted[channel] += value
                kept.covered[channel] += part_s / self._step_s

    def _number(self, time: datetime) -> int:
        """Number of the minute in which an interval ends."""
        return int(-(-time.timestamp() // self._step_s))

    def _is_open(self, minute: int) -> bool:
        return not self._past or minute > self._past[0].minute

    def _minute(self, number: int) -> Minute:
        self._touch(number)
        if number not in self._minutes:
            self._minutes[number] = Minute.nothing(self._graph.channels)
        return self._minutes[number]

    def _touch(self, number: int) -> None:
        self._dirty = number if self._dirty is None else min(self._dirty, number)

    # -- states out

    def estimate(self, now: datetime) -> tuple[list[ZoneState], list[FlowState]]:
        """State of every zone, gate and point counter at `now`. Asking twice changes nothing."""
        return self.zone_states(now, list(self._area.zones)), self._flows.states(now, self.find_faults())

    def zone_states(self, now: datetime, zones: Sequence[str]) -> list[ZoneState]:
        """State of some zones at `now`."""
        found = self.occupancies(now)
        if found is None:
            return [ZoneState.missing(zone, now) for zone in zones]
        if self._shown_at != now:
            self._shown_at, self._shown = now, {}
        for zone in zones:
            if zone not in self._shown:
                self._shown[zone] = self._zone_state(self._graph.zone_index[zone], self._area.zones[zone], found, now)
        return [self._shown[zone] for zone in zones]

    def occupancies(self, now: datetime) -> Occupancies | None:
        """Persons by zone at `now`; None before anything was observed."""
        self.catch_up(now)
        if self._state is None:
            return None
        if self._reported is None or self._reported[0] is not self._state or self._reported[1] != self._state.minute:
            self._reported = (self._state, self._state.minute, self._filter.report(self._state))
        return self._reported[2]

    def catch_up(self, now: datetime) -> None:
        """Bring the filter to a moment."""
        target = int(now.timestamp() // self._step_s)
        if not self._area.zones or not self._begin(target):
            return
        assert self._state is not None  # noqa: S101
        if self._dirty is not None and self._dirty <= self._state.minute:
            self._go_back(self._dirty)
        self._dirty = None
        while self._state.minute < target:
            self._go_on(self._state)
        self._forget(target)
        self._follow_faults(now)

    def resume(self, states: Sequence[ZoneState]) -> bool:
        """Begin with states that were found earlier, all of one moment, instead of with an empty area."""
        if not states or not self._area.zones:
            return False
        state = self._filter.start(int(states[0].time.timestamp() // self._step_s))
        by_zone = {s.zone: s for s in states if s.occupancy is not None and s.occupancy_p95 is not None and s.occupancy_p05 is not None}
        people = np.array([by_zone[z].occupancy if z in by_zone else np.nan for z in self._graph.zones], dtype=float)
        width = np.array([(by_zone[z].occupancy_p95 or 0.0) - (by_zone[z].occupancy_p05 or 0.0) if z in by_zone else np.nan for z in self._graph.zones])
        self._filter.begin_with(state, people, width / (2 * Z90))
        self._state, self._past = state, [state.copy()]
        return True

    def _begin(self, target: int) -> bool:
        """Begin with the first minute observed; whether there is one."""
        if self._state is None and self._minutes and min(self._minutes) <= target:
            self._state = self._filter.start(min(self._minutes) - 1)
            self._past = [self._state.copy()]
        return self._state is not None

    def _go_back(self, minute: int) -> None:
        while len(self._past) > 1 and self._past[-1].minute >= minute:
            self._past.pop()
        self._state = self._past[-1].copy()

    def _go_on(self, state: FilterState) -> None:
        self._advance(state)
        self._past.append(state.copy())
        whole = state.minute - (KEEP_LAST if len(self._graph.zones) <= KEEP_LAST_ZONES else 1)
        if len(self._past) > 2 and self._past[1].minute < whole:
            self._thin(whole)

    def _thin(self, whole: int) -> None:
        """Keep every state of the last minutes, of those before every fifth, and the oldest."""
        first = self._past[0]
        self._past = [first, *(past for past in self._past[1:] if past.minute >= whole or past.minute % SNAPSHOT_EVERY == 0)]

    def _advance(self, state: FilterState, ledger: Ledger | None = None, without: str | None = None) -> None:
        """Go on by one minute, as if one sensor had said nothing."""
        number = state.minute + 1
        if self._opens_at(number - 1):
            self._filter.start_anew(state, ledger)
        minute, late = self._minutes.get(number) or Minute.nothing(self._graph.channels), self._late.get(number)
        if without is not None:
            channels, levels = self._graph.parts_of(without)
            minute, late = minute.without(channels, levels), {c: v for c, v in (late or {}).items() if c not in channels}
        self._filter.step(state, minute, late, ledger)

    def _opens_at(self, number: int) -> bool:
        """Whether the area is taken to be empty when this minute begins."""
        local = datetime.fromtimestamp(number * self._step_s, UTC).astimezone(self._area.timezone)
        opening = local.replace(hour=self._area.empty_at.hour, minute=self._area.empty_at.minute, second=0, microsecond=0)
        return timedelta(0) <= local - opening < timedelta(seconds=self._step_s)

    def _forget(self, target: int) -> None:
        """Close what is too old to be changed."""
        oldest = target - LAG_S / self._step_s
        while len(self._past) > 1 and self._past[1].minute <= oldest:
            self._past.pop(0)
        for kept in (self._minutes, self._late):
            for number in [n for n in kept if n <= self._past[0].minute]:
                del kept[number]

    def _zone_state(self, index: int, zone: Zone, found: Occupancies, now: datetime) -> ZoneState:
        faulty = self._faults
        sensors = self._sensors[index]
        ends = [(sensor, self._flows.last_end(sensor)) for sensor in sensors]
        known = [end for _, end in ends if end is not None]
        people, low, high = (float(a[index]) for a in (found.estimate, found.p05, found.p95))
        if not known:
            wide = [s for s in self._graph.level_sensors if index in s.zones and self._flows.last_end(s.sensor) is not None]
            return ZoneState.missing(zone.id, now) if sensors and not wide else self._guess(zone, now, people, low, high)
        age_s = self._flows.age_s(max(known), now)
        lost = [sensor.id in faulty or self._flows.is_silent(sensor, self._flows.age_s(end, now)) for sensor, end in ends]
        uncounted = any(not self._graph.counted[gate] for gate in self._gates[index]) or not self._gates[index]
        quality = Quality.STALE if all(lost) else Quality.PARTIAL if any(lost) or uncounted else Quality.GOOD
        return ZoneState(
            zone=zone.id,
            time=now,
            occupancy=people,
            occupancy_p05=low,
            occupancy_p95=high,
            density_per_m2=people / zone.usable_area_m2,
            data_age_s=age_s,
            quality=quality,
            sources=tuple(sensor.id for sensor, end in ends if end is not None and sensor.id not in faulty),
            net_inflow_per_min=float(self._state.inflow[index]) if self._state is not None and not uncounted else None,
        )

    def _guess(self, zone: Zone, now: datetime, people: float, low: float, high: float) -> ZoneState:
        """A zone that no sensor of its own tells of: what its neighbours leave possible, and no level may rest on it."""
        return ZoneState(
            zone=zone.id,
            time=now,
            occupancy=people,
            occupancy_p05=low,
            occupancy_p95=high,
            density_per_m2=people / zone.usable_area_m2,
            data_age_s=None,
            quality=Quality.SUSPECT,
        )

    def total(self, now: datetime, zones: Sequence[str], group: str = "") -> TotalState:
        """Persons in several zones together, with an interval that knows how the zones' errors hang together."""
        found = self.occupancies(now)
        if found is None or not zones:
            return TotalState.missing(group, zones, now)
        numbers = [self._graph.zone_index[zone] for zone in zones]
        people, low, high = found.total(np.array(numbers))
        quality = worst_quality(state.quality for state in self.zone_states(now, zones))
        return TotalState(group=group, zones=tuple(zones), time=now, occupancy=people, occupancy_p05=low, occupancy_p95=high, quality=quality)

    def explain(self, zone: str, now: datetime) -> Explanation | None:
        """Work through the open minutes once more, booking what moves the zone; and once without each of its sensors."""
        self.catch_up(now)
        if self._state is None or zone not in self._graph.zone_index:
            return None
        number, whole = self._graph.zone_index[zone], len(self._graph.zones) <= EXPLAIN_WHOLE_WINDOW_ZONES
        begin = self._past[0] if whole else self._past[-1]
        before, ledger = self._filter.report(begin), Ledger(zone)
        end = self._again(begin, ledger)
        found = self._filter.report(end)
        figure = float(found.estimate[number])
        lifted = (figure - float(end.belief.mean[number])) - (float(before.estimate[number]) - float(begin.belief.mean[number]))
        ledger.add(None, Cause.NOBODY_BELOW_ZERO, lifted, 0)
        rows = tuple(ledger.contributions())
        mattered = {row.sensor for row in rows if row.sensor and abs(row.persons) >= WORTH_TELLING * max(figure, 100.0)}
        told = {sensor.id for sensor in self._sensors[number]} | mattered
        without = []
        for sensor in sorted(told) if whole else ():
            other = self._filter.report(self._again(begin, None, sensor))
            people, low, high = (float(a[number]) for a in (other.estimate, other.p05, other.p95))
            without.append(WithoutSensor(sensor=sensor, occupancy=people, occupancy_p05=low, occupancy_p95=high))
        return Explanation(
            zone=zone,
            time=now,
            since=datetime.fromtimestamp(begin.minute * self._step_s, UTC),
            before=float(before.estimate[number]),
            occupancy=figure,
            occupancy_p05=float(found.p05[number]),
            occupancy_p95=float(found.p95[number]),
            contributions=rows,
            without=tuple(sorted(without, key=lambda row: -abs(row.occupancy - figure) - (row.occupancy_p95 - row.occupancy_p05))),
        )

    def _again(self, begin: FilterState, ledger: Ledger | None, without: str | None = None) -> FilterState:
        """The state now, worked out once more from an earlier one."""
        assert self._state is not None  # noqa: S101
        state = begin.copy()
        while state.minute < self._state.minute:
            self._advance(state, ledger, without)
        return state

    # -- what was found of the sensors

    def find_faults(self) -> dict[str, SensorFault]:
        """By sensor: what is wrong with those that deliver, and since when."""
        return dict(self._faults)

    def _follow_faults(self, now: datetime) -> None:
        found = {s: SensorFault(since=datetime.fromtimestamp((minute - 1) * self._step_s, UTC), text=text) for s, (minute, text) in self._found().items()}
        found |= self._clocks.find_faults(now)
        ended = [PastFault(sensor=s, start=f.since, end=now, fault=f.text) for s, f in self._faults.items() if s not in found or found[s].text != f.text]
        self._past_faults = [*self._past_faults, *ended][-KEEP_FAULTS:]
        self._faults = {s: self._faults[s] if s in self._faults and self._faults[s].text == f.text else f for s, f in found.items()}

    def _found(self) -> dict[str, tuple[int, str]]:
        return find_faults(self._graph, self._state) if self._state is not None else {}

    def learn(self) -> Calibration:
        """What this day taught about the sensors, and which faults stand at its end."""
        if self._state is None:
            return self._calibration
        new = self._filter.learn(self._state)
        known = set(new.names)
        renewed = {(sensor, parameter) for sensor, parameter, _ in known}
        kept = [i for i, name in enumerate(self._calibration.names) if name[:2] not in renewed and self._calibration.covariance.ndim > 1]
        old, n = self._calibration, len(new.names)
        covariance = np.zeros((n + len(kept), n + len(kept)))
        covariance[:n, :n] = new.covariance
        covariance[n:, n:] = old.covariance[np.ix_(kept, kept)]
        standing = [PastFault(sensor=s, start=f.since, end=None, fault=f.text) for s, f in self._faults.items()]
        oldest = datetime.fromtimestamp(self._state.minute * self._step_s, UTC) - FAULTS_FADE_AFTER
        faults = [fault for fault in (*old.faults, *self._past_faults, *standing) if (fault.end or fault.start) > oldest]
        return Calibration(
            rates=self._flows.usual_rates(old.rates),
            names=(*new.names, *(old.names[i] for i in kept)),
            mean=np.concatenate([new.mean, old.mean[kept]]),
            covariance=covariance,
            faults=tuple(faults[-KEEP_FAULTS:]),
        )
