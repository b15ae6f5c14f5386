"""What makes an observation one that can be taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.errors import WrongObservation
from deining.domain.observation import Quantity, check, why_wrong
from deining.pipeline import why_refused
from tests.builders import MINUTE, NOON, a_sensor, an_area, an_observation


def test_a_right_one_is_taken() -> None:
    assert why_wrong(an_observation(), NOON) is None
    check(an_observation(), NOON)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start": datetime(2026, 7, 4, 11, 59)}, ["offset"]),  # noqa: DTZ001
        ({"start": NOON}, ["not after start"]),
        ({"start": NOON + MINUTE}, ["not after start"]),
        ({"value": float("nan")}, ["not a number"]),
        ({"value": float("inf")}, ["not a number"]),
        ({"value": -0.5}, ["negative", "-0.5"]),
    ],
)
def test_a_wrong_one_is_told_why(given: dict[str, object], words: list[str]) -> None:
    why = why_wrong(an_observation(**{"value": 1.0, **given}), NOON)  # type: ignore[arg-type]
    assert why
    assert [word for word in words if word not in why] == []
    with pytest.raises(WrongObservation):
        check(an_observation(**{"value": 1.0, **given}), NOON)  # type: ignore[arg-type]


def test_a_time_of_60_seconds_ahead_is_refused_and_59_is_not() -> None:
    assert why_wrong(an_observation(end=NOON + timedelta(seconds=59.9)), NOON) is None
    assert "ahead" in (why_wrong(an_observation(end=NOON + timedelta(seconds=60)), NOON) or "")


def test_what_an_area_does_not_know_is_refused() -> None:
    area = an_area()
    assert why_refused(area, an_observation(), NOON) is None
    assert "count-west" in (why_refused(area, an_observation(sensor="count-west"), NOON) or "")
    assert "devices" in (why_refused(area, an_observation(quantity=Quantity.DEVICES), NOON) or "")


@given(st.sampled_from(list(Quantity)))
def test_every_quantity_is_spoken_by_some_kind_of_sensor(quantity: Quantity) -> None:
    from deining.domain.area import SensorKind
    from deining.pipeline import CAN_SAY

    assert set(CAN_SAY) == set(SensorKind)
    assert any(quantity in said for said in CAN_SAY.values())
    assert a_sensor().kind in CAN_SAY
    assert NOON.tzinfo is UTC
