"""The rows of bowties, and how they are made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from deining.desk.barriers import BowtieNow
from deining.domain.area import Area
from deining.domain.words import name_of
from deining.risk.bowtie.assessment import Likelihood
from deining.web.figures import DIGITS, rounded


class LikelihoodRow(msgspec.Struct, kw_only=True):
    """How likely something is within the bowtie's horizon; `exact` says whether the bounds are, or were found by sampling."""

    id: str
    name: str
    low: float
    chance: float
    high: float
    exact: bool


class BarrierRow(msgspec.Struct, kw_only=True):
    """A barrier and its status; `status_by` and `status_at` say who said so last, and are null where a device alone says it."""

    id: str
    name: str
    side: str
    on: list[str]
    owner: str
    status: str
    status_by: str | None
    status_at: datetime | None
    status_why: str
    usual: str
    follows: str | None
    effectiveness: tuple[float, float, float]


class FactorRow(msgspec.Struct, kw_only=True):
    """A factor, by what it multiplies the odds of the top event, and where that comes from; `present` is null where nobody knows."""

    id: str
    name: str
    present: bool | None
    odds_ratio: tuple[float, float, float]
    source: str


class WaterfallRow(msgspec.Struct, kw_only=True, rename={"start": "from"}):
    """A step from the base to the chance of the top event; `low` and `high` are where it would lead at the ends of its interval."""

    kind: str
    id: str
    name: str
    start: float
    to: float
    low: float
    high: float


class BowtieRow(msgspec.Struct, kw_only=True):
    """A bowtie as it is now."""

    area: str
    id: str
    name: str
    zone: str
    zone_name: str
    level: str
    horizon_s: float
    source: str
    top: LikelihoodRow
    forecast_chance: float | None
    threats: list[LikelihoodRow]
    barriers: list[BarrierRow]
    factors: list[FactorRow]
    consequences: list[LikelihoodRow]
    waterfall: list[WaterfallRow]


def bowtie_row(area: Area, now: BowtieNow) -> BowtieRow:
    """A bowtie with its barriers, factors and figures."""
    bowtie, found = now.bowtie, now.assessment
    barriers = []
    for one in bowtie.barriers:
        said, worth = now.said.get(one.id), one.effectiveness
        barriers.append(
            BarrierRow(
                id=one.id,
                name=one.name,
                side=bowtie.side(one).value,
                on=list(one.on),
                owner=one.owner,
                status=now.statuses[one.id].value,
                status_by=said.by if said else None,
                status_at=said.at if said else None,
                status_why=said.why if said else "",
                usual=one.usual.value,
                follows=one.follows,
                effectiveness=(worth.low, worth.best, worth.high),
            )
        )
    factors = [
        FactorRow(id=one.id, name=one.name, present=now.present.get(one.id), odds_ratio=_three(one.odds_ratio), source=one.source) for one in bowtie.factors
    ]
    steps = [
        WaterfallRow(
            kind=one.kind,
            id=one.id,
            name=one.name,
            start=round(one.start, DIGITS),
            to=round(one.to, DIGITS),
            low=round(one.low, DIGITS),
            high=round(one.high, DIGITS),
        )
        for one in found.waterfall
    ]
    return BowtieRow(
        area=area.id,
        id=bowtie.id,
        name=bowtie.name,
        zone=bowtie.zone,
        zone_name=name_of(area, bowtie.zone),
        level=bowtie.level.label,
        horizon_s=bowtie.horizon_s,
        source=bowtie.source,
        top=_likelihood(found.top),
        forecast_chance=rounded(found.forecast_chance),
        threats=[_likelihood(one) for one in found.threats],
        barriers=barriers,
        factors=factors,
        consequences=[_likelihood(one) for one in found.consequences],
        waterfall=steps,
    )


def _three(interval: Any) -> tuple[float, float, float]:
    return (interval.low, interval.best, interval.high)


def _likelihood(one: Likelihood) -> LikelihoodRow:
    low, chance, high = (round(value, DIGITS) for value in (one.low, one.chance, one.high))
    return LikelihoodRow(id=one.id, name=one.name, low=low, chance=chance, high=high, exact=one.method.value == "exact")
