"""``curiouser user``: who may sign in to the server of this workspace, and what they may do."""

from __future__ import annotations

from collections.abc import Sequence

import click

from curiouser.access import EVERY_WORKSPACE, Role, User
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.access import ended_body, invited_body, new_user_body, user_body, users_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, printable, table
from curiouser.workspace import Workspace

_NOBODY = "none"
_ROLES = click.Choice([str(role) for role in Role])
_ROLES_OR_NONE = click.Choice([*(str(role) for role in Role), _NOBODY])
_in = click.option(
    "--in",
    "place",
    metavar="NAME",
    default=EVERY_WORKSPACE,
    show_default=True,
    help="Workspace, by the name it is served as; * is every one.",
)


@click.group()
def user() -> None:
    """People who sign in: accounts, roles, one-time links."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=_ROLES, default=Role.VIEWER.value, show_default=True, help="What they may do.")
@_in
@json_option
@pass_workspace
def add(workspace: Workspace, name: str, role: str, place: str, *, as_json: bool) -> None:
    """Make an account NAME, and print the one-time link by which its owner sets a password."""
    made = workspace.access.add_user(name, role=Role(role), workspace=place, actor=workspace.actor)
    secret = workspace.access.invite(made.name, actor=workspace.actor)
    emit(new_user_body(made, secret), lambda: f"{_text(made)}\n{_link(secret)}", as_json=as_json)


@user.command("list")
@click.option("--after", default="", metavar="NAME", help="Only users behind this one: the next page.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most this many, by name."
)
@json_option
@pass_workspace
def list_users(workspace: Workspace, after: str, limit: int, *, as_json: bool) -> None:
    """List users by name."""
    several = workspace.access.users(limit=limit, after=after)
    emit(users_body(several), lambda: _table(several), as_json=as_json)


@user.command("show")
@click.argument("name")
@json_option
@pass_workspace
def show(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Show one user: roles, last log-in, open sessions."""
    one = workspace.access.user(name)
    count = workspace.access.count_sessions(name)
    emit(user_body(one), lambda: f"{_text(one)}\n  {plural(count, 'open session')}", as_json=as_json)


@user.command("grant")
@click.argument("name")
@click.argument("role", type=_ROLES_OR_NONE)
@_in
@json_option
@pass_workspace
def grant(workspace: Workspace, name: str, role: str, place: str, *, as_json: bool) -> None:
    """Give NAME a ROLE, in the place of the one they have there; "none" takes it away."""
    given = None if role == _NOBODY else Role(role)
    one = workspace.access.grant(name, given, workspace=place, actor=workspace.actor)
    emit(user_body(one), lambda: _text(one), as_json=as_json)


@user.command("disable")
@click.argument("name")
@json_option
@pass_workspace
def disable(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Keep NAME out: their sessions end, their tokens are revoked for good."""
    one = workspace.access.disable(name, actor=workspace.actor)
    emit(user_body(one), lambda: _text(one), as_json=as_json)


@user.command("enable")
@click.argument("name")
@json_option
@pass_workspace
def enable(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Let NAME in again, with the password and the roles they had."""
    one = workspace.access.enable(name, actor=workspace.actor)
    emit(user_body(one), lambda: _text(one), as_json=as_json)


@user.command("invite")
@click.argument("name")
@json_option
@pass_workspace
def invite(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Print a one-time link by which NAME sets a new password; using it ends their open sessions."""
    secret = workspace.access.invite(name, actor=workspace.actor)
    emit(invited_body(name, secret), lambda: _link(secret), as_json=as_json)


@user.command("sessions-end")
@click.argument("name")
@json_option
@pass_workspace
def sessions_end(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Sign NAME out everywhere."""
    count = workspace.access.end_sessions(name, actor=workspace.actor)
    emit(ended_body(name, count), lambda: f"{plural(count, 'session')} of {name} ended.", as_json=as_json)


def _link(secret: str) -> str:
    path = invited_body("", secret)["path"]
    return f"one-time link, valid 24 hours; put the server's address before it and hand it over yourself:\n  {path}"


def _table(several: Sequence[User]) -> str:
    if not several:
        return "There is no user; make one: curiouser user add NAME --role admin"
    rows = [(one.name, _roles(one), _state(one), one.last_login_at and one.last_login_at.date()) for one in several]
    return table(("User", "Roles", "State", "Last log-in"), rows)


def _text(one: User) -> str:
    lines = [
        f"{one.name}: {_roles(one) or 'no role'}",
        f"  {_state(one)}",
        f"  made {one.created_at.date()} by {one.created_by}",
    ]
    if one.last_login_at is not None:
        lines.append(f"  last log-in {one.last_login_at:%Y-%m-%d %H:%M} UTC")
    return "\n".join(printable(line) for line in lines)


def _roles(one: User) -> str:
    held = sorted(one.grants.items())
    return ", ".join(str(role) if place == EVERY_WORKSPACE else f"{role} in {place}" for place, role in held)


def _state(one: User) -> str:
    if one.disabled_at is not None:
        return f"disabled since {one.disabled_at.date()}"
    return "may sign in" if one.has_password else "has set no password yet"
