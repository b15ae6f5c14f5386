"""What was learned about the sensors and about alerts, for the next day: as a file of a replay, and in the store of a live area."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deining.domain.calibration import Calibration, PastFault
from deining.domain.errors import WrongTable, WrongUse
from deining.storage.early_warning import parse_warnings, warnings_as_json
from deining.storage.rows import to_us

CALIBRATION_VERSION = 1


def read_calibration(path: Path) -> Calibration:
    """What earlier replays learned about the sensors; nothing where there is no file yet.

    Raises
    ------
    WrongTable
        When the file is not a calibration file of this version.
    """
    if not path.exists():
        return Calibration()
    expected = f'a calibration file of version {CALIBRATION_VERSION}, as "deining replay --calibration" writes it'
    try:
        found = json.loads(path.read_text("utf-8"))
        if found["version"] != CALIBRATION_VERSION:
            raise WrongTable(f"{path}: found version {found['version']!r}; expected {expected}")
        return _parse(found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongTable(f"{path}: found no calibration ({error!r}); expected {expected}; give another file, or remove this one") from error


def _parse(found: dict[str, Any]) -> Calibration:
    parameters = found.get("parameters", [])
    mean = np.array([float(row["mean"]) for row in parameters])
    faults = []
    for row in found.get("faults", []):
        end = datetime.fromisoformat(row["end"]) if row.get("end") else None
        faults.append(PastFault(sensor=row["sensor"], start=datetime.fromisoformat(row["start"]), end=end, fault=row["fault"]))
    return Calibration(
        rates={(row["sensor"], row["quantity"]): float(row["persons_per_s"]) for row in found["rates"]},
        names=tuple((row["sensor"], row["parameter"], row["series"]) for row in parameters),
        mean=mean,
        covariance=_unpack(found["covariance"], len(parameters)) if "covariance" in found else np.array([float(row["sd"]) ** 2 for row in parameters]),
        faults=tuple(faults),
        warnings=parse_warnings(found.get("warnings", {})),
    )


def _unpack(text: str, size: int) -> NDArray[np.float64]:
    """A symmetric matrix from the base64 of its lower triangle in 32-bit floats."""
    values = np.frombuffer(base64.b64decode(text), dtype="<f4")
    rows, columns = np.tril_indices(size)
    if len(values) != len(rows) or not np.isfinite(values).all():
        raise ValueError(f"covariance of {len(values)} numbers for {size} parameters")
    matrix = np.zeros((size, size))
    matrix[rows, columns] = matrix[columns, rows] = values
    return matrix


def as_text(calibration: Calibration) -> str:
    """What was learned, as JSON."""
    whole = calibration.covariance.ndim > 1
    sd = np.sqrt(np.maximum(np.diag(calibration.covariance) if whole else calibration.covariance, 0.0))
    rows = zip(calibration.names, calibration.mean.tolist(), sd.tolist(), strict=True)
    content = {
        "version": CALIBRATION_VERSION,
        "rates": [{"sensor": sensor, "quantity": quantity, "persons_per_s": rate} for (sensor, quantity), rate in sorted(calibration.rates.items())],
        "parameters": [{"sensor": s, "parameter": p, "series": series, "mean": mean, "sd": spread} for (s, p, series), mean, spread in rows],
        "faults": [
            {"sensor": f.sensor, "start": f.start.isoformat(), "end": f.end.isoformat() if f.end else None, "fault": f.fault} for f in calibration.faults
        ],
    }
    if calibration.warnings.days:
        content["warnings"] = warnings_as_json(calibration.warnings)
    if whole:
        lower = calibration.covariance[np.tril_indices(len(calibration.names))].astype("<f4")
        content["covariance"] = base64.b64encode(lower.tobytes()).decode()
    return json.dumps(content, indent=1)


def store_calibration(connection: sqlite3.Connection, area: str, time: datetime, text: str) -> None:
    """Keep what was learned until a time, in place of what was kept before."""
    connection.execute("INSERT OR REPLACE INTO calibration VALUES (?, ?, ?)", (area, to_us(time), text))


def find_calibration(connection: sqlite3.Connection, area: str, until: datetime) -> Calibration | None:
    """What was kept of an area's sensors, if it was learned until a time; else None."""
    row = connection.execute("SELECT body FROM calibration WHERE area = ? AND time_us <= ?", (area, to_us(until))).fetchone()
    return _parse(json.loads(row[0])) if row else None


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write what was learned about the sensors; whole or not at all.

    Raises
    ------
    WrongUse
        When the file cannot be written there.
    """
    content = as_text(calibration)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise WrongUse(f"cannot write {path}: {error.strerror or error}; give a place that can be written, with --calibration") from error
