"""Weather is seen as it was known at an origin, and never better."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.drivers import NO_DRIVERS, WEATHER, Drivers, SchoolHoliday, Weather
from deining.domain.event import Event
from tests.builders import an_area

HOUR = 3600
Row = tuple[int, int, bool, tuple[float, ...]]
numbers = st.one_of(st.just(math.nan), st.integers(0, 99).map(float))
rows = st.lists(st.tuples(st.integers(0, 6), st.integers(-4, 10), st.booleans(), st.tuples(*[numbers] * len(WEATHER))), max_size=25)


def weather_of(given_rows: list[Row], phase_s: int = 0) -> Weather:
    """Rows of (hour, hours until it was known after the hour's start, measured, values)."""
    times = np.array([hour * HOUR + phase_s for hour, *_ in given_rows], dtype=np.int64)
    delays = np.array([delay * HOUR // 2 for _, delay, *_ in given_rows], dtype=np.int64)
    values = np.array([values for *_, values in given_rows], dtype=float).reshape(len(given_rows), len(WEATHER))
    return Weather(time_s=times, issued_s=times + delays, values=values, measured=np.array([measured for _, _, measured, _ in given_rows], dtype=bool))


def slowly(given_rows: list[Row], time_s: int, origin_s: int, column: int) -> set[float]:
    """What may be said of one quantity at one time: the values of the rows that rank first."""
    known = []
    for hour, delay, measured, values in given_rows:
        issued_s = hour * HOUR + delay * HOUR // 2
        known_s = max(issued_s, (hour + 1) * HOUR) if measured else issued_s
        if hour == time_s // HOUR and known_s <= origin_s and not math.isnan(values[column]):
            known.append(((measured, known_s), values[column]))
    best = max((rank for rank, _ in known), default=None)
    return {value for rank, value in known if rank == best}


@given(rows=rows, times=st.lists(st.integers(-HOUR, 8 * HOUR), max_size=8), origin_s=st.integers(-2 * HOUR, 12 * HOUR))
def test_what_is_seen_is_the_best_that_was_known(rows: list[Row], times: list[int], origin_s: int) -> None:
    found = weather_of(rows).seen_from(np.array(times, dtype=np.int64), origin_s)
    assert found.shape == (len(times), len(WEATHER))
    for k, time_s in enumerate(times):
        for column in range(len(WEATHER)):
            allowed = slowly(rows, time_s, origin_s, column)
            assert found[k, column] in allowed if allowed else math.isnan(found[k, column])


@given(rows=rows, later=rows, origin_s=st.integers(0, 8 * HOUR))
def test_what_comes_to_be_known_after_the_origin_changes_nothing(rows: list[Row], later: list[Row], origin_s: int) -> None:
    times = np.arange(0, 8 * HOUR, HOUR // 2)
    unknown = [
        row for row in later if (row[0] * HOUR + row[1] * HOUR // 2 > origin_s if not row[2] else (row[0] + 1) * HOUR > origin_s)
    ]  # fmt: skip
    np.testing.assert_equal(weather_of(rows + unknown).seen_from(times, origin_s), weather_of(rows).seen_from(times, origin_s))


@given(rows=rows, seed=st.randoms(use_true_random=False), origin_s=st.integers(0, 8 * HOUR))
def test_the_order_of_the_rows_changes_nothing(rows: list[Row], seed: object, origin_s: int) -> None:
    once = list({(hour, delay, measured): (hour, delay, measured, values) for hour, delay, measured, values in rows if not measured}.values())
    mixed = list(once)
    seed.shuffle(mixed)  # type: ignore[attr-defined]
    times = np.arange(0, 8 * HOUR, HOUR)
    np.testing.assert_equal(weather_of(once).seen_from(times, origin_s), weather_of(mixed).seen_from(times, origin_s))


def test_a_measurement_is_not_seen_before_its_hour_has_ended_whatever_it_claims() -> None:
    weather = weather_of([(5, -4, True, (20.0, 0.0, 3.0, 1.0))])
    assert np.isnan(weather.seen_from(np.array([5 * HOUR]), 6 * HOUR - 1)).all()
    assert not np.isnan(weather.seen_from(np.array([5 * HOUR]), 6 * HOUR)).any()


def test_a_quantity_that_was_not_measured_is_taken_from_the_forecast() -> None:
    weather = weather_of([(5, 2, True, (20.0, math.nan, 3.0, math.nan)), (5, -2, False, (18.0, 1.5, math.nan, math.nan))])
    np.testing.assert_equal(weather.seen_from(np.array([5 * HOUR]), 9 * HOUR), [[20.0, 1.5, 3.0, np.nan]])


def test_drivers_say_which_of_them_are_there() -> None:
    assert NO_DRIVERS.names() == ()
    event = Event(id="a", name="A", start=datetime(2026, 7, 4, tzinfo=UTC), end=datetime(2026, 7, 5, tzinfo=UTC))
    holiday = SchoolHoliday(name="Summer", first=date(2026, 7, 18), last=date(2026, 8, 30))
    assert Drivers(events=(event,), school_holidays=(holiday,), weather=weather_of([])).names() == ("events", "school_holidays", "weather")


@pytest.mark.parametrize("names", [(), ("events",), ("school_holidays", "weather")])
def test_an_area_gives_its_drivers(names: tuple[str, ...]) -> None:
    whole = {
        "events": (Event(id="a", name="A", start=datetime(2026, 7, 4, tzinfo=UTC), end=datetime(2026, 7, 5, tzinfo=UTC)),),
        "school_holidays": (SchoolHoliday(name="Summer", first=date(2026, 7, 18), last=date(2026, 8, 30)),),
        "weather": weather_of([(5, 2, True, (20.0, 0.0, 3.0, 1.0))]),
    }
    assert an_area(**{name: whole[name] for name in names}).drivers().names() == names
