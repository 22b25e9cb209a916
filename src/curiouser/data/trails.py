"""Versions that may have touched one example, found by their marks: most changesets are never opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Connection, select

from curiouser.data import graph
from curiouser.data.marks import marked
from curiouser.data.snapshots import RowFiles
from curiouser.data.stored import ID
from curiouser.data.tables import data_commits, touches
from curiouser.kernel.ids import DataCommitId, ObjectName

_PAGE, _FEW = 1_024, 32  # versions read at once
_AT_ONCE = 128  # changesets without marks whose ids are read in one scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One version on the way back."""

    id: DataCommitId
    """The version."""
    parents: tuple[DataCommitId, ...]
    """What it was made from."""
    depth: int
    """Its depth."""
    changes: ObjectName | None
    """Its changeset, or None when only a snapshot holds its rows."""
    may_touch: bool
    """Whether it may have changed the example; False is certain."""

    @property
    def place(self) -> tuple[int, str]:
        """Its place in the order newest first: a version comes before all that it was made from."""
        return -self.depth, self.id


class Trail:
    """Reads versions back along first parents, a page at a time.

    What it reads is not held against checksums: a version that is told of is
    read again, whole and checked, and `fsck` checks the marks.

    Args:
        connection: Reads the graph.
        files: Holds what versions changed.
        example: The example that is followed.
    """

    def __init__(self, connection: Connection, files: RowFiles, example: str) -> None:
        self._connection, self._files, self._example = connection, files, example
        self._known: dict[DataCommitId, Node] = {}

    def node(self, at: DataCommitId, *, is_merged: bool = False) -> Node:
        """Read one version, and those before it; of a merged branch a few, since it soon meets what is known."""
        if at not in self._known:
            walk = graph.first_parents(at, limit=_FEW if is_merged else _PAGE)
            query = (
                select(
                    data_commits.c.id,
                    data_commits.c.parent,
                    data_commits.c.other_parents,
                    data_commits.c.depth,
                    data_commits.c.changes,
                    touches.c.marks,
                )
                .join(walk, data_commits.c.id == walk.c.id)
                .outerjoin(touches, touches.c.data_commit == data_commits.c.id)
            )
            rows = self._connection.execute(query).mappings().all()
            unmarked = [row["changes"] for row in rows if row["marks"] is None and row["changes"] is not None]
            named = self._naming(unmarked)
            places = marked([row["marks"] or b"" for row in rows], self._example)
            for place, row in enumerate(rows):
                is_found = row["changes"] is None or place in places or row["changes"] in named
                self._known[DataCommitId(row["id"])] = _node_of(row, may_touch=is_found)
        return self._known[at]

    def first_parents(self, at: DataCommitId) -> Iterator[Node]:
        """Walk from a version along first parents, newest first."""
        node = self.node(at)
        yield node
        while node.parents:
            node = self.node(node.parents[0])
            yield node

    def _naming(self, changes: Sequence[str]) -> set[str]:
        """Tell which changesets touch the example; only their ids are read."""
        found: set[str] = set()
        for start in range(0, len(changes), _AT_ONCE):
            some = changes[start : start + _AT_ONCE]
            paths = {str(self._files.objects.path(ObjectName(name))): name for name in some}
            scan = pl.scan_parquet(
                list(paths), schema={ID: pl.String()}, extra_columns="ignore", glob=False, include_file_paths="_file"
            )
            named = scan.filter(pl.col(ID) == self._example).select("_file").unique().collect()
            found |= {paths[path] for path in named["_file"]}
        return found


def _node_of(row: Mapping[Any, Any], *, may_touch: bool) -> Node:
    return Node(
        id=DataCommitId(row["id"]),
        parents=graph.parents_of(row),
        depth=row["depth"],
        changes=None if row["changes"] is None else ObjectName(row["changes"]),
        may_touch=may_touch,
    )
