"""What we cannot see is told, truthfully for each fault; and louder where a busy place goes out of sight."""

from __future__ import annotations

from typing import Any

import pytest

from deining.domain.alert import Alert, AlertKind
from deining.domain.area import SensorKind
from deining.domain.levels import Level, LevelQuantity, LevelScale
from deining.domain.ports import RiskView, RuleResult
from deining.domain.state import Quality, SensorHealth, ZoneState
from deining.estimation import fault_words as estimated
from deining.estimation.gate_faults import GateFault
from deining.estimation.level_faults import LevelFault
from deining.risk.fault_words import DONE, FAULTS, NO_DATA, fault_sentence
from deining.risk.levels import LevelBook
from deining.risk.rules.sensor_conflict import sensor_conflict
from deining.risk.rules.silent_sensor import silent_sensor
from deining.risk.rules.unseen_zone import unseen_zone
from tests.builders import MINUTE, NOON, a_sensor, a_zone, an_alert, an_area

CAMERA, SECOND = (a_sensor(name, kind=SensorKind.AREA_CAMERA, observes="zone:square") for name in ("camera", "second"))
AREA = an_area(sensors=[CAMERA, SECOND, a_sensor()])
STUCK = estimated.LEVEL_FAULTS[LevelFault.STUCK]
ALL_FAULTS = [*estimated.GATE_FAULTS.values(), *estimated.LEVEL_FAULTS.values(), estimated.SWAPPED]


def a_state(people: float | None = 100.0, quality: Quality = Quality.GOOD, **given: Any) -> ZoneState:
    density = None if people is None else people / 1000
    usual = {"zone": "square", "time": NOON, "occupancy": people, "occupancy_p05": people, "occupancy_p95": people, "density_per_m2": density}
    return ZoneState(**{**usual, "data_age_s": 600.0, "quality": quality, **given})


def health(sensor: str, fault: str = "", **given: Any) -> SensorHealth:
    usual = {"last_end": NOON - 20 * MINUTE, "data_age_s": 1200.0, "since": NOON - 10 * MINUTE if fault else None}
    return SensorHealth(**{"sensor": sensor, "time": NOON, "fault": fault, **usual, **given})


def a_view(*states: ZoneState, sensors: tuple[SensorHealth, ...] = (), standing: tuple[Alert, ...] = (), area: Any = AREA) -> RiskView:
    return RiskView(area=area, now=NOON, zones=states, flows=[], health=sensors, forecasts={}, levels=LevelBook(area), standing=standing)


def test_each_fault_that_the_estimate_finds_has_words_in_both_languages() -> None:
    assert {text.partition("; ")[0] for text in ALL_FAULTS} == set(FAULTS)
    assert {text.partition("; ")[2] for text in ALL_FAULTS} == set(DONE)
    assert len(GateFault) + len(LevelFault) - 2 == len(estimated.GATE_FAULTS) + len(estimated.LEVEL_FAULTS), "all but the two that are none"


@pytest.mark.parametrize("fault", [NO_DATA, *ALL_FAULTS])
def test_exactly_one_rule_tells_each_fault_and_its_sentence_is_true(fault: str) -> None:
    view = a_view(sensors=(health("camera", fault),))
    (found,) = [*silent_sensor(view), *sensor_conflict(view)]
    assert (found.kind, found.target, found.rule) == (AlertKind.DATA, "camera", "silent_sensor" if fault.startswith("silent") else "sensor_conflict")
    assert ("has been silent" in found.because["en"]) is (fault == NO_DATA), "one that delivers zeros is not said to be silent"
    assert ("zwijgt" in found.because["nl"]) is (fault == NO_DATA)


