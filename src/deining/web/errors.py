"""One table from errors to status codes, and the one shape that every error body has."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from deining.domain.errors import (
    DeiningError,
    DiskFilling,
    NotAllowed,
    NotAuthenticated,
    Overloaded,
    PersonalDataFound,
    SourceUnavailable,
    TooLarge,
    UnknownName,
    WrongData,
    WrongUse,
)

log = logging.getLogger(__name__)

STATUSES: tuple[tuple[type[DeiningError], int, str], ...] = (
    (NotAuthenticated, 401, "not_authenticated"),
    (NotAllowed, 403, "not_allowed"),
    (UnknownName, 404, "unknown_name"),
    (TooLarge, 413, "too_large"),
    (PersonalDataFound, 422, "personal_data"),
    (WrongUse, 422, "wrong_use"),
    (WrongData, 422, "wrong_data"),
    (Overloaded, 429, "overloaded"),
    (SourceUnavailable, 503, "source_unavailable"),
    (DiskFilling, 507, "disk_filling"),
    (DeiningError, 500, "failed"),
)
"""The first row that fits holds."""


class ErrorDetail(msgspec.Struct):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str
    detail: Any = None


class ErrorBody(msgspec.Struct):
    """The body of every error."""

    error: ErrorDetail


def error_response(status: int, code: str, message: str, detail: object = None, headers: dict[str, str] | None = None) -> Response:
    """An error in its one shape."""
    body = msgspec.json.encode(ErrorBody(ErrorDetail(code, message, detail)))
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def handle_errors(api: FastAPI) -> None:
    """Give every error of this application its status and shape."""
    api.add_exception_handler(DeiningError, _deining_error)
    api.add_exception_handler(HTTPException, _http_error)
    api.add_exception_handler(RequestValidationError, _validation_error)
    api.add_exception_handler(Exception, _unexpected_error)


def _deining_error(_: Request, error: Exception) -> Response:
    status, code = next((status, code) for kind, status, code in STATUSES if isinstance(error, kind))
    headers = {}
    if isinstance(error, Overloaded):
        headers["Retry-After"] = str(error.retry_after_s)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    detail = error.findings if isinstance(error, PersonalDataFound) else None
    return error_response(status, code, str(error), detail, headers=headers)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    phrase = HTTPStatus(error.status_code).phrase
    message = f"{request.method} {request.url.path}: {phrase.lower()}; the paths that exist are described at /openapi.json"
    return error_response(error.status_code, phrase.lower().replace(" ", "_"), message, headers=dict(error.headers or {}))


def _validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors()]
    message = "; ".join(f"{one['where']}: {one['what']}" for one in found)
    return error_response(422, "wrong_use", f"{message}; see /openapi.json for what is expected", found)


def _unexpected_error(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return error_response(500, "failed", "deining failed at this; it is in the server's log, and nothing was changed")
