"""From what rules find each minute to alerts that people can work with: delays, hysteresis, a life, and groups."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from deining.domain.alert import Alert, AlertKind, AlertPolicy
from deining.domain.errors import UnknownName
from deining.domain.ports import RuleResult
from deining.risk.alert_acts import acknowledged, changed_at, come_back, shelved, unshelved
from deining.risk.grouping import Neighbours, regrouped

Key = tuple[AlertKind, str]

BLIND_HOLD_S = 3600.0
"""A crowd alert does not clear because its zone can no longer be seen, until so long after it was seen last."""
TOLD_SHIFT_S, TOLD_CHANCE = 300.0, 0.1
"""An expectation is told anew when its time moved by so many seconds, or its chance by so much."""


@dataclass(slots=True)
class Active:
    """An alert that stands, and when something last held it: at all, at its own level, there now, at its own priority.

    None: not since it was taken up from the store.
    """

    alert: Alert
    held_at: datetime | None = None
    level_at: datetime | None = None
    there_at: datetime | None = None
    priority_at: datetime | None = None

    def begin(self, now: datetime) -> None:
        """Take what was not seen since the start as held now: a restart clears nothing."""
        self.held_at, self.level_at = self.held_at or now, self.level_at or now
        self.there_at, self.priority_at = self.there_at or now, self.priority_at or now


class AlertBook:
    """All alerts of an area: pending, active, cleared.

    Several rules that find the same place are one alert: what is there now comes before what is expected, and a
    higher level before a lower. A level or a priority that rises is told at once; one that falls only when it has
    been lower for the off delay. Methods may be called from several threads.

    Parameters
    ----------
    active
        Alerts that stood when the book was last in use.
    neighbours
        Which places lie beside one another; None: each alert is told by itself.
    """

    def __init__(self, policy: AlertPolicy, active: Iterable[Alert] = (), neighbours: Neighbours | None = None) -> None:
        self._policy, self._neighbours = policy, neighbours
        self._pending: dict[Key, datetime] = {}
        self._active = {(alert.kind, alert.target): Active(alert) for alert in active if alert.is_active}
        self._told = {entry.alert.id: entry.alert for entry in self._active.values()}
        self._lock = threading.RLock()

    @property
    def active(self) -> list[Alert]:
        """Alerts that stand, oldest first."""
        with self._lock:
            return sorted((entry.alert for entry in self._active.values()), key=lambda alert: (alert.raised_at, alert.id))

    # -- what the rules found

    def update(self, now: datetime, results: Iterable[RuleResult]) -> list[Alert]:
        """Take what the rules found now; the alerts that were raised, changed or cleared since this was last asked."""
        strongest: dict[Key, RuleResult] = {}
        for result in results:
            key = (result.kind, result.target)
            if key not in strongest or _strength(result) > _strength(strongest[key]):
                strongest[key] = result
        with self._lock:
            for entry in self._active.values():
                entry.begin(now)
            new = [alert.id for key, result in strongest.items() if (alert := self._hold(key, result, now))]
            self._pending = {key: since for key, since in self._pending.items() if key in strongest}
            cleared = self._clear(now, blind={target for kind, target in strongest if kind is AlertKind.DATA})
            for entry in self._active.values():
                entry.alert = come_back(entry.alert, now)
            self._group(new)
            return self._untold() + cleared

    def _hold(self, key: Key, result: RuleResult, now: datetime) -> Alert | None:
        """Take one result; the alert that it raised."""
        if key in self._active:
            self._keep(self._active[key], result, now)
            return None
        if result.keeps:
            self._pending.pop(key, None)
            return None
        since = self._pending.setdefault(key, now)
        if not result.at_once and (now - since).total_seconds() < self._policy.on_delay_s:
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
            priority=result.priority,
            changed_at=now,
            decide_before=result.decide_before,
            decide_measure=result.decide_measure,
            quiet=result.quiet,
        )
        self._active[key] = Active(alert, now, now, now, now)
        return alert

    def _keep(self, entry: Active, result: RuleResult, now: datetime) -> None:
        """An alert that stands, with what was found at its place now."""
        alert, entry.held_at = entry.alert, now
        if alert.quiet and not result.quiet:
            alert = entry.alert = replace(alert, quiet=False)
        if result.keeps:
            if result.level == alert.level and alert.expected_at is not None and _is_worth_telling(alert, result):
                entry.alert = _retold(alert, result)
            return
        is_there = result.expected_at is None
        entry.level_at = now if result.level >= alert.level else entry.level_at
        entry.there_at = now if result.level >= alert.level and is_there else entry.there_at
        entry.priority_at = now if result.priority.rank >= alert.priority.rank else entry.priority_at
        falls = result.level < alert.level and self._is_over(entry.level_at, now)
        arrives = alert.expected_at is not None and is_there and result.level >= alert.level
        departs = alert.expected_at is None and not is_there and self._is_over(entry.there_at, now)
        is_new = result.level > alert.level or falls or (result.level == alert.level and (arrives or departs))
        if is_new or (result.level == alert.level and not is_there and alert.expected_at is not None and _is_worth_telling(alert, result)):
            entry.alert = _retold(alert, result)
        if result.priority.rank > alert.priority.rank or (result.priority is not alert.priority and self._is_over(entry.priority_at, now)):
            entry.alert, is_new = replace(entry.alert, priority=result.priority), True
        if is_new:
            entry.alert = replace(entry.alert, changed_at=changed_at(alert, now))
        if result.level > alert.level or result.priority.rank > alert.priority.rank:
            entry.alert = replace(entry.alert, acknowledged_at=None, acknowledged_by=None, quiet=result.quiet)

    def _is_over(self, since: datetime | None, now: datetime) -> bool:
        return since is not None and (now - since).total_seconds() >= self._policy.off_delay_s

    def _clear(self, now: datetime, blind: set[str]) -> list[Alert]:
        """Clear what nothing has held up for the off delay; not a crowd alert of a zone that lately went out of sight."""
        cleared = []
        for key, entry in list(self._active.items()):
            is_blind = key[0] is AlertKind.CROWD and key[1] in blind and entry.held_at is not None
            is_held = is_blind and (now - (entry.held_at or now)).total_seconds() < BLIND_HOLD_S
            if self._is_over(entry.held_at, now) and not is_held:
                alert, at = entry.alert, changed_at(entry.alert, now)
                cleared.append(replace(alert, cleared_at=at, changed_at=at))
                del self._active[key]
                self._told.pop(alert.id, None)
        return cleared

    def _group(self, new: Iterable[str]) -> None:
        """Tell neighbours as one, where that is wished."""
        if self._neighbours is None:
            return
        by_id = {entry.alert.id: entry for entry in self._active.values()}
        standing = {id_: entry.alert for id_, entry in by_id.items()}
        for id_, alert in regrouped(standing, set(new), self._neighbours, self._policy.group_within_s).items():
            by_id[id_].alert = alert

    def _untold(self) -> list[Alert]:
        """Alerts that stand and are not as they were last told; told from now on."""
        changed = [alert for alert in self.active if self._told.get(alert.id) is not alert and self._told.get(alert.id) != alert]
        self._told |= {alert.id: alert for alert in changed}
        return changed

    # -- what people do

    def acknowledge(self, id: str, now: datetime, by: str) -> Alert:
        """A person has seen it; the alert as it is then. Neighbours that are told in it are seen too, and told at the next update.

        Acknowledging twice changes nothing: the first name stays.

        Raises
        ------
        UnknownName
            When no alert of this id stands.
        WrongUse
            When no person is named.
        """
        return self._act(id, lambda alert: acknowledged(alert, now, by))

    def shelve(self, id: str, now: datetime, until: datetime, by: str, why: str) -> Alert:
        """Put an alert aside for a while, and the neighbours told in it; it comes back when that is over, or at red now.

        Raises
        ------
        UnknownName
            When no alert of this id stands.
        WrongUse
            When no person or reason is given, `until` is not within the next twelve hours, or people are at red now.
        """
        return self._act(id, lambda alert: shelved(alert, now, until, by, why))

    def unshelve(self, id: str, now: datetime) -> Alert:
        """Take an alert from the shelf, and the neighbours told in it; one that is not there stays as it is.

        Raises
        ------
        UnknownName
            When no alert of this id stands.
        """
        return self._act(id, lambda alert: unshelved(alert, now))

    def _act(self, id: str, act: Callable[[Alert], Alert]) -> Alert:
        with self._lock:
            entries: Mapping[str, Active] = {entry.alert.id: entry for entry in self._active.values()}
            if id not in entries:
                raise UnknownName("active alert", id, list(entries))
            together = [entry for entry in entries.values() if id in (entry.alert.id, entry.alert.group)]
            for entry, alert in [(entry, act(entry.alert)) for entry in together]:
                entry.alert = alert
            self._told[id] = entries[id].alert
            return entries[id].alert


def _strength(result: RuleResult) -> tuple[bool, int, bool]:
    return (not result.keeps, int(result.level), result.expected_at is None)


def _is_worth_telling(alert: Alert, result: RuleResult) -> bool:
    """Whether an expectation moved so far that its sentence is no longer true."""
    if alert.expected_at is None or result.expected_at is None:
        return False
    moved = abs((result.expected_at - alert.expected_at).total_seconds()) >= TOLD_SHIFT_S
    more_or_less = alert.chance is not None and result.chance is not None and abs(result.chance - alert.chance) >= TOLD_CHANCE
    return moved or more_or_less or result.decide_measure != alert.decide_measure


def _retold(alert: Alert, result: RuleResult) -> Alert:
    """The alert with what a rule says of it now."""
    return replace(
        alert,
        level=result.level,
        rule=result.rule,
        because=result.because,
        expected_at=result.expected_at,
        chance=result.chance,
        decide_before=result.decide_before,
        decide_measure=result.decide_measure,
    )
