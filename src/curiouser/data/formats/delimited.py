r"""CSV and TSV, strictly: where rows begin, how many fields they have, and what is wrong with the others.

NumPy finds the rows of a few megabytes at a time by the parity of the quotes,
and Polars reads their values. What NumPy cannot vouch for (a quote in the
middle of a field, text after a closing quote) goes through :func:`split_rows`,
a slow reader of the same grammar, which also says what is wrong:

- fields are separated by one delimiter, rows by ``\n`` or ``\r\n``; blank lines are skipped;
- a field that begins with ``"`` ends with ``"``; ``""`` inside stands for one; newlines inside are kept;
- a ``"`` elsewhere in a field is a plain character;
- nothing between two delimiters is null, ``""`` is the empty text.

After a row that cannot be read, reading goes on at the next line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data.formats.bad_rows import BadRow
from curiouser.kernel.words import plural

_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
_RAW_KEPT = 2_000

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """How a delimited file is written."""

    delimiter: str
    """One character of ASCII."""
    quotes: bool = True
    """Whether ``"`` at the start of a field opens a quoted one."""

    @property
    def field(self) -> re.Pattern[bytes]:
        """Match one field: group 1 is the inside of a quoted one, group 2 a plain one."""
        mark = re.escape(self.delimiter).encode()
        plain = rb"([^" + mark + rb"\n]*+)"
        if not self.quotes:
            return re.compile(rb"(\Z.)?" + plain)
        quoted = rb'"((?:[^"]++|"")*+)"(?=' + mark + rb"|\r?\n|\r?\Z)"
        return re.compile(quoted + rb'|(?!")' + plain)


@dataclass(slots=True, kw_only=True)
class Rows:
    """Whole rows from the start of a buffer."""

    frame: pl.DataFrame
    """The good rows, every column text."""
    lines: Ints
    """Line of each good row within the buffer, from 0."""
    bad: list[BadRow] = field(default_factory=list)
    """Bad rows; their lines count from 0 as well."""
    consumed: int
    """Bytes of the buffer that were used, up to the start of a row."""


def read_rows(buffer: bytes, grammar: Grammar, columns: Sequence[str], *, at_end: bool) -> Rows:
    """Read the whole rows that a buffer begins with.

    Args:
        buffer: UTF-8 bytes from the start of a row.
        grammar: How the file is written.
        columns: Names of the fields.
        at_end: Whether the file ends with this buffer.

    Returns:
        The rows; ``consumed`` is 0 when the first one is not whole yet and more must be read.
    """
    if at_end and not buffer.endswith(b"\n"):
        buffer += b"\n"
    # Polars takes a lone CR for part of a line's end; here it is a letter like any other.
    layout = None if buffer.count(b"\r") != buffer.count(b"\r\n") else _layout(buffer, grammar)
    if layout is None or layout.starts.size == 0:
        return split_rows(buffer, grammar, columns, at_end=at_end)
    return _fast(buffer, layout, grammar, columns)


@dataclass(frozen=True, slots=True)
class _Layout:
    starts: Ints
    ends: Ints
    fields: Ints
    lines: Ints


def _layout(buffer: bytes, grammar: Grammar) -> _Layout | None:
    """Find the rows up to the first quote that is not plainly right; None when not even one row is."""
    letters = np.frombuffer(buffer, np.uint8)
    newlines = np.flatnonzero(letters == _NEWLINE)
    marks = np.flatnonzero(letters == ord(grammar.delimiter))
    every_newline = newlines
    if grammar.quotes and b'"' in buffer:
        quotes = letters == _QUOTE
        inside = np.bitwise_xor.accumulate(quotes)
        newlines, marks = newlines[~inside[newlines]], marks[~inside[marks]]
        newlines = newlines[newlines < _first_doubtful_quote(letters, quotes, inside, grammar)]
    if newlines.size == 0:
        return None
    starts = np.concatenate([[0], newlines[:-1] + 1])
    marks = marks[marks < newlines[-1]]
    fields = np.searchsorted(marks, newlines) - np.searchsorted(marks, starts) + 1
    ends = newlines - (letters[np.maximum(newlines - 1, 0)] == _RETURN)
    return _Layout(starts, np.maximum(ends, starts), fields, np.searchsorted(every_newline, starts))


