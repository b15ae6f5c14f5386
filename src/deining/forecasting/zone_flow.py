"""Zone flow: forecasts of zones and gates that start from the state, keep people conserved and say when a level is reached."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from deining.domain.area import Area
from deining.domain.drivers import BoolArray, Int64Array
from deining.domain.forecast import QUANTILES, Forecast, Provenance
from deining.domain.levels import LevelLimit, LevelReach
from deining.domain.ports import StateForecasts, UsualCourse
from deining.domain.series import FloatArray
from deining.domain.state import FlowState, ZoneState
from deining.forecasting.channels import Channels, Moment
from deining.forecasting.ensemble import STEP_MIN, Courses, Ensemble, Usual
from deining.forecasting.hazards import HazardBook
from deining.forecasting.reach import LEADS_S, Numbers, Pair, find_reaches, reached

NAME, VERSION = "zone_flow", "1"
STEP_S = round(60 * STEP_MIN)
STEPS = LEADS_S[-1] // STEP_S
MEMBERS, MEMBERS_LARGE, LARGE_ZONES = 200, 100, 200
"""Members of the ensemble; fewer where an area has more zones than `LARGE_ZONES`."""
DAY_S = 86_400
USUAL_STEP_S = 900
"""What is usual is asked for in steps of this length, s, and taken as straight lines in between."""


class ZoneFlow:
    """Forecasts of the next two hours, from the zone states and flow states up to now.

    The same area, states and time give the same forecast: the draws follow from the day, so that from one minute to the
    next only what was seen moves a chance.

    Parameters
    ----------
    area
        Zones and gates.
    """

    def __init__(self, area: Area) -> None:
        self._channels = Channels(area)
        self._book = HazardBook(self._channels)
        self._members = MEMBERS_LARGE if len(area.zones) > LARGE_ZONES else MEMBERS
        self._ensemble = Ensemble(self._channels, members=self._members, steps=STEPS)
        self._moment: Moment | None = None
        self._now = datetime.fromtimestamp(0, UTC)
        self._flow_now: dict[str, float] = {}
        self._usual: tuple[int, Usual | None] = (-1, None)

    @property
    def horizon_s(self) -> int:
        """How far ahead it looks, s."""
        return STEPS * STEP_S

    def take(self, now: datetime, zones: Sequence[ZoneState], flows: Sequence[FlowState]) -> None:
        """Take the states of a moment. See `StateForecaster`."""
        self._moment, self._now = Moment.of(self._channels, zones, flows), now
        self._flow_now = {flow.target: flow.flow_per_min for flow in flows if flow.flow_per_min is not None}
        self._book.take(now.timestamp(), self._moment)

    def forecast(self, first_s: int | None, step_s: int, limits: Mapping[str, Sequence[LevelLimit]], usual: UsualCourse | None = None) -> StateForecasts:
        """Forecasts and reaches from the states taken last. See `StateForecaster`."""
        if self._moment is None or not self._channels.zones:
            return StateForecasts([], [])
        there = ~np.isnan(self._moment.people)
        rates, known = self._book.rates(there), self._find_usual(usual)
        courses = self._ensemble.draw(self._moment, rates, known, int(self._now.timestamp()) // DAY_S)
        beside = np.concatenate([there, [False]])
        seen = (rates.known & (beside[self._channels.tail] | beside[self._channels.head]))[: len(self._channels.gates)]
        forecasts = [] if first_s is None else self._forecasts(courses, seen, first_s, step_s, self._provenance(known is not None))
        return StateForecasts(forecasts, self._reaches(courses, seen, limits))

    # -- what is usual

    def _find_usual(self, usual: UsualCourse | None) -> Usual | None:
        if usual is None:
            return None
        first = int(self._now.timestamp()) // USUAL_STEP_S * USUAL_STEP_S
        if self._usual[0] != first:
            self._usual = (first, self._ask_usual(usual, first))
        found = self._usual[1]
        if found is None:
            return None
        at = (self._now.timestamp() - first + STEP_S * np.concatenate([[0.0], np.arange(STEPS) + 0.5])) / USUAL_STEP_S - 0.5
        return Usual(_between(found.people, at), _between(found.flow, at))

    def _ask_usual(self, usual: UsualCourse, first: int) -> Usual | None:
        """Steps from the one that holds now to past the horizon; None where nothing at all is known."""
        times = np.arange(first, first + self.horizon_s + 2 * USUAL_STEP_S, USUAL_STEP_S, dtype=np.int64)
        people = self._columns(usual, self._channels.zones, "occupancy", times)
        both, forward = (self._columns(usual, self._channels.gates, name, times) for name in ("flow_per_min", "forward_per_min"))
        if np.isnan(people).all() and np.isnan(both).all():
            return None
        uncounted = np.full((len(times), self._channels.ways - len(self._channels.gates)), np.nan)
        return Usual(people, np.hstack([forward, uncounted, np.maximum(both - forward, 0.0), uncounted]))

    @staticmethod
    def _columns(usual: UsualCourse, targets: Sequence[str], quantity: str, times: Int64Array) -> FloatArray:
        found = (usual(target, quantity, times) for target in targets)
        columns = [np.full(len(times), np.nan) if values is None else values for values in found]
        return np.stack(columns, axis=1) if columns else np.zeros((len(times), 0))

    # -- what is told

    def _forecasts(self, courses: Courses, seen: BoolArray, first_s: int, step_s: int, provenance: Provenance) -> list[Forecast]:
        origin_s = self._now.timestamp()
        most = max(0, int(origin_s + self.horizon_s - first_s) // step_s)
        starts = [first_s + k * step_s for k in range(most)]
        if not starts:
            return []
        people = _steps_means((courses.people[1:] + courses.people[:-1]) / 2, origin_s, starts, step_s)
        flow = _steps_means(courses.flow, origin_s, starts, step_s)
        known = [*zip(self._channels.zones, np.isfinite(people[:, 0, 0]), strict=True)]
        counted = [*zip(self._channels.gates, seen, strict=True)]
        return [
            *self._told(known, "occupancy", people, starts, step_s, provenance),
            *self._told(counted, "flow_per_min", flow, starts, step_s, provenance),
        ]

    def _told(
        self, targets: Sequence[tuple[str, bool]], quantity: str, values: Numbers, starts: Sequence[int], step_s: int, provenance: Provenance
    ) -> Iterator[Forecast]:
        """The forecasts of those places of which something is known, place by place; values of shape (places, steps, members)."""
        quantiles, means = np.moveaxis(np.quantile(values, QUANTILES, axis=2), 0, 2).tolist(), values.mean(axis=2).tolist()
        times = [datetime.fromtimestamp(start, UTC) for start in starts]
        for row, (target, is_known) in enumerate(targets):
            for time, mean, found in zip(times, means[row], quantiles[row], strict=True) if is_known else ():
                yield Forecast(
                    target=target,
                    quantity=quantity,
                    origin=self._now,
                    time=time,
                    mean=mean,
                    quantiles=tuple(found),
                    model=NAME,
                    step_s=step_s,
                    provenance=provenance,
                )

    def _provenance(self, with_usual: bool) -> Provenance:
        version = hashlib.sha256(f"{NAME} {VERSION} {self._members} {int(self._now.timestamp()) // DAY_S}".encode()).hexdigest()[:12]
        drivers = ("zone_states", "flow_states", *(("usual_course",) if with_usual else ()))
        return Provenance(model_version=version, learned_until=self._now, drivers=drivers, absent=() if with_usual else ("usual_course",))

    def _reaches(self, courses: Courses, seen: BoolArray, limits: Mapping[str, Sequence[LevelLimit]]) -> list[LevelReach]:
        assert self._moment is not None  # noqa: S101
        people = dict(zip(self._channels.zones, self._moment.people.tolist(), strict=True))
        zones = [(row, zone, limit) for row, zone in enumerate(self._channels.zones) if not np.isnan(people[zone]) for limit in limits.get(zone, ())]
        gates = [(row, gate, limit) for row, gate in enumerate(self._channels.gates) if seen[row] for limit in limits.get(gate, ())]
        return [*self._find(zones, people, courses.people), *self._find(gates, self._flow_now, self._flow_courses(courses))]

    def _find(self, pairs: list[Pair], now: Mapping[str, float], courses: Numbers) -> list[LevelReach]:
        there = [reached(target, limit, self._now) for _, target, limit in pairs if now.get(target, 0.0) >= limit.value]
        coming = [pair for pair in pairs if now.get(pair[1], 0.0) < pair[2].value]
        return [*there, *find_reaches(coming, courses, STEP_S, self._now)]

    def _flow_courses(self, courses: Courses) -> Numbers:
        """Flow as a flow state would say it: the mean of the last two steps; first that of now. Shape (1 + steps, gates, members)."""
        now = np.array([self._flow_now.get(gate, 0.0) for gate in self._channels.gates], dtype=np.float32)
        members = courses.flow.shape[2]
        flow = np.concatenate([np.broadcast_to(now[:, None], (2, len(now), members)), courses.flow])
        return np.asarray((flow[1:] + flow[:-1]) / 2)


def _steps_means(courses: Numbers, origin_s: float, starts: Sequence[int], step_s: int) -> Numbers:
    """Means over steps of a forecast of what is known in the middle of each step of the courses; shape (places, steps, members)."""
    middles = origin_s + STEP_S * (np.arange(len(courses)) + 0.5)
    chosen = [np.flatnonzero((middles >= start) & (middles < start + step_s)) for start in starts]
    nearest = [found if len(found) else np.array([np.abs(middles - start - step_s / 2).argmin()]) for found, start in zip(chosen, starts, strict=True)]
    return np.asarray(np.stack([courses[steps].mean(axis=0) for steps in nearest], axis=1))


def _between(table: FloatArray, at: FloatArray) -> FloatArray:
    """Rows of a table at places between its rows, straight lines in between; the nearest row where the other is not known."""
    low = np.clip(at.astype(np.int64), 0, len(table) - 2)
    share = np.clip(at - low, 0.0, 1.0)[:, None]
    found = (1 - share) * table[low] + share * table[low + 1]
    return np.asarray(np.where(np.isnan(found), np.where(share < 0.5, table[low], table[low + 1]), found))
