"""No sensor without a purpose in force."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from deining.domain.purpose import Purpose
from deining.governance.permission import why_not
from tests.builders import NOON, a_sensor, an_area

SUMMER = Purpose(id="summer", text="Crowd safety", legal_basis="public order", owner="the town", start=date(2026, 6, 1), end=date(2026, 8, 31))
AREA = an_area(purposes={"summer": SUMMER})
SENSOR = a_sensor(purpose="summer")


def test_a_sensor_may_deliver_while_its_purpose_is_in_force() -> None:
    assert why_not(AREA, SENSOR, NOON) is None


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (datetime(2026, 5, 31, 21, 59, tzinfo=UTC), False),
        (datetime(2026, 5, 31, 22, 0, tzinfo=UTC), True),
        (datetime(2026, 8, 31, 21, 59, tzinfo=UTC), True),
        (datetime(2026, 8, 31, 22, 0, tzinfo=UTC), False),
    ],
)
def test_it_begins_and_ends_at_midnight_of_the_place(moment: datetime, allowed: bool) -> None:
    assert (why_not(AREA, SENSOR, moment) is None) is allowed


def test_the_reason_names_the_purpose_and_its_days() -> None:
    why = why_not(AREA, SENSOR, datetime(2026, 12, 1, tzinfo=UTC))
    assert why
    assert [word for word in ("summer", "2026-06-01", "2026-08-31", "2026-12-01") if word not in why] == []


def test_a_sensor_without_a_purpose_may_not_deliver_where_the_area_has_purposes() -> None:
    why = why_not(AREA, a_sensor(), NOON)
    assert why
    assert "purpose" in why


def test_an_area_that_names_no_purposes_is_not_held_to_any() -> None:
    assert why_not(an_area(), a_sensor(), NOON) is None
