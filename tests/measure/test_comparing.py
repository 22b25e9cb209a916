"""Comparing two models: flips, verdicts that agree with intervals, rows that share a user."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curiouser.measure import Answers, FloatArray, IntArray, Paired, TaskKind, compare_pair, metrics_of, seeded
from tests.measure.asking import known, reason_of


def given_scores(scores: FloatArray) -> Answers:
    return Answers(valid=np.ones(len(scores), dtype=bool), scores=scores)


def a_pair(n: int, seed: int) -> tuple[IntArray, FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.4).astype(np.int64)
    noise = rng.random((2, n))
    a, b = (np.clip(truth * 0.3 + part * 0.7, 0, 1).round(2) for part in noise)
    return truth, a, b


def compared(metric: str, truth: IntArray, a: FloatArray, b: FloatArray, *, clusters: IntArray | None = None) -> Paired:
    return compare_pair(
        TaskKind.BINARY,
        metric,
        truth,
        given_scores(a),
        given_scores(b),
        rng=seeded("pair"),
        threshold_a=0.5,
        threshold_b=0.5,
        clusters=clusters,
    )


@pytest.mark.parametrize("metric", metrics_of(TaskKind.BINARY))
@given(n=st.integers(2, 80), seed=st.integers(0, 10_000), per_user=st.sampled_from([1, 3]))
@settings(max_examples=12)
def test_verdict_and_interval_never_contradict_and_exchange_mirrors(
    metric: str, n: int, seed: int, per_user: int
) -> None:
    truth, a, b = a_pair(n, seed)
    users = None if per_user == 1 else np.arange(n) // per_user
    one, other = compared(metric, truth, a, b, clusters=users), compared(metric, truth, b, a, clusters=users)
    if one.difference is None or one.p_value is None:
        assert one.reason
        return
    assert one.difference == pytest.approx(-known(other.difference), abs=1e-12)
    if one.low is None or one.high is None:
        assert one.reason
        return
    assert one.low <= one.difference <= one.high
    assert (one.low > 0 or one.high < 0) == (one.p_value < 0.05)
    assert (one.positive_flips, one.negative_flips) == (other.negative_flips, other.positive_flips)


@pytest.mark.parametrize("metric", metrics_of(TaskKind.BINARY))
def test_a_model_does_not_differ_from_itself(metric: str) -> None:
    truth, a, _ = a_pair(60, 3)
    outcome = compared(metric, truth, a, a)
    assert outcome.difference == 0.0
    assert outcome.p_value == 1.0
    assert (outcome.negative_flips, outcome.positive_flips) == (0, 0)


def test_a_negative_flip_is_right_in_a_and_wrong_in_b() -> None:
    truth = np.array([1, 1, 1, 0])
    outcome = compared("accuracy", truth, np.array([0.9, 0.9, 0.1, 0.1]), np.array([0.1, 0.9, 0.9, 0.9]))
    assert (outcome.negative_flips, outcome.positive_flips) == (2, 1)
    assert outcome.difference == -0.25


def test_each_model_has_its_own_threshold() -> None:
    truth = np.array([1, 0, 1, 0])
    scores = np.array([0.4, 0.2, 0.35, 0.1])
    outcome = compare_pair(
        TaskKind.BINARY,
        "accuracy",
        truth,
        given_scores(scores),
        given_scores(scores),
        rng=seeded("x"),
        threshold_a=0.5,
        threshold_b=0.3,
    )
    assert outcome.difference == 0.5
    assert outcome.positive_flips == 2


def test_only_rows_that_both_answered_are_compared_and_the_others_are_counted() -> None:
    truth = np.array([1, 1, 0, 0])
    a = Answers(valid=np.array([True, True, True, False]), codes=np.array([1, 1, 0, 9]))
    b = Answers(valid=np.array([True, False, True, True]), codes=np.array([0, -1, 0, 0]))
    outcome = compare_pair(TaskKind.BINARY, "accuracy", truth, a, b, rng=seeded("x"))
    assert (outcome.n, outcome.missing) == (2, 2)
    assert outcome.difference == -0.5


def test_models_that_share_no_row_are_not_compared() -> None:
    a = Answers(valid=np.array([True, False]), codes=np.array([1, 1]))
    b = Answers(valid=np.array([False, True]), codes=np.array([1, 1]))
    outcome = compare_pair(TaskKind.BINARY, "accuracy", np.array([1, 1]), a, b, rng=seeded("x"))
    assert outcome.difference is None
    assert reason_of(outcome) == "the two models share no row"


def test_methods_are_named_by_what_the_rows_are() -> None:
    truth, a, b = a_pair(60, 5)
    users = np.arange(60) // 3
    assert compared("accuracy", truth, a, b).method.startswith("exact McNemar test")
    assert compared("roc_auc", truth, a, b).method.startswith("DeLong")
    assert "swapped by rows" in compared("f1", truth, a, b).method
    for metric in ("accuracy", "roc_auc", "f1", "log_loss"):
        assert "swapped by users" in compared(metric, truth, a, b, clusters=users).method


def test_users_that_never_repeat_are_independent_rows() -> None:
    truth, a, b = a_pair(60, 5)
    assert compared("accuracy", truth, a, b, clusters=np.arange(60)) == compared("accuracy", truth, a, b)


def test_rows_copied_within_a_user_prove_nothing_more() -> None:
    rng = np.random.default_rng(2)
    truth = np.ones(40, dtype=np.int64)
    a, b = np.where(rng.random(40) < 0.6, 0.9, 0.1), np.where(rng.random(40) < 0.75, 0.9, 0.1)
    once = compared("accuracy", truth, a, b)
    users = np.repeat(np.arange(40), 10)
    copied = compared("accuracy", *(np.repeat(part, 10) for part in (truth, a, b)), clusters=users)
    as_if_independent = compared("accuracy", *(np.repeat(part, 10) for part in (truth, a, b)))
    assert copied.p_value == pytest.approx(known(once.p_value), abs=0.02)
    assert known(as_if_independent.p_value) < known(once.p_value) / 10


def test_every_multiclass_metric_is_compared() -> None:
    rng = np.random.default_rng(0)
    names = ("cat", "dog", "eel", "fox")
    truth = rng.integers(0, 4, 150)
    sharp = rng.dirichlet(np.ones(4), size=150) + 1.5 * np.eye(4)[truth]
    dull = rng.dirichlet(np.ones(4), size=150) + 0.3 * np.eye(4)[truth]
    a, b = (Answers(valid=truth >= 0, probabilities=p / p.sum(axis=1, keepdims=True)) for p in (dull, sharp))
    for metric in metrics_of(TaskKind.MULTICLASS, names):
        outcome = compare_pair(TaskKind.MULTICLASS, metric, truth, a, b, rng=seeded("x"), classes=names)
        lower = metric in {"log_loss", "brier", "ece"}
        if metric not in {"ece", "top_3_accuracy"}:
            assert (known(outcome.difference) < 0) == lower, metric
            assert known(outcome.p_value) < 0.05, metric


def test_every_regression_metric_is_compared() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=300)
    a = Answers(valid=np.ones(300, dtype=bool), numbers=truth + 1.0 + rng.normal(size=300))
    b = Answers(valid=np.ones(300, dtype=bool), numbers=truth + rng.normal(size=300) * 0.3)
    for metric in metrics_of(TaskKind.REGRESSION):
        outcome = compare_pair(TaskKind.REGRESSION, metric, truth, a, b, rng=seeded("x"), tolerance=0.5)
        higher = metric in {"r2", "within_tolerance"}
        assert (known(outcome.difference) > 0) == higher, metric
        assert known(outcome.p_value) < 0.05, metric
        assert known(outcome.positive_flips) > known(outcome.negative_flips)


def test_without_a_threshold_there_are_no_flips_but_a_ranking_is_compared() -> None:
    truth, a, b = a_pair(60, 5)
    outcome = compare_pair(TaskKind.BINARY, "roc_auc", truth, given_scores(a), given_scores(b), rng=seeded("x"))
    assert outcome.difference is not None
    assert outcome.positive_flips is None


def test_the_same_content_gives_the_same_comparison() -> None:
    truth, a, b = a_pair(80, 6)
    assert compared("f1", truth, a, b) == compared("f1", truth, a, b)


def test_weights_change_what_counts() -> None:
    truth = np.ones(30, dtype=np.int64)
    a, b = np.array([0.9] * 10 + [0.1] * 20), np.array([0.1] * 10 + [0.9] * 20)
    weights = np.array([10.0] * 10 + [1.0] * 20)
    outcome = compare_pair(
        TaskKind.BINARY,
        "accuracy",
        truth,
        given_scores(a),
        given_scores(b),
        rng=seeded("x"),
        threshold_a=0.5,
        threshold_b=0.5,
        weights=weights,
    )
    assert known(outcome.difference) == pytest.approx((20 - 100) / 120)
    assert "weighted" in outcome.method
    assert (outcome.negative_flips, outcome.positive_flips) == (10, 20)


@pytest.mark.parametrize("users_of", [1, 6])
def test_equally_good_models_are_called_different_at_most_one_time_in_twenty(users_of: int) -> None:
    called = 0
    for trial in range(200):
        rng = np.random.default_rng([trial, users_of])
        users = np.arange(180) // users_of
        truth = np.ones(180, dtype=np.int64)
        a, b = (np.where(rng.random(180) < rng.beta(0.7, 0.3, size=180 // users_of)[users], 0.9, 0.1) for _ in range(2))
        outcome = compared("accuracy", truth, a, b, clusters=users)
        called += known(outcome.p_value) < 0.05
    # 16 is the 97.5 % quantile of a binomial at .05 over 200.
    assert called <= 16
