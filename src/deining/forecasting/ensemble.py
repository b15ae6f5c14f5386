"""Ensemble: many possible courses of the next two hours, in each of which nobody appears or vanishes inside."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from deining.domain.drivers import BoolArray, Int64Array
from deining.domain.series import FloatArray
from deining.forecasting.balance import find_unseen
from deining.forecasting.channels import OUTSIDE, Z90, Channels, Moment
from deining.forecasting.hazards import USUAL_HAZARD_PER_MIN, Rates

STEP_MIN = 3.0
"""Length of a step of the courses, min."""
FADE_MIN = 180.0
"""What is unlike the day, or unlike what is usual, fades with this time, min."""
TREND_MIN = 120.0
"""The trend of arrivals, and of departures, dies out with this time, min."""
BURST_MIN = 45.0
"""Arrivals and departures unlike those of the last half hour fade with this time, min: a train empties, a tram leaves. So does
what must go by gates that are not counted."""
MOST_GROWTH = 1.0
"""The trend moves the logarithm of arrivals, and of departures, by at most so much."""
PULL_SD, PULL_MIN = 0.4, 150.0
"""A zone's pull changes: its logarithm has this standard deviation in the end, reached with this time, min."""
CHANNEL_SD = 0.2
"""Standard deviation in the end of the logarithm of one channel's rate, besides the pull of the zones."""
ARRIVAL_SD = 0.3
"""Standard deviation in the end of the logarithm of all arrivals together; and of all departures together."""
UNKNOWN_SD = 1.0
"""Standard deviation of the logarithm of the rate of a channel that nobody counts."""
MOST_PER_MIN = 0.5
"""At most this share of a zone's people leaves by one channel a minute."""
ERRORS_EVERY = 5
"""Errors that stay in a member are brought up to date each so many steps."""
LEAST_PER_MIN = 0.05
"""Added to a usual flow, persons/min, so that its logarithm exists."""
TINY = 1e-9
MOST_KEPT = 5_000_000
"""So many drawn numbers are kept from one forecast to the next; the others are drawn again."""
MOST_ANOMALY = 2.0
"""The logarithm of how far a rate is from the day's, or from what is usual, counts up to here."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual in the coming steps; NaN where nothing is known.

    Parameters
    ----------
    people
        Persons in each zone, shape (1 + steps, zones); first now, then in each step.
    flow
        Persons/min through each channel, shape (1 + steps, channels).
    """

    people: FloatArray
    flow: FloatArray


@dataclass(frozen=True, slots=True)
class Courses:
    """What happens in each member of an ensemble.

    Parameters
    ----------
    people
        Persons in each zone, shape (1 + steps, zones, members); first now, then at the end of each step. NaN where the
        occupancy is not known now.
    flow
        Persons/min over each gate, both ways together, mean of each step; shape (steps, gates, members). Nothing is said of a
        gate of which neither zone is known: 0.
    arrived, departed
        Persons who came from and went to where nobody is counted, in all; shape (members,).
    """

    people: NDArray[np.float32]
    flow: NDArray[np.float32]
    arrived: FloatArray
    departed: FloatArray


class Draws:
    """Standard normal numbers in rows, the same each time from the beginning, so that only what was seen moves a forecast.

    Parameters
    ----------
    seed
        What the numbers follow from.
    members
        Numbers in a row.
    """

    def __init__(self, seed: int, members: int) -> None:
        self.seed, self.members = seed, members
        self._kept: dict[tuple[int, int], NDArray[np.float32]] = {}
        self._size = self._at = 0

    def begin(self) -> Draws:
        """Go back to the beginning."""
        self._at = 0
        return self

    def normal(self, rows: int) -> NDArray[np.float32]:
        """The next rows, shape (rows, members)."""
        self._at += 1
        found = self._kept.get((self._at, rows))
        if found is None:
            found = np.random.default_rng((self.seed, self._at)).standard_normal((rows, self.members), dtype=np.float32)
            if self._size + found.size <= MOST_KEPT:
                self._kept[self._at, rows] = found
                self._size += found.size
        return found


