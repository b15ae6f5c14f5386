"""Measures at the desk: what is proposed, what a person decides, when it works and ends, and what it did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

from deining.desk.log import Log
from deining.desk.office import Office, Sight, Who
from deining.domain.decision import DecidedMeasure, Decision, Effect, Experience, Progress, RejectedOption
from deining.domain.errors import UnknownName
from deining.domain.forecast import Forecast
from deining.domain.levels import LevelReach
from deining.domain.logbook import Draft
from deining.domain.measure import Proposal
from deining.domain.notice import Mode
from deining.response.effect import average_course, choose_forecast, find_effect, find_together, judged_steps, take_series
from deining.response.experience import sum_up
from deining.response.measure_words import name_of_measure
from deining.response.notices import decision_notice
from deining.response.proposals import propose
from deining.storage.database import Connection
from deining.storage.decisions import get_decision, list_decisions, list_effects, mark_progress, next_decision_number, read_frozen, write_decision, write_effect
from deining.storage.states import read_past, read_series

JUDGE_FOR = timedelta(hours=12)
"""A measure that ended longer ago is not judged again."""
WORDS = {
    "en": {"decided": "Decided: {names}.", "nothing": "Decided: no measure for now.", "in_force": "In force: {name}.", "ended": "Ended: {name}."},
    "nl": {"decided": "Besloten: {names}.", "nothing": "Besloten: nu geen maatregel.", "in_force": "Van kracht: {name}.", "ended": "Beëindigd: {name}."},
}


class Response:
    """Decisions about one area's measures, in the book of its mode."""

    def __init__(self, office: Office, log: Log) -> None:
        self._office, self._log = office, log
        self._words = WORDS.get(office.area.language, WORDS["en"])

    # -- what fits

    def propose(self, sight: Sight) -> list[Proposal]:
        """The measures that fit what places are at or come to, ranked; none before there is a state."""
        if sight.step is None:
            return []
        reaches: dict[str, list[LevelReach]] = {}
        for reach in sight.step.reaches:
            reaches.setdefault(reach.target, []).append(reach)
        standing = [one for decision in self.list_decisions() for one in decision.measures]
        return propose(
            self._office.area,
            sight.now,
            found=sight.step.levels,
            reaches=reaches,
            expected=sight.step.expected,
            in_force={one.measure for one in standing if one.is_in_force(sight.now)},
            decided={one.measure for one in standing if one.is_being_set_up(sight.now)},
            alerts={alert.target: alert.id for alert in sight.alerts if alert.kind.value == "crowd"},
        )

    # -- what is decided

    def list_decisions(self) -> list[Decision]:
        """All decisions of the book, newest first."""
        with closing(self._office.open_reader()) as connection:
            return list_decisions(connection, self._office.area.id, self._office.book)

    def list_effects(self) -> list[Effect]:
        """The newest effect of each decided measure and place of the book."""
        with closing(self._office.open_reader()) as connection:
            return list_effects(connection, self._office.area.id, book=self._office.book)

    def experience(self) -> Mapping[str, Experience]:
        """What each measure has shown so far in the live area: what happens in an exercise is no experience."""
        with closing(self._office.open_reader()) as connection:
            decisions, effects = list_decisions(connection, self._office.area.id), list_effects(connection, self._office.area.id)
        return {id_: sum_up(measure, decisions, effects) for id_, measure in self._office.area.measures.items()}

    def decide(
        self, sight: Sight, who: Who, *, measures: Sequence[str], reason: str, target: str | None, alert: str | None, rejected: Sequence[RejectedOption]
    ) -> Decision:
        """Write what a person decided, with its line in the logbook, the forecasts made just before it, and what is told onward.

        Raises
        ------
        UnknownName
            When a measure or the place is not of this area.
        WrongUse
            As `Decision`.
        """
        area = self._office.area
        for measure in measures:
            if measure not in area.measures:
                raise UnknownName("measure", measure, list(area.measures))
        places = [*area.zones, *area.gates, *area.sensors]
        if target is not None and target not in places:
            raise UnknownName("place", target, places)
        chosen = tuple(self._as_decided(measure, target) for measure in measures)
        decision = Decision(
            taken_at=sight.now, by=who.name, role=who.role, reason=reason, measures=chosen, target=target, alert=alert, rejected=tuple(rejected)
        )
        forecasts = _of_places(sight, {place for one in chosen for place in one.places})

        frozen = self._log.freeze(sight)

        def work(connection: Connection) -> Decision:
            number = next_decision_number(connection, area.id, self._office.book)
            entry = self._log.append(connection, self._as_draft(decision, number), sight, frozen)
            written = write_decision(connection, area.id, self._office.book, replace(decision, entry=entry.number), forecasts)
            self._office.enqueue(connection, [decision_notice(written, area, mode=Mode(self._office.mode), book=self._office.book)])
            return written

        return self._office.write(work)

    def _as_decided(self, measure: str, target: str | None) -> DecidedMeasure:
        known = self._office.area.measures[measure]
        return DecidedMeasure(
            measure=measure,
            name=known.name,
            set_up_s=known.set_up_s,
            lasts_s=known.lasts_s,
            effect_after_s=known.effect_after_s,
            places=known.places(target),
        )

    def _as_draft(self, decision: Decision, number: int) -> Draft:
        names = "; ".join(one.name for one in decision.measures)
        area = self._office.area
        return Draft(
            occurred_at=decision.taken_at,
            author=decision.by,
            role=decision.role,
            place=decision.target,
            category="decision",
            text=self._words["decided"].format(names=names) if names else self._words["nothing"],
            reason=decision.reason,
            rejected=tuple(f"{name_of_measure(area, option.measure)}: {option.why}" for option in decision.rejected),
            alert=decision.alert,
            decision=number,
        )

    def mark(self, sight: Sight, who: Who, *, number: int, measure: str, progress: Progress) -> Decision:
        """Write that a measure came into force or ended, with its line in the logbook.

        Raises
        ------
        UnknownName, WrongUse
            As `mark_progress`.
        """
        area, frozen = self._office.area, self._log.freeze(sight)

        def work(connection: Connection) -> Decision:
            decided = get_decision(connection, area.id, self._office.book, number).find_measure(measure)
            forecasts = _of_places(sight, set(decided.places)) if decided and progress is Progress.IN_FORCE else []
            marked = mark_progress(
                connection, area.id, self._office.book, number, measure, progress, at=sight.now, by=who.name, role=who.role, forecasts=forecasts
            )
            text = self._words[progress.value].format(name=name_of_measure(area, measure))
            self._log.append(
                connection,
                Draft(occurred_at=sight.now, author=who.name, role=who.role, place=marked.target, category="measure", text=text, decision=number),
                sight,
                frozen,
            )
            return marked

        return self._office.write(work)

    # -- what it did

    def judge(self, now: datetime) -> list[Effect]:
        """Hold what was measured against the forecasts frozen with each decision, and keep it; what was found now."""
        area, book = self._office.area.id, self._office.book
        decisions = self.list_decisions()
        judged = [decision for decision in decisions if any(self._is_judged(one, now) for one in decision.measures)]
        if not judged:
            return []
        with closing(self._office.open_reader()) as connection:
            found = [effect for decision in judged for effect in self._judge(connection, decision, decisions, now)]
        if found:

            def keep(connection: Connection) -> None:
                for effect in found:
                    write_effect(connection, area, book, effect, now)

            self._office.write(keep)
        return found

    @staticmethod
    def _is_judged(measure: DecidedMeasure, now: datetime) -> bool:
        return measure.in_force_at is not None and measure.in_force_at <= now and (measure.ended_at is None or now < measure.ended_at + JUDGE_FOR)

    def _judge(self, connection: Connection, decision: Decision, decisions: Sequence[Decision], now: datetime) -> Iterable[Effect]:
        area = self._office.area
        frozen = read_frozen(connection, area.id, self._office.book, decision.number)
        for one in decision.measures:
            if not self._is_judged(one, now) or one.in_force_at is None:
                continue
            for place in one.places:
                forecast = choose_forecast(frozen, place, one.in_force_at)
                steps = judged_steps(one, forecast, now) if forecast else []
                if forecast is None or not steps:
                    continue
                until = steps[-1].time + timedelta(seconds=steps[-1].step_s or 0)
                if forecast.quantity == "count":
                    series = [s for s in read_series(connection, area.id, steps[0].time - timedelta(days=1)) if s.target == place and s.quantity == "count"]
                    measured = take_series(series[0], steps) if series else []
                else:
                    measured = average_course(read_past(connection, area.id, place, steps[0].time, until, is_zone=place in area.zones), steps)
                if measured:
                    together = find_together(decisions, decision.number, one.measure, place, steps[0].time, until)
                    yield find_effect(area, decision, one.measure, forecast, steps, measured, together=together)


def _of_places(sight: Sight, places: set[str]) -> list[Forecast]:
    return [forecast for (place, _), forecasts in sight.forecasts.items() if place in places for forecast in forecasts]
