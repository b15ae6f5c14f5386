"""A feed of CAP 1.2 messages: a file for each notice in a folder, and an Atom index of the latest."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, indent, tostring

from deining.domain.errors import ChannelRefused, ChannelUnavailable
from deining.domain.levels import Level
from deining.domain.notice import ChannelForm, ChannelSetting, Notice, NoticeKind
from deining.response.channels.common import check_may_leave, one_line, plain
from deining.response.channels.options import check_choice, names_of, take_options, wrong

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
LOCALES = {"nl": "nl-NL", "en": "en-GB"}
EVENTS = {"nl": "Drukte", "en": "Crowding"}
STATUSES = ("Actual", "Exercise", "Test")
SCOPES = ("Public", "Restricted", "Private")
SEVERITIES = {None: "Unknown", Level.GREEN: "Minor", Level.YELLOW: "Minor", Level.ORANGE: "Moderate", Level.RED: "Severe"}
LIKELY = 0.5
"""CAP 1.2, `certainty`: Likely is a chance above about 50 %."""
SOON_S = 3600.0
"""CAP 1.2, `urgency`: Expected is within the next hour, Future later."""
INDEXED = 100
TOKEN = re.compile(r"[^\s,<&]+")
ALERTS = frozenset({NoticeKind.ALERT_RAISED, NoticeKind.ALERT_CHANGED, NoticeKind.ALERT_CLEARED})


@dataclass(frozen=True, slots=True, kw_only=True)
class CapOptions:
    """What a CAP feed asks for."""

    sender: str
    sender_name: str = ""
    status: str = "Test"
    scope: str = "Restricted"
    restriction: str = "For the services in the control room"
    addresses: tuple[str, ...] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier message of the feed: its file, and what a later one refers to it by."""

    file: str
    identifier: str
    sent: str
    title: str


