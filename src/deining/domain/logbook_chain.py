"""The chain of a logbook: each entry's hash covers all that it says and the hash of the entry before.

Encoding, version 1. An entry is the UTF-8 text of a JSON object with the keys below in alphabetical order, no white space, and
every character written as itself except those that JSON must escape:

    action (null, or an object of due_us, owner, text), alert, area, author, book, category, completes, corrects, decision,
    entered_us, frozen (SHA-256 of what the screen showed, or null), incident, incident_category, incident_step, number,
    occurred_us, place, previous, priority, reason, rejected (a list of texts), role, text, version (1)

Times are whole microseconds since 1970 UTC, hashes 64 hexadecimal digits. `previous` is the hash of the entry before; for number 1
it is the root: the hash of {"area":...,"book":...,"logbook":"deining","version":1}. The hash is SHA-256 of these bytes.

References
----------
.. [1] National Institute of Standards and Technology, "Secure Hash Standard", FIPS 180-4, 2015.
.. [2] S. Haber, W. S. Stornetta, "How to time-stamp a digital document", Journal of Cryptology 3, 1991: linking each record to the one before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from deining.domain.errors import WrongUse
from deining.domain.logbook import Action, Head, LogbookEntry

VERSION = 1
SHORTEST_HASH = 16
"""Hexadecimal digits of a hash that are enough to write down: 64 bits."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _us(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)


