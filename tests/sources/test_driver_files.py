"""The files that say what moves crowds, in an area folder or given on the command line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deining.domain.drivers import NO_DRIVERS
from deining.domain.errors import WrongData
from deining.sources.driver_files import as_finding, choose_drivers, read_driver_files

HERE, TODAY = ZoneInfo("Europe/Amsterdam"), date(2026, 7, 4)
CALENDAR = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART;VALUE=DATE:20260718\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
WEATHER = "time,temperature_c\n2026-07-04T10:00:00Z,{degrees}\n"


def write_all(folder: Path, uid: str = "feast", degrees: float = 21) -> Path:
    folder.mkdir(exist_ok=True)
    for name in ("events", "school_holidays"):
        (folder / f"{name}.ics").write_text(CALENDAR.format(uid=uid))
    (folder / "weather.csv").write_text(WEATHER.format(degrees=degrees))
    return folder


def test_a_folder_without_them_has_no_drivers_and_nothing_wrong(tmp_path: Path) -> None:
    assert read_driver_files(tmp_path, HERE, today=TODAY) == (NO_DRIVERS, [])


def test_all_that_is_there_is_read(tmp_path: Path) -> None:
    drivers, findings = read_driver_files(write_all(tmp_path), HERE, today=TODAY)
    assert findings == []
    assert drivers.names() == ("events", "school_holidays", "weather")
    assert [event.id for event in drivers.events] == ["feast"]


def test_a_wrong_file_is_found_and_the_others_are_read(tmp_path: Path) -> None:
    (write_all(tmp_path) / "events.ics").write_text("words")
    drivers, (finding,) = read_driver_files(tmp_path, HERE, today=TODAY)
    assert drivers.names() == ("school_holidays", "weather")
    assert (finding.file, finding.record) == ("events.ics", "file")
    assert finding.found.startswith("no END:VCALENDAR")
    assert finding.expected.startswith("an iCalendar file")


def test_two_tables_of_weather_are_one_too_many(tmp_path: Path) -> None:
    (write_all(tmp_path) / "weather.parquet").write_bytes(b"")
    drivers, (finding,) = read_driver_files(tmp_path, HERE, today=TODAY)
    assert drivers.weather is not None
    assert str(finding) == "weather.parquet: file: found weather.csv beside it; expected one table of weather"


def test_a_file_that_is_given_takes_the_place_of_the_areas_own(tmp_path: Path) -> None:
    own, _ = read_driver_files(write_all(tmp_path / "own", "own"), HERE, today=TODAY)
    other = write_all(tmp_path / "other", "other", 30)
    assert choose_drivers(own, HERE, today=TODAY) == own
    chosen = choose_drivers(own, HERE, today=TODAY, events=other / "events.ics")
    assert [event.id for event in chosen.events] == ["other"]
    assert (chosen.school_holidays, chosen.weather) == (own.school_holidays, own.weather)
    chosen = choose_drivers(own, HERE, today=TODAY, school_holidays=other / "school_holidays.ics", weather=other / "weather.csv")
    assert [event.id for event in chosen.events] == ["own"]
    assert chosen.school_holidays[0].name == "other"
    assert chosen.weather is not None
    assert chosen.weather.values[0, 0] == 30
    assert choose_drivers(NO_DRIVERS, HERE, today=TODAY, weather=other / "weather.csv").names() == ("weather",)


def test_a_file_that_is_given_must_be_there(tmp_path: Path) -> None:
    for option in ("events", "school_holidays", "weather"):
        with pytest.raises(WrongData, match="expected"):
            choose_drivers(NO_DRIVERS, HERE, today=TODAY, **{option: tmp_path / f"none.{'csv' if option == 'weather' else 'ics'}"})


@pytest.mark.parametrize(
    ("sentence", "record", "found", "expected"),
    [
        ("found no row; expected at least one hour", "file", "no row", "at least one hour"),
        ("line 3: found a; b; expected c: d; expected e", "line 3", "a; b", "c: d; expected e"),
        ("VEVENT a: b: found c; expected d", "VEVENT a: b", "c", "d"),
        ("something else", "file", "something else", "a file that can be read"),
    ],
)
def test_a_sentence_becomes_a_finding(sentence: str, record: str, found: str, expected: str) -> None:
    finding = as_finding("x", sentence)
    assert (finding.record, finding.found, finding.expected) == (record, found, expected)
