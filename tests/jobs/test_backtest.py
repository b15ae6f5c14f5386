"""A backtest holds every model against the same steps, by horizon, place and kind of hour, with nothing later than an origin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.event import Event
from deining.domain.forecast import Forecast
from deining.domain.series import Series
from deining.forecasting import FORECASTERS, Calendar
from deining.forecasting.record import Judge
from deining.forecasting.weekly import step_times
from deining.jobs.backtest import Score, backtest, choose_origins, score_columns

HOUR = 3600
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
CALENDAR = Calendar(ZoneInfo("UTC"))


def a_series(weeks: int = 8, *, target: str = "quay", scale: float = 1.0, noise: float = 5.0) -> Series:
    hours = np.arange(weeks * 168)
    values = scale * (100 + 60 * np.sin(2 * np.pi * hours / 24) + np.random.default_rng(len(target)).uniform(-noise, noise, len(hours)))
    return Series(target=target, quantity="count", first_s=int(FIRST.timestamp()), step_s=HOUR, values=values)


class Says:
    """Says the same for every step of so many hours; keeps what reached it."""

    def __init__(self, value: float, hours: int = 999) -> None:
        self.value, self.hours = value, hours
        self.reached: list[timedelta] = []
        self.drivers: list[Drivers] = []

    def learn(self, histories: Sequence[Series], until: datetime, drivers: Drivers = NO_DRIVERS) -> bool:
        self.reached += [until - datetime.fromtimestamp(one.end_s, UTC) for one in histories]
        self.drivers.append(drivers)
        return False

    def forecast(self, histories: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers = NO_DRIVERS) -> list[Forecast]:
        self.learn(histories, origin, drivers)
        return [
            Forecast(
                target=one.target, quantity=one.quantity, origin=origin, time=datetime.fromtimestamp(t, UTC), mean=self.value,
                quantiles=(self.value,) * 7, model="says", step_s=one.step_s,
            )
            for one in histories
            for t in step_times(one, origin, min(horizon_s, self.hours * HOUR)).tolist()
        ]  # fmt: skip

    def dump(self) -> bytes:
        return b""

    def load(self, learned: bytes) -> None:
        assert not learned


def pick(scores: Sequence[Score], **wanted: str) -> list[Score]:
    return [score for score in scores if all(getattr(score, name) == value for name, value in wanted.items())]


def run(models: dict[str, object], series: Sequence[Series] | None = None, hours: int = 72, **given: object) -> list[Score]:
    series = series or [a_series()]
    return backtest(series, choose_origins(series, weeks=2, every_h=31), hours * HOUR, models, **given)  # type: ignore[arg-type]


def test_errors_are_those_of_plain_repetition_on_the_same_steps() -> None:
    one = a_series()
    origins = choose_origins([one], weeks=2, every_h=31)
    (score,) = pick(backtest([one], origins, 24 * HOUR, {"says": Says(100.0)}), band="2 to 24 h", target="", kind="all")
    index = [int((o - FIRST).total_seconds()) // HOUR + k for o in origins for k in range(2, 24)]
    index = [i for i in index if i < len(one.values)]
    truth = one.values[index]
    error = np.abs(truth - 100)
    assert score.steps == len(index)
    assert score.mae == pytest.approx(error.mean())
    assert score.to_last_week == pytest.approx(error.sum() / np.abs(truth - one.values[np.array(index) - 168]).sum())
    four = np.mean([one.values[np.array(index) - 168 * k] for k in (1, 2, 3, 4)], axis=0)
    assert score.to_ordinary_weeks == pytest.approx(error.sum() / np.abs(truth - four).sum())


def test_all_is_the_sum_of_the_places_and_of_the_kinds_of_hour() -> None:
    scores = run({"says": Says(100.0)}, [a_series(), a_series(target="alley", scale=0.2)])
    for band in {score.band for score in scores}:
        (whole,) = pick(scores, target="", kind="all", band=band)
        places = [score for score in pick(scores, kind="all", band=band) if score.target]
        kinds = [score for score in pick(scores, target="", band=band) if score.kind != "all"]
        for parts in (places, kinds):
            assert sum(part.steps for part in parts) == whole.steps
            assert sum(part.steps * part.mae for part in parts) == pytest.approx(whole.steps * whole.mae)
        assert {part.target for part in places} == {"quay", "alley"}


def test_a_model_that_reaches_less_far_takes_nothing_from_the_others() -> None:
    with_short = run({"says": Says(100.0), "short": Says(90.0, hours=1)})
    alone = run({"says": Says(100.0)})
    assert {score.band for score in pick(with_short, model="short")} == {"to 2 h"}
    far = [score for score in pick(with_short, model="says") if score.band != "to 2 h"]
    assert far == [score for score in alone if score.band != "to 2 h"]
    near = pick(with_short, band="to 2 h", target="", kind="all")
    assert len({score.steps for score in near}) == 1, "both are scored on the steps that both forecast"


def test_nothing_later_than_an_origin_reaches_a_model_and_the_drivers_do() -> None:
    event = Event(id="m", name="Market", start=FIRST + timedelta(weeks=7), end=FIRST + timedelta(weeks=7, hours=5))
    model, drivers = Says(100.0), Drivers(events=(event,))
    scores = run({"says": model}, drivers=drivers)
    assert min(model.reached) >= timedelta(0)
    assert set(model.drivers) == {drivers}
    assert pick(scores, kind="special"), "the day of an event is a special one"


def test_levels_are_counted_where_a_scale_is_in_force_and_unknown_elsewhere() -> None:
    judge = Judge(CALENDAR, thresholds=lambda target, quantity, step_s: (120.0, 150.0, math.inf))
    (score,) = pick(run({"says": Says(130.0)}, judge=judge), band="2 to 24 h", target="", kind="all")
    assert score.outcomes["yellow_misses"] == 0
    assert (score.outcomes["yellow_hits"] or 0) + (score.outcomes["yellow_false_alarms"] or 0) == score.steps
    assert score.outcomes["orange_hits"] == 0
    assert score.outcomes["orange_misses"]
    assert score.outcomes["red_hits"] is None
    (score,) = pick(run({"says": Says(130.0)}), band="2 to 24 h", target="", kind="all")
    assert set(score.outcomes.values()) == {None}


def test_the_table_has_a_column_for_every_figure() -> None:
    scores = run({name: make(CALENDAR) for name, make in FORECASTERS.items()})
    columns = score_columns(scores)
    assert list(columns)[:8] == ["band", "model", "steps", "mae", "to_last_week", "wql", "cover80", "cover95"]
    assert {len(column) for column in columns.values()} == {len(scores)}
    assert columns["target"][0] == ""
    assert columns["kind"][0] == "all"
