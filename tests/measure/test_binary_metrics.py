"""Two-class metrics against scikit-learn, and what is undefined."""

import math
from typing import Any, Unpack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from curiouser.measure import Answers, FloatArray, IntArray, Measured, TaskKind, metrics_of, score_all, seeded
from curiouser.measure.binary import classes_at
from tests.measure.asking import How, known, reason_of

Rows = tuple[IntArray, FloatArray, FloatArray | None]
METRICS = list(metrics_of(TaskKind.BINARY))


def scored(
    truth: ArrayLike, scores: ArrayLike, *, threshold: float = 0.5, valid: list[bool] | None = None, **how: Unpack[How]
) -> dict[str, Measured]:
    answers = Answers(
        valid=np.ones(len(np.asarray(truth)), dtype=bool) if valid is None else np.asarray(valid),
        scores=np.asarray(scores, dtype=np.float64),
    )
    return score_all(TaskKind.BINARY, np.asarray(truth), answers, rng=seeded("binary"), threshold=threshold, **how)


def by_sklearn(truth: IntArray, scores: FloatArray, threshold: float, weights: FloatArray | None) -> dict[str, float]:
    codes: IntArray = (scores >= threshold).astype(int)
    how: dict[str, Any] = {"sample_weight": weights}
    expected = {
        "accuracy": sk.accuracy_score(truth, codes, **how),
        "log_loss": sk.log_loss(truth, scores, labels=[0, 1], **how),
        "brier": sk.brier_score_loss(truth, scores, labels=[0, 1], pos_label=1, **how),
    }
    positives, answered = truth.any(), codes.any()
    if positives:
        expected["recall"] = sk.recall_score(truth, codes, **how)
        expected["average_precision"] = sk.average_precision_score(truth, scores, **how)
    if not truth.all():
        expected["specificity"] = sk.recall_score(truth, codes, pos_label=0, **how)
    if answered:
        expected["precision"] = sk.precision_score(truth, codes, **how)
    if positives or answered:
        for name, beta in (("f1", 1), ("f2", 2), ("f0.5", 0.5)):
            expected[name] = sk.fbeta_score(truth, codes, beta=beta, zero_division=0, **how)
    if positives and not truth.all():
        expected["roc_auc"] = sk.roc_auc_score(truth, scores, **how)
        expected["balanced_accuracy"] = sk.balanced_accuracy_score(truth, codes, **how)
    return expected


@st.composite
def labelled_scores(draw: st.DrawFn) -> Rows:
    n = draw(st.integers(1, 40))
    truth = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    steps = draw(st.sampled_from([3, 10, 1000]))
    scores = np.array(draw(st.lists(st.integers(0, steps), min_size=n, max_size=n))) / steps
    weights = draw(st.none() | st.lists(st.floats(0.1, 9), min_size=n, max_size=n).map(np.array))
    return truth, scores, weights


