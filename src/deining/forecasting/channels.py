"""Channels: each gate's two ways as arrays, and what the states of one moment say of zones and channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deining.domain.area import Area
from deining.domain.drivers import BoolArray, Int64Array
from deining.domain.series import FloatArray
from deining.domain.state import FlowState, ZoneState

OUTSIDE = -1
Z90 = 1.6449
"""Half-width of a central 90 % interval of the normal distribution, in standard deviations."""


class Channels:
    """The ways people go in an area: first each gate forward, then each gate backward.

    Parameters
    ----------
    area
        Zones and gates. A zone without any gate gets a gate to the outside that nobody counts, so that it can change.

    Attributes
    ----------
    tail, head
        Index of the zone where a channel begins and ends; `OUTSIDE` outside. Shape (channels,).
    """

    def __init__(self, area: Area) -> None:
        self.zones, self.gates = list(area.zones), list(area.gates)
        self.zone_index = {zone: i for i, zone in enumerate(self.zones)}
        self.gate_index = {gate: i for i, gate in enumerate(self.gates)}
        ends = [(self._find(gate.from_zone), self._find(gate.to_zone)) for gate in area.gates.values()]
        ends += [(OUTSIDE, zone) for zone in range(len(self.zones)) if not any(zone in pair for pair in ends)]
        pairs = np.array(ends, dtype=np.int64).reshape(-1, 2)
        self.ways = len(ends)
        self.tail: Int64Array = np.concatenate([pairs[:, 0], pairs[:, 1]])
        self.head: Int64Array = np.concatenate([pairs[:, 1], pairs[:, 0]])

    def _find(self, zone: str | None) -> int:
        return OUTSIDE if zone is None else self.zone_index[zone]

    def of_zones(self, values: FloatArray, ends: Int64Array, outside: float) -> FloatArray:
        """The value of the zone at one end of each channel, shape (channels, ...)."""
        return np.concatenate([values, np.full((1, *values.shape[1:]), outside)])[ends]


@dataclass(frozen=True, slots=True)
class Moment:
    """Zone states and flow states of one moment as arrays; NaN where nothing is known.

    Parameters
    ----------
    people, low, high
        Persons in each zone with the ends of the 90 % interval, shape (zones,).
    flow
        Persons/min through each channel, shape (channels,); where a sensor does not tell the ways apart, half of both.
    seen
        Whether the newest count of a channel may be relied on, shape (channels,).
    """

    people: FloatArray
    low: FloatArray
    high: FloatArray
    flow: FloatArray
    seen: BoolArray

    @classmethod
    def of(cls, channels: Channels, zones: Sequence[ZoneState], flows: Sequence[FlowState]) -> Moment:
        """The states of zones and gates; those of places that are not in the area are left out."""
        people, low, high = (np.full(len(channels.zones), np.nan) for _ in range(3))
        for zone in zones:
            index = channels.zone_index.get(zone.zone)
            if index is not None and zone.occupancy is not None:
                people[index] = zone.occupancy
                low[index] = zone.occupancy if zone.occupancy_p05 is None else zone.occupancy_p05
                high[index] = zone.occupancy if zone.occupancy_p95 is None else zone.occupancy_p95
        flow, seen = np.full(2 * channels.ways, np.nan), np.zeros(2 * channels.ways, dtype=bool)
        for state in flows:
            gate = channels.gate_index.get(state.target)
            if gate is None or state.flow_per_min is None:
                continue
            forward, backward = state.forward_per_min, state.backward_per_min
            if forward is None or backward is None:
                forward = backward = state.flow_per_min / 2
            flow[[gate, gate + channels.ways]] = forward, backward
            seen[[gate, gate + channels.ways]] = state.quality.may_alert
        return cls(people, low, high, flow, seen)
