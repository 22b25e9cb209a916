"""``curiouser data column``: rename and drop columns."""

from __future__ import annotations

from collections.abc import Sequence

import click

from curiouser.kernel.errors import UsageError
from curiouser.surfaces.bodies.data import committed_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.data import branch_option, committed_text, dataset_option
from curiouser.surfaces.cli.show import emit, json_option
from curiouser.workspace import Workspace

message_option = click.option("-m", "--message", help="Why; says what was done when left out.")


@click.group()
def column() -> None:
    """Rename and drop columns of a branch; `curiouser data show REF` lists them.

    A column is known by its name: for a merge, a rename is a dropped column and a new one.
    """


@column.command()
@click.argument("names", metavar="OLD NEW [OLD NEW]...", nargs=-1, required=True)
@dataset_option
@branch_option
@message_option
@json_option
@pass_workspace
def rename(
    workspace: Workspace, names: Sequence[str], dataset: str, branch: str, message: str | None, *, as_json: bool
) -> None:
    """Give the column OLD the name NEW; several change at once.

    A column that the task names is renamed in [task] of curiouser.toml first.
    """
    if len(names) % 2:
        raise UsageError("each column needs its new name", "curiouser data column rename OLD NEW [OLD NEW]...")
    pairs = dict(zip(names[::2], names[1::2], strict=True))
    made = workspace.data.columns.rename(dataset, branch, pairs, actor=workspace.actor, message=message)
    emit(committed_body(made), lambda: committed_text(made, f"{dataset}@{branch}"), as_json=as_json)


@column.command()
@click.argument("names", metavar="COLUMN...", nargs=-1, required=True)
@dataset_option
@branch_option
@message_option
@json_option
@pass_workspace
def drop(
    workspace: Workspace, names: Sequence[str], dataset: str, branch: str, message: str | None, *, as_json: bool
) -> None:
    """Take columns away; earlier versions keep them, and `curiouser data revert` brings them back."""
    made = workspace.data.columns.drop(dataset, branch, names, actor=workspace.actor, message=message)
    emit(committed_body(made), lambda: committed_text(made, f"{dataset}@{branch}"), as_json=as_json)
