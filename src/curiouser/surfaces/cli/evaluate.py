"""``curiouser evaluate``: bring every model to today's test set."""

from __future__ import annotations

import click

from curiouser.evaluations import Evaluation, EvaluationRun
from curiouser.kernel.words import plural
from curiouser.measure import Measured
from curiouser.surfaces.bodies.evaluations import run_body
from curiouser.surfaces.cli.confusion_text import confusion_text
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, number, progress, table, warn
from curiouser.workspace import Workspace

_SHOWN = {
    "binary": ("accuracy", "f1", "roc_auc"),
    "multiclass": ("accuracy", "macro_f1", "log_loss"),
    "regression": ("mae", "rmse", "within_tolerance"),
}


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--on", default="test", metavar="REF", help="Test set: a dataset, or dataset@branch, tag or data commit.")
@click.option("--slice", "slices", multiple=True, metavar="NAME|PREDICATE", help="Score this part of the rows as well.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Show this metric; --json has all of them.")
@click.option("--confusion", is_flag=True, help="Show which classes each model takes for which; --json always does.")
@json_option
@pass_workspace
def evaluate(
    workspace: Workspace,
    models: tuple[str, ...],
    on: str,
    slices: tuple[str, ...],
    metrics: tuple[str, ...],
    *,
    confusion: bool,
    as_json: bool,
) -> int:
    """Bring models to the head of the test set: every active one, or those named.

    Only rows whose inputs a model has never answered are put to it; what is
    scored once is kept. The headline is about rows drawn from users (origin
    sample); "all" is over every labelled row. Exit status 1: a model failed.

    JSON: {test_set, model_calls, evaluations: [{model, threshold, complete, n,
    missing, scores: {accuracy: {value, low, high, n, method}, ...}, all, slices,
    confusion: {classes, counts, n, missing, most_confused: [{truth, answer, count,
    of}], reason}, confusion_all, memorised, trained_on}]}; counts has a row per
    label and a column per answer, in the order of classes, and is null where there is
    none, with the reason; memorised counts the rows that stand in the training data
    trained_on, and is null where this is not known
    """
    named = tuple(workspace.evaluations.metric(name).name for name in metrics)
    shown = named or _SHOWN[str(workspace.configuration.task.kind)]
    with progress("asking models") as told:
        run = workspace.evaluations.evaluate(models, on=on, slices=slices, actor=workspace.actor, progress=told)
    emit(run_body(run), lambda: _text(run, shown, confusion=confusion), as_json=as_json)
    for failed in run.failed:
        warn(f"{failed.model} failed: {failed.error}")
    return 1 if run.failed else 0


def _text(run: EvaluationRun, metrics: tuple[str, ...], *, confusion: bool) -> str:
    heads = ["Model", *metrics, f"{metrics[0]}, all rows", ""]
    rows = [_row(one, metrics) for one in run.evaluations]
    said = f"{plural(run.rows, 'row')}, {run.sample:,} drawn from users; {plural(run.model_calls, 'model call')}"
    lines = [f"Test set {run.test_set[:8]}: {said}", "", table(heads, rows) if rows else "No model was evaluated."]
    lines += _sliced(run, metrics[0])
    for one in run.evaluations if confusion else ():
        lines += ["", confusion_text(one.confusion, _name(one))]
    return "\n".join([*lines, *(f"note: {note}" for note in run.notes)])


def _row(one: Evaluation, metrics: tuple[str, ...]) -> list[str | None]:
    said = "failed" if one.error else "" if one.complete else f"needs {plural(one.missing, 'prediction')}"
    shown = [_shown(one.scores.get(metric)) for metric in metrics]
    return [_name(one), *shown, _shown(one.all_rows.get(metrics[0])), said]


def _name(one: Evaluation) -> str:
    return one.model if one.version == 1 else f"{one.model}@{one.version}"


def _shown(one: Measured | None) -> str | None:
    return None if one is None else number(one.value, one.low, one.high, n=one.n)


def _sliced(run: EvaluationRun, metric: str) -> list[str]:
    names = list(dict.fromkeys(name for one in run.evaluations for name in one.slices))
    if not names:
        return []
    rows = [[name, *(_shown(one.slices[name].get(metric)) for one in run.evaluations)] for name in names]
    return ["", table([f"{metric} on", *(one.model for one in run.evaluations)], rows)]
