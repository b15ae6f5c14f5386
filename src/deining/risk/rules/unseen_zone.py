"""A zone that could be seen no longer can: a data alert, never a crowd alert."""

from __future__ import annotations

from datetime import timedelta

from deining.domain.alert import AlertKind
from deining.domain.levels import Level
from deining.domain.ports import RiskView, RuleResult
from deining.domain.state import Quality, ZoneState
from deining.domain.words import clock_time, name_of
from deining.risk.sight import busy_places, is_judged

WHY = {
    "en": {
        Quality.SUSPECT: "its figure is a guess from the places around it",
        Quality.SUPPRESSED: "its groups are too small to be given",
    },
    "nl": {
        Quality.SUSPECT: "het cijfer is een schatting uit de omgeving",
        Quality.SUPPRESSED: "de groepen zijn te klein om te geven",
    },
}
NO_DATA = {"en": "no sensor of it delivers", "nl": "geen van de sensoren levert"}


def unseen_zone(view: RiskView) -> list[RuleResult]:
    """Zones on whose figure no level may rest any more, though something has been seen there, or a crowd alert stands.

    A zone of which nothing was ever told did not go out of sight: that is how the area was made. One without a scale
    of levels is left out too, for nothing is judged there.
    """
    busy = busy_places(view)
    results = []
    for state in view.zones:
        was_seen = state.data_age_s is not None and is_judged(view, state)
        if not state.quality.may_alert and (was_seen or state.zone in busy):
            results.append(
                RuleResult(
                    target=state.zone,
                    zone=state.zone,
                    kind=AlertKind.DATA,
                    level=Level.YELLOW,
                    rule="unseen_zone",
                    because=_because(view, state),
                    is_blinding=state.zone in busy,
                )
            )
    return results


def _because(view: RiskView, state: ZoneState) -> dict[str, str]:
    name = name_of(view.area, state.zone)
    why = {language: WHY[language].get(state.quality, NO_DATA[language]) for language in WHY}
    if state.data_age_s is None:
        return {"en": f"{name} can no longer be seen: {why['en']}.", "nl": f"{name} is niet meer te zien: {why['nl']}."}
    last = state.time - timedelta(seconds=state.data_age_s)
    at = {language: clock_time(last, view.area.timezone, language) for language in WHY}
    return {
        "en": f"{name} can no longer be seen: {why['en']}; the last word is of {at['en']}.",
        "nl": f"{name} is niet meer te zien: {why['nl']}; het laatste bericht is van {at['nl']}.",
    }
