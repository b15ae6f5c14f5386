"""What all benchmarks share: rows of figures, servers that are started and ended, and posts over one connection."""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED_BENCH = ROOT.parent / "shared" / "bench"


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, what is asked, and what came out."""

    what: str
    asked: str
    measured: str


Benchmark = Callable[[bool], list[Row]]


def spread(values: Sequence[float], unit: str, digits: int = 1) -> str:
    """Median with the range of several rounds."""
    middle = f"{statistics.median(values):.{digits}f} {unit}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f}, {len(values)} rounds)"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of all lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def deining(*words: object, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a command of deining."""
    command = [sys.executable, "-m", "deining", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}, cwd=ROOT)


def address_of(process: subprocess.Popen[str]) -> tuple[str, int]:
    """Host and port that a starting server prints."""
    assert process.stdout
    line = process.stdout.readline()
    found = re.search(r"http://([\d.]+):(\d+)", line)
    if not found:
        raise RuntimeError(f"the server printed no address: {line!r}")
    return found.group(1), int(found.group(2))


@contextmanager
def server(*words: object, env: dict[str, str] | None = None) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """A server that is ended afterwards; gives process, host and port."""
    process = deining(*words, env=env)
    try:
        yield process, *address_of(process)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def get(host: str, port: int, path: str) -> tuple[int, bytes]:
    """Status and body of a path."""
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def get_json(host: str, port: int, path: str) -> object:
    """A path's JSON."""
    return json.loads(get(host, port, path)[1])


def wait_until(check: Callable[[], bool], limit_s: float, every_s: float = 0.02) -> float:
    """Seconds until something holds.

    Raises
    ------
    TimeoutError
        When it does not within the limit.
    """
    begin = time.monotonic()
    while time.monotonic() - begin < limit_s:
        try:
            if check():
                return time.monotonic() - begin
        except (OSError, http.client.HTTPException, ValueError):
            pass
        time.sleep(every_s)
    raise TimeoutError(f"not within {limit_s} s")
