"""Did it work? The measured course after a measure against the forecast made before it, without it.

The difference is the mean over whole steps of measured less forecast. Its interval counts two things that are not known.

1. *What would have been.* The quantiles of each step say how far the forecast may be off. Errors of one forecast hang
   together: a busy evening stays busier than forecast for hours, so averaging many steps takes away little. The steps are
   therefore taken as moving together (comonotone): then a quantile of the mean is the mean of the quantiles, and no other
   dependence spreads the mean out more. Nothing is divided by the root of the number of steps. Where errors of past
   forecasts are given, the width is multiplied by the factor that they show, at most 1.
2. *What is.* The interval of each state is wholly carried over to the mean too, for a wrong rate of a sensor is wrong all
   evening.

The two are independent, as far as a forecast's errors are not those of the sensors: each end of the interval is the root of
the sum of squares. So a claim is wrong at most as often as the interval says, if the forecast's own quantiles are right;
their record stands with the forecasts.

What differs from the forecast need not be the measure's doing. Weather, a delayed train or a goal in the match act too.

References
----------
J. Dhaene, M. Denuit, M. J. Goovaerts, R. Kaas, D. Vyncke, "The concept of comonotonicity in actuarial science and finance:
theory", Insurance: Mathematics and Economics 31, 2002: quantiles of a comonotone sum are the sums of the quantiles, and it
is the largest in convex order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from scipy.stats import chi2, norm

from deining.domain.area import Area
from deining.domain.decision import Course, DecidedMeasure, Decision, Effect, FrozenForecast, Verdict
from deining.domain.errors import WrongUse
from deining.domain.forecast import QUANTILES, Forecast
from deining.domain.series import FloatArray, Series
from deining.domain.state import Quality
from deining.response.measure_words import say_effect

LEAST_STEPS = 2
LEAST_COVERED = 0.5
"""A step counts as measured when at least this share of its minutes is."""
LEAST_PAST = 20
"""Past forecasts that must be given before their errors may narrow the interval."""
CONFIDENCE_OF_FACTOR = 0.9
ENDS = {0.8: (0.10, 0.90), 0.95: (0.025, 0.975)}
"""The quantiles that bound an interval of each nominal probability."""
Z90 = float(norm.ppf(0.95))
"""Half width of a 90 % interval of the normal distribution, in standard deviations."""


@dataclass(frozen=True, slots=True)
class MeasuredStep:
    """What was measured in one step of a forecast; value None where it was not measured reliably, sd of its own error."""

    value: float | None
    sd: float = 0.0


# -- what is compared


def choose_forecast(frozen: Iterable[FrozenForecast], target: str, before: datetime) -> FrozenForecast | None:
    """The newest forecast of a place made at or before a time; of occupancy where there is one, for it is what levels rest on."""
    fitting = [one for one in frozen if one.target == target and one.origin <= before and one.steps]
    return max(fitting, key=lambda one: (one.origin, one.quantity == "occupancy", one.quantity), default=None)


def average_course(course: Iterable[Course], steps: Sequence[Forecast], state_every_s: float = 60.0) -> list[MeasuredStep]:
    """The mean of the kept states in each step of a forecast of occupancy or flow.

    Parameters
    ----------
    course
        Kept states; the time of each is the end of what it is about. Stale, suspect and missing ones count as not measured.
    state_every_s
        Seconds between two states. A step of which less than half is measured has no value.
    """
    kept = [one for one in course if one.value is not None and Quality(one.quality).may_alert]
    ends_s = np.array([one.time.timestamp() for one in kept])
    values = np.array([one.value for one in kept], dtype=np.float64)
    sds = np.array([_sd(one) for one in kept], dtype=np.float64)
    measured = []
    for step in steps:
        start_s, length_s = step.time.timestamp(), float(step.step_s or 0)
        inside = (ends_s > start_s) & (ends_s <= start_s + length_s)
        enough = length_s > 0 and inside.sum() * state_every_s >= LEAST_COVERED * length_s
        measured.append(MeasuredStep(float(values[inside].mean()), float(sds[inside].mean())) if enough else MeasuredStep(None))
    return measured


def _sd(state: Course) -> float:
    return 0.0 if state.p05 is None or state.p95 is None else max(0.0, state.p95 - state.p05) / (2 * Z90)


def take_series(series: Series, steps: Sequence[Forecast]) -> list[MeasuredStep]:
    """The counts of a point counter in each step of a forecast of `count`, in persons/min."""
    measured = []
    for step in steps:
        k, rest = divmod(int(step.time.timestamp()) - series.first_s, series.step_s)
        known = rest == 0 and step.step_s == series.step_s and 0 <= k < len(series.values) and bool(np.isfinite(series.values[k]))
        measured.append(MeasuredStep(float(series.values[k]) / (series.step_s / 60)) if known else MeasuredStep(None))
    return measured


def find_together(decisions: Iterable[Decision], number: int, measure: str, target: str, since: datetime, until: datetime) -> tuple[str, ...]:
    """Ids of the other measures that were in force at a place at some time in [since, until)."""
    return tuple(
        sorted(
            {
                other.measure
                for decision in decisions
                for other in decision.measures
                if (decision.number, other.measure) != (number, measure) and target in other.places and _was_in_force(other, since, until)
            }
        )
    )


def _was_in_force(measure: DecidedMeasure, since: datetime, until: datetime) -> bool:
    return measure.in_force_at is not None and measure.in_force_at < until and (measure.ended_at is None or since < measure.ended_at)


# -- the effect


def judged_steps(measure: DecidedMeasure, frozen: FrozenForecast, now: datetime) -> list[Forecast]:
    """The whole steps of a frozen forecast that are over and in which the effect could be seen: while it lasted, once it showed."""
    if measure.in_force_at is None:
        return []
    begin = measure.in_force_at + timedelta(seconds=measure.effect_after_s)
    end = min(now, measure.ended_at or now)
    return [step for step in frozen.steps if step.step_s and begin <= step.time and step.time + timedelta(seconds=step.step_s) <= end]


def find_effect(
    area: Area,
    decision: Decision,
    measure: str,
    frozen: FrozenForecast,
    steps: Sequence[Forecast],
    measured: Sequence[MeasuredStep],
    *,
    together: Sequence[str] = (),
    share: float = 0.8,
    past_errors: FloatArray | None = None,
) -> Effect:
    """What a measure shows at one place.

    Parameters
    ----------
    steps
        Those that are judged, as by `judged_steps`.
    measured
        One for each step, as by `average_course` or `take_series`.
    together
        Other measures in force there meanwhile, as by `find_together`.
    share
        Nominal probability of the interval: 0.8 or 0.95. An effect is claimed where the interval leaves zero out, so of
        measures that do nothing at most 1 in 5, or 1 in 20, will seem to do something.
    past_errors
        Errors (measured less median) of past forecasts of this place at the same leads, shape (forecasts, steps), NaN where
        not known; of other days, so that they do not hang together. Without them the steps are taken as moving together.

    Raises
    ------
    WrongUse
        When there is not one measured step for each step, or the share is another.
    """
    if len(steps) != len(measured) or share not in ENDS:
        raise WrongUse(f"{len(measured)} measured steps for {len(steps)}, share {share:g}; give one a step, and a share out of 0.8 and 0.95")
    used = [k for k, one in enumerate(measured) if one.value is not None]
    begin = _begin(decision, measure, frozen)
    effect = Effect(
        decision=decision.number,
        measure=measure,
        target=frozen.target,
        quantity="flow_per_min" if frozen.quantity == "count" else frozen.quantity,
        origin=frozen.origin,
        since=steps[0].time if steps else begin,
        until=_end(steps[-1]) if steps else begin,
        measured=None,
        expected=None,
        difference=None,
        low=None,
        high=None,
        verdict=Verdict.TOO_EARLY,
        share=share,
        steps=len(used),
        left_out=len(steps) - len(used),
        together=tuple(together),
    )
    if used:
        past = None if past_errors is None else past_errors[:, used]
        effect = _compare(effect, [steps[k] for k in used], [measured[k] for k in used], past)
    return replace(effect, text=say_effect(area, effect))


def _begin(decision: Decision, measure: str, frozen: FrozenForecast) -> datetime:
    """When the judged time begins while no step is over: when it came into force, else when the forecast was made.

    Raises
    ------
    WrongUse
        When the decision does not hold the measure.
    """
    found = decision.find_measure(measure)
    if found is None:
        raise WrongUse(f"decision {decision.number} holds no measure {measure!r}; it holds {', '.join(one.measure for one in decision.measures) or 'none'}")
    return found.in_force_at or frozen.origin


def _end(step: Forecast) -> datetime:
    return step.time + timedelta(seconds=step.step_s or 0)


def _compare(effect: Effect, steps: Sequence[Forecast], measured: Sequence[MeasuredStep], past_errors: FloatArray | None) -> Effect:
    """Mean difference with its interval, and what it shows."""
    low_q, high_q = ENDS[effect.share]
    per_min = np.array([60 / step.step_s if step.quantity == "count" and step.step_s else 1.0 for step in steps])
    at = {q: np.array([step.quantiles[QUANTILES.index(q)] for step in steps]) * per_min for q in (low_q, 0.5, high_q)}
    seen, expected = float(np.mean([one.value for one in measured])), float(at[0.5].mean())
    narrower = dependence_factor(past_errors, at[high_q] - at[low_q])
    own = float(norm.ppf(high_q)) * float(np.mean([one.sd for one in measured]))
    above, below = ((at[high_q] - at[0.5]).mean() * narrower, (at[0.5] - at[low_q]).mean() * narrower)
    difference = seen - expected
    low, high = difference - float(np.hypot(above, own)), difference + float(np.hypot(below, own))
    return replace(effect, measured=seen, expected=expected, difference=difference, low=low, high=high, verdict=_judge(low, high, len(steps)))


def _judge(low: float, high: float, steps: int) -> Verdict:
    if steps < LEAST_STEPS:
        return Verdict.TOO_EARLY
    return Verdict.LESS if high < 0 else Verdict.MORE if low > 0 else Verdict.NONE_SHOWN


def dependence_factor(past_errors: FloatArray | None, widths: FloatArray) -> float:
    """By how much less the mean over the steps is spread out than if all steps moved together; 1 where that is not known.

    Each step's past errors are scaled to a root mean square of 1. The spread of their mean, weighted with the widths, is the
    factor; its upper 90 % confidence limit by the chi-square distribution is taken, and never more than 1.

    Parameters
    ----------
    past_errors
        Shape (forecasts, steps); rows with NaN are left out, and at least `LEAST_PAST` must remain.
    widths
        Widths of the steps' intervals, shape (steps,).

    References
    ----------
    G. E. P. Box, J. S. Hunter, W. G. Hunter, Statistics for Experimenters, 2nd edition, 2005: confidence limits of a
    standard deviation from the chi-square distribution.
    """
    if past_errors is None or widths.sum() <= 0:
        return 1.0
    whole = past_errors[np.isfinite(past_errors).all(axis=1)]
    size = np.sqrt((whole**2).mean(axis=0)) if len(whole) >= LEAST_PAST else np.zeros(1)
    if not (size > 0).all():
        return 1.0
    means = (whole / size) @ (widths / widths.sum())
    limit = np.sqrt((means**2).sum() / chi2.ppf(1 - CONFIDENCE_OF_FACTOR, len(means)))
    return min(1.0, float(limit))
