"""Checks on data: what the last check of a branch found, row by row, and what each check means."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from curiouser.datachecks import EVERY_CHECK, Checked, CheckNotFoundError
from curiouser.surfaces.bodies.datachecks import checked_body
from curiouser.surfaces.serving.answers import body_answer, see_other
from curiouser.surfaces.serving.roles import NEEDS, Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.datacheck_views import explanation, in_order, offences_table, results_table, shown_result
from curiouser.surfaces.web.posted import Form
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import AsFile, table_answer
from curiouser.workspace.working import ask_for_check

routes = Routes(tags=["pages"])
RefName = Annotated[str, Query(max_length=120)]
Code = Annotated[str, Query(max_length=100, description="A check: its offending rows as a file.")]
RUNS = 10


@routes.get("/data/{dataset}/checks", does=Verb.READ)
def show_checks(
    caller: Asked, dataset: str, ref: RefName = "main", code: Code = "", as_file: AsFile = None
) -> Response:  # fmt: skip
    """Show what the last check of a branch found; nothing is worked out for it."""
    checks, data, at = caller.workspace.datachecks, caller.workspace.data, f"{dataset}@{ref}"
    head, made = data.resolve(at), _last(caller, dataset, ref)
    if as_file is not None and made is not None:
        if as_file == "json" and not code:
            return body_answer(checked_body(made))
        return table_answer(offences_table(made, code) if code else results_table(made), as_file)
    runs = [run for name in _names(dataset, ref) for run in checks.runs(name, limit=RUNS)]
    return page(
        caller, "data_checks.html", dataset=dataset, ref=ref, refs=data.refs(dataset), head=head, made=made,
        results=[shown_result(one) for one in in_order(made)] if made is not None else [],
        runs=sorted(runs, key=lambda one: -one.number)[:RUNS], may_check=caller.may(Verb.CHECK_DATA),
        needs=NEEDS[Verb.CHECK_DATA],
    )  # fmt: skip


@routes.post("/data/{dataset}/checks", does=Verb.CHECK_DATA, name="check_data_by_form")
def check(caller: Asked, dataset: str, form: Form) -> Response:
    """Check a branch in the background."""
    ref = form.text("ref") or "main"
    caller.workspace.data.resolve(f"{dataset}@{ref}")  # an unknown name is told now, and not by a job that fails later
    against = form.maybe("against")
    if against is not None:
        against = against if "@" in against else f"{dataset}@{against}"
        caller.workspace.data.resolve(against)
    job = ask_for_check(caller.workspace, f"{dataset}@{ref}", against=against, actor=caller.actor)
    return see_other(caller, f"/jobs/{job.number}")


@routes.get("/data-checks", does=Verb.READ)
def list_checks(caller: Asked) -> Response:
    """List every check, each with its page."""
    return page(caller, "data_check_list.html", checks=EVERY_CHECK)


@routes.get("/data-checks/{code}", does=Verb.READ)
def explain_check(caller: Asked, code: str) -> Response:
    """Say what a check looks for, how, and what to do about what it found.

    Raises:
        CheckNotFoundError: No check has this code.
    """
    check = next((one for one in EVERY_CHECK if one.code == code), None)
    if check is None:
        raise CheckNotFoundError(code, [one.code for one in EVERY_CHECK])
    return page(caller, "data_check.html", check=check, text=explanation(code))


def _last(caller: Caller, dataset: str, ref: str) -> Checked | None:
    checks = caller.workspace.datachecks
    runs = [run for name in _names(dataset, ref) for run in checks.runs(name, limit=1)]
    newest = max(runs, key=lambda one: one.number, default=None)
    return None if newest is None else checks.last(newest.ref)


def _names(dataset: str, ref: str) -> list[str]:
    """List what a branch may have been called when it was checked."""
    return [f"{dataset}@{ref}", *([dataset] if ref == "main" else [])]
