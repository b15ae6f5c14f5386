"""Early warning: from which chance an alert is raised ahead, learned from earlier days, aiming at a rate of false alarms.

A day that is over shows, at every chance from which an alert might have been raised, how often it would have been for
nothing and which overcrowdings it would have told in time. Nobody tells the truth afterwards: the day is judged by the
area's own estimate. What earlier days showed is drawn to what was found on simulated days, the more the fewer they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from deining.domain.alert import AlertPolicy
from deining.domain.area import Area
from deining.domain.calibration import WarningRecord
from deining.domain.levels import LevelReach
from deining.domain.ports import Levels
from deining.domain.state import ZoneState
from deining.risk.warning_days import CHANCES, EDGES, Course, find_record

SHIPPED_FALSE = (2.68, 2.19, 1.76, 1.55, 1.31, 1.03, 0.90, 0.78, 0.68, 0.59, 0.54, 0.35, 0.20)
"""False alarms a day at each of `CHANCES`, on the 40 simulated event days of the seeds 301 to 308: 30 zones, 50,000 visitors,
54 overcrowdings, judged by the truth; `benchmarks/alerts.py` uses other seeds."""
SHIPPED_DAYS = 20.0
"""What was shipped counts as so many days. Between those towns the rate differs with a variance of some 0.1, which alone would
be 9 days (mean over variance, the gamma prior of a Poisson rate); false alarms of one day come in clusters, so it is held stronger."""
SHIFT_SD = 0.5
"""Standard deviation, before anything is known, of how far the logit of an area's chances is off: an assumption."""
ALIKE = 6.0
"""So many cases of a chance, a quarter of an hour apart, count as one: a place that is nearly full stays so for an hour or two."""
MOST_SHIFT = 1.5
SURE = 1 - 1e-6
"""Chances are kept below this, so that their logarithm exists."""
FORGET = 0.97
"""What was learned counts for so much less a day later: half of it is forgotten in three weeks of event days."""


def chance_for(record: WarningRecord, false_per_day: float) -> float:
    """The lowest chance at which no more false alarms a day are to be expected than are accepted.

    The rate at each chance is the mean of a Poisson rate whose gamma prior is `SHIPPED_FALSE` on `SHIPPED_DAYS` days; between
    two chances it is a straight line, and it never rises with the chance.

    Parameters
    ----------
    record
        What earlier days showed; empty on the first.
    false_per_day
        Accepted false alarms a day.

    Returns
    -------
    float
        Within `CHANCES`.

    References
    ----------
    A. Gelman et al., Bayesian Data Analysis, 3rd ed. 2013, section 2.6.

    Examples
    --------
    >>> round(chance_for(WarningRecord(), 1.0), 2)
    0.36
    >>> chance_for(WarningRecord(), 0.5) > chance_for(WarningRecord(), 2.0)
    True
    """
    false = np.array(record.false) if record.false else np.zeros(len(CHANCES))
    rates = (np.array(SHIPPED_FALSE) * SHIPPED_DAYS + false) / (SHIPPED_DAYS + record.days)
    falling = np.minimum.accumulate(rates)
    return float(np.interp(false_per_day, falling[::-1], np.array(CHANCES)[::-1]))


def shift_for(record: WarningRecord) -> float:
    """By how much the logit of a chance is raised, so that what was said agrees with what came; 0 where nothing is known.

    The mode of a logistic regression with the chance said as offset and a normal prior, found by Newton's method.

    References
    ----------
    J. Platt, Probabilistic outputs for support vector machines, 1999, with the slope held at 1.
    """
    number, came, said = (np.array(values) for values in (record.number, record.came, record.said))
    known = number > 0
    if not known.any():
        return 0.0
    offset, weight, came = _logit(said[known] / number[known]), number[known] / ALIKE, came[known] / ALIKE
    shift = 0.0
    for _ in range(30):
        chance = 1 / (1 + np.exp(-(offset + shift)))
        slope = float((came - weight * chance).sum()) - shift / SHIFT_SD**2
        shift = float(np.clip(shift + slope / (float((weight * chance * (1 - chance)).sum()) + 1 / SHIFT_SD**2), -MOST_SHIFT, MOST_SHIFT))
    return shift


def together(earlier: WarningRecord, day: WarningRecord) -> WarningRecord:
    """What earlier days and one more showed; the rest of a day of which a part is known already makes it no further day."""
    if not day.days:
        return earlier
    if not earlier.days:
        return day
    is_new = earlier.last != day.last
    keep = FORGET if is_new else 1.0

    def summed(old: Sequence[float], new: Sequence[float]) -> tuple[float, ...]:
        return tuple(keep * a + b for a, b in zip(old, new, strict=True)) if old else tuple(new)

    return WarningRecord(
        days=keep * earlier.days + is_new * day.days,
        last=day.last,
        overcrowdings=keep * earlier.overcrowdings + day.overcrowdings,
        false=summed(earlier.false, day.false),
        in_time=summed(earlier.in_time, day.in_time),
        number=summed(earlier.number, day.number),
        said=summed(earlier.said, day.said),
        came=summed(earlier.came, day.came),
    )


