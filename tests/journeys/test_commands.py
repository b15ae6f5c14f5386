"""The command line, as it is typed: right, wrong, and what is left behind."""

from __future__ import annotations

import csv
import json
import resource
import socket
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import write_area
from tests.journeys.conftest import Start, run_deining

BEGIN = datetime(2026, 7, 4, 8, 0, tzinfo=UTC)


@pytest.fixture
def area(tmp_path: Path) -> Path:
    return write_area(tmp_path / "town")


def write_evening(path: Path, minutes: int = 90, **given: str) -> Path:
    """Two gates: people come in by the north and leave by the south, half as many."""
    says = (("north", "forward", 20), ("north", "backward", 1), ("south", "forward", 1), ("south", "backward", 10))
    rows = []
    for k in range(minutes):
        more = (-1) ** k
        start, end = BEGIN + timedelta(minutes=k), BEGIN + timedelta(minutes=k + 1)
        for gate, way, value in says:
            rows.append(
                {
                    "sensor": f"count-{gate}",
                    "quantity": f"count_{way}",
                    "start": start.isoformat(),
                    "end": end.isoformat(),
                    "value": value + more * (value > 1),
                    **given,
                }
            )
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def assert_one_line(text: str, *words: str) -> None:
    assert text.count("\n") == 1, text
    assert text.startswith("deining: ")
    assert [word for word in words if word not in text] == []


def test_the_shipped_areas_are_right() -> None:
    for name in ("auckland", "strand"):
        found = run_deining("check", name)
        assert (found.returncode, found.stderr) == (0, "")
        assert "nothing is wrong" in found.stdout


def test_a_wrong_area_is_told_with_file_record_found_and_expected(area: Path) -> None:
    gates = area / "gates.geojson"
    gates.write_text(gates.read_text().replace('"to_zone": "square"', '"to_zone": "circle"', 1))
    found = run_deining("check", area)
    assert found.returncode == 1
    assert_one_line(found.stderr, "gates.geojson", "north", "circle", "id of a zone")


def test_an_area_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = run_deining("check", tmp_path / "nowhere")
    assert found.returncode == 1
    assert_one_line(found.stderr, "area.toml", "nothing", "area folder")


@pytest.mark.parametrize("words", [[], ["fly"], ["replay"], ["run", "--area", "strand"], ["demo", "--port", "http"], ["backtest", "x.csv", "--weeks", "0"]])
def test_wrong_use_is_exit_2_and_one_line(words: list[str]) -> None:
    found = run_deining(*words)
    assert found.returncode == 2
    assert_one_line(found.stderr, "--help")


