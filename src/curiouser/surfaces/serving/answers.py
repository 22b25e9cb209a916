"""Answers that several routes give: a body with its ETag, a table as a file, a way back after a form."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import StaleEditError
from curiouser.surfaces.bodies.text import json_text
from curiouser.surfaces.serving.admission import FLASH_COOKIE
from curiouser.surfaces.serving.errors import PreconditionNeededError
from curiouser.surfaces.serving.routes import Caller

One = TypeVar("One")
# As in exported data: an apostrophe that was there already is kept apart from ours.
_FORMULA = re.compile(r"^'*[=+\-@\t\r]")
_FLASH_S = 60


def body_answer(body: Json, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a body, byte for byte what ``--json`` prints."""
    return Response(
        json_text(body) + "\n", status_code=status, media_type="application/json", headers=dict(headers or {})
    )


def tagged_answer(body: Json, *, status: int = 200) -> Response:
    """Answer with one thing and the tag that an edit of it must bring back."""
    return body_answer(body, status=status, headers={"ETag": entity_tag(body)})


def entity_tag(body: Json) -> str:
    """Name a state of a thing by its content."""
    return f'"{hashlib.sha256(json_text(body).encode()).hexdigest()[:32]}"'


def expected(request: Request, found: One, body: Json) -> One | None:
    """Refuse an edit that was not made for the present state of a thing, before any work is done for it.

    Args:
        request: Whose ``If-Match`` names a state, or is ``*``.
        found: The thing as it is now.
        body: The same as a body, whose tag must be the one that is named.

    Returns:
        What the service must still find when nobody else can write; None where the edit is for any state.

    Raises:
        PreconditionNeededError: There is no ``If-Match``.
        StaleEditError: It names another state.
    """
    wanted = request.headers.get("if-match")
    if wanted is None:
        raise PreconditionNeededError("an edit says which state it is for", "send the ETag you read as If-Match, or *")
    if wanted.strip() != "*" and entity_tag(body) not in {part.strip() for part in wanted.split(",")}:
        raise StaleEditError("this has changed since you read it", "read it again, and edit that")
    return None if wanted.strip() == "*" else found


def see_other(caller: Caller, path: str, flash: str = "") -> Response:
    """Send a person on after a form, with a sentence about what was done."""
    response = Response(status_code=303, headers={"Location": caller.url(path)})
    if flash:
        response.set_cookie(FLASH_COOKIE, quote(flash), max_age=_FLASH_S, httponly=True, samesite="lax", path="/")
    return response


def csv_answer(heads: Sequence[str], rows: Sequence[Sequence[object]], name: str) -> Response:
    """Answer with a table as a CSV file that no spreadsheet takes for formulas.

    Args:
        heads: One per column.
        rows: Cells; None is an empty cell.
        name: Of the file, without its ending.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_cell(head) for head in heads])
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}.csv"}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> object:
    """Defuse text that a spreadsheet would run; numbers stay numbers.

    Examples:
        >>> _cell("=1+1"), _cell(-2.5), _cell(None)
        ("'=1+1", -2.5, '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value
