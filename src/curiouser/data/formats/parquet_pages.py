"""What a Parquet file would unpack to, read from its footer and the heads of its pages without unpacking any.

The footer alone could lie. A page is unpacked into as many bytes as its own
head says, so these are what is added up.

Source: the Apache Parquet format 2.x (``parquet.thrift``) and Thrift's compact
protocol; numbers in comments are its field ids.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from curiouser.data.formats.bad_rows import UnreadableFileError

_TAIL = 8
"""Length of the footer, four bytes, and ``PAR1``."""
_FOOTER_BYTES = 16 << 20
_DEPTH = 16
"""Deepest nesting of a head; ours go four deep."""
_DICTIONARY_PAGE = 2

Thrift = Mapping[int, object]


@dataclass(frozen=True, slots=True)
class Unpacks:
    """What a file would unpack to."""

    rows: int
    """Rows that the footer promises, or the longest column has values, whichever is more, >= 0."""
    size_bytes: int
    """Bytes of all pages, unpacked, >= 0."""


def unpacks_to(path: Path) -> Unpacks:
    """Add up what the pages of a Parquet file unpack to.

    Args:
        path: The file.

    Raises:
        UnreadableFileError: It is no Parquet file, or damaged.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size < _TAIL + 4:
            raise _damaged(path, "it is too short")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return _added_up(data)
            except (IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
                raise _damaged(path, "its footer or a page's head cannot be read") from error


def _added_up(data: mmap.mmap) -> Unpacks:
    length = int.from_bytes(data[-_TAIL:-4], "little")
    start = len(data) - _TAIL - length
    if length > _FOOTER_BYTES or start < 0:
        raise ValueError(length)
    footer = _Compact(data, start).struct()
    rows, size = _number(footer[3]), 0
    for group in _list(footer[4]):
        for column in _list(_struct(group)[1]):
            values = 0
            for page in _pages(data, _struct(_struct(column)[3])):
                size += _number(page[2])  # uncompressed_page_size
                values += _values(page)
            rows = max(rows, values)
    return Unpacks(rows=rows, size_bytes=size)


def _pages(data: mmap.mmap, column: Thrift) -> Iterator[Thrift]:
    """Walk the heads of the pages of one column chunk."""
    first = min(_number(column[key]) for key in (9, 11) if key in column)  # of its data, of its dictionary
    at, end = first, first + _number(column[7])  # total_compressed_size
    while at < end:
        reader = _Compact(data, at)
        head = reader.struct()
        yield head
        at = reader.at + _number(head[3])  # compressed_page_size


def _values(head: Thrift) -> int:
    if head[1] == _DICTIONARY_PAGE:
        return 0
    return max((_number(_struct(head[key])[1]) for key in (5, 8) if key in head), default=0)


class _Compact:
    """Reads Thrift's compact protocol.

    Args:
        data: Bytes.
        at: Where to begin.
    """

    def __init__(self, data: mmap.mmap, at: int) -> None:
        if at < 0:
            raise ValueError(at)
        self._data, self.at, self._depth = data, at, 0

    def struct(self) -> dict[int, object]:
        """Read a struct: field id -> value.

        Raises:
            IndexError: The data ends before it does.
            ValueError: It is no struct.
        """
        self._depth += 1
        if self._depth > _DEPTH:
            raise ValueError(self._depth)
        fields, last = dict[int, object](), 0
        while head := self._byte():
            last = last + (head >> 4) if head >> 4 else self._signed()
            kind = head & 15
            fields[last] = kind == 1 if kind in {1, 2} else self._value(kind)
        self._depth -= 1
        return fields

    def _value(self, kind: int) -> object:
        if kind in {1, 2, 3}:
            return self._byte()
        if kind in {4, 5, 6}:
            return self._signed()
        if kind in {7, 8}:
            length = self._unsigned() if kind == 8 else 8
            self.at += length  # nobody asks for texts and doubles
            return None
        if kind in {9, 10}:
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._unsigned()
            return [self._value(head & 15) for _ in range(count)]
        if kind == 12:
            return self.struct()
        raise ValueError(kind)

    def _byte(self) -> int:
        value = self._data[self.at]
        self.at += 1
        return value

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError(shift)

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)


def _number(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise TypeError(value)
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _struct(value: object) -> Thrift:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


def _damaged(path: Path, said: str) -> UnreadableFileError:
    return UnreadableFileError(f"{path.name} is a damaged Parquet file ({said})", "copy or download it again")
