"""Users of the whole server: accounts, roles per workspace, one-time links."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Request
from starlette.responses import Response

from curiouser.access import EVERY_WORKSPACE, Role, User
from curiouser.kernel.errors import BadInputError, CuriouserError
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.access import user_body
from curiouser.surfaces.serving.answers import body_answer, see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.serving.settings import Settings
from curiouser.surfaces.web.posted import Form, Posted
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import AsFile, Column, Table, table_answer

routes = Routes(tags=["pages"])
SHOWN = 100
NO_ROLE = "none"


@routes.get("/users", does=Verb.READ_USERS)
def list_users(
    caller: Asked, after: Annotated[str, Query(max_length=200)] = "", as_file: AsFile = None
) -> Response:  # fmt: skip
    """List users with their roles."""
    if as_file is not None:
        return table_answer(_table(caller.access.users(limit=5_000, after=after)), as_file)
    return _listed(caller, after=after)


@routes.post("/users", does=Verb.ADD_USER)
def add_user(caller: Asked, request: Request, form: Form) -> Response:
    """Make an account, and show the link that lets its owner in, this once."""
    try:
        role, workspace = _role(form.text("role")), form.text("workspace") or EVERY_WORKSPACE
        _check_first(caller, role, workspace)
        made = caller.access.add_user(form.text("name"), role=role, workspace=workspace, actor=caller.actor)
        secret = caller.access.invite(made.name, actor=caller.actor)
    except CuriouserError as error:
        return _listed(caller, status=error.http_status, trouble=error, given=form)
    return _shown(caller, made, link=_link(caller, request, secret))


@routes.get("/users/{name}", does=Verb.READ_USERS)
def show_user(caller: Asked, name: str, as_file: AsFile = None) -> Response:
    """Show one user."""
    found = caller.access.user(name)
    return body_answer(user_body(found)) if as_file == "json" else _shown(caller, found)


@routes.post("/users/{name}/grant", does=Verb.GRANT_ROLE)
def grant(caller: Asked, name: str, form: Form) -> Response:
    """Give a role in a workspace, in the place of the one there was; none takes it away."""
    given, workspace = form.text("role"), form.text("workspace") or EVERY_WORKSPACE
    try:
        role = None if given == NO_ROLE else _role(given)
        caller.access.grant(name, role, workspace=workspace, actor=caller.actor)
    except CuriouserError as error:
        return _shown(caller, caller.access.user(name), status=error.http_status, trouble=error)
    place = "every workspace" if workspace == EVERY_WORKSPACE else workspace
    return _back(caller, name, f"{name} is {role or 'nobody'} in {place} now.")


@routes.post("/users/{name}/invite", does=Verb.INVITE_USER)
def invite(caller: Asked, request: Request, name: str) -> Response:
    """Make a one-time link that sets a password, and show it, this once."""
    secret = caller.access.invite(name, actor=caller.actor)
    return _shown(caller, caller.access.user(name), link=_link(caller, request, secret))


@routes.post("/users/{name}/disable", does=Verb.DISABLE_USER)
def disable_user(caller: Asked, name: str) -> Response:
    """Keep a user out."""
    try:
        caller.access.disable(name, actor=caller.actor)
    except CuriouserError as error:
        return _shown(caller, caller.access.user(name), status=error.http_status, trouble=error)
    return _back(caller, name, f"{name} is kept out: sessions ended, tokens revoked.")


@routes.post("/users/{name}/enable", does=Verb.ENABLE_USER)
def enable_user(caller: Asked, name: str) -> Response:
    """Let a user in again."""
    caller.access.enable(name, actor=caller.actor)
    return _back(caller, name, f"{name} may sign in again.")


@routes.post("/users/{name}/sessions/end", does=Verb.END_SESSIONS)
def end_sessions(caller: Asked, name: str) -> Response:
    """Sign a user out everywhere."""
    count = caller.access.end_sessions(name, actor=caller.actor)
    return _back(caller, name, f"{plural(count, 'session')} of {name} ended.")


def _listed(
    caller: Caller, *, after: str = "", status: int = 200, trouble: CuriouserError | None = None,
    given: Posted | None = None,
) -> Response:  # fmt: skip
    found = caller.access.users(limit=SHOWN + 1, after=after)
    more = found[SHOWN - 1].name if len(found) > SHOWN else None
    is_first = not found and not after
    return page(
        caller, "users.html", status=status, found=found[:SHOWN], more=more, is_first=is_first, trouble=trouble,
        given=given, roles=list(Role), places=_places(caller),
    )  # fmt: skip


def _shown(
    caller: Caller, found: User, *, status: int = 200, link: str = "", trouble: CuriouserError | None = None
) -> Response:
    sessions = caller.access.count_sessions(found.name)
    return page(
        caller, "user.html", status=status, user=found, sessions=sessions, link=link, trouble=trouble,
        roles=list(Role), places=_places(caller), tokens=caller.access.tokens(found.name),
    )  # fmt: skip


def _places(caller: Caller) -> list[tuple[str, str]]:
    return [(EVERY_WORKSPACE, "every workspace"), *((name, name) for name in caller.names)]


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise BadInputError(f"{text!r} is no role", f"one of {', '.join(Role)}") from error


def _check_first(caller: Caller, role: Role, workspace: str) -> None:
    """Refuse a first account that could let nobody else in: from then on, everybody signs in.

    Raises:
        BadInputError: It is no admin of every workspace.
    """
    if not caller.access.has_users() and (role is not Role.ADMIN or workspace != EVERY_WORKSPACE):
        raise BadInputError("the first account keeps the others", "make it an admin of every workspace")


def _link(caller: Caller, request: Request, secret: str) -> str:
    settings: Settings = request.app.state.settings
    scheme = "https" if settings.encrypted else request.url.scheme
    return f"{scheme}://{request.url.netloc}{caller.url(f'/login/once/{secret}')}"


def _back(caller: Caller, name: str, said: str) -> Response:
    return see_other(caller, f"/users/{quote(name, safe='')}", said)


def _table(found: tuple[User, ...]) -> Table:
    keys = ("name", "grants", "has_password", "last_login_at", "disabled_at", "created_at", "created_by")
    rows = [user_body(one) for one in found]
    return Table(name="users", caption="Users", columns=[Column(key=key, title=key) for key in keys], rows=rows)
