"""The simulated event day: people are conserved, the same seed gives the same day, and its sensors err as they should."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deining.domain.area import Area, Gate, PlaceKind, Sensor, SensorKind, Zone
from deining.domain.errors import WrongUse
from deining.domain.event import Event
from deining.domain.observation import Observation, Quantity, check
from deining.sources.crowd_walk import OUTSIDE, WalkNetwork
from deining.sources.event_day import LATEST_MIN, ZERO_MIN, EventDay, simulate_series

SATURDAY, TUESDAY = date(2026, 7, 18), date(2026, 7, 14)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SQUARE = ((((0.0, 0.0), (0.001, 0.0), (0.001, 0.001), (0.0, 0.0)),),)

Ways = Sequence[tuple[str | None, str | None]]
TOWN: Ways = (
    (None, "station"),
    ("station", "street"),
    ("street", "square"),
    ("square", "beach"),
    ("street", "beach"),
    (None, "square"),
)
KINDS = {"station": PlaceKind.STATION, "street": PlaceKind.STREET, "square": PlaceKind.SQUARE, "beach": PlaceKind.BEACH}


def a_sensor(id: str, kind: SensorKind, observes: str, interval_s: float = 60.0) -> Sensor:
    return Sensor(id=id, kind=kind, observes=observes, interval_s=interval_s)


def some_sensors(gates: int) -> list[Sensor]:
    counters = [a_sensor(f"tel-{k}", SensorKind.GATE_COUNTER, f"gate:g{k}") for k in range(gates)]
    return [
        *counters,
        a_sensor("camera", SensorKind.AREA_CAMERA, "zone:square"),
        a_sensor("wifi", SensorKind.DEVICE_COUNTER, "zone:beach", 300.0),
        a_sensor("panel", SensorKind.PHONE_PANEL, "area", 900.0),
    ]


def an_area(ways: Ways = TOWN, *, width_m: float = 4.0, area_m2: float = 3_000.0, sensors: Sequence[Sensor] | None = None) -> Area:
    """A small town with fireworks above its beach on Saturday 18 July 2026."""
    names = dict.fromkeys(name for way in ways for name in way if name is not None)
    zones = [Zone(id=name, name=name, polygons=SQUARE[0:1], usable_area_m2=area_m2, kind=KINDS.get(name, PlaceKind.OTHER)) for name in names]
    gates = [
        Gate(id=f"g{k}", name="", line=(), from_zone=tail, to_zone=head, effective_width_m=width_m, kind=KINDS.get(tail or head or "", PlaceKind.OTHER))
        for k, (tail, head) in enumerate(ways)
    ]
    begin = datetime(2026, 7, 18, 22, 30, tzinfo=AMSTERDAM)
    seen_from = ("beach",) if "beach" in names else ()
    show = Event(id="show", name="Show", start=begin, end=begin + timedelta(minutes=30), kind="fireworks", expected_visitors=6_000, zones=seen_from)
    return Area(
        id="town",
        name="Town",
        timezone=AMSTERDAM,
        language="nl",
        zones={zone.id: zone for zone in zones},
        gates={gate.id: gate for gate in gates},
        sensors={sensor.id: sensor for sensor in (some_sensors(len(gates)) if sensors is None else sensors)},
        levels=(),
        events=(show,),
    )


@cache
def a_day(day: date = SATURDAY, seed: int = 1) -> EventDay:
    return EventDay(an_area(), day, seed=seed)


def observe(day: EventDay) -> list[Observation]:
    return list(day.read_observations(day.begin, day.end + timedelta(hours=1)))


def by_sensor(day: EventDay) -> dict[tuple[str, Quantity], list[Observation]]:
    found: dict[tuple[str, Quantity], list[Observation]] = defaultdict(list)
    for one in observe(day):
        found[one.sensor, one.quantity].append(one)
    return found


def crossings_into(day: EventDay) -> tuple[np.ndarray, np.ndarray]:
    """Persons into and out of each zone by the minute, both of shape (1440, zones), from the gates alone."""
    names, gates = list(day.area.zones), list(day.area.gates.values())
    into, out = (np.zeros_like(day.truth()) for _ in range(2))
    crossed = day.walked.crossings[0]
    for k, gate in enumerate(gates):
        forward, backward = crossed[:, k], crossed[:, len(gates) + k]
        if gate.to_zone is not None:
            into[:, names.index(gate.to_zone)] += forward
            out[:, names.index(gate.to_zone)] += backward
        if gate.from_zone is not None:
            into[:, names.index(gate.from_zone)] += backward
            out[:, names.index(gate.from_zone)] += forward
    return into, out


# -- the crowd


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    visitors=st.integers(0, 20_000),
    width_m=st.sampled_from([0.6, 4.0]),
    area_m2=st.sampled_from([150.0, 3_000.0]),
    day=st.sampled_from([SATURDAY, TUESDAY]),
)
def test_people_are_conserved(seed: int, visitors: int, width_m: float, area_m2: float, day: date) -> None:
    one = EventDay(an_area(width_m=width_m, area_m2=area_m2), day, seed=seed, visitors=visitors)
    people, (into, out) = one.truth(), crossings_into(one)
    assert np.issubdtype(people.dtype, np.integer)
    assert people.min() >= 0
    assert one.walked.crossings.min() >= 0
    assert np.array_equal(np.diff(people, axis=0, prepend=0), into - out)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), width_m=st.sampled_from([0.5, 2.0]))
def test_no_more_people_cross_a_gate_than_fit(seed: int, width_m: float) -> None:
    one = EventDay(an_area(width_m=width_m), SATURDAY, seed=seed, visitors=30_000)
    assert one.walked.crossings[0].max() <= round(80 * width_m)


def test_a_day_begins_and_ends_empty() -> None:
    people = a_day().truth().sum(axis=1)
    assert people[0] == 0
    assert people[-1] < 0.005 * people.max()


def test_about_as_many_people_come_as_the_plan_says() -> None:
    one = EventDay(an_area(width_m=20.0), SATURDAY, visitors=5_000)
    entries = [c for c, (tail, _) in enumerate(WalkNetwork(one.area).channels) if tail == OUTSIDE]
    assert one.walked.crossings[0][:, entries].sum() == pytest.approx(5_000, rel=0.06)


def test_the_calendar_says_how_many_come_when_nobody_else_does() -> None:
    assert a_day(SATURDAY).plan.visitors > a_day(TUESDAY).plan.visitors
    assert EventDay(an_area(), SATURDAY, visitors=123).plan.visitors == 123


def test_people_gather_where_the_show_is_seen() -> None:
    one = a_day()
    beach = one.truth()[:, list(one.area.zones).index("beach")]
    at_show = round((datetime(2026, 7, 18, 22, 30, tzinfo=AMSTERDAM) - one.begin) / timedelta(minutes=1))
    assert beach[at_show] > 0.5 * one.truth()[at_show].sum()
    assert beach[at_show + 90] < 0.3 * beach[at_show]


def test_the_same_seed_gives_the_same_day() -> None:
    again = EventDay(an_area(), SATURDAY, seed=1)
    assert np.array_equal(again.truth(), a_day().truth())
    assert observe(again) == observe(a_day())


def test_another_seed_gives_another_day() -> None:
    assert not np.array_equal(a_day(seed=2).truth(), a_day().truth())


def test_a_weekend_brings_more_people_than_weekdays() -> None:
    series = simulate_series(an_area(), date(2026, 6, 1), 28, seed=3)
    beach = next(one for one in series if (one.target, one.quantity) == ("beach", "occupancy"))
    days = beach.values.reshape(28, -1).mean(axis=1)
    weekend = np.array([(date(2026, 6, 1) + timedelta(days=k)).weekday() >= 5 for k in range(28)])
    assert days[weekend].mean() > 1.3 * days[~weekend].mean()


# -- the history


def test_history_has_a_series_of_every_zone_and_gate() -> None:
    area = an_area()
    series = simulate_series(area, TUESDAY, 2)
    of_gates = {(gate, quantity) for gate in area.gates for quantity in ("flow_per_min", "forward_per_min")}
    assert {(one.target, one.quantity) for one in series} == {(zone, "occupancy") for zone in area.zones} | of_gates
    assert all(len(one.values) == 2 * 96 and one.step_s == 900 and not np.isnan(one.values).any() for one in series)


def test_history_begins_when_the_area_is_empty() -> None:
    first = simulate_series(an_area(), TUESDAY, 1)[0]
    assert first.time(0).astimezone(AMSTERDAM) == datetime(2026, 7, 14, 4, 0, tzinfo=AMSTERDAM)


def test_an_autumn_night_of_25_hours_leaves_a_gap() -> None:
    first = simulate_series(an_area(), date(2026, 10, 24), 2)[0]
    assert len(first.values) == 2 * 96 + 4
    assert np.isnan(first.values[96:100]).all()
    assert not np.isnan(first.values[100:]).any()


def test_history_is_the_same_for_the_same_seed() -> None:
    first, second = (simulate_series(an_area(), TUESDAY, 2, seed=5) for _ in range(2))
    assert all(np.array_equal(a.values, b.values) for a, b in zip(first, second, strict=True))


# -- the sensors


def test_every_observation_can_be_taken_when_it_is_available() -> None:
    for one in observe(a_day()):
        check(one, one.available_at)


def test_no_value_is_negative() -> None:
    assert min(one.value for one in observe(a_day())) >= 0


def test_every_sensor_says_what_its_kind_says() -> None:
    said = {(one.sensor, one.quantity) for one in observe(a_day())}
    ways = (Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD)
    others = {("camera", Quantity.OCCUPANCY), ("wifi", Quantity.DEVICES), ("panel", Quantity.SAMPLE)}
    assert said == {(f"tel-{k}", way) for k in range(len(TOWN)) for way in ways} | others


def test_intervals_are_those_of_the_register() -> None:
    one = a_day()
    assert all(seen.duration_s == one.area.sensors[seen.sensor].interval_s for seen in observe(one))


def test_rows_come_in_the_order_in_which_they_become_available() -> None:
    assert all(a.available_at <= b.available_at for a, b in pairwise(observe(a_day())))


def test_reading_in_pieces_gives_each_row_once() -> None:
    day = a_day()
    edges = [day.begin + timedelta(minutes=m) for m in (0, 1, 600, 1081, 1082, 1600)]
    assert [one for start, end in pairwise(edges) for one in day.read_observations(start, end)] == observe(day)


def test_late_rows_come_after_their_end_and_at_most_a_quarter_of_an_hour() -> None:
    late = [one for one in observe(a_day()) if one.received_at is not None]
    delays_min = [(one.available_at - one.end) / timedelta(minutes=1) for one in late]
    assert 0.005 < len(late) / len(observe(a_day())) < 0.02
    assert min(delays_min) >= 1
    assert max(delays_min) <= LATEST_MIN


def test_two_rows_in_a_hundred_get_lost() -> None:
    day = a_day()
    lasting = [rows for (sensor, _), rows in by_sensor(day).items() if day.area.sensors[sensor].interval_s == 60 and sensor != day.dead_sensor()]
    assert 1 - sum(map(len, lasting)) / (1440 * len(lasting)) == pytest.approx(0.02, abs=0.005)


def test_a_counter_misses_people_both_ways() -> None:
    day, seen = a_day(), by_sensor(a_day())
    gates = len(day.area.gates)
    healthy = [k for k in range(gates) if f"tel-{k}" not in (day.dead_sensor(), day.zero_sensor())]
    for k in healthy:
        for way, quantity in enumerate((Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD)):
            counted = sum(one.value for one in seen[f"tel-{k}", quantity])
            assert 0.80 < counted / day.walked.crossings[0][:, way * gates + k].sum() < 1.02


def test_hidden_rates_stay_with_the_sensor_from_day_to_day() -> None:
    def rate(day: EventDay) -> float:
        passed = {day.begin + timedelta(minutes=k): int(n) for k, n in enumerate(day.walked.crossings[0][:, 0])}
        rows = by_sensor(day)["tel-0", Quantity.COUNT_FORWARD]
        return sum(one.value for one in rows) / sum(passed[one.start] for one in rows)

    first, second, other = (rate(EventDay(an_area(), day, seed=seed, visitors=40_000)) for day, seed in ((TUESDAY, 1), (SATURDAY, 1), (TUESDAY, 9)))
    assert first == pytest.approx(second, abs=0.01)
    assert first != pytest.approx(other, abs=0.01)


def test_a_camera_sees_fewer_than_there_are() -> None:
    day = a_day()
    people = day.truth()[:, list(day.area.zones).index("square")]
    rows = by_sensor(day)["camera", Quantity.OCCUPANCY]
    there = sum(int(people[round((one.end - day.begin) / timedelta(minutes=1)) - 1]) for one in rows)
    assert 0.6 < sum(one.value for one in rows) / there < 0.98


def test_a_panel_sees_two_in_a_hundred() -> None:
    day = EventDay(an_area(), SATURDAY, visitors=60_000)
    rows = by_sensor(day)["panel", Quantity.SAMPLE]
    there = sum(int(day.truth()[round((one.end - day.begin) / timedelta(minutes=1)) - 1].sum()) for one in rows)
    assert sum(one.value for one in rows) / there == pytest.approx(0.02, rel=0.1)


def test_a_dead_sensor_gives_no_rows_after_its_death() -> None:
    day = a_day()
    died = datetime(2026, 7, 18, 22, 10, tzinfo=AMSTERDAM)
    rows = [one for one in observe(day) if one.sensor == day.dead_sensor()]
    assert rows
    assert max(one.end for one in rows) <= died
    assert max(one.end for one in rows) > died - timedelta(minutes=10)


def test_without_a_death_every_counter_lives_on() -> None:
    day = EventDay(an_area(), SATURDAY, dies_at=None)
    last = {sensor: max(one.end for one in rows) for (sensor, _), rows in by_sensor(day).items()}
    assert day.dead_sensor() is None
    assert min(last.values()) > day.end - timedelta(minutes=45)


def test_one_counter_says_0_for_an_hour_while_people_pass() -> None:
    day, seen = a_day(), by_sensor(a_day())
    gate = int(str(day.zero_sensor()).removeprefix("tel-"))
    begin = datetime(2026, 7, 18, 19, 30, tzinfo=AMSTERDAM).astimezone(UTC)
    silent = [one for way in (Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD) for one in seen[f"tel-{gate}", way]]
    silent = [one for one in silent if begin <= one.start < begin + timedelta(minutes=ZERO_MIN)]
    first = round((begin - day.begin) / timedelta(minutes=1))
    passed = day.walked.crossings[0][first : first + ZERO_MIN, [gate, len(day.area.gates) + gate]].sum()
    assert len(silent) > ZERO_MIN
    assert {one.value for one in silent} == {0.0}
    assert passed > 12
    assert day.zero_sensor() != day.dead_sensor()


# -- areas and sensors of all sorts


@pytest.mark.parametrize(
    "ways",
    [
        ((None, "station"),),
        ((None, "a"), (None, "b")),
        ((None, "a"), ("b", "c")),
        (("a", None), ("a", "b"), ("a", "b")),
    ],
    ids=["a station alone", "two parts", "a part without a way in", "two gates between two zones"],
)
def test_people_come_and_go_in_an_area_of_any_shape(ways: Ways) -> None:
    one = EventDay(an_area(ways, sensors=()), TUESDAY, visitors=2_000)
    people, (into, out) = one.truth(), crossings_into(one)
    assert np.array_equal(np.diff(people, axis=0, prepend=0), into - out)
    assert people.sum(axis=1).max() > 100
    assert people[-1].sum() < 20


def test_nobody_gets_into_a_part_without_a_way_in() -> None:
    one = EventDay(an_area(((None, "a"), ("b", "c")), sensors=()), TUESDAY, visitors=2_000)
    assert one.truth()[:, 1:].sum() == 0


def test_an_area_without_a_way_in_is_refused_with_what_it_needs() -> None:
    with pytest.raises(WrongUse, match="area town has 2 zones and no gate that leads into them"):
        EventDay(an_area((("a", "b"),), sensors=()), TUESDAY)


@pytest.mark.parametrize(("seed", "visitors"), [(-1, None), (1, -5.0)])
def test_a_negative_seed_or_number_of_visitors_is_refused(seed: int, visitors: float | None) -> None:
    with pytest.raises(WrongUse, match="expected 0 or more"):
        EventDay(an_area(), TUESDAY, seed=seed, visitors=visitors)


@pytest.mark.parametrize("interval_min", [7, 60, 1440])
def test_a_counter_of_any_interval_counts_whole_intervals(interval_min: int) -> None:
    slow = a_sensor("slow", SensorKind.GATE_COUNTER, "gate:g0", 60.0 * interval_min)
    rows = observe(EventDay(an_area(sensors=[slow]), TUESDAY, dies_at=None))
    assert 2 * (1440 // interval_min) * 0.9 <= len(rows) <= 2 * (1440 // interval_min)
    assert {one.duration_s for one in rows} <= {60.0 * interval_min}
