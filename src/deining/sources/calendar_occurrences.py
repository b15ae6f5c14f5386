"""What a calendar file says, at which times: VEVENTs written out over some years, once all that is wrong was refused.

References
----------
RFC 5545, Internet Calendaring and Scheduling Core Object Specification (iCalendar), 2009.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr

from deining.domain.errors import Finding, WrongData

YEARS_BACK, YEARS_AHEAD = 8, 2
"""What recurs, and what does not, is read from so many years before the given day to so many after it."""
MOST_OCCURRENCES = 20_000
MOST_BYTES = 20_000_000
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MOST_A_DAY = 24
EARLIEST = 1900
LATEST = 2200
CYCLE_YEARS = 400
"""After 400 years, 146,097 days, which are whole weeks, the Gregorian calendar repeats."""

Vevent = Any
"""A VEVENT of `icalendar`, whose own types allow every kind of value at every property; `_check` says what is there."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One VEVENT at one time.

    Parameters
    ----------
    id
        The UID, for a recurrence with the time at which the rule set it.
    component
        The VEVENT of `icalendar`.
    start, end
        UTC; [start, end).
    days
        Whether it was given as whole days, without times.
    single
        Whether it is the only one of its UID.
    """

    uid: str
    id: str
    component: Vevent
    start: datetime
    end: datetime
    days: bool
    single: bool

    def overlaps(self, other: Occurrence) -> bool:
        """Whether the two have some time in common."""
        return self.start < other.end and other.start < self.end

    @property
    def cancelled(self) -> bool:
        """Whether it does not take place."""
        return text_of(self.component, "STATUS").upper() == "CANCELLED"


def list_occurrences(path: Path, timezone: ZoneInfo, today: date) -> list[Occurrence]:
    """Each VEVENT of a file at each of its times, from eight years before a day to two after it.

    Raises
    ------
    WrongData
        When the file or anything in it is not right.
    """
    return _Calendar(path, timezone, today).occurrences()


class _Calendar:
    """Reads a file and writes out what recurs."""

    def __init__(self, path: Path, timezone: ZoneInfo, today: date) -> None:
        self.path, self.timezone = path, timezone
        today = min(max(today, date(EARLIEST + YEARS_BACK + 1, 1, 1)), date(LATEST - YEARS_AHEAD - 1, 1, 1))
        self.first, self.last = today - timedelta(days=366 * YEARS_BACK), today + timedelta(days=366 * YEARS_AHEAD)

    def occurrences(self) -> list[Occurrence]:
        found: list[Occurrence] = []
        for calendar in _read_calendars(self.path):
            for uid, components in self._by_uid(calendar).items():
                found += self._expand(uid, components, calendar, MOST_OCCURRENCES - len(found))
        return found

    def _by_uid(self, calendar: Any) -> dict[str, list[Vevent]]:
        groups: dict[str, list[Vevent]] = {}
        for number, component in enumerate(calendar.walk("VEVENT"), start=1):
            uid = text_of(component, "UID")
            if not uid:
                refuse(self.path, f"number {number}", "no UID, or more than one", "one UID, a text that no other event has")
            if number > MOST_OCCURRENCES:
                self._refuse(uid, f"more than {MOST_OCCURRENCES:,} VEVENTs up to here", "at most so many; leave out what is long past")
            self._check(uid, component)
            groups.setdefault(uid, []).append(component)
        for uid, components in groups.items():
            versions = [component.get("SEQUENCE", 0) for component in components if "RECURRENCE-ID" not in component]
            if len(versions) > len(set(versions)):
                self._refuse(uid, f"this UID for {len(versions)} VEVENTs", "a UID of its own for each, or a RECURRENCE-ID")
        return groups

    def _check(self, uid: str, component: Vevent) -> None:
        """Refuse what the libraries would pass over, turn round, or work on for ever."""
        for name, reason in component.errors:
            self._refuse(uid, f"{name or 'a line'} that cannot be read ({reason})", "a line as in RFC 5545, such as DTSTART:20260704T120000")
        for name in ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "STATUS"):
            if isinstance(component.get(name), list):
                self._refuse(uid, f"{name} {len(component[name])} times", "it once")
        if "DTSTART" not in component:
            self._refuse(uid, "no DTSTART", "DTSTART, when it begins")
        self._check_times(uid, component)
        if "RRULE" in component:
            self._check_rule(uid, component["RRULE"], component["DTSTART"].dt)

    def _check_times(self, uid: str, component: Vevent) -> None:
        for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
            if name in component:
                self._check_time(uid, name, component[name])
        start = component["DTSTART"].dt
        if "DTEND" in component:
            self._interval(uid, start, component["DTEND"].dt)
        elif "DURATION" in component:
            begin = _moment(start, self.timezone)
            self._interval(uid, begin, self._add(uid, begin, component["DURATION"].dt))
        elif isinstance(start, datetime):
            self._refuse(uid, "no end", "DTEND, or DURATION such as PT3H")

    def _interval(self, uid: str, start: date, end: date) -> tuple[datetime, datetime]:
        """Begin and end in UTC.

        On the night on which the clock goes forward, from 02:30 to 03:00 seems to end before it begins: 02:30 is not there.
        It then lasts as long as on other nights.
        """
        begin, finish = _moment(start, self.timezone), _moment(end, self.timezone)
        if finish <= begin and getattr(start, "tzinfo", None) == getattr(end, "tzinfo", None):
            finish = begin + (_wall(end) - _wall(start))
        if finish <= begin:
            self._refuse(uid, f"an end at {finish.isoformat()}, which is not after its begin {begin.isoformat()}", "an end after the begin")
        return begin, finish

    def _check_time(self, uid: str, name: str, given: Any) -> None:
        if not isinstance(given.dt, date):
            self._refuse(uid, f"{name} {given.dt}", "a date, or a date with a time")
        if isinstance(given.dt, datetime) and given.dt.tzinfo is None and "TZID" in given.params:
            self._refuse(uid, f"time zone {given.params['TZID']}", "an IANA name such as Europe/Amsterdam, or a VTIMEZONE of that name in the file")
        if not EARLIEST <= given.dt.year < LATEST:
            self._refuse(uid, f"{name} in the year {given.dt.year}", f"a year from {EARLIEST} to {LATEST - 1}")

    def _add(self, uid: str, start: datetime, duration: object) -> datetime:
        try:
            if not isinstance(duration, timedelta):
                raise TypeError("no duration")
            return start + duration
        except (OverflowError, TypeError):
            self._refuse(uid, f"DURATION {duration}", "a duration such as PT3H or P2D")

    def _check_rule(self, uid: str, rule: Any, start: date) -> None:
        text = rule.to_ical().decode()
        frequency = next(iter(rule.get("FREQ", [])), None)
        if frequency not in FREQUENCIES:
            self._refuse(uid, f"RRULE {text or '(nothing)'}", f"FREQ, one of {', '.join(FREQUENCIES)}")
        if any(number < 1 for name in ("INTERVAL", "COUNT") for number in rule.get(name, [])):
            self._refuse(uid, f"RRULE {text}", "INTERVAL and COUNT of 1 or more")
        times = [len(rule.get(name, [])) or 1 for name in ("BYHOUR", "BYMINUTE", "BYSECOND")]
        if times[0] * times[1] * times[2] > MOST_A_DAY:
            self._refuse(uid, f"RRULE {text[:200]}", f"at most {MOST_A_DAY} times a day")
        if not self._comes_round(uid, rule, start):
            self._refuse(uid, f"RRULE {text}, a day that never comes", "a rule that some day fits")

    def _comes_round(self, uid: str, rule: Any, start: date) -> bool:
        """Whether a rule fits any day at all, which shows within 400 years.

        `dateutil` looks for a next day up to the year 9999. From a year that lies a multiple of 400 years later, with
        the same weekdays and leap days, that is soon done.
        """
        endless: Any = icalendar.vRecur({name: value for name, value in rule.items() if name not in ("UNTIL", "COUNT")})
        later = start.year + CYCLE_YEARS * ((9999 - CYCLE_YEARS - start.year) // CYCLE_YEARS)
        begin = datetime(later, start.month, start.day)  # noqa: DTZ001 - only whether there is such a day
        try:
            return next(iter(rrulestr(endless.to_ical().decode(), dtstart=begin)), None) is not None
        except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
            self._refuse(uid, f"RRULE {rule.to_ical().decode()} ({error})", "a rule as in RFC 5545, such as FREQ=WEEKLY;BYDAY=SA")

    def _expand(self, uid: str, components: Sequence[Vevent], whole: Any, most: int) -> list[Occurrence]:
        """All occurrences of one event, a year at a time, so that too many are known before they are all written out."""
        alone = icalendar.Calendar()
        for name in ("X-WR-TIMEZONE", "CALSCALE"):
            if name in whole:
                alone.add(name, whole[name])
        for component in components:
            alone.add_component(component)
        single = len(components) == 1 and not any(name in components[0] for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
        found: dict[str, Occurrence] = {}
        try:
            query = recurring_ical_events.of(alone)
            for begin, end in [(self.first, self.last)] if single else self._years():
                found.update((one.id, one) for one in (self._occurrence(uid, component, single) for component in query.between(begin, end)))
                if len(found) > most:
                    self._refuse(uid, f"more than {MOST_OCCURRENCES:,} occurrences up to here", f"at most so many from {self.first} to {self.last}")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
            self._refuse(uid, f"times and rules that cannot be written out ({error})", "DTSTART, RRULE, RDATE, EXDATE and RECURRENCE-ID as in RFC 5545")
        return list(found.values())

    def _years(self) -> list[tuple[date, date]]:
        days = [self.first + timedelta(days=365 * k) for k in range(YEARS_BACK + YEARS_AHEAD)]
        return list(zip(days, [*days[1:], self.last], strict=True))

    def _occurrence(self, uid: str, component: Vevent, single: bool) -> Occurrence:
        start = component["DTSTART"].dt
        begin, end = self._interval(uid, start, component["DTEND"].dt)
        id_ = uid if single else f"{uid}/{component['RECURRENCE-ID'].to_ical().decode()}"
        return Occurrence(uid, id_, component, begin, end, not isinstance(start, datetime), single)

    def _refuse(self, uid: str, found: str, expected: str) -> NoReturn:
        refuse(self.path, uid, found, expected)


def _read_calendars(path: Path) -> list[Any]:
    expected = "an iCalendar file (.ics), from BEGIN:VCALENDAR to END:VCALENDAR"
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise _wrong(path, "file", f"{size:,} bytes", f"at most {MOST_BYTES:,}; leave out what is long past")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise _wrong(path, "file", "nothing", f"{expected}; look at the path") from None
    except OSError as error:
        raise _wrong(path, "file", error.strerror or str(error), "a file that can be read") from None
    except UnicodeDecodeError as error:
        raise _wrong(path, f"byte {error.start}", "bytes that are not UTF-8", "a file saved as UTF-8") from None
    if "END:VCALENDAR" not in text.upper():
        raise _wrong(path, "file", "no END:VCALENDAR: no calendar, or one that was cut off", expected)
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise _wrong(path, "file", f"no iCalendar ({_short(str(error))})", expected) from None
    if other := next((one.name for one in calendars if one.name != "VCALENDAR"), None):
        raise _wrong(path, "file", f"a {other}", expected)
    begun, whole = len(re.findall(r"^BEGIN:VEVENT\s*$", text, re.MULTILINE | re.IGNORECASE)), sum(len(one.walk("VEVENT")) for one in calendars)
    if begun != whole:
        raise _wrong(path, "file", f"{begun} VEVENTs that begin and {whole} that are whole", "an END:VEVENT for every BEGIN:VEVENT")
    return calendars


def texts_of(component: Vevent, name: str) -> list[str]:
    """The texts of a property, as often as it is there."""
    given = component.get(name, [])
    return [str(value).strip() for value in (given if isinstance(given, list) else [given])]


def text_of(component: Vevent, name: str) -> str:
    """The text of a property that is there once, on one line; empty where it is not."""
    texts = texts_of(component, name)
    return " ".join(texts[0].split()) if len(texts) == 1 else ""


def _moment(given: date, timezone: ZoneInfo) -> datetime:
    if not isinstance(given, datetime):
        given = datetime.combine(given, time(0), tzinfo=timezone)
    return (given if given.tzinfo is not None else given.replace(tzinfo=timezone)).astimezone(UTC)


def _wall(given: date) -> datetime:
    """What the clock on the wall says, without a zone."""
    return given.replace(tzinfo=None) if isinstance(given, datetime) else datetime.combine(given, time(0))


def _short(text: str) -> str:
    return " ".join(text.split())[:120]


def refuse(path: Path, uid: str, found: str, expected: str) -> NoReturn:
    """Refuse a file for what is wrong in one of its VEVENTs.

    Raises
    ------
    WrongData
        Always: file, record, what was found, what was expected.
    """
    raise _wrong(path, f"VEVENT {_short(uid)}", _short(found), expected)


def _wrong(path: Path, record: str, found: str, expected: str) -> WrongData:
    return WrongData(str(Finding(str(path), record, found, expected)))
