"""How far what was sent may grow: packed text while it is unpacked, and Parquet before any of it is.

A page and REST take the same files within the same bounds.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import IO

import polars as pl

from curiouser.data import unpacks_to
from curiouser.kernel.errors import BadInputError, StorageError
from curiouser.surfaces.serving.errors import TooLargeError

UNPACKED_BYTES = 2 << 30
"""Most bytes of a file that came packed, > 0."""
MOST_RATIO = 100
"""How much longer than what came it may be; text packs to a tenth, and a bomb to a thousandth."""
FREE_BYTES = 16 << 20
"""Up to here the ratio does not count: a small table of equal rows packs very well."""
MOST_LINES = 10_000_000
"""Most lines of a file, >= 1."""
_PIECE = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


class Unpacked:
    """Writes what comes to a file, unpacked where it is packed, and stops at the bounds.

    Args:
        target: Where to, open.
        packed: Whether it comes as gzip.
    """

    def __init__(self, target: IO[bytes], *, packed: bool) -> None:
        self._target, self._inflate = target, zlib.decompressobj(_GZIP) if packed else None
        self._came = self._wrote = self._lines = 0

    def write(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            TooLargeError: It has grown beyond the bounds.
            BadInputError: It is no gzip.
        """
        self._came += len(piece)
        if self._inflate is None:
            self._put(piece)
            return
        while piece:
            try:
                self._put(self._inflate.decompress(piece, _PIECE))
            except zlib.error as error:
                raise BadInputError(f"the body is no gzip ({error})", "pack it again, or send it plain") from error
            piece = self._inflate.unconsumed_tail or self._next_member()

    def finish(self) -> None:
        """Make sure that nothing is missing.

        Raises:
            BadInputError: The gzip is cut off.
        """
        if self._inflate is not None and not self._inflate.eof:
            raise BadInputError("the gzip is cut off: its end is missing", "send it again")

    def _next_member(self) -> bytes:
        """Go on with what stands behind the end of a gzip: another one, as `cat a.gz b.gz` makes them."""
        rest = self._inflate.unused_data if self._inflate is not None else b""
        if rest:
            self._inflate = zlib.decompressobj(_GZIP)
        return rest

    def _put(self, piece: bytes) -> None:
        self._wrote += len(piece)
        self._lines += piece.count(b"\n")
        most = max(FREE_BYTES, MOST_RATIO * self._came)
        if self._inflate is not None and self._wrote > min(most, UNPACKED_BYTES):
            raise TooLargeError(
                f"unpacked, the file has over {self._wrote:,} bytes, more than a packed file may grow to",
                "send it plain, or in parts",
            )
        if self._lines > MOST_LINES:
            raise TooLargeError(f"the file has over {MOST_LINES:,} lines", "send it in parts")
        try:
            self._target.write(piece)
        except OSError as error:
            raise StorageError(
                f"the upload cannot be kept: {error.strerror}", "free some space, and send it again"
            ) from error


def check_parquet(path: Path) -> None:
    """Refuse a Parquet file that would grow beyond the bounds; nothing of it is unpacked before.

    Its pages say how long they are, unpacked; a text that is stored once may still stand in every row.

    Raises:
        TooLargeError: It would.
        UnreadableFileError: It is no Parquet file, or damaged.
    """
    unpacks = unpacks_to(path)
    if unpacks.rows > MOST_LINES:
        raise TooLargeError(f"the file has over {MOST_LINES:,} rows", "send it in parts")
    _check_size(unpacks.size_bytes, path)
    sizes = pl.col(pl.String, pl.Binary).cast(pl.Binary).bin.size().cast(pl.Int64).sum()
    try:
        found = pl.scan_parquet(path).select(sizes).collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError):
        return  # whoever reads it says what is wrong with it
    size = sum(found.row(0)) if found.width else 0
    if size > UNPACKED_BYTES:
        raise TooLargeError(
            f"the texts of the file have {size:,} bytes, more than {UNPACKED_BYTES:,}", "send it in parts"
        )


def _check_size(size_bytes: int, path: Path) -> None:
    if size_bytes > min(max(FREE_BYTES, MOST_RATIO * path.stat().st_size), UNPACKED_BYTES):
        raise TooLargeError(
            f"unpacked, the file has {size_bytes:,} bytes, more than a packed file may grow to",
            "send it as CSV, or in parts",
        )
