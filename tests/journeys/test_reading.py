"""Reading and following: rows are as described, errors have one shape, the stream is resumed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pytest

from deining.forecasting.record import AT, COLUMNS
from deining.storage.database import open_database
from deining.storage.forecasts import ScoreKey, write_scores
from deining.storage.models import KeptModel, write_model
from deining.web.api import ROUTERS
from deining.web.forecast_rows import RecordRow, TrainingRow
from tests.journeys.conftest import Server, Start

PATHS = [
    "/healthz",
    "/v1/areas",
    "/v1/areas/town/map",
    "/v1/zones/states",
    "/v1/zones/totals",
    "/v1/zones/totals?area=town&zones=square",
    "/v1/flows/states",
    "/v1/forecasts",
    "/v1/forecasts/outlook",
    "/v1/forecasts/levels",
    "/v1/forecasts/levels?area=town&target=square",
    "/v1/forecasts/record",
    "/v1/forecasts/record?area=town&target=square&days=7",
    "/v1/forecasts/models",
    "/v1/history?area=town&target=square",
    "/v1/history?area=town&target=north&hours=2",
    "/v1/alerts",
    "/v1/alerts?active=true",
    "/v1/alerts/load",
    "/v1/levels",
    "/v1/levels/versions",
    "/v1/measures",
    "/v1/proposals",
    "/v1/decisions",
    "/v1/logbook",
    "/v1/logbook/handover?area=town",
    "/v1/incidents",
    "/v1/bowties",
    "/v1/notices",
    "/v1/sensors/health",
    "/v1/clock",
]


def answer_kind(path: str) -> object:
    """What the route of a path says that it answers."""
    bare = path.partition("?")[0].replace("/town/", "/{area}/")
    return next(r.endpoint.answers[0] for router in ROUTERS for r in router.routes if r.path == bare and "GET" in r.methods)  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_as_its_route_says(town: Server, path: str) -> None:
    answer = town.get(path)
    assert answer.status_code == 200, answer.text
    msgspec.json.decode(answer.content, type=answer_kind(path), strict=True)  # type: ignore[arg-type]


def test_every_path_is_described_and_every_description_resolves(town: Server) -> None:
    document = town.get("/openapi.json").json()
    assert set(document["paths"]) == {route.path for router in ROUTERS for route in router.routes}  # type: ignore[attr-defined]
    references = set(msgspec.json.encode(document).decode().split('"$ref":"')[1:])
    names = {reference.partition('"')[0].rpartition("/")[2] for reference in references}
    assert names <= set(document["components"]["schemas"])
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["description"]
            assert "200" in operation["responses"]


def test_every_row_carries_its_area_and_area_filters(town: Server) -> None:
    for path in ("/v1/zones/states", "/v1/flows/states", "/v1/sensors/health"):
        assert {row["area"] for row in town.get(path).json()} == {"town"}
        answer = town.get(path, params={"area": "atlantis"})
        assert answer.status_code == 404
        assert "town" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/areas", 405),
        ("GET", "/v1/areas/atlantis/map", 404),
        ("GET", "/v1/history?area=town&target=nowhere", 404),
        ("GET", "/v1/history?area=town", 422),
        ("GET", "/v1/history?area=town&target=square&hours=0", 422),
        ("GET", "/v1/alerts?active=perhaps", 422),
        ("GET", "/v1/forecasts/record?days=0", 422),
        ("GET", "/v1/forecasts/outlook?area=atlantis", 404),
        ("GET", "/v1/forecasts/levels?area=atlantis", 404),
        ("GET", "/v1/forecasts/record?area=atlantis", 404),
        ("GET", "/v1/forecasts/models?area=atlantis", 404),
        ("POST", "/v1/clock", 422),
    ],
)
def test_every_error_has_the_same_shape(town: Server, method: str, path: str, status: int) -> None:
    answer = httpx.request(method, town.address + path)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert set(answer.json()["error"]) == {"code", "message", "detail"}


def test_the_clock_of_a_live_area_cannot_be_moved(town: Server) -> None:
    answer = httpx.post(f"{town.address}/v1/clock", json={"area": "town", "paused": True})
    assert answer.status_code == 403
    assert "live" in answer.json()["error"]["message"]


def test_another_site_cannot_speak_to_a_server_on_this_machine(town: Server) -> None:
    answer = town.get("/v1/areas", headers={"Host": "example.org"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unknown_host"


def test_the_page_is_served_with_a_policy_that_lets_nothing_else_in(town: Server) -> None:
    answer = town.get("/")
    if answer.status_code == 404:
        pytest.skip("the page is not built here")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "http://" not in answer.text.replace("http://www.w3.org", "")
    assert "https://" not in answer.text


def events(server: Server, last_id: str | None = None, *, most: int, seconds: float = 10) -> Iterator[tuple[str, str, object]]:
    """(id, kind, data) of the stream's next messages."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    until = time.monotonic() + seconds
    with httpx.stream("GET", f"{server.address}/v1/stream", headers=headers, timeout=seconds) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        found: dict[str, str] = {}
        for line in answer.iter_lines():
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                found[name] = value
            elif found:
                yield found.get("id", ""), found["event"], json.loads(found["data"])
                found, most = {}, most - 1
                if not most or time.monotonic() > until:
                    return


