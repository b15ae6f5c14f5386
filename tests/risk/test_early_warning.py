"""Early warning: a day that is over teaches from which chance alerts are raised, as many false ones a day as are accepted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.alert import AlertPolicy
from deining.domain.calibration import WarningRecord
from deining.domain.errors import UnknownName
from deining.domain.levels import Level, LevelQuantity, LevelReach, LevelScale
from deining.domain.observation import Quantity
from deining.domain.state import Quality, ZoneState
from deining.pipeline import Learned, alert_policy, build_pipeline
from deining.risk.early_warning import SHIPPED_FALSE, EarlyWarning, chance_for, shift_for, together
from deining.risk.levels import LevelBook
from deining.risk.warning_days import CHANCES, EDGES, Course, find_record
from deining.settings import Settings
from tests.builders import MINUTE, NOON, an_area, an_observation

POLICY = AlertPolicy(raise_from=Level.RED)
SCALE = LevelScale(quantity=LevelQuantity.DENSITY, yellow=0.3, orange=0.6, red=1.0)
AREA = an_area()
BOOK = LevelBook(AREA)


def a_course(chance: np.ndarray[Any, Any], share: np.ndarray[Any, Any]) -> Course:
    """One zone, minute by minute."""
    course = Course(1)
    for one, other in zip(chance, share, strict=True):
        course.add(np.array([one], dtype=np.float32), np.array([other], dtype=np.float32))
    return course


def a_day(*warned: tuple[int, float], full: tuple[int, int] | None = None, minutes: int = 720) -> Course:
    """A zone that is half full, with a chance said for twenty minutes from some minutes on, and full for a while."""
    chance, share = np.zeros(minutes), np.full(minutes, 0.5)
    for minute, value in warned:
        chance[minute : minute + 20] = value
    if full:
        share[slice(*full)] = 1.1
    return a_course(chance, share)


def a_record(**given: Any) -> WarningRecord:
    usual = {"days": 5.0, "last": NOON, "false": (0.0,) * len(CHANCES), "in_time": (0.0,) * len(CHANCES)}
    return WarningRecord(**{**usual, **dict.fromkeys(("number", "said", "came"), (0.0,) * (len(EDGES) - 1)), **given})


def false_at(record: WarningRecord, chance: float) -> float:
    return record.false[CHANCES.index(chance)]


# -- a day that is over


def test_a_warning_of_which_nothing_came_is_false_at_every_chance_that_would_have_raised_it() -> None:
    record = find_record(a_day((100, 0.42)), POLICY, 60.0, NOON)
    assert [false_at(record, chance) for chance in (0.1, 0.4, 0.45)] == [1.0, 1.0, 0.0]
    assert (record.days, record.last, record.overcrowdings) == (1.0, NOON, 0.0)


def test_a_warning_is_not_false_when_the_zone_fills_within_its_time() -> None:
    in_time = find_record(a_day((100, 0.42), full=(140, 200)), POLICY, 60.0, NOON)
    too_early = find_record(a_day((100, 0.42), full=(160, 200)), POLICY, 60.0, NOON)
    assert (in_time.overcrowdings, false_at(in_time, 0.4), in_time.in_time[CHANCES.index(0.4)]) == (1.0, 0.0, 1.0)
    assert (too_early.overcrowdings, false_at(too_early, 0.4)) == (1.0, 1.0)


def test_an_overcrowding_that_was_not_told_is_counted_and_raises_no_false_alarm() -> None:
    record = find_record(a_day(full=(140, 200)), POLICY, 60.0, NOON)
    assert record.overcrowdings == 1.0
    assert sum(record.in_time) == sum(record.false) == 0.0


def test_a_chance_that_comes_back_while_the_warning_stands_is_no_second_alarm() -> None:
    assert false_at(find_record(a_day((100, 0.42), (130, 0.42)), POLICY, 60.0, NOON), 0.4) == 1.0
    assert false_at(find_record(a_day((100, 0.42), (300, 0.42)), POLICY, 60.0, NOON), 0.4) == 2.0


def test_a_zone_that_cannot_be_seen_raises_nothing() -> None:
    record = find_record(a_course(np.full(720, 0.9), np.full(720, np.nan)), POLICY, 60.0, NOON)
    assert sum(record.false) == sum(record.number) == 0.0


def test_two_minutes_at_the_level_are_no_overcrowding_and_a_short_lull_does_not_end_one() -> None:
    share = np.full(720, 0.5)
    share[[100, 101]] = 1.2
    share[200:210] = share[225:260] = 1.2
    assert find_record(a_course(np.zeros(720), share), POLICY, 60.0, NOON).overcrowdings == 1.0


def test_a_day_of_half_an_hour_teaches_nothing() -> None:
    assert find_record(a_day((5, 0.9), minutes=30), POLICY, 60.0, NOON) == WarningRecord()


def test_what_was_said_is_counted_beside_what_came() -> None:
    record = find_record(a_course(np.full(720, 0.25), np.where(np.arange(720) < 360, 0.5, 1.1)), POLICY, 60.0, NOON)
    part = EDGES.index(0.2)
    assert (record.number[part], record.came[part]) == (24.0, 3.0)
    assert record.said[part] == pytest.approx(24 * 0.25)
    assert sum(record.number) == record.number[part]


# -- what it teaches


def test_without_earlier_days_the_shipped_chance_holds_and_fewer_false_alarms_ask_for_more() -> None:
    assert chance_for(WarningRecord(), SHIPPED_FALSE[4]) == pytest.approx(CHANCES[4])
    assert chance_for(WarningRecord(), 0.3) > chance_for(WarningRecord(), 1.0) > chance_for(WarningRecord(), 2.0)
    assert chance_for(WarningRecord(), 0.0) == CHANCES[-1]
    assert chance_for(WarningRecord(), 1000.0) == CHANCES[0]


def test_days_with_more_false_alarms_raise_the_chance_and_days_without_lower_it() -> None:
    many = a_record(false=tuple(5 * 2 * rate for rate in SHIPPED_FALSE))
    assert chance_for(many, 1.0) > chance_for(WarningRecord(), 1.0) > chance_for(a_record(), 1.0)


def test_one_day_moves_the_chance_little_and_many_days_move_it_far() -> None:
    def after(days: float) -> float:
        return chance_for(a_record(days=days), 1.0)

    shipped = chance_for(WarningRecord(), 1.0)
    assert shipped - after(1) < 0.03
    assert after(100) < 0.2


@given(st.lists(st.floats(0, 20), min_size=len(CHANCES), max_size=len(CHANCES)), st.floats(0, 200), st.floats(0, 10), st.floats(0, 10))
def test_more_false_alarms_accepted_never_ask_for_a_higher_chance(false: list[float], days: float, few: float, more: float) -> None:
    record = a_record(days=days, false=tuple(false))
    low, high = sorted((few, more))
    assert CHANCES[0] <= chance_for(record, high) <= chance_for(record, low) <= CHANCES[-1]


def test_chances_that_came_true_too_seldom_are_lowered_and_few_cases_move_them_little() -> None:
    def seldom(cases: float) -> WarningRecord:
        part = EDGES.index(0.5)
        return a_record(**{name: tuple(value if k == part else 0.0 for k in range(len(EDGES) - 1)) for name, value in _said(cases).items()})

    def _said(cases: float) -> dict[str, float]:
        return {"number": cases, "said": 0.55 * cases, "came": 0.3 * cases}

    assert -0.2 < shift_for(seldom(6)) < 0
    assert shift_for(seldom(6000)) == pytest.approx(np.log(0.3 / 0.7) - np.log(0.55 / 0.45), abs=0.02)
    assert shift_for(WarningRecord()) == shift_for(a_record()) == 0.0


def test_days_add_up_older_ones_count_for_less_and_the_rest_of_a_day_is_no_further_day() -> None:
    one = find_record(a_day((100, 0.42)), POLICY, 60.0, NOON)
    next_day = find_record(a_day((100, 0.42)), POLICY, 60.0, NOON + timedelta(days=1))
    both = together(one, next_day)
    assert (both.days, false_at(both, 0.4)) == (pytest.approx(1.97), pytest.approx(1.97))
    assert both.last == NOON + timedelta(days=1)
    assert together(one, one).days == 1.0
    assert false_at(together(one, one), 0.4) == 2.0
    assert together(one, WarningRecord()) is one
    assert together(WarningRecord(), one) is one


# -- beside the pipeline


def a_reach(chance: float, at: datetime = NOON, level: Level = Level.RED, target: str = "square") -> LevelReach:
    chances = dict.fromkeys((900, 1800, 3600, 7200), chance)
    return LevelReach(target=target, origin=at, quantity=SCALE.quantity, level=level, scale=SCALE, chances=chances, at_p10=None, at_p50=None, at_p90=None)


def a_state(at: datetime, density: float, quality: Quality = Quality.GOOD) -> ZoneState:
    figures = {"occupancy": 1000 * density, "occupancy_p05": 900 * density, "occupancy_p95": 1100 * density, "density_per_m2": density}
    return ZoneState(zone="square", time=at, data_age_s=10.0, quality=quality, **figures)


def live_through(warning: EarlyWarning, minutes: int, chance: float, start: datetime = NOON) -> None:
    for minute in range(minutes):
        now = start + minute * MINUTE
        warning.heed([a_reach(chance, now)])
        warning.take(now, [a_state(now, 0.5)], BOOK)


def test_what_a_day_taught_is_used_from_the_next_day_on() -> None:
    warning = EarlyWarning(AREA, POLICY)
    shipped = warning.policy.warn_chance
    live_through(warning, 300, 0.0)
    assert (warning.policy.warn_chance, warning.learn().days) == (shipped, 1.0)
    live_through(warning, 1, 0.0, NOON + timedelta(days=1))
    assert warning.policy.warn_chance < shipped
    assert warning.learn().days == 1.0


def test_learning_changes_nothing_and_what_is_learned_serves_another() -> None:
    warning = EarlyWarning(AREA, POLICY)
    live_through(warning, 300, 0.5)
    assert warning.learn() == warning.learn()
    assert EarlyWarning(AREA, POLICY, warning.learn()).policy.warn_chance != EarlyWarning(AREA, POLICY).policy.warn_chance


def test_chances_of_zones_are_set_right_and_those_of_gates_and_of_what_is_reached_stay() -> None:
    wrong = a_record(number=(0.0,) * 6 + (600.0,) + (0.0,) * 4, said=(0.0,) * 6 + (270.0,) + (0.0,) * 4, came=(0.0,) * 6 + (60.0,) + (0.0,) * 4)
    warning = EarlyWarning(AREA, POLICY, wrong)
    found = warning.heed([a_reach(0.45), a_reach(0.45, target="north")])
    assert 0.1 < found["square"][0].chances[3600] < 0.25
    assert found["north"][0].chances[3600] == 0.45
    assert warning.policy.warn_chance < EarlyWarning(AREA, POLICY).policy.warn_chance


def test_the_chance_that_raises_moves_with_the_chances_so_that_setting_them_right_raises_no_alert_by_itself() -> None:
    plain, shifted = a_record(), a_record(number=(0.0,) * 6 + (600.0,) + (0.0,) * 4, said=(0.0,) * 6 + (270.0,) + (0.0,) * 4, came=(0.0,) * 11)
    raw = EarlyWarning(AREA, POLICY, plain).policy.warn_chance
    warning = EarlyWarning(AREA, POLICY, shifted)
    for chance in (raw - 0.01, raw + 0.01):
        right = warning.heed([a_reach(chance)])["square"][0].chances[3600]
        assert (right >= warning.policy.warn_chance) is (chance >= raw)


def test_what_a_zone_that_cannot_be_trusted_does_is_not_learned_from() -> None:
    warning = EarlyWarning(AREA, POLICY)
    for minute in range(300):
        now = NOON + minute * MINUTE
        warning.heed([a_reach(0.9, now)])
        warning.take(now, [a_state(now, 0.5, Quality.MISSING)], BOOK)
    assert sum(warning.learn().false) == 0.0


def test_a_record_of_other_chances_teaches_nothing() -> None:
    other = WarningRecord(days=50.0, last=NOON, false=(0.0,) * 3, in_time=(0.0,) * 3)
    assert EarlyWarning(AREA, POLICY, other).policy == EarlyWarning(AREA, POLICY).policy


# -- in the pipeline


def test_a_level_is_raised_from_as_the_area_set_its_levels_unless_the_settings_say() -> None:
    own, none = an_area(), an_area(levels=())
    assert alert_policy(Settings(alert_from="auto"), own).raise_from is Level.ORANGE
    assert alert_policy(Settings(alert_from="auto"), none).raise_from is Level.RED
    assert alert_policy(Settings(alert_from="yellow"), none).raise_from is Level.YELLOW
    with pytest.raises(UnknownName, match="auto"):
        alert_policy(Settings(alert_from="purple"), own)


def test_a_pipeline_learns_from_its_day_and_begins_the_next_with_it() -> None:
    area = an_area()
    pipeline = build_pipeline(area, Settings())
    shipped = pipeline.policy.warn_chance
    for k in range(1, 91):
        pipeline.take([an_observation(20.0, end=NOON + k * MINUTE), an_observation(20.0, end=NOON + k * MINUTE, quantity=Quantity.COUNT_BACKWARD)])
        pipeline.step(NOON + k * MINUTE)
    learned = pipeline.learn()
    assert (learned.warnings.days, learned.warnings.last) == (1.0, area.last_empty(NOON))
    assert pipeline.policy.warn_chance == shipped
    assert build_pipeline(area, Settings(), Learned(calibration=learned)).policy.warn_chance < shipped
