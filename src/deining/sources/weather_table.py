"""Weather from a table: what was measured and what was forecast, an hour a row."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from deining.domain.drivers import HOUR_S, WEATHER, WEATHER_LIMITS, Int64Array, Weather
from deining.domain.errors import WrongTable
from deining.domain.series import FloatArray
from deining.sources.tables import _File, _open


def read_weather(path: Path) -> Weather:
    """Read a table of hours: `time`, `issued_at` and one or more of the quantities of weather.

    Parameters
    ----------
    path
        A `.csv` or `.parquet` file. `time` is the start of the hour, with an offset. `issued_at` says when a forecast was
        issued; where it is empty, or the column is not there, the row was measured. `temperature_c`, `rain_mm_per_h`,
        `wind_m_per_s` and `sun_share` (0 to 1) may each be left out, as a column or in a row: that is missing, not 0.

    Returns
    -------
    Weather
        As early and as late as the table goes; elsewhere it knows nothing.

    Raises
    ------
    WrongTable
        When the file is missing, empty or broken, has no time or no weather, a time without an offset, hours that do not
        begin at the same minute, a value that weather never has, or two rows that say different things of one hour.
    """
    file = _open_once(path)
    given = [name for name in WEATHER if name in file.columns]
    if not given:
        raise WrongTable(f"{path}: header: found no weather; expected one or more of {', '.join(WEATHER)}")
    time_s = file.times("time") // 1_000_000
    if not len(time_s):
        raise WrongTable(f"{path}: found no row; expected at least one hour of weather")
    if (wrong := time_s % HOUR_S != time_s[0] % HOUR_S).any():
        row = int(np.argmax(wrong))
        raise file.wrong(row, f"time {file.text('time', row)}, after {file.text('time', 0)}", "hours that all begin at the same minute")
    issued_s, forecast = np.zeros(len(time_s), dtype=np.int64), np.zeros(len(time_s), dtype=np.bool_)
    if "issued_at" in file.columns:
        issued_us, forecast = file.times_or_none("issued_at")
        issued_s = -(-issued_us // 1_000_000)
    values = np.full((len(time_s), len(WEATHER)), math.nan)
    for name in given:
        values[:, WEATHER.index(name)] = _read_numbers(file, name)
    issued_s = np.where(forecast, issued_s, time_s + HOUR_S)
    kept = _each_once(file, time_s, issued_s, values, forecast)
    return Weather(time_s=time_s[kept], issued_s=issued_s[kept], values=values[kept], measured=~forecast[kept])


def _open_once(path: Path) -> _File:
    """The columns; refused where one is there twice, for nobody knows which is meant."""
    optional = ("issued_at", *WEATHER)
    try:
        file = _open(path, ("time",), optional)
    except KeyError:  # Parquet with one name for two columns
        names = pa.parquet.read_schema(path).names
    else:
        names = _read_header(path) if path.suffix == ".csv" else []
    if twice := [name for name in optional if names.count(name) > 1]:
        raise WrongTable(f"{path}: header: found column {twice[0]} twice; expected it once")
    return file


def _read_header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines), [])


def _read_numbers(file: _File, name: str) -> FloatArray:
    """A column of weather; NaN where the file says nothing."""
    low, high = WEATHER_LIMITS[name]
    expected = f"{name} from {low:g} to {high:g}, or nothing where it is missing"
    array = file.columns[name]
    if pa.types.is_string(array.type):
        array = pc.utf8_trim_whitespace(array)
        array = pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
    numbers = file._cast_or_refuse(name, array, pa.float64(), expected)
    values: FloatArray = pc.fill_null(numbers, math.nan).to_numpy(zero_copy_only=False)
    if (wrong := (values < low) | (values > high)).any():
        row = int(np.argmax(wrong))
        raise file.wrong(row, f"{name} {file.text(name, row)}", expected)
    return values


def _each_once(file: _File, time_s: Int64Array, issued_s: Int64Array, values: FloatArray, forecast: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Int64Array:
    """Rows to keep, in order: of the same row twice the first."""
    order = np.lexsort((issued_s, forecast, time_s))
    same = np.zeros(len(order), dtype=np.bool_)
    same[1:] = np.logical_and.reduce([column[order[1:]] == column[order[:-1]] for column in (time_s, issued_s, forecast)])
    differs = same.copy()
    differs[1:] &= ~((values[order[1:]] == values[order[:-1]]) | (np.isnan(values[order[1:]]) & np.isnan(values[order[:-1]]))).all(axis=1)
    if differs.any():
        row = int(order[np.argmax(differs)])
        raise file.wrong(row, f"hour {file.text('time', row)} a second time with other values", "one row an hour and issued_at")
    return np.sort(order[~same])
