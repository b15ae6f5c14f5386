"""Event: the public happening (King's Day). Never a software message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A public happening that draws people.

    Parameters
    ----------
    start, end
        Aware times; [start, end).
    expected_visitors
        Persons over the whole event, as the organiser or planner expects; None where nobody said.
    kind
        What it is ("concert", "market", "fireworks", "beach_day").
    """

    id: str
    name: str
    start: datetime
    end: datetime
    kind: str = "other"
    expected_visitors: int | None = None
    zones: tuple[str, ...] = ()
