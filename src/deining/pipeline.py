"""The product in one function: observations in; states, forecasts, alerts out.

`Pipeline.take` hears what sensors said, `Pipeline.step` says what that means at one moment. Nothing here reads a
clock, a disk or a network: the same observations give the same evening, live, replayed or a year later.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from deining.domain.alert import Alert, AlertPolicy, QuietHours
from deining.domain.area import Area, SensorKind
from deining.domain.calibration import Calibration
from deining.domain.drivers import Int64Array
from deining.domain.errors import UnknownName, WrongUse
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelExpected, LevelFound, LevelReach, LevelScale
from deining.domain.observation import Observation, Quantity, why_wrong
from deining.domain.ports import Estimator, Forecaster, RiskView, Rule, StateForecaster
from deining.domain.series import FloatArray, Series
from deining.domain.state import Explanation, Fault, FlowState, Quality, SensorHealth, TotalState, ZoneState
from deining.estimation import ESTIMATORS
from deining.estimation.health import SensorWatch
from deining.forecasting import FORECASTERS, Calendar
from deining.forecasting.ordinary_weeks import OrdinaryWeeks
from deining.forecasting.seam import joined
from deining.forecasting.series_book import SeriesBook
from deining.forecasting.zone_flow import ZoneFlow
from deining.governance.permission import why_not
from deining.risk.alert_book import AlertBook
from deining.risk.early_warning import EarlyWarning
from deining.risk.grouping import Neighbours
from deining.risk.levels import LevelBook
from deining.risk.rules import RULES, choose_rules
from deining.risk.weighing import find_results
from deining.settings import Settings

Key = tuple[str, str]

DAY_S, WEEK_S = 86_400, 7 * 86_400
USUAL_STEPS = 8
REACH_EVERY_S, REACH_EVERY_LARGE_S, LARGE_ZONES = 180, 300, 100
"""How likely levels are reached is worked out each so many seconds; less often where an area has more zones."""
EARLY_SIGNS = {SensorKind.PARKING_COUNTER, SensorKind.STATION_COUNTER}
"""Kinds of sensor that see people before they reach a zone: their counts are series too, which the models see beside the others."""
AUTO = "auto"
"""In place of a level from which alerts are raised: as the area's levels ask for it."""
HELPERS = {"forward_per_min"}
"""Quantities that are remembered to tell a gate's two ways apart; nobody asks for their forecast."""
COUNTS = {Quantity.COUNT, Quantity.COUNT_FORWARD, Quantity.COUNT_BACKWARD}
CAN_SAY = {
    SensorKind.GATE_COUNTER: COUNTS,
    SensorKind.POINT_COUNTER: COUNTS,
    SensorKind.AREA_CAMERA: {Quantity.OCCUPANCY},
    SensorKind.DEVICE_COUNTER: {Quantity.DEVICES},
    SensorKind.PHONE_PANEL: {Quantity.SAMPLE},
    SensorKind.HAND_COUNT: {Quantity.OCCUPANCY, *COUNTS},
    SensorKind.PARKING_COUNTER: {Quantity.OCCUPANCY, *COUNTS},
    SensorKind.STATION_COUNTER: {Quantity.OCCUPANCY, *COUNTS},
}
"""The quantities that each kind of sensor can speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """All that is found at one moment.

    Parameters
    ----------
    levels, expected
        By zone, gate or point counter: the level now and the highest one coming; absent where none can be said.
    normals
        By zone, gate or point counter: what is normal now, persons or persons/min; absent without history.
    forecasts
        Those issued at this moment; most moments issue none.
    alerts, faults
        Those that began, changed or ended at this moment.
    totals
        Persons in the whole area (first, its group being empty) and in each group of zones; none where there is no zone.
    reaches
        How likely each level of a zone or gate that can be seen now is reached, and when; found at most some minutes ago.
    """

    time: datetime
    zones: Sequence[ZoneState]
    flows: Sequence[FlowState]
    levels: Mapping[str, LevelFound]
    expected: Mapping[str, LevelExpected]
    normals: Mapping[str, float]
    health: Sequence[SensorHealth]
    forecasts: Sequence[Forecast]
    alerts: Sequence[Alert]
    faults: Sequence[Fault]
    totals: Sequence[TotalState] = ()
    reaches: Sequence[LevelReach] = ()


@dataclass(slots=True)
class Learned:
    """What a pipeline starts with: everything that earlier days taught.

    Parameters
    ----------
    series
        The course of each place in earlier weeks.
    calibration
        What earlier days taught about the sensors.
    alerts
        Alerts that still stand.
    """

    series: Iterable[Series] = ()
    calibration: Calibration | None = None
    alerts: Iterable[Alert] = ()


def why_refused(area: Area, observation: Observation, now: datetime) -> str | None:
    """Why an observation is not taken, in one sentence; None when it is. What is refused is counted and shown."""
    sensor = area.sensors.get(observation.sensor)
    if sensor is None:
        return f"no sensor {observation.sensor!r} in area {area.id}; add it to sensors.csv, or send the id that stands there"
    if observation.quantity not in CAN_SAY[sensor.kind]:
        known = ", ".join(sorted(CAN_SAY[sensor.kind]))
        return f"quantity {observation.quantity} is not what a {sensor.kind} says; expected {known}"
    return why_wrong(observation, now) or why_not(area, sensor, now)


class Pipeline:
    """One area's line from observation to alert.

    Parameters
    ----------
    estimator, watch
        Observations -> states, and -> health of sensors.
    forecaster
        Series -> forecasts.
    state_forecaster
        States -> forecasts of the next hours, and how likely levels are reached.
    usual
        What is normal at a time, whatever forecaster is chosen.
    rules
        Tests of states and forecasts, by name.
    is_holiday
        Whether a moment lies on a public holiday; levels may differ then.
    """

    def __init__(
        self,
        area: Area,
        settings: Settings,
        *,
        estimator: Estimator,
        watch: SensorWatch,
        forecaster: Forecaster,
        state_forecaster: StateForecaster,
        usual: OrdinaryWeeks,
        rules: Mapping[str, Rule],
        is_holiday: Callable[[datetime], bool] | None = None,
        learned: Learned | None = None,
    ) -> None:
        learned = learned or Learned()
        self.area, self.settings = area, settings
        self._warning = EarlyWarning(
            area,
            replace(alert_policy(settings, area), **area.alerts),
            learned.calibration.warnings if learned.calibration else None,
            step_s=settings.state_step_s,
        )
        self.book = SeriesBook(keep_s=settings.history_weeks * WEEK_S)
        self.book.load(learned.series)
        self.alerts = AlertBook(self.policy, learned.alerts, Neighbours(area))
        self.forecasts: dict[Key, list[Forecast]] = {}
        self._estimator, self._watch, self._forecaster, self._usual = estimator, watch, forecaster, usual
        self._rules = choose_rules(self.policy.rules, rules)
        self._state_forecaster = state_forecaster
        self._is_holiday = is_holiday
        self._levels = LevelBook(area, is_holiday=is_holiday)
        self._reaches: dict[str, list[LevelReach]] = {}
        self.outlooks: dict[Key, list[Forecast]] = {}
        self._looked_out_at: datetime | None = None
        self._drivers = area.drivers()
        self._points = {sensor.id: sensor for sensor in area.list_point_counters()}
        self._counters = self._points | {sensor.id: sensor for sensor in area.sensors.values() if sensor.kind in EARLY_SIGNS and sensor.gate is None}
        self._usual_values: dict[str, dict[int, float]] = {}
        self._told = False
        self._forecast_with: dict[Key, tuple[datetime, tuple[int, int]]] = {}

    @property
    def policy(self) -> AlertPolicy:
        """What the crowd manager set about alerts, with what earlier days taught."""
        return self._warning.policy

    # -- observations in

    def take(self, observations: Sequence[Observation]) -> None:
        """Hear what sensors said: in any order, each once, all of them allowed by `why_refused`."""
        self._estimator.take(observations)
        self._watch.take(observations)
        for o in observations:
            point = self._counters.get(o.sensor)
            if point is not None and o.quantity in COUNTS:
                step_s = max(int(point.interval_s), self.settings.forecast_step_s)
                share = 1.0 if o.quantity is Quantity.COUNT else 0.5
                self.book.add(o.sensor, "count", step_s, o.start.timestamp(), o.end.timestamp(), o.value, share)

    def recall(self, last: Sequence[Observation]) -> None:
        """Remember the last word of each sensor, however long ago, so that its silence has a beginning."""
        self._watch.take(last)

    def resume(self, states: Sequence[ZoneState]) -> bool:
        """Begin with zone states that were found earlier, all of one moment; whether the estimator can."""
        return self._estimator.resume(states)

    def catch_up(self, now: datetime) -> None:
        """Bring the estimate to a past moment without telling anyone: what was to be told, was told then."""
        self._estimator.catch_up(now)

    def learn(self) -> Calibration:
        """What this day taught about the sensors and about alerts, for the next."""
        return replace(self._estimator.learn(), warnings=self._warning.learn())

    def use_forecaster(self, forecaster: Forecaster) -> None:
        """Forecast with another forecaster from the next step on."""
        self._forecaster = forecaster

    def use_levels(self, scales: Sequence[LevelScale]) -> None:
        """Judge by these scales from the next step on."""
        self._levels = LevelBook(self.area, scales, self._is_holiday)

    # -- states, forecasts, alerts out

    def step(self, now: datetime) -> Step:
        """What all that was heard means at `now`."""
        zones, flows = self._estimator.estimate(now)
        health, faults = self._watch.health(now, self._estimator.find_faults())
        self._remember(now, zones, flows)
        normals = self._normals(now, zones, flows)
        flows = [replace(state, ratio_to_normal=_ratio(state, normals)) for state in flows]
        self._state_forecaster.take(now, zones, flows)
        issued = self._forecast(now)
        levels = self._find_levels(zones, flows)
        seen = {s.zone for s in zones if s.quality.may_alert} | {s.target for s in flows if s.quality.may_alert}
        self._warning.take(now, zones, self._levels)
        expected = self._expect_levels(now, seen)
        view = RiskView(
            area=self.area,
            now=now,
            zones=zones,
            flows=flows,
            health=health,
            forecasts=self.forecasts,
            levels=self._levels,
            policy=self.policy,
            reaches=self._reaches,
            standing=self.alerts.active,
        )
        alerts = self.alerts.update(now, find_results(view, self._rules))
        return Step(
            time=now,
            zones=zones,
            flows=flows,
            levels=levels,
            expected=expected,
            normals=normals,
            health=health,
            forecasts=issued,
            alerts=alerts,
            faults=faults,
            totals=self._totals(now),
            reaches=[reach for target, reaches in self._reaches.items() if target in seen for reach in reaches],
        )

    def explain(self, zone: str, now: datetime) -> Explanation | None:
        """Which observations moved the figure of a zone; `now` is the time of the last step."""
        return self._estimator.explain(zone, now)

    def total(self, now: datetime, zones: Sequence[str]) -> TotalState:
        """Persons in some zones together; `now` is the time of the last step."""
        return self._estimator.total(now, zones)

    def _totals(self, now: datetime) -> list[TotalState]:
        if not self.area.zones:
            return []
        groups = [self._estimator.total(now, group.zones, group.id) for group in self.area.groups.values()]
        return [self._estimator.total(now, tuple(self.area.zones)), *groups]

    def usual_course(self, target: str, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
        """What is normal at a place in [start, end), step by step; steps of which nothing is known are left out."""
        series = self.book.find(target, self._quantity(target))
        if series is None:
            return []
        first = series.first_s + int((start.timestamp() - series.first_s) // series.step_s) * series.step_s
        times = np.arange(first, int(end.timestamp()), series.step_s, dtype=np.int64)
        values = _per_min(series) * self._usual.usual(series, times)
        return [(datetime.fromtimestamp(t, UTC), v) for t, v in zip(times.tolist(), values.tolist(), strict=True) if not math.isnan(v)]

    def _quantity(self, target: str) -> str:
        """The quantity of which a place has a series."""
        return "occupancy" if target in self.area.zones else "flow_per_min" if target in self.area.gates else "count"

    def _remember(self, now: datetime, zones: Iterable[ZoneState], flows: Iterable[FlowState]) -> None:
        """Zone and gate states become series, which tomorrow's forecasts rest on; what was not seen is not remembered."""
        end_s, length_s, step_s = now.timestamp(), self.settings.state_step_s, self.settings.forecast_step_s
        for zone in zones:
            if zone.occupancy is not None and zone.quality.may_alert:
                self.book.add(zone.zone, "occupancy", step_s, end_s - length_s, end_s, zone.occupancy)
        for flow in flows:
            if flow.flow_per_min is not None and flow.quality.may_alert and flow.target not in self._points:
                self.book.add(flow.target, "flow_per_min", step_s, end_s - length_s, end_s, flow.flow_per_min)
                if flow.forward_per_min is not None:
                    self.book.add(flow.target, "forward_per_min", step_s, end_s - length_s, end_s, flow.forward_per_min)
        if end_s % step_s == 0:
            self.book.close_steps(now)

    def _normals(self, now: datetime, zones: Iterable[ZoneState], flows: Iterable[FlowState]) -> dict[str, float]:
        found = {zone.zone: self._find_normal(zone.zone, now - timedelta(seconds=1)) for zone in zones}
        for flow in flows:
            point = self._points.get(flow.target)
            back_s = 1.0 if point is None else (flow.data_age_s or 0.0) + point.interval_s / 2
            found[flow.target] = self._find_normal(flow.target, now - timedelta(seconds=back_s))
        return {target: value for target, value in found.items() if value is not None}

    def _find_normal(self, target: str, at: datetime) -> float | None:
        series = self.book.find(target, self._quantity(target))
        if series is None:
            return None
        step = series.first_s + int((at.timestamp() - series.first_s) // series.step_s) * series.step_s
        known = self._usual_values.setdefault(target, {})
        if step not in known:
            known.clear()
            times = np.arange(step, step + USUAL_STEPS * series.step_s, series.step_s, dtype=np.int64)
            known.update(zip(times.tolist(), (_per_min(series) * self._usual.usual(series, times)).tolist(), strict=True))
        return None if math.isnan(known[step]) else known[step]

    def _forecast(self, now: datetime) -> list[Forecast]:
        """What is told now: from the states, as often as the area's size allows, and from the series that are due."""
        due = not self._told or now.timestamp() % self.settings.forecast_step_s == 0
        from_state = self._look_ahead(now, due)
        from_weeks = self._forecast_series(now) if due else {}
        told: list[Forecast] = []
        for key in {**from_state, **from_weeks}:
            self.forecasts[key] = joined(from_state.get(key, []), from_weeks.get(key, []))
            told += self.forecasts[key]
            outlook = self.outlooks.get(key, ())
            if outlook and outlook[0].origin == now:
                told += [forecast for forecast in outlook if forecast.time > self.forecasts[key][-1].time]
        if told:
            self._told = True
        return told

    def _look_ahead(self, now: datetime, due: bool) -> dict[Key, list[Forecast]]:
        """Find anew how likely levels are reached, when it is time; and forecasts from the states, when they are due."""
        every_s = REACH_EVERY_LARGE_S if len(self.area.zones) > LARGE_ZONES else REACH_EVERY_S
        if not self.area.zones or not (due or now.timestamp() % every_s == 0):
            return {}
        step_s = self.settings.forecast_step_s
        first_s = int(now.timestamp()) if now.timestamp() % step_s == 0 else None
        limits = {place: self._levels.limits(place, now) for place in (*self.area.zones, *self.area.gates)}
        forecasts, reaches = self._state_forecaster.forecast(first_s, step_s, limits, self._usual_steps)
        self._reaches = self._warning.heed(reaches)
        return _by_series(forecasts)

    def _usual_steps(self, target: str, quantity: str, times_s: Int64Array) -> FloatArray | None:
        """What is usual at a place by weeks of history; None while there is less than a week."""
        series = self.book.find(target, quantity)
        if series is None or series.end_s - series.first_s < WEEK_S:
            return None
        return self._usual.usual(series, times_s)

    def _forecast_series(self, now: datetime) -> dict[Key, list[Forecast]]:
        """Forecasts of every series that grew, and of every place whose last forecast is a step old; all of one step together."""
        due: dict[int, list[Series]] = {}
        for key in self.book.list_keys():
            series = self.book.find(*key)
            if series is not None and key[1] not in HELPERS and self._is_due(series.until(now), now):
                due.setdefault(series.step_s, []).append(series.until(now))
        far = self._far_steps(now, due)
        steps = {step_s: max(self.settings.forecast_horizon_steps, far.get(step_s, 0)) for step_s in due}
        made = _by_series(
            forecast for step_s, histories in due.items() for forecast in self._forecaster.forecast(histories, now, steps[step_s] * step_s, self._drivers)
        )
        self.outlooks |= {key: forecasts for key, forecasts in made.items() if forecasts[0].step_s in far}
        return {key: forecasts[: self.settings.forecast_horizon_steps] for key, forecasts in made.items()}

    def _far_steps(self, now: datetime, due: Mapping[int, Sequence[Series]]) -> dict[int, int]:
        """By step: how many an outlook has, where one is due; of very many places it is shorter."""
        every_s = self.settings.outlook_every_h * 3600
        if not every_s or (self._looked_out_at is not None and (now - self._looked_out_at).total_seconds() < every_s):
            return {}
        known = {step_s: [one for one in histories if one.end_s - one.first_s >= WEEK_S] for step_s, histories in due.items()}
        if not any(known.values()):
            return {}
        self._looked_out_at = now
        return {
            step_s: min(self.settings.outlook_days * DAY_S // step_s, self.settings.outlook_most_steps // len(due[step_s]))
            for step_s, histories in known.items()
            if histories
        }

    def _is_due(self, past: Series, now: datetime) -> bool:
        """Whether a series grew, or was last forecast a step ago; what is due is taken to be forecast."""
        known = (past.end_s, int(np.count_nonzero(~np.isnan(past.values[-USUAL_STEPS:]))))
        forecast_at, forecast_with = self._forecast_with.get((past.target, past.quantity), (None, None))
        if forecast_at is not None and known == forecast_with and (now - forecast_at).total_seconds() < past.step_s:
            return False
        self._forecast_with[past.target, past.quantity] = (now, known)
        return True

    def _find_levels(self, zones: Iterable[ZoneState], flows: Iterable[FlowState]) -> dict[str, LevelFound]:
        levels = {state.zone: self._levels.of_zone(state) for state in zones} | {state.target: self._levels.of_flow(state) for state in flows}
        return {target: level for target, level in levels.items() if level is not None}

    def _expect_levels(self, now: datetime, seen: Iterable[str]) -> dict[str, LevelExpected]:
        by_target = {target: forecasts for (target, _), forecasts in self.forecasts.items()}
        found = {target: self._levels.expected(target, by_target.get(target, ()), now, self.policy, self._reaches.get(target, ())) for target in seen}
        return {target: level for target, level in found.items() if level is not None}


def build_pipeline(area: Area, settings: Settings, learned: Learned | None = None, *, state_forecaster: StateForecaster | None = None) -> Pipeline:
    """The pipeline of an area with the parts that the settings choose; with another state forecaster where one is given.

    Raises
    ------
    UnknownName
        When the settings name a forecaster, estimator, level or rule that is not there.
    """
    if settings.estimator not in ESTIMATORS:
        raise UnknownName("estimator", settings.estimator, list(ESTIMATORS))
    if settings.forecaster not in FORECASTERS:
        raise UnknownName("forecaster", settings.forecaster, list(FORECASTERS))
    calendar = Calendar(area.timezone, area.holidays)
    stale = {"stale_after_intervals": settings.stale_after_intervals, "stale_after_s": settings.stale_after_s}
    large = settings.estimator == "filter" and len(area.zones) > settings.filter_max_zones
    name = "districts" if large else settings.estimator
    make: Callable[..., Estimator] = ESTIMATORS[name]
    estimator = make(
        area,
        rate=settings.gate_detection_rate,
        rate_sd=settings.gate_detection_rate_sd,
        flow_window_s=settings.flow_window_s,
        step_s=settings.state_step_s,
        learned=learned.calibration if learned else None,
        **stale,
    )
    return Pipeline(
        area,
        settings,
        estimator=estimator,
        watch=SensorWatch(area, **stale),
        forecaster=FORECASTERS[settings.forecaster](calendar),
        state_forecaster=state_forecaster or ZoneFlow(area),
        usual=OrdinaryWeeks(calendar),
        rules=RULES,
        is_holiday=lambda time: bool(calendar.is_holiday(np.array([int(time.timestamp())], dtype=np.int64))[0]),
        learned=learned,
    )


def alert_policy(settings: Settings, area: Area) -> AlertPolicy:
    """What the settings say about alerts.

    Where they leave to the area from which level alerts are raised, it is orange on levels that the area set itself, and red on
    deining's own: there, orange only says that red is near.

    Raises
    ------
    UnknownName
        When `alert_from` names no level.
    WrongUse
        When `alert_quiet_hours` is not two local times.
    """
    chosen = ("orange" if area.levels else "red") if settings.alert_from == AUTO else settings.alert_from
    try:
        level = Level.parse(chosen)
    except KeyError:
        raise UnknownName("level", settings.alert_from, [AUTO, *(level.label for level in Level)]) from None
    try:
        quiet_hours = QuietHours.parse(settings.alert_quiet_hours) if settings.alert_quiet_hours else None
    except ValueError:
        raise WrongUse(f"alert_quiet_hours is {settings.alert_quiet_hours!r}; expected two local times that differ, such as 22:00-07:00") from None
    return AlertPolicy(
        raise_from=level,
        ahead_s=settings.alert_ahead_s,
        chance=settings.alert_chance,
        keep_share=settings.alert_keep_share,
        on_delay_s=settings.alert_on_delay_s,
        off_delay_s=settings.alert_off_delay_s,
        quiet_hours=quiet_hours,
        group_within_s=settings.alert_group_within_s,
        rules=tuple(name.strip() for name in settings.alert_rules.split(",") if name.strip()),
        surplus_within_s=settings.alert_surplus_within_s,
        decide_near_s=settings.alert_decide_near_s,
        false_alarms_per_day=settings.alert_false_per_day,
    )


def _by_series(forecasts: Iterable[Forecast]) -> dict[Key, list[Forecast]]:
    found: dict[Key, list[Forecast]] = {}
    for forecast in forecasts:
        found.setdefault((forecast.target, forecast.quantity), []).append(forecast)
    return found


def _per_min(series: Series) -> float:
    """What turns a step's value into persons or persons/min."""
    return 60.0 / series.step_s if series.quantity == "count" else 1.0


def _ratio(state: FlowState, normals: Mapping[str, float]) -> float | None:
    normal = normals.get(state.target)
    if state.flow_per_min is None or normal is None or normal <= 0 or state.quality is Quality.MISSING:
        return None
    return state.flow_per_min / normal
