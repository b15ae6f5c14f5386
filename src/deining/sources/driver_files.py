"""The files that say what moves crowds: those of an area folder, with what is wrong in them, or those given in their place."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from deining.domain.drivers import Drivers
from deining.domain.errors import Finding, WrongData
from deining.sources.calendar_file import read_events, read_school_holidays
from deining.sources.weather_table import read_weather

Read = TypeVar("Read")
WEATHER_FILES = ("weather.csv", "weather.parquet")


def read_driver_files(folder: Path, timezone: ZoneInfo, *, today: date) -> tuple[Drivers, list[Finding]]:
    """Read `events.ics`, `school_holidays.ics` and `weather.csv` or `weather.parquet`, as far as they are in a folder.

    Parameters
    ----------
    folder
        The area folder.
    timezone
        The area's time zone.
    today
        The day round which calendars are read.

    Returns
    -------
    Drivers
        Of the files that are right.
    list of Finding
        What is wrong with the others; empty when nothing is.
    """
    findings: list[Finding] = []

    def take(name: str, read: Callable[[Path], Read]) -> Read | None:
        path = folder / name
        if not path.exists():
            return None
        try:
            return read(path)
        except WrongData as error:
            findings.append(as_finding(name, str(error).removeprefix(f"{path}: ")))
            return None

    events = take("events.ics", partial(read_events, timezone=timezone, today=today))
    school_holidays = take("school_holidays.ics", partial(read_school_holidays, timezone=timezone, today=today))
    tables = [name for name in WEATHER_FILES if (folder / name).exists()]
    if len(tables) > 1:
        findings.append(Finding(tables[1], "file", f"{tables[0]} beside it", "one table of weather"))
    weather = take(tables[0], read_weather) if tables else None
    return Drivers(events=tuple(events or ()), school_holidays=tuple(school_holidays or ()), weather=weather), findings


def choose_drivers(
    own: Drivers, timezone: ZoneInfo, *, today: date, events: Path | None = None, school_holidays: Path | None = None, weather: Path | None = None
) -> Drivers:
    """An area's own drivers, or in the place of each the file that is given.

    Parameters
    ----------
    own
        Those of the area; `NO_DRIVERS` where there is none.
    timezone
        The place's time zone.
    today
        The day round which calendars are read.
    events, school_holidays
        iCalendar files.
    weather
        A table of weather.

    Raises
    ------
    WrongData
        When a file that is given is not right.
    """
    return Drivers(
        events=tuple(read_events(events, timezone, today=today)) if events else own.events,
        school_holidays=tuple(read_school_holidays(school_holidays, timezone, today=today)) if school_holidays else own.school_holidays,
        weather=read_weather(weather) if weather else own.weather,
    )


def as_finding(file: str, sentence: str) -> Finding:
    """What is wrong in a file, from the sentence of the error that says so.

    Examples
    --------
    >>> as_finding("weather.csv", "line 3: found rain_mm_per_h -1; expected 0 or more")
    Finding(file='weather.csv', record='line 3', found='rain_mm_per_h -1', expected='0 or more')
    """
    parts = re.fullmatch(r"(?:(?P<record>.*?): )?found (?P<found>.*?); expected (?P<expected>.*)", sentence)
    return Finding(file, parts["record"] or "file", parts["found"], parts["expected"]) if parts else Finding(file, "file", sentence, "a file that can be read")
