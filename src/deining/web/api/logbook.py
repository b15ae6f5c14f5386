"""The logbook: its lines, what the screen showed with each, incidents, the hand-over and the export."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from deining.domain.errors import WrongUse
from deining.domain.logbook import Action, Draft, IncidentStep, Priority
from deining.jobs.log_verify import read_extract
from deining.reporting.logbook_export import export_csv, export_pdf
from deining.runner import Runner
from deining.storage.logbook import find_frozen, get_entry, read_entries
from deining.web.acts import Act, check_desk, read_act
from deining.web.context import Areas, Running, json_response
from deining.web.describe import answers
from deining.web.logbook_rows import EntryRow, HandoverRow, IncidentRow, entry_row, handover_row, incident_row

router = APIRouter(dependencies=[Depends(check_desk)])

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
LONGEST_KEY = 200
DONE = {"en": "Done: {text}", "nl": "Gedaan: {text}"}
TYPES = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}
OneArea = Annotated[str, Query(description="The area")]


class ActionIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What somebody is to do, and until when."""

    text: str
    owner: str
    due: Aware | None = None


class Line(Act):
    """A line of the logbook; with `anyway` it is written though it seems to name persons."""

    text: str
    place: str | None = None
    category: str = "observation"
    priority: Literal["normal", "important", "urgent"] = "normal"
    occurred_at: Aware | None = None
    reason: str = ""
    rejected: list[str] = msgspec.field(default_factory=list)
    action: ActionIn | None = None
    corrects: int | None = None
    incident: str | None = None
    alert: str | None = None
    decision: int | None = None
    anyway: bool = False


class Done(Act):
    """The action of an entry was done."""

    number: int


class Opening(Act):
    """An incident is opened by a line."""

    category: str
    text: str
    place: str | None = None
    anyway: bool = False


class Closing(Act):
    """An incident is closed by a line."""

    id: str
    text: str
    anyway: bool = False