def test_a_replay_writes_the_tables_of_the_contracts(area: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = run_deining("replay", area, write_evening(tmp_path / "evening.csv", 100), "--out", out)
    assert found.returncode == 0, found.stderr
    assert found.stderr == "", "a progress bar is for a terminal"
    zones = read(out / "zone_states.csv")
    assert list(zones[0])[:8] == ["zone", "time", "occupancy", "occupancy_p05", "occupancy_p95", "density_per_m2", "data_age_s", "quality"]
    assert [row["time"] for row in zones] == [(BEGIN + timedelta(minutes=k + 1)).isoformat() for k in range(100)]
    assert float(zones[-1]["occupancy"]) == pytest.approx(100 * (20 - 1 + 1 - 10) / 0.9, rel=0.03)
    assert float(zones[-1]["occupancy_p05"]) < float(zones[-1]["occupancy"]) < float(zones[-1]["occupancy_p95"])
    flows = read(out / "flow_states.csv")
    assert {row["target"] for row in flows} == {"north", "south"}
    assert list(flows[0])[:10] == [
        "target", "time", "forward_per_min", "backward_per_min", "p05", "p95", "specific_flow_per_m_min", "ratio_to_normal", "data_age_s", "quality",
    ]  # fmt: skip
    alerts = read(out / "alerts.csv")
    assert list(alerts[0])[:8] == ["id", "zone", "target", "kind", "level", "raised_at", "cleared_at", "because"]
    assert [(row["zone"], row["kind"], row["level"], row["cleared_at"]) for row in alerts if row["zone"]] == [("square", "crowd", "red", "")]
    assert "Square" in alerts[0]["because"] or "square" in alerts[0]["because"]
    assert list(read(out / "forecasts.csv")[0])[:12] == [
        "target", "quantity", "origin", "time", "mean", "p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5",
    ]  # fmt: skip
    assert (out / "sensor_health.csv").read_text().splitlines()[0] == "sensor,start,end,fault"
    assert sorted(file.name for file in out.iterdir()) == ["alerts.csv", "flow_states.csv", "forecasts.csv", "sensor_health.csv", "zone_states.csv"]


def test_a_replay_has_no_hindsight(area: Path, tmp_path: Path) -> None:
    whole, half = tmp_path / "whole", tmp_path / "half"
    assert run_deining("replay", area, write_evening(tmp_path / "a.csv", 90), "--out", whole).returncode == 0
    assert run_deining("replay", area, write_evening(tmp_path / "b.csv", 45), "--out", half).returncode == 0
    for table in ("zone_states.csv", "flow_states.csv"):
        early = read(half / table)
        assert early == read(whole / table)[: len(early)]


def test_what_one_day_learned_serves_the_next(area: Path, tmp_path: Path) -> None:
    calibration = tmp_path / "learned.json"
    for _ in range(2):
        found = run_deining("replay", area, write_evening(tmp_path / "e.csv"), "--out", tmp_path / "out", "--calibration", calibration)
        assert found.returncode == 0, found.stderr
    rates = {(row["sensor"], row["quantity"]): row["persons_per_s"] for row in json.loads(calibration.read_text())["rates"]}
    assert rates["count-north", "count_forward"] == pytest.approx(20 / 60)
    learned = {(row["sensor"], row["parameter"]): row["sd"] for row in json.loads(calibration.read_text())["parameters"]}
    assert 0 < learned["count-north", "inverse_rate_forward"] < 0.1
    calibration.write_text("{}")
    found = run_deining("replay", area, tmp_path / "e.csv", "--out", tmp_path / "other", "--calibration", calibration)
    assert found.returncode == 1
    assert_one_line(found.stderr, "learned.json", "calibration")
    assert not (tmp_path / "other").exists()


def test_a_silent_counter_is_found_dated_and_widens_the_interval(area: Path, tmp_path: Path) -> None:
    lines = write_evening(tmp_path / "evening.csv").read_text().splitlines()
    kept = [line for line in lines if "count-south" not in line or line.split(",")[2] < (BEGIN + timedelta(minutes=30)).isoformat()]
    (tmp_path / "evening.csv").write_text("\n".join(kept) + "\n")
    assert run_deining("replay", area, tmp_path / "evening.csv", "--out", tmp_path / "out").returncode == 0
    (fault,) = read(tmp_path / "out" / "sensor_health.csv")
    assert (fault["sensor"], fault["start"], fault["end"]) == ("count-south", (BEGIN + timedelta(minutes=30)).isoformat(), "")
    zones = read(tmp_path / "out" / "zone_states.csv")
    assert zones[-1]["quality"] == "partial"
    width = [float(row["occupancy_p95"]) - float(row["occupancy_p05"]) for row in zones]
    assert width[-1] > 3 * width[29]
    assert [row["kind"] for row in read(tmp_path / "out" / "alerts.csv") if row["target"] == "count-south"] == ["data"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("count-north,count_forward", "count-west,count_forward"), ["count-west", "sensors.csv"]),
        (("count-north,count_forward", "camera,count_forward"), ["camera", "count_forward", "occupancy"]),
        (("count_forward", "people"), ["people", "count_forward"]),
        (("+00:00", ""), ["offset"]),
        ((",21\n", ",-20\n"), ["-20"]),
        ((",21\n", ",many\n"), ["many"]),
    ],
)
def test_a_wrong_table_is_exit_1_and_leaves_nothing(area: Path, tmp_path: Path, change: tuple[str, str], words: list[str]) -> None:
    table = write_evening(tmp_path / "evening.csv", 3)
    table.write_text(table.read_text().replace("\r\n", "\n").replace(*change))
    found = run_deining("replay", area, table, "--out", tmp_path / "out")
    assert found.returncode == 1
    assert_one_line(found.stderr, "evening.csv", *words)
    assert not (tmp_path / "out").exists()


