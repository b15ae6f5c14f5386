"""One piece of work at a time, beside whoever asked."""

from __future__ import annotations

import threading
import time

from deining.background import Background


def wait_until_idle(one: Background) -> None:
    end = time.monotonic() + 30
    while one.busy:
        assert time.monotonic() < end
        time.sleep(0.002)


def test_work_is_done_in_a_thread_of_its_own_and_its_priority_is_not_the_askers_concern() -> None:
    one, done = Background("beside"), []
    assert one.ask(lambda: done.append(threading.current_thread().name))
    wait_until_idle(one)
    one.close(5)
    assert done == ["beside"]


def test_who_is_busy_takes_nothing_more() -> None:
    one, may_end, done = Background("beside"), threading.Event(), []
    assert one.ask(lambda: done.append(may_end.wait(30)))
    assert not one.ask(lambda: done.append("another"))
    may_end.set()
    wait_until_idle(one)
    assert one.ask(lambda: done.append("a third"))
    one.close(5)
    assert done == [True, "a third"]


def test_long_work_can_ask_whether_to_stop_and_nothing_begins_afterwards() -> None:
    one, begun = Background("beside"), threading.Event()

    def work() -> None:
        begun.set()
        while not one.stopping:
            time.sleep(0.002)

    one.ask(work)
    assert begun.wait(30)
    one.close(5)
    assert not one.busy
    assert not one.ask(work)


def test_one_that_was_never_asked_is_closed_at_once() -> None:
    Background("beside").close(0)
