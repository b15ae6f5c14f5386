"""Which level a state or a forecast is at, by the scales in force for its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from deining.domain.alert import AlertPolicy
from deining.domain.area import Area
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelExpected, LevelFound, LevelLimit, LevelQuantity, LevelReach, LevelScale, TimeKind
from deining.domain.literature import LEVEL_TABLES
from deining.domain.state import FlowState, ZoneState
from deining.risk.time_kinds import TimeKinds

DEFAULT_LEVELS = (
    LevelScale(quantity=LevelQuantity.OCCUPANCY_SHARE, yellow=0.7, orange=0.85, red=1.0, source="deining's default, while the area names no levels"),
    LEVEL_TABLES["amsterdam_flow"],
)
Chosen = Mapping[LevelQuantity, LevelScale]
AT_ALL_TIMES: frozenset[TimeKind] = frozenset()


class LevelBook:
    """The scales in force in an area, found by place and time.

    For each quantity one scale holds: of a named place before of its kind before of all; and among those of the same
    reach, one for this kind of time before one for all times.

    Parameters
    ----------
    scales
        In place of the area's own.
    is_holiday
        Whether a moment lies on a public holiday of the area.
    """

    def __init__(self, area: Area, scales: Sequence[LevelScale] | None = None, is_holiday: Callable[[datetime], bool] | None = None) -> None:
        self._area = area
        self._all = (area.levels if scales is None else tuple(scales)) or DEFAULT_LEVELS
        self._times = TimeKinds(area, is_holiday)
        self._depends_on_time = any(scale.when for scale in self._all)
        self._kinds = {place.id: place.kind.value for places in (area.zones, area.gates) for place in places.values()}
        self._places = frozenset((*area.zones, *area.gates, *(sensor.id for sensor in area.list_point_counters())))
        self._chosen: dict[tuple[str, frozenset[TimeKind]], Chosen] = {}
        self._known_reaches: dict[tuple[str, str], tuple[Sequence[Forecast], list[LevelExpected]]] = {}

    def _choose(self, place: str, kinds: frozenset[TimeKind]) -> Chosen:
        chosen: dict[LevelQuantity, tuple[tuple[int, int], LevelScale]] = {}
        for scale in self._all:
            rank = (self._reach(scale, place), _rank_of_time(scale, kinds))
            if min(rank) >= 0 and (scale.quantity not in chosen or rank >= chosen[scale.quantity][0]):
                chosen[scale.quantity] = (rank, scale)
        return {quantity: scale for quantity, (_, scale) in chosen.items()}

    def _reach(self, scale: LevelScale, place: str) -> int:
        """How closely a scale speaks of a place: 2 by name, 1 by kind, 0 of all, -1 not."""
        if scale.places:
            return 2 if place in scale.places else -1
        return 0 if scale.kind is None else 1 if scale.kind == self._kinds.get(place) else -1

    def scales(self, place: str, time: datetime | None = None) -> Chosen:
        """The scales in force at a place and time, by quantity; without a time, those of an ordinary weekday by day."""
        if place not in self._places:
            return {}
        kinds = self._times.at(place, time) if self._depends_on_time and time is not None else AT_ALL_TIMES
        if (place, kinds) not in self._chosen:
            self._chosen[place, kinds] = self._choose(place, kinds)
        return self._chosen[place, kinds]

    def of_zone(self, state: ZoneState) -> LevelFound | None:
        """The level of a zone; None where nothing is known or no scale is in force."""
        zone = self._area.zones[state.zone]
        figures: dict[LevelQuantity, float] = {}
        if state.density_per_m2 is not None:
            figures[LevelQuantity.DENSITY] = state.density_per_m2
        if state.occupancy is not None and zone.capacity:
            figures[LevelQuantity.OCCUPANCY_SHARE] = state.occupancy / zone.capacity
        return self._highest(state.zone, state.time, figures) if state.quality.may_alert else None

    def of_flow(self, state: FlowState) -> LevelFound | None:
        """The level of a gate or point counter; None where nothing is known or no scale is in force."""
        figures = {
            LevelQuantity.FLOW: state.flow_per_min,
            LevelQuantity.SPECIFIC_FLOW: state.specific_flow_per_m_min,
            LevelQuantity.RATIO_TO_NORMAL: state.ratio_to_normal,
        }
        known = {quantity: value for quantity, value in figures.items() if value is not None}
        return self._highest(state.target, state.time, known) if state.quality.may_alert else None

    def _highest(self, place: str, time: datetime, figures: Mapping[LevelQuantity, float]) -> LevelFound | None:
        scales = self.scales(place, time)
        found = [LevelFound(level=scales[q].level(value), quantity=q, value=value, scale=scales[q]) for q, value in figures.items() if q in scales]
        return max(found, key=lambda f: (f.level, f.value / f.scale.red), default=None)

    def limits(self, target: str, time: datetime | None = None) -> list[LevelLimit]:
        """Where each level above green begins at a zone or gate, in persons or persons/min."""
        quantity = "occupancy" if target in self._area.zones else "flow_per_min"
        scales = self.scales(target, time)
        return [
            LevelLimit(level=level, quantity=scale.quantity, scale=scale, value=scale.threshold(level) / factor)
            for scale, factor in ((scales[q], factor) for q, factor in self._factors(target, quantity).items() if q in scales)
            for level in (Level.YELLOW, Level.ORANGE, Level.RED)
        ]

    def expected(
        self, target: str, forecasts: Sequence[Forecast], now: datetime, policy: AlertPolicy, reaches: Sequence[LevelReach] = ()
    ) -> LevelExpected | None:
        """The highest level above green that is reached with at least the policy's chance within its look-ahead.

        Where it is known how likely levels are reached, that goes before the forecasts, which speak only of what is later.
        """
        until = now + timedelta(seconds=policy.ahead_s)
        known_s = max(reaches[0].chances) if reaches else 0
        begin = now + timedelta(seconds=known_s)
        likely = [found for reach in reaches if (found := _likely(reach, now, policy))]
        if policy.ahead_s > known_s:
            likely += [reach for reach in self._reaches(target, forecasts) if reach.chance >= policy.chance and begin <= reach.at <= until]
        return max(likely, key=lambda found: found.level, default=None)

    def _reaches(self, target: str, forecasts: Sequence[Forecast]) -> list[LevelExpected]:
        """Every level that some step may reach, in order of time, worked out once for each set of forecasts."""
        if not forecasts:
            return []
        key = (target, forecasts[0].quantity)
        known = self._known_reaches.get(key)
        if known is None or known[0] is not forecasts:
            known = (forecasts, [reach for forecast in forecasts for reach in self._reached(target, forecast)])
            self._known_reaches[key] = known
        return known[1]

    def _reached(self, target: str, forecast: Forecast) -> Iterator[LevelExpected]:
        scales = self.scales(target, forecast.time)
        for quantity, factor in self._factors(target, forecast.quantity, forecast.step_s).items():
            if (scale := scales.get(quantity)) is None:
                continue
            for level in (Level.RED, Level.ORANGE, Level.YELLOW):
                threshold = scale.threshold(level) / factor
                if threshold < forecast.quantiles[-1]:
                    yield LevelExpected(level=level, at=forecast.time, chance=forecast.chance_above(threshold), quantity=quantity, scale=scale)

    def _factors(self, target: str, quantity: str, step_s: int | None = None) -> dict[LevelQuantity, float]:
        """What a forecast value is multiplied by to be each quantity that a scale may be of."""
        factors: dict[LevelQuantity, float] = {}
        if quantity == "occupancy":
            zone = self._area.zones[target]
            factors[LevelQuantity.DENSITY] = 1 / zone.usable_area_m2
            if zone.capacity:
                factors[LevelQuantity.OCCUPANCY_SHARE] = 1 / zone.capacity
        elif quantity == "flow_per_min":
            factors[LevelQuantity.FLOW] = 1.0
            gate = self._area.gates.get(target)
            if gate and gate.effective_width_m:
                factors[LevelQuantity.SPECIFIC_FLOW] = 1 / gate.effective_width_m
        elif quantity == "count":
            factors[LevelQuantity.FLOW] = 60 / (step_s or self._area.sensors[target].interval_s)
        return factors


def _rank_of_time(scale: LevelScale, kinds: frozenset[TimeKind]) -> int:
    """0 for a scale of all times, more for one of a kind of time that it is now, -1 for one of another."""
    if scale.when is None:
        return 0
    order = list(TimeKind)
    return len(order) - order.index(scale.when) if scale.when in kinds else -1


def _likely(reach: LevelReach, now: datetime, policy: AlertPolicy) -> LevelExpected | None:
    """A reach as an expectation, where its chance within the look-ahead is that of the policy or more."""
    chance = reach.chance_within((now - reach.origin).total_seconds() + policy.ahead_s)
    if chance < policy.chance:
        return None
    at = max(now, reach.at_p50) if reach.at_p50 else now + timedelta(seconds=policy.ahead_s)
    return LevelExpected(level=reach.level, at=at, chance=chance, quantity=reach.quantity, scale=reach.scale, earliest=reach.at_p10, latest=reach.at_p90)