class Ensemble:
    """Draws courses from the states and rates of one moment.

    In every member people leave a zone at competing rates, one a channel, and come from outside at a rate of their own;
    what leaves a zone by a gate enters the next zone in the same step. Rates start at what was counted of late and fade
    into the day's, or into what is usual at that time. The doubt is that of the occupancy now, of each rate (log-normal,
    growing with time: of the zones' pull, of the channel, of all arrivals and departures together), and of chance in who
    crosses (Poisson, taken as normal).

    Parameters
    ----------
    members, steps
        Number of courses, and of steps of `STEP_MIN` in each.

    References
    ----------
    Competing rates: D. Cox and D. Oakes, Analysis of Survival Data, 1984. An ensemble from an uncertain start: G. Evensen,
    Data Assimilation: The Ensemble Kalman Filter, 2009.
    """

    def __init__(self, channels: Channels, *, members: int, steps: int) -> None:
        self._channels, self._members, self._steps = channels, members, steps
        self._draws = Draws(0, members)

    def draw(self, moment: Moment, rates: Rates, usual: Usual | None, seed: int) -> Courses:
        """The courses that may follow; the same seed gives the same."""
        if self._draws.seed != seed:
            self._draws = Draws(seed, self._members)
        draws = self._draws.begin()
        known = ~np.isnan(moment.people)
        people = self._start(moment, draws)
        logs, sd = self._logs(np.where(known, moment.people, 0.0), known, rates, usual)
        own = sd[:, None] * draws.normal(len(sd))
        own += self._as_counted(moment, people, rates)
        return _Walk(self._channels, known, np.exp(logs).astype(np.float32), own.astype(np.float32), draws).go(people)

    def _start(self, moment: Moment, draws: Draws) -> FloatArray:
        """Occupancies now, shape (zones, members): normal on each side of the estimate, never below zero, 0 where unknown."""
        z = draws.normal(len(moment.people))
        spread = np.where(z > 0, (moment.high - moment.people)[:, None], (moment.people - moment.low)[:, None]) / Z90
        return np.nan_to_num(np.maximum(moment.people[:, None] + z * spread, 0.0))

    def _as_counted(self, moment: Moment, people: FloatArray, rates: Rates) -> FloatArray:
        """What keeps the flow at what was counted where a member begins with other people than the estimate: added to the logarithm."""
        more = np.log((np.nan_to_num(moment.people) + 1.0)[:, None] / (people + 1.0))
        return np.where(rates.from_people[:, None], self._channels.of_zones(more, self._channels.tail, 0.0), 0.0)

    def _logs(self, now: FloatArray, known: BoolArray, rates: Rates, usual: Usual | None) -> tuple[FloatArray, FloatArray]:
        """Logarithm of each channel's rate in each step, shape (steps, channels), and its doubt now, shape (channels,)."""
        leads: FloatArray = STEP_MIN * (np.arange(self._steps, dtype=np.float64) + 0.5)[:, None]
        recent, day = np.log(rates.recent), np.log(rates.day)
        anomaly = np.clip(recent - day, -MOST_ANOMALY, MOST_ANOMALY)
        logs = np.where(rates.from_people, day + np.exp(-leads / FADE_MIN) * anomaly, self._grown(rates, rates.arrivals_trend, leads))
        departs = rates.from_people & (self._channels.head == OUTSIDE)
        logs = np.where(departs, self._grown(rates, rates.departures_trend, leads), logs)
        if usual is not None:
            logs = self._towards_usual(logs, recent, rates, usual, leads)
        logs = np.where(rates.known, logs, self._uncounted(now, known, rates))
        logs = self._balanced(logs, np.where(known, now + 1.0, np.nan), rates, leads)
        return logs, np.where(rates.known, rates.sd, UNKNOWN_SD)

    @staticmethod
    def _grown(rates: Rates, trend: float, leads: FloatArray) -> FloatArray:
        """Those who come and go: what is unlike the last half hour is a burst and fades soon, and the trend dies out."""
        burst = np.clip(np.log(rates.recent / rates.half_hour), -MOST_ANOMALY, MOST_ANOMALY)
        growth = np.clip(trend * TREND_MIN * (1 - np.exp(-leads / TREND_MIN)), -MOST_GROWTH, MOST_GROWTH)
        return np.asarray(np.log(rates.half_hour) + np.exp(-leads / BURST_MIN) * burst + growth)

    def _towards_usual(self, logs: FloatArray, recent: FloatArray, rates: Rates, usual: Usual, leads: FloatArray) -> FloatArray:
        """Where the usual course is known: the usual rate, times how unusual it is now, which fades."""
        people = np.stack([self._channels.of_zones(row, self._channels.tail, np.nan) for row in usual.people])
        log = np.log((usual.flow + LEAST_PER_MIN) / np.where(rates.from_people, np.maximum(people, 1.0), 1.0))
        anomaly = np.clip(recent - log[0], -MOST_ANOMALY, MOST_ANOMALY)
        found = log[1:] + np.exp(-leads / FADE_MIN) * anomaly
        return np.where(np.isnan(found), logs, found)

    def _balanced(self, logs: FloatArray, people: FloatArray, rates: Rates, leads: FloatArray) -> FloatArray:
        """With what must go by gates that are not counted now; that fades as anything unusual does."""
        here = np.where(rates.from_people, self._channels.of_zones(people, self._channels.tail, 1.0), 1.0)
        more = find_unseen(self._channels, rates.change, np.exp(logs[0]) * here, rates.unseen)
        return np.where(more > 0, np.log(np.exp(logs) + np.exp(-leads / BURST_MIN) * more / here), logs)

    def _uncounted(self, now: FloatArray, known: BoolArray, rates: Rates) -> FloatArray:
        """Where nobody counts, as many are taken to come as go: the geometric mean of both ends' people times a usual share."""
        counted = rates.known & rates.from_people
        share = float(np.median(rates.day[counted])) if counted.any() else USUAL_HAZARD_PER_MIN
        people = np.where(known, now + 1.0, np.nan)
        here, there = (self._channels.of_zones(people, end, np.nan) for end in (self._channels.tail, self._channels.head))
        both = np.sqrt(np.where(np.isnan(here), there, here) * np.where(np.isnan(there), here, there))
        return np.log(share * np.where(np.isnan(both), TINY, both) / np.where(rates.from_people, here, 1.0))


