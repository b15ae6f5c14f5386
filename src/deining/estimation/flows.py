"""Flow over gates and past point counters: what was counted of late, with an interval."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from deining.domain.area import Area, Gate, Sensor
from deining.domain.observation import Observation, Quantity
from deining.domain.state import FlowState, Quality

Z90 = 1.6449
"""Half-width of a central 90 % interval of the normal distribution, in standard deviations."""
RATE_WINDOW = timedelta(minutes=30)
SILENCE_HOLDS = timedelta(minutes=15)
RATE_AT_A_POINT_SD = 0.1
FORGET = 0.5
"""Weight of the newest day in what is learned of a sensor's usual rate."""
WAYS = {Quantity.COUNT_FORWARD: (1.0, 0.0), Quantity.COUNT_BACKWARD: (0.0, 1.0)}


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


class FlowBook:
    """What each sensor said, and the flows that follow from it.

    Parameters
    ----------
    area
        Gates and sensors.
    rate
        Share of passers-by that a gate counter sees.
    flow_window_s
        A gate's flow is the mean over so many seconds.
    stale_after_intervals, stale_after_s
        A sensor is silent after so many of its own intervals, and never before so many seconds.
    """

    def __init__(self, area: Area, *, rate: float, flow_window_s: int, stale_after_intervals: float, stale_after_s: float) -> None:
        self._area, self._rate = area, rate
        self._window = timedelta(seconds=flow_window_s)
        self._stale_after_intervals, self._stale_after_s = stale_after_intervals, stale_after_s
        self.gate_sensors: dict[str, list[Sensor]] = {gate: [] for gate in area.gates}
        for sensor in area.sensors.values():
            if sensor.gate is not None:
                self.gate_sensors[sensor.gate].append(sensor)
        self.channels: dict[tuple[str, Quantity], Channel] = {}

    def take(self, observation: Observation) -> None:
        """Take one observation of a sensor that the area has."""
        key = (observation.sensor, observation.quantity)
        if key not in self.channels:
            self.channels[key] = Channel(self._area.sensors[observation.sensor])
        self.channels[key].take(observation)

    def last_end(self, sensor: Sensor, quantities: Sequence[Quantity] = tuple(Quantity)) -> datetime | None:
        """End of the newest observation of a sensor."""
        return max((c.last_end for q in quantities if (c := self.channels.get((sensor.id, q))) and c.last_end), default=None)

    def usual_rates(self, before: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
        """Persons/s that each sensor usually counts each way: this day's mean, with what was known before weighing as much."""
        today = {(c.sensor.id, q.value): c.counted / c.seen_s for (_, q), c in self.channels.items() if c.seen_s and q in WAYS}
        return {**before, **{key: FORGET * rate + (1 - FORGET) * before.get(key, rate) for key, rate in today.items()}}

    def age_s(self, end: datetime | None, now: datetime) -> float | None:
        """Seconds since a time; None where there is none."""
        return None if end is None else max(0.0, (now - end).total_seconds())

    def is_silent(self, sensor: Sensor, age_s: float | None) -> bool:
        """Whether a sensor has been without data for longer than its interval explains."""
        return age_s is None or age_s > max(self._stale_after_intervals * sensor.interval_s, self._stale_after_s)

    def states(self, now: datetime, faulty: Mapping[str, object] | None = None) -> list[FlowState]:
        """Flow of every gate and point counter; what rests on a faulty sensor is suspect."""
        flows = [self._gate_state(gate, now) for gate in self._area.gates.values()]
        flows += [self._point_state(sensor, now) for sensor in self._area.list_point_counters()]
        return [replace(f, quality=Quality.SUSPECT) if faulty and any(s in faulty for s in f.sources) and f.quality.may_alert else f for f in flows]

    def _gate_state(self, gate: Gate, now: datetime) -> FlowState:
        sensors = self.gate_sensors[gate.id][:1]
        channels = {q: c for s in sensors for q in (*WAYS, Quantity.COUNT) if (c := self.channels.get((s.id, q))) and c.last_end}
        if not channels:
            return self._missing_flow(gate.id, now)
        ends = [channel.last_end for channel in channels.values() if channel.last_end]
        age_s = self.age_s(max(ends), now)
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
        channels = [(q, c) for q in (*WAYS, Quantity.COUNT) if (c := self.channels.get((sensor.id, q))) and c.last_end]
        if not channels:
            return self._missing_flow(sensor.id, now)
        newest = {q: max(c.recent, key=lambda o: o.end) for q, c in channels}
        end = max(o.end for o in newest.values())
        per_min = {q: 60 * o.value / o.duration_s for q, o in newest.items() if o.end == end}
        age_s = self.age_s(end, now)
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
