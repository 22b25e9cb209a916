"""The state of a problem, computed from its patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from curiouser.measure import PatternErrors, ProblemState, fails_beyond_bound, patterns_needed, standing


def state_of(errors: int, n: int, *, live: tuple[int, int] | None = None, tolerance: float = 0.10) -> ProblemState:
    before = None if live is None else PatternErrors(errors=live[0], n=live[1])
    return standing(PatternErrors(errors=errors, n=n), tolerance=tolerance, live=before).state


@pytest.mark.parametrize(
    ("errors", "n", "live", "expected"),
    [
        (0, 0, None, ProblemState.UNSCORED),
        (0, 0, (0, 9), ProblemState.UNSCORED),
        (0, 28, None, ProblemState.PASSING),
        (0, 29, None, ProblemState.FIXED),
        (1, 45, None, ProblemState.PASSING),
        (1, 46, None, ProblemState.FIXED),
        (1, 10, None, ProblemState.PASSING),
        (2, 10, None, ProblemState.FAILING),
        (6, 6, None, ProblemState.FAILING),
        (6, 6, (1, 6), ProblemState.FAILING),
        (6, 6, (0, 6), ProblemState.REGRESSED),
        (3, 6, (0, 6), ProblemState.REGRESSED),
        (2, 6, (0, 6), ProblemState.SLIPPED),
        (2, 6, (0, 0), ProblemState.FAILING),
        (0, 6, (6, 6), ProblemState.PASSING),
    ],
)
def test_every_state_has_its_rule(errors: int, n: int, live: tuple[int, int] | None, expected: ProblemState) -> None:
    assert state_of(errors, n, live=live) == expected


@given(st.integers(0, 40), st.sampled_from([0.01, 0.05, 0.10, 0.25, 0.5]))
def test_patterns_needed_is_the_first_number_whose_binomial_tail_is_below_five_percent(
    errors: int, tolerance: float
) -> None:
    needed = patterns_needed(errors, tolerance)
    assert needed is not None
    assert stats.binom.cdf(errors, needed, tolerance) <= 0.05 + 1e-12
    assert needed - 1 <= errors or stats.binom.cdf(errors, needed - 1, tolerance) > 0.05


@given(st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_passing_problem_with_the_patterns_asked_for_is_fixed(counts: tuple[int, int]) -> None:
    errors, n = counts
    now = standing(PatternErrors(errors=errors, n=n), tolerance=0.10)
    if now.state == ProblemState.PASSING:
        assert now.more_needed is not None
        assert state_of(errors, n + now.more_needed) == ProblemState.FIXED
        assert state_of(errors, n + now.more_needed - 1) == ProblemState.PASSING
    else:
        assert now.more_needed is None


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_nothing_regresses_against_itself(counts: tuple[int, int]) -> None:
    assert state_of(*counts, live=counts) not in {ProblemState.REGRESSED, ProblemState.SLIPPED}


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_what_fails_beyond_its_bound_is_never_within_tolerance(counts: tuple[int, int]) -> None:
    errors, n = counts
    if fails_beyond_bound(PatternErrors(errors=errors, n=n), tolerance=0.10):
        assert state_of(errors, n) == ProblemState.FAILING
        assert state_of(errors, n, live=(0, 10)) == ProblemState.REGRESSED


def test_a_tolerance_of_zero_can_pass_and_never_be_proven() -> None:
    now = standing(PatternErrors(errors=0, n=500), tolerance=0.0)
    assert (now.state, now.more_needed) == (ProblemState.PASSING, None)
    assert state_of(1, 500, tolerance=0.0) == ProblemState.FAILING


@pytest.mark.parametrize("tolerance", [-0.1, 1.0, float("nan")])
def test_a_tolerance_that_is_no_error_rate_is_refused(tolerance: float) -> None:
    with pytest.raises(ValueError, match="error rate in"):
        state_of(1, 5, tolerance=tolerance)


def test_more_errors_than_patterns_are_refused() -> None:
    with pytest.raises(ValueError, match="0 <= errors <= n"):
        PatternErrors(errors=3, n=2)


def test_two_equally_good_models_hardly_ever_show_a_false_regression() -> None:
    """Twenty six-pattern problems with a true error of 5 %: by a plain rule one slips most of the time."""
    share = [stats.binom.pmf(errors, 6, 0.05) for errors in range(7)]
    regressed = slipped = 0.0
    for now in range(7):
        for live in range(7):
            state = state_of(now, 6, live=(live, 6))
            regressed += share[now] * share[live] * (state == ProblemState.REGRESSED)
            slipped += share[now] * share[live] * (state in {ProblemState.SLIPPED, ProblemState.REGRESSED})
    assert 1 - (1 - regressed) ** 20 < 0.05
    assert 1 - (1 - slipped) ** 20 > 0.9
