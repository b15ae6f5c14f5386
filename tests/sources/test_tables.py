"""Observation tables: what is read, what is refused and how, and that what is written comes back the same."""

from __future__ import annotations

import errno
import math
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deining.domain.errors import DiskFilling, WrongTable, WrongUse
from deining.domain.observation import Observation, Quantity
from deining.sources import tables
from deining.sources.tables import TableSource, read_origins, read_series, read_table, write_table

HEADER = "sensor,quantity,start,end,value"
NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_csv(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "counts.csv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def a_row(sensor: str = "quay", quantity: str = "count", start: str = "2026-07-04T12:00:00Z", end: str = "2026-07-04T13:00:00Z", value: object = 42) -> str:
    return f"{sensor},{quantity},{start},{end},{value}"


def hourly(values: list[float | None], sensor: str = "quay", quantity: str = "count", first: datetime = NOON) -> list[str]:
    return [
        a_row(sensor, quantity, (first + k * HOUR).isoformat(), (first + (k + 1) * HOUR).isoformat(), value)
        for k, value in enumerate(values)
        if value is not None
    ]


def why(path: Path) -> str:
    with pytest.raises(WrongTable) as caught:
        read_table(path)
    text = str(caught.value)
    assert str(path) in text
    assert "found" in text
    assert "expected" in text
    assert "\n" not in text
    return text


def test_a_row_is_read_as_an_observation(tmp_path: Path) -> None:
    assert list(read_table(a_csv(tmp_path, a_row())).observations()) == [Observation("quay", Quantity.COUNT, NOON, NOON + HOUR, 42.0)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-04T12:00:00Z",
        "2026-07-04 12:00:00Z",
        "2026-07-04T12:00Z",
        "2026-07-04T12:00:00+00:00",
        "2026-07-05T01:00:00+13:00",
        "2026-07-04T08:30:00-03:30",
        "2026-07-04T14:00:00.000+02:00",
        "2026-07-04T12:00:00.000000000Z",
        "  2026-07-04T12:00:00Z ",
    ],
)
def test_a_time_may_be_written_in_every_iso_way_with_an_offset(tmp_path: Path, text: str) -> None:
    table = read_table(a_csv(tmp_path, a_row(start=text)))
    assert next(table.observations()).start == NOON


def test_parts_of_a_second_survive(tmp_path: Path) -> None:
    table = read_table(a_csv(tmp_path, a_row(start="2026-07-04T12:00:00.123456Z")))
    assert next(table.observations()).start == NOON + timedelta(microseconds=123456)


def test_other_columns_are_left_alone_and_order_of_columns_is_free(tmp_path: Path) -> None:
    path = a_csv(tmp_path, "sunny,1.5,quay,2026-07-04T13:00:00Z,2026-07-04T12:00:00Z,count", header="weather,value,sensor,end,start,quantity")
    assert next(read_table(path).observations()).value == 1.5


def test_received_at_says_when_a_row_could_be_known(tmp_path: Path) -> None:
    path = a_csv(tmp_path, a_row("late") + ",2026-07-04T15:00:00Z,suspect", a_row("plain") + ",,", header=HEADER + ",received_at,quality")
    first, second = read_table(path).observations()
    assert (first.sensor, first.received_at, first.available_at, first.quality) == ("plain", None, NOON + HOUR, "ok")
    assert (second.sensor, second.available_at, second.quality) == ("late", NOON + 3 * HOUR, "suspect")


def test_rows_come_in_the_order_in_which_they_became_available(tmp_path: Path) -> None:
    rows = [a_row("b", "count"), a_row("a", "devices"), a_row("a", "count"), a_row("z", end="2026-07-04T12:30:00Z"), a_row("a", start="2026-07-04T11:00:00Z")]
    got = [(observation.sensor, observation.quantity.value, observation.start.hour) for observation in read_table(a_csv(tmp_path, *rows)).observations()]
    assert got == [("z", "count", 12), ("a", "count", 11), ("a", "count", 12), ("a", "devices", 12), ("b", "count", 12)]


