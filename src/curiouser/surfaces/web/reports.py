"""Reports: what users told us, filed in under a minute, and what becomes of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints
from starlette.responses import Response

from curiouser.kernel.errors import CuriouserError
from curiouser.surfaces.serving.answers import see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.posted import Form
from curiouser.surfaces.web.rendering import page, part, streamed
from curiouser.surfaces.web.report_form import empty_report, sent_report
from curiouser.surfaces.web.report_list import WantedReports, answers_table, report_listing, reports_table
from curiouser.surfaces.web.tables import table_answer

routes = Routes(tags=["pages"])
Name = Annotated[str, StringConstraints(max_length=100)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
_MOST_NAMES = 2_000


@routes.get("/reports", does=Verb.READ)
def reports_page(caller: Asked, wanted: Annotated[WantedReports, Query()]) -> Response:
    """List reports, newest first; those that wait are the usual ones."""
    found = report_listing(caller.workspace, wanted)
    if wanted.format is not None:
        return table_answer(reports_table(found), wanted.format)
    return page(caller, "reports.html", found=found, task=found.task, can_report=caller.may(Verb.ADD_REPORT))


@routes.get("/reports/new", does=Verb.ADD_REPORT)
def new_report_page(caller: Asked, problem: Name = "") -> Response:
    """Offer a form for a report."""
    return page(caller, "report_new.html", form=empty_report(caller.workspace), problem=problem)


@routes.post("/reports", does=Verb.ADD_REPORT, name="file_report")
def file_report(caller: Asked, form: Form) -> Response:
    """Write a report down; what was typed stays where something is wrong with it."""
    sent, problem = sent_report(caller.workspace, form), form.text("problem")
    if sent.errors:
        return page(caller, "report_new.html", status=422, form=sent, problem=problem)
    try:
        made = caller.workspace.problems.reports.add(**sent.given(), actor=caller.actor)
        if problem and caller.may(Verb.LINK_REPORT):
            caller.workspace.problems.reports.link(made.number, problem)
    except CuriouserError as error:
        return page(caller, "report_new.html", status=error.http_status, form=sent.blamed(error), problem=problem)
    return see_other(caller, f"/reports/{made.number}", f"Report {made.number} is filed. Thank you.")


@routes.get("/reports/{number}", does=Verb.READ)
def report_page(caller: Asked, number: Number) -> Response:
    """Show one report, and what can become of it."""
    return page(caller, "report.html", 200, **_context(caller, number), count=None, coming="")


@routes.post("/reports/{number}/ask", does=Verb.ASK_MODELS, name="ask_every_model")
def ask_every_model(caller: Asked, number: Number, form: Form) -> Response:
    """Put a report's input to every model; nothing is stored, so the answer is a page of its own."""
    workspace = caller.workspace
    report, models = workspace.problems.reports.get(number), workspace.models.list()
    answers = workspace.models.asker.each(dict(report.input), models)
    if form.text("format") in {"csv", "json"}:
        table = answers_table(list(answers), report)
        return table_answer(table, "csv" if form.text("format") == "csv" else "json")
    if not models:
        return page(caller, "report.html", 200, **_context(caller, number), count=0, coming="")
    rows = (part(caller, "asked_row.html", one=one, expected=report.expected) for one in answers)
    return streamed(caller, "report.html", rows, **_context(caller, number), count=len(models))


@routes.post("/reports/{number}/link", does=Verb.LINK_REPORT, name="link_report_by_form")
def link_report(caller: Asked, number: Number, form: Form) -> Response:
    """Say which problem answers a report; nothing chosen takes the link away."""
    problem = form.maybe("problem")
    caller.workspace.problems.reports.link(number, problem)
    told = f"{problem} answers report {number}." if problem else f"Report {number} waits again."
    return see_other(caller, f"/reports/{number}", told)


@routes.post("/reports/{number}/withdraw", does=Verb.WITHDRAW_REPORT, name="withdraw_report_by_form")
def withdraw_report(caller: Asked, number: Number) -> Response:
    """Withdraw a report that was none."""
    caller.workspace.problems.reports.withdraw(number)
    return see_other(caller, f"/reports/{number}", f"Report {number} is withdrawn; it stays readable.")


@routes.post("/reports/{number}/restore", does=Verb.RESTORE_REPORT, name="restore_report_by_form")
def restore_report(caller: Asked, number: Number) -> Response:
    """Take a withdrawn report back."""
    caller.workspace.problems.reports.restore(number)
    return see_other(caller, f"/reports/{number}", f"Report {number} counts again.")


def _context(caller: Caller, number: int) -> dict[str, object]:
    workspace, may_link = caller.workspace, caller.may(Verb.LINK_REPORT)
    problems = workspace.problems.list(include_closed=False, limit=_MOST_NAMES) if may_link else ()
    return {
        "report": workspace.problems.reports.get(number),
        "problems": [("", "– none –"), *((one.problem.name, one.problem.name) for one in problems)],
        "task": workspace.configuration.task,
        "can_ask": caller.may(Verb.ASK_MODELS),
        "can_edit": may_link,
    }
