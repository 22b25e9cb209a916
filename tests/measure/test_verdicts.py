"""Holm's adjustment, intervals that agree with it, and verdicts in words."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from curiouser.measure import Verdict, holm, holm_confidences, verdict

p_values = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=12)


@given(p_values)
@settings(max_examples=20)
def test_holm_agrees_with_statsmodels(given_values: list[float]) -> None:
    expected = multipletests(given_values, method="holm")[1]
    assert holm(given_values) == pytest.approx(list(expected), abs=1e-12)


@given(p_values)
def test_the_confidence_of_each_interval_agrees_with_the_adjusted_verdict(given_values: list[float]) -> None:
    adjusted, confidences = holm(given_values), holm_confidences(given_values)
    for p, adjusted_p, confidence in zip(given_values, adjusted, confidences, strict=True):
        assert adjusted_p is not None
        if abs(adjusted_p - 0.05) > 1e-9:
            assert (p < 1 - confidence) == (adjusted_p < 0.05)


def test_an_undefined_comparison_is_not_counted() -> None:
    assert holm([0.02, None, 0.03]) == [0.04, None, 0.04]
    assert holm_confidences([None]) == [0.95]


@pytest.mark.parametrize(
    ("p", "difference", "higher", "expected"),
    [
        (0.01, 0.1, True, Verdict.BETTER),
        (0.01, -0.1, True, Verdict.WORSE),
        (0.01, 0.1, False, Verdict.WORSE),
        (0.01, -0.1, False, Verdict.BETTER),
        (0.01, -0.1, None, Verdict.BETTER),
        (0.05, 0.1, True, Verdict.NO_DIFFERENCE_SHOWN),
        (0.01, 0.0, True, Verdict.NO_DIFFERENCE_SHOWN),
        (None, None, True, Verdict.NO_DIFFERENCE_SHOWN),
    ],
)
def test_a_verdict_needs_an_adjusted_p_below_five_percent_and_knows_which_way_is_up(
    p: float | None, difference: float | None, *, higher: bool | None, expected: Verdict
) -> None:
    assert verdict(p, difference, higher_is_better=higher) == expected


@pytest.mark.parametrize("wrong", [2.0, -0.1, math.nan, math.inf])
def test_what_is_no_p_value_is_refused(wrong: float) -> None:
    for adjust in (holm, holm_confidences):
        with pytest.raises(ValueError, match=r"a p value must be in \[0, 1\]"):
            adjust([0.03, None, wrong])


@pytest.mark.parametrize("alpha", [0, 1, math.nan])
def test_an_alpha_that_is_no_chance_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        holm_confidences([0.03], alpha=alpha)
