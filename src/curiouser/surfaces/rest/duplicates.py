"""Rows that repeat each other, over REST."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from curiouser.kernel.errors import BadInputError
from curiouser.surfaces.bodies.duplicates import duplicates_body
from curiouser.surfaces.rest.parameters import Ref as RefText
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Limit, Routes
from curiouser.workspace.working import MOST_IN_A_REQUEST, is_for_a_job

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
    """Find the rows of a ref that repeat an earlier row, or one of another version; `curiouser data duplicates`.

    A whole search for near-duplicates is for a request up to 100,000 rows; with `since` only new rows are looked at.

    Raises:
        BadInputError: There are more.
    """
    if near and since is None and is_for_a_job(caller.workspace, ref, against):
        raise BadInputError(
            f"{ref} has more rows than a request searches for near-duplicates ({MOST_IN_A_REQUEST:,})",
            "say since which version, or check it in the background: POST /api/v1/data-checks with near-duplicates",
        )
    found = caller.workspace.duplicates.of(ref, against, since=since, near=near, limit=limit)
    return body_answer(duplicates_body(found))
