"""History up to the origin -> forecasts with quantiles.

Crowds keep to the clock of the place: the same hour of the same weekday is the best single guess. So lags are
taken in local wall time (the week in which the clocks change has one hour more or less), holidays are left out
of what is called ordinary, and a gap is never learned as quiet. Every model carries intervals whose width was
measured on its own past errors, because a forecast without its doubt is not one.
"""

from collections.abc import Callable

from deining.domain.ports import Forecaster
from deining.forecasting.analogues import Analogues
from deining.forecasting.boosting import Boosting
from deining.forecasting.calendar import Calendar
from deining.forecasting.combined import Combined
from deining.forecasting.last_week import LastWeek
from deining.forecasting.nowcast import Nowcast
from deining.forecasting.ordinary_weeks import OrdinaryWeeks
from deining.forecasting.recent import FARTHEST_S, RecentMean

FORECASTERS: dict[str, Callable[[Calendar], Forecaster]] = {
    "combined": Combined,
    "boosting": Boosting,
    "nowcast": Nowcast,
    "analogues": Analogues,
    "recent_mean": RecentMean,
    "ordinary_weeks": OrdinaryWeeks,
    "last_week": LastWeek,
}
"""All forecasters by name; a new one is one file and one row here."""

REACH_S: dict[str, int] = {"nowcast": FARTHEST_S, "recent_mean": FARTHEST_S}
"""Models that say nothing of steps which begin so long after the origin, s; the others go as far as they are asked."""

__all__ = ["FORECASTERS", "REACH_S", "Calendar"]