class CapFeed:
    """Writes a notice as a CAP message into `cap/NAME` of the data folder.

    The status is `Test` until somebody writes `Actual`; a notice that a person asked for as a test is never anything
    else. A change is an `Update` and an end a `Cancel` that refer to the earlier messages of the same alert; where none
    of these is in the feed it is an `Alert`. The same notice again is the same file.

    References
    ----------
    OASIS, Common Alerting Protocol Version 1.2, 2010, section 3.2 (elements, their order and values).
    RFC 4287: The Atom Syndication Format.
    """

    form: ClassVar[ChannelForm] = ChannelForm(names_of(CapOptions), ALERTS)
    leaves_machine: ClassVar[bool] = True

    def __init__(self, setting: ChannelSetting, environment: Mapping[str, str], folder: Path) -> None:
        self._options = options = take_options(CapOptions, setting)
        check_choice(setting, "status", options.status, STATUSES)
        check_choice(setting, "scope", options.scope, SCOPES)
        if not TOKEN.fullmatch(options.sender):
            raise wrong(setting, "sender", repr(options.sender), "a name without spaces, commas, < and &, such as crowd@town.example")
        if options.scope == "Restricted" and not one_line(options.restriction):
            raise wrong(setting, "restriction", "nothing", "who may read it, since the scope is Restricted")
        if options.scope == "Private" and not options.addresses:
            raise wrong(setting, "addresses", "none", "whom it is for, since the scope is Private")
        self._languages = setting.languages
        self._name = setting.name
        self._folder = folder / "cap" / setting.name.replace("/", "--")

    def send(self, notice: Notice, now: datetime) -> None:
        """Write the message and then the index, each whole or not at all.

        Raises
        ------
        ChannelUnavailable
            When the folder cannot be written to.
        ChannelRefused
            When the notice's area is not live.
        """
        check_may_leave(notice)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = f"{notice.created_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{notice.thread}-{notice.id}.xml"
            if not (self._folder / file).exists():
                _write(self._folder / file, self.write(notice, self._list_earlier(notice, file)))
            _write(self._folder / "index.atom", self._index())
        except ParseError as error:
            raise ChannelRefused(f"a file in {self._folder} is no message ({error}); move it away and send again") from error
        except OSError as error:
            raise ChannelUnavailable(f"the feed in {self._folder} cannot be written ({error})") from error

    def write(self, notice: Notice, earlier: Sequence[Earlier] = ()) -> Element:
        """The message, as it is written; `earlier` are those of the same alert."""
        options, root = self._options, Element("alert", xmlns=CAP)
        _add(root, "identifier", notice.id)
        _add(root, "sender", options.sender)
        _add(root, "sent", cap_time(notice.created_at))
        _add(root, "status", "Test" if notice.kind is NoticeKind.TEST else options.status)
        _add(root, "msgType", _message_type(notice) if earlier else "Alert")
        _add(root, "source", "deining")
        _add(root, "scope", options.scope)
        if options.scope == "Restricted":
            _add(root, "restriction", one_line(options.restriction))
        if options.addresses:
            _add(root, "addresses", " ".join(f'"{address}"' if " " in address else address for address in map(one_line, options.addresses)))
        if options.status == "Exercise":
            _add(root, "note", f"Exercise {notice.area}")
        if earlier:
            _add(root, "references", " ".join(f"{options.sender},{one.identifier},{one.sent}" for one in earlier))
        if notice.alert:
            _add(root, "incidents", notice.thread)
        for language in self._languages:
            self._add_info(root, notice, language)
        return root

    def _add_info(self, root: Element, notice: Notice, language: str) -> None:
        info, cleared = SubElement(root, "info"), notice.kind is NoticeKind.ALERT_CLEARED
        _add(info, "language", LOCALES[language])
        _add(info, "category", "Safety")
        _add(info, "event", EVENTS[language])
        _add(info, "responseType", "AllClear" if cleared else "Monitor")
        _add(info, "urgency", "Past" if cleared else _urgency(notice))
        _add(info, "severity", SEVERITIES[notice.level])
        _add(info, "certainty", _certainty(notice))
        _add(info, "effective", cap_time(notice.created_at))
        if expected_at := notice.extra.get("expected_at"):
            _add(info, "onset", cap_time(datetime.fromisoformat(expected_at)))
        _add(info, "expires", cap_time(notice.expires_at))
        if self._options.sender_name:
            _add(info, "senderName", one_line(self._options.sender_name))
        _add(info, "headline", one_line(notice.title[language]))
        _add(info, "description", plain(notice.text[language]))
        if self._options.contact:
            _add(info, "contact", one_line(self._options.contact))
        for name, value in (("deining:key", notice.id), ("deining:priority", notice.priority)):
            parameter = SubElement(info, "parameter")
            _add(parameter, "valueName", name)
            _add(parameter, "value", value)
        area = SubElement(info, "area")
        _add(area, "areaDesc", one_line(notice.place_name or notice.area))
        for ring in notice.shape:
            closed = ring if ring[0] == ring[-1] else (*ring, ring[0])
            _add(area, "polygon", " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat in closed))

    def _list_earlier(self, notice: Notice, file: str) -> list[Earlier]:
        return [_read(path) for path in sorted(self._folder.glob(f"*-{notice.thread}-*.xml")) if path.name != file]

    def _index(self) -> Element:
        entries = [_read(path) for path in sorted(self._folder.glob("*.xml"), reverse=True)[:INDEXED]]
        feed = Element("feed", xmlns=ATOM)
        _add(feed, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{self._options.sender}/{self._name}')}")
        _add(feed, "title", f"CAP 1.2: {one_line(self._options.sender_name or self._options.sender)}")
        _add(feed, "updated", entries[0].sent.replace("-00:00", "Z"))
        _add(SubElement(feed, "author"), "name", self._options.sender)
        SubElement(feed, "link", rel="self", href="index.atom")
        for entry in entries:
            element = SubElement(feed, "entry")
            _add(element, "id", f"urn:uuid:{uuid.UUID(entry.identifier)}")
            _add(element, "title", entry.title)
            _add(element, "updated", entry.sent.replace("-00:00", "Z"))
            SubElement(element, "link", rel="alternate", type="application/cap+xml", href=entry.file)
        return feed


def cap_time(time: datetime) -> str:
    """A time as CAP writes it: whole seconds, UTC as -00:00.

    References
    ----------
    OASIS, CAP 1.2, section 3.3.2: "The timezone for UTC MUST be represented as '-00:00'."
    """
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-00:00"


def _message_type(notice: Notice) -> str:
    return {NoticeKind.ALERT_CHANGED: "Update", NoticeKind.ALERT_CLEARED: "Cancel"}.get(notice.kind, "Alert")


def _urgency(notice: Notice) -> str:
    expected_at = notice.extra.get("expected_at")
    if expected_at is None:
        return "Immediate"
    return "Expected" if (datetime.fromisoformat(expected_at) - notice.created_at).total_seconds() <= SOON_S else "Future"


def _certainty(notice: Notice) -> str:
    if notice.extra.get("expected_at") is None:
        return "Observed"
    chance = notice.extra.get("chance")
    return "Unknown" if chance is None else "Likely" if chance > LIKELY else "Possible"


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _read(path: Path) -> Earlier:
    root = fromstring(path.read_bytes())  # noqa: S314 - a file that this channel wrote itself

    def text(name: str) -> str:
        return root.findtext(f".//{{{CAP}}}{name}") or ""

    return Earlier(path.name, text("identifier"), text("sent"), text("headline"))


def _write(path: Path, root: Element) -> None:
    """Put a file in its place when it is whole and on the disk."""
    indent(root)
    body = tostring(root, encoding="utf-8", xml_declaration=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
