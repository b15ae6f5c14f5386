"""A place is expected to reach a level from which an alert is raised, within the look-ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from deining.domain.alert import Alert, AlertKind, AlertPolicy
from deining.domain.forecast import Forecast
from deining.domain.levels import LevelExpected, LevelReach
from deining.domain.ports import RiskView, RuleResult
from deining.domain.words import LEVELS, clock_time, name_of
from deining.risk.warning_days import KEEP_CHANCE_SHARE
from deining.risk.words import figure, minutes_of

KEEP_FORECAST_SHARE = 0.7
"""Hysteresis where only a forecast is known: it is kept until its chance falls below this share of the chance that raises one."""
LIKELY = 0.5
"""Expected is what is at least as likely as not."""
BETWEEN = {"en": ("between", "and"), "nl": ("tussen", "en")}


def level_expected(view: RiskView) -> list[RuleResult]:
    """Places that reach the raising level with the policy's chance, unless they cannot be seen now.

    Where it is known how likely levels are reached, an early warning counts: its chance within its own time ahead, both of
    the policy. It needs no delay, for chances are found anew only each few minutes; and it stands for at least that time,
    for so long it may come true. Elsewhere the forecasts count.
    """
    policy = view.policy
    warned = _pair(replace(policy, ahead_s=policy.warn_ahead_s, chance=policy.warn_chance), KEEP_CHANCE_SHARE)
    forecast = _pair(policy, KEEP_FORECAST_SHARE)
    seen = {state.zone for state in view.zones if state.quality.may_alert} | {state.target for state in view.flows if state.quality.may_alert}
    standing = {alert.target: alert for alert in view.standing if alert.kind is AlertKind.CROWD and alert.expected_at is not None}
    results = []
    for target, forecasts in _by_target(view).items():
        if target not in seen:
            continue
        if reaches := view.reaches.get(target, ()):
            result = _expected(view, target, (), reaches, warned, policy.warn_ahead_s) or _held(view, standing.get(target), reaches)
            results += [replace(result, at_once=True)] if result else []
        elif result := _expected(view, target, forecasts, (), forecast):
            results.append(result)
    return results


Pair = tuple[AlertPolicy, AlertPolicy]
"""What raises an alert, and what still keeps one."""


def _pair(policy: AlertPolicy, keep_share: float) -> Pair:
    return policy, replace(policy, chance=policy.chance * keep_share)


def _expected(
    view: RiskView, target: str, forecasts: Sequence[Forecast], reaches: Sequence[LevelReach], pair: Pair, within_s: float | None = None
) -> RuleResult | None:
    """The raising level or a higher one, as likely as raises an alert, or else as keeps one."""
    for policy in pair:
        found = view.levels.expected(target, forecasts, view.now, policy, reaches)
        if found and found.level >= policy.raise_from:
            return _result(view, target, found, keeps=policy is not pair[0], within_s=within_s)
    return None


def _held(view: RiskView, alert: Alert | None, reaches: Sequence[LevelReach]) -> RuleResult | None:
    """A warning whose time is not over, with the chance that is left."""
    if alert is None or alert.expected_at is None or (view.now - alert.raised_at).total_seconds() >= view.policy.warn_ahead_s:
        return None
    within = [(reach.chance_within((view.now - reach.origin).total_seconds() + view.policy.warn_ahead_s), reach) for reach in reaches]
    chance, reach = max(((chance, reach) for chance, reach in within if reach.level is alert.level), default=(None, None), key=lambda found: found[0] or 0.0)
    if chance is None or reach is None:
        return None
    at = max(view.now, reach.at_p50) if reach.at_p50 else view.now + timedelta(seconds=view.policy.warn_ahead_s)
    found = LevelExpected(level=reach.level, at=at, chance=chance, quantity=reach.quantity, scale=reach.scale, earliest=reach.at_p10, latest=reach.at_p90)
    return _result(view, alert.target, found, keeps=True, within_s=view.policy.warn_ahead_s)


def _by_target(view: RiskView) -> dict[str, Sequence[Forecast]]:
    """All places of which something is expected, with their forecasts."""
    return {**dict.fromkeys(view.reaches, ()), **{target: forecasts for (target, _), forecasts in view.forecasts.items()}}


def _result(view: RiskView, target: str, found: LevelExpected, *, keeps: bool, within_s: float | None = None) -> RuleResult:
    return RuleResult(
        target=target,
        zone=target if target in view.area.zones else None,
        kind=AlertKind.CROWD,
        level=found.level,
        rule="level_expected",
        because=_because(view, target, found, within_s),
        keeps=keeps,
        expected_at=found.at,
        chance=found.chance,
    )


def _because(view: RiskView, target: str, found: LevelExpected, within_s: float | None) -> dict[str, str]:
    """When and how likely; what is less likely than not is no more than possible, and is said so."""
    name, chance = name_of(view.area, target), round(100 * found.chance)
    limit = {language: figure(found.scale.threshold(found.level), found.quantity, language) for language in LEVELS}
    at = {language: clock_time(found.at, view.area.timezone, language) for language in LEVELS}
    between = {language: _between(view, found, language, *words) for language, words in BETWEEN.items()}
    within = {"en": f" within {minutes_of(within_s)} min", "nl": f" binnen {minutes_of(within_s)} min"} if within_s else {"en": "", "nl": ""}
    reaches = {language: f"{LEVELS[language][found.level]} ({limit[language]})" for language in LEVELS}
    likely = found.chance >= LIKELY
    what = {
        "en": f"{name} {'is expected to' if likely else 'may'} reach {reaches['en']} at about {at['en']}",
        "nl": f"{name} bereikt naar verwachting {reaches['nl']} rond {at['nl']}" if likely else f"{name} kan {reaches['nl']} bereiken rond {at['nl']}",
    }
    chances = {"en": f"chance {chance}%", "nl": f"kans {chance}%"}
    return {language: f"{what[language]} ({between[language]}{chances[language]}{within[language]})." for language in LEVELS}


def _between(view: RiskView, found: LevelExpected, language: str, between: str, and_: str) -> str:
    """The ends of the interval of the time, in words; empty where they are not known or the same minute."""
    if found.earliest is None or found.latest is None:
        return ""
    first, last = (clock_time(max(time, view.now), view.area.timezone, language) for time in (found.earliest, found.latest))
    return f"{between} {first} {and_} {last}, " if first != last else ""