class _Walk:
    """One ensemble on its way, in single precision: first the channels that leave a known zone, then those that come from elsewhere."""

    def __init__(self, channels: Channels, known: BoolArray, rates: NDArray[np.float32], own: NDArray[np.float32], draws: Draws) -> None:
        self._known, self._draws = known, draws
        here, there = (np.concatenate([known, [False]])[end] for end in (channels.tail, channels.head))
        order = np.concatenate([np.flatnonzero(here), np.flatnonzero(~here & there)])
        self._leavers, self._enters, self._comes = int(here.sum()), there[order], ~here[order]
        self._tail, self._head = channels.tail[order], channels.head[order]
        n, m = len(known), self._leavers
        self._leaving = _sums(self._tail[:m], np.arange(m), (n, m))
        self._entering = _sums(self._head[self._enters], np.flatnonzero(self._enters), (n, len(order)))
        self._gates = len(channels.gates)
        gate = order % channels.ways
        counted = np.flatnonzero(gate < self._gates)
        self._by_gate = _sums(gate[counted], counted, (self._gates, len(order)))
        self._rates, self._own = rates[:, order], own[order]
        self._slow, self._common = draws.normal(len(order)), draws.normal(2)
        self._arrives, self._departs = (self._tail == OUTSIDE)[:, None], (self._head == OUTSIDE)[:, None]

    def go(self, people: FloatArray) -> Courses:
        steps, (zones, members) = len(self._rates), people.shape
        now = people.astype(np.float32)
        courses, flow = np.empty((steps + 1, zones, members), np.float32), np.empty((steps, self._gates, members), np.float32)
        arrived, departed = np.zeros(members), np.zeros(members)
        courses[0] = now
        keep = math.exp(-STEP_MIN / PULL_MIN)
        pull = np.zeros((zones + 1, members), np.float32)
        for k in range(steps):
            pull[:-1] = keep * pull[:-1] + PULL_SD * math.sqrt(1 - keep**2) * self._draws.normal(zones)
            if k % ERRORS_EVERY == 0:
                error = self._errors(math.sqrt(1 - keep ** (2 * k + ERRORS_EVERY)))
            moved = self._cross(now, error * self._rates[k][:, None], np.exp(pull))
            now = np.maximum(now - self._leaving @ moved[: self._leavers] + self._entering @ moved, 0)
            arrived += moved[self._comes].sum(axis=0)
            departed += moved[~self._enters].sum(axis=0)
            courses[k + 1], flow[k] = now, self._by_gate @ moved / STEP_MIN
        courses[:, ~self._known] = np.nan
        return Courses(courses, flow, arrived, departed)

    def _errors(self, grown: float) -> NDArray[np.float32]:
        """Factor on each channel's rate that stays in a member, grown so far of what it will be."""
        common = self._arrives * self._common[0] + self._departs * self._common[1]
        return np.asarray(np.exp(self._own + grown * (CHANNEL_SD * self._slow + ARRIVAL_SD * common)), dtype=np.float32)

    def _cross(self, people: NDArray[np.float32], rate: NDArray[np.float32], pull: NDArray[np.float32]) -> NDArray[np.float32]:
        """Persons through each channel in one step, shape (channels, members): no more leave a zone than are there."""
        m, tail = self._leavers, self._tail[: self._leavers]
        rate *= pull[self._head]
        hazard = np.minimum(rate[:m] / pull[tail], MOST_PER_MIN)
        total = self._leaving @ hazard
        leave = people * -np.expm1(-total * STEP_MIN) / np.maximum(total, TINY)
        moved = rate * STEP_MIN
        moved[:m] = hazard * leave[tail]
        moved += np.sqrt(moved) * self._draws.normal(len(moved))
        np.maximum(moved, 0, out=moved)
        moved[:m] *= np.minimum(1, people / np.maximum(self._leaving @ moved[:m], TINY))[tail]
        return moved


def _sums(rows: Int64Array, columns: Int64Array, shape: tuple[int, int]) -> sparse.csr_array:
    """A sparse matrix that adds columns up into rows."""
    return sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
