"""Observation tables: one long CSV or Parquet file, read and written column by column.

The columns are `sensor, quantity, start, end, value` and, where they are there, `received_at` and `quality`; others
are left alone. A file that is not right is refused whole, with one sentence that names file, record, what was found
and what was expected: half a table of counts looks like a quiet evening.
"""

from __future__ import annotations

import csv
import errno
import io
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from deining.domain.errors import DiskFilling, WrongTable, WrongUse
from deining.domain.observation import QUANTITY_NAMES, UNITS, Observation, Quantity
from deining.domain.series import FloatArray, Series

IntArray = npt.NDArray[np.int64]
TextArray = npt.NDArray[np.object_]

OBSERVATION_COLUMNS = ("sensor", "quantity", "start", "end", "value")
OPTIONAL_COLUMNS = ("received_at", "quality", "unit")
MAX_STEPS = 20_000_000
"""A series of more steps than this is a wrong time in the table, not a history."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = pa.timestamp("us", "UTC")
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
_TIME_EXPECTED = "an ISO 8601 time with an offset, such as 2026-07-04T12:00:00+02:00"
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class ObservationTable:
    """Observations by column, each key once, ordered by (available, sensor, quantity, start).

    Parameters
    ----------
    sensors
        Ids in the order in which the file first names them.
    quantities
        Quantities in the order in which the file first names them.
    sensor_index, quantity_index
        Shape (n,): which of `sensors` and of `quantities` a row is of.
    start_us, end_us
        Shape (n,): the interval [start, end), microseconds since 1970 UTC.
    value
        Shape (n,): persons (devices for `devices`); finite and not negative.
    available_us
        Shape (n,): when the row could be known: `received_at`, else `end`; microseconds since 1970 UTC.
    received
        Shape (n,): whether the file says when the row was received.
    quality
        Shape (n,): text; "ok" where the file says nothing.
    duplicates
        Rows left out because their key (sensor, quantity, start, end) had been there.
    conflicts
        How many of those had another value than the first, which was kept.
    """

    sensors: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    sensor_index: IntArray
    quantity_index: IntArray
    start_us: IntArray
    end_us: IntArray
    value: FloatArray
    available_us: IntArray
    received: npt.NDArray[np.bool_]
    quality: TextArray
    duplicates: int = 0
    conflicts: int = 0

    def __len__(self) -> int:
        return len(self.value)

    @property
    def sensor(self) -> TextArray:
        """Id of the sensor of each row; shape (n,)."""
        return _texts(self.sensors)[self.sensor_index]

    @property
    def quantity(self) -> TextArray:
        """Name of the quantity of each row; shape (n,)."""
        return _texts([quantity.value for quantity in self.quantities])[self.quantity_index]

    def observations(self, first: int = 0, last: int | None = None) -> Iterator[Observation]:
        """The rows from `first` up to `last` as observations, in the order in which they became available."""
        times: dict[int, datetime] = {}

        def at(us: int) -> datetime:
            if us not in times:
                times[us] = _EPOCH + us * _MICROSECOND
            return times[us]

        last = len(self) if last is None else last
        for low in range(first, last, 10_000):
            part = slice(low, min(low + 10_000, last))
            columns = (self.sensor_index, self.quantity_index, self.start_us, self.end_us, self.value, self.available_us, self.received, self.quality)
            for s, q, start, end, value, available, received, quality in zip(*(column[part].tolist() for column in columns), strict=True):
                yield Observation(self.sensors[s], self.quantities[q], at(start), at(end), value, at(available) if received else None, quality)


class TableSource:
    """A table on disk as a source; read whole when it is made, so that a wrong file is known at once.

    Parameters
    ----------
    path
        A `.csv` or `.parquet` file with the columns of an observation table.

    Raises
    ------
    WrongTable
        When the file cannot be read as observations.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.table = read_table(path)

    def read_observations(self, start: datetime, end: datetime) -> Iterator[Observation]:
        """All observations that became available in [start, end), in the order in which they did."""
        first, last = np.searchsorted(self.table.available_us, [_to_us(start), _to_us(end)])
        return self.table.observations(int(first), int(last))


