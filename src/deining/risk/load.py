"""How many alerts people get: what nobody can read, nobody heeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from deining.domain.alert import Alert, Priority

WINDOW = timedelta(minutes=10)
DAY = timedelta(hours=24)
HOUR_S = 3600
BUSY_ABOVE, FLOOD_ABOVE = 1, 10
"""Alerts in ten minutes above which a person at the desk is busy, and above which it is a flood (ANSI/ISA-18.2-2016; EEMUA 191)."""


class Verdict(StrEnum):
    """What one person at the desk can make of it."""

    CALM = "calm"
    BUSY = "busy"
    FLOOD = "flood"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadHour:
    """Alerts that were raised in the hour from `start`, by priority."""

    start: datetime
    high: int = 0
    medium: int = 0
    low: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLoad:
    """How many alerts were raised of late; neighbours that are told as one count once.

    Parameters
    ----------
    last_10_min
        In the ten minutes up to now.
    most_in_10_min
        The most in any ten minutes of the last 24 hours.
    hours
        The last 24 hours of the clock, the present one last; those without alerts too.
    verdict
        Of the last ten minutes.
    """

    last_10_min: int
    most_in_10_min: int
    hours: tuple[LoadHour, ...]
    verdict: Verdict


def verdict_of(in_10_min: int) -> Verdict:
    """What so many alerts in ten minutes are to one person.

    References
    ----------
    ANSI/ISA-18.2-2016 and EEMUA 191: one in ten minutes can be managed, more than ten in ten minutes is a flood.

    Examples
    --------
    >>> [verdict_of(n).value for n in (1, 2, 10, 11)]
    ['calm', 'busy', 'busy', 'flood']
    """
    return Verdict.FLOOD if in_10_min > FLOOD_ABOVE else Verdict.BUSY if in_10_min > BUSY_ABOVE else Verdict.CALM


def load_of(alerts: Iterable[Alert], now: datetime) -> AlertLoad:
    """The load of the 24 hours up to now.

    Parameters
    ----------
    alerts
        Of one area, cleared ones included, in any order; those told in another one's group, later than now or older
        are left out.
    """
    told = sorted((a for a in alerts if a.group is None and now - DAY < a.raised_at <= now), key=lambda a: a.raised_at)
    times = [alert.raised_at for alert in told]
    last = sum(time > now - WINDOW for time in times)
    return AlertLoad(last_10_min=last, most_in_10_min=_most(times), hours=_hours(told, now), verdict=verdict_of(last))


def _most(times: Sequence[datetime]) -> int:
    """The most in any ten minutes, times being in order."""
    most = first = 0
    for k, time in enumerate(times):
        while times[first] <= time - WINDOW:
            first += 1
        most = max(most, k - first + 1)
    return most


def _hours(told: Sequence[Alert], now: datetime) -> tuple[LoadHour, ...]:
    counts = Counter((_hour(alert.raised_at), alert.priority) for alert in told)
    starts = [_hour(now) - timedelta(hours=back) for back in range(23, -1, -1)]
    return tuple(LoadHour(start=start, **{priority.value: counts[start, priority] for priority in Priority}) for start in starts)


def _hour(time: datetime) -> datetime:
    return time - timedelta(seconds=time.timestamp() % HOUR_S)
