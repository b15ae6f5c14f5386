"""The ports: what the pipeline asks of its parts. Real parts stand in the steps' packages, each in a registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from deining.domain.alert import Alert, AlertKind, AlertPolicy, Priority
from deining.domain.area import Area
from deining.domain.calibration import Calibration
from deining.domain.drivers import NO_DRIVERS, Drivers, Int64Array
from deining.domain.forecast import Forecast
from deining.domain.levels import Level, LevelExpected, LevelFound, LevelLimit, LevelReach
from deining.domain.observation import Observation
from deining.domain.series import FloatArray, Series
from deining.domain.state import Explanation, FlowState, SensorFault, SensorHealth, TotalState, ZoneState


class Clock(Protocol):
    """What time it is: of the wall, or of a replayed day. Read by the loop alone, never inside a step."""

    def now(self) -> datetime:
        """The time, aware."""
        ...


class Source(Protocol):
    """A connector: the outside's records as observations."""

    def read_observations(self, start: datetime, end: datetime) -> Iterator[Observation]:
        """All observations that became available in [start, end), in the order in which they did.

        Raises
        ------
        SourceUnavailable
            When the outside does not answer. The only error a connector raises here.
        """
        ...


class Estimator(Protocol):
    """Observations -> zone states and flow states. Keeps what it needs between two calls."""

    def take(self, observations: Sequence[Observation]) -> None:
        """Take observations, in any order, each once."""
        ...

    def estimate(self, now: datetime) -> tuple[list[ZoneState], list[FlowState]]:
        """State of every zone, gate and point counter at `now`. Asking twice changes nothing."""
        ...

    def total(self, now: datetime, zones: Sequence[str], group: str = "") -> TotalState:
        """Persons in several zones together at `now`, the time last asked for."""
        ...

    def explain(self, zone: str, now: datetime) -> Explanation | None:
        """Which observations moved the figure of a zone in the last quarter of an hour; None where nothing can be said.

        Changes nothing; `now` is the time last asked for.
        """
        ...

    def catch_up(self, now: datetime) -> None:
        """As `estimate`, where nobody asks for the states: a past moment, on the way to the present."""
        ...

    def resume(self, states: Sequence[ZoneState]) -> bool:
        """Begin with states that were found earlier, all of one moment; whether it can."""
        ...

    def find_faults(self) -> dict[str, SensorFault]:
        """By sensor: what is wrong with those that deliver and are left out of the estimate."""
        ...

    def learn(self) -> Calibration:
        """What this day taught about the sensors, for the next."""
        ...


class Forecaster(Protocol):
    """A model: histories up to the origin -> forecasts with quantiles.

    A model sees all series of an area at once, because a shower or a full train shows at many places. What it learned
    changes in `learn` alone.
    """

    def learn(self, histories: Sequence[Series], until: datetime, drivers: Drivers = NO_DRIVERS) -> bool:
        """Learn from what had ended by a time; whether anything was learned.

        May be slow. Where too little is new since it last learned, it changes nothing and answers at once, so it may be
        called at every origin. Times rise from call to call.
        """
        ...

    def forecast(self, histories: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers = NO_DRIVERS) -> list[Forecast]:
        """One forecast for each series and each step that begins in [origin, origin + horizon), series by series.

        Nothing that ended after the origin is used. A series of which nothing is known gives none. It need not have
        learned anything before.
        """
        ...

    def dump(self) -> bytes:
        """What it learned, to be kept; empty when nothing."""
        ...

    def load(self, learned: bytes) -> None:
        """Take up what `dump` of the same model gave.

        Raises
        ------
        WrongData
            When it is not that.
        """
        ...


class UsualCourse(Protocol):
    """What is usual at a place: from weeks of history, whatever forecaster is chosen."""

    def __call__(self, target: str, quantity: str, times_s: Int64Array) -> FloatArray | None:
        """Usual values in the steps that hold these times (seconds since 1970 UTC), shape kept; NaN or None: not known."""
        ...


class StateForecasts(NamedTuple):
    """What a state forecaster says at one moment: forecasts, and how likely levels are reached and when."""

    forecasts: list[Forecast]
    reaches: list[LevelReach]


class StateForecaster(Protocol):
    """Zone and flow states up to now -> forecasts of the next hours, and the chance that levels are reached.

    What it knows changes in `take` alone; it never sees an observation, nor a state later than the last one taken.
    """

    @property
    def horizon_s(self) -> int:
        """How far ahead it looks, s."""
        ...

    def take(self, now: datetime, zones: Sequence[ZoneState], flows: Sequence[FlowState]) -> None:
        """Take the states of a moment; times rise from call to call."""
        ...

    def forecast(self, first_s: int | None, step_s: int, limits: Mapping[str, Sequence[LevelLimit]], usual: UsualCourse | None = None) -> StateForecasts:
        """What follows from the states taken last.

        Forecasts of steps of `step_s` wholly within the horizon, the first beginning at `first_s`; none where that is None.
        And a reach for every limit of every place of which something is known.
        """
        ...


class Levels(Protocol):
    """Which level a state or a forecast is at, by the scales in force for its place."""

    def of_zone(self, state: ZoneState) -> LevelFound | None:
        """The level of a zone; None where nothing is known or no scale is in force."""
        ...

    def of_flow(self, state: FlowState) -> LevelFound | None:
        """The level of a gate or point counter; None where nothing is known or no scale is in force."""
        ...

    def expected(
        self, target: str, forecasts: Sequence[Forecast], now: datetime, policy: AlertPolicy, reaches: Sequence[LevelReach] = ()
    ) -> LevelExpected | None:
        """The highest level above green that is reached with at least the policy's chance within its look-ahead.

        Where it is known how likely levels are reached, that goes before the forecasts, which speak only of what is later.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskView:
    """All that a rule may look at: states, forecasts and health at one moment, and the levels in force.

    Parameters
    ----------
    reaches
        By zone or gate: how likely its levels are reached, and when; these go before the forecasts of the same place.
    standing
        Alerts that were raised before and still stand.
    """

    area: Area
    now: datetime
    zones: Sequence[ZoneState]
    flows: Sequence[FlowState]
    health: Sequence[SensorHealth]
    forecasts: Mapping[tuple[str, str], Sequence[Forecast]]
    levels: Levels
    policy: AlertPolicy = field(default_factory=AlertPolicy)
    reaches: Mapping[str, Sequence[LevelReach]] = field(default_factory=dict)
    standing: Sequence[Alert] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What a rule found at one target.

    Parameters
    ----------
    keeps
        True where it is not enough to raise an alert, but too much to clear one (hysteresis).
    supports
        True where it raises nothing by itself: its sentence is added to what another rule finds at the same place.
    at_once
        True where it needs no on delay: it rests on many minutes already, or is found anew only each few minutes.
    is_blinding
        Data alerts: whether a place that is busy, or was when last seen, can no longer be seen.
    priority, quiet, decide_before, decide_measure
        As of an `Alert`. A rule leaves these alone: they are found for all rules in one place.
    """

    target: str
    zone: str | None
    kind: AlertKind
    level: Level
    rule: str
    because: Mapping[str, str]
    keeps: bool = False
    expected_at: datetime | None = None
    chance: float | None = None
    supports: bool = False
    at_once: bool = False
    is_blinding: bool = False
    priority: Priority = Priority.LOW
    quiet: bool = False
    decide_before: datetime | None = None
    decide_measure: str | None = None


class Rule(Protocol):
    """A test of states and forecasts. Keeps nothing: delay and hysteresis are not its business."""

    def __call__(self, view: RiskView) -> list[RuleResult]:
        """What holds now."""
        ...
