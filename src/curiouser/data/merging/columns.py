"""Merge the columns of two branches: new, dropped and retyped ones.

A column is known by its name, so a rename is a dropped column and a new one.
What one side alone did to a column holds, unless the other side needs it: a
column that one side dropped while the other changed cells in it is a conflict,
and so is one to which the sides give different types.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from curiouser.data.changesets import touching
from curiouser.data.merging.records import ConflictKind, Disagreement
from curiouser.data.records import ColumnType
from curiouser.data.stored import DTYPES, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one branch made of the version that both share."""

    schema: Schema
    """Its columns."""
    changes: pl.DataFrame
    """What it changed, as one changeset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedColumns:
    """The columns of a merge; ours where the sides disagree."""

    schema: dict[str, ColumnType]
    """Columns afterwards."""
    disputes: tuple[Disagreement, ...]
    """Columns that the sides disagree about."""
    apart: frozenset[str]
    """Columns whose cells are not merged row by row: one side lacks them, or stores them in another way."""


def merged_columns(base: Schema, ours: Side, theirs: Side) -> MergedColumns:
    """Merge the columns of two sides, in the order of ours, then theirs."""
    schema: dict[str, ColumnType] = {}
    disputes = []
    apart = set()
    for name in {**ours.schema, **theirs.schema, **base}:
        was, mine, other = base.get(name), ours.schema.get(name), theirs.schema.get(name)
        kept = other if mine == was else mine
        if _disagree(name, base, ours, theirs):
            disputes.append(_dispute(name, was, mine, other))
            kept = mine
        if kept is not None:
            schema[name] = kept
        if was is not None and None in {mine, other}:
            apart.add(name)
        if len({DTYPES[each] for each in (was, mine, other) if each is not None}) > 1:
            apart.add(name)
    return MergedColumns(schema=schema, disputes=tuple(disputes), apart=frozenset(apart))


def _disagree(name: str, base: Schema, ours: Side, theirs: Side) -> bool:
    was, mine, other = base.get(name), ours.schema.get(name), theirs.schema.get(name)
    if mine == other or (was is None and None in {mine, other}):
        return False
    if mine is None:
        return other != was or touching(theirs.changes, name)
    if other is None:
        return mine != was or touching(ours.changes, name)
    # Stored alike, a type that only one side gave holds; stored otherwise, cells of the two cannot be compared.
    return was not in {mine, other} or DTYPES[mine] != DTYPES[other]


def _dispute(name: str, was: ColumnType | None, mine: ColumnType | None, other: ColumnType | None) -> Disagreement:
    base, ours, theirs = ({name: None if kind is None else str(kind)} for kind in (was, mine, other))
    return Disagreement(
        kind=ConflictKind.COLUMN, example=None, unit=name, fields=(name,), base=base, ours=ours, theirs=theirs
    )
