"""The rows that the API gives, field by field, and how each is made. What is not known is null, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import numpy as np

from deining.domain.alert import Alert
from deining.domain.area import Area, Sensor
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelExpected, LevelFound, LevelQuantity, LevelReach
from deining.domain.state import Explanation, FlowState, SensorHealth, TotalState, ZoneState
from deining.domain.words import name_of
from deining.forecasting.record import AT, BANDS, BANDS_S, LevelCounts, read_score
from deining.pipeline import Step
from deining.runner import Runner
from deining.storage.forecasts import ScoreRow
from deining.storage.models import KeptModel
from deining.storage.rows import SensorCounts
from deining.web.figures import DIGITS, rounded

RECORD_KINDS = ("all", "quiet", "busy", "special")

LevelName = Literal["green", "yellow", "orange", "red"]
QualityName = Literal["good", "repaired", "partial", "suspect", "suppressed", "stale", "missing"]
ModeName = Literal["live", "replay", "simulation", "exercise"]


class LevelScaleRow(msgspec.Struct, kw_only=True):
    """Three rising thresholds of one quantity, and who set them."""

    quantity: str
    yellow: float
    orange: float
    red: float
    kind: str | None
    places: list[str]
    source: str


class EventRow(msgspec.Struct, kw_only=True):
    """A public happening that draws people."""

    id: str
    name: str
    start: datetime
    end: datetime
    kind: str
    expected_visitors: int | None
    zones: list[str]


class AreaRow(msgspec.Struct, kw_only=True):
    """An area; `bounds` is west, south, east, north in degrees, `step_s` the length of a forecast's step."""

    id: str
    name: str
    timezone: str
    language: str
    mode: ModeName
    notice: str
    bounds: tuple[float, float, float, float]
    step_s: int
    levels: list[LevelScaleRow]
    events: list[EventRow]


class MapAnswer(msgspec.Struct, kw_only=True):
    """GeoJSON feature collections of an area."""

    zones: dict[str, Any]
    gates: dict[str, Any]
    points: dict[str, Any]
    background: dict[str, Any]


class ZoneStateRow(msgspec.Struct, kw_only=True):
    """Latest state of a zone: persons with the ends of their 90 % interval, and the level now and expected."""

    area: str
    zone: str
    name: str
    time: datetime
    occupancy: float | None
    occupancy_p05: float | None
    occupancy_p95: float | None
    density_per_m2: float | None
    capacity: float | None
    level: LevelName | None
    level_quantity: str | None
    level_value: float | None
    expected_level: LevelName | None
    expected_at: datetime | None
    expected_chance: float | None
    normal: float | None
    net_inflow_per_min: float | None
    minutes_to_capacity: float | None
    data_age_s: float | None
    quality: QualityName
    sources: list[str]


class TotalRow(msgspec.Struct, kw_only=True):
    """Persons in several zones together, with the ends of their 90 % interval; `group` is empty for the whole area."""

    area: str
    group: str
    name: str
    zones: list[str]
    time: datetime
    occupancy: float | None
    occupancy_p05: float | None
    occupancy_p95: float | None
    quality: QualityName


class ContributionRow(msgspec.Struct, kw_only=True):
    """By how many persons a sensor moved a figure; `sensor` is null where it was none."""

    sensor: str | None
    name: str | None
    cause: Literal["count", "level", "leaving", "guess", "opening", "nobody_below_zero"]
    persons: float
    readings: int


class WithoutRow(msgspec.Struct, kw_only=True):
    """What a figure would be, had a sensor said nothing since."""

    sensor: str
    name: str
    occupancy: float
    occupancy_p05: float
    occupancy_p95: float


class ExplanationAnswer(msgspec.Struct, kw_only=True):
    """Why a figure is what it is: `before` and all contributions add up to `occupancy`."""

    area: str
    zone: str
    name: str
    time: datetime
    since: datetime
    before: float
    occupancy: float
    occupancy_p05: float
    occupancy_p95: float
    contributions: list[ContributionRow]
    without: list[WithoutRow]