def test_the_stream_says_hello_then_the_full_state_then_what_happens(town: Server) -> None:
    heard = list(events(town, most=6))
    assert heard[0][1] == "hello"
    assert heard[0][2]["areas"] == ["town"]  # type: ignore[index]
    assert heard[1][1] == "state"
    assert {row["zone"] for row in heard[1][2]["zones"]} == {"square"}  # type: ignore[index]
    assert {kind for _, kind, _ in heard[3:]} & {"state", "health"}


def test_a_viewer_that_comes_back_gets_what_it_missed_and_nothing_twice(town: Server) -> None:
    first = [number for number, kind, _ in events(town, most=8) if kind in ("state", "health") and number]
    time.sleep(2.2)
    again = [number for number, kind, _ in events(town, first[-1], most=5) if kind != "hello"]
    numbers = [int(one.rpartition("-")[2]) for one in again]
    assert numbers[0] == int(first[-1].rpartition("-")[2]) + 1
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_an_id_of_another_run_gets_the_full_state(town: Server) -> None:
    heard = [kind for _, kind, _ in events(town, "ffffffff-3", most=3)]
    assert heard[:2] == ["hello", "state"]


def test_totals_are_of_the_area_its_groups_and_any_zones(town: Server) -> None:
    (whole,) = [row for row in town.get("/v1/zones/totals").json() if row["group"] == ""]
    assert whole["area"] == "town"
    assert whole["zones"] == ["square"]
    (asked,) = town.get("/v1/zones/totals", params={"area": "town", "zones": "square"}).json()
    assert asked["zones"] == ["square"]
    unknown = town.get("/v1/zones/totals", params={"area": "town", "zones": "square,moon"})
    assert unknown.status_code == 404
    assert "moon" in unknown.json()["error"]["message"]
    assert town.get("/v1/zones/totals", params={"area": "town", "zones": " , "}).status_code == 422


@pytest.mark.parametrize(
    ("zone", "asked", "status", "word"),
    [
        ("moon", {"area": "town"}, 404, "moon"),
        ("square", {"area": "atlantis"}, 404, "atlantis"),
        ("square", {"area": "town", "time": "2099-01-01T00:00:00Z"}, 422, "has not come"),
        ("square", {"area": "town", "time": "2026-01-01T00:00:00"}, 422, "offset"),
        ("square", {"area": "town", "time": "2020-01-01T00:00:00Z"}, 404, "nothing was observed"),
    ],
)
def test_what_cannot_be_explained_is_said(town: Server, zone: str, asked: dict[str, str], status: int, word: str) -> None:
    answer = town.get(f"/v1/zones/{zone}/explanation", params=asked)
    assert answer.status_code == status
    assert word in answer.json()["error"]["message"]


def test_before_anything_was_scored_the_record_is_empty_and_no_model_is_there(town: Server) -> None:
    assert town.get("/v1/forecasts/record").json() == []
    (row,) = msgspec.json.decode(town.get("/v1/forecasts/models").content, type=list[TrainingRow])
    assert (row.area, row.models, row.last_failure, row.last_learned_at) == ("town", [], "", None)


