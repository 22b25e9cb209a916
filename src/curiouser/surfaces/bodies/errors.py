"""An error as a body: what went wrong, and what to do."""

from __future__ import annotations

from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import BadRowsError, ConfigurationError, CuriouserError
from curiouser.models import ModelRunError


def error_body(error: CuriouserError) -> dict[str, Json]:
    """Present an error: with it a file's bad rows, a configuration's mistakes, or a model's last words."""
    body: dict[str, Json] = {"code": error.code, "message": error.reason, "hint": error.repair}
    if isinstance(error, BadRowsError):
        body["rows"] = list(error.problems)
    if isinstance(error, ConfigurationError):
        body["mistakes"] = list(error.mistakes)
    if isinstance(error, ModelRunError):
        body["tail"] = error.tail
    return body
