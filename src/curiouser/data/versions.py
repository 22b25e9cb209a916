"""Reading versions of rows: the part of the service that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import select

from curiouser.data import graph
from curiouser.data.blaming import Blaming, ExampleHistory
from curiouser.data.changesets import after_rows, before_rows
from curiouser.data.comparing import Comparer
from curiouser.data.naming import dataset_statuses, line_of
from curiouser.data.records import DataCommit, DataDiff, Dataset, DatasetLine, DatasetStatus, Ref, ShownCommit
from curiouser.data.snapshots import RowFiles
from curiouser.data.states import States
from curiouser.data.stored import ID
from curiouser.data.tables import data_commits
from curiouser.kernel.errors import BadInputError, UsageError
from curiouser.storage import Database

BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangedRows:
    """Rows that differ between two versions, in stored form, by id."""

    before: pl.DataFrame
    """As they were: rows that changed or are gone."""
    after: pl.DataFrame
    """As they became: rows that changed or are new."""


class Versions:
    """Datasets and their versions, to be read.

    A ref is ``test``, ``test@branch``, ``test@tag``, ``test@<commit prefix>`` or a bare prefix.

    Args:
        database: Holds the graph.
        files: Holds the rows.
    """

    def __init__(self, database: Database, files: RowFiles) -> None:
        self.database = database
        self._files = files
        self._states = States(database, files)
        self._comparer = Comparer(database, self._states)

    def rows(
        self,
        ref: str,
        *,
        columns: Sequence[str] | None = None,
        ids: Sequence[str] | None = None,
        where: pl.Expr | None = None,
    ) -> pl.DataFrame:
        """Read rows, sorted by id.

        Args:
            ref: Which version.
            columns: Which columns, in this order; all when left out.
            ids: Only these; ids that are not there are left out.
            where: Only rows for which this holds.

        Raises:
            DatasetNotFoundError: No such dataset.
            RefNotFoundError: No such version.
            BadInputError: No such column.
            StorageError: Rows are damaged or missing.
        """
        at = self.resolve(ref)
        extra = [] if where is None else where.meta.root_names()
        read = self._columns(at, None if columns is None else [*columns, *extra])
        state = self._states.of(at)
        found = state.rows(read) if ids is None else state.lookup(_ids(ids), read)
        if where is not None:
            found = found.filter(where)
        return found if columns is None else found.select(columns)

    def batches(self, ref: str, columns: Sequence[str] | None = None, size: int = BATCH_ROWS) -> Iterator[pl.DataFrame]:
        """Read all rows piece by piece, sorted by id, in bounded memory.

        Args:
            ref: Which version.
            columns: Which columns, in this order.
            size: Most rows in a piece, > 0.

        Raises:
            As :meth:`rows`.
        """
        at = self.resolve(ref)
        for piece in self._states.of(at).walk(self._columns(at, columns)):
            yield from piece.iter_slices(size)

    def resolve(self, ref: str) -> DataCommit:
        """Find the data commit that a ref names.

        Args:
            ref: A dataset, or a branch, tag or data commit of it.

        Raises:
            DatasetNotFoundError: No such dataset.
            RefNotFoundError: No such branch, tag or data commit, or several.
        """
        with self.database.read() as connection:
            return graph.resolve(connection, ref)

    def head(self, dataset: str, branch: str = graph.MAIN) -> DataCommit:
        """Find the head of a branch.

        Args:
            dataset: Of this dataset.
            branch: Its name.

        Raises:
            DatasetNotFoundError: No such dataset.
            RefNotFoundError: No such branch.
        """
        return self.resolve(f"{dataset}@{branch}")

    def log(self, ref: str, limit: int = 50, before: str | None = None) -> list[DataCommit]:
        """List a version and those it was made from, newest first.

        Args:
            ref: Where to start.
            limit: Most data commits, > 0.
            before: Cursor: start after this data commit of the list (its id, or a prefix of it).

        Raises:
            As :meth:`resolve`.
        """
        with self.database.read() as connection:
            at = graph.resolve(connection, before or ref)
            found = graph.history(connection, at.id, limit + (before is not None))
            return found[1:] if before is not None else found

    def commits(self) -> list[DataCommit]:
        """List every data commit there is, of all datasets, whether a ref leads to it or not; in no order."""
        with self.database.read() as connection:
            return [graph.data_commit_of(row) for row in connection.execute(select(data_commits)).mappings()]

    def example_history(
        self, ref: str, example: str, *, limit: int = 100, before: str | None = None, versions: int | None = None
    ) -> ExampleHistory:
        """Follow one example through the versions that a ref was made from: who changed what of it, when and why.

        Args:
            ref: The version to look back from.
            example: Its id.
            limit: Most steps, newest first, > 0.
            before: Cursor: only steps older than this version (its id, or a prefix of it).
            versions: How many versions to look at, > 0; all when left out.

        Raises:
            ExamplesNotFoundError: None of the versions has it.
            As :meth:`resolve`.
        """
        blaming = Blaming(self.database, self._files, self._states)
        return blaming.history(ref, example, limit=limit, before=before, versions=versions)

    def show(self, ref: str, limit: int = 20, *, after_id: str | None = None) -> ShownCommit:
        """Show one version: who, why, and which rows it changed.

        Args:
            ref: Which version.
            limit: Most rows to list.
            after_id: Cursor, as for :meth:`diff`.

        Raises:
            As :meth:`resolve`.
        """
        with self.database.read() as connection:
            at = graph.resolve(connection, ref)
            parent = graph.get_data_commit(connection, at.parents[0]) if at.parents else None
            names = [each for each in graph.all_refs(connection, at.dataset) if each.data_commit == at.id]
        found = self._comparer.diff(parent, at, limit, after_id=after_id)
        return ShownCommit(data_commit=at, refs=tuple(names), diff=found)

    def diff(self, before: str, after: str, limit: int = 100, *, after_id: str | None = None) -> DataDiff:
        """Compare two versions, example by example and field by field.

        Args:
            before: The earlier one.
            after: The later one; may be of another branch or dataset.
            limit: Most rows to list; the counts are of all.
            after_id: Cursor: list only rows whose id comes behind this one, the ``next`` of the page before.

        Raises:
            As :meth:`resolve`.
        """
        return self._comparer.diff(self.resolve(before), self.resolve(after), limit, after_id=after_id)

    def changed_rows(self, before: str, after: str) -> ChangedRows:
        """Read all rows that differ between two versions, as they were and as they became.

        Between versions that follow from each other this costs what changed, not the size of the table.

        Args:
            before: The earlier one.
            after: The later one.

        Raises:
            As :meth:`resolve`.
        """
        old, new = self.resolve(before), self.resolve(after)
        changes = self._comparer.changes(old, new)
        return ChangedRows(before=before_rows(changes, old.schema), after=after_rows(changes, new.schema))

    def refs(self, dataset: str, *, after: str | None = None, limit: int | None = None) -> list[Ref]:
        """List the branches, then the tags of a dataset, by name.

        Args:
            dataset: Of this dataset.
            after: Cursor: start behind the branch or tag of this name.
            limit: At most this many; all when left out.

        Raises:
            DatasetNotFoundError: No such dataset.
            UsageError: The cursor is gone.
        """
        with self.database.read() as connection:
            found = graph.all_refs(connection, graph.get_dataset(connection, dataset).name)
        if after is not None:
            names = [ref.name for ref in found]
            if after not in names:
                raise UsageError(f"{dataset} has no {after!r} to go on from", "begin again without a cursor")
            found = found[names.index(after) + 1 :]
        return found[:limit]

    def datasets(self) -> list[Dataset]:
        """List all datasets by name."""
        with self.database.read() as connection:
            return graph.all_datasets(connection)

    def overview(self) -> list[DatasetLine]:
        """List all datasets with the head of their main branch."""
        return [line_of(each) for each in self.status()]

    def status(self, *, after: str | None = None, limit: int | None = None) -> list[DatasetStatus]:
        """List datasets by name, with every branch and tag, and their size.

        Args:
            after: Cursor: start behind the dataset of this name.
            limit: At most this many; all when left out.
        """
        with self.database.read() as connection:
            return dataset_statuses(connection, after=after, limit=limit)

    def _columns(self, at: DataCommit, columns: Sequence[str] | None) -> list[str] | None:
        if columns is None:
            return None
        unknown = [name for name in columns if name not in at.schema]
        if unknown:
            raise BadInputError(
                f"{at.dataset} has no column {', '.join(map(repr, unknown))}", f"its columns are {', '.join(at.schema)}"
            )
        return list(dict.fromkeys(columns))


def _ids(ids: Sequence[str]) -> pl.Series:
    return pl.Series(ID, list(ids), dtype=pl.String).unique().sort()
