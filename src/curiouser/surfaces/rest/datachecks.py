"""Checks on data over REST: run them, and read what they found."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from curiouser.surfaces.bodies.datachecks import check_runs_body, checked_body
from curiouser.surfaces.rest.accepting import LATER, accepted
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, Name, Number
from curiouser.surfaces.rest.parameters import Ref as RefText
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Limit, Routes
from curiouser.workspace.working import ask_for_check, is_for_a_job

routes = Routes(tags=["data checks"])
_MOST_CHECKS = 100


class ToCheck(Body):
    """What to check; the arguments of `curiouser data check`."""

    ref: RefText = "test"
    against: RefText | None = None
    only: Annotated[tuple[Name, ...], Field(max_length=_MOST_CHECKS)] = ()


@routes.post("/data-checks", does=Verb.CHECK_DATA, responses=LATER)
def check(caller: Asked, body: ToCheck) -> Response:
    """Check a version of the data; what is known of the same rows is not worked out again; `curiouser data check`.

    Much data is checked in the background: the answer is a job then, and `GET /data-checks` has what it found.
    """
    if is_for_a_job(caller.workspace, body.ref, body.against):
        return accepted(caller, ask_for_check(caller.workspace, actor=caller.actor, **body.model_dump()))
    made = caller.workspace.datachecks.check(body.ref, against=body.against, only=body.only, actor=caller.actor)
    return body_answer(checked_body(made))


@routes.get("/data-checks", does=Verb.READ)
def last_check(caller: Asked, ref: RefText = "test") -> Response:
    """Read what the last check of a ref found, of the version that it named then."""
    return body_answer(checked_body(caller.workspace.datachecks.last(ref)))


@routes.get("/data-check-runs", does=Verb.READ)
def list_runs(caller: Asked, ref: RefText | None = None, limit: Limit = 20, after: Number | None = None) -> Response:
    """List what was checked, newest first: the history of one ref, or of all; `curiouser data checks`."""
    found = caller.workspace.datachecks.runs(ref, before=after, limit=limit + 1)
    return body_answer(paged(check_runs_body(found[:limit]), following(found, limit, lambda one: one.number)))
