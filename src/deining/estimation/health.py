"""Sensor health: which sensor is silent, and since when. A silent sensor is not a quiet street."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from deining.domain.area import Area
from deining.domain.observation import Observation
from deining.domain.state import Fault, SensorFault, SensorHealth

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

    def health(self, now: datetime, found: Mapping[str, SensorFault] | None = None) -> tuple[list[SensorHealth], list[Fault]]:
        """Health of every sensor now, and the faults that began or ended since it was last asked.

        Parameters
        ----------
        found
            Faults that the estimate found in sensors that do deliver.
        """
        rows, changed = [], []
        for sensor in self._area.sensors.values():
            end = self._last_end.get(sensor.id)
            age_s = None if end is None else max(0.0, (now - end).total_seconds())
            text, since = self._what_is_wrong(sensor.id, end, age_s, (found or {}).get(sensor.id))
            fault = self._faults.get(sensor.id)
            if fault is not None and text != fault.fault:
                changed.append(Fault(sensor=sensor.id, start=fault.start, end=max(fault.start, end or now), fault=fault.fault))
                del self._faults[sensor.id]
                fault = None
            if since is not None and fault is None:
                self._faults[sensor.id] = fault = Fault(sensor=sensor.id, start=since, end=None, fault=text)
                changed.append(fault)
            rows.append(SensorHealth(sensor=sensor.id, time=now, last_end=end, data_age_s=age_s, fault=text, since=fault.start if fault else None))
        return rows, changed

    def _what_is_wrong(self, sensor: str, end: datetime | None, age_s: float | None, found: SensorFault | None) -> tuple[str, datetime | None]:
        """What is wrong, in words, and since when; empty when nothing is."""
        if end is None or age_s is None:
            return UNKNOWN_SINCE, None
        if age_s > self._after_s[sensor]:
            return "silent: no data when data were due", end
        return (found.text, found.since) if found else ("", None)
