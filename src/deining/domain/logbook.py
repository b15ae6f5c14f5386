"""The logbook: numbered entries that are never changed, each with who, when, where, what and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

CATEGORIES: dict[str, Mapping[str, str]] = {
    "observation": {"en": "observation", "nl": "waarneming"},
    "report": {"en": "report", "nl": "melding"},
    "decision": {"en": "decision", "nl": "besluit"},
    "measure": {"en": "measure", "nl": "maatregel"},
    "incident": {"en": "incident", "nl": "incident"},
    "communication": {"en": "communication", "nl": "communicatie"},
    "data": {"en": "data", "nl": "gegevens"},
    "handover": {"en": "hand-over", "nl": "overdracht"},
    "correction": {"en": "correction", "nl": "correctie"},
    "other": {"en": "other", "nl": "overig"},
}
"""What an entry is about, with its word in each language."""

INCIDENT_CATEGORIES: dict[str, Mapping[str, str]] = {
    "crowding": {"en": "crowding", "nl": "drukte"},
    "medical": {"en": "medical", "nl": "medisch"},
    "fire": {"en": "fire or smoke", "nl": "brand of rook"},
    "disorder": {"en": "disorder", "nl": "ordeverstoring"},
    "missing_person": {"en": "missing person", "nl": "vermissing"},
    "weather": {"en": "weather", "nl": "weer"},
    "traffic": {"en": "traffic", "nl": "verkeer"},
    "structure": {"en": "structure or technology", "nl": "constructie of techniek"},
    "object": {"en": "suspicious object", "nl": "verdacht voorwerp"},
    "other": {"en": "other", "nl": "overig"},
}
"""What kind of incident it is, with its word in each language."""

ROLES: dict[str, Mapping[str, str]] = {
    "operator": {"en": "operator", "nl": "operator"},
    "crowd_manager": {"en": "crowd manager", "nl": "crowdmanager"},
    "police_liaison": {"en": "police liaison", "nl": "liaison politie"},
    "organiser": {"en": "organiser", "nl": "organisator"},
    "steward": {"en": "steward", "nl": "steward"},
}
"""In which role somebody writes, with its word in each language."""


class Priority(StrEnum):
    """How much an entry asks of who reads it."""

    NORMAL = "normal"
    IMPORTANT = "important"
    URGENT = "urgent"


PRIORITY_WORDS: dict[Priority, Mapping[str, str]] = {
    Priority.NORMAL: {"en": "normal", "nl": "gewoon"},
    Priority.IMPORTANT: {"en": "important", "nl": "belangrijk"},
    Priority.URGENT: {"en": "urgent", "nl": "dringend"},
}


class IncidentStep(StrEnum):
    """What an entry does to its incident, beyond adding to its thread."""

    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What somebody is to do, and until when; `due` is None where no time was agreed."""

    text: str
    owner: str
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person writes, before it has a number.

    Parameters
    ----------
    occurred_at
        When it happened; when it is written down is another time, kept apart on purpose.
    author, role
        Who writes it, and in which role: one of `ROLES`.
    place
        Id of a place of the area, or None.
    category
        One of `CATEGORIES`.
    reason, rejected
        Why, and which options were rejected.
    corrects
        Number of the entry that this one corrects: what is written stays, a correction is a new entry.
    completes
        Number of the entry whose action was done.
    incident
        Id of the incident that it belongs to; None for the entry that opens one, which is given its id with its number.
    incident_step
        Whether this entry opens or closes its incident.
    incident_category
        For an entry that opens an incident: one of `INCIDENT_CATEGORIES`.
    alert, decision
        Id of the alert, number of the decision, that it is about.
    """

    occurred_at: datetime
    author: str
    role: str
    category: str
    text: str
    place: str | None = None
    priority: Priority = Priority.NORMAL
    reason: str = ""
    rejected: tuple[str, ...] = ()
    action: Action | None = None
    corrects: int | None = None
    completes: int | None = None
    incident: str | None = None
    incident_step: IncidentStep | None = None
    incident_category: str | None = None
    alert: str | None = None
    decision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogbookEntry(Draft):
    """One numbered line of the append-only logbook of an area.

    Parameters
    ----------
    book
        "live" for what is real, else the name of a replay or an exercise, so that the two never mix.
    number
        1, 2, 3 and so on in an area's book, without gaps.
    frozen_sha256
        SHA-256, in hexadecimal, of what the screen showed when the entry was made; None where nothing was kept.
    previous, hash
        Hash of the entry before (of the root for number 1) and of this one: see `deining.domain.logbook_chain`.
    """

    area: str
    book: str
    number: int
    entered_at: datetime
    frozen_sha256: str | None
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a logbook ends: number and hash of its last entry. Who keeps it elsewhere can prove later that nothing was cut off."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What later entries did to earlier ones.

    Parameters
    ----------
    corrected_by
        Number of an entry -> number of the last entry that corrects it.
    done_at
        Number of an entry with an action -> when it was done.
    """

    corrected_by: Mapping[int, int] = field(default_factory=dict)
    done_at: Mapping[int, datetime] = field(default_factory=dict)


def derive_marks(entries: Iterable[LogbookEntry]) -> Marks:
    """What was corrected and what was done, from entries in the order of their numbers.

    An entry that was itself corrected marks nothing as done any more: its correction may say so anew.
    """
    entries = list(entries)
    corrected_by = {entry.corrects: entry.number for entry in entries if entry.corrects is not None}
    done_at: dict[int, datetime] = {}
    for entry in entries:
        if entry.completes is not None and entry.number not in corrected_by:
            done_at.setdefault(entry.completes, entry.occurred_at)
    return Marks(corrected_by, done_at)


def list_open_actions(entries: Iterable[LogbookEntry], marks: Marks) -> list[LogbookEntry]:
    """Entries whose action is neither done nor replaced by a correction: first due first, those without a time last."""
    open_ones = [e for e in entries if e.action and e.number not in marks.done_at and e.number not in marks.corrected_by]
    return sorted(open_ones, key=lambda e: (e.action is None or e.action.due is None, e.action.due if e.action and e.action.due else e.entered_at, e.number))
