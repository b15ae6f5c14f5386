"""The filter on the zone graph: people are conserved over gates, and every sensor's rate is estimated with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from deining.domain.area import SensorKind
from deining.domain.calibration import Calibration
from deining.estimation.belief import Array, Belief, Readings, update
from deining.estimation.graph import OUTSIDE, ZoneGraph
from deining.estimation.nonnegative import Occupancies, nonnegative
from deining.estimation.silence import DOUBTFUL_AT, MEMORY_MIN, Silence, Usual, watch

EMPTY_SD = 1.0
"""Persons by which an empty zone may not be empty."""
FALSE_VARIANCE_PER_MIN = 0.1
MISSING_RELATIVE = 0.3
"""A minute that did not come is what is usual, give or take this share and the chance of a Poisson count."""
SILENT_RELATIVE, SILENT_DRIFT = 0.35, 0.04
"""What passes a silent gate is what was usual, give or take this share, which wanders by so much a minute."""
INVERSE_RATE_DRIFT = 0.0003
CROWDING, CROWDING_SD = 0.05, 0.03
"""m2 by which each person in a square metre hides others from a camera: prior."""
LEAVING, LEAVING_SD, LEAVING_DRIFT = 0.12, 1.0, 0.03
"""Share of a zone's people that leaves it in a minute: prior median, spread of its logarithm, and drift."""
ZONE_LEAVING_SD, ZONE_LEAVING_DRIFT = 0.4, 0.03
LEAVING_NOISE = 0.6
LEAVING_WINDOW_MIN = 5
UNCOUNTED_SHARE, UNCOUNTED_PERSONS = 0.03, 1.0
"""Spread of what crosses a gate that nobody counts in a minute: share of the people beside it, and persons."""
NIGHT_DRIFT = {"inverse_rate": 0.002, "crowding": 0.005}
NIGHT_SCALE_DRIFT = {SensorKind.AREA_CAMERA: 0.02, SensorKind.DEVICE_COUNTER: 0.08, SensorKind.PHONE_PANEL: 0.05}
"""By how much a parameter may have changed overnight, so that what was learned long ago is slowly forgotten."""
NIS_MEMORY = 60.0
NIS_TOLERATED = 1.2


@dataclass(slots=True)
class Minute:
    """What all sensors said of one minute.

    Attributes
    ----------
    counted, covered
        By channel: persons counted, and the part of the minute that the counts speak of (0 where nothing came).
    levels
        What level sensors saw, by number of the sensor; more than one reading where it speaks more than once.
    """

    counted: Array
    covered: Array
    levels: dict[int, list[float]] = field(default_factory=dict)


@dataclass(slots=True)
class FilterState:
    """All that the filter knows at the end of a minute. Everything that changes is in here, so a copy is a past."""

    minute: int
    belief: Belief
    usual: Usual
    silence: Silence
    outflow: Array
    owed: Array
    set_aside: dict[int, tuple[float, float]]
    nis: dict[str, float]

    def copy(self) -> FilterState:
        """An own copy."""
        return FilterState(
            self.minute,
            self.belief.copy(),
            self.usual.copy(),
            self.silence.copy(),
            self.outflow.copy(),
            self.owed.copy(),
            dict(self.set_aside),
            dict(self.nis),
        )


