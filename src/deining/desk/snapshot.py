"""What the screen showed at a moment, frozen with a logbook entry, so that "was it reasonable then?" can be answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from deining.domain.alert import Alert
from deining.domain.area import Area
from deining.domain.forecast import Forecast
from deining.domain.state import FlowState, SensorHealth, ZoneState
from deining.domain.words import name_of
from deining.pipeline import Step

AHEAD = timedelta(hours=2)
"""Forecasts further ahead than this are not frozen: the screen shows two hours."""
DIGITS = 3


def freeze(
    area: Area, step: Step | None, alerts: Iterable[Alert], forecasts: Mapping[tuple[str, str], Sequence[Forecast]], in_force: Sequence[object]
) -> bytes:
    """JSON of the states, levels, alerts, forecasts and data quality of a moment.

    Parameters
    ----------
    step
        The latest; None before there was one, which is said too.
    forecasts
        The latest of every place.
    in_force
        The measures in force, as rows.
    """
    time = step.time if step else None
    picture = {
        "format": 1,
        "time": time,
        "zones": [_zone(area, state, step) for state in step.zones] if step else [],
        "flows": [_flow(area, state, step) for state in step.flows] if step else [],
        "alerts": [_alert(area, alert) for alert in alerts],
        "reaches": [_reach(reach) for reach in step.reaches] if step else [],
        "forecasts": [_forecast(one) for steps in forecasts.values() for one in steps if time and one.time <= time + AHEAD],
        "health": [_health(area, one) for one in step.health if one.fault] if step else [],
        "in_force": list(in_force),
    }
    return msgspec.json.encode(picture)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _levels(step: Step, place: str) -> dict[str, Any]:
    found, expected = step.levels.get(place), step.expected.get(place)
    return {
        "level": found.level.label if found else None,
        "level_quantity": found.quantity.value if found else None,
        "level_value": _round(found.value) if found else None,
        "expected_level": expected.level.label if expected else None,
        "expected_at": expected.at if expected else None,
        "expected_chance": _round(expected.chance) if expected else None,
    }


def _zone(area: Area, state: ZoneState, step: Step) -> dict[str, Any]:
    return {
        "zone": state.zone,
        "name": name_of(area, state.zone),
        "occupancy": _round(state.occupancy),
        "occupancy_p05": _round(state.occupancy_p05),
        "occupancy_p95": _round(state.occupancy_p95),
        "density_per_m2": _round(state.density_per_m2),
        "data_age_s": _round(state.data_age_s),
        "quality": state.quality.value,
        **_levels(step, state.zone),
    }


def _flow(area: Area, state: FlowState, step: Step) -> dict[str, Any]:
    return {
        "target": state.target,
        "name": name_of(area, state.target),
        "flow_per_min": _round(state.flow_per_min),
        "p05": _round(state.p05),
        "p95": _round(state.p95),
        "specific_flow_per_m_min": _round(state.specific_flow_per_m_min),
        "ratio_to_normal": _round(state.ratio_to_normal),
        "data_age_s": _round(state.data_age_s),
        "quality": state.quality.value,
        **_levels(step, state.target),
    }


def _alert(area: Area, alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "target": alert.target,
        "name": name_of(area, alert.target),
        "kind": alert.kind.value,
        "level": alert.level.label,
        "priority": alert.priority.value,
        "state": alert.state.value,
        "raised_at": alert.raised_at,
        "acknowledged_by": alert.acknowledged_by,
        "expected_at": alert.expected_at,
        "chance": _round(alert.chance),
        "because": dict(alert.because),
    }


def _reach(reach: Any) -> dict[str, Any]:
    return {
        "target": reach.target,
        "level": reach.level.label,
        "quantity": reach.quantity.value,
        "origin": reach.origin,
        "chances": {str(lead): _round(chance) for lead, chance in reach.chances.items()},
        "at_p10": reach.at_p10,
        "at_p50": reach.at_p50,
        "at_p90": reach.at_p90,
    }


def _forecast(forecast: Forecast) -> dict[str, Any]:
    return {
        "target": forecast.target,
        "quantity": forecast.quantity,
        "origin": forecast.origin,
        "time": forecast.time,
        "p10": _round(forecast.quantile(0.1)),
        "p50": _round(forecast.quantile(0.5)),
        "p90": _round(forecast.quantile(0.9)),
        "model": forecast.model,
    }


def _health(area: Area, health: SensorHealth) -> dict[str, Any]:
    return {
        "sensor": health.sensor,
        "name": name_of(area, health.sensor),
        "fault": health.fault,
        "since": health.since,
        "data_age_s": _round(health.data_age_s),
    }
