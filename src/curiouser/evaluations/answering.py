"""Models' answers to a test set: ask for those that are not known yet, read the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.remembered import Remembered
from curiouser.measure import Answers, FloatArray, IntArray
from curiouser.models import Model, ModelId, ModelService, PredictionStore, StoredAnswers

Progress = Callable[[int, int | None], None]
"""Told (rows asked so far, rows to ask)."""

FIRST_BATCH, LARGEST_BATCH = 64, 8_192
_KEPT_KEYS = 4
BATCH_AIM_S = 1.0
"""A batch is sized to take about this long: what a kill loses, and how often a bar moves."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """Rows whose inputs a model has never answered, one row for each distinct input."""

    rows: IntArray
    """Places in the test set, in its order."""
    keys: IntArray
    """Interned inputs of these rows."""


class Answering:
    """Puts a test set's rows to models and reads what they said.

    Args:
        models: Who is asked.
        predictions: What was answered before.
        task: What an answer looks like.
    """

    def __init__(self, models: ModelService, predictions: PredictionStore, task: Task) -> None:
        self._models, self._predictions, self._task = models, predictions, task
        self._keys = Remembered[tuple[str, tuple[str, ...]], IntArray](most=_KEPT_KEYS)

    def keys(self, model: Model, test_set: TestSet) -> IntArray:
        """Interned input of every row, as this model reads it: ``(n,)``."""
        content, columns = test_set.commit.content_hash, tuple(model.columns)
        return self._keys.get(
            (content, columns), lambda: self._predictions.keys_for(content, columns, lambda: test_set.rows)
        )

    def unasked(self, model: Model, test_set: TestSet) -> Unasked:
        """Find the distinct inputs that a model never answered."""
        keys = self.keys(model, test_set)
        unknown = np.flatnonzero(~self._predictions.known(model.digest, keys))
        distinct, first = np.unique(keys[unknown], return_index=True)
        order = np.argsort(first)
        return Unasked(unknown[first[order]], distinct[order])

    def ask(self, model: Model, test_set: TestSet, asked: Callable[[int], None]) -> None:
        """Ask a model for the answers it never gave; each batch is kept when it is there.

        Args:
            model: A callable; any other kind is not asked.
            test_set: The rows.
            asked: Told how many rows a batch had, when its answers are kept.

        Raises:
            ModelFailedError: The model failed; the batches before are kept.
        """
        if not model.kind.is_callable:
            return
        unasked = self.unasked(model, test_set)
        if not len(unasked.rows):
            return
        with self._models.calling(model) as caller:
            for batch in _batches(len(unasked.rows)):
                rows = test_set.rows[unasked.rows[batch]].select(model.columns)
                answered = caller.predict(rows, first=batch.start, total=len(unasked.rows))
                columns = {name: answered[name].to_numpy() for name in answered.columns}
                self._predictions.write(model.digest, unasked.keys[batch], columns)
                asked(len(rows))

    def answers(self, model: Model, test_set: TestSet) -> Answers:
        """Read a model's answers, in the order of the rows."""
        return self._answers(self._predictions.read(model.digest, self.keys(model, test_set)))

    def answers_at(self, models: Sequence[Model], test_set: TestSet, places: IntArray) -> dict[ModelId, Answers]:
        """Read the answers of several models to a few rows.

        Args:
            models: Any but those of which only reported scores remain.
            test_set: The rows.
            places: ``(k,)``, which of them, >= 0.

        Returns:
            By model, ``(k,)`` answers in the order of ``places``.
        """
        found: dict[ModelId, Answers] = {}
        for columns in dict.fromkeys(tuple(model.columns) for model in models):
            alike = [model for model in models if tuple(model.columns) == columns]
            keys = self.keys(alike[0], test_set)[places]
            stored = self._predictions.read_each([model.digest for model in alike], keys)
            found |= {model.id: self._answers(stored[model.digest]) for model in alike}
        return found

    def _answers(self, stored: StoredAnswers) -> Answers:
        columns, valid = stored.columns, stored.valid
        if not columns:
            return self._none_given(len(valid))
        codes, scores, numbers = columns.get("class"), columns.get("score"), columns.get("number")
        return Answers(
            valid=valid,
            codes=None if codes is None else codes.astype(np.int64),
            scores=None if scores is None else scores.astype(np.float64),
            probabilities=self._probabilities(columns),
            numbers=None if numbers is None else numbers.astype(np.float64),
        )

    def _none_given(self, n: int) -> Answers:
        valid = np.zeros(n, np.bool_)
        if self._task.kind is TaskKind.REGRESSION:
            return Answers(valid=valid, numbers=np.zeros(n))
        return Answers(valid=valid, codes=np.zeros(n, np.int64))

    def _probabilities(self, columns: Mapping[str, npt.NDArray[Any]]) -> FloatArray | None:
        names = [f"p_{name}" for name in self._task.classes]
        if self._task.kind is not TaskKind.MULTICLASS or not all(name in columns for name in names):
            return None
        return np.stack([columns[name].astype(np.float64) for name in names], axis=1)


def _batches(n: int) -> Iterator[slice]:
    """Cut n rows into batches that take about as long as is aimed at, whatever the model costs."""
    start, size = 0, FIRST_BATCH
    while start < n:
        began = time.monotonic()
        yield slice(start, start + size)
        took_s = time.monotonic() - began
        start += size
        if took_s < BATCH_AIM_S / 2:
            size = min(2 * size, LARGEST_BATCH)
        elif took_s > 2 * BATCH_AIM_S:
            size = max(size // 2, 1)
