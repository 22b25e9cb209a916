"""Merge what two branches did to the version they share: example by example, and field by field.

Only rows that a side changed are looked at, so a merge costs what was changed,
whatever the size of the table. The inputs and the label of a row are one
group: merged field by field like the rest, but only where input and label as
merged stood together on one of the sides. Else a label would come to an input
that nobody ever gave it to, and that is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from curiouser.data.changesets import after_rows, before_rows, changeset, presence, states_of
from curiouser.data.merging.columns import MergedColumns, Side, merged_columns
from curiouser.data.merging.records import WHOLE_ROW, ConflictKind, Disagreement, Values
from curiouser.data.stored import ID, Schema
from curiouser.kernel.ids import ExampleId

_BASE, _OURS, _THEIRS, _CLASH = "base-", "ours-", "theirs-", "clash-"
_HERE, _THERE, _WAS, _TOGETHER = "_here", "_there", "_was", "_together"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePlan:
    """What a merge comes to before its conflicts are settled."""

    columns: MergedColumns
    """The columns afterwards."""
    shared: Schema
    """Columns that are merged row by row."""
    ours: pl.DataFrame
    """Rows of ours that the merge may touch, in the shared columns, sorted by id."""
    merged: pl.DataFrame
    """The same rows afterwards; what is in conflict stands as ours has it."""
    disagreements: tuple[Disagreement, ...]
    """Columns first, then rows by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Both:
    """Rows that both sides touched, aligned."""

    base: pl.DataFrame
    ours: pl.DataFrame
    theirs: pl.DataFrame
    presence: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupled:
    """Columns that belong together: a label is given to an input."""

    inputs: tuple[str, ...]
    """Columns the model reads."""
    label: str
    """Column of the answer."""
    columns: tuple[str, ...] = field(init=False)
    """All of them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", (*self.inputs, self.label))


def merge_plan(base: Schema, ours: Side, theirs: Side, coupled: Coupled) -> MergePlan:
    """Work out what a merge comes to.

    Args:
        base: Columns of the version that both share.
        ours: The branch that is merged into.
        theirs: The branch that is merged.
        coupled: Columns that belong together.
    """
    columns = merged_columns(base, ours, theirs)
    shared = {name: kind for name, kind in columns.schema.items() if name not in columns.apart}
    mine, other = (_within(side.changes, shared, columns) for side in (ours, theirs))
    alone = other.join(mine, on=ID, how="anti", maintain_order="left")
    both = _aligned(mine, other, shared)
    found, merged = _merged(both, shared, coupled)
    here = both.ours.filter(both.presence.get_column(_HERE))
    return MergePlan(
        columns=columns,
        shared=shared,
        ours=pl.concat([before_rows(alone, shared), here]).sort(ID),
        merged=pl.concat([after_rows(alone, shared), merged]).sort(ID),
        disagreements=(*columns.disputes, *found),
    )


def changes_of(plan: MergePlan, merged: pl.DataFrame) -> pl.DataFrame:
    """Tell what a merge changes in ours, once its rows are settled."""
    return changeset(plan.ours, merged, plan.shared)


def _within(changes: pl.DataFrame, shared: Schema, columns: MergedColumns) -> pl.DataFrame:
    """Leave out of a changeset what is not merged row by row."""
    if not columns.apart:
        return changes
    return changeset(before_rows(changes, shared), after_rows(changes, shared), shared)


def _aligned(mine: pl.DataFrame, other: pl.DataFrame, shared: Schema) -> _Both:
    one = mine.join(other, on=ID, how="semi").sort(ID)
    two = other.join(mine, on=ID, how="semi").sort(ID)
    base, ours = states_of(one, shared)
    _, theirs = states_of(two, shared)
    there = presence(one).select(ID, pl.col("before").alias(_WAS), pl.col("after").alias(_HERE))
    return _Both(
        base=base,
        ours=ours,
        theirs=theirs,
        presence=there.with_columns(presence(two).get_column("after").alias(_THERE)),
    )


def _merged(both: _Both, shared: Schema, coupled: Coupled) -> tuple[list[Disagreement], pl.DataFrame]:
    """Merge rows that both sides touched; returns what is in conflict, and the rows with ours in its place."""
    fields = _Fields(
        names=tuple(name for name in shared if name != ID),
        group=tuple(name for name in coupled.columns if name in shared),
    )
    alive = pl.col(_HERE) & pl.col(_THERE)
    sides = ((_BASE, both.base), (_OURS, both.ours), (_THEIRS, both.theirs))
    table = pl.concat(
        [
            both.presence,
            *(rows.select(pl.col(name).alias(fields.of(side, name)) for name in fields.names) for side, rows in sides),
        ],
        how="horizontal",
    ).with_columns(fields.clash(name).alias(fields.of(_CLASH, name)) for name in fields.names)
    together = pl.any_horizontal(
        ~fields.as_merged(_OURS) & ~fields.as_merged(_THEIRS),
        *(pl.col(fields.of(_CLASH, name)) for name in fields.group),
    )
    table = table.with_columns(together.alias(_TOGETHER))
    rows = table.filter(pl.col(_HERE)).select(ID, *(fields.settled(name, alive).alias(name) for name in fields.names))
    found = [*_over_rows(table, both, fields), *_over_fields(table.filter(alive), fields)]
    found.sort(key=lambda one: (str(one.example), one.unit != fields.unit, fields.names.index(one.fields[0])))
    return found, rows.select(list(shared))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fields:
    """Fields by their place, so that no name of a user's column is in the way of another."""

    names: tuple[str, ...]
    group: tuple[str, ...]

    @property
    def unit(self) -> str:
        """What the group is settled as: the label, where there is one."""
        return self.group[-1]

    def of(self, side: str, name: str) -> str:
        """Name a field of one side, or a remark on it."""
        return f"{side}{self.names.index(name)}"

    def clash(self, name: str) -> pl.Expr:
        """Say that both sides changed a field, to different values."""
        base, ours, theirs = (pl.col(self.of(side, name)) for side in (_BASE, _OURS, _THEIRS))
        return base.ne_missing(ours) & base.ne_missing(theirs) & ours.ne_missing(theirs)

    def by_field(self, name: str) -> pl.Expr:
        """Merge one field: as the side has it that changed it."""
        base, ours, theirs = (pl.col(self.of(side, name)) for side in (_BASE, _OURS, _THEIRS))
        return pl.when(base.eq_missing(ours)).then(theirs).otherwise(ours)

    def as_merged(self, side: str) -> pl.Expr:
        """Say that the group as merged is what one side has."""
        same = (self.by_field(name).eq_missing(pl.col(self.of(side, name))) for name in self.group)
        return pl.all_horizontal(pl.lit(True), *same)

    def settled(self, name: str, alive: pl.Expr) -> pl.Expr:
        """Merge one field, where ours stays for what is in conflict."""
        in_conflict = pl.col(_TOGETHER if name in self.group else self.of(_CLASH, name))
        return pl.when(~alive | in_conflict).then(pl.col(self.of(_OURS, name))).otherwise(self.by_field(name))


