"""How each kind of sensor errs: one small class a kind, registered by kind in `ERROR_MODELS`.

A sensor errs in two ways. It has a rate or scale of its own, which nobody tells us and which holds for days: that is
a state of the filter, with the mean and spread given here as what is believed of a new sensor. And each reading has
noise of its own. Numbers here are beliefs about sensors in general; what one sensor really does is learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from deining.domain.area import SensorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingModel:
    """A sensor that counts people over a gate.

    The true number is the counted one times an inverse rate b >= 1; each person is missed or not.

    Parameters
    ----------
    inverse_rate, inverse_rate_sd
        Persons who pass for each that is counted: mean, and standard deviation between sensors.
    false_per_min
        Persons/min counted who were not there.
    """

    inverse_rate: float
    inverse_rate_sd: float
    false_per_min: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelModel:
    """A sensor that sees y of the N people in its zones: y = scale N (1 - crowding N / usable area), and noise.

    Parameters
    ----------
    log_scale, log_scale_sd
        Natural logarithm of the scale: mean, and standard deviation between sensors.
    log_scale_drift
        Standard deviation by which the log scale wanders in one minute.
    relative_noise
        Noise of one reading as a share of what is seen.
    additive_noise
        Noise of one reading, persons seen, that is there in an empty zone too.
    counts_each
        Whether each person is seen or not by chance, so that y has the variance of a binomial count.
    crowds
        Whether people hide one another, so that the scale falls with density.
    learns_from
        Persons from which on a reading teaches the scale. Below it a reading moves the people only: scale and
        people multiply, and while the people are as uncertain as they are many, a first-order update takes the
        noise of the people for knowledge of the scale.
    repeats
        Whether it may well say the same number many times in a row, so that this is no sign of a fault.
    """

    log_scale: float
    log_scale_sd: float
    log_scale_drift: float = 0.0
    relative_noise: float = 0.0
    additive_noise: float = 1.0
    counts_each: bool = False
    crowds: bool = False
    learns_from: float = 0.0
    repeats: bool = False


class ErrorModel(Protocol):
    """What is known of one kind of sensor: how it counts people over a gate, and how it sees people in a zone."""

    crossings: ClassVar[CrossingModel | None]
    level: ClassVar[LevelModel | None]


class GateCounter:
    """A counter over a line: sees 85 to 95 of 100, each direction at its own rate."""

    crossings: ClassVar[CrossingModel | None] = CrossingModel(inverse_rate=1.113, inverse_rate_sd=0.036)
    level: ClassVar[LevelModel | None] = None


class AreaCamera:
    """A camera that looks at a zone: undercounts, the more so the denser it is."""

    crossings: ClassVar[CrossingModel | None] = None
    level: ClassVar[LevelModel | None] = LevelModel(
        log_scale=-0.1965, log_scale_sd=0.10, log_scale_drift=0.001, relative_noise=0.085, additive_noise=2.0, crowds=True, learns_from=100.0
    )


class DeviceCounter:
    """A Wi-Fi or Bluetooth counter: sees an unknown share of all, which wanders through the day."""

    crossings: ClassVar[CrossingModel | None] = None
    level: ClassVar[LevelModel | None] = LevelModel(log_scale=-1.1, log_scale_sd=0.35, log_scale_drift=0.005, counts_each=True, learns_from=50.0)


class PhonePanel:
    """A panel of phones: a small, steady share of all."""

    crossings: ClassVar[CrossingModel | None] = None
    level: ClassVar[LevelModel | None] = LevelModel(log_scale=-3.91, log_scale_sd=0.5, counts_each=True, learns_from=500.0)


class HandCount:
    """A person with a clicker: nearly all over a line; a zone counted by eye within some 5 %."""

    crossings: ClassVar[CrossingModel | None] = CrossingModel(inverse_rate=1.02, inverse_rate_sd=0.02)
    level: ClassVar[LevelModel | None] = LevelModel(log_scale=0.0, log_scale_sd=0.02, relative_noise=0.05, additive_noise=2.0, repeats=True)


class ParkingCounter:
    """A count of parked visitors: barriers count nearly everything."""

    crossings: ClassVar[CrossingModel | None] = CrossingModel(inverse_rate=1.01, inverse_rate_sd=0.01)
    level: ClassVar[LevelModel | None] = LevelModel(log_scale=0.0, log_scale_sd=0.05, relative_noise=0.03, additive_noise=2.0, repeats=True)


class StationCounter:
    """A count of those who pass the check-in gates of a station."""

    crossings: ClassVar[CrossingModel | None] = CrossingModel(inverse_rate=1.02, inverse_rate_sd=0.02)
    level: ClassVar[LevelModel | None] = LevelModel(log_scale=0.0, log_scale_sd=0.05, relative_noise=0.05, additive_noise=2.0, repeats=True)


ERROR_MODELS: dict[SensorKind, type[ErrorModel]] = {
    SensorKind.GATE_COUNTER: GateCounter,
    SensorKind.AREA_CAMERA: AreaCamera,
    SensorKind.DEVICE_COUNTER: DeviceCounter,
    SensorKind.PHONE_PANEL: PhonePanel,
    SensorKind.HAND_COUNT: HandCount,
    SensorKind.PARKING_COUNTER: ParkingCounter,
    SensorKind.STATION_COUNTER: StationCounter,
}
"""How each kind of sensor errs. A point counter is not here: it has a flow, no occupancy."""
