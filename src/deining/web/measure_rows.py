"""The rows of measures, proposals, decisions and their effects, and how each is made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from deining.domain.area import Area
from deining.domain.decision import Decision, Effect, Experience
from deining.domain.measure import Measure, Proposal
from deining.domain.words import name_of
from deining.response.measure_words import name_of_measure
from deining.web.figures import DIGITS, rounded


class ExperienceRow(msgspec.Struct, kw_only=True):
    """How often a measure was in force, and in how many of these the figures showed fewer persons, more, or no effect."""

    times: int
    shown_less: int
    shown_more: int
    none_shown: int
    together: int
    set_up_planned_s: float | None
    set_up_taken_s: float | None
    text: dict[str, str]


class MeasureRow(msgspec.Struct, kw_only=True):
    """A measure of the library: what, where, who decides, who does it, how long it takes and lasts."""

    area: str
    id: str
    name: str
    kind: str
    where: list[str]
    decides: str
    owner: str
    set_up_s: float
    lasts_s: float | None
    needs: list[str]
    expected_effect: str
    side_effects: list[str]
    description: str
    noted: str
    experience: ExperienceRow


def measure_row(area: Area, measure: Measure, experience: Experience) -> MeasureRow:
    """A measure with what it has shown so far."""
    found = experience
    return MeasureRow(
        area=area.id,
        id=measure.id,
        name=measure.name,
        kind=measure.kind.value,
        where=list(measure.where),
        decides=measure.decides,
        owner=measure.owner,
        set_up_s=measure.set_up_s,
        lasts_s=measure.lasts_s,
        needs=list(measure.needs),
        expected_effect=measure.expected_effect,
        side_effects=list(measure.side_effects),
        description=measure.description,
        noted=measure.experience,
        experience=ExperienceRow(
            times=found.times,
            shown_less=found.shown_less,
            shown_more=found.shown_more,
            none_shown=found.none_shown,
            together=found.together,
            set_up_planned_s=found.set_up_planned_s,
            set_up_taken_s=found.set_up_taken_s,
            text=dict(found.text),
        ),
    )


class ProposalRow(msgspec.Struct, kw_only=True):
    """A measure that fits what a place is at or comes to; `decide_before` is the last moment to be ready before the median."""

    area: str
    rank: int
    alert: str | None
    target: str
    target_name: str
    level: str
    reached_at: datetime | None
    earliest: datetime | None
    latest: datetime | None
    chance: float
    scenario: str
    scenario_name: str
    measure: str
    measure_name: str
    decides: str
    owner: str
    set_up_s: float
    decide_before: datetime | None
    decide_before_earliest: datetime | None
    ready_at: datetime
    fit: str
    in_force: bool
    decided: bool
    text: dict[str, str]


def proposal_row(area: Area, one: Proposal) -> ProposalRow:
    """A proposal."""
    measure, scenarios = area.measures[one.measure], {scenario.id: scenario.name for scenario in area.scenarios}
    return ProposalRow(
        area=area.id,
        rank=one.rank,
        alert=one.alert,
        target=one.target,
        target_name=name_of(area, one.target),
        level=one.level.label,
        reached_at=one.reached_at,
        earliest=one.earliest,
        latest=one.latest,
        chance=round(one.chance, DIGITS),
        scenario=one.scenario,
        scenario_name=scenarios.get(one.scenario, one.scenario),
        measure=one.measure,
        measure_name=measure.name,
        decides=measure.decides,
        owner=measure.owner,
        set_up_s=measure.set_up_s,
        decide_before=one.decide_before,
        decide_before_earliest=one.decide_before_earliest,
        ready_at=one.ready_at,
        fit=one.fit.value,
        in_force=one.in_force,
        decided=one.decided,
        text=dict(one.text),
    )


class EffectRow(msgspec.Struct, kw_only=True):
    """What was measured after a measure came into force, against the forecast made before it: a difference with its interval."""

    measure: str
    target: str
    quantity: str
    since: datetime
    until: datetime
    measured: float | None
    expected: float | None
    difference: float | None
    low: float | None
    high: float | None
    share: float
    verdict: str
    together: list[str]
    text: dict[str, str]


def effect_row(effect: Effect) -> EffectRow:
    """An effect."""
    return EffectRow(
        measure=effect.measure,
        target=effect.target,
        quantity=effect.quantity,
        since=effect.since,
        until=effect.until,
        measured=rounded(effect.measured),
        expected=rounded(effect.expected),
        difference=rounded(effect.difference),
        low=rounded(effect.low),
        high=rounded(effect.high),
        share=effect.share,
        verdict=effect.verdict.value,
        together=list(effect.together),
        text=dict(effect.text),
    )


class RejectedRow(msgspec.Struct, kw_only=True):
    """An option that was not chosen, and why."""

    measure: str
    name: str
    why: str


class DecidedRow(msgspec.Struct, kw_only=True):
    """A decided measure and what was reported of it; `effect` is that of the place it was decided for, `effects` of all."""

    measure: str
    name: str
    decided_at: datetime
    in_force_at: datetime | None
    ended_at: datetime | None
    effect: EffectRow | None
    effects: list[EffectRow]


class DecisionRow(msgspec.Struct, kw_only=True):
    """What a named person decided; `entry` is its line in the logbook."""

    area: str
    book: str
    number: int
    taken_at: datetime
    by: str
    role: str
    reason: str
    target: str | None
    alert: str | None
    rejected: list[RejectedRow]
    entry: int | None
    measures: list[DecidedRow]


def decision_row(area: Area, book: str, decision: Decision, effects: Iterable[Effect]) -> DecisionRow:
    """A decision with the effects of its measures."""
    mine = [effect for effect in effects if effect.decision == decision.number]
    measures = []
    for one in decision.measures:
        found = sorted((e for e in mine if e.measure == one.measure), key=lambda e: one.places.index(e.target) if e.target in one.places else len(one.places))
        rows = [effect_row(effect) for effect in found]
        measures.append(
            DecidedRow(
                measure=one.measure,
                name=one.name,
                decided_at=decision.taken_at,
                in_force_at=one.in_force_at,
                ended_at=one.ended_at,
                effect=rows[0] if rows else None,
                effects=rows,
            )
        )
    return DecisionRow(
        area=area.id,
        book=book,
        number=decision.number,
        taken_at=decision.taken_at,
        by=decision.by,
        role=decision.role,
        reason=decision.reason,
        target=decision.target,
        alert=decision.alert,
        rejected=[RejectedRow(measure=one.measure, name=name_of_measure(area, one.measure), why=one.why) for one in decision.rejected],
        entry=decision.entry,
        measures=measures,
    )
