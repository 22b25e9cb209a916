"""The verbs of versioned data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

import polars as pl

from curiouser.data import graph
from curiouser.data.cells import Cell, edited
from curiouser.data.collecting import collect
from curiouser.data.columns import Columns
from curiouser.data.committing import Committer, Rows
from curiouser.data.drafts import Request
from curiouser.data.large import LargeCommitter
from curiouser.data.merging.service import MergeService
from curiouser.data.naming import Refs
from curiouser.data.protecting import Protections
from curiouser.data.records import (
    Collected,
    Committed,
    Damage,
    DataCommit,
    DatasetKind,
    Ref,
    RefKind,
)
from curiouser.data.snapshots import Layout, RowFiles
from curiouser.data.stored import Schema
from curiouser.data.undoing import Undoer
from curiouser.data.verifying import verify
from curiouser.data.versions import Versions
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import DataCommitId
from curiouser.storage import Database, FolderObjects

GRACE = timedelta(days=14)
"""How long garbage collection keeps what nothing names any more."""


class DataService(Versions):
    """Datasets, their versions, branches and tags.

    A ref is ``test``, ``test@branch``, ``test@tag``, ``test@<commit prefix>`` or a bare prefix.

    ``merges`` brings branches together, ``protections`` says which move only by approved proposals, ``columns``
    renames and drops columns.

    Args:
        database: Holds the graph.
        objects: Holds the rows.
        task: Says which columns are inputs and label.
        clock: Tells the time.
        layout: How tables are cut up; the measured one when left out.
    """

    def __init__(
        self, database: Database, objects: FolderObjects, task: Task, clock: Clock, *, layout: Layout | None = None
    ) -> None:
        super().__init__(database, RowFiles(objects, layout or Layout()))
        self.objects, self.task, self.clock = objects, task, clock
        self._committer = Committer(database, self._states, self._comparer, task, clock)
        self._large = LargeCommitter(self._committer)
        self._undoer = Undoer(self._committer)
        self._refs = Refs(database, clock)
        self.columns = Columns(self._committer)
        self.merges = MergeService(self._committer)
        self.protections = Protections(database, clock)

    def commit(
        self,
        dataset: str,
        branch: str = graph.MAIN,
        *,
        message: str,
        actor: str,
        upserts: pl.DataFrame | None = None,
        deletes: Sequence[str] = (),
        replace: bool = False,
        expect: DataCommitId | None = None,
        kind: DatasetKind | None = None,
        schema: Schema | None = None,
        allow_input_changes: bool = False,
    ) -> Committed:
        """Write rows by id, and delete rows.

        A column that the rows lack keeps its value in known rows and is missing in new ones. A change that
        comes to nothing makes no data commit. When somebody else moves the branch meanwhile, the change is
        worked out again if they touched other rows.

        Args:
            dataset: Made by its first data commit, which also decides whether it is labelled.
            branch: A branch of it; a new dataset gets ``main``.
            message: Why.
            actor: Who.
            upserts: Rows with an id column and any of the others.
            deletes: Ids of rows to delete; each must be there.
            replace: The rows are the whole table; others are deleted.
            expect: Commit only if the branch still stands here.
            kind: Labelled or unlabelled; by the columns when left out.
            schema: Types of columns, where the data alone would say otherwise.
            allow_input_changes: Let a known id get another input.

        Raises:
            BadInputError: Rows or names that cannot be stored.
            ChangedInputError: A known id would get another input.
            WrongDatasetKindError: Labelled and unlabelled were mixed up.
            ExamplesNotFoundError: An id to delete is not there.
            RefNotFoundError: The dataset has no such branch.
            BranchMovedError: Somebody changed the same rows first; nothing happened.
            OutcomeUnknownError: The database failed while committing, and cannot be asked whether it did.
            StorageError: The disk refused; nothing happened.
        """
        request = Request(
            dataset=dataset,
            branch=branch,
            message=message,
            actor=actor,
            kind=kind,
            schema=schema or {},
            replace=replace,
            allow_input_changes=allow_input_changes,
        )
        if upserts is None and (replace or not deletes):
            raise BadInputError("there is nothing to commit", "give rows to write or ids to delete")
        return self._committer.commit(request, Rows(upserts=upserts, deletes=deletes), expect=expect)

    def commit_large(
        self,
        dataset: str,
        branch: str = graph.MAIN,
        *,
        parts: Iterable[pl.DataFrame],
        message: str,
        actor: str,
        replace: bool = False,
        expect: DataCommitId | None = None,
        kind: DatasetKind | None = None,
        schema: Schema | None = None,
        allow_input_changes: bool = False,
    ) -> Committed:
        """Write rows that come in parts and need not fit into memory; else as :meth:`commit`.

        Ten million rows take less than 1 GB. A lost race is not run again, because the parts are used up.

        Args:
            dataset: As in :meth:`commit`, and so are the others.
            branch: A branch of it.
            parts: Frames of any size with the same columns; an id may stand in one of them only.
            message: Why.
            actor: Who.
            replace: The rows are the whole table.
            expect: Commit only if the branch still stands here.
            kind: Labelled or unlabelled.
            schema: Types of columns.
            allow_input_changes: Let a known id get another input.

        Raises:
            As :meth:`commit`.
        """
        request = Request(
            dataset=dataset,
            branch=branch,
            message=message,
            actor=actor,
            kind=kind,
            schema=schema or {},
            replace=replace,
            allow_input_changes=allow_input_changes,
        )
        return self._large.commit(request, parts, expect=expect)

    def edit(
        self,
        dataset: str,
        branch: str = graph.MAIN,
        *,
        cells: Sequence[Cell] = (),
        deletes: Sequence[str] = (),
        message: str,
        actor: str,
        allow_input_changes: bool = False,
    ) -> Committed:
        """Change single cells of known rows, given as text, and delete rows.

        When the branch moves meanwhile, the cells are laid over the rows as they are then.

        Args:
            dataset: Of this dataset.
            branch: On this branch.
            cells: Which cells get which text; read by the type of their column.
            deletes: Ids of rows to delete.
            message: Why.
            actor: Who.
            allow_input_changes: Let a known id get another input.

        Raises:
            BadExamplesError: A text is no value of its column.
            As :meth:`commit`.
            BadInputError: Nothing is to be changed.
            BranchMovedError: Somebody kept moving the branch; nothing happened.
        """
        request = Request(
            dataset=dataset, branch=branch, message=message, actor=actor, allow_input_changes=allow_input_changes
        )
        if not cells and not deletes:
            raise BadInputError("there is nothing to commit", "give cells to set or ids to delete")

        def edit(head: DataCommit) -> tuple[Request, Rows]:
            known = self.rows(head.id, ids=[cell.id for cell in cells])
            return request, Rows(upserts=edited(known, cells, head) if cells else None, deletes=deletes)

        return self._committer.commit_anew(dataset, branch, edit)

    def branch(self, dataset: str, name: str, at: str | None = None, *, actor: str) -> Ref:
        """Start a branch.

        Args:
            dataset: Of this dataset.
            name: Its name.
            at: Where: a ref, or a branch, tag or prefix of the dataset; its main branch when left out.
            actor: Who.

        Raises:
            RefExistsError: A branch or tag has this name.
            As :meth:`resolve`.
        """
        return self._refs.put(dataset, name, at, kind=RefKind.BRANCH, actor=actor)

    def tag(self, dataset: str, name: str, at: str | None = None, *, actor: str) -> Ref:
        """Give a version a name that stays.

        Args:
            dataset: Of this dataset.
            name: Its name.
            at: Where, as for :meth:`branch`.
            actor: Who.

        Raises:
            RefExistsError: A branch or tag has this name.
            As :meth:`resolve`.
        """
        return self._refs.put(dataset, name, at, kind=RefKind.TAG, actor=actor)

    def delete_branch(self, dataset: str, name: str, *, expected: Ref | None = None, actor: str) -> Ref:
        """Delete a branch; its data commits stay until garbage collection finds them out of grace.

        Args:
            dataset: Of this dataset.
            name: Its name.
            expected: Where it stood when it was read; one that moved is left alone.
            actor: Who.

        Raises:
            RefNotFoundError: No such branch.
            StaleEditError: It is not where it was expected to be; nothing was changed.
            ConflictError: It is ``main``.
        """
        return self._refs.delete(dataset, name, kind=RefKind.BRANCH, expected=expected, actor=actor)

    def delete_tag(self, dataset: str, name: str, *, expected: Ref | None = None, actor: str) -> Ref:
        """Delete a tag.

        Args:
            dataset: Of this dataset.
            name: Its name.
            expected: Where it stood when it was read; another is left alone.
            actor: Who.

        Raises:
            RefNotFoundError: No such tag.
            StaleEditError: It is not where it was expected to be.
        """
        return self._refs.delete(dataset, name, kind=RefKind.TAG, expected=expected, actor=actor)

    def revert(
        self, dataset: str, branch: str, data_commit: str, *, actor: str, message: str | None = None
    ) -> Committed:
        """Undo one data commit with a new one; what came later stays.

        Args:
            dataset: Of this dataset.
            branch: On this branch.
            data_commit: The one to undo: its id, a prefix, or a ref.
            actor: Who.
            message: Why; says what was undone when left out.

        Raises:
            RevertConflictError: Later data commits changed the same rows.
            ColumnTypeError: A column has another type by now.
            BadInputError: It is not part of the branch, or is its first version.
            BranchMovedError: Somebody moved the branch first; nothing happened.
        """
        return self._undoer.revert(dataset, branch, data_commit, actor=actor, message=message)

    def gc(self, grace: timedelta = GRACE, *, dry_run: bool = False, keep: Collection[DataCommitId] = ()) -> Collected:
        """Remove what nothing needs any more: data commits no ref leads to, shortcuts, and objects of neither.

        Args:
            grace: Keep what is younger than this, or was named by a ref within it, >= 0.
            dry_run: Only say what would go.
            keep: Data commits to keep though no ref leads to them.

        Raises:
            StorageError: The store is damaged or refuses; what was removed by then was not needed.
        """
        collected = collect(self.database, self._files, since=self.clock() - grace, dry_run=dry_run, keep=keep)
        self._states.forget()
        return collected

    def verify(self) -> list[Damage]:
        """Check every row, object and hash; empty when all is well."""
        return verify(self.database, self._files, self._states)
