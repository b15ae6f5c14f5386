"""Whether a sensor may deliver now."""

from __future__ import annotations

from datetime import datetime

from deining.domain.area import Area, Sensor


def why_not(area: Area, sensor: Sensor, now: datetime) -> str | None:
    """Why a sensor may not deliver now, in one sentence; None when it may.

    An area that names no purposes at all is not held to any: it is a trial on invented data, or not yet set up.
    """
    if not area.purposes:
        return None
    if sensor.purpose is None:
        return f"sensor {sensor.id!r} serves no purpose; name one of [[purposes]] in column purpose of sensors.csv"
    purpose, day = area.purposes[sensor.purpose], now.astimezone(area.timezone).date()
    if purpose.is_in_force(day):
        return None
    return f"purpose {purpose.id!r} of sensor {sensor.id!r} is in force from {purpose.start} to {purpose.end}, not on {day}"
