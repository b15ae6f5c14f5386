"""Notice: what is told to people beside the screen, once a channel; and the ways in which it may leave the machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from deining.domain.alert import Priority
from deining.domain.area import LonLat
from deining.domain.levels import Level

LANGUAGES = ("nl", "en")
SCREEN = "screen"
"""Name and kind of the one channel that is always there: what is stored is on the screen."""


class Mode(StrEnum):
    """What an area lives on. Nothing leaves the machine in any but `live`."""

    LIVE = "live"
    REPLAY = "replay"
    SIMULATION = "simulation"
    EXERCISE = "exercise"


class NoticeKind(StrEnum):
    """What a notice is about; `data` is about what cannot be seen, `test` is asked for by a person."""

    ALERT_RAISED = "alert_raised"
    ALERT_CHANGED = "alert_changed"
    ALERT_CLEARED = "alert_cleared"
    DECISION = "decision"
    DATA = "data"
    TEST = "test"


class DeliveryState(StrEnum):
    """What became of a notice on one channel.

    `held` never leaves the machine, because its area is not live; `given_up` was not delivered and says why.
    """

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    HELD = "held"


def notice_id(*parts: object) -> str:
    """The idempotency key of what these parts name: the same parts give the same 32 hexadecimal digits, ever.

    Examples
    --------
    >>> notice_id("strand", "live", "alert_raised", "a-1") == notice_id("strand", "live", "alert_raised", "a-1")
    True
    """
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that people are told.

    Parameters
    ----------
    id
        Idempotency key: a receiver that gets it twice has been told once.
    book
        "live", or the name of the replay or exercise that it belongs to.
    created_at, expires_at
        When it came about, in the area's time, and from when on it is no longer worth sending.
    title, text
        By language ("en", "nl"): a few words, and the whole.
    place, place_name
        Id and name of the zone, gate or sensor; None and empty where it concerns none.
    alert
        Id of the alert, or of the head of its group; all notices with the same one belong together.
    quiet
        Only the screen tells it: it came in quiet hours, or somebody put the alert on the shelf.
    shape
        Outer rings (lon, lat; WGS 84) of the place; empty where it has none.
    extra
        Other figures, as JSON holds them.
    """

    id: str
    area: str
    book: str
    mode: Mode
    kind: NoticeKind
    priority: Priority
    created_at: datetime
    expires_at: datetime
    title: Mapping[str, str]
    text: Mapping[str, str]
    place: str | None = None
    place_name: str = ""
    level: Level | None = None
    alert: str | None = None
    quiet: bool = False
    shape: tuple[tuple[LonLat, ...], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def thread(self) -> str:
        """The same for all notices of one alert; its own id where it is of none."""
        return notice_id(self.area, self.book, self.alert) if self.alert else self.id

    def message(self) -> dict[str, Any]:
        """What a machine that receives it reads, as JSON holds it; times in ISO 8601."""
        return {
            "id": self.id,
            "area": self.area,
            "kind": self.kind.value,
            "priority": self.priority.value,
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "title": dict(self.title),
            "text": dict(self.text),
            "place": self.place,
            "place_name": self.place_name,
            "level": self.level.label if self.level is not None else None,
            "alert": self.alert,
            "extra": dict(self.extra),
        }

    def record(self) -> dict[str, Any]:
        """The whole notice, as JSON holds it; `from_record` gives it back."""
        shape = [[list(point) for point in ring] for ring in self.shape]
        return {**self.message(), "book": self.book, "mode": self.mode.value, "quiet": self.quiet, "shape": shape}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Notice:
        """The notice of which this is the record."""
        return cls(
            **{
                **record,
                "mode": Mode(record["mode"]),
                "kind": NoticeKind(record["kind"]),
                "priority": Priority(record["priority"]),
                "created_at": datetime.fromisoformat(record["created_at"]),
                "expires_at": datetime.fromisoformat(record["expires_at"]),
                "level": Level.parse(record["level"]) if record["level"] else None,
                "shape": tuple(tuple((lon, lat) for lon, lat in ring) for ring in record["shape"]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSetting:
    """One way to tell people, as somebody set it up.

    Parameters
    ----------
    name
        Its own name, unique in the server.
    kind
        Row of the registry of channels.
    kinds
        Kinds of notices that it is for.
    from_priority
        Lowest priority that it is for.
    languages
        The languages it speaks, the first one first.
    areas
        Areas that it is for; empty for all.
    options
        What its kind of channel asks for besides.
    """

    name: str
    kind: str
    kinds: frozenset[NoticeKind] = frozenset(NoticeKind)
    from_priority: Priority = Priority.LOW
    languages: tuple[str, ...] = LANGUAGES
    areas: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def takes(self, notice: Notice) -> bool:
        """Whether this notice is to go this way. The screen takes all; a test goes every way of its area."""
        if self.kind == SCREEN:
            return True
        if notice.quiet or (self.areas and notice.area not in self.areas):
            return False
        return notice.kind is NoticeKind.TEST or (notice.kind in self.kinds and notice.priority.rank >= self.from_priority.rank)


ON_SCREEN = ChannelSetting(name=SCREEN, kind=SCREEN)


@dataclass(frozen=True, slots=True)
class ChannelForm:
    """What may be written of one kind of channel: the names of its options, and the notices it is for unless told otherwise."""

    options: Sequence[str]
    kinds: frozenset[NoticeKind] = frozenset(NoticeKind)


class Channel(Protocol):
    """A way to tell people. Sends one notice at a time, in one thread."""

    form: ClassVar[ChannelForm]
    leaves_machine: ClassVar[bool]

    def send(self, notice: Notice, now: datetime) -> None:
        """Tell it; on return it has been told. Sending it again is allowed, and recognised by its key.

        Raises
        ------
        ChannelUnavailable
            When it may work later.
        ChannelRefused
            When it will never work for this notice.
        """
        ...
