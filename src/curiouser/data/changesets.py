"""What one data commit changed, as a table: each touched row with what it was and what it became.

A changeset has one row per touched example: ``id``, ``op`` (A added, C changed,
R removed), ``was`` (names of the changed columns), the row in ``row.<column>``
(of a removed row: its last state), and the old value of each changed cell in
``old.<column>``. Both states of every row can be read from it without the base.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curiouser.data.hashing import row_hashes, total_of
from curiouser.data.records import Value
from curiouser.data.stored import ID, Schema, conform, dtypes_of, empty_rows

Cells = Mapping[str, Value]
ADDED, CHANGED, REMOVED = "A", "C", "R"
_ROW, _OLD, _OP, _WAS = "row.", "old.", "op", "was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many rows a change touches."""

    added: int
    """New rows, >= 0."""
    changed: int
    """Rows with other values, >= 0."""
    removed: int
    """Rows that are gone, >= 0."""

    @property
    def total(self) -> int:
        """Touched rows in all."""
        return self.added + self.changed + self.removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What a chain of changesets comes to, to be laid over the rows of a snapshot."""

    rows: pl.DataFrame
    """Last state of each row that was added or changed, sorted by id."""
    gone: pl.Series
    """Ids of rows that were removed."""

    @property
    def touched(self) -> pl.Series:
        """Ids that the snapshot no longer speaks for."""
        return pl.concat([self.rows.get_column(ID), self.gone])

    def among(self, ids: pl.Series) -> Overlay:
        """Keep what concerns some ids."""
        return Overlay(
            rows=self.rows.filter(pl.col(ID).is_in(ids.implode())),
            gone=self.gone.filter(self.gone.is_in(ids.implode())),
        )

    def between(self, low: str | None, high: str | None) -> Overlay:
        """Keep what concerns ids from ``low`` to before ``high``."""
        inside = within(low, high)
        return Overlay(rows=self.rows.filter(inside), gone=self.gone.to_frame(ID).filter(inside).get_column(ID))


def within(low: str | None, high: str | None) -> pl.Expr:
    """Say that an id lies from ``low`` to before ``high``; None is unbounded."""
    inside = pl.lit(True)
    if low is not None:
        inside &= pl.col(ID) >= low
    if high is not None:
        inside &= pl.col(ID) < high
    return inside


def changeset(before: pl.DataFrame, after: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Compare two states of some rows and keep what differs.

    Args:
        before: The rows as they were, in stored form; ids that are new are absent.
        after: The rows as they become; ids that are removed are absent.
        schema: Every column of either.

    Returns:
        A changeset, sorted by id; empty when nothing differs.
    """
    columns = [name for name in schema if name != ID]
    old = conform(before, schema).rename({name: _OLD + name for name in columns}).with_columns(_before=pl.lit(True))
    new = conform(after, schema).rename({name: _ROW + name for name in columns}).with_columns(_after=pl.lit(True))
    both = old.join(new, on=ID, how="full", coalesce=True)
    operation = (
        pl.when(pl.col("_before").is_null()).then(pl.lit(ADDED)).when(pl.col("_after").is_null()).then(pl.lit(REMOVED))
    ).otherwise(pl.lit(CHANGED))
    both = both.with_columns(operation.alias(_OP))
    was = [
        pl.when((pl.col(_OP) == CHANGED) & pl.col(_OLD + name).ne_missing(pl.col(_ROW + name))).then(
            pl.lit(_quoted(name))
        )
        for name in columns
    ]
    both = both.with_columns(
        pl.concat_str(was, separator=",", ignore_nulls=True).alias(_WAS) if was else pl.lit("").alias(_WAS)
    )
    both = both.filter((pl.col(_OP) != CHANGED) | (pl.col(_WAS) != ""))
    rows = [
        pl.when(pl.col(_OP) == REMOVED).then(pl.col(_OLD + name)).otherwise(pl.col(_ROW + name)).alias(_ROW + name)
        for name in columns
    ]
    olds = [pl.when(_differs(name)).then(pl.col(_OLD + name)).alias(_OLD + name) for name in columns]
    made = both.select(ID, _OP, _WAS, *rows, *olds).sort(ID)
    return made.drop(_OLD + name for name in columns if made.get_column(_OLD + name).null_count() == made.height)


