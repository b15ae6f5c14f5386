"""What a new entry must be before it is written for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.errors import TooLarge, UnknownName, WrongUse
from deining.domain.logbook import Action, Draft, IncidentStep
from deining.response.logbook import BACK, LONGEST_TEXT, check_draft, clean_text
from tests.builders import MINUTE, NOON, a_draft

CLOSED = IncidentStep.CLOSED
OPENED = IncidentStep.OPENED


def check(draft: Draft, **given: Any) -> Draft:
    usual: dict[str, Any] = {"entered_at": NOON, "last_number": 5, "places": ["square", "north"], "incidents": {"incident-1": True, "incident-2": False}}
    return check_draft(draft, **{**usual, **given})


def test_a_plain_entry_is_taken_as_it_is() -> None:
    assert check(a_draft()) == a_draft()


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"author": "  "}, WrongUse, "name of who writes it is empty"),
        ({"text": "\x00 \n"}, WrongUse, "text is empty"),
        ({"text": "x" * 1_000_000}, TooLarge, "1,000,000 characters; at most 10,000"),
        ({"reason": "x" * (LONGEST_TEXT + 1)}, TooLarge, "reason has 10,001"),
        ({"author": "x" * 2_000}, TooLarge, "at most 1,000"),
        ({"rejected": ("option",) * 21}, TooLarge, "21 rejected options"),
        ({"role": "boss"}, UnknownName, "no role named 'boss'; known: crowd_manager"),
        ({"category": "gossip"}, UnknownName, "no category named 'gossip'"),
        ({"place": "moon"}, UnknownName, "no place named 'moon'; known: north, square"),
        ({"occurred_at": NOON + 2 * MINUTE}, WrongUse, "later than now"),
        ({"occurred_at": NOON - BACK - MINUTE}, WrongUse, "more than 31 days ago"),
        ({"occurred_at": NOON.replace(tzinfo=None)}, WrongUse, "no offset"),
        ({"action": Action(text="Go", owner="A", due=NOON.replace(tzinfo=None))}, WrongUse, "no offset"),
        ({"action": Action(text="", owner="A")}, WrongUse, "action is empty"),
        ({"action": Action(text="Go", owner=" ")}, WrongUse, "owner of the action is empty"),
        ({"corrects": 6}, WrongUse, "entry 6; this logbook has the entries 1 to 5"),
        ({"corrects": 0}, WrongUse, "entry 0"),
        ({"completes": 6}, WrongUse, "completes names entry 6"),
        ({"incident": "incident-9"}, UnknownName, "no incident named 'incident-9'"),
        ({"incident": "incident-2", "incident_step": CLOSED}, WrongUse, "closed already"),
        ({"incident_step": CLOSED}, WrongUse, "give the id"),
        ({"incident_step": OPENED}, WrongUse, "no category of incident"),
        ({"incident_step": OPENED, "incident_category": "party"}, UnknownName, "no category of incident named 'party'"),
        ({"incident": "incident-1", "incident_step": OPENED, "incident_category": "fire"}, WrongUse, "there already"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        check(replace(a_draft(), **given))


@pytest.mark.parametrize(
    "given",
    [
        {"occurred_at": NOON + MINUTE},
        {"occurred_at": NOON - BACK},
        {"place": None},
        {"corrects": 5},
        {"incident": "incident-1"},
        {"incident": "incident-2"},
        {"incident": "incident-1", "incident_step": CLOSED},
        {"incident_step": OPENED, "incident_category": "fire"},
        {"incident": "incident-1", "incident_step": OPENED, "incident_category": "fire", "corrects": 2},
        {"text": "x" * LONGEST_TEXT},
    ],
)
def test_what_can_be_is_taken(given: dict[str, Any]) -> None:
    assert check(replace(a_draft(), **given)) == replace(a_draft(), **given)


def test_only_an_open_action_can_be_done() -> None:
    assert check(a_draft(completes=2), with_action={2}).completes == 2
    with pytest.raises(WrongUse, match="entry 3 has no action that is open"):
        check(a_draft(completes=3), with_action={2})


def test_in_an_empty_logbook_there_is_nothing_to_correct() -> None:
    with pytest.raises(WrongUse, match="this logbook is empty"):
        check(a_draft(corrects=1), last_number=0)


def test_markup_stays_text_and_what_cannot_be_seen_goes() -> None:
    text = "=cmd|' /C calc'!A0 <script>alert(1)</script> *bold*\r\nnext \x1b[31mline\u202e\x00\ud800"
    assert check(a_draft(text)).text == "=cmd|' /C calc'!A0 <script>alert(1)</script> *bold*\nnext [31mline"


def test_a_name_and_an_option_are_one_line() -> None:
    checked = check(a_draft(author=" A.\n Operator ", rejected=("do\tnothing", "  ")))
    assert (checked.author, checked.rejected) == ("A. Operator", ("do nothing",))


@given(st.text(max_size=50))
def test_cleaning_twice_is_cleaning_once_and_leaves_nothing_that_cannot_be_kept(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert once.encode().decode() == once
    assert "\r" not in once


@given(st.timedeltas(min_value=timedelta(days=-60), max_value=timedelta(days=60)))
def test_a_time_is_taken_exactly_within_its_limits(ahead: timedelta) -> None:
    draft = a_draft(occurred_at=NOON + ahead)
    if -BACK <= ahead <= MINUTE:
        assert check(draft) == draft
    else:
        with pytest.raises(WrongUse):
            check(draft)
