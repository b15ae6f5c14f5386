"""Bowties at the desk: what people and devices say of barriers and factors, and how likely that makes each top event."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from statistics import NormalDist

from deining.desk.log import Log
from deining.desk.office import Office, Sight, Who
from deining.domain.bowtie import BarrierStatus, Bowtie, PresenceSet, StatusSet, list_factors
from deining.domain.decision import Decision
from deining.domain.errors import UnknownName
from deining.domain.logbook import Draft
from deining.domain.state import ZoneState
from deining.risk.bowtie.assessment import Assessment, assess
from deining.risk.bowtie.statuses import present_statuses
from deining.storage.barriers import read_presences, read_statuses, write_presence, write_status
from deining.storage.database import Connection
from deining.storage.decisions import list_decisions

NORMAL = NormalDist()
STATUS_WORDS = {
    "en": {"up": "up", "degraded": "degraded", "down": "down", "unknown": "not known", "is": "Barrier {name} is {status}."},
    "nl": {"up": "op orde", "degraded": "verminderd", "down": "uitgevallen", "unknown": "niet bekend", "is": "Barrière {name} is {status}."},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BowtieNow:
    """A bowtie with what is known of it now.

    Parameters
    ----------
    statuses, said
        Barrier -> its status, and what a person said of it last.
    present
        Factor -> whether it is there; None where nobody knows.
    """

    bowtie: Bowtie
    assessment: Assessment
    statuses: Mapping[str, BarrierStatus]
    said: Mapping[str, StatusSet]
    present: Mapping[str, bool | None]


class Barriers:
    """The bowties of one area, in the book of its mode."""

    def __init__(self, office: Office, log: Log) -> None:
        self._office, self._log = office, log

    def assess(self, sight: Sight) -> list[BowtieNow]:
        """Every bowtie as it is now."""
        area, book = self._office.area, self._office.book
        with closing(self._office.open_reader()) as connection:
            statuses, presences = read_statuses(connection, area.id, book), read_presences(connection, area.id, book)
            decisions = list_decisions(connection, area.id, book)
        health = self._health(sight, decisions)
        present = {id_: given.present for id_, given in presences.items()}
        return [self._assess(bowtie, sight, {b: s for (of, b), s in statuses.items() if of == bowtie.id}, present, health) for bowtie in area.bowties]

    def _assess(
        self, bowtie: Bowtie, sight: Sight, said: Mapping[str, StatusSet], present: Mapping[str, bool | None], health: Mapping[str, BarrierStatus]
    ) -> BowtieNow:
        known = {barrier.id for barrier in bowtie.barriers}
        said = {id_: given for id_, given in said.items() if id_ in known}
        statuses = present_statuses(bowtie, {id_: given.status for id_, given in said.items()}, health)
        language = self._office.area.language if self._office.area.language in STATUS_WORDS else "en"
        assessment = assess(bowtie, forecast_chance(bowtie, sight), statuses, present, language=language)
        return BowtieNow(bowtie=bowtie, assessment=assessment, statuses=statuses, said=said, present=present)

    def _health(self, sight: Sight, decisions: list[Decision]) -> dict[str, BarrierStatus]:
        """How devices and measures are that a barrier may follow: a gate is as its best sensor, a measure works once it is in force."""
        found = {f"sensor:{one.sensor}": BarrierStatus.DOWN if one.fault else BarrierStatus.UP for one in sight.step.health} if sight.step else {}
        for sensor in self._office.area.sensors.values():
            status = found.get(f"sensor:{sensor.id}")
            if sensor.gate and status is not None and found.get(f"gate:{sensor.gate}") is not BarrierStatus.UP:
                found[f"gate:{sensor.gate}"] = status
        standing = {one.measure for decision in decisions for one in decision.measures if one.is_in_force(sight.now)}
        for measure in self._office.area.measures:
            found[f"measure:{measure}"] = BarrierStatus.UP if measure in standing else BarrierStatus.DOWN
        return found

    def set_status(self, sight: Sight, who: Who, *, bowtie: str, barrier: str, status: BarrierStatus, why: str) -> None:
        """Write what a person says of a barrier, with its line in the logbook.

        Raises
        ------
        UnknownName
            When there is no such bowtie or barrier.
        """
        area = self._office.area
        known = {one.id: one for one in area.bowties}
        if bowtie not in known:
            raise UnknownName("bowtie", bowtie, list(known))
        names = {one.id: one.name for one in known[bowtie].barriers}
        if barrier not in names:
            raise UnknownName("barrier", barrier, list(names))
        given = StatusSet(
            area=area.id, book=self._office.book, bowtie=bowtie, barrier=barrier, status=status, at=sight.now, by=who.name, role=who.role, why=why
        )
        words = STATUS_WORDS.get(area.language, STATUS_WORDS["en"])
        text = words["is"].format(name=names[barrier], status=words[status.value])

        frozen = self._log.freeze(sight)

        def work(connection: Connection) -> None:
            write_status(connection, given)
            draft = Draft(occurred_at=sight.now, author=who.name, role=who.role, place=known[bowtie].zone, category="measure", text=text, reason=why)
            self._log.append(connection, draft, sight, frozen)

        self._office.write(work)

    def set_factor(self, sight: Sight, who: Who, *, factor: str, present: bool | None) -> None:
        """Write whether a factor is there, as a person says.

        Raises
        ------
        UnknownName
            When there is no such factor.
        """
        factors = list_factors(self._office.area.bowties)
        if factor not in factors:
            raise UnknownName("factor", factor, list(factors))
        given = PresenceSet(area=self._office.area.id, book=self._office.book, factor=factor, present=present, at=sight.now, by=who.name, role=who.role)
        self._office.write(lambda connection: write_presence(connection, given))


def forecast_chance(bowtie: Bowtie, sight: Sight) -> float | None:
    """Probability that the bowtie's zone reaches its level within its horizon; None where neither state nor forecast says.

    Where the best estimate is at the level already, it is the probability that the estimate is right about that: an estimate
    with a wide interval makes no certainty. The 90 % interval is taken as that of a normal distribution.
    """
    if sight.step is None:
        return None
    found = sight.step.levels.get(bowtie.zone)
    if found is not None and found.level >= bowtie.level:
        state = next(one for one in sight.step.zones if one.zone == bowtie.zone)
        return _chance_now(state, found.scale.threshold(bowtie.level) / found.value)
    chances = [
        reach.chance_within((sight.now - reach.origin).total_seconds() + bowtie.horizon_s)
        for reach in sight.step.reaches
        if reach.target == bowtie.zone and reach.level == bowtie.level
    ]
    return max(chances, default=None)


def _chance_now(state: ZoneState, share: float) -> float:
    """Probability that a zone holds at least this share of the persons that it is estimated to hold."""
    if state.occupancy is None or state.occupancy_p05 is None or state.occupancy_p95 is None:
        return 1.0
    sd = (state.occupancy_p95 - state.occupancy_p05) / (2 * NORMAL.inv_cdf(0.95))
    return 1.0 if sd <= 0 else NORMAL.cdf((state.occupancy - share * state.occupancy) / sd)
