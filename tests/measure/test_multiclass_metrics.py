"""Metrics of several classes against scikit-learn, and what is undefined."""

from typing import Any, Unpack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from curiouser.measure import Answers, FloatArray, IntArray, Measured, TaskKind, metrics_of, score_all, seeded
from curiouser.measure.multiclass import in_top, top_classes
from tests.measure.asking import How, known, reason_of

Rows = tuple[IntArray, FloatArray, FloatArray | None]
CLASSES = ("cat", "dog", "eel", "fox")


def scored(
    truth: IntArray, *, codes: IntArray | None = None, probabilities: FloatArray | None = None, **how: Unpack[How]
) -> dict[str, Measured]:
    answers = Answers(valid=np.ones(len(truth), dtype=bool), codes=codes, probabilities=probabilities)
    return score_all(TaskKind.MULTICLASS, truth, answers, rng=seeded("multiclass"), classes=CLASSES, **how)


@st.composite
def labelled_probabilities(draw: st.DrawFn) -> Rows:
    n = draw(st.integers(1, 30))
    truth = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    parts = np.array(draw(st.lists(st.tuples(*[st.integers(1, 6)] * 4), min_size=n, max_size=n)), dtype=float)
    weights = draw(st.none() | st.lists(st.floats(0.1, 9), min_size=n, max_size=n).map(np.array))
    return truth, parts / parts.sum(axis=1, keepdims=True), weights


@given(labelled_probabilities())
@settings(max_examples=12)
def test_every_metric_agrees_with_scikit_learn(rows: Rows) -> None:
    truth, probabilities, weights = rows
    codes = probabilities.argmax(axis=1)
    how: dict[str, Any] = {"sample_weight": weights}
    measured = scored(truth, probabilities=probabilities, weights=weights)
    expected = {
        "accuracy": sk.accuracy_score(truth, codes, **how),
        "micro_f1": sk.f1_score(truth, codes, average="micro", **how),
        "macro_f1": sk.f1_score(truth, codes, average="macro", zero_division=0, **how),
        "weighted_f1": sk.f1_score(truth, codes, average="weighted", zero_division=0, **how),
        "macro_recall": sk.recall_score(truth, codes, average="macro", labels=np.unique(truth), **how),
        "log_loss": sk.log_loss(truth, probabilities, labels=range(4), **how),
    }
    if len(np.unique(truth)) > 1:
        expected["balanced_accuracy"] = sk.recall_score(truth, codes, average="macro", labels=np.unique(truth), **how)
    if set(truth) <= set(codes):
        expected["macro_precision"] = sk.precision_score(truth, codes, average="macro", labels=np.unique(codes), **how)
    for code, name in enumerate(CLASSES):
        one: dict[str, Any] = {"labels": [code], "average": "macro", **how}
        if (truth == code).any():
            expected[f"recall[{name}]"] = sk.recall_score(truth, codes, **one)
        if (codes == code).any():
            expected[f"precision[{name}]"] = sk.precision_score(truth, codes, **one)
        if (truth == code).any() or (codes == code).any():
            expected[f"f1[{name}]"] = sk.f1_score(truth, codes, zero_division=0, **one)
    for name, value in expected.items():
        assert measured[name].value == pytest.approx(value, abs=1e-9), name
    for name in set(measured) - set(expected) - {"brier", "ece", "top_3_accuracy"}:
        assert measured[name].value is None, name


@pytest.mark.parametrize("given", ["codes", "probabilities"])
def test_without_rows_every_metric_is_undefined_and_says_so(given: str) -> None:
    nothing = np.array([], dtype=int)
    answers: dict[str, Any] = {"codes": nothing, "probabilities": np.empty((0, 4))}
    measured = scored(nothing, **{given: answers[given]})
    assert set(measured) == set(metrics_of(TaskKind.MULTICLASS, CLASSES))
    assert {(one.value, one.low, one.high, one.n) for one in measured.values()} == {(None, None, None, 0)}
    assert {number.reason for number in measured.values()} == {"no rows were scored"}


