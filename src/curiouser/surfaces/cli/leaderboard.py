"""``curiouser leaderboard``: all models on all test sets, then and now."""

from __future__ import annotations

import click

from curiouser.evaluations import Leaderboard, LeaderboardRow
from curiouser.surfaces.bodies.evaluations import leaderboard_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, number, table, warn
from curiouser.workspace import Workspace


@click.command()
@click.option("--on", default="test", metavar="REF", show_default=True, help="Test set; its head is today's.")
@click.option("--metric", metavar="NAME", help="What to show and rank by; the task's first metric by default.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="Most models shown.")
@json_option
@pass_workspace
def leaderboard(workspace: Workspace, on: str, metric: str | None, limit: int, *, as_json: bool) -> None:
    """Show models x data commits: what was scored then, and what the same model scores now.

    Models are ranked by today's rows only. A "~" marks models of which no difference
    from the best is shown. No model is asked anything.

    JSON: {test_sets: [...], models: [{model, reported: {...}, scores: [{test_set, value,
    low, high, n, missing}], rank: {best, worst}, level_with_best, memorised, trained_on, note}]}
    """
    board = workspace.evaluations.leaderboard(on=on, metric=metric, limit=limit)
    emit(leaderboard_body(board), lambda: _text(board), as_json=as_json)
    for note in board.notes:
        warn(note)


def _text(board: Leaderboard) -> str:
    past = [f"{board.metric} then, on {commit[:8]}" for commit in board.test_sets[:-1]]
    heads = ["Rank", "Model", *past, f"{board.metric} today, on {board.test_sets[-1][:8]}", "Reported", ""]
    return table(heads, [_row(row, board) for row in board.models])


def _row(row: LeaderboardRow, board: Leaderboard) -> list[object]:
    by_commit = {one.test_set: one.measured for one in row.scores}
    scores = [
        None if (one := by_commit.get(commit)) is None else number(one.value, one.low, one.high, n=one.n)
        for commit in board.test_sets
    ]
    reported = row.reported.get(board.metric, {}).get("value")
    live = "live" if row.live else ""
    name = row.model if row.version == 1 else f"{row.model}@{row.version}"
    return [_rank(row), name, *scores, reported, "; ".join(filter(None, (live, row.note)))]


def _rank(row: LeaderboardRow) -> str | None:
    if row.rank_best is None:
        return None
    shared = "" if row.rank_best == row.rank_worst else f"-{row.rank_worst}"
    return f"{row.rank_best}{shared}{' ~' if row.level_with_best and row.rank_best > 1 else ''}"