def test_a_row_received_before_it_ended_is_refused(area: Path, tmp_path: Path) -> None:
    table = write_evening(tmp_path / "evening.csv", 3, received_at=(BEGIN - timedelta(minutes=5)).isoformat())
    found = run_deining("replay", area, table, "--out", tmp_path / "out")
    assert found.returncode == 1
    assert_one_line(found.stderr, "received_at", "count-north")


def test_a_place_that_cannot_be_written_is_told_before_anything_is_left(area: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    found = run_deining("replay", area, write_evening(tmp_path / "evening.csv", 3), "--out", tmp_path / "taken")
    assert found.returncode == 2
    assert_one_line(found.stderr, "taken", "--out")
    assert (tmp_path / "taken").read_text() == "a file"


def write_counts(path: Path, weeks: int = 6) -> Path:
    lines = ["sensor,quantity,start,end,value"]
    for hour in range(weeks * 168):
        start = BEGIN + timedelta(hours=hour)
        lines.append(f"quay,count,{start.isoformat()},{(start + timedelta(hours=1)).isoformat()},{100 + start.hour * 10 + 50 * (start.weekday() == 5)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_forecasts_are_written_for_every_origin_and_step(tmp_path: Path) -> None:
    counts = write_counts(tmp_path / "counts.csv")
    origins = [BEGIN + timedelta(weeks=5), BEGIN + timedelta(weeks=5, hours=7)]
    (tmp_path / "origins.csv").write_text("origin\n" + "".join(f"{origin.isoformat()}\n" for origin in origins))
    found = run_deining("forecast", counts, "--origins", tmp_path / "origins.csv", "--horizon", "48h", "--out", tmp_path / "f.csv", "--holidays", "NL")
    assert found.returncode == 0, found.stderr
    rows = read(tmp_path / "f.csv")
    assert [(row["origin"], row["time"]) for row in rows] == [(o.isoformat(), (o + timedelta(hours=k)).isoformat()) for o in origins for k in range(48)]
    for row in rows:
        time = datetime.fromisoformat(row["time"])
        assert float(row["p50"]) == pytest.approx(100 + time.hour * 10 + 50 * (time.weekday() == 5), abs=1)
        values = [float(row[name]) for name in ("p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5")]
        assert values == sorted(values)


def test_nothing_later_than_an_origin_is_used(tmp_path: Path) -> None:
    counts, origin = write_counts(tmp_path / "counts.csv"), BEGIN + timedelta(weeks=4)
    (tmp_path / "origins.csv").write_text(f"origin\n{origin.isoformat()}\n")
    words = ["--origins", tmp_path / "origins.csv", "--horizon", "24h", "--holidays", "NL", "--out"]
    assert run_deining("forecast", counts, *words, tmp_path / "a.csv").returncode == 0
    lines = counts.read_text().splitlines()
    poisoned = [line if line.startswith("sensor") or line.split(",")[3] <= origin.isoformat() else line.rpartition(",")[0] + ",1e9" for line in lines]
    counts.write_text("\n".join(poisoned) + "\n")
    assert run_deining("forecast", counts, *words, tmp_path / "b.csv").returncode == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_backtest_compares_every_model_with_last_week(tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    found = run_deining("backtest", write_counts(tmp_path / "counts.csv"), "--weeks", "1", "--horizon", "24h", "--holidays", "NL", "--out", out)
    assert found.returncode == 0, found.stderr
    assert "ordinary_weeks" in found.stdout
    assert "last_week" in found.stdout
    assert out.exists()


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["--horizon", "a week"], 2, ["a week", "168h"]),
        (["--model", "prophett"], 2, ["prophett", "ordinary_weeks"]),
        (["--holidays", "XX"], 2, ["XX", "NL"]),
        (["--out", "f.xlsx"], 2, ["f.xlsx", ".parquet"]),
    ],
)
def test_a_wrong_forecast_is_told_in_one_line(tmp_path: Path, words: list[str], code: int, expected: list[str]) -> None:
    (tmp_path / "origins.csv").write_text(f"origin\n{(BEGIN + timedelta(weeks=4)).isoformat()}\n")
    usual = ["--origins", tmp_path / "origins.csv", "--horizon", "24h", "--out", tmp_path / "f.csv", "--holidays", "NL"]
    found = run_deining("forecast", write_counts(tmp_path / "counts.csv", 5), *usual, *words)
    assert found.returncode == code, found.stderr
    assert_one_line(found.stderr, *expected)
    assert not (tmp_path / "f.csv").exists()


CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a test//EN\r\nBEGIN:VEVENT\r\nUID:feast\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
FEAST = CALENDAR.format("SUMMARY:The feast\r\nDTSTART:20260711T120000\r\nDURATION:PT5H\r\nRRULE:FREQ=WEEKLY")


def write_drivers(folder: Path) -> None:
    (folder / "events.ics").write_text(FEAST)
    (folder / "school_holidays.ics").write_text(CALENDAR.format("DTSTART;VALUE=DATE:20260718\r\nDTEND;VALUE=DATE:20260831"))
    (folder / "weather.csv").write_text("time,issued_at,temperature_c\n2026-07-04T10:00:00Z,,21\n2026-09-04T10:00:00Z,2026-07-04T10:00:00Z,17\n")


def test_calendars_and_weather_in_an_area_folder_are_checked(area: Path) -> None:
    write_drivers(area)
    found = run_deining("check", area)
    assert (found.returncode, found.stderr) == (0, "")
    assert " 0 events" not in found.stdout
    (area / "events.ics").write_text(FEAST.replace("FREQ=WEEKLY", "FREQ=SECONDLY"))
    (area / "school_holidays.ics").write_text(FEAST)
    (area / "weather.csv").write_text("time,rain_mm_per_h\n2026-07-04T10:00:00Z,-9999\n")
    (area / "weather.parquet").write_bytes(b"")
    found = run_deining("check", area)
    assert found.returncode == 1
    lines = found.stderr.splitlines()
    for words in (
        ("deining: events.ics: VEVENT feast: found RRULE", "SECONDLY"),
        ("deining: school_holidays.ics: VEVENT feast: found ", "whole days"),
        ("deining: weather.csv: line 2: found rain_mm_per_h -9999; expected ",),
        ("deining: weather.parquet: file: found weather.csv beside it",),
    ):
        assert any(all(word in line for word in words) for line in lines), (words, lines)


def test_a_forecast_takes_drivers_from_files_and_from_an_area(area: Path, tmp_path: Path) -> None:
    write_drivers(area)
    counts, origins = write_counts(tmp_path / "counts.csv", 5), tmp_path / "origins.csv"
    origins.write_text(f"origin\n{(BEGIN + timedelta(weeks=4)).isoformat()}\n")
    usual = [counts, "--origins", origins, "--horizon", "24h"]
    files = ["--events", area / "events.ics", "--school-holidays", area / "school_holidays.ics", "--weather", area / "weather.csv"]
    for name, words in (("a", files), ("b", ["--area", area]), ("c", ["--area", area, *files])):
        found = run_deining("forecast", *usual, "--holidays", "NL", *words, "--out", tmp_path / f"{name}.csv")
        assert found.returncode == 0, found.stderr
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes() == (tmp_path / "c.csv").read_bytes()


