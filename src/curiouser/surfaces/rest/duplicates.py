"""Rows that repeat each other, over REST."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from curiouser.surfaces.bodies.duplicates import duplicates_body
from curiouser.surfaces.rest.parameters import Ref as RefText
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Limit, Routes

routes = Routes(tags=["data checks"])
Near = Annotated[bool, Query(description="Look for typos, punctuation, word breaks and swaps too.")]


@routes.get("/duplicates", does=Verb.CHECK_DATA)
def list_duplicates(  # one parameter per option
    caller: Asked,
    ref: RefText = "test",
    against: RefText | None = None,
    since: RefText | None = None,
    limit: Limit = 100,
    *,
    near: Near = False,
) -> Response:
    """Find the rows of a ref that repeat an earlier row, or one of another version; `curiouser data duplicates`."""
    found = caller.workspace.duplicates.of(ref, against, since=since, near=near, limit=limit)
    return body_answer(duplicates_body(found))
