"""Observations through HTTP, as a counter sends them, right and wrong."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.conftest import Server, Start

MINUTE = timedelta(minutes=1)


def a_row(minutes_ago: float = 0, **given: object) -> dict[str, object]:
    """A row of the counter at the north gate, ended some minutes ago."""
    end = datetime.now(UTC).replace(microsecond=0) - minutes_ago * MINUTE
    row = {"sensor": "count-north", "quantity": "count_forward", "start": (end - MINUTE).isoformat(), "end": end.isoformat(), "value": 12}
    return {**row, **given}


@pytest.fixture(scope="module")
def token(town: Server) -> str:
    return town.token("count-north")


def assert_error(answer: object, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text  # type: ignore[attr-defined]
    error = answer.json()["error"]  # type: ignore[attr-defined]
    assert set(error) == {"code", "message", "detail"}
    assert [word for word in words if word not in error["message"]] == []


def test_the_same_row_twice_counts_once_and_another_value_is_a_conflict(town: Server, token: str) -> None:
    row = a_row(30)
    assert town.post([row], token).json() == {"stored": 1, "duplicate": 0, "conflicting": 0, "rejected": []}
    assert town.post([row], token).json() == {"stored": 0, "duplicate": 1, "conflicting": 0, "rejected": []}
    assert town.post([{**row, "value": 99}], token).json() == {"stored": 0, "duplicate": 1, "conflicting": 1, "rejected": []}
    until = time.monotonic() + 30
    while not (conflicts := {one["sensor"]: one for one in town.get("/v1/sensors/health").json()}["count-north"]["conflicts"]) and time.monotonic() < until:
        time.sleep(0.2)
    assert conflicts >= 1


def test_a_count_reaches_the_flow_of_its_gate(town: Server, token: str) -> None:
    rows = [a_row(k, value=9) for k in range(5)]
    assert town.post(rows, token).json()["stored"] == 5
    time.sleep(2.5)
    flow = {one["target"]: one for one in town.get("/v1/flows/states").json()}["north"]
    assert flow["forward_per_min"] == pytest.approx(10, rel=0.25)
    assert flow["quality"] == "good"
    zone = town.get("/v1/zones/states").json()[0]
    assert zone["occupancy"] > 0
    assert zone["quality"] == "partial", "the other gate has said nothing"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"quantity": "people"}, ["'people'", "count_forward"]),
        ({"quantity": "occupancy"}, ["occupancy", "gate_counter", "count_forward"]),
        ({"unit": "percent"}, ["'percent'", "persons"]),
        ({"start": "2026-07-04T12:00:00", "end": "2026-07-04T12:01:00"}, ["start"]),
        ({"start": "2026-07-04T12:01:00Z", "end": "2026-07-04T12:00:00Z"}, ["not after start"]),
        ({"start": "yesterday"}, ["start"]),
        ({"value": -1}, ["negative"]),
        ({"value": "many"}, ["value"]),
        ({"value": None}, ["value"]),
        ({"end": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}, ["ahead of the clock"]),
    ],
)
def test_a_wrong_row_is_rejected_with_its_reason_and_the_others_are_kept(town: Server, token: str, wrong: dict[str, object], words: list[str]) -> None:
    right = a_row(60 + hash(str(wrong)) % 600, value=3)
    answer = town.post([{**a_row(), **wrong}, right], token)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["stored"] + body["duplicate"] == 1
    assert [one["index"] for one in body["rejected"]] == [0]
    assert [word for word in words if word not in body["rejected"][0]["why"]] == []


def test_a_time_just_within_the_allowance_is_taken(town: Server, token: str) -> None:
    end = datetime.now(UTC) + timedelta(seconds=50)
    assert town.post([a_row(start=(end - MINUTE).isoformat(), end=end.isoformat())], token).json()["stored"] == 1


@pytest.mark.parametrize("number", [b"1e999", b"NaN", b"Infinity"])
def test_a_value_that_is_no_number_is_not_stored(town: Server, token: str, number: bytes) -> None:
    body = json.dumps([a_row(2)]).replace('"value": 12', '"value": ' + number.decode()).encode()
    answer = town.post(body, token)
    assert answer.status_code in (200, 422)
    assert answer.status_code == 422 or (answer.json()["stored"] == 0 and len(answer.json()["rejected"]) == 1)


def test_without_a_token_nothing_is_taken(town: Server) -> None:
    assert_error(town.post([a_row()], None), 401, "token")
    answer = town.post([a_row()], "deining_guessed")
    assert_error(answer, 401, "token")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_speaks_for_its_own_sensor_alone(town: Server, token: str) -> None:
    assert_error(town.post([a_row(5), a_row(5, sensor="count-south")], token), 403, "count-north")
    assert_error(town.post([a_row(5, sensor="no-such-sensor")], token), 403, "count-north")


@pytest.mark.parametrize("body", [b"{}", b"12", b"[1, 2", b"", b"\xff\xfe[]", json.dumps([a_row(sensor="caf\u00e9")], ensure_ascii=False).encode("latin-1")])
def test_what_is_no_array_of_observations_is_refused(town: Server, token: str, body: bytes) -> None:
    assert_error(town.post(body, token), 422, "JSON array")


def test_an_encoded_body_is_refused(town: Server, token: str) -> None:
    assert_error(town.post(b"[]", token, headers={"Content-Encoding": "br"}), 422, "br")


def test_a_body_of_ten_megabytes_is_refused(town: Server, token: str) -> None:
    rows = json.dumps([a_row()] * 80_000).encode()
    assert len(rows) > 10_000_000
    assert_error(town.post(rows, token), 413, "fewer")


def test_an_empty_array_is_no_error(town: Server, token: str) -> None:
    assert town.post([], token).json() == {"stored": 0, "duplicate": 0, "conflicting": 0, "rejected": []}


def test_a_sensor_whose_purpose_has_ended_is_refused(start: Start) -> None:
    server = start()
    settings = server.area / "area.toml"
    token = server.token("count-north")
    settings.write_text(settings.read_text().replace("2099-12-31", "2021-12-31"))
    server.process.terminate()
    server.process.wait(timeout=30)
    assert_error(start(area=server.area).post([a_row()], token), 403, "safety", "2021-12-31")


def test_when_too_many_posts_wait_the_sender_is_told_when_to_come_back(start: Start) -> None:
    server = start(env={"DEINING_QUEUE_POSTS": "0"})
    answer = server.post([a_row()], server.token("count-north"))
    assert_error(answer, 429, "too many")
    assert int(answer.headers["retry-after"]) >= 1


def test_when_the_disk_is_filling_nothing_is_taken(start: Start) -> None:
    server = start(env={"DEINING_MIN_FREE_DISK_BYTES": str(10**16)})
    assert_error(server.post([a_row()], server.token("count-north")), 507, "make room")
    assert server.get("/healthz").status_code == 200


def test_a_new_token_counts_at_once_while_the_server_runs(town: Server) -> None:
    assert town.post([a_row(90, sensor="count-south")], town.token("count-south")).json()["stored"] == 1


def test_what_was_acknowledged_survives_kill_9(start: Start) -> None:
    server = start()
    token = server.token("count-north")
    rows = [a_row(k) for k in range(1, 201)]
    acknowledged = 0
    for first in range(0, 200, 20):
        acknowledged += server.post(rows[first : first + 20], token).json()["stored"]
    server.process.kill()
    server.process.wait()
    again = start(area=server.area)
    answer = again.post(rows, token).json()
    assert acknowledged == 200
    assert (answer["stored"], answer["duplicate"], answer["conflicting"]) == (0, 200, 0)
    flows = {one["target"]: one for one in again.get("/v1/flows/states").json()}
    assert flows["north"]["flow_per_min"] is not None, "the picture goes on from what was stored"
