"""`channels.toml`: what is set up, and a clear sentence for what is wrong; never the value of a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from deining.domain.alert import Priority
from deining.domain.notice import ChannelForm, NoticeKind
from deining.storage.channel_file import read_channels

FORMS = {"email": ChannelForm(("host", "password_env", "to")), "cap": ChannelForm(("sender",), frozenset({NoticeKind.ALERT_RAISED})), "screen": ChannelForm(())}
RIGHT = """
[[channels]]
name = "duty"
kind = "email"
kinds = ["alert_raised", "data"]
from_priority = "medium"
languages = ["en"]
areas = ["strand"]
host = "mail.town.example"
to = ["duty@town.example"]
password_env = "MAIL_PASSWORD"

[[channels]]
name = "feed"
kind = "cap"
sender = "crowd@town.example"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "channels.toml").write_text(text)
    return folder


def findings(folder: Path, text: str, *, area: str | None = None) -> list[str]:
    channels, found = read_channels(written(folder, text), FORMS, area=area)
    assert channels == []
    return [str(finding) for finding in found]


def one(lines: str) -> str:
    return f'[[channels]]\nname = "duty"\nkind = "email"\n{lines}\n'


def test_without_the_file_nothing_is_set_up_and_nothing_is_wrong(tmp_path: Path) -> None:
    assert read_channels(tmp_path, FORMS) == ([], [])


def test_channels_are_read_with_what_they_are_for(tmp_path: Path) -> None:
    (duty, feed), found = read_channels(written(tmp_path, RIGHT), FORMS)
    assert found == []
    assert (duty.name, duty.kind, duty.kinds, duty.from_priority) == ("duty", "email", {NoticeKind.ALERT_RAISED, NoticeKind.DATA}, Priority.MEDIUM)
    assert (duty.languages, duty.areas, duty.options["host"]) == (("en",), ("strand",), "mail.town.example")
    assert (feed.kinds, feed.from_priority, feed.languages, feed.areas) == ({NoticeKind.ALERT_RAISED}, Priority.LOW, ("nl", "en"), ())


def test_a_channel_of_an_area_folder_is_for_that_area_alone(tmp_path: Path) -> None:
    (channel,), _ = read_channels(written(tmp_path, one("")), FORMS, area="strand")
    assert (channel.name, channel.areas) == ("strand/duty", ("strand",))
    assert "expected no areas" in findings(tmp_path, one('areas = ["other"]'), area="strand")[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml", "a TOML file with [[channels]]"),
        ("[channels]\nx = 1", "[[channels]], one for each channel"),
        ('[[channels]]\nname = "x"\nkind = "pigeon"', "x: found kind = 'pigeon'; expected one of cap, email"),
        ('[[channels]]\nname = "x"\nkind = "screen"', "the screen is always there"),
        ('[[channels]]\nname = "Duty Officer"\nkind = "email"', "a name of its own, of small letters"),
        ('[[channels]]\nname = "screen"\nkind = "email"', "other than screen"),
        (one('colour = "red"'), "found 'colour', which a channel of kind email does not have"),
        (one('kinds = ["alarm"]'), "kinds = ['alarm']; expected of alert_raised"),
        (one("kinds = []"), "kinds = []; expected of"),
        (one('from_priority = "urgent"'), "expected of high, medium, low"),
        (one('languages = ["fr"]'), "languages = ['fr']; expected of nl, en"),
        (one('areas = "strand"'), "areas = 'strand'"),
    ],
)
def test_what_is_wrong_is_said_with_what_was_expected(tmp_path: Path, text: str, said: str) -> None:
    assert said in findings(tmp_path, text)[0]


def test_two_channels_of_one_name_are_said(tmp_path: Path) -> None:
    channels, found = read_channels(written(tmp_path, one("") + one("")), FORMS)
    assert len(channels) == 1
    assert "the name of two channels" in str(found[0])


@pytest.mark.parametrize(
    "line",
    ['password = "hunter2-hunter2"', 'password_env = "hunter2-hunter2"', 'api_key = "hunter2-hunter2"', 'host = "smtp://me:hunter2-hunter2@mail.example"'],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    found = findings(tmp_path, one(line))
    assert any("environment variable" in text for text in found)
    assert all("hunter2" not in text for text in found)
