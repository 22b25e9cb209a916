"""What is wrong with a file: whole-file errors, and bad rows that are all collected before anybody is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curiouser.kernel.errors import BadInputError, BadRowsError

FIELD_LIMIT_BYTES = 10_000_000
"""Largest field that is read; a longer one is nearly always an unclosed quote or a file pasted into a cell."""
ROW_LIMIT_BYTES = 32_000_000
"""Largest row that is read; it bounds what a reader holds in memory."""
_KEPT = 100_000
_SHOWN_VALUE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """One thing that is wrong with one row."""

    line: int
    """Line of the file on which the row begins, from 1; for Parquet and frames the number of the row, from 1."""
    reason: str
    """What is wrong, in words."""
    column: str | None = None
    """The column, as the file calls it; None when the whole row is wrong."""
    value: str | None = None
    """What stands there, cut to 60 characters."""
    text: str | None = None
    """The row as it stands in the file, when it could not be split into fields."""

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", column {self.column!r}" if self.column is not None else "")
        said = f"{_cut(self.value)!r} " if self.value is not None else ""
        return f"{place}: {said}{self.reason}"


class UnreadableFileError(BadInputError):
    """A data file that cannot be read at all: not its format, another encoding, cut off, or empty."""

    code = "CUR250"


class WrongColumnsError(BadInputError):
    """A data file whose columns don't fit the task or the dataset; no row was looked at."""

    code = "CUR251"


class BadDataError(BadRowsError):
    """A data file with bad rows: all are named, and nothing was changed.

    Args:
        source: The file, as the user called it.
        rows: Every bad row, in the order of the file.
        more: How many further bad rows were counted but not kept.
    """

    code = "CUR252"

    def __init__(self, source: str, rows: Sequence[BadRow], more: int = 0) -> None:
        self.rows, self.more = tuple(rows), more
        problems = [str(row) for row in rows]
        if more:
            problems.append(f"and {more:,} more, which were counted but not kept")
        super().__init__(source, problems)
        self.args = (source, self.rows, more)


class BadRows:
    """Collects bad rows; keeps the first 100,000 and counts the rest, so that memory stays bounded."""

    def __init__(self) -> None:
        self.kept: list[BadRow] = []
        self.found = 0

    def extend(self, rows: Iterable[BadRow]) -> None:
        """Add bad rows."""
        for row in rows:
            self.found += 1
            if self.found <= _KEPT:
                self.kept.append(row)

    def error(self, source: str) -> BadDataError:
        """Make the error that names them all, in the order of the file."""
        return BadDataError(source, sorted(self.kept, key=lambda row: row.line), self.found - len(self.kept))


def megabytes(size_bytes: int) -> str:
    """Say a size in megabytes.

    Examples:
        >>> megabytes(10_000_000)
        '10 MB'
    """
    return f"{size_bytes / 1_000_000:g} MB"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_VALUE else text[: _SHOWN_VALUE - 1] + "…"
