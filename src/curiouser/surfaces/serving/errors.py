"""What can go wrong between a client and a route."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.kernel.errors import BadInputError, CuriouserError, UsageError


class WrongMethodError(UsageError):
    """The address exists, and does not take this method.

    Args:
        allowed: Methods it takes, as the header ``Allow`` lists them.
    """

    code = "CUR019"
    http_status = 405

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed
        super().__init__("this address does not take this method", f"use {allowed}")
        self.args = (allowed,)


class InvalidRequestError(BadInputError):
    """A request's parameters or body are not what the route takes; every mistake is listed."""

    code = "CUR020"

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("the request is not what this route takes: " + "; ".join(mistakes), "see /api/v1/openapi.json")
        self.args = (self.mistakes,)


class SignInNeededError(CuriouserError):
    """Nobody is signed in, or nobody knows who this is."""

    code = "CUR021"
    exit_status = 4
    http_status = 401


class PreconditionNeededError(UsageError):
    """A change must say which state it was made for, so that it overwrites nobody else's."""

    code = "CUR022"
    http_status = 428


class UnsupportedFileError(UsageError):
    """A request's body is of a type that the route does not take."""

    code = "CUR024"
    http_status = 415


class TooLargeError(BadInputError):
    """A request, or a file in it, is longer than may be sent at once."""

    code = "CUR025"
    http_status = 413