def _digest(content: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def root_hash(area: str, book: str) -> str:
    """What the first entry follows: it holds the area and the book, so that no chain passes for another's."""
    return _digest({"logbook": "deining", "version": VERSION, "area": area, "book": book})


def frozen_hash(frozen: bytes) -> str:
    """SHA-256 of what the screen showed."""
    return hashlib.sha256(frozen).hexdigest()


def entry_hash(entry: LogbookEntry) -> str:
    """The hash that an entry should have; what its field `hash` says plays no part."""
    return _digest(
        {
            "version": VERSION,
            "area": entry.area,
            "book": entry.book,
            "number": entry.number,
            "previous": entry.previous,
            "occurred_us": _us(entry.occurred_at),
            "entered_us": _us(entry.entered_at),
            "author": entry.author,
            "role": entry.role,
            "place": entry.place,
            "category": entry.category,
            "priority": entry.priority.value,
            "text": entry.text,
            "reason": entry.reason,
            "rejected": list(entry.rejected),
            "action": _action(entry.action),
            "corrects": entry.corrects,
            "completes": entry.completes,
            "incident": entry.incident,
            "incident_step": entry.incident_step.value if entry.incident_step else None,
            "incident_category": entry.incident_category,
            "alert": entry.alert,
            "decision": entry.decision,
            "frozen": entry.frozen_sha256,
        }
    )


def _action(action: Action | None) -> dict[str, object] | None:
    return {"text": action.text, "owner": action.owner, "due_us": _us(action.due) if action.due else None} if action else None


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry as it was found in the store.

    Parameters
    ----------
    entry
        None where the row can no longer be read as an entry.
    frozen_sha256
        Hash of the frozen screen that was found beside it; None where there is none, or none that can be unpacked.
    """

    number: int
    entry: LogbookEntry | None
    frozen_sha256: str | None


class DamageKind(StrEnum):
    """What was found to be wrong."""

    EDITED = "edited"
    FROZEN = "frozen"
    MISSING = "missing"
    REWRITTEN = "rewritten"
    ADDED = "added"
    HEAD = "head"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong with a logbook: the entries first..last, what it is, and a sentence."""

    kind: DamageKind
    first: int
    last: int
    text: str


def parse_head(text: str) -> Head:
    """A number and hash as people wrote them down, "12:9f86d081884c7d65" or longer.

    Raises
    ------
    WrongUse
        When it is something else.
    """
    if not (match := re.fullmatch(rf"\s*(\d{{1,12}})\s*:\s*([0-9a-fA-F]{{{SHORTEST_HASH},64}})\s*", text, re.ASCII)):
        raise WrongUse(f"{text[:100]!r} is no end of a logbook; expected NUMBER:HASH with {SHORTEST_HASH} to 64 hexadecimal digits, as an export says it")
    return Head(int(match[1]), match[2].lower())


def find_damage(area: str, book: str, kept: Sequence[KeptEntry], head: Head | None, expected: Head | None = None) -> list[Damage]:
    """All that is wrong with a logbook, in the order of the entries; empty when it is whole.

    Somebody who can write all of the store can also make a whole new chain. That is found only against a head that was kept
    elsewhere: `expected`.

    Parameters
    ----------
    kept
        All rows of one book, by number.
    head
        The end that the store keeps beside the rows.
    expected
        A number and the beginning of its hash, kept elsewhere, such as on paper or in a mail.
    """
    good = {k.number: k.entry for k in kept if k.entry is not None and k.entry.hash == entry_hash(k.entry)}
    found = [_edited(k.number) for k in kept if k.number not in good]
    found += [_frozen(k.number) for k in kept if k.number in good and k.frozen_sha256 != good[k.number].frozen_sha256]
    numbers = [k.number for k in kept]
    found += _find_gaps(numbers, head)
    found += _find_broken_links(good, root_hash(area, book), head)
    found += _find_at_the_end(numbers, good, head)
    if expected is not None:
        found += _find_unexpected({k.number: k.entry for k in kept}, expected)
    return sorted(found, key=lambda damage: (damage.first, damage.kind))


def _edited(number: int) -> Damage:
    return Damage(DamageKind.EDITED, number, number, f"entry {number} was edited: its hash is not that of what it says")


def _frozen(number: int) -> Damage:
    return Damage(DamageKind.FROZEN, number, number, f"entry {number}: what the screen showed then was edited or is gone")


def _name(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"


def _find_gaps(numbers: Sequence[int], head: Head | None) -> list[Damage]:
    end = head.number if head else max(numbers, default=0)
    last = max(numbers, default=0)
    found = []
    for before, after in pairwise([0, *sorted({number for number in numbers if 1 <= number <= end}), end + 1]):
        if after - before > 1:
            where = " at the end" if before == last else ""
            is_or_are = "is" if after - before == 2 else "are"
            found.append(Damage(DamageKind.MISSING, before + 1, after - 1, f"{_name(before + 1, after - 1)} {is_or_are} missing{where}"))
    return found


def _find_broken_links(good: dict[int, LogbookEntry], root: str, head: Head | None) -> list[Damage]:
    """Entries whose own hash is right, but that do not fit those beside them: a skilful hand computed the hash anew."""
    broken = {n for n, entry in good.items() if (n == 1 and entry.previous != root) or (n - 1 in good and entry.previous != good[n - 1].hash)}
    culprits = set()
    for number in broken:
        ends_elsewhere = head is not None and head.number == number and head.hash != good[number].hash
        culprits.add(number if number == 1 or number + 1 in broken or ends_elsewhere else number - 1)
    return [
        Damage(DamageKind.REWRITTEN, n, n, f"entry {n} was rewritten with a new hash, alone or with some before it: its neighbours follow on another")
        for n in culprits
    ]


def _find_at_the_end(numbers: Sequence[int], good: dict[int, LogbookEntry], head: Head | None) -> list[Damage]:
    last = max(numbers, default=0)
    if head is None:
        return [Damage(DamageKind.HEAD, last, last, f"the end that is kept beside the entries is gone; the last entry found is {last}")] if numbers else []
    if last > head.number:
        verb = "stands" if last == head.number + 1 else "stand"
        text = f"{_name(head.number + 1, last)} {verb} after the end that is kept beside the entries ({head.number}): added there, or the end was edited"
        return [Damage(DamageKind.ADDED, head.number + 1, last, text)]
    if last == head.number and last in good and good[last].hash != head.hash:
        text = f"entry {last} was rewritten with a new hash, or the end that is kept beside the entries was edited: the two differ"
        return [Damage(DamageKind.HEAD, last, last, text)]
    return []


def _find_unexpected(entries: dict[int, LogbookEntry | None], expected: Head) -> list[Damage]:
    if expected.number not in entries:
        text = f"entry {expected.number}, whose hash was written down, is not there; the last entry found is {max(entries, default=0)}"
        return [Damage(DamageKind.MISSING, expected.number, expected.number, text)]
    entry = entries[expected.number]
    if entry is None or not entry.hash.startswith(expected.hash):
        text = f"entry {expected.number} has another hash than the one written down: it, or one before it, was rewritten since"
        return [Damage(DamageKind.REWRITTEN, expected.number, expected.number, text)]
    return []
