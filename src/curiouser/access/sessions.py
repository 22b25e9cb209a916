"""Sessions and one-time links, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from curiouser.access.records import NewSession, Session, User
from curiouser.access.secret_texts import LINK, SESSION, csrf_of, hash_of, is_secret, new_secret
from curiouser.access.stored import drop_link, find_user, users_from_rows
from curiouser.access.tables import access_link, access_session, access_user
from curiouser.kernel.clock import from_text
from curiouser.storage import utc_text

IDLE = timedelta(hours=12)
"""A session that is not used for so long ends."""
LONGEST = timedelta(days=7)
"""A session ends after this, used or not."""
LINK_VALID = timedelta(hours=24)
"""How long a one-time link can be used."""
_REFRESH_EVERY = timedelta(minutes=10)


def start_session(connection: Connection, user: User, now: datetime) -> NewSession:
    """Sign a user in; sessions of anybody that have ended are swept."""
    connection.execute(delete(access_session).where(access_session.c.expires_at <= utc_text(now)))
    moment = utc_text(now)
    connection.execute(update(access_user).where(access_user.c.id == user.number).values(last_login_at=moment))
    secret = new_secret(SESSION)
    number = connection.execute(
        insert(access_session)
        .values(
            secret_hash=hash_of(secret),
            user_id=user.number,
            created_at=moment,
            expires_at=utc_text(now + IDLE),
            ends_at=utc_text(now + LONGEST),
        )
        .returning(access_session.c.id)
    ).scalar_one()
    session = Session(
        number=int(number),
        user=find_user(connection, user.name),
        csrf=csrf_of(secret),
        created_at=now,
        expires_at=now + IDLE,
    )
    return NewSession(secret=secret, session=session)


def find_session(connection: Connection, secret: str, now: datetime) -> Session | None:
    """Read the session of a secret: not one that ended, nor of a user who is disabled."""
    if not is_secret(secret, SESSION):
        return None
    query = select(
        access_session.c.id.label("session_id"),
        access_session.c.created_at.label("began_at"),
        access_session.c.expires_at,
        access_user,
    ).join(access_user, access_user.c.id == access_session.c.user_id)
    query = query.where(access_session.c.secret_hash == hash_of(secret), access_user.c.disabled_at.is_(None))
    row = connection.execute(query).first()
    if row is None or from_text(row.expires_at) <= now:
        return None
    (user,) = users_from_rows(connection, [row])
    return Session(
        number=row.session_id,
        user=user,
        csrf=csrf_of(secret),
        created_at=from_text(row.began_at),
        expires_at=from_text(row.expires_at),
    )


def later_end(session: Session, now: datetime) -> datetime | None:
    """Tell when a session that is used now should end; None where that is hardly later than it says.

    Not every request writes to the database: the end moves in steps of ten
    minutes, so that an idle session may end that much early.
    """
    end = min(now + IDLE, session.created_at + LONGEST)
    is_last_step = end == session.created_at + LONGEST and end > session.expires_at
    return end if is_last_step or end - session.expires_at >= _REFRESH_EVERY else None


def move_end(connection: Connection, session: Session, end: datetime) -> None:
    """Let a session end later; one that was ended meanwhile stays ended."""
    query = update(access_session).where(access_session.c.id == session.number)
    connection.execute(query.values(expires_at=utc_text(end)))


def end_session(connection: Connection, secret: str) -> None:
    """End the session of a secret, if there is one."""
    connection.execute(delete(access_session).where(access_session.c.secret_hash == hash_of(secret)))


def count_live(connection: Connection, user: User, now: datetime) -> int:
    """Count the sessions of a user that have not ended."""
    query = select(func.count()).select_from(access_session)
    query = query.where(access_session.c.user_id == user.number, access_session.c.expires_at > utc_text(now))
    return int(connection.execute(query).scalar_one())


def make_link(connection: Connection, user: User, now: datetime) -> str:
    """Make a one-time link in the place of any earlier one; returns its secret."""
    secret = new_secret(LINK)
    drop_link(connection, user)
    values = {"user_id": user.number, "secret_hash": hash_of(secret), "expires_at": utc_text(now + LINK_VALID)}
    connection.execute(insert(access_link).values(**values))
    return secret


def user_of_link(connection: Connection, secret: str, now: datetime) -> User | None:
    """Read whose link this is: not one that expired, nor of a user who is disabled."""
    if not is_secret(secret, LINK):
        return None
    query = select(access_user, access_link.c.expires_at).join(access_link, access_link.c.user_id == access_user.c.id)
    query = query.where(access_link.c.secret_hash == hash_of(secret), access_user.c.disabled_at.is_(None))
    row: Row[Any] | None = connection.execute(query).first()
    if row is None or from_text(row.expires_at) <= now:
        return None
    return users_from_rows(connection, [row])[0]
