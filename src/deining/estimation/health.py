"""Sensor health: which sensor is silent, and since when. A silent sensor is not a quiet street."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from deining.domain.area import Area
from deining.domain.observation import Observation
from deining.domain.state import Fault, SensorHealth

UNKNOWN_SINCE = "has not delivered yet"


class SensorWatch:
    """Watches when each sensor delivered last.

    Parameters
    ----------
    stale_after_intervals, stale_after_s
        A sensor is silent after so many of its own intervals, and never before so many seconds.
    """

    def __init__(self, area: Area, *, stale_after_intervals: float, stale_after_s: float) -> None:
        self._area = area
        self._after_s = {s.id: max(stale_after_intervals * s.interval_s, stale_after_s) for s in area.sensors.values()}
        self._last_end: dict[str, datetime] = {}
        self._faults: dict[str, Fault] = {}

    def take(self, observations: Sequence[Observation]) -> None:
        """Take observations, in any order."""
        for observation in observations:
            last = self._last_end.get(observation.sensor)
            if last is None or observation.end > last:
                self._last_end[observation.sensor] = observation.end

    def health(self, now: datetime) -> tuple[list[SensorHealth], list[Fault]]:
        """Health of every sensor now, and the faults that began or ended since it was last asked."""
        rows, changed = [], []
        for sensor in self._area.sensors.values():
            end = self._last_end.get(sensor.id)
            age_s = None if end is None else max(0.0, (now - end).total_seconds())
            text = "" if age_s is not None and age_s <= self._after_s[sensor.id] else UNKNOWN_SINCE if end is None else "silent: no data when data were due"
            fault = self._faults.get(sensor.id)
            if text and fault is None and end is not None:
                self._faults[sensor.id] = fault = Fault(sensor=sensor.id, start=end, end=None, fault=text)
                changed.append(fault)
            elif not text and fault is not None:
                changed.append(Fault(sensor=sensor.id, start=fault.start, end=end, fault=fault.fault))
                del self._faults[sensor.id]
                fault = None
            rows.append(SensorHealth(sensor=sensor.id, time=now, last_end=end, data_age_s=age_s, fault=text, since=fault.start if fault else None))
        return rows, changed
