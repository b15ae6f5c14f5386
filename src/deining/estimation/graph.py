"""The zone graph as arrays: which channel takes people from where to where, and which sensors watch what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from deining.domain.area import Area, Sensor
from deining.domain.observation import Quantity
from deining.estimation.error_models import ERROR_MODELS, CrossingModel, LevelModel

OUTSIDE = -1
FORWARD, BACKWARD = Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD


@dataclass(frozen=True, slots=True)
class LevelSensor:
    """A sensor that sees how many people there are, in one zone or in all."""

    sensor: Sensor
    model: LevelModel
    zones: tuple[int, ...]


class ZoneGraph:
    """Channels and level sensors of an area, numbered.

    Channel `c` of gate `g` is `g` for forward and `gates + g` for backward. `tail[c]` and `head[c]` are the zones it
    leads from and to, `OUTSIDE` where that is no zone of the area.

    Attributes
    ----------
    crossing
        By channel: the people moved by one person over it, a sparse matrix of zones x channels of -1 and +1.
    counted
        By gate: whether a sensor counts it both ways apart.
    """

    def __init__(self, area: Area) -> None:
        self.area = area
        self.zones = list(area.zones)
        self.gates = list(area.gates)
        zone_index = {zone: i for i, zone in enumerate(self.zones)}
        self.zone_index = zone_index
        start = np.array([OUTSIDE if g.from_zone is None else zone_index[g.from_zone] for g in area.gates.values()], dtype=int)
        end = np.array([OUTSIDE if g.to_zone is None else zone_index[g.to_zone] for g in area.gates.values()], dtype=int)
        self.tail, self.head = np.concatenate([start, end]), np.concatenate([end, start])
        self.usable_area_m2 = np.array([zone.usable_area_m2 for zone in area.zones.values()])
        self._find_sensors(area)
        self.crossing = self._crossing_matrix()

    @property
    def channels(self) -> int:
        """Number of channels, two a gate."""
        return 2 * len(self.gates)

    def _find_sensors(self, area: Area) -> None:
        gate_index = {gate: i for i, gate in enumerate(self.gates)}
        self.gate_sensors: list[list[Sensor]] = [[] for _ in self.gates]
        self.level_sensors: list[LevelSensor] = []
        for sensor in area.sensors.values():
            model = ERROR_MODELS.get(sensor.kind)
            if model is None:
                continue
            if sensor.gate is not None and model.crossings is not None:
                self.gate_sensors[gate_index[sensor.gate]].append(sensor)
            elif sensor.gate is None and model.level is not None:
                zones = tuple(range(len(self.zones))) if sensor.zone is None else (self.zone_index[sensor.zone],)
                if zones:
                    self.level_sensors.append(LevelSensor(sensor, model.level, zones))
        self.gate_of = {sensor.id: g for g, sensors in enumerate(self.gate_sensors) for sensor in sensors}
        self.level_of = {found.sensor.id: i for i, found in enumerate(self.level_sensors)}
        self.counted = np.array([bool(sensors) for sensors in self.gate_sensors], dtype=bool)

    def crossing_model(self, gate: int) -> CrossingModel | None:
        """How well the first sensor of a gate counts; None where nobody counts it."""
        model = ERROR_MODELS[self.gate_sensors[gate][0].kind] if self.gate_sensors[gate] else None
        return model.crossings if model else None

    def _crossing_matrix(self) -> sparse.csr_array:
        into, out = np.flatnonzero(self.head != OUTSIDE), np.flatnonzero(self.tail != OUTSIDE)
        values = np.concatenate([np.ones(len(into)), -np.ones(len(out))])
        rows, columns = np.concatenate([self.head[into], self.tail[out]]), np.concatenate([into, out])
        return sparse.csr_array((values, (rows, columns)), shape=(len(self.zones), self.channels))

    def sensors_of(self, zone: int) -> list[Sensor]:
        """Every sensor that tells of a zone: at its gates, and looking at it alone."""
        gates = {int(c) % len(self.gates) for c in np.flatnonzero((self.tail == zone) | (self.head == zone))} if self.gates else set()
        found = [sensor for gate in sorted(gates) for sensor in self.gate_sensors[gate]]
        return found + [level.sensor for level in self.level_sensors if level.zones == (zone,)]

    def parts_of(self, sensor: str) -> tuple[list[int], list[int]]:
        """The channels that a sensor counts, and its number among the level sensors."""
        gate, level = self.gate_of.get(sensor), self.level_of.get(sensor)
        return [] if gate is None else [gate, len(self.gates) + gate], [] if level is None else [level]

    def gates_of(self, zone: int) -> list[int]:
        """The gates of a zone's cordon."""
        return sorted({int(c) % len(self.gates) for c in np.flatnonzero((self.tail == zone) | (self.head == zone))}) if self.gates else []
