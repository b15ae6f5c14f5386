"""All models as one: the nowcast for the next hours, analogues for events, boosted trees or ordinary weeks for the rest."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import WrongData
from deining.domain.event import Event
from deining.domain.forecast import Forecast
from deining.domain.ports import Forecaster
from deining.domain.series import Series
from deining.forecasting.analogues import Analogues
from deining.forecasting.boosting import Boosting
from deining.forecasting.calendar import Calendar
from deining.forecasting.event_effects import window_s
from deining.forecasting.nowcast import Nowcast

NOWCAST_STEP_S = 1800
"""The longest step for which the nowcast is asked."""
Place = tuple[str, str, datetime]


class Combined:
    """Asks for each step the model that knows it best; which one that was stands with each forecast.

    The next two hours of a series in steps of half an hour or less are the nowcast's. Steps in which an event is felt are
    the analogues', where some earlier event is like it. All others are those of the boosted trees, which give way to
    ordinary weeks by themselves.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._nowcast, self._analogues, self._boosting = Nowcast(calendar), Analogues(calendar), Boosting(calendar)
        self._parts: dict[str, Forecaster] = {"nowcast": self._nowcast, "analogues": self._analogues, "boosting": self._boosting}

    def learn(self, histories: Sequence[Series], until: datetime, drivers: Drivers = NO_DRIVERS) -> bool:
        """Let each part learn what it can. See `Forecaster`."""
        learned = [
            self._boosting.learn(histories, until, drivers),
            self._nowcast.learn([one for one in histories if one.step_s <= NOWCAST_STEP_S], until, drivers),
        ]
        return any(learned)

    def forecast(self, histories: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers = NO_DRIVERS) -> list[Forecast]:
        """One forecast for each series and step. See `Forecaster`."""
        better = self._at_events(histories, origin, horizon_s, drivers)
        short = [one for one in histories if one.step_s <= NOWCAST_STEP_S]
        better |= {_place(made): made for made in (self._nowcast.forecast(short, origin, horizon_s, drivers) if short else [])}
        return [better.get(_place(made), made) for made in self._boosting.forecast(histories, origin, horizon_s, drivers)]

    def _at_events(self, histories: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers) -> dict[Place, Forecast]:
        """What analogues say of the steps in which an event is felt; no other step has a reason."""
        end = origin + timedelta(seconds=horizon_s)
        if not any(_is_near(event, origin, end) for event in drivers.events):
            return {}
        return {_place(made): made for made in self._analogues.forecast(histories, origin, horizon_s, drivers) if made.provenance.reason}

    def dump(self) -> bytes:
        """What each part learned. See `Forecaster`."""
        kept = {name: base64.b64encode(learned).decode() for name, part in self._parts.items() if (learned := part.dump())}
        return json.dumps(kept).encode() if kept else b""

    def load(self, learned: bytes) -> None:
        """See `Forecaster`."""
        try:
            kept = json.loads(learned) if learned else {}
            parts = {name: base64.b64decode(kept.get(name, ""), validate=True) for name in self._parts}
        except (ValueError, AttributeError, TypeError) as error:
            raise WrongData(f"found no models in {len(learned)} bytes ({error}); expected what dump of the model combined gave") from None
        for name, part in self._parts.items():
            part.load(parts[name])


def _place(made: Forecast) -> Place:
    return (made.target, made.quantity, made.time)


def _is_near(event: Event, origin: datetime, end: datetime) -> bool:
    begin, last = window_s(event)
    return begin < end.timestamp() and last > origin.timestamp()