class FlowStateRow(msgspec.Struct, kw_only=True):
    """Latest state of a gate or point counter: persons/min with the ends of the 90 % interval of both ways together."""

    area: str
    target: str
    kind: Literal["gate", "point"]
    name: str
    time: datetime
    forward_per_min: float | None
    backward_per_min: float | None
    flow_per_min: float | None
    p05: float | None
    p95: float | None
    specific_flow_per_m_min: float | None
    ratio_to_normal: float | None
    level: LevelName | None
    level_quantity: str | None
    level_value: float | None
    expected_level: LevelName | None
    expected_at: datetime | None
    expected_chance: float | None
    data_age_s: float | None
    quality: QualityName
    sources: list[str]


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


class PastRow(msgspec.Struct, kw_only=True):
    """One past state."""

    time: datetime
    value: float | None
    p05: float | None
    p95: float | None
    quality: QualityName


class NormalRow(msgspec.Struct, kw_only=True):
    """What is normal at a time."""

    time: datetime
    value: float


class HistoryAnswer(msgspec.Struct, kw_only=True):
    """The past of one place, and what is normal for the past and the coming hours."""

    area: str
    target: str
    quantity: Literal["occupancy", "flow_per_min"]
    unit: str
    now: datetime
    past: list[PastRow]
    normal: list[NormalRow]


class AlertRow(msgspec.Struct, kw_only=True):
    """An alert, with its reason in each language."""

    area: str
    id: str
    zone: str | None
    target: str
    name: str
    kind: Literal["crowd", "data"]
    level: LevelName
    rule: str
    raised_at: datetime
    cleared_at: datetime | None
    because: dict[str, str]
    expected_at: datetime | None
    chance: float | None
    priority: Literal["high", "medium", "low"]
    state: Literal["raised", "acknowledged", "shelved", "cleared"]
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    shelved_until: datetime | None
    shelved_by: str | None
    shelved_why: str | None
    decide_before: datetime | None
    decide_measure: str | None
    group: str | None
    joined: list[str]
    quiet: bool


class AlertTurnRow(msgspec.Struct, kw_only=True):
    """One turn in the course of an alert: from this time on it was so; `who` and `why` where a person did it."""

    time: datetime
    state: Literal["raised", "acknowledged", "shelved", "cleared"]
    level: LevelName
    priority: Literal["high", "medium", "low"]
    rule: str
    who: str | None
    why: str | None


class HealthRow(msgspec.Struct, kw_only=True):
    """Age and fault of a sensor, and what became of the rows it sent."""

    area: str
    sensor: str
    name: str
    kind: str
    observes: str
    interval_s: float
    series: str
    time: datetime
    last_end: datetime | None
    data_age_s: float | None
    fault: str
    since: datetime | None
    stored: int
    rejected: int
    conflicts: int


class ClockRow(msgspec.Struct, kw_only=True):
    """What time it is in an area, and how fast it goes."""

    area: str
    now: datetime
    mode: ModeName
    speed: float
    paused: bool
    starts: datetime | None
    ends: datetime | None
    moving: bool


class Rejected(msgspec.Struct, kw_only=True):
    """A row of a post that was not taken."""

    index: int
    why: str


class StoredAnswer(msgspec.Struct, kw_only=True):
    """What became of a post; `conflicting` are those of the duplicates whose value differed: the first stays."""

    stored: int
    duplicate: int
    conflicting: int
    rejected: list[Rejected]


class HealthzAnswer(msgspec.Struct, kw_only=True):
    """Whether the server is ready; `failures` names areas whose last step failed, and why."""

    status: Literal["ready", "degraded"]
    version: str
    areas: list[str]
    failures: dict[str, str]


def _levels(found: LevelFound | None, expected: LevelExpected | None) -> dict[str, Any]:
    return {
        "level": found.level.label if found else None,
        "level_quantity": found.quantity.value if found else None,
        "level_value": rounded(found.value) if found else None,
        "expected_level": expected.level.label if expected else None,
        "expected_at": expected.at if expected else None,
        "expected_chance": rounded(expected.chance) if expected else None,
    }


