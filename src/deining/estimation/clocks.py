"""Sensors whose clock is wrong: all that they say comes late, and always by the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from deining.domain.area import Sensor, SensorKind
from deining.domain.observation import Observation
from deining.domain.state import SensorFault

ROWS = 8
SHIFTED_S, STEADY_S = 600.0, 90.0
"""A clock is called wrong when its last rows all came so late, give or take so little."""
LONGEST_INTERVAL_S = 300.0
COUNTING = frozenset({SensorKind.GATE_COUNTER, SensorKind.POINT_COUNTER, SensorKind.AREA_CAMERA, SensorKind.DEVICE_COUNTER})


@dataclass(slots=True)
class _Rows:
    late_s: deque[float]
    first: datetime


class ClockWatch:
    """Watches by how much the rows of each sensor come late.

    A slow link varies and a queue that empties gets shorter; a clock that is an hour behind is an hour behind each time.
    What is supplied in hindsight, such as a panel, is not judged.
    """

    def __init__(self) -> None:
        self._rows: dict[str, _Rows] = {}
        self._since: dict[str, datetime] = {}

    def take(self, sensor: Sensor, observation: Observation) -> None:
        """Take one observation."""
        if sensor.kind not in COUNTING or sensor.interval_s > LONGEST_INTERVAL_S or observation.received_at is None:
            return
        late_s = (observation.received_at - observation.end).total_seconds()
        rows = self._rows.setdefault(sensor.id, _Rows(deque(maxlen=ROWS), observation.received_at))
        rows.late_s.append(late_s)
        shifted = len(rows.late_s) == ROWS and min(rows.late_s) > SHIFTED_S and max(rows.late_s) - min(rows.late_s) < STEADY_S
        if shifted:
            self._since.setdefault(sensor.id, observation.received_at - ROWS * timedelta(seconds=sensor.interval_s) / 2)
        else:
            self._since.pop(sensor.id, None)

    def find_faults(self, now: datetime) -> Mapping[str, SensorFault]:
        """By sensor: that its clock is wrong, and by how much."""
        found = {}
        for sensor, since in self._since.items():
            minutes = round(sum(self._rows[sensor].late_s) / len(self._rows[sensor].late_s) / 60)
            found[sensor] = SensorFault(
                since=since, text=f"clock: all it says comes {minutes} minutes late; its clock seems to be behind; left out of the estimate"
            )
        return found
