"""Alerts, with their `because`, and what people do with them."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from deining.domain.errors import UnknownName
from deining.risk.load import load_of
from deining.storage.alerts import read_alert_course, read_alerts
from deining.web.acts import Act, check_desk, read_act
from deining.web.alert_rows import AlertRow, AlertTurnRow, LoadRow, alert_row, load_row
from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers

router = APIRouter()


class AlertAct(Act):
    """An act on one alert."""

    id: str


class Shelving(AlertAct):
    """Put an alert aside for some minutes, with the reason; 0 minutes takes it from the shelf."""

    minutes: Annotated[int, msgspec.Meta(ge=0, le=720)]
    why: Annotated[str, msgspec.Meta(max_length=500)] = ""


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
            alerts = list(runner.alerts)
        else:
            with closing(app.open_reader()) as connection:
                alerts = read_alerts(connection, runner.area.id, runner.now() - timedelta(hours=hours))
        rows += [alert_row(runner.area, alert) for alert in alerts]
    return json_response(rows)


@router.get("/v1/alerts/course", dependencies=[Depends(check_desk)])
@answers(list[AlertTurnRow], errors=(403, 404))
def get_course(app: Running, area: Annotated[str, Query(description="The area")], id: Annotated[str, Query(description="Id of the alert")]) -> Response:
    """Every turn that an alert took, with its time: raised, acknowledged, shelved, risen, cleared, and by whom."""
    runner = app.get_runner(area)
    with closing(app.open_reader()) as connection:
        turns = read_alert_course(connection, runner.area.id, id)
    if not turns:
        raise UnknownName("alert", id, [alert.id for alert in runner.alerts])
    rows = [
        AlertTurnRow(
            time=turn.time,
            state=turn.state.value,
            level=turn.level.label,  # type: ignore[arg-type]
            priority=turn.priority.value,
            rule=turn.rule,
            who=turn.who,
            why=turn.why,
        )
        for turn in turns
    ]
    return json_response(rows)


@router.get("/v1/alerts/load")
@answers(list[LoadRow], errors=(404,))
def get_load(app: Running, areas: Areas) -> Response:
    """How many alerts people got in the last ten minutes, and hour by hour over the last day."""
    rows = []
    for runner in (app.runners[area] for area in areas):
        now = runner.now()
        with closing(app.open_reader()) as connection:
            alerts = read_alerts(connection, runner.area.id, now - timedelta(hours=24))
        rows.append(load_row(runner.area, load_of(alerts, now)))
    return json_response(rows)


@router.post("/v1/alerts/acknowledge")
@answers(AlertRow, body=AlertAct, errors=(403, 404, 413, 422, 429))
async def acknowledge(app: Running, request: Request) -> Response:
    """Say that an alert was seen; the first who said so stays."""
    act = await read_act(request, AlertAct)
    runner = app.get_runner(act.area)
    alert = await asyncio.to_thread(runner.change_alert, lambda book, now: book.acknowledge(act.id, now, act.by))
    return json_response(alert_row(runner.area, alert))


@router.post("/v1/alerts/shelve")
@answers(AlertRow, body=Shelving, errors=(403, 404, 413, 422, 429))
async def shelve(app: Running, request: Request) -> Response:
    """Put an alert aside for a while: it comes back by itself, at once where people are at red."""
    act = await read_act(request, Shelving)
    runner = app.get_runner(act.area)

    if act.minutes:
        until = timedelta(minutes=act.minutes)
        alert = await asyncio.to_thread(runner.change_alert, lambda book, now: book.shelve(act.id, now, now + until, act.by, act.why))
    else:
        alert = await asyncio.to_thread(runner.change_alert, lambda book, now: book.unshelve(act.id, now))
    return json_response(alert_row(runner.area, alert))