def test_the_same_row_twice_counts_once_and_a_conflict_keeps_the_first(tmp_path: Path) -> None:
    rows = [a_row(value=1), a_row(value=1), a_row(start="2026-07-04T14:00:00+02:00", value=7), a_row("other", value=3)]
    table = read_table(a_csv(tmp_path, *rows))
    assert [(observation.sensor, observation.value) for observation in table.observations()] == [("other", 3.0), ("quay", 1.0)]
    assert (table.duplicates, table.conflicts) == (2, 1)


def test_a_table_without_rows_is_no_mistake(tmp_path: Path) -> None:
    assert len(read_table(a_csv(tmp_path))) == 0
    assert list(read_table(a_csv(tmp_path)).observations()) == []


def test_a_header_without_a_line_end_is_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(HEADER)
    assert len(read_table(path)) == 0


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{a_row()}\r\n\r\n{a_row('b')}\r\n".encode())
    assert len(read_table(path)) == 2


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (a_row(start="2026-07-04T12:00:00"), "start 2026-07-04T12:00:00, which has no offset"),
        (a_row(end="2026-07-04"), "end 2026-07-04, which has no offset"),
        (a_row(start="noon"), "start noon"),
        (a_row(start="2026-02-30T12:00:00Z"), "start 2026-02-30T12:00:00Z"),
        (a_row(start="0000-01-01T00:00:00Z"), "start outside the years"),
        (a_row(start=""), "no start"),
        (a_row(end="2026-07-04T12:00:00Z"), "end 2026-07-04T12:00:00Z, which is not after start"),
        (a_row(end="2026-07-04T13:00:00+02:00"), "which is not after start"),
        (a_row(value=-1), "value -1"),
        (a_row(value="nan"), "value nan"),
        (a_row(value="inf"), "value inf"),
        (a_row(value="many"), "value many"),
        (a_row(value=""), "value (nothing)"),
        (a_row(value='"1,5"'), "value 1,5"),
        (a_row(quantity="people"), "quantity 'people'"),
        (a_row(sensor=""), "an empty sensor"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(tmp_path: Path, row: str, found: str) -> None:
    text = why(a_csv(tmp_path, a_row("a"), a_row("b"), "", row, a_row("c")))
    assert "line 5: " in text
    assert found in text


def test_a_line_number_is_right_after_a_quoted_cell_of_two_lines(tmp_path: Path) -> None:
    assert "line 4: " in why(a_csv(tmp_path, a_row('"two\nlines"'), a_row(value=-1)))


def test_a_row_with_too_few_cells_is_refused_with_its_line(tmp_path: Path) -> None:
    assert "line 3: found 2 cells; expected 5" in why(a_csv(tmp_path, a_row(), "quay,count"))


def test_a_received_at_without_an_offset_is_refused(tmp_path: Path) -> None:
    assert "line 2: found received_at" in why(a_csv(tmp_path, a_row() + ",2026-07-04T15:00:00", header=HEADER + ",received_at"))


def test_a_missing_column_is_named_beside_those_given(tmp_path: Path) -> None:
    text = why(a_csv(tmp_path, "1", header="sensor;quantity;start;end;value"))
    assert "found columns sensor;quantity;start;end;value" in text
    assert "expected also sensor, quantity, start, end, value" in text


def test_a_column_named_twice_is_refused(tmp_path: Path) -> None:
    assert "column value twice" in why(a_csv(tmp_path, a_row() + ",7", header=HEADER + ",value"))


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert "found no such file" in why(tmp_path / "nowhere.csv")
    assert "found no such file" in why(tmp_path / "nowhere.parquet")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.parquet").mkdir()
    assert "cannot be read" in why(tmp_path / "folder.csv")
    assert "cannot be read" in why(tmp_path / "folder.parquet")


@pytest.mark.parametrize("name", ["empty.csv", "empty.parquet"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert "found an empty file" in why(tmp_path / name)


def test_another_ending_is_refused(tmp_path: Path) -> None:
    assert "ending '.xlsx'" in why(tmp_path / "counts.xlsx")


def test_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_bytes(f"{HEADER}\n{a_row()}\n{a_row('café')}\n".encode("latin-1"))
    assert "line 3: found byte 0xe9, which is not UTF-8" in why(path)
    path.write_text(f"{HEADER}\n{a_row()}\n", encoding="utf-16")
    assert "not UTF-8" in why(path)


def test_broken_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    write_table(path, {"sensor": ["a"], "quantity": ["count"], "start": [NOON], "end": [NOON + HOUR], "value": [1.0]})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "no whole, readable Parquet" in why(path)
    path.write_text("not parquet at all")
    assert "no whole, readable Parquet" in why(path)


def test_parquet_times_without_a_zone_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    naive = pa.array([NOON.replace(tzinfo=None)], pa.timestamp("us"))
    pa.parquet.write_table(pa.table({"sensor": ["a"], "quantity": ["count"], "start": naive, "end": naive, "value": [1.0]}), path)
    assert "row 1: found start without an offset" in why(path)


def test_parquet_of_strange_types_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    columns = {"sensor": ["a"], "quantity": ["count"], "start": [NOON], "end": [NOON + HOUR], "value": [1.0]}
    for name in columns:
        pa.parquet.write_table(pa.table({**columns, name: [[1, 2]]}), path)
        assert name in why(path)


def test_parquet_made_elsewhere_is_read(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    times = {
        "start": pa.array([NOON, NOON + HOUR], pa.timestamp("ns", "Europe/Amsterdam")),
        "end": pa.array([NOON + HOUR, NOON + 2 * HOUR], pa.timestamp("ms", "+02:00")),
    }
    texts = {"sensor": pa.array(["a", "a"]).dictionary_encode(), "quantity": pa.array(["count", "count"], pa.large_string())}
    pa.parquet.write_table(pa.table({**texts, **times, "value": pa.array([3, 4], pa.int32())}), path)
    assert [(observation.start, observation.value) for observation in read_table(path).observations()] == [(NOON, 3.0), (NOON + HOUR, 4.0)]


def test_a_missing_value_in_parquet_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    write_table(path, {"sensor": ["a", "b"], "quantity": ["count"] * 2, "start": [NOON] * 2, "end": [NOON + HOUR] * 2, "value": [1.0, None]})
    assert "row 2: found value (nothing)" in why(path)


rubbish = st.sampled_from([HEADER, a_row(), '"', ",", "\n", "\r", "\0", "é", "-1", " "])


@given(st.binary(max_size=300) | st.lists(rubbish, max_size=12).map(lambda parts: "\n".join(parts).encode()))
@settings(max_examples=200, deadline=None)
def test_no_file_ever_makes_another_error_than_wrong_table(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("any.csv", "any.parquet"):
        (folder / name).write_bytes(data)
        for read in (read_table, read_series, read_origins):
            try:
                read(folder / name)
            except WrongTable as error:
                assert "\n" not in str(error)  # noqa: PT017 -- that it may also succeed is the point


def test_a_source_gives_what_became_available_in_the_window(tmp_path: Path) -> None:
    source = TableSource(a_csv(tmp_path, *hourly([1, 2, 3, 4])))
    assert [observation.value for observation in source.read_observations(NOON + HOUR, NOON + 3 * HOUR)] == [1.0, 2.0]
    assert [observation.value for observation in source.read_observations(NOON + 4 * HOUR, NOON + 9 * HOUR)] == [4.0]


# Series


def test_a_series_has_gaps_where_rows_are_missing(tmp_path: Path) -> None:
    (series,) = read_series(a_csv(tmp_path, *hourly([1, None, 0, 4])))
    assert (series.target, series.quantity, series.step_s, series.first_s) == ("quay", "count", 3600, int(NOON.timestamp()))
    np.testing.assert_array_equal(series.values, [1, math.nan, 0, 4])


def test_two_hours_in_one_row_are_spread_over_both(tmp_path: Path) -> None:
    autumn = a_row(start="2025-10-26T02:00:00+02:00", end="2025-10-26T03:00:00+01:00", value=30)
    first = datetime(2025, 10, 25, 22, tzinfo=UTC)
    (series,) = read_series(a_csv(tmp_path, *hourly([8, 9], first=first), autumn, *hourly([5, 6], first=first + 4 * HOUR)))
    np.testing.assert_array_equal(series.values, [8, 9, 15, 15, 5, 6])


def test_a_long_row_over_rows_that_are_there_adds_nothing(tmp_path: Path) -> None:
    (series,) = read_series(a_csv(tmp_path, *hourly([1, 2, 3]), a_row(end="2026-07-04T14:00:00Z", value=100)))
    np.testing.assert_array_equal(series.values, [1, 2, 3])


def test_a_step_that_is_covered_in_part_is_missing(tmp_path: Path) -> None:
    half = a_row(start="2026-07-04T14:00:00Z", end="2026-07-04T14:30:00Z", value=9)
    (series,) = read_series(a_csv(tmp_path, *hourly([1, 2]), half))
    np.testing.assert_array_equal(series.values, [1, 2, math.nan])


def test_forward_and_backward_add_up_where_both_are_there(tmp_path: Path) -> None:
    rows = [*hourly([1, 2, 3], quantity="count_forward"), *hourly([10, None, 30], quantity="count_backward")]
    (series,) = read_series(a_csv(tmp_path, *rows))
    np.testing.assert_array_equal(series.values, [11, math.nan, 33])


def test_sensors_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    series = read_series(a_csv(tmp_path, *hourly([1, 2], "z"), *hourly([1, 2], "a"), *hourly([1], "z", first=NOON + 3 * HOUR), a_row("m", "occupancy")))
    assert [one.target for one in series] == ["z", "a"]
    assert len(series[0].values) == 4


def test_counts_from_half_past_to_half_past_stay_so(tmp_path: Path) -> None:
    (series,) = read_series(a_csv(tmp_path, *hourly([1, 2], first=NOON + HOUR / 2)))
    assert series.time(0) == NOON + HOUR / 2
    np.testing.assert_array_equal(series.values, [1, 2])


def test_a_table_without_counts_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(WrongTable, match="found occupancy; expected rows of quantity count"):
        read_series(a_csv(tmp_path, a_row(quantity="occupancy")))


def test_a_year_that_cannot_be_does_not_fill_the_memory(tmp_path: Path) -> None:
    rows = [a_row(start=f"{year}-07-04T12:00:00Z", end=f"{year}-07-04T12:00:01Z") for year in ("1970", "2026")]
    with pytest.raises(WrongTable, match="at most"):
        read_series(a_csv(tmp_path, *rows))


# Origins


def test_origins_are_read_once_each_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = a_csv(tmp_path, "2026-07-04T14:00:00+02:00", "2026-07-01T00:00:00Z", "2026-07-04T12:00:00Z", header="origin")
    assert read_origins(path) == [NOON, datetime(2026, 7, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("origin", "2026-07-04T12:00:00"), "line 2: found origin 2026-07-04T12:00:00, which has no offset"),
        (("time", "x"), "expected also origin"),
        (("origin",), "no row"),
    ],
)
def test_wrong_origins_are_refused(tmp_path: Path, lines: tuple[str, ...], found: str) -> None:
    with pytest.raises(WrongTable, match=found):
        read_origins(a_csv(tmp_path, *lines[1:], header=lines[0]))


# Writing

moments = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(lambda time: time.replace(tzinfo=UTC, fold=0))  # noqa: DTZ001 -- made aware here
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
qualities = st.just("ok") | names
rows = st.builds(
    lambda sensor, quantity, start, length, value, received, quality: Observation(sensor, quantity, start, start + length, value, received, quality),
    names,
    st.sampled_from(Quantity),
    moments,
    st.timedeltas(timedelta(microseconds=1), timedelta(days=2)),
    st.floats(0, 1e12, allow_subnormal=False),
    st.none() | moments,
    qualities,
)


@given(st.lists(rows, max_size=20, unique_by=lambda row: (row.sensor, row.quantity, row.start, row.end)), st.sampled_from([".csv", ".parquet"]))
@settings(max_examples=150, deadline=None)
def test_a_written_table_is_read_back_the_same(tmp_path_factory: pytest.TempPathFactory, observations: list[Observation], ending: str) -> None:
    path = tmp_path_factory.mktemp("round") / f"table{ending}"
    fields = ("sensor", "quantity", "start", "end", "value", "received_at", "quality")
    write_table(path, {name: [getattr(row, name) for row in observations] for name in fields})
    expected = sorted(observations, key=lambda row: (row.available_at, row.sensor, row.quantity.value, row.start))
    read = list(read_table(path).observations())
    assert sorted(map(repr, read)) == sorted(map(repr, expected))
    assert [row.available_at for row in read] == [row.available_at for row in expected]


def test_csv_is_written_as_the_contracts_say(tmp_path: Path) -> None:
    path = tmp_path / "new" / "alerts.csv"
    east = timezone(timedelta(hours=2))
    columns = {
        "id": ["a1", 'b "2", x'],
        "raised_at": [datetime(2026, 7, 4, 14, tzinfo=east), NOON],
        "cleared_at": [None, NOON + HOUR],
        "value": np.array([1.5, math.nan]),
        "n": [3, 4],
        "empty": [None, None],
    }
    write_table(path, columns)
    assert path.read_text() == (
        'id,raised_at,cleared_at,value,n,empty\na1,2026-07-04T12:00:00+00:00,,1.5,3,\n"b ""2"", x",2026-07-04T12:00:00+00:00,2026-07-04T13:00:00+00:00,,4,\n'
    )


def test_parquet_has_times_in_utc_and_nothing_for_nan(tmp_path: Path) -> None:
    path = tmp_path / "states.parquet"
    write_table(path, {"time": np.array(["2026-07-04T12:00:00"], "datetime64[s]"), "value": [math.nan], "quality": ["good"]})
    table = pa.parquet.read_table(path)
    assert table.schema.field("time").type == pa.timestamp("us", "UTC")
    assert table.to_pylist() == [{"time": NOON, "value": None, "quality": "good"}]


def test_a_naive_time_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without an offset"):
        write_table(tmp_path / "out.csv", {"time": [NOON.replace(tzinfo=None)]})
    assert list(tmp_path.iterdir()) == []


def test_another_ending_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"expected \.csv or \.parquet"):
        write_table(tmp_path / "out.xlsx", {"a": [1]})


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongUse, match="cannot write"):
        write_table(tmp_path / "file" / "out.csv", {"a": [1]})


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_full_disk_leaves_the_old_table_and_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    write_table(path, {"a": [1]})
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tables.os, "fsync", full)
    with pytest.raises(DiskFilling, match="the disk is full"):
        write_table(path, {"a": [2]})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_unit_that_is_not_the_quantitys_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    head = "sensor,quantity,start,end,value,unit\n"
    row = "quay,count,2026-07-04T12:00:00Z,2026-07-04T12:01:00Z,4,"
    path.write_text(head + row + "persons\n" + row.replace("12:01", "12:02").replace("12:00", "12:01") + "\n")
    assert len(read_table(path)) == 2
    path.write_text(head + row + "litres\n")
    with pytest.raises(WrongTable, match=r"line 2.*'litres'.*persons"):
        read_table(path)
