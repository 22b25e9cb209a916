"""Reading a dataset as people do: a page of rows that satisfy a predicate, and what became of one example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curiouser.data.errors import ExamplesNotFoundError
from curiouser.data.predicates import parse
from curiouser.data.records import Change, DataCommit, RowChange, Value
from curiouser.data.stored import ID
from curiouser.data.versions import Versions
from curiouser.kernel.ids import DataCommitId, ExampleId

Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsPage:
    """Some rows of one version, by id."""

    data_commit: DataCommit
    """The version."""
    rows: Sequence[Row]
    """Column -> value, for each row."""
    next: ExampleId | None
    """Where the next page begins: after this id; None after the last."""


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


def page_of_rows(
    data: Versions, ref: str, *, where: str | None = None, after: str | None = None, limit: int = 50
) -> RowsPage:
    """Read rows by id, from the one behind ``after`` on, in bounded memory.

    Args:
        data: The service of the datasets.
        ref: Which version.
        where: A predicate; only rows for which it holds.
        after: Id of the last row of the page before.
        limit: Most rows, > 0.

    Raises:
        DatasetNotFoundError: No such dataset.
        RefNotFoundError: No such version.
        PredicateError: The predicate cannot be read.
    """
    at = data.resolve(ref)
    wanted = pl.lit(value=True) if not where else parse(where, at.schema).expression()
    if after is not None:
        wanted &= pl.col(ID) > after
    found: list[Row] = []
    for piece in data.batches(at.id):
        found += piece.filter(wanted).head(limit + 1 - len(found)).to_dicts()
        if len(found) > limit:
            break
    last = found[limit - 1][ID] if len(found) > limit else None
    return RowsPage(data_commit=at, rows=found[:limit], next=None if last is None else ExampleId(str(last)))


def example_history(data: Versions, ref: str, example: str, *, versions: int = 100) -> ExampleHistory:
    """Follow one example through the versions that a ref was made from.

    Args:
        data: The service of the datasets.
        ref: The version to look back from.
        example: Its id.
        versions: How many versions to look at, > 0.

    Raises:
        DatasetNotFoundError: No such dataset.
        RefNotFoundError: No such version.
        ExamplesNotFoundError: None of the versions has it.
    """
    log = data.log(ref, limit=versions + 1)
    rows: dict[DataCommitId, Row | None] = {}
    for at in log:
        rows[at.id] = next(iter(data.rows(at.id, ids=[example]).to_dicts()), None)
    if all(row is None for row in rows.values()):
        raise ExamplesNotFoundError(ref, [example])
    steps = []
    for at in log[:versions]:
        before = rows.get(at.parents[0]) if at.parents else None
        change = _change(example, before, rows[at.id])
        if change is not None and (not at.parents or at.parents[0] in rows):
            steps.append(ExampleStep(data_commit=at, change=change))
    return ExampleHistory(
        id=ExampleId(example), row=rows[log[0].id], steps=steps, is_whole=len(log) <= versions
    )  # fmt: skip


def _change(example: str, before: Row | None, after: Row | None) -> RowChange | None:
    if before is None and after is None:
        return None
    names = [name for name in dict.fromkeys([*(after or {}), *(before or {})]) if name != ID]
    old, new = before or {}, after or {}
    fields = {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}
    if before is not None and after is not None and not fields:
        return None
    kind = Change.ADDED if before is None else Change.REMOVED if after is None else Change.CHANGED
    return RowChange(id=ExampleId(example), change=kind, fields=fields)
