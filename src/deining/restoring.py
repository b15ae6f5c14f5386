"""An area's pipeline as it was at a moment, built from what was stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta

from deining.domain.area import Area
from deining.domain.calibration import Calibration
from deining.domain.observation import Observation
from deining.pipeline import Learned, Pipeline, build_pipeline
from deining.settings import Settings
from deining.storage.alerts import read_alerts
from deining.storage.calibration import find_calibration
from deining.storage.database import Connection
from deining.storage.rows import read_latest, read_observations
from deining.storage.states import read_series, read_zone_states

CATCH_UP_STEPS = {"counting": 240}
FEW_CATCH_UP_STEPS = 24
"""Most estimates made to bring a restarted estimate up to now. The filter works each minute through whatever the steps, and
in small ones again and again what came late; plain counting looks at the moments of the steps alone."""
CATCH_UP_S, DENSE_S, DISTRICTS_S, LEAST_WALKED_MIN = 1.5, 2.5e-6, 2.7e-4, 15.0
"""Time for working through the day again at the start, and what a minute of it costs: by zone squared, or by zone. A larger
area begins with the states that it kept."""


class Restorer:
    """Builds the pipeline of one area as it was.

    Parameters
    ----------
    is_live
        Whether it knows what earlier days taught about the sensors; a replay begins as if it were the first day.
    """

    def __init__(self, area: Area, settings: Settings, *, open_reader: Callable[[], Connection], is_live: bool) -> None:
        self._area, self._settings, self._open_reader, self._is_live = area, settings, open_reader, is_live
        self._step = timedelta(seconds=settings.state_step_s)

    def restore(self, at: datetime) -> Pipeline:
        """The pipeline at a moment, with its history and the alerts that stood."""
        with closing(self._open_reader()) as connection:
            weeks = timedelta(weeks=self._settings.history_weeks)
            alerts = [alert for alert in read_alerts(connection, self._area.id, at) if alert.is_active]
            series = read_series(connection, self._area.id, at - weeks)
            pipeline = build_pipeline(self._area, self._settings, Learned(series=series, alerts=alerts, calibration=self._find_calibration(connection, at)))
            pipeline.recall(read_latest(connection, self._area.id))
        self._bring(pipeline, at)
        return pipeline

    def look_back(self, at: datetime) -> Pipeline:
        """A pipeline that knows the estimate at a moment, and nothing else."""
        with closing(self._open_reader()) as connection:
            pipeline = build_pipeline(self._area, self._settings, Learned(calibration=self._find_calibration(connection, at)))
        self._bring(pipeline, at)
        return pipeline

    def _find_calibration(self, connection: Connection, at: datetime) -> Calibration | None:
        return find_calibration(connection, self._area.id, at) if self._is_live else None

    def _bring(self, pipeline: Pipeline, at: datetime) -> None:
        """Bring a new pipeline to a moment with what was stored until then."""
        begin = self._area.last_empty(at)
        longest = max((sensor.interval_s for sensor in self._area.sensors.values()), default=0.0)
        with closing(self._open_reader()) as connection:
            walked = timedelta(minutes=self._minutes_to_walk())
            if at - walked > begin:
                kept = read_zone_states(connection, self._area.id, self._area.zones, begin, at - walked)
                begin = kept[0].time if pipeline.resume(kept) else begin
            stored = sorted(read_observations(connection, self._area.id, begin - timedelta(seconds=2 * longest), at), key=lambda o: o.available_at)
        self._catch_up(pipeline, [o for o in stored if o.available_at <= at + self._step], begin, at)

    def _minutes_to_walk(self) -> float:
        """How many minutes of this area can be worked through again when it starts."""
        zones = max(1, len(self._area.zones))
        cost_s = DENSE_S * zones**2 if zones <= self._settings.filter_max_zones else DISTRICTS_S * zones
        return max(LEAST_WALKED_MIN, CATCH_UP_S / cost_s)

    def _catch_up(self, pipeline: Pipeline, stored: Sequence[Observation], begin: datetime, at: datetime) -> None:
        """Walk the estimate from when the area was empty to a moment, in larger steps where that is long ago."""
        step = max(self._step, (at - begin) / CATCH_UP_STEPS.get(self._settings.estimator, FEW_CATCH_UP_STEPS))
        now, first = begin, 0
        pipeline.catch_up(begin)
        while now < at:
            now = min(at, now + step)
            last = first
            while last < len(stored) and stored[last].available_at <= now:
                last += 1
            pipeline.take(stored[first:last])
            pipeline.catch_up(now)
            first = last
        pipeline.take(stored[first:])
