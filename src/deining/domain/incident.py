"""Incident: something that happened and asks for attention, told by the entries of the logbook that belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from deining.domain.logbook import IncidentStep, LogbookEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as its entries tell it.

    Parameters
    ----------
    category
        One of `INCIDENT_CATEGORIES` of `deining.domain.logbook`.
    title
        The text with which it was opened, or that of the last correction of that entry.
    opened_at, closed_at
        When it happened and when it was over; `closed_at` is None while it is open.
    entries
        Numbers of all entries of its thread, rising.
    """

    id: str
    category: str
    place: str | None
    opened_at: datetime
    closed_at: datetime | None
    title: str
    entries: tuple[int, ...]

    @property
    def is_open(self) -> bool:
        """Whether it still asks for attention."""
        return self.closed_at is None


def derive_incidents(entries: Iterable[LogbookEntry]) -> list[Incident]:
    """All incidents that entries tell of, oldest first.

    A closing entry that was corrected no longer closes: its correction may. A correction of the opening entry changes what
    the incident is about, not whether there is one.

    Parameters
    ----------
    entries
        Those of one book, in the order of their numbers; entries without an incident are passed over.
    """
    threads: dict[str, list[LogbookEntry]] = {}
    for entry in entries:
        if entry.incident is not None:
            threads.setdefault(entry.incident, []).append(entry)
    return [_tell(id, thread) for id, thread in threads.items() if thread[0].incident_step is IncidentStep.OPENED]


def _tell(id: str, thread: list[LogbookEntry]) -> Incident:
    opening = thread[0]
    about = _last_version(opening, thread)
    corrected = {entry.corrects for entry in thread}
    closed_at = next((e.occurred_at for e in thread if e.incident_step is IncidentStep.CLOSED and e.number not in corrected), None)
    return Incident(
        id=id,
        category=about.incident_category or opening.incident_category or "other",
        place=about.place,
        opened_at=about.occurred_at,
        closed_at=closed_at,
        title=about.text,
        entries=tuple(entry.number for entry in thread),
    )


def _last_version(entry: LogbookEntry, thread: list[LogbookEntry]) -> LogbookEntry:
    """An entry, or the last of the corrections that lead from it."""
    for later in thread:
        if later.corrects == entry.number:
            entry = later
    return entry
