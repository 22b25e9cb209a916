"""Files that come as a request's body: spooled to a file whose name we choose, within bounds.

The client's name for it is never read, so no path of its choosing reaches the
disk; the format follows from the content type. What comes packed is unpacked
on the way, and only as far as a real table would go.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import IO, Annotated, Any

from anyio import to_thread
from fastapi import Depends, Request

from curiouser.kernel.errors import BadInputError, StorageError
from curiouser.surfaces.serving.errors import TooLargeError, UnsupportedFileError

TABLES: Mapping[str, str] = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
    "application/vnd.apache.parquet": ".parquet",
}
"""Content type -> ending of the file's name."""
SCORES: Mapping[str, str] = {"application/json": ".json", **TABLES}
"""The same for reported scores."""
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


def received(kinds: Mapping[str, str]) -> Callable[[Request], AsyncIterator[Path]]:
    """Make the dependency that spools a body of one of some content types."""

    async def spool(request: Request) -> AsyncIterator[Path]:
        suffix = _suffix(request, kinds)
        packed = _is_packed(request)
        with tempfile.TemporaryDirectory(prefix="curiouser-") as folder:
            path = Path(folder) / f"upload{suffix}"
            with path.open("wb") as file:
                out = Unpacked(file, packed=packed)
                async for piece in request.stream():
                    await to_thread.run_sync(out.write, piece)
                out.finish()
            yield path

    return spool


def file_body(kinds: Mapping[str, str]) -> dict[str, Any]:
    """Describe such a body in OpenAPI."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {"requestBody": {"required": True, "content": content}}


def _suffix(request: Request, kinds: Mapping[str, str]) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise UnsupportedFileError(
            f"a body of type {kind or 'nothing'!r} is not taken here", f"send {', '.join(kinds)}"
        )
    return kinds[kind]


def _is_packed(request: Request) -> bool:
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip"}:
        raise UnsupportedFileError(f"a body packed as {coding!r} is not taken here", "send it plain, or as gzip")
    return coding == "gzip"


Table = Annotated[Path, Depends(received(TABLES))]
"""An uploaded table: CSV, TSV, JSON lines or Parquet."""
Scores = Annotated[Path, Depends(received(SCORES))]
"""Uploaded scores: JSON, or a table."""
