"""From an alert to somebody who is told: how soon, and whether a kill between sending and writing it down loses or doubles one."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.common import ROOT, Row, percentile, wait_until
from deining.clock import LiveClock
from deining.domain.alert import Priority
from deining.domain.levels import Level
from deining.domain.notice import ChannelSetting, Mode, Notice, NoticeKind, notice_id
from deining.notifying import Dispatcher, DispatchPolicy, build_channels
from deining.storage.database import open_database, open_reader
from deining.storage.outbox import enqueue
from deining.storage.writer import Writer

SECRET = {"HOOK_SECRET": "only good for this benchmark"}


@dataclass
class Receiver:
    """Takes posts; by key, when each came."""

    port: int
    arrivals: dict[str, list[float]] = field(default_factory=dict)
    on_post: Callable[[], None] = field(default=lambda: None)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A server of the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            found.arrivals.setdefault(self.headers["webhook-id"], []).append(time.monotonic())
            found.on_post()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def a_notice(*parts: object) -> Notice:
    """An alert that was raised just now."""
    now = datetime.now(UTC)
    return Notice(
        id=notice_id("notify", *parts),
        area="town",
        book="live",
        mode=Mode.LIVE,
        kind=NoticeKind.ALERT_RAISED,
        priority=Priority.HIGH,
        created_at=now,
        expires_at=now + timedelta(hours=6),
        title={"en": "Red: Square", "nl": "Rood: Plein"},
        text={"en": "Square is at red.", "nl": "Plein staat op rood."},
        level=Level.RED,
        alert="-".join(map(str, parts)),
    )


def channels_to(*ports: int) -> list[ChannelSetting]:
    """A webhook for each port."""
    common = {"allow_private": True, "secret_env": "HOOK_SECRET", "timeout_s": 5}
    return [ChannelSetting(name=f"hook-{port}", kind="webhook", options={"url": f"http://127.0.0.1:{port}/", **common}) for port in ports]


def open_writer(folder: Path) -> Writer:
    """The store's one writer."""
    return Writer(open_database(folder), folder, queue_jobs=64, commit_rows=20_000, min_free_bytes=1)


def start(folder: Path, writer: Writer, settings: list[ChannelSetting], seed: int = 0) -> Dispatcher:
    """A dispatcher as in service."""
    policy = DispatchPolicy(first_wait_s=0.2)
    built = build_channels(settings, SECRET, folder)
    dispatcher = Dispatcher(built, writer=writer, open_reader=partial(open_reader, folder), clock=LiveClock(), seed=seed, policy=policy)
    dispatcher.start()
    return dispatcher


def measure(quick: bool) -> list[Row]:
    """How soon alone, in a burst, and beside a channel that hangs; then kills."""
    singles, burst, kills = (100, 100, 5) if quick else (2000, 1000, 50)
    return [*_how_soon(singles, burst), *_kills(kills)]


def _how_soon(singles: int, burst: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as name, receiver() as hook, _hanging_server() as hung:
        folder, settings = Path(name), channels_to(hook.port, hung)
        writer = open_writer(folder)
        dispatcher = start(folder, writer, settings)
        committed: dict[str, float] = {}

        def put(*notices: Notice) -> None:
            writer.submit(lambda connection: enqueue(connection, notices, settings, datetime.now(UTC))).result()
            committed.update(dict.fromkeys([notice.id for notice in notices], time.monotonic()))
            dispatcher.wake()

        for number in range(singles):
            put(a_notice("single", number))
            time.sleep(0.02)
        wait_until(lambda: len(hook.arrivals) >= singles, 120)
        alone = sorted(hook.arrivals[id_][0] - at for id_, at in committed.items())
        begin = len(committed)
        put(*(a_notice("burst", number) for number in range(burst)))
        wait_until(lambda: len(hook.arrivals) >= begin + burst, 120)
        together = sorted(hook.arrivals[id_][0] - at for id_, at in list(committed.items())[begin:])
        dispatcher.close(0.1)
        writer.close()
    times = f"{1000 * percentile(alone, 0.5):.0f} ms; {1000 * percentile(alone, 0.99):.0f} ms; {1000 * alone[-1]:.0f} ms"
    return [
        Row(f"{singles:,} notices, one every 20 ms, beside a channel that hangs: median; 99 of 100; longest", "< 5 s (99 of 100)", times),
        Row(f"{burst:,} notices in one commit: 99 of 100", "< 5 s", f"{percentile(together, 0.99):.2f} s"),
    ]


@contextmanager
def _hanging_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


def _kills(rounds: int) -> list[Row]:
    """A process that sends is killed just after a post came in, or a few milliseconds later; the next one takes over."""
    draw = random.Random(7)
    with tempfile.TemporaryDirectory() as name, receiver() as hook:
        folder, after_kill = Path(name), 0
        for number in range(rounds):
            before = sum(map(len, hook.arrivals.values()))
            process = _child(folder, hook.port, number)
            count, last, wait_s = [0], draw.randint(1, 60), draw.uniform(0.0, 0.008)

            def on_post(process: subprocess.Popen[bytes] = process, count: list[int] = count, last: int = last, wait_s: float = wait_s) -> None:
                count[0] += 1
                if count[0] == last:
                    time.sleep(wait_s)
                    process.kill()

            hook.on_post = on_post
            process.wait(120)
            after_kill += sum(map(len, hook.arrivals.values())) > before
        hook.on_post = lambda: None
        last_one = _child(folder, hook.port, rounds)
        with closing(open_reader(folder)) as store:
            left = "SELECT count(*) FROM delivery WHERE state = 'waiting'"
            wait_until(lambda: store.execute(left).fetchone()[0] == 0 and bool(hook.arrivals), 120)
            kept = [id_ for (id_,) in store.execute("SELECT id FROM notice")]
            other = store.execute("SELECT count(*) FROM delivery WHERE channel <> 'screen' AND state <> 'delivered'").fetchone()[0]
        last_one.kill()
        last_one.wait()
    times = Counter(len(hook.arrivals.get(id_, ())) for id_ in kept)
    return [
        Row(f"{rounds} kills between sending and marking: notices committed and never received", "0", f"{times[0]} of {len(kept):,}, {other} given up"),
        Row("received twice, with the same key; more than twice", "at most one each", f"{times[2]}; {sum(n for k, n in times.items() if k > 2)}"),
        Row("kills after at least one post of that process", "", f"{after_kill} of {rounds}"),
    ]


def _child(folder: Path, port: int, number: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.notify", str(folder), str(port), str(number)], cwd=ROOT, stderr=subprocess.DEVNULL)


def _send_until_killed(folder: Path, port: int, number: int) -> None:
    """What the killed process does: alerts are raised, a few to a commit, and told."""
    writer, settings, draw = open_writer(folder), channels_to(port), random.Random(number)
    dispatcher = start(folder, writer, settings, seed=number)
    for step in range(40):
        notices = [a_notice("kill", number, step, k) for k in range(draw.randint(1, 4))]
        writer.submit(lambda connection, notices=notices: enqueue(connection, notices, settings, datetime.now(UTC))).result()
        dispatcher.wake()
        time.sleep(draw.uniform(0.0, 0.02))
    threading.Event().wait()


if __name__ == "__main__":
    _send_until_killed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