def keep_record(data: Path, days_ago: int, place: str, kind: str, model: str, **sums: float) -> None:
    """Keep scored steps of some days ago, one to two hours ahead."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    values = np.zeros(len(COLUMNS))
    for name, value in sums.items():
        values[AT[name]] = value
    key = ScoreKey(day=int(at.timestamp()) // 86_400, target=place, quantity="occupancy", lead_s=7200, kind=kind, model=model)
    store = open_database(data)
    write_scores(store, "town", [], {key: (int(at.timestamp()) - 900, int(at.timestamp()), values)}, COLUMNS, 900)
    store.close()


def test_the_record_tells_how_good_the_last_forecasts_were_by_place_and_kind_of_hour(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    good = {"error": 20.0, "truth": 800.0, "n_last_week": 8, "error_last_week": 16.0, "last_week": 32.0, "inside80": 8, "inside95": 10}
    keep_record(data, 1, "square", "quiet", "ordinary_weeks", n=10, missing=2, **good)
    keep_record(data, 2, "square", "busy", "last_week", n=30, error=180.0, truth=900.0, yellow_hits=3, yellow_misses=1, yellow_chance_hits=4)
    keep_record(data, 3, "other", "unknown", "ordinary_weeks", n=10, error=100.0, truth=100.0)
    keep_record(data, 20, "square", "special", "ordinary_weeks", n=1, error=1.0)
    town = start(data)

    def read(**asked: object) -> dict[tuple[str | None, str], RecordRow]:
        answer = town.get("/v1/forecasts/record", params={"area": "town", **asked})
        return {(row.target, row.kind): row for row in msgspec.json.decode(answer.content, type=list[RecordRow], strict=True)}

    square = read(target="square", days=7)
    assert set(square) == {("square", "all"), ("square", "quiet"), ("square", "busy")}
    quiet, busy, whole = square["square", "quiet"], square["square", "busy"], square["square", "all"]
    assert (quiet.n, quiet.missing, quiet.mae, quiet.to_last_week, quiet.cover80, quiet.cover95) == (10, 2, 2.0, 0.5, 0.8, 1.0)
    assert (quiet.band, quiet.lead_from_s, quiet.lead_to_s) == ("1 to 2 h", 3600, 7200)
    assert quiet.to_ordinary_weeks is None, "what is not known is null"
    assert quiet.levels == {}
    assert busy.to_last_week is None
    assert (busy.levels["yellow"].hits, busy.levels["yellow"].misses, busy.levels_by_chance["yellow"].hits) == (3, 1, 4)
    assert (whole.n, whole.mae) == (40, 5.0)
    assert [(one.name, one.share) for one in whole.models] == [("last_week", 0.75), ("ordinary_weeks", 0.25)]
    assert whole.since < busy.until < quiet.since < whole.until
    assert set(read(days=7)) == {*square, ("other", "all"), (None, "all"), (None, "quiet"), (None, "busy")}
    assert set(read(target="", days=30)) == {(None, "all"), (None, "quiet"), (None, "busy"), (None, "special")}
    assert read(target="", days=7)[None, "all"].n == 50
    assert read(target="nowhere") == {}


def test_the_models_tell_what_they_learned_from_and_why_one_was_not_taken(start: Start, tmp_path: Path) -> None:
    at = datetime(2026, 7, 4, tzinfo=UTC)
    model = KeptModel(
        name="any", version="v1", code_version="c1", data_version="d1", seed=7, learned_until=at, tried_at=at, adopted_at=None, refused="it was worse",
        holdout_steps=100, score=0.2, champion_score=0.1, digest="",
    )  # fmt: skip
    store = open_database(tmp_path / "data")
    write_model(store, "town", model)
    store.close()
    (row,) = msgspec.json.decode(start(tmp_path / "data").get("/v1/forecasts/models").content, type=list[TrainingRow], strict=True)
    assert row.forecaster == "combined"
    (found,) = row.models
    assert (found.version, found.learned_until, found.adopted_at, found.refused, found.in_use) == ("v1", at, None, "it was worse", False)
    assert (found.score, found.champion_score) == (0.2, 0.1)
