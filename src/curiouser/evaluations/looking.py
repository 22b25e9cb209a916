"""Comparisons as looks at the test set: each that is made is written down, and what was made can be shown again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from curiouser.evaluations.answering import Answering
from curiouser.evaluations.comparing import Comparing, Contestant
from curiouser.evaluations.notes import sample_notes, seen_notes
from curiouser.evaluations.records import Comparison, Seen
from curiouser.evaluations.slices import SlicedRows
from curiouser.evaluations.stored import log_comparison, seen, was_compared
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.configuration import Task
from curiouser.kernel.remembered import Remembered
from curiouser.models import Model, PredictionStore
from curiouser.storage import Database

_KEPT = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """What is asked of two models or more."""

    models: Sequence[Model]
    """Who is compared, different ones."""
    test_set: TestSet
    """On which rows."""
    metric: str
    """By what; a name of the task's metrics."""
    common: bool
    """Whether only rows that all answered count."""
    slices: Sequence[SlicedRows]
    """Parts of the rows to compare on too."""
    problems: Mapping[str, Sequence[str]]
    """Problem -> ids of its patterns, to compare on too."""


class Looks:
    """Compares, and keeps the log of comparisons.

    Args:
        database: Where the log is.
        answering: Reads what models answered.
        predictions: Names all that a model has answered so far.
        task: What an answer looks like.
    """

    def __init__(self, database: Database, answering: Answering, predictions: PredictionStore, task: Task) -> None:
        self._database, self._answering, self._predictions, self._task = database, answering, predictions, task
        self._kept = Remembered[str, Comparison](most=_KEPT)

    def make(self, asked: Question, by: tuple[str, str]) -> Comparison:
        """Compare, and write down that it was done; ``by`` is moment and actor."""
        made, dataset = self._made(asked), asked.test_set.commit.dataset
        with self._database.write() as connection:
            log_comparison(connection, made, asked.models, dataset, by)
            looks = seen(connection, dataset)
        return _told(made, asked, looks)

    def show(self, asked: Question) -> Comparison | None:
        """Compare again what was written down before; None where it never was."""
        with self._database.read() as connection:
            if not was_compared(connection, asked.test_set.commit, asked.metric, asked.models):
                return None
            looks = seen(connection, asked.test_set.commit.dataset)
        return _told(self._made(asked), asked, looks)

    def _made(self, asked: Question) -> Comparison:
        # The key names all that a comparison depends on, the answers that came later included.
        key = digest_of(
            {
                "test_set": asked.test_set.commit.id,
                "metric": asked.metric,
                "common": asked.common,
                "models": [[one.title, one.digest, one.threshold] for one in asked.models],
                "answers": dict(self._predictions.fingerprints([one.digest for one in asked.models])),
                "slices": [[one.slice.name, one.slice.key] for one in asked.slices],
                "problems": [[name, list(ids)] for name, ids in asked.problems.items()],
            }
        )
        return self._kept.get(key, lambda: self._compared(asked))

    def _compared(self, asked: Question) -> Comparison:
        contestants = [Contestant(one, self._answering.answers(one, asked.test_set)) for one in asked.models]
        comparing = Comparing(self._task, asked.test_set, asked.metric)
        return comparing.compare(contestants, common=asked.common, slices=asked.slices, problems=asked.problems)


def _told(made: Comparison, asked: Question, looks: Seen) -> Comparison:
    return replace(made, seen=looks, notes=(*sample_notes(asked.test_set), *made.notes, *seen_notes(looks)))
