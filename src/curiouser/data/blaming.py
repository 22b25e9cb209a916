"""What became of one example: every version that changed it, who made it and why.

The changeset of a version names the rows it touched, so history is read from these alone: the ids of
many changesets in one scan, and in full only those that touched the example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curiouser.data import graph
from curiouser.data.changesets import changeset
from curiouser.data.comparing import row_changes
from curiouser.data.errors import ExamplesNotFoundError
from curiouser.data.graph import Step
from curiouser.data.records import DataCommit, RowChange, Value
from curiouser.data.snapshots import RowFiles
from curiouser.data.states import States
from curiouser.data.stored import ID, Schema
from curiouser.kernel.ids import ExampleId, ObjectName
from curiouser.storage import Database

Row = Mapping[str, Value]
_AT_ONCE = 128  # changesets whose ids are read in one scan


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleStep:
    """One version that changed an example."""

    data_commit: DataCommit
    """The version."""
    change: RowChange
    """What it changed."""


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
        """Follow one example through the versions that a ref was made from, along first parents.

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
            start = at if before is None else graph.resolve(connection, before)
            walk = list(graph.steps_from(connection, start.id, versions=versions))
            is_root = not walk or graph.get_data_commit(connection, walk[-1].id).parents == ()
        walk = walk if before is None else walk[1:]
        steps: list[ExampleStep] = []
        for step in self._touching(walk, example):
            if len(steps) == limit:
                is_root = False
                break
            made = self._step(step, example)
            steps += [made] if made is not None else []
        row = next(iter(self._states.of(at).lookup(_one(example)).to_dicts()), None)
        if row is None and not steps and before is None:
            raise ExamplesNotFoundError(ref, [example])
        return ExampleHistory(id=ExampleId(example), row=row, steps=tuple(steps), is_whole=is_root)

    def _touching(self, walk: Sequence[Step], example: str) -> Iterator[Step]:
        """Choose the versions that may have changed the example, newest first."""
        for start in range(0, len(walk), _AT_ONCE):
            some = walk[start : start + _AT_ONCE]
            touched = self._naming(example, [step.changes for step in some if step.changes is not None])
            yield from (step for step in some if step.changes is None or step.changes in touched)

    def _naming(self, example: str, changes: Sequence[ObjectName]) -> set[ObjectName]:
        """Tell which changesets touch the example; only their ids are read."""
        paths = {str(self._files.objects.path(name)): name for name in changes}
        if not paths:
            return set()
        scan = pl.scan_parquet(
            list(paths), schema={ID: pl.String()}, extra_columns="ignore", glob=False, include_file_paths="_file"
        )
        found = scan.filter(pl.col(ID) == example).select("_file").unique().collect()
        return {paths[path] for path in found["_file"]}

    def _step(self, step: Step, example: str) -> ExampleStep | None:
        with self._database.read() as connection:
            at = graph.get_data_commit(connection, step.id)
            parent = graph.get_data_commit(connection, at.parents[0]) if at.parents else None
        schema = {**at.schema, **(parent.schema if parent is not None else {}), **at.schema}
        if step.changes is not None:
            changes = self._files.read_changes(step.changes).filter(pl.col(ID) == example)
        else:
            changes = self._compared(parent, at, schema, example)
        found = row_changes(changes, schema)
        return ExampleStep(data_commit=at, change=found[0]) if found else None

    def _compared(self, before: DataCommit | None, after: DataCommit, schema: Schema, example: str) -> pl.DataFrame:
        """Compare the example in a version that only a snapshot holds with the version before."""
        ids = _one(example)
        return changeset(self._states.of(before).lookup(ids), self._states.of(after).lookup(ids), schema)


def _one(example: str) -> pl.Series:
    return pl.Series(ID, [example], dtype=pl.String)
