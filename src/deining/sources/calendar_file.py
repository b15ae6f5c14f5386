"""Calendars: events and school holidays from iCalendar files, the format that every agenda exports.

What recurs is written out over some years around a given day. A file that is not right is refused whole, with one
sentence that names file, record, what was found and what was expected: an event that is left out in silence is a crowd
that nobody expects.

References
----------
RFC 5545, Internet Calendaring and Scheduling Core Object Specification (iCalendar), 2009.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from deining.domain.drivers import SchoolHoliday
from deining.domain.event import Event, ProgrammePart
from deining.sources.calendar_occurrences import Occurrence, list_occurrences, refuse, text_of, texts_of


def read_events(path: Path, timezone: ZoneInfo, *, today: date) -> list[Event]:
    """Read events from an iCalendar file, each recurrence as an event of its own, by time of beginning.

    `SUMMARY` is the name and the first of `CATEGORIES` the kind, in small letters with `_` for blanks.
    `X-DEINING-EXPECTED-VISITORS` and `X-DEINING-ZONES` (ids, with commas between) say how many come and where. A VEVENT
    that points to another with `RELATED-TO` is a part of its programme: of that recurrence with which it overlaps. What
    is cancelled is left out. Whole days are from midnight to midnight of the place; times without a zone are its local
    times.

    Parameters
    ----------
    path
        The file, UTF-8.
    timezone
        The place's time zone.
    today
        The day round which to read: eight years back to two ahead.

    Returns
    -------
    list of Event
        Times in UTC. The id is the UID, for a recurrence with the time at which its rule set it.

    Raises
    ------
    WrongData
        When the file is missing or is no iCalendar, a VEVENT has no UID, begin or end, ends before it begins, recurs more
        often than 24 times a day, never, or by a rule that cannot be read, when there are more than 20,000 occurrences, or
        a programme part belongs to no event.
    """
    found = list_occurrences(path, timezone, today)
    mains = [one for one in found if not _parents(one)]
    by_uid: dict[str, list[Occurrence]] = {}
    for one in sorted(mains, key=lambda one: one.start):
        by_uid.setdefault(one.uid, []).append(one)
    parts: dict[str, list[ProgrammePart]] = {}
    for one in found:
        if _parents(one) and (main := _find_main(path, one, by_uid)) is not None and not one.cancelled:
            parts.setdefault(main.id, []).append(ProgrammePart(name=_name(one), start=one.start, end=one.end, zones=_zones(one)))
    events = [_event(path, one) for one in mains if not one.cancelled]
    events = [replace(event, parts=tuple(sorted(parts.get(event.id, ()), key=lambda part: (part.start, part.name)))) for event in events]
    return sorted(events, key=lambda event: (event.start, event.id))


def read_school_holidays(path: Path, timezone: ZoneInfo, *, today: date) -> list[SchoolHoliday]:
    """Read school holidays from an iCalendar file of whole days, by first day.

    `DTEND` is the first day with school again, as the format has it.

    Parameters
    ----------
    path
        The file, UTF-8.
    timezone
        The place's time zone: times from midnight to midnight there count as whole days.
    today
        The day round which to read: eight years back to two ahead.

    Raises
    ------
    WrongData
        As `read_events`; also when a VEVENT is not of whole days.

    References
    ----------
    RFC 5545, section 3.6.1: the end of an event is not part of it.
    """
    holidays = []
    for one in list_occurrences(path, timezone, today):
        start, end = one.start.astimezone(timezone), one.end.astimezone(timezone)
        if not one.days and (start.time() != time(0) or end.time() != time(0)):
            refuse(path, one.uid, f"{start.isoformat()} to {end.isoformat()}", "whole days, such as DTSTART;VALUE=DATE:20260704")
        if not one.cancelled:
            holidays.append(SchoolHoliday(name=_name(one), first=start.date(), last=end.date() - timedelta(days=1)))
    return sorted(holidays, key=lambda holiday: (holiday.first, holiday.last, holiday.name))


def _find_main(path: Path, part: Occurrence, mains: Mapping[str, Sequence[Occurrence]]) -> Occurrence | None:
    """The occurrence of the event that a part belongs to; None where that one is cancelled or does not take place."""
    (parent, *more) = _parents(part)
    if more:
        refuse(path, part.uid, f"RELATED-TO {', '.join((parent, *more))}", "the UID of one event")
    its = mains.get(parent, ())
    begun = bisect_left(its, part.end, key=lambda main: main.start)
    found = next((main for main in reversed(its[:begun]) if main.overlaps(part)), None)
    if not its or (found is None and part.single and all(main.single for main in its)):
        when = f"{part.start.isoformat()} to {part.end.isoformat()}"
        refuse(path, part.uid, f"a programme part from {when}, RELATED-TO {parent}", "an event of that UID in the file at that time, no part itself")
    return None if found is None or found.cancelled else found


def _event(path: Path, one: Occurrence) -> Event:
    visitors = text_of(one.component, "X-DEINING-EXPECTED-VISITORS")
    if visitors and not (visitors.isascii() and visitors.isdigit() and len(visitors) <= 9):
        refuse(path, one.uid, f"X-DEINING-EXPECTED-VISITORS {visitors[:40]}", "a whole number of persons, such as 25000")
    return Event(
        id=one.id,
        name=_name(one),
        start=one.start,
        end=one.end,
        kind=_kind(one),
        expected_visitors=int(visitors) if visitors else None,
        zones=_zones(one),
    )


def _kind(one: Occurrence) -> str:
    given = one.component.get("CATEGORIES", [])
    categories = [str(name).strip() for line in (given if isinstance(given, list) else [given]) for name in line.cats]
    return next(("_".join(name.lower().split()) for name in categories if name), "other")


def _name(one: Occurrence) -> str:
    return text_of(one.component, "SUMMARY") or one.uid


def _zones(one: Occurrence) -> tuple[str, ...]:
    named = ",".join(texts_of(one.component, "X-DEINING-ZONES")).replace("\\", "").split(",")
    return tuple(dict.fromkeys(zone.strip() for zone in named if zone.strip()))


def _parents(one: Occurrence) -> list[str]:
    """UIDs that it says it is a part of; other relations (`RELTYPE=SIBLING`) are left alone."""
    given = one.component.get("RELATED-TO", [])
    lines = given if isinstance(given, list) else [given]
    return [str(line).strip() for line in lines if str(line.params.get("RELTYPE", "PARENT")).upper() == "PARENT"]
