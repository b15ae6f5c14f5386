"""The rows of forecasts, of their record and of models, and how each is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
import numpy as np

from deining.domain.area import Area
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelQuantity, LevelReach
from deining.forecasting.record import AT, BANDS, BANDS_S, LevelCounts, read_score
from deining.runner import Runner
from deining.storage.forecasts import ScoreRow
from deining.storage.models import KeptModel
from deining.web.figures import DIGITS, LevelName, rounded

RECORD_KINDS = ("all", "quiet", "busy", "special")


class ForecastRow(msgspec.Struct, kw_only=True):
    """One step of a forecast; `time` is the start of the step."""

    area: str
    target: str
    quantity: str
    origin: datetime
    time: datetime
    step_s: int | None
    mean: float
    p2_5: float
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    p97_5: float
    model: str
    model_version: str
    learned_until: datetime | None
    absent: list[str]
    reason: str


class ReachRow(msgspec.Struct, kw_only=True):
    """How likely a place reaches a level, by seconds after the origin, and when if it does within the longest of them: median and 80 % interval."""

    area: str
    target: str
    quantity: LevelQuantity
    level: LevelName
    threshold: float
    origin: datetime
    chances: dict[str, float]
    at_p10: datetime | None
    at_p50: datetime | None
    at_p90: datetime | None


class ModelShareRow(msgspec.Struct, kw_only=True):
    """Which share of the scored steps a model forecast."""

    name: str
    share: float


class LevelCountsRow(msgspec.Struct, kw_only=True):
    """How often a level was forecast and came, came unforeseen, was forecast and did not come, or neither."""

    hits: int
    misses: int
    false_alarms: int
    correct_negatives: int


class RecordRow(msgspec.Struct, kw_only=True):
    """How good past forecasts were; `target` is null for all places together, and levels without a scale are left out."""

    area: str
    target: str | None
    quantity: str
    band: str
    lead_from_s: int
    lead_to_s: int
    kind: Literal["all", "quiet", "busy", "special"]
    n: int
    missing: int
    mae: float | None
    to_last_week: float | None
    to_ordinary_weeks: float | None
    wql: float | None
    cover80: float | None
    cover95: float | None
    levels: dict[LevelName, LevelCountsRow]
    levels_by_chance: dict[LevelName, LevelCountsRow]
    since: datetime
    until: datetime
    models: list[ModelShareRow]


class ModelRow(msgspec.Struct, kw_only=True):
    """A model that was trained, with its loss and that of the model then in use on steps neither had learned from."""

    name: str
    version: str
    code_version: str
    data_version: str
    seed: int | None
    learned_until: datetime
    tried_at: datetime
    adopted_at: datetime | None
    refused: str
    in_use: bool
    holdout_steps: int
    score: float | None
    champion_score: float | None


class TrainingRow(msgspec.Struct, kw_only=True):
    """How the training of an area's forecaster goes, and the models it gave, the newest first."""

    area: str
    forecaster: str
    learning_since: datetime | None
    last_tried_at: datetime | None
    last_learned_at: datetime | None
    last_failure: str
    last_failure_at: datetime | None
    scoring_failure: str
    models: list[ModelRow]


def forecast_row(area: Area, forecast: Forecast) -> ForecastRow:
    """A forecast's row."""
    p2_5, p10, p25, p50, p75, p90, p97_5 = (round(q, DIGITS) for q in forecast.quantiles)
    return ForecastRow(
        area=area.id,
        target=forecast.target,
        quantity=forecast.quantity,
        origin=forecast.origin,
        time=forecast.time,
        step_s=forecast.step_s,
        mean=round(forecast.mean, DIGITS),
        p2_5=p2_5,
        p10=p10,
        p25=p25,
        p50=p50,
        p75=p75,
        p90=p90,
        p97_5=p97_5,
        model=forecast.model,
        model_version=forecast.provenance.model_version,
        learned_until=forecast.provenance.learned_until,
        absent=list(forecast.provenance.absent),
        reason=forecast.provenance.reason,
    )


def reach_row(area: Area, reach: LevelReach) -> ReachRow:
    """A row of how likely a level is reached."""
    return ReachRow(
        area=area.id,
        target=reach.target,
        quantity=reach.quantity,
        level=reach.level.label,  # type: ignore[arg-type]
        threshold=reach.scale.threshold(reach.level),
        origin=reach.origin,
        chances={str(seconds): round(chance, 4) for seconds, chance in sorted(reach.chances.items())},
        at_p10=reach.at_p10,
        at_p50=reach.at_p50,
        at_p90=reach.at_p90,
    )


