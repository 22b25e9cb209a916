"""The verbs: make users, let them in, give them roles and tokens, and write down who did what.

Every change here is written into the audit log in its own transaction, so
that there is no grant without its entry, whatever surface asked for it.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection, insert, select, update

from curiouser.access import attempts, chain, passwords, sessions, stored
from curiouser.access.errors import LinkRefusedError, LoginRefusedError, UserDisabledError, UserExistsError
from curiouser.access.records import EVERY_WORKSPACE, NewSession, Role, Session, Token, User
from curiouser.access.tables import access_user
from curiouser.access.token_service import TokenService
from curiouser.kernel.clock import Clock
from curiouser.kernel.errors import RetryableError
from curiouser.storage import Database, utc_text

_UNKNOWN = "(unknown)"
"""Stands in the log for a name that is no user's: people type passwords there."""


class AccessService(TokenService):
    """Keeps accounts, sessions, tokens and the audit log.

    Safe to use from several threads and processes: a write transaction is
    alone on every database, so that limits and "the last admin" hold in races.

    Args:
        database: Where they are kept.
        clock: Tells the time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)

    # Users and their roles

    def has_users(self) -> bool:
        """Tell whether there is any account, a disabled one too."""
        with self._database.read() as connection:
            return connection.execute(select(access_user.c.id).limit(1)).first() is not None

    def add_user(self, name: str, *, role: Role, workspace: str = EVERY_WORKSPACE, actor: str) -> User:
        """Make an account with a role and without a password: invite the user next.

        Args:
            name: What they sign in as; unique.
            role: What they may do.
            workspace: Where; everywhere when left out.
            actor: Who does it.
            name: What they sign in as; unique.
            role: What they may do.
            workspace: Where; everywhere when left out.
            actor: Who does it.

        Raises:
            BadInputError: The name cannot be a user's, or the workspace's not a workspace's.
            UserExistsError: A user has this name already.
        """
        name, workspace, now = stored.user_name(name), stored.granted_workspace(workspace), self._clock()
        with self._database.write() as connection:
            if stored.user_row(connection, name) is not None:
                raise UserExistsError(name)
            values = {"name": name, "created_at": utc_text(now), "created_by": actor}
            connection.execute(insert(access_user).values(**values))
            user = stored.find_user(connection, name)
            stored.set_grant(connection, user, role, workspace, actor=actor, now=now)
            chain.append(connection, now, actor=actor, action=f"user.add.{role}", object=name, workspace=workspace)
            return stored.find_user(connection, name)

    def users(self, *, limit: int = 100, after: str = "") -> tuple[User, ...]:
        """List users by name, from the one behind ``after``.

        Args:
            limit: At most this many.
            after: Cursor: only names that come after this one.
        """
        query = (
            select(access_user)
            .where(access_user.c.name > stored.storable(after))
            .order_by(access_user.c.name)
            .limit(limit)
        )
        with self._database.read() as connection:
            return stored.users_from_rows(connection, connection.execute(query).all())

    def user(self, name: str) -> User:
        """Read one user.

        Args:
            name: The user.

        Raises:
            UserNotFoundError: There is none of this name.
        """
        with self._database.read() as connection:
            return stored.find_user(connection, name)

    def grant(self, name: str, role: Role | None, *, workspace: str = EVERY_WORKSPACE, actor: str) -> User:
        """Give a user a role in a workspace, in the place of the one they had there; None takes it away.

        Args:
            name: The user.
            role: What they may do there; None: nothing.
            workspace: Where; everywhere when left out.
            actor: Who does it.

        Raises:
            UserNotFoundError: There is no such user.
            LastAdminError: Nobody could keep users afterwards.
        """
        workspace, now = stored.granted_workspace(workspace), self._clock()
        with self._database.write() as connection:
            user = stored.find_user(connection, name)
            if workspace == EVERY_WORKSPACE and role is not Role.ADMIN:
                stored.keep_an_admin(connection, user)
            stored.set_grant(connection, user, role, workspace, actor=actor, now=now)
            action = f"user.grant.{role or 'none'}"
            chain.append(connection, now, actor=actor, action=action, object=user.name, workspace=workspace)
            return stored.find_user(connection, name)

    def disable(self, name: str, *, actor: str) -> User:
        """Keep a user out: sessions and the one-time link end, tokens are revoked for good.

        Args:
            name: The user.
            actor: Who does it.

        Raises:
            UserNotFoundError: There is no such user.
            LastAdminError: Nobody could keep users afterwards.
        """
        now = self._clock()
        with self._database.write() as connection:
            user = stored.find_user(connection, name)
            if user.disabled_at is not None:
                return user
            stored.keep_an_admin(connection, user)
            stored.drop_sessions(connection, user)
            stored.drop_link(connection, user)
            stored.revoke_tokens(connection, user, now)
            self._set_disabled(connection, user, utc_text(now))
            chain.append(connection, now, actor=actor, action="user.disable", object=user.name)
            return stored.find_user(connection, name)

    def enable(self, name: str, *, actor: str) -> User:
        """Let a disabled user in again, with the password and the roles they had.

        Args:
            name: The user.
            actor: Who does it.

        Raises:
            UserNotFoundError: There is no such user.
        """
        with self._database.write() as connection:
            user = stored.find_user(connection, name)
            self._set_disabled(connection, user, None)
            chain.append(connection, self._clock(), actor=actor, action="user.enable", object=user.name)
            return stored.find_user(connection, name)

    @staticmethod
    def role_in(user: User, workspace: str) -> Role | None:
        """Tell what a user may do in a workspace; None: nothing.

        Args:
            user: Whose role.
            workspace: Where.
        """
        return user.role_in(workspace)

    def role_of_token(self, token: Token, workspace: str) -> Role | None:
        """Tell what a token allows in a workspace: what it was made for, and no more than its user may now.

        Args:
            token: The token.
            workspace: Where.
        """
        held = self.user(token.user).role_in(workspace)
        if held is None or token.workspace not in {EVERY_WORKSPACE, workspace}:
            return None
        return Role.least(held, token.role)

    # Passwords, links and sessions

    def invite(self, name: str, *, actor: str) -> str:
        """Make a one-time link, valid 24 hours, in the place of an earlier one; returns its secret.

        The old password and open sessions stay until the link is used.

        Args:
            name: The user.
            actor: Who does it.

        Raises:
            UserNotFoundError: There is no such user.
            UserDisabledError: They are kept out.
        """
        now = self._clock()
        with self._database.write() as connection:
            user = stored.find_user(connection, name)
            if user.disabled_at is not None:
                raise UserDisabledError(user.name)
            chain.append(connection, now, actor=actor, action="user.invite", object=user.name)
            return sessions.make_link(connection, user, now)

    def redeem(self, secret: str, password: str, *, address: str) -> NewSession:
        """Use a one-time link: set a password, end every other session, and sign in.

        Args:
            secret: The secret of the link.
            password: The new password.
            address: Where the call comes from; refusals are counted by it.

        Raises:
            LinkRefusedError: The link was used, has expired, or never was one.
            TooManyAttemptsError: Too many refused links came from this address.
            WeakPasswordError: The password would be guessed; the link stays good.
        """
        now = self._clock()
        with self._database.read() as connection:
            user = sessions.user_of_link(connection, secret, now)
        if user is None:
            with self._database.write() as connection:
                attempts.count_attempt(connection, secret, address, now)
            raise LinkRefusedError
        passwords.check_password(user.name, password)
        hashed = passwords.hash_password(password)
        with self._database.write() as connection:
            # Read again: of two who use a link at once, one is late.
            user = sessions.user_of_link(connection, secret, now)
            if user is None:
                raise LinkRefusedError
            stored.set_password_hash(connection, user, hashed)
            attempts.forget_attempts(connection, user.name)
            chain.append(connection, now, actor=user.name, action="link.redeem", object=user.name)
            return sessions.start_session(connection, user, now)

    def log_in(self, name: str, password: str, *, address: str) -> NewSession:
        """Sign in with a password; takes as long for a name that is no user's.

        Args:
            name: The user.
            password: Their password.
            address: Where the call comes from; refusals are counted by it.

        Raises:
            LoginRefusedError: Name or password is wrong, or the user is disabled.
            TooManyAttemptsError: Five failed under this name, or twenty from this address, within 15 minutes.
        """
        name, now = stored.typed_name(name), self._clock()
        with self._database.write() as connection:
            attempts.count_attempt(connection, name, address, now)
            row = stored.user_row(connection, name)
        stored_hash = row.password if row is not None else None
        is_right = passwords.matches(password, stored_hash)
        made = None
        with self._database.write() as connection:
            current = stored.user_row(connection, name)
            who = current.name if current is not None else _UNKNOWN
            # The password may have been reset, or the user disabled, while the old one was being checked.
            is_open = current is not None and current.disabled_at is None and current.password == stored_hash
            result = "ok" if is_right and is_open else LoginRefusedError.code
            chain.append(connection, now, actor=who, action="log_in", object=who, result=result)
            if is_right and is_open:
                attempts.forget_attempts(connection, name, address)
                made = sessions.start_session(connection, stored.find_user(connection, name), now)
        if made is None:
            raise LoginRefusedError
        return made

    def set_password(self, name: str, password: str, *, actor: str) -> None:
        """Set a user's password; every session of theirs and the one-time link end.

        Args:
            name: The user.
            password: The new password.
            actor: Who does it.

        Raises:
            UserNotFoundError: There is no such user.
            WeakPasswordError: The password would be guessed.
        """
        passwords.check_password(self.user(name).name, password)
        hashed = passwords.hash_password(password)
        with self._database.write() as connection:
            user = stored.find_user(connection, name)
            stored.set_password_hash(connection, user, hashed)
            chain.append(connection, self._clock(), actor=actor, action="password.set", object=user.name)

    def session(self, secret: str) -> Session | None:
        """Read the session of a secret and note that it was used; None where there is none, or it ended.

        Args:
            secret: The secret of the session.
        """
        now = self._clock()
        with self._database.read() as connection:
            session = sessions.find_session(connection, secret, now)
        end = sessions.later_end(session, now) if session is not None else None
        if session is not None and end is not None:
            # A database that is busy must not keep anybody from reading; the next request moves the end.
            with suppress(RetryableError), self._database.write() as connection:
                sessions.move_end(connection, session, end)
        return session

    def count_sessions(self, name: str) -> int:
        """Count a user's open sessions.

        Args:
            name: The user.

        Raises:
            UserNotFoundError: There is no such user.
        """
        with self._database.read() as connection:
            return sessions.count_live(connection, stored.find_user(connection, name), self._clock())

    def log_out(self, secret: str) -> None:
        """End one session; nothing happens when it has ended.

        Args:
            secret: The secret of the session.
        """
        now = self._clock()
        with self._database.write() as connection:
            session = sessions.find_session(connection, secret, now)
            if session is not None:
                sessions.end_session(connection, secret)
                name = session.user.name
                chain.append(connection, now, actor=name, action="log_out", object=name)

    def end_sessions(self, name: str, *, actor: str) -> int:
        """End every session of a user; returns how many were open.

        Args:
            name: The user.
            actor: Who does it.

        Raises:
            UserNotFoundError: There is no such user.
        """
        now = self._clock()
        with self._database.write() as connection:
            user = stored.find_user(connection, name)
            count = sessions.count_live(connection, user, now)
            stored.drop_sessions(connection, user)
            chain.append(connection, now, actor=actor, action="sessions.end", object=user.name)
            return count

    @staticmethod
    def _set_disabled(connection: Connection, user: User, moment: str | None) -> None:
        connection.execute(update(access_user).where(access_user.c.id == user.number).values(disabled_at=moment))
