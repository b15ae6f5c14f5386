"""Three priorities, by rules that a person can say: how soon must somebody look?"""

from __future__ import annotations

from datetime import datetime, timedelta

from deining.domain.alert import AlertKind, Priority
from deining.domain.levels import Level

AIMED_SHARES = {Priority.HIGH: 0.05, Priority.MEDIUM: 0.15, Priority.LOW: 0.80}
"""How the process industry spreads alarms over three priorities: what is urgent is rare, or nothing is (EEMUA 191; ISA-18.2)."""


def priority_of(
    *,
    kind: AlertKind,
    level: Level,
    now: datetime,
    expected_at: datetime | None = None,
    deadline: datetime | None = None,
    near_s: float = 600.0,
    is_blinding: bool = False,
) -> Priority:
    """The priority of what a rule found.

    A crowd alert is high at red now, or when red is expected and the last moment to decide is less than `near_s` away
    or past; medium at orange now, or at red expected later; else low. A data alert is low; medium when it takes away
    the sight of a place that is, or was when last seen, at orange or above.

    Parameters
    ----------
    expected_at
        When the level is expected; None where it is there already.
    deadline
        The last moment to decide; None where no measure is prepared: then the time of the level itself counts.
    is_blinding
        Data alerts: whether a busy place can no longer be seen.

    References
    ----------
    EEMUA Publication 191, *Alarm Systems: A Guide to Design, Management and Procurement*, 3rd ed., 2013: three
    priorities of about 5, 15 and 80 %. ANSI/ISA-18.2-2016, *Management of Alarm Systems for the Process Industries*.
    Which alert is which is deining's own rule.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 7, 4, 12, tzinfo=UTC)
    >>> priority_of(kind=AlertKind.CROWD, level=Level.RED, now=noon).value
    'high'
    >>> priority_of(kind=AlertKind.CROWD, level=Level.RED, now=noon, expected_at=noon + timedelta(hours=1)).value
    'medium'
    """
    if kind is AlertKind.DATA:
        return Priority.MEDIUM if is_blinding else Priority.LOW
    if expected_at is None:
        return {Level.RED: Priority.HIGH, Level.ORANGE: Priority.MEDIUM}.get(level, Priority.LOW)
    if level < Level.RED:
        return Priority.LOW
    left = (deadline or expected_at) - now
    return Priority.HIGH if left < timedelta(seconds=near_s) else Priority.MEDIUM
