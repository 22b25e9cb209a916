"""Tell which patterns a model may have seen in training: a problem "fixed" by memorising is not fixed."""

from __future__ import annotations

import numpy as np
import polars as pl

from curiouser.data import DataCommit, DataService, DatasetNotFoundError, normalised_hash
from curiouser.kernel.configuration import Task
from curiouser.kernel.remembered import Remembered
from curiouser.measure import BoolArray

TRAINING = "train"
"""The dataset that models are taken to be trained on where they say nothing else."""
TRAINED_ON = "trained_on"
"""Key of a model's source: the data it was trained on, where it names any."""
_KEPT_TRAINING_SETS = 8


class Memory:
    """Compares inputs of patterns with inputs of training data, case, width and white space aside.

    Hashes of a training dataset are made once per version of its rows.

    Args:
        data: Where both are.
        task: Says which columns are the input.
    """

    def __init__(self, data: DataService, task: Task) -> None:
        self._data, self._task = data, task
        self._seen = Remembered[str, pl.Series](most=_KEPT_TRAINING_SETS)

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

    def _hashes(self, head: DataCommit) -> pl.Series:
        inputs = list(self._task.inputs)
        return normalised_hash(self._data.rows(head.id, columns=inputs), inputs)
