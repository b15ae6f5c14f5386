"""The outbox: one row a notice and channel, in the transaction of what it tells of, and nothing lost or silently ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.alert import Priority
from deining.domain.errors import UnknownName, WrongUse
from deining.domain.levels import Level
from deining.domain.notice import ChannelSetting, DeliveryState, Mode, Notice, NoticeKind
from deining.storage.database import open_database
from deining.storage.outbox import (
    NoticeRow,
    count_undelivered,
    enqueue,
    find_notice,
    give_up_strangers,
    list_notices,
    mark_delivered,
    mark_failed,
    mark_given_up,
    read_due,
    retry,
)
from tests.builders import NOON, a_notice

MAIL, HOOK = ChannelSetting(name="mail", kind="email"), ChannelSetting(name="hook", kind="webhook", from_priority=Priority.HIGH)
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_database(tmp_path)
    yield connection
    connection.close()


def states(store: sqlite3.Connection, area: str = "town") -> dict[str, DeliveryState]:
    return {row.channel: row.state for row in list_notices(store, area)}


def the_row(store: sqlite3.Connection, channel: str = "mail") -> NoticeRow:
    found = find_notice(store, "town", "a" * 32, channel)
    assert found
    return found


def test_a_notice_goes_to_the_screen_and_to_each_channel_that_takes_it(store: sqlite3.Connection) -> None:
    assert enqueue(store, [a_notice()], [MAIL, HOOK], NOON) == 2
    assert states(store) == {"screen": DeliveryState.DELIVERED, "mail": DeliveryState.WAITING}
    assert the_row(store, "screen").delivered_at == NOON


def test_the_same_key_twice_is_one_row(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice()], [MAIL], NOON)
    assert enqueue(store, [a_notice(), a_notice()], [MAIL], LATER) == 0
    assert len(list_notices(store, "town")) == 2


def test_it_is_gone_when_what_it_tells_of_is_rolled_back(store: sqlite3.Connection) -> None:
    store.execute("BEGIN")
    enqueue(store, [a_notice()], [MAIL], NOON)
    store.execute("ROLLBACK")
    assert list_notices(store, "town") == []


@pytest.mark.parametrize("mode", [Mode.REPLAY, Mode.SIMULATION, Mode.EXERCISE])
def test_what_is_not_live_is_held_and_never_due(store: sqlite3.Connection, mode: Mode) -> None:
    enqueue(store, [a_notice(mode=mode, book="replay-1")], [MAIL], NOON)
    assert states(store) == {"screen": DeliveryState.DELIVERED, "mail": DeliveryState.HELD}
    assert read_due(store, "mail", NOON + timedelta(days=9), 10) == []
    with pytest.raises(WrongUse, match="is held: its area is not live"):
        retry(store, "town", "a" * 32, "mail", NOON, by="A. Visser", role="operator")


def test_a_quiet_notice_is_on_the_screen_alone(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice(quiet=True)], [MAIL], NOON)
    assert states(store) == {"screen": DeliveryState.DELIVERED}


def test_a_channel_gets_the_areas_kinds_and_priorities_that_it_is_for() -> None:
    channel = ChannelSetting(name="x", kind="email", kinds=frozenset({NoticeKind.DATA}), from_priority=Priority.MEDIUM, areas=("town",))
    assert channel.takes(a_notice(kind=NoticeKind.DATA))
    assert not channel.takes(a_notice(kind=NoticeKind.DATA, area="other"))
    assert not channel.takes(a_notice(kind=NoticeKind.DATA, priority=Priority.LOW))
    assert not channel.takes(a_notice())
    assert channel.takes(a_notice(kind=NoticeKind.TEST, priority=Priority.LOW))


def test_what_was_delivered_is_due_no_more(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice()], [MAIL], NOON)
    (due,) = read_due(store, "mail", NOON, 10)
    assert due.notice == a_notice()
    mark_delivered(store, due.number, LATER)
    assert read_due(store, "mail", LATER, 10) == []
    row = the_row(store)
    assert (row.state, row.tries, row.delivered_at, row.next_try_at) == (DeliveryState.DELIVERED, 1, LATER, None)


def test_what_failed_is_due_again_later_and_says_why(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice()], [MAIL], NOON)
    mark_failed(store, read_due(store, "mail", NOON, 10)[0].number, LATER, "nobody there")
    assert read_due(store, "mail", NOON, 10) == []
    assert read_due(store, "mail", LATER, 10)[0].tries == 1
    row = the_row(store)
    assert (row.state, row.tries, row.next_try_at, row.why) == (DeliveryState.WAITING, 1, LATER, "nobody there")


def test_what_was_given_up_stays_until_a_person_sends_it_again(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice()], [MAIL], NOON)
    mark_given_up(store, read_due(store, "mail", NOON, 10)[0].number, LATER, "550", tried=True)
    assert (the_row(store).state, the_row(store).why, the_row(store).tries) == (DeliveryState.GIVEN_UP, "550", 1)
    assert count_undelivered(store, "town", "live") == {DeliveryState.WAITING: 0, DeliveryState.GIVEN_UP: 1}
    long_after = NOON + timedelta(days=1)
    retry(store, "town", "a" * 32, "mail", long_after, by="A. Visser", role="operator")
    (due,) = read_due(store, "mail", long_after, 10)
    assert (due.tries, due.expires_at) == (0, None)
    assert store.execute("SELECT retried_by, retried_role FROM delivery WHERE channel = 'mail'").fetchone() == ("A. Visser", "operator")


def test_what_was_delivered_or_never_sent_cannot_be_sent_again(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice()], [MAIL], NOON)
    with pytest.raises(WrongUse, match="on channel screen was delivered"):
        retry(store, "town", "a" * 32, "screen", NOON, by="A. Visser", role="operator")
    for area, notice, channel in (("other", "a" * 32, "mail"), ("town", "b" * 32, "mail"), ("town", "a" * 32, "pigeon")):
        with pytest.raises(UnknownName, match="no notice"):
            retry(store, area, notice, channel, NOON, by="A. Visser", role="operator")


def test_of_one_alert_the_later_notice_waits_for_the_earlier(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice("a" * 32), a_notice("b" * 32), a_notice("c" * 32, alert="another")], [MAIL], NOON)
    first = read_due(store, "mail", NOON, 10)
    assert [due.notice.id[0] for due in first] == ["a", "c"]
    mark_failed(store, first[0].number, LATER, "not now")
    assert [due.notice.id[0] for due in read_due(store, "mail", NOON, 10)] == ["c"]
    mark_given_up(store, first[0].number, LATER, "never", tried=True)
    assert [due.notice.id[0] for due in read_due(store, "mail", NOON, 10)] == ["b", "c"]


def test_what_waits_for_a_channel_that_is_gone_is_given_up_and_says_so(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice()], [MAIL, ChannelSetting(name="pager", kind="webhook")], NOON)
    assert give_up_strangers(store, ["mail"], LATER) == 1
    assert states(store)["mail"] is DeliveryState.WAITING
    assert the_row(store, "pager").why == "channel pager is no longer set up; put it back into channels.toml and send again"


def test_each_book_has_its_own_notices(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice(), a_notice("b" * 32, mode=Mode.REPLAY, book="replay-1")], [MAIL], NOON)
    assert [[row.notice.id[0] for row in list_notices(store, "town", book)] for book in ("live", "replay-1", "replay-2")] == [["a", "a"], ["b", "b"], []]
    assert len(list_notices(store, "town")) == 4


def test_newest_come_first_and_no_more_than_asked(store: sqlite3.Connection) -> None:
    enqueue(store, [a_notice(f"{k:032x}", alert=str(k), created_at=NOON + timedelta(minutes=k)) for k in range(5)], [], NOON)
    assert [int(row.notice.id, 16) for row in list_notices(store, "town", limit=3)] == [4, 3, 2]


@given(
    title=st.text(max_size=50),
    level=st.none() | st.sampled_from(Level),
    kind=st.sampled_from(NoticeKind),
    at=st.timedeltas(timedelta(days=-9000), timedelta(days=9000)).map(lambda after: NOON + after),
    extra=st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)),
)
def test_a_notice_is_read_as_it_was_written(title: str, level: Level | None, kind: NoticeKind, at: datetime, extra: dict[str, object]) -> None:
    notice = a_notice(title={"en": title, "nl": title}, level=level, kind=kind, created_at=at, extra=extra)
    assert Notice.from_record(notice.record()) == notice