def test_rows_without_an_answer_are_missing_and_nothing_is_scored() -> None:
    answers = Answers(valid=np.zeros(3, dtype=bool), codes=np.zeros(3, dtype=int))
    truth = np.array([0, 1, 2])
    measured = score_all(TaskKind.MULTICLASS, truth, answers, rng=seeded("multiclass"), classes=CLASSES)
    assert {(number.value, number.n, number.missing) for number in measured.values()} == {(None, 0, 3)}


def test_top_3_accuracy_agrees_with_scikit_learn_where_nothing_ties() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(4), size=300)
    truth = rng.integers(0, 4, 300)
    expected = sk.top_k_accuracy_score(truth, probabilities, k=3, labels=range(4))
    assert scored(truth, probabilities=probabilities)["top_3_accuracy"].value == pytest.approx(expected, abs=1e-12)


def test_ties_go_to_the_first_configured_class_also_within_the_top() -> None:
    even = np.full((4, 4), 0.25)
    assert top_classes(even).tolist() == [0, 0, 0, 0]
    assert in_top(even, np.arange(4), 3).tolist() == [True, True, True, False]


def test_brier_is_the_squared_distance_over_all_classes() -> None:
    rng = np.random.default_rng(2)
    probabilities, truth = rng.dirichlet(np.ones(4), size=50), rng.integers(0, 4, 50)
    expected = ((probabilities - np.eye(4)[truth]) ** 2).sum(axis=1).mean()
    assert scored(truth, probabilities=probabilities)["brier"].value == pytest.approx(expected, abs=1e-12)


def test_ece_takes_the_probability_of_the_answered_class() -> None:
    rng = np.random.default_rng(2)
    probabilities, truth = rng.dirichlet(np.ones(4), size=400), rng.integers(0, 4, 400)
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    bins = np.minimum((top * 15).astype(int), 14)
    expected = sum(
        (bins == one).mean() * abs(top[bins == one].mean() - right[bins == one].mean()) for one in np.unique(bins)
    )
    measured = scored(truth, probabilities=probabilities)["ece"]
    assert measured.value == pytest.approx(expected, abs=1e-12)
    assert "answered class" in measured.method


def test_precision_of_a_class_that_is_never_answered_leaves_the_macro_mean_undefined() -> None:
    measured = scored(np.array([0, 1, 2]), codes=np.array([0, 1, 1]))
    assert measured["macro_precision"].value is None
    assert "'eel'" in reason_of(measured["macro_precision"])
    assert measured["precision[eel]"].reason == "there are no rows answered eel"
    assert measured["recall[eel]"].value == 0.0
    assert measured["recall[fox]"].value is None


def test_averages_say_how_many_classes_occur() -> None:
    measured = scored(np.array([0, 1, 1, 0]), codes=np.array([0, 1, 0, 0]))
    assert "2 of 4 classes" in measured["macro_f1"].method
    assert measured["log_loss"].reason == "the model gives no probabilities"


def test_a_hundred_classes_with_users_are_scored_too() -> None:
    rng = np.random.default_rng(0)
    names = [f"c{place}" for place in range(100)]
    truth = rng.integers(0, 100, 3000)
    codes = np.where(rng.random(3000) < 0.8, truth, rng.integers(0, 100, 3000))
    answers = Answers(valid=np.ones(3000, dtype=bool), codes=codes)
    users = rng.integers(0, 400, 3000)
    measured = score_all(
        TaskKind.MULTICLASS,
        truth,
        answers,
        rng=seeded("c"),
        classes=names,
        clusters=users,
        metrics=["macro_f1", "accuracy"],
    )
    assert known(measured["macro_f1"].low) < known(measured["macro_f1"].value) < known(measured["macro_f1"].high)
    assert "cluster bootstrap" in measured["macro_f1"].method
