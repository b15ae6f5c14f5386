"""From what changed to what people are told: one notice a group of alerts, when it is raised, rises or is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from deining.domain.alert import Alert, AlertKind, AlertState, Priority
from deining.domain.area import Area, LonLat
from deining.domain.decision import Decision
from deining.domain.levels import Level
from deining.domain.logbook import ROLES
from deining.domain.notice import LANGUAGES, Mode, Notice, NoticeKind, notice_id
from deining.domain.words import LEVELS, clock_time, name_of

LASTS = timedelta(hours=6)
"""After this a notice that could not be delivered is given up: what it tells is over, or was told again."""
WORDS = {
    "en": {"expected": "{level} expected at {at}", "over": "Over", "blind": "No data", "seen": "Data again", "more": "and {n} more", "also": "Also: {names}."},
    "nl": {
        "expected": "{level} verwacht om {at}",
        "over": "Voorbij",
        "blind": "Geen gegevens",
        "seen": "Weer gegevens",
        "more": "en nog {n}",
        "also": "Ook: {names}.",
    },
}
OVER = {"en": "The alert is over since {at}.", "nl": "Het alarm is voorbij sinds {at}."}
DECISION = {"en": "Decision {n}: {what}", "nl": "Besluit {n}: {what}"}
DECIDED = {
    "en": "At {at} the {role} decided: {what}. The reason stands in the logbook.",
    "nl": "Om {at} besloot de {role}: {what}. De reden staat in het logboek.",
}
NOTHING = {"en": "no measure", "nl": "geen maatregel"}
TEST = {"en": "Test", "nl": "Test"}
TESTED = {
    "en": "This is a test of the channels of {area}. Nothing is the matter.",
    "nl": "Dit is een test van de kanalen van {area}. Er is niets aan de hand.",
}


@dataclass(frozen=True, slots=True)
class _Group:
    """Alerts that are told as one, the most urgent first."""

    id: str
    alerts: Sequence[Alert]

    @property
    def head(self) -> Alert:
        return self.alerts[0]

    @property
    def rank(self) -> tuple[int, int]:
        return (max(alert.priority.rank for alert in self.alerts), max(int(alert.level) for alert in self.alerts))

    @property
    def is_quiet(self) -> bool:
        """Whether none of them rings: each came in quiet hours, was shelved, or is no more urgent than those that do not."""
        return all(alert.quiet or alert.state is AlertState.SHELVED for alert in self.alerts)


def notices_for(changed: Iterable[Alert], before: Iterable[Alert], area: Area, *, mode: Mode, book: str, now: datetime) -> list[Notice]:
    """What people are told of the alerts that changed in one step; nothing where nothing rose, came or ended.

    A group is told once when the first of its alerts is raised, again when its priority or level rises, and once when
    the last of them is over. What falls, is acknowledged, shelved or joined by a neighbour is seen on the screen alone.
    Where every alert of a group is quiet or shelved, so is its notice.

    Parameters
    ----------
    changed
        Alerts that were raised, changed or cleared in this step, as they are now.
    before
        Alerts that stood before this step, as they were then.
    now
        The area's time.
    """
    changed = list(changed)
    earlier = {alert.id: alert for alert in before if alert.is_active}
    after = {id_: alert for id_, alert in {**earlier, **{alert.id: alert for alert in changed}}.items() if alert.is_active}
    touched = {alert.id for alert in changed}
    groups_before, groups_after = _groups(earlier.values()), _groups(after.values())
    notices = []
    for group in groups_after.values():
        if touched.isdisjoint(alert.id for alert in group.alerts):
            continue
        former = _former(group, earlier, groups_before)
        if former is None:
            notices.append(_alert_notice(group, NoticeKind.ALERT_RAISED, area, mode, book, now))
        elif group.rank > former.rank:
            notices.append(_alert_notice(group, NoticeKind.ALERT_CHANGED, area, mode, book, now))
    ended = {alert.id: alert for alert in changed if not alert.is_active}
    for group in groups_before.values():
        if all(alert.id not in after for alert in group.alerts):
            over = _Group(group.id, [ended[alert.id] for alert in group.alerts])
            notices.append(_alert_notice(over, NoticeKind.ALERT_CLEARED, area, mode, book, now, quiet=all(alert.quiet for alert in group.alerts)))
    return notices


def decision_notice(decision: Decision, area: Area, *, mode: Mode, book: str) -> Notice:
    """What people are told of a decision: what and in which role, never who; the reason, free text, stays in the logbook."""
    what = ", ".join(one.name for one in decision.measures)
    at = {language: clock_time(decision.taken_at, area.timezone, language) for language in LANGUAGES}
    said = {language: what or NOTHING[language] for language in LANGUAGES}
    roles = {language: ROLES.get(decision.role, {}).get(language, decision.role) for language in LANGUAGES}
    return _notice(
        notice_id(area.id, book, NoticeKind.DECISION.value, decision.number),
        area,
        mode,
        book,
        NoticeKind.DECISION,
        Priority.MEDIUM,
        decision.taken_at,
        {language: DECISION[language].format(n=decision.number, what=said[language]) for language in LANGUAGES},
        {language: DECIDED[language].format(at=at[language], role=roles[language], what=said[language]) for language in LANGUAGES},
        targets=[decision.target] if decision.target else [],
        extra={"decision": decision.number, "measures": [one.measure for one in decision.measures], "about_alert": decision.alert},
    )


def test_notice(area: Area, *, mode: Mode, book: str, now: datetime) -> Notice:
    """A notice that goes every way of an area, to see that it works."""
    return _notice(
        notice_id(area.id, book, NoticeKind.TEST.value, now.isoformat()),
        area,
        mode,
        book,
        NoticeKind.TEST,
        Priority.LOW,
        now,
        {language: f"{TEST[language]}: {area.name}" for language in LANGUAGES},
        {language: TESTED[language].format(area=area.name) for language in LANGUAGES},
    )


def _groups(alerts: Iterable[Alert]) -> dict[str, _Group]:
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(alert.group or alert.id, []).append(alert)
    return {id_: _Group(id_, sorted(members, key=_urgency)) for id_, members in found.items()}


def _urgency(alert: Alert) -> tuple[int, int, datetime, str]:
    return (-alert.priority.rank, -int(alert.level), alert.raised_at, alert.id)


def _former(group: _Group, earlier: Mapping[str, Alert], groups_before: Mapping[str, _Group]) -> _Group | None:
    """Those that were told before of what is now this group; None where nothing of it was."""
    members = {alert.id: earlier[alert.id] for alert in group.alerts if alert.id in earlier}
    if group.id in groups_before:
        members |= {alert.id: alert for alert in groups_before[group.id].alerts}
    return _Group(group.id, sorted(members.values(), key=_urgency)) if members else None


def _alert_notice(group: _Group, kind: NoticeKind, area: Area, mode: Mode, book: str, now: datetime, *, quiet: bool | None = None) -> Notice:
    head, is_over = group.head, kind is NoticeKind.ALERT_CLEARED
    told = NoticeKind.DATA if head.kind is AlertKind.DATA else kind
    level = max(alert.level for alert in group.alerts)
    standing = (group.rank, now.isoformat()) if kind is NoticeKind.ALERT_CHANGED else ()
    return _notice(
        notice_id(area.id, book, kind.value, group.id, *standing),
        area,
        mode,
        book,
        told,
        max((alert.priority for alert in group.alerts), key=lambda priority: priority.rank),
        now,
        {language: _title(group, level, area, language, is_over=is_over) for language in LANGUAGES},
        {language: _text(group, area, language, now, is_over=is_over) for language in LANGUAGES},
        targets=[alert.zone or alert.target for alert in group.alerts],
        level=level,
        alert=group.id,
        quiet=group.is_quiet if quiet is None else quiet,
        extra={
            "alert_kind": head.kind.value,
            "alert_state": kind.value.removeprefix("alert_"),
            "rule": head.rule,
            "expected_at": head.expected_at.isoformat() if head.expected_at and not is_over else None,
            "chance": head.chance,
            "decide_before": head.decide_before.isoformat() if head.decide_before and not is_over else None,
            "decide_measure": head.decide_measure,
            "joined": [alert.target for alert in group.alerts[1:]],
        },
    )


def _notice(
    id: str,
    area: Area,
    mode: Mode,
    book: str,
    kind: NoticeKind,
    priority: Priority,
    now: datetime,
    title: Mapping[str, str],
    text: Mapping[str, str],
    *,
    targets: Sequence[str] = (),
    level: Level | None = None,
    alert: str | None = None,
    quiet: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Notice:
    return Notice(
        id=id,
        area=area.id,
        book=book,
        mode=mode,
        kind=kind,
        priority=priority,
        created_at=now,
        expires_at=now + LASTS,
        title=title,
        text=text,
        place=targets[0] if targets else None,
        place_name=name_of(area, targets[0]) if targets else "",
        level=level,
        alert=alert,
        quiet=quiet,
        shape=_shape(area, targets),
        extra=extra or {},
    )


def _title(group: _Group, level: Level, area: Area, language: str, *, is_over: bool) -> str:
    head, words = group.head, WORDS[language]
    if head.kind is AlertKind.DATA:
        what = words["seen" if is_over else "blind"]
    elif is_over:
        what = words["over"]
    elif head.expected_at is not None:
        what = words["expected"].format(level=LEVELS[language][level].capitalize(), at=clock_time(head.expected_at, area.timezone, language))
    else:
        what = LEVELS[language][level].capitalize()
    more = " " + words["more"].format(n=len(group.alerts) - 1) if len(group.alerts) > 1 else ""
    return f"{what}: {name_of(area, head.zone or head.target)}{more}"


def _text(group: _Group, area: Area, language: str, now: datetime, *, is_over: bool) -> str:
    because = OVER[language].format(at=clock_time(now, area.timezone, language)) if is_over else group.head.because.get(language, "")
    names = ", ".join(name_of(area, alert.zone or alert.target) for alert in group.alerts[1:])
    return " ".join(part for part in (because, WORDS[language]["also"].format(names=names) if names else "") if part)


def _shape(area: Area, targets: Sequence[str]) -> tuple[tuple[LonLat, ...], ...]:
    """Outer rings of the zones among the targets."""
    return tuple(rings[0] for target in targets if target in area.zones for rings in area.zones[target].polygons)
