"""Real servers for tests of channels: a mail server, an HTTP receiver, a broker, and servers that only hang or drip."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from amqtt.broker import Broker
from paho.mqtt.enums import CallbackAPIVersion


def free_port() -> int:
    """A port of the loopback address on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(check: Callable[[], bool]) -> None:
    """Wait until something holds; a test that never sees it is ended by whoever runs it."""
    pause = threading.Event()
    for _ in range(3000):
        if check():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen")


@dataclass(frozen=True)
class Certificate:
    """A certificate for localhost, signed by itself."""

    file: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """For a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def make_certificate(folder: Path) -> Certificate:
    """Made anew for each run; skips where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    made = Certificate(folder / "server.pem", folder / "server.key")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(made.key), "-out", str(made.file), *names]
    subprocess.run(command, check=True, capture_output=True)
    return made


# -- HTTP


@dataclass
class Posted:
    """A request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)


@dataclass
class HttpReceiver:
    """Takes posts, and answers with `status` and `headers`."""

    port: int
    posts: list[Posted] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def http_receiver(certificate: Certificate | None = None) -> Iterator[HttpReceiver]:
    """A server in a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.posts.append(Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        server.socket = certificate.context().wrap_socket(server.socket, server_side=True)
    receiver = HttpReceiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


# -- mail


@dataclass
class MailServer:
    """Takes mail; an address in `refusals` gets that answer instead."""

    port: int
    envelopes: list[Envelope] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    answer: str = "250 OK"

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages, read."""
        return [message_from_bytes(envelope.content, policy=default) for envelope in self.envelopes]  # type: ignore[arg-type, misc]

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("2"):
            self.envelopes.append(envelope)
        return self.answer


@contextlib.contextmanager
def mail_server(certificate: Certificate | None = None, password: str = "") -> Iterator[MailServer]:
    """A server in a thread of its own; with a certificate it asks for STARTTLS, with a password for that too."""

    def check(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == password.encode(), handled=False)

    handler = MailServer(free_port())
    secure = {"tls_context": certificate.context(), "require_starttls": True} if certificate else {}
    login = {"authenticator": check, "auth_required": True} if password else {}
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, **secure, **login)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


# -- MQTT


@dataclass
class BrokerAt:
    """A broker, and all that was published on it."""

    port: int
    listener: mqtt.Client = field(default_factory=lambda: mqtt.Client(CallbackAPIVersion.VERSION2))
    taken: list[mqtt.MQTTMessage] = field(default_factory=list)
    marks: int = 0

    @property
    def messages(self) -> list[mqtt.MQTTMessage]:
        """All that was published up to now: a mark is sent after it and waited for."""
        self.marks += 1
        self.listener.publish("mark", str(self.marks), qos=1)
        wait_for(lambda: any(one.topic == "mark" and int(one.payload) == self.marks for one in list(self.taken)))
        return [one for one in self.taken if one.topic != "mark"]


@contextlib.contextmanager
def mqtt_broker() -> Iterator[BrokerAt]:
    """A broker in a thread of its own, with one who listens to everything."""
    at, loop = BrokerAt(free_port()), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> Broker:
        plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
        broker = Broker({"listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{at.port}"}}, "plugins": plugins})
        await broker.start()
        return broker

    broker = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    listener, subscribed = at.listener, threading.Event()
    listener.on_message = lambda _client, _data, message: at.taken.append(message)
    listener.on_subscribe = lambda *_: subscribed.set()
    listener.connect("127.0.0.1", at.port)
    listener.subscribe("#", qos=1)
    listener.loop_start()
    subscribed.wait()
    try:
        yield at
    finally:
        listener.disconnect()
        listener.loop_stop()
        asyncio.run_coroutine_threadsafe(broker.shutdown(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


# -- servers that are of no use


@contextlib.contextmanager
def useless_server(drip: bytes = b"") -> Iterator[int]:
    """Its port: it takes connections and says nothing, or one byte over and over, and never ends."""
    server, stop, open_ones = socket.create_server(("127.0.0.1", 0)), threading.Event(), []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not stop.wait(0.05):
                if drip:
                    connection.sendall(drip)

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                open_ones.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        stop.set()
        server.close()
        for one in open_ones:
            one.close()
