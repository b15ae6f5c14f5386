"""The rows of what people do: proposals, decisions, logbook, bowties, notices and levels, and how each is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from deining.desk.barriers import BowtieNow
from deining.domain.area import Area
from deining.domain.decision import Decision, Effect, Experience
from deining.domain.incident import Incident
from deining.domain.levels import LevelSet
from deining.domain.logbook import LogbookEntry, Marks
from deining.domain.measure import Measure, Proposal
from deining.domain.words import name_of
from deining.response.handover import Handover, Standing
from deining.response.measure_words import name_of_measure
from deining.risk.bowtie.assessment import Likelihood
from deining.risk.load import AlertLoad
from deining.storage.level_table import as_rows
from deining.storage.outbox import NoticeRow as Kept

DIGITS = 4


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


class LoadHourRow(msgspec.Struct, kw_only=True):
    """Alerts that were raised in one hour, by priority."""

    start: datetime
    high: int
    medium: int
    low: int


class LoadRow(msgspec.Struct, kw_only=True):
    """How many alerts people got; neighbours that are told as one count once. More than 10 in 10 minutes is a flood."""

    area: str
    last_10_min: int
    most_in_10_min: int
    hours: list[LoadHourRow]
    verdict: str


def load_row(area: Area, load: AlertLoad) -> LoadRow:
    """An area's alert load."""
    hours = [LoadHourRow(start=one.start, high=one.high, medium=one.medium, low=one.low) for one in load.hours]
    return LoadRow(area=area.id, last_10_min=load.last_10_min, most_in_10_min=load.most_in_10_min, hours=hours, verdict=load.verdict.value)


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
        measured=_round(effect.measured),
        expected=_round(effect.expected),
        difference=_round(effect.difference),
        low=_round(effect.low),
        high=_round(effect.high),
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


class ActionRow(msgspec.Struct, kw_only=True):
    """What somebody is to do, and whether it was done."""

    text: str
    owner: str
    due: datetime | None
    done_at: datetime | None


class EntryRow(msgspec.Struct, kw_only=True):
    """A line of the logbook; `hash` chains it to the one before, `frozen` says whether what the screen showed was kept."""

    area: str
    book: str
    number: int
    occurred_at: datetime
    entered_at: datetime
    author: str
    role: str
    place: str | None
    place_name: str
    category: str
    priority: str
    text: str
    reason: str
    rejected: list[str]
    action: ActionRow | None
    corrects: int | None
    corrected_by: int | None
    completes: int | None
    incident: str | None
    alert: str | None
    decision: int | None
    hash: str
    frozen: bool


def entry_row(area: Area, entry: LogbookEntry, marks: Marks) -> EntryRow:
    """An entry with what later entries did to it."""
    action = entry.action
    return EntryRow(
        area=area.id,
        book=entry.book,
        number=entry.number,
        occurred_at=entry.occurred_at,
        entered_at=entry.entered_at,
        author=entry.author,
        role=entry.role,
        place=entry.place,
        place_name=name_of(area, entry.place) if entry.place else "",
        category=entry.category,
        priority=entry.priority.value,
        text=entry.text,
        reason=entry.reason,
        rejected=list(entry.rejected),
        action=ActionRow(text=action.text, owner=action.owner, due=action.due, done_at=marks.done_at.get(entry.number)) if action else None,
        corrects=entry.corrects,
        corrected_by=marks.corrected_by.get(entry.number),
        completes=entry.completes,
        incident=entry.incident,
        alert=entry.alert,
        decision=entry.decision,
        hash=entry.hash,
        frozen=entry.frozen_sha256 is not None,
    )


class IncidentRow(msgspec.Struct, kw_only=True):
    """An incident, with the numbers of the entries of its thread."""

    area: str
    id: str
    category: str
    place: str | None
    place_name: str
    opened_at: datetime
    closed_at: datetime | None
    title: str
    entries: list[int]


