"""Words that more than one step says: levels, names of places and times of day, in each language."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from deining.domain.area import Area
from deining.domain.levels import Level

LEVELS = {
    "en": {Level.GREEN: "green", Level.YELLOW: "yellow", Level.ORANGE: "orange", Level.RED: "red"},
    "nl": {Level.GREEN: "groen", Level.YELLOW: "geel", Level.ORANGE: "oranje", Level.RED: "rood"},
}
CLOCKS = {"en": {True: "summer time", False: "winter time"}, "nl": {True: "zomertijd", False: "wintertijd"}}


def name_of(area: Area, target: str) -> str:
    """The name a person knows a zone, gate or sensor by."""
    for things in (area.zones, area.gates, area.sensors):
        if target in things:
            return things[target].name or target
    return target


def clock_time(time: datetime, timezone: ZoneInfo, language: str | None = None) -> str:
    """Local time of day, HH:MM; in the hour that the clock shows twice, which of the two it is.

    Parameters
    ----------
    language
        Of the words for the two hours; without it their distance to UTC is given.

    Examples
    --------
    >>> from datetime import UTC
    >>> clock_time(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ZoneInfo("Europe/Amsterdam"), "en")
    '02:30 (summer time)'
    >>> clock_time(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), ZoneInfo("Europe/Amsterdam"))
    '02:30 (UTC+01:00)'
    """
    local = time.astimezone(timezone)
    text, (first, second) = local.strftime("%H:%M"), (local.replace(fold=0), local.replace(fold=1))
    if first.utcoffset() == second.utcoffset():
        return text
    if language is None or first.dst() == second.dst():
        return f"{text} (UTC{local.isoformat(timespec='minutes')[16:]})"
    return f"{text} ({CLOCKS[language][bool(local.dst())]})"
