"""``curiouser data check``: what is wrong with a version of the data, before anybody learns from it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from curiouser.datachecks import Checked, CheckResult, CheckRun, Offence, Outcome, Severity
from curiouser.kernel.errors import CheckFailedError
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.datachecks import check_runs_body, checked_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import Tinted, emit, json_option, printable, progress, table
from curiouser.workspace import Workspace

_COLOURS = {Outcome.PASS: "green", Outcome.FAIL: "red", Outcome.UNKNOWN: "yellow"}
_MOST_LINES, _MOST_WHAT = 5, 100
_WHOLE_ID = 64


@click.command()
@click.argument("ref", default="test")
@click.option("--against", metavar="REF", help="Compare with this version; main, or the version before, when left out.")
@click.option("--only", multiple=True, metavar="NAME", help="Run this check only (its name or code); may be repeated.")
@json_option
@pass_workspace
def check(workspace: Workspace, ref: str, against: str | None, only: Sequence[str], *, as_json: bool) -> int:
    """Check the version REF: leakage, duplicates, contradictions, shifts, suspected label errors.

    Thresholds, and which checks gate a merge, are in [checks] of curiouser.toml. What is known of the same rows
    is not worked out again. Exit status 3 when a check that gates fails.

    JSON: {ref, data_commit, against, outcome, checks: [{code, name, severity, outcome: pass|fail|unknown, count,
    value, threshold, n, against, reason, rows: [{id, dataset, what, with: [{dataset, id}]}], truncated}]}
    """
    with progress("checks") as told:
        made = workspace.datachecks.check(ref, against=against, only=only, actor=workspace.actor, progress=told)
    emit(checked_body(made), lambda: _text(made, everything=bool(only)), as_json=as_json)
    return CheckFailedError.exit_status if made.outcome is Outcome.FAIL else 0


@click.command()
@click.argument("ref", required=False)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Most runs shown.")
@click.option("--before", type=int, metavar="NUMBER", help="Start below this one: the last of the page before.")
@json_option
@pass_workspace
def checks(workspace: Workspace, ref: str | None, limit: int, before: int | None, *, as_json: bool) -> None:
    """List what was checked, newest first: the history of REF, or of every ref.

    JSON: {runs: [{number, ref, data_commit, against, outcome, counts: {pass, fail, unknown}, actor, at}]}
    """
    found = workspace.datachecks.runs(ref, before=before, limit=limit)
    emit(check_runs_body(found), lambda: _runs_text(found), as_json=as_json)


def _text(made: Checked, *, everything: bool) -> str:
    where = f", compared with {made.against}" if made.against else ""
    known = len(made.checks) - made.ran
    lines = [
        f"{printable(made.ref)} at {made.data_commit[:12]}, {plural(made.rows, 'row')}{where}",
        "",
        table(("Code", "Check", "Outcome", "Found", "Value", "Limit", "Against"), _lines(made), right=(3, 4, 5)),
        *(_told(alike) for alike in _by_reason(made, everything=everything)),
        "",
        _summary(made) + (f" {known} known from before." if known else ""),
    ]
    return "\n".join(lines)


def _lines(made: Checked) -> list[tuple[object, ...]]:
    return [
        (
            one.code,
            one.name,
            Tinted(_word(one), _COLOURS[one.outcome]),
            f"{one.finding.count:,}",
            None if one.finding.value is None else f"{one.finding.value:.4f}",
            f"{one.threshold:.4g}",
            one.against or "",
        )
        for one in made.checks
    ]


def _word(one: CheckResult) -> str:
    if one.outcome is Outcome.FAIL:
        return "FAIL" if one.severity is Severity.GATE else "warning"
    return one.outcome.value


def _by_reason(made: Checked, *, everything: bool) -> list[list[CheckResult]]:
    """Gather what did not pass, or everything found; checks that say the same without a row are told together."""
    gathered: dict[object, list[CheckResult]] = {}
    for one in made.checks:
        if one.outcome is not Outcome.PASS or (everything and one.finding.rows):
            gathered.setdefault(one.key if one.finding.rows else one.finding.reason, []).append(one)
    return list(gathered.values())


def _told(alike: Sequence[CheckResult]) -> str:
    """Tell what checks found, the first rows, and what to do next."""
    one = alike[0]
    named = ", ".join(f"{each.code} {each.name}" for each in alike)
    head = click.style(named, fg=_COLOURS[one.outcome], bold=True)
    lines = ["", f"{head}: {printable(one.finding.reason)}"]
    lines += [f"  {_offence(each)}" for each in one.finding.rows[:_MOST_LINES] if each.what != one.finding.reason]
    more = len(one.finding.rows) - _MOST_LINES + one.finding.more
    if more > 0:
        lines.append(f"  … {more:,} more: --only {one.name} --json lists them; what to do: docs/checks/{one.code}.md")
    return "\n".join(lines)


def _offence(one: Offence) -> str:
    what = printable(one.what)
    what = what if len(what) <= _MOST_WHAT else what[: _MOST_WHAT - 1] + "…"
    others = ", ".join(f"{each.dataset} {printable(each.id)}" for each in one.others[:3])
    at = f"{printable(one.at.id)}: " if one.at else ""
    return at + what + (f" ({others})" if others else "")


def _summary(made: Checked) -> str:
    gates = [one for one in made.checks if one.severity is Severity.GATE]
    failed = [one.code for one in gates if one.outcome is Outcome.FAIL]
    broken = [one.name for one in gates if one.finding.could_not_judge]
    unsure = [one.code for one in gates if one.outcome is Outcome.UNKNOWN]
    if failed or broken:
        said = f"Not fit to be merged: {', '.join([*failed, *(f'{name} (it could not judge)' for name in broken)])}."
        rows = " Repair the rows on a branch, or change [checks] for all." if failed else ""
        return said + rows + (" Repair what could not judge: until then it lets nothing through." if broken else "")
    if not gates:
        return "None of these gates a merge."
    if unsure:
        return f"No gate fails; {', '.join(unsure)} can't say."
    return "Every gate passes."


def _short(ref: str) -> str:
    """Leave of a data commit's whole id, by which proposals are checked, what one types."""
    name, at, point = ref.partition("@")
    return f"{name}{at}{point[:12]}" if len(point) == _WHOLE_ID else ref


def _runs_text(found: Sequence[CheckRun]) -> str:
    if not found:
        return "Nothing was checked yet: curiouser data check REF"
    rows = [
        (
            one.number, f"{one.at:%Y-%m-%d %H:%M}", one.actor, _short(one.ref), one.data_commit[:12],
            _short(one.against or ""),
            Tinted(one.outcome.value, _COLOURS[one.outcome]),
            *(one.counts.get(outcome, 0) for outcome in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS)),
        )
        for one in found
    ]  # fmt: skip
    heads = ("No.", "When (UTC)", "Who", "Ref", "Version", "Against", "Gates", "Fail", "Unknown", "Pass")
    return table(heads, rows, right=(0, 7, 8, 9))
