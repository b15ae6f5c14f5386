"""The rows of the logbook, its incidents and the hand-over, and how each is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from deining.domain.area import Area
from deining.domain.incident import Incident
from deining.domain.logbook import LogbookEntry, Marks
from deining.domain.words import name_of
from deining.response.handover import Handover, Standing


class ActionRow(msgspec.Struct, kw_only=True):
    """What somebody is to do, and whether it was done."""

    text: str
    owner: str
    due: datetime | None
    done_at: datetime | None


class EntryRow(msgspec.Struct, kw_only=True):
    """A line of the logbook; `hash` chains it to the one before, `frozen` says whether what the screen showed was kept."""

    area: str
    book: str
    number: int
    occurred_at: datetime
    entered_at: datetime
    author: str
    role: str
    place: str | None
    place_name: str
    category: str
    priority: str
    text: str
    reason: str
    rejected: list[str]
    action: ActionRow | None
    corrects: int | None
    corrected_by: int | None
    completes: int | None
    incident: str | None
    alert: str | None
    decision: int | None
    hash: str
    frozen: bool


def entry_row(area: Area, entry: LogbookEntry, marks: Marks) -> EntryRow:
    """An entry with what later entries did to it."""
    action = entry.action
    return EntryRow(
        area=area.id,
        book=entry.book,
        number=entry.number,
        occurred_at=entry.occurred_at,
        entered_at=entry.entered_at,
        author=entry.author,
        role=entry.role,
        place=entry.place,
        place_name=name_of(area, entry.place) if entry.place else "",
        category=entry.category,
        priority=entry.priority.value,
        text=entry.text,
        reason=entry.reason,
        rejected=list(entry.rejected),
        action=ActionRow(text=action.text, owner=action.owner, due=action.due, done_at=marks.done_at.get(entry.number)) if action else None,
        corrects=entry.corrects,
        corrected_by=marks.corrected_by.get(entry.number),
        completes=entry.completes,
        incident=entry.incident,
        alert=entry.alert,
        decision=entry.decision,
        hash=entry.hash,
        frozen=entry.frozen_sha256 is not None,
    )


class IncidentRow(msgspec.Struct, kw_only=True):
    """An incident, with the numbers of the entries of its thread."""

    area: str
    id: str
    category: str
    place: str | None
    place_name: str
    opened_at: datetime
    closed_at: datetime | None
    title: str
    entries: list[int]


def incident_row(area: Area, incident: Incident) -> IncidentRow:
    """An incident."""
    return IncidentRow(
        area=area.id,
        id=incident.id,
        category=incident.category,
        place=incident.place,
        place_name=name_of(area, incident.place) if incident.place else "",
        opened_at=incident.opened_at,
        closed_at=incident.closed_at,
        title=incident.title,
        entries=list(incident.entries),
    )


class OpenActionRow(msgspec.Struct, kw_only=True):
    """An action that is not done."""

    number: int
    text: str
    owner: str
    due: datetime | None
    overdue: bool
    place: str | None


class StandingRow(msgspec.Struct, kw_only=True):
    """Something that stands: a measure, an alert, a data problem."""

    id: str
    since: datetime | None
    what: dict[str, str]


class HandoverRow(msgspec.Struct, kw_only=True):
    """What the next shift must know; `head` is number and hash of the last entry, to be kept elsewhere."""

    area: str
    book: str
    since: datetime
    until: datetime
    incidents: list[IncidentRow]
    actions: list[OpenActionRow]
    decisions: list[StandingRow]
    alerts: list[StandingRow]
    undelivered: int | None
    data_problems: list[StandingRow]
    new_entries: int
    head: dict[str, Any] | None
    text: dict[str, str]


def handover_row(area: Area, book: str, found: Handover) -> HandoverRow:
    """A hand-over."""
    return HandoverRow(
        area=area.id,
        book=book,
        since=found.since,
        until=found.until,
        incidents=[incident_row(area, one) for one in found.incidents],
        actions=[
            OpenActionRow(number=one.number, text=one.text, owner=one.owner, due=one.due, overdue=one.is_overdue, place=one.place) for one in found.actions
        ],
        decisions=_standing(found.decisions),
        alerts=_standing(found.alerts),
        undelivered=found.undelivered,
        data_problems=_standing(found.data_problems),
        new_entries=found.new_entries,
        head={"number": found.head.number, "hash": found.head.hash} if found.head else None,
        text=dict(found.text),
    )


def _standing(found: Sequence[Standing]) -> list[StandingRow]:
    return [StandingRow(id=one.id, since=one.since, what=dict(one.what)) for one in found]
