"""Which places lie beside one another, and which alerts are told as one."""

from __future__ import annotations

from collections.abc import Iterable

from deining.domain.alert import Alert, AlertKind, Priority
from deining.domain.levels import Level
from deining.risk.grouping import Neighbours, regrouped
from tests.builders import MINUTE, NOON, a_gate, a_point_counter, a_sensor, a_zone, an_alert, an_area

NAMES = [f"z{k}" for k in range(6)]
ROW = an_area(
    zones=[a_zone(name) for name in NAMES],
    gates=[a_gate(f"g{k}", from_zone=NAMES[k], to_zone=NAMES[k + 1]) for k in range(5)] + [a_gate("out", to_zone="z0")],
    sensors=[a_sensor("s0", observes="gate:g0"), a_sensor("s1", observes="gate:g0"), a_sensor("c5", observes="zone:z5"), a_point_counter("quay")],
)
BESIDE = Neighbours(ROW)


def heads(alerts: Iterable[Alert], new: Iterable[str] | None = None, within_s: float = 300) -> dict[str, str | None]:
    """By target: the target of the alert it is told in."""
    by_id = {alert.id: alert for alert in alerts}
    after = by_id | regrouped(by_id, set(by_id) if new is None else set(new), BESIDE, within_s)
    return {alert.target: after[alert.group].target if alert.group else None for alert in after.values()}


def data(target: str) -> Alert:
    return an_alert(target, kind=AlertKind.DATA, level=Level.YELLOW, priority=Priority.LOW)


def test_zones_that_share_a_gate_and_a_gate_and_its_zones_are_neighbours() -> None:
    assert BESIDE.around("z1") == {"z1", "g0", "z0", "g1", "z2"}
    assert BESIDE.around("g0") == {"g0", "z0", "z1"}
    assert BESIDE.around("out") == {"out", "z0"}
    assert BESIDE.around("s0") == {"g0", "z0", "z1"}
    assert BESIDE.around("quay") == {"quay"}


def test_a_whole_row_that_is_raised_at_once_is_one_group_and_a_gap_divides_it() -> None:
    assert heads(an_alert(name) for name in NAMES) == {"z0": None, **dict.fromkeys(NAMES[1:], "z0")}
    assert heads(an_alert(name) for name in NAMES if name != "z2") == {"z0": None, "z1": "z0", "z3": None, "z4": "z3", "z5": "z3"}


def test_two_sensors_of_one_place_and_the_zone_beside_them_are_told_as_one() -> None:
    assert heads([data("s0"), data("s1"), data("z1"), data("c5"), data("quay")]) == {"s0": None, "s1": "s0", "z1": "s0", "c5": None, "quay": None}


def test_the_most_urgent_is_the_head() -> None:
    calm, urgent = an_alert("z0", level=Level.ORANGE, priority=Priority.MEDIUM), an_alert("z1")
    assert heads([calm, urgent]) == {"z0": "z1", "z1": None}
    assert heads([calm, urgent], new=["z1-1"]) == {"z0": None, "z1": None}, "the urgent one rings, though the other was told before"


def test_one_joins_the_group_of_any_of_its_members_for_some_minutes_after_the_head() -> None:
    group = [an_alert("z0"), an_alert("z1", group="z0-1", raised_at=NOON + 4 * MINUTE)]
    soon, late = (an_alert("z2", raised_at=NOON + minutes * MINUTE) for minutes in (5, 6))
    assert heads([*group, soon], new=["z2-1"])["z2"] == "z0"
    assert heads([*group, late], new=["z2-1"])["z2"] is None
    assert heads([*group, soon], new=["z2-1"], within_s=0)["z2"] is None


def test_what_was_raised_before_joins_nothing_later() -> None:
    assert heads([an_alert("z0"), an_alert("z1")], new=[]) == {"z0": None, "z1": None}


def test_the_order_in_which_alerts_are_given_changes_nothing() -> None:
    alerts = [an_alert(name) for name in (*NAMES, "g2", "g4")]
    assert heads(alerts) == heads(reversed(alerts))
