"""A sensor's silence is found, dated, and over when it speaks again."""

from __future__ import annotations

from datetime import timedelta

from deining.estimation.health import SensorWatch
from tests.builders import MINUTE, NOON, a_point_counter, a_sensor, an_area, an_observation


def a_watch() -> SensorWatch:
    return SensorWatch(an_area(sensors=[a_sensor(), a_point_counter()]), stale_after_intervals=2.0, stale_after_s=360.0)


def test_a_sensor_that_never_spoke_says_so_and_is_no_fault_with_a_beginning() -> None:
    rows, changed = a_watch().health(NOON)
    assert [(row.sensor, row.last_end, bool(row.fault), row.since) for row in rows] == [("count-north", None, True, None), ("quay", None, True, None)]
    assert changed == []


def test_silence_is_dated_from_the_last_word_and_told_once() -> None:
    watch = a_watch()
    watch.take([an_observation()])
    assert watch.health(NOON + 6 * MINUTE)[1] == []
    (fault,) = watch.health(NOON + 7 * MINUTE)[1]
    assert (fault.sensor, fault.start, fault.end) == ("count-north", NOON, None)
    assert watch.health(NOON + 8 * MINUTE)[1] == []
    row = watch.health(NOON + 9 * MINUTE)[0][0]
    assert (row.since, row.data_age_s) == (NOON, 540.0)


def test_it_is_over_when_the_sensor_speaks_again() -> None:
    watch = a_watch()
    watch.take([an_observation()])
    watch.health(NOON + 30 * MINUTE)
    watch.take([an_observation(end=NOON + 31 * MINUTE)])
    rows, changed = watch.health(NOON + 31 * MINUTE)
    assert [(fault.start, fault.end) for fault in changed] == [(NOON, NOON + 31 * MINUTE)]
    assert rows[0].fault == ""


def test_a_slow_sensor_is_given_its_own_time() -> None:
    watch = a_watch()
    watch.take([an_observation(sensor="quay")])
    assert watch.health(NOON + timedelta(hours=2))[0][1].fault == ""
    assert watch.health(NOON + timedelta(hours=2, minutes=1))[0][1].fault


def test_a_late_row_does_not_make_a_sensor_older() -> None:
    watch = a_watch()
    watch.take([an_observation()])
    watch.take([an_observation(end=NOON - 20 * MINUTE)])
    assert watch.health(NOON)[0][0].last_end == NOON
