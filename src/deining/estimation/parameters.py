"""The states of the filter, numbered: people, and what is not known of sensors; what is believed of them, and learned."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deining.domain.area import Sensor, SensorKind
from deining.domain.calibration import Calibration
from deining.domain.observation import Quantity
from deining.estimation.belief import Array, Belief
from deining.estimation.graph import ZoneGraph

EMPTY_SD = 1.0
"""Persons by which an empty zone may not be empty."""
INVERSE_RATE_DRIFT = 0.0003
CROWDING, CROWDING_SD = 0.05, 0.03
"""m2 by which each person in a square metre hides others from a camera: prior."""
LEAVING, LEAVING_SD, LEAVING_DRIFT = 0.12, 1.0, 0.03
"""Share of a zone's people that leaves it in a minute: prior median, spread of its logarithm, and drift."""
ZONE_LEAVING_SD, ZONE_LEAVING_DRIFT = 0.6, 0.03
NIGHT_DRIFT = {"inverse_rate": 0.002, "crowding": 0.005}
NIGHT_SCALE_DRIFT = {SensorKind.AREA_CAMERA: 0.02, SensorKind.DEVICE_COUNTER: 0.08, SensorKind.PHONE_PANEL: 0.05}
"""By how much a parameter may have changed overnight, so that what was learned long ago is slowly forgotten."""


class Parameters:
    """Which number each state has, and what is believed of it before the day begins.

    Attributes
    ----------
    people
        Persons by zone.
    inverse_rate
        By channel: persons who pass for each that is counted.
    log_scale
        By level sensor: natural logarithm of the share of people that it sees.
    crowding
        m2 by which each person in a square metre hides others from a camera.
    leaving, zone_leaving
        Natural logarithm of the share of a zone's people that leaves it in a minute: for all zones, and each zone's
        deviation from that.
    """

    def __init__(self, graph: ZoneGraph, step_min: float) -> None:
        self.graph, self.step_min = graph, step_min
        zones, channels, levels = len(graph.zones), graph.channels, len(graph.level_sensors)
        self.people = np.arange(zones)
        self.inverse_rate = zones + np.arange(channels)
        self.log_scale = zones + channels + np.arange(levels)
        self.crowding = zones + channels + levels
        self.leaving = self.crowding + 1
        self.zone_leaving = self.leaving + 1 + np.arange(zones)
        self.size = self.leaving + 1 + zones

    def drift_variances(self) -> Array:
        """By state: variance by which it wanders in one step."""
        variance = np.zeros(self.size)
        variance[self.inverse_rate] = INVERSE_RATE_DRIFT**2
        variance[self.log_scale] = [level.model.log_scale_drift**2 for level in self.graph.level_sensors]
        variance[self.leaving] = LEAVING_DRIFT**2
        variance[self.zone_leaving] = ZONE_LEAVING_DRIFT**2
        return variance * self.step_min

    def new_belief(self, calibration: Calibration) -> Belief:
        """What is believed of an empty area at the start of a day."""
        mean, variance = np.zeros(self.size), np.zeros(self.size)
        for c in range(self.graph.channels):
            model = self.graph.crossing_model(c % len(self.graph.gates))
            if model is not None:
                mean[self.inverse_rate[c]], variance[self.inverse_rate[c]] = model.inverse_rate, model.inverse_rate_sd**2
        for i, level in enumerate(self.graph.level_sensors):
            mean[self.log_scale[i]], variance[self.log_scale[i]] = level.model.log_scale, level.model.log_scale_sd**2
        mean[self.crowding], variance[self.crowding] = CROWDING, CROWDING_SD**2
        belief = Belief(mean, np.diag(variance))
        self._recall(belief, calibration)
        self.empty(belief)
        return belief

    def names(self) -> dict[tuple[str, str, str], int]:
        """Number of the state that holds each parameter of a sensor."""
        names: dict[tuple[str, str, str], int] = {}
        for g, sensors in enumerate(self.graph.gate_sensors):
            for sensor in sensors[:1]:
                names[sensor.id, "inverse_rate_forward", series_of(sensor)] = int(self.inverse_rate[g])
                names[sensor.id, "inverse_rate_backward", series_of(sensor)] = int(self.inverse_rate[len(self.graph.gates) + g])
        for i, level in enumerate(self.graph.level_sensors):
            names[level.sensor.id, "log_scale", series_of(level.sensor)] = int(self.log_scale[i])
        return {**names, ("", "crowding", "area"): self.crowding}

    def _recall(self, belief: Belief, calibration: Calibration) -> None:
        own = self.names()
        pairs = [(i, own[name]) for i, name in enumerate(calibration.names) if name in own]
        if pairs:
            theirs, ours = (np.array(column) for column in zip(*pairs, strict=True))
            belief.mean[ours] = calibration.mean[theirs]
            if calibration.covariance.ndim == 1:
                belief.covariance[ours, ours] = calibration.covariance[theirs]
            else:
                belief.covariance[np.ix_(ours, ours)] = calibration.covariance[np.ix_(theirs, theirs)]

    def known_rates(self, calibration: Calibration) -> Array:
        """By channel: persons that its counter usually counts in a step; 0 where that is not known."""
        rates = np.zeros(self.graph.channels)
        for g, sensors in enumerate(self.graph.gate_sensors):
            for sensor in sensors[:1]:
                rates[g] = calibration.rates.get((sensor.id, Quantity.COUNT_FORWARD.value), 0.0)
                rates[len(self.graph.gates) + g] = calibration.rates.get((sensor.id, Quantity.COUNT_BACKWARD.value), 0.0)
        return 60 * self.step_min * rates

    def learn(self, belief: Belief, set_aside: Mapping[int, tuple[float, float]]) -> Calibration:
        """What the day taught about the sensors, with room for what may change overnight.

        Parameters
        ----------
        set_aside
            By channel that is left out: mean and variance of its inverse rate when it was last believed.
        """
        belief, own = belief.copy(), self.names()
        for channel, (mean, variance) in set_aside.items():
            belief.forget(int(self.inverse_rate[channel]), mean, variance)
        numbers = np.array(list(own.values()), dtype=int)
        covariance = belief.covariance[np.ix_(numbers, numbers)]
        kinds = {level.sensor.id: level.sensor.kind for level in self.graph.level_sensors}
        for i, (sensor, parameter, _) in enumerate(own):
            drift = NIGHT_SCALE_DRIFT.get(kinds[sensor], 0.02) if parameter == "log_scale" else NIGHT_DRIFT[parameter.split("_for")[0].split("_back")[0]]
            covariance[i, i] += drift**2
        return Calibration(names=tuple(own), mean=belief.mean[numbers], covariance=covariance)

    def empty(self, belief: Belief) -> None:
        """Nobody is there, and how people will leave is not known yet."""
        for zone in self.people:
            belief.forget(int(zone), 0.0, EMPTY_SD**2)
            belief.forget(int(self.zone_leaving[zone]), 0.0, ZONE_LEAVING_SD**2)
        belief.forget(self.leaving, float(np.log(LEAVING)), LEAVING_SD**2)


def series_of(sensor: Sensor) -> str:
    """What a sensor is, as far as what was learned of it depends on that: its kind, and make, method and firmware."""
    return f"{sensor.kind.value} {sensor.series}".strip()
