"""Commit more rows than fit into memory: sort them in runs, then merge the runs range by range.

Rows are spilled in sorted runs; ids sampled from the runs and from the table
cut the ids into ranges; each range is read from all runs, laid over the rows
that are there, hashed and written, so that memory is bounded by the range.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from curiouser.data import drafts
from curiouser.data.changesets import Counts, changeset, changing, composed, content_delta, counts_of, ids_of
from curiouser.data.committing import Committer, LostRaceError, nothing_changed
from curiouser.data.drafts import Draft, Request
from curiouser.data.errors import BadExamplesError, BranchMovedError, ChangedInputError
from curiouser.data.hashing import row_hashes, total_of
from curiouser.data.marks import marks_of
from curiouser.data.records import ColumnType, Committed, DataCommit, Dataset
from curiouser.data.snapshots import ROW_GROUP, RowFiles, Snapshot, write_parquet
from curiouser.data.sorting import sorted_by
from curiouser.data.states import State, ranges
from curiouser.data.stored import ID, Schema, conform, empty_rows, some_ids
from curiouser.kernel.configuration import Task
from curiouser.kernel.ids import DataCommitId, ObjectName
from curiouser.kernel.words import plural
from curiouser.storage.objects import disk_errors

_SAMPLES = 256  # ids taken from each run
_MOST_CHANGES = 500_000  # rows of a changeset that are kept in memory
_MOST_IDS = 1_000


@dataclass(slots=True)
class _Run:
    """A sorted file of rows, read from front to back."""

    path: Path
    rows: int
    sample: pl.Series
    offset: int = 0
    pending: pl.DataFrame | None = None

    def take(self, high: str | None, schema: Schema) -> pl.DataFrame:
        """Read on to the first id that is not below ``high``."""
        parts = [empty_rows(schema)]
        while True:
            block = self._block(schema)
            if block.is_empty():
                return pl.concat(parts)
            stop = block.height if high is None else int(block.get_column(ID).search_sorted(high, side="left"))
            parts.append(block.head(stop))
            self.pending = block.slice(stop)
            if stop < block.height:
                return pl.concat(parts)

    def _block(self, schema: Schema) -> pl.DataFrame:
        if self.pending is not None and not self.pending.is_empty():
            return self.pending
        block = pl.scan_parquet(self.path, glob=False).slice(self.offset, ROW_GROUP).collect()
        self.offset += block.height
        return conform(block, schema)


@dataclass(slots=True)
class _Tally:
    """What a walk over all ranges has come to so far."""

    delta: int = 0
    rows: int = 0
    counts: Counts = field(default_factory=lambda: Counts(added=0, changed=0, removed=0))
    changes: list[pl.DataFrame] | None = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    reworded: list[str] = field(default_factory=list)
    reworded_total: int = 0

    def count(self, more: Counts) -> None:
        """Add what one range came to."""
        self.counts = Counts(
            added=self.counts.added + more.added,
            changed=self.counts.changed + more.changed,
            removed=self.counts.removed + more.removed,
        )

    @property
    def refused(self) -> bool:
        """Whether nothing will be written any more."""
        return bool(self.twice or self.reworded)


class LargeCommitter:
    """Commits rows that come in parts.

    Args:
        committer: Lands what this works out.
    """

    def __init__(self, committer: Committer) -> None:
        self.committer = committer
        self.files: RowFiles = committer.states.files
        self._sample_every = max(1, self.files.layout.run_rows // _SAMPLES)

    def commit(
        self, request: Request, parts: Iterable[pl.DataFrame], *, expect: DataCommitId | None = None
    ) -> Committed:
        """Write rows by id, as ``DataService.commit`` does, with memory bounded by the size of a part.

        Raises:
            BranchMovedError: The branch moved meanwhile, or is not where it was expected; nothing happened.
        """
        known, head = self.committer.head(request.dataset, request.branch)
        if expect is not None and (head is None or head.id != expect):
            raise BranchMovedError(request.dataset, request.branch)
        state = self.committer.states.of(head)
        with ExitStack() as stack:
            runs, given = self._spill(parts, state, request, stack)
            schema = drafts.schema_after(head, given, request)
            kind = drafts.kind_after(known, request, schema, self.committer.task)
            merge = _Merge(
                state=state, runs=runs, given=given, schema=schema, request=request, task=self.committer.task
            )
            snapshot = self.files.write_snapshot(merge.parts())
            tally = merge.tally
            _refuse(tally, request)
        if head is not None and tally.counts.total == 0 and schema == dict(head.schema):
            return nothing_changed(head, request)
        draft = self._draft(head, state, merge, snapshot)
        dataset = known or Dataset(name=request.dataset, kind=kind, created_at=self.committer.clock())
        try:
            return self.committer.land(dataset, head, draft, request)
        except LostRaceError as error:
            raise BranchMovedError(request.dataset, request.branch) from error

    def _spill(
        self, parts: Iterable[pl.DataFrame], state: State, request: Request, stack: ExitStack
    ) -> tuple[list[_Run], Schema]:
        runs: list[_Run] = []
        schema: dict[str, ColumnType] = {}
        for part in _gathered(parts, self.files.layout.run_rows):
            typed = replace(request, schema={**schema, **request.schema})
            made = drafts.stored_rows(part, state, self.committer.task, typed)
            rows, schema = made.frame, {**schema, **made.schema}
            path = stack.enter_context(self.files.objects.writing())
            with disk_errors("sorting rows"):
                write_parquet(rows, path)
            runs.append(_Run(path=path, rows=rows.height, sample=rows.get_column(ID).gather_every(self._sample_every)))
        return runs, schema

    def _draft(self, head: DataCommit | None, state: State, merge: _Merge, snapshot: Snapshot) -> Draft:
        tally = merge.tally
        name: ObjectName | None = None
        small = head is not None and tally.counts.total <= self.files.layout.most_touched(head.rows)
        if small and tally.changes is not None and not drafts.must_rewrite(state.schema, merge.schema):
            name = self.files.write_changes(merge.all_changes())
        return Draft(
            schema=merge.schema,
            total=tally.delta + (0 if head is None else int(head.content_hash, 16)),
            rows=tally.rows,
            counts=tally.counts,
            changes=name,
            snapshot=snapshot,
            state=None,
            size_bytes=0 if name is None else self.files.objects.size_bytes(name),
            marks=None if tally.changes is None else marks_of(ids_of(merge.all_changes())),
        )


@dataclass(slots=True, kw_only=True)
class _Merge:
    """Lays runs over a table, range by range, and counts what that changes."""

    state: State
    runs: list[_Run]
    given: Schema
    schema: Schema
    request: Request
    task: Task
    tally: _Tally = field(default_factory=_Tally)

    def parts(self) -> Iterator[pl.DataFrame]:
        """Walk the rows as they become, in the order of their ids; stop at the first range that is refused."""
        for low, high in ranges(self._cuts()):
            rows = sorted_by(pl.concat(run.take(high, self.given) for run in self.runs), ID)
            self._look_for_repeats(rows)
            after = self._after(rows, low, high)
            if not self.tally.refused:
                self.tally.rows += after.height
                yield after

    def all_changes(self) -> pl.DataFrame:
        """Gather what changed as one changeset with every column, where it was kept."""
        kept: list[pl.DataFrame] = self.tally.changes or []
        return pl.concat([composed([], self._both), *kept], how="diagonal_relaxed")

    @property
    def _both(self) -> Schema:
        return {**self.state.schema, **self.schema}

    def _cuts(self) -> list[str]:
        samples = [run.sample for run in self.runs]
        ids = pl.concat(samples).sort() if samples else pl.Series(ID, [], dtype=pl.String)
        layout = self.state.files.layout
        step = max(1, 2 * layout.range_rows // max(1, layout.run_rows // _SAMPLES))
        return sorted({*ids.gather_every(step, step), *self.state.cuts()})

    def _look_for_repeats(self, rows: pl.DataFrame) -> None:
        ids = rows.get_column(ID)
        self.tally.twice += ids.filter(ids == ids.shift()).unique(maintain_order=True).to_list()

    def _after(self, rows: pl.DataFrame, low: str | None, high: str | None) -> pl.DataFrame:
        tally = self.tally
        if self.state.snapshot is None:
            after = drafts.upserted(rows.clear(), rows, self.schema)
            tally.count(Counts(added=after.height, changed=0, removed=0))
            tally.delta += total_of(row_hashes(after))
            return after
        table = self.state.between(low, high)
        replaced = table if self.request.replace else table.join(rows, on=ID, how="semi", maintain_order="left")
        known = table.clear() if self.request.replace else replaced
        after = drafts.upserted(known, rows, self.schema)
        self._compare(replaced, after)
        if self.request.replace:
            return after
        kept = conform(table.join(rows, on=ID, how="anti", maintain_order="left"), self.schema)
        return kept.merge_sorted(after, key=ID)

    def _compare(self, before: pl.DataFrame, after: pl.DataFrame) -> None:
        tally = self.tally
        changes = changeset(before, after, self._both)
        tally.count(counts_of(changes))
        tally.delta += content_delta(changes, self._both)
        if not self.request.allow_input_changes:
            ids = changes.filter(changing(self.task.inputs)).get_column(ID)
            tally.reworded_total += len(ids)
            tally.reworded += ids.head(_MOST_IDS - len(tally.reworded)).to_list()
        if tally.changes is not None:
            tally.changes.append(changes)
            if tally.counts.total > _MOST_CHANGES:
                tally.changes = None


def _gathered(parts: Iterable[pl.DataFrame], size: int) -> Iterator[pl.DataFrame]:
    """Gather small parts into runs worth sorting."""
    waiting: list[pl.DataFrame] = []
    for part in parts:
        waiting.append(part)
        if sum(each.height for each in waiting) >= size:
            yield pl.concat(waiting, how="diagonal_relaxed")
            waiting = []
    if waiting:
        yield pl.concat(waiting, how="diagonal_relaxed")


def _refuse(tally: _Tally, request: Request) -> None:
    if tally.twice:
        raise BadExamplesError(
            [f"{plural(len(tally.twice), 'id stands', 'ids stand')} in more than one row: {some_ids(tally.twice)}"]
        )
    if tally.reworded:
        raise ChangedInputError(request.dataset, tally.reworded, tally.reworded_total)
