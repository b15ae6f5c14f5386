"""How often alerts were false, and how right chances were: the part of a calibration that early warning learns from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from deining.domain.calibration import WarningRecord

LISTS = ("false", "in_time", "number", "said", "came")


def warnings_as_json(record: WarningRecord) -> dict[str, Any]:
    """A record as JSON holds it."""
    last = record.last.isoformat() if record.last else None
    return {"days": record.days, "last": last, "overcrowdings": record.overcrowdings, **{name: list(getattr(record, name)) for name in LISTS}}


def parse_warnings(found: Mapping[str, Any]) -> WarningRecord:
    """A record from JSON; empty where an earlier version wrote none.

    Raises
    ------
    ValueError, KeyError, TypeError
        When it is not a record.
    """
    if not found:
        return WarningRecord()
    numbers = [float(found["days"]), float(found["overcrowdings"]), *(float(value) for name in LISTS for value in found[name])]
    if not all(math.isfinite(value) and value >= 0 for value in numbers):
        raise ValueError("a number of the warnings is below 0 or none")
    last = datetime.fromisoformat(found["last"]) if found.get("last") else None
    lists = {name: tuple(float(value) for value in found[name]) for name in LISTS}
    return WarningRecord(days=float(found["days"]), last=last, overcrowdings=float(found["overcrowdings"]), **lists)
