"""What a route answers, said once beside the route: it makes the OpenAPI description true."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from deining import __version__
from deining.web.errors import ErrorBody

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
REF = "#/components/schemas/{name}"
JSON = "application/json"
REASONS = {
    401: "No token, or a token that nobody holds",
    403: "It may not be done now, or not from there",
    404: "No such area or place",
    413: "The body is too large",
    422: "What was sent is not right",
    429: "Too much at once; Retry-After says when to try again",
    507: "The disk is filling; nothing was stored",
}


def answers(kind: Any, *, body: Any = None, errors: tuple[int, ...] = (), media_type: str = JSON) -> Callable[[Endpoint], Endpoint]:
    """Say what an endpoint answers, what body it takes, and which errors it may give."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__["answers"] = (kind, body, errors, media_type)
        return endpoint

    return mark


def describe(api: FastAPI, routers: Iterable[APIRouter]) -> dict[str, Any]:
    """The OpenAPI description of the routers' paths, with the rows' own schemas."""
    if api.openapi_schema:
        return api.openapi_schema
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    marks = {(route.path_format, method.lower()): route.endpoint.__dict__["answers"] for route in routes for method in route.methods or ()}
    kinds: list[Any] = [ErrorBody]
    for kind, body, _, _ in marks.values():
        kinds += [one for one in (kind, body) if one is not None]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    schema_of = {repr(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    document = get_openapi(title="deining", version=__version__, summary="Crowd safety manager", routes=api.routes, license_info={"name": "EUPL-1.2"})
    for (path, method), (kind, body, errors, media_type) in marks.items():
        operation = document["paths"][path][method]
        content = {media_type: {"schema": schema_of[repr(kind)] if kind is not None else {"type": "string"}}}
        operation["responses"] = {"200": {"description": "As it is now", "content": content}}
        for status in errors:
            operation["responses"][str(status)] = {"description": REASONS[status], "content": {JSON: {"schema": {"$ref": REF.format(name="ErrorBody")}}}}
        if body is not None:
            operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schema_of[repr(body)]}}}
    document["components"] = {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    document["paths"]["/v1/observations"]["post"]["security"] = [{"token": []}]
    api.openapi_schema = document
    return document
