"""The workspace itself over REST: its task, the loop, and the talk's checklist."""

from __future__ import annotations

from starlette.responses import Response

from curiouser.cycle import CYCLE
from curiouser.surfaces.bodies.checklist import checklist_body
from curiouser.surfaces.bodies.workspace import cycle_body, settings_body
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Routes
from curiouser.workspace.checking import checklist_of

routes = Routes(tags=["workspace"])


@routes.get("/settings", does=Verb.READ)
def settings(caller: Asked) -> Response:
    """Say what the task is and what the levels of harm are; where things are stored is the server's own."""
    return body_answer(settings_body(caller.workspace.configuration))


@routes.get("/cycle", does=Verb.READ)
def cycle(_caller: Asked) -> Response:
    """Show the talk's loop: each step, its slides and its command; `curiouser cycle`."""
    return body_answer(cycle_body(CYCLE))


@routes.get("/checklist", does=Verb.READ)
def checklist(caller: Asked) -> Response:
    """Put the fifteen questions of slides 74-76: done or not yet, why, and the next step; `curiouser checklist`."""
    return body_answer(checklist_body(checklist_of(caller.workspace)))
