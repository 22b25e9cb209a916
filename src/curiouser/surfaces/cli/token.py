"""``curiouser token``: what programs show to the server instead of a password."""

from __future__ import annotations

from collections.abc import Sequence

import click

from curiouser.access import EVERY_WORKSPACE, Role, Token
from curiouser.surfaces.bodies.access import made_token_body, token_body, tokens_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, table
from curiouser.workspace import Workspace


@click.group()
def token() -> None:
    """What programs show instead of a password; it never allows more than its user may."""


@token.command("create")
@click.argument("user")
@click.option("--name", required=True, metavar="TEXT", help="What it is for: it stands in lists.")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="The most it may do.")
@click.option(
    "--in",
    "place",
    metavar="NAME",
    default=EVERY_WORKSPACE,
    show_default=True,
    help="Workspace, by the name it is served as; * is every one.",
)
@click.option("--days", type=click.IntRange(1, 365), default=90, show_default=True, help="How long it lives.")
@json_option
@pass_workspace
def create(workspace: Workspace, /, user: str, *, name: str, role: str, place: str, days: int, as_json: bool) -> None:
    """Make a token for a USER's programs, and print its secret: the one time that it is shown."""
    made, secret = workspace.access.create_token(
        user, name=name, role=Role(role), workspace=place, days=days, actor=workspace.actor
    )
    told = f"send it as `Authorization: Bearer …`; it is shown this once:\n  {secret}"
    emit(made_token_body(made, secret), lambda: f"{_table([made])}\n{told}", as_json=as_json)


@token.command("list")
@click.option("--user", metavar="NAME", help="Only this user's tokens.")
@click.option("--after", type=int, default=0, metavar="TOKEN", help="Only tokens made after this one: the next page.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most this many.")
@json_option
@pass_workspace
def list_tokens(workspace: Workspace, user: str | None, after: int, limit: int, *, as_json: bool) -> None:
    """List tokens in the order they were made, those that ended too; never their secrets."""
    several = workspace.access.tokens(user, limit=limit, after=after)
    emit(tokens_body(several), lambda: _table(several), as_json=as_json)


@token.command("revoke")
@click.argument("number", type=int, metavar="TOKEN")
@json_option
@pass_workspace
def revoke(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Make a TOKEN useless, for good."""
    one = workspace.access.revoke_token(number, actor=workspace.actor)
    emit(token_body(one), lambda: _table([one]), as_json=as_json)


def _table(several: Sequence[Token]) -> str:
    if not several:
        return "There is no token; make one: curiouser token create USER --name TEXT --role ROLE"
    rows = [
        (
            one.number,
            one.user,
            one.name,
            one.role,
            one.workspace,
            _end(one),
            one.last_used_at and one.last_used_at.date(),
        )
        for one in several
    ]
    return table(("Token", "User", "For", "Role", "In", "Ends", "Last used"), rows, right=(0,))


def _end(one: Token) -> str:
    return f"revoked {one.revoked_at.date()}" if one.revoked_at is not None else str(one.expires_at.date())
