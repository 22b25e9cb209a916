"""Bring frames to the form in which rows are stored, and refuse what cannot be.

Stored rows have ``id`` (text, unique, never missing), the task's columns,
``origin`` and any extra columns. A number is a finite Float64, -0 is 0, and
NaN is missing; a moment is in microseconds, UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curiouser.data.errors import BadExamplesError, ColumnTypeError
from curiouser.data.records import ColumnType, Origin
from curiouser.data.sorting import sorted_by
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.words import plural

ID, ORIGIN, WEIGHT = "id", "origin", "weight"
MOMENT = pl.Datetime("us", "UTC")
DTYPES: Mapping[ColumnType, pl.DataType] = {
    ColumnType.TEXT: pl.String(),
    ColumnType.NUMBER: pl.Float64(),
    ColumnType.CATEGORY: pl.String(),
    ColumnType.BOOLEAN: pl.Boolean(),
    ColumnType.TIMESTAMP: MOMENT,
    ColumnType.FILE: pl.String(),
}
_EXACT = 1 << 53  # whole numbers up to here are exact in a float
_SHOWN = 10

Schema = Mapping[str, ColumnType]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRows:
    """Rows in stored form with the type of each of their columns."""

    frame: pl.DataFrame
    """Rows, sorted by id."""
    as_given: pl.DataFrame
    """The same rows as they came: their texts lie one after the other in memory, and hash faster."""
    schema: dict[str, ColumnType]
    """Types of the columns of the frame, and of no others."""


def to_stored(frame: pl.DataFrame, task: Task, *, given: Schema, known: Schema) -> StoredRows:
    """Convert columns to their stored types and check every row.

    Args:
        frame: Rows as they came; the user's id column may still have its own name.
        task: Says which column plays which part.
        given: Types that the caller states; they win over what the data looks like.
        known: Types that the dataset's columns have already.

    Raises:
        BadExamplesError: Rows without id or twice with the same, an unknown origin or class, an impossible number.
        ColumnTypeError: A column cannot be brought to its type.
        BadInputError: There is no id column.
    """
    frame = _with_id(frame, task)
    schema = {
        name: given.get(name) or known.get(name) or column_type(name, dtype, task)
        for name, dtype in frame.schema.items()
    }
    frame = frame.select(_converted(frame.get_column(name), kind) for name, kind in schema.items())
    if ORIGIN in schema:
        frame = frame.with_columns(pl.col(ORIGIN).fill_null(str(Origin.SAMPLE)))
    as_given, frame = frame, sorted_by(frame, ID)
    problems = [*_id_problems(frame), *_value_problems(frame, task)]
    if problems:
        raise BadExamplesError(problems)
    return StoredRows(frame=frame, as_given=as_given, schema=schema)


def column_type(name: str, dtype: pl.DataType, task: Task) -> ColumnType:
    """Guess a column's type from its part in the task and from how its values are kept."""
    if name == task.label:
        return ColumnType.NUMBER if task.kind is TaskKind.REGRESSION else ColumnType.CATEGORY
    if name in {ID, task.user, ORIGIN, *task.groups}:
        return ColumnType.TEXT if name == ID else ColumnType.CATEGORY
    if name == WEIGHT or dtype.is_numeric():
        return ColumnType.NUMBER
    if dtype.is_temporal():
        return ColumnType.TIMESTAMP
    known = {pl.Boolean: ColumnType.BOOLEAN, pl.Categorical: ColumnType.CATEGORY, pl.Enum: ColumnType.CATEGORY}
    return known.get(type(dtype), ColumnType.TEXT)


def dtypes_of(schema: Schema, columns: Iterable[str] | None = None) -> dict[str, pl.DataType]:
    """Say how the columns of a schema are kept."""
    return {name: DTYPES[schema[name]] for name in (schema if columns is None else columns)}


def empty_rows(schema: Schema) -> pl.DataFrame:
    """Make a table without rows."""
    return pl.DataFrame(schema=dtypes_of(schema))


