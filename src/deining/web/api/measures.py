"""Measures: the library, what fits now, what people decide, and what it did."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from deining.desk.office import Who
from deining.domain.decision import Progress, RejectedOption
from deining.web.acts import Act, check_desk, read_act
from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers
from deining.web.measure_rows import DecisionRow, MeasureRow, ProposalRow, decision_row, measure_row, proposal_row

router = APIRouter()

Text = Annotated[str, msgspec.Meta(max_length=2000)]


class Rejected(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An option that was not chosen, and why."""

    measure: str
    why: Text


class Deciding(Act):
    """A decision: its measures (none: to do nothing), the reason, and what was rejected."""

    reason: Text
    measures: Annotated[list[str], msgspec.Meta(max_length=50)]
    target: str | None = None
    alert: str | None = None
    rejected: Annotated[list[Rejected], msgspec.Meta(max_length=50)] = msgspec.field(default_factory=list)


class Progressing(Act):
    """A decided measure came into force, or ended."""

    number: int
    measure: str
    state: Literal["in_force", "ended"]


@router.get("/v1/measures")
@answers(list[MeasureRow], errors=(404,))
def get_measures(app: Running, areas: Areas) -> Response:
    """The library of measures, each with what it has shown so far."""
    rows = []
    for runner in (app.runners[area] for area in areas):
        experience = runner.desk.response.experience()
        rows += [measure_row(runner.area, measure, experience[id_]) for id_, measure in runner.area.measures.items()]
    return json_response(rows)


@router.get("/v1/proposals")
@answers(list[ProposalRow], errors=(404,))
def get_proposals(app: Running, areas: Areas) -> Response:
    """The measures that fit what places are at or come to, ranked by whether and until when they still fit."""
    return json_response(
        [proposal_row(runner.area, one) for runner in (app.runners[area] for area in areas) for one in runner.desk.response.propose(runner.sight())]
    )


@router.get("/v1/decisions", dependencies=[Depends(check_desk)])
@answers(list[DecisionRow], errors=(403, 404))
def get_decisions(app: Running, areas: Areas) -> Response:
    """What was decided, newest first, and what it did."""
    rows = []
    for runner in (app.runners[area] for area in areas):
        response = runner.desk.response
        effects = response.list_effects()
        rows += [decision_row(runner.area, runner.desk.book, decision, effects) for decision in response.list_decisions()]
    return json_response(rows)


@router.post("/v1/decisions")
@answers(DecisionRow, body=Deciding, errors=(403, 404, 413, 422, 429))
async def decide(app: Running, request: Request) -> Response:
    """Write what a named person decided; its line in the logbook comes with it."""
    act = await read_act(request, Deciding)
    runner = app.get_runner(act.area)
    rejected = [RejectedOption(measure=one.measure, why=one.why) for one in act.rejected]
    decision = await asyncio.to_thread(
        runner.desk.response.decide,
        runner.sight(),
        Who(name=act.by, role=act.role),
        measures=act.measures,
        reason=act.reason,
        target=act.target,
        alert=act.alert,
        rejected=rejected,
    )
    return json_response(decision_row(runner.area, runner.desk.book, decision, ()))


@router.post("/v1/decisions/progress")
@answers(DecisionRow, body=Progressing, errors=(403, 404, 413, 422, 429))
async def mark_progress(app: Running, request: Request) -> Response:
    """Say that a decided measure came into force, or that it ended; one that ends before it worked was called off."""
    act = await read_act(request, Progressing)
    runner = app.get_runner(act.area)
    who = Who(name=act.by, role=act.role)
    response = runner.desk.response
    decision = await asyncio.to_thread(response.mark, runner.sight(), who, number=act.number, measure=act.measure, progress=Progress(act.state))
    effects = await asyncio.to_thread(response.list_effects)
    return json_response(decision_row(runner.area, runner.desk.book, decision, effects))
