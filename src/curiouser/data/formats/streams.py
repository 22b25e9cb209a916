"""Bytes of data files: plain or gzip, refused early when they are no text, buffered row by row in bounded memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from curiouser.data.formats.bad_rows import UnreadableFileError

CHUNK_BYTES = 4 << 20
HEAD_BYTES = 1 << 20
BOM = b"\xef\xbb\xbf"
_UTF_16 = "UTF-16: save it as UTF-8 (in Excel: 'CSV UTF-8'; or iconv -f UTF-16 -t UTF-8)"
_MAGIC = {
    b"PAR1": "Parquet: name it .parquet",
    b"PK\x03\x04": "a zip archive or an Excel workbook: unzip it, or save the sheet as CSV (UTF-8)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV (UTF-8)",
    b"\x1f\x8b": "gzip: name it .gz",
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
    b"BZh": "bzip2: unpack it first",
    b"\xfd7zXZ": "xz: unpack it first",
    b"\x28\xb5\x2f\xfd": "zstandard: unpack it first",
}
_SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def format_of(path: Path) -> str:
    """Tell a file's format by its name: csv, tsv, jsonl or parquet; all but the last may also end in .gz.

    Raises:
        UnreadableFileError: The name says none of these.

    Examples:
        >>> format_of(Path("test.csv.gz"))
        'csv'
    """
    name = path.name.lower()
    known = _SUFFIXES.get(Path(name.removesuffix(".gz")).suffix)
    if known is None or (known == "parquet" and name.endswith(".gz")):
        raise UnreadableFileError(
            f"{path.name} does not say its format", "name it .csv, .tsv, .jsonl (each also with .gz) or .parquet"
        )
    return known


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacked when its name ends in .gz.

    Raises:
        UnreadableFileError: It is missing, a folder, not permitted, or damaged gzip; also while reading on.
    """
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as stream:
            yield cast("IO[bytes]", stream)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFileError(
            f"{path.name} is no whole gzip file ({error})", "copy or download it again"
        ) from error
    except FileNotFoundError as error:
        raise UnreadableFileError(f"there is no file {path}", "check the path") from error
    except (IsADirectoryError, PermissionError) as error:
        raise UnreadableFileError(
            f"{path} cannot be read: {error.strerror}", "give a file that you may read"
        ) from error


def head_of(path: Path) -> bytes:
    """Read the first megabyte and refuse what is plainly no text in UTF-8.

    Raises:
        UnreadableFileError: It is empty, binary, or in UTF-16.
    """
    with open_bytes(path) as stream:
        head = stream.read(HEAD_BYTES)
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            reason, _, repair = what.partition(": ")
            raise UnreadableFileError(f"{path.name} is {reason}", repair)
    if not head.removeprefix(BOM).strip():
        raise UnreadableFileError(f"{path.name} is empty", "give a file with a header and rows")
    first = head[: head.find(b"\n") + 1] or head
    if b"\0" in first:
        raise UnreadableFileError(f"{path.name} is no text: its first line holds NUL bytes", "save it as UTF-8 text")
    if b"\n" not in head and b"\r" in head.rstrip(b"\r"):
        raise UnreadableFileError(
            f"{path.name} ends its lines with CR only, as old Macs did", "save it with Unix or Windows line ends"
        )
    return head


class Buffered:
    """A buffer that begins at a row, and grows while no row in it is whole.

    Args:
        stream: An open file.
        offset: Where in it the first row begins.
    """

    def __init__(self, stream: IO[bytes], offset: int) -> None:
        self._stream = stream
        self.buffer, self.at_end, self.offset = b"", False, offset
        self._want = CHUNK_BYTES
        stream.seek(offset)

    def fill(self) -> bool:
        """Read on; tell whether anything is left."""
        if not self.at_end:
            more = self._stream.read(self._want)
            self.at_end = len(more) < self._want
            self.buffer += more
        return bool(self.buffer)

    def consume(self, count: int) -> int:
        """Drop bytes from the front; return how many newlines were among them."""
        newlines = self.buffer.count(b"\n", 0, count)
        self.buffer = self.buffer[count:]
        self.offset += count
        # Doubling keeps the cost of rescanning an unfinished row linear in its length.
        self._want = CHUNK_BYTES if count else max(CHUNK_BYTES, len(self.buffer))
        return newlines

    def skip_line(self) -> int:
        """Drop everything up to and with the next newline, holding no more than a chunk; return newlines dropped."""
        while self.fill():
            end = self.buffer.find(b"\n")
            if end >= 0:
                return self.consume(end + 1)
            self.consume(len(self.buffer))
        return 0

    def skip_quoted(self, start: int) -> int | None:
        """Drop a row whose quoted field begins at ``start`` of the buffer and goes on past it.

        Returns:
            Newlines dropped, or None when the quote is never closed; then the reader stands where it stood.
        """
        began, newlines, quotes = self.offset, 0, self.buffer.count(b'"', 0, start)
        while self.fill():
            end = _end_outside_quotes(self.buffer, quotes)
            if end is not None:
                return newlines + self.consume(end + 1)
            quotes += self.buffer.count(b'"')
            newlines += self.consume(len(self.buffer))
        self._stream.seek(began)
        self.buffer, self.offset, self.at_end, self._want = b"", began, False, CHUNK_BYTES
        return None


def _end_outside_quotes(buffer: bytes, quotes: int) -> int | None:
    """Find the first newline before which the number of quotes is even."""
    at = -1
    start = 0
    while (at := buffer.find(b"\n", at + 1)) >= 0:
        quotes += buffer.count(b'"', start, at)
        start = at
        if quotes % 2 == 0:
            return at
    return None
