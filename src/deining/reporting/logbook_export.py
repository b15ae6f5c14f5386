"""The logbook handed on: CSV for whoever wants to sort or check it, PDF for whoever wants to read it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from importlib import resources
from typing import Any, Literal

import typst

from deining.domain.logbook import CATEGORIES, INCIDENT_CATEGORIES, PRIORITY_WORDS, ROLES, LogbookEntry, Marks, Priority
from deining.domain.logbook_chain import SHORTEST_HASH

CSV_COLUMNS = (
    "area", "book", "number", "occurred_at", "entered_at", "author", "role", "place", "place_name", "category", "priority", "text", "reason",
    "rejected", "action", "action_owner", "action_due", "action_done_at", "corrects", "corrected_by", "completes", "incident", "incident_step",
    "incident_category", "alert", "decision", "frozen_sha256", "previous", "hash",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
PDF_STANDARD: Literal["ua-1"] = "ua-1"
LATE = timedelta(minutes=1)
"""What was entered so much later than it happened shows both times."""
MAY_BREAK = 1_500
"""An entry of more characters may begin on one page and end on the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogbookExtract:
    """What is exported: entries of one book, in the order of their numbers, and what is needed to show them.

    Parameters
    ----------
    area_name, timezone
        Of the area; times are shown in its time zone.
    marks
        What later entries did to these.
    names
        Id of a place -> its name.
    """

    area: str
    area_name: str
    timezone: tzinfo
    book: str
    entries: Sequence[LogbookEntry]
    marks: Marks = field(default_factory=Marks)
    names: Mapping[str, str] = field(default_factory=dict)


