"""Observations in: checked row by row, and acknowledged only when they are durably committed."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from deining.app import App
from deining.domain.area import Area
from deining.domain.errors import NotAllowed, NotAuthenticated, TooLarge, WrongData
from deining.domain.observation import QUANTITY_NAMES, UNITS, Observation, Quantity
from deining.governance.permission import why_not
from deining.pipeline import why_refused
from deining.storage.tokens import TokenHolder, find_holder, hash_token
from deining.web.context import Running, json_response
from deining.web.describe import answers
from deining.web.rows import Rejected, StoredAnswer

router = APIRouter()

TOKEN_KEPT_S = 5.0
"""So long a token is trusted without looking it up again, s."""


class ObservationIn(msgspec.Struct):
    """One observation, as it is sent; times carry an offset."""

    sensor: str
    quantity: str
    start: Annotated[datetime, msgspec.Meta(tz=True)]
    end: Annotated[datetime, msgspec.Meta(tz=True)]
    value: float
    unit: str | None = None


all_rows = msgspec.json.Decoder(list[ObservationIn])
raw_rows = msgspec.json.Decoder(list[msgspec.Raw])
one_row = msgspec.json.Decoder(ObservationIn)


class Tokens:
    """Whose token it is, looked up again every few seconds, so that a new or revoked one counts soon."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._store = app.open_reader()
        self._known: dict[bytes, tuple[TokenHolder, float]] = {}

    def get_holder(self, request: Request) -> TokenHolder:
        """The sensor that a request speaks for.

        Raises
        ------
        NotAuthenticated
            When it brings no token, or one that nobody holds.
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotAuthenticated('no token was sent; expected "Authorization: Bearer TOKEN"; deining token SENSOR makes one')
        key, now = hash_token(token.strip()), time.monotonic()
        holder, looked_up = self._known.get(key, (None, 0.0))
        if holder is None or now - looked_up > TOKEN_KEPT_S:
            self._known.pop(key, None)
            holder = find_holder(self._store, token.strip())
            if holder is None:
                raise NotAuthenticated("nobody holds this token; deining token SENSOR makes a new one")
            self._known[key] = (holder, now)
        return holder


@router.post("/v1/observations")
@answers(StoredAnswer, body=list[ObservationIn], errors=(401, 403, 413, 422, 429, 507))
async def post_observations(app: Running, request: Request) -> Response:
    """Store observations of one sensor; the answer comes when they are on the disk."""
    holder = request.app.state.tokens.get_holder(request)
    runner = app.get_runner(holder.area)
    if runner.mode != "live":
        raise NotAllowed(f"area {holder.area} is a {runner.mode}; it takes no observations from outside")
    now = runner.now()
    _check_sensor(runner.area, holder, now)
    given, rejected = read_rows(await _read_body(request, app.settings.max_body_bytes))
    if any(row.sensor != holder.sensor for _, row in given):
        raise NotAllowed(f"the token belongs to sensor {holder.sensor!r}; the post has rows of another; send each sensor's rows with its own token")
    taken: list[Observation] = []
    for index, row in given:
        observation = Observation(row.sensor, Quantity(row.quantity), row.start, row.end, row.value, now)
        if why := why_refused(runner.area, observation, now):
            rejected.append(Rejected(index=index, why=why))
        else:
            taken.append(observation)
    if rejected:
        app.writer.count_rejected(holder.area, holder.sensor, len(rejected))
    stored = await asyncio.wrap_future(app.store(holder.area, taken))
    rejected.sort(key=lambda one: one.index)
    return json_response(StoredAnswer(stored=len(stored.new), duplicate=stored.duplicate, conflicting=stored.conflicting, rejected=rejected))


def _check_sensor(area: Area, holder: TokenHolder, now: datetime) -> None:
    sensor = area.sensors.get(holder.sensor)
    if sensor is None:
        raise NotAllowed(f"sensor {holder.sensor!r} of this token is not in area {area.id} any more; add it to sensors.csv")
    if why := why_not(area, sensor, now):
        raise NotAllowed(why)


async def _read_body(request: Request, most_bytes: int) -> bytes:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise WrongData(f"the body is encoded as {encoding}; expected plain JSON; send it without Content-Encoding")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most_bytes:
            raise TooLarge(f"the body is larger than {most_bytes} bytes; send fewer observations at once")
        parts.append(part)
    return b"".join(parts)


def read_rows(body: bytes) -> tuple[list[tuple[int, ObservationIn]], list[Rejected]]:
    """The rows of a body with their place in it, and those that are no observation.

    Raises
    ------
    WrongData
        When the body is not a JSON array of observations.
    """
    try:
        rows = [(index, row) for index, row in enumerate(all_rows.decode(body))]
        rejected: list[Rejected] = []
    except (msgspec.MsgspecError, UnicodeDecodeError):
        rows, rejected = _read_one_by_one(body)
    good = []
    for index, row in rows:
        if why := _why_no_observation(row):
            rejected.append(Rejected(index=index, why=why))
        else:
            good.append((index, row))
    return good, rejected


def _read_one_by_one(body: bytes) -> tuple[list[tuple[int, ObservationIn]], list[Rejected]]:
    try:
        raw = raw_rows.decode(body.decode("utf-8"))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongData(f"the body is not a JSON array of observations in UTF-8 ({error}); expected such as [{{'sensor': ..., 'quantity': ...}}]") from error
    rows, rejected = [], []
    for index, part in enumerate(raw):
        try:
            rows.append((index, one_row.decode(part)))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            why = f"not an observation: {error}; expected sensor, quantity, start, end (ISO 8601 with an offset) and value"
            rejected.append(Rejected(index=index, why=why))
    return rows, rejected


def _why_no_observation(row: ObservationIn) -> str | None:
    if row.quantity not in QUANTITY_NAMES:
        return f"quantity {row.quantity!r} is not known; expected one of {', '.join(sorted(QUANTITY_NAMES))}"
    if row.unit is not None and row.unit != UNITS[row.quantity]:
        return f"unit {row.unit!r} is not that of {row.quantity}; expected {UNITS[row.quantity]}, or no unit"
    return None
