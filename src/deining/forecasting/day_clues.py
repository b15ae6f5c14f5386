"""What is known at an origin that says something about a later step: the clues from which the boosted trees learn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deining.domain.drivers import WEATHER, Drivers
from deining.domain.series import FloatArray
from deining.forecasting.calendar import Int64Array
from deining.forecasting.day_kinds import EPOCH, YEARS
from deining.forecasting.ordinary_grid import Float32Array, OrdinaryGrid

HOUR_S = 3600
OWN_WINDOWS_H, ALL_WINDOWS_H = (1, 3, 6, 24, 72, 168), (1, 3, 24, 168)
NEAR_EVENT_S = 6 * HOUR_S
"""So long before and after an event its crowd is looked for."""
HIGHEST_RATIO = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class ClueRows:
    """Clues of some (origin, lead, series), and what their answer is counted from.

    Parameters
    ----------
    clues
        Shape (n, clues), float32; NaN is not known.
    base, scale
        What is ordinary at the step, and the series' mean of the last weeks, persons; the trees learn
        (truth - base) / scale. Shape (n,).
    """

    clues: Float32Array
    base: FloatArray
    scale: FloatArray


class DayClues:
    """Clues for the steps of a grid.

    Parameters
    ----------
    known_s
        Weather is taken as it was known at this time.
    """

    def __init__(self, grid: OrdinaryGrid, drivers: Drivers, known_s: int) -> None:
        self._grid = grid
        self._per_hour = HOUR_S / grid.step_s
        self._event_size, self._event_side = _events(grid, drivers)
        self._school = _school(grid, drivers)
        self._weather = drivers.weather.seen_from(grid.times_s, known_s).astype(np.float32) if drivers.weather else None

    def rows(self, origin: Int64Array, lead: Int64Array, column: Int64Array) -> ClueRows:
        """Clues of the steps `origin + lead` as seen when the steps before `origin` had ended; arrays of shape (n,)."""
        grid, step = self._grid, origin + lead
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            scale = grid.scale[origin, column].astype(np.float64)
            yesterday = np.maximum(grid.day[origin] - 1, 0)
            ordinary = self._ordinary(origin, step, column)
            level = grid.level[yesterday, grid.slot[step], column]
            base = _first_known(ordinary["mean"], ordinary["median"], level, scale)
            away = {name: (value - base) / scale for name, value in ordinary.items() if name not in ("mean", "spread")}
            found: dict[str, FloatArray] = {
                **self._clock(origin, lead, step),
                **self._days(origin, step),
                "base": base / scale,
                "log_scale": np.log(scale),
                "spread": ordinary["spread"] / scale,
                **away,
                **self._by_day(yesterday, step, column, base, scale, level),
                **self._years(step, column, base, scale, level),
                **self._live(origin, step, column, scale),
                **self._drivers(step),
            }
        return ClueRows(np.stack([np.asarray(value, dtype=np.float32) for value in found.values()], axis=1), base, scale)

    def _ordinary(self, origin: Int64Array, step: Int64Array, column: Int64Array) -> dict[str, FloatArray]:
        """What the known weeks say of a step, by name."""
        grid, two_back = self._grid, self._grid.lags[0][step] >= origin
        one, two = grid.ordinary[1], grid.ordinary[2]
        return {
            name: np.where(two_back, getattr(two, name)[step, column], getattr(one, name)[step, column])
            for name in ("mean", "spread", "median", "fading", "last", "before")
        }

    def _clock(self, origin: Int64Array, lead: Int64Array, step: Int64Array) -> dict[str, FloatArray]:
        grid = self._grid
        hours = lead / self._per_hour
        return {
            "lead_h": hours,
            "log_lead": np.log1p(hours),
            "hour": grid.slot[step] / self._per_hour,
            "weekday": grid.days.weekday[grid.day[step]],
            "origin_hour": grid.slot[origin] / self._per_hour,
            "days_ahead": grid.day[step] - grid.day[origin],
        }

    def _days(self, origin: Int64Array, step: Int64Array) -> dict[str, FloatArray]:
        grid, days, day = self._grid, self._grid.days, self._grid.day[step]
        return {
            "is_holiday": days.is_holiday[day].astype(float),
            "holiday": days.holiday[day],
            "since_holiday": days.since[day],
            "until_holiday": days.until[day],
            "origin_is_holiday": days.is_holiday[grid.day[np.maximum(origin - 1, 0)]].astype(float),
            "week_before_is_holiday": grid.is_holiday[grid.lags[0][step]].astype(float),
        }

    def _by_day(
        self, yesterday: Int64Array, step: Int64Array, column: Int64Array, base: FloatArray, scale: FloatArray, level: FloatArray
    ) -> dict[str, FloatArray]:
        """The same time of other days: all days of four weeks, all of a year, Sundays, Saturdays."""
        grid, slot = self._grid, self._grid.slot[step]
        year = grid.year_level[yesterday, slot, column]
        return {
            "level": (level - base) / scale,
            "year_level": (year - base) / scale,
            "level_to_year": level / np.maximum(year, 1.0),
            "sunday": (grid.sunday[yesterday, slot, column] - base) / scale,
            "saturday": (grid.saturday[yesterday, slot, column] - base) / scale,
        }

    def _years(self, step: Int64Array, column: Int64Array, base: FloatArray, scale: FloatArray, level: FloatArray) -> dict[str, FloatArray]:
        """What the days of earlier years that are like this one would make of it."""
        grid = self._grid
        by_level = [grid.to_level[year][step, column] * level for year in range(YEARS)]
        by_normal = [grid.to_normal[year][step, column] for year in range(YEARS)]
        to_normal = _mean(by_normal)
        return {
            "like_1": (by_level[0] - base) / scale,
            "like_2": (by_level[1] - base) / scale,
            "like_mean": (_mean(by_level) - base) / scale,
            "like_ratio_1": np.clip(by_normal[0], 0, HIGHEST_RATIO),
            "like_ratio": np.clip(to_normal, 0, HIGHEST_RATIO),
            "like_normal": (to_normal - 1) * base / scale,
        }

    def _live(self, origin: Int64Array, step: Int64Array, column: Int64Array, scale: FloatArray) -> dict[str, FloatArray]:
        """How this series and all of them together stood to what was ordinary, up to the origin."""
        grid, found = self._grid, {}
        for hours in OWN_WINDOWS_H:
            since = np.maximum(origin - round(hours * self._per_hour), 0)
            value, normal = (total[origin, column] - total[since, column] for total in (grid.sum_value, grid.sum_normal))
            found[f"own_{hours}h"] = np.where(normal > 0, np.clip((value + 0.5) / (normal + 0.5), 0, HIGHEST_RATIO), np.nan)
        some, where = np.unique(origin, return_inverse=True)
        for hours in ALL_WINDOWS_H:
            since = np.maximum(some - round(hours * self._per_hour), 0)
            value, normal = ((total[some] - total[since]).sum(axis=1) for total in (grid.sum_value, grid.sum_normal))
            found[f"all_{hours}h"] = np.where(normal > 0, np.clip(value / normal, 0, HIGHEST_RATIO), np.nan)[where]
        back = grid.slots * ((step - origin) // grid.slots + 1)
        same, last = np.maximum(step - back, 0), np.maximum(origin - 1, 0)
        away = grid.values[same, column] - grid.normal[same, column]
        found["last_day"] = np.where(step >= back, away, np.nan) / scale
        found["now"] = (grid.values[last, column] - grid.normal[last, column]) / scale
        return found

    def _drivers(self, step: Int64Array) -> dict[str, FloatArray]:
        found = {"event_size": self._event_size[step], "event_side": self._event_side[step], "school_holiday": self._school[self._grid.day[step]]}
        for k, name in enumerate(WEATHER):
            found[name] = self._weather[step, k] if self._weather is not None else np.full(len(step), np.nan)
        return found


def _first_known(*choices: FloatArray) -> FloatArray:
    found = np.asarray(choices[0], dtype=np.float64)
    for choice in choices[1:]:
        found = np.where(np.isnan(found), choice, found)
    return found


def _mean(parts: list[FloatArray]) -> FloatArray:
    known = [~np.isnan(part) for part in parts]
    number = np.sum(known, axis=0)
    total = np.sum([np.where(k, part, 0) for k, part in zip(known, parts, strict=True)], axis=0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _events(grid: OrdinaryGrid, drivers: Drivers) -> tuple[FloatArray, FloatArray]:
    """Size (log of expected visitors) of the largest event near each step, and hours before its begin (below 0) or after its end."""
    size = np.zeros(len(grid.times_s)) if drivers.events else np.full(len(grid.times_s), np.nan)
    side = np.full(len(grid.times_s), np.nan)
    for event in drivers.events:
        begin, end = event.start.timestamp(), event.end.timestamp()
        first, last = np.searchsorted(grid.times_s, [begin - NEAR_EVENT_S, end + NEAR_EVENT_S])
        times, visitors = grid.times_s[first:last], float(np.log1p(event.expected_visitors or 0))
        larger = visitors >= size[first:last]
        size[first:last] = np.where(larger, visitors, size[first:last])
        hours = np.where(times < begin, times - begin, np.where(times >= end, times - end, 0)) / HOUR_S
        side[first:last] = np.where(larger, hours, side[first:last])
    return size, side


def _school(grid: OrdinaryGrid, drivers: Drivers) -> FloatArray:
    """By local day: 1 without school, 0 with, NaN where nobody said."""
    days = len(grid.days.is_holiday)
    found = np.zeros(days) if drivers.school_holidays else np.full(days, np.nan)
    for holiday in drivers.school_holidays:
        first, last = ((day - EPOCH).days - grid.days.first for day in (holiday.first, holiday.last))
        found[max(0, first) : max(0, last + 1)] = 1.0
    return found