def read_table(path: Path) -> ObservationTable:
    """Read an observation table from a `.csv` or `.parquet` file.

    The same row twice counts once; where two rows have the same key and another value, the first is kept and the
    other is counted in `conflicts`.

    Parameters
    ----------
    path
        The file; its ending says what it is.

    Returns
    -------
    ObservationTable
        By column, ordered by (available, sensor, quantity, start).

    Raises
    ------
    WrongTable
        When the file is missing, empty or broken, is not UTF-8, lacks a column, or a row has a time without an
        offset, an end that is not after its start, a value that is not a number of 0 or more, or an unknown quantity.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "counts.csv"
    ...     _ = path.write_text("sensor,quantity,start,end,value\\nquay,count,2026-07-04T12:00:00Z,2026-07-04T13:00:00Z,42\\n")
    ...     [observation.value for observation in read_table(path).observations()]
    [42.0]
    """
    file = _open(path, OBSERVATION_COLUMNS, OPTIONAL_COLUMNS)
    sensor_code, sensors = file.codes("sensor")
    quantity_code, names = file.codes("quantity")
    for code, name in enumerate(names):
        if name not in QUANTITY_NAMES:
            raise file.wrong(int(np.argmax(quantity_code == code)), f"quantity {name!r}", f"one of {', '.join(sorted(QUANTITY_NAMES))}")
    if "" in sensors:
        raise file.wrong(int(np.argmax(sensor_code == sensors.index(""))), "an empty sensor", "the id of a sensor")
    _check_units(file, quantity_code, names)
    start_us, end_us = file.times("start"), file.times("end")
    if (wrong := end_us <= start_us).any():
        at = int(np.argmax(wrong))
        raise file.wrong(at, f"end {file.text('end', at)}, which is not after start {file.text('start', at)}", "an interval [start, end)")
    value = file.values("value")
    available_us, received = end_us, np.zeros(len(value), dtype=np.bool_)
    if "received_at" in file.columns:
        received_us, received = file.times_or_none("received_at")
        available_us = np.where(received, received_us, end_us)
    quality = file.texts_or("quality", "ok") if "quality" in file.columns else np.full(len(value), "ok", dtype=object)
    kept, duplicates, conflicts = _keep_first(sensor_code, quantity_code, start_us, end_us, value)
    order = kept[np.lexsort((start_us[kept], _ranks(names)[quantity_code[kept]], _ranks(sensors)[sensor_code[kept]], available_us[kept]))]
    return ObservationTable(
        sensors=tuple(sensors), quantities=tuple(Quantity(name) for name in names), sensor_index=sensor_code[order], quantity_index=quantity_code[order],
        start_us=start_us[order], end_us=end_us[order], value=value[order], available_us=available_us[order], received=received[order],
        quality=quality[order], duplicates=duplicates, conflicts=conflicts,
    )  # fmt: skip


def _check_units(file: _File, quantity_code: IntArray, names: list[str]) -> None:
    """Refuse a row whose unit, where one is given, is not that of its quantity."""
    if "unit" not in file.columns:
        return
    given = file.texts_or("unit", "")
    expected = np.array([UNITS[name] for name in names], dtype=object)[quantity_code]
    if (wrong := (given != "") & (given != expected)).any():
        at = int(np.argmax(wrong))
        raise file.wrong(at, f"unit {given[at]!r} of {names[quantity_code[at]]}", f"{expected[at]}, or no unit")


