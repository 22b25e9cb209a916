"""The first page: the checklist of slides 74-76, and what goes on right now."""

from __future__ import annotations

from starlette.responses import Response

from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Routes
from curiouser.surfaces.web.home_page import home_of
from curiouser.surfaces.web.rendering import page
from curiouser.workspace.checking import checklist_of

routes = Routes(tags=["pages"])


@routes.get("/", does=Verb.READ)
def home_page(caller: Asked) -> Response:
    """Show what is done, what is not yet, and the next step for each."""
    home = home_of(caller.workspace, checklist_of(caller.workspace))
    return page(caller, "home.html", home=home, can_report=caller.may(Verb.ADD_REPORT))
