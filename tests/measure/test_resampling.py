"""Resampling sums has the law of resampling rows, and seeds come from content."""

import numpy as np
import pytest

from curiouser.measure.binary import balanced_accuracy_of_cells, fbeta_of_cells
from curiouser.measure.forms import Counted, Summed
from curiouser.measure.intervals import measured
from curiouser.measure.records import FloatArray, IntArray
from curiouser.measure.resampling import bootstrap, normal_draws, profiles_of, seeded
from curiouser.measure.rows import Rows
from tests.measure.asking import known


def a_table(n: int, seed: int = 0) -> IntArray:
    return np.random.default_rng(seed).choice(4, size=n, p=[0.5, 0.1, 0.1, 0.3]).astype(np.int64)


def in_cells(codes: IntArray) -> Summed:
    return Summed(codes=codes, columns=np.eye(4), values=None, of_sums=balanced_accuracy_of_cells)


def by_resampling(groups: list[FloatArray], draws: int) -> FloatArray:
    """The bootstrap as the textbook has it: draw groups with replacement, add them up, compute."""
    rng, table = np.random.default_rng(1), np.array(groups)
    return np.array(
        [
            float(balanced_accuracy_of_cells(table[rng.integers(0, len(table), len(table))].sum(axis=0)))
            for _ in range(draws)
        ]
    )


def test_drawing_counts_has_the_spread_of_drawing_rows() -> None:
    codes = a_table(500)
    fast = bootstrap(in_cells(codes), Rows.of(500), seeded("x"))
    slow = by_resampling([np.eye(4)[code] for code in codes], 2000)
    assert float(fast.std()) == pytest.approx(float(slow.std()), rel=0.08)
    assert np.quantile(fast, [0.025, 0.975]) == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.006)


def test_drawing_users_has_the_spread_of_drawing_whole_users() -> None:
    users = np.arange(600) // 6
    codes = np.repeat(a_table(100, seed=3), 6)
    fast = bootstrap(in_cells(codes), Rows.of(600, clusters=users), seeded("x"))
    slow = by_resampling([np.bincount(codes[users == user], minlength=4).astype(float) for user in range(100)], 2000)
    assert float(fast.std()) == pytest.approx(float(slow.std()), rel=0.08)
    assert float(fast.std()) > 2 * float(bootstrap(in_cells(codes), Rows.of(600), seeded("x")).std())


def test_many_distinct_groups_are_drawn_from_the_normal_limit_with_the_same_spread() -> None:
    codes, weights = a_table(8000), np.random.default_rng(0).uniform(0.5, 3, size=8000)
    limit = bootstrap(in_cells(codes), Rows.of(8000, weights=weights), seeded("x"))
    rounded = bootstrap(in_cells(codes), Rows.of(8000, weights=np.round(weights, 1)), seeded("x"))
    assert float(limit.std()) == pytest.approx(float(rounded.std()), rel=0.1)


def test_a_table_without_an_error_does_not_claim_to_be_perfect() -> None:
    codes = np.array([0] * 20 + [3] * 20)
    form = Counted(
        summed=Summed(codes=codes, columns=np.eye(4), values=None, of_sums=lambda s: fbeta_of_cells(s, 2.0)), label=""
    )
    number = measured(form, Rows.of(40), rng=seeded("x"))
    assert number.value == number.high == 1.0
    assert 0.80 < known(number.low) < 0.99


def test_equal_groups_are_counted_once() -> None:
    sums = np.random.default_rng(0).integers(0, 3, size=(300, 4)).astype(float)
    found = profiles_of(sums)
    rows, counts = np.unique(sums, axis=0, return_counts=True)
    order = np.lexsort(found.sums.T[::-1])
    assert found.sums[order].tolist() == rows.tolist()
    assert found.counts[order].tolist() == counts.tolist()


def test_zero_and_minus_zero_are_one_group() -> None:
    assert profiles_of(np.array([[0.0], [-0.0]])).counts.tolist() == [2.0]


def test_normal_draws_have_the_covariance_asked_for() -> None:
    covariance = np.array([[2.0, 1.0], [1.0, 2.0]])
    drawn = normal_draws(covariance, seeded("x"), 40_000)
    assert np.cov(drawn.T) == pytest.approx(covariance, abs=0.06)


def test_seeds_come_from_content_and_its_parts() -> None:
    assert seeded("a", b"b").random() == seeded("a", "b").random()
    assert seeded("a", "b").random() != seeded("b", "a").random()
    assert seeded("ab").random() != seeded("a", "b").random()
