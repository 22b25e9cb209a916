"""Background jobs: an evaluation started from a page goes on here, survives a restart, and can be stopped."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from curiouser.jobs import Job, JobState
from curiouser.surfaces.bodies.jobs import job_body
from curiouser.surfaces.serving.answers import body_answer, see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Routes
from curiouser.surfaces.web.posted import Form
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import AsFile, Column, Table, table_answer
from curiouser.workspace.working import ask_for_evaluation

routes = Routes(tags=["pages"])
Number = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
SHOWN = 50


@routes.get("/jobs", does=Verb.READ)
def list_jobs(
    caller: Asked, state: JobState | None = None, before: Number = None, as_file: AsFile = None
) -> Response:  # fmt: skip
    """List jobs, newest first."""
    found = caller.workspace.jobs.list(limit=SHOWN + 1, before=before, state=state)
    if as_file is not None:
        return table_answer(_table(found[:SHOWN]), as_file)
    more = found[SHOWN - 1].number if len(found) > SHOWN else None
    states, may_change = list(JobState), caller.may(Verb.EVALUATE)
    return page(
        caller, "jobs.html", found=found[:SHOWN], more=more, state=state, states_known=states, may_change=may_change
    )


@routes.post("/jobs/evaluate", does=Verb.EVALUATE)
def evaluate(caller: Asked, form: Form) -> Response:
    """Bring every active model, or those named, to a test set, in the background."""
    workspace, on, names = caller.workspace, form.text("on") or "test", [one for one in form.every("models") if one]
    workspace.data.resolve(on)  # an unknown name is told now, and not by a job that fails later
    for name in names:
        workspace.models.get(name)
    job = ask_for_evaluation(workspace, on=on, models=names or None, actor=caller.actor)
    return see_other(caller, f"/jobs/{job.number}")


@routes.get("/jobs/{number}", does=Verb.READ)
def show_job(caller: Asked, number: int, as_file: AsFile = None) -> Response:
    """Show how far a job is, and what came of it."""
    job = caller.workspace.jobs.get(number)
    if as_file == "json":
        return body_answer(job_body(job))
    may_change = caller.may(Verb.EVALUATE)
    return page(caller, "job.html", job=job, may_change=may_change, uses_htmx=not job.state.ended)


@routes.post("/jobs/{number}/cancel", does=Verb.CANCEL_JOB)
def cancel_job(caller: Asked, number: int) -> Response:
    """Stop a job: at once while it waits, else at its worker's next progress."""
    job = caller.workspace.jobs.cancel(number, actor=caller.actor)
    said = "It is cancelled." if job.state.ended else "It stops at its next step; what is finished is kept."
    return see_other(caller, f"/jobs/{number}", said)


@routes.post("/jobs/{number}/retry", does=Verb.RETRY_JOB)
def retry_job(caller: Asked, number: int) -> Response:
    """Ask again for what failed or was cancelled, as a new job."""
    made = caller.workspace.jobs.retry(number, actor=caller.actor)
    return see_other(caller, f"/jobs/{made.number}", f"Job {number} is asked for again.")


def _table(found: tuple[Job, ...]) -> Table:
    keys = ("number", "kind", "state", "actor", "done", "total", "created_at", "started_at", "ended_at", "attempt",
            "error_code", "error")  # fmt: skip
    rows = [job_body(one) for one in found]
    return Table(name="jobs", caption="Jobs", columns=[Column(key=key, title=key) for key in keys], rows=rows)
