"""The dispatcher: at least once, never silently not, and no channel waits for another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.errors import ChannelRefused, ChannelUnavailable, UnknownName, WrongData
from deining.domain.notice import Channel, ChannelForm, ChannelSetting, DeliveryState, Mode, Notice
from deining.notifying import Dispatcher, DispatchPolicy, back_off_s, build_channels, read_all_channels
from deining.response.channels import FORMS
from deining.storage.database import open_database, open_reader
from deining.storage.outbox import NoticeRow, enqueue, list_notices, retry
from deining.storage.writer import Writer
from tests.builders import NOON, a_notice
from tests.receivers import wait_for

QUICK = DispatchPolicy(first_wait_s=10, most_wait_s=80, most_tries=4, send_limit_s=0.3, poll_s=0.01)


@dataclass
class HandClock:
    """Stands until it is moved."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class FakeChannel:
    """Does with each send what its script says next; when that is empty, it works."""

    form: ClassVar[ChannelForm] = ChannelForm(())
    leaves_machine: ClassVar[bool] = True
    script: list[Callable[[], Any]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    calls: int = 0

    def send(self, notice: Notice, now: datetime) -> None:
        self.calls += 1
        if self.script:
            self.script.pop(0)()
        self.sent.append(notice.id)


def raising(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@dataclass
class Post:
    """A store with its writer, a clock and a dispatcher over fake channels."""

    folder: Path
    clock: HandClock = field(default_factory=HandClock)
    dispatcher: Dispatcher | None = None

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.writer = Writer(open_database(self.folder), self.folder, queue_jobs=64, commit_rows=1000, min_free_bytes=1)

    def begin(self, channels: Mapping[str, Channel], policy: DispatchPolicy = QUICK) -> Dispatcher:
        self.dispatcher = Dispatcher(channels, writer=self.writer, open_reader=partial(open_reader, self.folder), clock=self.clock, seed=1, policy=policy)
        self.dispatcher.start()
        return self.dispatcher

    def put(self, *notices: Notice, to: tuple[str, ...] = ("mail",)) -> None:
        settings = [ChannelSetting(name=name, kind="email") for name in to]
        self.writer.submit(lambda connection: enqueue(connection, notices, settings, self.clock.now())).result()
        if self.dispatcher:
            self.dispatcher.wake()

    def rows(self) -> dict[tuple[str, str], NoticeRow]:
        with closing(open_reader(self.folder)) as connection:
            return {(row.notice.id[0], row.channel): row for row in list_notices(connection, "town") if row.channel != "screen"}

    def wait(self, state: DeliveryState, channel: str = "mail", notice: str = "a") -> NoticeRow:
        wait_for(lambda: self.rows()[notice, channel].state is state)
        return self.rows()[notice, channel]

    def end(self) -> None:
        if self.dispatcher:
            self.dispatcher.close()
            self.dispatcher = None
        self.writer.close()


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = Post(tmp_path)
    yield made
    made.end()


def test_what_is_put_into_the_outbox_is_told_once_and_marked(post: Post) -> None:
    channel = FakeChannel()
    post.begin({"mail": channel})
    post.put(a_notice())
    assert post.wait(DeliveryState.DELIVERED).delivered_at == NOON
    assert channel.sent == ["a" * 32]


def test_what_waits_is_taken_up_at_the_start(post: Post) -> None:
    post.put(*(a_notice(letter * 32, alert=letter) for letter in "abc"))
    channel = FakeChannel()
    post.begin({"mail": channel})
    for letter in "abc":
        post.wait(DeliveryState.DELIVERED, notice=letter)
    assert sorted(channel.sent) == ["a" * 32, "b" * 32, "c" * 32]


def test_what_fails_is_tried_again_after_a_wait_that_grows(post: Post) -> None:
    channel = FakeChannel([raising(ChannelUnavailable("nobody there"))] * 2)
    post.put(a_notice())
    post.begin({"mail": channel})
    waits = []
    for tries in (1, 2):
        wait_for(lambda tries=tries: post.rows()["a", "mail"].tries == tries)  # type: ignore[misc]
        row = post.rows()["a", "mail"]
        assert (row.state, row.why) == (DeliveryState.WAITING, "nobody there")
        assert row.next_try_at
        waits.append((row.next_try_at - post.clock.now()).total_seconds())
        post.clock.at = row.next_try_at
    assert 5 <= waits[0] <= 10 <= waits[1] <= 20
    assert post.wait(DeliveryState.DELIVERED).tries == 3


def test_the_other_side_may_ask_for_a_longer_wait(post: Post) -> None:
    post.put(a_notice())
    post.begin({"mail": FakeChannel([raising(ChannelUnavailable("busy", retry_after_s=60))])})
    wait_for(lambda: post.rows()["a", "mail"].tries == 1)
    assert post.rows()["a", "mail"].next_try_at == NOON + timedelta(seconds=60)


def test_what_is_refused_is_given_up_at_once_and_says_why(post: Post) -> None:
    channel = FakeChannel([raising(ChannelRefused("550 no such mailbox"))])
    post.put(a_notice(), a_notice("b" * 32, alert="b"))
    post.begin({"mail": channel})
    assert post.wait(DeliveryState.GIVEN_UP).why == "550 no such mailbox"
    post.wait(DeliveryState.DELIVERED, notice="b")
    assert channel.sent == ["b" * 32]


def test_after_its_last_try_it_is_given_up_with_the_reason(post: Post) -> None:
    post.put(a_notice())
    post.begin({"mail": FakeChannel([raising(ChannelUnavailable("nobody there"))] * 9)})
    for tries in range(1, QUICK.most_tries + 1):
        wait_for(lambda tries=tries: post.rows()["a", "mail"].tries == tries)  # type: ignore[misc]
        post.clock.move(200)
    assert post.wait(DeliveryState.GIVEN_UP).why == "tried 4 times; last: nobody there"


def test_what_is_too_old_is_given_up_unsent_unless_a_person_asks_for_it(post: Post) -> None:
    channel = FakeChannel()
    post.put(a_notice())
    post.clock.move(7 * 3600)
    post.begin({"mail": channel})
    assert "too old" in post.wait(DeliveryState.GIVEN_UP).why
    assert channel.sent == []
    post.writer.submit(lambda connection: retry(connection, "town", "a" * 32, "mail", post.clock.now(), by="A. Visser", role="operator")).result()
    post.wait(DeliveryState.DELIVERED)
    assert channel.sent == ["a" * 32]


def test_a_channel_that_hangs_or_fails_holds_up_no_other(post: Post) -> None:
    hold = threading.Event()
    hanging, broken, good = FakeChannel([hold.wait] * 9), FakeChannel([raising(ZeroDivisionError("oops"))] * 9), FakeChannel()
    post.put(a_notice(), to=("hanging", "broken", "good"))
    post.begin({"hanging": hanging, "broken": broken, "good": good})
    post.wait(DeliveryState.DELIVERED, "good")
    wait_for(lambda: post.rows()["a", "hanging"].tries == post.rows()["a", "broken"].tries == 1)
    assert post.rows()["a", "hanging"].why == "channel hanging took longer than 0.3 s"
    assert post.rows()["a", "broken"].why == "channel broken failed unexpectedly (ZeroDivisionError: oops)"
    assert post.dispatcher
    assert set(post.dispatcher.failures) == {"hanging", "broken"}
    hold.set()


def test_while_too_many_sends_hang_no_more_are_begun(post: Post) -> None:
    hold = threading.Event()
    hanging = FakeChannel([hold.wait] * 99)
    post.put(*(a_notice(letter * 32, alert=letter) for letter in "abcdef"))
    post.begin({"mail": hanging})

    def says_so() -> bool:
        post.clock.move(5)
        return any("still hang" in row.why for row in post.rows().values())

    wait_for(says_so)
    assert hanging.calls == 3
    hold.set()


def test_of_one_alert_nothing_overtakes(post: Post) -> None:
    channel = FakeChannel([raising(ChannelUnavailable("not now"))])
    post.put(a_notice("a" * 32), a_notice("b" * 32))
    post.begin({"mail": channel})
    wait_for(lambda: post.rows()["a", "mail"].tries == 1)
    assert post.rows()["b", "mail"].tries == 0
    post.clock.move(100)
    post.wait(DeliveryState.DELIVERED, notice="b")
    assert channel.sent == ["a" * 32, "b" * 32]


@pytest.mark.parametrize("mode", [Mode.REPLAY, Mode.SIMULATION, Mode.EXERCISE])
def test_in_a_replay_or_exercise_no_channel_is_called(post: Post, mode: Mode) -> None:
    channel = FakeChannel([raising(AssertionError("called"))])
    post.begin({"mail": channel})
    post.put(a_notice("a" * 32, mode=mode, book="other"), a_notice("b" * 32))
    wait_for(lambda: channel.calls == 1)
    threading.Event().wait(0.1)
    assert post.rows()["a", "mail"].state is DeliveryState.HELD
    assert post.rows()["a", "mail"].tries == 0


def test_what_was_sent_and_could_not_be_written_down_is_not_sent_again(post: Post) -> None:
    channel = FakeChannel()
    post.put(a_notice())
    post.writer.submit(lambda c: c.execute("CREATE TRIGGER full BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'disk full'); END")).result()
    dispatcher = post.begin({"mail": channel})
    wait_for(lambda: "could not be written down" in dispatcher.failures.get("mail", ""))
    post.writer.submit(lambda c: c.execute("DROP TRIGGER full")).result()
    post.wait(DeliveryState.DELIVERED)
    assert channel.sent == ["a" * 32]


def test_a_kill_between_sending_and_marking_sends_once_more_with_the_same_key(post: Post) -> None:
    class Killed(Writer):
        """Loses what is submitted to it, as a kill would."""

        def __init__(self, real: Writer) -> None:
            self.real, self.lost = real, threading.Event()

        def submit(self, work: Any, rows: int = 1) -> Any:
            if isinstance(work, partial):
                self.lost.set()
                threading.Event().wait()
            return self.real.submit(work, rows)

    first, second, killed = FakeChannel(), FakeChannel(), Killed(post.writer)
    post.put(a_notice())
    Dispatcher({"mail": first}, writer=killed, open_reader=partial(open_reader, post.folder), clock=post.clock, seed=1, policy=QUICK).start()
    killed.lost.wait()
    post.begin({"mail": second})
    post.wait(DeliveryState.DELIVERED)
    assert first.sent == second.sent == ["a" * 32]


def test_a_channel_that_is_no_longer_set_up_has_what_waits_given_up(post: Post) -> None:
    post.put(a_notice(), to=("pager",))
    post.begin({"mail": FakeChannel()})
    assert post.wait(DeliveryState.GIVEN_UP, "pager").why.startswith("channel pager is no longer set up")


def test_many_notices_arrive_once_each(post: Post) -> None:
    channel = FakeChannel()
    post.begin({"mail": channel})
    for start in range(0, 300, 100):
        post.put(*(a_notice(f"{k:032x}", alert=str(k)) for k in range(start, start + 100)))
    wait_for(lambda: len(channel.sent) >= 300)
    assert sorted(channel.sent) == [f"{k:032x}" for k in range(300)]


@given(tries=st.integers(1, 10_000), draw=st.floats(0, 1, exclude_max=True))
def test_waits_grow_to_the_most_and_are_spread_over_half_of_it(tries: int, draw: float) -> None:
    policy = DispatchPolicy()
    whole = min(policy.most_wait_s, policy.first_wait_s * 2.0 ** min(tries - 1, 60))
    assert whole / 2 <= back_off_s(tries, policy, draw) <= whole
    assert back_off_s(tries, policy, 0.5) <= back_off_s(tries + 1, policy, 0.5)


GUIDE = Path(__file__).parents[1] / "docs" / "how-to" / "send-alerts-onward.md"
MAIL = '[[channels]]\nname = "duty"\nkind = "email"\nhost = "mail.example"\nsender = "a@b.example"\nto = ["c@d.example"]\n'


def test_channels_come_from_the_data_folder_and_from_area_folders(tmp_path: Path) -> None:
    data, area = tmp_path / "data", tmp_path / "town"
    for folder in (data, area):
        folder.mkdir()
        (folder / "channels.toml").write_text(MAIL)
    settings = read_all_channels(data, {"town": area})
    assert [(one.name, one.areas) for one in settings] == [("duty", ()), ("town/duty", ("town",))]
    assert set(build_channels(settings, {}, data)) == {"duty", "town/duty"}


def test_all_that_is_wrong_in_channel_files_is_said(tmp_path: Path) -> None:
    (tmp_path / "channels.toml").write_text(MAIL.replace('"email"', '"pigeon"'))
    with pytest.raises(WrongData, match="duty: found kind = 'pigeon'; expected one of cap, email, mqtt, webhook"):
        read_all_channels(tmp_path, {})
    (tmp_path / "channels.toml").write_text(MAIL + 'areas = ["twon"]\n')
    with pytest.raises(WrongData, match="areas: found 'twon'; expected of town"):
        read_all_channels(tmp_path, {"town": tmp_path / "none"})


def test_a_kind_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="no kind of channel named 'pigeon'"):
        build_channels([ChannelSetting(name="x", kind="pigeon")], {}, tmp_path)


def test_the_example_of_the_guide_is_right(tmp_path: Path) -> None:
    text = GUIDE.read_text().partition("       [[channels]]\n")
    (tmp_path / "channels.toml").write_text(text[1] + text[2].partition("\n\n")[0])
    settings = read_all_channels(tmp_path, {})
    assert set(build_channels(settings, {"DEINING_MAIL_PASSWORD": "any"}, tmp_path)) == {"duty"}


@pytest.mark.parametrize("kind", sorted(FORMS.keys() - {"screen"}))
def test_the_guide_explains_every_option(kind: str) -> None:
    section = GUIDE.read_text().partition(f"\n## `{kind}`\n")[2].partition("\n## ")[0]
    assert [option for option in FORMS[kind].options if f"`{option}`" not in section] == []
