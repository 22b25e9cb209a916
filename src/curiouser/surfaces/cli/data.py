"""``curiouser data``: versions of labelled examples."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import click

from curiouser.data import (
    Cell,
    Committed,
    DataCommit,
    DataDiff,
    DatasetStatus,
    ExampleHistory,
    Ref,
    RowChange,
    ShownCommit,
)
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.data import (
    blame_body,
    collected_body,
    committed_body,
    data_status_body,
    diff_body,
    log_body,
    ref_body,
    refs_body,
    shown_body,
)
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, printable, table
from curiouser.workspace import Workspace
from curiouser.workspace.collecting import Tidied, collect

_SHORT = 12
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


class DataGroup(click.Group):
    """Finds some commands in modules of their own; those of files load the readers of files."""

    _elsewhere: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("import", "export"), "data_files"),
        **dict.fromkeys(("check", "checks"), "data_checks"),
        **dict.fromkeys(
            ("merge", "merges", "conflicts", "settle", "finish", "abort", "protect", "unprotect"), "data_merging"
        ),
        "column": "data_columns",
        "duplicates": "data_duplicates",
        **dict.fromkeys(
            ("propose", "proposals", "proposal", "recheck", "approve", "reject", "land", "withdraw"), "data_proposals"
        ),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List all commands by name."""
        return sorted([*super().list_commands(ctx), *self._elsewhere])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name in self._elsewhere:
            module = importlib.import_module(f"curiouser.surfaces.cli.{self._elsewhere[cmd_name]}")
            found = (each for each in vars(module).values() if isinstance(each, click.Command))
            return next((each for each in found if each.name == cmd_name), None)
        return super().get_command(ctx, cmd_name)


@click.group(cls=DataGroup)
def data() -> None:
    """Versions of labelled examples: import, diff, branch, merge, tag, revert.

    A REF is a dataset (its main branch), dataset@branch, dataset@tag or dataset@<commit prefix>.
    """


dataset_option = click.option("--dataset", default="test", show_default=True, help="Which dataset.")
branch_option = click.option("--branch", default="main", show_default=True, help="Which branch of it.")
limit_option = click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Most rows or versions shown."
)


@data.command()
@dataset_option
@branch_option
@click.option("--set", "sets", nargs=3, multiple=True, metavar="ID COLUMN VALUE", help="Give a cell another value.")
@click.option("--clear", "clears", nargs=2, multiple=True, metavar="ID COLUMN", help="Make a cell missing.")
@click.option("--delete", "deletes", multiple=True, metavar="ID", help="Delete a row.")
@click.option(
    "--delete-ids", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with one id a line."
)
@click.option("--allow-input-changes", is_flag=True, help="Let a row that is known get another input.")
@click.option("-m", "--message", required=True, help="Why.")
@json_option
@pass_workspace
def commit(  # one parameter per option
    workspace: Workspace,
    *,
    dataset: str,
    branch: str,
    sets: Sequence[tuple[str, str, str]],
    clears: Sequence[tuple[str, str]],
    deletes: Sequence[str],
    delete_ids: Path | None,
    allow_input_changes: bool,
    message: str,
    as_json: bool,
) -> None:
    """Correct single cells and delete rows; `data import` brings whole files."""
    made = workspace.data.edit(
        dataset,
        branch,
        cells=[
            *(Cell(id=id_, column=column, text=text) for id_, column, text in sets),
            *(Cell(id=id_, column=column, text=None) for id_, column in clears),
        ],
        deletes=[*deletes, *_lines(delete_ids)],
        message=message,
        actor=workspace.actor,
        allow_input_changes=allow_input_changes,
    )
    emit(committed_body(made), lambda: committed_text(made, f"{dataset}@{branch}"), as_json=as_json)


@data.command()
@click.argument("ref", default="test")
@limit_option
@click.option("--before", metavar="COMMIT", help="Start after this one: the last of the page before.")
@json_option
@pass_workspace
def log(workspace: Workspace, ref: str, limit: int, before: str | None, *, as_json: bool) -> None:
    """List the versions of REF, newest first."""
    found = workspace.data.log(ref, limit=limit, before=before)
    body = log_body(found, limit)
    emit(body, lambda: _log_text(found, more=body["next"] is not None), as_json=as_json)


@data.command()
@click.argument("ref", default="test")
@limit_option
@json_option
@pass_workspace
def show(workspace: Workspace, ref: str, limit: int, *, as_json: bool) -> None:
    """Show one version: who, why, its columns, and which rows it changed."""
    found = workspace.data.show(ref, limit=limit)
    emit(shown_body(found), lambda: _show_text(found), as_json=as_json)


