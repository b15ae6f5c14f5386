"""What is wrong with a sensor, in plain words."""

from __future__ import annotations

import numpy as np

from deining.estimation.filter_state import FilterState
from deining.estimation.gate_faults import GateFault
from deining.estimation.graph import ZoneGraph
from deining.estimation.level_faults import LevelFault

SWAPPED = "directions exchanged: counts forward as backward; read the other way round"
GATE_FAULTS = {
    GateFault.SILENT: "silent: counts 0 where people are expected; left out of the estimate",
    GateFault.STUCK: "stuck: the same number again and again; left out of the estimate",
    GateFault.JUMPING: "jumping: its numbers leap up and down; left out of the estimate",
    GateFault.DRIFTING: "drifting: counts half of what passes; left out of the estimate",
}
LEVEL_FAULTS = {
    LevelFault.DARK: "silent: sees nobody where people are; left out of the estimate",
    LevelFault.STUCK: "stuck: the same number again and again; left out of the estimate",
    LevelFault.JUMPING: "jumping: its numbers leap up and down; left out of the estimate",
    LevelFault.IMPOSSIBLE: "impossible: sees more people than there is room for; left out of the estimate",
    LevelFault.DRIFTING: "drifting: no longer sees the share that it did; left out of the estimate",
}


def find_faults(graph: ZoneGraph, state: FilterState) -> dict[str, tuple[int, str]]:
    """By sensor: the minute since which it is faulty, and what is wrong in words."""
    found: dict[str, tuple[int, str]] = {}
    for gate in np.flatnonzero(state.gates.swapped):
        found[graph.gate_sensors[gate][0].id] = (int(state.gates.swapped_since[gate]), SWAPPED)
    for gate in np.flatnonzero(state.gates.fault):
        found[graph.gate_sensors[gate][0].id] = (int(state.gates.since[gate]), GATE_FAULTS[GateFault(state.gates.fault[gate])])
    for i in np.flatnonzero(state.levels.fault):
        found[graph.level_sensors[i].sensor.id] = (int(state.levels.since[i]), LEVEL_FAULTS[LevelFault(state.levels.fault[i])])
    return found
