"""``curiouser problem pattern`` and ``problem template``: the patterns of a problem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from curiouser.kernel.words import plural
from curiouser.problems import Pattern, PatternsChanged
from curiouser.surfaces.bodies.problems import changed_body, patterns_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.problem_options import FILE, counted, source_options
from curiouser.surfaces.cli.show import emit, json_option, table, warn
from curiouser.workspace import Workspace


@click.group()
def pattern() -> None:
    """The patterns of a problem: add, remove, import, list."""


@pattern.command("add")
@click.argument("name", metavar="PROBLEM")
@source_options
@json_option
@pass_workspace
def add(workspace: Workspace, /, name: str, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401  click's options
    """Add patterns to a PROBLEM; those it has already are left alone."""
    _present(workspace.problems.add_patterns(name, actor=workspace.actor, **given), as_json=as_json)


@pattern.command("import")
@click.argument("name", metavar="PROBLEM")
@click.argument("file", type=FILE)
@json_option
@pass_workspace
def import_patterns(workspace: Workspace, name: str, file: Any, *, as_json: bool) -> None:  # noqa: ANN401  a path
    """Add the patterns of a CSV or JSONL FILE to a PROBLEM."""
    _present(workspace.problems.add_patterns(name, patterns=file, actor=workspace.actor), as_json=as_json)


@pattern.command("remove")
@click.argument("name", metavar="PROBLEM")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--case", "cases", multiple=True, metavar="CASE", help="Remove a whole Case.")
@json_option
@pass_workspace
def remove(workspace: Workspace, name: str, ids: tuple[str, ...], cases: tuple[str, ...], *, as_json: bool) -> None:
    """Take patterns out of a PROBLEM; their rows stay in the test set."""
    done = workspace.problems.remove_patterns(name, ids=ids, cases=cases, actor=workspace.actor)
    _present(done, as_json=as_json)


@pattern.command("list")
@click.argument("name", metavar="PROBLEM")
@json_option
@pass_workspace
def list_patterns(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """List the patterns of a PROBLEM and what must hold of them."""
    several = workspace.problems.patterns(name)
    emit(patterns_body(name, several), lambda: _table(several), as_json=as_json)


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True, help="Which file."
)
@pass_workspace
def template(workspace: Workspace, form: str) -> None:
    """Print a file of patterns to start from."""
    click.echo(workspace.problems.template(form=form), nl=False)


def _present(done: PatternsChanged, *, as_json: bool) -> None:
    said = (
        f"{done.problem.name}: {done.added:,} added, {done.removed:,} removed, now {counted(done.patterns, done.cases)}"
    )
    rows = f"; {plural(done.committed, 'row')} committed to {done.problem.dataset}" if done.committed else ""
    emit(changed_body(done), lambda: said + rows, as_json=as_json)
    for note in done.notes:
        warn(note)


def _table(several: Sequence[Pattern]) -> str:
    rows = [
        (
            one.example_id,
            one.case,
            one.place if one.case else None,
            one.expectation.kind,
            one.expectation.quantity,
            one.expectation.tolerance,
        )
        for one in several
    ]
    return table(("Row", "Case", "Place", "Expectation", "Quantity", "Tolerance"), rows, right=(2, 5))
