"""Versions of labelled rows over REST: datasets, branches and tags, the log, what changed, and single cells."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from pydantic import Field
from starlette.responses import Response

from curiouser.data import Cell, Ref, RefKind, RefNotFoundError, page_of_rows
from curiouser.surfaces.bodies.data import (
    blame_body,
    committed_body,
    data_status_body,
    diff_body,
    log_body,
    ref_body,
    refs_body,
    shown_body,
)
from curiouser.surfaces.bodies.data_files import rows_body
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import MOST_COLUMNS, MOST_ROWS, Body, Id, Ids, Name, Text
from curiouser.surfaces.rest.parameters import Ref as RefText
from curiouser.surfaces.serving.answers import body_answer, expected, tagged_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import After, Asked, Caller, Limit, Routes

routes = Routes(tags=["data"])


class NewRef(Body):
    """A branch or tag to be made."""

    name: Name
    at: RefText | None = None


class CellGiven(Body):
    """One cell of a known row, and its new value as text; null makes it missing."""

    id: Id
    column: Name
    text: Text | None


class Edit(Body):
    """Cells to set and rows to delete; the options of `curiouser data commit`."""

    branch: Name = "main"
    cells: Annotated[tuple[CellGiven, ...], Field(max_length=MOST_ROWS)] = ()
    deletes: Ids = ()
    message: Text
    allow_input_changes: bool = False


class Renaming(Body):
    """Columns and their new names; the arguments of `curiouser data column rename`."""

    branch: Name = "main"
    names: Annotated[dict[Name, Name], Field(max_length=MOST_COLUMNS)]
    message: Text | None = None


class Dropping(Body):
    """Columns to take away; the arguments of `curiouser data column drop`."""

    branch: Name = "main"
    names: Annotated[tuple[Name, ...], Field(max_length=MOST_COLUMNS)]
    message: Text | None = None


class Undo(Body):
    """A version to undo; the options of `curiouser data revert`."""

    data_commit: RefText
    branch: Name = "main"
    message: Text | None = None


@routes.get("/datasets", does=Verb.READ)
def list_datasets(caller: Asked, limit: Limit = 100, after: After = None) -> Response:
    """List every dataset with its branches, tags, rows and size; `curiouser data status`."""
    found = caller.workspace.data.status(after=after, limit=limit + 1)
    cursor = following(found, limit, lambda one: one.dataset.name)
    return body_answer(paged(data_status_body(found[:limit]), cursor))


@routes.get("/datasets/{dataset}/refs", does=Verb.READ)
def list_refs(caller: Asked, dataset: Name, limit: Limit = 100, after: After = None) -> Response:
    """List the branches, then the tags of a dataset; `curiouser data branch`."""
    found = caller.workspace.data.refs(dataset, after=after, limit=limit + 1)
    return body_answer(paged(refs_body(found[:limit]), following(found, limit, lambda one: one.name)))


@routes.get("/datasets/{dataset}/refs/{name}", does=Verb.READ)
def show_ref(caller: Asked, dataset: Name, name: Name) -> Response:
    """Show where a branch or tag points."""
    return tagged_answer(ref_body(_ref(caller, dataset, name)))


@routes.post("/datasets/{dataset}/branches", does=Verb.ADD_BRANCH, status_code=201)
def add_branch(caller: Asked, dataset: Name, body: NewRef) -> Response:
    """Start a branch; `curiouser data branch NAME`."""
    made = caller.workspace.data.branch(dataset, body.name, body.at, actor=caller.actor)
    return tagged_answer(ref_body(made), status=201)


@routes.post("/datasets/{dataset}/tags", does=Verb.ADD_TAG, status_code=201)
def add_tag(caller: Asked, dataset: Name, body: NewRef) -> Response:
    """Give a version a lasting name; `curiouser data tag NAME`."""
    made = caller.workspace.data.tag(dataset, body.name, body.at, actor=caller.actor)
    return tagged_answer(ref_body(made), status=201)


@routes.delete("/datasets/{dataset}/refs/{name}", does=Verb.ADD_BRANCH)
def delete_ref(caller: Asked, request: Request, dataset: Name, name: Name) -> Response:
    """Delete a branch or a tag; its versions stay until garbage collection; `curiouser data branch NAME --delete`."""
    found, data = _ref(caller, dataset, name), caller.workspace.data
    seen = expected(request, found, ref_body(found))
    delete = data.delete_branch if found.kind is RefKind.BRANCH else data.delete_tag
    return body_answer(ref_body(delete(dataset, name, expected=seen, actor=caller.actor)))


@routes.post("/datasets/{dataset}/edits", does=Verb.EDIT_ROWS)
def edit_rows(caller: Asked, dataset: Name, body: Edit) -> Response:
    """Correct single cells and delete rows; `curiouser data commit`."""
    cells = [Cell(id=one.id, column=one.column, text=one.text) for one in body.cells]
    said = body.model_dump(include={"deletes", "message", "allow_input_changes"})
    return body_answer(
        committed_body(caller.workspace.data.edit(dataset, body.branch, cells=cells, actor=caller.actor, **said))
    )


@routes.post("/datasets/{dataset}/columns/rename", does=Verb.RENAME_COLUMNS)
def rename_columns(caller: Asked, dataset: Name, body: Renaming) -> Response:
    """Give columns other names, all at once; `curiouser data column rename`."""
    columns = caller.workspace.data.columns
    return body_answer(committed_body(columns.rename(dataset, actor=caller.actor, **body.model_dump())))


@routes.post("/datasets/{dataset}/columns/drop", does=Verb.DROP_COLUMNS)
def drop_columns(caller: Asked, dataset: Name, body: Dropping) -> Response:
    """Take columns away; earlier versions keep them; `curiouser data column drop`."""
    columns = caller.workspace.data.columns
    return body_answer(committed_body(columns.drop(dataset, actor=caller.actor, **body.model_dump())))


@routes.post("/datasets/{dataset}/reverts", does=Verb.REVERT_COMMIT)
def revert(caller: Asked, dataset: Name, body: Undo) -> Response:
    """Undo one version with a new one; what came later stays; `curiouser data revert`."""
    data, commit = caller.workspace.data, body.data_commit
    made = data.revert(dataset, body.branch, commit, actor=caller.actor, message=body.message)
    return body_answer(committed_body(made))


@routes.get("/log", does=Verb.READ)
def log(caller: Asked, ref: RefText = "test", limit: Limit = 20, after: RefText | None = None) -> Response:
    """List the versions of a ref, newest first; `curiouser data log`."""
    return body_answer(log_body(caller.workspace.data.log(ref, limit=limit, before=after), limit))


@routes.get("/data-commits/{ref}", does=Verb.READ)
def show_data_commit(caller: Asked, ref: RefText, limit: Limit = 20, after_id: Id | None = None) -> Response:
    """Show one version: who, why, its columns, and which rows it changed; `curiouser data show`."""
    return body_answer(shown_body(caller.workspace.data.show(ref, limit=limit, after_id=after_id)))


@routes.get("/diff", does=Verb.READ)
def diff(caller: Asked, before: RefText, after: RefText, limit: Limit = 100, after_id: Id | None = None) -> Response:
    """Show what changed between two versions, row by row and field by field; `curiouser data diff`.

    The two versions are `before` and `after`; the `next` of a page is sent back as `after_id`.
    """
    return body_answer(diff_body(caller.workspace.data.diff(before, after, limit=limit, after_id=after_id)))


@routes.get("/rows", does=Verb.READ)
def list_rows(
    caller: Asked, ref: RefText = "test", limit: Limit = 50, after: Id | None = None, where: Text | None = None
) -> Response:
    """Read the rows of a version by id, those that a predicate selects; as a file: `/export`."""
    found = page_of_rows(caller.workspace.data, ref, where=where, after=after, limit=limit)
    return body_answer(rows_body(found))


@routes.get("/datasets/{dataset}/blame", does=Verb.READ)
def blame(  # one parameter per option
    caller: Asked,
    dataset: Name,
    example: Id,
    branch: Name = "main",
    limit: Limit = 20,
    *,
    after: RefText | None = None,
) -> Response:
    """Show every change of one example: who, when, why, and which fields from what to what; `curiouser data blame`."""
    found = caller.workspace.data.example_history(f"{dataset}@{branch}", example, limit=limit, before=after)
    return body_answer(blame_body(found))


def _ref(caller: Caller, dataset: str, name: str) -> Ref:
    """Find a branch or tag.

    Raises:
        RefNotFoundError: The dataset has none of this name.
    """
    found = next((one for one in caller.workspace.data.refs(dataset) if one.name == name), None)
    if found is None:
        raise RefNotFoundError(f"{dataset}@{name}", "there is no such branch or tag")
    return found
