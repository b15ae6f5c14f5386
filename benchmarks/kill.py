"""kill -9 in the middle of writing: is an acknowledged observation ever lost, and how soon is the server back?"""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.common import Row, address_of, deining, get, server, spread, wait_until
from benchmarks.town import write_town
from deining.storage.database import FILE_NAME, open_database

ENV = {"DEINING_MIN_FREE_DISK_BYTES": "1000000"}


def measure(quick: bool) -> list[Row]:
    """Rounds of kill -9 while posts come in; and starts after a kill with millions of rows in the store."""
    rounds, rows = (5, 200_000) if quick else (100, 10_000_000)
    with tempfile.TemporaryDirectory() as name:
        area, data = write_town(Path(name) / "town", zones=8), Path(name) / "data"
        lost, acknowledged = _kill_often(area, data, rounds)
    with tempfile.TemporaryDirectory() as name:
        area, data = write_town(Path(name) / "town", zones=60), Path(name) / "data"
        _fill(area, data, rows)
        starts = [_start_after_kill(area, data) for _ in range(2 if quick else 5)]
    return [
        Row(f"acknowledged observations lost in {rounds} rounds of kill -9", "0", f"{lost} of {acknowledged}"),
        Row(f"start after kill -9 with {rows:,} rows until ready", "< 5 s", spread(starts, "s")),
    ]


def _tokens(area: Path, data: Path, sensors: list[str]) -> dict[str, str]:
    return {sensor: deining("token", sensor, "--area", area, "--data", data).communicate()[0].strip() for sensor in sensors}


def _kill_often(area: Path, data: Path, rounds: int) -> tuple[int, int]:
    sensors = [f"count-{k}" for k in range(4)]
    tokens, begin = _tokens(area, data, sensors), datetime.now(UTC) - timedelta(days=300)
    acknowledged: list[tuple[str, int]] = []
    sent = dict.fromkeys(sensors, 0)
    for number in range(rounds):
        with server("run", "--area", area, "--data", data, "--port", 0, env=ENV) as (process, host, port):
            wait_until(lambda: get(host, port, "/healthz")[0] == 200, 60)
            threads = [threading.Thread(target=_post, args=(host, port, sensor, tokens[sensor], begin, sent, acknowledged)) for sensor in sensors]
            for thread in threads:
                thread.start()
            time.sleep(random.Random(number).uniform(0.05, 0.6))
            process.kill()
            process.wait()
            for thread in threads:
                thread.join()
    with sqlite3.connect(data / FILE_NAME) as store:
        query = "SELECT sensor.sensor, start_us FROM observation JOIN sensor ON sensor.number = observation.sensor"
        kept = {(sensor, us) for sensor, us in store.execute(query)}
    return sum((sensor, us) not in kept for sensor, us in acknowledged), len(acknowledged)


def _post(host: str, port: int, sensor: str, token: str, begin: datetime, sent: dict[str, int], acknowledged: list[tuple[str, int]]) -> None:
    """Post batches of new rows until the server is gone; what was answered counts as acknowledged."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        while True:
            starts = [begin + timedelta(seconds=sent[sensor] + k) for k in range(20)]
            sent[sensor] += 20
            rows = [
                {"sensor": sensor, "quantity": "count_forward", "start": s.isoformat(), "end": (s + timedelta(seconds=1)).isoformat(), "value": 1}
                for s in starts
            ]
            connection.request("POST", "/v1/observations", json.dumps(rows), {"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
            if answer.status == 200 and body["stored"] == 20:
                acknowledged += [(sensor, round(s.timestamp() * 1e6)) for s in starts]
    except (OSError, http.client.HTTPException, ValueError):
        return
    finally:
        connection.close()


def _fill(area: Path, data: Path, rows: int) -> None:
    """Many days of minutes of every counter, and the zone states of the last day, written in bulk as a server would have left them."""
    sensors = [line.split(",")[0] for line in (area / "sensors.csv").read_text().splitlines()[1:]]
    store = open_database(data)
    store.executemany("INSERT INTO sensor (area, sensor) VALUES ('town', ?)", [(sensor,) for sensor in sensors])
    minutes = -(-rows // (2 * len(sensors)))
    last_us = int(time.time()) // 60 * 60_000_000
    store.execute("BEGIN")
    for number in range(1, len(sensors) + 1):
        for quantity in (1, 2):
            first_us = last_us - minutes * 60_000_000
            store.execute(
                "INSERT INTO observation WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < ?)"
                " SELECT ?, ?, ? + k * 60000000, ? + (k + 1) * 60000000, k % 40, ? + (k + 1) * 60000000, NULL FROM n",
                (minutes, number, quantity, first_us, first_us, first_us),
            )
    for feature in json.loads((area / "zones.geojson").read_text())["features"]:
        store.execute(
            "INSERT INTO zone_state WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < 1440)"
            " SELECT 'town', ? - k * 60000000, ?, 500, 400, 600, 60, 'good' FROM n",
            (last_us, feature["properties"]["id"]),
        )
    store.execute("COMMIT")
    store.close()


def _start_after_kill(area: Path, data: Path) -> float:
    process = deining("run", "--area", area, "--data", data, "--port", 0, env=ENV)
    try:
        begin = time.monotonic()
        host, port = address_of(process)
        wait_until(lambda: get(host, port, "/healthz")[0] == 200, 120)
        found = time.monotonic() - begin
    finally:
        process.kill()
        process.wait()
    return found
