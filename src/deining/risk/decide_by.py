"""Until when there is time to decide: the last moment at which a prepared measure still works before a level is reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from deining.domain.area import Area
from deining.domain.levels import Level
from deining.domain.measure import Measure
from deining.domain.words import clock_time
from deining.risk.words import minutes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideBy:
    """What is left to decide before one place reaches a level.

    Parameters
    ----------
    quickest
        Of the measures prepared for the place, the one that is set up soonest.
    before
        The last moment at which `quickest` still works in time; in the past when none fits any more.
    fits
        Whether that moment is still to come.
    too_late
        Prepared measures that no longer work in time, the quickest first.
    """

    quickest: Measure
    before: datetime
    fits: bool
    too_late: tuple[Measure, ...] = ()


def list_prepared(area: Area, target: str, level: Level) -> list[Measure]:
    """Measures of the scenarios that are for a place at a level, the quickest first."""
    fitting = [scenario for scenario in area.scenarios if scenario.level <= level and (not scenario.places or target in scenario.places)]
    names = dict.fromkeys(name for scenario in fitting for name in scenario.measures if name in area.measures)
    return sorted((area.measures[name] for name in names), key=lambda measure: (measure.set_up_s, measure.id))


def decide_before(area: Area, target: str, level: Level, at: datetime, now: datetime) -> DecideBy | None:
    """What is left to decide before a place reaches a level; None where no measure is prepared for it.

    A measure fits when it works, set up from the decision on, before the level is reached. The last moment is that of
    the quickest one: until then something can be done. It rests on the median time of the level, which is the time
    that the sentence says; a list of proposals shows the earliest time (10 %) beside it.

    Parameters
    ----------
    at
        When the level is expected: the median.
    """
    prepared = list_prepared(area, target, level)
    if not prepared:
        return None
    latest = {measure.id: at - timedelta(seconds=measure.set_up_s) for measure in prepared}
    quickest = prepared[0]
    return DecideBy(
        quickest=quickest,
        before=latest[quickest.id],
        fits=latest[quickest.id] >= now,
        too_late=tuple(measure for measure in prepared if latest[measure.id] < now),
    )


def sentence(found: DecideBy, timezone: ZoneInfo) -> dict[str, str]:
    """The last moment to decide in a sentence, in each language."""
    name, minutes = found.quickest.name, minutes_of(found.quickest.set_up_s)
    if not found.fits:
        return {
            "en": f"No prepared measure fits any more: the quickest, {name}, takes {minutes} min.",
            "nl": f"Geen voorbereide maatregel past nog: de snelste, {name}, kost {minutes} min.",
        }
    late = ", ".join(measure.name for measure in found.too_late)
    return {
        "en": f"Decide before {clock_time(found.before, timezone, 'en')}: {name} takes {minutes} min{f'; too late for {late}' if late else ''}.",
        "nl": f"Beslis voor {clock_time(found.before, timezone, 'nl')}: {name} kost {minutes} min{f'; te laat voor {late}' if late else ''}.",
    }
