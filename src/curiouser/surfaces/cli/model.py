"""``curiouser model``: add, list, show, name, cut, make live, ask, complete."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from curiouser.kernel.canonical import Json
from curiouser.kernel.words import plural
from curiouser.models import Model, write_rows
from curiouser.surfaces.bodies.models import (
    Shown,
    added_body,
    asked_body,
    each_added_body,
    missing_body,
    model_body,
    models_body,
    shown_body,
    updated_body,
)
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.model_adding import adding_options, asked_for, read_input
from curiouser.surfaces.cli.model_views import added_text, asked_text, list_text, show_text, updated_text
from curiouser.surfaces.cli.show import emit, json_option, warn
from curiouser.workspace import Workspace

on_option = click.option(
    "--on", default="test", metavar="REF", help="Test set: a dataset, or dataset@branch, tag or data commit."
)
file_path = click.Path(path_type=Path, dir_okay=False)


@click.group()
def model() -> None:
    """Models: add, list, rename, make live, set a threshold, ask, complete."""


@model.command()
@click.argument("name", required=False)
@adding_options
@on_option
@json_option
@pass_workspace
def add(workspace: Workspace, /, name: str | None, on: str, *, as_json: bool, **options: object) -> None:
    """Add a model: a file of predictions, a Python callable, a scikit-learn file, or reported scores.

    \b
    --predictions FILE      CSV, JSON lines or Parquet: id and prediction (the class or
                            number), and/or score (positive class), or one p_<class> each
    --python module:function  f(rows: list[dict]), or a Polars or pandas frame when the
                            parameter is annotated so; returns as many numbers, classes
                            or {class: probability}; runs in a sandbox
    --sklearn FILE.skops    saved with skops; pickles are refused
    --reported FILE         JSON {metric: value} or CSV metric,value[,n,test_set,slice,note];
                            with --each one model per value of the column `model`

    JSON: {model, digest, kind, version, threshold, rows, answered, missing, notes}
    """  # noqa: D301  \b keeps click from wrapping the list
    added = asked_for(workspace, name, on, options)
    body = each_added_body(added) if options["each"] else added_body(added[0])
    emit(body, lambda: added_text(added, on), as_json=as_json)
    for note in (note for one in added for note in one.notes):
        warn(note)


@model.command("list")
@click.option("--retired", is_flag=True, help="Retired models too.")
@click.option("--versions", is_flag=True, help="Every version, not the newest alone.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1), help="How many at most.")
@json_option
@pass_workspace
def list_(workspace: Workspace, limit: int, *, retired: bool, versions: bool, as_json: bool) -> None:
    """List models by name."""
    found = workspace.models.list(include_retired=retired, every_version=versions)
    emit(models_body(found, limit), lambda: list_text(found, limit), as_json=as_json)


@model.command()
@click.argument("name", metavar="NAME[@VERSION]")
@json_option
@pass_workspace
def show(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Show where a model came from, how it is confined, what was reported of it, and its history."""
    models = workspace.models
    found = models.get(name)
    reported = models.reported_scores(found)
    shown = Shown(model=found, layers=models.layers(found), reported=reported, history=models.history(name))
    emit(shown_body(shown), lambda: show_text(shown), as_json=as_json)


@model.command()
@click.argument("name")
@click.argument("new", metavar="NEW_NAME")
@json_option
@pass_workspace
def rename(workspace: Workspace, name: str, new: str, *, as_json: bool) -> None:
    """Give a model another name; versions, predictions and history stay."""
    changed = workspace.models.rename(name, new, actor=workspace.actor)
    _said(changed, f"{name} is now {changed.name}.", as_json=as_json)


