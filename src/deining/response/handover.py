"""The hand-over to the next shift: what is open first, on one screen, for somebody who is tired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from deining.domain.incident import Incident
from deining.domain.logbook import INCIDENT_CATEGORIES, Action, Head, LogbookEntry, Priority
from deining.domain.logbook_chain import SHORTEST_HASH
from deining.domain.words import clock_time

MOST_LINES = 4
"""Lines a section shows; how many more there are is said, and all of them stand in the structure."""
LONGEST_LINE = 110

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Hand-over at {until}, since {since}",
        "incidents": "Open incidents",
        "actions": "Open actions",
        "decisions": "In force",
        "alerts": "Standing alerts",
        "data_problems": "Data problems",
        "important": "Important in the logbook",
        "undelivered": "Notices not delivered: {n}. See to it that those people know.",
        "delivered": "Notices not delivered: none",
        "none": "none",
        "more": "and {n} more",
        "overdue": "OVERDUE since {due}",
        "due": "by {due}",
        "open_end": "no time agreed",
        "entry": "entry {n}",
        "thread": "{n} entries",
        "one_in_thread": "1 entry",
        "end": "The logbook ends at entry {n}, {hash}; {new} entries since {since}",
        "empty": "The logbook is empty",
    },
    "nl": {
        "title": "Overdracht om {until}, sinds {since}",
        "incidents": "Open incidenten",
        "actions": "Open acties",
        "decisions": "Van kracht",
        "alerts": "Staande alarmen",
        "data_problems": "Problemen met gegevens",
        "important": "Belangrijk in het logboek",
        "undelivered": "Berichten niet bezorgd: {n}. Zorg dat die mensen het weten.",
        "delivered": "Berichten niet bezorgd: geen",
        "none": "geen",
        "more": "en nog {n}",
        "overdue": "TE LAAT sinds {due}",
        "due": "voor {due}",
        "open_end": "geen tijd afgesproken",
        "entry": "regel {n}",
        "thread": "{n} regels",
        "one_in_thread": "1 regel",
        "end": "Het logboek eindigt bij regel {n}, {hash}; {new} regels sinds {since}",
        "empty": "Het logboek is leeg",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Something that stands: a decided measure in force, an alert, a data problem.

    Parameters
    ----------
    what
        One short sentence a language ("en", "nl").
    since
        Since when; None where that is not known.
    id
        Of the alert, the decision or the sensor.
    """

    what: Mapping[str, str]
    since: datetime | None = None
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAction:
    """An action that nobody marked as done."""

    number: int
    text: str
    owner: str
    due: datetime | None
    is_overdue: bool
    place: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What the next shift must know; every list is whole, `text` shows the first of each.

    Parameters
    ----------
    undelivered
        Notices that did not reach their receiver; None where that is not known.
    new_entries
        Entries of the logbook entered since `since`.
    """

    since: datetime
    until: datetime
    incidents: tuple[Incident, ...]
    actions: tuple[OpenAction, ...]
    decisions: tuple[Standing, ...]
    alerts: tuple[Standing, ...]
    undelivered: int | None
    data_problems: tuple[Standing, ...]
    important: tuple[LogbookEntry, ...]
    new_entries: int
    head: Head | None
    text: Mapping[str, str] = field(default_factory=dict)


def make_handover(
    *,
    since: datetime,
    until: datetime,
    timezone: ZoneInfo,
    entries: Iterable[LogbookEntry],
    incidents: Iterable[Incident] = (),
    actions: Iterable[LogbookEntry] = (),
    decisions: Sequence[Standing] = (),
    alerts: Sequence[Standing] = (),
    undelivered: int | None = None,
    data_problems: Sequence[Standing] = (),
    head: Head | None = None,
    names: Mapping[str, str] | None = None,
) -> Handover:
    """The hand-over over [since, until].

    Parameters
    ----------
    timezone
        Of the area: the text shows its times.
    entries
        Those of the logbook entered since `since`; the important and urgent among them are shown, the latest first.
    incidents
        Of all times: those that are closed are left out.
    actions
        Entries whose action is open, of all times; overdue ones come first, then by time due.
    names
        Id of a place -> its name.
    """
    new = list(entries)
    corrected = {entry.corrects for entry in new}
    weighty = [e for e in new if e.priority is not Priority.NORMAL and e.number not in corrected]
    whole = Handover(
        since=since,
        until=until,
        incidents=tuple(sorted((one for one in incidents if one.is_open), key=lambda one: one.opened_at)),
        actions=tuple(sorted((_open_action(e, e.action, until) for e in actions if e.action), key=_by_due)),
        decisions=tuple(decisions),
        alerts=tuple(alerts),
        undelivered=undelivered,
        data_problems=tuple(data_problems),
        important=tuple(sorted(weighty, key=lambda e: (e.priority is not Priority.URGENT, -e.number))),
        new_entries=len(new),
        head=head,
    )
    text = {language: _Text(whole, language, timezone, names or {}).write() for language in WORDS}
    return replace(whole, text=text)


def _open_action(entry: LogbookEntry, action: Action, now: datetime) -> OpenAction:
    is_overdue = action.due is not None and action.due < now
    return OpenAction(number=entry.number, text=action.text, owner=action.owner, due=action.due, is_overdue=is_overdue, place=entry.place)


def _by_due(action: OpenAction) -> tuple[bool, float, int]:
    return action.due is None, action.due.timestamp() if action.due else 0.0, action.number


class _Text:
    """The text of a hand-over in one language."""

    def __init__(self, whole: Handover, language: str, timezone: ZoneInfo, names: Mapping[str, str]) -> None:
        self._whole, self._language, self._zone, self._names = whole, language, timezone, names
        self._words = WORDS[language]

    def write(self) -> str:
        whole, words = self._whole, self._words
        lines = [words["title"].format(until=self._time(whole.until), since=self._time(whole.since))]
        lines += self._section("incidents", [self._incident(one) for one in whole.incidents])
        lines += self._section("actions", [self._action(one) for one in whole.actions])
        lines += self._section("decisions", [self._standing(one) for one in whole.decisions])
        lines += self._section("alerts", [self._standing(one) for one in whole.alerts])
        lines += self._section("data_problems", [self._standing(one) for one in whole.data_problems])
        if whole.undelivered is not None:
            lines.append(words["undelivered"].format(n=whole.undelivered) if whole.undelivered else words["delivered"])
        if whole.important:
            lines += self._section("important", [self._entry(one) for one in whole.important])
        return "\n".join([*lines, self._end()])

    def _section(self, name: str, found: Sequence[str]) -> list[str]:
        title = self._words[name]
        if not found:
            return [f"{title}: {self._words['none']}"]
        shown = [f"- {_shorten(line)}" for line in found[:MOST_LINES]]
        more = [f"- {self._words['more'].format(n=len(found) - MOST_LINES)}"] if len(found) > MOST_LINES else []
        return [f"{title} ({len(found)})", *shown, *more]

    def _time(self, time: datetime) -> str:
        local = time.astimezone(self._zone)
        day = "" if local.date() == self._whole.until.astimezone(self._zone).date() else local.strftime("%d-%m ")
        return day + clock_time(time, self._zone, self._language)

    def _place(self, place: str | None) -> str:
        return f", {self._names.get(place, place)}" if place else ""

    def _incident(self, one: Incident) -> str:
        count = len(one.entries)
        thread = self._words["thread"].format(n=count) if count != 1 else self._words["one_in_thread"]
        category = INCIDENT_CATEGORIES.get(one.category, {}).get(self._language, one.category)
        return f"{self._time(one.opened_at)} {one.id} ({thread}), {category}{self._place(one.place)}: {one.title}"

    def _action(self, one: OpenAction) -> str:
        words = self._words
        when = words["open_end"] if one.due is None else words["overdue" if one.is_overdue else "due"].format(due=self._time(one.due))
        return f"{when}, {one.owner} ({words['entry'].format(n=one.number)}{self._place(one.place)}): {one.text}"

    def _standing(self, one: Standing) -> str:
        since = f"{self._time(one.since)} " if one.since else ""
        return since + (one.what.get(self._language) or next(iter(one.what.values()), one.id))

    def _entry(self, one: LogbookEntry) -> str:
        return f"{self._time(one.occurred_at)} ({self._words['entry'].format(n=one.number)}{self._place(one.place)}) {one.text}"

    def _end(self) -> str:
        head = self._whole.head
        if head is None:
            return self._words["empty"]
        return self._words["end"].format(n=head.number, hash=head.hash[:SHORTEST_HASH], new=self._whole.new_entries, since=self._time(self._whole.since))


def _shorten(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1].rstrip() + "…"
