"""Rows that have types already: Parquet files, Polars and pandas frames, lists of records."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curiouser.data.formats.bad_rows import UnreadableFileError
from curiouser.data.formats.chunks import CHUNK_ROWS, Chunk, Rowed, check_names
from curiouser.data.formats.json_lines import chunk_of
from curiouser.data.formats.streams import open_bytes
from curiouser.data.formats.writing import TYPES_KEY
from curiouser.data.records import ColumnType
from curiouser.kernel.errors import BadInputError

_MAGIC = b"PAR1"


class ParquetFile:
    """A Parquet file.

    Args:
        path: The file.

    Raises:
        UnreadableFileError: It is missing, no Parquet, or cut off.
    """

    decimal_comma = False

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        with open_bytes(path) as stream:
            head = stream.read(len(_MAGIC))
            size = stream.seek(0, 2)
            stream.seek(max(size - len(_MAGIC), 0))
            tail = stream.read(len(_MAGIC))
        if head != _MAGIC:
            raise UnreadableFileError(f"{self.name} is no Parquet file", "name it by its real format")
        if tail != _MAGIC:
            raise UnreadableFileError(f"{self.name} is cut off: its end is missing", "copy or download it again")
        try:
            schema, said = pl.read_parquet_schema(path), pl.read_parquet_metadata(path).get(TYPES_KEY)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._damaged(error) from error
        self.says: Mapping[str, ColumnType] = _types_said(said)
        self.columns = tuple(schema)
        check_names(tuple(schema), self.name)

    def chunks(self) -> Iterator[Chunk]:
        """Read from the start, a chunk at a time; lines are numbers of rows, from 1.

        Raises:
            UnreadableFileError: A page is damaged.
        """
        done = 0
        try:
            for frame in pl.scan_parquet(self.path).collect_batches(chunk_size=CHUNK_ROWS, maintain_order=True):
                for part in frame.iter_slices(CHUNK_ROWS):
                    yield Chunk(frame=part, lines=np.arange(done + 1, done + part.height + 1))
                    done += part.height
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> UnreadableFileError:
        said = str(error).strip().splitlines()[0]
        return UnreadableFileError(f"{self.name} is a damaged Parquet file ({said})", "copy or download it again")


class FrameRows:
    """Rows of a Polars frame.

    Args:
        frame: The rows.
        name: What to call them in errors.
    """

    decimal_comma = False

    def __init__(self, frame: pl.DataFrame, name: str = "the frame") -> None:
        self.frame, self.name = frame, name
        self.says: Mapping[str, ColumnType] = {}
        self.columns = tuple(frame.columns)
        check_names(tuple(frame.columns), name)

    def chunks(self) -> Iterator[Chunk]:
        """Read from the start, a chunk at a time; lines are numbers of rows, from 1."""
        for start in range(0, self.frame.height, CHUNK_ROWS):
            part = self.frame.slice(start, CHUNK_ROWS)
            yield Chunk(frame=part, lines=np.arange(start + 1, start + part.height + 1))


class RecordRows:
    """Rows given as a list of dictionaries.

    Args:
        records: Column -> text, number, boolean, moment or None.
        name: What to call them in errors.
    """

    decimal_comma = False

    def __init__(self, records: Sequence[Mapping[str, object]], name: str = "the list") -> None:
        self.records, self.name = records, name
        self.columns = None
        self.says: Mapping[str, ColumnType] = {}

    def chunks(self) -> Iterator[Chunk]:
        """Read from the start, a chunk at a time; lines are numbers of rows, from 1."""
        for start in range(0, len(self.records), CHUNK_ROWS):
            part = self.records[start : start + CHUNK_ROWS]
            yield chunk_of(part, range(start + 1, start + len(part) + 1))


def _types_said(text: str | None) -> dict[str, ColumnType]:
    """Read the types that an exported file states; anybody may have written them, so nonsense says nothing."""
    try:
        said = json.loads(text or "{}")
        return {str(name): ColumnType(kind) for name, kind in said.items()}
    except (ValueError, AttributeError):
        return {}


def rows_of(given: object) -> Rowed:
    """Take rows from whatever holds them: a Polars or pandas frame, or a list of dictionaries.

    Raises:
        BadInputError: It is none of these.
    """
    if isinstance(given, pl.LazyFrame):
        given = given.collect()
    if isinstance(given, pl.DataFrame):
        return FrameRows(given)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(given, pandas.DataFrame):
        return FrameRows(from_pandas(given))
    if isinstance(given, Sequence) and not isinstance(given, str) and all(isinstance(one, Mapping) for one in given):
        return RecordRows(given)
    raise BadInputError(
        f"a {type(given).__name__} holds no rows", "give a Polars or pandas frame, or a list of dictionaries"
    )


def from_pandas(frame: Any) -> pl.DataFrame:  # noqa: ANN401  pandas is optional, so its type has no name here
    """Turn a pandas frame into a Polars one; what pandas calls missing (NaN, NA, NaT, None) is null.

    Raises:
        BadInputError: A column holds values of different types.
    """
    columns = []
    for name in frame.columns:
        values = frame[name].astype(object).where(frame[name].notna(), None).tolist()
        try:
            columns.append(pl.Series(str(name), values, strict=True))
        except (TypeError, pl.exceptions.PolarsError) as error:
            raise BadInputError(
                f"column {str(name)!r} holds values of different types", f"make them one: frame[{name!r}].astype(str)"
            ) from error
    return pl.DataFrame(columns)