def _first_doubtful_quote(letters: NDArray[np.uint8], quotes: Bools, inside: Bools, grammar: Grammar) -> int:
    """Find the first quote that opens in mid-field, or closes before the field does; the length if there is none."""
    at = np.flatnonzero(quotes)
    opens = inside[at]
    before = np.where(at > 0, letters[np.maximum(at - 1, 0)], _NEWLINE)
    last = letters.size - 1
    after = np.where(at < last, letters[np.minimum(at + 1, last)], _NEWLINE)
    after_return = np.where(at + 1 < last, letters[np.minimum(at + 2, last)], _NEWLINE) == _NEWLINE
    separators = (ord(grammar.delimiter), _NEWLINE, _QUOTE)
    good_open = np.isin(before, separators)
    good_close = np.isin(after, separators) | ((after == _RETURN) & after_return)
    doubtful = at[~np.where(opens, good_open, good_close)]
    return int(doubtful[0]) if doubtful.size else letters.size


def _fast(buffer: bytes, layout: _Layout, grammar: Grammar, columns: Sequence[str]) -> Rows:
    """Read rows whose bounds are known: leave out blank and bad ones, and let Polars read the rest."""
    consumed = int(layout.ends[-1])
    consumed = buffer.index(b"\n", consumed) + 1
    blank = layout.ends == layout.starts
    good = ~blank & (layout.fields == len(columns))
    unreadable = _unreadable(buffer[:consumed], layout, good)
    bad = [
        _bad_row(buffer, layout, i, f"has {plural(layout.fields[i], 'field')}, the header has {len(columns)}")
        for i in np.flatnonzero(~good & ~blank).tolist()
    ]
    bad += [_bad_row(buffer, layout, i, reason) for i, reason in unreadable.items()]
    good[list(unreadable)] = False
    kept = buffer[:consumed] if good.all() else _joined(buffer, layout, good)
    frame = _parse(kept, grammar, columns)
    lines = layout.lines[good]
    if frame.height != lines.size:
        slow = split_rows(kept, grammar, columns, at_end=True)
        frame = slow.frame
    return Rows(frame=frame, lines=lines, bad=bad, consumed=consumed)


def _joined(buffer: bytes, layout: _Layout, good: Bools) -> bytes:
    starts, ends = layout.starts.tolist(), layout.ends.tolist()
    return b"".join(buffer[starts[i] : ends[i]] + b"\n" for i in np.flatnonzero(good).tolist())


def _parse(data: bytes, grammar: Grammar, columns: Sequence[str]) -> pl.DataFrame:
    schema = dict.fromkeys(columns, pl.String)
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(
        data,
        has_header=False,
        schema=schema,
        separator=grammar.delimiter,
        quote_char='"' if grammar.quotes else None,
    )


def _unreadable(data: bytes, layout: _Layout, good: Bools) -> dict[int, str]:
    """Find rows with bytes that are no UTF-8, or with NUL in them."""
    try:
        data.decode("utf-8")
        clean = b"\0" not in data
    except UnicodeDecodeError:
        clean = False
    if clean:
        return {}
    found: dict[int, str] = {}
    for i in np.flatnonzero(good).tolist():
        reason = _why_no_text(data[layout.starts[i] : layout.ends[i]])
        if reason is not None:
            found[i] = reason
    return found


def _why_no_text(data: bytes) -> str | None:
    if b"\0" in data:
        return "holds a NUL byte; this is no text"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"is not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8"
    return None


def _bad_row(buffer: bytes, layout: _Layout, i: int, reason: str) -> BadRow:
    data = buffer[layout.starts[i] : layout.ends[i]]
    return BadRow(line=int(layout.lines[i]), reason=_why_no_text(data) or reason, text=shown(data))