@data.command()
@click.argument("example", metavar="ID")
@dataset_option
@branch_option
@limit_option
@click.option("--before", metavar="COMMIT", help="Only changes before this version: the last of the page before.")
@json_option
@pass_workspace
def blame(
    workspace: Workspace, example: str, *, dataset: str, branch: str, limit: int, before: str | None, as_json: bool
) -> None:
    """Show every change of the example ID: which version, who, when, why, and which fields from what to what.

    JSON: {id, row, steps: [{data_commit, created_at, author, message, change, fields: {column: [old, new]}}], next}
    """
    found = workspace.data.example_history(f"{dataset}@{branch}", example, limit=limit, before=before)
    emit(blame_body(found), lambda: _blame_text(found), as_json=as_json)


@data.command()
@click.argument("before")
@click.argument("after")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=0), help="Most rows shown.")
@click.option("--after-id", metavar="ID", help="Only rows behind this one: the `next` of the page before.")
@json_option
@pass_workspace
def diff(workspace: Workspace, before: str, after: str, *, limit: int, after_id: str | None, as_json: bool) -> None:
    """Show what changed from BEFORE to AFTER, row by row and field by field.

    JSON: {before, after, added, removed, changed, rows: [{id, change, fields: {column: [old, new]}}], truncated,
    next}; added, removed and changed count all rows, and next is what --after-id takes.
    """
    found = workspace.data.diff(before, after, limit=limit, after_id=after_id)
    emit(diff_body(found), lambda: _diff_text(found), as_json=as_json)


@data.command()
@click.argument("name", required=False)
@dataset_option
@click.option("--at", metavar="REF", help="Start here; the main branch when left out.")
@click.option("--delete", "gone", is_flag=True, help="Delete the branch; its versions stay until `data gc`.")
@json_option
@pass_workspace
def branch(workspace: Workspace, name: str | None, dataset: str, at: str | None, *, gone: bool, as_json: bool) -> None:
    """Start the branch NAME, or list the branches and tags."""
    if name is None:
        _list_refs(workspace, dataset, as_json=as_json)
    elif gone:
        ref = workspace.data.delete_branch(dataset, name, actor=workspace.actor)
        emit(ref_body(ref), lambda: f"Deleted branch {name}; it was at {ref.data_commit[:_SHORT]}.", as_json=as_json)
    else:
        ref = workspace.data.branch(dataset, name, at, actor=workspace.actor)
        emit(ref_body(ref), lambda: f"{dataset}@{name} starts at {ref.data_commit[:_SHORT]}.", as_json=as_json)


@data.command()
@click.argument("name", required=False)
@dataset_option
@click.option("--at", metavar="REF", help="Name this version; the main branch's when left out.")
@click.option("--delete", "gone", is_flag=True, help="Delete the tag.")
@json_option
@pass_workspace
def tag(workspace: Workspace, name: str | None, dataset: str, at: str | None, *, gone: bool, as_json: bool) -> None:
    """Give a version the lasting name NAME, or list the branches and tags."""
    if name is None:
        _list_refs(workspace, dataset, as_json=as_json)
    elif gone:
        ref = workspace.data.delete_tag(dataset, name, actor=workspace.actor)
        emit(ref_body(ref), lambda: f"Deleted tag {name}; it was at {ref.data_commit[:_SHORT]}.", as_json=as_json)
    else:
        ref = workspace.data.tag(dataset, name, at, actor=workspace.actor)
        emit(ref_body(ref), lambda: f"{dataset}@{name} is {ref.data_commit[:_SHORT]}.", as_json=as_json)


@data.command()
@click.argument("data_commit", metavar="COMMIT")
@dataset_option
@branch_option
@click.option("-m", "--message", help="Why; says what was undone when left out.")
@json_option
@pass_workspace
def revert(
    workspace: Workspace, data_commit: str, dataset: str, branch: str, message: str | None, *, as_json: bool
) -> None:
    """Undo one version with a new one; what came later stays."""
    made = workspace.data.revert(dataset, branch, data_commit, actor=workspace.actor, message=message)
    emit(committed_body(made), lambda: committed_text(made, f"{dataset}@{branch}"), as_json=as_json)


@data.command()
@json_option
@pass_workspace
def status(workspace: Workspace, *, as_json: bool) -> None:
    """Show every dataset with its branches, tags, rows and size."""
    found = workspace.data.status()
    emit(data_status_body(found), lambda: _status_text(found), as_json=as_json)


