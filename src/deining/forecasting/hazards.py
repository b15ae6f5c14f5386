"""Hazards: which share of the people in a zone leaves by each channel a minute, learned from the states of the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deining.domain.drivers import BoolArray, Int64Array
from deining.domain.series import FloatArray
from deining.forecasting.channels import OUTSIDE, Channels, Moment

FAST_MIN, MIDDLE_MIN, SLOW_MIN = 2.0, 10.0, 45.0
"""Half-lives of what was counted just now, in the last half hour and in the day, min; a flow state itself is a mean of five minutes."""
FIRST_MIN = 5.0
"""A state stands for at most so many minutes, min: the window of a flow state."""
PRIOR_CROSSINGS = 15.0
"""A rate is drawn to the slower one as if so many people more had crossed at that slower rate."""
USUAL_HAZARD_PER_MIN = 0.02
"""Share of a zone's people that leaves by one channel a minute while no gate of the area was counted: an assumption, held wide."""
USUAL_ARRIVALS_PER_MIN = 1.0
"""Arrivals by one channel a minute while none was counted: an assumption, held wide."""
LEAST_RATE = 1e-4
STEEPEST_PER_MIN = 0.03
"""Arrivals and departures are taken to grow or fall by at most this share a minute."""
PULL_VARIANCE, CHANNEL_VARIANCE = 1.0, 0.1
"""Variance of the logarithm of a zone's pull of late against that of the day; and of a channel's rate besides."""
FEWEST = 1.0
"""A zone counts as having at least so many people when shares of them are found."""
UNSEEN_MIN = 0.5
"""A channel is unseen while its memory of the last minutes, which holds some three, has less than so many minutes."""
KNOWN_MIN = 1.0
"""A channel is known once so many minutes were counted of late."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of the channels at one moment.

    A rate is a share of the people in the zone that a channel leaves, per min; of a channel from outside, or from a zone
    of which nothing is known, it is persons/min. All of shape (channels,).

    Parameters
    ----------
    recent, half_hour, day
        Of the last minutes, of some half an hour, and of the last hours.
    sd
        Standard deviation of the logarithm of `recent`.
    from_people
        Whether the rate is a share of people.
    known, unseen
        Whether the channel was counted today; and whether it was not counted in the last minutes.
    change
        Persons/min by which each zone filled of late, shape (zones,); NaN where that is not known.
    arrivals_trend, departures_trend
        Growth a minute of all arrivals together, and of all departures from the area together, as a share.
    """

    recent: FloatArray
    half_hour: FloatArray
    day: FloatArray
    sd: FloatArray
    from_people: BoolArray
    known: BoolArray
    unseen: BoolArray
    change: FloatArray
    arrivals_trend: float
    departures_trend: float


