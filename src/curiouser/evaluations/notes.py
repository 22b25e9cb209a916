"""What a reader of scores must know besides, one sentence each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curiouser.evaluations.records import Evaluation, LeaderboardRow, Memorised, Seen
from curiouser.evaluations.test_set import TestSet

_MOST_NAMED, _SHORT = 5, 8


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


def memorised_notes(test_set: TestSet, several: Sequence[Evaluation | LeaderboardRow]) -> tuple[str, ...]:
    """Say which models were trained on rows of the test set, one sentence for each training dataset."""
    taught: dict[Memorised, list[str]] = {}
    for one in several:
        if one.memorised.rows:
            title = one.model if one.version == 1 else f"{one.model}@{one.version}"
            taught.setdefault(one.memorised, []).append(title)
    rows = int(np.count_nonzero(test_set.headline))
    return tuple(
        f"{one.rows:,} of {rows:,} test rows {'stands' if one.rows == 1 else 'stand'} in the training data of"
        f" {_named(models)} ({_short(one.trained_on or '')}): right answers to them prove nothing"
        for one, models in taught.items()
    )


def seen_notes(seen: Seen) -> tuple[str, ...]:
    """Say how often these rows were looked at, where that is often enough to matter."""
    if seen.models <= 1 and seen.comparisons <= 1:
        return ()
    looks = f"{_counted(seen.models, 'model')} and {_counted(seen.comparisons, 'comparison')}"
    return (f"these rows have seen {looks}; the best of many is partly lucky",)


def _named(models: Sequence[str]) -> str:
    first, rest = models[:_MOST_NAMED], len(models) - _MOST_NAMED
    return ", ".join(first) + (f" and {_counted(rest, 'more model')}" if rest > 0 else "")


def _short(ref: str) -> str:
    dataset, _, commit = ref.partition("@")
    return f"{dataset}@{commit[:_SHORT]}"


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
