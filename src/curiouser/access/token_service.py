"""Tokens: secrets by which programs ask, each with a role and an end."""

from __future__ import annotations

from contextlib import suppress

from curiouser.access import chain, stored, tokens
from curiouser.access.audits import AuditService
from curiouser.access.errors import UserDisabledError
from curiouser.access.records import EVERY_WORKSPACE, Role, Token
from curiouser.kernel.errors import RetryableError


class TokenService(AuditService):
    """Makes, reads and revokes tokens; the part of ``AccessService`` that programs are let in by.

    Args:
        database: Where they are kept.
        clock: Tells the time.
    """

    def create_token(
        self, user: str, *, name: str, role: Role, workspace: str = EVERY_WORKSPACE, days: int = 90, actor: str
    ) -> tuple[Token, str]:
        """Make a token for a user's programs; returns it with its secret, which is told this once.

        Args:
            user: Whose it is; it never allows more than they may do at that time.
            name: What it is for, in words.
            role: The most it allows.
            workspace: Where, or ``*``.
            days: How long, 1 to 365.
            actor: Who makes it.

        Raises:
            BadInputError: The name or the days cannot be right.
            RoleTooLowError: The user may do less than that.
            UserDisabledError: They are kept out.
            UserNotFoundError: There is no such user.
        """
        workspace, now = stored.granted_workspace(workspace), self._clock()
        with self._database.write() as connection:
            owner = stored.find_user(connection, user)
            if owner.disabled_at is not None:
                raise UserDisabledError(owner.name)
            made, secret = tokens.add_token(
                connection, owner, name=name, role=role, workspace=workspace, days=days, actor=actor, now=now
            )
            what = f"token {made.number} of {owner.name}"
            chain.append(connection, now, actor=actor, action=f"token.create.{role}", object=what, workspace=workspace)
            return made, secret

    def tokens(self, user: str | None = None, *, limit: int = 500, after: int = 0) -> tuple[Token, ...]:
        """List tokens in the order they were made, those that ended too, from the number behind ``after``.

        Args:
            user: Whose; everybody's when None.
            limit: At most this many.
            after: Cursor: only numbers above this one.

        Raises:
            UserNotFoundError: There is no such user.
        """
        with self._database.read() as connection:
            owner = stored.find_user(connection, user) if user is not None else None
            return tokens.list_tokens(connection, owner, limit=limit, after=after)

    def token(self, secret: str) -> Token | None:
        """Read the token of a secret and note that it was used; None where it is unknown or ended.

        Args:
            secret: The secret of the token.
        """
        now = self._clock()
        with self._database.read() as connection:
            token = tokens.token_of_secret(connection, secret, now)
        if token is not None and tokens.is_use_worth_noting(token, now):
            # As for sessions: a busy database must not keep a reader out.
            with suppress(RetryableError), self._database.write() as connection:
                tokens.note_use(connection, token, now)
        return token

    def revoke_token(self, number: int, *, actor: str) -> Token:
        """Make a token useless, for good.

        Args:
            number: Of the token.
            actor: Who does it.

        Raises:
            TokenNotFoundError: There is no token of this number.
        """
        now = self._clock()
        with self._database.write() as connection:
            token = tokens.token_of_number(connection, number)
            tokens.revoke(connection, number, now)
            what = f"token {number} of {token.user}"
            chain.append(connection, now, actor=actor, action="token.revoke", object=what, workspace=token.workspace)
            return tokens.token_of_number(connection, number)
