"""A table once: what a page shows, its CSV and its JSON say the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from curiouser.kernel.canonical import Json
from curiouser.surfaces.serving.answers import body_answer, csv_answer

Format = Literal["csv", "json"]
"""What ``?format=`` may ask for."""
AsFile = Annotated[Format | None, Query(alias="format")]
"""The parameter by which a page is asked for as a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    key: str
    """Its name in JSON and in the CSV's first line: ``error_low``."""
    title: str
    """What people read above it."""
    digits: int | None = None
    """Digits behind the point on the page; None: shown as it is."""
    is_number: bool = False
    """Whether it stands to the right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under named columns."""

    name: str
    """Key of the rows in JSON, and name of the file: ``problems``."""
    caption: str
    """What the rows are, for somebody who cannot see what stands around them."""
    columns: Sequence[Column]
    """From left to right; the first one names the row."""
    rows: Sequence[Mapping[str, Json]]
    """One mapping per row; a column that it lacks is missing, not zero."""


def table_answer(table: Table, form: Format) -> Response:
    """Answer with a table as a file, for ``?format=csv`` and ``?format=json``.

    Every key of the rows goes into JSON; CSV has the columns, made safe for
    spreadsheets.
    """
    if form == "json":
        return body_answer({table.name: [dict(row) for row in table.rows]})
    keys = [column.key for column in table.columns]
    return csv_answer(keys, [[_flat(row.get(key)) for key in keys] for row in table.rows], table.name)


def _flat(value: Json) -> object:
    """Put a nested value into one cell.

    Examples:
        >>> _flat(["a", "b"]), _flat({"low": 1, "high": None}), _flat(0.5)
        ('a; b', 'low=1; high=', 0.5)
    """
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={'' if part is None else part}" for key, part in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(str(part) for part in value)
    return value
