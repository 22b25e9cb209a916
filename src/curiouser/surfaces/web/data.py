"""Data: datasets and their branches, the log, what changed row by row, rows by predicate, and one example's life."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import File, Query, UploadFile
from starlette.responses import Response

from curiouser.data import DataCommit, DataDiff, DatasetStatus, Imported, Origin, RefKind, page_of_rows
from curiouser.kernel.errors import CuriouserError
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.data import data_status_body
from curiouser.surfaces.serving.answers import body_answer, see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.data_views import (
    answers_to,
    diff_lines,
    diff_table,
    heads_table,
    log_table,
    main_columns,
    other_columns,
    rows_table,
    shown,
)
from curiouser.surfaces.web.posted import Form, Posted
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import AsFile, Format, table_answer
from curiouser.surfaces.web.uploaded import Fields, upload

routes = Routes(tags=["pages"])
RefName = Annotated[str, Query(max_length=120)]
MaybeRef = Annotated[str, Query(max_length=120)]
After = Annotated[str | None, Query(max_length=1_000, description="Rows behind this id.")]
SHOWN_ROWS, SHOWN_VERSIONS, SHOWN_CHANGES = 50, 50, 100
CHANGES_IN_A_FILE = 5_000
"""Changed rows in one CSV or JSON; its header ``Link`` says where the next ones are."""


@routes.get("/data", does=Verb.READ)
def list_datasets(caller: Asked, as_file: AsFile = None) -> Response:
    """List every dataset with its branches and tags."""
    if as_file == "json":
        return body_answer(data_status_body(caller.workspace.data.status()))
    if as_file is not None:
        return table_answer(heads_table(caller.workspace.data.status()), as_file)
    return _listed(caller)


@routes.post("/data", does=Verb.IMPORT_ROWS, takes_files=True)
def import_rows(caller: Asked, form: Fields, file: Annotated[UploadFile | None, File()] = None) -> Response:
    """Import a file of rows: all of them, or none when one is bad."""
    try:
        done = _import(caller, form, file)
    except CuriouserError as error:
        return _listed(caller, status=error.http_status, trouble=error, given=form)
    said = f"{plural(done.added, 'row')} added, {done.changed:,} changed, {done.removed:,} removed"
    if done.dry_run:
        dry = f"Nothing was changed. It would come to: {said}; {plural(done.rows, 'row')} in all."
        return _listed(caller, given=form, dry=dry, notes=done.notes)
    return see_other(caller, _commit_path(form.text("dataset"), str(done.data_commit)), f"{said}.")


@routes.get("/data/{dataset}", does=Verb.READ)
def show_dataset(caller: Asked, dataset: str) -> Response:
    """Lead to the log: it is what a dataset is."""
    return see_other(caller, f"/data/{quote(dataset, safe='')}/log")


@routes.get("/data/{dataset}/log", does=Verb.READ)
def log(
    caller: Asked, dataset: str, ref: RefName = "main", before: MaybeRef = "", as_file: AsFile = None
) -> Response:  # fmt: skip
    """List the versions of a branch or tag, newest first."""
    found = caller.workspace.data.log(f"{dataset}@{ref}", limit=SHOWN_VERSIONS + 1, before=before or None)
    if as_file is not None:
        return table_answer(log_table(found[:SHOWN_VERSIONS]), as_file)
    return _log(caller, dataset, ref=ref, found=found)


@routes.post("/data/{dataset}/refs", does=Verb.ADD_BRANCH)
def add_ref(caller: Asked, dataset: str, form: Form) -> Response:
    """Start a branch, or give a version a lasting name."""
    data, name = caller.workspace.data, form.text("name")
    add = data.tag if form.text("kind") == "tag" else data.branch
    try:
        made = add(dataset, name, form.maybe("at"), actor=caller.actor)
    except CuriouserError as error:
        found = data.log(f"{dataset}@main", limit=SHOWN_VERSIONS + 1)
        return _log(caller, dataset, ref="main", found=found, status=error.http_status, trouble=error, given=form)
    query = urlencode({"ref": made.name})
    return see_other(
        caller, f"/data/{quote(dataset, safe='')}/log?{query}", f"{str(made.kind).capitalize()} {made.name} is made."
    )


@routes.post("/data/{dataset}/refs/delete", does=Verb.ADD_BRANCH)
def delete_ref(caller: Asked, dataset: str, form: Form) -> Response:
    """Delete a branch or a tag; its versions stay until garbage collection."""
    data, name = caller.workspace.data, form.text("name")
    kinds = {one.name: one.kind for one in data.refs(dataset)}
    delete = data.delete_tag if kinds.get(name) is RefKind.TAG else data.delete_branch
    gone = delete(dataset, name, actor=caller.actor)
    return see_other(
        caller, f"/data/{quote(dataset, safe='')}/log", f"{str(gone.kind).capitalize()} {gone.name} is deleted."
    )


@routes.post("/data/{dataset}/revert", does=Verb.REVERT_COMMIT)
def revert(caller: Asked, dataset: str, form: Form) -> Response:
    """Undo one version with a new one; what came later stays."""
    branch, commit = form.text("branch") or "main", form.text("data_commit")
    made = caller.workspace.data.revert(dataset, branch, commit, actor=caller.actor, message=form.maybe("message"))
    return see_other(caller, _commit_path(dataset, made.data_commit), f"{commit[:12]} is undone on {branch}.")


@routes.get("/data/{dataset}/commits/{commit}", does=Verb.READ)
def show_commit(
    caller: Asked, dataset: str, commit: str, after: After = None, as_file: AsFile = None
) -> Response:  # fmt: skip
    """Show one version: who, why, and the rows it changed."""
    limit = CHANGES_IN_A_FILE if as_file else SHOWN_CHANGES
    found = caller.workspace.data.show(f"{dataset}@{commit}", limit, after_id=after)
    if as_file is not None:
        return _diff_file(caller, found.diff, {}, as_file)
    lines, at = diff_lines(caller.workspace, found.diff), found.data_commit
    branches = [one.name for one in caller.workspace.data.refs(dataset) if one.kind is RefKind.BRANCH]
    main = main_columns(caller.workspace, at.schema)
    return page(
        caller, "data_commit.html", found=found, at=at, lines=lines, main=main, after=after, branches=branches,
        may_change=caller.may(Verb.IMPORT_ROWS),
    )  # fmt: skip


@routes.get("/data/{dataset}/diff", does=Verb.READ)
def diff(  # one parameter per part of the choice
    caller: Asked, dataset: str, a: MaybeRef = "", b: RefName = "main", *, after: After = None,
    as_file: AsFile = None,
) -> Response:  # fmt: skip
    """Show what differs between two versions, row by row and field by field."""
    data = caller.workspace.data
    before = a or _first_version(caller, dataset, b)
    limit = CHANGES_IN_A_FILE if as_file else SHOWN_CHANGES
    found = data.diff(f"{dataset}@{before}", f"{dataset}@{b}", limit, after_id=after)
    if as_file is not None:
        return _diff_file(caller, found, {"a": before, "b": b}, as_file)
    lines, main = diff_lines(caller.workspace, found), main_columns(caller.workspace, data.resolve(found.after).schema)
    return page(
        caller, "data_diff.html", dataset=dataset, a=before, b=b, refs=data.refs(dataset), found=found, lines=lines,
        main=main, after=after,
    )  # fmt: skip


@routes.get("/data/{dataset}/rows", does=Verb.READ)
def rows(  # one parameter per part of the choice
    caller: Asked,
    dataset: str,
    ref: RefName = "main",
    *,
    where: Annotated[str, Query(max_length=2_000)] = "",
    after: Annotated[str | None, Query(max_length=1_000)] = None,
    as_file: AsFile = None,
) -> Response:
    """Show rows of a version, all or those for which a predicate holds."""
    trouble, where, at = None, where.strip(), f"{dataset}@{ref}"
    try:
        found = page_of_rows(caller.workspace.data, at, where=where or None, after=after, limit=SHOWN_ROWS)
    except CuriouserError as error:
        if not where:
            raise
        trouble, found = error, page_of_rows(caller.workspace.data, at, after=after, limit=SHOWN_ROWS)
    if as_file is not None and trouble is None:
        return table_answer(rows_table(found), as_file)
    schema = found.data_commit.schema
    return page(
        caller, "data_rows.html", status=200 if trouble is None else trouble.http_status, found=found, trouble=trouble,
        dataset=dataset, ref=ref, where=where, after=after, refs=caller.workspace.data.refs(dataset), shown=shown,
        main=main_columns(caller.workspace, schema), others=other_columns(caller.workspace, schema),
    )  # fmt: skip


@routes.get("/data/{dataset}/examples/{example:path}", does=Verb.READ)
def show_example(caller: Asked, dataset: str, example: str, ref: RefName = "main") -> Response:
    """Show one example: what it says, what became of it, and what every model answered."""
    at = f"{dataset}@{ref}"
    found = caller.workspace.data.example_history(at, example)
    answers = answers_to(caller.workspace, at, example) if found.row is not None else []
    task = caller.workspace.configuration.task
    has_answers, columns = any(one.answer is not None for one in answers), list(found.row or {})
    return page(
        caller, "example.html", dataset=dataset, ref=ref, found=found, answers=answers if has_answers else [],
        task=task, shown=shown, main=main_columns(caller.workspace, columns),
        others=other_columns(caller.workspace, columns),
    )  # fmt: skip


def _listed(
    caller: Caller, *, status: int = 200, trouble: CuriouserError | None = None, given: Posted | None = None,
    dry: str = "", notes: tuple[str, ...] = (),
) -> Response:  # fmt: skip
    found: list[DatasetStatus] = caller.workspace.data.status()
    return page(
        caller, "data.html", status=status, found=found, trouble=trouble, given=given, dry=dry, notes=notes,
        may_change=caller.may(Verb.IMPORT_ROWS), task=caller.workspace.configuration.task,
    )  # fmt: skip


def _log(
    caller: Caller, dataset: str, *, ref: str, found: Sequence[DataCommit], status: int = 200,
    trouble: CuriouserError | None = None, given: Posted | None = None,
) -> Response:  # fmt: skip
    more = found[SHOWN_VERSIONS - 1].id if len(found) > SHOWN_VERSIONS else None
    refs = caller.workspace.data.refs(dataset)
    return page(
        caller, "data_log.html", status=status, dataset=dataset, ref=ref, found=found[:SHOWN_VERSIONS], more=more,
        refs=refs, may_change=caller.may(Verb.IMPORT_ROWS), trouble=trouble, given=given,
    )  # fmt: skip


def _import(caller: Caller, form: Posted, file: UploadFile | None) -> Imported:
    origin = form.text("origin")
    with upload(file) as path:
        return caller.workspace.data.import_file(
            path,
            dataset=form.text("dataset"),
            message=form.text("message"),
            branch=form.text("branch") or "main",
            replace=bool(form.text("replace")),
            origin=Origin(origin) if origin in set(Origin) else None,
            allow_input_changes=bool(form.text("allow_input_changes")),
            unlabelled=bool(form.text("unlabelled")),
            dry_run=bool(form.text("dry_run")),
            actor=caller.actor,
        )


def _diff_file(caller: Caller, found: DataDiff, query: dict[str, str], form: Format) -> Response:
    answer = table_answer(diff_table(found), form)
    if found.next is not None:
        following = urlencode({**query, "after": found.next, "format": form})
        answer.headers["Link"] = f'<{quote(caller.url(caller.path))}?{following}>; rel="next"'
    return answer


def _first_version(caller: Caller, dataset: str, ref: str) -> str:
    """Choose what to compare with when nobody said: the version before."""
    at = caller.workspace.data.resolve(f"{dataset}@{ref}")
    return (at.parents[0] if at.parents else at.id)[:12]


def _commit_path(dataset: str, commit: str) -> str:
    return f"/data/{quote(dataset, safe='')}/commits/{commit}"