def _over_rows(table: pl.DataFrame, both: _Both, fields: _Fields) -> Iterator[Disagreement]:
    """Find rows that one side deleted and the other changed."""
    gone = (table.get_column(_HERE) != table.get_column(_THERE)).arg_true()
    parts = (table[gone], both.base[gone], both.ours[gone], both.theirs[gone])
    for at, base, ours, theirs in zip(*(part.iter_rows(named=True) for part in parts), strict=True):
        left = ours if at[_HERE] else theirs
        yield Disagreement(
            kind=ConflictKind.DELETED,
            example=ExampleId(at[ID]),
            unit=WHOLE_ROW,
            fields=tuple(name for name in fields.names if base[name] != left[name]),
            base={name: base[name] for name in fields.names},
            ours={name: ours[name] for name in fields.names} if at[_HERE] else None,
            theirs={name: theirs[name] for name in fields.names} if at[_THERE] else None,
        )


def _over_fields(table: pl.DataFrame, fields: _Fields) -> Iterator[Disagreement]:
    """Find fields with two new values, and labels that came to another input."""
    alone = [name for name in fields.names if name not in fields.group]
    in_conflict = pl.any_horizontal(pl.col(_TOGETHER), *(pl.col(fields.of(_CLASH, name)) for name in alone))
    for row in table.filter(in_conflict).iter_rows(named=True):
        if row[_TOGETHER]:
            differing = [name for name in fields.group if row[fields.of(_OURS, name)] != row[fields.of(_THEIRS, name)]]
            clashing = all(row[fields.of(_CLASH, name)] for name in differing)
            kind = ConflictKind.FIELD if clashing else ConflictKind.COUPLED
            yield _field_conflict(row, kind, fields, fields.unit, differing)
        for name in alone:
            if row[fields.of(_CLASH, name)]:
                yield _field_conflict(row, ConflictKind.FIELD, fields, name, [name])


def _field_conflict(row: Values, kind: ConflictKind, fields: _Fields, unit: str, names: Sequence[str]) -> Disagreement:
    base, ours, theirs = ({name: row[fields.of(side, name)] for name in names} for side in (_BASE, _OURS, _THEIRS))
    return Disagreement(
        kind=kind if row[_WAS] else ConflictKind.ADDED,
        example=ExampleId(str(row[ID])),
        unit=unit,
        fields=tuple(names),
        base=base if row[_WAS] else None,
        ours=ours,
        theirs=theirs,
    )
