"""How soon a newcomer sees something: the demo's second start, the weight of the page, the first picture."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.common import ROOT, Row, address_of, deining, get, get_json, server, spread, wait_until

STATIC = ROOT / "src" / "deining" / "web" / "static"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PICTURE = """
import { chromium } from "playwright-core";
const flags = ["--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
const browser = await chromium.launch({ executablePath: process.argv[3], args: flags });
const page = await (await browser.newContext({ viewport: { width: 1600, height: 900 } })).newPage();
const begin = Date.now();
await page.goto(process.argv[2]);
await page.waitForSelector("html[data-ready]", { timeout: 60000 });
const ready = Date.now() - begin;
await page.waitForSelector("html[data-map]", { timeout: 60000 });
const map = Date.now() - begin;
const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
console.log(JSON.stringify({ paint, ready, map }));
await browser.close();
"""


def measure(quick: bool) -> list[Row]:
    """Start the demo twice with a cache of its own, weigh the page, and look at it in Chromium."""
    with tempfile.TemporaryDirectory() as cache:
        env = {"XDG_CACHE_HOME": cache}
        first = _start(env)
        seconds = [_start(env) for _ in range(1 if quick else 5)]
        with server("demo", "--port", 0, "--no-browser", env=env) as (_, host, port):
            wait_until(lambda: _is_settled(host, port), 120)
            pictures = [picture for _ in range(1 if quick else 5) if (picture := _look(f"http://{host}:{port}"))]
    first_load, everything = _weigh()
    rows = [
        Row("demo, first start until both areas are settled", "none", spread([first], "s")),
        Row("demo, second start until the page, both areas and their states are there", "< 15 s", spread(seconds, "s")),
        Row("page, gzipped: what the first look loads", "<= 0.7 MB", f"{first_load / 1e6:.3f} MB"),
        Row("page, gzipped: all files", "none", f"{everything / 1e6:.3f} MB"),
    ]
    if not pictures:
        return [*rows, Row("first picture in headless Chromium", "< 3 s", "skipped: no Chromium, Node or playwright-core here")]
    return [
        *rows,
        Row("first picture in headless Chromium, drawn in software", "< 3 s", spread([one["paint"] / 1000 for one in pictures], "s", 2)),
        Row("figures and lists on the page", "none", spread([one["ready"] / 1000 for one in pictures], "s", 2)),
        Row("map drawn", "none", spread([one["map"] / 1000 for one in pictures], "s", 2)),
    ]


def _start(env: dict[str, str]) -> float:
    begin = time.monotonic()
    process = deining("demo", "--port", 0, "--no-browser", env=env)
    try:
        host, port = address_of(process)
        wait_until(lambda: get(host, port, "/")[0] == 200 and _is_settled(host, port), 180)
        return time.monotonic() - begin
    finally:
        process.terminate()
        process.wait(timeout=60)


def _is_settled(host: str, port: int) -> bool:
    clocks = get_json(host, port, "/v1/clock")
    assert isinstance(clocks, list)
    states = [get_json(host, port, f"/v1/{kind}/states") for kind in ("zones", "flows")]
    return get(host, port, "/healthz")[0] == 200 and not any(clock["moving"] for clock in clocks) and all(states)


def _weigh() -> tuple[int, int]:
    """Bytes, gzipped, of what index.html names and what that loads at once, and of all files."""
    sizes = {file.relative_to(STATIC).as_posix(): len(gzip.compress(file.read_bytes(), 9)) for file in STATIC.rglob("*") if file.is_file()}
    named = {"index.html", *re.findall(r'(?:src|href)="/?([^"]+)"', (STATIC / "index.html").read_text())}
    lazily = {name for name in sizes if name.startswith("assets/")}
    return sum(size for name, size in sizes.items() if name in named | lazily), sum(sizes.values())


def _look(address: str) -> dict[str, float] | None:
    frontend = ROOT / "frontend"
    if not Path(CHROMIUM).exists() or not shutil.which("node") or not (frontend / "node_modules" / "playwright-core").exists():
        return None
    words = ["node", "--input-type=module", "-", address, CHROMIUM]
    found = subprocess.run(words, input=PICTURE, capture_output=True, text=True, cwd=frontend, timeout=300)
    if found.returncode:
        raise RuntimeError(found.stderr)
    return dict(json.loads(found.stdout))
