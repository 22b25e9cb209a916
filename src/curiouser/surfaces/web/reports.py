"""Reports: what users told us, filed in under a minute, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints
from starlette.responses import Response

from curiouser.access import Role
from curiouser.kernel.errors import CuriouserError
from curiouser.models import Asked as ModelAnswer
from curiouser.surfaces.serving.answers import see_other
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.posted import Form
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.report_form import empty_report, sent_report
from curiouser.surfaces.web.report_list import WantedReports, answers_table, report_listing, reports_table
from curiouser.surfaces.web.tables import table_answer

routes = Routes(tags=["pages"])
Name = Annotated[str, StringConstraints(max_length=100)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
_MOST_NAMES = 2_000


@routes.get("/reports", role=Role.VIEWER)
def reports_page(caller: Asked, wanted: Annotated[WantedReports, Query()]) -> Response:
    """List reports, newest first; those that wait are the usual ones."""
    found = report_listing(caller.workspace, wanted)
    if wanted.format is not None:
        return table_answer(reports_table(found), wanted.format)
    return page(caller, "reports.html", found=found, task=found.task, can_report=caller.may(Role.LABELLER))


@routes.get("/reports/new", role=Role.LABELLER)
def new_report_page(caller: Asked, problem: Name = "") -> Response:
    """Offer a form for a report."""
    return page(caller, "report_new.html", form=empty_report(caller.workspace), problem=problem)


@routes.post("/reports", role=Role.LABELLER, name="file_report")
def file_report(caller: Asked, form: Form) -> Response:
    """Write a report down; what was typed stays where something is wrong with it."""
    sent, problem = sent_report(caller.workspace, form), form.text("problem")
    if sent.errors:
        return page(caller, "report_new.html", status=422, form=sent, problem=problem)
    try:
        made = caller.workspace.problems.reports.add(**sent.given(), actor=caller.actor)
        if problem and caller.may(Role.EXPERT):
            caller.workspace.problems.reports.link(made.number, problem)
    except CuriouserError as error:
        return page(caller, "report_new.html", status=error.http_status, form=sent.blamed(error), problem=problem)
    return see_other(caller, f"/reports/{made.number}", f"Report {made.number} is filed. Thank you.")


@routes.get("/reports/{number}", role=Role.VIEWER)
def report_page(caller: Asked, number: Number) -> Response:
    """Show one report, and what can become of it."""
    return _shown(caller, number)


@routes.post("/reports/{number}/ask", role=Role.LABELLER, name="ask_every_model")
def ask_every_model(caller: Asked, number: Number, form: Form) -> Response:
    """Put a report's input to every model; nothing is stored, so the answer is a page of its own."""
    report = caller.workspace.problems.reports.get(number)
    answers = caller.workspace.models.ask(dict(report.input))
    table = answers_table(answers, report)
    if form.text("format") in {"csv", "json"}:
        return table_answer(table, "csv" if form.text("format") == "csv" else "json")
    return _shown(caller, number, answers=answers)


@routes.post("/reports/{number}/link", role=Role.EXPERT, name="link_report_by_form")
def link_report(caller: Asked, number: Number, form: Form) -> Response:
    """Say which problem answers a report; nothing chosen takes the link away."""
    problem = form.maybe("problem")
    caller.workspace.problems.reports.link(number, problem)
    told = f"{problem} answers report {number}." if problem else f"Report {number} waits again."
    return see_other(caller, f"/reports/{number}", told)


@routes.post("/reports/{number}/withdraw", role=Role.EXPERT, name="withdraw_report_by_form")
def withdraw_report(caller: Asked, number: Number) -> Response:
    """Withdraw a report that was none."""
    caller.workspace.problems.reports.withdraw(number)
    return see_other(caller, f"/reports/{number}", f"Report {number} is withdrawn; it stays readable.")


def _shown(caller: Caller, number: int, answers: Sequence[ModelAnswer] | None = None) -> Response:
    workspace = caller.workspace
    problems = workspace.problems.list(include_closed=False, limit=_MOST_NAMES) if caller.may(Role.EXPERT) else ()
    return page(
        caller,
        "report.html",
        report=workspace.problems.reports.get(number),
        answers=answers,
        live=workspace.models.live(),
        problems=[("", "– none –"), *((one.problem.name, one.problem.name) for one in problems)],
        task=workspace.configuration.task,
        can_ask=caller.may(Role.LABELLER),
        can_edit=caller.may(Role.EXPERT),
    )
