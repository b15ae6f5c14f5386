"""Calendars: what recurs is written out, what is cancelled is left out, and what is wrong is said in one line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deining.domain.drivers import SchoolHoliday
from deining.domain.errors import WrongData
from deining.domain.event import Event
from deining.sources.calendar_file import read_events, read_school_holidays

HERE = ZoneInfo("Europe/Amsterdam")
TODAY = date(2026, 7, 4)
USUAL = ("UID:a", "DTSTART:20260704T120000", "DTEND:20260704T230000")


def vevent(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT", ""))


def a_calendar(folder: Path, *events: str, head: str = "") -> Path:
    path = folder / "events.ics"
    path.write_bytes(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a test//EN\r\n{head}{''.join(events)}END:VCALENDAR\r\n".encode())
    return path


def events_of(folder: Path, *events: str, head: str = "", today: date = TODAY) -> list[Event]:
    return read_events(a_calendar(folder, *events, head=head), HERE, today=today)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HERE)  # type: ignore[misc,arg-type]


def starts(events: list[Event]) -> list[datetime]:
    return [event.start.astimezone(HERE) for event in events]


def why(path: Path) -> str:
    with pytest.raises(WrongData) as caught:
        read_events(path, HERE, today=TODAY)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert ": found " in text
    assert "; expected " in text
    assert "\n" not in text
    return text


def test_an_event_has_all_that_the_calendar_says(tmp_path: Path) -> None:
    lines = ("SUMMARY:Zee\\, zon", "CATEGORIES:Beach Day,Summer", "X-DEINING-EXPECTED-VISITORS:25000", "X-DEINING-ZONES:beach, pier", "DESCRIPTION:left alone")
    (event,) = events_of(tmp_path, vevent(*USUAL, *lines))
    assert event == Event(
        id="a", name="Zee, zon", start=datetime(2026, 7, 4, 10, tzinfo=UTC), end=datetime(2026, 7, 4, 21, tzinfo=UTC),
        kind="beach_day", expected_visitors=25_000, zones=("beach", "pier"),
    )  # fmt: skip


def test_what_nobody_said_is_unknown_and_not_nothing(tmp_path: Path) -> None:
    (event,) = events_of(tmp_path, vevent(*USUAL))
    assert (event.name, event.kind, event.expected_visitors, event.zones, event.parts) == ("a", "other", None, (), ())
    (empty,) = events_of(tmp_path, vevent(*USUAL, "X-DEINING-EXPECTED-VISITORS:0"))
    assert empty.expected_visitors == 0


def test_times_without_a_zone_are_local_and_others_keep_theirs(tmp_path: Path) -> None:
    floating = vevent("UID:floating", "DTSTART:20260704T120000", "DURATION:PT1H")
    zoned = vevent("UID:zoned", "DTSTART;TZID=Europe/London:20260704T120000", "DURATION:PT1H")
    universal = vevent("UID:universal", "DTSTART:20260704T120000Z", "DURATION:PT1H")
    found = {event.id: event.start for event in events_of(tmp_path, floating, zoned, universal)}
    assert {name: at.hour for name, at in found.items()} == {"floating": 10, "zoned": 11, "universal": 12}


def test_whole_days_are_from_midnight_to_midnight_of_the_place(tmp_path: Path) -> None:
    one = vevent("UID:one", "DTSTART;VALUE=DATE:20260427")
    two = vevent("UID:two", "DTSTART;VALUE=DATE:20261024", "DTEND;VALUE=DATE:20261026")
    day, weekend = events_of(tmp_path, one, two)
    assert (day.start, day.end) == (local(2026, 4, 27), local(2026, 4, 28))
    assert weekend.end - weekend.start == timedelta(hours=49), "the clock goes back in it"


def test_what_recurs_keeps_its_hour_when_the_clock_changes(tmp_path: Path) -> None:
    weekly = vevent("UID:market", "DTSTART;TZID=Europe/Amsterdam:20260321T090000", "DURATION:PT8H", "RRULE:FREQ=WEEKLY;COUNT=3")
    found = events_of(tmp_path, weekly)
    assert starts(found) == [local(2026, 3, 21, 9), local(2026, 3, 28, 9), local(2026, 4, 4, 9)]
    assert [event.id for event in found] == ["market/20260321T090000", "market/20260328T090000", "market/20260404T090000"]


def test_what_falls_in_the_hour_that_is_left_out_lasts_as_long_as_ever(tmp_path: Path) -> None:
    nightly = vevent("UID:n", "DTSTART;TZID=Europe/Amsterdam:20260328T023000", "DTEND;TZID=Europe/Amsterdam:20260328T030000", "RRULE:FREQ=DAILY;COUNT=3")
    once = vevent("UID:o", "DTSTART:20260329T023000", "DTEND:20260329T030000")
    assert [event.end - event.start for event in events_of(tmp_path, nightly, once)] == [timedelta(minutes=30)] * 4


def test_exceptions_moves_and_cancellations_are_honoured(tmp_path: Path) -> None:
    rule = vevent("UID:m", "SUMMARY:Market", "DTSTART:20260601T090000", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE:20260602T090000")
    moved = vevent("UID:m", "SUMMARY:Night market", "RECURRENCE-ID:20260603T090000", "DTSTART:20260603T180000", "DURATION:PT5H")
    off = vevent("UID:m", "RECURRENCE-ID:20260604T090000", "DTSTART:20260604T090000", "DURATION:PT8H", "STATUS:CANCELLED")
    never = vevent("UID:n", "DTSTART:20260601T090000", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=5", "STATUS:CANCELLED")
    found = events_of(tmp_path, rule, moved, off, never)
    assert [(event.name, at.day, at.hour) for event, at in zip(found, starts(found), strict=True)] == [
        ("Market", 1, 9), ("Night market", 3, 18), ("Market", 5, 9),
    ]  # fmt: skip
    assert found[1].id == "m/20260603T090000", "an id stays when the time moves"


def test_what_recurs_for_ever_is_written_out_round_the_day_given(tmp_path: Path) -> None:
    yearly = vevent("UID:kings-day", "DTSTART;VALUE=DATE:19990430", "RRULE:FREQ=YEARLY")
    years = [at.year for at in starts(events_of(tmp_path, yearly))]
    assert years == list(range(2019, 2029))
    assert [at.year for at in starts(events_of(tmp_path, yearly, today=date(2005, 1, 1)))] == list(range(1999, 2007))
    assert events_of(tmp_path, yearly, today=date(1, 1, 1)) == []
    events_of(tmp_path, yearly, today=date(9999, 12, 31))


def test_programme_parts_belong_to_their_event(tmp_path: Path) -> None:
    main = vevent("UID:feast", "DTSTART;VALUE=DATE:20260704", "DTEND;VALUE=DATE:20260706")
    fireworks = vevent("UID:f", "SUMMARY:Fireworks", "RELATED-TO:feast", "DTSTART:20260704T230000", "DURATION:PT20M", "X-DEINING-ZONES:pier")
    parade = vevent("UID:p", "SUMMARY:Parade", "RELATED-TO;RELTYPE=PARENT:feast", "DTSTART:20260704T140000", "DURATION:PT2H")
    called_off = vevent("UID:c", "RELATED-TO:feast", "DTSTART:20260705T140000", "DURATION:PT2H", "STATUS:CANCELLED")
    sibling = vevent("UID:s", "RELATED-TO;RELTYPE=SIBLING:feast", "DTSTART:20260704T140000", "DURATION:PT2H")
    feast, other = events_of(tmp_path, fireworks, main, parade, called_off, sibling)
    assert [(part.name, part.start, part.zones) for part in feast.parts] == [
        ("Parade", local(2026, 7, 4, 14), ()), ("Fireworks", local(2026, 7, 4, 23), ("pier",)),
    ]  # fmt: skip
    assert (other.id, other.parts) == ("s", ())


def test_a_part_that_recurs_falls_on_each_recurrence_of_its_event(tmp_path: Path) -> None:
    main = vevent("UID:m", "DTSTART:20260701T100000", "DURATION:PT12H", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20260708T100000")
    part = vevent("UID:p", "SUMMARY:Band", "RELATED-TO:m", "DTSTART:20260701T200000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3")
    assert [[at.start.day for at in event.parts] for event in events_of(tmp_path, main, part)] == [[1], [15]]


def test_parts_of_a_cancelled_event_are_no_events(tmp_path: Path) -> None:
    part = vevent("UID:p", "RELATED-TO:a", "DTSTART:20260704T140000", "DURATION:PT2H")
    assert events_of(tmp_path, vevent(*USUAL, "STATUS:CANCELLED"), part) == []


def test_an_empty_calendar_has_no_events(tmp_path: Path) -> None:
    assert events_of(tmp_path) == []


def test_two_calendars_in_one_file_are_both_read(tmp_path: Path) -> None:
    path = a_calendar(tmp_path, vevent(*USUAL))
    path.write_text(path.read_text() + path.read_text().replace("UID:a", "UID:b"))
    assert [event.id for event in read_events(path, HERE, today=TODAY)] == ["a", "b"]


WRONG = {
    "no begin": (("UID:a", "DTEND:20260704T230000"), ["VEVENT a", "no DTSTART"]),
    "no uid": (USUAL[1:], ["VEVENT number 1", "no UID"]),
    "no end": (USUAL[:2], ["no end", "DURATION"]),
    "an end before the begin": (("UID:a", "DTSTART:20260704T120000", "DTEND:20260704T110000"), ["2026-07-04T09:00:00+00:00", "after the begin"]),
    "an end at the begin": (("UID:a", "DTSTART:20260704T120000", "DTEND:20260704T120000"), ["after the begin"]),
    "a begin in words": (("UID:a", "DTSTART:noon", "DURATION:PT1H"), ["DTSTART", "noon"]),
    "a begin that is a period": (("UID:a", "DTSTART;VALUE=PERIOD:20260704T100000Z/PT2H", "DURATION:PT1H"), ["DTSTART", "a date, or a date with a time"]),
    "two begins": ((*USUAL, "DTSTART:20260705T120000"), ["DTSTART 2 times"]),
    "a begin in another age": (("UID:a", "DTSTART:00010101T000000", "DURATION:PT1H"), ["the year 1"]),
    "a duration past all time": (("UID:a", "DTSTART:20260704T120000", "DURATION:P99999999D"), ["DURATION"]),
    "a zone of nowhere": (("UID:a", "DTSTART;TZID=Mars/Base:20260704T120000", "DURATION:PT1H"), ["Mars/Base", "IANA"]),
    "a line that is none": ((*USUAL, "just words"), ["just words", "RFC 5545"]),
    "every second": ((*USUAL, "RRULE:FREQ=SECONDLY"), ["SECONDLY", "DAILY"]),
    "every minute by another way": ((*USUAL, "RRULE:FREQ=DAILY;BYHOUR=1,2;BYMINUTE=" + ",".join(map(str, range(60)))), ["24 times a day"]),
    "a step of nothing": ((*USUAL, "RRULE:FREQ=DAILY;INTERVAL=0"), ["INTERVAL=0"]),
    "no times": ((*USUAL, "RRULE:FREQ=DAILY;COUNT=-1"), ["COUNT"]),
    "a day that never comes": ((*USUAL, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), ["never comes"]),
    "a rule in words": ((*USUAL, "RRULE:now and then"), ["RRULE", "FREQ"]),
    "an unknown frequency": ((*USUAL, "RRULE:FREQ=SOMETIMES"), ["SOMETIMES"]),
    "an exception in words": ((*USUAL, "EXDATE:the rainy ones"), ["EXDATE"]),
    "visitors in words": ((*USUAL, "X-DEINING-EXPECTED-VISITORS:many"), ["X-DEINING-EXPECTED-VISITORS many", "25000"]),
    "visitors below nothing": ((*USUAL, "X-DEINING-EXPECTED-VISITORS:-5"), ["-5"]),
    "a part of nothing": ((*USUAL, "RELATED-TO:feast"), ["feast", "an event of that UID"]),
    "a part of itself": ((*USUAL, "RELATED-TO:a"), ["RELATED-TO a"]),
    "a part of two": ((*USUAL, "RELATED-TO:x", "RELATED-TO:y"), ["x, y", "one event"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_in_an_event_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    lines, words = WRONG[case]
    text = why(a_calendar(tmp_path, vevent(*lines)))
    assert [word for word in words if word not in text] == []


def test_one_uid_for_two_events_is_refused_and_a_newer_version_takes_the_place_of_the_older(tmp_path: Path) -> None:
    other = (USUAL[0], "DTSTART:20260706T120000", "DTEND:20260706T230000")
    assert "VEVENT a: found this UID for 2 VEVENTs" in why(a_calendar(tmp_path, vevent(*USUAL), vevent(*other)))
    assert starts(events_of(tmp_path, vevent(*USUAL, "SEQUENCE:1"), vevent(*other, "SEQUENCE:2"))) == [local(2026, 7, 6, 12)]


def test_a_period_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    text = why(a_calendar(tmp_path, vevent(*USUAL, "RDATE;VALUE=PERIOD:20260801T100000Z/20260801T090000Z")))
    assert "RDATE" in text
    zones = ("UID:a", "DTSTART;TZID=America/New_York:20260704T100000", "DTEND;TZID=Europe/Amsterdam:20260704T120000")
    assert "found an end at 2026-07-04T10:00:00+00:00" in why(a_calendar(tmp_path, vevent(*zones)))


def test_a_part_outside_its_event_is_refused(tmp_path: Path) -> None:
    part = vevent("UID:p", "RELATED-TO:a", "DTSTART:20260705T140000", "DURATION:PT2H")
    assert "at that time" in why(a_calendar(tmp_path, vevent(*USUAL), part))


FILES = {
    "nothing": (b"", "END:VCALENDAR"),
    "a table": (b"name,start\nfeast,2026-07-04\n", "END:VCALENDAR"),
    "cut off": (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTA", "cut off"),
    "an event cut off": (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nEND:VCALENDAR\r\n", "END:VEVENT"),
    "another encoding": ("BEGIN:VCALENDAR\r\nX-A:café\r\nEND:VCALENDAR".encode("latin-1"), "UTF-8"),
    "no calendar": (b"BEGIN:VCARD\r\nNOTE:END:VCALENDAR\r\nEND:VCARD\r\n", "VCARD"),
    "a binary": (b"PK\x03\x04END:VCALENDAR", "no iCalendar"),
}


@pytest.mark.parametrize("case", FILES)
def test_what_is_no_calendar_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    content, word = FILES[case]
    path = tmp_path / "events.ics"
    path.write_bytes(content)
    assert word in why(path)


def test_a_calendar_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    assert "nothing" in why(tmp_path / "events.ics")
    assert "directory" in why(tmp_path)


def test_more_than_anyone_plans_is_refused(tmp_path: Path) -> None:
    hourly = ",".join(map(str, range(24)))
    assert "20,000 occurrences" in why(a_calendar(tmp_path, vevent("UID:a", "DTSTART:20200101T000000", "DURATION:PT1H", f"RRULE:FREQ=DAILY;BYHOUR={hourly}")))


def test_a_file_of_another_size_than_a_calendar_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.ics"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    assert "20,000,001 bytes" in why(path)


SOUND = vevent(*USUAL, "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=SA", "EXDATE:20260711T120000", "CATEGORIES:market") + vevent(
    "UID:p", "RELATED-TO:a", "DTSTART;TZID=Europe/Amsterdam:20260704T140000", "DURATION:PT2H", "RDATE:20260718T140000"
)


@given(at=st.integers(0, len(SOUND) - 1), length=st.integers(0, 12), put=st.text(st.sampled_from("0129:;=,TZ\r\nABCDU-+"), max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_calendar_is_read_or_refused_in_one_line(tmp_path: Path, at: int, length: int, put: str) -> None:
    path = a_calendar(tmp_path, SOUND[:at] + put + SOUND[at + length :])
    try:
        events = read_events(path, HERE, today=TODAY)
    except WrongData:
        why(path)
    else:
        assert all(event.start < event.end for event in events)


def test_school_holidays_end_the_day_before_school_begins_again(tmp_path: Path) -> None:
    summer = vevent("UID:s", "SUMMARY:Summer", "DTSTART;VALUE=DATE:20260718", "DTEND;VALUE=DATE:20260831")
    day = vevent("UID:d", "SUMMARY:Study day", "DTSTART;VALUE=DATE:20260612")
    off = vevent("UID:o", "SUMMARY:Off", "DTSTART;VALUE=DATE:20260613", "STATUS:CANCELLED")
    midnight = vevent("UID:m", "SUMMARY:Autumn", "DTSTART:20261016T220000Z", "DTEND:20261025T230000Z")
    assert read_school_holidays(a_calendar(tmp_path, summer, day, off, midnight), HERE, today=TODAY) == [
        SchoolHoliday(name="Study day", first=date(2026, 6, 12), last=date(2026, 6, 12)),
        SchoolHoliday(name="Summer", first=date(2026, 7, 18), last=date(2026, 8, 30)),
        SchoolHoliday(name="Autumn", first=date(2026, 10, 17), last=date(2026, 10, 25)),
    ]


def test_a_school_holiday_of_hours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongData, match=r"VEVENT a: found .*; expected whole days"):
        read_school_holidays(a_calendar(tmp_path, vevent(*USUAL)), HERE, today=TODAY)