def incident_row(area: Area, incident: Incident) -> IncidentRow:
    """An incident."""
    return IncidentRow(
        area=area.id,
        id=incident.id,
        category=incident.category,
        place=incident.place,
        place_name=name_of(area, incident.place) if incident.place else "",
        opened_at=incident.opened_at,
        closed_at=incident.closed_at,
        title=incident.title,
        entries=list(incident.entries),
    )


class OpenActionRow(msgspec.Struct, kw_only=True):
    """An action that is not done."""

    number: int
    text: str
    owner: str
    due: datetime | None
    overdue: bool
    place: str | None


class StandingRow(msgspec.Struct, kw_only=True):
    """Something that stands: a measure, an alert, a data problem."""

    id: str
    since: datetime | None
    what: dict[str, str]


class HandoverRow(msgspec.Struct, kw_only=True):
    """What the next shift must know; `head` is number and hash of the last entry, to be kept elsewhere."""

    area: str
    book: str
    since: datetime
    until: datetime
    incidents: list[IncidentRow]
    actions: list[OpenActionRow]
    decisions: list[StandingRow]
    alerts: list[StandingRow]
    undelivered: int | None
    data_problems: list[StandingRow]
    new_entries: int
    head: dict[str, Any] | None
    text: dict[str, str]


def handover_row(area: Area, book: str, found: Handover) -> HandoverRow:
    """A hand-over."""
    return HandoverRow(
        area=area.id,
        book=book,
        since=found.since,
        until=found.until,
        incidents=[incident_row(area, one) for one in found.incidents],
        actions=[
            OpenActionRow(number=one.number, text=one.text, owner=one.owner, due=one.due, overdue=one.is_overdue, place=one.place) for one in found.actions
        ],
        decisions=_standing(found.decisions),
        alerts=_standing(found.alerts),
        undelivered=found.undelivered,
        data_problems=_standing(found.data_problems),
        new_entries=found.new_entries,
        head={"number": found.head.number, "hash": found.head.hash} if found.head else None,
        text=dict(found.text),
    )


def _standing(found: Sequence[Standing]) -> list[StandingRow]:
    return [StandingRow(id=one.id, since=one.since, what=dict(one.what)) for one in found]


class LikelihoodRow(msgspec.Struct, kw_only=True):
    """How likely something is within the bowtie's horizon; `exact` says whether the bounds are, or were found by sampling."""

    id: str
    name: str
    low: float
    chance: float
    high: float
    exact: bool


class BarrierRow(msgspec.Struct, kw_only=True):
    """A barrier and its status; `status_by` and `status_at` say who said so last, and are null where a device alone says it."""

    id: str
    name: str
    side: str
    on: list[str]
    owner: str
    status: str
    status_by: str | None
    status_at: datetime | None
    status_why: str
    usual: str
    follows: str | None
    effectiveness: tuple[float, float, float]


class FactorRow(msgspec.Struct, kw_only=True):
    """A factor, by what it multiplies the odds of the top event, and where that comes from; `present` is null where nobody knows."""

    id: str
    name: str
    present: bool | None
    odds_ratio: tuple[float, float, float]
    source: str


class WaterfallRow(msgspec.Struct, kw_only=True, rename={"start": "from"}):
    """A step from the base to the chance of the top event; `low` and `high` are where it would lead at the ends of its interval."""

    kind: str
    id: str
    name: str
    start: float
    to: float
    low: float
    high: float


class BowtieRow(msgspec.Struct, kw_only=True):
    """A bowtie as it is now."""

    area: str
    id: str
    name: str
    zone: str
    zone_name: str
    level: str
    horizon_s: float
    source: str
    top: LikelihoodRow
    forecast_chance: float | None
    threats: list[LikelihoodRow]
    barriers: list[BarrierRow]
    factors: list[FactorRow]
    consequences: list[LikelihoodRow]
    waterfall: list[WaterfallRow]


