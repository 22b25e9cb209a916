"""Tell which patterns a model may have seen in training: a problem "fixed" by memorising is not fixed."""

from __future__ import annotations

import polars as pl

from curiouser.data import DataService, DatasetNotFoundError, normalised_hash
from curiouser.kernel.configuration import Task
from curiouser.kernel.ids import ExampleId
from curiouser.models import Model

TRAINING = "train"
"""The dataset that models are taken to be trained on where they say nothing else."""
_TRAINED_ON = "trained_on"


class Memory:
    """Compares inputs of patterns with inputs of training data, case, width and white space aside.

    Hashes of a training dataset are made once per data commit.

    Args:
        data: Where both are.
        task: Says which columns are the input.
    """

    def __init__(self, data: DataService, task: Task) -> None:
        self._data, self._task = data, task
        self._seen: dict[str, pl.Series] = {}

    def memorised(self, model: Model, rows: pl.DataFrame) -> frozenset[ExampleId]:
        """Tell which rows stand in the model's training data.

        Args:
            model: Says what it was trained on, else the head of ``train`` is taken.
            rows: Rows of the test dataset with id and inputs.

        Returns:
            Their ids; none where there is no training dataset with these inputs.

        Raises:
            DatasetNotFoundError: The model names training data that is not here.
            RefNotFoundError: The same.
        """
        hashes = self._hashes(model.source.get(_TRAINED_ON))
        if hashes is None or rows.is_empty():
            return frozenset()
        own = normalised_hash(rows, list(self._task.inputs))
        return frozenset(ExampleId(each) for each in rows["id"].filter(own.is_in(hashes.implode())))

    def _hashes(self, trained_on: str | None) -> pl.Series | None:
        try:
            head = self._data.resolve(trained_on or TRAINING)
        except DatasetNotFoundError:
            if trained_on is None:
                return None
            raise
        inputs = list(self._task.inputs)
        if not set(inputs) <= set(head.schema):
            return None
        if head.content_hash not in self._seen:
            self._seen[head.content_hash] = normalised_hash(self._data.rows(head.id, columns=inputs), inputs)
        return self._seen[head.content_hash]
