"""Until when there is time to decide, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from deining.domain.area import Area
from deining.domain.levels import Level
from deining.domain.words import clock_time
from deining.risk.decide_by import decide_before, list_prepared, sentence
from tests.builders import MINUTE, NOON, a_measure, a_scenario, a_zone, an_area

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def a_town(**given: object) -> Area:
    """Closing the ramp takes 30 minutes and turning the street one-way takes 10; for the square from orange on."""
    measures = [a_measure("ramp", name="Closing the ramp", set_up_s=1800), a_measure("one-way", name="One-way", set_up_s=600)]
    usual = {"zones": [a_zone("square"), a_zone("quay")], "scenarios": (a_scenario(measures=("ramp", "one-way")),)}
    return an_area(**{"measures": {m.id: m for m in measures}, **usual, **given})  # type: ignore[arg-type]


def found(minutes: float, area: Area | None = None) -> dict[str, str]:
    decide = decide_before(area or a_town(), "square", Level.RED, NOON + minutes * MINUTE, NOON)
    assert decide is not None
    return sentence(decide, AMSTERDAM)


def test_the_last_moment_is_that_of_the_quickest_measure() -> None:
    decide = decide_before(a_town(), "square", Level.RED, NOON + 40 * MINUTE, NOON)
    assert decide is not None
    assert (decide.quickest.id, decide.before, decide.fits, decide.too_late) == ("one-way", NOON + 30 * MINUTE, True, ())
    assert found(40) == {"en": "Decide before 12:30: One-way takes 10 min.", "nl": "Beslis voor 12:30: One-way kost 10 min."}


def test_it_says_what_is_too_late_already_and_what_still_fits() -> None:
    assert found(20) == {
        "en": "Decide before 12:10: One-way takes 10 min; too late for Closing the ramp.",
        "nl": "Beslis voor 12:10: One-way kost 10 min; te laat voor Closing the ramp.",
    }


def test_it_says_when_nothing_prepared_fits_any_more() -> None:
    assert found(9) == {
        "en": "No prepared measure fits any more: the quickest, One-way, takes 10 min.",
        "nl": "Geen voorbereide maatregel past nog: de snelste, One-way, kost 10 min.",
    }


def test_where_nothing_is_prepared_nothing_is_said() -> None:
    area = a_town()
    assert decide_before(area, "quay", Level.RED, NOON + 40 * MINUTE, NOON) is None
    assert decide_before(area, "square", Level.YELLOW, NOON + 40 * MINUTE, NOON) is None
    assert decide_before(an_area(), "square", Level.RED, NOON + 40 * MINUTE, NOON) is None


def test_a_scenario_without_places_is_for_all_and_one_for_red_is_not_for_orange() -> None:
    area = a_town(scenarios=(a_scenario("all", places=(), measures=("ramp",)), a_scenario("worst", level=Level.RED, measures=("one-way", "ramp"))))
    assert [measure.id for measure in list_prepared(area, "quay", Level.RED)] == ["ramp"]
    assert [measure.id for measure in list_prepared(area, "square", Level.ORANGE)] == ["ramp"]
    assert [measure.id for measure in list_prepared(area, "square", Level.RED)] == ["one-way", "ramp"]


@given(st.integers(-10, 200))
def test_what_fits_is_decided_in_the_future_and_what_does_not_is_named(minutes: int) -> None:
    decide = decide_before(a_town(), "square", Level.RED, NOON + minutes * MINUTE, NOON)
    assert decide is not None
    assert decide.fits == (decide.before >= NOON) == (decide.quickest not in decide.too_late)


def test_set_up_is_rounded_up_so_that_nobody_is_told_less() -> None:
    area = a_town(measures={"one-way": a_measure(set_up_s=601)}, scenarios=(a_scenario(),))
    assert "takes 11 min" in found(60, area)["en"]


def test_both_hours_of_the_autumn_night_are_told_apart() -> None:
    first, second = datetime(2026, 10, 25, 0, 40, tzinfo=UTC), datetime(2026, 10, 25, 1, 40, tzinfo=UTC)
    assert [clock_time(time, AMSTERDAM, "nl") for time in (first, second)] == ["02:40 (zomertijd)", "02:40 (wintertijd)"]
    assert [clock_time(time, AMSTERDAM, "en") for time in (first, second)] == ["02:40 (summer time)", "02:40 (winter time)"]
    assert [clock_time(time, AMSTERDAM) for time in (first, second)] == ["02:40 (UTC+02:00)", "02:40 (UTC+01:00)"]
    decide = decide_before(a_town(), "square", Level.RED, second, first)
    assert decide is not None
    assert "voor 02:30 (wintertijd)" in sentence(decide, AMSTERDAM)["nl"]


def test_no_other_hour_of_the_year_says_more_than_its_clock() -> None:
    for month in range(1, 13):
        assert clock_time(datetime(2026, month, 10, 12, tzinfo=UTC), AMSTERDAM, "nl") in ("13:00", "14:00")
    spring = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert clock_time(spring, AMSTERDAM, "nl") == "03:00"


def test_a_clock_that_goes_back_without_summer_time_is_told_by_its_distance_to_utc() -> None:
    caracas = ZoneInfo("America/Caracas")
    before = datetime(2007, 12, 9, 6, 50, tzinfo=UTC)
    assert clock_time(before, caracas, "en") == "02:50 (UTC-04:00)"
