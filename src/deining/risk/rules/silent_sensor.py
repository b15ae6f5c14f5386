"""A sensor says nothing, or nothing but zero where people are: a data alert, never a crowd alert."""

from __future__ import annotations

from deining.domain.ports import RiskView, RuleResult
from deining.risk.fault_words import is_silence
from deining.risk.sight import data_alerts


def silent_sensor(view: RiskView) -> list[RuleResult]:
    """Sensors that delivered at some time, and are silent now."""
    return data_alerts(view, [health for health in view.health if is_silence(health.fault)], "silent_sensor")
