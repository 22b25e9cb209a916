"""Merges over REST: begin, look at conflicts, settle, land or give up; and protected branches."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from starlette.responses import Response

from curiouser.data import MergeState, Resolution, SettlingRule
from curiouser.surfaces.bodies.data_merging import (
    conflicts_body,
    merge_body,
    merged_body,
    merges_body,
    protection_body,
    protections_body,
)
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import MOST_COLUMNS, MOST_ROWS, Body, Name, Number, Ref, Text
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import After, Asked, Limit, Routes
from curiouser.workspace.ranking import rank_by_order, rank_by_role

routes = Routes(tags=["merges"])

Numbers = Annotated[tuple[Number, ...], Field(min_length=1, max_length=MOST_ROWS)]


class NewMerge(Body):
    """What to merge; the options of `curiouser data merge`."""

    source: Ref
    into: Name = "main"
    message: Text | None = None


class Settled(Body):
    """How to settle some conflicts; the options of `curiouser data settle`."""

    conflicts: Numbers
    resolution: Resolution
    values: Annotated[dict[Name, Text | None], Field(max_length=MOST_COLUMNS)] | None = None
    because: Text = ""

    @model_validator(mode="after")
    def _values_with_their_resolution(self) -> Self:
        if (self.resolution is Resolution.VALUE) is (self.values is None):
            raise ValueError("`values` goes with the resolution `value`, and with no other")
        return self


class SettledAll(Body):
    """A rule to settle by; `ranking` names people, the highest first, where their roles are not to count."""

    rule: SettlingRule
    ranking: Annotated[tuple[Name, ...], Field(max_length=500)] = ()
    because: Text = ""


class Opened(Body):
    """Conflicts to open again."""

    conflicts: Numbers


@routes.post("/datasets/{dataset}/merges", does=Verb.MERGE_BRANCH)
def merge(caller: Asked, dataset: Name, body: NewMerge) -> Response:
    """Merge a version into a branch; with conflicts no branch moves, and `merge.unsettled` says how many wait.

    `curiouser data merge`, which then ends with status 5.
    """
    made = caller.workspace.data.merges.merge(dataset, body.source, body.into, actor=caller.actor, message=body.message)
    return body_answer(merged_body(made))


@routes.get("/merges", does=Verb.READ)
def list_merges(
    caller: Asked,
    limit: Limit = 50,
    after: Number | None = None,
    dataset: Name | None = None,
    state: MergeState | None = None,
) -> Response:
    """List merges, newest first; `curiouser data merges`."""
    found = caller.workspace.data.merges.all(dataset=dataset, state=state, before=after, limit=limit + 1)
    return body_answer(paged(merges_body(found[:limit]), following(found, limit, lambda one: one.number)))


@routes.get("/merges/{number}", does=Verb.READ)
def show_merge(caller: Asked, number: Number) -> Response:
    """Show one merge, and how many of its conflicts are open."""
    return body_answer(merge_body(caller.workspace.data.merges.get(number)))


@routes.get("/merges/{number}/conflicts", does=Verb.READ)
def list_conflicts(
    caller: Asked, number: Number, limit: Limit = 50, after: Number | None = None, *, settled: bool = False
) -> Response:
    """List the open conflicts of a merge, or all: what base, ours and theirs have; `curiouser data conflicts`."""
    merges = caller.workspace.data.merges
    found = merges.conflicts(number, open_only=not settled, after=after or 0, limit=limit + 1)
    cursor = following(found, limit, lambda one: one.number)
    return body_answer(paged(conflicts_body(merges.get(number), found[:limit]), cursor))


@routes.post("/merges/{number}/settle", does=Verb.SETTLE_CONFLICTS)
def settle(caller: Asked, number: Number, body: Settled) -> Response:
    """Settle conflicts by their numbers, or leave them to an expert; `curiouser data settle`."""
    said = body.model_dump(include={"values", "because"})
    merges, actor = caller.workspace.data.merges, caller.actor
    return body_answer(merge_body(merges.settle(number, body.conflicts, body.resolution, actor=actor, **said)))


@routes.post("/merges/{number}/settle-all", does=Verb.SETTLE_CONFLICTS)
def settle_all(caller: Asked, number: Number, body: SettledAll) -> Response:
    """Settle by a rule what nobody has settled or escalated; `curiouser data settle --all-by`."""
    rank = rank_by_order(body.ranking) if body.ranking else rank_by_role(caller.access, caller.name)
    merges, actor = caller.workspace.data.merges, caller.actor
    return body_answer(merge_body(merges.settle_all(number, body.rule, actor=actor, rank=rank, because=body.because)))


@routes.post("/merges/{number}/unsettle", does=Verb.SETTLE_CONFLICTS)
def unsettle(caller: Asked, number: Number, body: Opened) -> Response:
    """Open settled conflicts again; `curiouser data settle --undo`."""
    return body_answer(merge_body(caller.workspace.data.merges.unsettle(number, body.conflicts)))


@routes.post("/merges/{number}/finish", does=Verb.FINISH_MERGE)
def finish(caller: Asked, number: Number) -> Response:
    """Land a merge whose conflicts are settled; `curiouser data finish`."""
    return body_answer(merged_body(caller.workspace.data.merges.finish(number, actor=caller.actor)))


@routes.post("/merges/{number}/abort", does=Verb.ABORT_MERGE)
def abort(caller: Asked, number: Number) -> Response:
    """Give a merge up; `curiouser data abort`."""
    return body_answer(merge_body(caller.workspace.data.merges.abandon(number, actor=caller.actor)))


@routes.get("/datasets/{dataset}/protections", does=Verb.READ)
def list_protections(caller: Asked, dataset: Name, limit: Limit = 100, after: After = None) -> Response:
    """List the branches that move only by approved proposals; `curiouser data protect`."""
    found = caller.workspace.data.protections.all(dataset, after=after, limit=limit + 1)
    return body_answer(paged(protections_body(found[:limit]), following(found, limit, lambda one: one.branch)))


@routes.post("/datasets/{dataset}/refs/{name}/protect", does=Verb.PROTECT_BRANCH)
def protect(caller: Asked, dataset: Name, name: Name) -> Response:
    """Let a branch move only by approved proposals; `curiouser data protect`."""
    return body_answer(protection_body(caller.workspace.data.protections.protect(dataset, name, actor=caller.actor)))


@routes.post("/datasets/{dataset}/refs/{name}/unprotect", does=Verb.UNPROTECT_BRANCH)
def unprotect(caller: Asked, dataset: Name, name: Name) -> Response:
    """Let a branch be moved again by everybody who may change data; `curiouser data unprotect`."""
    return body_answer(protection_body(caller.workspace.data.protections.unprotect(dataset, name)))
