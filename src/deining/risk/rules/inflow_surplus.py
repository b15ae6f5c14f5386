"""More people come in than leave: at this inflow a zone is at red soon."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from deining.domain.alert import AlertKind
from deining.domain.levels import Level, LevelFound
from deining.domain.ports import RiskView, RuleResult
from deining.domain.state import ZoneState
from deining.domain.words import LEVELS, clock_time, name_of

SURE_INFLOW_SHARE = 0.5
"""An inflow counts as certain for this share: what flows in minute by minute may halve before the zone is full."""


@dataclass(frozen=True, slots=True)
class Surplus:
    """A zone that fills: by how many persons/min, when it is at red, and whether it is even by a low estimate of both."""

    inflow_per_min: float
    red_at: datetime
    is_sure: bool


def inflow_surplus(view: RiskView) -> list[RuleResult]:
    """Zones at yellow or above that are at red within the policy's time, at the present net inflow.

    It raises an alert by itself only where that is so by a low estimate too: from the lower end of the occupancy's 90 %
    interval, at half the inflow. Else it adds its sentence to what another rule finds. Where red is reached it only
    says that the zone still fills.
    """
    return [result for state in view.zones for result in _results(view, state)]


def _results(view: RiskView, state: ZoneState) -> list[RuleResult]:
    found = view.levels.of_zone(state)
    if found is None or found.level < Level.YELLOW:
        return []
    surplus = find_surplus(state, found, view.policy.surplus_within_s)
    if surplus is None:
        return []
    told = RuleResult(
        target=state.zone,
        zone=state.zone,
        kind=AlertKind.CROWD,
        level=Level.RED,
        rule="inflow_surplus",
        because=_because(view, state, found, surplus),
        expected_at=surplus.red_at,
        supports=True,
    )
    return [told, replace(told, supports=False)] if surplus.is_sure and found.level < Level.RED else [told]


def find_surplus(state: ZoneState, found: LevelFound, within_s: float) -> Surplus | None:
    """The surplus of a zone that is at red within some seconds at its present net inflow; None where it is not.

    Parameters
    ----------
    found
        Its level: occupancy and the figure that makes the level rise together, so red is at so many persons.

    """
    inflow = state.net_inflow_per_min
    if state.occupancy is None or inflow is None or inflow <= 0 or found.value <= 0:
        return None
    red = state.occupancy * found.scale.red / found.value
    if (minutes := state.minutes_to(red)) is None or 60 * minutes > within_s:
        return None
    low = state.occupancy if state.occupancy_p05 is None else state.occupancy_p05
    is_sure = low + SURE_INFLOW_SHARE * inflow * within_s / 60 >= red
    return Surplus(inflow, state.time + timedelta(minutes=minutes), is_sure)


def _because(view: RiskView, state: ZoneState, found: LevelFound, surplus: Surplus) -> dict[str, str]:
    name, people = name_of(view.area, state.zone), max(1, round(surplus.inflow_per_min))
    more = {"en": f"{people} persons a minute more come into {name} than leave", "nl": f"In {name} komen {people} personen per minuut meer dan er weggaan"}
    if found.level is Level.RED:
        return {"en": f"{more['en']}; it still fills.", "nl": f"{more['nl']}; het wordt nog voller."}
    at = {language: clock_time(surplus.red_at, view.area.timezone, language) for language in LEVELS}
    return {
        "en": f"{more['en']}; at this inflow it is at red at about {at['en']}.",
        "nl": f"{more['nl']}; zo is het rond {at['nl']} rood.",
    }
