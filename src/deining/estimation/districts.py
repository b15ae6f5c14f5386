"""Large areas: the filter on overlapping districts, each small enough for a dense covariance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from deining.domain.area import Area
from deining.domain.calibration import Calibration, PastFault
from deining.domain.observation import Observation
from deining.domain.state import Explanation, FlowState, Quality, SensorFault, TotalState, ZoneState, worst_quality
from deining.estimation.flows import Z90, FlowBook
from deining.estimation.nonnegative import Occupancies
from deining.estimation.zone_estimator import KEEP_FAULTS, ZoneEstimator

CORE_ZONES = 60
"""Most zones that a district answers for."""
HALO_GATES = 2
"""It also follows the zones that are so many gates away, so that what neighbours say is heard."""


class DistrictEstimator:
    """The filter on the zone graph for areas of very many zones.

    The area is cut into districts. Each has a filter of its own over the zones it answers for and those around them;
    the gates on its edge lead, for it, to the outside, which loses nobody, since they are counted like all others.
    What a zone knows of another that is further away is left out; that is what is lost against one filter for all.
    A sensor that looks at the whole area is not used.

    Parameters
    ----------
    area
        Zones, gates and sensors.
    core_zones, halo_gates
        Size of a district, and how far it overlaps the next.
    learned
        What earlier days taught.
    """

    def __init__(
        self,
        area: Area,
        *,
        rate: float = 0.9,
        rate_sd: float = 0.03,
        flow_window_s: int = 300,
        stale_after_intervals: float = 2.0,
        stale_after_s: float = 360.0,
        step_s: int = 60,
        learned: Calibration | None = None,
        core_zones: int = CORE_ZONES,
        halo_gates: int = HALO_GATES,
    ) -> None:
        self._area = area
        self._calibration = learned or Calibration()
        self._flows = FlowBook(area, rate=rate, flow_window_s=flow_window_s, stale_after_intervals=stale_after_intervals, stale_after_s=stale_after_s)
        self._cores = cut(area, core_zones)
        self._owner = {zone: d for d, core in enumerate(self._cores) for zone in core}
        near = _neighbours(area)
        parts = [_part(area, core, near, halo_gates) for core in self._cores]
        self._parts = [
            ZoneEstimator(
                part,
                rate=rate,
                flow_window_s=flow_window_s,
                stale_after_intervals=stale_after_intervals,
                stale_after_s=stale_after_s,
                step_s=step_s,
                learned=_of_part(self._calibration, part),
            )
            for part in parts
        ]
        self._zone_numbers = [{zone: i for i, zone in enumerate(part.zones)} for part in parts]
        self._hears: dict[str, list[int]] = {}
        for d, part in enumerate(parts):
            for sensor in part.sensors:
                self._hears.setdefault(sensor, []).append(d)
        self._answers: dict[str, int] = {}
        for s in area.sensors.values():
            gate = area.gates[s.gate] if s.gate else None
            zone = s.zone or (gate and (gate.to_zone or gate.from_zone))
            if zone:
                self._answers[s.id] = self._owner[zone]

    def take(self, observations: Sequence[Observation]) -> None:
        """Take observations, in any order, each once."""
        heard: dict[int, list[Observation]] = {}
        for observation in observations:
            if observation.sensor in self._area.sensors:
                self._flows.take(observation)
            for d in self._hears.get(observation.sensor, ()):
                heard.setdefault(d, []).append(observation)
        for d, rows in heard.items():
            self._parts[d].take(rows)

    def estimate(self, now: datetime) -> tuple[list[ZoneState], list[FlowState]]:
        """State of every zone, gate and point counter at `now`. Asking twice changes nothing."""
        found: dict[str, ZoneState] = {}
        for core, part in zip(self._cores, self._parts, strict=True):
            found |= {state.zone: state for state in part.zone_states(now, core)}
        return [found[zone] for zone in self._area.zones], self._flows.states(now, self.find_faults())

    def catch_up(self, now: datetime) -> None:
        """Bring every district to a moment."""
        for part in self._parts:
            part.catch_up(now)

    def resume(self, states: Sequence[ZoneState]) -> bool:
        """Begin with states that were found earlier, all of one moment."""
        parts = zip(self._zone_numbers, self._parts, strict=True)
        begun = [part.resume([state for state in states if state.zone in numbers]) for numbers, part in parts]
        return any(begun)

    def total(self, now: datetime, zones: Sequence[str], group: str = "") -> TotalState:
        """Persons in several zones; errors hang together as far as a district and its surroundings reach."""
        people = variance = 0.0
        qualities: list[Quality] = []
        chosen = set(zones)
        for core, numbers, part in zip(self._cores, self._zone_numbers, self._parts, strict=True):
            own = [zone for zone in core if zone in chosen]
            if not own:
                continue
            found: Occupancies | None = part.occupancies(now)
            if found is None:
                return TotalState.missing(group, zones, now)
            rows, columns = np.array([numbers[z] for z in own]), np.array([i for z, i in numbers.items() if z in chosen])
            people += float(found.estimate[rows].sum())
            variance += float(found.covariance[np.ix_(rows, columns)].sum())
            qualities += [state.quality for state in part.zone_states(now, own)]
        half = Z90 * math.sqrt(max(0.0, variance))
        return TotalState(
            group=group,
            zones=tuple(zones),
            time=now,
            occupancy=people,
            occupancy_p05=max(0.0, people - half),
            occupancy_p95=people + half,
            quality=worst_quality(qualities),
        )

    def explain(self, zone: str, now: datetime) -> Explanation | None:
        """As the district explains it that answers for the zone."""
        return self._parts[self._owner[zone]].explain(zone, now) if zone in self._owner else None

    def find_faults(self) -> dict[str, SensorFault]:
        """By sensor: what the district says that answers for its zone."""
        by_part = [part.find_faults() for part in self._parts]
        return {sensor: fault for d, found in enumerate(by_part) for sensor, fault in found.items() if self._answers.get(sensor) == d}

    def learn(self) -> Calibration:
        """What this day taught; of so many sensors how their errors hang together is not kept."""
        names: dict[tuple[str, str, str], tuple[float, float]] = {}
        faults: dict[tuple[str, datetime], PastFault] = {}
        for d, part in enumerate(self._parts):
            learned = part.learn()
            spread = np.diag(learned.covariance) if learned.covariance.ndim > 1 else learned.covariance
            for name, mean, variance in zip(learned.names, learned.mean.tolist(), spread.tolist(), strict=True):
                if self._answers.get(name[0], d) == d:
                    names[name] = (mean, variance)
            faults |= {(fault.sensor, fault.start): fault for fault in learned.faults}
        return Calibration(
            rates=self._flows.usual_rates(self._calibration.rates),
            names=tuple(names),
            mean=np.array([mean for mean, _ in names.values()]),
            covariance=np.array([variance for _, variance in names.values()]),
            faults=tuple(sorted(faults.values(), key=lambda fault: fault.start)[-KEEP_FAULTS:]),
        )


def cut(area: Area, most: int) -> list[list[str]]:
    """Cut an area into compact districts of at most so many zones: halves, along the longer side, until they fit."""
    places = {zone.id: np.mean([np.mean(polygon[0], axis=0) for polygon in zone.polygons], axis=0) for zone in area.zones.values()}

    def halve(zones: list[str]) -> list[list[str]]:
        if len(zones) <= most:
            return [zones]
        xy: NDArray[np.float64] = np.array([places[zone] for zone in zones])
        side = int(np.ptp(xy, axis=0).argmax())
        order = [zones[i] for i in np.argsort(xy[:, side], kind="stable")]
        return halve(order[: len(order) // 2]) + halve(order[len(order) // 2 :])

    return halve(list(area.zones)) if area.zones else []


def _neighbours(area: Area) -> dict[str, set[str]]:
    near: dict[str, set[str]] = {zone: set() for zone in area.zones}
    for gate in area.gates.values():
        if gate.from_zone is not None and gate.to_zone is not None:
            near[gate.from_zone].add(gate.to_zone)
            near[gate.to_zone].add(gate.from_zone)
    return near


def _part(area: Area, core: Sequence[str], near: dict[str, set[str]], halo: int) -> Area:
    """The district as an area of its own: its zones and those around, the gates and sensors there."""
    inside = set(core)
    for _ in range(halo):
        inside |= {other for zone in inside for other in near[zone]}
    gates = {}
    for gate in area.gates.values():
        ends = [zone if zone in inside else None for zone in (gate.from_zone, gate.to_zone)]
        if any(ends):
            gates[gate.id] = replace(gate, from_zone=ends[0], to_zone=ends[1])
    return replace(
        area,
        zones={zone.id: zone for zone in area.zones.values() if zone.id in inside},
        gates=gates,
        sensors={s.id: s for s in area.sensors.values() if s.zone in inside or s.gate in gates},
        groups={},
    )


def _of_part(calibration: Calibration, part: Area) -> Calibration:
    """What earlier days taught about the sensors of a district."""
    kept = [i for i, (sensor, _, _) in enumerate(calibration.names) if not sensor or sensor in part.sensors]
    whole = calibration.covariance.ndim > 1
    return Calibration(
        rates={key: rate for key, rate in calibration.rates.items() if key[0] in part.sensors},
        names=tuple(calibration.names[i] for i in kept),
        mean=calibration.mean[kept],
        covariance=calibration.covariance[np.ix_(kept, kept)] if whole else calibration.covariance[kept],
        faults=tuple(fault for fault in calibration.faults if fault.sensor in part.sensors),
    )
