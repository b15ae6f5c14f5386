"""Likeness of events: which earlier ones say most about a new one, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from deining.domain.drivers import WEATHER, Weather
from deining.domain.event import Event
from deining.domain.series import FloatArray
from deining.forecasting.calendar import Calendar

MOST_ANALOGUES = 6
LEAST_LIKENESS = 0.03
"""What is less alike is no analogue."""

UNKNOWN_KINDS = ("", "other")
OTHER_KIND = 0.25
SIZE_SPREAD = 0.7
"""Standard deviation of the kernel on the log ratio of expected visitors: twice as many is 0.6 alike."""
UNKNOWN_SIZE = 0.6
SEASON_SPREAD_DAYS, OTHER_SEASON = 45.0, 0.3
OTHER_KIND_OF_DAY = 0.6
WEATHER_SPREAD = np.array([6.0, 1.0, 4.0, 0.4])
"""Differences in each quantity of `WEATHER` that make two days clearly unlike."""
OTHER_WEATHER, UNKNOWN_WEATHER = 0.3, 0.7
OTHER_PLACE, UNKNOWN_PLACE = 0.15, 0.6
YEAR_DAYS = 365.25

_EDITION = re.compile(r"\b(19|20)\d\d\b|['’]\d\d\b|\b\d+(st|nd|rd|th|e|de|ste)\b|\b(edition|editie)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Analogue:
    """An earlier event that a new one is like.

    Parameters
    ----------
    weight
        Its share in the forecast; the weights of all analogues of an event add up to 1.
    why
        In which respects it is alike, in words.
    likeness
        From 0 to 1; an earlier edition of the same event has 1 to 4.
    """

    event: Event
    weight: float
    why: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Circumstances:
    """An event with what the calendar and the weather say of it.

    Parameters
    ----------
    title
        Its name without year and number of the edition.
    day_of_year
        Of its start, in local time.
    free_day
        Whether it starts in a weekend or on a holiday.
    weather
        Mean over its hours, the columns of `WEATHER`; NaN where nothing was known.
    """

    event: Event
    title: str
    day_of_year: int
    free_day: bool
    weather: FloatArray

    @classmethod
    def of(cls, event: Event, calendar: Calendar, weather: Weather | None, origin: datetime) -> Circumstances:
        """The circumstances of an event as they were known at an origin."""
        start_s = int(event.start.timestamp())
        local = datetime.fromtimestamp(int(calendar.local_s(np.array([start_s]))[0]), UTC)
        free = local.weekday() >= 5 or bool(calendar.is_holiday(np.array([start_s]))[0])
        return cls(event, title_of(event), local.timetuple().tm_yday, free, _mean_weather(event, weather, origin))


def title_of(event: Event) -> str:
    """The name of an event without its year or the number of its edition, to know its earlier editions by.

    Examples
    --------
    >>> at = datetime(2026, 4, 27, tzinfo=UTC)
    >>> title_of(Event(id="k", name="23rd King's Day 2026", start=at, end=at))
    "king's day"
    """
    return " ".join(re.sub(r"[^\w' ]", " ", _EDITION.sub(" ", event.name.casefold())).split())


def find_analogues(
    event: Event,
    earlier_events: Iterable[Event],
    *,
    calendar: Calendar,
    weather: Weather | None = None,
    origin: datetime | None = None,
    most: int = MOST_ANALOGUES,
) -> list[Analogue]:
    """The earlier events that a new one is most like, most alike first.

    The likeness is a product of kernels on kind, size, season, kind of day, weather and place; of an event of unknown
    kind, on size and place alone. An earlier edition (same name but for year and number) comes before all others.
    The widths of the kernels are plausible choices, checked by simulation; none is a figure from the literature.

    Parameters
    ----------
    earlier_events
        To choose from; those that had not ended by the origin, and the event itself, are left out.
    weather
        Compared as known at the origin: forecast for the new event, measured for the earlier ones.
    origin
        When the question is asked; the start of the event where None.
    most
        How many at most.

    References
    ----------
    E. N. Lorenz, Atmospheric predictability as revealed by naturally occurring analogues, 1969: forecasting from the
    past states most like the present one. E. A. Nadaraya, On estimating regression, 1964: weights by a kernel.
    """
    origin = origin or event.start
    known = [one for one in earlier_events if one.end <= origin and (one.id, one.start) != (event.id, event.start)]
    others = [Circumstances.of(one, calendar, weather, origin) for one in known]
    return weigh(Circumstances.of(event, calendar, weather, origin), others, most)


def weigh(one: Circumstances, others: Sequence[Circumstances], most: int = MOST_ANALOGUES) -> list[Analogue]:
    """`find_analogues` for events whose circumstances are known; `others` must not contain the event itself."""
    likenesses = [likeness(one, other) for other in others]
    best = sorted(range(len(others)), key=lambda k: (-likenesses[k], -others[k].event.start.timestamp()))[:most]
    best = [k for k in best if likenesses[k] >= LEAST_LIKENESS]
    total = sum(likenesses[k] for k in best)
    return [Analogue(event=others[k].event, weight=likenesses[k] / total, why=_why(one, others[k]), likeness=likenesses[k]) for k in best]


def likeness(one: Circumstances, other: Circumstances) -> float:
    """How alike two events are: from 0 to 1, of two editions of one event from 1 to 4."""
    factors = [_size(one.event, other.event), _place(one.event, other.event)]
    if _kind_known(one.event) and _kind_known(other.event):
        factors += [1.0 if one.event.kind == other.event.kind else OTHER_KIND]
    elif _kind_known(one.event) != _kind_known(other.event):
        factors += [math.sqrt(OTHER_KIND)]
    if _kind_known(one.event):
        factors += [_season(one, other), 1.0 if one.free_day == other.free_day else OTHER_KIND_OF_DAY, _weather(one, other)]
    product = math.prod(factors)
    return 1.0 + 3.0 * product if _same_title(one, other) else product


def _kind_known(event: Event) -> bool:
    return event.kind.casefold() not in UNKNOWN_KINDS


def _same_title(one: Circumstances, other: Circumstances) -> bool:
    return bool(one.title) and one.title == other.title


def _size(one: Event, other: Event) -> float:
    if not one.expected_visitors or not other.expected_visitors:
        return UNKNOWN_SIZE
    return math.exp(-0.5 * (math.log(one.expected_visitors / other.expected_visitors) / SIZE_SPREAD) ** 2)


def _place(one: Event, other: Event) -> float:
    if not one.zones or not other.zones:
        return UNKNOWN_PLACE
    ours, theirs = set(one.zones), set(other.zones)
    return OTHER_PLACE + (1 - OTHER_PLACE) * len(ours & theirs) / len(ours | theirs)


def _days_apart(one: Circumstances, other: Circumstances) -> float:
    days = abs(one.day_of_year - other.day_of_year)
    return min(days, YEAR_DAYS - days)


def _season(one: Circumstances, other: Circumstances) -> float:
    return OTHER_SEASON + (1 - OTHER_SEASON) * math.exp(-0.5 * (_days_apart(one, other) / SEASON_SPREAD_DAYS) ** 2)


def _weather(one: Circumstances, other: Circumstances) -> float:
    away = (one.weather - other.weather) / WEATHER_SPREAD
    if np.isnan(away).all():
        return UNKNOWN_WEATHER
    return OTHER_WEATHER + (1 - OTHER_WEATHER) * math.exp(-0.5 * float(np.nanmean(away**2)))


def _mean_weather(event: Event, weather: Weather | None, origin: datetime) -> FloatArray:
    if weather is None:
        return np.full(len(WEATHER), np.nan)
    hours = np.arange(int(event.start.timestamp()) // 3600 * 3600, max(event.start.timestamp() + 1, event.end.timestamp()), 3600).astype(np.int64)
    seen = weather.seen_from(hours, int(origin.timestamp()))
    known = ~np.isnan(seen)
    return np.asarray(np.where(known.any(axis=0), np.where(known, seen, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan))


def _why(one: Circumstances, other: Circumstances) -> str:
    """In which respects they are alike or not, what counts most first."""
    ours, theirs = one.event, other.event
    words = ["earlier edition"] if _same_title(one, other) else []
    if _kind_known(ours) and _kind_known(theirs):
        words += ["same kind" if ours.kind == theirs.kind else f"other kind ({theirs.kind})"]
    if ours.expected_visitors and theirs.expected_visitors:
        words += [f"{theirs.expected_visitors} visitors expected then, {ours.expected_visitors} now"]
    if ours.zones and theirs.zones:
        words += ["same place" if set(ours.zones) == set(theirs.zones) else "place in part the same" if set(ours.zones) & set(theirs.zones) else "other place"]
    words += ["same season"] if _days_apart(one, other) <= SEASON_SPREAD_DAYS else ["other season"]
    words += ["same kind of day"] if one.free_day == other.free_day else ["other kind of day"]
    weather = _weather(one, other)
    words += [] if weather == UNKNOWN_WEATHER else ["weather alike" if weather > UNKNOWN_WEATHER else "other weather"]
    return ", ".join(words)
