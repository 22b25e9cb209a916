"""``curiouser problem``: describe, change and close problems; the other commands of the group join at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from curiouser.kernel.words import plural
from curiouser.problems import CLEARABLE, ListedProblem, PatternsChanged, Problem, ProblemStep, SuiteImported, Undone
from curiouser.surfaces.bodies.problems import (
    changed_body,
    problem_body,
    problems_body,
    steps_body,
    suite_body,
    undone_body,
)
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.problem_options import FILE, counted, on_option, settings_options, source_options
from curiouser.surfaces.cli.problem_patterns import pattern, template
from curiouser.surfaces.cli.problem_views import check, history, show, triage
from curiouser.surfaces.cli.show import emit, json_option, printable, table, warn
from curiouser.workspace import Workspace


@click.group()
def problem() -> None:
    """Weaknesses of the model, described by test patterns."""


@problem.command("add")
@click.argument("name")
@source_options
@on_option
@settings_options
@json_option
@pass_workspace
def add(workspace: Workspace, /, name: str, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401  click's options
    """Describe a problem. NAME is kebab-case: drugs-doctors-false-pos.

    Patterns of a file are committed to the test set with origin "pattern"; a row
    that stands there already is reused. --ids and --slice take rows as they are.

    JSON: {name, dataset, harm, harm_false_positive, harm_false_negative, affected:
    {source, low, high, because}, tolerance, owner, patterns, cases, added, committed,
    reused, data_commit, notes}
    """
    made = workspace.problems.add(name, actor=workspace.actor, **given)
    emit(changed_body(made), lambda: _changed_text("added", made), as_json=as_json)
    _warn_all(made.notes)


@problem.command("edit")
@click.argument("name")
@settings_options
@click.option("--clear", multiple=True, type=click.Choice(CLEARABLE), help="Empty a setting.")
@json_option
@pass_workspace
def edit(workspace: Workspace, /, name: str, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401  click's options
    """Change settings of a problem; what is not given stays as it is."""
    made = workspace.problems.edit(name, actor=workspace.actor, **given)
    emit(problem_body(made), lambda: problem_text(made), as_json=as_json)


@problem.command("list")
@click.option("--open", "only_open", is_flag=True, help="Leave out closed problems.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="At most this many.")
@json_option
@pass_workspace
def list_problems(workspace: Workspace, limit: int, *, only_open: bool, as_json: bool) -> None:
    """List problems by name."""
    several = workspace.problems.list(include_closed=not only_open, limit=limit)
    emit(problems_body(several), lambda: _list_text(several), as_json=as_json)


@problem.command("close")
@click.argument("name")
@json_option
@pass_workspace
def close(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Close a problem; it stays a regression test."""
    made = workspace.problems.close(name, actor=workspace.actor)
    said = f"closed {name}; `curiouser problem check` guards it from now on"
    emit(problem_body(made), lambda: said, as_json=as_json)


@problem.command("reopen")
@click.argument("name")
@json_option
@pass_workspace
def reopen(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Reopen a closed problem."""
    made = workspace.problems.reopen(name, actor=workspace.actor)
    emit(problem_body(made), lambda: f"reopened {name}", as_json=as_json)


@problem.command("undo")
@click.argument("name")
@json_option
@pass_workspace
def undo(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Take the latest step back, and rows it committed that nobody else uses."""
    done = workspace.problems.undo(name, actor=workspace.actor)
    emit(undone_body(done), lambda: _undone_text(done), as_json=as_json)


@problem.command("log")
@click.argument("name")
@click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="At most this many, newest first."
)
@json_option
@pass_workspace
def log(workspace: Workspace, name: str, limit: int, *, as_json: bool) -> None:
    """List what was done to a problem, newest first."""
    steps = workspace.problems.steps(name, limit=limit)
    emit(steps_body(steps), lambda: _steps_text(steps), as_json=as_json)


