"""At the desk: what people do through the API is checked, written with what they could see, and told onward."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deining.domain.notice import DeliveryState
from tests.builders import write_area
from tests.journeys.conftest import Server, Start, run_deining, start_server, stop

WHO = {"area": "town", "by": "J. Jansen", "role": "crowd_manager"}
MEASURES = """
[[measures]]
id = "close-north"
name = "Close the north entrance"
owner = "Stewards"
decides = "Crowd manager"
set_up_s = 600
where = ["square"]

[[scenarios]]
id = "full-square"
name = "The square fills up"
level = "orange"
measures = ["close-north"]
places = ["square"]
"""
BOWTIE = """
[[factors]]
id = "dark"
name = "Darkness"
odds_ratio = [1.1, 1.5, 2.0]
source = "judgement of a test"

[[bowties]]
id = "square"
name = "Full square"
zone = "square"
level = "red"
horizon_s = 3600
top = "The square is overcrowded"
source = "judgement of a test"
factors = ["dark"]

[[bowties.threats]]
id = "rush"
name = "Everybody comes at once"
chance = [0.1, 0.2, 0.3]

[[bowties.barriers]]
id = "stewards"
name = "Stewards at the north entrance"
on = ["rush"]
owner = "the town"
effectiveness = [0.5, 0.7, 0.8]
"""


def desk_area(folder: Path) -> Path:
    """The small town with a measure, a scenario and a bowtie."""
    area = write_area(folder / "town")
    (area / "measures.toml").write_text(MEASURES.partition("[[scenarios]]")[0])
    (area / "scenarios.toml").write_text("[[scenarios]]" + MEASURES.partition("[[scenarios]]")[2])
    (area / "bowtie.toml").write_text(BOWTIE)
    return area


@pytest.fixture
def desk(start: Start, tmp_path: Path) -> Server:
    """A live town with a measure, a scenario and a bowtie."""
    return start(area=desk_area(tmp_path))


def act(server: Server, path: str, **given: object) -> httpx.Response:
    return httpx.post(server.address + path, json={**WHO, **given}, timeout=30)


def test_a_line_is_written_corrected_and_its_action_done(desk: Server) -> None:
    first = act(desk, "/v1/logbook", text="The square fills <b>fast</b>", place="square", action={"text": "bring fences", "owner": "stewards"}).json()
    assert (first["number"], first["author"], first["text"], first["frozen"]) == (1, "J. Jansen", "The square fills <b>fast</b>", True)
    second = act(desk, "/v1/logbook", text="The square fills slowly", place="square", category="correction", corrects=1).json()
    act(desk, "/v1/logbook", text="Fences wanted", action={"text": "bring more fences", "owner": "stewards"})
    act(desk, "/v1/logbook/done", number=3)
    entries = {entry["number"]: entry for entry in desk.get("/v1/logbook?area=town").json()}
    assert (entries[1]["corrected_by"], second["corrects"]) == (2, 1)
    assert entries[3]["action"]["done_at"] is not None
    frozen = desk.get("/v1/logbook/frozen?area=town&number=1").json()
    assert [zone["zone"] for zone in frozen["zones"]] == ["square"]
    assert desk.get("/v1/logbook/export?area=town&format=csv").text.count("\n") >= 5
    assert desk.get("/v1/logbook/export?area=town&format=pdf").content.startswith(b"%PDF")


def test_a_name_in_a_line_is_warned_for_and_written_only_on_purpose(desk: Server) -> None:
    warned = act(desk, "/v1/logbook", text="Gesproken met mevrouw Bakker")
    assert (warned.status_code, warned.json()["error"]["code"]) == (422, "personal_data")
    assert warned.json()["error"]["detail"][0]["found"] == "Bakker"
    assert desk.get("/v1/logbook?area=town").json() == []
    assert act(desk, "/v1/logbook", text="Gesproken met mevrouw Bakker", anyway=True).json()["number"] == 1


def test_a_line_that_is_sent_again_under_its_key_is_written_once(desk: Server) -> None:
    def send(text: str, key: str) -> httpx.Response:
        return httpx.post(f"{desk.address}/v1/logbook", json={**WHO, "text": text}, headers={"Idempotency-Key": key}, timeout=30)

    first, again, other = send("The answer got lost", "k-1"), send("The answer got lost", "k-1"), send("The answer got lost", "k-2")
    assert (first.json()["number"], again.json(), other.json()["number"]) == (1, first.json(), 2)
    mixed = send("Another line", "k-1")
    assert (mixed.status_code, "entry 1" in mixed.json()["error"]["message"]) == (422, True)
    assert send("x", "k" * 201).status_code == 422
    assert len(desk.get("/v1/logbook?area=town").json()) == 2


def test_a_decision_comes_with_its_line_and_its_notice(desk: Server) -> None:
    decided = act(desk, "/v1/decisions", measures=["close-north"], reason="as agreed", target="square", rejected=[]).json()
    assert (decided["number"], decided["entry"], decided["measures"][0]["in_force_at"]) == (1, 1, None)
    going = act(desk, "/v1/decisions/progress", number=1, measure="close-north", state="in_force").json()
    assert going["measures"][0]["in_force_at"] is not None
    again = act(desk, "/v1/decisions/progress", number=1, measure="close-north", state="in_force")
    assert again.status_code == 422
    nothing = act(desk, "/v1/decisions", measures=[], reason="wait and see", rejected=[{"measure": "close-north", "why": "in force"}])
    assert nothing.json()["number"] == 2
    categories = [entry["category"] for entry in desk.get("/v1/logbook?area=town").json()]
    assert categories == ["decision", "measure", "decision"]
    notices = desk.get("/v1/notices?area=town").json()
    assert {(one["kind"], one["channel"], one["state"]) for one in notices} == {("decision", "screen", DeliveryState.DELIVERED)}
    assert act(desk, "/v1/decisions", measures=["dig-a-moat"], reason="no").status_code == 404
    assert "close-north" in desk.get("/v1/logbook/handover?area=town").text or "Close the north entrance" in desk.get("/v1/logbook/handover?area=town").text


def test_a_barrier_that_is_down_makes_the_top_event_likelier(desk: Server) -> None:
    def top() -> dict[str, float]:
        return desk.get("/v1/bowties?area=town").json()[0]["top"]  # type: ignore[no-any-return]

    act(desk, "/v1/bowties/factor", factor="dark", present=False)
    act(desk, "/v1/bowties/barrier", bowtie="square", barrier="stewards", status="up", why="they are there")
    before = top()
    act(desk, "/v1/bowties/barrier", bowtie="square", barrier="stewards", status="down", why="called away")
    after = top()
    assert after["chance"] >= before["chance"]
    assert after["low"] <= after["chance"] <= after["high"]
    row = desk.get("/v1/bowties?area=town").json()[0]
    assert (row["barriers"][0]["status"], row["barriers"][0]["status_by"]) == ("down", "J. Jansen")
    assert {step["kind"] for step in row["waterfall"]} >= {"base", "barrier"}


def test_an_incident_is_opened_followed_and_closed(desk: Server) -> None:
    opened = act(desk, "/v1/incidents", category="medical", text="Somebody fell at the fountain", place="square").json()
    act(desk, "/v1/logbook", text="Ambulance is there", incident=opened["id"])
    closed = act(desk, "/v1/incidents/close", id=opened["id"], text="Taken care of").json()
    assert closed["entries"] == [1, 2, 3]
    assert closed["closed_at"] is not None
    assert act(desk, "/v1/incidents/close", id=opened["id"], text="Again").status_code == 422


def test_levels_are_changed_with_a_name_and_a_reason_and_keep_their_versions(desk: Server) -> None:
    scales = [{"quantity": "density_per_m2", "yellow": 0.1, "orange": 0.2, "red": 0.3, "when": "event"}, {"table": "fruin_walking_density"}]
    assert act(desk, "/v1/levels", why="", scales=scales).status_code == 422
    wrong = act(desk, "/v1/levels", why="the stage moved", scales=[{"quantity": "density_per_m2", "yellow": 3, "orange": 2, "red": 1}])
    assert (wrong.status_code, "do not rise" in wrong.json()["error"]["message"]) == (422, True)
    changed = act(desk, "/v1/levels", why="the stage moved", scales=scales).json()
    assert (changed["version"], changed["changed_by"], changed["from_folder"]) == (2, "J. Jansen", False)
    assert [version["version"] for version in desk.get("/v1/levels/versions?area=town").json()] == [2, 1]
    assert [scale["red"] for scale in desk.get("/v1/areas").json()[0]["levels"]] == [0.3, 2.17]


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("/v1/logbook", {"text": "x" * 1_000_000}, 413),
        ("/v1/logbook", {"text": "x" * 20_000}, 413),
        ("/v1/logbook", {"text": "here", "place": "nowhere"}, 404),
        ("/v1/logbook", {"text": "here", "by": " "}, 422),
        ("/v1/logbook", {"text": "here", "role": "king"}, 422),
        ("/v1/logbook", {"text": "here", "colour": "red"}, 422),
        ("/v1/alerts/acknowledge", {"id": "no such alert"}, 404),
        ("/v1/alerts/shelve", {"id": "no such alert", "minutes": -1}, 422),
        ("/v1/decisions", {"measures": [], "reason": ""}, 422),
        ("/v1/bowties/barrier", {"bowtie": "moon", "barrier": "x", "status": "up"}, 404),
        ("/v1/notices/retry", {"id": "x", "channel": "y"}, 404),
        ("/v1/levels", {"why": "because", "scales": []}, 422),
        ("/v1/logbook", {"area": "nowhere", "text": "here"}, 404),
    ],
)
def test_a_wrong_act_is_refused_in_a_sentence_and_nothing_is_written(desk: Server, path: str, given: dict[str, object], status: int) -> None:
    answer = act(desk, path, **given)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]
    assert desk.get("/v1/logbook?area=town").json() == []
    assert desk.get("/healthz").json()["status"] == "ready"


def test_an_act_from_another_site_or_without_json_is_refused(desk: Server) -> None:
    body = '{"area": "town", "by": "J. Jansen", "role": "operator", "text": "hello"}'
    assert httpx.post(f"{desk.address}/v1/logbook", content=body, headers={"content-type": "text/plain"}).status_code == 422
    assert httpx.post(f"{desk.address}/v1/logbook", content=body, headers={"content-type": "application/json", "host": "evil.example"}).status_code == 400


def test_the_logbook_survives_a_kill_and_its_end_is_proved_later(start: Start, tmp_path: Path) -> None:
    server = start(area=desk_area(tmp_path))
    act(server, "/v1/logbook", text="before the restart")
    assert act(server, "/v1/notices/test").json()[0]["channel"] == "screen"
    data, area = server.data, server.area
    server.process.kill()
    server.process.wait()
    verified = run_deining("log", "verify", "--data", data)
    assert (verified.returncode, "1 entries, whole" in verified.stdout) == (0, True), verified.stderr
    end = verified.stdout.split()[-1]
    assert run_deining("log", "verify", "--data", data, "--area", area, "--expect", end).returncode == 0
    assert run_deining("log", "verify", "--data", data, "--area", area, "--expect", "1:" + "0" * 64).returncode == 1
    exported = run_deining("log", "export", "--data", data, "--area", area, "--out", tmp_path / "log.csv")
    assert exported.returncode == 0, exported.stderr
    assert "before the restart" in (tmp_path / "log.csv").read_text()
    refused = run_deining("exercise", area, area / "sensors.csv", "--data", data)
    assert refused.returncode != 0


@pytest.fixture
def exercise(tmp_path: Path) -> Iterator[Server]:
    """An exercise in the town, on an hour of counts."""
    area, table = desk_area(tmp_path), tmp_path / "hour.csv"
    rows = [f"count-north,count_forward,2026-07-04T12:{k:02d}:00+02:00,2026-07-04T12:{k + 1:02d}:00+02:00,{k}" for k in range(59)]
    table.write_text("\n".join(["sensor,quantity,start,end,value", *rows]) + "\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "channels.toml").write_text('[[channels]]\nname = "feed"\nkind = "cap"\nsender = "test@example.org"\n')
    server = start_server("exercise", area, table, "--data", tmp_path / "data", "--port", 0, area=area, data=tmp_path / "data")
    yield server
    stop(server)


def test_nothing_leaves_the_machine_in_an_exercise(exercise: Server) -> None:
    server = exercise
    assert server.get("/v1/areas").json()[0]["mode"] == "exercise"
    entry = act(server, "/v1/logbook", text="practising").json()
    assert entry["book"] == "exercise-1"
    act(server, "/v1/notices/test")
    until = time.monotonic() + 10
    while not (notices := server.get("/v1/notices?area=town").json()) and time.monotonic() < until:
        time.sleep(0.1)
    assert {one["state"] for one in notices if one["channel"] != "screen"} <= {DeliveryState.HELD}