def test_the_sentence_says_since_when_and_what_was_done() -> None:
    silent, stuck = fault_sentence("Quay", health("camera", NO_DATA), AREA.timezone), fault_sentence("Quay", health("camera", STUCK), AREA.timezone)
    assert silent["nl"] == "Sensor Quay zwijgt sinds 11:40; de cijfers die erop rusten zijn onzekerder."
    assert stuck["en"] == "Sensor Quay gives the same number again and again since 11:50; it is left out of the estimate."
    unknown = fault_sentence("Quay", health("camera", "upside down"), AREA.timezone)
    assert unknown == {"en": "Sensor Quay is faulty: upside down since 11:50.", "nl": "Sensor Quay is gestoord: upside down sinds 11:50."}


def test_a_sensor_that_never_delivered_is_not_told() -> None:
    view = a_view(sensors=(health("camera", "has not delivered yet", last_end=None, since=None),))
    assert [*silent_sensor(view), *sensor_conflict(view)] == []


def blinds(people: float, *sensors: SensorHealth, **given: Any) -> list[bool]:
    view = a_view(a_state(people), sensors=sensors, **given)
    return [result.is_blinding for result in [*silent_sensor(view), *sensor_conflict(view)]]


def test_the_only_sensor_of_a_busy_place_blinds_and_one_of_several_or_of_a_quiet_place_does_not() -> None:
    assert blinds(700, health("camera", STUCK), health("second", NO_DATA)) == [True, True]
    assert blinds(700, health("camera", STUCK), health("second")) == [False]
    assert blinds(700, health("camera", STUCK), health("second", "has not delivered yet", last_end=None)) == [True]
    assert blinds(100, health("camera", STUCK), health("second", NO_DATA)) == [False, False]
    assert blinds(100, health("camera", STUCK), standing=(an_alert(),)) == [True], "a crowd alert of the place still stands"
    assert blinds(700, health("count-north", NO_DATA)) == [False], "the gate itself is not busy"


def unseen(state: ZoneState, **given: Any) -> list[RuleResult]:
    return unseen_zone(a_view(state, **given))


def test_a_zone_that_went_out_of_sight_is_told_with_its_last_word() -> None:
    (found,) = unseen(a_state(700, Quality.STALE))
    assert (found.kind, found.level, found.zone, found.is_blinding) == (AlertKind.DATA, Level.YELLOW, "square", False)
    assert found.because == {
        "en": "Square can no longer be seen: no sensor of it delivers; the last word is of 11:50.",
        "nl": "Square is niet meer te zien: geen van de sensoren levert; het laatste bericht is van 11:50.",
    }
    (guessed,) = unseen(a_state(700, Quality.SUSPECT))
    assert "a guess from the places around it" in guessed.because["en"]


def test_one_that_was_busy_when_last_seen_is_told_louder() -> None:
    (found,) = unseen(a_state(700, Quality.STALE), standing=(an_alert(),))
    assert found.is_blinding
    (other,) = unseen(a_state(700, Quality.STALE), standing=(an_alert("quay"), an_alert(kind=AlertKind.DATA, level=Level.YELLOW)))
    assert not other.is_blinding


def test_a_zone_that_can_be_seen_was_never_seen_or_is_not_judged_is_left_alone() -> None:
    for quality in (Quality.GOOD, Quality.REPAIRED, Quality.PARTIAL):
        assert unseen(a_state(700, quality)) == []
    assert unseen(a_state(None, Quality.MISSING, data_age_s=None)) == []
    bare = an_area(zones=[a_zone(capacity=None)], levels=(LevelScale(quantity=LevelQuantity.FLOW, yellow=1, orange=2, red=3),))
    assert unseen(a_state(700, Quality.STALE), area=bare) == []
    assert unseen(a_state(700, Quality.STALE, data_age_s=10_800.0)) != []


def test_a_guess_where_a_crowd_alert_stands_is_told_though_nothing_was_heard_since_the_opening() -> None:
    (found,) = unseen(a_state(700, Quality.SUSPECT, data_age_s=None), standing=(an_alert(),))
    assert found.because["en"] == "Square can no longer be seen: its figure is a guess from the places around it."