@model.command()
@click.argument("name")
@json_option
@pass_workspace
def retire(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Leave a model out of lists and evaluations; nothing of it is lost."""
    changed = workspace.models.retire(name, actor=workspace.actor)
    _said(changed, f"{name} is retired; `curiouser model restore {name}` takes it back.", as_json=as_json)


@model.command()
@click.argument("name")
@json_option
@pass_workspace
def restore(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Take a retired model back."""
    changed = workspace.models.restore(name, actor=workspace.actor)
    _said(changed, f"{name} is back.", as_json=as_json)


@model.command()
@click.argument("name", metavar="NAME[@VERSION]")
@json_option
@pass_workspace
def live(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Say which model users meet now: problems are `regressed` against it."""
    changed = workspace.models.set_live(name, actor=workspace.actor)
    _said(changed, f"{changed.title} is live.", as_json=as_json)


@model.command(context_settings={"ignore_unknown_options": True})
@click.argument("name", metavar="NAME[@VERSION]")
@click.argument("value", metavar="T", type=float)
@json_option
@pass_workspace
def threshold(workspace: Workspace, name: str, value: float, *, as_json: bool) -> None:
    """Cut a binary model's scores at T: at or above it is the positive class. No model is asked again."""
    changed = workspace.models.set_threshold(name, value, actor=workspace.actor)
    _said(changed, f"{changed.title} is cut at {changed.threshold:g}.", as_json=as_json)


@model.command()
@click.option("--input", "given", required=True, metavar="JSON|-", help='{"want": "…", "offer": "…"}, or - for stdin.')
@click.option("--model", "names", multiple=True, metavar="NAME", help="Only this model; may be repeated.")
@on_option
@json_option
@pass_workspace
def ask(workspace: Workspace, given: str, names: tuple[str, ...], on: str, *, as_json: bool) -> None:
    """Put one input to every model at once: how a complaint is reproduced. Nothing is stored.

    A file of predictions answers when the test set holds that very input.

    JSON: {input, answers: [{model, version, kind, live, answer, score, threshold,
    probabilities, known_as, error}]}
    """
    asked_input = read_input(given)
    asked = workspace.models.ask(asked_input, names=names or None, on=on)
    emit(asked_body(asked_input, asked), lambda: asked_text(asked), as_json=as_json)


@model.command()
@click.argument("name")
@on_option
@click.option("--output", "-o", metavar="FILE", type=file_path, help="Where to; standard output when left out.")
@click.option(
    "--format", "kind", type=click.Choice(["csv", "tsv", "jsonl", "parquet"]), help="By FILE's name, else csv."
)
@click.option("--raw", is_flag=True, help="CSV: no apostrophe before texts that a spreadsheet takes for formulas.")
@json_option
@pass_workspace
def missing(
    workspace: Workspace, name: str, on: str, output: Path | None, kind: str | None, *, raw: bool, as_json: bool
) -> None:
    """Export the rows a model has still to predict: id and inputs.

    CSV puts an apostrophe before a text that a spreadsheet would take for a
    formula; JSON lines, Parquet and --raw give every text as it is stored.
    """
    rows = workspace.models.missing(name, on=on)
    if not as_json or output is not None:
        write_rows(rows, output or sys.stdout.buffer, kind=kind, raw=raw)
    said = f"{plural(len(rows), 'row')} to predict{f' in {output}' if output else ''}"
    if as_json:
        emit(missing_body(name, on, rows, str(output) if output else None), str, as_json=True)
    else:
        warn(f"{said}; then `curiouser model update {name} --predictions FILE`" if len(rows) else said)


@model.command()
@click.argument("name")
@click.option("--predictions", required=True, metavar="FILE", type=file_path, help="As for `model add`.")
@on_option
@json_option
@pass_workspace
def update(workspace: Workspace, name: str, predictions: Path, on: str, *, as_json: bool) -> None:
    """Add predictions for rows that came later; another answer for a known input is an error.

    JSON: {model, digest, added, unchanged, rows, missing, notes}
    """
    updated = workspace.models.update(name, predictions, on=on, actor=workspace.actor)
    emit(updated_body(updated), lambda: updated_text(updated, on), as_json=as_json)
    for note in updated.notes:
        warn(note)


def _said(changed: Model, text: str, *, as_json: bool) -> None:
    body: dict[str, Json] = model_body(changed)
    emit(body, lambda: text, as_json=as_json)