def after_rows(changes: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Read the rows that a changeset leaves, sorted by id."""
    return _read(changes.filter(pl.col(_OP) != REMOVED), schema, old=False)


def before_rows(changes: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Read the rows that a changeset found, sorted by id."""
    return _read(changes.filter(pl.col(_OP) != ADDED), schema, old=True)


def ids_of(changes: pl.DataFrame) -> pl.Series:
    """List the ids that a changeset touches."""
    return changes.get_column(ID)


def columns_of(changes: pl.DataFrame) -> set[str]:
    """Name the columns, beside the id, of which a changeset has cells."""
    return {name.removeprefix(_ROW) for name in changes.columns if name.startswith(_ROW)}


def counts_of(changes: pl.DataFrame) -> Counts:
    """Count what a changeset does."""
    done = changes.get_column(_OP)
    return Counts(
        added=int((done == ADDED).sum()), changed=int((done == CHANGED).sum()), removed=int((done == REMOVED).sum())
    )


def changing(columns: Iterable[str]) -> pl.Expr:
    """Say of a row of a changeset that it changes one of these columns of a known row."""
    return (pl.col(_OP) == CHANGED) & pl.any_horizontal(*map(_differs, columns))


def presence(changes: pl.DataFrame) -> pl.DataFrame:
    """Tell of each row whether it was there ``before``, and is there ``after``."""
    return changes.select(ID, (pl.col(_OP) != ADDED).alias("before"), (pl.col(_OP) != REMOVED).alias("after"))


def touching(changes: pl.DataFrame, column: str) -> bool:
    """Tell whether a changeset gives a cell of a column another value, new rows included."""
    if _ROW + column not in changes.columns:
        return False
    added = (pl.col(_OP) == ADDED) & pl.col(_ROW + column).is_not_null()
    changed = (pl.col(_OP) == CHANGED) & _differs(column)
    return bool(changes.select((added | changed).any()).item())


def content_delta(changes: pl.DataFrame, schema: Schema) -> int:
    """Sum what a changeset adds to the content hash, before the modulus."""
    return total_of(row_hashes(after_rows(changes, schema))) - total_of(row_hashes(before_rows(changes, schema)))


def operations(changes: pl.DataFrame) -> list[str]:
    """List what happens to each row: A, C or R."""
    return changes.get_column(_OP).to_list()


def changed_columns(changes: pl.DataFrame) -> list[list[str]]:
    """List the columns that each row changes; empty for rows that come or go."""
    return [json.loads(f"[{was or ''}]") for was in changes.get_column(_WAS)]


def states_of(changes: pl.DataFrame, schema: Schema) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read each row before and after; a row that is not there has only its id."""
    done = changes.get_column(_OP)
    before = _blanked(_read(changes, schema, old=True), done == ADDED)
    return before, _blanked(_read(changes, schema, old=False), done == REMOVED)


def states_of_one(changes: pl.DataFrame, example: str, schema: Schema) -> tuple[Cells | None, Cells | None] | None:
    """Read one row before and after; None for a side where it is not there, and None where it is not touched.

    For one row this costs a fraction of :func:`states_of`, which works on whole columns.
    """
    found = changes.filter(pl.col(ID) == example)
    if found.is_empty():
        return None
    cells = found.row(0, named=True)
    row = {name: cells.get(name if name == ID else _ROW + name) for name in schema}
    changed = json.loads(f"[{cells[_WAS] or ''}]")
    old = row | {name: cells.get(_OLD + name) for name in changed if name in row}
    return (None if cells[_OP] == ADDED else old), (None if cells[_OP] == REMOVED else row)


def overlay(chain: Sequence[pl.DataFrame], schema: Schema) -> Overlay:
    """Lay changesets over each other, oldest first; the last word on a row counts."""
    last = [part.select(ID, _OP, *(name for name in part.columns if name.startswith(_ROW))) for part in chain]
    if not last:
        return Overlay(rows=pl.DataFrame(schema=dtypes_of(schema)), gone=pl.Series(ID, [], dtype=pl.String))
    final = pl.concat(last, how="diagonal_relaxed").unique(ID, keep="last", maintain_order=False)
    return Overlay(
        rows=_read(final.filter(pl.col(_OP) != REMOVED), schema, old=False).sort(ID),
        gone=final.filter(pl.col(_OP) == REMOVED).get_column(ID).sort(),
    )


def reversed_changes(changes: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Turn a changeset round, so that it undoes itself."""
    return changeset(after_rows(changes, schema), before_rows(changes, schema), schema)


def composed(chain: Sequence[pl.DataFrame], schema: Schema) -> pl.DataFrame:
    """Make one changeset of several, oldest first; what is undone on the way is left out."""
    if not chain:
        return changeset(empty_rows(schema), empty_rows(schema), schema)
    if len(chain) == 1:
        return chain[0]
    befores = [before_rows(part, schema).with_columns(_place=pl.lit(place)) for place, part in enumerate(chain)]
    afters = [after_rows(part, schema).with_columns(_place=pl.lit(place)) for place, part in enumerate(chain)]
    touched = pl.concat(part.select(ID, pl.lit(place).alias("_place")) for place, part in enumerate(chain))
    first = touched.group_by(ID).agg(pl.col("_place").min())
    last = touched.group_by(ID).agg(pl.col("_place").max())
    before = pl.concat(befores).join(first, on=[ID, "_place"], how="semi").drop("_place")
    after = pl.concat(afters).join(last, on=[ID, "_place"], how="semi").drop("_place")
    return changeset(before, after, schema)


def _read(changes: pl.DataFrame, schema: Schema, *, old: bool) -> pl.DataFrame:
    return changes.select([_cell(changes, name, dtype, old=old) for name, dtype in dtypes_of(schema).items()])


def _blanked(rows: pl.DataFrame, absent: pl.Series) -> pl.DataFrame:
    return rows.with_columns(pl.when(~absent).then(pl.col(name)).alias(name) for name in rows.columns if name != ID)


def _cell(changes: pl.DataFrame, name: str, dtype: pl.DataType, *, old: bool) -> pl.Expr:
    if name == ID:
        return pl.col(ID)
    row = pl.col(_ROW + name).cast(dtype) if _ROW + name in changes.columns else pl.lit(None, dtype=dtype)
    if not old or _ROW + name not in changes.columns:
        return row.alias(name)
    before = pl.col(_OLD + name).cast(dtype) if _OLD + name in changes.columns else pl.lit(None, dtype=dtype)
    return pl.when(_differs(name)).then(before).otherwise(row).alias(name)


def _differs(name: str) -> pl.Expr:
    return pl.col(_WAS).str.contains(_quoted(name), literal=True)


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
