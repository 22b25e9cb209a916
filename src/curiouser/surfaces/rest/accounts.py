"""Who is calling, and the users of the server over REST: accounts, roles, one-time links.

Users belong to the whole server, so an admin of one workspace alone keeps none.
"""

from __future__ import annotations

from starlette.responses import Response

from curiouser.access import EVERY_WORKSPACE, Role
from curiouser.surfaces.bodies.access import ended_body, invited_body, new_user_body, user_body, users_body
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, Name
from curiouser.surfaces.serving.answers import body_answer, tagged_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import After, Asked, Limit, Routes

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


@routes.get("/me", does=Verb.READ)
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


@routes.get("/users", does=Verb.READ_USERS)
def list_users(caller: Asked, limit: Limit = 100, after: After = None) -> Response:
    """List users by name; `curiouser user list`."""
    found = caller.access.users(limit=limit + 1, after=after or "")
    return body_answer(paged(users_body(found[:limit]), following(found, limit, lambda one: one.name)))


@routes.post("/users", does=Verb.ADD_USER, status_code=201)
def add_user(caller: Asked, body: NewUser) -> Response:
    """Make an account, and the one-time link by which its owner sets a password; `curiouser user add`."""
    made = caller.access.add_user(body.name, role=body.role, workspace=body.workspace, actor=caller.actor)
    secret = caller.access.invite(made.name, actor=caller.actor)
    headers = {"Location": caller.url(f"/api/v1/users/{made.name}")}
    return body_answer(new_user_body(made, secret), status=201, headers=headers)


@routes.get("/users/{name}", does=Verb.READ_USERS)
def show_user(caller: Asked, name: Name) -> Response:
    """Show a user with their roles."""
    return tagged_answer(user_body(caller.access.user(name)))


@routes.post("/users/{name}/grants", does=Verb.GRANT_ROLE)
def grant(caller: Asked, name: Name, body: Grant) -> Response:
    """Give a user a role in a workspace, in the place of the one they had there; `curiouser user grant`."""
    return tagged_answer(user_body(caller.access.grant(name, body.role, workspace=body.workspace, actor=caller.actor)))


@routes.post("/users/{name}/invite", does=Verb.INVITE_USER, status_code=201)
def invite(caller: Asked, name: Name) -> Response:
    """Make a one-time link that sets a password, valid 24 hours; it is told this once; `curiouser user invite`."""
    return body_answer(invited_body(name, caller.access.invite(name, actor=caller.actor)), status=201)


@routes.post("/users/{name}/disable", does=Verb.DISABLE_USER)
def disable_user(caller: Asked, name: Name) -> Response:
    """Keep a user out: sessions end, tokens are revoked for good; `curiouser user disable`."""
    return tagged_answer(user_body(caller.access.disable(name, actor=caller.actor)))


@routes.post("/users/{name}/enable", does=Verb.ENABLE_USER)
def enable_user(caller: Asked, name: Name) -> Response:
    """Let a disabled user in again; `curiouser user enable`."""
    return tagged_answer(user_body(caller.access.enable(name, actor=caller.actor)))


@routes.post("/users/{name}/sessions/end", does=Verb.END_SESSIONS)
def end_sessions(caller: Asked, name: Name) -> Response:
    """Sign a user out everywhere; `curiouser user sessions-end`."""
    return body_answer(ended_body(name, caller.access.end_sessions(name, actor=caller.actor)))
