"""Alerts, with their `because`."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from deining.storage.states import read_alerts
from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers
from deining.web.rows import AlertRow, alert_row

router = APIRouter()


@router.get("/v1/alerts")
@answers(list[AlertRow], errors=(404, 422))
def get_alerts(
    app: Running,
    areas: Areas,
    active: Annotated[bool, Query(description="Only those that stand now")] = False,
    hours: Annotated[int, Query(ge=1, le=168, description="How far back, hours, where not only the active ones are asked for")] = 24,
) -> Response:
    """Alerts that stand, or that stood at some time in the last hours; oldest first."""
    rows = []
    for runner in (app.runners[area] for area in areas):
        if active:
            alerts = runner.list_alerts()
        else:
            with closing(app.open_reader()) as connection:
                alerts = read_alerts(connection, runner.area.id, runner.now() - timedelta(hours=hours))
        rows += [alert_row(runner.area, alert) for alert in alerts]
    return json_response(rows)
