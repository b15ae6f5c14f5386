"""The hand-over: open things first, the overdue at the top, on one screen, and nothing left out in silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deining.domain.incident import Incident
from deining.domain.logbook import Action, Draft, Head, LogbookEntry, Priority
from deining.response.handover import LONGEST_LINE, MOST_LINES, WORDS, Handover, Standing, make_handover
from tests.builders import MINUTE, NOON, a_draft

HOUR = timedelta(hours=1)
HEAD = Head(41, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")


def an_entry(number: int, text: str = "The square fills up.", **given: Any) -> LogbookEntry:
    draft = a_draft(text, **given)
    said = {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
    return LogbookEntry(**said, area="town", book="live", number=number, entered_at=NOON, frozen_sha256=None, previous="", hash="")


def an_action(number: int, due: datetime | None, text: str = "Move the fences") -> LogbookEntry:
    return an_entry(number, action=Action(text=text, owner="Stewards", due=due))


def an_incident(id: str = "incident-1", **given: Any) -> Incident:
    usual = {"category": "medical", "place": "square", "opened_at": NOON - HOUR, "closed_at": None, "title": "Man collapsed.", "entries": (3, 5)}
    return Incident(id=id, **{**usual, **given})


def a_handover(**given: Any) -> Handover:
    usual: dict[str, Any] = {
        "since": NOON - 8 * HOUR,
        "until": NOON,
        "timezone": ZoneInfo("Europe/Amsterdam"),
        "entries": [],
        "names": {"square": "Grote Markt"},
    }
    return make_handover(**{**usual, **given})


def test_a_quiet_shift_says_of_each_thing_that_there_is_none() -> None:
    lines = a_handover(undelivered=0).text["nl"].splitlines()
    assert lines == [
        "Overdracht om 12:00, sinds 04:00", "Open incidenten: geen", "Open acties: geen", "Van kracht: geen", "Staande alarmen: geen",
        "Problemen met gegevens: geen", "Berichten niet bezorgd: geen", "Het logboek is leeg",
    ]  # fmt: skip


def test_open_incidents_come_first_and_closed_ones_not_at_all() -> None:
    made = a_handover(incidents=[an_incident("incident-2"), an_incident("incident-1", opened_at=NOON - 2 * HOUR), an_incident("incident-3", closed_at=NOON)])
    assert [one.id for one in made.incidents] == ["incident-1", "incident-2"]
    assert made.text["en"].splitlines()[1:3] == ["Open incidents (2)", "- 10:00 incident-1 (2 entries), medical, Grote Markt: Man collapsed."]


def test_overdue_actions_stand_above_those_with_time_left_and_those_without_a_time() -> None:
    made = a_handover(actions=[an_action(4, None), an_action(5, NOON + HOUR), an_action(6, NOON - MINUTE), an_action(7, NOON - HOUR)])
    assert [(one.number, one.is_overdue) for one in made.actions] == [(7, True), (6, True), (5, False), (4, False)]
    assert "- OVERDUE since 11:00, Stewards (entry 7, Grote Markt): Move the fences" in made.text["en"]
    assert "- TE LAAT sinds 11:00, Stewards (regel 7, Grote Markt): Move the fences" in made.text["nl"]
    assert "- voor 13:00," in made.text["nl"]
    assert "- no time agreed," in made.text["en"]


def test_what_is_important_is_told_unless_it_was_corrected() -> None:
    entries = [
        an_entry(1, "Gate 2 closed.", priority=Priority.IMPORTANT), an_entry(2, "All is calm."), an_entry(3, "Smoke.", priority=Priority.URGENT),
        an_entry(4, "Gate 3 closed, not 2.", priority=Priority.IMPORTANT, corrects=1),
    ]  # fmt: skip
    made = a_handover(entries=entries, head=HEAD)
    assert [entry.number for entry in made.important] == [3, 4]
    assert made.text["en"].endswith("The logbook ends at entry 41, 9f86d081884c7d65; 4 entries since 04:00")


def test_standing_things_are_told_in_the_language_that_is_asked() -> None:
    alert = Standing(id="a-1", what={"en": "Boulevard is red", "nl": "Boulevard is rood"}, since=NOON - HOUR)
    made = a_handover(
        alerts=[alert], data_problems=[Standing(what={"en": "north is silent", "nl": "noord zwijgt"})], decisions=[Standing(what={"nl": "Eenrichting"})]
    )
    assert "- 11:00 Boulevard is red" in made.text["en"]
    assert "- 11:00 Boulevard is rood" in made.text["nl"]
    assert "- noord zwijgt" in made.text["nl"]
    assert "- Eenrichting" in made.text["en"]


@pytest.mark.parametrize(("undelivered", "says"), [(0, "Notices not delivered: none"), (3, "Notices not delivered: 3. See to it")])
def test_notices_that_did_not_arrive_are_told(undelivered: int, says: str) -> None:
    assert says in a_handover(undelivered=undelivered).text["en"]
    assert "Notices" not in a_handover().text["en"]


def test_a_time_of_another_day_has_its_date() -> None:
    assert "03-07 11:00 incident-1" in a_handover(incidents=[an_incident(opened_at=NOON - 25 * HOUR)]).text["nl"]


def test_a_wild_shift_still_fits_a_screen_and_says_how_much_more_there_is() -> None:
    many = [Standing(what={"en": f"thing {k} " + "x" * 500, "nl": "ding"}) for k in range(30)]
    made = a_handover(
        incidents=[an_incident(f"incident-{k}", title="line\nbreak " * 90) for k in range(30)], actions=[an_action(k, NOON) for k in range(30)], alerts=many,
        decisions=many, data_problems=many, undelivered=4, entries=[an_entry(k, priority=Priority.URGENT) for k in range(30)], head=HEAD,
    )  # fmt: skip
    lines = made.text["en"].splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= LONGEST_LINE + 2
    assert sum(line == f"- and {30 - MOST_LINES} more" for line in lines) == 6
    assert (len(made.incidents), len(made.actions), len(made.alerts)) == (30, 30, 30)


def test_both_languages_have_the_same_sentences() -> None:
    assert WORDS["en"].keys() == WORDS["nl"].keys()
