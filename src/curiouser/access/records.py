"""The nouns of this slice: roles, users, sessions, tokens and the entries of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

EVERY_WORKSPACE = "*"
"""Stands for every workspace of a server in a grant or a token."""


class Role(StrEnum):
    """What somebody may do in a workspace; each role may do what those before it may."""

    VIEWER = "viewer"
    """Read."""
    LABELLER = "labeller"
    """Work on their own queue."""
    EXPERT = "expert"
    """Review and adjudicate."""
    MAINTAINER = "maintainer"
    """Commit, merge, evaluate, sign off, trust."""
    ADMIN = "admin"
    """Keep users and tokens."""

    def allows(self, other: Role) -> bool:
        """Tell whether this role may do what the other may.

        Args:
            other: The role that is needed.

        Examples:
            >>> Role.EXPERT.allows(Role.LABELLER), Role.EXPERT.allows(Role.MAINTAINER)
            (True, False)
        """
        return self.place >= other.place

    @property
    def place(self) -> int:
        """Place in the order, from 0 for the least."""
        return _ORDER[self]

    @classmethod
    def least(cls, *roles: Self) -> Self:
        """Return the role that allows the least; of none, ValueError.

        Args:
            *roles: One or more.
        """
        return min(roles, key=lambda role: role.place)


_ORDER = {role: place for place, role in enumerate(Role)}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with an account; a password or its hash is never part of it."""

    number: int
    """Number in the database."""
    name: str
    """What they sign in with: small letters, digits and ``. _ - @``, unique."""
    grants: Mapping[str, Role]
    """Workspace, or ``*`` for all of them -> their role there."""
    created_at: datetime
    """When the account was made, UTC."""
    created_by: str
    """Who made it."""
    disabled_at: datetime | None
    """Since when they may not sign in, UTC; None: they may."""
    has_password: bool
    """Whether they have set a password; until then only a one-time link lets them in."""
    last_login_at: datetime | None
    """When they last signed in, UTC."""

    def role_in(self, workspace: str) -> Role | None:
        """Return their role in a workspace: the higher of the one there and the one everywhere.

        Args:
            workspace: Where.
        """
        held = [self.grants[name] for name in (workspace, EVERY_WORKSPACE) if name in self.grants]
        if self.disabled_at is not None or not held:
            return None
        return max(held, key=lambda role: role.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser."""

    number: int
    """Number in the database."""
    user: User
    """Whose it is, as they stand now."""
    csrf: str = field(repr=False)
    """What forms of this session must carry; follows from the secret and is not stored."""
    created_at: datetime
    """When they signed in, UTC."""
    expires_at: datetime
    """When it ends unless it is used before, UTC; at most 7 days after it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session, and its secret, which is told this once."""

    secret: str = field(repr=False)
    """What the browser shows from now on."""
    session: Session
    """The session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a program shows instead of a password; its secret was told once and is not kept."""

    number: int
    """Number by which it is revoked and by which the audit log names it."""
    user: str
    """Name of the user it acts for."""
    name: str
    """What it is for, in its maker's words."""
    role: Role
    """The most it may do; its user's role now is a limit, too."""
    workspace: str
    """Where it may, or ``*``."""
    created_at: datetime
    """When it was made, UTC."""
    created_by: str
    """Who made it."""
    expires_at: datetime
    """From when on it is refused, UTC."""
    revoked_at: datetime | None
    """When it was revoked, UTC."""
    last_used_at: datetime | None
    """When it was last used, UTC, to the hour."""

    def is_live(self, now: datetime) -> bool:
        """Tell whether it is neither revoked nor expired.

        Args:
            now: The moment it is asked for.
        """
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit log: who did what; it names fields and never values."""

    number: int
    """Place in the log, from 1, without a gap."""
    made_at: datetime
    """When, UTC; the order is the number's, since clocks jump."""
    actor: str
    """Who did it."""
    role: str
    """Their role in that workspace then; empty where none was needed."""
    via: str
    """How they were known: ``local``, ``session``, ``token``, or ``service`` for what access itself wrote down."""
    token: int | None
    """Number of the token they came with."""
    workspace: str
    """Where; empty for what concerns the whole server."""
    action: str
    """What was done: the name of a route, or ``user.grant.expert``."""
    object: str
    """To what: a path, a user, a token."""
    result: str
    """``ok``, an HTTP status, or the code of the error."""
    previous: str
    """Hash of the entry before it, 64 hex digits; zeros for the first."""
    hash: str
    """SHA-256 over the canonical JSON of all of the above, 64 hex digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """The end of the audit log; noted elsewhere, it shows later that nobody rewrote what came before."""

    number: int
    """Number of the last entry; 0 for an empty log."""
    hash: str
    """Its hash, 64 hex digits."""
