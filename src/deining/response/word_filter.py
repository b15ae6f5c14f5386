"""Warns for what could point to a person: names, plates, telephone numbers, addresses of mail, numbers of persons.

It looks for forms, so it misses what has no form and sometimes sees one where there is none. It warns, and never blocks: the
person who writes decides. Nothing that it finds is kept.

References
----------
.. [1] RDW, "Uitleg over de cijfers en letters op de kentekenplaat": the series ("sidecodes") of Dutch plates.
.. [2] Rijksdienst voor Identiteitsgegevens, "Logisch ontwerp BSN": the test by eleven, weights 9 to 2 and -1.
.. [3] ISO 13616-1, "International bank account number (IBAN)": the rest after division by 97 is 1 (ISO 7064).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from deining.response.first_names import AMBIGUOUS, FIRST_NAMES

HIDDEN = "\0"
UPPER = "A-ZÀ-ÖØ-ÞŁŚŞİĞÇ"
LETTER = "A-Za-zÀ-ÖØ-öø-ÿĀ-ž"
CAPITALISED = rf"[{UPPER}][{LETTER}'’-]*[{LETTER}]"
PARTICLE = r"(?:van|von|de|der|den|het|ten|ter|te|el|al|ben|bin|du|la|le|di|da|dos|in|'t|’t)"
SURNAME = rf"(?:{PARTICLE}[ ]){{0,3}}{CAPITALISED}"

TITLED = re.compile(
    rf"(?<![{LETTER}])(?i:meneer|mijnheer|mevrouw|mevr\.?|mw\.?|dhr\.?|de heer|mr\.?|mrs\.?|ms\.?|miss|drs?\.?|prof\.?|sir)[ ]"
    rf"((?:[A-Z]\.[ ]?){{0,4}}{SURNAME}(?:[ ]{SURNAME})?)"
)
CALLED = re.compile(
    rf"(?<![{LETTER}])(?i:agent|agente|hoofdagent|brigadier|inspecteur|officer|constable|verdachte|slachtoffer|getuige|suspect|victim|witness|"
    rf"collega|colleague|genaamd|genaamde|heet|naam is|named|name is)[ ]({CAPITALISED}(?:[ ]{SURNAME})?)"
)
INITIALS = re.compile(rf"(?<![{LETTER}.])((?:[{UPPER}]\.[ ]?){{1,4}}{SURNAME})")
FIRST = re.compile(rf"(?<![{LETTER}'’-])([{UPPER}][{LETTER}]+)(?![{LETTER}])(?:[ ]({SURNAME}))?")
LABELS = re.compile(
    r"(?i:vak|vakken|zone|sector|poort|gate|ingang|uitgang|hal|veld|tribune|post|tent|podium|stage|blok|block|section|area|lijn|line|team|ploeg|platform|"
    r"perron|spoor|groep|group|route|rij|row|trap|toren|tower|punt|point|parking|entrance|exit|camera|kolom|plan|scenario|fase|phase|en|of|and|or)[ ]$"
)
NO_PERSON_BEFORE = re.compile(
    r"(?i:sint|st\.?|saint|storm|orkaan|hurricane|café|cafe|bar|hotel|restaurant|koning|koningin|prins|prinses|king|queen|prince|princess|"
    r"bij de|in de|op de|tent|podium|schip|\d)[ ]$"
)
PLACE = re.compile(
    rf"(?i:(?<=[{LETTER}])(?:straat|laan|plein|weg|kade|gracht|singel|dijk|park|brug|hof|steeg|pad|markt|haven|zaal|kerk)|"
    r"\b(?:plein|markt|park|boulevard|stadion|station|school|ziekenhuis|"
    r"street|road|square|avenue|lane|bridge|church|hospital|hall|stadium|quay|gate|arena))$"
)
"""Ends of names that are of a place, though a person's may stand before them: Jan van Galenstraat, but not Jan van Dijk."""
NO_SURNAMES = "Noord Zuid Oost West Centrum Midden North South East Centre Center Alfa Bravo Charlie Delta Echo Foxtrot"
SIDES = frozenset(NO_SURNAMES.split())

EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
DATE = re.compile(r"(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}(?:T\d\d:\d\d(?::\d\d)?)?|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d)(?!\d)")
BORN = re.compile(
    r"(?i:\bgeb(?:oren|\.)?(?: op)?|\bborn(?: on)?|\bdob:?|\bgeboortedatum:?)[ ]+"
    r"(\d{1,2}[-/. ](?:\d{1,2}|[a-z]{3,9})[-/. ]\d{2,4}|\d{4}-\d{2}-\d{2})"
)
PHONE = re.compile(
    r"(?<![\w+])(?:(?:\+|00)[1-9]\d{0,2}[ -]?(?:\(0\))?(?:[ .-]?\d){7,11}|0[1-9]\d{0,2}[ -]{0,3}\d(?:[ -]?\d){5,8}|\(0\d{1,3}\)[ -]?\d(?:[ -]?\d){5,7}|"
    r"\d{3}-\d{3}-\d{4})(?!\d)"
)
IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?(?!\w)")
NINE = re.compile(r"(?<![\d.,])\d{3}[ .]?\d{3}[ .]?\d{3}(?![\d.,]\d|\d)")
LONG = re.compile(r"(?<!\d)\d{9,}(?!\d)|(?<!\d)\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}(?!\d)|(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
PASSPORT = re.compile(r"(?<!\w)(?=(?:[A-Z]*\d){4})[A-NP-Z]{2}[A-NP-Z0-9]{6}\d(?!\w)")

SIDECODES = (
    "LL-DD-DD", "DD-DD-LL", "DD-LL-DD", "LL-DD-LL", "LL-LL-DD", "DD-LL-LL", "DD-LLL-D", "D-LLL-DD", "LL-DDD-L", "L-DDD-LL", "LLL-DD-L",
    "L-DD-LLL", "D-LL-DDD", "DDD-LL-D",
)  # fmt: skip
ON_PLATES = "BDFGHJKLNPRSTVXZ"
"""Letters of Dutch plates since vowels were left out."""


def _plate_forms() -> str:
    def form(code: str, between: str, letters: str) -> str:
        return "".join({"-": between, "L": letters, "D": r"\d"}[c] for c in code)

    dashed = [form(code, "[-–·]", "[A-Za-z]") for code in SIDECODES]
    spaced = [form(code, "[ ]", "[A-Z]") for code in SIDECODES]
    glued = [form(code, "", f"[{ON_PLATES}]") for code in SIDECODES if code != "DD-DD-LL"] + ["[A-Z]{2}\\d{4}", "\\d{2}[A-Z]{2}\\d{2}"]
    lower = [form(code, "", f"[{ON_PLATES.lower()}]") for code in SIDECODES if code != "DD-DD-LL"]
    belgian = ["[1-9][- ]?[A-Z]{3}[- ]?\\d{3}"]
    german = ["[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ ]?\\d{1,4}[EH]?"]
    british = ["[A-Z]{2}\\d{2}[ ]?[A-Z]{3}"]
    return "|".join([*dashed, *spaced, *glued, *lower, *belgian, *german, *british])


PLATE = re.compile(rf"(?<![\w-])(?:{_plate_forms()})(?![\w-])")
TOLD_PLATE = re.compile(
    r"(?i:kenteken|kentekenplaat|nummerplaat|plate|registration|licence plate|license plate)(?i: is| van| number|nummer)?[: ]+"
    r"((?=[A-Za-z -]{0,12}\d)(?=[\d -]{0,12}[A-Za-z])(?:[A-Z0-9]{1,4}[- ]?){1,2}[A-Z0-9]{2,4}|[a-z0-9]{1,4}-[a-z0-9]{2,4}(?:-[a-z0-9]{1,3})?)(?!\w)"
)


@dataclass(frozen=True, slots=True, order=True)
class PersonalData:
    """A piece of text that could point to a person: [start, end) in characters, and its kind (name, plate, phone, email, number)."""

    start: int
    end: int
    kind: str
    found: str


def find_personal_data(text: str, allowed: Iterable[str] = ()) -> list[PersonalData]:
    """What in a text could point to a person, in the order of the text; pieces do not overlap.

    Parameters
    ----------
    allowed
        Words of the area, such as names and ids of zones, gates, sensors, streets and measures: what is written like one of
        these is never found.

    Examples
    --------
    >>> [(piece.kind, piece.found) for piece in find_personal_data("Gezocht: dhr. De Vries, bel 06-12345678")]
    [('name', 'De Vries'), ('phone', '06-12345678')]
    >>> find_personal_data("Veel mensen op de Jan van Galenstraat, 2.500 op het plein om 15.40 uur")
    []
    """
    found = [PersonalData(*match.span(), "email", match[0]) for match in EMAIL.finditer(text)]
    left = _hide_allowed(_hide(text, [(piece.start, piece.end) for piece in found]), allowed)
    for kind, look in LOOKS:
        pieces = [PersonalData(start, end, kind, text[start:end]) for start, end in look(left)]
        left = _hide(left, [(piece.start, piece.end) for piece in pieces])
        found += pieces
    return sorted(found)


def _hide(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + HIDDEN * (end - start) + text[end:]
    return text


def _hide_allowed(text: str, allowed: Iterable[str]) -> str:
    words = sorted({word.strip() for word in allowed if len(word.strip()) > 1}, key=len, reverse=True)
    if not words:
        return text
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(word) for word in words)})(?!\w)", re.IGNORECASE)
    return _hide(text, [match.span() for match in pattern.finditer(text)])


