"""Build a merge: find its sides, work out its rows, and land it or keep it ready.

What was read is compared again inside the transaction that writes: where a
branch moved or a settlement changed meanwhile, the merge is worked out anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy import Connection

from curiouser.data import drafts, graph
from curiouser.data.ancestry import common_ancestor, only_in
from curiouser.data.changesets import ids_of
from curiouser.data.committing import Committer, InTransaction, Landing, LostRaceError
from curiouser.data.drafts import Draft, Request
from curiouser.data.errors import BranchMovedError, MergeEndedError, RefNotFoundError, UnsettledConflictsError
from curiouser.data.merging import stored
from curiouser.data.merging.columns import Side
from curiouser.data.merging.records import (
    ConflictKind,
    Merge,
    MergeConflict,
    MergeStanding,
    MergeState,
    Prepared,
    Resolution,
)
from curiouser.data.merging.rows import Coupled, MergePlan, changes_of, merge_plan
from curiouser.data.merging.settling import Settled, settled_columns, settled_rows
from curiouser.data.naming import point
from curiouser.data.protecting import refuse_protected
from curiouser.data.records import Committed, DataCommit, RefKind
from curiouser.data.stored import ID, Schema, conform
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import DataCommitId

_ATTEMPTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The three versions of a merge."""

    base: DataCommit
    """The deepest that leads to both others."""
    ours: DataCommit
    """The head of the branch that is merged into."""
    theirs: DataCommit
    """What is merged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A merge as it is worked out now."""

    merge: Merge
    """The merge, as it is written down."""
    sides: Sides
    """Its versions."""
    plan: MergePlan
    """What it comes to."""
    conflicts: tuple[MergeConflict, ...]
    """Its conflicts, as they are written down."""
    stamp: str
    """Changes with whatever is written down about it."""
    is_written: bool
    """Whether all of this is written down already."""

    @property
    def settled(self) -> Settled:
        """Its settlements."""
        return [(each.about, each.settlement) for each in self.conflicts if each.settlement is not None]


