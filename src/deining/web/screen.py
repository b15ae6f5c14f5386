"""What there is to see now, encoded once for each new state and shared by every viewer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import msgspec

from deining import __version__
from deining.app import App
from deining.domain.alert import Alert
from deining.domain.area import Area
from deining.pipeline import Step
from deining.runner import Runner
from deining.storage.rows import read_counts
from deining.web.alert_rows import alert_row
from deining.web.area_rows import clock_row
from deining.web.rows import flow_row, health_rows, total_row, zone_row
from deining.web.stream import Stream

SHORTEST_S = 0.1
"""A fast replay is shown in gathered steps, this many seconds apart."""

encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Shown:
    """One area's latest rows as JSON without the outer brackets, and what is to be told of next."""

    step: Step | None = None
    zones: bytes = b""
    flows: bytes = b""
    totals: bytes = b""
    health: bytes = b"[]"
    is_new: bool = False
    alerts: list[Alert] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)
    clocks: list[bytes] = field(default_factory=list)


class Screen:
    """Listens to every area, and tells the stream."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.stream = Stream(keep=app.settings.stream_keep_messages, queue_size=app.settings.stream_queue_messages)
        self._lock = threading.Lock()
        self._shown = {area: _Shown() for area in app.runners}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        for runner in app.runners.values():
            runner.listen(self)

    # -- called in the areas' threads

    def on_step(self, runner: Runner, step: Step) -> None:
        """Keep a new state for the next showing."""
        with self._lock:
            shown = self._shown[runner.area.id]
            shown.step, shown.is_new = step, True
            shown.alerts += step.alerts
            shown.targets |= {forecast.target for forecast in step.forecasts}
        self._wake()

    def on_alerts(self, runner: Runner, alerts: Sequence[Alert]) -> None:
        """Keep alerts that a person did something with for the next showing."""
        with self._lock:
            self._shown[runner.area.id].alerts += alerts
        self._wake()

    def on_clock(self, runner: Runner) -> None:
        """Keep a change of the clock for the next showing."""
        row = encode(clock_row(runner))
        with self._lock:
            self._shown[runner.area.id].clocks.append(row)
        self._wake()

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    # -- in the server's loop

    async def run(self) -> None:
        """Show what is new, until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._news.set()
        while True:
            await self._news.wait()
            self._news.clear()
            for area in self._shown:
                await self._show(self._app.runners[area])
            await asyncio.sleep(SHORTEST_S)

    async def _show(self, runner: Runner) -> None:
        area, shown = runner.area, self._shown[runner.area.id]
        with self._lock:
            step = shown.step if shown.is_new else None
            alerts, targets, clocks = shown.alerts, shown.targets, shown.clocks
            shown.is_new, shown.alerts, shown.targets, shown.clocks = False, [], set(), []
        if step is not None:
            shown.zones, shown.flows, shown.totals, shown.health = await asyncio.to_thread(self._encode, area, step)
            self.stream.publish(area.id, "state", self._state(area.id))
            self.stream.publish(area.id, "health", b'{"area":' + encode(area.id) + b',"sensors":' + shown.health + b"}")
            if targets:
                self.stream.publish(area.id, "forecast", encode({"area": area.id, "origin": step.time, "targets": sorted(targets)}))
        for alert in alerts:
            self.stream.publish(area.id, "alert", encode(alert_row(area, alert)))
        for clock in clocks:
            self.stream.publish(area.id, "clock", clock)

    def _encode(self, area: Area, step: Step) -> tuple[bytes, bytes, bytes, bytes]:
        """Rows of zones, of gates and point counters, of totals, and of sensors; in a thread, since a large area takes a while."""
        with closing(self._app.open_reader()) as connection:
            counts = read_counts(connection, area.id)
        zones = encode([zone_row(area, state, step) for state in step.zones])
        flows = encode([flow_row(area, state, step) for state in step.flows])
        totals = encode([total_row(area, total) for total in step.totals])
        return _inside(zones), _inside(flows), _inside(totals), encode(health_rows(area, step.health, counts))

    def _state(self, area: str) -> bytes:
        shown = self._shown[area]
        assert shown.step is not None  # noqa: S101
        head = b'{"area":' + encode(area) + b',"time":' + encode(shown.step.time)
        return b"".join((head, b',"zones":[', shown.zones, b'],"flows":[', shown.flows, b'],"totals":[', shown.totals, b"]}"))

    # -- for the routes

    def hello(self) -> bytes:
        """The first message of every stream."""
        return encode({"version": __version__, "areas": list(self._app.runners)})

    def snapshot(self, areas: Iterable[str]) -> list[tuple[str, bytes]]:
        """(kind, body) of messages that hold the full state of some areas."""
        found = []
        for area in areas:
            if self._shown[area].zones or self._shown[area].flows:
                found.append(("state", self._state(area)))
            found.append(("clock", encode(clock_row(self._app.runners[area]))))
        return found

    def zones(self, areas: Iterable[str]) -> bytes:
        """Rows of all zones of some areas, as a JSON array."""
        return b"[" + b",".join(part for area in areas if (part := self._shown[area].zones)) + b"]"

    def flows(self, areas: Iterable[str]) -> bytes:
        """Rows of all gates and point counters of some areas, as a JSON array."""
        return b"[" + b",".join(part for area in areas if (part := self._shown[area].flows)) + b"]"

    def totals(self, areas: Iterable[str]) -> bytes:
        """Rows of the totals of some areas, as a JSON array."""
        return b"[" + b",".join(part for area in areas if (part := self._shown[area].totals)) + b"]"

    def health(self, areas: Iterable[str]) -> bytes:
        """Rows of all sensors of some areas, as a JSON array."""
        return b"[" + b",".join(part for area in areas if (part := _inside(self._shown[area].health))) + b"]"


def _inside(array: bytes) -> bytes:
    return array[1:-1]
