"""The exact McNemar test, and an interval that never contradicts it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as by_statsmodels

from curiouser.measure import mcnemar
from curiouser.measure.mcnemar import mcnemar_interval, mcnemar_p_value

flips = st.tuples(st.integers(0, 120), st.integers(0, 120), st.integers(0, 400))


@given(flips)
def test_p_values_are_those_of_statsmodels_and_scipy(table: tuple[int, int, int]) -> None:
    only_a, only_b, rest = table
    p_value = mcnemar_p_value(only_a, only_b)
    assert p_value == pytest.approx(by_statsmodels([[rest, only_a], [only_b, 0]], exact=True).pvalue, abs=1e-12)
    if only_a + only_b:
        assert p_value == pytest.approx(stats.binomtest(only_a, only_a + only_b).pvalue, abs=1e-12)


def test_the_published_table_gives_the_published_p_value() -> None:
    assert mcnemar_p_value(121, 59) == pytest.approx(4.4344e-06, rel=1e-4)


@given(flips, st.sampled_from([0.9, 0.95, 0.975, 0.99]))
def test_the_interval_excludes_zero_exactly_where_the_test_rejects(
    table: tuple[int, int, int], confidence: float
) -> None:
    only_a, only_b, rest = table
    n = only_a + only_b + rest + 1
    interval = mcnemar_interval(only_a, only_b, n, confidence=confidence)
    excluded = interval.low > 0 or interval.high < 0
    assert excluded == (mcnemar_p_value(only_a, only_b) < 1 - confidence)
    assert -1 <= interval.low <= (only_b - only_a) / n <= interval.high <= 1


@given(flips)
def test_exchanging_the_models_mirrors_the_comparison(table: tuple[int, int, int]) -> None:
    only_a, only_b, rest = table
    n = only_a + only_b + rest + 1
    one, other = mcnemar(only_a, only_b, n), mcnemar(only_b, only_a, n)
    assert (one.low, one.high, one.p_value) == pytest.approx((-other.high, -other.low, other.p_value))  # type: ignore[operator]  # both ends are there


def test_models_that_agree_everywhere_still_may_differ_by_what_the_rows_cannot_show() -> None:
    paired = mcnemar(0, 0, 100)
    assert paired.p_value == 1.0
    assert paired.low == pytest.approx(-0.037, abs=0.001)
    assert paired.high == pytest.approx(0.037, abs=0.001)


@pytest.mark.parametrize(("n", "discordant", "difference"), [(100, 0.3, 0.2), (40, 0.3, 0.3), (200, 0.1, 0.05)])
def test_the_interval_covers_as_often_as_it_says(n: int, discordant: float, difference: float) -> None:
    shares = [(discordant - difference) / 2, (discordant + difference) / 2, 1 - discordant]
    drawn = np.random.default_rng(0).multinomial(n, shares, size=4000)
    tables, counts = np.unique(drawn[:, :2], axis=0, return_counts=True)
    covered = 0
    for (only_a, only_b), count in zip(tables, counts, strict=True):
        interval = mcnemar_interval(int(only_a), int(only_b), n)
        covered += int(count) * (interval.low <= difference <= interval.high)
    assert covered / 4000 > 0.935


@pytest.mark.parametrize(
    ("only_a", "only_b", "n", "message"),
    [(0, 0, 0, "no rows"), (20, 5, 10, "25 of 10"), (-1, 5, 10, "5 of 4"), (5, -1, 10, "-1 of 4")],
)
def test_counts_that_cannot_be_are_refused(only_a: int, only_b: int, n: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mcnemar(only_a, only_b, n)
