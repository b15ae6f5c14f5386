"""Replay an observation table through the pipeline, minute by minute, without hindsight."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from deining.domain.alert import Alert
from deining.domain.area import Area
from deining.domain.errors import WrongTable, WrongUse
from deining.domain.forecast import Forecast
from deining.domain.observation import AHEAD_S
from deining.domain.state import Fault, FlowState, ZoneState
from deining.jobs import Progress, no_progress
from deining.jobs.forecast import forecast_columns
from deining.pipeline import CAN_SAY, Pipeline, Step
from deining.sources.tables import ObservationTable, TableSource, write_table

ZONE_COLUMNS = ("zone", "time", "occupancy", "occupancy_p05", "occupancy_p95", "density_per_m2", "data_age_s", "quality")
FLOW_COLUMNS = (
    "target", "time", "forward_per_min", "backward_per_min", "p05", "p95", "specific_flow_per_m_min", "ratio_to_normal", "data_age_s", "quality",
)  # fmt: skip
ALERT_COLUMNS = ("id", "zone", "target", "kind", "level", "raised_at", "cleared_at", "because")


@dataclass(slots=True)
class Evening:
    """All that a replay found, in the order in which it was found."""

    area: Area
    zones: list[ZoneState] = field(default_factory=list)
    flows: list[FlowState] = field(default_factory=list)
    forecasts: list[Forecast] = field(default_factory=list)
    alerts: dict[str, Alert] = field(default_factory=dict)
    faults: dict[tuple[str, datetime], Fault] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        """Keep one moment."""
        self.zones.extend(step.zones)
        self.flows.extend(step.flows)
        self.forecasts.extend(step.forecasts)
        for alert in step.alerts:
            highest = max(alert.level, self.alerts[alert.id].level) if alert.id in self.alerts else alert.level
            self.alerts[alert.id] = replace(alert, level=highest)
        self.faults.update({(fault.sensor, fault.start): fault for fault in step.faults})

    def tables(self) -> dict[str, dict[str, Any]]:
        """Columns by file name."""
        alerts, faults = list(self.alerts.values()), list(self.faults.values())
        alert_columns = _columns(alerts, ALERT_COLUMNS)
        alert_columns["kind"] = [alert.kind.value for alert in alerts]
        alert_columns["level"] = [alert.level.label for alert in alerts]
        alert_columns["because"] = [alert.because.get(self.area.language) or alert.because.get("en", "") for alert in alerts]
        return {
            "zone_states": _columns(self.zones, ZONE_COLUMNS),
            "flow_states": _columns(self.flows, FLOW_COLUMNS),
            "alerts": alert_columns,
            "sensor_health": _columns(faults, ("sensor", "start", "end", "fault")),
            "forecasts": forecast_columns(self.forecasts),
        }


def _columns(things: Sequence[object], names: Sequence[str]) -> dict[str, Any]:
    return {name: [getattr(thing, name) for thing in things] for name in names}


def replay(pipeline: Pipeline, source: TableSource, *, progress: Progress = no_progress) -> Evening:
    """The whole evening, as it would have been seen.

    Raises
    ------
    WrongTable
        When a row is of a sensor that the area does not have, of a quantity that its sensor does not speak of, or was
        received before it ended.
    """
    check_table(pipeline.area, source)
    evening, step = Evening(pipeline.area), timedelta(seconds=pipeline.settings.state_step_s)
    first, last = _span(source.table, step)
    minutes = round((last - first) / step)
    pipeline.take(list(source.read_observations(first - timedelta(days=1), first + timedelta(microseconds=1))))
    for k in progress(range(minutes), total=minutes, unit="min"):
        now = first + (k + 1) * step
        pipeline.take(list(source.read_observations(now - step + timedelta(microseconds=1), now + timedelta(microseconds=1))))
        evening.add(pipeline.step(now))
    return evening


def _span(table: ObservationTable, step: timedelta) -> tuple[datetime, datetime]:
    """From the beginning of the first step observed to the end of the last."""
    step_us, epoch = step // timedelta(microseconds=1), datetime.fromtimestamp(0, UTC)
    first_us, last_us = int(table.start_us.min()) // step_us * step_us, -(-int(table.end_us.max()) // step_us) * step_us
    return epoch + timedelta(microseconds=first_us), epoch + timedelta(microseconds=last_us)


def check_table(area: Area, source: TableSource) -> None:
    """Refuse a table that does not belong to the area.

    Raises
    ------
    WrongTable
        With the sensor, what was found and what was expected.
    """
    table = source.table
    if not len(table):
        raise WrongTable(f"{source.path}: found no row; expected at least one observation")
    for code, sensor in enumerate(table.sensors):
        if sensor not in area.sensors:
            raise WrongTable(f"{source.path}: sensor {sensor!r}: found no such sensor in area {area.id}; expected one of sensors.csv; add it there")
        kind = area.sensors[sensor].kind
        said = {table.quantities[q] for q in np.unique(table.quantity_index[table.sensor_index == code])}
        if wrong := said - CAN_SAY[kind]:
            raise WrongTable(f"{source.path}: sensor {sensor!r}: found quantity {min(wrong)}; expected {', '.join(sorted(CAN_SAY[kind]))} of a {kind}")
    ahead_us = table.end_us - table.available_us
    if (worst := int(ahead_us.argmax())) >= 0 and ahead_us[worst] >= AHEAD_S * 1_000_000:
        row = next(table.observations(worst))
        raise WrongTable(
            f"{source.path}: sensor {row.sensor!r}, start {row.start.isoformat()}: found received_at {row.available_at.isoformat()}, "
            f"{ahead_us[worst] / 1e6:.0f} s before end {row.end.isoformat()}; expected a row that was received when it had ended"
        )


def write_evening(evening: Evening, out: Path, *, ending: str = ".csv") -> None:
    """Write the tables of the contracts into a folder; all of them or none.

    Raises
    ------
    WrongUse, DiskFilling
        As `write_table`.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=out, prefix=".part-")
    except OSError as error:
        raise WrongUse(f"cannot write into {out}: {error.strerror or error}; give a folder that can be written, with --out") from error
    with folder as name:
        part = Path(name)
        for table, columns in evening.tables().items():
            write_table(part / f"{table}{ending}", columns)
        for file in sorted(part.iterdir()):
            file.replace(out / file.name)
