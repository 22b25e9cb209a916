"""Problems over REST: the list, one of them, its settings, and what is done to it."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import Request
from starlette.responses import Response

from curiouser.surfaces.bodies.problems import (
    changed_body,
    check_body,
    history_body,
    problem_body,
    problems_body,
    shown_body,
    steps_body,
    triage_body,
    undone_body,
)
from curiouser.surfaces.rest.downloads import KINDS, attachment_headers, file_answer
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, Finite, ModelRef, Models, Name, Number, Ref, Text
from curiouser.surfaces.rest.patterns import Source
from curiouser.surfaces.serving.answers import body_answer, entity_tag, expected, tagged_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import After, Asked, Limit, Routes

routes = Routes(tags=["problems"])


class Settings(Body):
    """What can be set on a problem, as the options of `curiouser problem add` name it."""

    description: Text | None = None
    harm: Finite | Name | None = None
    harm_false_positive: Finite | Name | None = None
    harm_false_negative: Finite | Name | None = None
    affected: Name | None = None
    because: Text | None = None
    affected_where: Text | None = None
    affected_by_reports: bool | None = None
    users_in: Ref | None = None
    window: Name | None = None
    tolerance: Finite | None = None
    owner: Name | None = None


class NewProblem(Settings, Source):
    """A problem with its settings and where its patterns come from."""

    name: Name
    on: Ref = "test"


class ProblemEdit(Settings):
    """Settings to change: an absent one stays, and null empties it."""

    def changes(self) -> dict[str, Any]:
        """List what to set, and in ``clear`` what to empty."""
        given = self.model_dump(exclude_unset=True)
        return {
            **{name: value for name, value in given.items() if value is not None},
            "clear": [name for name, value in given.items() if value is None],
        }


@routes.get("/problems", does=Verb.READ)
def list_problems(caller: Asked, limit: Limit = 50, after: After = None, *, closed: bool = True) -> Response:
    """List problems by name, with the counts of their patterns and reports; `curiouser problem list`."""
    found = caller.workspace.problems.list(include_closed=closed, limit=limit + 1, after=after)
    return body_answer(paged(problems_body(found[:limit]), following(found, limit, lambda one: one.problem.name)))


@routes.post("/problems", does=Verb.ADD_PROBLEM, status_code=201)
def add_problem(caller: Asked, body: NewProblem) -> Response:
    """Describe a problem by patterns, which become rows of the test set; `curiouser problem add`."""
    made = caller.workspace.problems.add(**body.model_dump(), actor=caller.actor)
    headers = {"Location": caller.url(f"/api/v1/problems/{made.problem.name}")}
    headers["ETag"] = entity_tag(problem_body(made.problem))
    return body_answer(changed_body(made), status=201, headers=headers)


@routes.get("/problems/{name}", does=Verb.READ)
def show_problem(
    caller: Asked, name: Name, on: Ref | None = None, model: Models = None, limit: Limit = 100
) -> Response:
    """Show a problem with its patterns on each model; `curiouser problem show`.

    The ETag is that of its settings: what an edit must bring back as If-Match.
    """
    shown = caller.workspace.problems.show(name, on=on, models=model, limit=limit)
    return body_answer(shown_body(shown), headers={"ETag": entity_tag(problem_body(shown.problem))})


@routes.patch("/problems/{name}", does=Verb.EDIT_PROBLEM)
def edit_problem(caller: Asked, request: Request, name: Name, body: ProblemEdit) -> Response:
    """Change settings of a problem; null empties one; `curiouser problem edit`."""
    before = caller.workspace.problems.get(name)
    seen = expected(request, before, problem_body(before))
    made = caller.workspace.problems.edit(name, expected=seen, actor=caller.actor, **body.changes())
    return tagged_answer(problem_body(made))


@routes.post("/problems/{name}/close", does=Verb.CLOSE_PROBLEM)
def close_problem(caller: Asked, name: Name) -> Response:
    """Close a problem; it stays a regression test; `curiouser problem close`."""
    return tagged_answer(problem_body(caller.workspace.problems.close(name, actor=caller.actor)))


@routes.post("/problems/{name}/reopen", does=Verb.REOPEN_PROBLEM)
def reopen_problem(caller: Asked, name: Name) -> Response:
    """Reopen a closed problem; `curiouser problem reopen`."""
    return tagged_answer(problem_body(caller.workspace.problems.reopen(name, actor=caller.actor)))


@routes.post("/problems/{name}/undo", does=Verb.UNDO_STEP)
def undo_step(caller: Asked, name: Name) -> Response:
    """Take the latest step back, and rows it committed that nobody else uses; `curiouser problem undo`."""
    return body_answer(undone_body(caller.workspace.problems.undo(name, actor=caller.actor)))


@routes.get("/problems/{name}/steps", does=Verb.READ)
def list_steps(caller: Asked, name: Name, limit: Limit = 100, after: Number | None = None) -> Response:
    """List what was done to a problem, newest first; `curiouser problem log`."""
    found = caller.workspace.problems.steps(name, limit=limit + 1, before=after)
    return body_answer(paged(steps_body(found[:limit]), following(found, limit, lambda one: one.number)))


@routes.get("/problems/{name}/history", does=Verb.READ)
def problem_history(caller: Asked, name: Name, on: Ref = "test", model: Models = None) -> Response:
    """Follow the error of a problem over the models, oldest first; `curiouser problem history NAME`."""
    return body_answer(history_body(caller.workspace.problems.history(name, on=on, models=model), name))


@routes.get("/history", does=Verb.READ)
def every_history(caller: Asked, on: Ref = "test", model: Models = None) -> Response:
    """Follow the error of every problem over the models; `curiouser problem history`."""
    return body_answer(history_body(caller.workspace.problems.history(on=on, models=model)))


@routes.get("/triage", does=Verb.READ)
def triage(caller: Asked, model: ModelRef | None = None, on: Ref = "test", *, closed: bool = False) -> Response:
    """Rank problems by Impact on a model; `curiouser problem triage`."""
    return body_answer(triage_body(caller.workspace.problems.triage(model=model, on=on, include_closed=closed)))


@routes.get("/check", does=Verb.READ)
def check(caller: Asked, model: ModelRef | None = None, on: Ref = "test") -> Response:
    """Run every problem against a model before it is let out; `curiouser problem check`.

    The status is 200 whatever the answer: ``passed`` in the body says it.
    """
    return body_answer(check_body(caller.workspace.problems.check(model=model, on=on)))


@routes.get("/template", does=Verb.READ, responses=file_answer("csv", "jsonl"))
def template(caller: Asked, format: Literal["csv", "jsonl"] = "csv") -> Response:  # noqa: A002  the command's option
    """Give a file of patterns to start from; `curiouser problem template`."""
    text = caller.workspace.problems.template(form=format)
    return Response(text, media_type=KINDS[format], headers=attachment_headers(f"patterns.{format}"))
