"""Bring models to a test set: ask for what is not known yet, score, and keep the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from curiouser.evaluations.answering import Answering, Progress
from curiouser.evaluations.confusing import confusion_matrix
from curiouser.evaluations.memorised import Memory
from curiouser.evaluations.records import ALL_ROWS, HEADLINE, ConfusionMatrix, Evaluation, Scores
from curiouser.evaluations.scoring import metrics_for, score_headline, score_rows
from curiouser.evaluations.slices import SlicedRows
from curiouser.evaluations.stored import evaluation_key, keep_scores, kept_scores
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadInputError, MissingExtraError, ModelFailedError, NotFoundError, UntrustedError
from curiouser.measure import Answers, BoolArray
from curiouser.models import Model, ModelChangedError, ModelService
from curiouser.storage import Database

ONE_MODELS_FAULT = (
    ModelFailedError,
    BadInputError,
    UntrustedError,
    NotFoundError,
    MissingExtraError,
    ModelChangedError,
)
"""What one model can do wrong without stopping the others; a full disk stops them all."""


@dataclass(slots=True)
class _Asked:
    """Rows asked so far, over all models of a call."""

    progress: Progress
    to_ask: int
    done: int = field(default=0)

    def told(self, more: int) -> None:
        self.done += more
        self.progress(self.done, max(self.to_ask, self.done))


class Evaluating:
    """Evaluates models on one test set.

    Args:
        database: Where scores are kept.
        models: Who is evaluated.
        answering: Asks them.
        memory: Knows what stands in their training data.
        task: What an answer looks like.
        by: Gives moment and actor of what is written.
    """

    def __init__(
        self,
        database: Database,
        models: ModelService,
        answering: Answering,
        *,
        memory: Memory,
        task: Task,
        by: Callable[[], tuple[str, str]],
    ) -> None:
        self._database, self._models, self._answering = database, models, answering
        self._memory, self._task, self._by = memory, task, by

    def evaluate(
        self, models: Sequence[Model], test_set: TestSet, slices: Sequence[SlicedRows], progress: Progress
    ) -> tuple[list[Evaluation], int]:
        """Evaluate models one after the other.

        Returns:
            One evaluation per model, and how many rows were asked about.
        """
        newest = [self._newest(model) for model in models]
        asked = _Asked(progress, sum(self._to_ask(model, test_set) for model, error in newest if not error))
        made = []
        for model, error in newest:
            failed = error or self._ask(model, test_set, asked)
            made.append(self._evaluation(model, test_set, slices, failed))
        return made, asked.done

    def _newest(self, model: Model) -> tuple[Model, str | None]:
        try:
            return self._models.current(model), None
        except ONE_MODELS_FAULT as fault:
            return model, str(fault)

    def _to_ask(self, model: Model, test_set: TestSet) -> int:
        return len(self._answering.unasked(model, test_set).rows) if model.kind.is_callable else 0

    def _ask(self, model: Model, test_set: TestSet, asked: _Asked) -> str | None:
        try:
            self._answering.ask(model, test_set, asked.told)
        except ONE_MODELS_FAULT as fault:
            return str(fault)
        return None

    def _evaluation(
        self, model: Model, test_set: TestSet, slices: Sequence[SlicedRows], error: str | None
    ) -> Evaluation:
        answers = self._answering.answers(model, test_set)
        scores = self.scores(model, test_set, answers, slices)
        missing = int(np.count_nonzero(~answers.valid))
        return Evaluation(
            model=model.name,
            version=model.version,
            digest=model.digest,
            threshold=model.threshold,
            data_commit=test_set.commit.id,
            complete=not missing,
            n=int(np.count_nonzero(test_set.headline & answers.valid)),
            missing=missing,
            scores=scores[HEADLINE],
            all_rows=scores[ALL_ROWS],
            confusion=self._confusion(model, test_set, answers, test_set.headline),
            confusion_all=self._confusion(model, test_set, answers, test_set.labelled),
            memorised=self._memory.of(model, test_set),
            slices={one.slice.name: scores[one.slice.key] for one in slices},
            error=error,
        )

    def scores(
        self, model: Model, test_set: TestSet, answers: Answers, slices: Sequence[SlicedRows]
    ) -> Mapping[str, Scores]:
        """Look up an evaluation's scores, compute those that are not there, and keep the complete ones.

        Returns:
            Slice key -> metric -> score.
        """
        key = evaluation_key(model, test_set.commit, self._task)
        with self._database.read() as connection:
            kept: dict[str, Scores] = dict(kept_scores(connection, key))
        metrics = list(metrics_for(self._task))
        whole = [name for name in metrics if "[" not in name]  # one class at a time is for the headline
        wanted = {
            HEADLINE: (None, metrics),
            **{one.slice.key: (one.mask, whole) for one in slices},
        }
        new = {
            place: score_headline(self._task, model, test_set, answers, metrics=names, mask=mask)
            for place, (mask, names) in wanted.items()
            if place not in kept
        }
        if ALL_ROWS not in kept:
            same = test_set.only_samples and HEADLINE in new
            new[ALL_ROWS] = new[HEADLINE] if same else self._over_all(model, test_set, answers, metrics)
        complete = {place: some for place, some in new.items() if not any(one.missing for one in some.values())}
        if complete:
            with self._database.write() as connection:
                keep_scores(connection, key, (model, test_set.commit), complete, self._by())
        return {**kept, **new}

    def _confusion(self, model: Model, test_set: TestSet, answers: Answers, rows: BoolArray) -> ConfusionMatrix:
        return confusion_matrix(self._task, model, test_set, answers, rows)

    def _over_all(self, model: Model, test_set: TestSet, answers: Answers, metrics: Sequence[str]) -> Scores:
        return score_rows(self._task, model, test_set, answers, test_set.labelled, weighted=False, metrics=metrics)
