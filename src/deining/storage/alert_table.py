"""The table `[alerts]` of area.toml: what an area sets about alerts itself, before the settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import time
from typing import Any

from deining.domain.alert import AlertPolicy, QuietHours
from deining.domain.levels import Level

FILE = "area.toml"
Find = Callable[[str, str, str, str], None]
"""Takes what is wrong: file, record, what was found, what was expected."""
Read = Callable[[Any], Any]


def read_alert_policy(table: Mapping[str, Any], base: AlertPolicy, find: Find, known_rules: Collection[str] | None = None) -> AlertPolicy:
    """The policy of an area: `base`, with what its table sets. What is wrong is found, and left as in `base`.

    Parameters
    ----------
    known_rules
        Names that `rules` may hold; None: any, for the pipeline refuses unknown ones too.
    """
    return replace(base, **read_alert_table(table, find, known_rules))


def read_alert_table(table: Mapping[str, Any], find: Find, known_rules: Collection[str] | None = None) -> dict[str, Any]:
    """The fields of `AlertPolicy` that a table sets, by name; what is wrong is found and left out.

    Parameters
    ----------
    table
        `[alerts]` as TOML gives it; times ahead in minutes, delays in seconds.
    known_rules
        As for `read_alert_policy`.
    """
    given: dict[str, Any] = {}
    for key, value in table.items():
        if key not in FIELDS:
            find(FILE, "[alerts]", f"field {key!r}", f"one of {', '.join(FIELDS)}")
            continue
        name, read, expected = FIELDS[key]
        try:
            given[name] = read(value)
        except (ValueError, TypeError, KeyError):
            find(FILE, "[alerts]", f"{key} = {value!r}", expected)
    for rule in given.get("rules", ()):
        if known_rules is not None and rule not in known_rules:
            find(FILE, "[alerts]", f"rule {rule!r}", f"one of {', '.join(known_rules)}")
            given.pop("rules", None)
    return given


def _level(value: Any) -> Level:
    if not isinstance(value, str) or (level := Level.parse(value)) is Level.GREEN:
        raise ValueError(value)
    return level


def _number(low: float, high: float, factor: float = 1.0) -> Read:
    """Reads a number in [low, high], and multiplies it."""

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not low <= value <= high:
            raise ValueError(value)
        return value * factor

    return read


def _quiet_hours(value: Any) -> QuietHours | None:
    if value == []:
        return None
    if not isinstance(value, list):
        raise TypeError(value)
    start, end = (time.fromisoformat(text) for text in value)
    if start.tzinfo is not None or end.tzinfo is not None:
        raise ValueError(value)
    return QuietHours(start=start, end=end)


def _group(value: Any) -> float:
    if not isinstance(value, bool):
        raise TypeError(value)
    return AlertPolicy().group_within_s if value else 0.0


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) and name for name in value):
        raise TypeError(value)
    return tuple(dict.fromkeys(value))


FIELDS: dict[str, tuple[str, Read, str]] = {
    "raise_from": ("raise_from", _level, "yellow, orange or red"),
    "ahead_min": ("ahead_s", _number(0, 24 * 60, 60), "minutes from 0 to 1440"),
    "chance": ("chance", _number(0.01, 1), "a probability from 0.01 to 1"),
    "keep_share": ("keep_share", _number(0.1, 1), "a share from 0.1 to 1"),
    "on_delay_s": ("on_delay_s", _number(0, 3600), "seconds from 0 to 3600"),
    "off_delay_s": ("off_delay_s", _number(0, 7200), "seconds from 0 to 7200"),
    "quiet_hours": ("quiet_hours", _quiet_hours, 'two local times that differ, such as ["02:00", "07:00"], or [] for none'),
    "group": ("group_within_s", _group, "true or false"),
    "rules": ("rules", _names, "a list of names of rules, at least one"),
    "surplus_min": ("surplus_within_s", _number(1, 120, 60), "minutes from 1 to 120"),
    "decide_near_min": ("decide_near_s", _number(0, 120, 60), "minutes from 0 to 120"),
    "false_alarms_per_day": ("false_alarms_per_day", _number(0, 1000), "a number from 0 to 1000"),
}
"""By name in the table: the field of `AlertPolicy`, how it is read, and what is expected."""
