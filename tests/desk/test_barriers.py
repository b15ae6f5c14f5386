"""The base of a bowtie: what the forecast says, and no certainty from an estimate that is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deining.desk.barriers import forecast_chance
from deining.desk.office import Sight
from deining.domain.bowtie import Bowtie, Interval, Threat
from deining.domain.levels import Level, LevelQuantity, LevelReach, LevelScale
from deining.domain.state import Quality, ZoneState
from deining.pipeline import Step
from deining.risk.levels import LevelBook
from tests.builders import NOON, an_area

SCALE = LevelScale(quantity=LevelQuantity.DENSITY, yellow=0.3, orange=0.6, red=1.0)
THREAT = Threat(id="t", name="T", chance=Interval(0.1, 0.2, 0.3))
BOWTIE = Bowtie(id="b", name="B", zone="square", level=Level.RED, horizon_s=1800, top="Full", source="judgement of a test", threats=(THREAT,))


def a_sight(occupancy: float, p05: float, p95: float, *reaches: LevelReach) -> Sight:
    figures = {"occupancy": occupancy, "occupancy_p05": p05, "occupancy_p95": p95, "density_per_m2": occupancy / 1000}
    state = ZoneState(zone="square", time=NOON, data_age_s=10, quality=Quality.GOOD, **figures)
    found = LevelBook(an_area()).of_zone(state)
    assert found is not None
    step = Step(
        time=NOON, zones=[state], flows=[], levels={"square": found}, expected={}, normals={}, health=[], forecasts=[], alerts=[], faults=[], reaches=reaches
    )  # fmt: skip
    return Sight(now=NOON, step=step)


def a_reach(level: Level, chance: float) -> LevelReach:
    given = {"at_p10": None, "at_p50": None, "at_p90": None}
    return LevelReach(
        target="square", origin=NOON - timedelta(minutes=3), quantity=SCALE.quantity, level=level, scale=SCALE, chances={900: chance / 2, 3600: chance}, **given
    )  # type: ignore[arg-type]


def test_the_forecast_gives_the_chance_within_the_horizon_of_the_level_asked_for() -> None:
    sight = a_sight(400, 380, 420, a_reach(Level.RED, 0.4), a_reach(Level.ORANGE, 0.9))
    assert forecast_chance(BOWTIE, sight) == pytest.approx(0.2 + 0.2 * (1980 - 900) / 2700)
    assert forecast_chance(BOWTIE, a_sight(400, 380, 420)) is None
    assert forecast_chance(BOWTIE, Sight(now=NOON)) is None


def test_a_level_that_is_reached_is_as_sure_as_the_estimate() -> None:
    sure, middling, even = (forecast_chance(BOWTIE, a_sight(*figures)) for figures in ((1200, 1180, 1220), (1200, 700, 1700), (1000, 600, 1400)))
    assert sure == pytest.approx(1.0)
    assert middling == pytest.approx(0.745, abs=0.01)
    assert even == pytest.approx(0.5)
    assert forecast_chance(BOWTIE, a_sight(1200, 1200, 1200)) == 1.0
