"""The CAP feed against the rules of OASIS CAP 1.2: elements, their order, their values, references and status."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, parse

import pytest

from deining.domain.alert import Priority
from deining.domain.errors import WrongData
from deining.domain.levels import Level
from deining.domain.notice import ChannelSetting, Notice, NoticeKind
from deining.response.channels.cap import CapFeed
from tests.builders import NOON, a_notice

CAP, ATOM = "{urn:oasis:names:tc:emergency:cap:1.2}", "{http://www.w3.org/2005/Atom}"
# The sequences and value lists of the schema CAP-v1.2.xsd: name, least, most (None: any number).
ALERT = [
    ("identifier", 1, 1), ("sender", 1, 1), ("sent", 1, 1), ("status", 1, 1), ("msgType", 1, 1), ("source", 0, 1), ("scope", 1, 1),
    ("restriction", 0, 1), ("addresses", 0, 1), ("code", 0, None), ("note", 0, 1), ("references", 0, 1), ("incidents", 0, 1), ("info", 0, None),
]  # fmt: skip
INFO = [
    ("language", 0, 1), ("category", 1, None), ("event", 1, 1), ("responseType", 0, None), ("urgency", 1, 1), ("severity", 1, 1), ("certainty", 1, 1),
    ("audience", 0, 1), ("eventCode", 0, None), ("effective", 0, 1), ("onset", 0, 1), ("expires", 0, 1), ("senderName", 0, 1), ("headline", 0, 1),
    ("description", 0, 1), ("instruction", 0, 1), ("web", 0, 1), ("contact", 0, 1), ("parameter", 0, None), ("resource", 0, None), ("area", 0, None),
]  # fmt: skip
AREA = [("areaDesc", 1, 1), ("polygon", 0, None), ("circle", 0, None), ("geocode", 0, None), ("altitude", 0, 1), ("ceiling", 0, 1)]
PARAMETER = [("valueName", 1, 1), ("value", 1, 1)]
VALUES = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"},
    "responseType": {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"},
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}
TIME = re.compile(r"\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[-,+]\d\d:\d\d")
TOKEN = re.compile(r"[^\s,<&]+")


def assert_in_order(parent: Element, expected: list[tuple[str, int, int | None]]) -> None:
    names = [child.tag.removeprefix(CAP) for child in parent]
    known = [name for name, _, _ in expected]
    assert all(child.tag.startswith(CAP) for child in parent)
    assert [known.index(name) for name in names] == sorted(known.index(name) for name in names)
    for name, least, most in expected:
        assert least <= names.count(name) <= (most if most is not None else len(names)), name


def assert_valid(root: Element) -> None:
    """What the schema asks for, and what the text of the standard asks for besides."""
    assert root.tag == f"{CAP}alert"
    assert_in_order(root, ALERT)
    for element in root.iter():
        name, text = element.tag.removeprefix(CAP), element.text or ""
        if name in VALUES:
            assert text in VALUES[name]
        if name in ("sent", "effective", "onset", "expires"):
            assert TIME.fullmatch(text), text
        if name in ("identifier", "sender"):
            assert TOKEN.fullmatch(text)
        if name == "polygon":
            points = [tuple(map(float, pair.split(","))) for pair in text.split(" ")]
            assert len(points) >= 4
            assert points[0] == points[-1]
            assert all(-90 <= lat <= 90 and -180 <= lon <= 180 for lat, lon in points)
    for info in root.iterfind(f"{CAP}info"):
        assert_in_order(info, INFO)
        for name, expected in (("area", AREA), ("parameter", PARAMETER)):
            for child in info.iterfind(f"{CAP}{name}"):
                assert_in_order(child, expected)
    found = {name: root.findtext(f"{CAP}{name}") for name in ("scope", "restriction", "addresses", "msgType", "references")}
    assert found["scope"] != "Restricted" or found["restriction"]
    assert found["scope"] != "Private" or found["addresses"]
    assert found["msgType"] == "Alert" or found["references"]
    for reference in (found["references"] or "").split():
        sender, identifier, sent = reference.split(",")
        assert TOKEN.fullmatch(sender)
        assert TOKEN.fullmatch(identifier)
        assert TIME.fullmatch(sent)


def a_feed(folder: Path, **options: Any) -> CapFeed:
    return CapFeed(ChannelSetting(name="feed", kind="cap", options={"sender": "crowd@town.example", **options}), {}, folder)


def an_alert_notice(number: int, kind: NoticeKind = NoticeKind.ALERT_RAISED, **given: Any) -> Notice:
    return a_notice(f"{number:032x}", kind=kind, created_at=NOON + timedelta(minutes=number), **given)


def messages(folder: Path) -> list[Element]:
    return [parse(file).getroot() for file in sorted((folder / "cap" / "feed").glob("*.xml"))]


def texts(root: Element, name: str) -> list[str]:
    return [element.text or "" for element in root.iter(f"{CAP}{name}")]


COURSE = (NoticeKind.ALERT_RAISED, NoticeKind.ALERT_CHANGED, NoticeKind.ALERT_CLEARED)


def test_the_course_of_an_alert_is_alert_update_cancel_with_references(tmp_path: Path) -> None:
    feed = a_feed(tmp_path)
    for number, kind in enumerate(COURSE):
        feed.send(an_alert_notice(number, kind), NOON)
    roots = messages(tmp_path)
    for root in roots:
        assert_valid(root)
    assert [texts(root, "msgType") for root in roots] == [["Alert"], ["Update"], ["Cancel"]]
    first, second = (f"crowd@town.example,{number:032x},2026-07-04T10:0{number}:00-00:00" for number in range(2))
    assert [texts(root, "references") for root in roots] == [[], [first], [f"{first} {second}"]]
    assert texts(roots[2], "urgency") == ["Past", "Past"]


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"status": "Actual", "scope": "Public"},
        {"status": "Exercise", "scope": "Private", "addresses": ["a@b.example", "two words"]},
        {"contact": "the control room", "sender_name": "Town"},
    ],
)
def test_every_message_is_valid(tmp_path: Path, kind: NoticeKind, options: dict[str, Any]) -> None:
    feed, later = a_feed(tmp_path, **options), {"expected_at": (NOON + timedelta(hours=2)).isoformat(), "chance": 0.4}
    for number, level in enumerate((None, *Level)):
        feed.send(an_alert_notice(number, kind, level=level, extra=later if number % 2 else {}, priority=Priority.HIGH), NOON)
    feed.send(an_alert_notice(9, kind, alert=None, shape=(), place=None, place_name="", title={"en": "<&>\0", "nl": "é"}), NOON)
    assert len(messages(tmp_path)) == 6
    for root in messages(tmp_path):
        assert_valid(root)


def test_the_validity_check_of_this_file_finds_what_is_wrong(tmp_path: Path) -> None:
    a_feed(tmp_path).send(an_alert_notice(0), NOON)
    for name, text in (("status", "Real"), ("sent", "2026-07-04T10:00:00Z"), ("identifier", "a b"), ("polygon", "52,4 53,4 52,4")):
        (root,) = messages(tmp_path)
        next(root.iter(f"{CAP}{name}")).text = text
        with pytest.raises(AssertionError):
            assert_valid(root)
    (root,) = messages(tmp_path)
    root[:2] = [root[1], root[0]]
    with pytest.raises(AssertionError):
        assert_valid(root)


def test_it_says_test_and_restricted_until_somebody_chooses_otherwise(tmp_path: Path) -> None:
    a_feed(tmp_path).send(an_alert_notice(0), NOON)
    (root,) = messages(tmp_path)
    assert (texts(root, "status"), texts(root, "scope")) == (["Test"], ["Restricted"])


def test_what_a_person_asked_for_as_a_test_is_never_actual(tmp_path: Path) -> None:
    a_feed(tmp_path, status="Actual").send(an_alert_notice(0, NoticeKind.TEST), NOON)
    assert texts(messages(tmp_path)[0], "status") == ["Test"]


def test_a_polygon_is_closed_and_says_latitude_first(tmp_path: Path) -> None:
    a_feed(tmp_path).send(an_alert_notice(0, shape=(((4.0, 52.0), (4.01, 52.0), (4.01, 52.01)),)), NOON)
    assert texts(messages(tmp_path)[0], "polygon")[0] == "52.000000,4.000000 52.000000,4.010000 52.010000,4.010000 52.000000,4.000000"


def test_both_languages_have_their_own_words(tmp_path: Path) -> None:
    a_feed(tmp_path).send(an_alert_notice(0), NOON)
    (root,) = messages(tmp_path)
    assert texts(root, "language") == ["nl-NL", "en-GB"]
    assert texts(root, "headline") == ["Oranje: Square", "Orange: Square"]


def test_the_same_notice_again_changes_nothing(tmp_path: Path) -> None:
    feed = a_feed(tmp_path)
    feed.send(an_alert_notice(0), NOON)
    before = {file.name: file.read_bytes() for file in (tmp_path / "cap" / "feed").iterdir()}
    a_feed(tmp_path).send(an_alert_notice(0), NOON + timedelta(hours=1))
    assert {file.name: file.read_bytes() for file in (tmp_path / "cap" / "feed").iterdir()} == before


def test_the_index_lists_the_messages_newest_first_and_links_to_files_that_are_there(tmp_path: Path) -> None:
    feed = a_feed(tmp_path)
    for number in range(3):
        feed.send(an_alert_notice(number, alert=f"a-{number}"), NOON)
    root = parse(tmp_path / "cap" / "feed" / "index.atom").getroot()
    assert root.tag == f"{ATOM}feed"
    assert {"id", "title", "updated", "author"} <= {child.tag.removeprefix(ATOM) for child in root}
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}updated") for entry in entries] == [f"2026-07-04T10:0{number}:00Z" for number in (2, 1, 0)]
    for entry in entries:
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert (tmp_path / "cap" / "feed" / link.attrib["href"]).is_file()
        assert (entry.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sender": "the town"}, "without spaces, commas"),
        ({"status": "actual"}, "one of Actual, Exercise, Test"),
        ({"scope": "All"}, "one of Public, Restricted, Private"),
        ({"restriction": " "}, "who may read it"),
        ({"scope": "Private"}, "whom it is for"),
    ],
)
def test_what_is_set_up_wrong_is_said_in_one_sentence(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongData, match=said):
        a_feed(tmp_path, **options)
