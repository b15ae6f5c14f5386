"""Forecast every series of a table from given origins, with nothing later than each origin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from deining.domain.area import Area
from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import WrongUse
from deining.domain.forecast import QUANTILE_NAMES, Forecast
from deining.domain.ports import Forecaster
from deining.domain.series import Series
from deining.forecasting import Calendar
from deining.jobs import Progress, no_progress
from deining.sources.tables import write_table

UNITS_S = {"h": 3600, "d": 86_400, "m": 60}


def parse_horizon(text: str) -> int:
    """Seconds of a horizon such as `168h`, `7d` or `90m`.

    Raises
    ------
    WrongUse
        When it is not one.

    Examples
    --------
    >>> parse_horizon("168h")
    604800
    """
    found = re.fullmatch(r"(\d+)([hdm])", text.strip())
    if not found or not int(found.group(1)):
        raise WrongUse(f"horizon is {text!r}; expected a number of hours, days or minutes, such as 168h, 7d or 90m")
    return int(found.group(1)) * UNITS_S[found.group(2)]


def find_timezone(holiday_region: str) -> ZoneInfo | None:
    """The time zone of a country, where it has one that holds for (nearly) all of it; else None."""
    country = holiday_region.partition("-")[0]
    text = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line.startswith(f"{country}\t")]
    if len(rows) == 1 or (rows and len(rows[0]) > 3 and rows[0][3].startswith("most of")):
        return ZoneInfo(rows[0][2])
    return None


def choose_calendar(area: Area | None, holiday_region: str | None) -> tuple[Calendar, str]:
    """The calendar of an area, or of a holiday region; and a sentence where hours are those of UTC for want of better."""
    region = holiday_region or (area.holidays if area else None)
    zone = area.timezone if area else find_timezone(region) if region else None
    if zone is not None:
        return Calendar(zone, region), ""
    return Calendar(ZoneInfo("UTC"), region), "no time zone is known, so the hours of UTC are taken; give --area for local hours"


def forecast(
    series: Sequence[Series],
    origins: Sequence[datetime],
    horizon_s: int,
    forecaster: Forecaster,
    drivers: Drivers = NO_DRIVERS,
    *,
    progress: Progress = no_progress,
) -> list[Forecast]:
    """Forecasts of every series from every origin, in the order of the origins given.

    The model learns on the way, at each origin from what had ended by then, so origins are worked through by time.
    """
    made: dict[datetime, list[Forecast]] = {}
    for origin in progress(sorted(set(origins)), total=len(set(origins)), unit="origin"):
        past = [one.until(origin) for one in series]
        forecaster.learn(past, origin, drivers)
        made[origin] = forecaster.forecast(past, origin, horizon_s, drivers)
    return [forecast for origin in origins for forecast in made[origin]]


def write_forecasts(path: Path, forecasts: Sequence[Forecast]) -> None:
    """Write forecasts as one table.

    Raises
    ------
    WrongUse, DiskFilling
        As `write_table`.
    """
    write_table(path, forecast_columns(forecasts))


def forecast_columns(forecasts: Sequence[Forecast]) -> dict[str, Any]:
    """Columns `target, quantity, origin, time, mean`, the quantiles, `model`, and where each forecast comes from."""
    quantiles = np.array([f.quantiles for f in forecasts]).reshape(len(forecasts), len(QUANTILE_NAMES))
    return {
        **{name: [getattr(f, name) for f in forecasts] for name in ("target", "quantity", "origin", "time", "mean")},
        **{name: quantiles[:, k] for k, name in enumerate(QUANTILE_NAMES)},
        "model": [f.model for f in forecasts],
        "model_version": [f.provenance.model_version for f in forecasts],
        "learned_until": [f.provenance.learned_until for f in forecasts],
        "reason": [f.provenance.reason for f in forecasts],
    }