def conform(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Give stored rows exactly the columns of a schema: what is absent is missing, what is not named goes."""
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in dtypes_of(schema).items()
    )


def readable_together(before: Schema, after: Schema) -> dict[str, ColumnType]:
    """Give every column of two versions a type in which both can be read: text where they store it differently."""
    both = {**after, **before, **after}
    apart = (name for name in before.keys() & after.keys() if DTYPES[before[name]] != DTYPES[after[name]])
    return {**both, **dict.fromkeys(apart, ColumnType.TEXT)}


def some_ids(ids: Sequence[str] | pl.Series) -> str:
    """Name a few ids, and count the rest."""
    shown = ", ".join(map(str, ids[:_SHOWN]))
    return shown + (f" … and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else "")


def _with_id(frame: pl.DataFrame, task: Task) -> pl.DataFrame:
    if task.id != ID and task.id in frame.columns:
        frame = frame.rename({task.id: ID})
    if ID not in frame.columns:
        raise BadInputError("the rows have no id column", f"name one in [task] id, or give a column called {task.id!r}")
    return frame


def _converted(series: pl.Series, kind: ColumnType) -> pl.Series:
    target, dtype = DTYPES[kind], series.dtype
    if dtype in {target, pl.Null}:
        made = series.cast(target)
    elif target == pl.String and (
        dtype.is_integer() or dtype == pl.Boolean or isinstance(dtype, pl.Categorical | pl.Enum)
    ):
        made = series.cast(pl.String)
    elif target == pl.Float64 and (dtype.is_numeric() or isinstance(dtype, pl.Decimal)):
        made = _exact(series).cast(pl.Float64)
    elif kind is ColumnType.TIMESTAMP and (dtype == pl.Date or isinstance(dtype, pl.Datetime)):
        made = _utc(series)
    else:
        raise ColumnTypeError(
            series.name, f"is a {kind} column, and these values are {dtype}", "convert them first; nothing was changed"
        )
    if kind is not ColumnType.NUMBER:
        return made
    made = made.fill_nan(None)
    return made.set(made == 0.0, 0.0)  # also -0.0, which equals 0 and has other bits


def _exact(series: pl.Series) -> pl.Series:
    if series.dtype.is_integer() and not series.drop_nulls().is_between(-_EXACT, _EXACT).all():
        raise ColumnTypeError(
            series.name, "holds whole numbers beyond 2^53, which a number column would round", "make it a text column"
        )
    return series


def _utc(series: pl.Series) -> pl.Series:
    zone = getattr(series.dtype, "time_zone", None)
    moments = series.cast(pl.Datetime("us", zone))
    return moments.dt.convert_time_zone("UTC") if zone else moments.dt.replace_time_zone("UTC")


def _id_problems(frame: pl.DataFrame) -> list[str]:
    """Look for rows without id and for ids given twice; the rows are sorted by id."""
    ids = frame.get_column(ID)
    problems = []
    missing = int((ids.fill_null("") == "").sum())
    if missing:
        problems.append(f"{plural(missing, 'row has', 'rows have')} no id")
    twice = ids.filter(ids == ids.shift()).unique(maintain_order=True)
    if len(twice):
        problems.append(f"{plural(len(twice), 'id stands', 'ids stand')} in more than one row: {some_ids(twice)}")
    return problems


def _value_problems(frame: pl.DataFrame, task: Task) -> list[str]:
    bad = {
        f"{name} is infinite": pl.col(name).is_infinite() for name, dtype in frame.schema.items() if dtype == pl.Float64
    }
    if ORIGIN in frame.columns:
        bad[f"{ORIGIN} is neither sample nor pattern"] = ~pl.col(ORIGIN).is_in([str(each) for each in Origin])
    if task.kind is not TaskKind.REGRESSION and task.label in frame.columns:
        bad[f"{task.label} is no class of the task"] = ~pl.col(task.label).is_in(list(task.classes))
    if WEIGHT in frame.columns:
        bad[f"{WEIGHT} is not above 0"] = pl.col(WEIGHT) <= 0
    if not bad:
        return []
    counts = frame.select(expression.sum().alias(reason) for reason, expression in bad.items()).row(0, named=True)
    return [
        f"in {plural(count, 'row')} {reason}: {some_ids(frame.filter(bad[reason]).get_column(ID))}"
        for reason, count in counts.items()
        if count
    ]
