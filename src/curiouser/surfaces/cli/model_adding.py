"""The options of ``curiouser model add``, and which verb they ask for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from curiouser.kernel.errors import UsageError
from curiouser.models import Added, Limits, Permissions
from curiouser.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False)
_SECONDS = click.FloatRange(0, min_open=True)
_USUAL = Limits()
_SOURCES = ("predictions", "python", "sklearn", "reported")
_CALLABLE = ("inputs", "reads", "writes", "network", "batch_seconds", "start_seconds", "memory_mb", "batch_rows")
_ONLY: Mapping[str, tuple[str, ...]] = {
    "trust": ("sklearn",),
    "each": ("reported",),
    "threshold": ("predictions", "python", "sklearn"),
    "margins": ("predictions", "python"),
    "trained_on": ("predictions", "python", "sklearn"),
    **dict.fromkeys(_CALLABLE, ("python", "sklearn")),
}
"""Option -> the sources it has a meaning for."""

_OPTIONS = (
    click.option("--predictions", metavar="FILE", type=_FILE, help="A file of predictions."),
    click.option("--python", metavar="MODULE:FUNCTION", help="A callable of the workspace's folder."),
    click.option("--sklearn", metavar="FILE.skops", type=_FILE, help="A scikit-learn model saved with skops."),
    click.option("--reported", metavar="FILE", type=_FILE, help="Only the scores that somebody reported."),
    click.option("--each", is_flag=True, help="Reported: FILE has a column `model`; add every one of them."),
    click.option("--threshold", type=float, metavar="T", help="Binary: a score at or above T is the positive class."),
    click.option("--margins", is_flag=True, help="Binary: scores are margins, not probabilities; needs --threshold."),
    click.option("--inputs", metavar="A,B", help="Columns it reads, in order; all inputs of the task by default."),
    click.option("--reads", multiple=True, metavar="PATH", help="File or folder that decides its answers; repeatable."),
    click.option("--writes", multiple=True, metavar="DIR", help="Folder of the project it may write to; repeatable."),
    click.option("--network", is_flag=True, help="It may open connections; recorded."),
    click.option("--trust", multiple=True, metavar="TYPE", help="scikit-learn: vouch for a type in the file."),
    click.option("--trained-on", metavar="REF", help="The data it was trained on; the head of `train` by default."),
    click.option("--batch-seconds", type=_SECONDS, help=f"Longest batch ({_USUAL.batch_s:g})."),
    click.option("--start-seconds", type=_SECONDS, help=f"Longest start ({_USUAL.start_s:g})."),
    click.option("--memory-mb", type=click.IntRange(1), help=f"Most memory, MB ({_USUAL.memory_mb})."),
    click.option("--batch-rows", type=click.IntRange(1), help=f"Rows per batch ({_USUAL.batch_rows})."),
)


def adding_options(command: F) -> F:
    """Add every option of ``model add``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def asked_for(workspace: Workspace, name: str | None, on: str, options: Mapping[str, Any]) -> tuple[Added, ...]:
    """Add what the options ask for.

    Raises:
        UsageError: None or several sources are given, or an option has no meaning for it.
    """
    source = _source(options)
    models, actor = workspace.models, workspace.actor
    if options["each"]:
        if name is not None:
            raise UsageError("--each takes the names from the file's column `model`", f"leave {name!r} out")
        return models.add_each_reported(options["reported"], actor=actor)
    if name is None:
        raise UsageError("the model needs a name", f"write: curiouser model add NAME --{source} …")
    trained_on = options["trained_on"]
    if trained_on is not None:
        workspace.data.resolve(trained_on)  # refused before anything is added
    if source == "predictions":
        cut, margins = options["threshold"], options["margins"]
        added = models.add_predictions(name, options[source], on=on, threshold=cut, margins=margins, actor=actor)
    elif source == "reported":
        added = models.add_reported(name, options[source], actor=actor)
    else:
        added = _callable(workspace, name, source, options)
    if trained_on is not None:
        added = replace(added, model=models.set_trained_on(name, trained_on, actor=actor))
    return (added,)


def read_input(given: str) -> dict[str, Any]:
    """Read an input from JSON, or from standard input for ``-``.

    Raises:
        UsageError: It is no JSON object.
    """
    text = sys.stdin.read() if given == "-" else given
    try:
        read = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--input is no JSON: {error}", 'write --input \'{"want": "…", "offer": "…"}\'') from error
    if not isinstance(read, dict):
        raise UsageError("--input is no JSON object", 'write --input \'{"want": "…", "offer": "…"}\'')
    return read


def _callable(workspace: Workspace, name: str, source: str, options: Mapping[str, Any]) -> Added:
    said: dict[str, Any] = {
        "inputs": None if options["inputs"] is None else [part.strip() for part in options["inputs"].split(",")],
        "permissions": _permissions(options),
        "threshold": options["threshold"],
        "actor": workspace.actor,
    }
    if source == "python":
        return workspace.models.add_python(name, options["python"], margins=options["margins"], **said)
    return workspace.models.add_sklearn(name, options["sklearn"], trust=options["trust"], **said)


def _permissions(options: Mapping[str, Any]) -> Permissions:
    limits = Limits(
        batch_s=options["batch_seconds"] or _USUAL.batch_s,
        start_s=options["start_seconds"] or _USUAL.start_s,
        memory_mb=options["memory_mb"] or _USUAL.memory_mb,
        batch_rows=options["batch_rows"] or _USUAL.batch_rows,
    )
    return Permissions(reads=options["reads"], writes=options["writes"], network=options["network"], limits=limits)


def _source(options: Mapping[str, Any]) -> str:
    given = [source for source in _SOURCES if options[source] is not None]
    if len(given) != 1:
        said = "no source is given" if not given else f"--{' and --'.join(given)} exclude each other"
        raise UsageError(said, f"give one of {', '.join('--' + source for source in _SOURCES)}")
    (source,) = given
    for option, sources in _ONLY.items():
        if options[option] not in {None, False, ()} and source not in sources:
            name = option.replace("_", "-")
            raise UsageError(f"--{name} has no meaning with --{source}", f"it goes with --{' or --'.join(sources)}")
    return source
