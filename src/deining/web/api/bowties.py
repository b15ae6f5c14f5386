"""Bowties: how likely each top event is now, and what people say of barriers and factors."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from deining.desk.office import Who
from deining.domain.bowtie import BarrierStatus
from deining.runner import Runner
from deining.web.acts import Act, check_desk, read_act
from deining.web.bowtie_rows import BowtieRow, bowtie_row
from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers

router = APIRouter(dependencies=[Depends(check_desk)])


class BarrierAct(Act):
    """What a person says of a barrier."""

    bowtie: str
    barrier: str
    status: Literal["up", "degraded", "down", "unknown"]
    why: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class FactorAct(Act):
    """Whether a factor is there; null: not known."""

    factor: str
    present: bool | None


@router.get("/v1/bowties")
@answers(list[BowtieRow], errors=(403, 404))
def get_bowties(app: Running, areas: Areas) -> Response:
    """Every bowtie as it is now."""
    return json_response([row for area in areas for row in _rows(app.runners[area])])


@router.post("/v1/bowties/barrier")
@answers(list[BowtieRow], body=BarrierAct, errors=(403, 404, 413, 422, 429))
async def set_barrier(app: Running, request: Request) -> Response:
    """Say how a barrier is; all bowties of the area as they are then."""
    act = await read_act(request, BarrierAct)
    runner = app.get_runner(act.area)
    who, status = Who(name=act.by, role=act.role), BarrierStatus(act.status)
    barriers = runner.desk.barriers
    await asyncio.to_thread(barriers.set_status, runner.sight(), who, bowtie=act.bowtie, barrier=act.barrier, status=status, why=act.why)
    return json_response(await asyncio.to_thread(_rows, runner))


@router.post("/v1/bowties/factor")
@answers(list[BowtieRow], body=FactorAct, errors=(403, 404, 413, 422, 429))
async def set_factor(app: Running, request: Request) -> Response:
    """Say whether a factor is there; all bowties of the area as they are then."""
    act = await read_act(request, FactorAct)
    runner = app.get_runner(act.area)
    await asyncio.to_thread(runner.desk.barriers.set_factor, runner.sight(), Who(name=act.by, role=act.role), factor=act.factor, present=act.present)
    return json_response(await asyncio.to_thread(_rows, runner))


def _rows(runner: Runner) -> list[BowtieRow]:
    return [bowtie_row(runner.area, one) for one in runner.desk.barriers.assess(runner.sight())]
