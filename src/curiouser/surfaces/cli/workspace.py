"""``curiouser workspace``: back up and restore."""

from __future__ import annotations

from pathlib import Path

import click

from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.workspace import backup_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, progress
from curiouser.workspace import Workspace
from curiouser.workspace.backups import back_up
from curiouser.workspace.backups import restore as restore_from


@click.group()
def workspace() -> None:
    """Back up and restore a workspace."""


@workspace.command()
@click.argument("target", metavar="FILE.tar", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@pass_workspace
def backup(opened: Workspace, target: Path, *, as_json: bool) -> None:
    """Write the whole workspace to FILE.tar, while it may be in use."""
    with progress("Copying objects") as told:
        made = back_up(opened, target, progress=told)
    text = f"Wrote {made.path}: {plural(made.objects, 'object')}, {made.size_bytes / 1e6:.1f} MB."
    emit(backup_body(made), lambda: text, as_json=as_json)


@workspace.command()
@click.argument("source", metavar="FILE.tar", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@json_option
def restore(source: Path, folder: Path, *, as_json: bool) -> None:
    """Rebuild a workspace from FILE.tar in DIR, which must not hold one; every hash is checked."""
    with progress("Checking and copying") as told:
        made = restore_from(source, folder, progress=told)
    emit(backup_body(made), lambda: f"Restored {plural(made.objects, 'object')} into {made.path}.", as_json=as_json)
