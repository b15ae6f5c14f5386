"""The latest forecast of every place, how good the past ones were, and the models they come from."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from deining.forecasting.record import COLUMNS
from deining.storage.forecasts import read_scores
from deining.storage.models import list_models
from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers
from deining.web.forecast_rows import ForecastRow, ReachRow, RecordRow, TrainingRow, forecast_row, reach_row, record_rows, training_row

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


@router.get("/v1/forecasts/outlook")
@answers(list[ForecastRow], errors=(404,))
def get_outlook(app: Running, areas: Areas, target: Annotated[str | None, Query(description="Keep the outlook of this place")] = None) -> Response:
    """The latest outlook, step by step up to 14 days ahead; it is made anew each six hours."""
    rows = []
    for runner in (app.runners[area] for area in areas):
        for (place, _), forecasts in list(runner.pipeline.outlooks.items()):
            if target is None or place == target:
                rows += [forecast_row(runner.area, forecast) for forecast in forecasts]
    return json_response(rows)


@router.get("/v1/forecasts/levels")
@answers(list[ReachRow], errors=(404,))
def get_levels(app: Running, areas: Areas, target: Annotated[str | None, Query(description="Keep the levels of this place")] = None) -> Response:
    """How likely each zone and gate reaches each level above its own, and when."""
    steps = [(app.runners[area].area, app.runners[area].latest) for area in areas]
    reaches = [(area, reach) for area, step in steps if step for reach in step.reaches if not reach.is_reached]
    return json_response([reach_row(area, reach) for area, reach in reaches if target is None or reach.target == target])


@router.get("/v1/forecasts/record")
@answers(list[RecordRow], errors=(404, 422))
def get_record(
    app: Running,
    areas: Areas,
    target: Annotated[str | None, Query(description="Keep the record of this place; empty: of all places together")] = None,
    days: Annotated[int, Query(ge=1, le=3660, description="How far back, days")] = 30,
) -> Response:
    """How good past forecasts were, all places together and each place, by lead and kind of hour; empty before anything was scored."""
    rows: list[RecordRow] = []
    with closing(app.open_reader()) as connection:
        for area in areas:
            now = app.runners[area].now()
            scores = read_scores(connection, area, now - timedelta(days=days), now, COLUMNS, target or None)
            if not target:
                rows += record_rows(area, scores, together=True)
            if target != "":
                rows += record_rows(area, scores, together=False)
    return json_response(rows)


@router.get("/v1/forecasts/models")
@answers(list[TrainingRow], errors=(404,))
def get_models(app: Running, areas: Areas) -> Response:
    """How the training of each area's forecaster goes, and the models that it gave."""
    with closing(app.open_reader()) as connection:
        rows = [training_row(app.runners[area], list_models(connection, area, app.runners[area].now())) for area in areas]
    return json_response(rows)
