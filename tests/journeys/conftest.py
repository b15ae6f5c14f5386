"""Servers as users start them: the real command, a real port, a real data folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.builders import write_area

QUICK = {"DEINING_STATE_STEP_S": "1", "DEINING_SETTLE_S": "0.05", "DEINING_MIN_FREE_DISK_BYTES": "1000000"}
"""A state each second, so that a journey need not wait for a minute."""


def run_deining(*arguments: object, timeout: float = 120, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "deining", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env={**os.environ, **(env or {})})


@dataclass
class Server:
    """A running server, the address it printed, and what it wrote to standard error."""

    process: subprocess.Popen[str]
    address: str
    area: Path
    data: Path
    errors: list[str] = field(default_factory=list)

    def token(self, sensor: str) -> str:
        """A new token for a sensor."""
        made = run_deining("token", sensor, "--area", self.area, "--data", self.data)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def post(self, body: object, token: str | None, **given: object) -> httpx.Response:
        """Post observations."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return httpx.post(f"{self.address}/v1/observations", headers={**headers, **given.pop("headers", {})}, timeout=30, **content)  # type: ignore[dict-item, arg-type]

    def get(self, path: str, **given: object) -> httpx.Response:
        """Get a path."""
        return httpx.get(self.address + path, timeout=30, **given)  # type: ignore[arg-type]


def start_server(*arguments: object, area: Path, data: Path, env: dict[str, str] | None = None, wait_s: float = 60) -> Server:
    """Start a server and wait until it is ready."""
    command = [sys.executable, "-m", "deining", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **QUICK, **(env or {})})
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    found = re.search(r"http://[\w.:\[\]]+", line)
    if not found:
        pytest.fail(f"no address was printed: {line!r} {process.stderr.read()!r}")
    server = Server(process, found.group(0), area, data)
    reader = threading.Thread(target=lambda: server.errors.extend(process.stderr or []), daemon=True)
    reader.start()
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        if server.get("/healthz").status_code == 200:
            return server
        time.sleep(0.05)
    pytest.fail(f"not ready within {wait_s} s: {''.join(server.errors)}")


def stop(server: Server) -> None:
    """End a server as Ctrl-C does."""
    if server.process.poll() is None:
        server.process.terminate()
        try:
            server.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()


Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers on the small town; all are ended afterwards."""
    servers: list[Server] = []

    def one(data: Path | None = None, env: dict[str, str] | None = None, area: Path | None = None) -> Server:
        folder, kept = area or write_area(tmp_path / "town"), data or tmp_path / "data"
        server = start_server("run", "--area", folder, "--data", kept, "--port", 0, area=folder, data=kept, env=env)
        servers.append(server)
        return server

    yield one
    for server in servers:
        stop(server)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server on the small town for a whole file of tests."""
    folder = tmp_path_factory.mktemp("journey")
    area = write_area(folder / "town")
    server = start_server("run", "--area", area, "--data", folder / "data", "--port", 0, area=area, data=folder / "data")
    yield server
    stop(server)
