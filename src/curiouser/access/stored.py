"""Users and their grants, read and written in the caller's transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from curiouser.access.errors import LastAdminError, UserNotFoundError
from curiouser.access.records import EVERY_WORKSPACE, Role, User
from curiouser.access.tables import access_grant, access_link, access_session, access_token, access_user
from curiouser.kernel.clock import from_text
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import plain_name
from curiouser.storage import utc_text

_LARGEST = 2**31 - 1
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


def user_name(text: str) -> str:
    """Check a new user's name: one script and one case, so that no two names look alike.

    Raises:
        BadInputError: It is empty, over 64 characters, or has another character in it.

    Examples:
        >>> user_name("Thandi@Clinic.example")
        'thandi@clinic.example'
    """
    name = typed_name(text)
    if not _NAME.fullmatch(name):
        raise BadInputError(
            f"{text!r} is no name for a user",
            "use small letters a-z, digits, '.', '_', '-' or '@', at most 64; an e-mail address will do",
        )
    return name


def typed_name(text: str) -> str:
    """Read a name as somebody typed it, who may begin it with a capital or end it with a space."""
    return text.strip().casefold()


def storable(text: str) -> str:
    """Replace what no database takes in a text: NUL, and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def within_column(number: int) -> int:
    """Bring a number into what the databases' integer columns take; no row has another."""
    return max(-1, min(number, _LARGEST))


def granted_workspace(text: str) -> str:
    """Check where a grant or a token holds: ``*`` or a workspace's name.

    Raises:
        BadInputError: It cannot be a workspace's name.
    """
    return text if text == EVERY_WORKSPACE else plain_name(text, "workspace")


def find_user(connection: Connection, name: str) -> User:
    """Read a user.

    Raises:
        UserNotFoundError: There is none of this name.
    """
    row = user_row(connection, name)
    if row is None:
        known = connection.execute(select(access_user.c.name).order_by(access_user.c.name).limit(1_000))
        raise UserNotFoundError(name, tuple(known.scalars()))
    return users_from_rows(connection, [row])[0]


def user_row(connection: Connection, name: str) -> Row[Any] | None:
    """Read a user's row with the stored password; None where nobody has or could have this name."""
    name = typed_name(name)
    if not _NAME.fullmatch(name):
        return None
    return connection.execute(select(access_user).where(access_user.c.name == name)).first()


def users_from_rows(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[User, ...]:
    """Make users of rows, with one further query for the grants of all."""
    numbers = [row.id for row in rows]
    grants: dict[int, dict[str, Role]] = {number: {} for number in numbers}
    query = select(access_grant).where(access_grant.c.user_id.in_(numbers)).order_by(access_grant.c.workspace)
    for grant in connection.execute(query):
        grants[grant.user_id][grant.workspace] = Role(grant.role)
    return tuple(
        User(
            number=row.id,
            name=row.name,
            grants=grants[row.id],
            created_at=from_text(row.created_at),
            created_by=row.created_by,
            disabled_at=moment_or_none(row.disabled_at),
            has_password=row.password is not None,
            last_login_at=moment_or_none(row.last_login_at),
        )
        for row in rows
    )


def moment_or_none(text: str | None) -> datetime | None:
    """Read a moment that may be missing."""
    return from_text(text) if text is not None else None


def set_grant(
    connection: Connection, user: User, role: Role | None, workspace: str, *, actor: str, now: datetime
) -> None:
    """Put a role in the place of the one a user has in a workspace; None takes it away."""
    held = (access_grant.c.user_id == user.number) & (access_grant.c.workspace == workspace)
    connection.execute(delete(access_grant).where(held))
    if role is not None:
        values = {"user_id": user.number, "workspace": workspace, "role": role, "granted_at": utc_text(now)}
        connection.execute(insert(access_grant).values(**values, granted_by=actor))


def keep_an_admin(connection: Connection, lost: User) -> None:
    """Refuse to lose a user when nobody else can keep users, in a write transaction.

    One who has set no password yet may never come, so that they do not count
    where the one who goes can sign in.

    Raises:
        LastAdminError: Nobody else is admin of every workspace.
    """
    if lost.disabled_at is not None or lost.grants.get(EVERY_WORKSPACE) is not Role.ADMIN:
        return
    query = select(access_user.c.id).join(access_grant, access_grant.c.user_id == access_user.c.id)
    query = query.where(
        access_grant.c.workspace == EVERY_WORKSPACE,
        access_grant.c.role == Role.ADMIN,
        access_user.c.disabled_at.is_(None),
        access_user.c.id != lost.number,
    )
    if lost.has_password:
        query = query.where(access_user.c.password.is_not(None))
    if connection.execute(query.limit(1)).first() is None:
        raise LastAdminError(lost.name)


def set_password_hash(connection: Connection, user: User, hashed: str) -> None:
    """Replace a user's password, and end what was opened with the old one."""
    connection.execute(update(access_user).where(access_user.c.id == user.number).values(password=hashed))
    drop_link(connection, user)
    drop_sessions(connection, user)


def drop_sessions(connection: Connection, user: User) -> int:
    """End every session of a user; return how many there were."""
    return connection.execute(delete(access_session).where(access_session.c.user_id == user.number)).rowcount


def drop_link(connection: Connection, user: User) -> None:
    """Make a user's one-time link useless."""
    connection.execute(delete(access_link).where(access_link.c.user_id == user.number))


def revoke_tokens(connection: Connection, user: User, now: datetime) -> None:
    """Revoke every token of a user, for good."""
    live = (access_token.c.user_id == user.number) & access_token.c.revoked_at.is_(None)
    connection.execute(update(access_token).where(live).values(revoked_at=utc_text(now)))
