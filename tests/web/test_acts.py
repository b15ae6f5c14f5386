"""Who sits at the machine itself may act; nobody else, while there is no sign-in."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from deining.domain.errors import NotAllowed
from deining.web.acts import check_desk


def a_request(client: str | None, host: str) -> Request:
    return Request({"type": "http", "client": (client, 50_000) if client else None, "headers": [(b"host", host.encode())]})


@pytest.mark.parametrize(
    ("client", "host"), [("127.0.0.1", "127.0.0.1:8000"), ("127.0.0.1", "localhost"), ("::1", "[::1]:8000"), ("::ffff:127.0.0.1", "localhost:1")]
)
def test_the_machine_itself_may(client: str, host: str) -> None:
    check_desk(a_request(client, host))


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("192.168.1.20", "127.0.0.1:8000"),
        ("::ffff:10.0.0.1", "localhost"),
        ("127.0.0.1", "evil.example"),
        ("127.0.0.1", "evil.example:8000"),
        ("127.0.0.1", ""),
        (None, "localhost"),
        ("a socket", "localhost"),
    ],
)
def test_another_machine_or_a_site_that_points_here_may_not(client: str | None, host: str) -> None:
    with pytest.raises(NotAllowed, match="at the machine that deining runs on"):
        check_desk(a_request(client, host))
