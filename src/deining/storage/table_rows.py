"""One table of a TOML file of an area folder, read field by field; what is wrong becomes a finding, not the first error."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from deining.domain.errors import Finding

ID = re.compile(r"^[\w][\w .()-]{0,99}$")


def read_toml(folder: Path, name: str, findings: list[Finding]) -> dict[str, Any]:
    """The tables of a TOML file; none, and a finding, where it cannot be read."""
    try:
        return tomllib.loads((folder / name).read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        findings.append(Finding(name, f"byte {error.start}", "bytes that are not UTF-8", "a file saved as UTF-8"))
    except OSError as error:
        findings.append(Finding(name, "file", error.strerror or str(error), "a file that can be read"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        findings.append(Finding(name, "file", f"no TOML: {error}", "TOML"))
    return {}


def list_rows(tables: Mapping[str, Any], key: str, file: str, findings: list[Finding]) -> list[TableRow]:
    """The tables `[[key]]` of a file, each ready to be read."""
    rows = tables.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        findings.append(Finding(file, key, type(rows).__name__, f"tables [[{key}]]"))
        return []
    return [TableRow(row, file, f"[[{key}]] {index + 1}", findings) for index, row in enumerate(rows)]


class TableRow:
    """Reads the fields of one table.

    A field that is missing or wrong gives its fallback and, where it is wrong or was needed, a finding.

    Parameters
    ----------
    file, record
        Where it stands, for the findings.
    findings
        Taken note of here, for all rows together.
    """

    def __init__(self, values: Mapping[str, Any], file: str, record: str, findings: list[Finding]) -> None:
        self._values, self._file, self._record, self._findings = values, file, record, findings
        self._found_before = len(findings)

    @property
    def is_right(self) -> bool:
        """Whether nothing was found wrong since this row was begun."""
        return len(self._findings) == self._found_before

    def find(self, found: str, expected: str) -> None:
        """Note what is wrong with this row."""
        self._findings.append(Finding(self._file, self._record, found, expected))

    def begin(self) -> None:
        """Forget what was found wrong in the rows before."""
        self._found_before = len(self._findings)

    def id(self, seen: Collection[str]) -> str:
        """Its id, not seen before; empty where it has none that is right."""
        value = self._values.get("id")
        if not isinstance(value, str) or not ID.match(value):
            self.find(f"id = {value!r}" if value is not None else "no id", "an id of letters, digits, '-', '_', '.' or blanks, at most 100 long")
            return ""
        if value in seen:
            self.find(f"id {value!r} a second time", "an id that is used once")
        self._record += f" ({value})"
        return value

    def text(self, key: str, *, needed: bool = False) -> str:
        """A text; it may be left out unless it is needed."""
        value = self._values.get(key)
        if (value is None and not needed) or (isinstance(value, str) and (value.strip() or not needed)):
            return (value or "").strip()
        self.find(f"no {key}" if value is None else f"{key} = {value!r}", f"{key}, a text" + (" that is not empty" if needed else ""))
        return ""

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        """A list of texts that are not empty; at least one where it is needed."""
        value = self._values.get(key)
        if value is None and not needed:
            return ()
        if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value) and (value or not needed):
            return tuple(dict.fromkeys(value))
        self.find(f"no {key}" if value is None else f"{key} = {value!r}", f'{key}, a list of texts such as ["one", "two"]')
        return ()

    def number(self, key: str, *, above_zero: bool = False, needed: bool = False) -> float | None:
        """A finite number of 0 or more, or above 0; None where it is left out."""
        value = self._values.get(key)
        if value is None and not needed:
            return None
        limit = "a number above 0" if above_zero else "a number, 0 or more"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0 or (above_zero and value == 0):
            self.find(f"no {key}" if value is None else f"{key} = {value!r}", f"{key}, {limit}")
            return None
        return float(value)

    def shares(self, key: str) -> tuple[float, float, float] | None:
        """Low, best and high of a change as a share, not falling and not below -1; None where it is left out."""
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, list) and len(value) == 3 and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value):
            low, best, high = (float(one) for one in value)
            if -1 <= low <= best <= high < math.inf:
                return low, best, high
        self.find(f"{key} = {value!r}", f"{key}, three shares [low, best, high] that do not fall, from -1 on, such as [-0.4, -0.25, -0.1]")
        return None

    def one_of(self, key: str, known: Collection[str], fallback: str | None = None) -> str | None:
        """A word out of those that are known; None where it is another, or needed and left out."""
        value = self._values.get(key, fallback)
        if isinstance(value, str) and value in known:
            return value
        self.find(f"no {key}" if value is None else f"{key} = {value!r}", f"{key}, one of {', '.join(known)}")
        return None

    def check_names(self, what: str, given: Collection[str], known: Collection[str], expected: str) -> None:
        """Note each name that is not known."""
        for name in given:
            if name not in known:
                self.find(f"{what} {name!r}", expected)

    def check_keys(self, known: Collection[str]) -> None:
        """Note each field that nobody reads: most often a slip of the pen."""
        for key in self._values:
            if key not in known:
                self.find(f"field {key!r}", f"fields out of {', '.join(known)}")