@router.get("/v1/logbook")
@answers(list[EntryRow], errors=(403, 404, 422))
def get_logbook(
    app: Running,
    areas: Areas,
    after: Annotated[int, Query(ge=0, description="Only entries with a higher number")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many entries")] = 200,
) -> Response:
    """Entries of the book that is written in now, oldest first."""
    rows = []
    for runner in (app.runners[area] for area in areas):
        marks = runner.desk.log.read_marks()
        with closing(app.open_reader()) as connection:
            rows += [entry_row(runner.area, entry, marks) for entry in read_entries(connection, runner.area.id, runner.desk.book, after=after, limit=limit)]
    return json_response(rows)


@router.get("/v1/logbook/frozen")
@answers(dict[str, Any], errors=(403, 404, 422))
def get_frozen(app: Running, area: OneArea, number: Annotated[int, Query(description="Number of the entry")]) -> Response:
    """What the screen showed when an entry was made."""
    runner = app.get_runner(area)
    with closing(app.open_reader()) as connection:
        return json_response(find_frozen(connection, runner.area.id, runner.desk.book, number) or b"null")


@router.get("/v1/logbook/handover")
@answers(HandoverRow, errors=(403, 404, 422))
def get_handover(app: Running, area: OneArea, hours: Annotated[float, Query(gt=0, le=168, description="How far back, hours")] = 8.0) -> Response:
    """What the next shift must know: what is open first."""
    runner = app.get_runner(area)
    return json_response(handover_row(runner.area, runner.desk.book, runner.desk.log.hand_over(runner.sight(), hours)))


@router.get("/v1/logbook/export")
@answers(None, errors=(403, 404, 422), media_type="text/csv")
def get_export(
    app: Running,
    area: OneArea,
    ending: Annotated[Literal["csv", "pdf"], Query(alias="format", description="csv or pdf")] = "csv",
    language: Annotated[Literal["en", "nl"] | None, Query(description="Of the PDF; that of the area when none is given")] = None,
) -> Response:
    """The whole logbook as a file."""
    runner = app.get_runner(area)
    with closing(app.open_reader()) as connection:
        extract = read_extract(connection, runner.area, runner.desk.book)
    body = export_csv(extract) if ending == "csv" else export_pdf(extract, language=language or runner.area.language, made_at=runner.now())
    name = f"logbook-{runner.area.id}-{runner.desk.book}.{ending}".replace(" ", "-").encode("ascii", "ignore").decode()
    return Response(body, media_type=TYPES[ending], headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"})


@router.post("/v1/logbook")
@answers(EntryRow, body=Line, errors=(403, 404, 413, 422, 429))
async def write_line(app: Running, request: Request) -> Response:
    """Write a line for good, frozen with what the screen shows now. A correction is a new line."""
    act = await read_act(request, Line)
    runner = app.get_runner(act.area)
    sight = runner.sight()
    action = Action(text=act.action.text, owner=act.action.owner, due=act.action.due) if act.action else None
    draft = Draft(
        occurred_at=act.occurred_at or sight.now,
        author=act.by,
        role=act.role,
        place=act.place,
        category=act.category,
        priority=Priority(act.priority),
        text=act.text,
        reason=act.reason,
        rejected=tuple(act.rejected),
        action=action,
        corrects=act.corrects,
        incident=act.incident,
        alert=act.alert,
        decision=act.decision,
    )
    return await _write(runner, draft, anyway=act.anyway, key=_key(request))


@router.post("/v1/logbook/done")
@answers(EntryRow, body=Done, errors=(403, 404, 413, 422, 429))
async def mark_done(app: Running, request: Request) -> Response:
    """Say that the action of an entry was done: a new line that refers to it."""
    act = await read_act(request, Done)
    runner = app.get_runner(act.area)

    def find() -> str:
        with closing(app.open_reader()) as connection:
            entry = get_entry(connection, runner.area.id, runner.desk.book, act.number)
        return entry.action.text if entry.action else entry.text

    text = DONE.get(runner.area.language, DONE["en"]).format(text=await asyncio.to_thread(find))
    draft = Draft(occurred_at=runner.now(), author=act.by, role=act.role, category="communication", text=text, completes=act.number)
    return await _write(runner, draft, anyway=True, key=_key(request))


@router.get("/v1/incidents")
@answers(list[IncidentRow], errors=(403, 404))
def get_incidents(app: Running, areas: Areas) -> Response:
    """Incidents of the book that is written in now, oldest first."""
    return json_response([incident_row(runner.area, one) for runner in (app.runners[area] for area in areas) for one in runner.desk.log.list_incidents()])


@router.post("/v1/incidents")
@answers(IncidentRow, body=Opening, errors=(403, 404, 413, 422, 429))
async def open_incident(app: Running, request: Request) -> Response:
    """Open an incident with a line."""
    act = await read_act(request, Opening)
    runner = app.get_runner(act.area)
    draft = Draft(
        occurred_at=runner.now(),
        author=act.by,
        role=act.role,
        place=act.place,
        category="incident",
        text=act.text,
        incident_step=IncidentStep.OPENED,
        incident_category=act.category,
    )
    return await _write_incident(runner, draft, anyway=act.anyway, key=_key(request))


@router.post("/v1/incidents/close")
@answers(IncidentRow, body=Closing, errors=(403, 404, 413, 422, 429))
async def close_incident(app: Running, request: Request) -> Response:
    """Close an incident with a line."""
    act = await read_act(request, Closing)
    runner = app.get_runner(act.area)
    draft = Draft(
        occurred_at=runner.now(), author=act.by, role=act.role, category="incident", text=act.text, incident=act.id, incident_step=IncidentStep.CLOSED
    )
    return await _write_incident(runner, draft, anyway=act.anyway, key=_key(request))


def _key(request: Request) -> str | None:
    """The sender's own name for a line, sent as the header Idempotency-Key: under the same one it is written once."""
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > LONGEST_KEY:
        raise WrongUse(f"the Idempotency-Key has {len(key)} characters; expected at most {LONGEST_KEY}")
    return key or None


async def _write(runner: Runner, draft: Draft, *, anyway: bool, key: str | None) -> Response:
    entry = await asyncio.to_thread(runner.desk.log.write, draft, runner.sight(), anyway=anyway, key=key)
    marks = await asyncio.to_thread(runner.desk.log.read_marks)
    return json_response(entry_row(runner.area, entry, marks))


async def _write_incident(runner: Runner, draft: Draft, *, anyway: bool, key: str | None) -> Response:
    entry = await asyncio.to_thread(runner.desk.log.write, draft, runner.sight(), anyway=anyway, key=key)
    incidents = await asyncio.to_thread(runner.desk.log.list_incidents)
    return json_response(next(incident_row(runner.area, one) for one in incidents if one.id == entry.incident))
