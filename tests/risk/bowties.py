"""Bowties for tests: a small one, random ones, and a slow plain oracle that goes through every state of every basic event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from hypothesis import strategies as st

from deining.domain.bowtie import Barrier, BarrierStatus, Bowtie, Cause, Consequence, Factor, Interval, Threat
from deining.domain.levels import Level

UP, DEGRADED, DOWN, UNKNOWN = BarrierStatus.UP, BarrierStatus.DEGRADED, BarrierStatus.DOWN, BarrierStatus.UNKNOWN


def a_threat(id: str = "rush", **given: Any) -> Threat:
    """A rush that comes one time in five."""
    return Threat(**{"id": id, "name": id.title(), "chance": Interval(0.1, 0.2, 0.3), **given})


def a_barrier(id: str = "stewards", **given: Any) -> Barrier:
    """Stewards who stop three rushes in four."""
    usual = {"id": id, "name": id.title(), "on": ("rush",), "owner": "the town", "effectiveness": Interval(0.6, 0.75, 0.9), "degraded": 0.4}
    return Barrier(**{**usual, **given})


def a_consequence(id: str = "crush", **given: Any) -> Consequence:
    """A crush that follows half of the time."""
    return Consequence(**{"id": id, "name": id.title(), "chance": Interval(0.3, 0.5, 0.7), **given})


def a_factor(id: str = "rain", **given: Any) -> Factor:
    """Rain that doubles the odds."""
    return Factor(**{"id": id, "name": id.title(), "odds_ratio": Interval(1.5, 2.0, 3.0), "source": "judgement of a test", **given})


def a_bowtie(**given: Any) -> Bowtie:
    """A rush, stewards before it, and a crush after it."""
    usual = {
        "id": "square",
        "name": "Square",
        "zone": "square",
        "level": Level.RED,
        "horizon_s": 1800,
        "top": "The square is too full",
        "source": "judgement of a test",
        "threats": (a_threat(),),
        "barriers": (a_barrier(),),
        "consequences": (a_consequence(),),
    }
    return Bowtie(**{**usual, **given})


@st.composite
def intervals(draw: st.DrawFn, lowest: float = 0.01, highest: float = 0.99) -> Interval:
    """Three numbers that do not fall, all the same or with a width."""
    if draw(st.booleans()):
        known = draw(st.floats(lowest, highest))
        return Interval(known, known, known)
    low, best, high = sorted(draw(st.floats(lowest, highest)) for _ in range(3))
    return Interval(low, best, high)


@st.composite
def some_causes(draw: st.DrawFn, earlier: list[str]) -> tuple[Cause, ...]:
    ids = draw(st.lists(st.sampled_from(earlier), max_size=1, unique=True)) if earlier else []
    return tuple(Cause(id=id_, chance=draw(intervals())) for id_ in ids)


@st.composite
def bowties(draw: st.DrawFn, *, causes: bool = True) -> Bowtie:
    """Small bowties of every shape: shared barriers, causes of threats and barriers, ties between the two sides."""
    no_causes = st.just(())
    threats: list[Threat] = []
    for index in range(draw(st.integers(1, 3))):
        earlier = [threat.id for threat in threats]
        threats.append(a_threat(f"t{index}", chance=draw(intervals()), causes=draw(some_causes(earlier) if causes else no_causes)))
    consequences = tuple(a_consequence(f"c{index}", chance=draw(intervals())) for index in range(draw(st.integers(0, 2))))
    barriers: list[Barrier] = []
    for index in range(draw(st.integers(0, 3))):
        sides = [threats, *([consequences] if consequences else [])]
        side = [one.id for one in draw(st.sampled_from(sides))]
        earlier = [threat.id for threat in threats] + [barrier.id for barrier in barriers]
        barriers.append(
            a_barrier(
                f"b{index}",
                on=tuple(draw(st.lists(st.sampled_from(side), min_size=1, unique=True))),
                effectiveness=draw(intervals()),
                degraded=draw(st.floats(0, 1)),
                usual=draw(st.sampled_from((UP, UP, DEGRADED, DOWN))),
                causes=draw(some_causes(earlier) if causes else no_causes),
            )
        )
    factors = tuple(a_factor(f"f{index}", odds_ratio=draw(intervals(0.2, 5.0))) for index in range(draw(st.integers(0, 2))))
    return a_bowtie(threats=tuple(threats), barriers=tuple(barriers), consequences=consequences, factors=factors)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Bowtie, dict[str, BarrierStatus], dict[str, bool | None]]:
    """A bowtie with the status of each barrier and the presence of each factor."""
    bowtie = draw(bowties())
    statuses = {barrier.id: draw(st.sampled_from(BarrierStatus)) for barrier in bowtie.barriers}
    present = {factor.id: draw(st.sampled_from((True, False, None))) for factor in bowtie.factors}
    return bowtie, statuses, present


@dataclass(frozen=True)
class Plain:
    """What the oracle found: chances of occurring and of coming through a threat, of the top event, and of consequences."""

    occurs: dict[str, float]
    through: dict[str, float]
    top: float
    follows: dict[str, float]


def enumerate_plainly(bowtie: Bowtie, working: Mapping[str, float], pick: Mapping[str, str] | str = "best") -> Plain:
    """Every state of every basic event, one after the other.

    Parameters
    ----------
    working
        Barrier -> part of its effectiveness.
    pick
        Which of low, best and high is taken: for all, or for each id (of a cause `cause>effect`).
    """

    def taken(key: str, interval: Interval) -> float:
        return float(getattr(interval, pick if isinstance(pick, str) else pick.get(key, "best")))

    chance = {threat.id: taken(threat.id, threat.chance) for threat in bowtie.threats}
    chance |= {barrier.id: 1 - working[barrier.id] * taken(barrier.id, barrier.effectiveness) for barrier in bowtie.barriers}
    chance |= {one.id: taken(one.id, one.chance) for one in bowtie.consequences}
    for one in (*bowtie.threats, *bowtie.barriers):
        chance |= {f"{cause.id}>{one.id}": taken(f"{cause.id}>{one.id}", cause.chance) for cause in one.causes}
    plain = Plain(dict.fromkeys((t.id for t in bowtie.threats), 0.0), dict.fromkeys((t.id for t in bowtie.threats), 0.0), 0.0, {})
    follows, top = dict.fromkeys((one.id for one in bowtie.consequences), 0.0), 0.0
    causes = {one.id: one.causes for one in (*bowtie.threats, *bowtie.barriers)}
    for states in product((False, True), repeat=len(chance)):
        state = dict(zip(chance, states, strict=True))
        weight = 1.0
        for key, happens in state.items():
            weight *= chance[key] if happens else 1 - chance[key]

        def is_so(id: str, state: Mapping[str, bool] = state) -> bool:
            return state[id] or any(state[f"{cause.id}>{id}"] and is_so(cause.id, state) for cause in causes[id])

        through = []
        for threat in bowtie.threats:
            plain.occurs[threat.id] += weight * is_so(threat.id)
            through.append(is_so(threat.id) and all(is_so(barrier.id) for barrier in bowtie.barriers_on(threat.id)))
            plain.through[threat.id] += weight * through[-1]
        if any(through):
            top += weight
            for one in bowtie.consequences:
                follows[one.id] += weight * (state[one.id] and all(is_so(barrier.id) for barrier in bowtie.barriers_on(one.id)))
    return Plain(plain.occurs, plain.through, top, follows)
