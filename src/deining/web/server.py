"""The HTTP application and the server that carries it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import socket
import sys
from collections.abc import AsyncIterator, Callable

import uvicorn
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from deining.app import App
from deining.domain.errors import PortInUse, WrongUse
from deining.web.acts import LOOPBACK
from deining.web.api import ROUTERS
from deining.web.api.observations import Tokens
from deining.web.describe import describe
from deining.web.errors import handle_errors
from deining.web.page import GuardHeaders, GuardHost, add_page
from deining.web.screen import Screen

END_WITHIN_S = 2
SWITCH_S = 0.0005
"""A thread that computes makes way for the others after this time, so that a post does not wait for a large area's step."""
GARBAGE_AFTER = (20_000, 20, 100)
"""Cyclic garbage is sought this seldom, because the search stops every thread."""


def make_api(app: App) -> FastAPI:
    """The HTTP application over a running app, whose areas are started and stopped with it."""

    @contextlib.asynccontextmanager
    async def live(api: FastAPI) -> AsyncIterator[None]:
        showing = asyncio.create_task(api.state.screen.run())
        app.start()
        yield
        showing.cancel()
        await asyncio.to_thread(app.close)

    api = FastAPI(title="deining", lifespan=live, docs_url=None, redoc_url=None)
    api.state.app, api.state.screen, api.state.tokens = app, Screen(app), Tokens(app)
    for router in ROUTERS:
        api.include_router(router)
    api.openapi = lambda: describe(api, ROUTERS)  # type: ignore[method-assign]
    handle_errors(api)
    if app.settings.host in LOOPBACK:
        api.add_middleware(GuardHost, names=LOOPBACK)
    api.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=4)
    api.add_middleware(GuardHeaders)
    add_page(api)
    return api


def open_socket(host: str, port: int) -> socket.socket:
    """Take the address before anything else is done, so that a port in use is known at once.

    Raises
    ------
    PortInUse
        When another program listens there.
    WrongUse
        When the address cannot be listened on.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        taken = socket.socket(family, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"port {port} on {host} is in use by another program; give another one with --port") from error
        raise WrongUse(f"cannot listen on {host} port {port}: {error.strerror or error}; give another --host or --port") from error
    return taken


def serve(app: App, taken: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    taken
        An open socket, from `open_socket`.
    on_ready
        Called once requests are answered.
    """
    sys.setswitchinterval(SWITCH_S)
    config = uvicorn.Config(make_api(app), log_level="warning", access_log=False, timeout_graceful_shutdown=END_WITHIN_S, lifespan="on")
    server = _Server(config, on_ready)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[taken])


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GARBAGE_AFTER)
            self._on_ready()
