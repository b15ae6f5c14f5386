"""A simulated crowd on an area's zones and gates: people arrive, go where they want to be, and go home. Nobody vanishes.

The crowd is invented. It is made to be plausible, so that screens, estimates and alerts have something to work on; it
says nothing about a real town.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deining.domain.area import Area, PlaceKind, Zone
from deining.domain.errors import WrongUse

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MINUTES = 1440
"""A simulated day runs from the hour at which the area is empty to the same hour of the next day."""
OUTSIDE = -1
JAM_PER_M2 = 5.0
CAPACITY_PER_M_MIN = 80.0
"""Most persons over a gate, persons/(m min) of effective width: near the Green Guide's 82 on the level."""
WALKING_M_PER_MIN = 60.0
NO_WIDTH_M = 5.0

PULL = {  # persons' wish to be there: weight, hour at which it is strongest, spread in hours
    PlaceKind.BEACH: (10.0, 14.5, 3.0),
    PlaceKind.STREET: (4.0, 15.0, 4.0),
    PlaceKind.SQUARE: (4.0, 17.5, 4.0),
    PlaceKind.BRIDGE: (3.0, 17.0, 3.5),
    PlaceKind.OTHER: (2.0, 15.0, 4.0),
}
STAY_MIN = {PlaceKind.BEACH: 140.0, PlaceKind.STREET: 35.0, PlaceKind.SQUARE: 50.0, PlaceKind.BRIDGE: 35.0, PlaceKind.OTHER: 40.0}
STATION_WEIGHT = 5.0
"""A station's or tram's gate brings so many times the people that another gate of its width does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """What kind of day it is.

    Parameters
    ----------
    visitors
        Persons who come over the day.
    show_h
        Local hour at which a show begins that draws people; None on a day without one.
    show
        Zones from which it is seen best.
    stage
        Zones at which an event holds people through the afternoon and evening.
    """

    visitors: float
    show_h: float | None = None
    show: frozenset[str] = frozenset()
    stage: frozenset[str] = frozenset()


class WalkNetwork:
    """Who can go where: channels (a gate in one direction), destinations, and the next channel towards each of them.

    A destination is a zone where people like to be, or a way out of the area. Nobody chooses what cannot be reached.

    Raises
    ------
    WrongUse
        When no gate leads into the area.
    """

    def __init__(self, area: Area) -> None:
        self.zones: list[Zone] = list(area.zones.values())
        index = {zone.id: k for k, zone in enumerate(self.zones)}
        self.gates = list(area.gates.values())
        ends = [(index.get(g.from_zone or "", OUTSIDE), index.get(g.to_zone or "", OUTSIDE)) for g in self.gates]
        self.channels = ends + [(head, tail) for tail, head in ends]
        self.tail, self.head = (np.array([c[k] for c in self.channels], dtype=np.int64) for k in (0, 1))
        widths = [gate.effective_width_m or NO_WIDTH_M for gate in self.gates]
        self.capacity = np.array([round(width * CAPACITY_PER_M_MIN) for width in widths] * 2, dtype=np.int64)
        weights = [width * (STATION_WEIGHT if gate.kind is PlaceKind.STATION else 1.0) for width, gate in zip(widths, self.gates, strict=True)]
        self.weight = np.array(weights * 2)
        self.places = [k for k, zone in enumerate(self.zones) if zone.kind in PULL] or list(range(len(self.zones)))
        self.exits = [c for c, (tail, head) in enumerate(self.channels) if head == OUTSIDE and tail != OUTSIDE]
        self.destinations = len(self.places) + len(self.exits)
        self.usable_m2 = np.array([zone.usable_area_m2 for zone in self.zones])
        self.cross_min = np.array([max(1.0, math.sqrt(zone.usable_area_m2) / WALKING_M_PER_MIN) for zone in self.zones])
        self.next_channel = self._find_ways()
        self.can_reach: BoolArray = np.asarray(self.next_channel.T >= 0)
        self.can_reach[self.places, np.arange(len(self.places))] = True
        reaches_a_place = np.asarray(self.can_reach[:, : len(self.places)].any(axis=1))
        self.entries = [c for c, (tail, head) in enumerate(self.channels) if tail == OUTSIDE and head != OUTSIDE and reaches_a_place[head]]
        if not self.entries:
            raise WrongUse(
                f"area {area.id} has {len(self.zones)} zones and no gate that leads into them; a simulated crowd needs a gate with null as from_zone or to_zone"
            )
        goal, origin = np.nonzero(self.next_channel >= 0)
        by_channel = np.argsort(self.next_channel[goal, origin], kind="stable")
        self.goal, self.origin = goal[by_channel], origin[by_channel]
        self.taken, self.first_of_taken = np.unique(self.next_channel[self.goal, self.origin], return_index=True)

    def _find_ways(self) -> IntArray:
        """Shape (destinations, zones): the channel to take, -1 where one is there."""
        found = np.full((self.destinations, len(self.zones)), -1, dtype=np.int64)
        for d, place in enumerate(self.places):
            self._spread(found[d], place)
        for e, way_out in enumerate(self.exits):
            row = found[len(self.places) + e]
            self._spread(row, int(self.tail[way_out]))
            row[self.tail[way_out]] = way_out
        return found

    def _spread(self, row: IntArray, goal: int) -> None:
        known, queue = {goal}, deque([goal])
        while queue:
            here = queue.popleft()
            for c, (tail, head) in enumerate(self.channels):
                if head == here and tail != OUTSIDE and tail not in known:
                    known.add(tail)
                    row[tail] = c
                    queue.append(tail)

    def add_up(self, moved: IntArray) -> IntArray:
        """Persons over each channel, shape (days, channels), of those who take a step from each `origin` to each `goal`."""
        crossed = np.zeros((len(moved), len(self.channels)), dtype=np.int64)
        if len(self.taken):
            # Not a product of matrices: those start threads, which wait for one another where the machine is busy.
            crossed[:, self.taken] = np.add.reduceat(moved, self.first_of_taken, axis=1)
        return crossed

    def pull(self, minute_h: float, plan: DayPlan) -> FloatArray:
        """Shape (places,): where a person who chooses now wants to be."""
        weights = np.empty(len(self.places))
        for k, place in enumerate(self.places):
            zone = self.zones[place]
            weight, at_h, spread_h = PULL.get(zone.kind, PULL[PlaceKind.OTHER])
            size = math.sqrt(zone.usable_area_m2) / 100
            weights[k] = weight * size * math.exp(-0.5 * ((minute_h - at_h) / spread_h) ** 2) + 0.05 * size
            if zone.id in plan.stage:
                weights[k] += 14.0 * _between(minute_h, 15.0, plan.show_h or 23.0)
            if plan.show_h is not None and zone.id in plan.show:
                weights[k] += 30.0 * size * _between(minute_h, plan.show_h - 0.9, plan.show_h + 0.3, start_per_h=2.0)
        return np.asarray(weights / weights.sum())


def _between(hour: float, start: float, end: float, *, start_per_h: float = 12.0) -> float:
    """1 between two hours, half at each; it falls to 0 within a quarter of an hour, or slower before the start."""
    return 1 / (1 + math.exp(-(hour - start) * start_per_h)) / (1 + math.exp((hour - end) * 12))


def arrivals_per_min(minute_h: float, plan: DayPlan) -> float:
    """Expected visitors who come in a minute: around noon, and on a show day again in the early evening."""
    noon = math.exp(-0.5 * ((minute_h - 12.5) / 2.4) ** 2) / (2.4 * math.sqrt(2 * math.pi))
    evening = math.exp(-0.5 * ((minute_h - 19.5) / 1.3) ** 2) / (1.3 * math.sqrt(2 * math.pi))
    share = 0.55 if plan.show_h is not None else 0.12
    return plan.visitors / 60 * ((1 - share) * noon + share * evening)


def go_home_chance(minute_h: float, plan: DayPlan) -> float:
    """Share of those leaving a place who go home."""
    if plan.show_h is None:
        return 0.15 + 0.8 / (1 + math.exp(-(minute_h - 17.5) / 1.2))
    early = 0.07 + 0.08 / (1 + math.exp(-(minute_h - 17.5) / 1.0))
    return early + (0.98 - early) / (1 + math.exp(-(minute_h - plan.show_h - 0.45) * 6))


def stay_min(zone: Zone, minute_h: float, plan: DayPlan) -> float:
    """Mean time that people stay at a place, min: shorter late in the evening, long while they wait for a show."""
    stay = STAY_MIN.get(zone.kind, STAY_MIN[PlaceKind.OTHER])
    if plan.show_h is not None:
        if plan.show_h - 2.0 < minute_h < plan.show_h + 0.45:
            return 150.0 if zone.id in plan.show else 30.0
        if minute_h >= plan.show_h + 0.45:
            return 28.0
    elif minute_h > 22.5:
        return 18.0
    return stay


@dataclass(frozen=True, slots=True)
class Walked:
    """What truly happened.

    Parameters
    ----------
    occupancy
        Shape (days, minutes, zones): persons in each zone at the end of each minute.
    crossings
        Shape (days, minutes, channels): persons over each gate forward, then over each gate backward.
    """

    occupancy: IntArray
    crossings: IntArray


def walk(network: WalkNetwork, plans: Sequence[DayPlan], first_h: float, seed: Sequence[int], *, minutes: int = MINUTES) -> Walked:
    """Simulate days side by side, minute by minute, in whole persons.

    Parameters
    ----------
    plans
        One a day.
    first_h
        Local hour at which the days begin.
    seed
        The same plans and seed give the same days.
    """
    rng = np.random.default_rng(list(seed))
    days, zones = len(plans), len(network.zones)
    here = np.zeros((days, network.destinations, zones), dtype=np.int64)
    occupancy = np.zeros((days, minutes, zones), dtype=np.int64)
    crossings = np.zeros((days, minutes, len(network.channels)), dtype=np.int64)
    shares = rng.dirichlet(40 * network.weight[network.entries] / network.weight[network.entries].sum(), days)
    for k in range(minutes):
        hour = first_h + k / 60
        pull = np.array([network.pull(hour, plan) for plan in plans])
        _choose(network, plans, hour, pull, here, rng)
        crossings[:, k] = _move(network, here, rng)
        crossings[:, k] += _arrive(network, plans, hour, pull, here, shares, rng)
        occupancy[:, k] = here.sum(axis=1)
    return Walked(occupancy, crossings)


def _choose(network: WalkNetwork, plans: Sequence[DayPlan], hour: float, pull: FloatArray, here: IntArray, rng: np.random.Generator) -> None:
    """Those who have been long enough where they wanted to be choose another place, or a way out."""
    places, rows = np.array(network.places), np.arange(len(network.places))
    reach = network.can_reach[places]
    stay = np.array([[stay_min(network.zones[place], hour, plan) for place in network.places] for plan in plans])
    done = rng.binomial(here[:, rows, places], 1 - np.exp(-1 / stay))
    home = rng.binomial(done, np.array([[go_home_chance(hour, plan)] for plan in plans]))
    here[:, rows, places] -= done
    here[:, : len(places), places] += rng.multinomial(done - home, _shares(pull[:, None, :], reach[:, : len(places)])).transpose(0, 2, 1)
    ways = _shares(network.weight[network.exits], reach[:, len(places) :])
    here[:, len(places) :, places] += rng.multinomial(home, ways).transpose(0, 2, 1)


def _shares(weights: FloatArray, reach: BoolArray) -> FloatArray:
    """Weights as shares of what can be reached, along the last axis; equal where nothing can, since nobody is there."""
    found = np.where(reach, weights, 0.0)
    found = found + (found.sum(axis=-1, keepdims=True) == 0)
    return np.asarray(found / found.sum(axis=-1, keepdims=True))


def _move(network: WalkNetwork, here: IntArray, rng: np.random.Generator) -> IntArray:
    """Everybody on the way takes a step towards the destination, as far as zones and gates let them."""
    days, goal, origin = len(here), network.goal, network.origin
    crowd = np.maximum(0.08, 1 - here.sum(axis=1) / network.usable_m2 / JAM_PER_M2)
    leave = 1 - np.exp(-crowd / network.cross_min)
    channel = network.next_channel[goal, origin]
    moved = rng.binomial(here[:, goal, origin], leave[:, origin])
    fits = np.minimum(1.0, network.capacity / np.maximum(network.add_up(moved), 1))
    moved = np.floor(moved * fits[:, channel]).astype(np.int64)
    here[:, goal, origin] -= moved
    inside = network.head[channel] != OUTSIDE
    cells = goal[inside] * here.shape[2] + network.head[channel[inside]]
    size = here.shape[1] * here.shape[2]
    index = (np.arange(days)[:, None] * size + cells).ravel()
    here += np.bincount(index, weights=moved[:, inside].ravel(), minlength=days * size).astype(np.int64).reshape(here.shape)
    return network.add_up(moved)


def _arrive(
    network: WalkNetwork, plans: Sequence[DayPlan], hour: float, pull: FloatArray, here: IntArray, shares: FloatArray, rng: np.random.Generator
) -> IntArray:
    expected = np.array([[arrivals_per_min(hour, plan)] for plan in plans])
    came = np.minimum(rng.poisson(expected * shares), network.capacity[network.entries])
    reach = network.can_reach[network.head[network.entries], : len(network.places)]
    goals = rng.multinomial(came, _shares(pull[:, None, :], reach))
    crossed = np.zeros((len(plans), len(network.channels)), dtype=np.int64)
    crossed[:, network.entries] = came
    for way_in, channel in enumerate(network.entries):
        here[:, : len(network.places), network.head[channel]] += goals[:, way_in]
    return crossed
