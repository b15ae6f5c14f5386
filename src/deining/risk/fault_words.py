"""What is wrong with a sensor, in a sentence a language, true for each fault."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from deining.domain.state import SensorHealth
from deining.domain.words import clock_time

NO_DATA = "silent: no data when data were due"
"""The fault of a sensor of which nothing arrives."""
FAULTS = {
    "silent: counts 0 where people are expected": {"en": "counts nobody where people are expected", "nl": "telt niemand waar mensen verwacht worden"},
    "silent: sees nobody where people are": {"en": "sees nobody where people are", "nl": "ziet niemand waar mensen zijn"},
    "stuck: the same number again and again": {"en": "gives the same number again and again", "nl": "geeft steeds hetzelfde getal"},
    "jumping: its numbers leap up and down": {"en": "gives numbers that leap up and down", "nl": "geeft getallen die op en neer springen"},
    "drifting: counts half of what passes": {"en": "counts half of what passes", "nl": "telt de helft van wat er langskomt"},
    "drifting: no longer sees the share that it did": {
        "en": "sees another share of the people than it did",
        "nl": "ziet een ander deel van de mensen dan eerst",
    },
    "impossible: sees more people than there is room for": {"en": "sees more people than there is room for", "nl": "ziet meer mensen dan er plaats is"},
    "directions exchanged: counts forward as backward": {"en": "counts forward as backward", "nl": "telt heen als terug"},
}
"""What the estimate finds in a sensor that delivers, by the words before the semicolon of its fault."""
DONE = {
    "left out of the estimate": {"en": "it is left out of the estimate", "nl": "de schatting laat hem weg"},
    "read the other way round": {"en": "it is read the other way round", "nl": "hij wordt andersom gelezen"},
}
"""What was done about it, by the words after the semicolon."""


def is_silence(fault: str) -> bool:
    """Whether a fault is that a sensor says nothing, or nothing but zero."""
    return fault.startswith("silent")


def fault_sentence(name: str, health: SensorHealth, timezone: ZoneInfo) -> dict[str, str]:
    """What is wrong with a sensor and since when, in each language.

    A fault that this version has no words for is quoted as it is.

    Parameters
    ----------
    name
        Of the sensor, as people know it.
    """
    if health.fault == NO_DATA:
        since = _since(health.last_end, timezone)
        return {
            "en": f"Sensor {name} has been silent{since['en']}; the figures that rest on it are wider.",
            "nl": f"Sensor {name} zwijgt{since['nl']}; de cijfers die erop rusten zijn onzekerder.",
        }
    what, _, done = health.fault.partition("; ")
    known = FAULTS.get(what, {"en": f"is faulty: {what}", "nl": f"is gestoord: {what}"})
    since, then = _since(health.since, timezone), DONE.get(done, {"en": done, "nl": done})
    return {language: f"Sensor {name} {known[language]}{since[language]}{f'; {then[language]}' if done else ''}." for language in ("en", "nl")}


def _since(time: datetime | None, timezone: ZoneInfo) -> dict[str, str]:
    if time is None:
        return {"en": "", "nl": ""}
    return {"en": f" since {clock_time(time, timezone, 'en')}", "nl": f" sinds {clock_time(time, timezone, 'nl')}"}
