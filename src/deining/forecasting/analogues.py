"""Analogues: a new event is forecast from earlier events that it is like; elsewhere the forecast is that of ordinary weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from deining.domain.drivers import NO_DRIVERS, BoolArray, Drivers
from deining.domain.errors import WrongData
from deining.domain.event import Event
from deining.domain.forecast import QUANTILES, Forecast, Provenance
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar, Int64Array
from deining.forecasting.event_doubt import EventDoubt, learn_doubt, width_of
from deining.forecasting.event_effects import EventMemory, Excess, felt, window_s
from deining.forecasting.event_likeness import Analogue, Circumstances, weigh
from deining.forecasting.ordinary_weeks import OrdinaryWeeks
from deining.forecasting.weekly import WIDE, step_times

NAME = "analogues"
MOST_NAMED = 5
USES = ("events", "weather")


class Analogues:
    """Ordinary weeks, and during an event what earlier events of the area added to them. A `Forecaster`.

    What is transferred is how far each series was from ordinary at the earlier events, on the event's own clock, scaled
    by expected visitors and weighted by likeness. Events that overlap add up. The interval holds the spread between the
    analogues, the doubt of having few, and the ordinary error; with eight or more earlier events it is calibrated by
    leaving one out. It is never narrower than that of ordinary weeks. Events do not tell how many people are there
    already: an event under way is forecast as it was before it began.

    See Also
    --------
    deining.forecasting.event_likeness.find_analogues : which earlier events, and why
    deining.forecasting.event_effects.EventMemory.expected_excess : what they say
    deining.forecasting.event_doubt.learn_doubt : how sure that is
    """

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._ordinary = OrdinaryWeeks(calendar)

    def learn(self, histories: Sequence[Series], until: datetime, drivers: Drivers = NO_DRIVERS) -> bool:
        """It keeps nothing: all is read from the histories when it is asked. See `Forecaster`."""
        return False

    def dump(self) -> bytes:
        """Nothing is kept."""
        return b""

    def load(self, learned: bytes) -> None:
        """Nothing is taken up."""
        if learned:
            raise WrongData(f"the model {NAME} learns nothing; found {len(learned)} bytes, expected none")

    def forecast(self, histories: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers = NO_DRIVERS) -> list[Forecast]:
        """One forecast for each series and step that begins in [origin, origin + horizon). See `Forecaster`."""
        source = Provenance(
            drivers=tuple(name for name in USES if name in drivers.names()),
            absent=tuple(name for name in USES if name not in drivers.names()),
        )
        made = [self._ordinary.forecast([one], origin, horizon_s) for one in histories]
        made = [[replace(one, model=NAME, provenance=source) for one in rows] for rows in made]
        begin_s, end_s = origin.timestamp(), origin.timestamp() + horizon_s
        near = [one for one in drivers.events if window_s(one)[0] < end_s and window_s(one)[1] > begin_s]
        for group in _groups(histories, made) if near else []:
            times_s = step_times(histories[group[0]], origin, horizon_s)
            near_felt = np.stack([felt(one, times_s, histories[group[0]].step_s) for one in near])
            if (steps := np.flatnonzero(near_felt.any(axis=0))).size:
                view = _View(self._calendar, self._ordinary, [histories[k] for k in group], origin, drivers)
                changed = view.adapt([[made[k][step] for step in steps] for k in group], near, times_s[steps], near_felt[:, steps])
                for k, rows in zip(group, changed, strict=True):
                    for step, one in zip(steps, rows, strict=True):
                        made[k][step] = one
        return [one for rows in made for one in rows]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is known of one event that is near: its analogues, what they add, and where it is felt."""

    event: Event
    analogues: list[Analogue]
    excess: Excess
    felt: BoolArray