@given(labelled_scores(), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
@settings(max_examples=30)
def test_every_metric_agrees_with_scikit_learn_with_ties_and_weights(rows: Rows, threshold: float) -> None:
    truth, scores, weights = rows
    measured = scored(truth, scores, threshold=threshold, weights=weights)
    expected = by_sklearn(truth, scores, threshold, weights)
    for name in METRICS:
        if name == "ece":
            continue
        if name in expected:
            assert measured[name].value == pytest.approx(expected[name], abs=1e-9), name
        else:
            assert measured[name].value is None, name
            assert measured[name].reason, name


@given(labelled_scores())
@settings(max_examples=30)
def test_the_value_lies_within_its_interval_and_the_interval_within_the_metrics_range(rows: Rows) -> None:
    truth, scores, weights = rows
    users = np.arange(len(truth)) // 2
    for clusters in (None, users):
        for name, number in scored(truth, scores, weights=weights, clusters=clusters).items():
            if number.low is None:
                assert number.reason, name
                continue
            assert number.low <= known(number.value) <= known(number.high), name
            metric = metrics_of(TaskKind.BINARY)[name]
            if name not in {"log_loss", "brier"}:
                assert number.low >= known(metric.low) - 1e-12, name
            if metric.high is not None and name != "brier":
                assert known(number.high) <= metric.high + 1e-12, name


def test_ece_is_the_gap_of_the_positive_class_over_fifteen_bins() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(500)
    truth = (rng.random(500) < scores**2).astype(int)
    total = 0.0
    for lower in range(15):
        inside = (scores >= lower / 15) & (scores < (lower + 1) / 15)
        if inside.any():
            total += inside.sum() / 500 * abs(scores[inside].mean() - truth[inside].mean())
    measured = scored(truth, scores)["ece"]
    assert measured.value == pytest.approx(total, abs=1e-12)
    assert "positive class" in measured.method
    assert "15 bins" in measured.method


def test_a_score_of_exactly_one_falls_into_the_last_bin() -> None:
    assert scored([1, 1], [1.0, 1.0])["ece"].value == 0.0


def test_without_rows_every_metric_is_undefined_and_says_so() -> None:
    for number in scored(np.array([], dtype=int), np.array([])).values():
        assert number.value is None
        assert number.reason == "no rows were scored"
        assert number.n == 0


def test_missing_answers_are_counted_and_never_scored() -> None:
    measured = scored([1, 1, 0, 0], [0.9, math.nan, 0.1, 0.2], valid=[True, False, True, True])
    assert measured["recall"].value == 1.0
    assert {(number.n, number.missing) for number in measured.values()} == {(3, 1)}


def test_an_undefined_rate_is_null_with_its_reason_never_zero() -> None:
    measured = scored([0, 0, 0], [0.1, 0.2, 0.3])
    assert measured["recall"].value is None
    assert measured["recall"].reason == "there are no positive rows"
    assert measured["precision"].reason == "there are no rows predicted positive"
    assert "needs a positive row" in reason_of(measured["roc_auc"])
    assert measured["specificity"].value == 1.0


def test_a_rate_states_the_rows_it_is_a_share_of() -> None:
    measured = scored([1, 1, 0, 0], [0.9, 0.1, 0.2, 0.3])
    assert measured["recall"].denominator == 2
    assert measured["recall"].n == 4
    assert measured["accuracy"].denominator is None


def test_the_threshold_itself_is_positive_in_float64() -> None:
    assert classes_at(np.array([0.3, np.nextafter(0.3, 0)]), 0.3).tolist() == [1, 0]
    assert classes_at(np.array([0.3], dtype=np.float32), 0.3).tolist() == [int(float(np.float32(0.3)) >= 0.3)]


def test_without_a_threshold_the_answers_own_classes_count() -> None:
    answers = Answers(valid=np.array([True, True]), codes=np.array([1, 0]), scores=np.array([0.1, 0.9]))
    measured = score_all(TaskKind.BINARY, np.array([1, 0]), answers, rng=seeded("x"))
    assert measured["accuracy"].value == 1.0
    assert measured["roc_auc"].value == 0.0


def test_a_score_without_threshold_or_class_says_what_to_do() -> None:
    answers = Answers(valid=np.array([True, True]), scores=np.array([0.1, 0.9]))
    measured = score_all(TaskKind.BINARY, np.array([1, 0]), answers, rng=seeded("x"))
    assert "set its threshold" in reason_of(measured["accuracy"])
    assert measured["roc_auc"].value == 0.0


def test_scores_outside_zero_and_one_rank_but_are_no_probabilities() -> None:
    measured = scored([0, 1, 1], [-3.0, 2.0, math.inf], threshold=0.0)
    assert measured["roc_auc"].value == 1.0
    assert measured["log_loss"].reason == "the scores are not probabilities: they leave [0, 1]"


def test_nan_in_a_valid_row_is_refused() -> None:
    with pytest.raises(ValueError, match="mark the row as not valid"):
        scored([0, 1], [0.5, math.nan])


def test_a_code_that_is_no_class_is_refused() -> None:
    answers = Answers(valid=np.array([True]), codes=np.array([2]))
    with pytest.raises(ValueError, match="outside 0"):
        score_all(TaskKind.BINARY, np.array([1]), answers, rng=seeded("x"))


def test_an_unknown_metric_lists_the_known_ones() -> None:
    with pytest.raises(KeyError, match="balanced_accuracy"):
        scored([0, 1], [0.5, 0.5], metrics=["acuracy"])


def test_equal_content_gives_equal_numbers_whichever_metrics_are_asked_for() -> None:
    rng = np.random.default_rng(5)
    truth, scores = rng.integers(0, 2, 60), rng.random(60)
    everything = scored(truth, scores)
    assert scored(truth, scores) == everything
    assert scored(truth, scores, metrics=["f2"])["f2"] == everything["f2"]


def test_confident_mistakes_cost_a_large_but_finite_log_loss() -> None:
    measured = scored([0, 1], [1.0, 0.0])["log_loss"]
    assert measured.value == pytest.approx(-math.log(np.finfo(float).eps))
