"""Workspaces side by side: which one a path means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curiouser.kernel.errors import NotFoundError
from curiouser.workspace import Workspace

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/w/"
WORKSPACES = "/workspaces"
WORKSPACE = "curiouser.workspace"
"""Key of a request's scope: the name in its path, where there is one."""


@dataclass(frozen=True, slots=True)
class Mounts:
    """The workspaces of one server by name; the first keeps the accounts."""

    workspaces: Mapping[str, Workspace]
    """Name -> open workspace, at least one."""

    def __post_init__(self) -> None:
        if not self.workspaces:
            raise ValueError("a server needs at least one workspace")

    @property
    def home(self) -> Workspace:
        """The workspace whose database keeps accounts and the audit log."""
        return next(iter(self.workspaces.values()))

    @property
    def only(self) -> str | None:
        """The name of the only workspace, or None where there are several."""
        return next(iter(self.workspaces)) if len(self.workspaces) == 1 else None

    def get(self, name: str | None) -> tuple[str, Workspace]:
        """Find the workspace of a request.

        Args:
            name: As the path has it; None where it names none.

        Raises:
            NotFoundError: No workspace has this name, or none is named and there are several.
        """
        wanted = self.only if name is None else name
        if wanted is None:
            known = ", ".join(f"{PREFIX}{each}/" for each in self.workspaces)
            raise NotFoundError("several workspaces are served here, and the path names none", f"begin it with {known}")
        if wanted not in self.workspaces:
            raise NotFoundError(f"no workspace is served as {wanted!r}", f"known: {', '.join(self.workspaces)}")
        return wanted, self.workspaces[wanted]

    def __iter__(self) -> Iterator[str]:
        return iter(self.workspaces)

    def close(self) -> None:
        """Close every workspace."""
        for workspace in self.workspaces.values():
            workspace.close()


class Prefixed:
    """Takes ``/w/<name>`` off a path, so that every route is written once.

    Args:
        app: What comes next.
        mounts: Where there are several, the bare ``/`` lists them.
    """

    def __init__(self, app: ASGIApp, mounts: Mounts) -> None:
        self._app, self._mounts = app, mounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set ``root_path`` and the workspace's name."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(PREFIX):
            name, _, rest = path.removeprefix(PREFIX).partition("/")
            root = scope.get("root_path", "") + PREFIX + name
            # Starlette's routes look at the path behind root_path; a bare /w/name is its home page.
            scope = {**scope, "root_path": root, "path": f"{root}/{rest}", WORKSPACE: name}
        elif scope["type"] == "http" and path in {"", "/"} and self._mounts.only is None:
            scope = {**scope, "path": WORKSPACES}
        await self._app(scope, receive, send)
