"""Tell which rows a model may have seen in training: what is answered from memory proves nothing."""

from __future__ import annotations

import numpy as np
import polars as pl

from curiouser.data import DataCommit, DataService, DatasetNotFoundError, normalised_hash
from curiouser.evaluations.records import Memorised
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import NotFoundError
from curiouser.kernel.ids import DataCommitId
from curiouser.kernel.remembered import Remembered
from curiouser.measure import BoolArray
from curiouser.models import TRAINED_ON, Model, ModelKind

TRAINING = "train"
"""The dataset that models are taken to be trained on where they say nothing else."""
_KEPT_TRAINING_SETS, _KEPT_COUNTS = 8, 1_000


class Memory:
    """Compares inputs of test rows with inputs of training data, case, width and white space aside.

    Hashes of a training dataset are made once per version of its rows, and the rows of a
    test set that stand there are counted once per pair of versions, whatever the number of models.

    Args:
        data: Where both are.
        task: Says which columns are the input.
    """

    def __init__(self, data: DataService, task: Task) -> None:
        self._data, self._task = data, task
        self._seen = Remembered[str, pl.Series](most=_KEPT_TRAINING_SETS)
        self._counts = Remembered[tuple[str, DataCommitId], int](most=_KEPT_COUNTS)

    def training_data(self, ref: str | None) -> DataCommit | None:
        """Find what a model was trained on.

        Args:
            ref: What the model names; None: it names nothing, and the head of ``train`` is taken.

        Returns:
            None where there is no training dataset with the task's inputs.

        Raises:
            DatasetNotFoundError: The model names training data that is not here.
            RefNotFoundError: The same.
        """
        try:
            head = self._data.resolve(ref or TRAINING)
        except DatasetNotFoundError:
            if ref is None:
                return None
            raise
        return head if set(self._task.inputs) <= set(head.schema) else None

    def memorised(self, trained_on: DataCommit, rows: pl.DataFrame) -> BoolArray:
        """Tell which rows stand in training data.

        Args:
            trained_on: The training data.
            rows: ``n`` rows with the task's inputs.

        Returns:
            ``(n,)``.
        """
        if rows.is_empty():
            return np.zeros(0, np.bool_)
        own = normalised_hash(rows, list(self._task.inputs))
        hashes = self._seen.get(trained_on.content_hash, lambda: self._hashes(trained_on))
        return np.asarray(own.is_in(hashes.implode()).to_numpy(), np.bool_)

    def of(self, model: Model, test_set: TestSet) -> Memorised:
        """Count the rows drawn from users that stand in a model's training data, as far as this is known.

        Args:
            model: Who may have learnt the rows.
            test_set: The rows.
        """
        if model.kind is ModelKind.REPORTED:
            return Memorised(rows=None, trained_on=None)
        ref = model.source.get(TRAINED_ON)
        try:
            head = self.training_data(ref)
        except NotFoundError:  # it names data that is not here: then nothing is known
            return Memorised(rows=None, trained_on=ref)
        if head is None:
            return Memorised(rows=None, trained_on=None)
        key = (head.content_hash, test_set.commit.id)
        rows = self._counts.get(key, lambda: self._count(head, test_set))
        return Memorised(rows=rows, trained_on=f"{head.dataset}@{head.id}")

    def _count(self, trained_on: DataCommit, test_set: TestSet) -> int:
        inputs = test_set.rows.select(self._task.inputs).filter(pl.Series(test_set.headline))
        return int(np.count_nonzero(self.memorised(trained_on, inputs)))

    def _hashes(self, head: DataCommit) -> pl.Series:
        inputs = list(self._task.inputs)
        return normalised_hash(self._data.rows(head.id, columns=inputs), inputs)
