"""The latest state of every place."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from deining.web.context import Areas, Shown, json_response
from deining.web.describe import answers
from deining.web.rows import FlowStateRow, ZoneStateRow

router = APIRouter()


@router.get("/v1/zones/states")
@answers(list[ZoneStateRow], errors=(404,))
async def get_zone_states(screen: Shown, areas: Areas) -> Response:
    """The latest state of every zone."""
    return json_response(screen.zones(areas))


@router.get("/v1/flows/states")
@answers(list[FlowStateRow], errors=(404,))
async def get_flow_states(screen: Shown, areas: Areas) -> Response:
    """The latest state of every gate and point counter."""
    return json_response(screen.flows(areas))
