"""The latest state of every place, of zones together, and why a figure is what it is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from deining.domain.errors import UnknownName, WrongUse
from deining.web.context import Areas, Running, Shown, json_response
from deining.web.describe import answers
from deining.web.rows import ExplanationAnswer, FlowStateRow, TotalRow, ZoneStateRow, explanation_answer, total_row

router = APIRouter()


@router.get("/v1/zones/states")
@answers(list[ZoneStateRow], errors=(404,))
async def get_zone_states(screen: Shown, areas: Areas) -> Response:
    """The latest state of every zone."""
    return json_response(screen.zones(areas))


@router.get("/v1/zones/totals")
@answers(list[TotalRow], errors=(404, 422, 429))
def get_totals(
    app: Running,
    screen: Shown,
    areas: Areas,
    zones: Annotated[str | None, Query(description="Ids of zones of one area, with commas between: their total alone")] = None,
) -> Response:
    """Persons in each area and in each of its groups of zones, or in the zones asked for."""
    if zones is None:
        return json_response(screen.totals(areas))
    if len(areas) != 1:
        raise WrongUse("zones were given and no area; give the area too")
    runner = app.get_runner(areas[0])
    chosen = list(dict.fromkeys(zone.strip() for zone in zones.split(",") if zone.strip()))
    if not chosen:
        raise WrongUse(f"zones is {zones!r}; expected ids of zones with commas between")
    for zone in chosen:
        if zone not in runner.area.zones:
            raise UnknownName(f"zone in area {runner.area.id}", zone, list(runner.area.zones))
    return json_response([total_row(runner.area, runner.ask(lambda pipeline, now: pipeline.total(now, chosen)))])


@router.get("/v1/zones/{zone}/explanation")
@answers(ExplanationAnswer, errors=(404, 422, 429))
def get_explanation(
    app: Running,
    zone: str,
    area: Annotated[str, Query(description="The area")],
    time: Annotated[datetime | None, Query(description="A time with an offset; the present when none is given")] = None,
) -> Response:
    """Which observations moved a zone's figure in the last quarter of an hour, and what it would be without each sensor."""
    runner = app.get_runner(area)
    if zone not in runner.area.zones:
        raise UnknownName(f"zone in area {area}", zone, list(runner.area.zones))
    if time is not None and time.tzinfo is None:
        raise WrongUse(f"time {time.isoformat()} has no offset; give ISO 8601 with an offset, such as 2026-07-04T12:00:00+02:00")
    found = runner.explain(zone, time)
    if found is None:
        raise UnknownName(f"explanation of zone {zone} at that time, since nothing was observed; zone", zone, [])
    return json_response(explanation_answer(runner.area, found))


@router.get("/v1/flows/states")
@answers(list[FlowStateRow], errors=(404,))
async def get_flow_states(screen: Shown, areas: Areas) -> Response:
    """The latest state of every gate and point counter."""
    return json_response(screen.flows(areas))
