"""Evaluations over REST: all models on today's test set, comparisons, the leaderboard, slices and metrics."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from curiouser.evaluations import Slice, SliceNotFoundError
from curiouser.surfaces.bodies.evaluations import (
    comparison_body,
    leaderboard_body,
    metrics_body,
    slice_body,
    slices_body,
)
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, Ids, Name, Names, Predicates, Ref, Text
from curiouser.surfaces.serving.answers import body_answer, expected, tagged_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import After, Asked, Caller, Limit, Routes

routes = Routes(tags=["evaluations"])


class Comparing(Body):
    """Which models to compare, and on what; the options of `curiouser compare`."""

    models: Names
    on: Ref = "test"
    metric: Name | None = None
    common: bool = False
    every_slice: bool = False
    slices: Predicates = ()
    problems: bool = False


class NewSlice(Body):
    """A part of the rows: by a predicate, or by ids."""

    name: Name
    where: Text | None = None
    ids: Ids | None = None
    on: Ref = "test"


@routes.post("/comparisons", does=Verb.COMPARE)
def compare(caller: Asked, body: Comparing) -> Response:
    """Compare models on the same rows, pair by pair; it is written down that it was done; `curiouser compare`."""
    workspace = caller.workspace
    made = workspace.evaluations.compare(
        body.models,
        on=body.on,
        metric=body.metric,
        common=body.common,
        slices=None if body.every_slice else body.slices,
        problems=workspace.problems.pattern_ids(body.on.partition("@")[0]) if body.problems else None,
        actor=caller.actor,
    )
    return body_answer(comparison_body(made))


@routes.get("/leaderboard", does=Verb.READ)
def leaderboard(caller: Asked, on: Ref = "test", metric: Name | None = None, limit: Limit = 50) -> Response:
    """Show models x data commits, ranked by today's rows; `curiouser leaderboard`."""
    return body_answer(leaderboard_body(caller.workspace.evaluations.leaderboard(on=on, metric=metric, limit=limit)))


@routes.get("/metrics", does=Verb.READ)
def metrics(caller: Asked) -> Response:
    """List the metrics of the task, the headline's first, each in one sentence."""
    return body_answer(metrics_body(caller.workspace.evaluations.metrics().values()))


@routes.get("/slices", does=Verb.READ)
def list_slices(caller: Asked, on: Ref = "test", limit: Limit = 100, after: After = None) -> Response:
    """List the named slices, and those that follow from the task's groups; `curiouser slice list`."""
    evaluations = caller.workspace.evaluations
    found = evaluations.slices(evaluations.test_set(on), after=after, limit=limit + 1)
    counted = [(one.slice, one.rows) for one in found[:limit]]
    return body_answer(paged(slices_body(counted), following(found, limit, lambda one: one.slice.name)))


@routes.post("/slices", does=Verb.ADD_SLICE, status_code=201)
def add_slice(caller: Asked, body: NewSlice) -> Response:
    """Name the rows that a predicate or a list of ids selects; `curiouser slice add`."""
    made = caller.workspace.evaluations.add_slice(**body.model_dump(), actor=caller.actor)
    return tagged_answer(slice_body(made), status=201)


@routes.get("/slices/{name}", does=Verb.READ)
def show_slice(caller: Asked, name: Name, on: Ref = "test") -> Response:
    """Show what a slice selects by."""
    return tagged_answer(slice_body(_slice(caller, name, on)))


@routes.delete("/slices/{name}", does=Verb.REMOVE_SLICE)
def remove_slice(caller: Asked, request: Request, name: Name, on: Ref = "test") -> Response:
    """Forget a slice's name; its scores are kept; `curiouser slice remove`."""
    found = _slice(caller, name, on)
    seen = expected(request, found, slice_body(found))
    return body_answer(slice_body(caller.workspace.evaluations.remove_slice(name, expected=seen)))


def _slice(caller: Caller, name: str, on: str) -> Slice:
    """Find a slice by its name alone: a predicate is no name.

    Raises:
        SliceNotFoundError: No slice has it.
    """
    evaluations = caller.workspace.evaluations
    several = [one.slice for one in evaluations.slices(evaluations.test_set(on))]
    found = next((one for one in several if one.name == name), None)
    if found is None:
        raise SliceNotFoundError(name, [one.name for one in several])
    return found
