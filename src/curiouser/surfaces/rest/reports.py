"""User reports over REST: what somebody told us, and the problem that answers it."""

from __future__ import annotations

from starlette.responses import Response

from curiouser.surfaces.bodies.problems import report_body, reports_body
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, ModelRef, Name, Number, Row, Text
from curiouser.surfaces.serving.answers import body_answer, tagged_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Limit, Routes

routes = Routes(tags=["reports"])


class NewReport(Body):
    """What a user said, with the input that misbehaved."""

    text: Text
    input: Row | None = None
    answered: Name | None = None
    expected: Name | None = None
    model: ModelRef | None = None
    user: Name | None = None


class Link(Body):
    """The problem that answers a report; null takes the link away."""

    problem: Name | None


@routes.get("/reports", does=Verb.READ)
def list_reports(  # one parameter per filter
    caller: Asked,
    limit: Limit = 100,
    after: Number | None = None,
    *,
    problem: Name | None = None,
    waiting: bool = False,
    withdrawn: bool = False,
) -> Response:
    """List reports, newest first; `curiouser report list`."""
    reports = caller.workspace.problems.reports
    found = reports.list(problem=problem, waiting=waiting, withdrawn=withdrawn, limit=limit + 1, before=after)
    return body_answer(paged(reports_body(found[:limit]), following(found, limit, lambda one: one.number)))


@routes.post("/reports", does=Verb.ADD_REPORT, status_code=201)
def add_report(caller: Asked, body: NewReport) -> Response:
    """Write a report down; `curiouser report add`."""
    made = caller.workspace.problems.reports.add(**body.model_dump(), actor=caller.actor)
    headers = {"Location": caller.url(f"/api/v1/reports/{made.number}")}
    return body_answer(report_body(made), status=201, headers=headers)


@routes.get("/reports/{number}", does=Verb.READ)
def show_report(caller: Asked, number: Number) -> Response:
    """Show one report; `curiouser report show`."""
    return tagged_answer(report_body(caller.workspace.problems.reports.get(number)))


@routes.post("/reports/{number}/link", does=Verb.LINK_REPORT)
def link_report(caller: Asked, number: Number, body: Link) -> Response:
    """Say which problem answers a report; null lets it wait again; `curiouser report link`."""
    return tagged_answer(report_body(caller.workspace.problems.reports.link(number, body.problem)))


@routes.post("/reports/{number}/withdraw", does=Verb.WITHDRAW_REPORT)
def withdraw_report(caller: Asked, number: Number) -> Response:
    """Withdraw a report that was none; it stays readable and counts no more; `curiouser report withdraw`."""
    return tagged_answer(report_body(caller.workspace.problems.reports.withdraw(number)))


@routes.post("/reports/{number}/restore", does=Verb.RESTORE_REPORT)
def restore_report(caller: Asked, number: Number) -> Response:
    """Take a withdrawn report back; it counts again; `curiouser report restore`."""
    return tagged_answer(report_body(caller.workspace.problems.reports.restore(number)))