def read_origins(path: Path) -> list[datetime]:
    """Read the moments at which forecasts are to be made, each once, in the order of the file.

    Parameters
    ----------
    path
        A `.csv` or `.parquet` file with a column `origin` of times with an offset.

    Raises
    ------
    WrongTable
        When the file cannot be read, has no column `origin`, no row, or a time without an offset.
    """
    file = _open(path, ("origin",), ())
    origins = [_EPOCH + int(us) * _MICROSECOND for us in dict.fromkeys(file.times("origin").tolist())]
    if not origins:
        raise WrongTable(f"{path}: found no row; expected at least one origin, {_TIME_EXPECTED}")
    return origins


def read_series(path: Path) -> list[Series]:
    """Read the counts of a table as one series a sensor, in the order in which the file first names them.

    The step is the sensor's most common interval. A row that spans several steps (two hours in one on an autumn
    night) is spread evenly over them; a step that no row covers wholly is NaN. `count_forward` and `count_backward`
    are added up for a sensor that has no `count`; where one of the two is missing, so is the sum. Steps keep the
    table's own phase: counts from half past to half past stay so, and `first_s` is then no multiple of `step_s`.

    Returns
    -------
    list of Series
        Of quantity `count`, persons a step.

    Raises
    ------
    WrongTable
        As `read_table`; also when the table has no counts, or so few for so long a time that they cannot be a history.
    """
    table = read_table(path)
    series = [found for code in range(len(table.sensors)) if (found := _read_one_series(path, table, code)) is not None]
    if not series:
        names = ", ".join(sorted({quantity.value for quantity in table.quantities})) or "no row"
        raise WrongTable(f"{path}: found {names}; expected rows of quantity count, or of both count_forward and count_backward")
    return series


