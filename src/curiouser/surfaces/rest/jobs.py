"""Background jobs over REST: asking for an evaluation, and how far every job is."""

from __future__ import annotations

from starlette.responses import Response

from curiouser.jobs import JobState
from curiouser.surfaces.bodies.jobs import job_body, jobs_body
from curiouser.surfaces.rest.accepting import accepted
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, Names, Number, Ref
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Limit, Routes
from curiouser.workspace.working import ask_for_evaluation

routes = Routes(tags=["jobs"])


class Evaluate(Body):
    """What to evaluate; the arguments and options of `curiouser evaluate`."""

    models: Names = ()
    on: Ref = "test"


@routes.post("/evaluations", does=Verb.EVALUATE, status_code=202)
def evaluate(caller: Asked, body: Evaluate) -> Response:
    """Bring every active model, or those named, to a test set, in the background; `curiouser evaluate`.

    The answer is the job: its ``state`` becomes ``done`` or ``failed`` at the address in ``Location``.
    """
    workspace = caller.workspace
    workspace.data.resolve(body.on)  # an unknown name is told now, and not by a job that fails later
    for name in body.models:
        workspace.models.get(name)
    return accepted(caller, ask_for_evaluation(workspace, on=body.on, models=body.models or None, actor=caller.actor))


@routes.get("/jobs", does=Verb.READ)
def list_jobs(caller: Asked, limit: Limit = 50, after: Number | None = None, state: JobState | None = None) -> Response:
    """List jobs, newest first; `curiouser job list`."""
    found = caller.workspace.jobs.list(limit=limit + 1, before=after, state=state)
    return body_answer(paged(jobs_body(found[:limit]), following(found, limit, lambda one: one.number)))


@routes.get("/jobs/{number}", does=Verb.READ)
def show_job(caller: Asked, number: Number) -> Response:
    """Show how far a job is, and what came of it; `curiouser job show`."""
    return body_answer(job_body(caller.workspace.jobs.get(number)))


@routes.post("/jobs/{number}/cancel", does=Verb.CANCEL_JOB)
def cancel_job(caller: Asked, number: Number) -> Response:
    """Stop a job: at once while it waits, else at its worker's next progress; `curiouser job cancel`."""
    return body_answer(job_body(caller.workspace.jobs.cancel(number, actor=caller.actor)))


@routes.post("/jobs/{number}/retry", does=Verb.RETRY_JOB, status_code=202)
def retry_job(caller: Asked, number: Number) -> Response:
    """Ask again for what failed or was cancelled, as a new job; `curiouser job retry`."""
    return accepted(caller, caller.workspace.jobs.retry(number, actor=caller.actor))