@problem.command("import-checklist")
@click.argument("file", type=FILE)
@click.option("--directions", type=FILE, metavar="FILE", help="JSON: what must hold in each directional test.")
@click.option("--labels", metavar="MAP", help="Classes by label of the suite: 0=negative,1=neutral.")
@click.option("--input", "column", metavar="COL", help="The input that the texts are; the only one by default.")
@on_option
@json_option
@pass_workspace
def import_checklist(workspace: Workspace, /, file: Path, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401  click's options
    """Import a suite of tests: each test of FILE becomes a problem.

    FILE holds JSON lines {test, type: MFT|INV|DIR, case, data, label}, plain or
    .gz. Importing it again changes nothing.
    """
    done = workspace.problems.import_checklist(file, actor=workspace.actor, **given)
    emit(suite_body(done), lambda: _suite_text(done), as_json=as_json)
    _warn_all(
        [f"{name}: {plural(n, 'case')} left out, their expectation was a function" for name, n in done.skipped.items()]
    )


for joining in (show, triage, history, check, pattern, template):
    problem.add_command(joining)


def problem_text(one: Problem) -> str:
    """Write a problem's settings, one a line."""
    affected = one.affected
    lines = {
        "what": one.description or None,
        "suite": one.suite,
        "patterns": f"rows of {one.dataset}" + (f", chosen by {one.selected_by}" if one.selected_by else ""),
        "harm": _harm(one),
        "affected": None if affected is None else _affected(one),
        "tolerance": f"{one.tolerance:g}",
        "owner": one.owner,
        "closed": one.closed_at and one.closed_at.date(),
    }
    said = [f"  {name:<10}{value}" for name, value in lines.items() if value is not None]
    return "\n".join(printable(line) for line in (one.name, *said))


def _affected(one: Problem) -> str:
    affected = one.affected
    if affected is None:
        return ""
    if affected.because is not None:
        low, high = f"{affected.low:g}%", f"{affected.high:g}%"
        return f"{low if low == high else f'{low}..{high}'} of users, because: {affected.because}"
    span = f"last {affected.window_days:g} days" if affected.window_days else "all rows"
    return f"users {f'where {affected.where}' if affected.where else 'who reported it'}, {affected.dataset}, {span}"


def _harm(one: Problem) -> str | None:
    parts = {"": one.harm, "false positive ": one.harm_false_positive, "false negative ": one.harm_false_negative}
    return ", ".join(f"{name}{value}" for name, value in parts.items() if value is not None) or None


def _changed_text(what: str, made: PatternsChanged) -> str:
    name = made.problem.name
    rows = f"{plural(made.committed, 'row')} committed to {made.problem.dataset}, {made.reused:,} stood there already"
    return (
        f"{what} {name}: {counted(made.patterns, made.cases)}; {rows}\n"
        f"see what each model makes of it: curiouser problem show {name}"
    )


def _list_text(several: Sequence[ListedProblem]) -> str:
    if not several:
        return "There is no problem yet; `curiouser problem template` prints a file of patterns to start from."
    rows = [
        (
            one.problem.name,
            counted(one.patterns, one.cases),
            one.reports or None,
            _harm(one.problem),
            one.problem.owner,
            "closed" if one.problem.closed_at else "open",
        )
        for one in several
    ]
    return table(("Problem", "Patterns", "Reports", "Harm", "Owner", ""), rows, right=(2,))


def _undone_text(done: Undone) -> str:
    gone = "; the problem is gone" if done.problem is None else ""
    rows = f"; {plural(done.rows_removed, 'row')} taken out of the test set" if done.rows_removed else ""
    return f"took back: {done.step.kind} by {done.step.actor}{gone}{rows}"


def _steps_text(steps: Sequence[ProblemStep]) -> str:
    rows = [
        (one.number, one.taken_at.strftime("%Y-%m-%d %H:%M"), one.actor, one.kind, _step_detail(one)) for one in steps
    ]
    return table(("Step", "When", "Who", "What", ""), rows, right=(0,)) if rows else "Nothing was done to it yet."


def _step_detail(one: ProblemStep) -> str:
    said = [f"step {one.undoes}"] if one.undoes else []
    said += [f"+{len(one.gained)} patterns"] if one.gained else []
    said += [f"-{len(one.lost)} patterns"] if one.lost else []
    if one.before:
        said += [f"{name}: {one.before[name]} -> {one.after.get(name)}" for name in one.before]
    return ", ".join(said)


def _suite_text(done: SuiteImported) -> str:
    rows = [(one.problem.name, one.patterns, one.cases, one.problem.description) for one in done.problems]
    lines = [table(("Problem", "Patterns", "Cases", "Test"), rows, right=(1, 2))] if rows else []
    rest = f"{len(done.unchanged)} unchanged, {plural(done.committed, 'row')} committed"
    lines.append(f"{plural(len(rows), 'problem')} written, {rest}")
    return "\n".join(lines)


def _warn_all(notes: Sequence[str]) -> None:
    for note in notes:
        warn(note)
