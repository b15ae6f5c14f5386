"""What rules find gets its priority, its last moment to decide, and whether it rings, in one place."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest

from deining.domain.alert import AlertKind, AlertPolicy, Priority, QuietHours
from deining.domain.errors import UnknownName
from deining.domain.levels import Level
from deining.domain.ports import RiskView, RuleResult
from deining.risk.levels import LevelBook
from deining.risk.rules import RULES, choose_rules
from deining.risk.weighing import find_results, weighed
from tests.builders import MINUTE, NOON, a_measure, a_scenario, an_area

TOWN = an_area(measures={"one-way": a_measure()}, scenarios=(a_scenario(),))
NIGHT = QuietHours(start=time(22), end=time(7))


def a_view(now: datetime = NOON, **policy: Any) -> RiskView:
    return RiskView(area=TOWN, now=now, zones=[], flows=[], health=[], forecasts={}, levels=LevelBook(TOWN), policy=AlertPolicy(**policy))


def a_result(level: Level = Level.RED, **given: Any) -> RuleResult:
    usual = {"target": "square", "zone": "square", "kind": AlertKind.CROWD, "level": level, "rule": "level_expected", "because": {"en": "A.", "nl": "B."}}
    return RuleResult(**{**usual, **given})


def test_what_is_expected_says_until_when_there_is_time_to_decide() -> None:
    (found,) = weighed(a_view(), [a_result(expected_at=NOON + 60 * MINUTE)])
    assert found.because == {"en": "A. Decide before 12:45: One way takes 15 min.", "nl": "B. Beslis voor 12:45: One way kost 15 min."}
    assert (found.decide_before, found.decide_measure, found.priority) == (NOON + 45 * MINUTE, "one-way", Priority.MEDIUM)


def test_it_becomes_urgent_as_the_last_moment_comes_near_and_when_it_is_past() -> None:
    near, past = weighed(a_view(), [a_result(expected_at=NOON + minutes * MINUTE) for minutes in (24, 12)])
    assert (near.priority, near.decide_before) == (Priority.HIGH, NOON + 9 * MINUTE)
    assert (past.priority, past.decide_before, past.decide_measure) == (Priority.HIGH, None, None)
    assert past.because["en"] == "A. No prepared measure fits any more: the quickest, One way, takes 15 min."


def test_what_is_there_or_is_about_data_says_nothing_about_deciding() -> None:
    there, data = weighed(a_view(), [a_result(), a_result(Level.YELLOW, kind=AlertKind.DATA, is_blinding=True)])
    assert (there.because, there.priority) == ({"en": "A.", "nl": "B."}, Priority.HIGH)
    assert (data.because, data.priority) == ({"en": "A.", "nl": "B."}, Priority.MEDIUM)


def test_what_supports_is_told_with_the_others_and_is_nothing_by_itself() -> None:
    support = a_result(rule="inflow_surplus", because={"en": "It fills.", "nl": "Het loopt vol."}, supports=True)
    (found,) = weighed(a_view(), [support, a_result()])
    assert found.because == {"en": "A. It fills.", "nl": "B. Het loopt vol."}
    assert weighed(a_view(), [support]) == []
    assert weighed(a_view(), [support, a_result(target="quay", zone="quay")])[0].because["en"] == "A."
    (alone,) = weighed(a_view(), [support, a_result(rule="inflow_surplus")])
    assert alone.because["en"] == "A.", "it does not support itself"


@pytest.mark.parametrize(
    ("hour", "level", "quiet"), [(20, Level.ORANGE, True), (4, Level.ORANGE, True), (5, Level.ORANGE, False), (19, Level.ORANGE, False), (20, Level.RED, False)]
)
def test_at_night_only_what_is_urgent_rings_by_the_areas_own_clock(hour: int, level: Level, quiet: bool) -> None:
    """Amsterdam is two hours ahead of UTC in July."""
    (found,) = weighed(a_view(datetime(2026, 7, 4, hour, 30, tzinfo=UTC), quiet_hours=NIGHT), [a_result(level)])
    assert found.quiet is quiet


def test_without_quiet_hours_it_always_rings() -> None:
    (found,) = weighed(a_view(datetime(2026, 7, 4, 22, tzinfo=UTC)), [a_result(Level.ORANGE)])
    assert not found.quiet


def test_a_policy_chooses_its_rules_and_an_unknown_one_is_refused() -> None:
    assert choose_rules(()) == RULES
    assert list(choose_rules(("silent_sensor", "level_now"))) == ["level_now", "silent_sensor"]
    with pytest.raises(UnknownName, match="no rule named 'level_soon'"):
        choose_rules(("level_now", "level_soon"))
    assert find_results(a_view(), {"one": lambda view: [a_result()]})[0].priority is Priority.HIGH
