"""Who wrote what a side says last: the authors whose ranks may settle a conflict."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from curiouser.data import graph
from curiouser.data.ancestry import only_in
from curiouser.data.changesets import changed_columns, operations
from curiouser.data.merging.records import WHOLE_ROW, ConflictKind, Merge, MergeConflict, Resolution
from curiouser.data.snapshots import RowFiles
from curiouser.data.stored import ID
from curiouser.kernel.ids import DataCommitId, ObjectName
from curiouser.storage import Database

Rank = Callable[[str], int | None]
"""Says how high somebody ranks; None for somebody nobody knows."""
_Key = tuple[str | None, str]


class Authors:
    """Looks for who last changed what a conflict is about.

    Args:
        database: Holds the graph.
        files: Holds what versions changed.
    """

    def __init__(self, database: Database, files: RowFiles) -> None:
        self._database, self._files = database, files

    def ranked(self, merge: Merge, conflicts: Sequence[MergeConflict], rank: Rank) -> dict[int, Resolution]:
        """Choose the side whose last author ranks higher, by number of conflict; the rest stay open.

        Args:
            merge: The merge.
            conflicts: Some of its conflicts.
            rank: Says how high an author ranks.
        """
        chosen = {}
        for number, authors in self.of(merge, conflicts).items():
            mine, other = (None if one is None else rank(one) for one in authors)
            if mine is not None and other is not None and mine != other:
                chosen[number] = Resolution.OURS if mine > other else Resolution.THEIRS
        return chosen

    def of(self, merge: Merge, conflicts: Sequence[MergeConflict]) -> dict[int, tuple[str | None, str | None]]:
        """Name the last author on our side and on theirs, by number of conflict; None where a side changed nothing."""
        ours = self._last(merge.ours, merge.base, conflicts)
        theirs = self._last(merge.theirs, merge.base, conflicts)
        return {each.number: (ours.get(each.about.key), theirs.get(each.about.key)) for each in conflicts}

    def _last(self, side: DataCommitId, base: DataCommitId, conflicts: Sequence[MergeConflict]) -> dict[_Key, str]:
        """Name the last author of what each conflict is about, among the versions of a side."""
        waiting = {each.about.key: each for each in conflicts if each.about.kind is not ConflictKind.COLUMN}
        with self._database.read() as connection:
            steps = only_in(connection, side, base)
            # A merge only carries what others wrote; where nobody did, whoever settled it there is the author.
            order = [
                *(each for each in steps if len(each.parents) < 2),
                *(each for each in steps if len(each.parents) > 1),
            ]
            found: dict[_Key, str] = {}
            for step in order:
                if not waiting:
                    break
                if step.changes is None:
                    continue
                touched = self._touched(step.changes, waiting)
                author = graph.get_data_commit(connection, step.id).author if touched else ""
                for key in touched:
                    found[key] = author
                    del waiting[key]
        return found

    def _touched(self, changes: ObjectName, waiting: dict[_Key, MergeConflict]) -> list[_Key]:
        ids = pl.Series(ID, sorted({str(example) for example, _ in waiting}), dtype=pl.String)
        part = self._files.read_changes(changes).filter(pl.col(ID).is_in(ids.implode()))
        rows = zip(part.get_column(ID), operations(part), changed_columns(part), strict=True)
        done = {example: None if operation in "AR" else set(columns) for example, operation, columns in rows}
        return [key for key, conflict in waiting.items() if key[0] in done and _concerns(done[str(key[0])], conflict)]


def _concerns(columns: set[str] | None, conflict: MergeConflict) -> bool:
    return columns is None or conflict.about.unit == WHOLE_ROW or not columns.isdisjoint(conflict.about.fields)
