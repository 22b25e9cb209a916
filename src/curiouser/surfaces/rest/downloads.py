"""Files that go out: as attachments that no browser opens in place, and that run nowhere."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

KINDS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}
"""Format -> content type."""
_SANDBOX = "default-src 'none'; sandbox"


def attachment_headers(name: str) -> dict[str, str]:
    """Say that a file is to be saved, not shown, and that nothing in it may run.

    Args:
        name: Of the file, as it is offered to the person.
    """
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": _SANDBOX,
    }


def written(write: Callable[[Path], object], name: str, form: str) -> Response:
    """Answer with a file that is written for this answer, and removed after it.

    Args:
        write: Writes it where it is told.
        name: Of the file, without its ending.
        form: csv, tsv, jsonl or parquet.
    """
    folder = tempfile.mkdtemp(prefix="curiouser-")
    path = Path(folder) / f"file.{form}"
    try:
        write(path)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return FileResponse(
        path,
        media_type=KINDS[form],
        headers=attachment_headers(f"{name}.{form}"),
        background=BackgroundTask(shutil.rmtree, folder),
    )


def stored(path: Path, name: str) -> Response:
    """Answer with a file of the store."""
    return FileResponse(path, media_type="application/octet-stream", headers=attachment_headers(name))


def file_answer(*forms: str) -> dict[int, dict[str, object]]:
    """Describe such an answer in OpenAPI."""
    kinds = [KINDS[form].partition(";")[0] for form in forms if form in KINDS] or ["application/octet-stream"]
    content: dict[str, object] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    if "json" in forms:
        content["application/json"] = {"schema": {"type": "object"}}
    return {200: {"description": "The file, as an attachment.", "content": content}}
