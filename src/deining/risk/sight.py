"""What can be seen of which place: which places are busy, which are judged at all, and who else looks there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from deining.domain.alert import AlertKind
from deining.domain.area import Sensor
from deining.domain.levels import Level
from deining.domain.ports import RiskView, RuleResult
from deining.domain.state import Quality, SensorHealth, ZoneState
from deining.domain.words import name_of
from deining.risk.fault_words import fault_sentence


def busy_places(view: RiskView) -> set[str]:
    """Ids of zones, gates and point counters at orange or above, or with a crowd alert of that level that still stands."""
    found = [(state.zone, view.levels.of_zone(state)) for state in view.zones] + [(state.target, view.levels.of_flow(state)) for state in view.flows]
    busy = {target for target, level in found if level is not None and level.level >= Level.ORANGE}
    return busy | {alert.target for alert in view.standing if alert.kind is AlertKind.CROWD and alert.level >= Level.ORANGE}


def is_judged(view: RiskView, state: ZoneState) -> bool:
    """Whether a scale is in force for a zone, or would be if it could be seen."""
    seen = replace(state, quality=Quality.GOOD, occupancy=state.occupancy or 0.0, density_per_m2=state.density_per_m2 or 0.0)
    return view.levels.of_zone(seen) is not None


def place_of(sensor: Sensor) -> str:
    """The zone or gate that a sensor observes; its own id where it is neither."""
    return sensor.zone or sensor.gate or sensor.id


def list_eyes(view: RiskView) -> Mapping[str, int]:
    """By place: how many sensors of it deliver without a fault."""
    healthy = (view.area.sensors[health.sensor] for health in view.health if not health.fault and health.last_end is not None)
    return Counter(place_of(sensor) for sensor in healthy)


def blinds(view: RiskView, sensor: str, busy: set[str], eyes: Mapping[str, int]) -> bool:
    """Whether without this sensor nobody looks at a busy place any more."""
    place = place_of(view.area.sensors[sensor])
    return place in busy and not eyes.get(place)


def data_alerts(view: RiskView, faulty: Sequence[SensorHealth], rule: str) -> list[RuleResult]:
    """A result for each faulty sensor that delivered at some time; blinding where nobody else looks at a busy place."""
    known = [health for health in faulty if health.last_end is not None]
    if not known:
        return []
    busy, eyes = busy_places(view), list_eyes(view)
    return [
        RuleResult(
            target=health.sensor,
            zone=None,
            kind=AlertKind.DATA,
            level=Level.YELLOW,
            rule=rule,
            because=fault_sentence(name_of(view.area, health.sensor), health, view.area.timezone),
            is_blinding=blinds(view, health.sensor, busy, eyes),
        )
        for health in known
    ]
