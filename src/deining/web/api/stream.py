"""Live pushes, resumable by Last-Event-ID."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response, StreamingResponse

from deining.web.context import AreaName, Areas, Shown
from deining.web.describe import answers

router = APIRouter()

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/v1/stream")
@answers(None, errors=(404,), media_type="text/event-stream")
async def get_stream(screen: Shown, areas: Areas, area: AreaName = None, last_event_id: Annotated[str | None, Header()] = None) -> Response:
    """Server-sent events `hello`, `state`, `forecast`, `alert`, `health` and `clock`."""
    messages = screen.stream.follow(area, last_event_id, screen.hello(), lambda: screen.snapshot(areas))
    return StreamingResponse(messages, media_type="text/event-stream", headers=HEADERS)
