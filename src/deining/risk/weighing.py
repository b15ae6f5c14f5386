"""What the rules found, weighed: its priority, until when there is time to decide, whether it rings now.

Here, and not in each rule, so that a new rule gets all of it by being registered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from deining.domain.alert import AlertKind, Priority
from deining.domain.ports import RiskView, Rule, RuleResult
from deining.risk.decide_by import decide_before, sentence
from deining.risk.priorities import priority_of

Key = tuple[AlertKind, str]


def find_results(view: RiskView, rules: Mapping[str, Rule]) -> list[RuleResult]:
    """What the rules find in a view, weighed."""
    return weighed(view, [result for rule in rules.values() for result in rule(view)])


def weighed(view: RiskView, results: Iterable[RuleResult]) -> list[RuleResult]:
    """The results with priority, last moment to decide and quiet hours; what only supports is told with the others.

    What supports is dropped where no other rule found anything.
    """
    found: list[RuleResult] = []
    support: dict[Key, list[RuleResult]] = {}
    for result in results:
        if result.supports:
            support.setdefault((result.kind, result.target), []).append(result)
        else:
            found.append(result)
    return [_weigh(view, result, support.get((result.kind, result.target), ())) for result in found]


def _weigh(view: RiskView, result: RuleResult, support: Sequence[RuleResult]) -> RuleResult:
    decide = None
    if result.kind is AlertKind.CROWD and result.expected_at is not None:
        decide = decide_before(view.area, result.target, result.level, result.expected_at, view.now)
    priority = priority_of(
        kind=result.kind,
        level=result.level,
        now=view.now,
        expected_at=result.expected_at,
        deadline=decide.before if decide else None,
        near_s=view.policy.decide_near_s,
        is_blinding=result.is_blinding,
    )
    more = [one.because for one in support if one.rule != result.rule]
    more += [sentence(decide, view.area.timezone)] if decide else []
    return replace(
        result,
        because={language: " ".join([text, *(one[language] for one in more)]) for language, text in result.because.items()},
        priority=priority,
        quiet=priority is not Priority.HIGH and _is_quiet(view),
        decide_before=decide.before if decide and decide.fits else None,
        decide_measure=decide.quickest.id if decide and decide.fits else None,
    )


def _is_quiet(view: RiskView) -> bool:
    hours = view.policy.quiet_hours
    return hours is not None and hours.holds(view.now.astimezone(view.area.timezone).time())
