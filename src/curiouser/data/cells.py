"""Change single cells of known rows, given as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from curiouser.data.errors import BadExamplesError, ExamplesNotFoundError
from curiouser.data.records import ColumnType, DataCommit, Value
from curiouser.data.stored import ID, dtypes_of
from curiouser.kernel.errors import BadInputError

_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a known row, and the text that it gets."""

    id: str
    """The row."""
    column: str
    """The column."""
    text: str | None
    """The new value, as text; None makes it missing."""


def edited(known: pl.DataFrame, cells: Sequence[Cell], head: DataCommit) -> pl.DataFrame:
    """Lay cells over the rows they name.

    Args:
        known: The rows as they are.
        cells: What they get; the last one counts where two name the same cell.
        head: The version that the rows are of.

    Raises:
        ExamplesNotFoundError: A row is not there.
        BadInputError: A column is not there, or it is the id.
        BadExamplesError: A text is no value of its column.
    """
    missing = sorted({cell.id for cell in cells} - set(known.get_column(ID)))
    if missing:
        raise ExamplesNotFoundError(head.dataset, missing)
    columns = list(dict.fromkeys(cell.column for cell in cells))
    unknown = [name for name in columns if name not in head.schema or name == ID]
    if unknown:
        names = ", ".join(name for name in head.schema if name != ID)
        raise BadInputError(f"{', '.join(map(repr, unknown))} is no column to set", f"the columns are {names}")
    rows = {row[ID]: row for row in known.select(ID, *columns).iter_rows(named=True)}
    problems = []
    for cell in cells:
        try:
            rows[cell.id][cell.column] = value_of(cell.text, head.schema[cell.column])
        except ValueError:
            problems.append(f"{cell.column} of {cell.id} cannot be {cell.text!r}: it is a {head.schema[cell.column]}")
    if problems:
        raise BadExamplesError(problems)
    return pl.DataFrame(list(rows.values()), schema=dtypes_of(head.schema, [ID, *columns]))


def value_of(text: str | None, kind: ColumnType) -> Value:
    """Read a value of a column's type from text.

    Raises:
        ValueError: It is none.

    Examples:
        >>> value_of("0.5", ColumnType.NUMBER), value_of("007", ColumnType.TEXT)
        (0.5, '007')
    """
    if text is None:
        return None
    if kind is ColumnType.NUMBER:
        return float(text)
    if kind is ColumnType.BOOLEAN:
        if text.lower() not in _BOOLEANS:
            raise ValueError(text)
        return _BOOLEANS[text.lower()]
    if kind is ColumnType.TIMESTAMP:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return text
