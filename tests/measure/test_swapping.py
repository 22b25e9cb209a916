"""The sign-flip test against every assignment written out, and its interval."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from curiouser.measure.binary import fbeta_of_cells
from curiouser.measure.forms import Mean, Summed, divide
from curiouser.measure.mcnemar import mcnemar_p_value
from curiouser.measure.paired import summed_of
from curiouser.measure.records import FloatArray, IntArray
from curiouser.measure.resampling import seeded
from curiouser.measure.rows import Rows
from curiouser.measure.swapping import Swapped, swap_test
from tests.measure.asking import known


def f1_of(sums: FloatArray) -> FloatArray:
    return fbeta_of_cells(sums, 1.0)


def in_cells(truth: IntArray, codes: IntArray) -> Summed:
    return Summed(codes=truth * 2 + codes, columns=np.eye(4), values=None, of_sums=f1_of)


def two_models(n: int, seed: int) -> tuple[IntArray, IntArray, IntArray]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.5).astype(np.int64)
    a, b = (np.where(rng.random(n) < 0.7, truth, 1 - truth) for _ in range(2))
    return truth, a, b


def swapped_of(a: Summed, b: Summed, rows: Rows, **how: float) -> Swapped:
    outcome = swap_test(a, b, rows, seeded("swap"), **how)  # type: ignore[arg-type]  # fields by name
    assert outcome is not None
    return outcome


def slow_p_value(truth: IntArray, a: IntArray, b: IntArray, users: IntArray) -> float:
    """Exchange the answers of every set of users, and count differences at least as large."""

    def f1(codes: IntArray) -> float:
        hits = float(((codes == 1) & (truth == 1)).sum())
        return 2.0 * hits / max(1.0, float((codes == 1).sum() + (truth == 1).sum()))

    observed, extreme = abs(f1(b) - f1(a)), 0
    names = np.unique(users)
    for chosen in itertools.product([False, True], repeat=len(names)):
        swap = np.isin(users, names[list(chosen)])
        size = abs(f1(np.where(swap, a, b)) - f1(np.where(swap, b, a)))
        extreme += size >= observed - 1e-12
    return float(extreme / 2 ** len(names))


@given(st.integers(0, 10_000))
@settings(max_examples=8)
def test_few_users_are_enumerated_and_agree_with_swapping_by_hand(seed: int) -> None:
    truth, a, b = two_models(30, seed)
    users = np.arange(30) // 3
    if not (a.any() and b.any() and truth.any()):
        return
    outcome = swapped_of(in_cells(truth, a), in_cells(truth, b), Rows.of(30, clusters=users))
    assert outcome.p_value == pytest.approx(slow_p_value(truth, a, b, users), abs=1e-12)
    assert outcome.method.startswith("all ")


def test_many_rows_are_drawn_and_come_close_to_the_exact_p_value() -> None:
    right_a, right_b = np.array([1] * 60 + [0] * 40), np.array([1] * 40 + [0] * 20 + [1] * 36 + [0] * 4)
    columns = np.array([[0.0, 1.0], [1.0, 1.0]])
    a, b = (
        Summed(codes=right, columns=columns, values=None, of_sums=lambda s: divide(s[..., 0], s[..., 1]))
        for right in (right_a, right_b)
    )
    exact = mcnemar_p_value(20, 36)
    drawn = swapped_of(a, b, Rows.of(100)).p_value
    assert drawn == pytest.approx(exact, abs=4 * (exact / 9999) ** 0.5)


def test_means_agree_with_scipys_permutation_test() -> None:
    rng = np.random.default_rng(4)
    losses_a, losses_b = rng.exponential(size=12), rng.exponential(size=12) * 1.4
    rows = Rows.of(12)
    fast = swapped_of(summed_of(Mean(values=losses_a), rows), summed_of(Mean(values=losses_b), rows), rows)
    slow = stats.permutation_test(
        (losses_a, losses_b), lambda x, y, axis: np.mean(y - x, axis=axis), permutation_type="samples", vectorized=True
    )
    assert fast.p_value == pytest.approx(slow.pvalue, abs=1e-12)


@given(st.integers(2, 60), st.integers(0, 10_000), st.sampled_from([0.01, 0.05, 0.1]), st.booleans())
@settings(max_examples=80)
def test_the_interval_excludes_zero_exactly_where_the_test_rejects(
    n: int,
    seed: int,
    alpha: float,
    by_user: bool,  # noqa: FBT001 -- drawn by Hypothesis
) -> None:
    truth, a, b = two_models(n, seed)
    b = np.where(np.arange(n) % 2 == 0, truth, b)
    users = np.arange(n) // 2 if by_user else None
    outcome = swap_test(
        in_cells(truth, a), in_cells(truth, b), Rows.of(n, clusters=users), seeded("x"), alpha=alpha, draws=999
    )
    if outcome is None or outcome.reach is None:
        return
    assert (abs(outcome.difference) > outcome.reach) == (outcome.p_value < alpha)


def test_models_that_answer_alike_have_no_reach() -> None:
    truth, a, _ = two_models(50, 1)
    outcome = swapped_of(in_cells(truth, a), in_cells(truth, a), Rows.of(50))
    assert (outcome.difference, outcome.p_value, outcome.reach, outcome.differing) == (0.0, 1.0, None, 0)


def test_many_distinct_rows_take_the_normal_limit_and_agree_with_students_t() -> None:
    rng = np.random.default_rng(0)
    losses_a = rng.exponential(size=20_000)
    losses_b = losses_a + rng.normal(0.012, 1, size=20_000)
    rows = Rows.of(20_000)
    outcome = swapped_of(summed_of(Mean(values=losses_a), rows), summed_of(Mean(values=losses_b), rows), rows)
    assert outcome.method == "normal limit of the sign assignments"
    assert outcome.p_value == pytest.approx(float(stats.ttest_rel(losses_b, losses_a).pvalue), abs=0.02)


def test_a_users_rows_move_together() -> None:
    truth, a, b = two_models(40, 2)
    users = np.repeat(np.arange(40), 8)
    truth, a, b = (np.repeat(part, 8) for part in (truth, a, b))
    alone = swapped_of(in_cells(truth, a), in_cells(truth, b), Rows.of(320))
    together = swapped_of(in_cells(truth, a), in_cells(truth, b), Rows.of(320, clusters=users))
    assert known(together.reach) > 2 * known(alone.reach)


def test_a_metric_that_is_undefined_for_one_model_is_not_compared() -> None:
    truth = np.zeros(5, dtype=np.int64)
    nothing, something = np.zeros(5, dtype=np.int64), np.ones(5, dtype=np.int64)
    assert swap_test(in_cells(truth, nothing), in_cells(truth, something), Rows.of(5), seeded("x")) is None
