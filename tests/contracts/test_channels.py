"""What every channel promises, checked on each row of the registry against a real server."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deining.domain.errors import ChannelRefused, ChannelUnavailable, WrongData
from deining.domain.notice import Channel, ChannelSetting, Mode, NoticeKind
from deining.response.channels import CHANNELS, FORMS
from tests.builders import NOON, a_notice
from tests.receivers import free_port, http_receiver, mail_server, mqtt_broker, useless_server

ENVIRONMENT = {"HOOK_SECRET": "a secret of at least 24 bytes"}
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
OUTWARD = sorted(CHANNELS.keys() - {"screen"})
NETWORKED = sorted(CHANNELS.keys() - {"screen", "cap"})


@dataclass(frozen=True)
class Told:
    """What came in: the key that the receiver sees, the title and the text in English."""

    key: str
    title: str
    text: str


def options_of(kind: str, port: int = 0) -> dict[str, Any]:
    """Options of a channel of this kind that talks to the loopback address, and has little patience."""
    return {
        "screen": {},
        "email": {"host": "127.0.0.1", "port": port, "security": "none", "sender": "crowd@town.example", "to": ["duty@town.example"], "timeout_s": 0.5},
        "webhook": {"url": f"http://127.0.0.1:{port}/hook", "allow_private": True, "secret_env": "HOOK_SECRET", "timeout_s": 0.5},
        "cap": {"sender": "crowd@town.example"},
        "mqtt": {"host": "127.0.0.1", "port": port, "tls": False, "timeout_s": 0.5},
    }[kind]


def make(kind: str, folder: Path, port: int = 0, **options: Any) -> Channel:
    setting = ChannelSetting(name="test", kind=kind, languages=("en",), options={**options_of(kind, port), **options})
    return CHANNELS[kind](setting, ENVIRONMENT, folder)


@contextlib.contextmanager
def email_world(folder: Path) -> Iterator[tuple[int, Callable[[], list[Told]]]]:
    def told() -> list[Told]:
        return [
            Told(str(message["X-Deining-Key"]), str(message["Subject"]), message.get_content().replace("\r\n", "\n").partition("\n\n")[2].rpartition("\n\n")[0])
            for message in server.messages
        ]

    with mail_server() as server:
        yield server.port, told


@contextlib.contextmanager
def webhook_world(folder: Path) -> Iterator[tuple[int, Callable[[], list[Told]]]]:
    def told() -> list[Told]:
        return [Told(post.headers["webhook-id"], post.json["data"]["title"]["en"], post.json["data"]["text"]["en"]) for post in server.posts]

    with http_receiver() as server:
        yield server.port, told


@contextlib.contextmanager
def mqtt_world(folder: Path) -> Iterator[tuple[int, Callable[[], list[Told]]]]:
    def told() -> list[Told]:
        return [Told(body["id"], body["title"]["en"], body["text"]["en"]) for body in (json.loads(message.payload) for message in broker.messages)]

    with mqtt_broker() as broker:
        yield broker.port, told


@contextlib.contextmanager
def cap_world(folder: Path) -> Iterator[tuple[int, Callable[[], list[Told]]]]:
    def told() -> list[Told]:
        roots = [parse(file).getroot() for file in sorted((folder / "cap" / "test").glob("*.xml"))]
        return [Told(*(root.findtext(f".//{CAP}{name}") or "" for name in ("identifier", "headline", "description"))) for root in roots]

    yield 0, told


WORLDS = {"email": email_world, "webhook": webhook_world, "mqtt": mqtt_world, "cap": cap_world}


@pytest.fixture(params=OUTWARD)
def outward(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Channel, Callable[[], list[Told]]]]:
    """A channel of each kind that leaves the machine, with a server that takes what it sends."""
    with WORLDS[request.param](tmp_path) as (port, told):
        yield request.param, make(request.param, tmp_path, port), told


Outward = tuple[str, Channel, Callable[[], list[Told]]]


def test_each_row_has_its_form_and_its_world_here() -> None:
    assert set(FORMS) == set(CHANNELS)
    assert set(WORLDS) == set(OUTWARD)
    assert {kind: make(kind, Path(), 1).leaves_machine for kind in CHANNELS} == {kind: kind != "screen" for kind in CHANNELS}


def test_a_notice_arrives_with_its_key(outward: Outward) -> None:
    _, channel, told = outward
    channel.send(a_notice(), NOON)
    assert told() == [Told("a" * 32, "Orange: Square", "Square is orange.")]


def test_sent_again_it_bears_the_same_key(outward: Outward) -> None:
    kind, channel, told = outward
    for minute in range(2):
        channel.send(a_notice(), NOON + timedelta(minutes=minute))
    assert {one.key for one in told()} == {"a" * 32}
    assert len(told()) == {"cap": 1, "email": 1}.get(kind, 2)


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.LIVE])
def test_nothing_leaves_the_machine_from_an_area_that_is_not_live(outward: Outward, mode: Mode) -> None:
    _, channel, told = outward
    with pytest.raises(ChannelRefused, match="nothing of it leaves the machine"):
        channel.send(a_notice(mode=mode), NOON)
    assert told() == []


MARKUP = {"en": '<b onclick="x">Square</b> & \r\nBcc: thief@else.example', "nl": "{{x}} %s <script>"}


def test_markup_and_line_ends_in_texts_stay_text(outward: Outward) -> None:
    _, channel, told = outward
    channel.send(a_notice(title=MARKUP, text=MARKUP), NOON)
    (one,) = told()
    assert '<b onclick="x">Square</b> &' in one.title
    assert "Bcc: thief@else.example" in one.title
    assert "<b onclick=" in one.text


@given(text=st.text(st.characters(codec="utf-8"), max_size=300))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_text_holds_it_arrives_and_nothing_else_does(outward: Outward, text: str) -> None:
    _, channel, told = outward
    known = len(told())
    channel.send(a_notice(f"{known:032x}", title={"en": text, "nl": text}, text={"en": text, "nl": text}, place_name=text), NOON)
    assert [one.key for one in told()[known:]] == [f"{known:032x}"]


@pytest.mark.parametrize("kind", NETWORKED)
def test_a_server_that_hangs_is_cut_off(kind: str, tmp_path: Path) -> None:
    with useless_server() as port, pytest.raises(ChannelUnavailable, match=r"(within|does not answer|cut off)"):
        make(kind, tmp_path, port).send(a_notice(), NOON)


@pytest.mark.parametrize("kind", NETWORKED)
def test_a_server_that_drips_is_cut_off(kind: str, tmp_path: Path) -> None:
    with useless_server(b"2") as port, pytest.raises(ChannelUnavailable):
        make(kind, tmp_path, port).send(a_notice(), NOON)


@pytest.mark.parametrize("kind", NETWORKED)
def test_where_nobody_listens_the_notice_waits(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ChannelUnavailable):
        make(kind, tmp_path, free_port()).send(a_notice(), NOON)


def test_a_folder_that_cannot_be_written_makes_the_notice_wait(tmp_path: Path) -> None:
    (tmp_path / "cap").write_text("in the way")
    with pytest.raises(ChannelUnavailable, match="cannot be written"):
        make("cap", tmp_path).send(a_notice(), NOON)


@pytest.mark.parametrize("kind", OUTWARD)
def test_an_option_that_is_missing_unknown_or_of_another_type_is_said(kind: str, tmp_path: Path) -> None:
    needed = {"cap": "sender", "webhook": "secret_env"}.get(kind, "host")
    for wrong in ({needed: 5}, {"colour": "red"}):
        with pytest.raises(WrongData, match=r"^channel test: \w+: found .+; expected .+"):
            make(kind, tmp_path, 1, **wrong)
    setting = ChannelSetting(name="test", kind=kind, options={})
    with pytest.raises(WrongData, match="found nothing; expected"):
        CHANNELS[kind](setting, ENVIRONMENT, tmp_path)


@pytest.mark.parametrize("kind", OUTWARD)
def test_every_kind_of_notice_can_be_sent(kind: str, tmp_path: Path) -> None:
    with WORLDS[kind](tmp_path) as (port, told):
        channel = make(kind, tmp_path, port)
        for number, what in enumerate(NoticeKind):
            channel.send(a_notice(f"{number:032x}", kind=what, alert=None, level=None, shape=(), place=None, place_name=""), NOON)
        assert len(told()) == len(NoticeKind)
