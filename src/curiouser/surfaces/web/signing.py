"""Signing in and out: with a password, or once with the link that an admin hands over."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Form, Request
from starlette.responses import Response

from curiouser.access import NewSession
from curiouser.kernel.errors import CuriouserError
from curiouser.surfaces.serving.answers import see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import ANYONE, Asked, Caller, Routes
from curiouser.surfaces.serving.settings import Settings
from curiouser.surfaces.web.rendering import page

routes = Routes(tags=["pages"])
Short = Annotated[str, Form(max_length=200)]
Password = Annotated[str, Form(max_length=1_000)]
Next = Annotated[str, Form(max_length=2_000)]


@routes.get("/login", does=ANYONE)
def login_page(caller: Asked, next: str = "/") -> Response:  # noqa: A002  the parameter's name in the URL
    """Ask who this is."""
    return page(caller, "login.html", next=own_path(next), name="", trouble=None)


@routes.post("/login", does=ANYONE)
def log_in(caller: Asked, request: Request, name: Short, password: Password, next: Next = "/") -> Response:  # noqa: A002  as above
    """Start a session."""
    try:
        made = caller.access.log_in(name, password, address=address_of(request))
    except CuriouserError as error:
        known = {"next": own_path(next), "name": name, "trouble": error}
        return page(caller, "login.html", status=error.http_status, **known)
    return _started(caller, request, made, own_path(next))


@routes.get("/login/once/{secret}", does=ANYONE)
def once_page(caller: Asked, secret: str) -> Response:
    """Ask for a password; opening the link alone uses nothing up, since mail programs open links too."""
    return page(caller, "once.html", secret=secret, trouble=None)


@routes.post("/login/once/{secret}", does=ANYONE)
def redeem(caller: Asked, request: Request, secret: str, password: Password, again: Password) -> Response:
    """Set a password with a one-time link, and start a session."""
    if password != again:
        return page(
            caller, "once.html", status=422, secret=secret, trouble="The two passwords differ; type them again."
        )
    try:
        made = caller.access.redeem(secret, password, address=address_of(request))
    except CuriouserError as error:
        return page(caller, "once.html", status=error.http_status, secret=secret, trouble=error)
    return _started(caller, request, made, "/")


@routes.post("/logout", does=Verb.KEEP_OWN)
def log_out(caller: Asked, request: Request) -> Response:
    """End the session."""
    settings: Settings = request.app.state.settings
    secret = request.cookies.get(settings.cookie)
    if secret:
        caller.access.log_out(secret)
    response = see_other(caller, "/login", "You are signed out.")
    response.delete_cookie(settings.cookie, path="/", secure=settings.encrypted, httponly=True, samesite="lax")
    return response


def own_path(text: str) -> str:
    r"""Take a place to go on to only when it is a path of ours: never another site's.

    Examples:
        >>> own_path("/problems?q=a"), own_path("//evil.example"), own_path("https://evil.example"), own_path("/\\evil")
        ('/problems?q=a', '/', '/', '/')
    """
    parts = urlsplit(text)
    is_own = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if is_own and not parts.scheme and not parts.netloc else "/"


def address_of(request: Request) -> str:
    """Say where a request came from, for the limit on attempts."""
    return request.client.host if request.client else "unknown"


def _started(caller: Caller, request: Request, made: NewSession, path: str) -> Response:
    settings: Settings = request.app.state.settings
    response = see_other(caller, path)
    response.set_cookie(
        settings.cookie, made.secret, httponly=True, secure=settings.encrypted, samesite="lax", path="/",
        max_age=7 * 24 * 3600,
    )  # fmt: skip
    return response
