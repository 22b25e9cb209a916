"""The file of rejects: the rows that were set aside, as they were, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import polars as pl

from curiouser.data.formats.bad_rows import BadRow
from curiouser.data.formats.chunks import REJECT_COLUMNS, Chunk
from curiouser.data.formats.writing import formula_safe
from curiouser.storage.objects import disk_errors

_LINE, _BECAUSE, _TEXT = REJECT_COLUMNS


class RejectsFile:
    """Writes rejected rows as CSV: the file's own columns, the line, the reason, the text of what could not be split.

    Corrected, it can be imported as it is: the three columns about the reject
    are dropped then.

    Args:
        path: Where to write; what stands there is replaced when the work is done.
        columns: The columns of the file that is being imported.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self._columns = [name for name in columns if name not in REJECT_COLUMNS]
        self._temporary = path.with_name(path.name + ".part")
        self._schema = {name: pl.String() for name in (*self._columns, *REJECT_COLUMNS)}

    def __enter__(self) -> Self:
        with disk_errors(f"writing {self.path}"):
            self._stream = self._temporary.open("wb")
            header = formula_safe(pl.DataFrame(schema=self._schema))
            header.write_csv(self._stream)
        return self

    def write(self, chunk: Chunk, bad: Sequence[BadRow]) -> None:
        """Write the rows of a chunk that are bad, one line each, all their reasons together."""
        reasons: dict[int, list[BadRow]] = {}
        for row in bad:
            reasons.setdefault(row.line, []).append(row)
        if not reasons:
            return
        lines = np.array(sorted(reasons), np.int64)
        places = np.searchsorted(chunk.lines, lines)
        known = [p < chunk.lines.size and chunk.lines[p] == line for p, line in zip(places, lines, strict=True)]
        cells = chunk.frame.select(pl.col(c).cast(pl.String) for c in self._columns if c in chunk.frame.columns)
        records = [
            {
                **(cells.row(int(place), named=True) if is_known else {}),
                _LINE: str(line),
                _BECAUSE: "; ".join(_said(row) for row in reasons[int(line)]),
                _TEXT: next((row.text for row in reasons[int(line)]), None),
            }
            for line, place, is_known in zip(lines, places, known, strict=True)
        ]
        with disk_errors(f"writing {self.path}"):
            formula_safe(pl.DataFrame(records, schema=self._schema)).write_csv(self._stream, include_header=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stream.close()
        if kind is None:
            with disk_errors(f"writing {self.path}"):
                self._temporary.replace(self.path)
        else:
            self._temporary.unlink(missing_ok=True)


def _said(row: BadRow) -> str:
    return row.reason if row.column is None else f"{row.column}: {row.reason}"