Look = Callable[[str], Iterator[tuple[int, int]]]


def _all(pattern: re.Pattern[str], group: int = 0, test: Callable[[str], bool] = lambda _: True) -> Look:
    return lambda text: (match.span(group) for match in pattern.finditer(text) if test(match[group]))


def passes_eleven(digits: str) -> bool:
    """Whether nine digits can be a Dutch citizen's number (BSN)."""
    numbers = [int(c) for c in digits if c.isdigit()]
    return len(numbers) == 9 and any(numbers) and sum(w * n for w, n in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), numbers, strict=True)) % 11 == 0


def is_iban(text: str) -> bool:
    """Whether a text has the check digits of an IBAN."""
    text = text.replace(" ", "").upper()
    return 15 <= len(text) <= 34 and int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def _phones(text: str) -> Iterator[tuple[int, int]]:
    return _all(PHONE)(_hide(text, [match.span() for match in DATE.finditer(text)]))


def _titled(text: str) -> Iterator[tuple[int, int]]:
    return (m.span(1) for m in TITLED.finditer(text) if not PLACE.search(m[1]))


def _called(text: str) -> Iterator[tuple[int, int]]:
    return (m.span(1) for m in CALLED.finditer(text) if not PLACE.search(m[1]) and m[1].split()[0] not in SIDES)


def _initials(text: str) -> Iterator[tuple[int, int]]:
    return (m.span(1) for m in INITIALS.finditer(text) if not PLACE.search(m[1]) and not LABELS.search(text[max(0, m.start() - 20) : m.start()]))


def _first_names(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while match := FIRST.search(text, start):
        start = match.end(1)
        if match[1] not in FIRST_NAMES or NO_PERSON_BEFORE.search(text[max(0, match.start() - 20) : match.start()]):
            continue
        surname = match[2] if match[2] and match[2].split()[-1] not in SIDES else None
        if surname and PLACE.search(surname):
            start = match.end()
        elif surname or match[1] not in AMBIGUOUS:
            start = match.end() if surname else match.end(1)
            yield match.start(), start


LOOKS: tuple[tuple[str, Look], ...] = (
    ("number", _all(BORN, 1)),
    ("number", _all(IBAN, test=is_iban)),
    ("plate", _all(TOLD_PLATE, 1)),
    ("plate", _all(PLATE)),
    ("phone", _phones),
    ("number", _all(NINE, test=passes_eleven)),
    ("number", _all(LONG)),
    ("number", _all(PASSPORT)),
    ("name", _titled),
    ("name", _called),
    ("name", _initials),
    ("name", _first_names),
)
"""What is looked for, the surest first; what one has found the next do not see."""
