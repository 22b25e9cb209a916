"""``curiouser problem show|triage|history|check``: how problems stand with models."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from curiouser.kernel.words import agreeing, plural
from curiouser.problems import (
    Check,
    Checked,
    History,
    PatternAnswer,
    ShownPattern,
    ShownProblem,
    Standing,
    Triage,
    TriagedProblem,
    draw_history,
    memorised_note,
    write_history_svg,
)
from curiouser.surfaces.bodies.problems import check_body, history_body, shown_body, triage_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.problem_options import FILE, on_option
from curiouser.surfaces.cli.show import Tinted, emit, json_option, number, printable, table, warn
from curiouser.workspace import Workspace

_BAD = 3
_QUIET = {"failing": "open", "unscored": "   ?"}
"""What the gate says of a problem that neither stops a model nor surprises."""
_STATE_COLOURS = {"failing": "red", "regressed": "red", "slipped": "yellow", "passing": "green", "fixed": "green"}


@click.command()
@click.argument("name")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model; may be given again.")
@click.option("--on", metavar="REF", help="The test set; the problem's own by default.")
@click.option("--limit", type=click.IntRange(0), default=100, show_default=True, help="At most this many patterns.")
@json_option
@pass_workspace
def show(
    workspace: Workspace, name: str, models: tuple[str, ...], on: str | None, limit: int, *, as_json: bool
) -> None:
    """Show a problem: settings, standing, and its patterns on each model.

    TP and TN are right, FP and FN wrong; * marks a pattern that stands in the
    model's training data.
    """
    one = workspace.problems.show(name, on=on, models=models or None, limit=limit)
    emit(shown_body(one), lambda: _shown_text(one), as_json=as_json)


@click.command()
@click.option("--model", metavar="NAME", help="The live model by default, else the newest.")
@on_option
@click.option("--all", "include_closed", is_flag=True, help="Closed problems, too.")
@json_option
@pass_workspace
def triage(workspace: Workspace, model: str | None, on: str, *, include_closed: bool, as_json: bool) -> None:
    """Rank problems by Impact: percent of users affected x error x harm.

    JSON: {model, test_set, problems: [{name, state, impact: {value, low, high}, rank: {best, worst},
    affected: {percent, low, high, source}, harm, error: {value, low, high, n}, memorised}]}
    """
    one = workspace.problems.triage(model=model, on=on, include_closed=include_closed)
    emit(triage_body(one), lambda: _triage_text(one), as_json=as_json)


@click.command()
@click.argument("name", required=False)
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model; may be given again.")
@on_option
@click.option("--svg", type=FILE, metavar="FILE", help="Write the curve as an SVG image.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with plain ASCII.")
@json_option
@pass_workspace
def history(
    workspace: Workspace,
    name: str | None,
    models: tuple[str, ...],
    on: str,
    svg: Path | None,
    *,
    ascii_only: bool,
    as_json: bool,
) -> None:
    """Follow the error of a problem over the models, oldest first; of every problem without NAME.

    JSON: {models: [{model, state, error: {value, low, high, n}, true_positive, false_positive,
    true_negative, false_negative}]}; without NAME, {problems: [{name, models}]}.
    """
    one = workspace.problems.history(name, on=on, models=models or None)
    emit(history_body(one, name), lambda: _history_text(one, ascii_only=ascii_only), as_json=as_json)
    if svg is not None:
        write_history_svg(one, svg)
        warn(f"the curve is in {svg}")


@click.command()
@click.option("--model", metavar="NAME", help="The newest model by default.")
@on_option
@json_option
@pass_workspace
def check(workspace: Workspace, model: str | None, on: str, *, as_json: bool) -> int:
    """Run every problem against a model before it is let out.

    Exit status 3: a problem has regressed from the live model, or a closed one
    fails beyond its bound.
    """
    one = workspace.problems.check(model=model, on=on)
    emit(check_body(one), lambda: _check_text(one), as_json=as_json)
    return 0 if one.passed else _BAD


def _shown_text(one: ShownProblem) -> str:
    # Settings are written where they are edited; that module joins this one's commands, so it comes late.
    from curiouser.surfaces.cli.problem import problem_text  # noqa: PLC0415  see above

    lines = [problem_text(one.problem)]
    if one.reports:
        lines.append(f"  reports   {', '.join(map(str, one.reports))}")
    lines += ["", *(f"{_model(each)}: {each.sentence}" for each in one.standings), ""]
    lines.append(_patterns_table(one))
    if one.total > len(one.patterns):
        lines.append(f"… and {plural(one.total - len(one.patterns), 'more pattern')}; --limit shows them")
    return "\n".join(lines)


def _patterns_table(one: ShownProblem) -> str:
    inputs = list(next((each.row for each in one.patterns if each.row is not None), {}))
    titles = [each.model for each in one.standings]
    heads = ["Row", *inputs, "Expectation", *titles]
    rows = [
        [_short(each), *_cells(each, inputs), _expects(each), *(_answer(each.answers[t]) for t in titles)]
        for each in one.patterns
    ]
    return table(heads, rows)


def _short(one: ShownPattern) -> str:
    name = one.pattern.example_id
    return name if len(name) <= 16 else name[:8] + "…"


def _cells(one: ShownPattern, inputs: list[str]) -> list[object]:
    return [None if one.row is None else one.row.get(name) for name in inputs]


def _expects(one: ShownPattern) -> str:
    expects = one.pattern.expectation
    case = f"{one.pattern.case}/{one.pattern.place}: " if one.pattern.case is not None else ""
    by = f" {expects.quantity or ''} {expects.tolerance or ''}".rstrip()
    return f"{case}{expects.kind}{by}" + ("" if one.row is not None else " (row is gone)")


def _answer(one: PatternAnswer) -> str | None:
    if one.answer is None:
        return None
    said = f"{one.answer:.4g}" if isinstance(one.answer, float) else one.answer
    mark = one.confusion or {"held": "ok", "failed": "FAIL"}.get(one.outcome, "?")
    score = f" {one.score:.2f}" if one.score is not None else ""
    return f"{mark} {said}{score}{'*' if one.memorised else ''}"


def _triage_text(one: Triage) -> str:
    if not one.problems:
        return "There is no open problem; describe one with `curiouser problem add`."
    ranked = [each for each in one.problems if each.impact is not None]
    others = [each for each in one.problems if each.impact is None]
    lines = [f"{one.model}{' (live)' if one.model == one.live else ''} on test set {one.test_set[:8]}", ""]
    heads = ("Problem", "Impact", "Rank", "State", "Error", "Affected", "Harm")
    if ranked:
        lines.append(table(heads, [_ranked(each) for each in ranked], right=(1,)))
    if others:
        lines += ["", "Not ranked, a factor is missing:"] if ranked else ["Not ranked, a factor is missing:"]
        lines.append(table(heads, [_ranked(each) for each in others], right=(1,)))
        lines += ["", *(f"{each.problem.name}: {said}" for each in others for said in each.fill)]
    seen = [each for each in one.problems if each.standing.memorised]
    notes = {f"{each.problem.name}: {memorised_note(each.standing)}" for each in seen}
    return "\n".join([*lines, *([""] if notes else []), *sorted(notes)])


def _ranked(one: TriagedProblem) -> list[object]:
    impact, share, error = one.impact, one.affected, one.standing.error
    rank = (
        None
        if one.rank_best is None
        else f"{one.rank_best}–{one.rank_worst}"
        if one.rank_best != one.rank_worst
        else one.rank_best
    )
    return [
        one.problem.name,
        f"{impact.value:.3g} [{impact.low:.3g}, {impact.high:.3g}]" if impact else None,
        rank,
        _state(one.standing),
        number(error.value, n=error.n, missing=error.missing) if error.value is not None else None,
        f"{share.percent:.3g}% [{share.low:.3g}, {share.high:.3g}] {share.source}" if share else None,
        _harm(one),
    ]


def _harm(one: TriagedProblem) -> str | None:
    parts = {"": one.harm, "FP ": one.harm_false_positive, "FN ": one.harm_false_negative}
    return ", ".join(f"{name}{value:g}" for name, value in parts.items() if value is not None) or None


def _history_text(one: History, *, ascii_only: bool) -> str:
    plain = ascii_only or "utf" not in (sys.stdout.encoding or "").lower()
    drawn = draw_history(one, width=shutil.get_terminal_size((100, 24)).columns, ascii_only=plain)
    if len(one.problems) != 1:
        return drawn
    rows = [
        (
            _model(each),
            _state(each),
            number(each.error.value, each.error.low, each.error.high, n=each.error.n, missing=each.error.missing),
            *_confusion(each),
        )
        for each in one.problems[0].standings
    ]
    return drawn + "\n\n" + table(("Model", "State", "Error [95 %]", "TP", "FP", "TN", "FN"), rows, right=(3, 4, 5, 6))


def _confusion(one: Standing) -> tuple[int | None, ...]:
    cells = one.confusion
    if cells is None:
        return (None, None, None, None)
    return cells.true_positive, cells.false_positive, cells.true_negative, cells.false_negative


def _check_text(one: Check) -> str:
    if not one.problems:
        return "There is no problem to check."
    rows = [
        (_verdict(each), each.problem.name + (" (closed)" if each.problem.closed_at else ""), each.standing.sentence)
        for each in one.problems
    ]
    stopped = sum(each.blocks for each in one.problems)
    said = (
        f"{one.model}: {stopped:,} of {plural(len(rows), 'problem')} {agreeing(stopped, 'stops')} it"
        if stopped
        else f"{one.model}: nothing stops it"
    )
    return "\n".join([*(f"{mark}  {name}: {printable(text)}" for mark, name, text in rows), "", said])


def _verdict(one: Checked) -> str:
    if one.blocks:
        return click.style("STOP", fg="red", bold=True)
    if one.warns:
        return click.style("look", fg="yellow")
    return _QUIET.get(one.standing.state) or click.style("  ok", fg="green")


def _state(one: Standing) -> str:
    return Tinted(one.state, _STATE_COLOURS.get(one.state))


def _model(one: Standing) -> str:
    return printable(one.model)
