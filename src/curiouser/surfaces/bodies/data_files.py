"""Bodies of files in and out."""

from __future__ import annotations

from curiouser.data import Exported, Imported, RowsPage
from curiouser.kernel.canonical import Json
from curiouser.surfaces.bodies.data import value_body


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


def rows_body(found: RowsPage) -> dict[str, Json]:
    """Present some rows of one version, by id."""
    return {
        "data_commit": found.data_commit.id,
        "rows": [{name: value_body(value) for name, value in row.items()} for row in found.rows],
        "next": found.next,
    }
