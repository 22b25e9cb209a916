"""Who is calling, and the users of the server over REST: accounts, roles, one-time links.

Users belong to the whole server. Who is an admin of one workspace alone keeps
none of them: a one-time link for somebody who may do more would be a way up.
"""

from __future__ import annotations

from starlette.responses import Response

from curiouser.access import EVERY_WORKSPACE, Role, RoleTooLowError
from curiouser.surfaces.bodies.access import ended_body, invited_body, new_user_body, user_body, users_body
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, Name
from curiouser.surfaces.serving.answers import body_answer, tagged_answer
from curiouser.surfaces.serving.routes import After, Asked, Caller, Limit, Routes

routes = Routes(tags=["access"])


class NewUser(Body):
    """An account to be made, with its first role."""

    name: Name
    role: Role
    workspace: Name = EVERY_WORKSPACE


class Grant(Body):
    """A role in a workspace; null takes it away."""

    role: Role | None
    workspace: Name = EVERY_WORKSPACE


@routes.get("/me", role=Role.VIEWER)
def me(caller: Asked) -> Response:
    """Say who is calling, how they are known, and what they may do here."""
    everywhere = None if caller.everywhere is None else str(caller.everywhere)
    return body_answer(
        {
            "user": caller.actor,
            "via": caller.via,
            "role": str(caller.role),
            "everywhere": everywhere,
            "workspace": caller.name,
        }
    )


@routes.get("/users", role=Role.ADMIN)
def list_users(caller: Asked, limit: Limit = 100, after: After = None) -> Response:
    """List users by name; `curiouser user list`."""
    check_keeper(caller)
    found = caller.access.users(limit=limit + 1, after=after or "")
    return body_answer(paged(users_body(found[:limit]), following(found, limit, lambda one: one.name)))


@routes.post("/users", role=Role.ADMIN, status_code=201)
def add_user(caller: Asked, body: NewUser) -> Response:
    """Make an account, and the one-time link by which its owner sets a password; `curiouser user add`."""
    check_keeper(caller)
    made = caller.access.add_user(body.name, role=body.role, workspace=body.workspace, actor=caller.actor)
    secret = caller.access.invite(made.name, actor=caller.actor)
    headers = {"Location": caller.url(f"/api/v1/users/{made.name}")}
    return body_answer(new_user_body(made, secret), status=201, headers=headers)


@routes.get("/users/{name}", role=Role.ADMIN)
def show_user(caller: Asked, name: Name) -> Response:
    """Show a user with their roles."""
    check_keeper(caller)
    return tagged_answer(user_body(caller.access.user(name)))


@routes.post("/users/{name}/grants", role=Role.ADMIN)
def grant(caller: Asked, name: Name, body: Grant) -> Response:
    """Give a user a role in a workspace, in the place of the one they had there; `curiouser user grant`."""
    check_keeper(caller)
    return tagged_answer(user_body(caller.access.grant(name, body.role, workspace=body.workspace, actor=caller.actor)))


@routes.post("/users/{name}/invite", role=Role.ADMIN, status_code=201)
def invite(caller: Asked, name: Name) -> Response:
    """Make a one-time link that sets a password, valid 24 hours; it is told this once; `curiouser user invite`."""
    check_keeper(caller)
    return body_answer(invited_body(name, caller.access.invite(name, actor=caller.actor)), status=201)


@routes.post("/users/{name}/disable", role=Role.ADMIN)
def disable_user(caller: Asked, name: Name) -> Response:
    """Keep a user out: sessions end, tokens are revoked for good; `curiouser user disable`."""
    check_keeper(caller)
    return tagged_answer(user_body(caller.access.disable(name, actor=caller.actor)))


@routes.post("/users/{name}/enable", role=Role.ADMIN)
def enable_user(caller: Asked, name: Name) -> Response:
    """Let a disabled user in again; `curiouser user enable`."""
    check_keeper(caller)
    return tagged_answer(user_body(caller.access.enable(name, actor=caller.actor)))


@routes.post("/users/{name}/sessions/end", role=Role.ADMIN)
def end_sessions(caller: Asked, name: Name) -> Response:
    """Sign a user out everywhere; `curiouser user sessions-end`."""
    check_keeper(caller)
    return body_answer(ended_body(name, caller.access.end_sessions(name, actor=caller.actor)))


def keeps_server(caller: Caller, needs: Role = Role.ADMIN) -> bool:
    """Tell whether a caller has a role in every workspace."""
    return caller.everywhere is not None and caller.everywhere.allows(needs)


def check_keeper(caller: Caller, needs: Role = Role.ADMIN) -> None:
    """Refuse whoever has a role in this workspace alone what concerns the whole server.

    Raises:
        RoleTooLowError: Their role is not for every workspace.
    """
    if not keeps_server(caller, needs):
        raise RoleTooLowError(
            f"this concerns the whole server and needs the role {needs} in every workspace",
            "ask an admin of this server: curiouser user grant",
        )
