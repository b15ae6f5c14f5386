"""Observations in through HTTP at a set pace, acknowledged after commit, while the pipeline runs and others look."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks.common import Row, get, percentile, server, wait_until
from benchmarks.town import write_town
from deining.storage.area_folder import read_area
from deining.storage.database import open_database
from deining.storage.tokens import TokenHolder, issue_token

ZONES, PER_S, POST = 1000, 5000, 50
CONNECTIONS = 24
ENV = {"DEINING_MIN_FREE_DISK_BYTES": "1000000"}


def measure(quick: bool) -> list[Row]:
    """Load an area of a thousand zones at 5,000 observations/s, in posts of 50 of one sensor each."""
    rounds, seconds = (1, 15) if quick else (3, 75)
    p99, p50, rate, states, memory = [], [], [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            area, data = write_town(Path(name) / "town", zones=ZONES), Path(name) / "data"
            (Path(name) / "tokens.json").write_text(json.dumps(_issue(area, data)))
            with server("run", "--area", area, "--data", data, "--port", 0, env=ENV) as (process, host, port):
                wait_until(lambda: get(host, port, "/healthz")[0] == 200, 60)
                watch = _Watch(process.pid, host, port)
                words = [sys.executable, "-m", "benchmarks.ingest", host, str(port), str(Path(name) / "tokens.json"), str(seconds)]
                load = subprocess.run(words, capture_output=True, text=True, check=True)
                watch.stop()
            latencies = json.loads(load.stdout)
            with sqlite3.connect(data / "deining.sqlite") as store:
                (kept,) = store.execute("SELECT count(*) FROM observation").fetchone()
            assert kept == len(latencies["ms"]) * POST, (kept, latencies["failed"])
            p50.append(statistics.median(latencies["ms"]))
            p99.append(percentile(latencies["ms"], 0.99))
            rate.append(kept / latencies["seconds"])
            states.append(percentile(watch.states_ms, 0.95))
            memory.append(watch.most_mb)
    return [
        Row(f"observations/s, acknowledged after commit, posts of {POST}, {ZONES} zones", "5,000", _list(rate, "/s")),
        Row("a post, from when it was due to its answer: median", "none", _list(p50, "ms")),
        Row("the same: p99", "< 100 ms", _list(p99, "ms")),
        Row(f"latest state of {ZONES} zones while that goes on: p95", "< 50 ms", _list(states, "ms")),
        Row("most resident memory of the server", "< 400 MB", _list(memory, "MB")),
    ]


def _list(values: list[float], unit: str) -> str:
    return f"{statistics.median(values):.0f} {unit} ({min(values):.0f} to {max(values):.0f})"


def _issue(area: Path, data: Path) -> dict[str, str]:
    store = open_database(data)
    tokens = {sensor: issue_token(store, TokenHolder("town", sensor)) for sensor in read_area(area).sensors}
    store.close()
    return tokens


class _Watch:
    """Looks at the server's memory and at the latest states, as a screen would."""

    def __init__(self, pid: int, host: str, port: int) -> None:
        self.states_ms: list[float] = []
        self.most_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(psutil.Process(pid), host, port))
        self._thread.start()

    def _run(self, process: psutil.Process, host: str, port: int) -> None:
        while not self._stop.wait(0.1):
            begin = time.monotonic()
            status, body = get(host, port, "/v1/zones/states")
            self.states_ms.append(1000 * (time.monotonic() - begin))
            assert status == 200
            assert len(body) > 100 * ZONES
            self.most_mb = max(self.most_mb, process.memory_info().rss / 1e6)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


# -- the load, in a process of its own


async def _load(host: str, port: int, tokens: dict[str, str], seconds: int) -> dict[str, object]:
    """Open-loop: each post is due at its time, whatever became of the one before; its wait counts from then."""
    sensors, due = list(tokens), asyncio.Queue[tuple[float, int]]()
    latencies: list[float] = []
    failed: list[str] = []
    begin = time.monotonic() + 0.2
    first = datetime.now(UTC) - timedelta(hours=10)
    for k in range(PER_S // POST * seconds):
        due.put_nowait((begin + k * POST / PER_S, k))

    async def worker() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        while not due.empty():
            at, k = due.get_nowait()
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            sensor = sensors[k % len(sensors)]
            start = first + timedelta(minutes=25 * (k // len(sensors)))
            rows = []
            for n in range(POST):
                s = start + timedelta(minutes=n // 2)
                quantity = ("count_forward", "count_backward")[n % 2]
                rows.append({"sensor": sensor, "quantity": quantity, "start": s.isoformat(), "end": (s + timedelta(minutes=1)).isoformat(), "value": 3})
            body = json.dumps(rows).encode()
            head = f"POST /v1/observations HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {tokens[sensor]}\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length"))
            text = await reader.readexactly(length)
            if answer.startswith(b"HTTP/1.1 200") and json.loads(text)["stored"] == POST:
                latencies.append(1000 * (time.monotonic() - at))
            else:
                failed.append(text.decode()[:200])
        writer.close()

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return {"ms": latencies, "failed": failed[:3], "seconds": time.monotonic() - begin}


if __name__ == "__main__":
    host, port, file, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(_load(host, int(port), json.loads(Path(file).read_text()), int(seconds)))))
