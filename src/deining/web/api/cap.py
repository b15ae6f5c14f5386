"""The CAP feed: what a channel of kind `cap` wrote, for those who fetch it."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.responses import Response

from deining.domain.errors import UnknownName
from deining.web.context import Running
from deining.web.describe import answers

router = APIRouter()

CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,140}")
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,140}\.(xml|atom)")
TYPES = {"xml": "application/cap+xml", "atom": "application/atom+xml"}


@router.get("/v1/cap/{channel}/{file}")
@answers(None, errors=(404,), media_type="application/cap+xml")
def get_cap(app: Running, channel: str, file: str) -> Response:
    """A message of the feed, or `index.atom`, which lists them."""
    path = app.folder / "cap" / channel / file
    if not CHANNEL.fullmatch(channel) or not FILE.fullmatch(file) or not path.is_file():
        raise UnknownName("file of a CAP feed", f"{channel}/{file}", ["index.atom of a channel of kind cap"])
    return Response(path.read_bytes(), media_type=TYPES[path.suffix[1:]], headers={"Cache-Control": "no-cache"})
