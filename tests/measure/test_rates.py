"""Intervals of a rate against statsmodels, published values and simulation by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from curiouser.measure import clopper_pearson, jeffreys, lower_bound, rate, upper_bound, wilson
from curiouser.measure.intervals import rate_interval
from curiouser.measure.rates import effective_rate
from curiouser.measure.records import Interval
from curiouser.measure.rows import Rows

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_agrees_with_statsmodels(pair: tuple[int, int]) -> None:
    low, high = proportion_confint(*pair, method="wilson")
    interval = wilson(*pair)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-12)


@given(counts)
def test_clopper_pearson_agrees_with_statsmodels(pair: tuple[int, int]) -> None:
    low, high = proportion_confint(*pair, method="beta")
    interval = clopper_pearson(*pair)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-12)


@given(counts)
def test_jeffreys_agrees_with_statsmodels_away_from_the_ends(pair: tuple[int, int]) -> None:
    successes, n = pair
    low, high = proportion_confint(successes, n, method="jeffreys")
    interval = jeffreys(successes, n)
    assert interval.low == (0.0 if successes == 0 else pytest.approx(low, abs=1e-12))
    assert interval.high == (1.0 if successes == n else pytest.approx(high, abs=1e-12))


@given(counts)
def test_a_one_sided_bound_is_where_the_binomial_tail_is_five_percent(pair: tuple[int, int]) -> None:
    successes, n = pair
    if successes < n:
        assert stats.binom.cdf(successes, n, upper_bound(successes, n)) == pytest.approx(0.05, abs=1e-9)
    if successes > 0:
        assert stats.binom.sf(successes - 1, n, lower_bound(successes, n)) == pytest.approx(0.05, abs=1e-9)


def test_published_values_hold() -> None:
    interval = wilson(1, 10)
    assert (interval.low, interval.high) == pytest.approx((0.01788, 0.40415), abs=5e-6)
    assert clopper_pearson(0, 10).high == pytest.approx(0.30850, abs=5e-6)


def test_a_rate_of_nothing_is_undefined_with_its_reason() -> None:
    measured = rate(0, 0, missing=4, of="patterns")
    assert (measured.value, measured.low, measured.n, measured.missing) == (None, None, 0, 4)
    assert measured.reason == "no patterns were scored"


def test_more_successes_than_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="0 <= successes <= n"):
        rate(3, 2)


def test_rows_that_say_the_same_for_a_user_count_as_one() -> None:
    hits = np.repeat(np.random.default_rng(0).random(60) < 0.4, 10).astype(float)
    users = Rows.of(600, clusters=np.repeat(np.arange(60), 10))
    shared, alone = rate_interval(hits, users), wilson(float(hits.sum()), 600)
    per_user = wilson(float(hits.sum()) / 10, 60)
    assert isinstance(shared, Interval)
    assert shared.high - shared.low > 2.9 * (alone.high - alone.low)
    assert shared.high - shared.low == pytest.approx(per_user.high - per_user.low, rel=0.05)


def test_weights_widen_by_the_rows_they_cost() -> None:
    weights = np.where(np.arange(400) % 2 == 0, 1.0, 9.0)
    rows = Rows.of(400, weights=weights)
    assert rows.effective == pytest.approx(400 * 25 / 41)
    hits = (np.random.default_rng(0).random(400) < 0.3).astype(float)
    weighted = rate_interval(hits, rows)
    assert isinstance(weighted, Interval)
    even = wilson(float(hits.sum()), 400)
    assert weighted.high - weighted.low > even.high - even.low


def test_no_error_at_all_still_leaves_room_for_one_per_user() -> None:
    rows = Rows.of(100, clusters=np.repeat(np.arange(20), 5))
    interval = rate_interval(np.zeros(100), rows)
    assert isinstance(interval, Interval)
    assert interval.high > wilson(0, 20).high - 1e-12


def test_effective_rows_are_never_more_than_kishs() -> None:
    lucky = effective_rate(0.5, 1e-9, kish=50, degrees=1e9)
    assert lucky.low == pytest.approx(wilson(25, 50).low)
