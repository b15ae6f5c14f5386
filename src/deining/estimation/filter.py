"""The filter on the zone graph: people are conserved over gates, and every sensor's rate is estimated with them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from deining.domain.area import SensorKind
from deining.domain.calibration import Calibration
from deining.domain.state import Cause
from deining.estimation.belief import Array, Belief, Choice, Moved, Readings, update
from deining.estimation.error_models import LevelModel
from deining.estimation.filter_state import FilterState, Minute
from deining.estimation.gate_faults import GateFault, GateHealth, find_healthy, watch_gates
from deining.estimation.graph import OUTSIDE, ZoneGraph
from deining.estimation.hypotheses import Hypothesis, Suspicions
from deining.estimation.ledger import Ledger
from deining.estimation.level_faults import LevelFault, LevelHealth, watch_levels
from deining.estimation.nonnegative import Occupancies, nonnegative
from deining.estimation.parameters import EMPTY_SD, ZONE_LEAVING_DRIFT, ZONE_LEAVING_SD, Parameters
from deining.estimation.silence import DOUBTFUL_AT, FLAG_AT, FLAG_FAULTY_AT, MEMORY_MIN, Silence, Usual, watch

FALSE_VARIANCE_PER_MIN = 0.1
MISSING_RELATIVE = 0.3
"""A minute that did not come is what is usual, give or take this share and the chance of a Poisson count."""
SILENT_RELATIVE, SILENT_DRIFT = 0.35, 0.04
"""What passes a silent gate is what was usual, give or take this share, which wanders by so much a minute."""
LEAVING_NOISE = 0.6
LEAVING_WINDOW_MIN = 5
LEAVING_LEARNS_FROM = 50.0
"""With fewer people in a zone, how many leave it says nothing of what cameras see."""
UNCOUNTED_SHARE, UNCOUNTED_PER_M, USUAL_WIDTH_M = 0.03, 1.0, 3.0
"""Spread of what crosses a gate that nobody counts in a minute: share of the people beside it, and persons by metre of width."""
OPEN_SHARE, OPEN_PER_M2 = 0.1, 0.005
"""The same for a zone that no gate closes: share of its people, and persons by m2."""
NIS_MEMORY = 60.0
NIS_TOLERATED = 1.2
PROBATION_RELATIVE = 0.3
"""A gate that comes back after its rate changed: its new rate is the old one, give or take this share."""
CONSISTENCY_OF = (SensorKind.AREA_CAMERA.value, SensorKind.DEVICE_COUNTER.value)
LEAST_WIDENED, MOST_WIDENED = 0.75, 2.0
"""Where readings fall nearer to what was expected than they should, or further away, intervals follow: factor on variances."""
MOST_PER_M2 = 10.0
"""Persons/m2 of usable area above which a reading cannot be true, and is not used."""
INFLOW_MEMORY_MIN = 5.0
DRIFTS_FOR_MIN = 720.0
"""By as much as it may wander in so long, a scale is allowed to differ from the morning's."""
KEEP_CHOICES = 64


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
    tests
        Whether gates are tested for exchanged directions and lost halves.
    """

    def __init__(self, graph: ZoneGraph, calibration: Calibration | None = None, *, step_min: float = 1.0, tests: bool = True) -> None:
        self.graph, self.step_min, self.tests = graph, step_min, tests
        zones, channels = len(graph.zones), graph.channels
        self.parameters = parameters = Parameters(graph, step_min)
        self.people, self.inverse_rate, self.log_scale = parameters.people, parameters.inverse_rate, parameters.log_scale
        self.crowding, self.leaving, self.size = parameters.crowding, parameters.leaving, parameters.size
        self.inside = graph.tail != OUTSIDE
        self._kinds = self._sort_levels()
        self._choices: dict[tuple[tuple[int, ...], ...], Choice] = {}
        self._crossing_t = graph.crossing.T.tocsr()
        self._drift_variance = parameters.drift_variances()
        widths = [gate.effective_width_m or USUAL_WIDTH_M for gate in graph.area.gates.values()]
        self._uncounted = [(g, width_m) for g, width_m in enumerate(widths) if not graph.counted[g]]
        self._open_zones = [z for z in range(zones) if not graph.gates_of(z)]
        self._room_m2 = np.array([float(graph.usable_area_m2[list(level.zones)].sum()) for level in graph.level_sensors])
        self._fixed = np.concatenate([self.log_scale, [self.crowding]])
        calibration = calibration or Calibration()
        self._prior = parameters.new_belief(calibration)
        false = np.array([model.false_per_min if (model := graph.crossing_model(c % len(graph.gates))) else 0.0 for c in range(channels)])
        self._false_outflow = np.bincount(graph.tail[self.inside], weights=false[self.inside], minlength=zones) * step_min
        self._suspicions = Suspicions(graph, people=self.people, inverse_rate=self.inverse_rate, log_scale=self.log_scale, size=self.size)
        faulty = {fault.sensor for fault in calibration.faults}
        self._flag_at = np.array([FLAG_FAULTY_AT if any(s.id in faulty for s in sensors) else FLAG_AT for sensors in graph.gate_sensors])
        self._rates = parameters.known_rates(calibration)

    # -- what is believed at the start

    def _sort_levels(self) -> dict[SensorKind, list[int]]:
        kinds: dict[SensorKind, list[int]] = {}
        for i, level in enumerate(self.graph.level_sensors):
            kinds.setdefault(level.sensor.kind, []).append(i)
        order = list(SensorKind)
        return dict(sorted(kinds.items(), key=lambda row: order.index(row[0])))

    def learn(self, state: FilterState) -> Calibration:
        """What the day taught about the sensors."""
        return self.parameters.learn(state.belief, state.set_aside)

    def start(self, minute: int) -> FilterState:
        """An empty area at the end of a minute."""
        zones, channels = len(self.graph.zones), self.graph.channels
        usual = Usual(np.zeros(channels), np.zeros(channels), np.zeros(channels))
        gates = len(self.graph.gates)
        return FilterState(
            minute=minute,
            belief=self._prior.copy(),
            usual=usual,
            silence=Silence.none(gates),
            gates=GateHealth.good(gates),
            levels=LevelHealth.good(len(self.graph.level_sensors)),
            tests=self._suspicions.none(minute),
            outflow=np.zeros(zones),
            inflow=np.zeros(zones),
            owed=np.zeros(channels),
            set_aside={},
            nis={},
            morning=self._scales(self._prior),
        )

    def _scales(self, belief: Belief) -> tuple[Array, Array]:
        """Mean and variance of the log scale of each level sensor."""
        return belief.mean[self.log_scale], belief.covariance[self.log_scale, self.log_scale]

    def start_anew(self, state: FilterState, ledger: Ledger | None = None) -> None:
        """The area is taken to be empty; what is known of the sensors stays."""
        if ledger:
            ledger.add(None, Cause.OPENING, -float(state.belief.mean[self.graph.zone_index[ledger.zone]]))
        self.parameters.empty(state.belief)
        state.morning = self._scales(state.belief)
        self._suspicions.restart(state.tests, state.minute)
        for kept in (state.outflow, state.inflow, state.owed):
            kept[:] = 0.0

    def begin_with(self, state: FilterState, people: Array, sd: Array) -> None:
        """Take what was known of the people at an earlier moment; NaN where nothing was."""
        known = np.flatnonzero(~np.isnan(people))
        for zone in known:
            state.belief.forget(int(zone), float(people[zone]), float(sd[zone]) ** 2 + EMPTY_SD**2)

    # -- one minute

    def step(self, state: FilterState, minute: Minute, late: Mapping[int, float] | None = None, ledger: Ledger | None = None) -> None:
        """Go on by one minute.

        Parameters
        ----------
        late
            By channel: persons counted in minutes too long ago to be worked through again.
        ledger
            Where to book what moved a zone.
        """
        state.minute += 1
        if self.tests:
            self._judge(state, ledger)
        added = np.zeros(self.graph.channels)
        minute = self._turn_round(state, minute)
        seen = minute.covered > 0
        belief = state.belief
        people = np.maximum(belief.mean[self.people], 0.0)
        people = np.where(self.inside, people[np.maximum(self.graph.tail, 0)], 1.0) if len(people) else np.ones(0)
        expected = np.where((state.usual.people == 0) & (state.usual.counted == 0), self._rates, state.usual.per_person * people)
        missing = np.clip(1.0 - minute.covered, 0.0, 1.0)
        self._watch(state, minute, seen, people, expected, added)
        out = np.tile(state.gates.out, 2)
        counts = np.where(out, expected, minute.counted + missing * expected) + added
        state.owed += np.where(out, 0.0, missing * expected)
        for channel, value in (late or {}).items():
            counts[channel] += value - state.owed[channel]
            state.owed[channel] = 0.0
        if ledger:
            self._book_counts(ledger, state, counts, np.where(out, 0.0, minute.counted))
        if self.tests:
            self._suspicions.move(state.tests, state.belief, np.where(out, 0.0, minute.counted), state.minute)
        self._move(state, counts, missing, out)
        self._learn_usual(state, minute, seen, out, people)
        self._drift(state)
        for kind, sensors in self._kinds.items():
            self._read(state, kind, [i for i in sensors if i in minute.levels], minute, ledger)
        self._watch_leaving(state, counts, out, ledger)
        if state.minute % 10 == 0:
            belief.tidy()

    # -- faults of gates

    def _turn_round(self, state: FilterState, minute: Minute) -> Minute:
        """The minute with the gates that count the wrong way round turned about."""
        swapped = np.flatnonzero(state.gates.swapped)
        if not len(swapped):
            return minute
        order = np.arange(self.graph.channels)
        order[swapped], order[swapped + len(self.graph.gates)] = swapped + len(self.graph.gates), swapped
        return Minute(minute.counted[order], minute.covered[order], minute.said[order], minute.levels)

    def _watch(self, state: FilterState, minute: Minute, seen: NDArray[np.bool_], people: Array, expected: Array, added: Array) -> None:
        """Take out the gates that are found faulty in this minute, and back in those that are healthy again."""
        for gate in find_healthy(state.gates, state.minute, minute.counted):
            self._take_back(state, gate)
        silent = watch(
            state.silence,
            state.usual,
            self.graph,
            state.minute,
            counted=minute.counted,
            seen=seen,
            people=people,
            expected=expected,
            flag_at=self._flag_at,
            out=state.gates.out,
        )
        for gate in silent:
            self._take_out(state, int(gate), GateFault.SILENT, int(state.silence.since[gate]), added, state.silence.skipped - expected)
        for gate, fault in watch_gates(state.gates, state.minute, said=minute.said, counted=minute.counted, expected=expected):
            since = state.gates.same_since if fault is GateFault.STUCK else state.gates.leaps_since
            owed = state.gates.owed - expected + minute.counted
            self._take_out(state, gate, fault, int(since[gate]), added, owed if fault is GateFault.JUMPING else np.zeros(self.graph.channels))

    def _take_out(self, state: FilterState, gate: int, fault: GateFault, since: int, added: Array, owed: Array) -> None:
        """Take a faulty gate out: what passes it is what was usual, with a wide interval, from when the fault began."""
        gates = len(self.graph.gates)
        state.gates.fault[gate], state.gates.since[gate] = fault, since
        for channel in (gate, gates + gate):
            number = int(self.inverse_rate[channel])
            mean = float(state.belief.mean[number])
            state.set_aside[channel] = (mean, float(state.belief.covariance[number, number]))
            state.belief.forget(number, mean, (SILENT_RELATIVE * mean) ** 2)
            added[channel] += owed[channel]
        self._suspicions.restart(state.tests, state.minute)

    def _take_back(self, state: FilterState, gate: int) -> None:
        """A gate is healthy again; one whose rate had changed learns it anew."""
        drifted = state.gates.fault[gate] == GateFault.DRIFTING
        state.gates.fault[gate] = GateFault.NONE
        for channel in (gate, len(self.graph.gates) + gate):
            mean, variance = state.set_aside.pop(channel)
            state.belief.forget(int(self.inverse_rate[channel]), mean, (PROBATION_RELATIVE * mean) ** 2 if drifted else variance)
        self._suspicions.restart(state.tests, state.minute)

    def _judge(self, state: FilterState, ledger: Ledger | None) -> None:
        """Act on the hypothesis that convinces most, if one does."""
        found = self._suspicions.find(state.tests)
        if found is None:
            return
        state.belief.mean[self.people] += found.people
        gates = len(self.graph.gates)
        if found.hypothesis is Hypothesis.SWAPPED:
            sensor = self.graph.gate_sensors[found.number][0].id
            state.gates.swapped[found.number] = not state.gates.swapped[found.number]
            state.gates.swapped_since[found.number] = found.since
            pair = [found.number, gates + found.number]
            for kept in (state.usual.counted, state.gates.last):
                kept[pair] = kept[pair[::-1]]
        elif found.hypothesis is Hypothesis.LOST_HALF:
            sensor = self.graph.gate_sensors[found.number][0].id
            self._take_out(state, found.number, GateFault.DRIFTING, state.minute, np.zeros(2 * gates), np.zeros(2 * gates))
        else:
            sensor = self.graph.level_sensors[found.number].sensor.id
            state.levels.fault[found.number], state.levels.since[found.number], state.levels.calm[found.number] = LevelFault.DRIFTING, found.since, 0
            self._forget_scale(state, found.number)
        if ledger:
            ledger.add(sensor, Cause.GUESS, float(found.people[self.graph.zone_index[ledger.zone]]), 0)
        self._suspicions.restart(state.tests, state.minute)

    def _book_counts(self, ledger: Ledger, state: FilterState, counts: Array, counted: Array) -> None:
        zone = self.graph.zone_index[ledger.zone]
        row = self.graph.crossing[[zone], :].toarray()[0] * state.belief.mean[self.inverse_rate]
        for c in np.flatnonzero(row):
            for sensor in self.graph.gate_sensors[int(c) % len(self.graph.gates)][:1]:
                ledger.add(sensor.id, Cause.COUNT, float(row[c] * counted[c]))
                ledger.add(sensor.id, Cause.GUESS, float(row[c] * (counts[c] - counted[c])))

    def _move(self, state: FilterState, counts: Array, missing: Array, silent: NDArray[np.bool_]) -> None:
        belief, a = state.belief, self.graph.crossing
        b = belief.mean[self.inverse_rate]
        wander = np.flatnonzero(silent)
        belief.covariance[self.inverse_rate[wander], self.inverse_rate[wander]] += (SILENT_DRIFT * b[wander]) ** 2 * self.step_min
        guessed = np.where(silent, 1.0, missing)
        noise = counts * np.maximum(b - 1, 0.02) * b + FALSE_VARIANCE_PER_MIN * self.step_min * np.tile(self.graph.counted, 2)
        noise = np.maximum(noise, 0.0) + guessed * np.maximum(counts, 0.0) * b * b + np.where(silent, 0.0, missing * (MISSING_RELATIVE * counts * b) ** 2)
        weighted = sparse.csr_array((a.data * counts[a.indices], a.indices, a.indptr), shape=a.shape)
        moved = weighted @ b
        belief.mean[self.people] += moved
        state.inflow += (moved / self.step_min - state.inflow) * min(1.0, self.step_min / INFLOW_MEMORY_MIN)
        zones = len(self.people)
        rates = slice(zones, zones + self.graph.channels)
        belief.covariance[:zones] += weighted @ belief.covariance[rates]
        belief.covariance[:, :zones] += (weighted @ belief.covariance[:, rates].T).T
        spread = sparse.csr_array((a.data * noise[a.indices], a.indices, a.indptr), shape=a.shape)
        belief.covariance[:zones, :zones] += (spread @ self._crossing_t).toarray()
        self._cross_uncounted(belief)

    def _cross_uncounted(self, belief: Belief) -> None:
        """Gates that nobody counts, and zones without any: people may have crossed, nobody knows how many."""
        for zone in self._open_zones:
            spread = OPEN_SHARE * max(0.0, float(belief.mean[zone])) + OPEN_PER_M2 * float(self.graph.usable_area_m2[zone])
            belief.covariance[zone, zone] += spread**2 * self.step_min
        for gate, width_m in self._uncounted:
            ends = [z for z in (self.graph.tail[gate], self.graph.head[gate]) if z != OUTSIDE]
            most = max((max(0.0, float(belief.mean[z])) for z in ends), default=0.0)
            spread = UNCOUNTED_SHARE * most + UNCOUNTED_PER_M * width_m
            for i, z in enumerate(ends):
                for j, other in enumerate(ends):
                    belief.covariance[z, other] += (1.0 if i == j else -1.0) * spread**2 * self.step_min

    def _learn_usual(self, state: FilterState, minute: Minute, seen: NDArray[np.bool_], silent: NDArray[np.bool_], people: Array) -> None:
        gates, silence = len(self.graph.gates), state.silence
        both = minute.counted[:gates] + minute.counted[gates:]
        doubtful = np.tile(((both == 0) & (silence.expected > DOUBTFUL_AT)) | state.gates.suspect, 2)
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

    def _read(self, state: FilterState, kind: SensorKind, sensors: list[int], minute: Minute, ledger: Ledger | None) -> None:
        if not sensors:
            return
        levels = [self.graph.level_sensors[i] for i in sensors]
        model = levels[0].model
        numbers = np.array(sensors)
        scale = np.exp(state.belief.mean[self.log_scale[sensors]])
        room = self._room_m2[numbers]
        readings = Readings(
            values=np.array([float(np.mean(sorted(minute.levels[i]))) for i in sensors]),
            people=self._choose(tuple(level.zones for level in levels)),
            log_scale=self._choose(tuple((int(self.log_scale[i]),) for i in sensors)),
            area_m2=room if model.crowds else np.full(len(levels), np.inf),
            crowding=self.crowding,
            relative=np.full(len(levels), model.relative_noise),
            additive=np.full(len(levels), model.additive_noise),
            counts=np.where(model.counts_each, np.maximum(1 - scale, 0.1), 0.0),
            learns_from=np.full(len(levels), model.learns_from),
        )
        impossible = readings.values > MOST_PER_M2 * room
        moved = self._update(state, kind.value, readings, state.levels.out[numbers] | impossible)
        if ledger:
            zone = self.graph.zone_index[ledger.zone]
            for level, persons in zip(levels, (moved.gain[zone] * moved.innovation).tolist(), strict=True):
                ledger.add(level.sensor.id, Cause.LEVEL, persons)
        self._watch_levels(state, numbers, readings.values, moved, model, impossible)

    def _watch_levels(
        self, state: FilterState, numbers: NDArray[np.int64], values: Array, moved: Moved, model: LevelModel, impossible: NDArray[np.bool_]
    ) -> None:
        """Take out the level sensors that are found faulty, and back in those that are healthy again."""
        scales = self.log_scale[numbers]
        was, variance = (kept[numbers] for kept in state.morning)
        drift = (state.belief.mean[scales] - was) / np.sqrt(variance + model.log_scale_drift**2 * DRIFTS_FOR_MIN)
        found = watch_levels(
            state.levels,
            state.minute,
            numbers,
            values=values,
            normalised=moved.normalised,
            noise_sd=moved.noise_sd,
            repeats=model.repeats,
            drift=drift,
            impossible=impossible,
        )
        for sensor in found:
            self._forget_scale(state, sensor)

    def _forget_scale(self, state: FilterState, sensor: int) -> None:
        """Believe of a level sensor what was believed of it in the morning."""
        mean, variance = state.morning
        state.belief.forget(int(self.log_scale[sensor]), float(mean[sensor]), float(variance[sensor]))

    def _watch_leaving(self, state: FilterState, counts: Array, silent: NDArray[np.bool_], ledger: Ledger | None) -> None:
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
        outflow, state.outflow = np.maximum(state.outflow / LEAVING_WINDOW_MIN - self._false_outflow, 0.0), np.zeros(zones)
        if not len(known):
            return
        m = len(known)
        readings = Readings(
            values=outflow[known],
            people=self._choose(tuple((z,) for z in known.tolist())),
            log_scale=self._choose(tuple((self.leaving, self.leaving + 1 + z) for z in known.tolist())),
            area_m2=np.full(m, np.inf),
            crowding=self.crowding,
            relative=np.full(m, LEAVING_NOISE),
            additive=np.full(m, 0.3),
            counts=np.full(m, 1.0 / LEAVING_WINDOW_MIN),
            learns_from=np.full(m, LEAVING_LEARNS_FROM),
            keeps_total=zones,
        )
        moved = self._update(state, "leaving", readings)
        if ledger:
            ledger.add(None, Cause.LEAVING, float(moved.gain[self.graph.zone_index[ledger.zone]] @ moved.innovation))

    def _choose(self, chosen: tuple[tuple[int, ...], ...]) -> Choice:
        """The same choice is made nearly every minute, so the last ones are kept."""
        if chosen not in self._choices:
            if len(self._choices) >= KEEP_CHOICES:
                self._choices.clear()
            self._choices[chosen] = Choice(chosen, self.size)
        return self._choices[chosen]

    def _update(self, state: FilterState, kind: str, readings: Readings, out: NDArray[np.bool_] | None = None) -> Moved:
        """Update, and watch whether readings of this kind fall as far from what is expected as they should."""
        usual = state.nis.get(kind, 1.0)
        errors = state.tests.errors if self.tests else None
        moved = update(state.belief, readings, inflation=max(1.0, usual / NIS_TOLERATED), keep=self._fixed, out=out, errors=errors)
        if self.tests:
            self._suspicions.weigh(state.tests, moved.evidence, state.minute)
        counted = moved.normalised if out is None else moved.normalised[~out]
        if len(counted):
            state.nis[kind] = usual + (float(np.minimum(counted**2, 9.0).mean()) - usual) / NIS_MEMORY
        return moved

    # -- what was found

    def report(self, state: FilterState) -> Occupancies:
        """Persons by zone."""
        zones = len(self.people)
        watched = [state.nis[kind] for kind in CONSISTENCY_OF if kind in state.nis]
        scale = min(MOST_WIDENED, max(LEAST_WIDENED, float(np.mean(watched)))) if watched else 1.0
        return nonnegative(state.belief.mean[:zones], scale * state.belief.covariance[:zones, :zones])
