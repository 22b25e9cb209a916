"""``curiouser report``: what a user told us."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import UsageError
from curiouser.problems import UserReport
from curiouser.surfaces.bodies.problems import report_body, reports_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, printable, table
from curiouser.workspace import Workspace


@click.group()
def report() -> None:
    """What a user told us, in their words, with the input that misbehaved."""


@report.command("add")
@click.argument("text")
@click.option("--input", "given", metavar="JSON", help='The input that misbehaved: \'{"column": "value"}\'.')
@click.option("--answered", metavar="ANSWER", help="What the model answered.")
@click.option("--expected", metavar="ANSWER", help="What it should have answered.")
@click.option("--model", metavar="NAME", help="Which model answered.")
@click.option("--user", metavar="USER", help="Whose report it is; counts towards the users affected.")
@json_option
@pass_workspace
def add(workspace: Workspace, /, text: str, *, given: str | None, as_json: bool, **said: Any) -> None:  # noqa: ANN401  click's options
    """Write a report down. TEXT is what the user said."""
    made = workspace.problems.reports.add(text, input=_input(given), actor=workspace.actor, **said)
    follow = f"\nmake it a problem: curiouser problem add NAME --from-report {made.number}"
    emit(report_body(made), lambda: _text(made) + follow, as_json=as_json)


@report.command("list")
@click.option("--problem", metavar="NAME", help="Only reports of this problem.")
@click.option("--waiting", is_flag=True, help="Only reports that no problem answers yet.")
@click.option("--withdrawn", is_flag=True, help="Withdrawn reports, too.")
@click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="At most this many, newest first."
)
@json_option
@pass_workspace
def list_reports(
    workspace: Workspace, problem: str | None, limit: int, *, waiting: bool, withdrawn: bool, as_json: bool
) -> None:
    """List reports, newest first."""
    several = workspace.problems.reports.list(problem=problem, waiting=waiting, withdrawn=withdrawn, limit=limit)
    emit(reports_body(several), lambda: _table(several), as_json=as_json)


@report.command("show")
@click.argument("number", type=int)
@json_option
@pass_workspace
def show(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Show one report."""
    one = workspace.problems.reports.get(number)
    emit(report_body(one), lambda: _text(one), as_json=as_json)


@report.command("link")
@click.argument("number", type=int, metavar="REPORT")
@click.argument("problem", required=False)
@click.option("--none", "unlink", is_flag=True, help="Take the link away; the report waits again.")
@json_option
@pass_workspace
def link(workspace: Workspace, number: int, problem: str | None, *, unlink: bool, as_json: bool) -> None:
    """Say which PROBLEM answers a REPORT."""
    if (problem is None) != unlink:
        raise UsageError("name the problem that answers the report, or pass --none", "curiouser report link 3 NAME")
    one = workspace.problems.reports.link(number, problem)
    emit(report_body(one), lambda: _text(one), as_json=as_json)


@report.command("withdraw")
@click.argument("number", type=int, metavar="REPORT")
@json_option
@pass_workspace
def withdraw(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Withdraw a REPORT that was none; it stays readable and counts no more."""
    one = workspace.problems.reports.withdraw(number)
    emit(report_body(one), lambda: _text(one), as_json=as_json)


@report.command("restore")
@click.argument("number", type=int, metavar="REPORT")
@json_option
@pass_workspace
def restore(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Take a withdrawn REPORT back; it counts again."""
    one = workspace.problems.reports.restore(number)
    emit(report_body(one), lambda: _text(one), as_json=as_json)


def _input(text: str | None) -> dict[str, Json]:
    try:
        given = json.loads(text) if text else {}
    except ValueError as error:
        raise UsageError(f"--input is no JSON: {error}", 'write it as \'{"column": "value"}\'') from error
    if not isinstance(given, dict):
        raise UsageError("--input is no JSON object", 'write it as \'{"column": "value"}\'')
    return given


def _table(several: Sequence[UserReport]) -> str:
    if not several:
        return "There is no report."
    rows = [(one.number, one.reported_at.date(), one.user, one.problem, one.text) for one in several]
    return table(("Report", "Day", "User", "Problem", "Text"), rows, right=(0,))


def _text(one: UserReport) -> str:
    said = [f"report {one.number}, {one.reported_at.date()}, by {one.reported_by}", f"  “{one.text}”"]
    said += [f"  {name}: {value}" for name, value in one.input.items()]
    named = {
        "answered": one.answered,
        "expected": one.expected,
        "model": one.model,
        "user": one.user,
        "problem": one.problem,
        "withdrawn": one.withdrawn_at and one.withdrawn_at.date(),
    }
    said += [f"  {name}: {value}" for name, value in named.items() if value is not None]
    return "\n".join(printable(line) for line in said)
