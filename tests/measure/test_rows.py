"""Which rows belong together, and what they weigh."""

import numpy as np
import pytest

from curiouser.measure.rows import Rows


def test_users_that_never_repeat_change_nothing() -> None:
    assert Rows.of(3, clusters=np.array([9, 2, 5])).independent


def test_rows_without_a_user_stand_alone() -> None:
    rows = Rows.of(5, clusters=np.array([3, -1, 3, -1, 0]))
    assert rows.groups == 4
    assert rows.sums(np.ones(5)).tolist() == [1.0, 2.0, 1.0, 1.0]


def test_sparse_user_codes_group_as_dense_ones() -> None:
    sparse = Rows.of(4, clusters=np.array([10**15, 7, 10**15, 7]))
    assert sparse.groups == 2
    assert sparse.sums(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [6.0, 4.0]


def test_equal_weights_change_nothing() -> None:
    assert Rows.of(2, weights=np.array([3.0, 3.0])).independent


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_no_selection_weight_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="weight must be > 0"):
        Rows.of(2, weights=np.array([1.0, weight]))


def test_arrays_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="clusters has 2 entries for 3 rows"):
        Rows.of(3, clusters=np.array([0, 1]))


def test_keeping_rows_forgets_users_that_no_longer_repeat() -> None:
    rows = Rows.of(4, clusters=np.array([0, 0, 1, 1]))
    assert rows.among(np.array([True, False, True, False])).independent


def test_variance_of_a_mean_is_the_textbooks_where_rows_stand_alone() -> None:
    values = np.random.default_rng(0).random(50)
    expected = values.var(ddof=1) / 50
    assert Rows.of(50).variance_of_mean(values - values.mean()) == pytest.approx(expected)