class Building:
    """Builds merges.

    Args:
        committer: Lands data commits.
    """

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._database, self._states, self._clock = committer.database, committer.states, committer.clock
        self._coupled = Coupled(inputs=committer.task.inputs, label=committer.task.label)

    def sides(self, dataset: str, source: str, into: str, *, may_be_protected: bool) -> Sides | None:
        """Find the versions to merge; None where the branch holds the source already.

        Raises:
            RefNotFoundError: There is no such branch or version.
            ProtectedBranchError: The branch is protected, and may not be.
            BadInputError: They are of two datasets, or share no version.
        """
        with self._database.read() as connection:
            ours = self._head(connection, dataset, into)
            if not may_be_protected:
                refuse_protected(connection, dataset, into)
            theirs = graph.resolve(connection, point(dataset, source))
            if theirs.dataset != dataset:
                raise BadInputError(
                    f"{source} is a version of {theirs.dataset}, not of {dataset}", "name one of its own"
                )
            return _sides(connection, ours, theirs)

    def begun(self, sides: Sides, source: str, into: str, *, actor: str, message: str) -> Merge:
        """Find the open merge of two versions, or write one down; words that are given take the place of older ones."""
        dataset = sides.ours.dataset
        with self._database.write() as connection:
            known = stored.find_open_merge(connection, dataset, source, into)
            if known is not None and message in ("", known.message):
                return known
            if known is not None:
                # What was prepared under other words is prepared again.
                known = replace(known, message=message, data_commit=None)
                stored.rewrite_merge(connection, known)
                return known
            made = Merge(
                number=0,
                dataset=dataset,
                into=into,
                source=source,
                base=sides.base.id,
                ours=sides.ours.id,
                theirs=sides.theirs.id,
                state=MergeState.OPEN,
                data_commit=None,
                conflicts=0,
                unsettled=0,
                escalated=0,
                actor=actor,
                message=message or f"Merge {source} into {into}",
                created_at=self._clock(),
                ended_at=None,
                ended_by=None,
            )
            return stored.put_merge(connection, made)

    def worked_out(self, merge: Merge) -> Built:
        """Work a merge out as its branches stand now, and write down what has changed of its conflicts.

        Raises:
            MergeEndedError: It landed meanwhile, was given up, or its branch holds the source by now.
        """
        with self._database.read() as connection:
            sides = self._current(connection, merge)
        if sides is None:
            self._end(merge)
            raise MergeEndedError(merge.number, str(MergeState.LANDED))
        plan = self._plan(sides)
        with self._database.read() as connection:
            built = self._compared(connection, merge.number, sides, plan)
            if built.is_written:
                return built
        with self._database.write() as connection:
            built = self._compared(connection, merge.number, sides, plan)
            stored.drop_conflicts(connection, merge.number)
            stored.put_conflicts(connection, built.conflicts)
            stored.rewrite_merge(connection, replace(built.merge, data_commit=None))
            stamp = stored.stamp_of(connection, merge.number)
            return replace(built, merge=stored.get_merge(connection, merge.number), stamp=stamp, is_written=True)

    def prepared(self, merge: Merge, *, actor: str) -> Prepared:
        """Build a merge without open conflicts as a data commit that no branch names.

        Raises:
            UnsettledConflictsError: Conflicts are open.
            BranchMovedError: The branches would not stand still.
        """
        for _ in range(_ATTEMPTS):
            built = self._without_conflicts(merge)
            known = built.merge.data_commit
            if known is not None:
                return Prepared(merge=built.merge, data_commit=self._data_commit(known))
            draft = self._draft(built)
            made = self._named(built, draft, actor)
            with self._database.write() as connection:
                if stored.stamp_of(connection, merge.number) == built.stamp:
                    self._committer.keep(connection, made, draft)
                    stored.rewrite_merge(connection, replace(built.merge, data_commit=made.id))
                    return Prepared(merge=stored.get_merge(connection, merge.number), data_commit=made)
        raise BranchMovedError(merge.dataset, merge.into)

    def landed(self, merge: Merge, *, actor: str, approved: InTransaction | None) -> Committed:
        """Land a merge without open conflicts; a lost race is run again.

        Raises:
            UnsettledConflictsError: Conflicts are open.
            ProtectedBranchError: The branch moves only by approved proposals.
            BranchMovedError: The branches would not stand still.
        """
        for _ in range(_ATTEMPTS):
            built = self._without_conflicts(merge)
            try:
                return self._land(built, actor, approved)
            except LostRaceError:
                continue
        raise BranchMovedError(merge.dataset, merge.into)

    def moved(self, merge: Merge, prepared: DataCommitId, *, actor: str, approved: InTransaction | None) -> Committed:
        """Land a data commit that was prepared, and no other.

        Raises:
            BranchMovedError: It is no longer what the merge comes to; nothing happened.
        """
        built = self._without_conflicts(merge)
        if built.merge.data_commit != prepared:
            raise BranchMovedError(merge.dataset, merge.into)
        try:
            return self._land(built, actor, approved)
        except LostRaceError as error:
            raise BranchMovedError(merge.dataset, merge.into) from error

    def unchanged(self, dataset: str, into: str) -> Committed:
        """Tell where a branch stands that was not moved."""
        with self._database.read() as connection:
            head = self._head(connection, dataset, into)
        return Committed(
            data_commit=head.id, content_hash=head.content_hash, rows=head.rows, added=0, changed=0, removed=0
        )

    def columns(self, connection: Connection, merge: Merge) -> Schema:
        """Return the columns of both sides, to read values by."""
        ours, theirs = (graph.get_data_commit(connection, each) for each in (merge.ours, merge.theirs))
        return {**ours.schema, **theirs.schema, **ours.schema}

    def standing(self, connection: Connection, number: int) -> MergeStanding:
        """Tell how a merge stands, inside the caller's transaction.

        Raises:
            MergeNotFoundError: None has this number.
        """
        merge = stored.get_merge(connection, number)
        try:
            found = [
                graph.get_data_commit(connection, each.id) for each in only_in(connection, merge.theirs, merge.ours)
            ]
            at = None if merge.data_commit is None else graph.get_data_commit(connection, merge.data_commit)
            now = self._current(connection, merge) if merge.is_open else None
        except RefNotFoundError:
            # The branch to merge into is gone, or the merge was given up, which keeps nothing from collection.
            return MergeStanding(merge=merge, prepared=None, is_current=False, brought=())
        is_current = now is not None and (now.ours.id, now.theirs.id) == (merge.ours, merge.theirs)
        return MergeStanding(merge=merge, prepared=at, is_current=is_current, brought=tuple(found))

    def _head(self, connection: Connection, dataset: str, branch: str) -> DataCommit:
        graph.get_dataset(connection, dataset)
        ref = graph.find_ref(connection, dataset, branch)
        if ref is None or ref.kind is not RefKind.BRANCH:
            raise RefNotFoundError(f"{dataset}@{branch}", "there is no such branch to merge into")
        return graph.get_data_commit(connection, ref.data_commit)

    def _current(self, connection: Connection, merge: Merge) -> Sides | None:
        ours = self._head(connection, merge.dataset, merge.into)
        try:
            theirs = graph.resolve(connection, point(merge.dataset, merge.source))
        except RefNotFoundError:
            # The branch that is merged was deleted; what it was then is kept while the merge is open.
            theirs = graph.get_data_commit(connection, merge.theirs)
        return _sides(connection, ours, theirs)

    def _plan(self, sides: Sides) -> MergePlan:
        comparer = self._committer.comparer
        ours, theirs = (
            Side(schema=side.schema, changes=comparer.changes(sides.base, side)) for side in (sides.ours, sides.theirs)
        )
        return merge_plan(sides.base.schema, ours, theirs, self._coupled)

    def _compared(self, connection: Connection, number: int, sides: Sides, plan: MergePlan) -> Built:
        """Lay what was worked out beside what is written down."""
        merge = stored.get_open_merge(connection, number)
        known = stored.list_conflicts(connection, number)
        now = replace(merge, base=sides.base.id, ours=sides.ours.id, theirs=sides.theirs.id)
        conflicts = stored.renumbered(number, known, plan.disagreements)
        return Built(
            merge=now,
            sides=sides,
            plan=plan,
            conflicts=tuple(conflicts),
            stamp=stored.stamp_of(connection, number),
            is_written=now == merge and sorted(conflicts, key=lambda each: each.number) == known,
        )

    def _without_conflicts(self, merge: Merge) -> Built:
        built = self.worked_out(merge)
        unsettled = sum(not each.is_settled for each in built.conflicts)
        if unsettled:
            raise UnsettledConflictsError(merge.number, unsettled)
        return built

    def _draft(self, built: Built) -> Draft:
        plan, sides = built.plan, built.sides
        rows, schema = settled_rows(plan, built.settled), settled_columns(plan, built.settled)
        state = self._states.of(sides.ours)
        if plan.columns.apart.isdisjoint({*sides.ours.schema, *schema}):
            return drafts.draft_of(sides.ours, state, changes_of(plan, rows), schema)
        return drafts.replaced_draft(state, self._whole(built, rows, schema), schema)

    def _whole(self, built: Built, rows: pl.DataFrame, schema: Schema) -> pl.DataFrame:
        """Read all rows of a merge that drops a column, or takes one as one side has it."""
        plan, sides = built.plan, built.sides
        taken = {about.unit: how for about, how in built.settled if about.kind is ConflictKind.COLUMN}
        # What only theirs has is missing in rows that theirs did not touch.
        untouched = self._states.of(sides.ours).rows([name for name in plan.shared if name in sides.ours.schema])
        kept = untouched.join(ids_of(plan.ours).to_frame(ID), on=ID, how="anti")
        whole = pl.concat([conform(kept, plan.shared), rows]).sort(ID)
        for name in schema:
            if name not in plan.shared:
                side = sides.theirs if taken[name].resolution is Resolution.THEIRS else sides.ours
                cells = self._states.of(side).rows([ID, name])
                whole = whole.join(cells, on=ID, how="left", maintain_order="left")
        return conform(whole, schema)

    def _land(self, built: Built, actor: str, approved: InTransaction | None) -> Committed:
        merge, sides = built.merge, built.sides
        now = self._clock()
        draft, made = self._ready(built, actor)

        def ended(connection: Connection) -> None:
            current = self._current(connection, merge)
            if current != sides or stored.stamp_of(connection, merge.number) != built.stamp:
                raise LostRaceError
            landed = replace(merge, state=MergeState.LANDED, data_commit=made.id, ended_at=now, ended_by=actor)
            stored.rewrite_merge(connection, landed)

        with self._database.read() as connection:
            dataset = graph.get_dataset(connection, merge.dataset)
        return self._committer.landed(
            Landing(
                dataset=dataset,
                head=sides.ours,
                made=made,
                draft=draft,
                branch=merge.into,
                what="merge",
                mover=actor,
                moved_at=now,
                first=ended,
                approved=approved,
            )
        )

    def _named(self, built: Built, draft: Draft, actor: str) -> DataCommit:
        merge, sides = built.merge, built.sides
        request = Request(dataset=merge.dataset, branch=merge.into, message=merge.message, actor=actor)
        return self._committer.named(merge.dataset, (sides.ours, sides.theirs), draft, request)

    def _ready(self, built: Built, actor: str) -> tuple[Draft | None, DataCommit]:
        """Take the data commit that was prepared, which needs no draft any more, or make one."""
        if built.merge.data_commit is not None:
            return None, self._data_commit(built.merge.data_commit)
        draft = self._draft(built)
        return draft, self._named(built, draft, actor)

    def _data_commit(self, id_: DataCommitId) -> DataCommit:
        with self._database.read() as connection:
            return graph.get_data_commit(connection, id_)

    def _end(self, merge: Merge) -> None:
        """Note that a branch holds what was to be merged: somebody else brought it."""
        with self._database.write() as connection:
            current = stored.get_open_merge(connection, merge.number)
            head = self._head(connection, merge.dataset, merge.into)
            now = self._clock()
            ended = replace(current, state=MergeState.LANDED, data_commit=head.id, ended_at=now, ended_by=head.author)
            stored.rewrite_merge(connection, ended)


def _sides(connection: Connection, ours: DataCommit, theirs: DataCommit) -> Sides | None:
    base = common_ancestor(connection, ours.id, theirs.id)
    if base == theirs.id:
        return None
    if base is None:
        raise BadInputError(f"{ours.id[:12]} and {theirs.id[:12]} share no version", "merge versions of one dataset")
    return Sides(base=graph.get_data_commit(connection, base), ours=ours, theirs=theirs)
