"""Neighbours that become busy together are told as one alert; each place keeps its own row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from deining.domain.alert import Alert, AlertKind, AlertState
from deining.domain.area import Area


class Neighbours:
    """Which places of an area lie beside one another.

    Zones that share a gate; a gate and the zones on its two sides; a sensor and what it observes, so that two sensors
    of one place are neighbours too.
    """

    def __init__(self, area: Area) -> None:
        self._beside: dict[str, set[str]] = {}
        for gate in area.gates.values():
            sides = [zone for zone in (gate.from_zone, gate.to_zone) if zone is not None]
            self._link(gate.id, *sides)
        self._place = {sensor.id: place for sensor in area.sensors.values() if (place := sensor.gate or sensor.zone)}

    def _link(self, *places: str) -> None:
        for place in places:
            self._beside.setdefault(place, set()).update(places)

    def place_of(self, target: str) -> str:
        """The zone or gate that a sensor observes; any other target is its own place."""
        return self._place.get(target, target)

    def around(self, target: str) -> set[str]:
        """The place of a target, and those beside it."""
        place = self.place_of(target)
        return {place, *self._beside.get(place, ())}


def urgency(alert: Alert) -> tuple[int, int, float, str]:
    """The key by which alerts are ordered: the most urgent first, then the oldest."""
    return (-alert.priority.rank, -int(alert.level), alert.raised_at.timestamp(), alert.id)


def regrouped(alerts: Mapping[str, Alert], new: Collection[str], neighbours: Neighbours, within_s: float) -> dict[str, Alert]:
    """The alerts of which `group` or `joined` changes, as they are then; by id.

    An alert joins a group only when it is raised, and only one whose head nobody has acknowledged or shelved yet, is of
    the same kind, was raised at most `within_s` before, and is no less urgent: so nothing that rang is swallowed, and
    nothing urgent hides behind something that is not. One that becomes more urgent than its head leaves. When a head
    clears or is left, the most urgent of the others takes its place.

    Parameters
    ----------
    alerts
        All that stand, by id.
    new
        Ids of those that were raised just now.
    """
    head_of: dict[str, str] = {}
    orphans: dict[str, list[Alert]] = {}
    for alert in alerts.values():
        head = alerts.get(alert.group) if alert.group else None
        if head is not None and alert.priority.rank <= head.priority.rank:
            head_of[alert.id] = head.id
        elif alert.group and head is None:
            orphans.setdefault(alert.group, []).append(alert)
    for left in orphans.values():
        first, *others = sorted(left, key=urgency)
        head_of |= {other.id: first.id for other in others}
    if within_s > 0 and new:
        _join_new(alerts, new, head_of, neighbours, within_s)
    return _changed(alerts, head_of)


def _join_new(alerts: Mapping[str, Alert], new: Collection[str], head_of: dict[str, str], neighbours: Neighbours, within_s: float) -> None:
    """Tell each new alert, the most urgent first, in a group beside it; and in its own group the new ones that hang together with it."""
    before = _by_place((alert for alert in alerts.values() if alert.id not in new), neighbours)
    coming = _by_place((alerts[id_] for id_ in new), neighbours)
    seen: set[str] = set()
    for first in sorted((alerts[id_] for id_ in new), key=urgency):
        if first.id in seen:
            continue
        beside = [alerts[head_of.get(other.id, other.id)] for other in _beside(first, before, neighbours)]
        head = min((one for one in beside if _may_join(first, one, within_s)), key=urgency, default=first)
        queue = [first]
        while queue:
            alert = queue.pop()
            seen.add(alert.id)
            if alert is not head:
                head_of[alert.id] = head.id
            queue += [other for other in _beside(alert, coming, neighbours) if other.id not in seen and _may_join(other, head, within_s)]


def _by_place(alerts: Iterable[Alert], neighbours: Neighbours) -> dict[tuple[AlertKind, str], list[Alert]]:
    found: dict[tuple[AlertKind, str], list[Alert]] = {}
    for alert in alerts:
        found.setdefault((alert.kind, neighbours.place_of(alert.target)), []).append(alert)
    return found


def _beside(alert: Alert, by_place: Mapping[tuple[AlertKind, str], list[Alert]], neighbours: Neighbours) -> list[Alert]:
    return [other for place in sorted(neighbours.around(alert.target)) for other in by_place.get((alert.kind, place), ())]


def _may_join(alert: Alert, head: Alert, within_s: float) -> bool:
    is_soon = alert.raised_at - head.raised_at <= timedelta(seconds=within_s)
    return is_soon and head.state is AlertState.RAISED and alert.priority.rank <= head.priority.rank


def _changed(alerts: Mapping[str, Alert], head_of: Mapping[str, str]) -> dict[str, Alert]:
    members: dict[str, list[Alert]] = {}
    for id_, head in head_of.items():
        members.setdefault(head, []).append(alerts[id_])
    changed = {}
    for id_, alert in alerts.items():
        group = head_of.get(id_)
        joined = tuple(one.target for one in sorted(members.get(id_, ()), key=lambda one: (one.raised_at, one.id)))
        if (group, joined) != (alert.group, alert.joined):
            changed[id_] = replace(alert, group=group, joined=joined)
    return changed
