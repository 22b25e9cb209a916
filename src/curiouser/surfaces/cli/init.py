"""``curiouser init``: asks on a terminal, takes flags elsewhere, and shows what it inferred."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from curiouser.kernel.configuration import FILE_NAME, Configuration, TaskKind, configuration_from, configuration_text
from curiouser.kernel.errors import UsageError
from curiouser.surfaces.bodies.workspace import made_body
from curiouser.surfaces.cli.context import Session
from curiouser.surfaces.cli.show import emit, json_option
from curiouser.workspace import Workspace
from curiouser.workspace.making import adopt_workspace, make_workspace
from curiouser.workspace.opening import find_root

_KINDS = [str(kind) for kind in TaskKind]
Flag = str | float | None


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--from", "example", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="A file of labelled examples to infer the task from.")  # fmt: skip
@click.option("--name", help="The task's name; the folder's by default.")
@click.option("--task", "kind", type=click.Choice(_KINDS), help="What the model answers with.")
@click.option("--inputs", metavar="A,B", help="Columns the model reads.")
@click.option("--label", metavar="COL", help="Column of the right answer.")
@click.option("--classes", metavar="NO,YES", help="Answers; in a binary task the last is the positive class.")
@click.option("--id", "id_", metavar="COL", help="Column that names an example.")
@click.option("--user", metavar="COL", help="Column that says whose row it is.")
@click.option("--groups", metavar="A,B", help="Columns for slices and fairness; the model never reads them.")
@click.option("--time", metavar="COL", help="Column that says when.")
@click.option("--tolerance", type=float, help="Regression: largest absolute error that is still right.")
@click.option("--database", metavar="URL", help="Keep the store in postgresql://user@host/db?schema=name.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_context
def init(
    ctx: click.Context, /, folder: Path | None, example: Path | None, *, yes: bool, as_json: bool, **flags: Flag
) -> None:
    """Make a workspace in DIR: write curiouser.toml, a .gitignore and an empty store.

    Where curiouser.toml is there already and its store is not, as in a fresh
    clone, `curiouser init` alone makes the store.
    """
    session = ctx.find_object(Session)
    folder = folder or Path((session.folder if session else None) or ".")
    said = {key.rstrip("_"): value for key, value in flags.items() if value is not None}
    actor = session.actor if session else None
    if (folder / FILE_NAME).is_file() and not said and example is None:
        with adopt_workspace(folder, actor=actor) as workspace:
            emit(made_body(workspace), lambda: _adopted_text(workspace), as_json=as_json)
        return
    asking = sys.stdin.isatty() and not yes
    configuration = _configured(folder, said, example, asking=asking)
    if asking:
        _confirm(configuration)
    with make_workspace(folder, configuration, actor=actor) as workspace:
        emit(made_body(workspace), lambda: _text(folder, configuration, example), as_json=as_json)


def _configured(folder: Path, said: dict[str, Any], example: Path | None, *, asking: bool) -> Configuration:
    database = said.pop("database", None)
    table: dict[str, Any] = {"name": folder.resolve().name}
    if example is not None:
        table |= _inferred(example)
    table |= {key: _value(key, value) for key, value in said.items()}
    if asking and example is None:
        table |= _asked(table)
    if "kind" not in table:
        raise UsageError(
            "init does not know the task",
            "say --task, --inputs and --label (and --classes), or let it look at a file: --from FILE.csv",
        )
    store = {"database": database} if database is not None else {}
    return configuration_from({"task": table, "store": store}, source="the task you described")


def _value(key: str, value: Any) -> Any:  # noqa: ANN401  a flag's value, as click parsed it
    if key in {"inputs", "classes", "groups"}:
        return [part.strip() for part in str(value).split(",") if part.strip()]
    return str(value) if key == "kind" else value


def _inferred(example: Path) -> dict[str, Any]:
    # Reading a file needs Polars; flags alone do not.
    from curiouser.data import infer_task  # noqa: PLC0415  see above

    found = infer_task(example)
    click.echo(f"Looked at {example}:", err=True)
    for guess in found.guesses:
        click.echo(f"  {guess.setting} = {guess.value}   ({guess.reason})", err=True)
    return dict(found.settings)


def _asked(table: dict[str, Any]) -> dict[str, Any]:
    click.echo("What is the model for? (Enter takes the answer in brackets.)", err=True)
    answers: dict[str, Any] = {}

    def ask(key: str, question: str, default: str = "") -> str:
        if key in table:
            return ""
        return str(click.prompt(question, default=default, show_default=bool(default), err=True)).strip()

    for key, question, default in (
        ("kind", "What does it answer with: binary, multiclass or regression?", "binary"),
        ("inputs", "Which columns does it read? (a,b)", "text"),
        ("label", "Which column holds the right answer?", "label"),
    ):
        if text := ask(key, question, default):
            answers[key] = _value(key, text)
    kind = str(answers.get("kind", table.get("kind")))
    if kind == TaskKind.REGRESSION:
        answers["tolerance"] = table.get("tolerance") or click.prompt(
            "Largest error that is still right?", type=float, err=True
        )
    elif text := ask("classes", "Which answers are there? (the positive class last)", "no,yes"):
        answers["classes"] = _value("classes", text)
    for key, question in (("user", "Which column says whose row it is? (empty: none)"),):
        if text := ask(key, question):
            answers[key] = text
    return answers


def _confirm(configuration: Configuration) -> None:
    click.echo(f"\nThis goes into {FILE_NAME}:\n", err=True)
    click.echo(configuration_text(configuration), err=True)
    click.confirm("Make the workspace?", default=True, abort=True, err=True)


def _adopted_text(workspace: Workspace) -> str:
    task = workspace.configuration.task
    return (
        f"Made an empty store for {task.name!r} ({task.kind}), as {workspace.root / FILE_NAME} describes it.\n\n"
        "Next: bring a colleague's backup with `curiouser workspace restore` into a new folder, or\n"
        '  curiouser data import FILE.csv --dataset test -m "first test set"'
    )


def _text(folder: Path, configuration: Configuration, example: Path | None) -> str:
    root = find_root(folder)
    shown = "" if folder.resolve() == Path.cwd() else f"cd {folder}\n  "
    return (
        f"Made a workspace for {configuration.task.name!r} ({configuration.task.kind}) in {root}.\n"
        f"{FILE_NAME} belongs in your git; .curiouser/ does not, and .gitignore says so.\n\nNext:\n"
        f'  {shown}curiouser data import {example or "FILE.csv"} --dataset test -m "first test set"'
    )
