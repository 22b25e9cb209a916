"""The rows a model has still to predict, as a file its own code can read."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import polars as pl

from curiouser.data import ColumnType, Layout, write_file, write_stream
from curiouser.kernel.errors import UsageError

_FORMATS = (".csv", ".tsv", ".jsonl", ".parquet")
_KINDS = {pl.Float64(): ColumnType.NUMBER, pl.Boolean(): ColumnType.BOOLEAN, pl.String(): ColumnType.TEXT}


def write_rows(rows: pl.DataFrame, target: Path | IO[bytes], *, kind: str | None = None, raw: bool = False) -> int:
    """Write rows to a file or a stream.

    Args:
        rows: ``(n, …)``, id and inputs.
        target: The file, whose name says the format unless ``kind`` does, or an open stream.
        kind: csv, tsv, jsonl or parquet; csv for a stream when left out.
        raw: CSV: leave texts alone that a spreadsheet would take for formulas.

    Returns:
        How many rows were written.

    Raises:
        UsageError: The format is unknown, or a stream can't take it.
        StorageError: The disk refused.
    """
    suffix = target.suffix.lower() if isinstance(target, Path) else ".csv"
    if kind is None and suffix not in _FORMATS:
        raise UsageError(f"{target} says no format", "end its name in .csv, .tsv, .jsonl or .parquet, or say --format")
    schema = {name: _KINDS.get(dtype, ColumnType.TIMESTAMP) for name, dtype in rows.schema.items()}
    layout = Layout(format=kind or suffix[1:], schema=schema, raw=raw)
    if isinstance(target, Path):
        return write_file(target, [rows], layout)
    if layout.format == "parquet":
        raise UsageError("Parquet is not written to a terminal or pipe", "say where to: --output FILE.parquet")
    return write_stream(target, [rows], layout)
