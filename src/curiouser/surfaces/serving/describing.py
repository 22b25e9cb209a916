"""What OpenAPI says of a route: which statuses it answers with, what a change must bring back, and who may call it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from curiouser.surfaces.serving.guard import SAFE, TOO_LARGE
from curiouser.surfaces.serving.routes import Declared
from curiouser.surfaces.serving.troubles import PROBLEM_JSON

_SAID: Mapping[int, str] = {
    400: "The call itself is wrong.",
    401: "Nobody is signed in, or the token is unknown.",
    403: "The caller may not do this.",
    404: "Nothing has this name.",
    409: "Somebody, or something, was there first.",
    412: "The thing has changed since it was read.",
    TOO_LARGE: "The request is too long.",
    415: "The body is of another type than this route takes.",
    422: "What was given cannot be right.",
    428: "The change does not say which state it was made for.",
    503: "Nothing happened; the same call is safe again.",
    507: "The store refused or is damaged; nothing was changed.",
}
_OBJECT = {"application/json": {"schema": {"type": "object"}}}
_PROBLEM = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_TEXT = {"type": "string"}
_PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457), with the keys of an error of `--json`.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "message", "hint"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": {"type": "string", "pattern": "^CUR[0-9]{3}$"},
        "message": _TEXT,
        "hint": _TEXT,
        "rows": {"type": "array", "items": _TEXT},
        "mistakes": {"type": "array", "items": _TEXT},
        "tail": _TEXT,
    },
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the state that the change was made for, or `*`.",
    "schema": {"type": "string", "maxLength": 1_000},
}
_EDITS = frozenset({"PUT", "PATCH", "DELETE"})


def responses_of(one: Declared) -> dict[int | str, dict[str, Any]]:
    """Describe every answer of a route."""
    status = int(one.options.get("status_code") or HTTPStatus.OK)
    answers: dict[int | str, dict[str, Any]] = {status: {"description": HTTPStatus(status).phrase, "content": _OBJECT}}
    answers |= {wrong: {"description": _SAID[wrong], "content": _PROBLEM} for wrong in sorted(_wrong(one))}
    answers.update(one.options.get("responses", {}))
    return answers


def extra_of(one: Declared) -> dict[str, Any]:
    """Describe what FastAPI does not see: the header of an edit, and that a token is asked for."""
    said: dict[str, Any] = copy.deepcopy(one.options.get("openapi_extra", {}))
    if one.method in _EDITS:
        said["parameters"] = [*said.get("parameters", []), _IF_MATCH]
    if one.role is not None:
        said["security"] = [{"bearer": []}]
    return said


def described(made: Mapping[str, Any]) -> dict[str, Any]:
    """Complete a description by what every route refers to."""
    components = made.get("components", {})
    schemas = {**components.get("schemas", {}), "Problem": _PROBLEM_SCHEMA}
    bearer = {"bearer": {"type": "http", "scheme": "bearer", "description": "A token: `curiouser token create`."}}
    return {**made, "components": {**components, "schemas": schemas, "securitySchemes": bearer}}


def _wrong(one: Declared) -> set[int]:
    wrong = {400, 404, 422, 503}
    if one.role is not None:
        wrong |= {401, 403}
    if one.method not in SAFE:
        wrong |= {409, TOO_LARGE, 507}
    if one.method in _EDITS:
        wrong |= {412, 428}
    if one.takes_files:
        wrong |= {415}
    return wrong
