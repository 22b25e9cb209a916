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


def test_the_last_digits_of_scores_change_neither_order_nor_seed() -> None:
    rng = np.random.default_rng(7)
    labels, users, scores = rng.integers(0, 2, 500), rng.integers(0, 90, 500), rng.random(500)
    elsewhere = scores * (1 + 1e-10 * rng.standard_normal(500))
    assert not np.array_equal(scores, elsewhere)
    one, two = canonical_order([labels, scores], users), canonical_order([labels, elsewhere], users)
    assert one.seed == two.seed
    assert one.order.tolist() == two.order.tolist()
    assert canonical_order([scores]).seed == canonical_order([elsewhere]).seed


def test_rows_that_differ_in_the_last_digits_alone_have_an_order_too() -> None:
    scores = np.array([0.5, np.nextafter(0.5, 1), np.inf, 0.0, 5e-324])
    one, two = canonical_order([scores]), canonical_order([scores[::-1].copy()])
    assert scores[one.order].tolist() == scores[::-1][two.order].tolist()


def test_rows_of_one_user_stay_together() -> None:
    users = np.array([0, 1, 2, 1, -1, 0])
    found = canonical_order([np.arange(6)], users)
    assert found.clusters is not None
    kept = [code for code in found.clusters.tolist() if code >= 0]
    assert sum(a != b for a, b in pairwise(kept)) == 2
