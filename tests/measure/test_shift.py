"""Distances and tests of two samples, against slow second definitions and against other people's code."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from curiouser.measure import (
    all_on_one_side,
    distance_by_chance,
    homogeneity,
    imbalance,
    smirnov,
    total_variation,
    two_shares,
    variation_by_chance,
)

COUNTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8)


def arrays(pairs: list[tuple[int, int]]) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]:
    return tuple(np.array(side, np.int64) for side in zip(*pairs, strict=True))


@given(COUNTS)
def test_total_variation_is_the_largest_difference_over_all_sets_of_categories(pairs: list[tuple[int, int]]) -> None:
    a, b = arrays(pairs)
    if not (a.sum() and b.sum()):
        assert math.isnan(total_variation(a, b))
        return
    sets = [set(chosen) for size in range(len(a) + 1) for chosen in combinations(range(len(a)), size)]
    slow = max(abs(sum(a[list(one)]) / a.sum() - sum(b[list(one)]) / b.sum()) for one in sets)
    assert total_variation(a, b) == pytest.approx(slow, abs=1e-12)
    assert total_variation(a, b) == pytest.approx(total_variation(b, a), abs=1e-12)


@pytest.mark.parametrize(
    ("shares", "n", "m"), [([0.5, 0.5], 40, 60), ([0.1] * 10, 200, 500), ([0.9, 0.05, 0.05], 300, 300)]
)
def test_what_chance_gives_is_the_mean_over_many_samples(shares: list[float], n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    drawn = [(rng.multinomial(n, shares), rng.multinomial(m, shares)) for _ in range(2_000)]
    assert np.mean([variation_by_chance(a, b) for a, b in drawn]) == pytest.approx(
        np.mean([total_variation(a, b) for a, b in drawn]), rel=0.05
    )


def test_the_distance_by_chance_is_the_mean_over_many_samples() -> None:
    rng = np.random.default_rng(1)
    found = [stats.ks_2samp(rng.random(200), rng.random(300)).statistic for _ in range(300)]
    assert distance_by_chance(200, 300) == pytest.approx(np.mean(found), rel=0.06)


@given(st.lists(st.tuples(st.integers(12, 80), st.integers(12, 80)), min_size=2, max_size=6))
def test_homogeneity_is_pearsons_test_where_nothing_is_rare(pairs: list[tuple[int, int]]) -> None:
    a, b = arrays(pairs)
    table = np.vstack([a, b])
    if (stats.contingency.expected_freq(table) < 5).any():
        return
    assert homogeneity(a, b) == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9)


def test_rare_categories_are_pooled_before_they_are_compared() -> None:
    a, b = np.array([100, 100, 1, 2, 3, 1, 4]), np.array([100, 100, 4, 1, 1, 3, 2])
    pooled = np.array([[11, 100, 100], [11, 100, 100]])
    assert homogeneity(a, b) == pytest.approx(stats.chi2_contingency(pooled, correction=False).pvalue)
    assert homogeneity(np.array([10, 1]), np.array([12, 0])) == 1.0
    assert homogeneity(np.array([3]), np.array([4])) == 1.0


@pytest.mark.parametrize(("n", "m"), [(50, 60), (200, 1_000)])
def test_smirnov_agrees_with_scipy_and_never_alarms_sooner(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    for shift in (0.0, 0.2, 0.5):
        x, y = rng.normal(0, 1, n), rng.normal(shift, 1, m)
        peer = stats.ks_2samp(x, y, method="exact" if n < 100 else "asymp")
        ours = smirnov(float(peer.statistic), n, m)
        assert ours == pytest.approx(peer.pvalue, abs=0.06)
        assert ours >= peer.pvalue * 0.95


@given(st.integers(0, 20), st.integers(1, 20), st.integers(0, 20), st.integers(1, 20))
def test_two_shares_is_the_doubled_tail_of_fishers_test(a: int, n: int, b: int, m: int) -> None:
    a, b = min(a, n), min(b, m)
    table = np.array([[a, n - a], [b, m - b]])
    tails = [stats.fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")]
    assert two_shares(a, n, b, m) == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9)


def test_two_shares_of_many_rows_are_compared_as_fast_and_come_to_the_same() -> None:
    few, many = two_shares(4_900, 50_000, 5_150, 50_000), two_shares(490_000, 5_000_000, 490_900, 5_000_000)
    table = np.array([[4_900, 45_100], [5_150, 44_850]])
    assert few == pytest.approx(2 * stats.fisher_exact(table, alternative="less").pvalue, rel=0.05)
    assert many == pytest.approx(
        stats.chi2_contingency([[490_000, 4_510_000], [490_900, 4_509_100]], correction=False).pvalue
    )


@given(st.integers(1, 6), st.integers(1, 12), st.integers(0, 12))
def test_all_on_one_side_counts_the_ways(count: int, side: int, other: int) -> None:
    count = min(count, side)
    ways = math.comb(side, count) / math.comb(side + other, count)
    assert all_on_one_side(count, side, other) == pytest.approx(ways, rel=1e-9)


def test_imbalance_of_equal_classes_is_one_for_each() -> None:
    assert imbalance(np.array([7, 7, 7])).tolist() == [1.0, 1.0, 1.0]
    assert imbalance(np.array([0, 4])).tolist() == [0.0, 2.0]
