"""Slices: parts of the rows by predicate or by ids, under names that comparisons and scores use."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from curiouser.data import DatasetNotFoundError
from curiouser.evaluations import SlicedRows
from curiouser.kernel.errors import CuriouserError
from curiouser.kernel.words import plural
from curiouser.surfaces.serving.answers import see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.posted import Form, Posted
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import AsFile, Column, Table, table_answer

routes = Routes(tags=["pages"])


@routes.get("/slices", does=Verb.READ)
def list_slices(
    caller: Asked, on: Annotated[str, Query(max_length=250)] = "test", as_file: AsFile = None
) -> Response:  # fmt: skip
    """List the slices that somebody named, and those that follow from the task's groups."""
    found = _found(caller, on)
    if as_file is not None:
        return table_answer(_table(found or []), as_file)
    return _listed(caller, on=on, found=found)


@routes.post("/slices", does=Verb.ADD_SLICE)
def add_slice(caller: Asked, form: Form) -> Response:
    """Name the rows that a predicate or a list of ids selects."""
    on, ids = form.text("on") or "test", form.raw("ids").split()
    try:
        made = caller.workspace.evaluations.add_slice(
            form.text("name"), where=form.maybe("where"), ids=ids or None, on=on, actor=caller.actor
        )
    except CuriouserError as error:
        return _listed(caller, on=on, found=_found(caller, on), status=error.http_status, trouble=error, given=form)
    what = plural(len(made.ids), "row") if made.ids is not None else str(made.where)
    return see_other(caller, "/slices", f"{made.name} selects {what}.")


@routes.post("/slices/{name}/remove", does=Verb.REMOVE_SLICE)
def remove_slice(caller: Asked, name: str) -> Response:
    """Forget a slice's name; its scores are kept."""
    gone = caller.workspace.evaluations.remove_slice(name)
    return see_other(caller, "/slices", f"{gone.name} is forgotten; naming the same rows again brings its scores back.")


def _found(caller: Caller, on: str) -> list[SlicedRows] | None:
    evaluations = caller.workspace.evaluations
    try:
        return evaluations.slices(evaluations.test_set(on))
    except DatasetNotFoundError:
        return None


def _listed(
    caller: Caller, *, on: str, found: list[SlicedRows] | None, status: int = 200,
    trouble: CuriouserError | None = None, given: Posted | None = None,
) -> Response:  # fmt: skip
    task = caller.workspace.configuration.task
    return page(
        caller, "slices.html", status=status, found=found, on=on, trouble=trouble, given=given, task=task,
        may_change=caller.may(Verb.ADD_SLICE),
    )  # fmt: skip


def _table(found: list[SlicedRows]) -> Table:
    keys = ("name", "where", "ids", "rows", "automatic")
    return Table(
        name="slices",
        caption="Slices",
        columns=[Column(key=key, title=key) for key in keys],
        rows=[
            {
                "name": one.slice.name, "where": one.slice.where,
                "ids": None if one.slice.ids is None else list(one.slice.ids),
                "rows": one.rows, "automatic": one.slice.automatic,
            }
            for one in found
        ],
    )  # fmt: skip
