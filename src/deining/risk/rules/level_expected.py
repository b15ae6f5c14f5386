"""A place is expected to reach a level from which an alert is raised, within the look-ahead."""

from __future__ import annotations

from dataclasses import replace

from deining.domain.alert import AlertKind
from deining.domain.levels import LevelExpected
from deining.domain.ports import RiskView, RuleResult
from deining.risk.words import LEVELS, clock_time, figure, name_of

KEEP_CHANCE_SHARE = 0.7
"""Hysteresis: an expectation is kept until its chance falls below this share of the chance that raises one."""


def level_expected(view: RiskView) -> list[RuleResult]:
    """Places whose forecast reaches the raising level with the policy's chance, unless they cannot be seen now."""
    book = view.levels
    seen = {state.zone for state in view.zones if state.quality.may_alert} | {state.target for state in view.flows if state.quality.may_alert}
    lenient = replace(view.policy, chance=view.policy.chance * KEEP_CHANCE_SHARE)
    results = []
    for (target, _), forecasts in view.forecasts.items():
        if target not in seen:
            continue
        strict = book.expected(target, forecasts, view.now, view.policy)
        found = strict if strict and strict.level >= view.policy.raise_from else book.expected(target, forecasts, view.now, lenient)
        if found and found.level >= view.policy.raise_from:
            results.append(_result(view, target, found, keeps=found is not strict))
    return results


def _result(view: RiskView, target: str, found: LevelExpected, *, keeps: bool) -> RuleResult:
    name, at, chance = name_of(view.area, target), clock_time(found.at, view.area.timezone), round(100 * found.chance)
    limit = {language: figure(found.scale.threshold(found.level), found.quantity, language) for language in LEVELS}
    return RuleResult(
        target=target,
        zone=target if target in view.area.zones else None,
        kind=AlertKind.CROWD,
        level=found.level,
        rule="level_expected",
        because={
            "en": f"{name} is expected to reach {LEVELS['en'][found.level]} ({limit['en']}) at about {at} (chance {chance}%).",
            "nl": f"{name} bereikt naar verwachting {LEVELS['nl'][found.level]} ({limit['nl']}) rond {at} (kans {chance}%).",
        },
        keeps=keeps,
        expected_at=found.at,
        chance=found.chance,
    )