class ZoneFilter:
    """An extended Kalman filter over people by zone and over what is not known of the sensors.

    State: people in each zone; inverse rate b of each channel; log scale of each level sensor; the cameras' crowding
    coefficient; the log share of a zone's people that leaves it in a minute, for all zones together and each zone's
    deviation from it. People move by N' = N + A diag(y) b, with y the counts and A the graph: linear, so nobody
    appears or vanishes inside.

    Parameters
    ----------
    graph
        Zones, channels and sensors.
    calibration
        What earlier days taught; of sensors that are not in it, or are of another kind now, nothing is known.
    step_min
        Length of a step, minutes.
    """

    def __init__(self, graph: ZoneGraph, calibration: Calibration | None = None, *, step_min: float = 1.0) -> None:
        self.graph, self.step_min = graph, step_min
        zones, channels, levels = len(graph.zones), graph.channels, len(graph.level_sensors)
        self.people = np.arange(zones)
        self.inverse_rate = zones + np.arange(channels)
        self.log_scale = zones + channels + np.arange(levels)
        self.crowding = zones + channels + levels
        self.leaving = self.crowding + 1
        self.zone_leaving = self.leaving + 1 + np.arange(zones)
        self.size = self.leaving + 1 + zones
        self.inside = graph.tail != OUTSIDE
        self._kinds = self._sort_levels()
        self._drift_variance = self._drifts()
        self._uncounted = [g for g in range(len(graph.gates)) if not graph.counted[g]]
        self._fixed = np.concatenate([self.log_scale, [self.crowding]])
        self._prior = self._new_belief(calibration or Calibration())

    # -- what is believed at the start

    def _sort_levels(self) -> dict[SensorKind, list[int]]:
        kinds: dict[SensorKind, list[int]] = {}
        for i, level in enumerate(self.graph.level_sensors):
            kinds.setdefault(level.sensor.kind, []).append(i)
        order = list(SensorKind)
        return dict(sorted(kinds.items(), key=lambda row: order.index(row[0])))

    def _drifts(self) -> Array:
        variance = np.zeros(self.size)
        variance[self.inverse_rate] = INVERSE_RATE_DRIFT**2
        variance[self.log_scale] = [level.model.log_scale_drift**2 for level in self.graph.level_sensors]
        variance[self.leaving] = LEAVING_DRIFT**2
        variance[self.zone_leaving] = ZONE_LEAVING_DRIFT**2
        return variance * self.step_min

    def _new_belief(self, calibration: Calibration) -> Belief:
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
        self._empty(belief)
        return belief

    def _names(self) -> dict[tuple[str, str, str], int]:
        """Number of the state that holds each parameter of a sensor."""
        names: dict[tuple[str, str, str], int] = {}
        for g, sensors in enumerate(self.graph.gate_sensors):
            for sensor in sensors[:1]:
                names[sensor.id, "inverse_rate_forward", sensor.kind.value] = int(self.inverse_rate[g])
                names[sensor.id, "inverse_rate_backward", sensor.kind.value] = int(self.inverse_rate[len(self.graph.gates) + g])
        for i, level in enumerate(self.graph.level_sensors):
            names[level.sensor.id, "log_scale", level.sensor.kind.value] = int(self.log_scale[i])
        return {**names, ("", "crowding", "area"): self.crowding}

    def _recall(self, belief: Belief, calibration: Calibration) -> None:
        own = self._names()
        pairs = [(i, own[name]) for i, name in enumerate(calibration.names) if name in own]
        if pairs:
            theirs, ours = (np.array(column) for column in zip(*pairs, strict=True))
            belief.mean[ours] = calibration.mean[theirs]
            belief.covariance[np.ix_(ours, ours)] = calibration.covariance[np.ix_(theirs, theirs)]

    def learn(self, state: FilterState) -> Calibration:
        """What the day taught about the sensors, with room for what may change overnight."""
        belief, own = state.belief.copy(), self._names()
        for channel, (mean, variance) in state.set_aside.items():
            belief.forget(int(self.inverse_rate[channel]), mean, variance)
        numbers = np.array(list(own.values()), dtype=int)
        covariance = belief.covariance[np.ix_(numbers, numbers)]
        kinds = {level.sensor.id: level.sensor.kind for level in self.graph.level_sensors}
        for i, (sensor, parameter, _) in enumerate(own):
            drift = NIGHT_SCALE_DRIFT.get(kinds[sensor], 0.02) if parameter == "log_scale" else NIGHT_DRIFT[parameter.split("_for")[0].split("_back")[0]]
            covariance[i, i] += drift**2
        return Calibration(names=tuple(own), mean=belief.mean[numbers], covariance=covariance)

    def _empty(self, belief: Belief) -> None:
        """Nobody is there, and how people will leave is not known yet."""
        for zone in self.people:
            belief.forget(int(zone), 0.0, EMPTY_SD**2)
            belief.forget(int(self.zone_leaving[zone]), 0.0, ZONE_LEAVING_SD**2)
        belief.forget(self.leaving, float(np.log(LEAVING)), LEAVING_SD**2)

    def start(self, minute: int) -> FilterState:
        """An empty area at the end of a minute."""
        zones, channels = len(self.graph.zones), self.graph.channels
        usual = Usual(np.zeros(channels), np.zeros(channels), np.zeros(channels))
        silence = Silence.none(len(self.graph.gates))
        return FilterState(minute, self._prior.copy(), usual, silence, np.zeros(zones), np.zeros(channels), {}, {})

    def start_anew(self, state: FilterState) -> None:
        """The area is taken to be empty; what is known of the sensors stays."""
        self._empty(state.belief)
        state.outflow[:] = 0.0
        state.owed[:] = 0.0

    # -- one minute

    def step(self, state: FilterState, minute: Minute, late: Mapping[int, float] | None = None) -> None:
        """Go on by one minute.

        Parameters
        ----------
        late
            By channel: persons counted in minutes too long ago to be worked through again.
        """
        state.minute += 1
        seen = minute.covered > 0
        belief = state.belief
        people = np.maximum(belief.mean[self.people], 0.0)
        people = np.where(self.inside, people[np.maximum(self.graph.tail, 0)], 1.0) if len(people) else np.ones(0)
        expected = state.usual.per_person * people
        missing = np.clip(1.0 - minute.covered, 0.0, 1.0)
        self._reopen(state, minute.counted)
        found = watch(state.silence, state.usual, self.graph, state.minute, counted=minute.counted, seen=seen, people=people, expected=expected)
        added = np.zeros(self.graph.channels)
        for gate in found:
            self._set_aside(state, int(gate), added, expected)
        silent = np.tile(state.silence.flagged, 2)
        counts = np.where(silent, expected, minute.counted + missing * expected) + added
        state.owed += np.where(silent, 0.0, missing * expected)
        for channel, value in (late or {}).items():
            counts[channel] += value - state.owed[channel]
            state.owed[channel] = 0.0
        self._move(state, counts, missing, silent)
        self._learn_usual(state, minute, seen, silent, people)
        self._drift(state)
        for kind, sensors in self._kinds.items():
            self._read(state, kind, [i for i in sensors if i in minute.levels], minute)
        self._watch_leaving(state, counts, silent)
        if state.minute % 10 == 0:
            belief.tidy()

    def _reopen(self, state: FilterState, counted: Array) -> None:
        """A silent gate that counts again is healthy."""
        gates = len(self.graph.gates)
        for gate in np.flatnonzero(state.silence.flagged & (counted[:gates] + counted[gates:] > 0)):
            state.silence.flagged[gate] = False
            for channel in (int(gate), gates + int(gate)):
                state.belief.forget(int(self.inverse_rate[channel]), *state.set_aside.pop(channel))

    def _set_aside(self, state: FilterState, gate: int, added: Array, expected: Array) -> None:
        """Take a silent gate out: what passes it is what was usual, with a wide interval, from when its zeros began."""
        silence, gates = state.silence, len(self.graph.gates)
        silence.flagged[gate] = True
        for channel in (gate, gates + gate):
            number = int(self.inverse_rate[channel])
            mean = float(state.belief.mean[number])
            state.set_aside[channel] = (mean, float(state.belief.covariance[number, number]))
            state.belief.forget(number, mean, (SILENT_RELATIVE * mean) ** 2)
            added[channel] += silence.skipped[channel] - expected[channel]

    def _move(self, state: FilterState, counts: Array, missing: Array, silent: NDArray[np.bool_]) -> None:
        belief, a = state.belief, self.graph.crossing
        b = belief.mean[self.inverse_rate]
        wander = np.flatnonzero(silent)
        belief.covariance[self.inverse_rate[wander], self.inverse_rate[wander]] += (SILENT_DRIFT * b[wander]) ** 2 * self.step_min
        guessed = np.where(silent, 1.0, missing)
        noise = counts * np.maximum(b - 1, 0.02) * b + FALSE_VARIANCE_PER_MIN * self.step_min * np.tile(self.graph.counted, 2)
        noise = np.maximum(noise, 0.0) + guessed * np.maximum(counts, 0.0) * b * b + np.where(silent, 0.0, missing * (MISSING_RELATIVE * counts * b) ** 2)
        weighted = sparse.csr_array(a.multiply(counts))
        belief.mean[self.people] += weighted @ b
        first, last = self.inverse_rate[:1], len(self.graph.zones) + self.graph.channels
        if len(first):
            moved = weighted @ belief.covariance[first[0] : last]
            belief.covariance[self.people] += moved
            belief.covariance[:, : len(self.people)] += (weighted @ belief.covariance[:, first[0] : last].T).T
        belief.covariance[: len(self.people), : len(self.people)] += (a.multiply(noise) @ a.T).toarray()
        self._cross_uncounted(belief)

    def _cross_uncounted(self, belief: Belief) -> None:
        """Gates that nobody counts: the people beside them may have crossed, nobody knows how many."""
        for gate in self._uncounted:
            ends = [z for z in (self.graph.tail[gate], self.graph.head[gate]) if z != OUTSIDE]
            spread = UNCOUNTED_SHARE * max(max(0.0, float(belief.mean[z])) for z in ends) + UNCOUNTED_PERSONS if ends else 0.0
            for i, z in enumerate(ends):
                for j, other in enumerate(ends):
                    belief.covariance[z, other] += (1.0 if i == j else -1.0) * spread**2 * self.step_min

    def _learn_usual(self, state: FilterState, minute: Minute, seen: NDArray[np.bool_], silent: NDArray[np.bool_], people: Array) -> None:
        gates, silence = len(self.graph.gates), state.silence
        both = minute.counted[:gates] + minute.counted[gates:]
        doubtful = np.tile((both == 0) & (silence.expected > DOUBTFUL_AT), 2)
        taught = seen & ~silent & ~doubtful
        per_min = minute.counted / np.where(seen, minute.covered, 1.0)
        weight = np.where(taught, np.minimum(minute.covered, 1.0) / MEMORY_MIN, 0.0)
        state.usual.counted += weight * (per_min - state.usual.counted)
        state.usual.people += weight * (people - state.usual.people)

    def _drift(self, state: FilterState) -> None:
        belief, keep = state.belief, 1 - 0.5 * self.step_min * ZONE_LEAVING_DRIFT**2 / ZONE_LEAVING_SD**2
        rows = slice(self.leaving + 1, self.size)
        belief.mean[rows] *= keep
        belief.covariance[rows, :] *= keep
        belief.covariance[:, rows] *= keep
        belief.covariance[np.diag_indices(self.size)] += self._drift_variance

    # -- what level sensors see

    def _read(self, state: FilterState, kind: SensorKind, sensors: list[int], minute: Minute) -> None:
        if not sensors:
            return
        levels = [self.graph.level_sensors[i] for i in sensors]
        model = levels[0].model
        scale = np.exp(state.belief.mean[self.log_scale[sensors]])
        hides = model.crowds
        readings = Readings(
            values=np.array([float(np.mean(sorted(minute.levels[i]))) for i in sensors]),
            people=_choose([level.zones for level in levels], self.size),
            log_scale=_choose([(int(self.log_scale[i]),) for i in sensors], self.size),
            area_m2=np.array([float(self.graph.usable_area_m2[list(level.zones)].sum()) if hides else np.inf for level in levels]),
            crowding=self.crowding,
            relative=np.full(len(levels), model.relative_noise),
            additive=np.full(len(levels), model.additive_noise),
            counts=np.where(model.counts_each, np.maximum(1 - scale, 0.1), 0.0),
            learns_from=np.full(len(levels), model.learns_from),
        )
        self._update(state, kind.value, readings)

    def _watch_leaving(self, state: FilterState, counts: Array, silent: NDArray[np.bool_]) -> None:
        """How many leave a zone says how many are in it: about the same share leaves every zone in a minute.

        A zone with a gate that is silent or that nobody counts is left out.
        """
        tail, zones = self.graph.tail, len(self.graph.zones)
        left = (np.maximum(counts, 0.0) * state.belief.mean[self.inverse_rate])[self.inside]
        state.outflow += np.bincount(tail[self.inside], weights=left, minlength=zones) if zones else 0.0
        if state.minute % LEAVING_WINDOW_MIN:
            return
        open_channels = (silent | ~np.tile(self.graph.counted, 2)) & self.inside
        known = np.setdiff1d(np.unique(tail[self.inside]), tail[open_channels])
        outflow, state.outflow = state.outflow / LEAVING_WINDOW_MIN, np.zeros(zones)
        if not len(known):
            return
        m = len(known)
        self._update(
            state,
            "leaving",
            Readings(
                values=outflow[known],
                people=_choose([(int(z),) for z in known], self.size),
                log_scale=_choose([(self.leaving, int(self.zone_leaving[z])) for z in known], self.size),
                area_m2=np.full(m, np.inf),
                crowding=self.crowding,
                relative=np.full(m, LEAVING_NOISE),
                additive=np.full(m, 0.3),
                counts=np.full(m, 1.0 / LEAVING_WINDOW_MIN),
                learns_from=np.zeros(m),
            ),
        )

    def _update(self, state: FilterState, kind: str, readings: Readings) -> None:
        """Update, and watch whether readings of this kind fall as far from what is expected as they should."""
        usual = state.nis.get(kind, 1.0)
        normalised = update(state.belief, readings, inflation=max(1.0, usual / NIS_TOLERATED), keep=self._fixed)
        now = float(np.minimum(normalised**2, 9.0).mean())
        state.nis[kind] = usual + (now - usual) / NIS_MEMORY

    def report(self, state: FilterState) -> Occupancies:
        """Persons by zone."""
        zones = len(self.people)
        return nonnegative(state.belief.mean[:zones], state.belief.covariance[:zones, :zones])


def _choose(chosen: list[tuple[int, ...]], size: int) -> sparse.csr_array:
    """Sparse 0/1 rows with ones in the chosen columns."""
    rows = [i for i, columns in enumerate(chosen) for _ in columns]
    columns = [column for row in chosen for column in row]
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(chosen), size))
