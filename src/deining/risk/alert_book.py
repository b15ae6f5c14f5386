"""From what rules find each minute to alerts that people can work with: on and off delay, hysteresis, one alert a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from deining.domain.alert import Alert, AlertKind, AlertPolicy
from deining.domain.ports import RuleResult

Key = tuple[AlertKind, str]


@dataclass(slots=True)
class Active:
    """An alert that stands, when something last held it up, and when last at its own level."""

    alert: Alert
    held_at: datetime
    level_at: datetime


class AlertBook:
    """All alerts of an area: pending, active, cleared.

    Several rules that find the same place are one alert: what is there now comes before what is expected, and a
    higher level before a lower. A level that rises is told at once; one that falls only when it has been lower for
    the off delay.
    """

    def __init__(self, policy: AlertPolicy, active: Iterable[Alert] = ()) -> None:
        self._policy = policy
        self._pending: dict[Key, datetime] = {}
        self._active: dict[Key, Active] = {(a.kind, a.target): Active(a, a.raised_at, a.raised_at) for a in active if a.is_active}

    @property
    def active(self) -> list[Alert]:
        """Alerts that stand, oldest first."""
        return sorted((entry.alert for entry in self._active.values()), key=lambda alert: (alert.raised_at, alert.id))

    def update(self, now: datetime, results: Iterable[RuleResult]) -> list[Alert]:
        """Take what the rules found now; the alerts that were raised, changed or cleared by it."""
        strongest: dict[Key, RuleResult] = {}
        for result in results:
            key = (result.kind, result.target)
            if key not in strongest or _strength(result) > _strength(strongest[key]):
                strongest[key] = result
        changed = [alert for key, result in strongest.items() if (alert := self._hold(key, result, now))]
        self._pending = {key: since for key, since in self._pending.items() if key in strongest}
        return changed + self._clear(now)

    def _hold(self, key: Key, result: RuleResult, now: datetime) -> Alert | None:
        if key in self._active:
            return self._keep(self._active[key], result, now)
        if result.keeps:
            self._pending.pop(key, None)
            return None
        since = self._pending.setdefault(key, now)
        if (now - since).total_seconds() < self._policy.on_delay_s:
            return None
        alert = Alert(
            id=f"{result.target}-{result.kind.value}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            zone=result.zone,
            target=result.target,
            kind=result.kind,
            level=result.level,
            rule=result.rule,
            raised_at=now,
            because=result.because,
            expected_at=result.expected_at,
            chance=result.chance,
        )
        self._active[key] = Active(alert, now, now)
        return alert

    def _keep(self, entry: Active, result: RuleResult, now: datetime) -> Alert | None:
        entry.held_at = now
        if result.level >= entry.alert.level and not result.keeps:
            entry.level_at = now
        rises = result.level > entry.alert.level
        arrives = entry.alert.expected_at is not None and result.expected_at is None and result.level >= entry.alert.level
        falls = result.level < entry.alert.level and (now - entry.level_at).total_seconds() >= self._policy.off_delay_s
        if result.keeps or not (rises or arrives or falls):
            return None
        entry.alert = replace(
            entry.alert,
            level=result.level,
            rule=result.rule,
            because=result.because,
            expected_at=result.expected_at,
            chance=result.chance,
        )
        return entry.alert

    def _clear(self, now: datetime) -> list[Alert]:
        gone = [key for key, entry in self._active.items() if (now - entry.held_at).total_seconds() >= self._policy.off_delay_s]
        return [replace(self._active.pop(key).alert, cleared_at=now) for key in gone]


def _strength(result: RuleResult) -> tuple[bool, int, bool]:
    return (not result.keeps, int(result.level), result.expected_at is None)
