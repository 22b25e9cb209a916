"""Names for rows: a frozen way to write a row as bytes, and the SHA-256 of it.

A cell is a netstring of the column's name, a letter for how it is stored, and
a netstring of the value; a row is its cells in the order of their names, and a
missing cell is left out, so that a new empty column changes nothing::

    5:label,t3:yes,            text, category and file: UTF-8
    5:score,n19:4602678819172646912,   number: the 64 bits of the float, as an unsigned integer
    2:ok,b1:1,                 boolean: 1 or 0
    2:at,s16:1570665600000000, timestamp: microseconds since 1970, UTC

The hash of a table is the sum of its rows' hashes modulo 2^256: the order of
rows and the way they came about play no part, and a change costs only the rows
it touches. This format never changes; its test vectors are in the tests.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.kernel.ids import ContentHash

MODULUS = 1 << 256
ROW_HASH_BYTES = 32
VALUE_HASH_BYTES = 16
_SLICE = 65_536  # rows encoded at a time: bounds the memory
_PIECE = 1_024  # rows hashed at a time: their bytes stay in the processor's cache, and Python reuses their memory
_BEYOND_ASCII = r"[^\x00-\x1b\x20-\x7f]"  # \x1c to \x1f are white space for Python and not for a regular expression
_SPACED = r"^\s|\s$|\s\s|[^\S ]"
_MANY = 4_096  # rows from which writing each length once pays off
_TAGS: dict[type[pl.DataType], str] = {pl.String: "t", pl.Float64: "n", pl.Boolean: "b", pl.Datetime: "s"}

Hashes = NDArray[np.uint8]


def row_hashes(frame: pl.DataFrame, columns: Iterable[str] | None = None) -> Hashes:
    """Hash each row over its frozen bytes.

    Args:
        frame: Rows in stored form (String, Float64, Boolean, Datetime in microseconds).
        columns: Columns that take part, in any order; all when left out.

    Returns:
        ``(n, 32)`` bytes.

    Examples:
        >>> one = row_hashes(pl.DataFrame({"id": ["7"], "label": ["yes"]}))
        >>> two = row_hashes(pl.DataFrame({"label": ["yes"], "new": pl.Series([None], dtype=pl.String), "id": ["7"]}))
        >>> bool((one == two).all())
        True
    """
    return _hashed(frame, columns, ROW_HASH_BYTES)


def value_hashes(frame: pl.DataFrame, columns: Sequence[str]) -> Hashes:
    """Hash what some columns hold: the key under which a model's answer to them is kept.

    Args:
        frame: Rows in stored form.
        columns: The columns a model reads, in any order.

    Returns:
        ``(n, 16)`` bytes, the first half of the SHA-256.
    """
    return _hashed(frame, columns, VALUE_HASH_BYTES)


def input_hash(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Hash each row's input as given, 32 hex digits; the id of a row that has none.

    Args:
        frame: ``(n, …)``, rows in stored form.
        columns: The columns that are the input.
    """
    return _as_hex(value_hashes(frame, columns), "input_hash")


