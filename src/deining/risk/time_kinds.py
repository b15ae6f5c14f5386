"""Which kinds of time it is at a place: an event is under way there, a holiday, night, a weekend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from deining.domain.area import Area
from deining.domain.levels import TimeKind

NIGHT_BEGINS_H, NIGHT_ENDS_H = 22, 6
"""Night is from 22:00 to 06:00 by the local clock."""
ROUND_EVENT = timedelta(hours=1)
"""An event counts from an hour before it begins until an hour after it ends: people come and go then."""
SATURDAY = 5


class TimeKinds:
    """The kinds of time of an area's places.

    Parameters
    ----------
    is_holiday
        Whether a moment lies on a public holiday of the area; without it, no day is one.
    """

    def __init__(self, area: Area, is_holiday: Callable[[datetime], bool] | None = None) -> None:
        self._area, self._is_holiday = area, is_holiday
        self._of_all: tuple[datetime | None, frozenset[TimeKind], frozenset[str] | None] = (None, frozenset(), frozenset())

    def at(self, place: str, time: datetime) -> frozenset[TimeKind]:
        """The kinds of time that it is at a place; none on an ordinary weekday by day."""
        known, kinds, zones = self._of_all
        if known != time:
            kinds, zones = self._kinds(time), self._zones_of_events(time)
            self._of_all = (time, kinds, zones)
        return kinds | {TimeKind.EVENT} if zones is None or self._touches(place, zones) else kinds

    def _kinds(self, time: datetime) -> frozenset[TimeKind]:
        local = time.astimezone(self._area.timezone)
        found = {
            TimeKind.HOLIDAY: self._is_holiday is not None and self._is_holiday(time),
            TimeKind.NIGHT: local.hour >= NIGHT_BEGINS_H or local.hour < NIGHT_ENDS_H,
            TimeKind.WEEKEND: local.weekday() >= SATURDAY,
        }
        return frozenset(kind for kind, holds in found.items() if holds)

    def _zones_of_events(self, time: datetime) -> frozenset[str] | None:
        """Zones of the events that are under way; None where one of them concerns the whole area."""
        here = [event for event in self._area.events if event.start - ROUND_EVENT <= time < event.end + ROUND_EVENT]
        if any(not event.zones for event in here):
            return None
        return frozenset(zone for event in here for zone in event.zones)

    def _touches(self, place: str, zones: frozenset[str]) -> bool:
        gate = self._area.gates.get(place)
        return place in zones or (gate is not None and (gate.from_zone in zones or gate.to_zone in zones))
