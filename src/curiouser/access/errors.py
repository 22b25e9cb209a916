"""What can go wrong with accounts, each with the repair; none of these tells a secret."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence

from curiouser.kernel.errors import BadInputError, CheckFailedError, ConflictError, CuriouserError, NotFoundError


class AccessRefusedError(CuriouserError):
    """Whoever asks may not."""

    code = "CUR601"
    exit_status = 4
    http_status = 403


class LoginRefusedError(AccessRefusedError):
    """Name or password is wrong, or the account is closed; which of them is not told."""

    code = "CUR602"
    http_status = 401

    def __init__(self) -> None:
        super().__init__(
            "this name with this password does not sign anybody in",
            "try again, or ask an admin for a one-time link: curiouser user invite NAME",
        )
        self.args = ()


class LinkRefusedError(AccessRefusedError):
    """The one-time link was used, has expired, or never was one."""

    code = "CUR603"
    http_status = 401

    def __init__(self) -> None:
        super().__init__(
            "this link was used, has expired, or was replaced by a later one",
            "ask an admin for another: curiouser user invite NAME",
        )
        self.args = ()


class RoleTooLowError(AccessRefusedError):
    """Somebody is known, and their role does not allow this."""

    code = "CUR604"


class TooManyAttemptsError(AccessRefusedError):
    """Too many log-ins failed in a short time, under this name or from this address.

    Args:
        wait_s: Seconds until the next attempt, > 0.
    """

    code = "CUR605"
    http_status = 429

    def __init__(self, wait_s: float) -> None:
        self.wait_s = math.ceil(wait_s)
        minutes = math.ceil(wait_s / 60)
        super().__init__(
            "too many log-ins failed under this name or from this address",
            f"wait {minutes} minute{'' if minutes == 1 else 's'}, or use a one-time link from an admin",
        )
        self.args = (wait_s,)


class UserNotFoundError(NotFoundError):
    """No user has this name."""

    code = "CUR606"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        near = difflib.get_close_matches(name, self.known, 1)
        super().__init__(
            f"there is no user {name!r}", f"did you mean {near[0]!r}?" if near else "see `curiouser user list`"
        )
        self.args = (name, self.known)


class UserExistsError(ConflictError):
    """A user already has this name."""

    code = "CUR607"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"there is already a user {name!r}", f"give them a role with `curiouser user grant {name} ROLE`"
        )
        self.args = (name,)


class LastAdminError(ConflictError):
    """Nobody would be left who can keep users."""

    code = "CUR608"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name} is the last admin of every workspace who can sign in",
            "make another one first (`curiouser user grant NAME admin`), and let them set a password",
        )
        self.args = (name,)


class UserDisabledError(ConflictError):
    """The user is disabled, so that nothing can be given to them."""

    code = "CUR609"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is disabled", f"let them in again first: curiouser user enable {name}")
        self.args = (name,)


class WeakPasswordError(BadInputError):
    """The password would be guessed."""

    code = "CUR610"


class TokenNotFoundError(NotFoundError):
    """No token has this number."""

    code = "CUR611"

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"there is no token {number}", "see `curiouser token list`")
        self.args = (number,)


class AuditBrokenError(CheckFailedError):
    """Somebody rewrote, removed or inserted an entry of the audit log.

    Args:
        found: What is wrong, the first broken entry first.
    """

    code = "CUR612"

    def __init__(self, found: Sequence[str]) -> None:
        self.found = tuple(found)
        super().__init__(
            "the audit log was changed behind our back: " + "; ".join(self.found),
            "keep the database as it is, and compare with a backup: curiouser workspace restore FILE.tar DIR",
        )
        self.args = (self.found,)
