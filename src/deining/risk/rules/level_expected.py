"""A place is expected to reach a level from which an alert is raised, within the look-ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deining.domain.alert import AlertKind
from deining.domain.forecast import Forecast
from deining.domain.levels import LevelExpected
from deining.domain.ports import RiskView, RuleResult
from deining.risk.words import LEVELS, clock_time, figure, name_of

KEEP_CHANCE_SHARE = 0.7
"""Hysteresis: an expectation is kept until its chance falls below this share of the chance that raises one."""
BETWEEN = {"en": ("between", "and"), "nl": ("tussen", "en")}


def level_expected(view: RiskView) -> list[RuleResult]:
    """Places whose forecast reaches the raising level with the policy's chance, unless they cannot be seen now."""
    book = view.levels
    seen = {state.zone for state in view.zones if state.quality.may_alert} | {state.target for state in view.flows if state.quality.may_alert}
    lenient = replace(view.policy, chance=view.policy.chance * KEEP_CHANCE_SHARE)
    results = []
    for target, forecasts in _by_target(view).items():
        if target not in seen:
            continue
        reaches = view.reaches.get(target, ())
        strict = book.expected(target, forecasts, view.now, view.policy, reaches)
        found = strict if strict and strict.level >= view.policy.raise_from else book.expected(target, forecasts, view.now, lenient, reaches)
        if found and found.level >= view.policy.raise_from:
            results.append(_result(view, target, found, keeps=found is not strict))
    return results


def _by_target(view: RiskView) -> dict[str, Sequence[Forecast]]:
    """All places of which something is expected, with their forecasts."""
    return {**dict.fromkeys(view.reaches, ()), **{target: forecasts for (target, _), forecasts in view.forecasts.items()}}


def _result(view: RiskView, target: str, found: LevelExpected, *, keeps: bool) -> RuleResult:
    return RuleResult(
        target=target,
        zone=target if target in view.area.zones else None,
        kind=AlertKind.CROWD,
        level=found.level,
        rule="level_expected",
        because=_because(view, target, found),
        keeps=keeps,
        expected_at=found.at,
        chance=found.chance,
    )


def _because(view: RiskView, target: str, found: LevelExpected) -> dict[str, str]:
    name, chance = name_of(view.area, target), round(100 * found.chance)
    limit = {language: figure(found.scale.threshold(found.level), found.quantity, language) for language in LEVELS}
    at = {language: clock_time(found.at, view.area.timezone, language) for language in LEVELS}
    between = {language: _between(view, found, language, *words) for language, words in BETWEEN.items()}
    return {
        "en": f"{name} is expected to reach {LEVELS['en'][found.level]} ({limit['en']}) at about {at['en']} ({between['en']}chance {chance}%).",
        "nl": f"{name} bereikt naar verwachting {LEVELS['nl'][found.level]} ({limit['nl']}) rond {at['nl']} ({between['nl']}kans {chance}%).",
    }


def _between(view: RiskView, found: LevelExpected, language: str, between: str, and_: str) -> str:
    """The ends of the interval of the time, in words; empty where they are not known or the same minute."""
    if found.earliest is None or found.latest is None:
        return ""
    first, last = (clock_time(max(time, view.now), view.area.timezone, language) for time in (found.earliest, found.latest))
    return f"{between} {first} {and_} {last}, " if first != last else ""
