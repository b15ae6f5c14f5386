"""Notices: what was told onward, what waits, and what could not be delivered."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from deining.domain.errors import UnknownName
from deining.storage.outbox import find_notice, list_notices, retry
from deining.web.acts import Act, check_desk, read_act
from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers
from deining.web.desk_rows import NoticeRow, notice_row

router = APIRouter(dependencies=[Depends(check_desk)])


class Retrying(Act):
    """Send a notice again over a channel."""

    id: str
    channel: str


@router.get("/v1/notices")
@answers(list[NoticeRow], errors=(403, 404, 422))
def get_notices(app: Running, areas: Areas, limit: Annotated[int, Query(ge=1, le=1000, description="At most so many")] = 200) -> Response:
    """Notices of the book that is written in now, newest first, each on each of its channels."""
    rows = []
    with closing(app.open_reader()) as connection:
        for runner in (app.runners[area] for area in areas):
            rows += [notice_row(runner.area, kept) for kept in list_notices(connection, runner.area.id, runner.desk.book, limit)]
    return json_response(rows)


@router.post("/v1/notices/retry")
@answers(NoticeRow, body=Retrying, errors=(403, 404, 413, 422, 429))
async def retry_notice(app: Running, request: Request) -> Response:
    """Send again what was given up, or at once what waits."""
    act = await read_act(request, Retrying)
    runner = app.get_runner(act.area)
    office = runner.desk.office

    def again() -> NoticeRow:
        office.write(lambda connection: retry(connection, act.area, act.id, act.channel, office.wall(), by=act.by, role=act.role))
        with closing(app.open_reader()) as connection:
            kept = find_notice(connection, act.area, act.id, act.channel)
        if kept is None:
            raise UnknownName("notice", act.id, [])
        return notice_row(runner.area, kept)

    row = await asyncio.to_thread(again)
    app.wake_dispatcher()
    return json_response(row)


@router.post("/v1/notices/test")
@answers(list[NoticeRow], body=Act, errors=(403, 404, 413, 422, 429))
async def send_test(app: Running, request: Request) -> Response:
    """Send a test notice every way of an area, to see that each works; what becomes of it stands among the notices."""
    act = await read_act(request, Act)
    runner = app.get_runner(act.area)

    def send() -> list[NoticeRow]:
        notice = runner.desk.test_notice(runner.now())
        with closing(app.open_reader()) as connection:
            return [notice_row(runner.area, kept) for kept in list_notices(connection, act.area, runner.desk.book, 50) if kept.notice.id == notice.id]

    rows = await asyncio.to_thread(send)
    app.wake_dispatcher()
    return json_response(rows)
