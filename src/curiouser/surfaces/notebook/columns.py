"""Which columns of a record are shown: those of the command line, in the same order."""

from __future__ import annotations

from curiouser.data import DataDiff
from curiouser.datachecks import Checked
from curiouser.evaluations import Comparison, ConfusionMatrix, EvaluationRun, Leaderboard, LeaderboardRow
from curiouser.measure import Measured
from curiouser.surfaces.notebook.tables import Cell, Table

_SHORT = 8
_METRICS = ("accuracy", "f1", "macro_f1", "roc_auc", "log_loss", "mae", "rmse", "within_tolerance")
"""What is shown of an evaluation, as far as the task has it; all metrics are in the frame."""
_MOST_METRICS = 3
_MOST_CLASSES, _MOST_PAIRS = 20, 20


def number(value: float | None, low: float | None = None, high: float | None = None, n: int | None = None) -> Cell:
    """Say a number with its interval and n.

    Examples:
        >>> number(0.8421, 0.811, 0.869, 600)
        '0.842 [0.811, 0.869] n=600'
        >>> number(None) is None
        True
    """
    if value is None:
        return None
    span = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
    return f"{value:.3f}{span}" + ("" if n is None else f" n={n:,}")


def measured(one: Measured | None) -> Cell:
    """Say a score with its interval and n, or why there is none."""
    if one is None:
        return None
    return one.reason if one.value is None else number(one.value, one.low, one.high, one.n)


def leaderboard_table(board: Leaderboard) -> Table:
    """Show models x data commits: rank, then and now."""
    past = [f"{board.metric} then, on {commit[:_SHORT]}" for commit in board.test_sets[:-1]]
    today = f"{board.metric} today, on {board.test_sets[-1][:_SHORT]}"
    heads = ("Rank", "Model", *past, today, "Reported", "Seen in training", "")
    return Table(heads=heads, rows=[_board_row(row, board) for row in board.models], notes=board.notes)


def _board_row(row: LeaderboardRow, board: Leaderboard) -> list[Cell]:
    scores = {one.test_set: one.measured for one in row.scores}
    shown = [None if (one := scores.get(at)) is None else number(one.value, one.low, one.high, one.n)
             for at in board.test_sets]  # fmt: skip
    reported = row.reported.get(board.metric, {}).get("value")
    said = "; ".join(part for part in ("live" if row.live else "", row.note) if part)
    return [
        ranks(row.rank_best, row.rank_worst),
        titled(row.model, row.version),
        *shown,
        None if reported is None else str(reported),
        row.memorised.rows,
        said,
    ]


def ranks(best: int | None, worst: int | None) -> Cell:
    """Say a range of ranks.

    Examples:
        >>> ranks(1, 3), ranks(2, 2)
        ('1–3', 2)
    """
    return best if best == worst else f"{best}–{worst}"


def titled(model: str, version: int) -> str:
    """Name a model, with its version where there are several."""
    return model if version == 1 else f"{model}@{version}"


def evaluations_table(run: EvaluationRun) -> Table:
    """Show each model's main scores, over rows drawn from users and over all."""
    known = run.evaluations[0].scores if run.evaluations else {}
    metrics = [name for name in _METRICS if name in known][:_MOST_METRICS]
    first = metrics[:1]
    rows = [
        [
            titled(one.model, one.version),
            *(measured(one.scores.get(name)) for name in metrics),
            *(measured(one.all_rows.get(name)) for name in first),
            one.memorised.rows,
            one.error or ("" if one.complete else f"needs {one.missing:,} predictions"),
        ]
        for one in run.evaluations
    ]
    heads = ("Model", *metrics, *(f"{name}, all rows" for name in first), "Seen in training", "")
    said = f"Test set {run.test_set[:_SHORT]}: {run.rows:,} rows, {run.sample:,} drawn from users"
    return Table(title=said, heads=heads, rows=rows, notes=run.notes)


def comparison_table(made: Comparison) -> Table:
    """Show each pair with its verdict, and the same on slices and problems where they were asked for."""
    groups = [("all rows", made.pairs), *((one.name, one.pairs) for one in (*made.slices, *made.problems))]
    rows: list[list[Cell]] = [
        [
            name,
            pair.a,
            pair.b,
            number(pair.paired.difference, pair.paired.low, pair.paired.high, pair.paired.n),
            None if pair.p_adjusted is None else f"{pair.p_adjusted:.3g}",
            pair.paired.negative_flips,
            pair.paired.positive_flips,
            pair.paired.reason if pair.verdict is None else str(pair.verdict).replace("_", " "),
        ]
        for name, pairs in groups
        for pair in pairs
    ]
    heads = ("On", "A", "B", "B − A", "p, adjusted", "Worse", "Better", "Verdict")
    said = [pair.sentence for pair in made.pairs]
    return Table(title=f"{made.metric} on {made.n:,} rows", lines=said, heads=heads, rows=rows, notes=made.notes)


def confusion_table(one: ConfusionMatrix) -> Table:
    """Show label by answer, or of many classes the pairs confused most."""
    if one.reason:
        return Table(heads=(), rows=(), lines=(one.reason,))
    left_out = (f"{one.missing:,} rows without an answer left out",) if one.missing else ()
    title = f"{one.n:,} rows drawn from users"
    if len(one.classes) > _MOST_CLASSES:
        pairs: list[list[Cell]] = [
            [pair.truth, pair.answer, pair.count, pair.of] for pair in one.most_confused[:_MOST_PAIRS]
        ]
        return Table(title=title, heads=("Label", "Answered", "Rows", "Of"), rows=pairs, notes=left_out)
    heads = ("Label", *(f"answered {name}" for name in one.classes))
    grid: list[list[Cell]] = [[name, *counts] for name, counts in zip(one.classes, one.counts, strict=True)]
    return Table(title=title, heads=heads, rows=grid, notes=left_out)


def diff_table(found: DataDiff) -> Table:
    """Show what changed, row by row and field by field."""
    rows: list[list[Cell]] = [
        [str(row.change), row.id, "; ".join(f"{name}: {old} → {new}" for name, (old, new) in row.fields.items())]
        for row in found.rows
    ]
    said = f"{found.added:,} added, {found.removed:,} removed, {found.changed:,} changed"
    return Table(title=said, heads=("Change", "Id", "Fields"), rows=rows)


def checked_table(made: Checked) -> Table:
    """Show what each data check says."""
    rows: list[list[Cell]] = [
        [
            one.code,
            one.name,
            str(one.outcome),
            one.finding.count,
            None if one.finding.value is None else f"{one.finding.value:.4f}",
            f"{one.threshold:.4g}",
            one.against,
            one.finding.reason,
        ]
        for one in made.checks
    ]
    heads = ("Code", "Check", "Outcome", "Found", "Value", "Limit", "Against", "")
    return Table(title=f"{made.ref} at {made.data_commit[:_SHORT]}: {made.outcome}", heads=heads, rows=rows)