@data.command()
@click.option(
    "--grace-days", default=14.0, show_default=True, type=click.FloatRange(min=0), help="Keep what is younger."
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@pass_workspace
def gc(workspace: Workspace, *, grace_days: float, dry_run: bool, as_json: bool) -> None:
    """Remove what no branch or tag needs any more; what they need is never touched."""
    done = collect(workspace, timedelta(days=grace_days), dry_run=dry_run)
    emit(collected_body(done), lambda: _collected_text(done), as_json=as_json)


def _collected_text(done: Tidied) -> str:
    searches = done.searches.indexes + done.searches.searches
    return (
        f"{'Would remove' if done.data.dry_run else 'Removed'} "
        f"{plural(done.data.objects + done.searches.objects, 'object')} ({done.data.size_bytes / 1e6:.1f} MB), "
        f"{plural(done.data.data_commits, 'version')} that nothing leads to, "
        f"{plural(done.data.snapshots, 'snapshot')} that changes can rebuild"
        + (f", {plural(searches, 'kept search', 'kept searches')} for near-duplicates." if searches else ".")
    )


def committed_text(made: Committed, where: str) -> str:
    """Tell what a change came to."""
    if not made.added + made.changed + made.removed:
        return f"Nothing changed: {where} stays at {made.data_commit[:_SHORT]}, {plural(made.rows, 'row')}."
    return (
        f"{where} is now {made.data_commit[:_SHORT]}: {made.added:,} added, {made.changed:,} changed, "
        f"{made.removed:,} removed; {plural(made.rows, 'row')}."
    )


def _list_refs(workspace: Workspace, dataset: str, *, as_json: bool) -> None:
    found = workspace.data.refs(dataset)
    emit(refs_body(found), lambda: _refs_text(found), as_json=as_json)


def _refs_text(found: Sequence[Ref]) -> str:
    rows = [(str(ref.kind), ref.name, ref.data_commit[:_SHORT], f"{ref.updated_at:%Y-%m-%d %H:%M}") for ref in found]
    return table(("Kind", "Name", "Version", "Moved (UTC)"), rows)


def _log_text(found: Sequence[DataCommit], *, more: bool) -> str:
    rows = [
        (at.id[:_SHORT], f"{at.created_at:%Y-%m-%d %H:%M}", at.author, at.rows, _change(at), at.message) for at in found
    ]
    text = table(("Version", "When (UTC)", "Who", "Rows", "Change", "Why"), rows, right=(3,))
    return text + (f"\nOlder ones: --before {found[-1].id[:_SHORT]}" if more else "")


def _change(at: DataCommit) -> str:
    return f"+{at.added:,} ~{at.changed:,} -{at.removed:,}"


def _show_text(found: ShownCommit) -> str:
    at = found.data_commit
    names = ", ".join(f"{ref.dataset}@{ref.name}" for ref in found.refs)
    lines = [
        f"{at.dataset} {at.id}" + (f"  ({names})" if names else ""),
        f"{printable(at.message)}",
        f"by {printable(at.author)}, {at.created_at:%Y-%m-%d %H:%M:%S} UTC",
        f"{plural(at.rows, 'row')}, content {at.content_hash[:_SHORT]}",
        f"columns: {', '.join(f'{name} ({kind})' for name, kind in at.schema.items())}",
        "",
        _diff_text(found.diff),
    ]
    return "\n".join(lines)


def _diff_text(found: DataDiff) -> str:
    lines = [f"{found.added:,} added, {found.removed:,} removed, {found.changed:,} changed"]
    lines += [f"{_SIGNS[row.change]} {printable(row.id)}  " + "; ".join(_fields(row)) for row in found.rows]
    if found.truncated:
        lines.append("… more rows changed: raise --limit")
    return "\n".join(lines)


def _blame_text(found: ExampleHistory) -> str:
    lines = [f"{printable(found.id)} is not there any more" if found.row is None else printable(found.id)]
    for step in found.steps:
        at = step.data_commit
        said = f"{at.id[:_SHORT]}  {at.created_at:%Y-%m-%d %H:%M}  {printable(at.author)}: {printable(at.message)}"
        lines += ["", f"{step.change.change} in {said}", *(f"  {line}" for line in _fields(step.change))]
    more = found.steps and not found.is_whole
    return "\n".join(
        [*lines, *(["", f"Older ones: --before {found.steps[-1].data_commit.id[:_SHORT]}"] if more else [])]
    )


def _fields(row: RowChange) -> list[str]:
    if row.change == "changed":
        return [f"{name}: {_cell(old)} → {_cell(new)}" for name, (old, new) in row.fields.items()]
    return [f"{name}: {_cell(new if old is None else old)}" for name, (old, new) in row.fields.items()]


def _cell(value: object) -> str:
    if value is None:
        return "missing"
    text = printable(str(value))
    return text if len(text) <= 60 else text[:59] + "…"


def _status_text(found: Sequence[DatasetStatus]) -> str:
    rows = [
        (each.dataset.name, str(each.dataset.kind), ref.name, str(ref.kind), at.rows, at.id[:_SHORT], at.message)
        for each in found
        for ref, at in each.heads
    ]
    if not rows:
        return 'No data yet: curiouser data import FILE.csv --dataset test -m "first test set"'
    sizes = ", ".join(f"{each.dataset.name} {each.size_bytes / 1e6:.1f} MB" for each in found)
    heads = ("Dataset", "Kind", "Ref", "Is a", "Rows", "Version", "Why")
    return table(heads, rows, right=(4,)) + f"\nOn disk: {sizes}"


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
