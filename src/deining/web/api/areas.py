"""The areas, and the places and ground of each as GeoJSON."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from deining.web.area_rows import AreaRow, MapAnswer, area_row, map_answer
from deining.web.context import Running, json_response
from deining.web.describe import answers

router = APIRouter()


@router.get("/v1/areas")
@answers(list[AreaRow])
def get_areas(app: Running) -> Response:
    """Every area that runs here."""
    return json_response([area_row(runner) for runner in app.runners.values()])


@router.get("/v1/areas/{area}/map")
@answers(MapAnswer, errors=(404,))
def get_map(app: Running, area: str) -> Response:
    """Zones, gates and point counters of an area, and the ground beneath them."""
    return json_response(map_answer(app.get_runner(area).area))
