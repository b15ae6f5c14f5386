"""Effects of events: how far series were from ordinary at earlier events, and what that says of a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from deining.domain.drivers import BoolArray
from deining.domain.event import Event
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Int64Array
from deining.forecasting.event_likeness import Analogue
from deining.forecasting.weekly import CALIBRATION_WEEKS, WEEK_S, ErrorQuantiles, WeeklyModel, values_at

BEFORE_S, AFTER_S = 4 * 3600, 3 * 3600
"""How long before its start and after its end an event is felt."""
DAY_S = 86_400

SIZE_EXPONENT = 0.8
"""Extra people grow with expected visitors to this power until an area's own events say otherwise. Below 1, because an
expectation is itself uncertain (regression dilution). An assumption, not a figure from the literature."""
SIZE_PRIOR = 2.0
"""How much data the default exponent counts for: a sum of squared differences in log visitors."""
MOST_SCALE = 5.0


def window_s(event: Event) -> tuple[float, float]:
    """The time in which an event is felt, [begin, end), seconds since 1970 UTC."""
    return event.start.timestamp() - BEFORE_S, max(event.start.timestamp(), event.end.timestamp()) + AFTER_S


def felt(event: Event, times_s: Int64Array, step_s: int) -> BoolArray:
    """Which of the steps that begin at these times have their middle in the event's window, shape kept."""
    begin, end = window_s(event)
    middle = times_s + step_s / 2
    return np.asarray((middle >= begin) & (middle < end))


