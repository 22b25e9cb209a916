"""Bodies of versioned data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from curiouser.data import (
    Committed,
    DataCommit,
    DataDiff,
    DatasetStatus,
    ExampleHistory,
    ExampleStep,
    Ref,
    RowChange,
    ShownCommit,
    Value,
)
from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.workspace.collecting import Tidied


def committed_body(made: Committed) -> dict[str, Json]:
    """Present what a change came to."""
    return {
        "data_commit": made.data_commit,
        "content_hash": made.content_hash,
        "rows": made.rows,
        "added": made.added,
        "changed": made.changed,
        "removed": made.removed,
    }


def data_commit_body(at: DataCommit) -> dict[str, Json]:
    """Present one version."""
    return {
        "data_commit": at.id,
        "dataset": at.dataset,
        "parents": list(at.parents),
        "content_hash": at.content_hash,
        "rows": at.rows,
        "added": at.added,
        "changed": at.changed,
        "removed": at.removed,
        "author": at.author,
        "message": at.message,
        "created_at": as_text(at.created_at),
    }


def log_body(found: Sequence[DataCommit], limit: int) -> dict[str, Json]:
    """Present versions, newest first; ``next`` is the cursor of the next page, or null."""
    last = found[-1] if found else None
    more = last is not None and len(found) == limit and bool(last.parents)
    return {"data_commits": [data_commit_body(at) for at in found], "next": last.id if last and more else None}


def diff_body(found: DataDiff) -> dict[str, Json]:
    """Present what changed."""
    return {
        "before": found.before or None,
        "after": found.after,
        "added": found.added,
        "removed": found.removed,
        "changed": found.changed,
        "rows": [_row_body(row) for row in found.rows],
        "truncated": found.truncated,
        "next": found.next,
    }


def shown_body(found: ShownCommit) -> dict[str, Json]:
    """Present one version with its columns, its names and what it changed."""
    return {
        **data_commit_body(found.data_commit),
        "columns": {name: str(kind) for name, kind in found.data_commit.schema.items()},
        "refs": [ref_body(ref) for ref in found.refs],
        "diff": diff_body(found.diff),
    }


def ref_body(ref: Ref) -> dict[str, Json]:
    """Present a branch or tag."""
    return {
        "dataset": ref.dataset,
        "name": ref.name,
        "kind": str(ref.kind),
        "data_commit": ref.data_commit,
        "updated_at": as_text(ref.updated_at),
    }


def blame_body(found: ExampleHistory) -> dict[str, Json]:
    """Present what became of one example, newest first; ``next`` is the cursor of the next page, or null."""
    row = None if found.row is None else {name: value_body(value) for name, value in found.row.items()}
    last = found.steps[-1].data_commit.id if found.steps and not found.is_whole else None
    return {"id": found.id, "row": row, "steps": [_step_body(step) for step in found.steps], "next": last}


def _step_body(step: ExampleStep) -> dict[str, Json]:
    at, change = step.data_commit, _row_body(step.change)
    return {
        "data_commit": at.id,
        "created_at": as_text(at.created_at),
        "author": at.author,
        "message": at.message,
        "change": change["change"],
        "fields": change["fields"],
    }


def refs_body(found: Sequence[Ref]) -> dict[str, Json]:
    """Present branches and tags."""
    return {"refs": [ref_body(ref) for ref in found]}


def data_status_body(found: Sequence[DatasetStatus]) -> dict[str, Json]:
    """Present every dataset with its heads."""
    return {
        "datasets": [
            {
                "dataset": each.dataset.name,
                "kind": str(each.dataset.kind),
                "size_bytes": each.size_bytes,
                "heads": [{**ref_body(ref), "rows": at.rows} for ref, at in each.heads],
            }
            for each in found
        ]
    }


def collected_body(done: Tidied) -> dict[str, Json]:
    """Present what a garbage collection removed."""
    return {
        "objects": done.data.objects + done.searches.objects,
        "size_bytes": done.data.size_bytes,
        "data_commits": done.data.data_commits,
        "snapshots": done.data.snapshots,
        "signature_indexes": done.searches.indexes,
        "near_searches": done.searches.searches,
        "dry_run": done.data.dry_run,
    }


def value_body(value: Value) -> Json:
    """Present one cell."""
    return as_text(value) if isinstance(value, datetime) else value


def _row_body(row: RowChange) -> dict[str, Json]:
    fields: dict[str, Json] = {name: [value_body(old), value_body(new)] for name, (old, new) in row.fields.items()}
    return {"id": row.id, "change": str(row.change), "fields": fields}
