"""Events forecast from earlier events they are like, against what a person would work out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.drivers import WEATHER, Drivers, Weather
from deining.domain.errors import WrongData
from deining.domain.event import Event
from deining.domain.forecast import Forecast
from deining.domain.series import Series
from deining.forecasting import Calendar
from deining.forecasting.analogues import Analogues
from deining.forecasting.event_doubt import DEFAULT_SPREAD, DEFAULT_TABLE, conformal_table, effective_number
from deining.forecasting.event_effects import EventMemory, on_the_clock_of, size_exponent
from deining.forecasting.event_likeness import Analogue, find_analogues, title_of
from deining.forecasting.ordinary_weeks import OrdinaryWeeks

HOUR = 3600
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
WEEKS = 120
CALENDAR = Calendar.in_utc()
ORDINARY = 100.0
NOON = FIRST + timedelta(days=700, hours=12)


def an_event(
    start: datetime, *, name: str = "Concert", hours: float = 4, kind: str = "concert", visitors: int | None = 1000, zones: tuple[str, ...] = ()
) -> Event:
    return Event(id=f"{name} {start:%Y%m%d%H}", name=name, start=start, end=start + timedelta(hours=hours), kind=kind, expected_visitors=visitors, zones=zones)


def a_series(*effects: tuple[Event, float], target: str = "quay", noise: float = 0.0, seed: int = 1) -> Series:
    """A hundred at every hour, times noise, and so many more during the programme of each event."""
    hours = np.arange(WEEKS * 168)
    values = ORDINARY * np.exp(np.random.default_rng(seed).normal(0, noise, len(hours)))
    for event, more in effects:
        begin = int((event.start - FIRST).total_seconds()) // HOUR
        values[begin : int((event.end - FIRST).total_seconds()) // HOUR] += more
    return Series(target=target, quantity="occupancy", first_s=int(FIRST.timestamp()), step_s=HOUR, values=np.maximum(values, 0.0))


def asked(series: Series | list[Series], *events: Event, origin: datetime = NOON, hours: int = 48) -> list[Forecast]:
    series = series if isinstance(series, list) else [series]
    return Analogues(CALENDAR).forecast([one.until(origin) for one in series], origin, hours * HOUR, Drivers(events=events))


def during(forecasts: list[Forecast], event: Event) -> list[Forecast]:
    return [f for f in forecasts if event.start <= f.time < event.end]


def width(forecast: Forecast, q: float = 0.10) -> float:
    return forecast.quantile(round(1 - q, 3)) - forecast.quantile(q)


EARLIER = [an_event(FIRST + timedelta(days=days, hours=19), name=f"Concert of {days}") for days in (200, 320, 450, 580)]
TONIGHT = an_event(NOON.replace(hour=19), name="Concert tonight")


# The clock of an event


def test_before_during_and_after_each_have_their_own_clock() -> None:
    short, long = an_event(NOON, hours=2), an_event(FIRST, hours=6)
    start, then = NOON.timestamp(), FIRST.timestamp()
    at = on_the_clock_of(long, short, start + HOUR * np.array([-3.0, 0.0, 1.0, 2.0, 3.0]))
    np.testing.assert_allclose(at - then, HOUR * np.array([-3.0, 0.0, 3.0, 6.0, 7.0]))


def test_nights_stay_nights_when_a_fair_lasts_a_day_longer_than_the_last_one() -> None:
    now, then = an_event(NOON, hours=3 * 24), an_event(FIRST, hours=2 * 24)
    night_s = NOON.timestamp() + HOUR * np.array([14.0, 38.0, 62.0])
    hours_then = (on_the_clock_of(then, now, night_s) - FIRST.timestamp()) / HOUR
    assert set(hours_then % 24) == {14.0}
    assert hours_then[0] == 14.0
    assert hours_then[-1] == 38.0


@given(st.floats(-4, 30), st.floats(0.5, 30), st.floats(0.5, 30))
def test_an_event_has_its_own_clock_and_an_analogue_keeps_its_order(hour: float, hours: float, hours_then: float) -> None:
    now, then = an_event(NOON, hours=hours), an_event(FIRST, hours=hours_then)
    times_s = NOON.timestamp() + HOUR * np.array([hour, hour + 0.5])
    np.testing.assert_allclose(on_the_clock_of(now, now, times_s), times_s, atol=1e-3)
    if max(hours, hours_then) <= 24:
        assert np.diff(on_the_clock_of(then, now, times_s)) > -1e-3


# Which earlier events


def test_the_year_and_the_number_of_an_edition_are_no_part_of_its_title() -> None:
    names = ["Opening season 2025", "Opening Season '26", "42nd Opening season", "3e editie Opening season 2024"]
    assert {title_of(an_event(NOON, name=name)) for name in names} == {"opening season"}
    assert title_of(an_event(NOON, name="Stage 2")) != title_of(an_event(NOON, name="Stage 3"))


def test_a_yearly_event_finds_its_own_editions_first_however_like_others_are() -> None:
    edition = an_event(FIRST + timedelta(days=150), name="King's Day 2024", kind="parade", visitors=100, zones=("far",))
    others = [an_event(NOON - timedelta(days=7 * k), name=f"Other {'abc'[k - 1]}", zones=("here",)) for k in (1, 2, 3)]
    found = find_analogues(an_event(NOON, name="King's Day 2025", zones=("here",)), [*others, edition], calendar=CALENDAR)
    assert found[0].event == edition
    assert "earlier edition" in found[0].why
    assert found[0].weight == max(one.weight for one in found)


@pytest.mark.parametrize(
    "unlike",
    [
        {"kind": "market"},
        {"visitors": 20_000},
        {"zones": ("far",)},
        {"start": NOON - timedelta(days=7 * 26)},
        {"start": NOON - timedelta(days=7 * 52 + 2)},
    ],
    ids=["kind", "size", "place", "season", "weekday"],
)
def test_each_respect_counts(unlike: dict[str, object]) -> None:
    same = {"start": NOON - timedelta(days=7 * 52), "zones": ("here",)}
    alike, other = an_event(**{**same, "name": "Alike"}), an_event(**{**same, "name": "Unlike", **unlike})  # type: ignore[arg-type]
    found = find_analogues(an_event(NOON, name="New", zones=("here",)), [other, alike], calendar=CALENDAR)
    assert found[0].event == alike
    assert not found[1:] or found[1].weight < found[0].weight


def test_the_turn_of_the_year_does_not_part_two_winter_days() -> None:
    new_year, december, june = (an_event(datetime(year, month, 28, 12, tzinfo=UTC)) for year, month in ((2026, 1), (2024, 12), (2025, 6)))
    found = find_analogues(replace(new_year, name="New"), [replace(june, name="June"), replace(december, name="December")], calendar=CALENDAR)
    assert [one.event.name for one in found] == ["December", "June"]


def test_a_holiday_counts_as_a_free_day() -> None:
    calendar = Calendar(ZoneInfo("Europe/Amsterdam"), "NL")
    kings_day = datetime(2026, 4, 27, 12, tzinfo=UTC)
    sunday, monday = an_event(datetime(2025, 4, 27, 12, tzinfo=UTC), name="Sunday"), an_event(datetime(2025, 4, 28, 12, tzinfo=UTC), name="Monday")
    found = find_analogues(an_event(kings_day, name="New"), [monday, sunday], calendar=calendar)
    assert [one.event.name for one in found] == ["Sunday", "Monday"]


def test_weather_counts_as_forecast_for_the_new_event_and_as_measured_for_the_old() -> None:
    wet, dry, new = (an_event(NOON - timedelta(days=days), name=name) for days, name in ((14, "Wet"), (7, "Dry"), (-1, "New")))
    rows = [(wet, wet.start + timedelta(hours=9), 5.0, True), (dry, dry.start + timedelta(hours=9), 0.0, True)]
    rows += [(new, NOON - timedelta(hours=1), 5.0, False), (new, new.end, 0.0, True)]
    hours = [(one.start.timestamp() + HOUR * k, issued.timestamp(), rain, seen) for one, issued, rain, seen in rows for k in range(4)]
    values = np.full((len(hours), len(WEATHER)), np.nan)
    values[:, 1] = [row[2] for row in hours]
    time_s, issued_s = (np.array([row[k] for row in hours], dtype=np.int64) for k in (0, 1))
    weather = Weather(time_s=time_s, issued_s=issued_s, values=values, measured=np.array([row[3] for row in hours]))
    found = find_analogues(new, [dry, wet], calendar=CALENDAR, weather=weather, origin=NOON)
    assert [one.event.name for one in found] == ["Wet", "Dry"], "rain was forecast; that it stayed dry was not known yet"
    assert "weather alike" in found[0].why


def test_of_an_event_of_unknown_kind_only_size_and_place_count() -> None:
    near = an_event(NOON - timedelta(days=180), name="Far in time", kind="market", zones=("here",))
    same_day = an_event(NOON - timedelta(days=364), name="Same day", kind="market", visitors=4000, zones=("here",))
    found = find_analogues(an_event(NOON, name="New", kind="other", zones=("here",)), [same_day, near], calendar=CALENDAR)
    assert found[0].event == near


def test_an_event_that_has_not_ended_is_no_analogue_nor_is_the_event_itself() -> None:
    under_way = an_event(NOON - timedelta(hours=1), hours=3)
    assert find_analogues(TONIGHT, [under_way, TONIGHT], calendar=CALENDAR, origin=NOON) == []


@given(st.lists(st.tuples(st.integers(1, 600), st.sampled_from(["concert", "market", "other", ""]), st.none() | st.integers(0, 10**6)), max_size=12))
def test_weights_add_up_to_one_and_fall(given_events: list[tuple[int, str, int | None]]) -> None:
    events = [an_event(NOON - timedelta(days=d), name=f"Event {k}", kind=kind, visitors=v) for k, (d, kind, v) in enumerate(given_events)]
    found = find_analogues(TONIGHT, events, calendar=CALENDAR)
    weights = [one.weight for one in found]
    assert weights == sorted(weights, reverse=True)
    assert not found or sum(weights) == pytest.approx(1)


# What they say


def test_an_event_like_an_earlier_one_adds_what_that_one_added() -> None:
    series = a_series(*((one, 500.0) for one in EARLIER))
    for forecast in during(asked(series, *EARLIER, TONIGHT), TONIGHT):
        assert forecast.mean == pytest.approx(ORDINARY + 500)


def test_people_who_stay_away_are_a_share_of_the_ordinary() -> None:
    series = a_series(*((one, -60.0) for one in EARLIER))
    recent = int((NOON - timedelta(weeks=9) - FIRST).total_seconds()) // HOUR
    doubled = replace(series, values=np.where(np.arange(len(series.values)) >= recent, 2.0, 1.0) * series.values)
    for forecast in during(asked(doubled, *EARLIER, TONIGHT), TONIGHT):
        assert forecast.mean == pytest.approx(2 * ORDINARY * 0.4)


def test_twice_the_visitors_bring_more_extra_people_but_not_quite_twice_as_many_by_default() -> None:
    series, larger = a_series((EARLIER[0], 500.0)), replace(TONIGHT, expected_visitors=2000)
    assert during(asked(series, EARLIER[0], larger), larger)[1].mean == pytest.approx(ORDINARY + 500 * 2**0.8)
    unsaid = replace(TONIGHT, expected_visitors=None)
    assert during(asked(series, EARLIER[0], unsaid), unsaid)[1].mean == pytest.approx(ORDINARY + 500)


def test_how_extra_people_grow_with_size_is_learned_from_the_area_itself() -> None:
    sized = [replace(one, expected_visitors=500 * 4**k) for k, one in enumerate(EARLIER)]
    memory = EventMemory([a_series(*((one, 50.0 * 2**k) for k, one in enumerate(sized)))], sized, NOON, OrdinaryWeeks(CALENDAR))
    assert 0.5 < memory.size_exponent < 0.65, "the truth is a half, the default 0.8"
    assert size_exponent([]) == 0.8


def test_an_event_that_moved_takes_its_effect_along() -> None:
    then = [replace(one, zones=("quay",)) for one in EARLIER]
    now = replace(TONIGHT, zones=("square",))
    series = [a_series(*((one, 500.0) for one in then), target="quay"), a_series(target="square"), a_series(target="park")]
    found = {target: [f.mean for f in during(asked(series, *then, now), now) if f.target == target][1] for target in ("quay", "square", "park")}
    assert found == {"quay": pytest.approx(ORDINARY), "square": pytest.approx(ORDINARY + 500), "park": pytest.approx(ORDINARY)}


def test_events_that_overlap_add_up() -> None:
    market = [replace(an_event(one.start - timedelta(days=30), name=f"Market of {k}", kind="market")) for k, one in enumerate(EARLIER)]
    tonight = an_event(TONIGHT.start, name="Market tonight", kind="market")
    series = a_series(*((one, 500.0) for one in EARLIER), *((one, 200.0) for one in market))
    past = [*EARLIER, *market]
    both = during(asked(series, *past, TONIGHT, tonight), TONIGHT)[1]
    alone = [during(asked(series, *past, one), one)[1] for one in (TONIGHT, tonight)]
    assert both.mean - ORDINARY == pytest.approx(sum(one.mean - ORDINARY for one in alone), rel=1e-6)
    assert "Concert tonight: like" in both.provenance.reason
    assert "Market tonight: like" in both.provenance.reason


def test_two_events_that_always_come_together_are_not_counted_twice() -> None:
    twins = [an_event(one.start, name=f"Fireworks of {k}", kind="fireworks") for k, one in enumerate(EARLIER)]
    series = a_series(*((one, 600.0) for one in EARLIER))
    fireworks = an_event(TONIGHT.start, name="Fireworks tonight", kind="fireworks")
    assert during(asked(series, *EARLIER, *twins, TONIGHT, fireworks), TONIGHT)[1].mean == pytest.approx(ORDINARY + 600)


def test_an_earlier_event_in_the_weeks_before_is_not_taken_for_ordinary() -> None:
    last = an_event(TONIGHT.start - timedelta(weeks=1), name="Concert last week")
    series = a_series(*((one, 500.0) for one in [*EARLIER, last]))
    assert during(asked(series, *EARLIER, last, TONIGHT), TONIGHT)[1].mean == pytest.approx(ORDINARY + 500)


# How sure


def test_the_interval_is_never_narrower_than_that_of_ordinary_weeks() -> None:
    series = a_series(*((one, -90.0) for one in EARLIER), noise=0.3)
    plain = OrdinaryWeeks(CALENDAR).forecast([series.until(NOON)], NOON, 48 * HOUR)
    for ours, ordinary in zip(asked(series, *EARLIER, TONIGHT), plain, strict=True):
        for q in (0.025, 0.10, 0.25):
            assert width(ours, q) >= width(ordinary, q) - 1e-6


def test_one_analogue_is_wider_than_four_that_agree_and_both_hold_the_default_spread() -> None:
    one, four = (during(asked(a_series(*((e, 500.0) for e in past)), *past, TONIGHT), TONIGHT)[1] for past in (EARLIER[-1:], EARLIER))
    assert width(one) > width(four)
    assert one.quantile(0.90) - one.mean >= DEFAULT_TABLE[5] * DEFAULT_SPREAD * 500


def test_analogues_that_differ_widen_the_interval() -> None:
    agree, differ = (a_series(*zip(EARLIER, more, strict=True)) for more in ([500.0] * 4, [100.0, 900.0, 100.0, 900.0]))
    assert width(during(asked(differ, *EARLIER, TONIGHT), TONIGHT)[1]) > width(during(asked(agree, *EARLIER, TONIGHT), TONIGHT)[1])


def test_many_events_that_agree_give_a_narrower_interval_than_the_default() -> None:
    many = [an_event(FIRST + timedelta(days=100 + 45 * k, hours=19), name=f"Concert {chr(97 + k)}") for k in range(13)]
    series = a_series(*((one, 500.0) for one in many), noise=0.05)
    few = during(asked(series, *many[-4:], TONIGHT), TONIGHT)[1]
    assert width(during(asked(series, *many, TONIGHT), TONIGHT)[1]) < 0.6 * width(few)


def test_without_an_earlier_event_it_is_ordinary_weeks_with_a_wide_interval_and_says_so() -> None:
    series = a_series(noise=0.1)
    found = during(asked(series, TONIGHT), TONIGHT)
    plain = during(OrdinaryWeeks(CALENDAR).forecast([series.until(NOON)], NOON, 48 * HOUR), TONIGHT)
    for ours, ordinary in zip(found, plain, strict=True):
        assert ours.mean == pytest.approx(ordinary.mean, rel=0.2)
        assert width(ours) > 3 * width(ordinary)
        assert ours.provenance.reason == "Concert tonight: no earlier event like it was measured here; ordinary weeks with a wide interval"


def test_a_place_where_no_analogue_was_measured_has_a_wide_interval_though_others_were() -> None:
    old, new = a_series(*((one, 500.0) for one in EARLIER)), a_series(target="new", noise=0.1)
    young = replace(new, values=np.where(np.arange(len(new.values)) < 15_000, np.nan, new.values))
    found = during(asked([old, young], *EARLIER, TONIGHT), TONIGHT)
    assert {f.target for f in found if f.provenance.reason.startswith("Concert tonight: like")} == {"quay"}
    assert all(width(f) > ORDINARY for f in found if f.target == "new")


@given(st.integers(0, 50), st.integers(9, 30), st.floats(0.1, 5))
def test_quantiles_of_scores_rise_and_leave_more_room_the_fewer_are_independent(seed: int, groups: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    scores = [size * rng.normal(rng.normal(), 1, 12) for _ in range(groups)]
    few, many = conformal_table(scores, groups), conformal_table(scores, 12 * groups)
    assert (np.diff(few) >= 0).all()
    assert (few[4:6] >= many[4:6] - 1e-9).all()
    assert (few[1:3] <= many[1:3] + 1e-9).all()
    assert groups - 1e-6 <= effective_number(scores) <= 12 * groups + 1e-6


# What it may know, and what it says


def test_outside_events_it_is_what_ordinary_weeks_say() -> None:
    series = a_series(*((one, 500.0) for one in EARLIER), noise=0.2)
    plain = OrdinaryWeeks(CALENDAR).forecast([series.until(NOON)], NOON, 48 * HOUR)
    outside = [
        (f, p)
        for f, p in zip(asked(series, *EARLIER, TONIGHT), plain, strict=True)
        if not TONIGHT.start - timedelta(hours=4) <= f.time < TONIGHT.end + timedelta(hours=3)
    ]
    assert len(outside) == 48 - 11
    assert all((f.mean, f.quantiles, f.model) == (p.mean, p.quantiles, "analogues") for f, p in outside)


def test_nothing_after_the_origin_reaches_a_forecast_of_an_event() -> None:
    under_way = an_event(NOON - timedelta(hours=2), name="Concert at noon", hours=5)
    series = a_series(*((one, 500.0) for one in EARLIER), noise=0.2)
    later = replace(series, values=np.where(np.arange(len(series.values)) * HOUR + series.first_s >= NOON.timestamp(), 1e9, series.values))
    drivers = Drivers(events=(*EARLIER, under_way, TONIGHT))
    made = [Analogues(CALENDAR).forecast([one], NOON, 48 * HOUR, drivers) for one in (series, later)]
    assert made[0] == made[1]


def test_an_event_that_had_not_ended_by_the_origin_teaches_nothing() -> None:
    under_way = an_event(NOON - timedelta(hours=3), name="Concert at noon", hours=5)
    assert all("no earlier event" in f.provenance.reason for f in during(asked(a_series((under_way, 500.0)), under_way, TONIGHT), TONIGHT))


def test_the_reason_names_the_analogues_and_their_weights() -> None:
    editions = [replace(one, name="Opening season") for one in EARLIER[:1]]
    other = replace(EARLIER[2], name="Late concert 2025")
    series = a_series((editions[0], 500.0), (other, 300.0))
    reason = during(asked(series, *editions, other, replace(TONIGHT, name="Opening season 2026")), TONIGHT)[0].provenance.reason
    assert reason.startswith("Opening season 2026: like Opening season 2024 (0.")
    assert "Late concert 2025 (0." in reason


def test_it_says_which_drivers_it_had() -> None:
    with_events, without = asked(a_series(), TONIGHT)[0].provenance, asked(a_series())[0].provenance
    assert (with_events.drivers, with_events.absent) == (("events",), ("weather",))
    assert (without.drivers, without.absent) == ((), ("events", "weather"))


@pytest.mark.parametrize("step_s", [180, 900, 86_400])
def test_other_steps_than_an_hour_serve_too(step_s: int) -> None:
    n = WEEKS * 7 * 86_400 // step_s
    series = Series(target="quay", quantity="count", first_s=int(FIRST.timestamp()), step_s=step_s, values=np.full(n, 50.0))
    made = asked(series, *EARLIER, TONIGHT)
    assert len(made) == 36 * 3600 // step_s + 12 * 3600 // step_s or step_s == 86_400
    assert all(f.mean == pytest.approx(50) and np.isfinite(f.quantiles).all() for f in made)


def test_events_of_no_length_and_of_nobody_do_no_harm() -> None:
    nothing = [replace(one, end=one.start, expected_visitors=0) for one in EARLIER]
    assert all(np.isfinite(f.quantiles).all() for f in asked(a_series(noise=0.2), *nothing, replace(TONIGHT, end=TONIGHT.start)))


def test_a_planner_may_ask_what_one_chosen_event_would_say() -> None:
    memory = EventMemory([a_series((EARLIER[0], 500.0))], EARLIER[:1], NOON, OrdinaryWeeks(CALENDAR))
    times_s = np.array([int(TONIGHT.start.timestamp())])
    chosen = Analogue(event=EARLIER[0], weight=1.0, why="chosen", likeness=1.0)
    found = memory.expected_excess(TONIGHT, times_s, np.array([[ORDINARY]]), [chosen])
    assert found.mean == pytest.approx(500)
    assert found.evidence == pytest.approx(1)


def test_it_keeps_nothing_to_take_up() -> None:
    assert Analogues(CALENDAR).dump() == b""
    with pytest.raises(WrongData):
        Analogues(CALENDAR).load(b"something")
