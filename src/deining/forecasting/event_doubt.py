"""Doubt about events: how wide an interval must be, measured by leaving one event out, else by a wide default."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deining.domain.drivers import BoolArray
from deining.domain.forecast import QUANTILES
from deining.domain.series import FloatArray
from deining.forecasting.calendar import Int64Array
from deining.forecasting.event_effects import EventMemory, Excess
from deining.forecasting.event_likeness import Circumstances, weigh

FEWEST_EVENTS = 8
"""Fewest earlier events before the errors of leaving one out decide how wide an interval is."""
DEFAULT_SPREAD = 0.5
"""Standard deviation of the log of the extra people between events that look alike: a factor 1.6 either way. An
assumption on the safe side; used until an area's own events can say better."""
SPREADS = (0.1, 2.0)
LEAST_EVIDENCE = 0.1
MOST_STEPS = 24
"""Steps of a left-out event that are looked at; more are thinned out."""
GROUPS, OWN_ZONES = 3, 2
"""Errors where the ordinary doubt is the larger; where the event's own is; and the same in the event's own zones, where
the errors of an event rise and fall together, so that there are only as many independent ones as events."""

DEFAULT_TABLE = np.array([-1.96, -1.28, -0.67, 0.0, 0.80, 1.80, 3.33])
"""Errors over the scale at `QUANTILES`: below those of a normal distribution; above those of a lognormal one with
`DEFAULT_SPREAD`, (exp(0.5 z) - 1) / 0.5, since an event can draw many times what was expected, but not less than nobody."""


def scale_of(excess: Excess, width: FloatArray, spread: float) -> FloatArray:
    """Size of the error to be expected: that of ordinary weeks and that of the event, shape (series, n).

    The event's own part is the between-event spread of what it adds and the spread between its analogues, times the
    doubt of having few: sqrt(1 + 1 / evidence), as for the error of a forecast from the mean of so many.

    Parameters
    ----------
    width
        Size of the ordinary error, shape (series, n).
    spread
        Relative spread between events.
    """
    doubt = np.sqrt(1 + 1 / np.maximum(excess.evidence, LEAST_EVIDENCE))
    event = np.nan_to_num(doubt * np.hypot(spread * excess.mean, excess.spread))
    return np.asarray(np.hypot(width, event))


def width_of(offsets: FloatArray) -> FloatArray:
    """Size of the ordinary error from the distances of its quantiles: half of the 80 % interval over 1.28."""
    half = (offsets[..., QUANTILES.index(0.90)] - offsets[..., QUANTILES.index(0.10)]) / 2
    return np.asarray(np.maximum(half / 1.28, 1e-9))


@dataclass(frozen=True, slots=True)
class EventDoubt:
    """Quantiles of the error at events.

    Parameters
    ----------
    spread
        Relative spread between events, given their analogues.
    tables
        Errors over the scale at `QUANTILES`, by group of errors; shape (3, 7).
    events
        How many left-out events it rests on; 0 where it is the default.
    """

    spread: float
    tables: FloatArray
    events: int

    def offsets(self, excess: Excess, width: FloatArray, inside: BoolArray) -> FloatArray:
        """Distance of the quantiles to the expected value, shape (series, n, 7).

        Parameters
        ----------
        inside
            Where a series stands for a zone of an event that is felt, shape (series, n).
        """
        scale = scale_of(excess, width, self.spread)
        return np.asarray(self.tables[_group(scale, width, inside)] * scale[..., None])


def learn_doubt(memory: EventMemory, circumstances: Sequence[Circumstances]) -> EventDoubt:
    """Leave each remembered event out, expect it from the others, and see how far that was off.

    Every event counts the same, however many series and steps it has, because the errors within an event go together.

    Parameters
    ----------
    circumstances
        Of `memory.effects`, in their order.

    References
    ----------
    R. Dunn, L. Wasserman and A. Ramdas, Distribution-free prediction sets for two-layer hierarchical models, 2023:
    pooling the scores of groups with equal weight a group. V. Vovk, A. Gammerman and G. Shafer, Algorithmic
    Learning in a Random World, 2005: conformal quantiles by category.
    """
    left_out = [found for k in range(len(memory.effects)) if (found := _leave_out(memory, circumstances, k))]
    ratios = [one.log_ratio for one in left_out if not math.isnan(one.log_ratio)]
    measured = math.sqrt(float(np.mean(np.square(ratios)))) if len(ratios) >= 2 else DEFAULT_SPREAD
    if len(left_out) < FEWEST_EVENTS:
        return EventDoubt(min(SPREADS[1], max(DEFAULT_SPREAD, measured)), np.tile(DEFAULT_TABLE, (GROUPS, 1)), 0)
    spread = float(np.clip(measured, *SPREADS))
    return EventDoubt(spread, _tables(left_out, spread), len(left_out))


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """Errors at a left-out event, and the log of what it added over what was expected of it."""

    error: FloatArray
    excess: Excess
    width: FloatArray
    inside: BoolArray
    log_ratio: float


