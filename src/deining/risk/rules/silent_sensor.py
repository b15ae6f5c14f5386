"""A sensor that delivered before is silent: a data alert, never a crowd alert."""

from __future__ import annotations

from deining.domain.alert import AlertKind
from deining.domain.levels import Level
from deining.domain.ports import RiskView, RuleResult
from deining.risk.words import clock_time, name_of


def silent_sensor(view: RiskView) -> list[RuleResult]:
    """Sensors with a fault, that have delivered at some time."""
    results = []
    for health in view.health:
        if not health.fault or health.last_end is None:
            continue
        name, last = name_of(view.area, health.sensor), clock_time(health.last_end, view.area.timezone)
        results.append(
            RuleResult(
                target=health.sensor,
                zone=None,
                kind=AlertKind.DATA,
                level=Level.YELLOW,
                rule="silent_sensor",
                because={
                    "en": f"Sensor {name} has been silent since {last}; the figures that rest on it are wider.",
                    "nl": f"Sensor {name} zwijgt sinds {last}; de cijfers die erop rusten zijn onzekerder.",
                },
            )
        )
    return results
