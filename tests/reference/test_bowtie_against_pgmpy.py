"""The enumeration of a bowtie against a general library for Bayesian networks, which knows nothing of bowties.

Reference: pgmpy 1.1 (MIT licence), variable elimination on conditional probability tables. Tolerance 1e-9.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from deining.domain.bowtie import BarrierStatus, Bowtie, Cause, Interval
from deining.risk.bowtie import assess
from tests.risk.bowties import DEGRADED, DOWN, UP, a_barrier, a_bowtie, a_consequence, a_threat, situations

models = pytest.importorskip("pgmpy.models", reason="pgmpy is not installed; without it nothing is compared here")
factors = pytest.importorskip("pgmpy.factors.discrete")
inference = pytest.importorskip("pgmpy.inference")

TOLERANCE = 1e-9
Chance = Callable[[Mapping[str, bool]], float]


def add_node(network: Any, name: str, parents: list[str], chance: Chance) -> None:
    """A node that is true with a chance that depends on its parents."""
    states = [dict(zip(parents, states, strict=True)) for states in itertools.product((False, True), repeat=len(parents))]
    true = [chance(state) for state in states]
    network.add_node(name)
    network.add_edges_from([(parent, name) for parent in parents])
    table = [[1 - one for one in true], true]
    network.add_cpds(factors.TabularCPD(name, 2, table, evidence=parents or None, evidence_card=[2] * len(parents) or None))


def noisy(own: float, causes: tuple[Cause, ...]) -> Chance:
    """A noisy OR: it happens of itself or through any cause that is there."""

    def chance(state: Mapping[str, bool]) -> float:
        none = 1 - own
        for cause in causes:
            none *= 1 - cause.chance.best * state[cause.id]
        return 1 - none

    return chance


def as_network(bowtie: Bowtie, statuses: Mapping[str, BarrierStatus]) -> Any:
    """Threats, failures of barriers, what comes through, top event and consequences as a Bayesian network."""
    network = models.DiscreteBayesianNetwork()
    for threat in bowtie.threats:
        add_node(network, threat.id, [cause.id for cause in threat.causes], noisy(threat.chance.best, threat.causes))
    for barrier in bowtie.barriers:
        fails = 1 - barrier.working(statuses[barrier.id]).best * barrier.effectiveness.best
        add_node(network, barrier.id, [cause.id for cause in barrier.causes], noisy(fails, barrier.causes))
    for threat in bowtie.threats:
        parents = [threat.id, *(barrier.id for barrier in bowtie.barriers_on(threat.id))]
        add_node(network, f"through {threat.id}", parents, lambda state: float(all(state.values())))
    add_node(network, "top", [f"through {threat.id}" for threat in bowtie.threats], lambda state: float(any(state.values())))
    for one in bowtie.consequences:
        parents = ["top", *(barrier.id for barrier in bowtie.barriers_on(one.id))]
        add_node(network, one.id, parents, lambda state, chance=one.chance.best: chance * all(state.values()))
    return network


def check(bowtie: Bowtie, statuses: Mapping[str, BarrierStatus]) -> None:
    found = assess(bowtie, None, statuses, dict.fromkeys((factor.id for factor in bowtie.factors), False))
    network = as_network(bowtie, statuses)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        query = inference.VariableElimination(network)
        expected = {name: query.query([name], show_progress=False).get_value(**{name: 1}) for name in map(str, network.nodes())}
    ours = {"top": found.top.chance} | {one.id: one.chance for one in (*found.threats, *found.consequences)}
    ours |= {f"through {one.id}": one.chance for one in found.through}
    assert ours == pytest.approx({name: expected[name] for name in ours}, abs=TOLERANCE)


def test_a_bowtie_with_shared_barriers_and_causes_on_both_sides() -> None:
    power = a_threat("power", chance=Interval(0.01, 0.02, 0.05))
    dance = a_threat("dance", causes=(Cause(id="rush", chance=Interval(0.2, 0.4, 0.6)),))
    barriers = (
        a_barrier("stewards", on=("rush", "dance")),
        a_barrier("signs", on=("rush", "dance", "power"), causes=(Cause(id="power"),)),
        a_barrier(
            "speaker", on=("crush", "hurt"), causes=(Cause(id="power", chance=Interval(0.2, 0.4, 0.6)), Cause(id="signs", chance=Interval(0.1, 0.2, 0.3)))
        ),
        a_barrier("aid", on=("hurt",)),
    )
    bowtie = a_bowtie(threats=(a_threat(), power, dance), barriers=barriers, consequences=(a_consequence(), a_consequence("hurt")))
    check(bowtie, {"stewards": DEGRADED, "signs": UP, "speaker": UP, "aid": DOWN})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(situations())
def test_random_bowties(situation: tuple[Bowtie, dict[str, BarrierStatus], dict[str, bool | None]]) -> None:
    check(situation[0], situation[1])
