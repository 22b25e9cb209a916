"""Bodies of files in and out."""

from __future__ import annotations

from curiouser.data import Exported, Imported
from curiouser.kernel.canonical import Json


def imported_body(done: Imported, rejects: str | None) -> dict[str, Json]:
    """Present what an import came to, or would come to; ``rejects`` is the file of rows set aside."""
    return {
        "data_commit": done.data_commit,
        "content_hash": done.content_hash,
        "rows": done.rows,
        "added": done.added,
        "changed": done.changed,
        "removed": done.removed,
        "rejected": done.rejected,
        "rejects": rejects if done.rejected else None,
        "notes": list(done.notes),
        "dry_run": done.dry_run,
    }


def exported_body(done: Exported, path: str) -> dict[str, Json]:
    """Present what was written."""
    return {
        "data_commit": done.data_commit.id,
        "content_hash": done.data_commit.content_hash,
        "rows": done.rows,
        "file": path,
    }
