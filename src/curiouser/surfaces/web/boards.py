"""The leaderboard and comparisons: every model on the same rows, then and now, and two of them side by side.

A comparison is a look at the test set that counts, so looking at its page
never makes one: POST makes it and writes it down, GET shows what was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Form, Query
from starlette.responses import Response

from curiouser.data import DatasetNotFoundError
from curiouser.evaluations import Comparison
from curiouser.kernel.errors import CuriouserError
from curiouser.models import ModelKind
from curiouser.surfaces.bodies.evaluations import comparison_body
from curiouser.surfaces.serving.answers import body_answer, see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.board_views import board_chart, board_sentence, board_table, grown, lines_of, scale_of
from curiouser.surfaces.web.comparison_views import Choice, FlipKind, flip_rows, flips_table, shown_comparison
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import AsFile, Format, table_answer

routes = Routes(tags=["pages"])
Name = Annotated[str | None, Query(max_length=120)]
RefText = Annotated[str, Query(max_length=250)]
Given = Annotated[str, Form(max_length=250)]
Part = Literal["models", "slices", "problems", "flips"]
SHOWN_FLIPS = 10


@routes.get("/leaderboard", does=Verb.READ)
def leaderboard(
    caller: Asked, on: RefText = "test", metric: Name = None, as_file: AsFile = None
) -> Response:  # fmt: skip
    """Show models x data commits, ranked by today's rows."""
    evaluations, data = caller.workspace.evaluations, caller.workspace.data
    try:
        board = evaluations.leaderboard(on=on, metric=metric or None, limit=500)
    except DatasetNotFoundError:
        return page(caller, "leaderboard.html", board=None, metrics=[], on=on)
    lines, metrics = lines_of(board), evaluations.metrics()
    if as_file is not None:
        return table_answer(board_table(board, lines), as_file)
    return page(
        caller, "leaderboard.html", board=board, on=on, metrics=list(metrics), lines=lines, scale=scale_of(lines),
        says=board_sentence(board, lines, metrics[board.metric]), chart=board_chart(lines, board.metric),
        commits=grown([data.resolve(commit) for commit in board.test_sets]),
    )  # fmt: skip


@routes.get("/compare", does=Verb.READ)
def compare_page(  # one parameter per part of the choice
    caller: Asked,
    a: Name = None,
    b: Name = None,
    *,
    on: RefText = "test",
    metric: Name = None,
    common: bool = False,
    flip: FlipKind | None = None,
    part: Part | None = None,
    as_file: AsFile = None,
) -> Response:
    """Show a comparison that was made, or ask which one to make."""
    choice = Choice(a=a or "", b=b or "", on=on, metric=metric or "", common=common)
    try:
        made = _recalled(caller, choice) if choice.is_complete else None
    except CuriouserError as error:
        return _chooser(caller, choice, error)
    if made is None:
        return _chooser(caller, choice, None)
    if as_file is not None:
        return _file(caller, choice, made, part, as_file)
    shown = shown_comparison(caller.workspace, choice, made)
    first = flip_rows(caller.workspace, choice, made, kind=flip, start=0, count=SHOWN_FLIPS)
    context: dict[str, Any] = {**shown, **_choices(caller)}
    return page(
        caller, "compare.html", choice=choice, is_asked=True, made=made, flip=flip, first=first, trouble=None, **context
    )


@routes.post("/compare", does=Verb.COMPARE)
def compare(
    caller: Asked, a: Given = "", b: Given = "", *, on: Given = "test", metric: Given = "", common: Given = ""
) -> Response:
    """Make a comparison, write down that it was made, and show it under an address that stays."""
    choice = Choice(a=a, b=b, on=on, metric=metric, common=bool(common))
    try:
        made = _recalled(caller, choice) or _compared(caller, choice)
    except CuriouserError as error:
        return _chooser(caller, choice, error)
    return see_other(caller, f"/compare?{urlencode(choice.made_on(made).query())}")


@routes.get("/compare/flips", does=Verb.READ)
def flips(  # one parameter per part of the choice
    caller: Asked,
    a: Name = None,
    b: Name = None,
    *,
    on: RefText = "test",
    metric: Name = None,
    common: bool = False,
    flip: FlipKind | None = None,
    at: Annotated[int, Query(ge=1, le=10_000_000)] = 1,
) -> Response:
    """Show one row that flipped, with what both models answered."""
    choice = Choice(a=a or "", b=b or "", on=on, metric=metric or "", common=common)
    made = _recalled(caller, choice) if choice.is_complete else None
    if made is None:
        return see_other(caller, f"/compare?{urlencode(choice.query())}")
    found = flip_rows(caller.workspace, choice, made, kind=flip, start=at - 1, count=1)
    if not found.rows and at > 1:
        return see_other(caller, f"/compare/flips?{urlencode(choice.query(flip=flip))}")
    return page(caller, "flips.html", choice=choice, made=made, flip=flip, found=found, at=at)


def _recalled(caller: Caller, choice: Choice) -> Comparison | None:
    problems = caller.workspace.problems.pattern_ids(choice.on)
    return caller.workspace.evaluations.recall(
        [choice.a, choice.b], on=choice.on, metric=choice.metric or None, common=choice.common, problems=problems
    )


def _compared(caller: Caller, choice: Choice) -> Comparison:
    problems, metric = caller.workspace.problems.pattern_ids(choice.on), choice.metric or None
    return caller.workspace.evaluations.compare(
        [choice.a, choice.b], on=choice.on, metric=metric, common=choice.common, slices=None, problems=problems,
        actor=caller.actor,
    )  # fmt: skip


def _choices(caller: Caller) -> dict[str, Sequence[str]]:
    models = [one.title for one in caller.workspace.models.list() if one.kind is not ModelKind.REPORTED]
    return {"models": models, "metrics": list(caller.workspace.evaluations.metrics())}


def _chooser(caller: Caller, choice: Choice, trouble: CuriouserError | None) -> Response:
    status = 200 if trouble is None else trouble.http_status
    context: dict[str, Any] = {**_choices(caller)}
    is_asked = choice.is_complete
    if not is_asked:
        choice = choice.filled(context["models"], caller.workspace.models.live())
    return page(
        caller, "compare.html", status=status, choice=choice, is_asked=is_asked, made=None, trouble=trouble, **context
    )


def _file(caller: Caller, choice: Choice, made: Comparison, part: Part | None, form: Format) -> Response:
    if part is None and form == "json":
        return body_answer(comparison_body(made))
    if part == "flips":
        found = flip_rows(caller.workspace, choice, made, kind=None, start=0, count=len(made.flips))
        return table_answer(flips_table(caller.workspace, choice, found), form)
    return table_answer(shown_comparison(caller.workspace, choice, made)["tables"][part or "models"], form)
