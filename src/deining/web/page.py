"""The built page: its files, and the headers that let nothing else in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deining.web.errors import error_response

STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
A_YEAR = "public, max-age=31536000, immutable"


class PageFiles(StaticFiles):
    """The page; files whose name holds a hash may be kept, the rest is asked for anew."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = A_YEAR if path.startswith("assets/") else "no-cache"
        return response


class GuardHeaders:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded if scope["type"] == "http" else send)


class GuardHost:
    """Answers only to the names of this machine, so that no other site can speak to it through a visitor's browser."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app, self._names = app, frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            name = host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]
            if name.strip("[]") not in self._names:
                message = f"host {host!r} is not this machine; expected one of {', '.join(sorted(self._names))}"
                await error_response(400, "unknown_host", message)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def add_page(api: FastAPI) -> None:
    """Serve the page at the root; without a built page the root says what to do."""
    if (STATIC / "index.html").is_file():
        api.mount("/", PageFiles(directory=STATIC, html=True), name="page")
        return

    @api.get("/", include_in_schema=False)
    def say_what_to_do() -> Response:
        raise HTTPException(404, "the page is not built; make page builds it")
