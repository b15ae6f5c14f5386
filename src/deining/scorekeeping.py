"""Scoring of an area's issued forecasts, beside its loop, once their truth is there."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from datetime import datetime, timedelta

import numpy as np

from deining.background import Background
from deining.domain.area import Area
from deining.domain.levels import LevelQuantity
from deining.domain.series import Series
from deining.forecasting import Calendar
from deining.forecasting.record import BANDS_S, COLUMNS, KINDS, LEVELS, Judge, Thresholds, add_up, count_steps, find_band
from deining.forecasting.series_book import OPEN_S
from deining.risk.levels import LevelBook
from deining.settings import Settings
from deining.storage.database import Connection
from deining.storage.forecasts import ScoreKey, Stretch, forget_issued, read_unscored, write_scores
from deining.storage.writer import Writer

log = logging.getLogger(__name__)

STRETCHES_A_PIECE = 400
CLOSE_WITHIN_S = 20.0
Sums = Mapping[ScoreKey, tuple[int, int, np.ndarray]]


def find_thresholds(area: Area) -> Thresholds:
    """Where the levels of an area's places begin, in the unit of their series; where several scales hold, the lowest counts."""
    book = LevelBook(area)

    def factors(target: str, quantity: str, step_s: int) -> dict[LevelQuantity, float]:
        zone, gate = area.zones.get(target), area.gates.get(target)
        if quantity == "occupancy" and zone:
            return {LevelQuantity.DENSITY: 1 / zone.usable_area_m2, **({LevelQuantity.OCCUPANCY_SHARE: 1 / zone.capacity} if zone.capacity else {})}
        if quantity == "flow_per_min":
            return {LevelQuantity.FLOW: 1.0, **({LevelQuantity.SPECIFIC_FLOW: 1 / gate.effective_width_m} if gate and gate.effective_width_m else {})}
        return {LevelQuantity.FLOW: 60 / step_s} if quantity == "count" else {}

    def find(target: str, quantity: str, step_s: int) -> Sequence[float]:
        scales, known = book.scales(target), factors(target, quantity, step_s)
        return [min((scales[q].threshold(level) / factor for q, factor in known.items() if q in scales), default=np.inf) for level in LEVELS]

    return find


def judge_of(area: Area, chance: float) -> Judge:
    """The judge of an area's forecasts, with its calendar, its events and the scales in force."""
    return Judge(Calendar(area.timezone, area.holidays), area.events, find_thresholds(area), chance)


class Scorekeeper:
    """Scores what was issued in an area, in the background.

    A stretch of an issue is scored once, `OPEN_S` after its last step ended: what comes late by then is in the truth.
    """

    def __init__(self, area: Area, settings: Settings, *, writer: Writer, open_reader: Callable[[], Connection]) -> None:
        self._area, self._settings, self._writer, self._open_reader = area.id, settings, writer, open_reader
        self._judge = judge_of(area, settings.alert_chance)
        self._work = Background(f"deining-{area.id}-record")
        self._asked_at: datetime | None = None
        self._moves = 0
        self.failure = ""

    def consider(self, now: datetime, list_series: Callable[[], Sequence[Series]]) -> None:
        """Score what can be, when a while has passed; called in the area's own thread.

        Parameters
        ----------
        list_series
            Gives the area's series; of what is still open in them nothing is read.
        """
        every = timedelta(seconds=self._settings.forecast_step_s)
        if self._work.busy or (self._asked_at is not None and now - self._asked_at < every):
            return
        self._asked_at, move = now, self._moves
        series = {(one.target, one.quantity): one for one in list_series()}
        self._work.ask(lambda: self._score(now, series, move))

    def moved(self) -> None:
        """The area went back in time: what is being scored is no longer wanted. Called before later things are forgotten."""
        self._moves += 1
        self._asked_at = None

    def close(self) -> None:
        """End after the piece in hand."""
        self._work.close(CLOSE_WITHIN_S)

    def _score(self, now: datetime, series: Mapping[tuple[str, str], Series], move: int) -> None:
        try:
            with closing(self._open_reader()) as connection:
                while self._is_wanted(move) and self._score_piece(connection, now, series, move):
                    pass
            before = now - timedelta(days=self._settings.keep_forecasts_days)
            if self._is_wanted(move):
                self._writer.submit_later(lambda connection: forget_issued(connection, self._area, before))
            self.failure = ""
        except Exception as error:  # the edge of this thread's loop: recorded, shown, and tried again
            self.failure = f"{type(error).__name__}: {error}"
            log.exception("area %s: forecasts could not be scored", self._area)

    def _is_wanted(self, move: int) -> bool:
        return move == self._moves and not self._work.stopping

    def _score_piece(self, connection: Connection, now: datetime, series: Mapping[tuple[str, str], Series], move: int) -> bool:
        """Score some stretches; whether there may be more."""
        due = read_unscored(connection, self._area, now - timedelta(seconds=OPEN_S), STRETCHES_A_PIECE)
        if not due:
            return False
        found = add_stretches(self._judge, series, due)

        def write(connection: Connection) -> None:
            if move == self._moves:
                write_scores(connection, self._area, due, found, COLUMNS, self._settings.forecast_step_s)

        self._await(self._writer.submit_later(write))
        return len(due) == STRETCHES_A_PIECE

    def _await(self, written: Future[None]) -> None:
        """Wait until a piece is written, however long: what is not yet marked as scored must not be read again."""
        while not self._work.stopping:
            with contextlib.suppress(TimeoutError):
                written.result(timeout=0.5)
                return