def bowtie_row(area: Area, now: BowtieNow) -> BowtieRow:
    """A bowtie with its barriers, factors and figures."""
    bowtie, found = now.bowtie, now.assessment
    barriers = []
    for one in bowtie.barriers:
        said, worth = now.said.get(one.id), one.effectiveness
        barriers.append(
            BarrierRow(
                id=one.id,
                name=one.name,
                side=bowtie.side(one).value,
                on=list(one.on),
                owner=one.owner,
                status=now.statuses[one.id].value,
                status_by=said.by if said else None,
                status_at=said.at if said else None,
                status_why=said.why if said else "",
                usual=one.usual.value,
                follows=one.follows,
                effectiveness=(worth.low, worth.best, worth.high),
            )
        )
    factors = [
        FactorRow(id=one.id, name=one.name, present=now.present.get(one.id), odds_ratio=_three(one.odds_ratio), source=one.source) for one in bowtie.factors
    ]
    steps = [
        WaterfallRow(
            kind=one.kind,
            id=one.id,
            name=one.name,
            start=round(one.start, DIGITS),
            to=round(one.to, DIGITS),
            low=round(one.low, DIGITS),
            high=round(one.high, DIGITS),
        )
        for one in found.waterfall
    ]
    return BowtieRow(
        area=area.id,
        id=bowtie.id,
        name=bowtie.name,
        zone=bowtie.zone,
        zone_name=name_of(area, bowtie.zone),
        level=bowtie.level.label,
        horizon_s=bowtie.horizon_s,
        source=bowtie.source,
        top=_likelihood(found.top),
        forecast_chance=_round(found.forecast_chance),
        threats=[_likelihood(one) for one in found.threats],
        barriers=barriers,
        factors=factors,
        consequences=[_likelihood(one) for one in found.consequences],
        waterfall=steps,
    )


def _three(interval: Any) -> tuple[float, float, float]:
    return (interval.low, interval.best, interval.high)


def _likelihood(one: Likelihood) -> LikelihoodRow:
    low, chance, high = (round(value, DIGITS) for value in (one.low, one.chance, one.high))
    return LikelihoodRow(id=one.id, name=one.name, low=low, chance=chance, high=high, exact=one.method.value == "exact")


class NoticeRow(msgspec.Struct, kw_only=True):
    """A notice on one channel: waiting, delivered, given up (with the reason), or held because the area is not live."""

    area: str
    id: str
    channel: str
    kind: str
    priority: str
    title: dict[str, str]
    created_at: datetime
    state: str
    tries: int
    next_try_at: datetime | None
    delivered_at: datetime | None
    why: str


def notice_row(area: Area, kept: Kept) -> NoticeRow:
    """A notice and what became of it."""
    return NoticeRow(
        area=area.id,
        id=kept.notice.id,
        channel=kept.channel,
        kind=kept.notice.kind.value,
        priority=kept.notice.priority.value,
        title=dict(kept.notice.title),
        created_at=kept.notice.created_at,
        state=kept.state.value,
        tries=kept.tries,
        next_try_at=kept.next_try_at,
        delivered_at=kept.delivered_at,
        why=kept.why,
    )


class LevelSetRow(msgspec.Struct, kw_only=True):
    """A version of an area's level scales: when it came into force, who set it and why."""

    area: str
    version: int
    changed_at: datetime
    changed_by: str
    role: str
    why: str
    from_folder: bool
    scales: list[dict[str, Any]]


def level_set_row(area: Area, levels: LevelSet) -> LevelSetRow:
    """A version of the level scales."""
    return LevelSetRow(
        area=area.id,
        version=levels.version,
        changed_at=levels.changed_at,
        changed_by=levels.changed_by,
        role=levels.role,
        why=levels.why,
        from_folder=levels.from_folder,
        scales=as_rows(levels.scales),
    )
