"""What every page needs: its files, and a page for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import NotFoundError
from curiouser.surfaces.serving.routes import ANYONE, Caller, Routes
from curiouser.surfaces.web.rendering import assets, page

routes = Routes(tags=["pages"])
_A_YEAR = "public, max-age=31536000, immutable"


@routes.get("/static/{name}", role=ANYONE)
def static(name: str) -> Response:
    """Serve one of the files that were compiled into a list; their names hold their hashes.

    Raises:
        NotFoundError: It is none of them.
    """
    asset = assets.get(name)
    if asset is None:
        raise NotFoundError(f"there is no file {name!r}")
    return Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": _A_YEAR})


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
