"""Tokens of programs, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from curiouser.access.errors import RoleTooLowError, TokenNotFoundError
from curiouser.access.records import EVERY_WORKSPACE, Role, Token, User
from curiouser.access.secret_texts import TOKEN, hash_of, is_secret, new_secret
from curiouser.access.stored import moment_or_none, within_column
from curiouser.access.tables import access_token, access_user
from curiouser.kernel.clock import from_text
from curiouser.kernel.errors import BadInputError
from curiouser.storage import utc_text

MOST_DAYS = 365
"""Longest life of a token; one that never expires is found when nobody remembers it."""
_LONGEST_NAME = 100
_USED_EVERY = timedelta(hours=1)


def add_token(
    connection: Connection, user: User, *, name: str, role: Role, workspace: str, days: int, actor: str, now: datetime
) -> tuple[Token, str]:
    """Make a token for a user; returns it with its secret, which is not kept.

    Raises:
        BadInputError: The name or the days cannot be right.
        RoleTooLowError: The user may do less than that.
    """
    _check(user, name=name, role=role, workspace=workspace, days=days)
    secret = new_secret(TOKEN)
    values = {
        "user_id": user.number,
        "name": name,
        "secret_hash": hash_of(secret),
        "role": role,
        "workspace": workspace,
        "created_at": utc_text(now),
        "created_by": actor,
        "expires_at": utc_text(now + timedelta(days=days)),
    }
    number = connection.execute(insert(access_token).values(**values).returning(access_token.c.id)).scalar_one()
    return token_of_number(connection, int(number)), secret


def token_of_number(connection: Connection, number: int) -> Token:
    """Read a token.

    Raises:
        TokenNotFoundError: There is none of this number.
    """
    row = connection.execute(_tokens().where(access_token.c.id == within_column(number))).first()
    if row is None:
        raise TokenNotFoundError(number)
    return _token_from_row(row)


def token_of_secret(connection: Connection, secret: str, now: datetime) -> Token | None:
    """Read the token of a secret: not one that was revoked or expired, nor of a user who is disabled."""
    if not is_secret(secret, TOKEN):
        return None
    query = _tokens().where(access_token.c.secret_hash == hash_of(secret), access_user.c.disabled_at.is_(None))
    row = connection.execute(query).first()
    token = _token_from_row(row) if row is not None else None
    return token if token is not None and token.is_live(now) else None


def list_tokens(connection: Connection, user: User | None, *, limit: int, after: int) -> tuple[Token, ...]:
    """Read tokens in the order they were made, those that ended too."""
    query = _tokens().where(access_token.c.id > within_column(after)).order_by(access_token.c.id).limit(limit)
    if user is not None:
        query = query.where(access_token.c.user_id == user.number)
    return tuple(_token_from_row(row) for row in connection.execute(query))


def revoke(connection: Connection, number: int, now: datetime) -> None:
    """Revoke a token; one that was revoked keeps its moment."""
    live = (access_token.c.id == number) & access_token.c.revoked_at.is_(None)
    connection.execute(update(access_token).where(live).values(revoked_at=utc_text(now)))


def is_use_worth_noting(token: Token, now: datetime) -> bool:
    """Tell whether the moment of the last use should be written down again: not with every request."""
    return token.last_used_at is None or now - token.last_used_at >= _USED_EVERY


def note_use(connection: Connection, token: Token, now: datetime) -> None:
    """Write down that a token was used."""
    connection.execute(update(access_token).where(access_token.c.id == token.number).values(last_used_at=utc_text(now)))


def _check(user: User, *, name: str, role: Role, workspace: str, days: int) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadInputError(
            f"{name!r} does not say what the token is for", f"one line, at most {_LONGEST_NAME} characters"
        )
    if not 1 <= days <= MOST_DAYS:
        raise BadInputError(f"a token lives 1 to {MOST_DAYS} days, not {days}", "make another one when it expires")
    held = user.role_in(workspace)
    if held is None or not held.allows(role):
        place = "every workspace" if workspace == EVERY_WORKSPACE else f"the workspace {workspace}"
        raise RoleTooLowError(
            f"{user.name} is {f'only {held}' if held else 'nobody'} in {place}, and the token would be {role}",
            f"make it for less, or raise the user first: curiouser user grant {user.name} {role}",
        )


def _tokens() -> Select[Any]:
    query = select(access_token, access_user.c.name.label("user_name"))
    return query.join(access_user, access_user.c.id == access_token.c.user_id)


def _token_from_row(row: Row[Any]) -> Token:
    return Token(
        number=row.id,
        user=row.user_name,
        name=row.name,
        role=Role(row.role),
        workspace=row.workspace,
        created_at=from_text(row.created_at),
        created_by=row.created_by,
        expires_at=from_text(row.expires_at),
        revoked_at=moment_or_none(row.revoked_at),
        last_used_at=moment_or_none(row.last_used_at),
    )