def _leave_out(memory: EventMemory, circumstances: Sequence[Circumstances], k: int) -> _LeftOut | None:
    effect = memory.effects[k]
    steps = np.unique(np.linspace(0, len(effect.times_s) - 1, MOST_STEPS).round().astype(int))
    analogues = weigh(circumstances[k], [one for j, one in enumerate(circumstances) if j != k])
    ordinary = effect.ordinary[:, steps]
    excess = memory.expected_excess(effect.event, effect.times_s[steps], ordinary, analogues)
    away = effect.more[:, steps] + effect.less[:, steps] * ordinary
    known = ~np.isnan(excess.mean) & ~np.isnan(away)
    if not known.any():
        return None
    centre = np.maximum(ordinary + excess.mean, 0.0)
    error = np.where(known, ordinary + away - centre, np.nan)
    inside = np.broadcast_to(effect.inside[:, None], error.shape)
    return _LeftOut(error, excess, width_of(memory.ordinary_offsets(ordinary)), inside, _log_ratio(away[known], excess.mean[known]))


def _log_ratio(away: FloatArray, expected: FloatArray) -> float:
    """Log of how many times larger the effect was than expected, from -2 to 2; NaN where none was expected."""
    weight = float(expected @ expected)
    slope = float(away @ expected) / weight if weight > 0 else math.nan
    return math.nan if math.isnan(slope) else math.log(min(math.exp(2), max(math.exp(-2), slope)))


def _group(scale: FloatArray, width: FloatArray, inside: BoolArray) -> Int64Array:
    return np.where(scale**2 > 2 * width**2, np.where(inside, OWN_ZONES, 1), 0).astype(np.int64)


def _tables(left_out: Sequence[_LeftOut], spread: float) -> FloatArray:
    scores: list[list[FloatArray]] = [[] for _ in range(GROUPS)]
    for one in left_out:
        scale = scale_of(one.excess, one.width, spread)
        group, known = _group(scale, one.width, one.inside), ~np.isnan(one.error)
        for g in range(GROUPS):
            if (chosen := known & (group == g)).any():
                scores[g].append(one.error[chosen] / scale[chosen])
    pooled = [one for own in scores for one in own]
    chosen = [own if len(own) >= FEWEST_EVENTS else pooled for own in scores]
    tables = [conformal_table(own, effective_number(own)) for own in chosen[:OWN_ZONES]]
    return np.stack([*tables, conformal_table(chosen[OWN_ZONES], min(len(chosen[OWN_ZONES]), len(left_out)))])


def conformal_table(scores: Sequence[FloatArray], independent: float) -> FloatArray:
    """Quantiles of scores in groups, each group counting the same, with room for what was never seen; shape (7,).

    With n independent scores a quantile q is taken at q (1 + 1 / n). Where that lies beyond all of them, it is taken
    from the quantile further in, in the proportions of `DEFAULT_TABLE`, and is at least the plain one.

    Parameters
    ----------
    independent
        n. The number of groups where the scores of a group rise and fall together.
    """
    values = np.concatenate(list(scores))
    mass = np.concatenate([np.full(len(one), 1 / (len(one) * len(scores))) for one in scores])
    room = 1 + 1 / independent
    below, above = (_outward(sign * values, mass, room, DEFAULT_TABLE[::sign] * sign)[::sign] * sign for sign in (-1, 1))
    return np.asarray(np.where(np.array(QUANTILES) < 0.5, below, above))


def effective_number(scores: Sequence[FloatArray]) -> float:
    """How many independent scores the scores in groups are worth: from the number of groups to that of scores.

    The number of scores over the design effect 1 + (size - 1) x intra-class correlation. The correlation is the share of
    the variance that is between groups; of groups with few scores it is a little too high, which errs on the wide side.

    References
    ----------
    L. Kish, Survey Sampling, 1965: the design effect of clusters.
    """
    means = np.array([np.mean(one) for one in scores])
    between = float(np.var(means))
    within = float(np.mean([np.var(one) for one in scores]))
    together = between / (between + within) if between + within > 0 else 1.0
    size = sum(map(len, scores)) / len(scores)
    return len(scores) * size / (1 + (size - 1) * together)


def _outward(values: FloatArray, mass: FloatArray, room: float, default: FloatArray) -> FloatArray:
    order = np.argsort(values)
    values, reached = values[order], np.cumsum(mass[order])
    found = np.zeros(len(QUANTILES))
    for k, q in enumerate(QUANTILES):
        wanted = q * room if q * room <= 1 else q
        found[k] = values[min(len(values) - 1, int(np.searchsorted(reached, wanted - 1e-9)))]
        if q * room > 1 and default[k - 1] > 0:
            found[k] = max(found[k], found[k - 1] * default[k] / default[k - 1])
    return found
