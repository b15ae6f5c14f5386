"""Rules: one file a rule, one row here. A rule looks at one moment and keeps nothing."""

from collections.abc import Mapping, Sequence

from deining.domain.errors import UnknownName
from deining.domain.ports import Rule
from deining.risk.rules.inflow_surplus import inflow_surplus
from deining.risk.rules.level_expected import level_expected
from deining.risk.rules.level_now import level_now
from deining.risk.rules.sensor_conflict import sensor_conflict
from deining.risk.rules.silent_sensor import silent_sensor
from deining.risk.rules.unseen_zone import unseen_zone

RULES: dict[str, Rule] = {
    "level_now": level_now,
    "level_expected": level_expected,
    "inflow_surplus": inflow_surplus,
    "silent_sensor": silent_sensor,
    "sensor_conflict": sensor_conflict,
    "unseen_zone": unseen_zone,
}
"""All rules by name, in the order in which their sentence stands for an alert that several of them raise."""


def choose_rules(names: Sequence[str], rules: Mapping[str, Rule] = RULES) -> dict[str, Rule]:
    """The rules that a policy names, in the registry's order; all of them where it names none.

    Raises
    ------
    UnknownName
        When a name is not in the registry.
    """
    for name in names:
        if name not in rules:
            raise UnknownName("rule", name, list(rules))
    return {name: rule for name, rule in rules.items() if not names or name in names}
