"""The past of one place, beside what is normal for the past and the coming hours."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from deining.domain.errors import UnknownName
from deining.storage.states import PastValue, read_past
from deining.web.context import Running, json_response
from deining.web.describe import answers
from deining.web.rows import HistoryAnswer, NormalRow, PastRow

router = APIRouter()

AHEAD = timedelta(hours=8)
MOST_POINTS = 400


@router.get("/v1/history")
@answers(HistoryAnswer, errors=(404, 422))
def get_history(
    app: Running,
    area: Annotated[str, Query(description="The area")],
    target: Annotated[str, Query(description="A zone, gate or point counter")],
    hours: Annotated[int, Query(ge=1, le=168, description="How far back, hours")] = 24,
) -> Response:
    """The past states of a place, and what is normal there."""
    runner = app.get_runner(area)
    places = [*runner.area.zones, *runner.area.gates, *(sensor.id for sensor in runner.area.list_point_counters())]
    if target not in places:
        raise UnknownName(f"zone, gate or point counter in area {area}", target, places)
    now, is_zone = runner.now(), target in runner.area.zones
    since = now - timedelta(hours=hours)
    with closing(app.open_reader()) as connection:
        past = read_past(connection, area, target, since, now, is_zone=is_zone)
    course = runner.pipeline.usual_course(target, since, now + AHEAD)
    answer = HistoryAnswer(
        area=area,
        target=target,
        quantity="occupancy" if is_zone else "flow_per_min",
        unit="persons" if is_zone else "persons/min",
        now=now,
        past=[_past_row(one) for one in _thin(past, now)],
        normal=[NormalRow(time=time, value=round(value, 4)) for time, value in course],
    )
    return json_response(answer)


def _thin(past: list[PastValue], now: datetime) -> list[PastValue]:
    """Every state where there are few, else every so many minutes; always the newest."""
    every = -(-len(past) // MOST_POINTS)
    return past if every <= 1 else [one for k, one in enumerate(reversed(past)) if k % every == 0][::-1]


def _past_row(one: PastValue) -> PastRow:
    return PastRow(time=one.time, value=one.value, p05=one.p05, p95=one.p95, quality=one.quality)  # type: ignore[arg-type]