def add_stretches(judge: Judge, series: Mapping[tuple[str, str], Series], stretches: Sequence[Stretch]) -> Sums:
    """What stretches of issued forecasts come to, by key: start of the first step, end of the last (s), and sums.

    Parameters
    ----------
    series
        By target and quantity: the truth, and the weeks before it.
    """
    found: dict[ScoreKey, tuple[int, int, np.ndarray]] = {}
    for (target, quantity, step_s), group in _by_series(stretches):
        models = sorted({stretch.model for stretch in group})
        origins_s, times_s, days, model = (np.concatenate(column) for column in zip(*(_columns(stretch, models) for stretch in group), strict=True))
        truth = series.get((target, quantity))
        if truth is None or truth.step_s != step_s:
            truth = Series(target=target, quantity=quantity, first_s=int(times_s[0]), step_s=step_s, values=np.zeros(0))
        facts = judge.find_facts(truth, origins_s, times_s)
        band = find_band(facts.lead_s)
        added = count_steps(facts, np.concatenate([stretch.quantiles for stretch in group]), judge.chance)
        keys = np.stack([days, band, facts.kind, model], axis=1)[band >= 0]
        for (day, b, kind, m), sums in zip(*add_up(keys, added[band >= 0]), strict=True):
            chosen = times_s[band >= 0][(keys == (day, b, kind, m)).all(axis=1)]
            key = ScoreKey(day=int(day), target=target, quantity=quantity, lead_s=BANDS_S[b][1], kind=KINDS[kind], model=models[m])
            found[key] = (int(chosen.min()), int(chosen.max()) + step_s, sums)
    return found


def _columns(stretch: Stretch, models: list[str]) -> tuple[np.ndarray, ...]:
    """(origin, time, day, model) of each step, whole numbers."""
    n, first_s = len(stretch.quantiles), int(stretch.first.timestamp())
    given = (int(stretch.origin.timestamp()), stretch.day, models.index(stretch.model))
    origins_s, days, model = (np.full(n, value, dtype=np.int64) for value in given)
    return origins_s, first_s + stretch.step_s * np.arange(n, dtype=np.int64), days, model


def _by_series(stretches: Iterable[Stretch]) -> Iterator[tuple[tuple[str, str, int], list[Stretch]]]:
    groups: dict[tuple[str, str, int], list[Stretch]] = {}
    for stretch in stretches:
        groups.setdefault((stretch.target, stretch.quantity, stretch.step_s), []).append(stretch)
    yield from groups.items()
