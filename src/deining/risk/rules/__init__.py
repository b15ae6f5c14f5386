"""Rules: one file a rule, one row here. A rule looks at one moment and keeps nothing."""

from deining.domain.ports import Rule
from deining.risk.rules.level_expected import level_expected
from deining.risk.rules.level_now import level_now
from deining.risk.rules.silent_sensor import silent_sensor

RULES: dict[str, Rule] = {
    "level_now": level_now,
    "level_expected": level_expected,
    "silent_sensor": silent_sensor,
}
"""All rules by name, in the order in which their sentence stands for an alert that several of them raise."""