@dataclass(slots=True)
class _Today:
    """The day that goes on: when it began, its course, and what so many of its steps showed when it was last asked."""

    began: datetime
    course: Course
    steps: int = 0
    record: WarningRecord | None = None


class EarlyWarning:
    """What an area's earlier days taught about its alerts, and today's course, of which tomorrow learns.

    Parameters
    ----------
    policy
        What the crowd manager set; `false_alarms_per_day` is aimed at.
    record
        What earlier days showed.
    step_s
        Time between two moments, s.
    """

    def __init__(self, area: Area, policy: AlertPolicy, record: WarningRecord | None = None, *, step_s: float = 60.0) -> None:
        self._area, self._given, self._step_s = area, policy, step_s
        self._record = record if record and _fits(record) else WarningRecord()
        self._zones = {zone: k for k, zone in enumerate(area.zones)}
        self._reaches: dict[str, Sequence[LevelReach]] = {}
        self._today: _Today | None = None
        self._use()

    def _use(self) -> None:
        self._shift = shift_for(self._record)
        chance = chance_for(self._record, self._given.false_alarms_per_day)
        self._raw_policy = replace(self._given, warn_chance=chance)
        self.policy = replace(self._given, warn_chance=_shifted(chance, self._shift))

    def heed(self, reaches: Iterable[LevelReach]) -> dict[str, list[LevelReach]]:
        """Take the reaches that were found last; by place, those of zones with their chances set right."""
        raw: dict[str, list[LevelReach]] = {}
        for reach in reaches:
            raw.setdefault(reach.target, []).append(reach)
        self._reaches = {target: found for target, found in raw.items() if target in self._zones}
        return {target: [self._right(reach) for reach in found] for target, found in raw.items()}

    def _right(self, reach: LevelReach) -> LevelReach:
        if reach.target not in self._zones or reach.is_reached or not self._shift:
            return reach
        return replace(reach, chances={lead: _shifted(chance, self._shift) for lead, chance in reach.chances.items()})

    def take(self, now: datetime, zones: Sequence[ZoneState], levels: Levels) -> None:
        """Remember a moment; when a day is over, the next one begins with what it taught."""
        began = self._area.last_empty(now)
        if self._today is None or self._today.began != began:
            self._record, self._today = self.learn(), _Today(began, Course(len(self._zones)))
            self._use()
        self._today.course.add(self._chances(now), self._shares(zones, levels))

    def learn(self) -> WarningRecord:
        """What all days until now showed, today among them; asked twice at one moment it is worked out once."""
        if self._today is None:
            return self._record
        today = self._today
        if today.record is None or today.steps != len(today.course):
            today.steps, today.record = len(today.course), find_record(today.course, self._raw_policy, self._step_s, today.began)
        return together(self._record, today.record)

    def _chances(self, now: datetime) -> NDArray[np.float32]:
        """By zone: the chance, as it was found, that the raising level is reached within the time of a warning."""
        found = np.zeros(len(self._zones), dtype=np.float32)
        for zone, reaches in self._reaches.items():
            found[self._zones[zone]] = chance_within(reaches, self._given, now)
        return found

    def _shares(self, zones: Sequence[ZoneState], levels: Levels) -> NDArray[np.float32]:
        """By zone: its figure as a share of where the raising level begins; NaN where it cannot be seen."""
        found = np.full(len(self._zones), np.nan, dtype=np.float32)
        for state in zones:
            level = levels.of_zone(state) if state.quality.may_alert else None
            if level is not None:
                found[self._zones[state.zone]] = level.value / level.scale.threshold(self._given.raise_from)
        return found


def _fits(record: WarningRecord) -> bool:
    """Whether a record is of the chances tried now; one of another version teaches nothing."""
    return len(record.false) == len(record.in_time) == len(CHANCES) and len(record.number) == len(record.said) == len(record.came) == len(EDGES) - 1


def chance_within(reaches: Sequence[LevelReach], policy: AlertPolicy, now: datetime) -> float:
    """The highest chance of those reaches that are of the raising level, within the time of a warning from now."""
    chances = [reach.chance_within((now - reach.origin).total_seconds() + policy.warn_ahead_s) for reach in reaches if reach.level is policy.raise_from]
    return max(chances, default=0.0)


def _logit(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    chance = np.clip(chance, 1 - SURE, SURE)
    return np.asarray(np.log(chance / (1 - chance)))


def _shifted(chance: float, shift: float) -> float:
    """A chance with its logit raised; 0 and 1 stay."""
    if not shift or not 0 < chance < 1:
        return chance
    odds = chance / (1 - chance) * math.exp(shift)
    return odds / (1 + odds)
