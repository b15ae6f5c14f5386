"""The nowcast: an average of the last 15 minutes, a pooled line and a small forest, whose weights the last hours gave."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import WrongData
from deining.domain.forecast import Provenance
from deining.domain.series import FloatArray, Series
from deining.forecasting.calendar import Calendar
from deining.forecasting.nowcast_bands import Bands, Errors
from deining.forecasting.nowcast_pool import MEMBERS, Pool, best_weights
from deining.forecasting.recent import Learned, RecentMean, by_kind, lead_knots, look_back
from deining.forecasting.recent_clues import Clues, Reader, Rows
from deining.forecasting.recent_grid import Grid, Kind

CODE_VERSION = 1
"""Raised with each change of what is learned from the same history."""
FEWEST_H, FEWEST_STEPS, FEWEST_VALUES = 3.0, 40, 400
"""So much must have been measured before anything is learned."""
GROWN = 1.1
AGAIN_AFTER = timedelta(hours=12)
"""It learns again when the history grew by a tenth, or after so long."""
LATE_H, LATE_SHARE = 2.0, 1 / 6
"""An error counts half after so many hours, or after this share of all that was measured, if that is longer."""
ROWS_A_LEAD = 10_000
HELD_OUT_FROM = (0.4, 0.6, 0.8)
"""Shares of the measured time after which a part is held out: what was learned before is judged there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """What was learned of one kind of series.

    Parameters
    ----------
    weights
        Of `MEMBERS` at each lead of `leads`, shape (leads, members); rows sum to 1.
    values
        How many values were known when it was learned.
    """

    leads: FloatArray
    weights: FloatArray
    pool: Pool
    bands: Bands
    values: int
    until: datetime
    data_version: str

    def expect(self, clues: Clues, leads: FloatArray) -> FloatArray:
        """The weighted average of the members, shape (n,)."""
        return average(self.pool.forecast(clues, leads), self.weights, self.leads, leads)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        plain = {"leads": self.leads.tolist(), "weights": self.weights.tolist(), "pool": self.pool.to_json(), "bands": self.bands.to_json()}
        return plain | {"values": self.values, "until": self.until.isoformat(), "data_version": self.data_version}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Blend:
        """What `to_json` gave."""
        leads, weights = (np.array(kept[name], dtype=float) for name in ("leads", "weights"))
        pool, bands = Pool.from_json(kept["pool"]), Bands.from_json(kept["bands"])
        until, values, data_version = datetime.fromisoformat(kept["until"]), int(kept["values"]), str(kept["data_version"])
        return cls(leads=leads, weights=weights, pool=pool, bands=bands, values=values, until=until, data_version=data_version)

    def version(self) -> str:
        """Digest of all of it."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:16]


class Nowcast(RecentMean):
    """The next two hours from the last two, for all places of an area at once.

    The mean of the last 15 minutes, a line in the `CLUES` fitted by least absolute errors for each lead, and a small forest,
    both pooled over all places, are averaged. The weights by lead are those that erred least on later parts of the past
    than were learned from, drawn to equal ones while few hours are known; the bands are the errors of that average there.
    Until three hours are known it is the mean of the last 15 minutes, and says so. Steps that begin two hours after the origin, or
    later, get no forecast.

    It may surprise that a day without any day before it is learned from within: what the morning taught serves the evening.

    Parameters
    ----------
    seed
        Of all that is drawn at random; the same history and seed give the same forecasts.

    References
    ----------
    J. M. Bates and C. W. J. Granger, The combination of forecasts, Operational Research Quarterly 20 (1969) 451-468: averages
    with weights from past errors. Equal weights are hard to beat where few errors are known: T. Genre et al., Combining expert
    forecasts, International Journal of Forecasting 29 (2013) 108-121.
    """

    name = "nowcast"
    rounds = True

    def __init__(self, calendar: Calendar, *, seed: int = 1) -> None:
        super().__init__(calendar, seed=seed)
        self._blends: dict[Kind, tuple[Blend, Provenance]] = {}

    def learn(self, histories: Sequence[Series], until: datetime, drivers: Drivers = NO_DRIVERS) -> bool:
        """Learn each kind of series of which enough is new. See `Forecaster`."""
        learned = False
        for kind, places in by_kind(histories).items():
            group = [histories[place] for place in places]
            grid = look_back(group, until)
            if self._is_due(kind, grid, until):
                self._keep(kind, self._fit(grid, until))
                learned = True
        return learned

    def _is_due(self, kind: Kind, grid: Grid, until: datetime) -> bool:
        values, steps = int(grid.numbers[:, -1].sum()), int((np.diff(grid.numbers, axis=1).sum(axis=0) > 0).sum())
        if values < FEWEST_VALUES or steps < FEWEST_STEPS or steps * grid.step_s < FEWEST_H * 3600:
            return False
        known = self._blends.get(kind)
        return known is None or values >= GROWN * known[0].values or until >= known[0].until + AGAIN_AFTER

    def _fit(self, grid: Grid, until: datetime) -> Blend:
        """Members from all of the past, weights and bands from what members of earlier parts said of later ones."""
        reader, rng = Reader(grid, self._calendar), np.random.default_rng(self._seed)
        past = [reader.past(lead, ROWS_A_LEAD, rng) for lead in lead_knots(grid.step_s)]
        active = np.flatnonzero(np.diff(grid.numbers, axis=1).any(axis=0))
        cuts = [int(active[int(share * len(active))]) for share in HELD_OUT_FROM] + [grid.steps]
        judged = self._judge(past, cuts)
        leads, hours = np.array([float(rows.lead) for rows in past]), (1 - HELD_OUT_FROM[0]) * len(active) * grid.step_s / 3600
        half_life = max(LATE_H * 3600 / grid.step_s, len(active) * LATE_SHARE)
        counts = [0.5 ** ((len(active) - np.searchsorted(active, rows.origins)) / half_life) for rows, _ in judged]
        best = [best_weights(members, rows.truth, count / rows.clues.scale, hours) for (rows, members), count in zip(judged, counts, strict=True)]
        weights = smooth(np.array(best))
        errors = {}
        for (rows, members), count in zip(judged, counts, strict=True):
            expected = average(members, weights, leads, np.full(len(rows.truth), float(rows.lead)))
            errors[rows.lead] = Errors(expected, rows.truth, rows.clues.pace, count)
        data_version = hashlib.sha256(grid.values.tobytes() + str(grid.begin_s).encode()).hexdigest()[:16]
        pool, values = Pool.fit(past, self._seed), int(grid.numbers[:, -1].sum())
        return Blend(leads=leads, weights=weights, pool=pool, bands=Bands.of(errors), values=values, until=until, data_version=data_version)

    def _judge(self, past: list[Rows], cuts: list[int]) -> list[tuple[Rows, FloatArray]]:
        """For each lead the rows held out, and what each member, learned before them, expected: shape (members, n)."""
        found: list[list[tuple[Rows, FloatArray]]] = [[] for _ in past]
        for begin, end in itertools.pairwise(cuts):
            pool = Pool.fit([rows.between(0, begin) for rows in past], self._seed)
            for parts, rows in zip(found, past, strict=True):
                later = rows.between(begin, end)
                parts.append((later, pool.forecast(later.clues, np.full(len(later.truth), float(rows.lead)))))
        return [(Rows.joined([rows for rows, _ in parts]), np.concatenate([members for _, members in parts], axis=1)) for parts in found]

    def _keep(self, kind: Kind, blend: Blend) -> None:
        provenance = Provenance(model_version=blend.version(), data_version=blend.data_version, learned_until=blend.until)
        self._blends = self._blends | {kind: (blend, provenance)}

    def _learned(self, kind: Kind, reader: Reader) -> Learned:
        if kind not in self._blends:
            reason = "the mean of the last 15 minutes, because less than three hours were known when it last learned"
            return Learned(expect=lambda clues, leads: clues.recent, bands=self._own_bands(reader), provenance=Provenance(reason=reason))
        blend, provenance = self._blends[kind]
        return Learned(expect=blend.expect, bands=blend.bands, provenance=provenance)

    def dump(self) -> bytes:
        """What it learned of each kind of series, as JSON; empty when nothing."""
        if not self._blends:
            return b""
        kinds = [{"kind": list(kind), "blend": blend.to_json()} for kind, (blend, _) in self._blends.items()]
        return json.dumps({"model": self.name, "members": MEMBERS, "code": CODE_VERSION, "kinds": kinds}).encode()

    def load(self, learned: bytes) -> None:
        """Take up what `dump` gave; what an older code learned is dropped, to be learned anew.

        Raises
        ------
        WrongData
            When it is not that.
        """
        self._blends = {}
        if not learned:
            return
        try:
            kept = json.loads(learned)
            kinds = [((str(q), int(s), int(p)), Blend.from_json(one["blend"])) for one in kept["kinds"] for q, s, p in [one["kind"]]]
            same = (kept["model"], tuple(kept["members"]), kept["code"]) == (self.name, MEMBERS, CODE_VERSION)
        except (ValueError, KeyError, TypeError) as why:
            raise WrongData(f"this is not what the model {self.name} learned: {why}; let it learn anew") from why
        for kind, blend in kinds if same else ():
            self._keep(kind, blend)


def average(members: FloatArray, weights: FloatArray, knots: FloatArray, leads: FloatArray) -> FloatArray:
    """The members (members, n) by the weights (knots, members), interpolated between knots to each lead; shape (n,)."""
    return np.asarray(sum(np.interp(leads, knots, weight) * member for weight, member in zip(weights.T, members, strict=True)))


def smooth(weights: FloatArray) -> FloatArray:
    """Each lead's weights with half of its neighbours', since near leads are alike; shape kept, rows sum to 1."""
    padded = np.concatenate([weights[:1], weights, weights[-1:]])
    return np.asarray((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4)