def zone_row(area: Area, state: ZoneState, step: Step) -> ZoneStateRow:
    """A zone's row."""
    zone = area.zones[state.zone]
    return ZoneStateRow(
        area=area.id,
        zone=zone.id,
        name=zone.name,
        time=state.time,
        occupancy=rounded(state.occupancy),
        occupancy_p05=rounded(state.occupancy_p05),
        occupancy_p95=rounded(state.occupancy_p95),
        density_per_m2=rounded(state.density_per_m2),
        capacity=zone.capacity,
        **_levels(step.levels.get(zone.id), step.expected.get(zone.id)),
        normal=rounded(step.normals.get(zone.id)),
        net_inflow_per_min=rounded(state.net_inflow_per_min),
        minutes_to_capacity=rounded(state.minutes_to(zone.capacity)),
        data_age_s=state.data_age_s,
        quality=state.quality.value,
        sources=list(state.sources),
    )


def total_row(area: Area, state: TotalState) -> TotalRow:
    """The row of a group of zones or of the whole area."""
    return TotalRow(
        area=area.id,
        group=state.group,
        name=area.groups[state.group].name if state.group in area.groups else "",
        zones=list(state.zones),
        time=state.time,
        occupancy=rounded(state.occupancy),
        occupancy_p05=rounded(state.occupancy_p05),
        occupancy_p95=rounded(state.occupancy_p95),
        quality=state.quality.value,
    )


def explanation_answer(area: Area, found: Explanation) -> ExplanationAnswer:
    """Why a zone's figure is what it is."""

    def name(sensor: str) -> str:
        return area.sensors[sensor].name or sensor

    return ExplanationAnswer(
        area=area.id,
        zone=found.zone,
        name=area.zones[found.zone].name,
        time=found.time,
        since=found.since,
        before=found.before,
        occupancy=found.occupancy,
        occupancy_p05=found.occupancy_p05,
        occupancy_p95=found.occupancy_p95,
        contributions=[
            ContributionRow(sensor=c.sensor, name=name(c.sensor) if c.sensor else None, cause=c.cause.value, persons=c.persons, readings=c.readings)
            for c in found.contributions
        ],
        without=[
            WithoutRow(sensor=w.sensor, name=name(w.sensor), occupancy=w.occupancy, occupancy_p05=w.occupancy_p05, occupancy_p95=w.occupancy_p95)
            for w in found.without
        ],
    )


def flow_row(area: Area, state: FlowState, step: Step) -> FlowStateRow:
    """The row of a gate or point counter."""
    return FlowStateRow(
        area=area.id,
        target=state.target,
        kind="gate" if state.target in area.gates else "point",
        name=name_of(area, state.target),
        time=state.time,
        forward_per_min=rounded(state.forward_per_min),
        backward_per_min=rounded(state.backward_per_min),
        flow_per_min=rounded(state.flow_per_min),
        p05=rounded(state.p05),
        p95=rounded(state.p95),
        specific_flow_per_m_min=rounded(state.specific_flow_per_m_min),
        ratio_to_normal=rounded(state.ratio_to_normal),
        **_levels(step.levels.get(state.target), step.expected.get(state.target)),
        data_age_s=state.data_age_s,
        quality=state.quality.value,
        sources=list(state.sources),
    )


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


def alert_row(area: Area, alert: Alert) -> AlertRow:
    """An alert's row."""
    return AlertRow(
        area=area.id,
        id=alert.id,
        zone=alert.zone,
        target=alert.target,
        name=name_of(area, alert.target),
        kind=alert.kind.value,
        level=alert.level.label,  # type: ignore[arg-type]
        rule=alert.rule,
        raised_at=alert.raised_at,
        cleared_at=alert.cleared_at,
        because=dict(alert.because),
        expected_at=alert.expected_at,
        chance=rounded(alert.chance),
        priority=alert.priority.value,
        state=alert.state.value,
        acknowledged_at=alert.acknowledged_at,
        acknowledged_by=alert.acknowledged_by,
        shelved_until=alert.shelved_until,
        shelved_by=alert.shelved_by,
        shelved_why=alert.shelved_why,
        decide_before=alert.decide_before,
        decide_measure=_name_of_measure(area, alert.decide_measure),
        group=alert.group,
        joined=list(alert.joined),
        quiet=alert.quiet,
    )


