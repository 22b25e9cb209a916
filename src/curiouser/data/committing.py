"""Land a data commit: objects first, made durable, then one transaction that compares the branch and moves it.

A kill between the two leaves objects that nothing names, which garbage
collection removes; it never leaves a name without its object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from curiouser.data import drafts, graph
from curiouser.data.comparing import Comparer
from curiouser.data.drafts import Draft, Request
from curiouser.data.errors import BranchMovedError, RefNotFoundError
from curiouser.data.hashing import content_hash
from curiouser.data.protecting import refuse_protected
from curiouser.data.records import Committed, DataCommit, Dataset, DatasetKind, Ref, RefKind
from curiouser.data.states import State, States
from curiouser.data.stored import ID, Schema, StoredRows
from curiouser.data.tables import data_commits, reflog, touches
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import OutcomeUnknownError, RetryableError, StorageError
from curiouser.kernel.ids import DataCommitId
from curiouser.storage import Database

_ATTEMPTS, _MADE_AGAIN = 50, 20


class LostRaceError(Exception):
    """Somebody moved the branch between our reading and our writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What somebody gives to be committed."""

    upserts: pl.DataFrame | None
    """Rows to write, as they came."""
    deletes: Sequence[str]
    """Ids to delete."""


InTransaction = Callable[[Connection], None]
"""What is to happen in the same transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """A data commit that is worked out, and the branch that it is to move."""

    dataset: Dataset
    """Where."""
    head: DataCommit | None
    """Where the branch must stand; None for the first data commit of a dataset."""
    made: DataCommit
    """The data commit."""
    draft: Draft | None
    """Its objects; None when it is written already, and only the branch is to move."""
    branch: str
    """Name of the branch."""
    what: str = "commit"
    """Word for the log of refs."""
    mover: str = ""
    """Who moves the branch; the author of the data commit when left out."""
    moved_at: datetime | None = None
    """When; the moment of the data commit when left out."""
    first: InTransaction | None = None
    """What is looked at and written before the branch moves."""
    approved: InTransaction | None = None
    """Makes sure that a protected branch may move; without it none does."""


