"""Every model on today's test set: scores with intervals, paired comparisons, the leaderboard.

A model is asked only about rows whose inputs it has never answered, and what it
scored is kept for good. The headline is about users (``origin = sample``); all
rows stand beside it. It serves slides 21-24 and 54-55 (re-evaluate ALL models).

The verbs, on :class:`EvaluationService`::

    test_set(on="test") -> TestSet
    answers(model, test_set) -> measure.Answers
    wrong(model, test_set) -> Wrongness            # .wrong, .known: (n,) bool
    classes(model, test_set) -> IntArray           # (n,) class codes, -1 where there is no answer
    confusion(model, test_set) -> ConfusionMatrix  # label by answer, over rows drawn from users
    evaluate(names=None, *, on="test", slices=(), actor, progress=...) -> EvaluationRun
    compare(names, *, on="test", metric=None, common=False, slices=(), problems=None, actor) -> Comparison
    leaderboard(*, on="test", metric=None, limit=50) -> Leaderboard
    add_slice(name, *, where=None, ids=None, on="test", actor) -> Slice; remove_slice(name) -> Slice
    slices(test_set), find_slice(text, test_set)   # SlicedRows: .slice, .mask (n,) bool

``model`` is a ``models.Model``; ``problems`` maps a problem's name to the ids of
its patterns. ``TestSet`` has ``commit, rows, ids, truth, labelled, sample,
weights, clusters``, all in the order of ``rows`` (by id).
"""

from curiouser.evaluations.answering import Progress
from curiouser.evaluations.errors import (
    IncompleteModelError,
    MetricNotFoundError,
    NothingToCompareError,
    SeveralTestSetsError,
    SliceExistsError,
    SliceNotFoundError,
    UnlabelledTestSetError,
)
from curiouser.evaluations.keeping import Holdings
from curiouser.evaluations.marking import Marked, Wrongness
from curiouser.evaluations.memorised import Memory
from curiouser.evaluations.records import (
    ALL_ROWS,
    HEADLINE,
    Comparison,
    ConfusedPair,
    ConfusionCell,
    ConfusionMatrix,
    Evaluation,
    EvaluationRun,
    Flip,
    Leaderboard,
    LeaderboardRow,
    LeaderboardScore,
    Memorised,
    Pair,
    PairsOfGroup,
    Scores,
    Seen,
    Slice,
)
from curiouser.evaluations.service import EvaluationService
from curiouser.evaluations.slices import SlicedRows
from curiouser.evaluations.test_set import TestSet

__all__ = [
    "ALL_ROWS",
    "HEADLINE",
    "Comparison",
    "ConfusedPair",
    "ConfusionCell",
    "ConfusionMatrix",
    "Evaluation",
    "EvaluationRun",
    "EvaluationService",
    "Flip",
    "Holdings",
    "IncompleteModelError",
    "Leaderboard",
    "LeaderboardRow",
    "LeaderboardScore",
    "Marked",
    "Memorised",
    "Memory",
    "MetricNotFoundError",
    "NothingToCompareError",
    "Pair",
    "PairsOfGroup",
    "Progress",
    "Scores",
    "Seen",
    "SeveralTestSetsError",
    "Slice",
    "SliceExistsError",
    "SliceNotFoundError",
    "SlicedRows",
    "TestSet",
    "UnlabelledTestSetError",
    "Wrongness",
]
