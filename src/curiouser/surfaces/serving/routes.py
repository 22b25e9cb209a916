"""Routes that say what they do, and so which role they need, and the caller that a handler gets.

A slice of the surface makes ``routes = Routes(tags=["problems"])`` and
decorates plain functions with ``@routes.get("/problems", does=Verb.READ)``.
The application installs them; a route that does not say what it does cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Query, Request
from pydantic import StringConstraints

from curiouser.access import AccessService, Role
from curiouser.surfaces.serving.roles import NEEDS, OF_THE_SERVER, Verb
from curiouser.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])
Via = Literal["nobody", "local", "session", "token"]
ANYONE: None = None
"""What a route does that needs no role: signing in, and what a browser needs for that."""
MOST_ROWS = 500
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="At most this many.")]
_Place = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
"""No NUL: PostgreSQL refuses it, and no cursor has one."""
After = Annotated[_Place | None, Query(description="The `next` of the page before.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, for which workspace, and what they may do there."""

    name: str
    """What the workspace is served as."""
    workspace: Workspace
    """It, open; its services may be used from several threads."""
    access: AccessService
    """Accounts, tokens and the audit log of the whole server."""
    root: str = ""
    """What stands before every path: ``/w/<name>``, or nothing."""
    role: Role | None = None
    """What they may do in this workspace; None for somebody who is not signed in."""
    everywhere: Role | None = None
    """What they may do on the whole server: an admin of one workspace keeps no other's users."""
    actor: str = ""
    """Goes with every change."""
    via: Via = "nobody"
    """How they said who they are."""
    token: int | None = None
    """Number of the token they came with."""
    csrf: str = field(default="", repr=False)
    """The secret of their session that their forms are signed with."""
    flash: str = ""
    """What the request before had to say, once."""
    path: str = "/"
    """The path asked for, without ``root``."""
    names: Sequence[str] = ()
    """Every workspace served here that they may open."""

    def url(self, path: str) -> str:
        """Write a link that stays in this workspace."""
        return self.root + path

    def may(self, verb: Verb) -> bool:
        """Tell whether they may do something; what concerns the whole server needs a role in all of it."""
        role = self.everywhere if verb in OF_THE_SERVER else self.role
        return role is not None and role.allows(NEEDS[verb])


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One route, before an application installs it."""

    path: str
    """Without ``/w/<name>`` and ``/api/v1``."""
    method: str
    """GET, POST, PUT, PATCH or DELETE."""
    does: Verb | None
    """What whoever calls it wants to do; None: what anyone may."""
    endpoint: Callable[..., Any]
    """The function that answers."""
    takes_files: bool
    """Whether its body may be long."""
    options: dict[str, Any]
    """What else FastAPI is told."""

    @property
    def role(self) -> Role | None:
        """The least role that may call it; None: anyone."""
        return None if self.does is None else NEEDS[self.does]


class Routes:
    """Collects the routes of one part of the surface.

    Args:
        tags: What OpenAPI files them under.
    """

    def __init__(self, *, tags: Sequence[str]) -> None:
        self._tags, self.declared = list(tags), list[Declared]()

    def get(self, path: str, *, does: Verb | None, **options: Any) -> Callable[[F], F]:  # noqa: ANN401  FastAPI's own
        """Declare a route that changes nothing."""
        return self._declare("GET", path, does, options)

    def post(self, path: str, *, does: Verb | None, takes_files: bool = False, **options: Any) -> Callable[[F], F]:  # noqa: ANN401  FastAPI's own
        """Declare a route that does something."""
        return self._declare("POST", path, does, options, takes_files=takes_files)

    def put(self, path: str, *, does: Verb | None, takes_files: bool = False, **options: Any) -> Callable[[F], F]:  # noqa: ANN401  FastAPI's own
        """Declare a route that puts something in a place."""
        return self._declare("PUT", path, does, options, takes_files=takes_files)

    def patch(self, path: str, *, does: Verb | None, **options: Any) -> Callable[[F], F]:  # noqa: ANN401  FastAPI's own
        """Declare a route that changes parts of something."""
        return self._declare("PATCH", path, does, options)

    def delete(self, path: str, *, does: Verb | None, **options: Any) -> Callable[[F], F]:  # noqa: ANN401  FastAPI's own
        """Declare a route that takes something away."""
        return self._declare("DELETE", path, does, options)

    def _declare(
        self, method: str, path: str, does: Verb | None, options: dict[str, Any], *, takes_files: bool = False
    ) -> Callable[[F], F]:
        def decorated(endpoint: F) -> F:
            self.declared.append(
                Declared(
                    path=path, method=method, does=does, endpoint=endpoint, takes_files=takes_files,
                    options={"tags": self._tags, **options},
                )
            )  # fmt: skip
            return endpoint

        return decorated


def caller_of(request: Request) -> Caller:
    """Give a handler the caller that was let in.

    Raises:
        RuntimeError: Nobody was let in: the route was not installed by the application.
    """
    caller = getattr(request.state, "caller", None)
    if isinstance(caller, Caller):
        return caller
    raise RuntimeError(f"{request.url.path} was reached without a caller")


Asked = Annotated[Caller, Depends(caller_of)]
"""The parameter by which a handler takes its caller."""
