"""What models have on today's rows: scores and pairs are worked out once for the answers they rest on."""

from __future__ import annotations

from collections.abc import Mapping

from curiouser.evaluations.answering import Answering
from curiouser.evaluations.board import Entry
from curiouser.evaluations.comparing import Contestant
from curiouser.evaluations.memorised import Memory
from curiouser.evaluations.scoring import score_headline
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.canonical import Json, digest_of
from curiouser.kernel.configuration import Task
from curiouser.kernel.remembered import Remembered
from curiouser.measure import Measured, Paired
from curiouser.models import Model, ModelKind, ModelService, PredictionStore

_MOST_SCORES = 5_000


class Entries:
    """Makes the entries of leaderboards.

    Args:
        models: Knows what was reported.
        answering: Reads what models answered.
        predictions: Names all that a model has answered so far.
        memory: Knows what stands in training data.
        task: What an answer looks like.
    """

    def __init__(
        self, models: ModelService, answering: Answering, predictions: PredictionStore, *, memory: Memory, task: Task
    ) -> None:
        self._memory = memory
        self._models, self._answering, self._predictions, self._task = models, answering, predictions, task
        self._scores = Remembered[str, Measured](most=_MOST_SCORES)
        self.pairs = Remembered[str, Paired](most=_MOST_SCORES)

    def of(self, test_set: TestSet, metric: str) -> list[Entry]:
        """Make an entry for every active model."""
        active = self._models.list()
        kept = self._predictions.fingerprints([one.digest for one in active])
        return [self._entry(one, test_set, metric, kept) for one in active]

    def score(self, model: Model, test_set: TestSet, metric: str) -> Measured:
        """Score one model on the rows drawn from users."""
        kept = self._predictions.fingerprints([model.digest])
        key = _key(model, test_set, metric, kept)
        return self._scores.get(key, lambda: self._scored(model, test_set, metric))

    def _entry(self, model: Model, test_set: TestSet, metric: str, kept: Mapping[str, str]) -> Entry:
        reported, memorised = self._models.reported(model), self._memory.of(model, test_set)
        if model.kind is ModelKind.REPORTED:
            return Entry(
                model=model, reported=reported, contestant=None, now=None, unasked=0, key="", memorised=memorised
            )
        answers = self._answering.answers(model, test_set)
        key = _key(model, test_set, metric, kept)
        return Entry(
            model=model,
            reported=reported,
            contestant=Contestant(model, answers),
            now=self._scores.get(key, lambda: self._scored(model, test_set, metric)),
            unasked=int((~answers.valid & test_set.headline).sum()) if model.kind.is_callable else 0,
            key=key,
            memorised=memorised,
        )

    def _scored(self, model: Model, test_set: TestSet, metric: str) -> Measured:
        answers = self._answering.answers(model, test_set)
        return score_headline(self._task, model, test_set, answers, metrics=[metric])[metric]


def _key(model: Model, test_set: TestSet, metric: str, kept: Mapping[str, str]) -> str:
    """Name all that a score depends on, the answers that came later included."""
    said: list[Json] = [test_set.commit.id, metric, model.digest, model.threshold, kept[model.digest]]
    return digest_of(said)
