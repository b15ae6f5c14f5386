"""E-mail over a real server: who got it, what the server answered, and that nothing secret goes in the clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deining.domain.errors import ChannelRefused, ChannelUnavailable, WrongData
from deining.domain.notice import ChannelSetting
from deining.response.channels.email import Email
from tests.builders import NOON, a_notice
from tests.receivers import mail_server, make_certificate

BOTH = ["duty@town.example", "police@town.example"]


def an_email(port: int, environment: dict[str, str] | None = None, **options: Any) -> Email:
    usual = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "crowd@town.example", "to": BOTH, "timeout_s": 5}
    return Email(ChannelSetting(name="duty", kind="email", options={**usual, **options}), environment or {}, Path())


def test_a_message_speaks_both_languages_and_is_recognised_by_its_key() -> None:
    with mail_server() as server:
        an_email(server.port).send(a_notice(), NOON)
    (message,) = server.messages
    assert (message["Subject"], message["To"]) == ("Oranje: Square", ", ".join(BOTH))
    assert message["Message-ID"] == f"<{'a' * 32}@town.example>"
    assert message["X-Deining-Key"] == "a" * 32
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().index("Square is oranje.") < message.get_content().index("Square is orange.")


def test_notices_of_one_alert_are_one_thread() -> None:
    with mail_server() as server:
        for number in "ab":
            an_email(server.port).send(a_notice(number * 32), NOON)
    first, second = server.messages
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


def test_a_550_for_all_addresses_is_final_and_says_which() -> None:
    with mail_server() as server:
        server.refusals = dict.fromkeys(BOTH, "550 no such mailbox")
        with pytest.raises(ChannelRefused, match=r"took it for 0 of 2 .* duty@town.example: 550 no such mailbox"):
            an_email(server.port).send(a_notice(), NOON)


def test_a_550_for_one_address_is_said_though_the_other_got_it() -> None:
    with mail_server() as server:
        server.refusals = {BOTH[0]: "550 no such mailbox"}
        with pytest.raises(ChannelRefused, match="took it for 1 of 2 addresses"):
            an_email(server.port).send(a_notice(), NOON)
    assert [envelope.rcpt_tos for envelope in server.envelopes] == [[BOTH[1]]]


def test_after_a_451_only_those_who_do_not_have_it_get_it() -> None:
    with mail_server() as server:
        channel = an_email(server.port)
        server.refusals = {BOTH[0]: "451 come again"}
        with pytest.raises(ChannelUnavailable, match="451 come again"):
            channel.send(a_notice(), NOON)
        server.refusals = {}
        channel.send(a_notice(), NOON)
    assert [envelope.rcpt_tos for envelope in server.envelopes] == [[BOTH[1]], [BOTH[0]]]


@pytest.mark.parametrize(("answer", "error"), [("554 not wanted here", ChannelRefused), ("452 disk full", ChannelUnavailable)])
def test_what_the_server_says_of_the_text_decides(answer: str, error: type[Exception]) -> None:
    with mail_server() as server:
        server.answer = answer
        with pytest.raises(error, match=answer):
            an_email(server.port).send(a_notice(), NOON)


def test_with_starttls_and_a_login_it_arrives(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    secure = {"host": "localhost", "security": "starttls", "user": "deining", "password_env": "MAIL_PASSWORD", "ca_file": str(certificate.file)}
    with mail_server(certificate, password="right") as server:
        an_email(server.port, {"MAIL_PASSWORD": "right"}, **secure).send(a_notice(), NOON)
        assert len(server.messages) == 1
        with pytest.raises(ChannelUnavailable, match=r"does not let us in \(535"):
            an_email(server.port, {"MAIL_PASSWORD": "wrong"}, **secure).send(a_notice(), NOON)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    with mail_server(make_certificate(tmp_path)) as server, pytest.raises(ChannelUnavailable, match="no certificate that can be trusted"):
        an_email(server.port, host="localhost", security="starttls").send(a_notice(), NOON)
    assert server.messages == []


def test_a_server_without_starttls_gets_nothing() -> None:
    with mail_server() as server, pytest.raises(ChannelUnavailable, match="does not offer what is asked of it"):
        an_email(server.port, security="starttls").send(a_notice(), NOON)
    assert server.messages == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"to": ["duty@town.example\r\nBcc: thief@else.example"]}, "to: found"),
        ({"to": []}, "to: found"),
        ({"sender": "Crowd <crowd@town.example>"}, "sender: found"),
        ({"security": "ssl3"}, "one of starttls, tls, none"),
        ({"user": "deining", "password_env": "MAIL_PASSWORD"}, "not sent in the clear"),
        ({"user": "deining", "password_env": "NOT_SET", "security": "tls"}, "NOT_SET, which is not set"),
        ({"user": "deining", "security": "tls"}, "both, or neither"),
        ({"ca_file": "nowhere.pem"}, "certificates in PEM form"),
    ],
)
def test_what_is_set_up_wrong_is_said_in_one_sentence(options: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongData, match=said) as raised:
        an_email(25, {"MAIL_PASSWORD": "very secret"}, **options)
    assert "very secret" not in str(raised.value)