@pytest.mark.parametrize("command", ["forecast", "backtest"])
@pytest.mark.parametrize(
    ("option", "words"), [("--events", ["no calendar"]), ("--school-holidays", ["no calendar"]), ("--weather", ["ending '.ics'", ".parquet"])]
)
def test_a_wrong_file_of_drivers_is_told_in_one_line(tmp_path: Path, command: str, option: str, words: list[str]) -> None:
    (tmp_path / "wrong.ics").write_text("not a calendar")
    (tmp_path / "origins.csv").write_text(f"origin\n{(BEGIN + timedelta(weeks=4)).isoformat()}\n")
    more = ["--origins", tmp_path / "origins.csv"] if command == "forecast" else ["--weeks", 1]
    out = ["--horizon", "24h", "--out", tmp_path / "f.csv", "--holidays", "NL"]
    found = run_deining(command, write_counts(tmp_path / "counts.csv", 5), *more, *out, option, tmp_path / "wrong.ics")
    assert found.returncode == 1
    assert_one_line(found.stderr, "wrong.ics", *words)
    assert not (tmp_path / "f.csv").exists()


def test_a_token_is_for_a_sensor_of_the_area(area: Path, tmp_path: Path) -> None:
    found = run_deining("token", "count-west", "--area", area, "--data", tmp_path / "data")
    assert found.returncode == 2
    assert_one_line(found.stderr, "count-west", "count-north")
    made = [run_deining("token", "count-north", "--area", area, "--data", tmp_path / "data").stdout.strip() for _ in range(2)]
    assert made[0] != made[1]
    assert not any(token.encode() in (tmp_path / "data" / "deining.sqlite").read_bytes() for token in made)


def test_a_port_in_use_is_told_in_one_line(area: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = run_deining("run", "--area", area, "--data", tmp_path / "data", "--port", port)
    assert found.returncode == 2
    assert_one_line(found.stderr, str(port), "--port")
    assert not (tmp_path / "data").exists()


def test_a_data_folder_of_a_newer_version_is_refused_and_left_alone(area: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run_deining("token", "count-north", "--area", area, "--data", data)
    with sqlite3.connect(data / "deining.sqlite") as connection:
        connection.execute("PRAGMA user_version=999")
    connection.close()
    found = run_deining("run", "--area", area, "--data", data, "--port", 0)
    assert found.returncode == 1
    assert_one_line(found.stderr, "999", "--data")


def test_two_servers_do_not_share_a_data_folder(start: Start) -> None:
    first = start()
    found = run_deining("run", "--area", first.area, "--data", first.data, "--port", 0)
    assert found.returncode == 2
    assert_one_line(found.stderr, "in use", str(first.process.pid))


def test_a_folder_that_is_no_database_is_told(area: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "deining.sqlite").write_bytes(b"not a database, but long enough to look like one" * 100)
    found = run_deining("run", "--area", area, "--data", data, "--port", 0)
    assert found.returncode == 2
    assert_one_line(found.stderr, "data folder", "--data")


def test_a_wrong_setting_is_told(area: Path, tmp_path: Path) -> None:
    found = run_deining("run", "--area", area, "--data", tmp_path / "data", "--port", 0, env={"DEINING_FORECASTER": "prophett"})
    assert found.returncode == 2
    assert_one_line(found.stderr, "prophett", "ordinary_weeks")
    found = run_deining("run", "--area", area, "--data", tmp_path / "data", "--port", 0, env={"DEINING_ALERT_CHANCE": "half"})
    assert found.returncode == 2
    assert_one_line(found.stderr, "DEINING_ALERT_CHANCE", "half")


def test_when_a_file_cannot_grow_nothing_half_written_is_left(area: Path, tmp_path: Path) -> None:
    table, out = write_evening(tmp_path / "evening.csv"), tmp_path / "out"
    command = [sys.executable, "-m", "deining", "replay", str(area), str(table), "--out", str(out)]
    limit = (8192, 8192)
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    assert found.returncode == 2
    assert_one_line(found.stderr, "cannot write", "nothing was changed")
    assert list(out.iterdir()) == []
