"""Regression metrics against scikit-learn, and what is undefined."""

from typing import Any, Unpack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from curiouser.measure import Answers, Measured, TaskKind, metrics_of, score_all, seeded
from tests.measure.asking import How, reason_of

finite = st.integers(-1000, 1000).map(lambda whole: whole / 8)


def scored(truth: ArrayLike, numbers: ArrayLike, **how: Unpack[How]) -> dict[str, Measured]:
    answers = Answers(valid=np.ones(len(np.asarray(truth)), dtype=bool), numbers=np.asarray(numbers, dtype=float))
    return score_all(TaskKind.REGRESSION, np.asarray(truth, dtype=float), answers, rng=seeded("regression"), **how)


@given(rows=st.lists(st.tuples(finite, finite, st.floats(0.1, 9)), min_size=2, max_size=30), weighted=st.booleans())
@settings(max_examples=50)
def test_every_metric_agrees_with_scikit_learn(rows: list[tuple[float, float, float]], *, weighted: bool) -> None:
    truth, numbers, weights = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    how: dict[str, Any] = {"sample_weight": weights if weighted else None}
    measured = scored(truth, numbers, weights=how["sample_weight"], tolerance=2.0)
    expected = {
        "mae": sk.mean_absolute_error(truth, numbers, **how),
        "rmse": sk.root_mean_squared_error(truth, numbers, **how),
        "bias": np.average(numbers - truth, weights=how["sample_weight"]),
        "within_tolerance": np.average(np.abs(numbers - truth) <= 2.0, weights=how["sample_weight"]),
    }
    if len(set(truth)) > 1:
        expected["r2"] = sk.r2_score(truth, numbers, **how)
    if not weighted:
        expected["median_absolute_error"] = sk.median_absolute_error(truth, numbers)
        expected["p90_absolute_error"] = np.quantile(np.abs(numbers - truth), 0.9)
    for name, value in expected.items():
        assert measured[name].value == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_a_weighted_quantile_is_the_smallest_error_that_reaches_the_level() -> None:
    errors, weights = np.array([4.0, 1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0, 5.0])
    measured = scored(np.zeros(4), errors, weights=weights)
    expected = np.quantile(errors, 0.5, method="inverted_cdf", weights=weights)
    assert measured["median_absolute_error"].value == expected == 3.0


def test_without_a_tolerance_the_share_within_it_is_undefined() -> None:
    assert "has no tolerance" in reason_of(scored([1.0, 2.0], [1.0, 2.0])["within_tolerance"])


def test_r2_of_equal_truths_is_undefined() -> None:
    assert "all are equal" in reason_of(scored([1.0, 1.0], [1.0, 2.0])["r2"])


@pytest.mark.parametrize("tolerance", [None, 2.0])
def test_without_rows_every_metric_is_undefined_and_says_so(tolerance: float | None) -> None:
    measured = scored([], [], tolerance=tolerance)
    assert set(measured) == set(metrics_of(TaskKind.REGRESSION))
    assert {(one.value, one.low, one.high, one.n) for one in measured.values()} == {(None, None, None, 0)}
    assert {number.reason for number in measured.values()} == {"no rows were scored"}


def test_rows_without_an_answer_are_missing_and_nothing_is_scored() -> None:
    answers = Answers(valid=np.zeros(3, dtype=bool), numbers=np.full(3, np.nan))
    measured = score_all(TaskKind.REGRESSION, np.ones(3), answers, rng=seeded("regression"), tolerance=1.0)
    assert {(number.value, number.n, number.missing) for number in measured.values()} == {(None, 0, 3)}


def test_one_row_has_a_value_and_no_interval() -> None:
    measured = scored([1.0], [3.0])
    assert measured["mae"].value == 2.0
    assert measured["mae"].low is None
    assert measured["mae"].reason == "no interval: one row shows no spread"
    assert measured["r2"].value is None


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        scored([1.0, 2.0], [1.0, np.inf])


def test_rows_of_one_user_show_no_spread() -> None:
    measured = scored([1.0, 2.0, 3.0], [1.5, 2.5, 2.0], clusters=np.zeros(3, dtype=np.int64))
    assert measured["mae"].reason == "no interval: all rows belong to one user"
