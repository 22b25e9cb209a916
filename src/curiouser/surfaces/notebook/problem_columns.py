"""Which columns of problems are shown: those of the command line, in the same order."""

from __future__ import annotations

from curiouser.problems import (
    Check,
    History,
    PatternAnswer,
    ShownPattern,
    ShownProblem,
    Standing,
    Triage,
    TriagedProblem,
)
from curiouser.surfaces.notebook.columns import number, ranks
from curiouser.surfaces.notebook.tables import Cell, Table

_SHORT = 8
_MARKS = {"held": "ok", "failed": "FAIL"}


def triage_table(one: Triage) -> Table:
    """Show problems by Impact; below, what is missing of those that are not ranked."""
    heads = ("Problem", "Impact", "Rank", "State", "Error", "Affected", "Harm", "Memorised")
    missing = [f"{each.problem.name}: {said}" for each in one.problems for said in each.fill]
    live = " (live)" if one.model == one.live else ""
    title = f"{one.model}{live} on test set {one.test_set[:_SHORT]}"
    return Table(title=title, heads=heads, rows=[_triaged(each) for each in one.problems], notes=missing)


def _triaged(one: TriagedProblem) -> list[Cell]:
    impact, share, error = one.impact, one.affected, one.standing.error
    harms = {"": one.harm, "FP ": one.harm_false_positive, "FN ": one.harm_false_negative}
    return [
        one.problem.name,
        None if impact is None else f"{impact.value:.3g} [{impact.low:.3g}, {impact.high:.3g}]",
        ranks(one.rank_best, one.rank_worst),
        str(one.standing.state),
        number(error.value, error.low, error.high, error.n),
        None if share is None else f"{share.percent:.3g}% [{share.low:.3g}, {share.high:.3g}] {share.source}",
        ", ".join(f"{name}{value:g}" for name, value in harms.items() if value is not None) or None,
        one.standing.memorised,
    ]


def history_table(one: History) -> Table:
    """Show how each problem stood with each model, oldest first."""
    rows = [[line.problem.name, *_stood(each)] for line in one.problems for each in line.standings]
    return Table(heads=("Problem", "Model", "State", "Error", "TP", "FP", "TN", "FN"), rows=rows)


def _stood(one: Standing) -> list[Cell]:
    cells, error = one.confusion, one.error
    kinds: list[Cell] = [None] * 4
    if cells is not None:
        kinds = [cells.true_positive, cells.false_positive, cells.true_negative, cells.false_negative]
    return [one.model, str(one.state), number(error.value, error.low, error.high, error.n), *kinds]


def check_table(one: Check) -> Table:
    """Show what stops a model, and what deserves a look."""
    rows: list[list[Cell]] = [
        [
            "STOP" if each.blocks else "look" if each.warns else "ok" if each.standing.state != "failing" else "open",
            each.problem.name + (" (closed)" if each.problem.closed_at else ""),
            str(each.standing.state),
            each.standing.sentence,
        ]
        for each in one.problems
    ]
    said = f"{one.model}: {'nothing stops it' if one.passed else 'it is stopped'}"
    return Table(title=said, heads=("", "Problem", "State", "Why"), rows=rows)


def problem_table(one: ShownProblem) -> Table:
    """Show a problem: what it is, how it stands with each model, and its patterns on each of them."""
    inputs = list(next((each.row for each in one.patterns if each.row is not None), {}))
    models = [each.model for each in one.standings]
    rows = [
        [
            each.pattern.example_id,
            *(None if each.row is None else _plain(each.row.get(name)) for name in inputs),
            _expects(each),
            *(_answer(each.answers[model]) for model in models),
        ]
        for each in one.patterns
    ]
    more = one.total - len(one.patterns)
    starred = any(answer.memorised for each in one.patterns for answer in each.answers.values())
    return Table(
        title=one.problem.name,
        lines=[*_settings(one), *(f"{each.model}: {each.sentence}" for each in one.standings)],
        heads=("Row", *inputs, "Expectation", *models),
        rows=rows,
        notes=[
            *(["* stands in the model's training data"] if starred else []),
            *([f"… and {more:,} more patterns: show(…, limit={one.total})"] if more else []),
        ],
    )


def _settings(one: ShownProblem) -> list[str]:
    problem = one.problem
    harms = {"": problem.harm, "false positive ": problem.harm_false_positive,
             "false negative ": problem.harm_false_negative}  # fmt: skip
    harm = ", ".join(f"{name}{value}" for name, value in harms.items() if value is not None)
    said = {"harm": harm, "tolerance": f"{problem.tolerance:g}", "owner": problem.owner or "",
            "closed": f"{problem.closed_at:%Y-%m-%d}" if problem.closed_at else ""}  # fmt: skip
    settings = ", ".join(f"{name} {value}" for name, value in said.items() if value)
    return [*([problem.description] if problem.description else []), settings]


def _expects(one: ShownPattern) -> str:
    expects, case = one.pattern.expectation, one.pattern.case
    place = "" if case is None else f"{case}/{one.pattern.place}: "
    by = f" {expects.quantity or ''} {expects.tolerance or ''}".rstrip()
    return f"{place}{expects.kind}{by}" + ("" if one.row is not None else " (row is gone)")


def _answer(one: PatternAnswer) -> Cell:
    if one.answer is None:
        return None
    said = f"{one.answer:.4g}" if isinstance(one.answer, float) else one.answer
    mark = one.confusion or _MARKS.get(one.outcome, "?")
    score = "" if one.score is None else f" {one.score:.2f}"
    return f"{mark} {said}{score}{'*' if one.memorised else ''}"


def _plain(value: object) -> Cell:
    return None if value is None else str(value)
