"""Incident and logbook entry: what happened, and who did or decided what, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that happened in the area and may need action."""

    id: str
    category: str
    place: str
    occurred_at: datetime
    text: str
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogbookEntry:
    """One numbered line of the append-only logbook; a correction is a new entry that refers to the old.

    Parameters
    ----------
    occurred_at, entered_at
        When it happened and when it was written down; the two are kept apart on purpose.
    corrects
        Number of the entry that this one corrects, or None.
    """

    number: int
    occurred_at: datetime
    entered_at: datetime
    author: str
    role: str
    place: str
    category: str
    text: str
    reason: str = ""
    rejected_options: tuple[str, ...] = ()
    corrects: int | None = None
    alert: str | None = None
    measure: str | None = None
