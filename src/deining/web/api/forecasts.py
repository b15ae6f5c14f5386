"""The latest forecast of every place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers
from deining.web.rows import ForecastRow, forecast_row

router = APIRouter()


@router.get("/v1/forecasts")
@answers(list[ForecastRow], errors=(404,))
def get_forecasts(app: Running, areas: Areas, target: Annotated[str | None, Query(description="Keep the forecast of this place")] = None) -> Response:
    """The latest forecasts, step by step."""
    rows = []
    for runner in (app.runners[area] for area in areas):
        for (place, _), forecasts in list(runner.pipeline.forecasts.items()):
            if target is None or place == target:
                rows += [forecast_row(runner.area, forecast) for forecast in forecasts]
    return json_response(rows)
