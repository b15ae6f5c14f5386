"""From alerts to notices: one a group, when it is raised, rises or is over; and nothing secret or personal in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deining.domain.alert import Alert, AlertKind, Priority
from deining.domain.levels import Level
from deining.domain.notice import Mode, Notice, NoticeKind
from deining.response import notices as told_by
from deining.response.notices import decision_notice, notices_for
from tests.builders import NOON, a_decision, a_zone, an_alert, an_area

AREA = an_area(zones=[a_zone(), a_zone("pier"), a_zone("quay")])
RED = an_alert()
ORANGE = an_alert(level=Level.ORANGE, priority=Priority.MEDIUM)


def told(changed: Sequence[Alert], before: Sequence[Alert] = (), **given: Any) -> list[Notice]:
    return notices_for(changed, before, AREA, **{"mode": Mode.LIVE, "book": "live", "now": NOON, **given})


def over(alert: Alert) -> Alert:
    return replace(alert, cleared_at=NOON)


def test_a_raised_alert_is_told_with_its_reason_its_place_and_its_shape() -> None:
    (notice,) = told([RED])
    assert (notice.kind, notice.level, notice.priority, notice.place, notice.place_name) == (
        NoticeKind.ALERT_RAISED,
        Level.RED,
        Priority.HIGH,
        "square",
        "Square",
    )
    assert notice.title == {"en": "Red: Square", "nl": "Rood: Square"}
    assert notice.text == {"en": "It is full.", "nl": "Het is vol."}
    assert notice.shape == (AREA.zones["square"].polygons[0][0],)
    assert notice.expires_at > notice.created_at == NOON


def test_an_expected_level_is_told_with_its_local_time() -> None:
    (notice,) = told([replace(RED, expected_at=NOON + timedelta(hours=1), chance=0.8)])
    assert notice.title == {"en": "Red expected at 13:00: Square", "nl": "Rood verwacht om 13:00: Square"}
    assert notice.extra["expected_at"] == "2026-07-04T11:00:00+00:00"


def test_in_the_autumn_night_the_two_hours_are_told_apart() -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    titles = [told([replace(RED, expected_at=at)])[0].title["en"] for at in (first, second)]
    assert titles == ["Red expected at 02:30 (summer time): Square", "Red expected at 02:30 (winter time): Square"]


def test_only_what_rises_is_told_again() -> None:
    (notice,) = told([RED], [ORANGE])
    assert notice.kind is NoticeKind.ALERT_CHANGED
    assert told([ORANGE], [RED]) == []
    assert told([RED], [RED]) == []
    assert told([replace(RED, acknowledged_at=NOON, acknowledged_by="A. Visser")], [RED]) == []


def test_a_priority_that_rises_at_the_same_level_is_told() -> None:
    (notice,) = told([replace(ORANGE, priority=Priority.HIGH)], [ORANGE])
    assert (notice.kind, notice.priority) == (NoticeKind.ALERT_CHANGED, Priority.HIGH)


def test_the_end_is_told_once_and_belongs_to_the_beginning() -> None:
    (raised,), (ended,) = told([RED]), told([over(RED)], [RED])
    assert ended.kind is NoticeKind.ALERT_CLEARED
    assert ended.title["nl"] == "Voorbij: Square"
    assert (ended.thread, ended.alert) == (raised.thread, raised.alert)
    assert ended.id != raised.id


def test_neighbours_in_one_group_are_one_notice_that_names_all() -> None:
    pier = an_alert("pier", group=RED.id, level=Level.ORANGE, priority=Priority.MEDIUM)
    (notice,) = told([RED, pier])
    assert notice.title["en"] == "Red: Square and 1 more"
    assert notice.text["en"] == "It is full. Also: Pier."
    assert len(notice.shape) == 2


def test_a_neighbour_that_joins_is_not_told_again_unless_it_is_worse() -> None:
    head = replace(ORANGE, joined=("pier",))
    assert told([head, an_alert("pier", group=ORANGE.id, level=Level.ORANGE, priority=Priority.MEDIUM)], [ORANGE]) == []
    (notice,) = told([head, an_alert("pier", group=ORANGE.id)], [ORANGE])
    assert (notice.kind, notice.place) == (NoticeKind.ALERT_CHANGED, "pier")


def test_a_group_is_over_when_the_last_of_it_is() -> None:
    pier = an_alert("pier", group=RED.id)
    assert told([over(RED), replace(pier, group=None)], [RED, pier]) == []
    (notice,) = told([over(replace(pier, group=None))], [replace(pier, group=None)])
    assert notice.kind is NoticeKind.ALERT_CLEARED


def test_one_that_leaves_its_group_because_it_is_worse_is_told_as_a_change() -> None:
    pier = an_alert("pier", group=ORANGE.id, level=Level.ORANGE, priority=Priority.MEDIUM)
    (notice,) = told([replace(pier, group=None, level=Level.RED, priority=Priority.HIGH), ORANGE], [ORANGE, pier])
    assert (notice.kind, notice.place) == (NoticeKind.ALERT_CHANGED, "pier")


def test_in_quiet_hours_and_on_the_shelf_the_screen_alone_tells() -> None:
    assert told([replace(RED, quiet=True)])[0].quiet
    assert told([replace(RED, shelved_until=NOON, shelved_at=NOON, shelved_by="A. Visser")], [ORANGE])[0].quiet
    assert told([over(replace(RED, quiet=True))], [replace(RED, quiet=True)])[0].quiet
    loud = an_alert("pier", group=RED.id)
    assert not told([replace(RED, quiet=True), loud])[0].quiet


def test_the_end_of_what_was_told_aloud_is_told_aloud_though_it_was_shelved_since() -> None:
    shelved = replace(RED, shelved_until=NOON, shelved_at=NOON, shelved_by="A. Visser")
    assert not told([over(shelved)], [shelved])[0].quiet


def test_missing_data_is_told_as_that_and_never_as_a_crowd() -> None:
    blind = an_alert("count-north", zone=None, kind=AlertKind.DATA, level=Level.YELLOW, priority=Priority.LOW)
    (raised,), (ended,) = told([blind]), told([over(blind)], [blind])
    assert (raised.kind, ended.kind) == (NoticeKind.DATA, NoticeKind.DATA)
    assert (raised.title["nl"], ended.title["nl"]) == ("Geen gegevens: count-north", "Weer gegevens: count-north")


def test_the_same_step_again_gives_the_same_keys_and_another_book_others() -> None:
    assert told([RED]) == told([RED])
    assert told([RED])[0].id != told([RED], book="replay-1", mode=Mode.REPLAY)[0].id
    rises = [told([RED], [ORANGE], now=NOON + timedelta(hours=hour))[0].id for hour in (0, 1)]
    assert rises[0] != rises[1]


def test_of_a_decision_the_role_is_told_and_neither_the_name_nor_the_reason() -> None:
    notice = decision_notice(a_decision(number=12), AREA, mode=Mode.LIVE, book="live")
    assert notice.title == {"en": "Decision 12: One way", "nl": "Besluit 12: One way"}
    assert "At 12:00 the crowd manager decided: One way." in notice.text["en"]
    assert "Visser" not in str(notice.record())
    assert "orange is near" not in str(notice.record())


def test_a_test_says_that_nothing_is_the_matter() -> None:
    notice = told_by.test_notice(AREA, mode=Mode.LIVE, book="live", now=NOON)
    assert (notice.kind, notice.title["en"]) == (NoticeKind.TEST, "Test: Town")
    assert "Nothing is the matter" in notice.text["en"]


places = st.sampled_from(["square", "pier", "quay"])
standing = st.fixed_dictionaries({}, optional={place: st.tuples(st.sampled_from(Level), st.booleans()) for place in ("square", "pier", "quay")})


def as_alerts(found: dict[str, tuple[Level, bool]]) -> dict[str, Alert]:
    ranks = {Level.GREEN: Priority.LOW, Level.YELLOW: Priority.LOW, Level.ORANGE: Priority.MEDIUM, Level.RED: Priority.HIGH}
    made = {place: an_alert(place, level=level, priority=ranks[level]) for place, (level, _) in found.items()}
    head = min(made, key=lambda place: (-int(made[place].level), place), default="")
    return {place: replace(alert, group=made[head].id if found[place][1] and place != head else None) for place, alert in made.items()}


@given(st.lists(standing, min_size=1, max_size=8))
def test_whatever_the_course_every_rise_is_told_and_each_step_tells_a_group_at_most_once(course: list[dict[str, tuple[Level, bool]]]) -> None:
    before: dict[str, Alert] = {}
    for number, found in enumerate([*course, {}]):
        now, after = NOON + timedelta(minutes=number), as_alerts(found)
        changed = [*after.values(), *(replace(alert, cleared_at=now) for place, alert in before.items() if place not in after)]
        notices = told(changed, list(before.values()), now=now)
        assert len({notice.id for notice in notices}) == len(notices)
        worst_before = max((alert.level for alert in before.values()), default=None)
        worst = max((alert.level for alert in after.values()), default=None)
        if worst is not None and (worst_before is None or worst > worst_before):
            assert any(notice.level == worst and notice.kind is not NoticeKind.ALERT_CLEARED for notice in notices)
        if before and not after:
            assert notices
            assert {notice.kind for notice in notices} == {NoticeKind.ALERT_CLEARED}
        before = after
