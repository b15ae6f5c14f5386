"""The rows of alerts and of the alert load, and how each is made."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from deining.domain.alert import Alert
from deining.domain.area import Area
from deining.domain.words import name_of
from deining.risk.load import AlertLoad
from deining.web.figures import LevelName, rounded


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


class LoadHourRow(msgspec.Struct, kw_only=True):
    """Alerts that were raised in one hour, by priority."""

    start: datetime
    high: int
    medium: int
    low: int


class LoadRow(msgspec.Struct, kw_only=True):
    """How many alerts people got; neighbours that are told as one count once. More than 10 in 10 minutes is a flood."""

    area: str
    last_10_min: int
    most_in_10_min: int
    hours: list[LoadHourRow]
    verdict: str


def load_row(area: Area, load: AlertLoad) -> LoadRow:
    """An area's alert load."""
    hours = [LoadHourRow(start=one.start, high=one.high, medium=one.medium, low=one.low) for one in load.hours]
    return LoadRow(area=area.id, last_10_min=load.last_10_min, most_in_10_min=load.most_in_10_min, hours=hours, verdict=load.verdict.value)
