"""The problems: ranked as one reads a list of issues, and one of them from complaint to fix."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from curiouser.measure import ProblemState
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Routes
from curiouser.surfaces.web.pattern_table import table_of
from curiouser.surfaces.web.problem_list import NOBODY, SHOWS, SORTS, Wanted, listing, problems_table
from curiouser.surfaces.web.problem_page import Looked, expectation_words, problem_view, step_words
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import table_answer

routes = Routes(tags=["pages"])


@routes.get("/problems", does=Verb.READ)
def problems_page(caller: Asked, wanted: Annotated[Wanted, Query()]) -> Response:
    """Rank the problems by Impact."""
    found = listing(caller.workspace, wanted)
    if wanted.format is not None:
        return table_answer(problems_table(found), wanted.format)
    return page(
        caller,
        "problems.html",
        found=found,
        states=[("", "Any state"), *((str(one), str(one)) for one in ProblemState)],
        owners=[("", "Any owner"), (NOBODY, NOBODY), *((one, one) for one in found.owners)],
        shows=SHOWS,
        sorts=SORTS,
        harms=caller.workspace.configuration.harm,
        can_edit=caller.may(Verb.EDIT_PROBLEM),
        can_report=caller.may(Verb.ADD_REPORT),
        uses_htmx=True,
    )


@routes.get("/problems/{name}", does=Verb.READ)
def problem_page(caller: Asked, name: str, looked: Annotated[Looked, Query()]) -> Response:
    """Show one problem from complaint to fix."""
    view = problem_view(caller.workspace, name, looked)
    if looked.format is not None:
        return table_answer(table_of(view), looked.format)
    return page(
        caller,
        "problem.html",
        view=view,
        task=caller.workspace.configuration.task,
        step_words=step_words,
        expectation_words=expectation_words,
        choosing=looked.choose and caller.may(Verb.EDIT_PROBLEM),
        can_edit=caller.may(Verb.EDIT_PROBLEM),
        can_report=caller.may(Verb.ADD_REPORT),
    )
