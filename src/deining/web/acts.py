"""What people do through the API: who may, and how a body is read."""

from __future__ import annotations

import ipaddress
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from fastapi import Request

from deining.domain.errors import NotAllowed, TooLarge, WrongUse
from deining.domain.logbook import ROLES

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names of this machine to itself."""
MOST_BYTES = 200_000
LONGEST_NAME = 100
Body = TypeVar("Body", bound="Act")


class Act(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every act names its area, who acts, and in which role."""

    area: str
    by: str
    role: str


def check_desk(request: Request) -> None:
    """Refuse who does not sit at this machine: there is no sign-in yet, and what people do and write here is not public.

    Raises
    ------
    NotAllowed
        When the request comes over the network, or by another name than this machine's own, as that of a site that points here.
    """
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    mapped = getattr(address, "ipv4_mapped", None)
    name = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if address is None or not (mapped or address).is_loopback or name not in LOOPBACK:
        raise NotAllowed("decisions, logbook and alerts are handled at the machine that deining runs on, until there is a sign-in; open the page there")


async def read_act(request: Request, kind: type[Body]) -> Body:
    """The body of an act, checked.

    Raises
    ------
    NotAllowed
        As `check_desk`.
    WrongUse
        When it is not JSON of this kind, names nobody or no known role.
    TooLarge
        When it is longer than anybody writes.
    """
    check_desk(request)
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise WrongUse("an act is a body of application/json; give that Content-Type")
    body = await read_body(request)
    try:
        act = msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongUse(f"not such an act: {error}; see /openapi.json for what is expected") from error
    if not act.by.strip() or len(act.by) > LONGEST_NAME or not act.by.isprintable():
        raise WrongUse(f"by is {act.by[:40]!r}; expected the name of who acts, of at most {LONGEST_NAME} letters")
    if act.role not in ROLES:
        raise WrongUse(f"role is {act.role[:40]!r}; expected one of {', '.join(ROLES)}")
    return act


async def read_body(request: Request) -> bytes:
    """The body of a request.

    Raises
    ------
    TooLarge
        When it is longer than anybody writes; no more of it is read.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise TooLarge(f"the body is larger than {MOST_BYTES // 1000} kB; write less, nothing was stored")
    return bytes(body)
