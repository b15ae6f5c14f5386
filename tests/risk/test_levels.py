"""Which scale holds where, and what level a figure or a forecast is at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deining.domain.alert import AlertPolicy
from deining.domain.area import PlaceKind
from deining.domain.event import Event
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelQuantity, LevelScale, TimeKind
from deining.domain.state import Quality, ZoneState
from deining.risk.levels import DEFAULT_LEVELS, LevelBook
from tests.builders import NOON, a_zone, an_area


def a_scale(yellow: float, **given: object) -> LevelScale:
    return LevelScale(quantity=LevelQuantity.DENSITY, yellow=yellow, orange=2 * yellow, red=3 * yellow, **given)  # type: ignore[arg-type]


def a_state(density: float, quality: Quality = Quality.GOOD, zone: str = "square") -> ZoneState:
    return ZoneState(
        zone=zone, time=NOON, occupancy=1000 * density, occupancy_p05=0, occupancy_p95=2000, density_per_m2=density, data_age_s=10, quality=quality
    )  # fmt: skip


def a_forecast(value: float, minutes: float) -> Forecast:
    values = tuple(value * share for share in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3))
    return Forecast(target="square", quantity="occupancy", origin=NOON, time=NOON + timedelta(minutes=minutes), mean=value, quantiles=values, model="a test")


def test_a_named_place_goes_before_its_kind_and_its_kind_before_all() -> None:
    scales = (a_scale(1.0), a_scale(0.5, kind="square"), a_scale(0.1, places=("square",)))
    area = an_area(zones=[a_zone("square"), a_zone("market"), a_zone("lane", kind=PlaceKind.ALLEY)], gates=[], sensors=[], levels=scales)
    book = LevelBook(area)
    assert {zone: book.scales(zone)[LevelQuantity.DENSITY].yellow for zone in area.zones} == {"square": 0.1, "market": 0.5, "lane": 1.0}


def test_a_level_begins_at_its_threshold() -> None:
    book = LevelBook(an_area())
    levels = [book.of_zone(a_state(density)).level for density in (0.0, 0.299, 0.3, 0.6, 0.999, 1.0, 9.0)]  # type: ignore[union-attr]
    assert levels == [Level.GREEN, Level.GREEN, Level.YELLOW, Level.ORANGE, Level.ORANGE, Level.RED, Level.RED]


def test_the_highest_of_several_quantities_holds() -> None:
    share = LevelScale(quantity=LevelQuantity.OCCUPANCY_SHARE, yellow=0.5, orange=0.7, red=0.9)
    found = LevelBook(an_area(levels=(a_scale(10.0), share))).of_zone(a_state(0.4))
    assert found is not None
    assert (found.level, found.quantity, found.value) == (Level.ORANGE, LevelQuantity.OCCUPANCY_SHARE, 0.8)


def test_a_figure_that_cannot_be_trusted_has_no_level() -> None:
    book = LevelBook(an_area())
    assert [book.of_zone(a_state(5.0, quality)) for quality in Quality if not quality.may_alert] == [None] * 4


def test_an_area_without_levels_has_the_literatures() -> None:
    assert set(LevelBook(an_area(levels=())).scales("square")) == {scale.quantity for scale in DEFAULT_LEVELS}


def test_the_highest_level_in_sight_is_expected_when_first_reached() -> None:
    book, policy = LevelBook(an_area()), AlertPolicy(chance=0.5, ahead_s=7200)
    course = [a_forecast(v, m) for v, m in ((250, 0), (350, 30), (700, 60), (1100, 90), (1200, 105), (3000, 150))]
    found = book.expected("square", course, NOON, policy)
    assert found is not None
    assert (found.level, found.at) == (Level.RED, NOON + timedelta(minutes=90))
    assert 0.5 <= found.chance < 0.9
    assert book.expected("square", course[:1], NOON, policy) is None
    assert book.expected("square", course, NOON + timedelta(hours=3), policy) is None, "what has passed is not expected"


def test_a_small_chance_does_not_count() -> None:
    book = LevelBook(an_area())
    assert book.expected("square", [a_forecast(900, 30)], NOON, AlertPolicy(chance=0.5)).level is Level.ORANGE  # type: ignore[union-attr]
    assert book.expected("square", [a_forecast(900, 30)], NOON, AlertPolicy(chance=0.2)).level is Level.RED  # type: ignore[union-attr]


def test_a_scale_of_a_kind_of_time_holds_then_and_there_alone() -> None:
    event = Event(id="fair", name="Fair", start=NOON, end=NOON + timedelta(hours=2), zones=("square",))
    scales = (a_scale(1.0), a_scale(0.5, when=TimeKind.NIGHT), a_scale(0.2, when=TimeKind.EVENT))
    area = an_area(zones=[a_zone("square"), a_zone("market")], gates=[], sensors=[], levels=scales, events=(event,))
    book = LevelBook(area)

    def yellow(zone: str, hours: float) -> float:
        return book.scales(zone, NOON + timedelta(hours=hours))[LevelQuantity.DENSITY].yellow

    assert [yellow("square", hours) for hours in (-1.5, -0.5, 1, 2.5, 3.5)] == [1.0, 0.2, 0.2, 0.2, 1.0]
    assert yellow("market", 1) == 1.0, "the event is elsewhere"
    assert yellow("market", 12) == 0.5, "midnight"
    assert book.of_zone(a_state(0.45)).level is Level.ORANGE  # type: ignore[union-attr]
    assert {limit.level: limit.value for limit in book.limits("square", NOON)} == pytest.approx({Level.YELLOW: 200, Level.ORANGE: 400, Level.RED: 600})


def test_a_kind_of_place_goes_before_a_kind_of_time() -> None:
    scales = (a_scale(1.0, kind="square"), a_scale(0.5, when=TimeKind.NIGHT), a_scale(0.4, kind="square", when=TimeKind.HOLIDAY))
    area = an_area(gates=[], sensors=[], levels=scales)
    midnight = NOON + timedelta(hours=12)
    assert LevelBook(area).scales("square", midnight)[LevelQuantity.DENSITY].yellow == 1.0
    assert LevelBook(area, is_holiday=lambda _: True).scales("square", midnight)[LevelQuantity.DENSITY].yellow == 0.4


def test_other_scales_than_the_areas_can_be_in_force() -> None:
    assert LevelBook(an_area(), (a_scale(0.01),)).of_zone(a_state(0.05)).level is Level.RED  # type: ignore[union-attr]
