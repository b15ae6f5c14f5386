"""A place is at a level from which an alert is raised, now."""

from __future__ import annotations

from deining.domain.alert import AlertKind
from deining.domain.levels import Level, LevelFound
from deining.domain.ports import RiskView, RuleResult
from deining.domain.words import LEVELS, name_of
from deining.risk.words import figure


def level_now(view: RiskView) -> list[RuleResult]:
    """Places whose state is at the raising level or above, or still too near it to clear."""
    book = view.levels
    found: list[tuple[str, str | None, LevelFound | None]] = [(state.zone, state.zone, book.of_zone(state)) for state in view.zones]
    found += [(state.target, None, book.of_flow(state)) for state in view.flows]
    return [result for target, zone, level in found if level and (result := _result(view, target, zone, level))]


def _result(view: RiskView, target: str, zone: str | None, found: LevelFound) -> RuleResult | None:
    limit = found.scale.threshold(view.policy.raise_from)
    if found.value < limit * view.policy.keep_share:
        return None
    level = max(found.level, view.policy.raise_from)
    return RuleResult(
        target=target,
        zone=zone,
        kind=AlertKind.CROWD,
        level=level,
        rule="level_now",
        because=_because(view, target, found, level),
        keeps=found.level < view.policy.raise_from,
    )


def _because(view: RiskView, target: str, found: LevelFound, level: Level) -> dict[str, str]:
    name, limit = name_of(view.area, target), found.scale.threshold(level)
    shown = {language: (figure(found.value, found.quantity, language), figure(limit, found.quantity, language)) for language in LEVELS}
    return {
        "en": f"{name} is at {shown['en'][0]}; {LEVELS['en'][level]} begins at {shown['en'][1]}.",
        "nl": f"{name} zit op {shown['nl'][0]}; {LEVELS['nl'][level]} begint bij {shown['nl'][1]}.",
    }
