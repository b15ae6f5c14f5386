"""Faults of sensors that do deliver: found, dated, taken out and back in; and hardly ever where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from deining.domain.area import Sensor, SensorKind
from deining.domain.calibration import Calibration, PastFault
from deining.domain.observation import Observation, Quantity
from deining.estimation.zone_estimator import ZoneEstimator
from tests.estimation.town_walk import MINUTE, OPENING, TownDay, a_day, a_town, follow

BEGIN, END = 100, 160


def test_healthy_sensors_are_left_in_peace() -> None:
    for seed in range(5):
        assert follow(a_day(seed)).faults == {}


def swap(day: TownDay) -> None:
    day.counts["count-be"][BEGIN:END] = day.counts["count-be"][BEGIN:END, ::-1].copy()
    for gate in ("count-in-a",):
        day.counts[gate][BEGIN:END] = day.counts[gate][BEGIN:END, ::-1].copy()


def silence_gate(day: TownDay) -> None:
    day.counts["count-in-a"][BEGIN:END] = 0


def stick_gate(day: TownDay) -> None:
    day.counts["count-in-a"][BEGIN:END] = day.counts["count-in-a"][BEGIN]


def shake_gate(day: TownDay) -> None:
    day.counts["count-in-a"][BEGIN:END:2] = 0
    day.counts["count-in-a"][BEGIN + 1 : END : 2] *= 30


def cover_camera(day: TownDay) -> None:
    day.seen["camera-b"][BEGIN:END] = 0


def stick_camera(day: TownDay) -> None:
    day.seen["camera-b"][BEGIN:END] = day.seen["camera-b"][BEGIN]


def shake_camera(day: TownDay) -> None:
    day.seen["camera-b"][BEGIN:END:2] *= 0.05
    day.seen["camera-b"][BEGIN + 1 : END : 2] *= 3


def halve_camera(day: TownDay) -> None:
    day.seen["camera-b"][BEGIN:END] *= 0.4


def flood_camera(day: TownDay) -> None:
    day.seen["camera-b"][BEGIN:END] = np.linspace(90_000, 99_000, END - BEGIN)


@pytest.mark.parametrize(
    ("harm", "sensor", "word", "delay", "dated"),
    [
        (silence_gate, "count-in-a", "silent", 5, 2),
        (stick_gate, "count-in-a", "stuck", 12, 2),
        (shake_gate, "count-in-a", "jumping", 10, 4),
        (swap, "count-in-a", "directions exchanged", 45, 25),
        (cover_camera, "camera-b", "silent", 8, 2),
        (stick_camera, "camera-b", "stuck", 12, 2),
        (shake_camera, "camera-b", "jumping", 10, 2),
        (halve_camera, "camera-b", "drifting", 30, 15),
        (flood_camera, "camera-b", "impossible", 4, 2),
    ],
)
def test_a_fault_is_found_dated_named_and_ends(harm: Callable[[TownDay], None], sensor: str, word: str, delay: int, dated: int) -> None:
    day = a_day(7)
    harm(day)
    found = follow(day)
    assert (sensor, word) in found.faults, found.faults
    first, last, fault = found.faults[sensor, word]
    assert BEGIN <= first <= BEGIN + delay
    assert abs(fault.since - (OPENING + BEGIN * MINUTE)) <= dated * MINUTE
    assert last < END + 60, "it is back in when it is healthy"
    assert not found.estimator.find_faults()
    past = found.estimator.learn().faults
    assert any(f.sensor == sensor and f.fault.startswith(word) and f.end is not None for f in past)
    untouched = follow(a_day(7))
    assert found.error(day) < untouched.error(day) + 0.08, "the picture goes on"


def test_while_a_sensor_is_out_it_is_no_source_of_the_figure() -> None:
    day = a_day(7)
    cover_camera(day)
    found = follow(day)
    state = {s.zone: s for s in found.states[BEGIN + 30]}["b"]
    assert "camera-b" not in state.sources
    assert state.occupancy == pytest.approx(day.people[BEGIN + 30][1], rel=0.35)


def test_a_clock_that_is_an_hour_behind_is_named_and_ends_when_it_is_put_right() -> None:
    estimator = ZoneEstimator(a_town())
    for k in range(60):
        late = timedelta(hours=1) if k < 30 else timedelta(0)
        end = OPENING + (k + 1) * MINUTE - late
        estimator.take([Observation("count-ab", Quantity.COUNT_FORWARD, end - MINUTE, end, 5.0 + k % 3, received_at=end + late)])
        estimator.estimate(OPENING + (k + 1) * MINUTE)
        if k == 29:
            fault = estimator.find_faults()["count-ab"]
            assert "60 minutes late" in fault.text
            assert fault.since < OPENING + 20 * MINUTE
    assert not estimator.find_faults()


def test_a_gate_that_failed_before_is_called_silent_sooner() -> None:
    def minutes_until_found(learned: Calibration) -> int:
        day = a_day(3)
        day.counts["count-cd"][BEGIN:] = 0
        return follow(day, ZoneEstimator(a_town(), learned=learned)).faults["count-cd", "silent"][0]

    failed = Calibration(faults=(PastFault(sensor="count-cd", start=OPENING - timedelta(days=1), fault="silent"),))
    assert minutes_until_found(failed) < minutes_until_found(Calibration())


def test_new_firmware_starts_a_new_series() -> None:
    day = a_day(5)
    day.seen["camera-b"] *= 0.7
    learned = follow(day).estimator.learn()
    names = dict(zip(learned.names, learned.mean.tolist(), strict=True))
    assert names["camera-b", "log_scale", "area_camera"] < -0.35
    renewed = ZoneEstimator(a_town(camera_b="firmware 2"), learned=learned)
    other = follow(a_day(6), renewed).estimator.learn()
    series = {name[2] for name in other.names if name[0] == "camera-b"}
    assert series == {"area_camera firmware 2"}
    assert dict(zip(other.names, other.mean.tolist(), strict=True))["camera-b", "log_scale", "area_camera firmware 2"] > -0.35


def test_a_hand_count_calibrates_the_camera_of_its_zone() -> None:

    day, area = a_day(8), a_town()
    day.seen["camera-b"] *= 0.75
    clicker = Sensor(id="clicker", kind=SensorKind.HAND_COUNT, observes="zone:b", interval_s=900.0)
    with_count = replace(area, sensors={**area.sensors, "clicker": clicker})

    def scale(estimator: ZoneEstimator, counts: bool) -> tuple[float, float]:
        for k in range(120):
            rows = day.rows(k)
            if counts and k % 15 == 14:
                rows.append(Observation("clicker", Quantity.OCCUPANCY, OPENING + k * MINUTE, OPENING + (k + 1) * MINUTE, float(day.people[k][1])))
            estimator.take(rows)
            estimator.estimate(OPENING + (k + 1) * MINUTE)
        learned = estimator.learn()
        i = [name[:2] for name in learned.names].index(("camera-b", "log_scale"))
        return float(learned.mean[i]), float(learned.covariance[i, i])

    (blind, wide), (told, narrow) = scale(ZoneEstimator(with_count), False), scale(ZoneEstimator(with_count), True)
    true = float(np.log((day.seen["camera-b"][60:120] / (day.people[60:120, 1] * (1 - 0.06 * day.people[60:120, 1] / 2000))).mean()))
    assert narrow < wide
    assert abs(told - true) < abs(blind - true) + 0.01
    assert abs(told - true) < 0.08
