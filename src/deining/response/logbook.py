"""What a new logbook entry must be, before it is written for good."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Container, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from deining.domain.errors import TooLarge, UnknownName, WrongUse
from deining.domain.logbook import CATEGORIES, INCIDENT_CATEGORIES, ROLES, Action, Draft, IncidentStep

LONGEST_TEXT = 10_000
LONGEST_LINE = 1_000
MOST_REJECTED = 20
AHEAD = timedelta(minutes=1)
"""So much may a clock at somebody's desk run ahead."""
BACK = timedelta(days=31)
"""What happened longer ago belongs in the evaluation."""

DISGUISES = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of writing, so that a line reads otherwise than it is kept."""


def clean_text(text: str) -> str:
    """Text as it is kept: composed (NFC), without control characters except line ends and tabs, without white space round it.

    Markup stays as it was typed. It is text: whatever shows it shows the characters.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept = "".join(c for c in text if c in "\n\t" or (c not in DISGUISES and unicodedata.category(c) not in ("Cc", "Cs")))
    return unicodedata.normalize("NFC", kept).strip()


def check_draft(
    draft: Draft,
    *,
    entered_at: datetime,
    last_number: int,
    places: Collection[str],
    incidents: Mapping[str, bool],
    with_action: Container[int] | None = None,
) -> Draft:
    """The draft with its texts cleaned, if it may be written.

    Parameters
    ----------
    last_number
        Number of the last entry of the book; 0 while it is empty.
    places
        Ids that a place may have: zones, gates and sensors of the area.
    incidents
        Id of each incident of the book -> whether it is open.
    with_action
        Numbers of entries that have an open action; None where that was not looked up.

    Raises
    ------
    WrongUse
        When something that must be there is not, or a time or a number cannot be.
    UnknownName
        When a role, category, place or incident is not known.
    TooLarge
        When a text is longer than is kept.
    """
    cleaned = _clean(draft)
    _check_names(cleaned, places)
    _check_times(cleaned, entered_at)
    _check_numbers(cleaned, last_number, with_action)
    _check_incident(cleaned, incidents)
    return cleaned


def _clean(draft: Draft) -> Draft:
    if len(draft.rejected) > MOST_REJECTED:
        raise TooLarge(f"{len(draft.rejected)} rejected options are more than {MOST_REJECTED}; put them together")
    action = draft.action
    if action:
        action = Action(text=_line("action", action.text, needed=True), owner=_line("owner of the action", action.owner, needed=True), due=action.due)
    return replace(
        draft,
        author=_line("name of who writes it", draft.author, needed=True),
        text=_text("text", draft.text, needed=True),
        reason=_text("reason", draft.reason),
        rejected=tuple(option for given in draft.rejected if (option := _line("rejected option", given))),
        action=action,
    )


def _text(name: str, given: str, *, needed: bool = False, longest: int = LONGEST_TEXT) -> str:
    if len(given) > longest:
        raise TooLarge(f"the {name} has {len(given):,} characters; at most {longest:,} are kept; write what matters, and where the rest is to be found")
    text = clean_text(given)
    if needed and not text:
        raise WrongUse(f"the {name} is empty; an entry needs one")
    return text


def _line(name: str, given: str, *, needed: bool = False) -> str:
    return " ".join(_text(name, given, needed=needed, longest=LONGEST_LINE).split())


def _check_names(draft: Draft, places: Collection[str]) -> None:
    if draft.role not in ROLES:
        raise UnknownName("role", draft.role, list(ROLES))
    if draft.category not in CATEGORIES:
        raise UnknownName("category", draft.category, list(CATEGORIES))
    if draft.place is not None and draft.place not in places:
        raise UnknownName("place", draft.place, list(places))
    if draft.incident_category is not None and draft.incident_category not in INCIDENT_CATEGORIES:
        raise UnknownName("category of incident", draft.incident_category, list(INCIDENT_CATEGORIES))


def _check_times(draft: Draft, entered_at: datetime) -> None:
    if draft.occurred_at.utcoffset() is None or (draft.action and draft.action.due and draft.action.due.utcoffset() is None):
        raise WrongUse("a time of the entry has no offset; expected one such as 2026-07-04T15:40:00+02:00")
    if draft.occurred_at > entered_at + AHEAD:
        raise WrongUse(f"it cannot have happened at {_iso(draft.occurred_at)}, later than now ({_iso(entered_at)}); give the time at which it happened")
    if draft.occurred_at < entered_at - BACK:
        raise WrongUse(f"{_iso(draft.occurred_at)} is more than {BACK.days} days ago; give the time at which it happened, or write it in the evaluation")


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="seconds")


def _check_numbers(draft: Draft, last_number: int, with_action: Container[int] | None) -> None:
    for word, number in (("corrects", draft.corrects), ("completes", draft.completes)):
        if number is not None and not 1 <= number <= last_number:
            there = f"has the entries 1 to {last_number}; give one of those" if last_number else "is empty; leave it out"
            raise WrongUse(f"{word} names entry {number}; this logbook {there}")
    if draft.completes is not None and with_action is not None and draft.completes not in with_action:
        raise WrongUse(f"entry {draft.completes} has no action that is open; give the number of an entry whose action is")


def _check_incident(draft: Draft, incidents: Mapping[str, bool]) -> None:
    if draft.incident is None:
        if draft.incident_step is IncidentStep.CLOSED:
            raise WrongUse("an entry that closes an incident names none; give the id of the incident")
        if draft.incident_step is IncidentStep.OPENED and draft.incident_category is None:
            raise WrongUse(f"an entry that opens an incident has no category of incident; give one of {', '.join(INCIDENT_CATEGORIES)}")
        return
    if draft.incident not in incidents:
        raise UnknownName("incident", draft.incident, list(incidents))
    if draft.incident_step is IncidentStep.OPENED and draft.corrects is None:
        raise WrongUse(f"incident {draft.incident} is there already; leave its id out to open a new one, or name the entry that is corrected")
    if draft.incident_step is IncidentStep.CLOSED and not incidents[draft.incident] and draft.corrects is None:
        raise WrongUse(f"incident {draft.incident} is closed already; add an entry to it, or open a new incident")