def normalised_hash(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    r"""Hash each row's input so that texts which differ only in case, width or spaces are the same, 32 hex digits.

    Text is brought to NFKC, case-folded, its runs of white space made one space, and stripped.

    Args:
        frame: ``(n, …)``, rows in stored form.
        columns: The columns that are the input.

    Examples:
        >>> frame = pl.DataFrame({"want": ["\uff21  Doctor ", "a doctor", "doctors"]})
        >>> normalised_hash(frame, ["want"]).n_unique()
        2
    """
    return _as_hex(normalised_hashes(frame, columns), "normalised_hash")


def normalised_hashes(frame: pl.DataFrame, columns: Sequence[str]) -> Hashes:
    """Hash inputs as :func:`normalised_hash` does, as ``(n, 16)`` bytes.

    Args:
        frame: ``(n, …)``, rows in stored form.
        columns: The columns that are the input.
    """
    texts = [name for name in columns if frame.schema[name] == pl.String]
    return value_hashes(frame.with_columns(folded(frame[name]) for name in texts), columns)


def folded(texts: pl.Series) -> pl.Series:
    """Bring texts to the form in which case, width and runs of white space play no part.

    Args:
        texts: ``(n,)``; a missing one stays missing.

    Examples:
        >>> folded(pl.Series(["\uff21  Doctor ", "Straße", None])).to_list()
        ['a doctor', 'strasse', None]
    """
    plain = texts.str.to_lowercase()
    spaced = plain.str.contains(_SPACED).fill_null(value=False)
    if spaced.any():
        tidy = plain.filter(spaced).str.replace_all(r"\s+", " ").str.strip_chars(" ")
        plain = plain.scatter(spaced.arg_true(), tidy)
    # Within ASCII, NFKC changes nothing and folding is lower case; the rest goes text by text.
    strange = texts.str.contains(_BEYOND_ASCII).fill_null(value=False)
    if strange.any():
        slow = [_folded(text) for text in texts.filter(strange)]
        plain = plain.scatter(strange.arg_true(), pl.Series(slow, dtype=pl.String))
    return plain.alias(texts.name)


def total_of(hashes: Hashes) -> int:
    """Sum ``(n, 32)`` row hashes modulo 2^256."""
    limbs = hashes.view(">u4").astype(np.uint64).sum(axis=0)
    return sum(int(limb) << (32 * place) for place, limb in enumerate(limbs[::-1])) % MODULUS


def content_hash(total: int) -> ContentHash:
    """Write a sum of row hashes as a content hash, 64 hex digits."""
    return ContentHash(f"{total % MODULUS:064x}")


def content_hash_of(frame: pl.DataFrame) -> ContentHash:
    """Hash a whole table in stored form; the order of rows and columns plays no part.

    Args:
        frame: Rows in stored form.

    Examples:
        >>> a = pl.DataFrame({"id": ["1", "2"], "label": ["yes", None]})
        >>> content_hash_of(a) == content_hash_of(a.reverse().select("label", "id"))
        True
    """
    return content_hash(total_of(row_hashes(frame)))


def encoded_rows(frame: pl.DataFrame, columns: Iterable[str] | None = None) -> pl.Series:
    """Write each row as its frozen bytes.

    Raises:
        TypeError: A column is not in stored form.
    """
    names = sorted(frame.columns if columns is None else columns)
    if not names:
        return pl.Series("row", [b""] * frame.height, dtype=pl.Binary)
    tags = [_tag(name, frame.schema[name]) for name in names]
    texts = frame.select(_text(name, tag) for name, tag in zip(names, tags, strict=True))
    parts: list[pl.Expr] = []
    before = ""  # what comes before the next cell: literals are joined, because each part costs as much as a value
    for name, tag in zip(names, tags, strict=True):
        head, values = f"{len(name.encode())}:{name},{tag}", texts.get_column(name)
        if values.null_count():
            # A part that is null makes the whole cell null, and the row leaves it out.
            cell = pl.concat_str(*_beginning(head, values), pl.col(name), pl.lit(","))
            parts += [pl.lit(before), cell.fill_null("")]
            before = ""
        else:
            parts += [*_beginning(before + head, values), pl.col(name)]
            before = ","
    row = pl.concat_str(*parts, pl.lit(before)).cast(pl.Binary).alias("row")
    return texts.select(row).to_series()


def _beginning(head: str, values: pl.Series) -> list[pl.Expr]:
    """Write what stands before each value: ``head``, its length in bytes, a colon; null where it is missing."""
    if len(values) >= _MANY:
        sizes = values.str.len_bytes()
        texts = [f"{head}{size}:" for size in range(min(cast("int", sizes.max() or 0) + 1, len(values)))]
        if len(texts) < len(values):  # rows share their lengths: each is written once
            return [pl.lit(pl.Series(texts, dtype=pl.String).gather(sizes))]
    return [pl.lit(head), pl.col(values.name).str.len_bytes().cast(pl.String), pl.lit(":")]


def _hashed(frame: pl.DataFrame, columns: Iterable[str] | None, size: int) -> Hashes:
    names = None if columns is None else tuple(columns)
    digests: list[bytes] = []
    sha256 = hashlib.sha256
    for rows in frame.iter_slices(_SLICE):
        encoded = encoded_rows(rows, names)
        for start in range(0, len(encoded), _PIECE):
            piece = encoded.slice(start, _PIECE).to_list()
            digests.append(b"".join([sha256(row).digest() for row in piece]))
    hashes = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, ROW_HASH_BYTES)
    return hashes if size == ROW_HASH_BYTES else np.ascontiguousarray(hashes[:, :size])


def _tag(name: str, dtype: pl.DataType) -> str:
    tag = _TAGS.get(type(dtype))
    if tag is None or (isinstance(dtype, pl.Datetime) and dtype.time_unit != "us"):
        raise TypeError(f"column {name!r} is {dtype}, which is not a stored form")
    return tag


def _text(name: str, tag: str) -> pl.Expr:
    column = pl.col(name)
    if tag == "t":
        return column
    number = {"n": column.reinterpret(dtype=pl.UInt64), "b": column.cast(pl.UInt8), "s": column.cast(pl.Int64)}[tag]
    return number.cast(pl.String)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def _as_hex(hashes: Hashes, name: str) -> pl.Series:
    size = hashes.shape[1] * 2
    text = hashes.tobytes().hex()
    return pl.Series(name, [text[start : start + size] for start in range(0, len(text), size)], dtype=pl.String)