class _View:
    """The earlier events of series of one kind as seen from an origin, and what they say of the coming ones."""

    def __init__(self, calendar: Calendar, ordinary: OrdinaryWeeks, histories: Sequence[Series], origin: datetime, drivers: Drivers) -> None:
        self._memory = EventMemory(histories, drivers.events, origin, ordinary)
        self._calendar, self._weather, self._origin = calendar, drivers.weather, origin
        self._earlier = [self._seen(one.event) for one in self._memory.effects]
        self._doubt: EventDoubt = learn_doubt(self._memory, self._earlier)

    def adapt(self, made: Sequence[Sequence[Forecast]], near: Sequence[Event], times_s: Int64Array, near_felt: BoolArray) -> list[list[Forecast]]:
        """The forecasts of ordinary weeks, by series and step, with the events near them added."""
        plain = np.array([[one.quantiles for one in rows] for rows in made])
        plain_mean = np.array([[one.mean for one in rows] for rows in made])
        ordinary = self._memory.ordinary(times_s)
        ordinary = np.where(np.isnan(ordinary), plain_mean, ordinary)
        answers = [self._answer(event, times_s, ordinary, where) for event, where in zip(near, near_felt, strict=True)]
        mean, quantiles = self._quantiles(ordinary, answers, plain)
        return [
            [replace(one, mean=float(mean[k, j]), quantiles=tuple(map(float, quantiles[k, j])), provenance=sources[j]) for j, one in enumerate(rows)]
            for k, (rows, sources) in enumerate(zip(made, self._sources(made, answers), strict=True))
        ]

    def _seen(self, event: Event) -> Circumstances:
        return Circumstances.of(event, self._calendar, self._weather, self._origin)

    def _answer(self, event: Event, times_s: Int64Array, ordinary: FloatArray, where: BoolArray) -> _Answer:
        same = (event.id, event.start)
        analogues = weigh(self._seen(event), [one for one in self._earlier if (one.event.id, one.event.start) != same])
        return _Answer(event, analogues, self._memory.expected_excess(event, times_s, ordinary, analogues), where)

    def _quantiles(self, ordinary: FloatArray, answers: Sequence[_Answer], plain: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Means, shape (series, n), and quantiles, shape (series, n, 7)."""
        together = _added_up([(one.excess, one.felt) for one in answers], ordinary)
        mean = np.maximum(ordinary + together.mean, 0.0)
        own = self._memory.ordinary_offsets(ordinary)
        inside = np.any([one.felt & self._memory.inside(one.event)[:, None] for one in answers], axis=0)
        offsets = self._doubt.offsets(together, width_of(own), inside)
        unlike = np.any([one.felt & (one.excess.evidence == 0) for one in answers], axis=0)
        wide = WIDE * (ordinary + 1.0)[..., None]
        offsets = np.where(unlike[..., None], _wider(offsets, wide), offsets)
        quantiles = np.maximum.accumulate(np.maximum(mean[..., None] + offsets, 0.0), axis=-1)
        return mean, _at_least_as_wide(quantiles, plain)

    def _sources(self, made: Sequence[Sequence[Forecast]], answers: Sequence[_Answer]) -> list[list[Provenance]]:
        """Provenance by series and step; steps at which the same events are felt share one."""
        knows = {id(a): self._memory.knows(a) for answer in answers for a in answer.analogues}
        patterns = [tuple(bool(answer.felt[j]) for answer in answers) for j in range(len(made[0]))]
        found = []
        for k, rows in enumerate(made):
            reasons = [_reason(one.event, [a for a in one.analogues if knows[id(a)][k]]) for one in answers]
            told = {p: "; ".join(r for r, there in zip(reasons, p, strict=True) if there) for p in set(patterns)}
            sources = {p: replace(rows[0].provenance, reason=reason) for p, reason in told.items()}
            found.append([sources[p] for p in patterns])
        return found


def _groups(histories: Sequence[Series], made: Sequence[Sequence[Forecast]]) -> list[list[int]]:
    """Places of the series that have a forecast, by quantity and grid."""
    groups: dict[tuple[str, int, int], list[int]] = {}
    for k, one in enumerate(histories):
        if made[k]:
            groups.setdefault((one.quantity, one.step_s, one.first_s % one.step_s), []).append(k)
    return list(groups.values())


def _added_up(parts: Sequence[tuple[Excess, BoolArray]], ordinary: FloatArray) -> Excess:
    """The excess of all events together: means add, variances add, the least evidence counts."""
    mean, variance, evidence = np.zeros(ordinary.shape), np.zeros(ordinary.shape), np.full(ordinary.shape, np.inf)
    for excess, where in parts:
        counts = where & (excess.evidence > 0)
        mean = mean + np.where(counts, excess.mean, 0.0)
        variance = variance + np.where(counts, excess.spread**2, 0.0)
        evidence = np.where(counts, np.minimum(evidence, excess.evidence), evidence)
    return Excess(mean, np.sqrt(variance), evidence)


def _wider(one: FloatArray, other: FloatArray) -> FloatArray:
    """Of two sets of distances to the centre, at each quantile the one further out; in the middle the first."""
    q = np.array(QUANTILES)
    return np.asarray(np.where(q < 0.5, np.minimum(one, other), np.where(q > 0.5, np.maximum(one, other), one)))


def _at_least_as_wide(quantiles: FloatArray, plain: FloatArray) -> FloatArray:
    """The quantiles with each upper one moved up where the interval is narrower than that of ordinary weeks."""
    lower = quantiles[..., : len(QUANTILES) // 2][..., ::-1]
    wanted = plain[..., len(QUANTILES) // 2 + 1 :] - plain[..., : len(QUANTILES) // 2][..., ::-1]
    found = quantiles.copy()
    found[..., len(QUANTILES) // 2 + 1 :] = np.maximum(quantiles[..., len(QUANTILES) // 2 + 1 :], lower + wanted)
    return np.asarray(np.maximum.accumulate(found, axis=-1))


def _reason(event: Event, analogues: Sequence[Analogue]) -> str:
    """Which earlier events a forecast of an event rests on, with their weights."""
    if not analogues:
        return f"{event.name}: no earlier event like it was measured here; ordinary weeks with a wide interval"
    total = sum(one.weight for one in analogues)
    named = ", ".join(f"{_label(one.event)} ({one.weight / total:.1f})" for one in analogues[:MOST_NAMED])
    return f"{event.name}: like {named}"


def _label(event: Event) -> str:
    year = str(event.start.year)
    return event.name if year in event.name else f"{event.name} {year}"
