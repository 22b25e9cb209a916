"""Rows out of the house: CSV, TSV, JSON lines and Parquet, a chunk at a time.

CSV is made safe for spreadsheets: a text that begins with ``= + - @``, a tab
or a carriage return gets an apostrophe before it, so that no program takes it
for a formula; so does one that begins with apostrophes and then one of these,
so that importing the file can undo it exactly. ``raw`` leaves texts alone.

Nothing between two delimiters is null; ``""`` is the empty text.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import polars as pl

from curiouser.data.records import ColumnType
from curiouser.data.stored import ID, Schema, conform, empty_rows
from curiouser.kernel.canonical import canonical_json
from curiouser.storage.objects import disk_errors

TYPES_KEY = "curiouser.types"
"""Where a Parquet file says the types of its columns, as JSON."""
_FORMULA = r"^'*[=+\-@\t\r]"
_MOMENT = "%Y-%m-%dT%H:%M:%S%.6fZ"
_EXACT = 2.0**53

Frames = Iterable[pl.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How rows are written."""

    format: str
    """csv, tsv, jsonl or parquet."""
    schema: Schema
    """Columns in order, with their types; other columns are left out."""
    id_name: str = ID
    """What the column of ids is called outside."""
    raw: bool = False
    """CSV and TSV: leave texts alone that a spreadsheet would take for formulas."""


def formula_safe(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before every text, header included, that a spreadsheet would take for a formula.

    Args:
        frame: Rows as they would be written.

    Examples:
        >>> formula_safe(pl.DataFrame({"@a": ["=1+1", "x", None]})).to_dict(as_series=False)
        {"'@a": ["'=1+1", 'x', None]}
    """
    frame = frame.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name, dtype in frame.schema.items()
        if dtype == pl.String
    )
    risky = pl.Series(frame.columns, dtype=pl.String).str.contains(_FORMULA)
    return frame.rename({name: f"'{name}" for name, is_risky in zip(frame.columns, risky, strict=True) if is_risky})


def write_file(path: Path, frames: Frames, layout: Layout) -> int:
    """Write rows to a file, gzip when its name ends in .gz; it appears when it is whole.

    Args:
        path: Where to; a file that stands there is replaced.
        frames: Rows in stored form.
        layout: How to write them.

    Returns:
        How many rows were written.

    Raises:
        StorageError: The disk refused; what stood there still does.
    """
    temporary = path.with_name(path.name + ".part")
    with disk_errors(f"writing {path}"):
        try:
            rows = _write_whole(temporary, frames, layout, packed=path.name.lower().endswith(".gz"))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return rows


def _write_whole(path: Path, frames: Frames, layout: Layout, *, packed: bool) -> int:
    if layout.format == "parquet":
        return _write_parquet(path, frames, layout)
    with _opened(path, packed=packed) as stream:
        return write_stream(stream, frames, layout)


def write_stream(stream: IO[bytes], frames: Frames, layout: Layout) -> int:
    """Write rows as CSV, TSV or JSON lines to an open stream; return how many.

    Args:
        stream: Where to; it stays open.
        frames: The rows, in parts of the same columns.
        layout: Which of the three, and how.
    """
    write = _write_json if layout.format == "jsonl" else _write_delimited
    if layout.format != "jsonl":
        _write_delimited(stream, empty_rows(layout.schema), layout, header=True)
    rows = 0
    for frame in frames:
        write(stream, conform(frame, layout.schema), layout)
        rows += frame.height
    return rows


@contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[IO[bytes]]:
    with path.open("wb") as stream:
        if not packed:
            yield stream
            return
        # No time and no name inside: equal rows make equal files.
        with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as inner:
            yield cast("IO[bytes]", inner)


def _write_delimited(stream: IO[bytes], frame: pl.DataFrame, layout: Layout, *, header: bool = False) -> None:
    texts = frame.select(_as_text(name, kind) for name, kind in layout.schema.items())
    texts = texts.rename({ID: layout.id_name}) if ID in texts.columns else texts
    safe = texts if layout.raw else _safe_texts(texts, frame)
    separator = "\t" if layout.format == "tsv" else ","
    safe.write_csv(stream, include_header=header, separator=separator)


def _safe_texts(texts: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Make texts safe, but leave numbers alone: -3 is no formula."""
    safe = formula_safe(texts)
    numbers = [i for i, dtype in enumerate(frame.dtypes) if dtype != pl.String]
    return safe.with_columns(texts.to_series(i).alias(safe.columns[i]) for i in numbers)


def _as_text(name: str, kind: ColumnType) -> pl.Expr:
    column = pl.col(name)
    if kind is ColumnType.NUMBER:
        whole = (column == column.round()) & (column.abs() < _EXACT)
        return (
            pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        )
    return column.dt.strftime(_MOMENT) if kind is ColumnType.TIMESTAMP else column


def _write_json(stream: IO[bytes], frame: pl.DataFrame, layout: Layout) -> None:
    moments = [name for name, kind in layout.schema.items() if kind is ColumnType.TIMESTAMP]
    frame = frame.with_columns(pl.col(name).dt.strftime(_MOMENT) for name in moments)
    frame = frame.rename({ID: layout.id_name}) if ID in frame.columns else frame
    frame.write_ndjson(stream)


def _write_parquet(path: Path, frames: Frames, layout: Layout) -> int:
    """Write each part beside the target, then stream them into one file."""
    types = {layout.id_name if name == ID else name: str(kind) for name, kind in layout.schema.items()}
    rows = 0
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        parts = [_put_part(folder / "000000.parquet", empty_rows(layout.schema), layout)]
        for number, frame in enumerate(frames, 1):
            parts.append(_put_part(folder / f"{number:06}.parquet", conform(frame, layout.schema), layout))
            rows += frame.height
        pl.scan_parquet(parts).sink_parquet(path, metadata={TYPES_KEY: canonical_json(types)})
    finally:
        shutil.rmtree(folder)
    return rows


def _put_part(path: Path, frame: pl.DataFrame, layout: Layout) -> Path:
    named = frame.rename({ID: layout.id_name}) if ID in frame.columns else frame
    named.write_parquet(path, compression="lz4")
    return path
