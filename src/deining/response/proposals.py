"""Which prepared measures still fit before a place reaches a level, the most urgent first. deining proposes; people decide."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from deining.domain.area import Area
from deining.domain.levels import Level, LevelExpected, LevelFound, LevelReach
from deining.domain.measure import Fit, Measure, Proposal, Scenario
from deining.response.measure_words import say_proposal

LEAST_CHANCE = 0.3
"""Below this probability within sight a level is not prepared for, unless the caller says otherwise."""
REACHED_CHANCE = 1.0
_Rank = tuple[int, float, float, float, str, str, str]


@dataclass(frozen=True, slots=True)
class _Coming:
    """One level of one place: when it is reached and how likely; `reached` where it is there already."""

    level: Level
    at: datetime
    chance: float
    earliest: datetime | None = None
    latest: datetime | None = None
    reached: bool = False

    @property
    def order(self) -> tuple[float, datetime, datetime, datetime]:
        """Of two that tell of one level the smaller counts: the likelier, then the sooner."""
        return -self.chance, self.at, self.earliest or self.at, self.latest or self.at


def propose(
    area: Area,
    now: datetime,
    *,
    found: Mapping[str, LevelFound],
    reaches: Mapping[str, Sequence[LevelReach]],
    expected: Mapping[str, LevelExpected] | None = None,
    in_force: Collection[str] = (),
    decided: Collection[str] = (),
    alerts: Mapping[str, str] | None = None,
    least_chance: float = LEAST_CHANCE,
) -> list[Proposal]:
    """The measures of the scenarios that fit what places are at, or come to.

    A scenario of level L fits a place that is at L or above, or reaches L within sight with at least `least_chance`. Its
    measures are weighed against the lowest such level that is not reached yet: where the place is orange and red is
    likely, against red. Where none is left, the level is `reached`. Of two scenarios with the same measure for one place,
    the one that ranks higher stands.

    Parameters
    ----------
    found
        The level of each place now. Leave out places that cannot be seen: no crowd level rests on them.
    reaches
        By place: how likely its levels are reached, and when.
    expected
        By place: the level its forecasts reach, for places without reaches, such as point counters.
    in_force, decided
        Ids of measures that work already, and of those that were decided and are being set up: they come last, marked.
    alerts
        By place: the id of its alert.
    least_chance
        A level counts from this probability on.

    Returns
    -------
    Ranked: first those that can still be ready, by the minute in which they must be decided, then by chance times level,
    then by set-up time; after them those that are too late or meet a level that is reached; at the end those that stand.
    """
    for_all, by_place = _index(area)
    best: dict[tuple[str, str], tuple[_Rank, Proposal]] = {}
    for place in dict.fromkeys([*found, *reaches, *(expected or {})]):
        scenarios = [*by_place.get(place, ()), *for_all]
        coming = _list_coming(now, found.get(place), reaches.get(place, ()), (expected or {}).get(place), least_chance) if scenarios else []
        alert = (alerts or {}).get(place)
        for scenario, level in _choose(scenarios, coming):
            for measure in scenario.measures:
                one = _weigh(area.measures[measure], scenario, place, level, now, in_force=measure in in_force, decided=measure in decided, alert=alert)
                ranked = _rank(area, one), one
                if (place, measure) not in best or ranked[0] < best[place, measure][0]:
                    best[place, measure] = ranked
    in_order = [one for _, one in sorted(best.values(), key=lambda ranked: ranked[0])]
    return [replace(one, rank=k + 1, text=say_proposal(area, one, area.measures[one.measure].set_up_s)) for k, one in enumerate(in_order)]


def _index(area: Area) -> tuple[list[Scenario], dict[str, list[Scenario]]]:
    """Scenarios for every place, and by place; those of green are never proposed."""
    for_all: list[Scenario] = []
    by_place: dict[str, list[Scenario]] = {}
    for scenario in area.scenarios:
        if scenario.level is Level.GREEN:
            continue
        for place in scenario.places:
            by_place.setdefault(place, []).append(scenario)
        if not scenario.places:
            for_all.append(scenario)
    return for_all, by_place


def _list_coming(now: datetime, found: LevelFound | None, reaches: Sequence[LevelReach], expected: LevelExpected | None, least_chance: float) -> list[_Coming]:
    """The level a place is at, if it is above green, and those it is likely to reach, each once, rising."""
    reached = max([found.level if found else Level.GREEN, *(reach.level for reach in reaches if reach.is_reached)])
    best: dict[Level, _Coming] = {}
    for one in _list_likely(now, reaches, expected):
        if one.level <= reached or one.chance < least_chance:
            continue
        known = best.get(one.level)
        if known is None or one.order < known.order:
            best[one.level] = one
    there = [_Coming(reached, now, REACHED_CHANCE, now, now, reached=True)] if reached is not Level.GREEN else []
    return [*there, *(best[level] for level in sorted(best))]


def _list_likely(now: datetime, reaches: Sequence[LevelReach], expected: LevelExpected | None) -> Iterator[_Coming]:
    """What is said of times to come; a time that has passed without the level counts as now."""
    for reach in reaches:
        if reach.at_p50 is not None and not reach.is_reached:
            chance = reach.chances[max(reach.chances)]
            yield _Coming(reach.level, max(now, reach.at_p50), chance, _not_before(now, reach.at_p10), _not_before(now, reach.at_p90))
    if expected is not None:
        first, last = _not_before(now, expected.earliest), _not_before(now, expected.latest)
        yield _Coming(expected.level, max(now, expected.at), expected.chance, first, last)


def _not_before(now: datetime, time: datetime | None) -> datetime | None:
    return None if time is None else max(now, time)


def _choose(scenarios: Sequence[Scenario], coming: Sequence[_Coming]) -> Iterator[tuple[Scenario, _Coming]]:
    """For each scenario that fits, the lowest level that is still to come, else the one that is reached."""
    for scenario in scenarios:
        fitting = [one for one in coming if one.level >= scenario.level]
        if fitting:
            yield scenario, next((one for one in fitting if not one.reached), fitting[0])


def _weigh(measure: Measure, scenario: Scenario, place: str, coming: _Coming, now: datetime, *, in_force: bool, decided: bool, alert: str | None) -> Proposal:
    set_up = timedelta(seconds=measure.set_up_s)
    return Proposal(
        rank=0,
        target=place,
        level=coming.level,
        reached_at=coming.at,
        earliest=coming.earliest,
        latest=coming.latest,
        chance=coming.chance,
        scenario=scenario.id,
        measure=measure.id,
        ready_at=now + set_up,
        decide_before=None if coming.reached else coming.at - set_up,
        decide_before_earliest=None if coming.reached or coming.earliest is None else coming.earliest - set_up,
        fit=_fit(now + set_up, coming),
        in_force=in_force,
        decided=decided and not in_force,
        alert=alert,
    )


def _fit(ready_at: datetime, coming: _Coming) -> Fit:
    if coming.reached:
        return Fit.REACHED
    if coming.earliest is not None and ready_at <= coming.earliest:
        return Fit.IN_TIME
    return Fit.TIGHT if ready_at <= coming.at else Fit.TOO_LATE


def _rank(area: Area, one: Proposal) -> _Rank:
    """Smaller is more urgent; ids last, so that the order never depends on chance."""
    group = 2 if one.in_force or one.decided else 0 if one.fit.still_fits else 1
    minute = one.decide_before.timestamp() // 60 if one.decide_before is not None and one.fit.still_fits else 0.0
    return group, minute, -one.chance * one.level, area.measures[one.measure].set_up_s, one.target, one.measure, one.scenario