def write_table(path: Path, columns: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> None:
    """Write columns as CSV or Parquet, by the file's ending; whole or not at all.

    Parameters
    ----------
    path
        Where; its folder is made if need be, and a file that stands there is replaced.
    columns
        Name -> values, all of one length: text, numbers, truth values, aware datetimes, numpy arrays
        (`datetime64` is taken as UTC). Times are written in UTC, `2026-07-04T10:00:00+00:00` in CSV and
        timestamp[us, UTC] in Parquet. None and NaN are written as nothing.

    Raises
    ------
    WrongUse
        When the ending is not `.csv` or `.parquet`, or the file cannot be written there.
    DiskFilling
        When the disk is full.
    ValueError
        When columns differ in length or a datetime has no offset.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise WrongUse(f"cannot write {path}: found ending {path.suffix!r}; expected .csv or .parquet")
    table = pa.table({name: _to_arrow(name, values) for name, values in columns.items()})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, partial(_write_csv, table) if path.suffix == ".csv" else partial(pa.parquet.write_table, table, compression="zstd"))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFilling(f"cannot write {path}: the disk is full; make room and try again; nothing was changed") from error
        raise WrongUse(f"cannot write {path}: {error.strerror or error}; give a place that can be written; nothing was changed") from error


# Reading: columns of text or of Parquet's own types, and the sentence for what is wrong in them.


class _File:
    """The columns asked for, and the ways to read each; every way raises with file, record, found and expected."""

    def __init__(self, path: Path, columns: dict[str, Any], record: Callable[[int], str]) -> None:
        self.path, self.columns, self.record = path, columns, record

    def wrong(self, row: int, found: str, expected: str) -> WrongTable:
        return WrongTable(f"{self.path}: {self.record(row)}: found {found}; expected {expected}")

    def text(self, name: str, row: int) -> str:
        """What the file says there, for a sentence."""
        value = self.columns[name][row].as_py()
        return "(nothing)" if value is None or value == "" else value.isoformat() if isinstance(value, datetime) else " ".join(str(value).split())[:80]

    def codes(self, name: str) -> tuple[IntArray, list[str]]:
        """Which text each row has, and the texts in order of first appearance."""
        coded = pc.dictionary_encode(pc.fill_null(self._as_text(name), ""))
        return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()

    def texts_or(self, name: str, default: str) -> TextArray:
        """Text of each row; the default where there is none."""
        code, texts = self.codes(name)
        return _texts([text or default for text in texts])[code] if texts else np.empty(0, dtype=object)

    def times(self, name: str) -> IntArray:
        us, known = self.times_or_none(name)
        if not known.all():
            raise self.wrong(int(np.argmin(known)), f"no {name}", _TIME_EXPECTED)
        return us

    def times_or_none(self, name: str) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """Microseconds since 1970 UTC, and whether there is a time at all."""
        array = self.columns[name]
        if pa.types.is_timestamp(array.type):
            if array.type.tz is None and len(array):
                raise self.wrong(0, f"{name} without an offset (type {array.type})", "times with an offset (timestamp with a zone)")
            parsed = self._cast_or_refuse(name, array, pa.timestamp("us", array.type.tz), _TIME_EXPECTED, safe=False)
        else:
            parsed = self._parse_times(name, self._as_text(name))
        us = pc.fill_null(pc.cast(parsed, pa.int64()), 0).to_numpy(zero_copy_only=False)
        if (wrong := (us < _FIRST_US) | (us > _LAST_US)).any():
            raise self.wrong(int(np.argmax(wrong)), f"{name} outside the years 1 to 9999", _TIME_EXPECTED)
        return us, pc.is_valid(parsed).to_numpy(zero_copy_only=False)

    def values(self, name: str) -> FloatArray:
        expected = "a number of 0 or more; leave the row out when nothing was measured"
        array = self.columns[name]
        if pa.types.is_string(array.type):
            array = pc.utf8_trim_whitespace(array)
        array = self._cast_or_refuse(name, array, pa.float64(), expected)
        value: FloatArray = pc.fill_null(array, math.nan).to_numpy(zero_copy_only=False)
        if (wrong := ~(np.isfinite(value) & (value >= 0))).any():
            row = int(np.argmax(wrong))
            raise self.wrong(row, f"{name} {self.text(name, row)}", expected)
        return value

    def _parse_times(self, name: str, texts: Any) -> Any:
        texts = pc.utf8_trim_whitespace(texts)
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
        try:
            return pc.cast(texts, _TIME)
        except pa.ArrowInvalid:
            texts = pc.replace_substring_regex(texts, r"(\.\d{6})\d+", r"\1")
        row = _find_first_failing(texts, _TIME)
        if row is None:
            return pc.cast(texts, _TIME)
        given = self.text(name, row)
        if _find_first_failing(texts.slice(row, 1), pa.timestamp("us")) is None:
            raise self.wrong(row, f"{name} {given}, which has no offset", _TIME_EXPECTED)
        raise self.wrong(row, f"{name} {given}", _TIME_EXPECTED)

    def _as_text(self, name: str) -> Any:
        array = self.columns[name]
        return array if pa.types.is_string(array.type) else self._cast_or_refuse(name, array, pa.string(), "text")

    def _cast_or_refuse(self, name: str, array: Any, to: Any, expected: str, *, safe: bool = True) -> Any:
        try:
            return pc.cast(array, to, safe=safe)
        except pa.ArrowNotImplementedError:
            raise WrongTable(f"{self.path}: found column {name} of type {array.type}; expected {expected}") from None
        except pa.ArrowInvalid:
            row = _find_first_failing(array, to) or 0
        raise self.wrong(row, f"{name} {self.text(name, row)}", expected)


def _open(path: Path, needed: Sequence[str], optional: Sequence[str]) -> _File:
    readers = {".csv": _open_csv, ".parquet": _open_parquet}
    if path.suffix not in readers:
        raise WrongTable(f"{path}: found ending {path.suffix!r}; expected .csv or .parquet")
    try:
        return readers[path.suffix](path, needed, optional)
    except FileNotFoundError:
        raise WrongTable(f"{path}: found no such file; expected a table with columns {', '.join(needed)}; look at the path") from None
    except OSError as error:
        raise WrongTable(f"{path}: found a file that cannot be read ({error.strerror or error}); expected a table with columns {', '.join(needed)}") from error


def _open_csv(path: Path, needed: Sequence[str], optional: Sequence[str]) -> _File:
    data = path.read_bytes()
    header = _check_csv(path, data, needed)
    wanted = [name for name in (*needed, *optional) if name in header]
    options = pa.csv.ConvertOptions(include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), check_utf8=False)
    try:
        table = pa.csv.read_csv(io.BytesIO(data), parse_options=pa.csv.ParseOptions(newlines_in_values=b'"' in data), convert_options=options)
    except (pa.ArrowException, ValueError) as error:
        if not data.decode().removeprefix("\ufeff").splitlines()[1:]:
            table = pa.table({name: pa.array([], pa.string()) for name in wanted})
        else:
            raise WrongTable(f"{path}: {_find_ragged(data, len(header), str(error))}") from None
    return _File(path, {name: _whole(table[name]) for name in wanted}, partial(_line_of, data))


def _check_csv(path: Path, data: bytes, needed: Sequence[str]) -> list[str]:
    """The header, once the file is known to be UTF-8 and to have the columns needed."""
    try:
        start = data.decode().removeprefix("\ufeff").lstrip("\r\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WrongTable(f"{path}: line {line}: found byte 0x{data[error.start]:02x}, which is not UTF-8; expected UTF-8; save the file as UTF-8") from None
    if not start.strip():
        raise WrongTable(f"{path}: found an empty file; expected a header with columns {', '.join(needed)}")
    try:
        header = next(csv.reader(io.StringIO(start[:100_000])))
    except csv.Error as error:
        raise WrongTable(f"{path}: line 1: found a header that cannot be read ({error}); expected columns {', '.join(needed)}") from None
    _check_columns(path, header, needed)
    return header


def _open_parquet(path: Path, needed: Sequence[str], optional: Sequence[str]) -> _File:
    if path.stat().st_size == 0:
        raise WrongTable(f"{path}: found an empty file; expected Parquet with columns {', '.join(needed)}")
    try:
        with path.open("rb") as raw, pa.parquet.ParquetFile(raw) as file:
            names = file.schema_arrow.names
            _check_columns(path, names, needed)
            wanted = [name for name in (*needed, *optional) if name in names]
            table = file.read(columns=wanted)
            table.validate(full=True)
            columns = {name: _plain(_whole(table[name])) for name in wanted}
    except (pa.ArrowException, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise WrongTable(f"{path}: found no whole, readable Parquet; expected columns {', '.join(needed)}; write the file again") from None
    return _File(path, columns, lambda row: f"row {row + 1}")


def _check_columns(path: Path, given: Sequence[str], needed: Sequence[str]) -> None:
    if missing := [name for name in needed if name not in given]:
        shown = " ".join(", ".join(given).split())
        raise WrongTable(f"{path}: header: found columns {shown[:300] or '(nothing)'}; expected also {', '.join(missing)}")
    for name in needed:
        if list(given).count(name) > 1:
            raise WrongTable(f"{path}: header: found column {name} twice; expected it once")


def _whole(column: Any) -> Any:
    """One array of a chunked one."""
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _plain(array: Any) -> Any:
    """Dictionary, large and view text as plain text; other types as they are."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return pc.cast(array, pa.string()) if pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type) else array


def _find_first_failing(array: Any, to: Any) -> int | None:
    """Index of the first value that cannot be cast, by halving; None when all can."""

    def fails(low: int, high: int) -> bool:
        try:
            pc.cast(array.slice(low, high - low), to)
        except pa.ArrowInvalid:
            return True
        return False

    low, high = 0, len(array)
    if not fails(low, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(low, middle) else (middle, high)
    return low


def _records(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each record after the header; empty lines are no records."""
    reader = csv.reader(io.StringIO(data.decode().removeprefix("\ufeff"), newline=""))
    line, header_seen = 1, False
    for cells in reader:
        if cells and header_seen:
            yield line, cells
        header_seen = header_seen or bool(cells)
        line = reader.line_num + 1


def _line_of(data: bytes, row: int) -> str:
    try:
        return next((f"line {line}" for k, (line, _) in enumerate(_records(data)) if k == row), f"row {row + 1}")
    except csv.Error:
        return f"row {row + 1}"


def _find_ragged(data: bytes, width: int, reason: str) -> str:
    """What is wrong in a CSV that cannot be cut into columns."""
    try:
        for line, cells in _records(data):
            if len(cells) != width:
                return f"line {line}: found {len(cells)} cells; expected {width}, as in the header"
    except csv.Error as error:
        reason = str(error)
    return f"found a table that cannot be cut into columns ({' '.join(reason.split())[:200]}); expected CSV with {width} columns"


def _texts(texts: Sequence[str]) -> TextArray:
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def _ranks(texts: Sequence[str]) -> IntArray:
    """Place of each text in alphabetical order."""
    ranks = np.empty(len(texts), dtype=np.int64)
    ranks[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    return ranks


def _to_us(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


def _keep_first(sensor: IntArray, quantity: IntArray, start_us: IntArray, end_us: IntArray, value: FloatArray) -> tuple[IntArray, int, int]:
    """Rows to keep, the number of rows whose key had been there, and how many of those had another value."""
    order = np.lexsort((end_us, start_us, quantity, sensor))
    same = np.zeros(len(order), dtype=np.bool_)
    same[1:] = np.logical_and.reduce([column[order[1:]] == column[order[:-1]] for column in (sensor, quantity, start_us, end_us)])
    first = order[np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))] if len(order) else order
    conflicts = int(np.count_nonzero(value[order[same]] != value[first[same]]))
    return np.sort(order[~same]), int(np.count_nonzero(same)), conflicts


# Series.


def _read_one_series(path: Path, table: ObservationTable, code: int) -> Series | None:
    mine = table.sensor_index == code
    values, starts, ends = _counts(table, mine)
    if not len(values):
        return None
    lengths, times = np.unique(ends - starts, return_counts=True)
    step_us = int(lengths[np.argmax(times)])
    sensor = table.sensors[code]
    if step_us % 1_000_000:
        raise WrongTable(f"{path}: sensor {sensor!r}: found intervals of {step_us / 1e6:g} s; expected whole seconds")
    whole = ends - starts == step_us
    phases, times = np.unique(starts[whole] % step_us, return_counts=True)
    first_us = (int(starts.min()) - int(phases[np.argmax(times)])) // step_us * step_us + int(phases[np.argmax(times)])
    n = -(-(int(ends.max()) - first_us) // step_us)
    if n > MAX_STEPS or first_us % 1_000_000:
        raise WrongTable(f"{path}: sensor {sensor!r}: found times from {starts.min() / 1e6:.0f} to {ends.max() / 1e6:.0f} s since 1970 in steps of "
                         f"{step_us / 1e6:g} s; expected at most {MAX_STEPS} steps that begin at whole seconds")  # fmt: skip
    steps = _spread(values, starts - first_us, ends - first_us, step_us, n)
    return Series(target=sensor, quantity=Quantity.COUNT.value, first_s=first_us // 1_000_000, step_s=step_us // 1_000_000, values=steps)


def _counts(table: ObservationTable, mine: npt.NDArray[np.bool_]) -> tuple[FloatArray, IntArray, IntArray]:
    """Counts both ways of one sensor: its `count`, else the sum of forward and backward where both are there."""

    def of(quantity: Quantity) -> IntArray:
        code = table.quantities.index(quantity) if quantity in table.quantities else -1
        return np.flatnonzero(mine & (table.quantity_index == code))

    if len(rows := of(Quantity.COUNT)):
        return table.value[rows], table.start_us[rows], table.end_us[rows]

    def keys(rows: IntArray) -> Iterator[tuple[int, int]]:
        return zip(table.start_us[rows].tolist(), table.end_us[rows].tolist(), strict=True)

    forward, backward = of(Quantity.COUNT_FORWARD), of(Quantity.COUNT_BACKWARD)
    other = dict(zip(keys(backward), table.value[backward].tolist(), strict=True))
    back = np.array([other.get(key, math.nan) for key in keys(forward)], dtype=np.float64)
    both = ~np.isnan(back)
    rows = forward[both]
    return table.value[rows] + back[both], table.start_us[rows], table.end_us[rows]


def _spread(values: FloatArray, starts: IntArray, ends: IntArray, step: int, n: int) -> FloatArray:
    """Values of intervals on equal steps; an interval that is not one step is spread by overlap over steps not yet filled."""
    steps = np.full(n, math.nan)
    fits = (ends - starts == step) & (starts % step == 0)
    steps[starts[fits] // step] = values[fits]
    filled, covered, added = ~np.isnan(steps), np.zeros(n), np.zeros(n)
    for value, start, end in zip(values[~fits].tolist(), starts[~fits].tolist(), ends[~fits].tolist(), strict=True):
        cells = np.arange(start // step, -(-end // step))
        overlap = (np.minimum((cells + 1) * step, end) - np.maximum(cells * step, start)) / step
        covered[cells] += overlap
        added[cells] += value * overlap * step / (end - start)
    exact = ~filled & (np.abs(covered - 1.0) < 1e-6)
    steps[exact] = added[exact]
    return steps


# Writing.


def _to_arrow(name: str, values: Sequence[Any] | npt.NDArray[Any]) -> Any:
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return pa.array(values.astype("datetime64[us]")).cast(_TIME)
    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        return pa.array(values, from_pandas=True)
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, datetime) for value in known):
        if any(value.utcoffset() is None for value in known):
            raise ValueError(f"column {name} has a time without an offset; give aware datetimes")
        return pa.array([None if value is None else _to_us(value) for value in values], pa.int64()).cast(_TIME)
    if known and all(isinstance(value, str) for value in known):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.array(list(values), from_pandas=True)


def _write_csv(table: Any, file: Any) -> None:
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(table.column_names)
    file.write(header.getvalue().encode())
    texts = [_to_cells(column.combine_chunks(), alone=table.num_columns == 1) for column in table.columns]
    for low in range(0, table.num_rows, 100_000):
        lines = pc.binary_join_element_wise(*(text.slice(low, 100_000) for text in texts), ",", null_handling="replace", null_replacement="")
        file.write(("\n".join(lines.to_pylist()) + "\n").encode())


def _to_cells(column: Any, *, alone: bool) -> Any:
    """Text of a column, in quotes where CSV needs them (a lone empty cell too, else its line would be no record)."""
    if pa.types.is_timestamp(column.type):
        return _as_iso(column)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    texts = pc.cast(column, pa.string())
    if alone:
        texts = pc.fill_null(texts, "")
    if not (alone or pa.types.is_string(column.type)):
        return texts
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring_regex(texts, '[,"\\r\\n]' + ("|^$" if alone else "")), quoted, texts)


def _as_iso(column: Any) -> Any:
    times = pc.cast(column, pa.timestamp("us")).to_numpy(zero_copy_only=False)
    whole = not (times[~np.isnat(times)].astype(np.int64) % 1_000_000).any()
    texts = np.char.add(np.datetime_as_string(times, unit="s" if whole else "us"), "+00:00")
    return pa.array(texts, mask=np.isnat(times))


def _replace(path: Path, write: Callable[[Any], object]) -> None:
    """Write beside the file and put in its place when all of it is on disk."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
