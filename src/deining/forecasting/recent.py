"""The mean of the last 15 minutes: the simplest nowcast, and hard to beat for the next few minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from deining.domain.drivers import NO_DRIVERS, Drivers, Int64Array
from deining.domain.errors import WrongData
from deining.domain.forecast import UNKNOWN, Forecast, Provenance
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar
from deining.forecasting.issue import to_forecasts
from deining.forecasting.nowcast_bands import Bands, Errors
from deining.forecasting.recent_clues import DAY_S, Clues, Reader
from deining.forecasting.recent_grid import Grid, Kind, kind_of
from deining.forecasting.weekly import step_times

FARTHEST_S = 2 * 3600
"""Steps that begin so long after the origin, or later, get no forecast."""
KEEP_S = 15 * DAY_S
"""Nothing older is looked at."""
MOST_CELLS = 4_000_000
"""Values looked at in one grid, so that memory is bounded: of many targets fewer days, but two at least."""
KNOTS = 10
"""Number of leads, at most, from which is learned; what lies between is interpolated."""
ERRORS_A_LEAD = 3_000
STALE = 2.0
"""Bands are so much wider where nothing was measured within the last hour."""
FIRST_DAY, FIRST_DAY_PER_H = 1.05, 0.25
"""Bands are so much wider, and by so much more an hour ahead, where no earlier day is known; from simulated event days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """How a model sees the targets of one kind: what it expects, (clues, leads) -> shape (n,), and its bands."""

    expect: Callable[[Clues, FloatArray], FloatArray]
    bands: Bands
    provenance: Provenance = UNKNOWN


class RecentMean:
    """The mean of the last 15 minutes, for every step of the next two hours.

    Where nothing was measured within the last hour, the latest days at this clock time, and else the latest that is known.
    The band is the spread of this same mean's errors within the history it is given, so it learns nothing beforehand.
    For steps that begin two hours after the origin, or later, there is no forecast. Of steps longer than 15 minutes it
    takes the last one.

    Parameters
    ----------
    seed
        Of the draw of past errors.
    """

    name = "recent_mean"
    rounds = False
    """Whether the median of a count is a whole number."""

    def __init__(self, calendar: Calendar, *, seed: int = 1) -> None:
        self._calendar, self._seed = calendar, seed

    def learn(self, histories: Sequence[Series], until: datetime, drivers: Drivers = NO_DRIVERS) -> bool:
        """It has nothing to learn. See `Forecaster`."""
        return False

    def dump(self) -> bytes:
        """Nothing is kept."""
        return b""

    def load(self, learned: bytes) -> None:
        """Nothing is taken up.

        Raises
        ------
        WrongData
            When it is given something.
        """
        if learned:
            raise WrongData(f"the model {self.name} learns nothing; found {len(learned)} bytes, expected none")

    def forecast(self, histories: Sequence[Series], origin: datetime, horizon_s: int, drivers: Drivers = NO_DRIVERS) -> list[Forecast]:
        """One forecast for each series and step that begins in [origin, origin + horizon), two hours at most. See `Forecaster`."""
        made: dict[int, list[Forecast]] = {}
        for kind, places in by_kind(histories).items():
            group = [histories[place] for place in places]
            times_s = step_times(group[0], origin, min(horizon_s, FARTHEST_S))
            if len(times_s):
                made |= dict(zip(places, self._forecast_kind(kind, group, origin, times_s), strict=True))
        return [one for place in sorted(made) for one in made[place]]

    def _forecast_kind(self, kind: Kind, group: list[Series], origin: datetime, times_s: Int64Array) -> list[list[Forecast]]:
        grid = look_back(group, origin)
        known, n = grid.numbers[:, -1] > 0, len(times_s)
        if not known.any():
            return [[] for _ in group]
        reader = Reader(grid, self._calendar)
        learned = self._learned(kind, reader)
        rows = np.repeat(np.arange(len(group)), n)
        leads = np.tile((times_s - grid.begin_s) // grid.step_s - grid.steps, len(group))
        clues = reader.at(rows, np.full(len(rows), grid.steps), leads)
        centre = learned.expect(clues, leads.astype(float))
        centre = np.where(clues.fresh, centre, np.where(np.isnan(clues.usual), clues.recent, clues.usual))
        widen = widening(clues, leads * grid.step_s / 3600)
        whole = self.rounds and kind[0] == "count" and grid.is_whole()
        quantiles, mean = learned.bands.around(centre, clues.pace, leads.astype(float), widen, whole=whole)
        made = to_forecasts(group, times_s, origin, mean, quantiles, self.name, learned.provenance)
        return [made[k * n : (k + 1) * n] if known[k] else [] for k in range(len(group))]

    def _learned(self, kind: Kind, reader: Reader) -> Learned:
        return Learned(expect=lambda clues, leads: clues.recent, bands=self._own_bands(reader))

    def _own_bands(self, reader: Reader) -> Bands:
        rng = np.random.default_rng(self._seed)
        past = [reader.past(lead, ERRORS_A_LEAD, rng) for lead in lead_knots(reader.grid.step_s)]
        return Bands.of({rows.lead: Errors(rows.clues.recent, rows.truth, rows.clues.pace, np.ones(len(rows.truth))) for rows in past})


def widening(clues: Clues, ahead_h: FloatArray) -> FloatArray:
    """Factor on the errors, shape (n,): above one on a first day, whose evening is like no part of it, and where the counter is silent."""
    first_day = np.where(np.isnan(clues.usual), FIRST_DAY + FIRST_DAY_PER_H * ahead_h, 1.0)
    return np.asarray(np.where(clues.fresh, first_day, STALE * first_day))


def by_kind(histories: Sequence[Series]) -> dict[Kind, list[int]]:
    """Places in the list of the series that share a grid."""
    found: dict[Kind, list[int]] = {}
    for place, one in enumerate(histories):
        found.setdefault(kind_of(one), []).append(place)
    return found


def look_back(group: list[Series], until: datetime) -> Grid:
    """The grid of series of one kind up to a time, as far back as is looked."""
    affordable_s = max(2 * DAY_S, MOST_CELLS // len(group) * group[0].step_s)
    return Grid.of(group, until, min(KEEP_S, affordable_s))


def lead_knots(step_s: int) -> list[int]:
    """Leads (whole steps between the end of what is known and the begin of a step) from which is learned: all of few, ever rarer of many."""
    most = max(1, FARTHEST_S // step_s)
    return sorted({round(knot) - 1 for knot in np.geomspace(1, most, KNOTS)}) if most > KNOTS else list(range(most))
