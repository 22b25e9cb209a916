"""Puts the application together: every route with its role, every answer with its headers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import compile_path

from curiouser import __version__
from curiouser.kernel.errors import CuriouserError
from curiouser.surfaces.rest import every_route as rest_routes
from curiouser.surfaces.rest.wording import words_of
from curiouser.surfaces.serving.admission import API, CSRF_FIELD, Admission
from curiouser.surfaces.serving.describing import extra_of, responses_of
from curiouser.surfaces.serving.guard import SAFE, Guard
from curiouser.surfaces.serving.mounts import PREFIX, Mounts, Prefixed
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Caller, Declared, Routes
from curiouser.surfaces.serving.settings import ENVIRONMENT, Settings
from curiouser.surfaces.serving.troubles import Troubles
from curiouser.surfaces.web import error_page, warm
from curiouser.surfaces.web import every_route as page_routes
from curiouser.workspace import Workspace

API_PREFIX = "/api/v1"
ROLE_KEY = "x-role"
ANYONE_NAME = "anyone"
Handler = Callable[[Request], Awaitable[Response]]


def make_application(mounts: Mounts, settings: Settings) -> FastAPI:
    """Build the application over open workspaces.

    Raises:
        RuntimeError: A route declares no role; nothing is served then.
    """
    declared = [*_declared(rest_routes(), API_PREFIX), *_declared(page_routes(), "")]
    words = words_of(one for prefix, one in declared if prefix)
    admission, troubles = Admission(mounts, settings), Troubles(error_page, words)
    app = FastAPI(
        title="Curiouser",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_living(mounts),
    )
    app.state.mounts, app.state.settings = mounts, settings
    for kind in (CuriouserError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, troubles.answer)
    for prefix, one in declared:
        _install(app, prefix, one, admission)
    refuse_undeclared(app)
    taking = [compile_path(prefix + one.path)[0] for prefix, one in declared if one.takes_files]
    # The last added is the outermost: guard, prefix, compression, routes.
    app.add_middleware(GZipMiddleware, minimum_size=800)
    app.add_middleware(Prefixed, mounts=mounts)
    app.add_middleware(Guard, settings=settings, takes_files=lambda path: any(p.match(_bare(path)) for p in taking))
    return app


def from_environment() -> FastAPI:
    """Build the application of a server process from what its parent left in the environment."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
    settings = Settings.from_text(os.environ[ENVIRONMENT])
    return make_application(open_mounts(settings), settings)


def _end_with(parent: BaseProcess) -> None:
    """End this server process when the one that started it is gone, also where it was killed."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def open_mounts(settings: Settings) -> Mounts:
    """Open every workspace of the settings.

    Raises:
        WorkspaceNotFoundError: A folder holds none.
        StorageError: A database cannot be read.
    """
    return Mounts({name: Workspace.open(folder) for name, folder in settings.workspaces.items()})


def refuse_undeclared(app: FastAPI) -> None:
    """Refuse to start with a route whose role is not declared.

    Raises:
        RuntimeError: Names the route.
    """
    for route in app.routes:
        declared = isinstance(route, APIRoute) and ROLE_KEY in (route.openapi_extra or {})
        if not declared:
            raise RuntimeError(f"the route {getattr(route, 'path', route)!r} declares no role")


def _declared(several: Iterable[Routes], prefix: str) -> list[tuple[str, Declared]]:
    return [(prefix, one) for routes in several for one in routes.declared]


def _install(app: FastAPI, prefix: str, one: Declared, admission: Admission) -> None:
    is_api = bool(prefix)
    extra = extra_of(one) if is_api else one.options.get("openapi_extra", {})
    options = {
        **one.options,
        "openapi_extra": {**extra, ROLE_KEY: str(one.role or ANYONE_NAME)},
        "responses": responses_of(one) if is_api else {},
        # The type of an answer is what its description says; FastAPI would add JSON to every file.
        "response_class": Response,
        "include_in_schema": is_api,
        "name": one.options.get("name", one.endpoint.__name__),
    }
    app.router.add_api_route(
        prefix + one.path,
        one.endpoint,
        methods=[one.method],
        response_model=None,
        route_class_override=_route_class(one.does, admission),
        **options,
    )


def _route_class(verb: Verb | None, admission: Admission) -> type[APIRoute]:
    """Make the class of routes that let nobody in who may not do this."""

    class RoledRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Any]:
            handler = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                # Before the body is read: who may not call this is not listened to.
                caller = await run_in_threadpool(admission.admit, request, verb)
                request.state.caller = caller
                if request.method in SAFE:
                    return await handler(request)
                if not caller.path.startswith(API) and caller.via != "nobody":
                    form = await request.form(max_fields=2_000)
                    admission.check_form(str(form.get(CSRF_FIELD, "")), caller)
                return await _audited(self.name, handler, request, caller)

            return guarded

    return RoledRoute


async def _audited(action: str, handler: Handler, request: Request, caller: Caller) -> Response:
    """Answer a request that changes something, and write down who asked and what came of it."""
    result = "failed"
    try:
        response = await handler(request)
    except CuriouserError as error:
        result = error.code
        raise
    else:
        result = str(response.status_code)
        return response
    finally:
        if caller.role is not None:
            await run_in_threadpool(_record, caller, action, result)


def _record(caller: Caller, action: str, result: str) -> None:
    caller.access.record(
        actor=caller.actor,
        role=caller.role,
        via=caller.via,
        token=caller.token,
        action=action,
        object=caller.path,
        result=result,
        workspace=caller.name,
    )


def _bare(path: str) -> str:
    """Take ``/w/<name>`` off a path.

    Examples:
        >>> _bare("/w/introductions/api/v1/data"), _bare("/api/v1/data")
        ('/api/v1/data', '/api/v1/data')
    """
    if not path.startswith(PREFIX):
        return path
    return "/" + path.removeprefix(PREFIX).partition("/")[2]


def _living(mounts: Mounts) -> Callable[[FastAPI], Any]:
    """Warm the first pages beside the first requests, and close the workspaces at the end."""

    def every_workspace() -> None:
        for workspace in mounts.workspaces.values():
            warm(workspace)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        warming = threading.Thread(target=every_workspace, name="warming", daemon=True)
        warming.start()
        yield
        await run_in_threadpool(warming.join)
        mounts.close()

    return lifespan


__all__: Sequence[str] = ("from_environment", "make_application", "open_mounts", "refuse_undeclared")
