"""What became of one example: every version that changed it, who made it and why.

The changeset of a version names the rows it touched, so history is read from
these alone, and only from those whose marks say that they may have touched the
example. Through a merge that changed the example both parents are followed, so
that a change is told of the person who made it, not of the one who merged it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

import polars as pl
from sqlalchemy import Connection

from curiouser.data import graph
from curiouser.data.changesets import states_of_one
from curiouser.data.errors import ExamplesNotFoundError
from curiouser.data.records import Change, DataCommit, RowChange, Value
from curiouser.data.snapshots import RowFiles
from curiouser.data.states import States
from curiouser.data.stored import ID, Schema, conform, readable_together
from curiouser.data.trails import Node, Trail
from curiouser.kernel.ids import DataCommitId, ExampleId
from curiouser.storage import Database

Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleStep:
    """One version that changed an example."""

    data_commit: DataCommit
    """The version."""
    change: RowChange
    """What it changed; of a merge: what was settled there, not what it brought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleHistory:
    """What became of one example."""

    id: ExampleId
    """The example."""
    row: Row | None
    """As it is in the version that was asked about; None where it was removed."""
    steps: Sequence[ExampleStep]
    """Versions that changed it, newest first."""
    is_whole: bool
    """Whether these are all: False where older versions were not looked at."""


class Blaming:
    """Follows examples through versions.

    Args:
        database: Holds the graph.
        files: Holds what versions changed.
        states: Reads rows where a version has no changeset.
    """

    def __init__(self, database: Database, files: RowFiles, states: States) -> None:
        self._database, self._files, self._states = database, files, states

    def history(
        self, ref: str, example: str, *, limit: int, before: str | None, versions: int | None
    ) -> ExampleHistory:
        """Follow one example through the versions that a ref was made from.

        Args:
            ref: The version to look back from.
            example: Its id.
            limit: Most steps, > 0.
            before: Cursor: only steps older than this version (its id, or a prefix of it).
            versions: How many versions to look at, > 0; None for all.

        Raises:
            ExamplesNotFoundError: None of the versions has it.
        """
        with self._database.read() as connection:
            at = graph.resolve(connection, ref)
            past = None if before is None else graph.resolve(connection, before)
            follower = _Follower(connection, self._files, self._states, example)
            steps: list[ExampleStep] = []
            looked, is_whole = 0, True
            for node, change in follower.back_from(at.id):
                if past is not None and node.place <= (-past.depth, past.id):
                    continue
                if looked == versions or (change is not None and len(steps) == limit):
                    is_whole = False
                    break
                looked += 1
                if change is not None:
                    steps.append(ExampleStep(data_commit=follower.data_commit(node.id), change=change))
            row = follower.row_at(at.id)
        if row is None and not steps and before is None:
            raise ExamplesNotFoundError(ref, [example])
        return ExampleHistory(id=ExampleId(example), row=row, steps=tuple(steps), is_whole=is_whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What one version made of the example."""

    change: RowChange
    row: Row | None


class _Follower:
    def __init__(self, connection: Connection, files: RowFiles, states: States, example: str) -> None:
        self._connection, self._files, self._states, self._example = connection, files, states, example
        self._trail = Trail(connection, files, example)
        self._seen: dict[DataCommitId, _Seen | None] = {}
        self._read_already: dict[DataCommitId, DataCommit] = {}

    def back_from(self, start: DataCommitId) -> Iterator[tuple[Node, RowChange | None]]:
        """Walk back, newest first, with what each version did to the example itself."""
        waiting = [(self._trail.node(start).place, start)]
        met = {start}
        while waiting:
            _, at = heappop(waiting)
            node = self._trail.node(at)
            seen = self._at(node)
            yield node, self._own(node, seen)
            # A merge that left the example as its branch had it brought nothing of it from elsewhere.
            for parent in node.parents if seen is not None else node.parents[:1]:
                if parent not in met:
                    met.add(parent)
                    heappush(waiting, (self._trail.node(parent, is_merged=parent != node.parents[0]).place, parent))

    def row_at(self, at: DataCommitId) -> Row | None:
        """Read the example as it is in a version: as the last version left it that touched it."""
        for node in self._trail.first_parents(at):
            seen = self._at(node)
            if seen is not None:
                return None if seen.row is None else self._in_columns(at, seen.row)
        return None

    def data_commit(self, at: DataCommitId) -> DataCommit:
        """Read a version, whole and checked, once."""
        if at not in self._read_already:
            self._read_already[at] = graph.get_data_commit(self._connection, at)
        return self._read_already[at]

    def _in_columns(self, at: DataCommitId, row: Row) -> Row:
        """Give a row the columns of a version: some may have come, or gone, since it was touched."""
        return {name: row.get(name) for name in self.data_commit(at).schema}

    def _own(self, node: Node, seen: _Seen | None) -> RowChange | None:
        """Leave out of a merge's change what it brought from the other parent."""
        if seen is None or len(node.parents) < 2:
            return None if seen is None else seen.change
        self._trail.node(node.parents[1], is_merged=True)
        brought = self.row_at(node.parents[1])
        if (brought is None) != (seen.row is None):
            return seen.change
        if brought is None or seen.row is None:
            return None
        fields = {name: pair for name, pair in seen.change.fields.items() if pair[1] != brought.get(name)}
        return replace(seen.change, change=Change.CHANGED, fields=fields) if fields else None

    def _at(self, node: Node) -> _Seen | None:
        if not node.may_touch:
            return None
        if node.id not in self._seen:
            self._seen[node.id] = self._read(node)
        return self._seen[node.id]

    def _read(self, node: Node) -> _Seen | None:
        at = self.data_commit(node.id)
        parent = self.data_commit(at.parents[0]) if at.parents else None
        schema = readable_together({} if parent is None else parent.schema, at.schema)
        states = self._states_at(node, parent, at, schema)
        if states is None:
            return None
        before, after = states
        row = None if after is None else {name: after.get(name) for name in at.schema}
        return _Seen(change=_change(ExampleId(self._example), before, after, schema), row=row)

    def _states_at(
        self, node: Node, parent: DataCommit | None, at: DataCommit, schema: Schema
    ) -> tuple[Row | None, Row | None] | None:
        """Read the example before and after a version; None where that left it as it was."""
        if node.changes is not None:
            return states_of_one(self._files.read_changes(node.changes), self._example, schema)
        # Only a snapshot holds the rows of this version.
        before, after = (None if each is None else self._looked_up(each, schema) for each in (parent, at))
        return None if before == after else (before, after)

    def _looked_up(self, at: DataCommit, schema: Schema) -> Row | None:
        found = self._states.of(at).lookup(pl.Series(ID, [self._example], dtype=pl.String))
        return None if found.is_empty() else conform(found, schema).row(0, named=True)


def _change(example: ExampleId, before: Row | None, after: Row | None, schema: Schema) -> RowChange:
    """Tell the fields that differ."""
    old, new = before or {}, after or {}
    kind = Change.ADDED if before is None else Change.REMOVED if after is None else Change.CHANGED
    fields = {name: (old.get(name), new.get(name)) for name in schema if name != ID and old.get(name) != new.get(name)}
    return RowChange(id=example, change=kind, fields=fields)