def shown(data: bytes) -> str:
    """Turn the bytes of a bad row into text that can be written down, at most 2,000 characters."""
    return data[:_RAW_KEPT].decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def split_rows(buffer: bytes, grammar: Grammar, columns: Sequence[str], *, at_end: bool) -> Rows:
    """Read rows one field at a time, and say of each bad one what is wrong; arguments as :func:`read_rows`."""
    pattern, mark = grammar.field, grammar.delimiter.encode()
    good: list[list[str | None]] = []
    lines: list[int] = []
    bad: list[BadRow] = []
    at = line = 0
    while at < len(buffer):
        fields, end, wrong = _one_row(buffer, at, pattern, mark)
        if end is None and not at_end:
            break
        if end is None or wrong:
            end = buffer.find(b"\n", at)
            end = len(buffer) if end < 0 else end
        raw = buffer[at:end].removesuffix(b"\r")
        reason = wrong or _why_no_text(raw)
        if reason is None and raw and len(fields) != len(columns):
            reason = f"has {plural(len(fields), 'field')}, the header has {len(columns)}"
        if reason is not None:
            bad.append(BadRow(line=line, reason=reason, text=shown(raw)))
        elif raw:
            good.append([value if value is None else value.decode() for value in fields])
            lines.append(line)
        line += buffer.count(b"\n", at, end + 1)
        at = end + 1
    frame = pl.DataFrame(good, schema=dict.fromkeys(columns, pl.String), orient="row")
    return Rows(frame=frame, lines=np.array(lines, np.int64), bad=bad, consumed=min(at, len(buffer)))


def _one_row(
    buffer: bytes, at: int, pattern: re.Pattern[bytes], mark: bytes
) -> tuple[list[bytes | None], int | None, str | None]:
    """Split one row: its fields, where its newline is (None: not in this buffer), and what is wrong with it."""
    fields: list[bytes | None] = []
    while True:
        found = pattern.match(buffer, at)
        if found is None:
            return (fields, *_why_no_field(buffer, at, len(fields) + 1))
        inside, plain = found.groups()
        fields.append(inside.replace(b'""', b'"') if inside is not None else plain or None)
        at = found.end()
        if buffer[at : at + 1] == mark:
            at += 1
            continue
        end = buffer.find(b"\n", at)
        if fields[-1] is not None and inside is None and end >= 0:
            fields[-1] = plain.removesuffix(b"\r") or None
        return fields, (None if end < 0 else end), None


def _why_no_field(buffer: bytes, at: int, number: int) -> tuple[int | None, str | None]:
    """Tell a quoted field that goes on past the buffer from one that is followed by text."""
    inside = re.compile(rb'"(?:[^"]++|"")*+').match(buffer, at)
    close = inside.end() if inside else at
    hint = "double the quotes inside a field, or pass --no-quotes if quotes mean nothing in this file"
    if close >= len(buffer):
        return None, f"opens a quote in field {number} that is never closed; {hint}"
    return close, f"has text after the closing quote of field {number}; {hint}"


def first_row(head: bytes, grammar: Grammar) -> tuple[list[str | None], int, str | None]:
    """Split the first row of a file: its fields, where the next row begins, and what is wrong with it."""
    fields, end, wrong = _one_row(head, 0, grammar.field, grammar.delimiter.encode())
    end = len(head) if end is None else end
    wrong = wrong or _why_no_text(head[:end])
    if wrong is not None:
        return [], end, wrong
    texts = [None if value is None else value.decode().removesuffix("\r") for value in fields]
    return texts, end + 1, None


def unfinished_field(buffer: bytes, grammar: Grammar) -> tuple[int, int, bool]:
    """Find the field that goes on past a buffer: its number from 0, where it begins, whether it is quoted."""
    pattern, mark = grammar.field, grammar.delimiter.encode()
    number = at = 0
    while True:
        found = pattern.match(buffer, at)
        if found is None or buffer[found.end() : found.end() + 1] != mark:
            return number, at, grammar.quotes and buffer[at : at + 1] == b'"'
        at = found.end() + 1
        number += 1
