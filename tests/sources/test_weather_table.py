"""Weather tables: what is read, what is missing, and what is refused in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from deining.domain.errors import WrongTable
from deining.sources.tables import write_table
from deining.sources.weather_table import read_weather

HEADER = "time,issued_at,temperature_c,rain_mm_per_h"
TEN_S = int(datetime(2026, 7, 4, 10, tzinfo=UTC).timestamp())


def a_table(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "weather.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def why(path: Path) -> str:
    with pytest.raises(WrongTable) as caught:
        read_weather(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "found" in text
    assert "; expected " in text
    assert "\n" not in text
    return text


def at(path: Path, hour_s: int, origin_s: int) -> list[float]:
    (row,) = read_weather(path).seen_from(np.array([hour_s]), origin_s)
    return [float(value) for value in row]


def test_a_forecast_is_seen_from_its_issue_and_the_measurement_from_the_end_of_its_hour(tmp_path: Path) -> None:
    path = a_table(tmp_path, "2026-07-04T12:00:00+02:00,,21.5,0", "2026-07-04T12:00:00+02:00,2026-07-04T06:00:00Z,-3,1.5")
    assert np.isnan(at(path, TEN_S, TEN_S - 4 * 3600 - 1)).all()
    np.testing.assert_equal(at(path, TEN_S, TEN_S - 4 * 3600), [-3, 1.5, np.nan, np.nan])
    np.testing.assert_equal(at(path, TEN_S, TEN_S + 3599), [-3, 1.5, np.nan, np.nan])
    np.testing.assert_equal(at(path, TEN_S, TEN_S + 3600), [21.5, 0, np.nan, np.nan])


def test_an_empty_cell_is_missing_and_not_nothing(tmp_path: Path) -> None:
    path = a_table(tmp_path, "2026-07-04T10:00:00Z,,21.5,", "2026-07-04T11:00:00Z,,nan,0")
    weather = read_weather(path)
    np.testing.assert_equal(weather.values[:, :2], [[21.5, np.nan], [np.nan, 0]])


def test_weather_that_ends_too_early_is_missing_afterwards(tmp_path: Path) -> None:
    path = a_table(tmp_path, "2026-07-04T10:00:00Z,,21.5,0")
    assert np.isnan(at(path, TEN_S + 3600, TEN_S + 9 * 3600)).all()
    assert np.isnan(at(path, TEN_S - 1, TEN_S + 9 * 3600)).all()


def test_a_table_without_issues_was_measured(tmp_path: Path) -> None:
    weather = read_weather(a_table(tmp_path, "2026-07-04T10:00:00Z,1", header="time,sun_share"))
    assert weather.measured.all()
    assert weather.issued_s.tolist() == [TEN_S + 3600]


def test_the_same_row_twice_counts_once(tmp_path: Path) -> None:
    row = "2026-07-04T10:00:00Z,,21.5,"
    assert len(read_weather(a_table(tmp_path, row, row)).time_s) == 1


def test_hours_may_begin_at_half_past_those_of_utc(tmp_path: Path) -> None:
    path = a_table(tmp_path, "2026-07-04T10:00:00+05:30,,31,0", "2026-07-04T11:00:00+05:30,,32,0")
    hour_s = int(datetime(2026, 7, 4, 4, 30, tzinfo=UTC).timestamp())
    assert [at(path, hour_s + more, hour_s + 86_400)[0] for more in (0, 3599, 3600)] == [31, 31, 32]


def test_parquet_reads_the_same(tmp_path: Path) -> None:
    times, issued = [datetime(2026, 7, 4, hour, tzinfo=UTC) for hour in (10, 11)], [None, datetime(2026, 7, 4, 6, tzinfo=UTC)]
    columns = {"time": times, "issued_at": issued, "wind_m_per_s": [3.5, None], "sun_share": [0.25, 1]}
    for ending in ("csv", "parquet"):
        write_table(tmp_path / f"w.{ending}", columns)
    csv, parquet = (read_weather(tmp_path / f"w.{ending}") for ending in ("csv", "parquet"))
    for name in ("time_s", "issued_s", "values", "measured"):
        np.testing.assert_equal(getattr(csv, name), getattr(parquet, name))


WRONG = {
    "no weather": (("time,rain", "2026-07-04T10:00:00Z,1"), ["no weather", "rain_mm_per_h"]),
    "no time": (("hour,sun_share", "2026-07-04T10:00:00Z,1"), ["time"]),
    "no row": ((HEADER,), ["no row"]),
    "a time without offset": ((HEADER, "2026-07-04T10:00:00,,1,1"), ["line 2", "no offset"]),
    "an issue without offset": ((HEADER, "2026-07-04T10:00:00Z,2026-07-04T06:00:00,1,1"), ["line 2", "issued_at", "no offset"]),
    "no time in a row": ((HEADER, "2026-07-04T10:00:00Z,,1,1", ",,1,1"), ["line 3", "no time"]),
    "rain below nothing": ((HEADER, "2026-07-04T10:00:00Z,,1,-9999"), ["line 2", "rain_mm_per_h -9999", "0 to 400"]),
    "kelvin": ((HEADER, "2026-07-04T10:00:00Z,,293,0"), ["temperature_c 293", "-90 to 60"]),
    "sun in minutes": (("time,sun_share", "2026-07-04T10:00:00Z,60"), ["sun_share 60", "0 to 1"]),
    "for ever": ((HEADER, "2026-07-04T10:00:00Z,,inf,0"), ["inf"]),
    "words": ((HEADER, "2026-07-04T10:00:00Z,,warm,0"), ["line 2", "warm", "temperature_c"]),
    "two measurements of an hour": ((HEADER, "2026-07-04T10:00:00Z,,1,0", "2026-07-04T12:00:00+02:00,,2,0"), ["line 3", "a second time"]),
    "quarters of an hour": ((HEADER, "2026-07-04T10:00:00Z,,1,0", "2026-07-04T10:15:00Z,,1,0"), ["line 3", "same minute"]),
    "a column twice": (("time,sun_share,sun_share", "2026-07-04T10:00:00Z,1,1"), ["sun_share", "twice"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    (header, *lines), words = WRONG[case]
    text = why(a_table(tmp_path, *lines, header=header))
    assert [word for word in words if word not in text] == []


def test_a_table_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    assert "no such file" in why(tmp_path / "weather.csv")
    assert ".parquet" in why(tmp_path / "weather.xlsx")


def test_parquet_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    times, sun = pa.array([datetime(2026, 7, 4, tzinfo=UTC)]), pa.array([0.5])
    pa.parquet.write_table(pa.Table.from_arrays([times, sun, sun], names=["time", "sun_share", "sun_share"]), tmp_path / "w.parquet")
    assert "sun_share twice" in why(tmp_path / "w.parquet")
