"""A test set at one data commit, loaded once: rows, truths, users and weights as arrays in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import polars as pl

from curiouser.data import DataCommit, DataService, Origin
from curiouser.evaluations.errors import UnlabelledTestSetError
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.ids import DataCommitId, ExampleId
from curiouser.kernel.remembered import Remembered
from curiouser.measure import BoolArray, FloatArray, IntArray

UNLABELLED = -1
"""Class code of a row without a label."""
_KEPT, _MOST_ROWS_KEPT = 3, 1_000_000
"""How many test sets are kept at hand, and the most rows that one of them may have."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TestSet:
    """One data commit of a test set; every array is in the order of ``rows``, by id."""

    __test__: ClassVar[bool] = False  # the name begins like a test's, and pytest would collect it

    commit: DataCommit
    """Which version of which dataset."""
    rows: pl.DataFrame
    """The rows in stored form, by id."""
    truth: IntArray | FloatArray
    """``(n,)``, class codes (-1 without a label), or numbers in regression (NaN without one)."""
    labelled: BoolArray
    """``(n,)``, True where there is a label."""
    sample: BoolArray
    """``(n,)``, True where the row was drawn from users."""
    weights: FloatArray | None
    """``(n,)``, > 0, 1 / selection probability; None where no row has one."""
    clusters: IntArray | None
    """``(n,)``, code of the user, -1 where unknown; None where the task names no user."""

    @property
    def n(self) -> int:
        """Rows, >= 0."""
        return len(self.rows)

    @cached_property
    def ids(self) -> list[ExampleId]:
        """The rows' ids, sorted."""
        return [ExampleId(one) for one in self.rows["id"]]

    @cached_property
    def headline(self) -> BoolArray:
        """Rows that score, rank and verdict are about: ``(n,)``, labelled and drawn from users."""
        return self.labelled & self.sample

    @property
    def only_samples(self) -> bool:
        """Whether the headline and all rows are one and the same: no patterns, no weights, some labels."""
        return self.weights is None and bool(self.labelled.any() and (self.headline == self.labelled).all())

    def places(self, ids: Sequence[str]) -> IntArray:
        """Find rows by id.

        Args:
            ids: Ids of examples.

        Returns:
            ``(len(ids),)``, the row of each id; -1 where the test set has none.
        """
        known, wanted = self.rows["id"], pl.Series("id", list(ids), dtype=pl.String)
        if known.is_empty() or wanted.is_empty():
            return np.full(len(wanted), -1, np.int64)
        # The rows lie by id, so a hundred ids cost a hundred searches, whatever the size of the test set.
        places = known.search_sorted(wanted).clip(upper_bound=len(known) - 1)
        there = (known.gather(places) == wanted).to_numpy()
        return np.where(there, places.to_numpy().astype(np.int64), -1)

    def chosen(self, ids: Sequence[str]) -> BoolArray:
        """Mark the rows of these ids: ``(n,)``.

        Args:
            ids: Ids of examples.
        """
        marked = np.zeros(self.n, np.bool_)
        places = self.places(ids)
        marked[places[places >= 0]] = True
        return marked


class TestSets:
    """Loads test sets; the last few are kept at hand, because a data commit never changes.

    Args:
        data: Where the rows are.
        task: Says which column is the label, and whose row it is.
    """

    __test__: ClassVar[bool] = False  # as TestSet's

    def __init__(self, data: DataService, task: Task) -> None:
        self._data, self._task = data, task
        self._kept = Remembered[DataCommitId, TestSet](most=_KEPT)

    def load(self, on: str) -> TestSet:
        """Load a test set at the data commit that a ref names.

        Args:
            on: A ref: ``test``, ``test@main``, ``test@<prefix>``.

        Raises:
            DatasetNotFoundError: No dataset has this name.
            RefNotFoundError: The ref names nothing.
            UnlabelledTestSetError: It has no label column.
        """
        commit = self._data.resolve(on)
        found = self._kept.peek(commit.id)
        if found is None:
            found = _loaded(self._data, self._task, commit, on)
            if found.n <= _MOST_ROWS_KEPT:
                self._kept.put(commit.id, found)
        return found


def _loaded(data: DataService, task: Task, commit: DataCommit, on: str) -> TestSet:
    if task.label not in commit.schema:
        raise UnlabelledTestSetError(
            f"{on} has no label column {task.label!r}, so nothing can be scored on it",
            "import a labelled file into it, or evaluate on another dataset",
        )
    rows = data.rows(commit.id)
    labels = rows[task.label]
    return TestSet(
        commit=commit,
        rows=rows,
        truth=_truth(labels, task),
        labelled=labels.is_not_null().to_numpy(),
        sample=_sample(rows),
        weights=_weights(rows),
        clusters=_clusters(rows, task.user),
    )


def _truth(labels: pl.Series, task: Task) -> IntArray | FloatArray:
    if task.kind is TaskKind.REGRESSION:
        return labels.cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)
    codes = labels.replace_strict(
        list(task.classes), list(range(len(task.classes))), default=None, return_dtype=pl.Int64
    )
    return codes.fill_null(UNLABELLED).to_numpy().astype(np.int64)


def _sample(rows: pl.DataFrame) -> BoolArray:
    if "origin" not in rows.columns:
        return np.ones(len(rows), np.bool_)
    return (rows["origin"].fill_null(Origin.SAMPLE.value) == Origin.SAMPLE.value).to_numpy()


def _weights(rows: pl.DataFrame) -> FloatArray | None:
    if "weight" not in rows.columns or rows["weight"].null_count() == len(rows):
        return None
    # A row without a weight stands for itself alone.
    return rows["weight"].fill_null(1.0).to_numpy().astype(np.float64)


def _clusters(rows: pl.DataFrame, user: str | None) -> IntArray | None:
    if user is None or user not in rows.columns:
        return None
    codes = rows[user].rank("dense")
    return codes.cast(pl.Int64).fill_null(0).to_numpy().astype(np.int64) - 1
