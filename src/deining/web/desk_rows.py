"""The rows of notices and versions of the level scales, and how each is made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from deining.domain.area import Area
from deining.domain.levels import LevelSet
from deining.storage.level_table import as_rows
from deining.storage.outbox import NoticeRow as Kept


class NoticeRow(msgspec.Struct, kw_only=True):
    """A notice on one channel: waiting, delivered, given up (with the reason), or held because the area is not live."""

    area: str
    id: str
    channel: str
    kind: str
    priority: str
    title: dict[str, str]
    created_at: datetime
    state: str
    tries: int
    next_try_at: datetime | None
    delivered_at: datetime | None
    why: str


def notice_row(area: Area, kept: Kept) -> NoticeRow:
    """A notice and what became of it."""
    return NoticeRow(
        area=area.id,
        id=kept.notice.id,
        channel=kept.channel,
        kind=kept.notice.kind.value,
        priority=kept.notice.priority.value,
        title=dict(kept.notice.title),
        created_at=kept.notice.created_at,
        state=kept.state.value,
        tries=kept.tries,
        next_try_at=kept.next_try_at,
        delivered_at=kept.delivered_at,
        why=kept.why,
    )


class LevelSetRow(msgspec.Struct, kw_only=True):
    """A version of an area's level scales: when it came into force, who set it and why."""

    area: str
    version: int
    changed_at: datetime
    changed_by: str
    role: str
    why: str
    from_folder: bool
    scales: list[dict[str, Any]]


def level_set_row(area: Area, levels: LevelSet) -> LevelSetRow:
    """A version of the level scales."""
    return LevelSetRow(
        area=area.id,
        version=levels.version,
        changed_at=levels.changed_at,
        changed_by=levels.changed_by,
        role=levels.role,
        why=levels.why,
        from_folder=levels.from_folder,
        scales=as_rows(levels.scales),
    )
