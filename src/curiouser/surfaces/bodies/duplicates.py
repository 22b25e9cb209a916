"""Bodies of repeated rows."""

from __future__ import annotations

from curiouser.datachecks import DuplicatePair, Duplicates
from curiouser.kernel.canonical import Json


def duplicates_body(found: Duplicates) -> dict[str, Json]:
    """Present what repeats what, how, and what was not looked at."""
    return {
        "ref": found.ref,
        "data_commit": found.data_commit,
        "against": found.against,
        "against_commit": found.against_commit,
        "columns": list(found.columns),
        "rows": found.rows,
        "others": found.others,
        "repeating": found.repeating,
        "counts": {likeness.value: count for likeness, count in found.counts.items()},
        "pairs": [_pair_body(pair) for pair in found.pairs],
        "found": found.found,
        "templates": found.templates,
        "truncated": found.found + found.templates > len(found.pairs),
        "compared": found.compared,
        "capped": found.is_capped,
        "not_looked_at": found.not_looked_at,
        "similarity": found.similarity,
        "jaccard": found.jaccard,
        "algorithm": found.algorithm,
    }


def _pair_body(pair: DuplicatePair) -> dict[str, Json]:
    return {
        "id": pair.id,
        "other": pair.other,
        "likeness": pair.likeness.value,
        "similarity": pair.similarity,
        "jaccard": pair.jaccard,
        "differing": [[change.left, change.right] for change in pair.differing],
    }
