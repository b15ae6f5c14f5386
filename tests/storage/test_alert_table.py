"""What an area sets about alerts itself, and what is wrong with it."""

from __future__ import annotations

import re
import tomllib
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from deining.domain.alert import AlertPolicy, QuietHours
from deining.domain.errors import Finding
from deining.domain.levels import Level
from deining.storage.alert_table import FIELDS, read_alert_policy, read_alert_table

BASE = AlertPolicy(chance=0.3, off_delay_s=900)


def read(text: str, **given: Any) -> tuple[AlertPolicy, list[Finding]]:
    findings: list[Finding] = []
    policy = read_alert_policy(tomllib.loads(text), BASE, lambda *found: findings.append(Finding(*found)), **given)
    return policy, findings


def test_what_is_set_goes_before_the_base_and_the_rest_stays() -> None:
    policy, findings = read(
        'raise_from = "red"\nahead_min = 45\nkeep_share = 0.8\non_delay_s = 60\nquiet_hours = ["22:30", "07:00"]\ngroup = false\n'
        'rules = ["level_now"]\nsurplus_min = 10\ndecide_near_min = 5\nfalse_alarms_per_day = 0.5\n'
    )
    assert findings == []
    assert policy == AlertPolicy(
        raise_from=Level.RED,
        ahead_s=2700,
        chance=0.3,
        keep_share=0.8,
        on_delay_s=60,
        off_delay_s=900,
        quiet_hours=QuietHours(start=time(22, 30), end=time(7)),
        group_within_s=0,
        rules=("level_now",),
        surplus_within_s=600,
        decide_near_s=300,
        false_alarms_per_day=0.5,
    )


def test_an_empty_table_changes_nothing() -> None:
    assert read("") == (BASE, [])


@pytest.mark.parametrize(
    "line",
    [
        'raise_from = "purple"',
        'raise_from = "green"',
        "raise_from = 3",
        "ahead_min = -1",
        'ahead_min = "soon"',
        "chance = 0",
        "chance = 1.5",
        "chance = nan",
        "chance = true",
        "keep_share = 2",
        "on_delay_s = inf",
        "off_delay_s = -5",
        'quiet_hours = ["02:00"]',
        'quiet_hours = ["02:00", "02:00"]',
        'quiet_hours = ["02:00", "25:00"]',
        'quiet_hours = ["02:00+01:00", "07:00"]',
        'quiet_hours = "night"',
        "quiet_hours = [2, 7]",
        'group = "yes"',
        "rules = []",
        'rules = "level_now"',
        "rules = [1]",
        "surplus_min = 0",
        "decide_near_min = -1",
        "false_alarms_per_day = -1",
    ],
)
def test_a_wrong_value_is_found_with_what_was_expected_and_the_base_stays(line: str) -> None:
    policy, (finding,) = read(line)
    assert policy == BASE
    assert finding.file == "area.toml"
    assert line.split(" = ")[0] in str(finding)
    assert finding.expected == FIELDS[line.split(" = ")[0]][2]


def test_an_unknown_field_and_an_unknown_rule_are_found() -> None:
    policy, findings = read('chanse = 0.5\nrules = ["level_now", "level_soon"]', known_rules=["level_now"])
    assert policy == BASE
    assert [finding.found for finding in findings] == ["field 'chanse'", "rule 'level_soon'"]


def test_no_quiet_hours_can_be_set_against_those_of_the_settings() -> None:
    assert read_alert_table({"quiet_hours": []}, lambda *found: pytest.fail(str(found))) == {"quiet_hours": None}


def test_every_field_of_the_table_is_documented() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "alerts-table.md"
    assert re.findall(r"^\| `(\w+)` \|", page.read_text(), re.MULTILINE) == list(FIELDS)
