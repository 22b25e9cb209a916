"""Answers of work that is done in the background: the job, and where to ask how far it is."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from curiouser.jobs import Job
from curiouser.surfaces.bodies.jobs import job_body
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.routes import Caller
from curiouser.workspace.working import MOST_IN_A_REQUEST

LATER: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "description": f"Above {MOST_IN_A_REQUEST:,} rows: the job that does it; its address is in Location.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
"""What routes answer whose work grows with the data."""


def accepted(caller: Caller, made: Job) -> Response:
    """Answer with a job that was asked for."""
    headers = {"Location": caller.url(f"/api/v1/jobs/{made.number}")}
    return body_answer(job_body(made), status=202, headers=headers)
