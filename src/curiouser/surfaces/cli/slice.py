"""``curiouser slice``: name a part of the rows."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from curiouser.evaluations import Slice, SlicedRows
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.evaluations import slice_body, slices_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, table
from curiouser.workspace import Workspace


@click.group()
def slice() -> None:  # noqa: A001  the command's name
    """Name a part of the rows."""


@slice.command()
@click.argument("name")
@click.option("--where", metavar="PREDICATE", help="""For instance: 'language == "zu" and len(want) > 40'.""")
@click.option("--ids", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with one id per line.")
@click.option(
    "--on", default="test", metavar="REF", show_default=True, help="Test set whose columns and ids are meant."
)
@json_option
@pass_workspace
def add(workspace: Workspace, name: str, where: str | None, ids: Path | None, on: str, *, as_json: bool) -> None:
    """Name the rows that a predicate or a list of ids selects."""
    made = workspace.evaluations.add_slice(name, where=where, ids=ids, on=on, actor=workspace.actor)
    emit(slice_body(made), lambda: f"{made.name}: {_selects(made)}", as_json=as_json)


@slice.command("list")
@click.option("--on", default="test", metavar="REF", show_default=True, help="Test set to count rows in.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="Most slices shown.")
@json_option
@pass_workspace
def list_slices(workspace: Workspace, on: str, limit: int, *, as_json: bool) -> None:
    """List the named slices, and those that follow from the task's groups."""
    found = workspace.evaluations.slices(workspace.evaluations.test_set(on))[:limit]
    counted = [(one.slice, one.rows) for one in found]
    emit(slices_body(counted), lambda: _text(found), as_json=as_json)


@slice.command()
@click.argument("name")
@json_option
@pass_workspace
def remove(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Forget a slice's name; its scores are kept, and adding it again brings them back."""
    gone = workspace.evaluations.remove_slice(name)
    emit(slice_body(gone), lambda: f"removed; to undo: {_again(gone)}", as_json=as_json)


def _selects(one: Slice) -> str:
    return one.where if one.where is not None else plural(len(one.ids or ()), "id")


def _again(gone: Slice) -> str:
    if gone.where is not None:
        return f"curiouser slice add {shlex.quote(gone.name)} --where {shlex.quote(gone.where)}"
    return f"curiouser slice add {shlex.quote(gone.name)} --ids FILE, with these ids: {' '.join(gone.ids or ())}"


def _text(found: list[SlicedRows]) -> str:
    rows = [
        (one.slice.name, f"{one.rows:,}", _selects(one.slice), "from the groups" if one.slice.automatic else "")
        for one in found
    ]
    return table(("Slice", "Rows", "Selects by", ""), rows, right=(1,))
