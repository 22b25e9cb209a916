"""An error as a body: what went wrong, and what to do."""

from __future__ import annotations

from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import BadRowsError, ConfigurationError, CuriouserError


def error_body(error: CuriouserError) -> dict[str, Json]:
    """Present an error; a file's bad rows and a configuration's mistakes are all there."""
    body: dict[str, Json] = {"code": error.code, "message": error.reason, "hint": error.repair}
    if isinstance(error, BadRowsError):
        body["rows"] = list(error.problems)
    if isinstance(error, ConfigurationError):
        body["mistakes"] = list(error.mistakes)
    return body
