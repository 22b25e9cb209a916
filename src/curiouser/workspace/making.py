"""Make a workspace: a configuration, a database, and a ``.gitignore`` that keeps them apart."""

from __future__ import annotations

from pathlib import Path

from curiouser.kernel.clock import Clock, utc_now
from curiouser.kernel.configuration import FILE_NAME, Configuration, configuration_text, load_configuration
from curiouser.kernel.errors import WorkspaceExistsError
from curiouser.storage.objects import disk_errors
from curiouser.workspace.opening import Workspace, default_actor

_IGNORED = (".curiouser/",)


def make_workspace(
    folder: Path, configuration: Configuration, *, actor: str | None = None, clock: Clock = utc_now
) -> Workspace:
    """Write ``curiouser.toml`` and ``.gitignore``, and make an empty store.

    The configuration is written last: a folder that has one is a whole workspace.

    Raises:
        WorkspaceExistsError: There is a ``curiouser.toml`` already.
        StorageError: The disk refused.
    """
    target = folder / FILE_NAME
    if target.exists():
        raise WorkspaceExistsError(
            f"{target} is there already", "edit it, or choose another folder; nothing was changed"
        )
    with disk_errors(f"making a workspace in {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        _ignore(folder / ".gitignore")
    workspace = Workspace(folder.resolve(), configuration, actor=actor or default_actor(folder), clock=clock)
    if workspace.database.schema and _has_store(workspace):
        workspace.close()
        raise WorkspaceExistsError(
            f"the schema {workspace.database.schema} of that database holds a workspace already",
            f"name another schema, or put that workspace's {FILE_NAME} here",
        )
    workspace.database.create()
    with disk_errors(f"writing {target}"):
        workspace.objects.root.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{FILE_NAME}.new"
        draft.write_text(configuration_text(configuration), encoding="utf-8")
        draft.replace(target)
    return workspace


def adopt_workspace(folder: Path, *, actor: str | None = None, clock: Clock = utc_now) -> Workspace:
    """Make an empty store for a ``curiouser.toml`` that came without one, as in a fresh clone of a team's repository.

    Raises:
        WorkspaceExistsError: It has its store already.
        ConfigurationError: The file has mistakes; all are listed.
        StorageError: The disk refused.
    """
    configuration = load_configuration(folder / FILE_NAME)
    workspace = Workspace(folder.resolve(), configuration, actor=actor or default_actor(folder), clock=clock)
    if _has_store(workspace):
        workspace.close()
        raise WorkspaceExistsError(f"{folder / FILE_NAME} has its store already", "look at it with `curiouser status`")
    workspace.database.create()
    with disk_errors(f"making a store in {folder}"):
        workspace.objects.root.mkdir(parents=True, exist_ok=True)
        _ignore(folder / ".gitignore")
    return workspace


def _has_store(workspace: Workspace) -> bool:
    file = workspace.database.file
    return file.exists() if file else workspace.database.version() is not None


def _ignore(path: Path) -> None:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in _IGNORED if line not in text.splitlines()]
    if missing:
        with path.open("a", encoding="utf-8") as file:
            file.write(("\n" if text and not text.endswith("\n") else "") + "\n".join(missing) + "\n")
