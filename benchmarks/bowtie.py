"""A bowtie of thirty nodes: how long an assessment takes, plain and entangled, and how wide the bounds of a search are.

Times are of the processor, so that what else runs on the machine counts for little.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import numpy as np

from benchmarks.common import Row, percentile, spread
from deining.domain.bowtie import Barrier, BarrierStatus, Bowtie, Cause, Consequence, Factor, Interval, Threat
from deining.domain.levels import Level
from deining.risk.bowtie import assess
from deining.risk.bowtie.intervals import build_box
from deining.risk.bowtie.network import build_network

THREATS, PREVENTIVE, RECOVERING, CONSEQUENCES = 10, 9, 5, 6
DOWN, UNKNOWN = BarrierStatus.DOWN, BarrierStatus.UNKNOWN


def measure(quick: bool) -> list[Row]:
    """Assessments of random bowties with 30 nodes and six factors."""
    return list(_rows(5 if quick else 60, 2 if quick else 10))


def _rows(plain: int, wide: int) -> Iterator[Row]:
    for words, is_entangled in (("30 nodes, each barrier on about a third of its side", False), ("the same, and each second node with a cause", True)):
        bowties = [a_random_bowtie(Random(seed), is_entangled=is_entangled) for seed in range(plain)]
        first = [1000 * _seconds(lambda bowtie=bowtie: _assess_anew(bowtie)) for bowtie in bowties]
        again = [1000 * _seconds(lambda bowtie=bowtie: assess(bowtie, 0.1, {}, {})) for bowtie in bowties]
        alone = [1000 * _seconds(lambda bowtie=bowtie: assess(bowtie, None, {}, {})) for bowtie in bowties]
        yield Row(f"{words}: first assessment, 95 of 100", "< 20 ms", f"{percentile(first, 0.95):.1f} ms")
        yield Row("every later one, all barriers unknown, 95 of 100", "< 20 ms", f"{percentile(again, 0.95):.1f} ms")
        yield Row("the same without a forecast, 95 of 100", "", f"{percentile(alone, 0.95):.1f} ms")
    shares = [_found_of_width(Random(1000 + seed)) for seed in range(wide)]
    yield Row("width of the searched bounds (log-odds), as a part of the width of 200,000 random corners; 19 unknowns", "", spread(shares, "", 3))


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _assess_anew(bowtie: Bowtie) -> object:
    build_network.cache_clear()
    build_box.cache_clear()
    return assess(bowtie, 0.1, {}, {})


def _found_of_width(random: Random) -> float:
    """Width of the bounds with a third of the barriers down, against the widest of many random corners."""
    bowtie = replace(a_random_bowtie(random, is_entangled=False), factors=())
    statuses = {barrier.id: DOWN if index % 3 == 0 else BarrierStatus.UP for index, barrier in enumerate(bowtie.barriers)}
    top = assess(bowtie, 0.1, statuses, {}).top
    network, unknown = build_network(bowtie), list(build_box(bowtie, 0).unknown)
    working = np.array([[barrier.working(statuses[barrier.id]).best] for barrier in bowtie.barriers])
    generator, moved = np.random.default_rng(random.randrange(2**32)), []
    for _ in range(200):
        cases = np.repeat(network.given[:, [1]], 1000, axis=1)
        ends = generator.choice((0, 2), size=(len(unknown), 1000))
        cases[unknown] = np.take_along_axis(network.given[unknown], ends, axis=1)
        now, before = (network.top.chances(network.probabilities(cases, which))[0] for which in (working, None))
        moved += [np.log(now / (1 - now)) - np.log(before / (1 - before))]
    every = np.concatenate(moved)
    return float((np.log(top.high / (1 - top.high)) - np.log(top.low / (1 - top.low))) / (every.max() - every.min()))


def a_random_bowtie(random: Random, *, is_entangled: bool) -> Bowtie:
    """Ten threats, nine barriers before and five after the top event, six consequences, six factors."""
    threats: list[Threat] = []
    for index in range(THREATS):
        causes = _causes(random, [threat.id for threat in threats], is_entangled)
        threats.append(Threat(id=f"t{index}", name="", chance=_interval(random, 0.01, 0.3), causes=causes))
    consequences = tuple(Consequence(id=f"c{index}", name="", chance=_interval(random, 0.01, 0.9)) for index in range(CONSEQUENCES))
    barriers: list[Barrier] = []
    for index in range(PREVENTIVE + RECOVERING):
        side = [one.id for one in (threats if index < PREVENTIVE else consequences)]
        on = tuple(id_ for id_ in side if random.random() < 1 / 3) or (random.choice(side),)
        causes = _causes(random, [one.id for one in (*threats, *barriers)], is_entangled)
        barriers.append(Barrier(id=f"b{index}", name="", on=on, owner="", effectiveness=_interval(random, 0.2, 0.95), causes=causes))
    ratio = Interval(1.1, 1.4, 2.0)
    return Bowtie(
        id="random",
        name="",
        zone="square",
        level=Level.RED,
        horizon_s=3600,
        top="too full",
        source="random",
        threats=tuple(threats),
        barriers=tuple(barriers),
        consequences=consequences,
        factors=tuple(Factor(id=f"f{index}", name="", odds_ratio=ratio, source="random") for index in range(6)),
    )


def _interval(random: Random, lowest: float, highest: float) -> Interval:
    return Interval(*sorted(random.uniform(lowest, highest) for _ in range(3)))


def _causes(random: Random, earlier: list[str], is_entangled: bool) -> tuple[Cause, ...]:
    if not is_entangled or not earlier or random.random() < 0.5:
        return ()
    return (Cause(id=random.choice(earlier), chance=_interval(random, 0.1, 0.9)),)
