"""What every kind of data file is read as: chunks of rows, each with the line it begins on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data.formats.bad_rows import BadRow, WrongColumnsError
from curiouser.data.records import ColumnType
from curiouser.kernel.errors import BadInputError

CHUNK_ROWS = 65_536
MOST_COLUMNS = 10_000
"""Most columns of a table: beyond, every step takes minutes, and nobody reads it."""
REJECT_COLUMNS = ("rejected_line", "rejected_because", "rejected_text")
"""Columns of a file of rejects; they are dropped when it comes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a delimited file is written, where looking at it is not enough."""

    delimiter: str | None = None
    """One character; None: whichever of ``, ; tab |`` splits the header best."""
    columns: tuple[str, ...] = ()
    """Names of the columns of a file without a header."""
    quotes: bool = True
    """Whether ``"`` at the start of a field opens a quoted one."""
    decimal_comma: bool = False
    """Whether numbers are written ``3,14``."""
    raw: bool = False
    """Keep the apostrophe that formula-safe files put before ``= + - @``; it is taken off otherwise."""

    def __post_init__(self) -> None:
        given = self.delimiter
        if given is not None and (len(given) != 1 or not given.isascii() or given in '"\r\n\0'):
            raise BadInputError(f"{given!r} is no delimiter", "give one character of ASCII, as in --delimiter ';'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows of a file."""

    frame: pl.DataFrame
    """The rows that could be read: all columns text, but for Parquet and frames, which have types."""
    lines: NDArray[np.int64]
    """``(n,)``, the line on which each row begins, from 1."""
    bad: list[BadRow] = field(default_factory=list)
    """The rows that could not be read."""
    said: Mapping[str, frozenset[str]] | None = None
    """JSON only: the kinds of value in each column (text, number, boolean); None where the file does not say."""
    unescaped: int = 0
    """How many texts the apostrophe of a formula-safe file was taken from."""


class Rowed(Protocol):
    """Something with rows that can be read more than once."""

    @property
    def name(self) -> str:
        """What the user called it."""
        ...

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Its columns in order; None where only reading it all would tell (JSON lines)."""
        ...

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers in it are written ``3,14``."""
        ...

    @property
    def says(self) -> Mapping[str, ColumnType]:
        """Types that the file itself states, by the file's names; a Parquet file that was exported does."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """Read from the start, a chunk at a time.

        Raises:
            UnreadableFileError: It cannot be read on.
        """
        ...


def check_names(columns: tuple[str, ...], source: str) -> None:
    """Refuse columns without a name, two with the same, and names that Polars would take for patterns.

    Raises:
        WrongColumnsError: There are such columns; all are named.
    """
    if len(columns) > MOST_COLUMNS:
        raise WrongColumnsError(
            f"{source} has {len(columns):,} columns; a table has at most {MOST_COLUMNS:,}",
            "check the delimiter, or give rows, not columns, to what there are many of",
        )
    nameless = [str(i) for i, name in enumerate(columns, 1) if not name]
    twice = sorted(name for name, count in Counter(columns).items() if name and count > 1)
    if nameless:
        raise WrongColumnsError(
            f"{source}: column {', '.join(nameless)} has no name",
            "name every column in the first line (pandas: to_csv(..., index=False)), "
            "or say --columns a,b,c for a file without a header",
        )
    if twice:
        raise WrongColumnsError(
            f"{source} names {', '.join(map(repr, twice))} more than once", "give each column its own name"
        )
    patterns = [name for name in columns if name.startswith("^") and name.endswith("$")]
    if patterns:
        raise WrongColumnsError(
            f"{source} has a column {', '.join(map(repr, patterns))}; a name cannot begin with ^ and end with $",
            "rename it",
        )
