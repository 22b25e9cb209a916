"""Data files as chunks of rows: CSV and TSV here, and the way to the other formats."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from curiouser.data.formats.bad_rows import FIELD_LIMIT_BYTES, ROW_LIMIT_BYTES, BadRow, UnreadableFileError, megabytes
from curiouser.data.formats.chunks import Chunk, Dialect, Rowed, check_names
from curiouser.data.formats.delimited import Grammar, Rows, first_row, read_rows, shown, unfinished_field
from curiouser.data.formats.frames import ParquetFile
from curiouser.data.formats.json_lines import JsonLinesFile
from curiouser.data.formats.streams import BOM, HEAD_BYTES, Buffered, format_of, head_of, open_bytes
from curiouser.data.records import ColumnType

_DELIMITERS = (",", ";", "\t", "|")
_ESCAPED = r"^'+[=+\-@\t\r]"


def open_rows(path: Path, dialect: Dialect | None = None, expected: Collection[str] = ()) -> Rowed:
    """Open a data file by the format its name says.

    Args:
        path: A .csv, .tsv, .jsonl (each also .gz) or .parquet file.
        dialect: How a delimited file is written, where looking at it is not enough.
        expected: Columns that are hoped for; they decide between delimiters.

    Raises:
        UnreadableFileError: It is missing, empty, of another format, or no text in UTF-8.
        WrongColumnsError: Columns have no name, or the same one.
    """
    kind = format_of(path)
    if kind == "parquet":
        return ParquetFile(path)
    if kind == "jsonl":
        return JsonLinesFile(path)
    return DelimitedFile(path, dialect, expected)


class DelimitedFile:
    """A CSV or TSV file.

    Args:
        path: The file.
        dialect: What the user said about it.
        expected: Columns that are hoped for; they decide between delimiters.

    Raises:
        UnreadableFileError: It is empty, no text in UTF-8, or its header cannot be right.
        WrongColumnsError: Columns have no name, or the same one.
    """

    def __init__(self, path: Path, dialect: Dialect | None = None, expected: Collection[str] = ()) -> None:
        self.path, self.name = path, path.name
        self.says: Mapping[str, ColumnType] = {}
        self.dialect = dialect or Dialect()
        self.decimal_comma = self.dialect.decimal_comma
        head = head_of(path)
        self._start, self._line = len(BOM) if head.startswith(BOM) else 0, 1
        said = re.match(rb'"?sep=(.)"?\r?\n', head[self._start :])
        if said:
            self._start, self._line = self._start + said.end(), 2
        given = self.dialect.delimiter or (said[1].decode("latin-1") if said else None)
        if given is None and format_of(path) == "tsv":
            given = "\t"
        self.columns = self.dialect.columns
        self.grammar, fields, end = self._split_head(head[self._start :], given, expected)
        if not self.dialect.columns:
            self.columns = tuple(map(self._named, fields))
            self._line += head.count(b"\n", self._start, self._start + end)
            self._start += end
        check_names(self.columns, self.name)

    def _split_head(
        self, head: bytes, given: str | None, expected: Collection[str]
    ) -> tuple[Grammar, list[str | None], int]:
        """Split the first line by the delimiter that makes most sense of it."""
        tried, wrong = [], None
        for delimiter in (given,) if given else _DELIMITERS:
            grammar = Grammar(delimiter=delimiter, quotes=self.dialect.quotes)
            fields, end, why_not = first_row(head, grammar)
            wrong = wrong or why_not
            if self.dialect.columns:
                hits = int(len(fields) == len(self.dialect.columns))
            else:
                hits = len(set(expected) & set(map(self._named, fields)))
            tried.append(((hits, len(fields)), (grammar, fields, end)))
        (_, width), best = max(tried, key=lambda one: one[0])
        if wrong is not None and width <= 1:
            raise UnreadableFileError(f"the first line of {self.name} {wrong}", "it should name the columns")
        if best[2] >= HEAD_BYTES:
            raise UnreadableFileError(f"the first line of {self.name} is over 1 MB long", "it should name the columns")
        return best

    def _named(self, one: str | None) -> str:
        text = (one or "").strip()
        return text if self.dialect.raw else _unescaped(text)

    def chunks(self) -> Iterator[Chunk]:
        """Read from the start, a chunk at a time.

        Raises:
            UnreadableFileError: The gzip is damaged.
        """
        with open_bytes(self.path) as stream:
            reader, line = Buffered(stream, self._start), self._line
            while reader.fill():
                rows = read_rows(reader.buffer, self.grammar, self.columns, at_end=reader.at_end)
                newlines = reader.consume(rows.consumed)
                if rows.consumed == 0 and len(reader.buffer) >= ROW_LIMIT_BYTES:
                    rows, newlines = self._skip_row(reader)
                yield self._chunk(rows, line)
                line += newlines

    def _chunk(self, rows: Rows, line: int) -> Chunk:
        frame, unescaped = (rows.frame, 0) if self.dialect.raw else unescape(rows.frame)
        bad = [BadRow(line=one.line + line, column=one.column, reason=one.reason, text=one.text) for one in rows.bad]
        return Chunk(frame=frame, lines=rows.lines + line, bad=bad, unescaped=unescaped)

    def _skip_row(self, reader: Buffered) -> tuple[Rows, int]:
        """Pass over a row that is too large to hold; say which field makes it so."""
        number, start, quoted = unfinished_field(reader.buffer, self.grammar)
        size, text = len(reader.buffer) - start, shown(reader.buffer)
        newlines = reader.skip_quoted(start) if quoted else reader.skip_line()
        column: str | None = self.columns[number] if number < len(self.columns) else f"field {number + 1}"
        reason = f"is larger than the {megabytes(FIELD_LIMIT_BYTES)} that a field may have"
        if newlines is None:
            reason, newlines = "opens a quote that is never closed", reader.skip_line()
        elif size <= FIELD_LIMIT_BYTES:
            column, reason = None, f"is larger than the {megabytes(ROW_LIMIT_BYTES)} that a row may have"
        bad = BadRow(line=0, column=column, reason=reason, text=text)
        empty = pl.DataFrame(schema=dict.fromkeys(self.columns, pl.String))
        return Rows(frame=empty, lines=np.zeros(0, np.int64), bad=[bad], consumed=0), newlines


def _unescaped(text: str) -> str:
    return text[1:] if re.match(_ESCAPED, text) else text


def unescape(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Take off the apostrophe that a formula-safe file puts before a text; tell from how many.

    Examples:
        >>> frame, count = unescape(pl.DataFrame({"text": ["'=1+1", "'tis", "''-3"]}))
        >>> frame["text"].to_list(), count
        (['=1+1', "'tis", "'-3"], 2)
    """
    count = 0
    for column in frame.iter_columns():
        if not column.str.starts_with("'").any():
            continue
        escaped = column.str.contains(_ESCAPED).fill_null(value=False)
        count += int(escaped.sum())
        frame = frame.with_columns(pl.when(escaped).then(column.str.slice(1)).otherwise(column).alias(column.name))
    return frame, count
