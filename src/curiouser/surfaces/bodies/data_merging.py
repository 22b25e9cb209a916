"""Bodies of merges, their conflicts, and protected branches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curiouser.data import Merge, MergeConflict, Merged, Protection, Settlement, Value
from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.surfaces.bodies.data import committed_body, value_body


def merge_body(merge: Merge) -> dict[str, Json]:
    """Present one merge."""
    return {
        "merge": merge.number,
        "dataset": merge.dataset,
        "into": merge.into,
        "source": merge.source,
        "state": str(merge.state),
        "base": merge.base,
        "ours": merge.ours,
        "theirs": merge.theirs,
        "data_commit": merge.data_commit,
        "conflicts": merge.conflicts,
        "unsettled": merge.unsettled,
        "escalated": merge.escalated,
        "actor": merge.actor,
        "message": merge.message,
        "created_at": as_text(merge.created_at),
        "ended_at": None if merge.ended_at is None else as_text(merge.ended_at),
        "ended_by": merge.ended_by,
    }


def merged_body(done: Merged) -> dict[str, Json]:
    """Present what merging came to: where the branch stands, and the merge, or null where there was nothing to do."""
    return {**committed_body(done.committed), "merge": None if done.merge is None else merge_body(done.merge)}


def merges_body(found: Sequence[Merge]) -> dict[str, Json]:
    """Present merges."""
    return {"merges": [merge_body(each) for each in found]}


def conflict_body(conflict: MergeConflict) -> dict[str, Json]:
    """Present one conflict: what the three sides have, and how it was settled."""
    about = conflict.about
    return {
        "conflict": conflict.number,
        "kind": str(about.kind),
        "example": about.example,
        "fields": list(about.fields),
        "base": _values_body(about.base),
        "ours": _values_body(about.ours),
        "theirs": _values_body(about.theirs),
        "settled": None if conflict.settlement is None else _settlement_body(conflict.settlement),
    }


def conflicts_body(merge: Merge, found: Sequence[MergeConflict]) -> dict[str, Json]:
    """Present a merge with some of its conflicts."""
    return {**merge_body(merge), "found": [conflict_body(each) for each in found]}


def protection_body(one: Protection) -> dict[str, Json]:
    """Present one protected branch."""
    return {
        "dataset": one.dataset,
        "branch": one.branch,
        "actor": one.actor,
        "created_at": as_text(one.created_at),
    }


def protections_body(found: Sequence[Protection]) -> dict[str, Json]:
    """Present protected branches."""
    return {"protections": [protection_body(each) for each in found]}


def _settlement_body(how: Settlement) -> dict[str, Json]:
    return {
        "resolution": str(how.resolution),
        "values": _values_body(how.values),
        "by": how.by,
        "at": as_text(how.at),
        "because": how.because,
    }


def _values_body(values: Mapping[str, Value] | None) -> dict[str, Json] | None:
    return None if values is None else {name: value_body(value) for name, value in values.items()}
