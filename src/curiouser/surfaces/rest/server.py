"""What a program asks a server about itself."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from curiouser import __version__
from curiouser.surfaces.bodies.workspace import status_body
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.describing import described
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import ANYONE, Asked, Routes
from curiouser.workspace.standing import status

routes = Routes(tags=["server"])


@routes.get("/health", does=ANYONE)
def health() -> Response:
    """Say that this process answers; what a proxy asks."""
    return body_answer({"status": "ok", "version": __version__})


@routes.get("/openapi.json", does=ANYONE)
def openapi(request: Request) -> Response:
    """Describe every route in OpenAPI 3.1; `x-role` is the least role that may call it."""
    return body_answer(described(request.app.openapi()))


@routes.get("/status", does=Verb.READ)
def workspace_status(caller: Asked) -> Response:
    """Say where the workspace stands and what is due; `curiouser status`."""
    return body_answer(status_body(status(caller.workspace)))
