"""What every command shares: the workspace, who is acting, and whether to be quiet."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from curiouser.workspace import Workspace

P = ParamSpec("P")
R = TypeVar("R")


class Session:
    """One call of the program."""

    def __init__(self, *, folder: str | None, actor: str | None, quiet: bool) -> None:
        self.folder, self.actor, self.quiet = folder, actor, quiet
        self._workspace: Workspace | None = None

    def open(self) -> Workspace:
        """Open the workspace of this call, once."""
        if self._workspace is None:
            # The workspace pulls in SQL; `--help` must not pay for that.
            from curiouser.workspace import Workspace  # noqa: PLC0415  see above

            self._workspace = Workspace.open(self.folder or ".", actor=self.actor)
        return self._workspace

    def close(self) -> None:
        """Close what was opened."""
        if self._workspace is not None:
            self._workspace.close()


def pass_workspace(command: Callable[Concatenate[Workspace, P], R]) -> Callable[P, R]:
    """Give a command the open workspace as its first argument."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        session = click.get_current_context().find_object(Session)
        if session is None:
            raise RuntimeError("this command was called outside `curiouser`")
        return command(session.open(), *args, **kwargs)

    return wrapped