def record_rows(area: str, scores: Sequence[ScoreRow], *, together: bool) -> list[RecordRow]:
    """The record of an area by place, band of leads and kind of hour; or of all its places together."""
    groups: dict[tuple[str | None, str, int, str], list[ScoreRow]] = {}
    for score in scores:
        for kind in ("all", score.kind):
            groups.setdefault((None if together else score.target, score.quantity, score.lead_s, kind), []).append(score)
    bands = {high: (name, low) for name, (low, high) in zip(BANDS, BANDS_S, strict=True)}
    order = sorted(groups, key=lambda key: (key[0] or "", key[1], key[2], RECORD_KINDS.index(key[3]) if key[3] in RECORD_KINDS else -1))
    return [
        _record_row(area, target, quantity, lead_s, kind, bands[lead_s], groups[target, quantity, lead_s, kind])
        for target, quantity, lead_s, kind in order
        if kind in RECORD_KINDS and lead_s in bands
    ]


def _record_row(area: str, target: str | None, quantity: str, lead_s: int, kind: str, band: tuple[str, int], scores: Sequence[ScoreRow]) -> RecordRow:
    name, low = band
    found = read_score(np.sum([one.sums for one in scores], axis=0))
    return RecordRow(
        area=area,
        target=target,
        quantity=quantity,
        band=name,
        lead_from_s=low,
        lead_to_s=lead_s,
        kind=kind,  # type: ignore[arg-type]
        n=found.n,
        missing=found.missing,
        mae=rounded(found.mae),
        to_last_week=rounded(found.to_last_week),
        to_ordinary_weeks=rounded(found.to_ordinary_weeks),
        wql=rounded(found.wql),
        cover80=rounded(found.cover80),
        cover95=rounded(found.cover95),
        levels=_level_counts(found.levels),
        levels_by_chance=_level_counts(found.levels_by_chance),
        since=datetime.fromtimestamp(min(one.first_s for one in scores), UTC),
        until=datetime.fromtimestamp(max(one.end_s for one in scores), UTC),
        models=_model_shares(scores),
    )


def _level_counts(counts: Mapping[Level, LevelCounts]) -> dict[LevelName, LevelCountsRow]:
    return {
        level.label: LevelCountsRow(  # type: ignore[misc]
            hits=one.hits, misses=one.misses, false_alarms=one.false_alarms, correct_negatives=one.correct_negatives
        )
        for level, one in counts.items()
    }


def _model_shares(scores: Sequence[ScoreRow]) -> list[ModelShareRow]:
    """The models by their share of the scored steps, the largest first."""
    steps: dict[str, float] = {}
    for one in scores:
        steps[one.model] = steps.get(one.model, 0.0) + float(one.sums[AT["n"]])
    whole = sum(steps.values())
    shares = [ModelShareRow(name=name, share=round(n / whole, DIGITS)) for name, n in steps.items() if n]
    return sorted(shares, key=lambda row: (-row.share, row.name))


def training_row(runner: Runner, models: Sequence[KeptModel]) -> TrainingRow:
    """How an area's training goes."""
    state, in_use = runner.training, runner.model
    return TrainingRow(
        area=runner.area.id,
        forecaster=runner.settings.forecaster,
        learning_since=state.learning_since,
        last_tried_at=state.last_tried_at,
        last_learned_at=state.last_learned_at,
        last_failure=state.last_failure,
        last_failure_at=state.last_failure_at,
        scoring_failure=runner.scoring_failure,
        models=[_model_row(model, in_use=model == in_use) for model in models],
    )


def _model_row(model: KeptModel, *, in_use: bool) -> ModelRow:
    return ModelRow(
        name=model.name,
        version=model.version,
        code_version=model.code_version,
        data_version=model.data_version,
        seed=model.seed,
        learned_until=model.learned_until,
        tried_at=model.tried_at,
        adopted_at=model.adopted_at,
        refused=model.refused,
        in_use=in_use,
        holdout_steps=model.holdout_steps,
        score=model.score,
        champion_score=model.champion_score,
    )
