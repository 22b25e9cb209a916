"""Reading a dataset as people do: a page of rows that satisfy a predicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curiouser.data.predicates import parse
from curiouser.data.records import DataCommit, Value
from curiouser.data.stored import ID
from curiouser.data.versions import Versions
from curiouser.kernel.ids import ExampleId

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
