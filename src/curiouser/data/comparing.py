"""What differs between two data commits: from the changesets between them, or row by row where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from curiouser.data import graph
from curiouser.data.changesets import (
    Counts,
    changed_columns,
    changeset,
    composed,
    counts_of,
    ids_of,
    operations,
    reversed_changes,
    states_of,
)
from curiouser.data.records import Change, ColumnType, DataCommit, DataDiff, RowChange
from curiouser.data.states import State, States, ranges
from curiouser.data.stored import ID, Schema, readable_together
from curiouser.kernel.ids import DataCommitId, ExampleId
from curiouser.storage import Database

_NOBODY = DataCommitId("")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pieces:
    parts: Iterator[pl.DataFrame]
    schema: dict[str, ColumnType]


class Comparer:
    """Compares data commits.

    Args:
        database: Holds the graph.
        states: Reads rows.
    """

    def __init__(self, database: Database, states: States) -> None:
        self.database, self.states = database, states

    def diff(
        self, before: DataCommit | None, after: DataCommit, limit: int, *, after_id: str | None = None
    ) -> DataDiff:
        """Count what changed, and list some rows by id.

        Args:
            before: The earlier one; None is a table without rows.
            after: The later one.
            limit: Most rows to list.
            after_id: Cursor: list only rows whose id comes behind this one.
        """
        pieces = self.pieces(before, after)
        counts, shown, behind = Counts(added=0, changed=0, removed=0), list[RowChange](), 0
        for part in pieces.parts:
            more = counts_of(part)
            counts = Counts(
                added=counts.added + more.added,
                changed=counts.changed + more.changed,
                removed=counts.removed + more.removed,
            )
            listed = part if after_id is None else part.filter(pl.col(ID) > after_id)
            behind += listed.height
            if len(shown) < limit:
                shown += row_changes(listed.head(limit - len(shown)), pieces.schema)
        return DataDiff(
            before=_NOBODY if before is None else before.id,
            after=after.id,
            added=counts.added,
            removed=counts.removed,
            changed=counts.changed,
            rows=tuple(shown),
            truncated=behind > len(shown),
        )

    def changes(self, before: DataCommit | None, after: DataCommit) -> pl.DataFrame:
        """Gather all that changed as one changeset."""
        parts = [part for part in self.pieces(before, after).parts if not part.is_empty()]
        schema = _both(before, after)
        return pl.concat(parts, how="diagonal_relaxed") if parts else composed([], schema)

    def touched(self, before: DataCommit | None, after: DataCommit, *, among: pl.Series) -> pl.Series:
        """Tell which of some ids are not the same in two data commits."""
        old, new = self.states.of(before).lookup(among), self.states.of(after).lookup(among)
        return ids_of(changeset(old, new, _both(before, after)))

    def pieces(self, before: DataCommit | None, after: DataCommit) -> _Pieces:
        """Walk all that changed, piece by piece, in the order of ids."""
        schema = _both(before, after)
        known = None if before is None else self._from_changesets(before, after)
        parts = iter([known]) if known is not None else self._row_by_row(before, after)
        return _Pieces(parts=parts, schema=schema)

    def _from_changesets(self, before: DataCommit, after: DataCommit) -> pl.DataFrame | None:
        with self.database.read() as connection:
            ways = graph.ways_between(connection, before.id, after.id)
        names = [step.changes for step in (*ways.down, *ways.up)]
        if ways.common is None or None in names:
            return None
        schema = _both(before, after)
        files = self.states.files
        chain = [
            *(reversed_changes(files.read_changes(step.changes), schema) for step in ways.down if step.changes),
            *(files.read_changes(step.changes) for step in ways.up if step.changes),
        ]
        return composed(chain, schema)

    def _row_by_row(self, before: DataCommit | None, after: DataCommit) -> Iterator[pl.DataFrame]:
        old, new = self.states.of(before), self.states.of(after)
        schema = _both(before, after)
        for low, high in ranges(sorted({*old.cuts(), *new.cuts()})):
            if not _same_files(old, new, low, high):
                yield changeset(old.between(low, high), new.between(low, high), schema)


def _both(before: DataCommit | None, after: DataCommit) -> dict[str, ColumnType]:
    return readable_together({} if before is None else before.schema, after.schema)


def _same_files(old: State, new: State, low: str | None, high: str | None) -> bool:
    """Tell whether a range of two tables is the same without reading it."""
    if old.snapshot is None or new.snapshot is None or len(old.overlay.touched) or len(new.overlay.touched):
        return False
    return old.snapshot.between(low, high).equals(new.snapshot.between(low, high))


def row_changes(part: pl.DataFrame, schema: Schema) -> list[RowChange]:
    """Read a changeset row by row, field by field."""
    names = {"A": Change.ADDED, "C": Change.CHANGED, "R": Change.REMOVED}
    before, after = states_of(part, schema)
    made = []
    rows = zip(
        operations(part), changed_columns(part), before.iter_rows(named=True), after.iter_rows(named=True), strict=True
    )
    for operation, columns, old, new in rows:
        differing = columns if operation == "C" else [name for name in schema if old[name] != new[name] and name != ID]
        fields = {name: (old[name], new[name]) for name in differing}
        made.append(RowChange(id=ExampleId(new[ID]), change=names[operation], fields=fields))
    return made
