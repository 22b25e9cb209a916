"""What every page needs: its files, and a page for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

from curiouser.kernel.canonical import Json
from curiouser.surfaces.serving.errors import SignInNeededError
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import ANYONE, Asked, Caller, Routes
from curiouser.surfaces.web.rendering import asset_response, page
from curiouser.surfaces.web.specimens import specimens

routes = Routes(tags=["pages"])


@routes.get("/static/{name}", does=ANYONE)
def static(request: Request, name: str) -> Response:
    """Serve one of the files that were compiled into a list; their names hold their hashes.

    Raises:
        NotFoundError: It is none of them.
    """
    return asset_response(name, request.headers.get("accept-encoding", ""))


@routes.get("/components", does=Verb.READ)
def components(caller: Asked) -> Response:
    """Show every part of the pages and its states once."""
    return page(caller, "components.html", 200, **specimens())


@routes.get("/workspaces", does=ANYONE)
def workspaces(caller: Asked) -> Response:
    """List the workspaces that the caller may open.

    Raises:
        SignInNeededError: Nobody is signed in.
    """
    if caller.via == "nobody":
        raise SignInNeededError("nobody is signed in", "sign in at /login")
    return page(caller, "workspaces.html", workspaces=[{"name": name} for name in caller.names])


def error_page(request: Request, status: int, body: Mapping[str, Json]) -> Response:
    """Show an error to a person: what is wrong, and what to do."""
    return page(_caller(request), "error.html", status=status, body=body)


def _caller(request: Request) -> Caller:
    """Who asked; somebody unknown where the request failed before that was clear."""
    caller = getattr(request.state, "caller", None)
    if isinstance(caller, Caller):
        return caller
    home = request.app.state.mounts.home
    return Caller(name="", workspace=home, access=home.access, root=request.scope.get("root_path", ""))
