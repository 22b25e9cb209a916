"""The leaderboard in words, rows and a picture: what was scored then, and what the same models score today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curiouser.data import DataCommit
from curiouser.evaluations import Leaderboard, LeaderboardRow, LeaderboardScore
from curiouser.kernel.canonical import Json
from curiouser.kernel.words import plural
from curiouser.measure import Measured, Metric
from curiouser.surfaces.web.charts import Chart
from curiouser.surfaces.web.filters import number
from curiouser.surfaces.web.row_charts import ScoreLine, leaderboard_strip
from curiouser.surfaces.web.tables import Column, Table

DRAWN = 12
"""Most models in the picture; the table has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What was once said of a model, on the rows of that time."""

    value: float
    """The score."""
    n: int | None
    """Rows it was scored on; None where nobody said."""
    test_set: str | None
    """The data commit, or in words what it was reported on; None where nobody said."""
    is_commit: bool
    """Whether ``test_set`` is a data commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLine:
    """One model on the board."""

    title: str
    """``mine`` or ``mine@2``."""
    row: LeaderboardRow
    """The row as the service gave it."""
    then: Then | None
    """Its oldest score on other rows than today's."""
    today: Measured | None
    """Its score on today's rows; None for a model of which only reports remain."""
    threshold: float | None
    """The threshold of today's score."""
    earlier: Mapping[str, Measured]
    """Earlier data commit -> its score there."""

    @property
    def change(self) -> float | None:
        """Today's score less the one of then; None where one of them is missing."""
        if self.then is None or self.today is None or self.today.value is None:
            return None
        return self.today.value - self.then.value

    @property
    def missing(self) -> int:
        """Predictions that it needs before it can be ranked, >= 0."""
        return self.today.missing if self.today is not None else 0


def lines_of(board: Leaderboard) -> list[BoardLine]:
    """Lay every model of a board out by time."""
    return [_line(row, board) for row in board.models]


def board_sentence(board: Leaderboard, lines: Sequence[BoardLine], metric: Metric) -> str:
    """Say what a reader must not miss: who leads today, and whether the best number of old still holds."""
    ranked = [line for line in lines if line.today is not None and line.today.value is not None]
    if not ranked:
        return "No model has a score on today’s test set yet."
    first = ranked[0]
    said = [f"{first.title} leads on today’s test set with {_score(first.today)}."]
    best = _best_then(lines, metric)
    if best is not None and best.then is not None:
        said = [
            f"The best {board.metric.replace('_', ' ')} ever reported here is {best.title}’s {best.then.value:.3f}."
        ]
        if best.today is not None and best.today.value is not None:
            place = "still the first" if best is first else f"and {first.title} leads with {_score(first.today)}"
            said.append(f"On today’s test set the same model scores {best.today.value:.3f}, {place}.")
        else:
            said.append(f"On today’s test set {first.title} leads with {_score(first.today)}.")
    waiting = sum(line.missing > 0 and line.today is not None and line.today.value is None for line in lines)
    if waiting:
        whose = "its" if waiting == 1 else "their"
        said.append(f"{plural(waiting, 'model')} cannot be ranked before {whose} answers are complete.")
    return " ".join(said)


def board_chart(lines: Sequence[BoardLine], metric: str) -> Chart:
    """Draw then and now, the best models first."""
    drawn = [
        ScoreLine(
            name=line.title,
            value=line.today.value if line.today is not None else None,
            low=line.today.low if line.today is not None else None,
            high=line.today.high if line.today is not None else None,
            n=line.today.n if line.today is not None else 0,
            then=line.then.value if line.then is not None else None,
            note=line.row.note,
            live=line.row.live,
        )
        for line in lines[:DRAWN]
    ]
    return leaderboard_strip(drawn, title=f"{metric.replace('_', ' ').capitalize()}, then and today")


def scale_of(lines: Sequence[BoardLine]) -> tuple[float, float]:
    """Choose one scale for the bars of the whole column."""
    ends = [end for line in lines if (one := line.today) for end in (one.value, one.low, one.high) if end is not None]
    return (min(ends), max(ends)) if ends else (0.0, 1.0)


def board_table(board: Leaderboard, lines: Sequence[BoardLine]) -> Table:
    """The same rows for CSV and JSON."""
    plain = ("rank", "model", "version", "kind", "live", "then", "then_on", "today", "low", "high", "n", "missing",
             "change", "level_with_best", "note")  # fmt: skip
    earlier = [f"on_{commit[:12]}" for commit in board.test_sets[:-1]]
    columns = [Column(key=key, title=key.replace("_", " ")) for key in (*plain, *earlier)]
    return Table(
        name="models", caption=f"Models by {board.metric}", columns=columns, rows=[_row(line) for line in lines]
    )


def grown(commits: Sequence[DataCommit]) -> list[dict[str, object]]:
    """Say how the test set grew: each data commit with what it added to the one before."""
    made = []
    before = 0
    for commit in commits:
        made.append({"commit": commit, "added": commit.rows - before})
        before = commit.rows
    return made


def _line(row: LeaderboardRow, board: Leaderboard) -> BoardLine:
    today_is = board.test_sets[-1]
    today = next((one for one in row.scores if one.test_set == today_is), None)
    earlier: dict[str, Measured] = {one.test_set: one.measured for one in row.scores if one.test_set != today_is}
    return BoardLine(
        title=row.model if row.version == 1 else f"{row.model}@{row.version}",
        row=row,
        then=_then(row, board, today),
        today=today.measured if today is not None else None,
        threshold=today.threshold if today is not None else None,
        earlier=earlier,
    )


def _then(row: LeaderboardRow, board: Leaderboard, today: LeaderboardScore | None) -> Then | None:
    reported = row.reported.get(board.metric)
    if reported is not None and isinstance(value := reported.get("value"), int | float):
        n, on = reported.get("n"), reported.get("test_set")
        words = str(on) if on is not None else None
        return Then(value=float(value), n=n if isinstance(n, int) else None, test_set=words, is_commit=False)
    for one in row.scores:
        if one is not today and one.measured.value is not None:
            return Then(value=one.measured.value, n=one.measured.n, test_set=one.test_set, is_commit=True)
    return None


def _best_then(lines: Sequence[BoardLine], metric: Metric) -> BoardLine | None:
    known = [line for line in lines if line.then is not None]
    if not known or metric.higher_is_better is None:
        return None
    sign = 1 if metric.higher_is_better else -1
    return max(known, key=lambda line: sign * line.then.value if line.then is not None else 0.0)


def _score(one: Measured | None) -> str:
    return "no score" if one is None or one.value is None else f"{number(one.value)} (n {number(one.n)})"


def _row(line: BoardLine) -> dict[str, Json]:
    row, today, then = line.row, line.today, line.then
    said: dict[str, Json] = {
        "rank": row.rank_best,
        "model": row.model,
        "version": row.version,
        "kind": row.kind,
        "live": row.live,
        "then": then.value if then is not None else None,
        "then_on": then.test_set if then is not None else None,
        "today": today.value if today is not None else None,
        "low": today.low if today is not None else None,
        "high": today.high if today is not None else None,
        "n": today.n if today is not None else None,
        "missing": today.missing if today is not None else None,
        "threshold": line.threshold,
        "change": line.change,
        "level_with_best": row.level_with_best,
        "note": row.note or None,
    }
    return said | {f"on_{commit[:12]}": one.value for commit, one in line.earlier.items()}