def on_the_clock_of(analogue: Event, event: Event, times_s: FloatArray) -> FloatArray:
    """The times at an analogue that correspond to times at an event, seconds since 1970 UTC, shape kept.

    Before the start the hours before the start are the same; during the programme the share of it that is over; after
    the end the hours after the end. Where either lasts longer than a day, the days are matched in order (first to
    first, last to last) and within a day the hours since the hour of the start, so that nights stay nights.
    """
    start, end, start_then, end_then = (t.timestamp() for t in (event.start, event.end, analogue.start, analogue.end))
    since, lasts, lasted = times_s - start, end - start, end_then - start_then
    if max(lasts, lasted) > 1.25 * DAY_S:
        days, days_then = (max(1.0, np.ceil(length / DAY_S)) for length in (lasts, lasted))
        day = np.round(since // DAY_S * (days_then - 1) / max(1.0, days - 1))
        during = np.minimum(start_then + day * DAY_S + since % DAY_S, end_then)
    else:
        during = start_then + since * (lasted / lasts if lasts > 0 else 0.0)
    return np.asarray(np.where(since < 0, start_then + since, np.where(times_s < end, during, end_then + times_s - end)))


@dataclass(frozen=True, slots=True)
class Effect:
    """How far series were from ordinary at one event.

    People whom an event draws come on top of the ordinary ones; those whom it keeps away are a share of the ordinary
    ones. So what is above ordinary is kept as a number, what is below as a share.

    Parameters
    ----------
    times_s
        Starts of the steps in which the event was felt, shape (n,).
    actual, ordinary
        Shape (series, n); NaN is missing.
    more
        Extra, in the quantity's unit, never negative; shape (series, n).
    less
        Share of the ordinary that stayed away, from -1 to 0; shape (series, n).
    inside
        Which series stand for a zone of the event, shape (series,).
    """

    event: Event
    times_s: Int64Array
    actual: FloatArray
    ordinary: FloatArray
    more: FloatArray
    less: FloatArray
    inside: BoolArray

    @property
    def extra(self) -> float:
        """All that was above ordinary, summed over series and steps."""
        return float(np.nansum(self.more))


@dataclass(frozen=True, slots=True)
class Excess:
    """What events add to the ordinary, by series and step; all of shape (series, n).

    Parameters
    ----------
    mean
        In the quantity's unit; negative where people stay away; NaN where no analogue was measured.
    spread
        Standard deviation between the analogues; 0 where there is one.
    evidence
        How much rests under it: about the number of well-fitting analogues.
    """

    mean: FloatArray
    spread: FloatArray
    evidence: FloatArray


class EventMemory:
    """What series of one quantity and step did at the earlier events of an area, as seen from an origin.

    The ordinary is taken from weeks in which no event was felt, where there are such. Of events that were felt at the
    same time each gets a share of what was not ordinary, by expected visitors where all have them.

    Parameters
    ----------
    histories
        Of one quantity, step length and grid; only what ended by the origin is used.
    events
        All that are known; those that ended by the origin teach.
    ordinary
        The model of ordinary weeks.
    most
        How many events are remembered, the latest ones.
    """

    def __init__(self, histories: Sequence[Series], events: Sequence[Event], origin: datetime, ordinary: WeeklyModel, most: int = 60) -> None:
        self._model, self.step_s = ordinary, histories[0].step_s
        self._targets = [one.target for one in histories]
        self._pasts = [one.until(origin) for one in histories]
        self._quiet = [_without(past, events) for past in self._pasts]
        self._errors: list[ErrorQuantiles] | None = None
        self.effects = self._read_effects(sorted((one for one in events if one.end <= origin), key=lambda one: one.end)[-most:])
        self.size_exponent = size_exponent(self.effects)

    def ordinary(self, times_s: Int64Array) -> FloatArray:
        """What is ordinary at these times, shape (series, n); NaN where the weeks before hold nothing."""
        found = np.full((len(self._pasts), len(times_s)), np.nan)
        for row, quiet, past in zip(found, self._quiet, self._pasts, strict=True):
            row[:] = self._model.usual(quiet, times_s)
            if (gone := np.isnan(row)).any():
                row[gone] = self._model.usual(past, times_s[gone])
        return found

    def ordinary_offsets(self, ordinary: FloatArray) -> FloatArray:
        """Distance of the ordinary quantiles to the ordinary, shape (series, n, 7)."""
        if self._errors is None:
            self._errors = [self._read_errors(quiet) for quiet in self._quiet]
        return np.stack([errors.around(row) - row[:, None] for errors, row in zip(self._errors, ordinary, strict=True)])

    def inside(self, event: Event) -> BoolArray:
        """Which series stand for a zone of an event, shape (series,)."""
        return np.array([target in event.zones for target in self._targets])

    def expected_excess(self, event: Event, times_s: Int64Array, ordinary: FloatArray, analogues: Sequence[Analogue]) -> Excess:
        """What an event adds to the ordinary, from its analogues, as a mean weighted by likeness.

        Parameters
        ----------
        times_s
            Starts of steps, shape (n,).
        ordinary
            Shape (series, n).
        """
        by_event = {(one.event.id, one.event.start): one for one in self.effects}
        pairs = [(one, by_event[one.event.id, one.event.start]) for one in analogues if (one.event.id, one.event.start) in by_event]
        if not pairs:
            return Excess(np.full(ordinary.shape, np.nan), np.zeros(ordinary.shape), np.zeros(ordinary.shape))
        moved = np.stack([self._transferred(effect, event, times_s, ordinary) for _, effect in pairs])
        return _weighted(moved, np.array([one.likeness for one, _ in pairs]))

    def knows(self, analogue: Analogue) -> BoolArray:
        """Which series were measured at an analogue, shape (series,)."""
        found = [one for one in self.effects if (one.event.id, one.event.start) == (analogue.event.id, analogue.event.start)]
        return np.asarray(np.any(~np.isnan(found[0].more), axis=1)) if found else np.zeros(len(self._targets), dtype=bool)

    def _transferred(self, effect: Effect, event: Event, times_s: Int64Array, ordinary: FloatArray) -> FloatArray:
        then_s = on_the_clock_of(effect.event, event, np.asarray(times_s + self.step_s / 2, dtype=np.float64))
        place = np.clip((then_s - self.step_s / 2 - effect.times_s[0]) / self.step_s, 0, len(effect.times_s) - 1)
        more, less = _between(effect.more, place), _between(effect.less, place)
        if event.zones and effect.event.zones:
            inside = self.inside(event)
            more, less = _by_role(more, effect.inside, inside), _by_role(less, effect.inside, inside)
        return np.asarray(more * self._scale(effect.event, event) + less * ordinary)

    def _scale(self, then: Event, now: Event) -> float:
        if not then.expected_visitors or not now.expected_visitors:
            return 1.0
        scale = (now.expected_visitors / then.expected_visitors) ** self.size_exponent
        return float(np.clip(scale, 1 / MOST_SCALE, MOST_SCALE))

    def _read_effects(self, events: Sequence[Event]) -> list[Effect]:
        windows = [self._steps_of(event) for event in events]
        if not events:
            return []
        ordinary = self.ordinary(np.concatenate(windows))
        effects, column = [], 0
        for event, times_s in zip(events, windows, strict=True):
            if len(times_s):
                effects.append(self._effect(event, times_s, ordinary[:, column : column + len(times_s)], events))
            column += len(times_s)
        return effects

    def _effect(self, event: Event, times_s: Int64Array, ordinary: FloatArray, events: Sequence[Event]) -> Effect:
        actual = np.stack([values_at(past, times_s) for past in self._pasts])
        away = (actual - ordinary) * _share(event, events, times_s, self.step_s)
        less = np.where(ordinary > 0, np.minimum(away, 0.0) / np.where(ordinary > 0, ordinary, 1.0), np.where(np.isnan(away), np.nan, 0.0))
        return Effect(event, times_s, actual, ordinary, np.maximum(away, 0.0), less, self.inside(event))

    def _steps_of(self, event: Event) -> Int64Array:
        begin, end = window_s(event)
        origin_s = self._pasts[0].first_s
        first = origin_s + int(np.ceil((begin - self.step_s / 2 - origin_s) / self.step_s)) * self.step_s
        return np.arange(first, end - self.step_s / 2, self.step_s).astype(np.int64)

    def _read_errors(self, quiet: Series) -> ErrorQuantiles:
        n = min(len(quiet.values), CALIBRATION_WEEKS * WEEK_S // quiet.step_s)
        times_s = quiet.end_s - quiet.step_s * np.arange(n, 0, -1, dtype=np.int64)
        return ErrorQuantiles(self._model.usual(quiet, times_s), quiet.values[len(quiet.values) - n :])


def size_exponent(effects: Sequence[Effect]) -> float:
    """Power of expected visitors with which extra people grow: within kinds, drawn to `SIZE_EXPONENT`, from 0 to 1.5.

    Ridge regression of the log of all extra people on the log of expected visitors, both as differences to the mean of
    the kind.

    References
    ----------
    A. E. Hoerl and R. W. Kennard, Ridge regression, 1970, with the penalty centred on the default.
    """
    kinds: dict[str, list[tuple[float, float]]] = {}
    for one in effects:
        if one.event.expected_visitors and one.extra > 0:
            kinds.setdefault(one.event.kind, []).append((np.log(one.event.expected_visitors), np.log(one.extra)))
    xy, xx = SIZE_PRIOR * SIZE_EXPONENT, SIZE_PRIOR
    for pairs in kinds.values():
        x, y = (np.array(values) - np.mean(values) for values in zip(*pairs, strict=True))
        xy, xx = xy + float(x @ y), xx + float(x @ x)
    return float(np.clip(xy / xx, 0.0, 1.5))


def _without(past: Series, events: Sequence[Event]) -> Series:
    """The series with the steps in which an event was felt missing."""
    values = past.values.copy()
    for event in events:
        begin, end = ((edge - past.first_s) / past.step_s - 0.5 for edge in window_s(event))
        values[max(0, int(np.ceil(begin))) : max(0, int(np.ceil(end)))] = np.nan
    return replace(past, values=values)


def _share(event: Event, events: Sequence[Event], times_s: Int64Array, step_s: int) -> FloatArray:
    """Which part of what was not ordinary is put down to an event, by step, shape (n,)."""
    others = [one for one in events if one is not event and felt(one, times_s, step_s).any()]
    if not others:
        return np.ones(len(times_s))
    sized = all(one.expected_visitors for one in (event, *others))
    total = float(event.expected_visitors or 1) if sized else 1.0
    own, total_by_step = total, np.full(len(times_s), total)
    for one in others:
        total_by_step += felt(one, times_s, step_s) * (float(one.expected_visitors or 1) if sized else 1.0)
    return np.asarray(own / total_by_step)


def _between(values: FloatArray, place: FloatArray) -> FloatArray:
    """Values at fractional columns, linear in between; where one of two is missing, the other."""
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, values.shape[1] - 1)
    first, second, share = values[:, low], values[:, high], place - low
    first, second = np.where(np.isnan(first) & (share > 0), second, first), np.where(np.isnan(second), first, second)
    return np.asarray(first * (1 - share) + second * share)


def _by_role(values: FloatArray, was_inside: BoolArray, is_inside: BoolArray) -> FloatArray:
    """What each series would have shown had the analogue been where the event is.

    A series whose zone now holds the event, and then did not, gets the mean of those whose zone then did; and the other
    way round.
    """
    found = values.copy()
    for role in (True, False):
        moved, like = (is_inside == role) & (was_inside != role), was_inside == role
        if moved.any():
            known = ~np.isnan(values[like])
            number = known.sum(axis=0)
            total = np.where(known, values[like], 0.0).sum(axis=0)
            found[moved] = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return found


def _weighted(moved: FloatArray, likenesses: FloatArray) -> Excess:
    """Mean, spread and evidence over analogues, the first axis; an analogue counts where it was measured."""
    known = ~np.isnan(moved)
    weights = np.where(known, likenesses[:, None, None], 0.0)
    total = weights.sum(axis=0)
    mean = np.where(total > 0, (weights * np.where(known, moved, 0.0)).sum(axis=0) / np.where(total > 0, total, 1.0), np.nan)
    variance = (weights * np.where(known, moved - mean, 0.0) ** 2).sum(axis=0) / np.where(total > 0, total, 1.0)
    return Excess(mean, np.sqrt(variance), np.minimum(weights, 1.0).sum(axis=0))
