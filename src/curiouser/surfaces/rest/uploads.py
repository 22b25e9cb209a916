"""Files that come as a request's body: spooled to a file whose name we choose, within bounds.

The client's name for it is never read, so no path of its choosing reaches the
disk; the format follows from the content type. What comes packed is unpacked
on the way, and only as far as a real table would go.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, Request

from curiouser.surfaces.serving.errors import UnsupportedFileError
from curiouser.surfaces.serving.unpacking import Unpacked, check_parquet

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
            if suffix == ".parquet":
                await to_thread.run_sync(check_parquet, path)
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
