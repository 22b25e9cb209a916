"""The leaderboard: models x data commits, then and now, ranked by today's rows only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curiouser.evaluations.comparing import Comparing, Contestant, RowSet
from curiouser.evaluations.records import LeaderboardRow, LeaderboardScore, Memorised
from curiouser.evaluations.stored import ThenScore
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.configuration import Task
from curiouser.kernel.ids import DataCommitId
from curiouser.kernel.remembered import Remembered
from curiouser.measure import Measured, Metric, Paired, Verdict, holm, verdict
from curiouser.models import Model, ModelId, ReportedScore

ReportedScores = Mapping[str, ReportedScore]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """A model on its way to the board."""

    model: Model
    """The model."""
    reported: ReportedScores
    """Scores somebody wrote down."""
    contestant: Contestant | None
    """Its answers; None where only reported scores remain."""
    now: Measured | None
    """Today's score; None where only reported scores remain."""
    unasked: int
    """Rows it could be asked about now and was not."""
    key: str
    """Names its score and all that this rests on; empty where only reported scores remain."""

    memorised: Memorised
    """How many of today's rows stand in its training data."""

    @property
    def ranked(self) -> bool:
        """Whether it has a score on today's rows."""
        return self.now is not None and self.now.value is not None

    @property
    def note(self) -> str:
        """Why it is not ranked; empty where it is."""
        if self.now is None:
            return "reported"
        if self.unasked:
            return f"not asked about {self.unasked:,} rows yet: run `curiouser evaluate`"
        return "" if self.ranked else self.now.reason or "no score"


class Board:
    """Puts entries in order and beside their past.

    Args:
        task: What an answer looks like.
        test_set: Today's rows.
        metric: What is shown and ranked by.
        pairs: Comparisons with the best that were made before, by the keys of both.
    """

    def __init__(self, task: Task, test_set: TestSet, metric: Metric, pairs: Remembered[str, Paired]) -> None:
        self._test_set, self._metric, self._pairs = test_set, metric, pairs
        self._comparing = Comparing(task, test_set, metric.name)

    def rows(
        self, entries: Sequence[Entry], commits: Sequence[DataCommitId], then: Mapping[tuple[str, str], ThenScore]
    ) -> list[LeaderboardRow]:
        """Order the entries: ranked ones by today's score, then the others by name."""
        ordered = sorted(entries, key=lambda one: (not one.ranked, self._goodness(one), one.model.title))
        level = self._level_with_best([one for one in ordered if one.ranked])
        return [self._row(one, ordered, level, self._scores(one, commits, then)) for one in ordered]

    def _goodness(self, entry: Entry) -> float:
        if entry.now is None or entry.now.value is None:
            return 0.0
        if self._metric.higher_is_better is None:
            return abs(entry.now.value)
        return -entry.now.value if self._metric.higher_is_better else entry.now.value

    def _level_with_best(self, ranked: Sequence[Entry]) -> dict[ModelId, bool]:
        """Compare each model with the best; which of them are not shown to be worse?"""
        if not ranked or ranked[0].contestant is None:
            return {}
        level = {ranked[0].model.id: True}
        others = [one for one in ranked[1:] if one.contestant is not None]
        outcomes = [self._paired(ranked[0], other) for other in others]
        for other, outcome, p in zip(others, outcomes, holm([one.p_value for one in outcomes]), strict=True):
            said = verdict(p, outcome.difference, higher_is_better=self._metric.higher_is_better)
            level[other.model.id] = said is not Verdict.WORSE
        return level

    def _paired(self, best: Entry, other: Entry) -> Paired:
        a, b = best.contestant, other.contestant
        if a is None or b is None:
            raise ValueError("only models that answered are compared")
        rows = RowSet(name="", mask=self._test_set.headline, weighted=True)
        return self._pairs.get(f"{best.key}/{other.key}", lambda: self._comparing.paired(a, b, rows))

    def _scores(
        self, entry: Entry, commits: Sequence[DataCommitId], then: Mapping[tuple[str, str], ThenScore]
    ) -> tuple[LeaderboardScore, ...]:
        scores = []
        for commit in commits:
            if commit == self._test_set.commit.id:
                continue
            past = then.get((entry.model.digest, commit))
            if past is not None:
                scores.append(LeaderboardScore(test_set=commit, measured=past.measured, threshold=past.threshold))
        if entry.now is not None:
            today = self._test_set.commit.id
            scores.append(LeaderboardScore(test_set=today, measured=entry.now, threshold=entry.model.threshold))
        return tuple(scores)

    def _row(
        self,
        entry: Entry,
        entries: Sequence[Entry],
        level: Mapping[ModelId, bool],
        scores: tuple[LeaderboardScore, ...],
    ) -> LeaderboardRow:
        best = worst = None
        if entry.ranked:
            mine = self._goodness(entry)
            others = [self._goodness(one) for one in entries if one.ranked]
            best = 1 + sum(other < mine for other in others)
            worst = sum(other <= mine for other in others)
        model = entry.model
        return LeaderboardRow(
            model=model.name,
            version=model.version,
            kind=str(model.kind),
            live=model.live,
            reported={name: _reported(one) for name, one in entry.reported.items()},
            scores=scores,
            rank_best=best,
            rank_worst=worst,
            level_with_best=level.get(model.id),
            memorised=entry.memorised,
            note=entry.note,
        )


def _reported(one: ReportedScore) -> dict[str, object]:
    said = {"value": one.value, "n": one.n, "test_set": one.test_set, "slice": one.slice, "note": one.note}
    return {name: value for name, value in said.items() if value is not None or name in {"value", "n"}}
