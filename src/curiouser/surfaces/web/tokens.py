"""Tokens of programs: made, shown once, and revoked; one's own, and for admins everybody's."""

from __future__ import annotations

from starlette.responses import Response

from curiouser.access import EVERY_WORKSPACE, Role, Token, TokenNotFoundError
from curiouser.kernel.errors import BadInputError, CuriouserError
from curiouser.surfaces.bodies.access import token_body
from curiouser.surfaces.serving.answers import see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.posted import Form, Posted
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import AsFile, Column, Table, table_answer

routes = Routes(tags=["pages"])
DAYS = ("7", "30", "90", "365")


@routes.get("/tokens", does=Verb.KEEP_OWN)
def list_tokens(caller: Asked, as_file: AsFile = None) -> Response:
    """List one's own tokens; an admin of the server sees everybody's."""
    if as_file is not None:
        return table_answer(_table(_visible(caller)), as_file)
    return _listed(caller)


@routes.post("/tokens", does=Verb.KEEP_OWN)
def create_token(caller: Asked, form: Form) -> Response:
    """Make a token for one's own programs, and show its secret, this once."""
    try:
        days = form.text("days")
        if days not in DAYS:
            raise BadInputError(f"{days!r} is no lifetime", f"choose {', '.join(DAYS)} days")
        made, secret = caller.access.create_token(
            caller.actor,
            name=form.text("name"),
            role=Role(form.text("role")) if form.text("role") in set(Role) else Role.VIEWER,
            workspace=form.text("workspace") or caller.name,
            days=int(days),
            actor=caller.actor,
        )
    except CuriouserError as error:
        return _listed(caller, status=error.http_status, trouble=error, given=form)
    return _listed(caller, made=made, secret=secret)


@routes.post("/tokens/{number}/revoke", does=Verb.KEEP_OWN)
def revoke_token(caller: Asked, number: int) -> Response:
    """Make a token useless, for good.

    Raises:
        TokenNotFoundError: It is not theirs to revoke.
    """
    user = None if _sees_all(caller) else caller.actor
    if not any(one.number == number for one in caller.access.tokens(user, limit=1, after=number - 1)):
        raise TokenNotFoundError(number)
    gone = caller.access.revoke_token(number, actor=caller.actor)
    return see_other(caller, "/tokens", f"Token {number}, {gone.name}, is revoked.")


def _listed(
    caller: Caller, *, status: int = 200, trouble: CuriouserError | None = None, given: Posted | None = None,
    made: Token | None = None, secret: str = "",
) -> Response:  # fmt: skip
    roles = [role for role in Role if caller.role is not None and caller.role.allows(role)]
    places = [(caller.name, caller.name)]
    if caller.everywhere is not None:
        places = [(EVERY_WORKSPACE, "every workspace"), *((name, name) for name in caller.names)]
    return page(
        caller, "tokens.html", status=status, found=_visible(caller), trouble=trouble, given=given, made=made,
        secret=secret, roles=roles, places=places, days=DAYS, sees_all=_sees_all(caller),
        has_account=caller.via == "session",
    )  # fmt: skip


def _sees_all(caller: Caller) -> bool:
    return caller.may(Verb.KEEP_TOKENS)


def _visible(caller: Caller) -> tuple[Token, ...]:
    if _sees_all(caller):
        return caller.access.tokens()
    return caller.access.tokens(caller.actor)


def _table(found: tuple[Token, ...]) -> Table:
    keys = ("number", "user", "name", "role", "workspace", "created_at", "created_by", "expires_at", "revoked_at",
            "last_used_at")  # fmt: skip
    rows = [token_body(one) for one in found]
    return Table(name="tokens", caption="Tokens", columns=[Column(key=key, title=key) for key in keys], rows=rows)
