"""Confusion matrices against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from curiouser.measure import confusion


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
@settings(max_examples=50)
def test_the_cells_are_those_of_scikit_learn_that_hold_a_row(rows: list[tuple[int, int]]) -> None:
    truth, codes = np.array(rows).T
    cells = confusion(truth, codes, classes=5)
    grid = np.zeros((5, 5), dtype=int)
    grid[cells[:, 0], cells[:, 1]] = cells[:, 2]
    assert grid.tolist() == confusion_matrix(truth, codes, labels=range(5)).tolist()
    assert cells[:, :2].tolist() == sorted(cells[:, :2].tolist())
    assert (cells[:, 2] > 0).all()


def test_without_rows_there_are_no_cells() -> None:
    nothing = np.array([], dtype=np.int64)
    assert confusion(nothing, nothing, classes=3).shape == (0, 3)


def test_a_code_that_is_no_class_is_refused() -> None:
    with pytest.raises(ValueError, match=r"outside 0 \.\. 2"):
        confusion(np.array([0]), np.array([3]), classes=3)
