"""Tokens over REST: everybody keeps their own, and admins of the server anybody's.

A token is made by somebody who signed in, never by another token: one that
leaked must not outlive its end in a copy that it made of itself.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from curiouser.access import EVERY_WORKSPACE, Role, RoleTooLowError, TokenNotFoundError
from curiouser.surfaces.bodies.access import made_token_body, token_body, tokens_body
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, Name, Number
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Limit, Routes

routes = Routes(tags=["access"])
_MOST_DAYS = 365


class NewToken(Body):
    """A token to be made: what for, the most it may do, where, and for how long."""

    name: Name
    role: Role
    workspace: Name = EVERY_WORKSPACE
    days: Annotated[int, Field(ge=1, le=_MOST_DAYS)] = 90


@routes.get("/tokens", does=Verb.KEEP_OWN)
def list_tokens(caller: Asked, limit: Limit = 100, after: Number | None = None) -> Response:
    """List the caller's own tokens, without their secrets."""
    found = caller.access.tokens(caller.actor, limit=limit + 1, after=after or 0)
    return body_answer(paged(tokens_body(found[:limit]), following(found, limit, lambda one: one.number)))


@routes.post("/tokens", does=Verb.KEEP_OWN, status_code=201)
def add_token(caller: Asked, body: NewToken) -> Response:
    """Make a token for the caller's programs; its secret is told this once. A token makes no token."""
    return _made(caller, caller.actor, body)


@routes.post("/tokens/{number}/revoke", does=Verb.KEEP_OWN)
def revoke_token(caller: Asked, number: Number) -> Response:
    """Make a token useless, for good: one's own, or as an admin of the server anybody's; `curiouser token revoke`."""
    own = caller.access.tokens(caller.actor, limit=1, after=number - 1)
    is_own = bool(own) and own[0].number == number
    if not is_own and not caller.may(Verb.KEEP_TOKENS):
        raise TokenNotFoundError(number)  # whether others have one of this number is not the caller's business
    return body_answer(token_body(caller.access.revoke_token(number, actor=caller.actor)))


@routes.get("/users/{name}/tokens", does=Verb.KEEP_TOKENS)
def list_tokens_of(caller: Asked, name: Name, limit: Limit = 100, after: Number | None = None) -> Response:
    """List a user's tokens, without their secrets; `curiouser token list`."""
    found = caller.access.tokens(name, limit=limit + 1, after=after or 0)
    return body_answer(paged(tokens_body(found[:limit]), following(found, limit, lambda one: one.number)))


@routes.post("/users/{name}/tokens", does=Verb.KEEP_TOKENS, status_code=201)
def add_token_for(caller: Asked, name: Name, body: NewToken) -> Response:
    """Make a token for a user's programs; its secret is told this once; `curiouser token create`."""
    return _made(caller, name, body)


def _made(caller: Caller, user: str, body: NewToken) -> Response:
    if caller.via == "token":
        raise RoleTooLowError("a token makes no token", "sign in and make it there, or: curiouser token create")
    made, secret = caller.access.create_token(user, **body.model_dump(), actor=caller.actor)
    return body_answer(made_token_body(made, secret), status=201)
