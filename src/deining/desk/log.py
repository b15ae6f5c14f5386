"""The logbook at the desk: each line checked, frozen with what the screen showed, and chained to the one before."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta

from deining.desk.office import Office, Sight
from deining.desk.snapshot import freeze
from deining.domain.errors import PersonalDataFound, WrongUse
from deining.domain.incident import Incident
from deining.domain.logbook import Draft, LogbookEntry, Marks
from deining.domain.notice import DeliveryState
from deining.domain.words import name_of
from deining.response.handover import Handover, Standing, make_handover
from deining.response.logbook import check_draft, clean_text
from deining.response.word_filter import find_personal_data
from deining.storage.database import Connection
from deining.storage.decisions import list_decisions
from deining.storage.logbook import append, find_by_key, find_head, keep_key, list_incidents, read_entries_since, read_marks, read_open_actions
from deining.storage.outbox import count_undelivered


class Log:
    """The logbook of one area, in the book of its mode."""

    def __init__(self, office: Office) -> None:
        self._office = office
        area = office.area
        self._places = [*area.zones, *area.gates, *area.sensors]
        names = [thing.name for things in (area.zones, area.gates, area.sensors, area.measures, area.groups) for thing in things.values()]
        self._allowed = [*self._places, *names, area.name, *(event.name for event in area.events)]

    def find_personal_data(self, *texts: str) -> list[dict[str, object]]:
        """What in some texts seems to name persons; names of this area's own places are none."""
        return [asdict(found) for text in texts for found in find_personal_data(text, self._allowed)]

    def write(self, draft: Draft, sight: Sight, *, anyway: bool = False, key: str | None = None) -> LogbookEntry:
        """Write an entry for good.

        Parameters
        ----------
        anyway
            Whether to write what seems to name persons too.
        key
            The sender's own name for this line: under the same one it is written once, and that entry is given back.

        Raises
        ------
        PersonalDataFound
            When the text seems to name persons and `anyway` is not given; nothing was written.
        WrongUse
            As `check_draft`, or when another line was written under the key.
        """
        if not anyway and (found := self.find_personal_data(draft.text, draft.reason, draft.action.text if draft.action else "", *draft.rejected)):
            raise PersonalDataFound(found)
        frozen = self.freeze(sight)

        def work(connection: Connection) -> LogbookEntry:
            known = find_by_key(connection, self._office.area.id, self._office.book, key) if key else None
            if known is not None:
                if (known.text, known.author) != (clean_text(draft.text), clean_text(draft.author)):
                    raise WrongUse(f"entry {known.number} was written under this Idempotency-Key, with another text; give each line a key of its own")
                return known
            entry = self.append(connection, draft, sight, frozen)
            if key:
                keep_key(connection, entry, key)
            return entry

        return self._office.write(work)

    def append(self, connection: Connection, draft: Draft, sight: Sight, frozen: bytes) -> LogbookEntry:
        """Check and add an entry, in the writer's own transaction.

        Parameters
        ----------
        frozen
            As by `freeze`, made before: the writer is not to wait for it.

        Raises
        ------
        WrongUse
            As `check_draft`.
        """
        area, book = self._office.area.id, self._office.book
        head = find_head(connection, area, book)
        checked = check_draft(
            draft,
            entered_at=sight.now,
            last_number=head.number if head else 0,
            places=self._places,
            incidents={incident.id: incident.is_open for incident in list_incidents(connection, area, book)},
            with_action=None if draft.completes is None else {entry.number for entry in read_open_actions(connection, area, book)},
        )
        return append(connection, area, book, checked, frozen, sight.now)

    def freeze(self, sight: Sight) -> bytes:
        """What the screen shows, with the measures in force, as it is kept with an entry."""
        with closing(self._office.open_reader()) as connection:
            decisions = list_decisions(connection, self._office.area.id, self._office.book)
        in_force = [
            {"measure": one.measure, "name": one.name, "decision": decision.number, "in_force_at": one.in_force_at}
            for decision in decisions
            for one in decision.measures
            if one.is_in_force(sight.now)
        ]
        return freeze(self._office.area, sight.step, sight.alerts, sight.forecasts, in_force)

    def read_marks(self) -> Marks:
        """What later entries did to earlier ones."""
        with closing(self._office.open_reader()) as connection:
            return read_marks(connection, self._office.area.id, self._office.book)

    def list_incidents(self) -> list[Incident]:
        """All incidents, oldest first."""
        with closing(self._office.open_reader()) as connection:
            return list_incidents(connection, self._office.area.id, self._office.book)

    def hand_over(self, sight: Sight, hours: float) -> Handover:
        """What the next shift must know of the last hours."""
        area, book = self._office.area, self._office.book
        since = sight.now - timedelta(hours=hours)
        with closing(self._office.open_reader()) as connection:
            undelivered = count_undelivered(connection, area.id, book)
            return make_handover(
                since=since,
                until=sight.now,
                timezone=area.timezone,
                entries=read_entries_since(connection, area.id, book, since),
                incidents=list_incidents(connection, area.id, book),
                actions=read_open_actions(connection, area.id, book),
                decisions=_standing_measures(connection, area.id, book, sight.now),
                alerts=[Standing(what=dict(a.because), since=a.raised_at, id=a.id) for a in sight.alerts if a.kind.value == "crowd"],
                undelivered=undelivered[DeliveryState.GIVEN_UP],
                data_problems=[Standing(what=dict(a.because), since=a.raised_at, id=a.target) for a in sight.alerts if a.kind.value == "data"],
                head=find_head(connection, area.id, book),
                names={place: name_of(area, place) for place in self._places},
            )


def _standing_measures(connection: Connection, area: str, book: str, now: datetime) -> Sequence[Standing]:
    """Measures that work or are being set up."""
    found = []
    for decision in list_decisions(connection, area, book):
        for one in decision.measures:
            if one.is_in_force(now):
                found.append(Standing(what={"en": one.name, "nl": one.name}, since=one.in_force_at, id=str(decision.number)))
            elif one.is_being_set_up(now):
                words = {"en": f"{one.name} (being set up)", "nl": f"{one.name} (in opbouw)"}
                found.append(Standing(what=words, since=decision.taken_at, id=str(decision.number)))
    return found
