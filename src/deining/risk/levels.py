"""Which level a state or a forecast is at, by the scales in force for its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from deining.domain.alert import AlertPolicy
from deining.domain.area import Area
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelExpected, LevelFound, LevelLimit, LevelQuantity, LevelReach, LevelScale
from deining.domain.literature import AMSTERDAM_RED, AMSTERDAM_YELLOW
from deining.domain.state import FlowState, ZoneState

DEFAULT_LEVELS = (
    LevelScale(quantity=LevelQuantity.OCCUPANCY_SHARE, yellow=0.7, orange=0.85, red=1.0, source="deining's default, while the area names no levels"),
    LevelScale(
        quantity=LevelQuantity.SPECIFIC_FLOW,
        yellow=AMSTERDAM_YELLOW.value,
        orange=(AMSTERDAM_YELLOW.value + AMSTERDAM_RED.value) / 2,
        red=AMSTERDAM_RED.value,
        source=AMSTERDAM_YELLOW.source,
    ),
)


class LevelBook:
    """The scales in force in an area, found by place."""

    def __init__(self, area: Area) -> None:
        self._area = area
        self._scales = area.levels or DEFAULT_LEVELS
        kinds = {zone.id: zone.kind.value for zone in area.zones.values()} | {gate.id: gate.kind.value for gate in area.gates.values()}
        self._known_reaches: dict[tuple[str, str], tuple[Sequence[Forecast], list[LevelExpected]]] = {}
        self._by_place: dict[str, dict[LevelQuantity, LevelScale]] = {}
        for place in [*area.zones, *area.gates, *(sensor.id for sensor in area.list_point_counters())]:
            self._by_place[place] = self._most_specific(place, kinds.get(place))

    def _most_specific(self, place: str, kind: str | None) -> dict[LevelQuantity, LevelScale]:
        """For each quantity one scale: of the named place before of its kind before of all."""
        chosen: dict[LevelQuantity, LevelScale] = {}
        for fits in (
            lambda s: not s.places and s.kind is None,
            lambda s: not s.places and s.kind is not None and s.kind == kind,
            lambda s: place in s.places,
        ):
            chosen.update({scale.quantity: scale for scale in self._scales if fits(scale)})
        return chosen

    def scales(self, place: str) -> Mapping[LevelQuantity, LevelScale]:
        """The scales in force at a place, by quantity."""
        return self._by_place.get(place, {})

    def of_zone(self, state: ZoneState) -> LevelFound | None:
        """The level of a zone; None where nothing is known or no scale is in force."""
        zone = self._area.zones[state.zone]
        figures: dict[LevelQuantity, float] = {}
        if state.density_per_m2 is not None:
            figures[LevelQuantity.DENSITY] = state.density_per_m2
        if state.occupancy is not None and zone.capacity:
            figures[LevelQuantity.OCCUPANCY_SHARE] = state.occupancy / zone.capacity
        return self._highest(state.zone, figures) if state.quality.may_alert else None

    def of_flow(self, state: FlowState) -> LevelFound | None:
        """The level of a gate or point counter; None where nothing is known or no scale is in force."""
        figures = {
            LevelQuantity.FLOW: state.flow_per_min,
            LevelQuantity.SPECIFIC_FLOW: state.specific_flow_per_m_min,
            LevelQuantity.RATIO_TO_NORMAL: state.ratio_to_normal,
        }
        known = {quantity: value for quantity, value in figures.items() if value is not None}
        return self._highest(state.target, known) if state.quality.may_alert else None

    def _highest(self, place: str, figures: Mapping[LevelQuantity, float]) -> LevelFound | None:
        scales = self.scales(place)
        found = [LevelFound(level=scales[q].level(value), quantity=q, value=value, scale=scales[q]) for q, value in figures.items() if q in scales]
        return max(found, key=lambda f: (f.level, f.value / f.scale.red), default=None)

    def limits(self, target: str) -> list[LevelLimit]:
        """Where each level above green begins at a zone or gate, in persons or persons/min."""
        quantity = "occupancy" if target in self._area.zones else "flow_per_min"
        return [
            LevelLimit(level=level, quantity=scale.quantity, scale=scale, value=scale.threshold(level) / factor)
            for scale, factor in ((self.scales(target)[q], factor) for q, factor in self._factors(target, quantity).items())
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
        for quantity, factor in self._factors(target, forecast.quantity, forecast.step_s).items():
            scale = self.scales(target)[quantity]
            for level in (Level.RED, Level.ORANGE, Level.YELLOW):
                threshold = scale.threshold(level) / factor
                if threshold < forecast.quantiles[-1]:
                    yield LevelExpected(level=level, at=forecast.time, chance=forecast.chance_above(threshold), quantity=quantity, scale=scale)

    def _factors(self, target: str, quantity: str, step_s: int | None = None) -> dict[LevelQuantity, float]:
        """What a forecast value is multiplied by to be each quantity that has a scale here."""
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
        return {found: factor for found, factor in factors.items() if found in self.scales(target)}


def _likely(reach: LevelReach, now: datetime, policy: AlertPolicy) -> LevelExpected | None:
    """A reach as an expectation, where its chance within the look-ahead is that of the policy or more."""
    chance = reach.chance_within((now - reach.origin).total_seconds() + policy.ahead_s)
    if chance < policy.chance:
        return None
    at = max(now, reach.at_p50) if reach.at_p50 else now + timedelta(seconds=policy.ahead_s)
    return LevelExpected(level=reach.level, at=at, chance=chance, quantity=reach.quantity, scale=reach.scale, earliest=reach.at_p10, latest=reach.at_p90)
