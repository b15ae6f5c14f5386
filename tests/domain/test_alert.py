"""An alert's state follows from its times, and quiet hours may run past midnight."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.alert import AlertState, QuietHours
from tests.builders import MINUTE, NOON, an_alert

ACKNOWLEDGED = {"acknowledged_at": NOON, "acknowledged_by": "Ada"}
SHELVED = {"shelved_at": NOON, "shelved_until": NOON + MINUTE, "shelved_by": "Ben", "shelved_why": "works"}


def test_the_state_is_the_last_thing_that_holds() -> None:
    assert an_alert().state is AlertState.RAISED
    assert an_alert(**ACKNOWLEDGED).state is AlertState.ACKNOWLEDGED
    assert an_alert(**ACKNOWLEDGED, **SHELVED).state is AlertState.SHELVED
    assert an_alert(**ACKNOWLEDGED, **SHELVED, cleared_at=NOON).state is AlertState.CLEARED


@given(st.times(), st.times(), st.times())
def test_a_time_lies_in_the_hours_or_in_those_the_other_way_round_and_never_in_both(start: time, end: time, at: time) -> None:
    if start == end:
        with pytest.raises(ValueError, match="an end other than the start"):
            QuietHours(start=start, end=end)
    else:
        assert QuietHours(start=start, end=end).holds(at) != QuietHours(start=end, end=start).holds(at)
        assert QuietHours(start=start, end=end).holds(start)


def test_quiet_hours_are_read_from_a_text() -> None:
    assert QuietHours.parse("22:00-07:00") == QuietHours(start=time(22), end=time(7))
    for wrong in ("", "22:00", "22-", "25:00-07:00", "22:00+01:00-07:00", "07:00-07:00"):
        with pytest.raises(ValueError, match=r".+"):
            QuietHours.parse(wrong)
