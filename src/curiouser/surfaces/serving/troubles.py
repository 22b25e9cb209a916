"""Errors as answers: problem+json for programs, a page for people; one table decides the status.

Source: RFC 9457, problem details for HTTP APIs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from curiouser.access import TooManyAttemptsError
from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import CuriouserError, NotFoundError, RetryableError, UsageError
from curiouser.surfaces.bodies.errors import error_body
from curiouser.surfaces.bodies.text import json_text
from curiouser.surfaces.bodies.wording import Words
from curiouser.surfaces.serving.admission import API
from curiouser.surfaces.serving.errors import InvalidRequestError, SignInNeededError, TooLargeError, WrongMethodError
from curiouser.surfaces.serving.guard import TOO_LARGE

PROBLEM_JSON = "application/problem+json"
ErrorPage = Callable[[Request, int, dict[str, Json]], Response]
_LOG = logging.getLogger("curiouser.server")


class Troubles:
    """Answers requests that failed.

    Args:
        page: Shows an error to a person.
        words: In which programs are told what to do.
    """

    def __init__(self, page: ErrorPage, words: Words) -> None:
        self._page, self._words = page, words

    def answer(self, request: Request, error: Exception) -> Response:
        """Turn any error into an answer; what nobody foresaw is ours, and says nothing of the inside."""
        known = _known(error)
        if known is None:
            _LOG.error("a mistake of Curiouser's at %s %s", request.method, request.url.path, exc_info=error)
            known = CuriouserError("this is a mistake of Curiouser's, not yours", "its log says more; please report it")
        root = request.scope.get("root_path", "")
        path = request.scope["path"].removeprefix(root)
        if path.startswith(API):
            return _problem(known, self._words)
        if isinstance(known, SignInNeededError) and request.method == "GET":
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{root}/login?next={quote(f'{path}{query}', safe='')}", status_code=303)
        return self._page(request, known.http_status, problem_body(known))


def problem_body(error: CuriouserError, say: Callable[[str], str] = str) -> dict[str, Json]:
    """Present an error as RFC 9457 says, beside the keys that ``--json`` has; ``say`` as in ``error_body``."""
    return {
        "type": f"/errors/{error.code}",
        "title": HTTPStatus(error.http_status).phrase,
        "status": error.http_status,
        "detail": say(str(error).partition("] ")[2]),
        **error_body(error, say),
    }


def _problem(error: CuriouserError, words: Words) -> Response:
    headers = {}
    if isinstance(error, SignInNeededError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RetryableError):
        headers["Retry-After"] = "1"
    if isinstance(error, TooManyAttemptsError):
        headers["Retry-After"] = str(error.wait_s)
    if isinstance(error, WrongMethodError):
        headers["Allow"] = error.allowed
    return Response(
        json_text(problem_body(error, words.say)) + "\n",
        status_code=error.http_status,
        media_type=PROBLEM_JSON,
        headers=headers,
    )


def _known(error: Exception) -> CuriouserError | None:
    if isinstance(error, CuriouserError):
        return error
    if isinstance(error, RequestValidationError):
        return InvalidRequestError([_mistake(one["loc"], one["msg"]) for one in error.errors()])
    return _of_http(error) if isinstance(error, HTTPException) else None


def _of_http(error: HTTPException) -> CuriouserError:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFoundError("there is nothing at this address", "start at /")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return WrongMethodError((error.headers or {}).get("Allow", "GET"))
    if error.status_code == TOO_LARGE:
        return TooLargeError(str(error.detail), "send less, or in parts")
    return UsageError(str(error.detail), "see /api/v1/openapi.json")


def _mistake(where: Sequence[object], said: str) -> str:
    return f"{'.'.join(map(str, where))}: {said}"
