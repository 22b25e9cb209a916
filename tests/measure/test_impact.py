"""Impact, its draws, its interval and the range of ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.measure import (
    CountedShare,
    Harm,
    ImpactFactors,
    RankRange,
    TypedShare,
    impact,
    impact_draws,
    impact_intervals,
    impact_points,
    rank_ranges,
    seeded,
)

EVEN = Harm(false_positive=3.0, false_negative=3.0)


def a_problem(**changes: object) -> ImpactFactors:
    fields = {"affected": TypedShare(low=4.0, high=4.0), "errors": 5, "n": 20, "harm": EVEN, **changes}
    return ImpactFactors(**fields)  # type: ignore[arg-type]  # fields by name


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1), st.floats(0, 1e6)), max_size=8))
def test_impact_is_the_product_of_its_three_factors(problems: list[tuple[float, float, float]]) -> None:
    percents, errors, harms = (np.array([row[place] for row in problems]) for place in range(3))
    expected = [percent * error * harm for percent, error, harm in problems]
    assert impact(percents, errors, harms).tolist() == expected


@pytest.mark.parametrize(
    ("percent", "error", "harm", "message"),
    [(101.0, 0.1, 1.0, "percent"), (1.0, 1.1, 1.0, "error"), (1.0, 0.1, -1.0, "harm"), (1.0, 0.1, np.inf, "harm")],
)
def test_a_factor_outside_its_range_is_refused(percent: float, error: float, harm: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        impact(np.array([percent]), np.array([error]), np.array([harm]))


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        impact(np.ones(2), np.ones(1), np.ones(2))


@pytest.mark.parametrize("missing", [{"affected": None}, {"harm": None}, {"errors": 0, "n": 0}])
def test_a_missing_factor_is_missing_never_zero_or_one(missing: dict[str, object]) -> None:
    problems = [a_problem(), a_problem(**missing)]
    points, drawn = impact_points(problems), impact_draws(problems, rng=seeded("x"))
    assert points[0] == 3.0
    assert np.isnan(points[1])
    assert np.isnan(drawn[:, 1]).all()
    assert impact_intervals(drawn)[1] is None
    assert rank_ranges(drawn) == [RankRange(best=1, worst=1), None]


def test_draws_follow_jeffreys_posterior_times_the_fixed_factors() -> None:
    drawn = impact_draws([a_problem()], rng=seeded("x"))
    assert drawn.shape == (10_000, 1)
    assert drawn.mean() == pytest.approx(4.0 * 3.0 * 5.5 / 21, rel=0.02)
    interval = impact_intervals(drawn)[0]
    assert interval is not None
    # The 2.5 % and 97.5 % quantiles of Beta(5.5, 15.5), times 12.
    assert (interval.low, interval.high) == pytest.approx((12 * 0.1024, 12 * 0.4648), rel=0.03)


@pytest.mark.parametrize("errors", [0, 20])
def test_the_interval_holds_the_impact_where_every_answer_is_alike(errors: int) -> None:
    harm = Harm(false_positive=3.0, false_negative=3.0)
    known = ImpactFactors(affected=TypedShare(low=4.0, high=4.0), errors=errors, n=20, harm=harm)
    value = impact_points([known])
    interval = impact_intervals(impact_draws([known], rng=np.random.default_rng(0)), value)[0]
    assert interval is not None
    assert interval.low <= value[0] <= interval.high


def test_a_range_of_users_widens_the_interval() -> None:
    narrow, wide = impact_intervals(
        impact_draws([a_problem(), a_problem(affected=TypedShare(low=0.5, high=7.5))], rng=seeded("x"))
    )
    assert narrow is not None
    assert wide is not None
    assert wide.high - wide.low > narrow.high - narrow.low


def test_a_likely_value_draws_towards_it() -> None:
    share = TypedShare(low=1.0, high=10.0, likely=2.0)
    drawn = share.draws(20_000, seeded("x"))
    assert share.percent == 2.0
    assert drawn.min() >= 1.0
    assert drawn.max() <= 10.0
    assert drawn.mean() == pytest.approx(13 / 3, rel=0.02)


def test_counted_users_carry_the_uncertainty_of_their_count() -> None:
    few, many = CountedShare(users=2, active=50), CountedShare(users=2000, active=50_000)
    assert few.percent == many.percent == 4.0
    assert few.draws(5000, seeded("x")).std() > 10 * many.draws(5000, seeded("x")).std()


def test_false_positives_and_false_negatives_count_with_their_own_harm() -> None:
    harm = Harm(false_positive=1.0, false_negative=10.0)
    only_positive = a_problem(harm=harm, false_positives=5, positives=0)
    only_negative = a_problem(harm=harm, false_positives=0, positives=20)
    mixed = a_problem(harm=harm, false_positives=1, positives=10)
    assert impact_points([only_positive, only_negative, mixed]).tolist() == pytest.approx([1.0, 10.0, 8.2])
    drawn = impact_draws([only_positive, only_negative, mixed], rng=seeded("x"))
    assert drawn.mean(axis=0) == pytest.approx(
        [4 * 5.5 / 21, 40 * 5.5 / 21, 4 * 5.5 / 21 * (1 + 9 * 4.5 / 6)], rel=0.03
    )


def test_ranks_are_certain_only_where_the_draws_are() -> None:
    clear = a_problem(errors=19, harm=Harm(false_positive=30.0, false_negative=30.0))
    alike = [a_problem(errors=3), a_problem(errors=4)]
    ranges = rank_ranges(impact_draws([*alike, clear], rng=seeded("x")))
    assert ranges == [RankRange(best=2, worst=3), RankRange(best=2, worst=3), RankRange(best=1, worst=1)]


def test_no_problems_have_no_ranks() -> None:
    assert rank_ranges(impact_draws([], rng=seeded("x"))) == []
    assert impact_points([]).tolist() == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: TypedShare(low=5.0, high=2.0),
        lambda: TypedShare(low=0.0, high=float("nan")),
        lambda: TypedShare(low=1.0, high=2.0, likely=3.0),
        lambda: CountedShare(users=3, active=2),
        lambda: CountedShare(users=0, active=0),
        lambda: Harm(false_positive=-1.0, false_negative=1.0),
        lambda: Harm(false_positive=1.0, false_negative=float("nan")),
        lambda: a_problem(errors=30),
        lambda: a_problem(positives=40),
    ],
)
def test_a_factor_that_cannot_be_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"."):
        wrong()


def test_draws_that_are_no_table_have_no_ranks() -> None:
    with pytest.raises(ValueError, match="1 dimensions"):
        rank_ranges(np.array([3.0, 1.0]))
