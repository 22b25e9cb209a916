"""An error as a body: what went wrong, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import BadRowsError, ConfigurationError, CuriouserError
from curiouser.models import ModelRunError


def error_body(error: CuriouserError, say: Callable[[str], str] = str) -> dict[str, Json]:
    """Present an error: with it a file's bad rows, a configuration's mistakes, or a model's last words.

    Args:
        error: What went wrong.
        say: Puts a text into the words of the surface; the command line's are as they stand.
    """
    body: dict[str, Json] = {"code": error.code, "message": say(error.reason), "hint": say(error.repair)}
    if isinstance(error, BadRowsError):
        body["rows"] = [say(problem) for problem in error.problems]
    if isinstance(error, ConfigurationError):
        body["mistakes"] = list(error.mistakes)
    if isinstance(error, ModelRunError):
        body["tail"] = error.tail
    return body