@dataclass(slots=True)
class _Memory:
    """Sums that fade: persons who crossed, persons who crossed from a known zone, person-minutes there, minutes counted."""

    half_life_min: float
    sums: FloatArray

    def add(self, elapsed_min: float, more: FloatArray) -> None:
        self.sums = self.sums * 0.5 ** (elapsed_min / self.half_life_min) + more

    def rate(self, from_people: BoolArray, prior: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Rate and the number of crossings that it rests on."""
        crossed, crossed_known, person_min, minutes = self.sums
        number = np.where(from_people, crossed_known, crossed) + PRIOR_CROSSINGS
        exposure = np.where(from_people, person_min, minutes) + PRIOR_CROSSINGS / prior
        return number / exposure, number


class HazardBook:
    """What was counted at each channel today, as rates with their doubt.

    The estimate is that of a Poisson process with a gamma prior: crossings over person-minutes at risk, the sums fading
    with time, those of late drawn to the day's, and the day's to that of all channels. So a channel that falls silent
    drifts to what is usual, and what it says less weighs less.

    References
    ----------
    D. Daley and D. Vere-Jones, An Introduction to the Theory of Point Processes, 2003: intensity as a hazard. Exponential
    forgetting: M. West and J. Harrison, Bayesian Forecasting and Dynamic Models, 1997, on discount factors.
    """

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._at_s: float | None = None
        self._people, self._change = (np.full(len(channels.zones), np.nan) for _ in range(2))
        size = 2 * channels.ways
        self._fast, self._middle, self._slow = (_Memory(half_life, np.zeros((4, size))) for half_life in (FAST_MIN, MIDDLE_MIN, SLOW_MIN))

    def take(self, at_s: float, moment: Moment) -> None:
        """Take the states of a moment (seconds since 1970 UTC). A moment that is not later than the last changes nothing."""
        elapsed_min = FIRST_MIN if self._at_s is None else (at_s - self._at_s) / 60
        if elapsed_min <= 0:
            return
        self._at_s = at_s
        minutes = np.where(moment.seen & ~np.isnan(moment.flow), min(elapsed_min, FIRST_MIN), 0.0)
        crossed = np.nan_to_num(moment.flow) * minutes
        people = self._channels.of_zones(moment.people, self._channels.tail, np.nan)
        at_risk = ~np.isnan(people)
        more = np.array([crossed, crossed * at_risk, np.where(at_risk, np.maximum(people, FEWEST), 0.0) * minutes, minutes])
        for memory in (self._fast, self._middle, self._slow):
            memory.add(elapsed_min, more)
        self._follow(elapsed_min, moment.people)

    def _follow(self, elapsed_min: float, people: FloatArray) -> None:
        """By how much each zone fills: a mean that forgets as the half hour's memory does."""
        change, keep = (people - self._people) / elapsed_min, 0.5 ** (elapsed_min / MIDDLE_MIN)
        self._change = np.where(np.isnan(self._change), change, keep * self._change + (1 - keep) * change)
        self._people = people

    def rates(self, zone_known: BoolArray) -> Rates:
        """The rates now, where these zones have an occupancy; shape (zones,) -> (channels,)."""
        tail = self._channels.tail
        from_people = np.concatenate([zone_known, [False]])[tail]
        known = self._slow.sums[3] >= KNOWN_MIN
        day, _ = self._slow.rate(from_people, self._usual(from_people, known))
        recent, number = self._fast.rate(from_people, day * self._of_late(self._fast, day, from_people, known))
        half_hour, _ = self._middle.rate(from_people, day * self._of_late(self._middle, day, from_people, known))
        arrive, depart = known & ~from_people, known & from_people & (self._channels.head == OUTSIDE)
        return Rates(
            recent=recent,
            half_hour=half_hour,
            day=day,
            sd=1 / np.sqrt(number),
            from_people=from_people,
            known=known,
            unseen=self._fast.sums[3] < UNSEEN_MIN,
            change=self._change,
            arrivals_trend=self._trend(arrive, 0, 3),
            departures_trend=self._trend(depart, 1, 2),
        )

    def _of_late(self, memory: _Memory, day: FloatArray, from_people: BoolArray, known: BoolArray) -> FloatArray:
        """Factor by which the day's rates moved of late, as many channels together say it: sooner than each alone.

        All arrivals together, all departures together, and inside what the pull of the zones explains.
        """
        tail, head = self._channels.tail, self._channels.head
        crossed = np.where(from_people, memory.sums[1], memory.sums[0])
        expected = np.where(from_people, memory.sums[2], memory.sums[3]) * day
        factor = np.ones(len(day))
        for chosen in (~from_people, from_people & (head == OUTSIDE)):
            counted = chosen & known
            factor[chosen] = (crossed[counted].sum() + PRIOR_CROSSINGS) / (expected[counted].sum() + PRIOR_CROSSINGS)
        inner = np.flatnonzero(from_people & known & (head != OUTSIDE))
        pull = self._pull(tail[inner], head[inner], crossed[inner], expected[inner])
        factor[inner] = np.exp(pull[head[inner]] - pull[tail[inner]])
        return factor

    def _pull(self, tail: Int64Array, head: Int64Array, crossed: FloatArray, expected: FloatArray) -> FloatArray:
        """By how much the logarithm of each zone's pull is above the day's, shape (zones,).

        Ridge regression of log(crossed / expected) on the pull of the zone entered minus that of the zone left, each
        channel weighted by its crossings.
        """
        weight = 1 / (1 / (np.sqrt(crossed * expected) + 1.0) + CHANNEL_VARIANCE)
        moved = np.log((crossed + 1.0) / (expected + 1.0))
        zones = len(self._channels.zones)
        matrix, right = np.diag(np.full(zones, 1 / PULL_VARIANCE)), np.zeros(zones)
        for one, other, sign in ((head, tail, 1.0), (tail, head, -1.0)):
            np.add.at(right, one, sign * weight * moved)
            np.add.at(matrix, (one, one), weight)
            np.add.at(matrix, (one, other), -weight)
        return np.asarray(np.linalg.solve(matrix, right))

    def _usual(self, from_people: BoolArray, known: BoolArray) -> FloatArray:
        """The rate of all channels of a kind together; what is assumed where none was counted."""
        sums, found = self._slow.sums, np.full(len(known), USUAL_ARRIVALS_PER_MIN)
        found[from_people] = USUAL_HAZARD_PER_MIN
        for chosen, crossed, exposure in ((from_people, sums[1], sums[2]), (~from_people, sums[0], sums[3])):
            counted = chosen & known
            if crossed[counted].sum() > 0:
                found[chosen] = max(crossed[counted].sum() / exposure[counted].sum(), LEAST_RATE)
        return found

    def _trend(self, chosen: BoolArray, number: int, exposure: int) -> float:
        """Growth of the rate of some channels together, from how far the half hour runs ahead of the day."""
        rates = [m.sums[number][chosen].sum() / max(m.sums[exposure][chosen].sum(), LEAST_RATE) for m in (self._middle, self._slow)]
        if min(rates) <= 0:
            return 0.0
        ahead_min = self._lag(self._slow, chosen) - self._lag(self._middle, chosen)
        return float(np.clip(np.log(rates[0] / rates[1]) / max(ahead_min, MIDDLE_MIN), -STEEPEST_PER_MIN, STEEPEST_PER_MIN))

    @staticmethod
    def _lag(memory: _Memory, chosen: BoolArray) -> float:
        """Mean age of what a memory holds, min; less while the day is young."""
        life = memory.half_life_min / np.log(2)
        filled = float(np.clip(memory.sums[3][chosen].mean() / life, 1e-6, 1 - 1e-6))
        spanned = -np.log(1 - filled)
        return float(life * (1 - spanned * (1 - filled) / filled))
