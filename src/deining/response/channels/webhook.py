"""A signed webhook: the notice as JSON, posted to one address, to be verified by who receives it."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from deining.domain.errors import ChannelRefused, ChannelUnavailable
from deining.domain.notice import ChannelForm, ChannelSetting, Notice
from deining.response.channels.addresses import resolve
from deining.response.channels.common import check_may_leave, cut_off, one_line
from deining.response.channels.options import names_of, read_secret, take_options, wrong

LEAST_SECRET_BYTES = 24
"""Standard Webhooks: a secret has 24 to 64 bytes."""
COME_AGAIN = (408, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOptions:
    """What a webhook asks for; one of `url` and `url_env`, since some addresses are a secret themselves."""

    secret_env: str
    url: str = ""
    url_env: str = ""
    allow_private: bool = False
    ca_file: str = ""
    timeout_s: float = 10.0


def sign(secret: bytes, id: str, timestamp_s: int, body: bytes) -> str:
    """The signature of a body: HMAC-SHA256 over key, time and body, with a full stop between.

    References
    ----------
    Standard Webhooks specification, "Signature scheme", v1 (symmetric).
    """
    signed = hmac.new(secret, f"{id}.{timestamp_s}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


class Webhook:
    """Posts a notice over HTTP(S).

    The host is resolved first and the connection made to what was found and checked, so that a name which leads
    elsewhere a moment later is of no use. Redirects are not followed. Without `allow_private` only public addresses and
    only https are used.
    """

    form: ClassVar[ChannelForm] = ChannelForm(names_of(WebhookOptions))
    leaves_machine: ClassVar[bool] = True

    def __init__(self, setting: ChannelSetting, environment: Mapping[str, str], folder: Path) -> None:
        self._options = options = take_options(WebhookOptions, setting)
        url = options.url or read_secret(setting, environment, "url_env", options.url_env)
        self._url = _read_url(setting, url, options)
        self._secret = _read_secret_bytes(setting, environment, options)
        try:
            self._tls = ssl.create_default_context(cafile=options.ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise wrong(setting, "ca_file", repr(options.ca_file), "a file of certificates in PEM form") from error

    def send(self, notice: Notice, now: datetime) -> None:
        """Post it.

        Raises
        ------
        ChannelUnavailable
            When nobody answers in time, or the answer is 408, 425, 429 or 5xx.
        ChannelRefused
            When the address is not allowed, or the answer is a redirect or another 4xx.
        """
        check_may_leave(notice)
        body = json.dumps({"type": notice.kind.value, "timestamp": notice.created_at.isoformat(), "data": notice.message()}, ensure_ascii=False).encode()
        timestamp_s = int(now.timestamp())
        headers = {
            "Host": self._url.netloc,
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "deining",
            "Connection": "close",
            "webhook-id": notice.id,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": sign(self._secret, notice.id, timestamp_s, body),
        }
        try:
            status, retry_after = self._post(body, headers)
        except ssl.SSLError as error:
            raise ChannelUnavailable(f"{self._host} gave no certificate that can be trusted ({one_line(str(error))})") from error
        except (OSError, http.client.HTTPException) as error:
            raise ChannelUnavailable(f"{self._host} does not answer within {self._options.timeout_s:g} s ({one_line(str(error)) or 'cut off'})") from error
        self._judge(status, retry_after)

    @property
    def _host(self) -> str:
        return str(self._url.hostname)

    @property
    def _port(self) -> int:
        return self._url.port or (443 if self._url.scheme == "https" else 80)

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """Status and Retry-After of the answer; its body is not read."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._options.timeout_s)
        sockets: list[socket.socket] = []
        try:
            with cut_off(self._options.timeout_s, lambda: sockets[0] if sockets else None):
                sockets.append(self._connect())
                connection.sock = self._guard(sockets)
                connection.request("POST", (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else ""), body, dict(headers))
                answer = connection.getresponse()
                return answer.status, answer.headers.get("Retry-After", "")
        finally:
            connection.close()
            for one in sockets:
                with contextlib.suppress(OSError):
                    one.close()

    def _connect(self) -> socket.socket:
        """A connection to the first address that takes one."""
        failure: OSError = OSError("no address")
        for address in resolve(self._host, self._port, allow_private=self._options.allow_private):
            try:
                return socket.create_connection((address, self._port), timeout=self._options.timeout_s)
            except OSError as error:
                failure = error
        raise failure

    def _guard(self, sockets: list[socket.socket]) -> socket.socket:
        if self._url.scheme == "https":
            sockets[0] = self._tls.wrap_socket(sockets[0], server_hostname=self._host)
        return sockets[0]

    def _judge(self, status: int, retry_after: str) -> None:
        if 200 <= status < 300:
            return
        if status in COME_AGAIN or status >= 500:
            raise ChannelUnavailable(f"{self._host} answered {status}", float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None)
        if 300 <= status < 400:
            raise ChannelRefused(f"{self._host} answered {status} and points elsewhere; redirects are not followed, so set the address that it points to")
        raise ChannelRefused(f"{self._host} answered {status}: it does not take this")


def _read_url(setting: ChannelSetting, url: str, options: WebhookOptions) -> SplitResult:
    expected = "https://host/path" + ("" if options.allow_private else " (http only with allow_private = true)")
    option = "url" if options.url else "url_env"
    if bool(options.url) == bool(options.url_env):
        raise wrong(setting, "url", "both url and url_env, or neither", "one of the two")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong(setting, option, "an address that cannot be read", expected) from None
    if parts.username or parts.password:
        raise wrong(setting, option, "an address with a user or password in it", "an address without; the signature says who sends")
    schemes = ("https", "http") if options.allow_private else ("https",)
    if parts.scheme not in schemes or not parts.hostname or port == 0 or not url.isascii() or any(sign <= " " for sign in url):
        raise wrong(setting, option, repr(url) if options.url else "another address", expected)
    return parts


def _read_secret_bytes(setting: ChannelSetting, environment: Mapping[str, str], options: WebhookOptions) -> bytes:
    text = read_secret(setting, environment, "secret_env", options.secret_env)
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True) if text.startswith("whsec_") else text.encode()
    except binascii.Error:
        secret = b""
    if len(secret) < LEAST_SECRET_BYTES:
        raise wrong(setting, "secret_env", "a secret that is too short", f"at least {LEAST_SECRET_BYTES} bytes, or whsec_ and base64 of so many")
    return secret