def export_csv(extract: LogbookExtract) -> bytes:
    """All entries as CSV (UTF-8 with a header), with all that their hashes cover.

    A cell that begins with one of `= + - @ '`, a tab or a line end gets one apostrophe in front, so that no spreadsheet takes it
    for a formula; who reads the file with a program takes one apostrophe off the front of every cell that has one there.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for entry in extract.entries:
        row = _csv_row(extract, entry)
        writer.writerow([_guard(row[column]) for column in CSV_COLUMNS])
    return out.getvalue().encode()


def _guard(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_row(extract: LogbookExtract, entry: LogbookEntry) -> dict[str, object]:
    def time(given: datetime | None) -> str | None:
        return given.astimezone(extract.timezone).isoformat() if given else None

    names = ("area", "book", "number", "author", "role", "place", "category", "text", "reason", "corrects", "completes", "incident", "incident_category")
    return {name: getattr(entry, name) for name in (*names, "alert", "decision", "frozen_sha256", "previous", "hash")} | {
        "occurred_at": time(entry.occurred_at),
        "entered_at": time(entry.entered_at),
        "place_name": extract.names.get(entry.place or "", entry.place),
        "priority": entry.priority.value,
        "rejected": json.dumps(entry.rejected, ensure_ascii=False) if entry.rejected else None,
        "action": entry.action.text if entry.action else None,
        "action_owner": entry.action.owner if entry.action else None,
        "action_due": time(entry.action.due) if entry.action else None,
        "action_done_at": time(extract.marks.done_at.get(entry.number)),
        "corrected_by": extract.marks.corrected_by.get(entry.number),
        "incident_step": entry.incident_step.value if entry.incident_step else None,
    }


def export_pdf(extract: LogbookExtract, *, language: str, made_at: datetime) -> bytes:
    """All entries as a tagged PDF (PDF/UA-1), A4, with the number and hash of the last entry on the last page.

    A character that no font here can draw is written as its number, such as [U+1F600]; the CSV has it as it was typed.

    Parameters
    ----------
    language
        "en" or "nl", of the words round what people wrote.
    made_at
        Shown on the first page and kept in the file; the same entries and time give the same file.
    """
    for can_draw in DRAWABLE[:-1]:
        with contextlib.suppress(typst.TypstError):
            return compile_template("logbook.typ", _pdf_content(extract, language, made_at, can_draw), made_at)
    return compile_template("logbook.typ", _pdf_content(extract, language, made_at, DRAWABLE[-1]), made_at)


def compile_template(name: str, content: Mapping[str, Any], made_at: datetime) -> bytes:
    """A template of this package as PDF; the content reaches it as JSON and is never part of its text."""
    template = (resources.files("deining.reporting") / name).read_bytes()
    compiler = typst.Compiler(template, ignore_system_fonts=True, sys_inputs={"content": json.dumps(content, ensure_ascii=False)})
    made = compiler.compile(format="pdf", pdf_standards=PDF_STANDARD, timestamp=made_at.replace(microsecond=0).astimezone(UTC))
    return made if isinstance(made, bytes) else b"".join(made or ())


def _is_latin(character: str) -> bool:
    return character <= "\u024f" or unicodedata.name(character, "").startswith(("GREEK ", "CYRILLIC ")) or character in "–—‘’‚“”„†•…‰€™→←↑↓≤≥≠−"


CanDraw = Callable[[str], bool]
DRAWABLE: tuple[CanDraw, ...] = (
    lambda _: True,
    _is_latin,
    lambda character: " " <= character <= "~" or "\u00a1" <= character <= "\u017f",
    lambda character: " " <= character <= "~",
)
"""Which characters are tried as they are: all, and where a font fails, fewer and fewer."""


def _pdf_content(extract: LogbookExtract, language: str, made_at: datetime, can_draw: CanDraw) -> dict[str, Any]:
    pages = _Words(extract, language, can_draw)
    return {
        "language": language,
        "words": WORDS[language],
        "area": pages.text(extract.area_name),
        "book": "" if extract.book == "live" else pages.text(extract.book),
        "made_at": pages.time(made_at),
        "entries": [pages.entry(entry) for entry in extract.entries],
        "end": [extract.entries[-1].number, extract.entries[-1].hash] if extract.entries else None,
        "check": pages.text(_check_command(extract)),
    }


def _check_command(extract: LogbookExtract) -> str:
    book = "" if extract.book == "live" else f" --book {extract.book}"
    end = f" --expect {extract.entries[-1].number}:{extract.entries[-1].hash[:SHORTEST_HASH]}" if extract.entries else ""
    return f"deining log verify --data DIR --area {extract.area}{book}{end}"


class _Words:
    """Entries as the template shows them."""

    def __init__(self, extract: LogbookExtract, language: str, can_draw: CanDraw) -> None:
        self._extract, self._language, self._can_draw = extract, language, can_draw
        self._words = WORDS[language]

    def text(self, given: str) -> str:
        return "".join(c if c == "\n" or self._can_draw(c) else f"[U+{ord(c):04X}]" for c in given.replace("\t", " "))

    def time(self, given: datetime) -> str:
        return given.astimezone(self._extract.timezone).strftime("%d-%m-%Y %H:%M")

    def _time_after(self, given: datetime, before: datetime) -> str:
        """Without the date where that is the same."""
        text, earlier = self.time(given), self.time(before)
        return text.split()[1] if text.split()[0] == earlier.split()[0] else text

    def entry(self, entry: LogbookEntry) -> dict[str, Any]:
        late = entry.entered_at - entry.occurred_at > LATE
        more = self._more(entry)
        return {
            "number": entry.number,
            "time": self.time(entry.occurred_at),
            "entered": self._words["entered"].format(time=self._time_after(entry.entered_at, entry.occurred_at)) if late else "",
            "author": self.text(entry.author),
            "role": ROLES.get(entry.role, {}).get(self._language, entry.role),
            "place": self.text(self._extract.names.get(entry.place, entry.place)) if entry.place else "",
            "category": CATEGORIES.get(entry.category, {}).get(self._language, entry.category),
            "priority": "" if entry.priority is Priority.NORMAL else PRIORITY_WORDS[entry.priority][self._language],
            "text": self.text(entry.text),
            "more": [[label, self.text(text)] for label, text in more],
            "long": len(entry.text) + sum(len(text) for _, text in more) > MAY_BREAK,
            "corrected": entry.number in self._extract.marks.corrected_by,
            "hash": entry.hash[:SHORTEST_HASH],
        }

    def _more(self, entry: LogbookEntry) -> list[tuple[str, str]]:
        """Label and text of what an entry has beside its text."""
        words, marks = self._words, self._extract.marks
        said = [(words["reason"], entry.reason), (words["rejected"], "; ".join(entry.rejected))]
        said.append((words["action"], self._action(entry)))
        said.append((words["incident"], self._incident(entry)))
        for label, value in (
            (words["alert"], entry.alert),
            (words["decision"], entry.decision),
            (words["corrects"], entry.corrects),
            (words["completes"], entry.completes),
            (words["corrected_by"], marks.corrected_by.get(entry.number)),
        ):
            said.append((label, "" if value is None else str(value)))
        return [(label, text) for label, text in said if text]

    def _action(self, entry: LogbookEntry) -> str:
        if not entry.action:
            return ""
        due = f", {self._words['due'].format(time=self.time(entry.action.due))}" if entry.action.due else ""
        done_at = self._extract.marks.done_at.get(entry.number)
        done = f", {self._words['done'].format(time=self.time(done_at))}" if done_at else ""
        return f"{entry.action.text} ({entry.action.owner}{due}{done})"

    def _incident(self, entry: LogbookEntry) -> str:
        if not entry.incident:
            return ""
        step = f", {self._words[entry.incident_step.value]}" if entry.incident_step else ""
        category = INCIDENT_CATEGORIES.get(entry.incident_category or "", {}).get(self._language, "")
        return f"{entry.incident}{f' ({category})' if category else ''}{step}"


WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Logbook", "book": "Book", "made": "Made", "not_live": "This is not what happened: it is a replay or an exercise.",
        "number": "No.", "when": "When, who", "what": "Where, what", "entered": "entered {time}", "reason": "Reason", "rejected": "Rejected",
        "action": "Action", "due": "by {time}", "done": "done {time}", "incident": "Incident", "opened": "opened", "closed": "closed",
        "alert": "Alert", "decision": "Decision", "corrects": "Corrects entry", "corrected_by": "Corrected by entry",
        "completes": "Completes the action of entry", "page": "page", "of": "of", "empty": "There are no entries.", "end": "End of the logbook",
        "end_entry": "Last entry", "end_hash": "Hash (SHA-256)",
        "end_help": "Keep this number and hash apart from the system. With them anyone can check later that nothing was changed, taken out or cut off:",
        "times": "Times are those of the area.",
    },
    "nl": {
        "title": "Logboek", "book": "Boek", "made": "Gemaakt", "not_live": "Dit is niet wat er gebeurd is: het is een herhaling of een oefening.",
        "number": "Nr.", "when": "Wanneer, wie", "what": "Waar, wat", "entered": "ingevoerd {time}", "reason": "Reden", "rejected": "Verworpen",
        "action": "Actie", "due": "voor {time}", "done": "gedaan {time}", "incident": "Incident", "opened": "geopend", "closed": "gesloten",
        "alert": "Alarm", "decision": "Besluit", "corrects": "Corrigeert regel", "corrected_by": "Gecorrigeerd door regel",
        "completes": "Voltooit de actie van regel", "page": "pagina", "of": "van", "empty": "Er zijn geen regels.", "end": "Einde van het logboek",
        "end_entry": "Laatste regel", "end_hash": "Hash (SHA-256)",
        "end_help": "Bewaar dit nummer en deze hash buiten het systeem. Daarmee kan iedereen later nagaan dat niets is veranderd, weggehaald of afgeknipt:",
        "times": "Tijden zijn die van het gebied.",
    },
}  # fmt: skip
