"""A bowtie assessed: how likely are top event and consequences now, between which bounds, and what makes it so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from deining.domain.bowtie import BarrierStatus, Bowtie, Factor, Interval
from deining.domain.errors import UnknownName, WrongUse
from deining.domain.series import FloatArray
from deining.risk.bowtie.intervals import build_box, chance_of, log_odds, odds_moved
from deining.risk.bowtie.network import BEST, HIGH, LOW, Network, build_network
from deining.risk.bowtie.waterfall import Contribution, WaterfallStep, barrier_contributions, list_steps

BASE_WORDS = {
    "forecast": {"en": "Forecast, with the barriers as usual", "nl": "Prognose, met de barrières als gewoonlijk"},
    "threats": {"en": "Threats alone, with the barriers as usual; no forecast", "nl": "Alleen dreigingen, met de barrières als gewoonlijk; geen prognose"},
}
SEED = 20260718


class Method(StrEnum):
    """How the bounds were found."""

    EXACT = "exact"
    """Everything unknown moves the result one way only, so the bounds are those with all of it at its ends."""
    SAMPLED = "sampled"
    """Least and most of many cases within all intervals; the true bounds may lie a little further out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """How likely something is within the bowtie's horizon: lowest, best guess, highest, and how these bounds were found."""

    id: str
    name: str
    low: float
    chance: float
    high: float
    method: Method = Method.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a bowtie says now.

    Parameters
    ----------
    bowtie
        Its id.
    forecast_chance
        What the forecast gave; None where there was none.
    top
        The top event.
    threats
        How likely each occurs, by the network alone.
    through
        How likely each comes through all its barriers, by the network alone.
    consequences
        How likely each follows.
    waterfall
        From the base to the top event's best guess.
    """

    bowtie: str
    forecast_chance: float | None
    top: Likelihood
    threats: tuple[Likelihood, ...]
    through: tuple[Likelihood, ...]
    consequences: tuple[Likelihood, ...]
    waterfall: tuple[WaterfallStep, ...]


def assess(
    bowtie: Bowtie,
    forecast_chance: float | None,
    statuses: Mapping[str, BarrierStatus],
    present: Mapping[str, bool | None],
    *,
    language: str = "en",
    seed: int = SEED,
) -> Assessment:
    """How likely the top event and its consequences are now, by exact enumeration of the bowtie.

    The forecast is the base: its chance holds for the barriers in their usual status. What is different now moves its odds:
    the barriers that are not as usual by the ratio of the network's odds as it is to those with all as usual, and each factor
    that is present by its odds ratio. Without a forecast the network alone gives the base, from the chances of the threats.

    Parameters
    ----------
    bowtie
        What is assessed.
    forecast_chance
        Probability, from the forecast, that the zone reaches the level within the horizon; None where there is none.
    statuses
        Barrier -> how it is; a barrier that is not named is unknown.
    present
        Factor -> whether it is there; None, or a factor that is not named, is unknown: it may be there or not. Factors of
        other bowties are passed over.
    language
        Of the words for the base: "en" or "nl".
    seed
        Of the cases by which bounds are found where they cannot be exact.

    Returns
    -------
    Assessment
        All in probabilities.

    Raises
    ------
    UnknownName
        When a status is given of a barrier that the bowtie does not have.
    WrongUse
        When the forecast's chance is no probability.
    WrongData
        When the bowtie is too entangled to enumerate.

    Examples
    --------
    >>> from deining.domain.bowtie import Barrier, Threat
    >>> from deining.domain.levels import Level
    >>> rush = Threat(id="rush", name="Rush", chance=Interval(0.1, 0.2, 0.3))
    >>> stewards = Barrier(id="stewards", name="Stewards", on=("rush",), owner="town", effectiveness=Interval(0.6, 0.75, 0.9))
    >>> given = {"zone": "square", "level": Level.RED, "horizon_s": 1800, "top": "Full square", "source": "judgement of a test"}
    >>> bowtie = Bowtie(id="square", name="Square", threats=(rush,), barriers=(stewards,), **given)
    >>> found = assess(bowtie, None, {"stewards": BarrierStatus.DOWN}, {})
    >>> [round(step.to, 3) for step in found.waterfall], found.top.method.value
    ([0.05, 0.2], 'exact')
    """
    _check(bowtie, forecast_chance, statuses)
    network = build_network(bowtie)
    working = _working(bowtie, statuses)
    events = network.probabilities(network.extremes(), working[:, [HIGH, BEST, LOW]])
    threats = network.threats.chances(events)
    factors = [Contribution("factor", one.id, one.name, added) for one in bowtie.factors if (added := _added(one, present.get(one.id))) is not None]
    barriers = barrier_contributions(bowtie, working)
    base = _base(bowtie, network, forecast_chance, language)
    before, method = _before_factors(bowtie, network.top.chances(events)[0], forecast_chance, working, bool(barriers), seed)
    top = [chance_of(before[end] + sum((one.added.low, one.added.best, one.added.high)[end] for one in factors)) for end in (LOW, BEST, HIGH)]
    follows = _follows(bowtie, network, events, working, seed)
    count = len(bowtie.threats)
    return Assessment(
        bowtie=bowtie.id,
        forecast_chance=forecast_chance,
        top=_likelihood(bowtie.id, bowtie.top, top, method),
        threats=tuple(_likelihood(one.id, one.name, row) for one, row in zip(bowtie.threats, threats[:count], strict=True)),
        through=tuple(_likelihood(one.id, one.name, row) for one, row in zip(bowtie.threats, threats[count:], strict=True)),
        consequences=tuple(
            _likelihood(one.id, one.name, row * np.array(top), Method.SAMPLED if place in network.tied else method)
            for place, (one, row) in enumerate(zip(bowtie.consequences, follows, strict=True))
        ),
        waterfall=list_steps(base, [*factors, *barriers]),
    )


def _check(bowtie: Bowtie, forecast_chance: float | None, statuses: Mapping[str, BarrierStatus]) -> None:
    known = [barrier.id for barrier in bowtie.barriers]
    for id_ in statuses:
        if id_ not in known:
            raise UnknownName(f"barrier in bowtie {bowtie.id}", id_, known)
    if forecast_chance is not None and not 0 <= forecast_chance <= 1:
        raise WrongUse(f"forecast chance {forecast_chance:g} for bowtie {bowtie.id}; expected a probability from 0 to 1, or none")


def _working(bowtie: Bowtie, statuses: Mapping[str, BarrierStatus]) -> FloatArray:
    """Lowest, best and highest part of its effectiveness that each barrier has; shape (barriers, 3)."""
    parts = [barrier.working(statuses.get(barrier.id, BarrierStatus.UNKNOWN)) for barrier in bowtie.barriers]
    return np.array([(part.low, part.best, part.high) for part in parts]).reshape(-1, 3)


def _added(factor: Factor, present: bool | None) -> Interval | None:
    """What a factor adds in log-odds; None where it is absent. An unknown one may add nothing; half is the best guess."""
    low, best, high = (math.log(ratio) for ratio in (factor.odds_ratio.low, factor.odds_ratio.best, factor.odds_ratio.high))
    if present is None:
        return Interval(min(low, 0.0), best / 2, max(high, 0.0))
    return Interval(low, best, high) if present else None


def _base(bowtie: Bowtie, network: Network, forecast_chance: float | None, language: str) -> Contribution:
    if forecast_chance is None:
        low, best, high = log_odds(network.top.chances(network.probabilities(network.extremes()))[0])
    else:
        low = best = high = log_odds(np.array([forecast_chance]))[0]
    id_ = "threats" if forecast_chance is None else "forecast"
    return Contribution("base", id_, BASE_WORDS[id_][language], Interval(float(low), float(best), float(high)))


def _before_factors(
    bowtie: Bowtie, alone: FloatArray, forecast_chance: float | None, working: FloatArray, is_moved: bool, seed: int
) -> tuple[Sequence[float], Method]:
    """Log-odds of the top event (low, best, high) before the factors, and how they were found."""
    if forecast_chance is None:
        return [float(one) for one in log_odds(alone)], Method.EXACT
    base = float(log_odds(np.array([forecast_chance]))[0])
    if not is_moved:
        return [base] * 3, Method.EXACT
    moved = odds_moved(bowtie, working, seed)
    return [base + moved.low, base + moved.best, base + moved.high], Method.SAMPLED


def _follows(bowtie: Bowtie, network: Network, events: FloatArray, working: FloatArray, seed: int) -> FloatArray:
    """Probability (low, best, high) of each consequence, given the top event; shape (consequences, 3)."""
    found = network.alone.chances(events)
    if not network.tied:
        return found
    cases = build_box(bowtie, seed, whole=True).cases
    best = _given_top(network, cases[:, :1], working[:, [BEST]])[:, 0]
    ends = np.hstack([_given_top(network, cases, part[:, None]) for part in np.unique(working[:, [LOW, HIGH]], axis=1).T])
    for place, middle, row in zip(network.tied, best, ends, strict=True):
        found[place] = np.fmin.reduce(row, initial=middle), middle, np.fmax.reduce(row, initial=middle)
    return found


def _given_top(network: Network, cases: FloatArray, working: FloatArray) -> FloatArray:
    """Probability of each tied consequence given the top event, case by case; NaN where the top event cannot be."""
    now = network.joint.chances(network.probabilities(cases, working))
    found: FloatArray = np.divide(now[:-1], now[-1], out=np.full_like(now[:-1], np.nan), where=now[-1] > 0)
    return found


def _likelihood(id: str, name: str, chances: Sequence[float] | FloatArray, method: Method = Method.EXACT) -> Likelihood:
    low, best, high = (min(max(float(one), 0.0), 1.0) for one in chances)
    return Likelihood(id=id, name=name, low=min(low, best), chance=best, high=max(high, best), method=method)
