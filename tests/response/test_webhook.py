"""The webhook: signed, to the address that was checked, and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.errors import ChannelRefused, ChannelUnavailable, WrongData
from deining.domain.notice import ChannelSetting
from deining.response.channels.addresses import is_public, resolve
from deining.response.channels.webhook import Webhook, sign
from tests.builders import NOON, a_notice
from tests.receivers import HttpReceiver, http_receiver, make_certificate

SECRET = b"0123456789abcdefghijklmnop"
ENVIRONMENT = {"HOOK_SECRET": "whsec_" + base64.b64encode(SECRET).decode(), "HOOK_URL": "https://hooks.example/secret-path", "SHORT": "short"}


def a_webhook(url: str = "https://hooks.example/", **options: Any) -> Webhook:
    usual = {"url": url, "secret_env": "HOOK_SECRET", "allow_private": True, "timeout_s": 5}
    return Webhook(ChannelSetting(name="hook", kind="webhook", options={**usual, **options}), ENVIRONMENT, Path())


def posted(server: HttpReceiver, **options: Any) -> Any:
    a_webhook(f"http://127.0.0.1:{server.port}/hook?x=1", **options).send(a_notice(), NOON)
    return server.posts[-1]


def test_the_signature_is_that_of_the_specification() -> None:
    # The example of the Standard Webhooks specification and of its reference libraries.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}') == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_verify_what_it_got() -> None:
    with http_receiver() as server:
        got = posted(server)
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    assert got.headers["webhook-signature"] == "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert (got.path, got.headers["webhook-id"], int(got.headers["webhook-timestamp"])) == ("/hook?x=1", "a" * 32, int(NOON.timestamp()))
    assert (got.json["type"], got.json["data"]["id"], got.json["data"]["level"]) == ("alert_raised", "a" * 32, "orange")


def test_over_https_the_certificate_is_checked_against_the_name(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with http_receiver(certificate) as server:
        url = f"https://localhost:{server.port}/"
        a_webhook(url, ca_file=str(certificate.file)).send(a_notice(), NOON)
        assert server.posts[0].headers["host"] == f"localhost:{server.port}"
        with pytest.raises(ChannelUnavailable, match="no certificate that can be trusted"):
            a_webhook(url).send(a_notice(), NOON)
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, ChannelUnavailable), (503, ChannelUnavailable), (429, ChannelUnavailable), (408, ChannelUnavailable), (404, ChannelRefused), (401, ChannelRefused)],
)
def test_the_answer_decides_whether_it_waits_or_is_given_up(status: int, error: type[Exception]) -> None:
    with http_receiver() as server:
        server.status = status
        with pytest.raises(error, match=str(status)):
            posted(server)


def test_it_waits_as_long_as_it_is_asked_to() -> None:
    with http_receiver() as server:
        server.status, server.headers = 503, {"Retry-After": "17"}
        with pytest.raises(ChannelUnavailable) as raised:
            posted(server)
    assert raised.value.retry_after_s == 17


def test_a_redirect_is_not_followed() -> None:
    with http_receiver() as server, http_receiver() as other:
        server.status, server.headers = 307, {"Location": f"http://127.0.0.1:{other.port}/"}
        with pytest.raises(ChannelRefused, match="redirects are not followed"):
            posted(server)
        assert (len(server.posts), other.posts) == (1, [])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.1.2.3"])
def test_no_spelling_of_a_private_address_is_let_through(host: str) -> None:
    channel = a_webhook(f"https://{host}/", allow_private=False)
    with pytest.raises(ChannelRefused, match=r"leads to .+, an address that is not public; set allow_private = true"):
        channel.send(a_notice(), NOON)


def test_a_name_is_resolved_once_and_the_checked_address_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def rebinding(host: str, port: int, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    with http_receiver() as server:
        real = socket.getaddrinfo
        monkeypatch.setattr(
            "deining.response.channels.addresses.socket.getaddrinfo", lambda host, *a, **k: (rebinding if host == "rebind.example" else real)(host, *a, **k)
        )
        a_webhook(f"http://rebind.example:{server.port}/").send(a_notice(), NOON)
    assert asked == ["rebind.example"]
    assert server.posts[0].headers["host"].startswith("rebind.example")


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.216.34", "192.168.1.1")]
    monkeypatch.setattr("deining.response.channels.addresses.socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(ChannelRefused, match=r"192\.168\.1\.1"):
        resolve("both.example", 443, allow_private=False)


@pytest.mark.parametrize(
    "text",
    ["::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "::127.0.0.1", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::", "100.64.0.1",
     "169.254.169.254", "224.0.0.1", "240.0.0.1", "198.18.0.1", "255.255.255.255"],
)  # fmt: skip
def test_addresses_inside_are_told_from_public_ones(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_one_counts_as_itself(address: ipaddress.IPv4Address) -> None:
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        assert is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + int(address))) == is_public(address)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "http://hooks.example/", "allow_private": False}, "http only with allow_private"),
        ({"url": "ftp://hooks.example/"}, "url: found"),
        ({"url": "https://user:very-secret@hooks.example/"}, "a user or password in it"),
        ({"url": "https://hooks.example:99999/"}, "cannot be read"),
        ({"url": "https://hooks.example/a b"}, "url: found"),
        ({"url": ""}, "one of the two"),
        ({"url_env": "HOOK_URL"}, "one of the two"),
        ({"url": "", "url_env": "NOT_SET"}, "NOT_SET, which is not set"),
        ({"secret_env": "SHORT"}, "at least 24 bytes"),
        ({"secret_env": "NOT_SET"}, "NOT_SET, which is not set"),
    ],
)
def test_what_is_set_up_wrong_is_said_in_one_sentence(options: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongData, match=said) as raised:
        a_webhook(**options)
    assert "very-secret" not in str(raised.value)


def test_an_address_that_is_a_secret_comes_from_the_environment() -> None:
    a_webhook("", url_env="HOOK_URL", allow_private=False)
