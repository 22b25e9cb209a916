"""What a reader of scores must know besides, one sentence each."""

from __future__ import annotations

import numpy as np

from curiouser.evaluations.records import Seen
from curiouser.evaluations.test_set import TestSet


def sample_notes(test_set: TestSet) -> tuple[str, ...]:
    """Say why there is no headline, where there is none."""
    if test_set.headline.any():
        return ()
    if not test_set.n:
        return ("the test set has no rows, so nothing can be said of any model",)
    if not test_set.labelled.any():
        return ("no row has a label, so no answer can be right or wrong",)
    return (
        "no labelled row was drawn from users (origin = sample), so nothing is said about users: no score, no verdict",
    )


def kept_notes(test_set: TestSet) -> tuple[str, ...]:
    """Say which rows are never part of the headline."""
    unlabelled = int(np.count_nonzero(~test_set.labelled))
    return (f"{_counted(unlabelled, 'row')} without a label: counted, never scored",) if unlabelled else ()


def reported_notes(count: int) -> tuple[str, ...]:
    """Say how many models are left out because only reported scores remain."""
    if not count:
        return ()
    return (f"{_counted(count, 'model')} with reported scores only: on the leaderboard, not evaluated",)


def seen_notes(seen: Seen) -> tuple[str, ...]:
    """Say how often these rows were looked at, where that is often enough to matter."""
    if seen.models <= 1 and seen.comparisons <= 1:
        return ()
    looks = f"{_counted(seen.models, 'model')} and {_counted(seen.comparisons, 'comparison')}"
    return (f"these rows have seen {looks}; the best of many is partly lucky",)


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
