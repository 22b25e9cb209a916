"""The order rows are measured in follows from their content alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curiouser.evaluations.canonical_order import canonical_order

ROWS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.0, -0.0, 0.5, 1e-9]), st.integers(-1, 3)), max_size=12)


@given(ROWS, st.randoms(use_true_random=False))
def test_shuffled_rows_and_renamed_users_come_out_the_same(
    rows: list[tuple[int, float, int]], random: np.random.RandomState
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    names = [0, 1, 2, 3]
    random.shuffle(names)
    renamed = [(label, score, -1 if user < 0 else names[user] * 7) for label, score, user in shuffled]
    assert content(rows) == content(renamed)


def content(rows: list[tuple[int, float, int]]) -> tuple[str, list[tuple[int, float]], list[int]]:
    labels = np.array([row[0] for row in rows], np.int64)
    scores = np.array([row[1] for row in rows], np.float64)
    users = np.array([row[2] for row in rows], np.int64)
    found = canonical_order([labels, scores], users)
    assert sorted(found.order.tolist()) == list(range(len(rows)))
    ordered = [(int(labels[place]), float(scores[place])) for place in found.order]
    assert found.clusters is not None
    return found.seed, ordered, found.clusters.tolist()


def test_another_score_another_seed() -> None:
    one = canonical_order([np.array([0.5, 0.25])])
    assert one.seed != canonical_order([np.array([0.5, 0.26])]).seed
    assert one.seed == canonical_order([np.array([0.25, 0.5])]).seed


def test_rows_of_one_user_stay_together() -> None:
    users = np.array([0, 1, 2, 1, -1, 0])
    found = canonical_order([np.arange(6)], users)
    assert found.clusters is not None
    kept = [code for code in found.clusters.tolist() if code >= 0]
    assert sum(a != b for a, b in pairwise(kept)) == 2
