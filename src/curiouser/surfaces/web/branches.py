"""Branches and tags of one dataset: where each stands, which are protected, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from curiouser.data import DataCommit, Protection, Ref, RefKind
from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.surfaces.bodies.data import data_commit_body
from curiouser.surfaces.serving.answers import see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.posted import Form
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import AsFile, Column, Table, table_answer
from curiouser.workspace import Workspace

routes = Routes(tags=["pages"])


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchLine:
    """One branch or tag."""

    ref: Ref
    """It."""
    at: DataCommit
    """The version that it names."""
    protection: Protection | None
    """Who protected it, where it moves only by approved proposals."""


@routes.get("/data/{dataset}/branches", does=Verb.READ)
def list_branches(caller: Asked, dataset: str, as_file: AsFile = None) -> Response:
    """List the branches, then the tags of a dataset."""
    found = _lines(caller.workspace, dataset)
    if as_file is not None:
        return table_answer(_table(found), as_file)
    branches = [one for one in found if one.ref.kind is RefKind.BRANCH]
    return page(
        caller, "branches.html", dataset=dataset, branches=branches,
        tags=[one for one in found if one.ref.kind is RefKind.TAG],
        protected=[one.ref.name for one in branches if one.protection is not None],
        may_change=caller.may(Verb.ADD_BRANCH), may_merge=caller.may(Verb.MERGE_BRANCH),
        may_propose=caller.may(Verb.PROPOSE_BRANCH),
        may_protect=caller.may(Verb.PROTECT_BRANCH),
    )  # fmt: skip


@routes.post("/data/{dataset}/protect", does=Verb.PROTECT_BRANCH, name="protect_branch_by_form")
def protect(caller: Asked, dataset: str, form: Form) -> Response:
    """Let a branch move only by approved proposals."""
    made = caller.workspace.data.protections.protect(dataset, form.text("branch"), actor=caller.actor)
    return _back(caller, dataset, f"{made.branch} moves only by approved proposals from now on.")


@routes.post("/data/{dataset}/unprotect", does=Verb.UNPROTECT_BRANCH, name="unprotect_branch_by_form")
def unprotect(caller: Asked, dataset: str, form: Form) -> Response:
    """Let a branch be moved again by everybody who may change data."""
    gone = caller.workspace.data.protections.unprotect(dataset, form.text("branch"))
    return _back(caller, dataset, f"{gone.branch} is protected no more.")


def _lines(workspace: Workspace, dataset: str) -> list[BranchLine]:
    data = workspace.data
    protected = {one.branch: one for one in data.protections.all(dataset)}
    return [
        BranchLine(ref=ref, at=data.resolve(ref.data_commit), protection=protected.get(ref.name))
        for ref in data.refs(dataset)
    ]


def _table(found: Sequence[BranchLine]) -> Table:
    keys = ("name", "kind", "data_commit", "rows", "message", "author", "created_at", "protected_by", "protected_at")
    rows: list[dict[str, Json]] = [
        {
            **data_commit_body(one.at), "name": one.ref.name, "kind": str(one.ref.kind),
            "protected_by": None if one.protection is None else one.protection.actor,
            "protected_at": None if one.protection is None else as_text(one.protection.created_at),
        }
        for one in found
    ]  # fmt: skip
    return Table(
        name="refs", caption="Branches and tags", columns=[Column(key=key, title=key) for key in keys], rows=rows
    )


def _back(caller: Caller, dataset: str, said: str) -> Response:
    return see_other(caller, f"/data/{quote(dataset, safe='')}/branches", said)