def _name_of_measure(area: Area, id: str | None) -> str | None:
    measure = area.measures.get(id) if id else None
    return measure.name if measure else None


def health_rows(area: Area, health: Iterable[SensorHealth], counts: Mapping[str, SensorCounts]) -> list[HealthRow]:
    """A row for each sensor."""
    return [_health_row(area, area.sensors[one.sensor], one, counts.get(one.sensor, SensorCounts())) for one in health]


def _health_row(area: Area, sensor: Sensor, health: SensorHealth, counts: SensorCounts) -> HealthRow:
    return HealthRow(
        area=area.id,
        sensor=sensor.id,
        name=sensor.name or sensor.id,
        kind=sensor.kind.value,
        observes=sensor.observes,
        interval_s=sensor.interval_s,
        series=sensor.series,
        time=health.time,
        last_end=health.last_end,
        data_age_s=health.data_age_s,
        fault=health.fault,
        since=health.since,
        stored=counts.stored,
        rejected=counts.rejected,
        conflicts=counts.conflicting,
    )


def clock_row(runner: Runner) -> ClockRow:
    """A clock's row."""
    state = runner.clock_state()
    return ClockRow(
        area=runner.area.id,
        now=state.now,
        mode=state.mode,  # type: ignore[arg-type]
        speed=state.speed,
        paused=state.paused,
        starts=state.starts,
        ends=state.ends,
        moving=state.moving,
    )


def area_row(runner: Runner) -> AreaRow:
    """An area's row."""
    area = runner.area
    return AreaRow(
        id=area.id,
        name=area.name,
        timezone=str(area.timezone),
        language=area.language,
        mode=runner.mode,  # type: ignore[arg-type]
        notice=area.notice,
        bounds=_bounds(area),
        step_s=_step_s(runner),
        levels=[
            LevelScaleRow(quantity=s.quantity.value, yellow=s.yellow, orange=s.orange, red=s.red, kind=s.kind, places=list(s.places), source=s.source)
            for s in runner.desk.scales
        ],
        events=[
            EventRow(id=e.id, name=e.name, start=e.start, end=e.end, kind=e.kind, expected_visitors=e.expected_visitors, zones=list(e.zones))
            for e in area.events
        ],
    )


def _step_s(runner: Runner) -> int:
    """Step of the forecasts of zones and gates, or else of the point counters."""
    if runner.area.zones:
        return runner.settings.forecast_step_s
    return max([runner.settings.forecast_step_s, *(int(sensor.interval_s) for sensor in runner.area.list_point_counters())])


def _bounds(area: Area) -> tuple[float, float, float, float]:
    places = [place for zone in area.zones.values() for polygon in zone.polygons for place in polygon[0]]
    places += [place for gate in area.gates.values() for place in gate.line]
    places += [(sensor.lon, sensor.lat) for sensor in area.list_point_counters() if sensor.lon is not None and sensor.lat is not None]
    lons, lats = zip(*places, strict=True)
    return (min(lons), min(lats), max(lons), max(lats))


def map_answer(area: Area) -> MapAnswer:
    """An area's places and what lies beneath them, as GeoJSON."""
    zones = [
        _feature("MultiPolygon", zone.polygons, id=zone.id, name=zone.name, kind=zone.kind.value, usable_area_m2=zone.usable_area_m2, capacity=zone.capacity)
        for zone in area.zones.values()
    ]
    gates = [
        _feature("LineString", g.line, id=g.id, name=g.name, from_zone=g.from_zone, to_zone=g.to_zone, effective_width_m=g.effective_width_m)
        for g in area.gates.values()
    ]
    points = [_feature("Point", (s.lon, s.lat), id=s.id, name=s.name or s.id) for s in area.list_point_counters() if s.lon is not None]
    return MapAnswer(zones=_collection(zones), gates=_collection(gates), points=_collection(points), background=dict(area.background))


def _feature(geometry: str, coordinates: object, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": geometry, "coordinates": coordinates}, "properties": properties}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}
