"""Event: the public happening (King's Day). Never a software message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammePart:
    """A part of an event's programme: an act, the parade, the fireworks.

    Parameters
    ----------
    start, end
        Aware times; [start, end).
    zones
        Ids of the zones it concerns; empty where nobody said, which is not the same as nowhere.
    """

    name: str
    start: datetime
    end: datetime
    zones: tuple[str, ...] = ()


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
    parts
        Parts of its programme, by time of beginning; empty where nobody gave one.
    """

    id: str
    name: str
    start: datetime
    end: datetime
    kind: str = "other"
    expected_visitors: int | None = None
    zones: tuple[str, ...] = ()
    parts: tuple[ProgrammePart, ...] = ()
