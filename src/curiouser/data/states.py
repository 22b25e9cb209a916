"""The rows of one data commit, read from its snapshot and what changed since."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from curiouser.data.changesets import Overlay, overlay, within
from curiouser.data.graph import Chain, chain_of
from curiouser.data.records import ColumnType, DataCommit
from curiouser.data.snapshots import RowFiles, Snapshot
from curiouser.data.stored import ID, Schema, conform, empty_rows
from curiouser.kernel.ids import DataCommitId
from curiouser.storage import Database

NOTHING: Schema = {ID: ColumnType.TEXT}
"""Columns of a table that has no rows yet."""
_REMEMBERED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All rows of one data commit, ready to be read."""

    schema: Schema
    """Columns and types."""
    snapshot: Snapshot | None
    """Files of rows; None when there are none."""
    overlay: Overlay
    """What changed since."""
    chain: int
    """Changesets in the overlay, >= 0."""
    files: RowFiles
    """Reads the files."""

    def rows(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read every row, sorted by id."""
        return self._read(None if self.snapshot is None else self.snapshot.files, self.overlay, columns)

    def lookup(self, ids: pl.Series, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read the rows of some ids, sorted by id; ids that are not there are left out."""
        found = None if self.snapshot is None else self.snapshot.holding(ids)
        wanted = self._read(found, self.overlay.among(ids), _with_id(columns), among=ids)
        return wanted if columns is None else wanted.select(columns)

    def between(self, low: str | None, high: str | None, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read the rows with ids from ``low`` to before ``high``; None is unbounded."""
        found = None if self.snapshot is None else self.snapshot.between(low, high)
        rows = self._read(found, self.overlay.between(low, high), _with_id(columns)).filter(within(low, high))
        return rows if columns is None else rows.select(columns)

    def walk(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """Read all rows piece by piece, in the order of their ids, with little memory."""
        for low, high in ranges(self.cuts()):
            yield self.between(low, high, columns)

    def cuts(self) -> list[str]:
        """Choose ids that cut the table into pieces of bounded size."""
        firsts = [] if self.snapshot is None else self.snapshot.files.get_column("first").to_list()
        step = self.files.layout.range_files
        return [*firsts[step::step]]

    def changed_by(self, changes: pl.DataFrame, schema: Schema) -> State:
        """Lay one more changeset over the rows."""
        latest = overlay([changes], schema)
        kept = conform(self.overlay.rows, schema).join(latest.touched.to_frame(ID), on=ID, how="anti")
        gone = self.overlay.gone.to_frame(ID).join(latest.touched.to_frame(ID), on=ID, how="anti").get_column(ID)
        laid = Overlay(rows=pl.concat([kept, latest.rows]).sort(ID), gone=pl.concat([gone, latest.gone]))
        return State(schema=schema, snapshot=self.snapshot, overlay=laid, chain=self.chain + 1, files=self.files)

    def _read(
        self,
        files: pl.DataFrame | None,
        over: Overlay,
        columns: Sequence[str] | None,
        *,
        among: pl.Series | None = None,
    ) -> pl.DataFrame:
        wanted = list(self.schema) if columns is None else list(columns)
        if files is None or files.is_empty():
            base = empty_rows({name: self.schema[name] for name in wanted})
        else:
            base = self.files.read(files, self.schema, _with_id(wanted))
        if among is not None:
            base = base.filter(pl.col(ID).is_in(among.implode()))
        if len(over.touched) and not base.is_empty():
            base = base.join(over.touched.to_frame(ID), on=ID, how="anti", maintain_order="left")
        if over.rows.is_empty():
            return base.select(wanted)
        both = _with_id(wanted)
        return base.select(both).merge_sorted(over.rows.select(both), key=ID).select(wanted)


class States:
    """Finds the state of a data commit; the last few are remembered.

    Args:
        database: Knows the chains.
        files: Holds the rows.
    """

    def __init__(self, database: Database, files: RowFiles) -> None:
        self.database, self.files = database, files
        self._known: OrderedDict[DataCommitId, State] = OrderedDict()

    def of(self, at: DataCommit | None) -> State:
        """Prepare to read a data commit; None is a table without rows or columns.

        Raises:
            StorageError: Something on the way to its rows is damaged or missing.
        """
        if at is None:
            return State(schema=NOTHING, snapshot=None, overlay=overlay([], NOTHING), chain=0, files=self.files)
        found = self._known.get(at.id)
        if found is None:
            with self.database.read() as connection:
                chain = chain_of(connection, at.id)
            found = self._load(chain, at.schema)
        self.remember(at.id, found)
        return found

    def remember(self, at: DataCommitId, state: State) -> None:
        """Keep a state at hand, and let go of the one that was used longest ago."""
        self._known[at] = state
        self._known.move_to_end(at)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Let go of all states; snapshots may have been removed."""
        self._known.clear()

    def _load(self, chain: Chain, schema: Schema) -> State:
        parts = [self.files.read_changes(name) for name in chain.changes]
        return State(
            schema=schema,
            snapshot=self.files.snapshot(chain.listing),
            overlay=overlay(parts, schema),
            chain=len(parts),
            files=self.files,
        )


def ranges(cuts: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """Turn cuts into ranges that cover everything, in order.

    Examples:
        >>> list(ranges(["g", "p"]))
        [(None, 'g'), ('g', 'p'), ('p', None)]
    """
    bounds = [None, *cuts, None]
    return pairwise(bounds)


def _with_id(columns: Sequence[str] | None) -> list[str] | None:
    return None if columns is None else list(dict.fromkeys([ID, *columns]))