class Committer:
    """Makes data commits.

    Args:
        database: Holds the graph.
        states: Reads rows.
        comparer: Finds what other data commits touched.
        task: Says which columns are inputs and label.
        clock: Tells the time.
    """

    def __init__(self, database: Database, states: States, comparer: Comparer, task: Task, clock: Clock) -> None:
        self.database, self.states, self.comparer, self.task, self.clock = database, states, comparer, task, clock

    def head(self, dataset: str, branch: str) -> tuple[Dataset | None, DataCommit | None]:
        """Find a dataset and the head of a branch; neither exists before the first data commit.

        Raises:
            RefNotFoundError: The dataset has no such branch, or the name is a tag's.
            ProtectedBranchError: It moves only by approved proposals.
        """
        with self.database.read() as connection:
            known = graph.find_dataset(connection, dataset)
            if known is None and branch != graph.MAIN:
                raise RefNotFoundError(f"{dataset}@{branch}", f"a dataset begins with its branch {graph.MAIN}")
            ref = graph.find_ref(connection, dataset, branch)
            if ref is not None and ref.kind is RefKind.TAG:
                raise RefNotFoundError(f"{dataset}@{branch}", "it is a tag, and tags don't move; name a branch")
            if known is not None and ref is None:
                names = [each.name for each in graph.all_refs(connection, dataset) if each.kind is RefKind.BRANCH]
                raise RefNotFoundError(f"{dataset}@{branch}", f"{dataset} has the branches {', '.join(names)}")
            # Looked at again when the branch moves; here it spares the work.
            refuse_protected(connection, dataset, branch)
            return known, None if ref is None else graph.get_data_commit(connection, ref.data_commit)

    def commit(
        self,
        request: Request,
        rows: Rows,
        *,
        expect: DataCommitId | None = None,
    ) -> Committed:
        """Change some rows; a lost race is run again while the others touched other rows.

        Raises:
            BranchMovedError: They touched the same rows, or the branch is not where it was expected.
        """
        known, head = self.head(request.dataset, request.branch)
        if expect is not None and (head is None or head.id != expect):
            raise BranchMovedError(request.dataset, request.branch)
        for _ in range(_ATTEMPTS):
            state = self.states.of(head)
            change, kind = self._change(known, head, rows, request)
            draft = self._draft(head, state, change, request)
            if draft is None:
                return nothing_changed(head, request)
            dataset = known or Dataset(name=request.dataset, kind=kind, created_at=self.clock())
            try:
                return self.land(dataset, head, draft, request)
            except LostRaceError:
                known, head = self._after_race(request, head, None if request.replace or expect else change.touched)
        raise BranchMovedError(request.dataset, request.branch)

    def commit_anew(self, dataset: str, branch: str, make: Callable[[DataCommit], tuple[Request, Rows]]) -> Committed:
        """Commit what is made from the head of a branch; it is made again when the branch moved meanwhile.

        Args:
            dataset: Of this dataset.
            branch: Its name.
            make: Given the head, says what to commit.

        Raises:
            DatasetNotFoundError: No such dataset.
            RefNotFoundError: No such branch.
            ProtectedBranchError: It moves only by approved proposals.
            BranchMovedError: Somebody kept moving it; nothing happened.
        """
        for _ in range(_MADE_AGAIN):
            with self.database.read() as connection:
                head = graph.resolve(connection, f"{dataset}@{branch}")
                refuse_protected(connection, dataset, branch)  # before anything is made
            request, rows = make(head)
            try:
                return self.commit(request, rows, expect=head.id)
            except BranchMovedError:
                continue
        raise BranchMovedError(dataset, branch)

    def commit_changes(self, request: Request, head: DataCommit, changes: pl.DataFrame, schema: Schema) -> Committed:
        """Land a changeset that was made from the head of a branch, and that leaves these columns.

        Raises:
            BranchMovedError: The branch moved since.
        """
        with self.database.read() as connection:
            known = graph.get_dataset(connection, request.dataset)
        draft = drafts.draft_of(head, self.states.of(head), changes, schema)
        try:
            return self.land(known, head, draft, request)
        except LostRaceError as error:
            raise BranchMovedError(request.dataset, request.branch) from error

    def land(self, dataset: Dataset, head: DataCommit | None, draft: Draft, request: Request) -> Committed:
        """Write a draft into the graph.

        Raises:
            LostRaceError: The branch is no longer at ``head``; nothing happened.
            OutcomeUnknownError: The database failed while committing, and cannot be asked whether it did.
        """
        made = self.named(dataset.name, (head,) if head else (), draft, request)
        return self.landed(Landing(dataset=dataset, head=head, made=made, draft=draft, branch=request.branch))

    def named(self, dataset: str, parents: Sequence[DataCommit], draft: Draft, request: Request) -> DataCommit:
        """Make a data commit of a draft, which holds the changes against the first parent."""
        return _data_commit(dataset, parents, draft, request, self.clock())

    def landed(self, landing: Landing) -> Committed:
        """Write a data commit and move its branch, in one transaction.

        Raises:
            As :meth:`land`.
        """
        made, draft = landing.made, landing.draft
        try:
            with self.database.write() as connection:
                self._write(connection, landing)
        except IntegrityError as error:
            raise LostRaceError from error
        except RetryableError:
            raise
        except StorageError as error:
            self._make_sure(landing, error)
        if draft is not None and draft.state is not None:
            self.states.remember(made.id, draft.state)
        return Committed(
            data_commit=made.id,
            content_hash=made.content_hash,
            rows=made.rows,
            added=made.added,
            changed=made.changed,
            removed=made.removed,
        )

    def _change(
        self,
        known: Dataset | None,
        head: DataCommit | None,
        rows: Rows,
        request: Request,
    ) -> tuple[drafts.Change, DatasetKind]:
        nothing = pl.DataFrame(schema={ID: pl.String()})
        made = StoredRows(frame=nothing, as_given=nothing, schema={})
        if rows.upserts is not None:
            made = drafts.stored_rows(rows.upserts, self.states.of(head), self.task, request)
        after = drafts.schema_after(head, made.schema, request)
        kind = drafts.kind_after(known, request, after, self.task)
        gone = drafts.ids_to_delete(rows.deletes, made.frame, request.dataset)
        return drafts.Change(given=made.frame, as_given=made.as_given, gone=gone, schema=after), kind

    def _draft(self, head: DataCommit | None, state: State, change: drafts.Change, request: Request) -> Draft | None:
        if head is None:
            return drafts.first_draft(state, change)
        both = drafts.merged(state, change, request)
        changes = drafts.changes_between(both, state, change.schema)
        drafts.refuse_changed_inputs(changes, self.task, request)
        if changes.is_empty() and dict(change.schema) == dict(head.schema):
            return None
        return drafts.draft_of(head, state, changes, change.schema)

    def _after_race(
        self, request: Request, head: DataCommit | None, touched: pl.Series | None
    ) -> tuple[Dataset | None, DataCommit | None]:
        known, now = self.head(request.dataset, request.branch)
        if touched is None or now is None:
            raise BranchMovedError(request.dataset, request.branch)
        theirs = self.comparer.touched(head, now, among=touched)
        if len(theirs):
            raise BranchMovedError(request.dataset, request.branch, theirs.to_list())
        return known, now

    def _write(self, connection: Connection, landing: Landing) -> None:
        if landing.head is None:
            graph.put_dataset(connection, landing.dataset)
        if landing.draft is not None:
            self.keep(connection, landing.made, landing.draft)
        if landing.first is not None:
            landing.first(connection)
        self._move(connection, landing)

    def keep(self, connection: Connection, made: DataCommit, draft: Draft) -> None:
        """Write a data commit that no branch names yet.

        Raises:
            RetryableError: A garbage collection took its objects before they were named.
        """
        self._still_there(draft)
        if connection.execute(select(data_commits.c.id).where(data_commits.c.id == made.id)).first() is None:
            row = graph.data_commit_row(made, draft.changes, draft.size_bytes)
            connection.execute(insert(data_commits).values(row))
            if draft.marks is not None:
                connection.execute(insert(touches).values(data_commit=made.id, marks=draft.marks))
            if draft.snapshot is not None:
                name, size = draft.snapshot.name, draft.snapshot.size_bytes
                graph.put_snapshot(connection, made.id, listing=name, size_bytes=size, at=made.created_at)

    def _move(self, connection: Connection, landing: Landing) -> None:
        made = landing.made
        if landing.approved is None:
            refuse_protected(connection, made.dataset, landing.branch)
        else:
            landing.approved(connection)
        ref = Ref(
            dataset=made.dataset,
            name=landing.branch,
            kind=RefKind.BRANCH,
            data_commit=made.id,
            updated_at=landing.moved_at or made.created_at,
        )
        actor = landing.mover or made.author
        if landing.head is None:
            graph.put_ref(connection, ref, actor=actor, what=landing.what)
        elif not graph.move_ref(connection, ref, expected=landing.head.id, actor=actor, what=landing.what):
            raise LostRaceError

    def _still_there(self, draft: Draft) -> None:
        """Look, under the write lock, that no garbage collection took what was just written."""
        for name in draft.objects():
            if not self.states.files.objects.has(name):
                raise RetryableError(
                    f"a garbage collection removed object {name} before it was used; nothing was changed",
                    "try again, and give `curiouser data gc` a grace period",
                )

    def _make_sure(self, landing: Landing, error: StorageError) -> None:
        """Ask whether a commit that failed has landed all the same; pass when it has."""
        made = landing.made
        query = select(reflog.c.id).where(
            reflog.c.dataset == made.dataset, reflog.c.name == landing.branch, reflog.c.after == made.id
        )
        try:
            with self.database.read() as connection:
                landed = connection.execute(query).first()
        except StorageError as second:
            raise OutcomeUnknownError(
                f"data commit {made.id} may or may not have landed: {error.reason}; then {second.reason}",
                f"look for it with `curiouser data show {made.id[:12]}` before you try again",
            ) from error
        if landed is None:
            raise error


def nothing_changed(head: DataCommit | None, request: Request) -> Committed:
    """Say that a change came to nothing: the branch stays where it is."""
    if head is None:
        raise BranchMovedError(request.dataset, request.branch)
    return Committed(data_commit=head.id, content_hash=head.content_hash, rows=head.rows, added=0, changed=0, removed=0)


def _data_commit(
    dataset: str, parents: Sequence[DataCommit], draft: Draft, request: Request, now: datetime
) -> DataCommit:
    return graph.named(
        DataCommit(
            id=DataCommitId(""),
            dataset=dataset,
            parents=tuple(each.id for each in parents),
            content_hash=content_hash(draft.total),
            schema=draft.schema,
            rows=draft.rows,
            added=draft.counts.added,
            changed=draft.counts.changed,
            removed=draft.counts.removed,
            author=request.actor,
            message=request.message,
            created_at=now,
            depth=max((each.depth + 1 for each in parents), default=0),
        ),
        draft.identity,
    )
