"""Patterns of a problem over REST: given as rows, by id, by a predicate, or out of a user report."""

from __future__ import annotations

from starlette.responses import Response

from curiouser.surfaces.bodies.problems import changed_body, patterns_body
from curiouser.surfaces.rest.parameters import Body, Ids, Name, Number, Rows, Text
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Routes

routes = Routes(tags=["problems"])


class Source(Body):
    """Where patterns come from: one of the first three, or a report, or a report and rows."""

    patterns: Rows | None = None
    ids: Ids | None = None
    where: Text | None = None
    from_report: Number | None = None
    expected: Name | None = None


class Removed(Body):
    """Patterns to take out of a problem."""

    ids: Ids = ()
    cases: Ids = ()


@routes.get("/problems/{name}/patterns", does=Verb.READ)
def list_patterns(caller: Asked, name: Name) -> Response:
    """List the patterns of a problem and what must hold of them; `curiouser problem pattern list`."""
    return body_answer(patterns_body(name, caller.workspace.problems.patterns(name)))


@routes.post("/problems/{name}/patterns", does=Verb.ADD_PATTERNS)
def add_patterns(caller: Asked, name: Name, body: Source) -> Response:
    """Add patterns to a problem; those it has already are left alone; `curiouser problem pattern add`."""
    done = caller.workspace.problems.add_patterns(name, **body.model_dump(), actor=caller.actor)
    return body_answer(changed_body(done))


@routes.post("/problems/{name}/patterns/remove", does=Verb.REMOVE_PATTERNS)
def remove_patterns(caller: Asked, name: Name, body: Removed) -> Response:
    """Take patterns out of a problem; their rows stay in the test set; `curiouser problem pattern remove`."""
    done = caller.workspace.problems.remove_patterns(name, ids=body.ids, cases=body.cases, actor=caller.actor)
    return body_answer(changed_body(done))
