"""What every route works with: the running app and the screen, and the areas that a request asks for."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Depends, Query, Request
from starlette.responses import Response

from deining.app import App
from deining.web.screen import Screen

AreaName = Annotated[str | None, Query(description="Keep the rows of this area")]


def get_app(request: Request) -> App:
    """The running app."""
    app: App = request.app.state.app
    return app


def get_screen(request: Request) -> Screen:
    """What there is to see now."""
    screen: Screen = request.app.state.screen
    return screen


def list_areas(request: Request, area: AreaName = None) -> list[str]:
    """The areas that a request asks for: the one named, or all.

    Raises
    ------
    UnknownName
        When no such area runs here.
    """
    app = get_app(request)
    return list(app.runners) if area is None else [app.get_runner(area).area.id]


Running = Annotated[App, Depends(get_app)]
Shown = Annotated[Screen, Depends(get_screen)]
Areas = Annotated[list[str], Depends(list_areas)]


def json_response(body: object) -> Response:
    """Rows as JSON; bytes are JSON already."""
    return Response(body if isinstance(body, bytes) else msgspec.json.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"})
