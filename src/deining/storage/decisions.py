"""Decisions, what was reported of their measures, the forecasts frozen with them, and what the measures showed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from deining.domain.decision import LIVE, DecidedMeasure, Decision, Effect, FrozenForecast, Progress, RejectedOption, Verdict
from deining.domain.errors import UnknownName, WrongUse
from deining.domain.forecast import QUANTILE_NAMES, Forecast, Provenance
from deining.storage.bulk import insert_rows
from deining.storage.rows import from_us, to_us

BODY = np.dtype("<f8")
WIDTH = 1 + len(QUANTILE_NAMES)
SECOND_US = 1_000_000
DECISIONS = """SELECT number, taken_us, by_name, role, reason, target, alert, rejected, entry FROM decision
    WHERE area = ? AND book = ? AND number BETWEEN ? AND ? ORDER BY number DESC"""
MEASURES = """SELECT number, measure, name, set_up_s, lasts_s, effect_after_s, places FROM decision_measure
    WHERE area = ? AND book = ? AND number BETWEEN ? AND ? ORDER BY number, position"""
PROGRESS = "SELECT number, measure, state, at_us, by_name FROM decision_progress WHERE area = ? AND book = ? AND number BETWEEN ? AND ?"
FROZEN = """SELECT target, quantity, origin_us, first_us, step_s, model, provenance, body FROM decision_forecast
    WHERE area = ? AND book = ? AND number = ? ORDER BY target, quantity, origin_us, first_us"""
EFFECTS = """SELECT number, measure, target, quantity, origin_us, since_us, until_us, measured, expected, difference, low, high, share, verdict,
    steps, left_out, together, text, max(found_us) FROM decision_effect
    WHERE area = ? AND book = ? AND (? IS NULL OR measure = ?) AND (? IS NULL OR number = ?)
    GROUP BY number, measure, target ORDER BY number, measure, target"""
LARGEST = 2**62


# -- decisions


def next_decision_number(connection: sqlite3.Connection, area: str, book: str = LIVE) -> int:
    """The number that the next decision of a book gets, for a logbook entry written in the same commit."""
    (number,) = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM decision WHERE area = ? AND book = ?", (area, book)).fetchone()
    return int(number)


def write_decision(connection: sqlite3.Connection, area: str, book: str, decision: Decision, forecasts: Iterable[Forecast] = ()) -> Decision:
    """Write a decision with the forecasts made just before it, and give it back with its number.

    Parameters
    ----------
    forecasts
        Of the places of its measures, as issued; those whose steps have no known length are left out.
    """
    written = replace(decision, number=next_decision_number(connection, area, book))
    key = (area, book, written.number)
    rejected = json.dumps([asdict(option) for option in written.rejected], ensure_ascii=False)
    row = (*key, to_us(written.taken_at), written.by, written.role, written.reason, written.target, written.alert, rejected, written.entry)
    insert_rows(connection, "INSERT INTO decision", [row])
    rows = [
        (*key, k, one.measure, one.name, one.set_up_s, one.lasts_s, one.effect_after_s, json.dumps(one.places, ensure_ascii=False))
        for k, one in enumerate(written.measures)
    ]
    insert_rows(connection, "INSERT INTO decision_measure", rows)
    freeze_forecasts(connection, area, book, written.number, forecasts)
    return written


def list_decisions(connection: sqlite3.Connection, area: str, book: str = LIVE) -> list[Decision]:
    """All decisions of a book with their progress, newest first."""
    return _read(connection, area, book, 1, LARGEST)


def get_decision(connection: sqlite3.Connection, area: str, book: str, number: int) -> Decision:
    """One decision with its progress.

    Raises
    ------
    WrongUse
        When the book has none of this number.
    """
    found = _read(connection, area, book, number, number)
    if not found:
        raise WrongUse(f"no decision number {number} in book {book!r} of area {area!r}; its numbers run from 1 to {_last(connection, area, book)}")
    return found[0]


def _last(connection: sqlite3.Connection, area: str, book: str) -> int:
    return next_decision_number(connection, area, book) - 1


def _read(connection: sqlite3.Connection, area: str, book: str, first: int, last: int) -> list[Decision]:
    window = (area, book, first, last)
    said = {(number, measure, state): (from_us(us), by) for number, measure, state, us, by in connection.execute(PROGRESS, window)}
    measures: dict[int, list[DecidedMeasure]] = {}
    for number, measure, name, set_up_s, lasts_s, after_s, places in connection.execute(MEASURES, window):
        began, ended = (said.get((number, measure, state.value), (None, None)) for state in (Progress.IN_FORCE, Progress.ENDED))
        one = DecidedMeasure(
            measure=measure,
            name=name,
            set_up_s=set_up_s,
            lasts_s=lasts_s,
            effect_after_s=after_s,
            places=tuple(json.loads(places)),
            in_force_at=began[0],
            in_force_by=began[1],
            ended_at=ended[0],
            ended_by=ended[1],
        )
        measures.setdefault(number, []).append(one)
    return [
        Decision(
            number=number,
            taken_at=from_us(taken_us),
            by=by,
            role=role,
            reason=reason,
            target=target,
            alert=alert,
            rejected=tuple(RejectedOption(**option) for option in json.loads(rejected)),
            entry=entry,
            measures=tuple(measures.get(number, ())),
        )
        for number, taken_us, by, role, reason, target, alert, rejected, entry in connection.execute(DECISIONS, window)
    ]


# -- progress


def mark_progress(
    connection: sqlite3.Connection,
    area: str,
    book: str,
    number: int,
    measure: str,
    progress: Progress,
    *,
    at: datetime,
    by: str,
    role: str,
    forecasts: Iterable[Forecast] = (),
) -> Decision:
    """Write that a measure came into force or ended, and give back the decision with it.

    A measure that ends without having come into force was called off.

    Parameters
    ----------
    forecasts
        Of its places, made just before it came into force: kept beside those of the decision.

    Raises
    ------
    WrongUse
        When there is no such decision, nobody is named, or it was said before, in another order or of an earlier time.
    UnknownName
        When the decision does not hold the measure.
    """
    decision = get_decision(connection, area, book, number)
    found = decision.find_measure(measure)
    if found is None:
        raise UnknownName(f"measure of decision {number}", measure, [one.measure for one in decision.measures])
    _check_progress(decision, found, progress, at, by)
    connection.execute("INSERT INTO decision_progress VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (area, book, number, measure, progress.value, to_us(at), by, role))
    freeze_forecasts(connection, area, book, number, forecasts)
    return get_decision(connection, area, book, number)


def _check_progress(decision: Decision, measure: DecidedMeasure, progress: Progress, at: datetime, by: str) -> None:
    if not by.strip():
        raise WrongUse(f"progress of measure {measure.measure!r} by {by!r}; expected the name of who reports it")
    if measure.ended_at is not None:
        raise WrongUse(f"measure {measure.measure!r} of decision {decision.number} ended at {measure.ended_at.isoformat()}; decide anew to take it again")
    if progress is Progress.IN_FORCE and measure.in_force_at is not None:
        raise WrongUse(f"measure {measure.measure!r} of decision {decision.number} is in force since {measure.in_force_at.isoformat()}; it can only end")
    earliest = measure.in_force_at or decision.taken_at
    if at < earliest:
        raise WrongUse(f"measure {measure.measure!r} {progress.value} at {at.isoformat()}; expected {earliest.isoformat()} or later")


# -- frozen forecasts


def freeze_forecasts(connection: sqlite3.Connection, area: str, book: str, number: int, forecasts: Iterable[Forecast]) -> None:
    """Keep forecasts with a decision, as they were issued; what is kept already stays as it is."""
    rows: list[tuple[str | float | int | bytes | None, ...]] = []
    for stretch in _cut(forecasts):
        one = stretch[0]
        body = np.array([(step.mean, *step.quantiles) for step in stretch], dtype=BODY).tobytes()
        key = (area, book, number, one.target, one.quantity, to_us(one.origin), to_us(one.time))
        rows.append((*key, one.step_s or 0, one.model, _write_provenance(one.provenance), body))
    insert_rows(connection, "INSERT OR IGNORE INTO decision_forecast", rows)  # type: ignore[arg-type]  # SQLite takes bytes too


def _cut(forecasts: Iterable[Forecast]) -> Iterator[list[Forecast]]:
    """Steps that follow one another and come from one forecast."""
    stretch: list[Forecast] = []
    for one in sorted(forecasts, key=lambda one: (one.target, one.quantity, one.origin, one.time)):
        if not one.step_s:
            continue
        if stretch and not _follows(stretch[-1], one):
            yield stretch
            stretch = []
        stretch.append(one)
    if stretch:
        yield stretch


def _follows(last: Forecast, one: Forecast) -> bool:
    same = replace(last, time=one.time, mean=one.mean, quantiles=one.quantiles) == one
    return same and one.time - last.time == timedelta(seconds=last.step_s or 0)


def _write_provenance(provenance: Provenance) -> str:
    learned = provenance.learned_until
    return json.dumps({**asdict(provenance), "learned_until": learned.isoformat() if learned else None}, ensure_ascii=False)


def _read_provenance(text: str) -> Provenance:
    found = json.loads(text)
    learned = found["learned_until"]
    times = {"learned_until": datetime.fromisoformat(learned) if learned else None}
    return Provenance(**{**found, **times, "drivers": tuple(found["drivers"]), "absent": tuple(found["absent"])})


def read_frozen(connection: sqlite3.Connection, area: str, book: str, number: int) -> list[FrozenForecast]:
    """The forecasts kept with a decision, by target, quantity and origin."""
    steps: dict[tuple[str, str, datetime], list[Forecast]] = {}
    for target, quantity, origin_us, first_us, step_s, model, provenance, body in connection.execute(FROZEN, (area, book, number)):
        origin, source = from_us(origin_us), _read_provenance(provenance)
        for k, (mean, *quantiles) in enumerate(np.frombuffer(body, dtype=BODY).reshape(-1, WIDTH).tolist()):
            step = Forecast(
                target=target,
                quantity=quantity,
                origin=origin,
                time=from_us(first_us + k * step_s * SECOND_US),
                mean=mean,
                quantiles=tuple(quantiles),
                model=model,
                step_s=step_s,
                provenance=source,
            )
            steps.setdefault((target, quantity, origin), []).append(step)
    return [FrozenForecast(target=target, quantity=quantity, origin=origin, steps=tuple(found)) for (target, quantity, origin), found in steps.items()]


# -- effects


def write_effect(connection: sqlite3.Connection, area: str, book: str, effect: Effect, found_at: datetime) -> None:
    """Keep what a measure showed, as found at a time; nothing is written where the newest of its place says the same."""
    if effect in list_effects(connection, area, effect.measure, book, effect.decision):
        return
    row = (
        area,
        book,
        effect.decision,
        effect.measure,
        effect.target,
        to_us(found_at),
        effect.quantity,
        to_us(effect.origin),
        to_us(effect.since),
        to_us(effect.until),
        effect.measured,
        effect.expected,
        effect.difference,
        effect.low,
        effect.high,
        effect.share,
        effect.verdict.value,
        effect.steps,
        effect.left_out,
        json.dumps(effect.together, ensure_ascii=False),
        json.dumps(dict(effect.text), ensure_ascii=False),
    )
    insert_rows(connection, "INSERT OR IGNORE INTO decision_effect", [row])


def list_effects(connection: sqlite3.Connection, area: str, measure: str | None = None, book: str = LIVE, number: int | None = None) -> list[Effect]:
    """The newest effect of each decision, measure and place, in order of decision; experience counts the live book alone.

    Parameters
    ----------
    measure, number
        Keep one measure, one decision; None for all.
    """
    given = (area, book, measure, measure, number, number)
    return [_effect(row) for row in connection.execute(EFFECTS, given)]


def _effect(row: Sequence[Any]) -> Effect:
    number, measure, target, quantity, origin_us, since_us, until_us, *figures, share, verdict, steps, left_out, together, text, _ = row
    measured, expected, difference, low, high = figures
    return Effect(
        decision=number,
        measure=measure,
        target=target,
        quantity=quantity,
        origin=from_us(origin_us),
        since=from_us(since_us),
        until=from_us(until_us),
        measured=measured,
        expected=expected,
        difference=difference,
        low=low,
        high=high,
        verdict=Verdict(verdict),
        share=share,
        steps=steps,
        left_out=left_out,
        together=tuple(json.loads(together)),
        text=json.loads(text),
    )
