"""Level scales: those in force, their versions, and a change with who and why."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from deining.desk.office import Who
from deining.domain.errors import WrongUse
from deining.domain.levels import LevelScale
from deining.runner import Runner
from deining.storage.level_table import read_scales
from deining.web.acts import Act, check_desk, read_act
from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers
from deining.web.desk_rows import LevelSetRow, level_set_row

router = APIRouter()


class LevelChange(Act):
    """All scales that are to hold from now on, as `[[levels]]` of an area folder writes them, and why."""

    why: Annotated[str, msgspec.Meta(max_length=2000)]
    scales: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=500)]


@router.get("/v1/levels")
@answers(list[LevelSetRow], errors=(404, 422))
def get_levels(app: Running, areas: Areas) -> Response:
    """The level scales in force in each area."""
    return json_response([level_set_row(app.runners[area].area, app.runners[area].desk.levels) for area in areas])


@router.get("/v1/levels/versions", dependencies=[Depends(check_desk)])
@answers(list[LevelSetRow], errors=(403, 404))
def get_versions(app: Running, areas: Areas) -> Response:
    """All versions, newest first: when each came into force, who set it and why."""
    return json_response([level_set_row(runner.area, one) for runner in (app.runners[area] for area in areas) for one in runner.desk.list_levels()])


@router.post("/v1/levels")
@answers(LevelSetRow, body=LevelChange, errors=(403, 404, 413, 422, 429))
async def change_levels(app: Running, request: Request) -> Response:
    """Put other level scales in force from the next state on."""
    act = await read_act(request, LevelChange)
    runner = app.get_runner(act.area)
    changed = await asyncio.to_thread(runner.change_levels, _read(runner, act.scales), Who(name=act.by, role=act.role), act.why)
    return json_response(level_set_row(runner.area, changed))


def _read(runner: Runner, rows: list[dict[str, Any]]) -> list[LevelScale]:
    """The scales of the rows.

    Raises
    ------
    WrongUse
        When anything is wrong with one of them.
    """
    wrong: list[str] = []
    area = runner.area
    places = [*area.zones, *area.gates, *area.sensors]
    scales = read_scales(
        [(f"scale {number}", row) for number, row in enumerate(rows, 1)],
        places,
        lambda record, found, expected: wrong.append(f"{record}: found {found}; expected {expected}"),
    )
    if wrong:
        raise WrongUse("; ".join(wrong[:3]))
    return scales
