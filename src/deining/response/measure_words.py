"""The sentences about measures, in each language."""

from __future__ import annotations

import math
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from deining.domain.area import Area
from deining.domain.decision import Effect, Verdict
from deining.domain.measure import Fit, Proposal
from deining.domain.words import LEVELS, clock_time, name_of

UNITS = {
    "occupancy": {"en": ("person", "persons"), "nl": ("persoon", "personen")},
    "flow_per_min": {"en": ("person a minute", "persons a minute"), "nl": ("persoon per minuut", "personen per minuut")},
}
LANGUAGES = ("en", "nl")


def name_of_measure(area: Area, measure: str) -> str:
    """The name of a measure; its id where the library no longer holds it."""
    found = area.measures.get(measure)
    return found.name if found else measure


def minutes(seconds: float) -> str:
    """Whole minutes, rounded up; never less than was meant."""
    return f"{math.ceil(seconds / 60)} min"


def figure(size: float, language: str) -> str:
    """A figure of 0 or more with the two digits that matter; from 100 on to tens.

    Examples
    --------
    >>> [figure(size, "en") for size in (0, 0.43, 5.26, 87.2, 337, 12345)]
    ['0', '0.43', '5.3', '87', '340', '12,340']
    """
    if size <= 0:
        return "0"
    digits = -1 if size >= 100 else min(4, 1 - math.floor(math.log10(size)))
    text = f"{round(size, digits):,.{max(digits, 0)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def say_proposal(area: Area, proposal: Proposal, set_up_s: float) -> dict[str, str]:
    """What is proposed and until when it can be decided."""
    return {language: _say_proposal(area, proposal, set_up_s, language) for language in LANGUAGES}


def _say_proposal(area: Area, proposal: Proposal, set_up_s: float, language: str) -> str:
    name, place, level = name_of_measure(area, proposal.measure), name_of(area, proposal.target), LEVELS[language][proposal.level]
    english, zone = language == "en", area.timezone
    ready = clock_time(proposal.ready_at, zone, language)
    if proposal.in_force:
        return f"{name} is in force." if english else f"{name} is van kracht."
    if proposal.decided:
        return f"{name} is decided and being set up." if english else f"{name} is besloten en wordt opgebouwd."
    if proposal.fit is Fit.REACHED or proposal.reached_at is None or proposal.decide_before is None:
        return (
            f"{name} can be ready at {ready}: set-up {minutes(set_up_s)}; {place} is {level} now."
            if english
            else f"{name} kan om {ready} klaar zijn: opbouw {minutes(set_up_s)}; {place} is nu {level}."
        )
    when, until, set_up = _say_when(area, proposal, language), clock_time(proposal.decide_before, zone, language), minutes(set_up_s)
    if proposal.fit is Fit.TOO_LATE:
        return (
            f"{name} comes too late: it had to be decided before {until}; ready at {ready}, {place} {level} {when}."
            if english
            else f"{name} komt te laat: besluiten kon tot {until}; klaar om {ready}, {place} {level} {when}."
        )
    said = (
        f"{name} can still be decided until {until}: set-up {set_up}, {place} {level} {when}."
        if english
        else f"{name} kan nog tot {until} besloten worden: opbouw {set_up}, {place} {level} {when}."
    )
    return said + _say_tight(proposal, zone, language)


def _say_when(area: Area, proposal: Proposal, language: str) -> str:
    """At what time, between which times, how likely."""
    at, chance = proposal.reached_at or proposal.ready_at, round(100 * proposal.chance)
    between = ""
    if proposal.earliest and proposal.latest:
        first, last = clock_time(proposal.earliest, area.timezone, language), clock_time(proposal.latest, area.timezone, language)
        between = f"between {first} and {last}, " if language == "en" else f"tussen {first} en {last}, "
    told = clock_time(at, area.timezone, language)
    return f"at {told} ({between}chance {chance}%)" if language == "en" else f"om {told} ({between}kans {chance}%)"


def _say_tight(proposal: Proposal, zone: ZoneInfo, language: str) -> str:
    if proposal.fit is not Fit.TIGHT:
        return ""
    if proposal.earliest is None:
        return " How early it may come is not known." if language == "en" else " Hoe vroeg het kan komen is niet bekend."
    earliest = clock_time(proposal.earliest, zone, language)
    return f" It is not ready if that comes as early as {earliest}." if language == "en" else f" Komt dat al om {earliest}, dan is het niet klaar."


def say_effect(area: Area, effect: Effect) -> dict[str, str]:
    """What was measured against what was expected, whether that shows anything, and what it does not tell."""
    return {language: " ".join(_say_effect(area, effect, language)) for language in LANGUAGES}


def _say_effect(area: Area, effect: Effect, language: str) -> list[str]:
    english = language == "en"
    if effect.verdict is Verdict.TOO_EARLY or effect.difference is None or effect.low is None or effect.high is None:
        told = "Too few measured steps to say anything." if english else "Te weinig gemeten stappen om er iets over te zeggen."
        return [told, *_say_left_out(effect, language)]
    since, until = clock_time(effect.since, area.timezone, language), clock_time(effect.until, area.timezone, language)
    place, singular_plural, word = name_of(area, effect.target), UNITS[effect.quantity][language], _fewer(effect.difference, language)
    count = figure(abs(effect.difference), language)
    unit = singular_plural[0] if count == "1" else singular_plural[1]
    span = f"{_say_span(effect.low, effect.high, language)}, {effect.share:.0%}"
    said = (
        f"{place}: between {since} and {until} there were on average {count} {unit} {word} than forecast ({span})."
        if english
        else f"{place}: tussen {since} en {until} waren er gemiddeld {count} {unit} {word} dan de prognose ({span})."
    )
    none = "No effect can be shown: the interval holds zero." if english else "Er is geen effect aan te tonen: nul ligt in het interval."
    return [said, *([none] if effect.verdict is Verdict.NONE_SHOWN else []), *_say_together(area, effect.together, language), *_say_left_out(effect, language)]


def _fewer(value: float, language: str) -> str:
    return {"en": ("fewer", "more"), "nl": ("minder", "meer")}[language][value > 0]


def _say_span(low: float, high: float, language: str) -> str:
    """An interval in words: 90 to 610 fewer, or 120 fewer to 300 more."""
    first, last = (high, low) if high <= 0 else (low, high)
    ends = [figure(abs(first), language), figure(abs(last), language)]
    words = [_fewer(first, language) if first else "", _fewer(last, language)]
    start = ends[0] if words[0] in ("", words[1]) else f"{ends[0]} {words[0]}"
    return f"between {start} and {ends[1]} {words[1]}" if language == "en" else f"tussen {start} en {ends[1]} {words[1]}"


def _say_together(area: Area, together: Sequence[str], language: str) -> list[str]:
    if not together:
        return []
    names = [name_of_measure(area, measure) for measure in together]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {'and' if language == 'en' else 'en'} {names[-1]}"
    if language == "en":
        return [f"This is together with {listed}; they cannot be told apart."]
    return [f"Dit is samen met {listed}; los van elkaar is het niet te zeggen."]


def _say_left_out(effect: Effect, language: str) -> list[str]:
    if not effect.left_out:
        return []
    of = effect.steps + effect.left_out
    return [
        f"{effect.left_out} of {of} steps are left out: not measured reliably."
        if language == "en"
        else f"{effect.left_out} van {of} stappen zijn weggelaten: niet betrouwbaar gemeten."
    ]
