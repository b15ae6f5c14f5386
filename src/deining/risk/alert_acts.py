"""What people do with an alert, and what undoes it: pure, one alert in, the changed one out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from deining.domain.alert import Alert, AlertKind
from deining.domain.errors import WrongUse
from deining.domain.levels import Level

LONGEST_SHELF = timedelta(hours=12)
"""Nothing is put aside for longer than a shift: who comes next must see it."""


def changed_at(alert: Alert, now: datetime) -> datetime:
    """The time to write beside a change: now, and never before the change that came before it."""
    return max(now, alert.raised_at, alert.changed_at or alert.raised_at)


def is_red_now(alert: Alert) -> bool:
    """Whether people are at red, not only expected to be."""
    return alert.kind is AlertKind.CROWD and alert.level is Level.RED and alert.expected_at is None


def acknowledged(alert: Alert, now: datetime, by: str) -> Alert:
    """The alert as seen by a person; the first one stays.

    Raises
    ------
    WrongUse
        When no person is named.
    """
    name = _name(by, "acknowledges")
    if alert.acknowledged_at is not None:
        return alert
    at = changed_at(alert, now)
    return replace(alert, acknowledged_at=at, acknowledged_by=name, changed_at=at)


def shelved(alert: Alert, now: datetime, until: datetime, by: str, why: str) -> Alert:
    """The alert put aside for a while; putting it aside again replaces the time and the reason.

    Raises
    ------
    WrongUse
        When no person or no reason is given, the time is over or too far away, or people are at red now.
    """
    name = _name(by, "shelves")
    if not why.strip():
        raise WrongUse(f"alert {alert.id}: no reason to shelve it was given; say why, for it is kept")
    at = changed_at(alert, now)
    if not at < until <= at + LONGEST_SHELF:
        hours = LONGEST_SHELF // timedelta(hours=1)
        raise WrongUse(f"alert {alert.id}: shelved until {until.isoformat()}; expected a time after {at.isoformat()}, at most {hours} hours later")
    if is_red_now(alert):
        raise WrongUse(f"alert {alert.id}: {alert.target} is at red now, which is not put aside; acknowledge it instead")
    return replace(alert, shelved_at=at, shelved_until=until, shelved_by=name, shelved_why=why.strip(), changed_at=at)


def unshelved(alert: Alert, now: datetime) -> Alert:
    """The alert taken from the shelf; whether it was acknowledged stays."""
    if alert.shelved_until is None:
        return alert
    return replace(alert, shelved_at=None, shelved_until=None, shelved_by=None, shelved_why=None, changed_at=changed_at(alert, now))


def come_back(alert: Alert, now: datetime) -> Alert:
    """The alert back from the shelf by itself, to be acknowledged anew, when its time is over or people are at red now."""
    if alert.shelved_until is None or (now < alert.shelved_until and not is_red_now(alert)):
        return alert
    return replace(unshelved(alert, now), acknowledged_at=None, acknowledged_by=None)


def _name(by: str, does: str) -> str:
    if not by.strip():
        raise WrongUse(f"no name was given of who {does} the alert; expected a person's name in `by`")
    return by.strip()
