"""What time it is in each area; a replay or simulation can be paused, sped up and moved."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from deining.domain.errors import WrongUse
from deining.web.area_rows import ClockRow, clock_row
from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers

router = APIRouter()


class ClockChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to change of a replay's clock; what is left out stays."""

    area: str
    paused: bool | None = None
    speed: float | None = None
    move_to: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


decoder = msgspec.json.Decoder(ClockChange)


@router.get("/v1/clock")
@answers(list[ClockRow], errors=(404,))
async def get_clocks(app: Running, areas: Areas) -> Response:
    """The clock of every area."""
    return json_response([clock_row(app.runners[area]) for area in areas])


@router.post("/v1/clock")
@answers(ClockRow, body=ClockChange, errors=(403, 404, 422))
async def change_clock(app: Running, request: Request) -> Response:
    """Pause, speed up or move a replay or simulation; a move back forgets what came later."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise WrongUse("the clock is set with a body of application/json; give that Content-Type")
    try:
        change = decoder.decode(await request.body())
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongUse(f"not a change of a clock: {error}; expected such as {{'area': 'strand', 'paused': true}}") from error
    runner = app.get_runner(change.area)
    runner.set_clock(paused=change.paused, speed=change.speed, move_to=change.move_to)
    return json_response(clock_row(runner))
