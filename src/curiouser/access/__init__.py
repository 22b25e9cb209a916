"""Who may do what: users, roles, sessions, tokens, and the log of who did what.

A user has a role per workspace, a session or a token shows who asks, and a
chain of hashes shows that nobody rewrote the log. It serves the business
people, labellers and experts of slides 6-12, who will not use a terminal.
"""

from curiouser.access.errors import (
    AccessRefusedError,
    AuditBrokenError,
    LastAdminError,
    LinkRefusedError,
    LoginRefusedError,
    RoleTooLowError,
    TokenNotFoundError,
    TooManyAttemptsError,
    UserDisabledError,
    UserExistsError,
    UserNotFoundError,
    WeakPasswordError,
)
from curiouser.access.records import (
    EVERY_WORKSPACE,
    AuditEntry,
    AuditHead,
    NewSession,
    Role,
    Session,
    Token,
    User,
)
from curiouser.access.secret_texts import redacted
from curiouser.access.service import AccessService

__all__ = [
    "EVERY_WORKSPACE",
    "AccessRefusedError",
    "AccessService",
    "AuditBrokenError",
    "AuditEntry",
    "AuditHead",
    "LastAdminError",
    "LinkRefusedError",
    "LoginRefusedError",
    "NewSession",
    "Role",
    "RoleTooLowError",
    "Session",
    "Token",
    "TokenNotFoundError",
    "TooManyAttemptsError",
    "User",
    "UserDisabledError",
    "UserExistsError",
    "UserNotFoundError",
    "WeakPasswordError",
    "redacted",
]
