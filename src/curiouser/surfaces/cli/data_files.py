"""``curiouser data import`` and ``curiouser data export``: files in and out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from curiouser.data import ColumnType, Dialect, ExportPlan, Imported, Origin
from curiouser.kernel.errors import UsageError
from curiouser.kernel.ids import DataCommitId
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.data_files import exported_body, imported_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, progress, warn
from curiouser.workspace import Workspace

_SHORT = 12


def _dialect_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--raw", is_flag=True, help="Keep the apostrophe that formula-safe files put before = + - @."),
        click.option("--decimal-comma", is_flag=True, help="Numbers are written 3,14."),
        click.option("--no-quotes", is_flag=True, help='A " is a letter like any other.'),
        click.option("--columns", metavar="A,B,…", help="Names of the columns of a file without a header."),
        click.option("--delimiter", metavar="CHAR", help=r"What separates fields, \t for a tab; found by looking."),
    ):
        command = option(command)
    return command


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dataset", default="test", show_default=True, help="Which dataset; made when it is new.")
@click.option("--branch", default="main", show_default=True, help="Which branch of it.")
@click.option("--replace", is_flag=True, help="FILE is the whole table: rows it lacks are removed.")
@click.option("-m", "--message", required=True, help="Why.")
@click.option(
    "--origin",
    type=click.Choice([str(each) for each in Origin]),
    help="Origin of rows that do not say; new rows: sample.",
)
@click.option("--skip-bad", metavar="REJECTS", type=click.Path(path_type=Path, dir_okay=False),
              help="Set bad rows aside in this CSV, and import the others.")  # fmt: skip
@click.option("--allow-input-changes", is_flag=True, help="Let a known id get another input.")
@click.option("--type", "types", multiple=True, metavar="COL=TYPE",
              help=f"Type of a new column: {', '.join(ColumnType)}.")  # fmt: skip
@click.option("--file-column", "file_columns", multiple=True, metavar="COL",
              help="COL holds paths, relative to FILE; the files are stored.")  # fmt: skip
@click.option("--unlabelled", is_flag=True, help="A new dataset without labels.")
@click.option("--expect", metavar="COMMIT", help="Import only if the branch stands at this version.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@_dialect_options
@json_option
@pass_workspace
def import_(workspace: Workspace, /, file: Path, *, as_json: bool, **said: Any) -> None:  # noqa: ANN401  click's options
    """Import FILE (.csv, .tsv, .jsonl, each also .gz, or .parquet): rows with a known id are changed, others added.

    Every row is checked first. When any is bad, all bad ones are named, with line and column, and nothing is imported
    (unless --skip-bad). In CSV, nothing between two delimiters is missing, and "" is the empty text.

    JSON: {data_commit, content_hash, rows, added, changed, removed, rejected, rejects, notes, dry_run}; rows counts
    the whole table afterwards, rejects is the file of rows set aside, and a dry run has no content_hash.
    """
    dialect = _dialect(said)
    rejects = said["skip_bad"]
    with progress(f"reading {file.name}") as tell:
        done = workspace.data.import_file(
            file, actor=workspace.actor, dialect=dialect, tell=tell, **_options(workspace, said)
        )
    for note in done.notes:
        warn(note)
    where = f"{said['dataset']}@{said['branch']}"
    body = imported_body(done, None if rejects is None else str(rejects))
    emit(body, lambda: _imported_text(done, where, rejects), as_json=as_json)


@click.command("export")
@click.argument("ref", default="test")
@click.option("-o", "--output", metavar="FILE", default="-",
              help="A .csv, .tsv, .jsonl (each also .gz) or .parquet file; - is standard output.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["csv", "tsv", "jsonl"]), default="csv", show_default=True,
              help="Format on standard output.")  # fmt: skip
@click.option("--columns", metavar="A,B,…", help="Which columns, in this order.")
@click.option("--where", metavar="PREDICATE", help="""Only these rows: 'language == "zu" and len(want) > 40'.""")
@click.option("--raw", is_flag=True, help="Leave texts alone that a spreadsheet would take for formulas.")
@json_option
@pass_workspace
def export(
    workspace: Workspace,
    /,
    ref: str,
    *,
    output: str,
    form: str,
    as_json: bool,
    **said: Any,  # noqa: ANN401  click's options
) -> None:
    """Write the rows of REF to a file; importing it again changes nothing.

    In CSV and TSV a text that begins with = + - @ gets an apostrophe before it, so that no spreadsheet runs it;
    `data import` takes it off again. --raw leaves texts alone (then import with --raw, too).
    """
    columns = tuple(_names(said["columns"]))
    plan = ExportPlan(ref=ref, columns=columns, where=said["where"], raw=said["raw"])
    if output == "-":
        _refuse_json_on_stdout(as_json=as_json)
        workspace.data.export_stream(sys.stdout.buffer, plan, form=form)
        return
    with progress(f"writing {Path(output).name}") as tell:
        done = workspace.data.export_file(output, plan, tell=tell)
    text = f"Wrote {plural(done.rows, 'row')} of {ref} at {done.data_commit.id[:_SHORT]} to {output}."
    emit(exported_body(done, output), lambda: text, as_json=as_json)


def _options(workspace: Workspace, said: dict[str, Any]) -> dict[str, Any]:
    plain = ("dataset", "branch", "replace", "message", "skip_bad", "allow_input_changes", "unlabelled", "dry_run")
    expect = said["expect"]
    return {
        **{name: said[name] for name in plain},
        "origin": None if said["origin"] is None else Origin(said["origin"]),
        "types": dict(_typed(each) for each in said["types"]),
        "file_columns": tuple(said["file_columns"]),
        "expect": None if expect is None else DataCommitId(workspace.data.resolve(expect).id),
    }


def _dialect(said: dict[str, Any]) -> Dialect:
    delimiter = said["delimiter"]
    return Dialect(
        delimiter={r"\t": "\t", "tab": "\t"}.get(delimiter, delimiter),
        columns=tuple(_names(said["columns"])),
        quotes=not said["no_quotes"],
        decimal_comma=said["decimal_comma"],
        raw=said["raw"],
    )


def _names(text: str | None) -> Sequence[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _typed(text: str) -> tuple[str, ColumnType]:
    column, sign, kind = text.rpartition("=")
    if not sign or not column or kind not in set(ColumnType):
        raise UsageError(f"--type {text!r} is no column with a type", f"write COL=TYPE, one of {', '.join(ColumnType)}")
    return column, ColumnType(kind)


def _refuse_json_on_stdout(*, as_json: bool) -> None:
    if as_json:
        raise UsageError("--json and the rows would both go to standard output", "name a file: -o rows.csv")


def _imported_text(done: Imported, where: str, rejects: Path | None) -> str:
    counts = f"{done.added:,} added, {done.changed:,} changed, {done.removed:,} removed; {plural(done.rows, 'row')}"
    if done.dry_run:
        text = f"Would change {where}: {counts}. Nothing was changed."
    elif not done.added + done.changed + done.removed:
        text = f"Nothing changed: {where} stays at {(done.data_commit or '')[:_SHORT]}, {plural(done.rows, 'row')}."
    else:
        text = f"{where} is now {(done.data_commit or '')[:_SHORT]}: {counts}."
    if done.rejected:
        text += f"\n{plural(done.rejected, 'bad row')} set aside in {rejects}, each with its reason."
    return text
