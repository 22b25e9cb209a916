"""JSON lines: one flat object a line, every value as the text that stands there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curiouser.data.formats.bad_rows import FIELD_LIMIT_BYTES, ROW_LIMIT_BYTES, BadRow, UnreadableFileError, megabytes
from curiouser.data.formats.chunks import CHUNK_ROWS, MOST_COLUMNS, Chunk, check_names
from curiouser.data.formats.delimited import shown
from curiouser.data.formats.streams import BOM, Buffered, head_of, open_bytes
from curiouser.data.records import ColumnType

_KEY = re.compile(rb'\s*[{,]\s*"((?:[^"\\]++|\\.)*+)"\s*:\s*')
_VALUE = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^",{\[]++')


class _Number(str):
    """A JSON number as it stands in the file, so that 1.10 and 2**70 stay what they are."""

    __slots__ = ()


class JsonLinesFile:
    """A file with one JSON object a line.

    Args:
        path: The file.

    Raises:
        UnreadableFileError: It is empty, no text in UTF-8, or one JSON array.
    """

    decimal_comma = False

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        self.columns = None
        self.says: Mapping[str, ColumnType] = {}
        head = head_of(path)
        self._start = len(BOM) if head.startswith(BOM) else 0
        if head[self._start :].lstrip().startswith(b"["):
            raise UnreadableFileError(
                f"{self.name} is one JSON array", "write one object a line, as `jq -c '.[]'` does"
            )
        self._decoder = json.JSONDecoder(
            parse_int=_Number, parse_float=_Number, parse_constant=_Number, object_pairs_hook=_object
        )

    def chunks(self) -> Iterator[Chunk]:
        """Read from the start, a chunk at a time.

        Raises:
            UnreadableFileError: The gzip is damaged.
        """
        with open_bytes(self.path) as stream:
            reader, line = Buffered(stream, self._start), 1
            while reader.fill():
                end = len(reader.buffer) if reader.at_end else reader.buffer.rfind(b"\n") + 1
                if end:
                    yield from self._parsed(reader.buffer[:end], line)
                    line += reader.consume(end)
                elif len(reader.buffer) >= ROW_LIMIT_BYTES:
                    yield Chunk(
                        frame=pl.DataFrame(), lines=np.zeros(0, np.int64), bad=[_too_large(reader.buffer, line)]
                    )
                    line += reader.skip_line()
                else:
                    reader.consume(0)

    def _parsed(self, data: bytes, line: int) -> Iterator[Chunk]:
        lines = data.split(b"\n")
        for start in range(0, len(lines), CHUNK_ROWS):
            records: list[Mapping[str, object]] = []
            numbers: list[int] = []
            bad: list[BadRow] = []
            for number, raw in enumerate(lines[start : start + CHUNK_ROWS], line + start):
                if not raw.strip():
                    continue
                read = self._record(raw, number)
                if isinstance(read, BadRow):
                    bad.append(read)
                else:
                    records.append(read)
                    numbers.append(number)
            yield chunk_of(records, numbers, bad)

    def _record(self, raw: bytes, number: int) -> Mapping[str, object] | BadRow:
        try:
            value = self._decoder.decode(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            reason = f"is not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        except json.JSONDecodeError as error:
            reason = f"is no JSON: {error.msg} at character {error.colno}"
        except _TwiceError as error:
            reason = f"names {str(error)!r} twice"
        except RecursionError:
            reason = "is nested too deeply"
        else:
            if isinstance(value, dict):
                return value
            reason = "is no JSON object ({...})"
        return BadRow(line=number, reason=reason, text=shown(raw.strip()))


class _TwiceError(ValueError):
    """A key stands twice in one object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(key for key in keys if keys.count(key) > 1))
    return made


def chunk_of(records: Sequence[Mapping[str, object]], lines: Sequence[int], bad: Sequence[BadRow] = ()) -> Chunk:
    """Turn records with plain values into a chunk; records with a list or an object in them are bad rows.

    Args:
        records: Column -> text, number, boolean, moment or None.
        lines: Line of each record.
        bad: Rows that were bad already.
    """
    nested = {i: found for i, record in enumerate(records) if (found := _what_is_no_value(record))}
    rejected = [
        *bad,
        *(BadRow(line=lines[i], column=c, reason=r, text=_dumped(records[i])) for i, (c, r) in nested.items()),
    ]
    kept = [record for i, record in enumerate(records) if i not in nested]
    columns: dict[str, None] = {}
    for record in kept:
        columns.update(dict.fromkeys(record))
        if len(columns) > MOST_COLUMNS:
            check_names(tuple(columns), "the file")
    texts = {name: [_text(record.get(name)) for record in kept] for name in columns}
    said = {name: frozenset(_kind(record.get(name)) for record in kept) - {""} for name in columns}
    frame = pl.DataFrame(texts, schema=dict.fromkeys(columns, pl.String), strict=True)
    numbers = [line for i, line in enumerate(lines) if i not in nested]
    return Chunk(frame=frame, lines=np.array(numbers, np.int64), bad=rejected, said=said)


def _what_is_no_value(record: Mapping[str, object]) -> tuple[str | None, str] | None:
    if not record:
        return None, "is an empty object"
    for name, value in record.items():
        if not name:
            return None, "has a column without a name"
        if isinstance(value, dict | list | tuple | set | bytes):
            return name, "is a list or an object; a column holds one text, number, boolean or moment"
        if isinstance(value, str) and not _is_text(value):
            return name, "holds half of a surrogate pair or NUL; this is no text"
    return None


def _is_text(value: str) -> bool:
    if value.isascii():
        return "\0" not in value
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _kind(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, _Number) or (not isinstance(value, str) and not hasattr(value, "isoformat")):
        return "number"
    return "text"


def _dumped(record: Mapping[str, object]) -> str:
    return shown(json.dumps(record, default=str, ensure_ascii=False).encode("utf-8", "backslashreplace"))


def _too_large(buffer: bytes, line: int) -> BadRow:
    """Say which value makes a line too large to hold."""
    at, column, start = 0, None, 0
    while key := _KEY.match(buffer, at):
        column, start = key[1].decode("utf-8", "replace"), key.end()
        value = _VALUE.match(buffer, start)
        if value is None or value.end() >= len(buffer):
            break
        at = value.end()
    if column is None or len(buffer) - start <= FIELD_LIMIT_BYTES:
        reason = f"is larger than the {megabytes(ROW_LIMIT_BYTES)} that a row may have"
        return BadRow(line=line, reason=reason, text=shown(buffer))
    reason = f"is larger than the {megabytes(FIELD_LIMIT_BYTES)} that a field may have"
    return BadRow(line=line, column=column, reason=reason, text=shown(buffer))
