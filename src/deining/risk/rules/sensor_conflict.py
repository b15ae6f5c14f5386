"""A sensor delivers what cannot be, or what its neighbours contradict: a data alert, never a crowd alert."""

from __future__ import annotations

from deining.domain.ports import RiskView, RuleResult
from deining.risk.fault_words import is_silence
from deining.risk.sight import data_alerts


def sensor_conflict(view: RiskView) -> list[RuleResult]:
    """Sensors that deliver and have a fault other than silence: stuck, jumping, drifting, impossible, directions exchanged."""
    return data_alerts(view, [health for health in view.health if health.fault and not is_silence(health.fault)], "sensor_conflict")
