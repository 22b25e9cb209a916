"""Confident learning, against a definition that counts row by row, and on labels that were made wrong."""

from __future__ import annotations

import numpy as np
import pytest

from curiouser.measure import FloatArray, IntArray, find_label_errors, normalised_probabilities


def slow_joint(labels: IntArray, probabilities: FloatArray) -> FloatArray:
    """The paper's equations, a row at a time."""
    k = probabilities.shape[1]
    thresholds = [
        np.mean([p[j] for p, label in zip(probabilities, labels, strict=True) if label == j]) if j in labels else np.inf
        for j in range(k)
    ]
    counts = np.zeros((k, k))
    for p, label in zip(probabilities, labels, strict=True):
        able = [j for j in range(k) if p[j] >= thresholds[j]]
        if able:
            counts[label, max(able, key=lambda j: p[j])] += 1
    joint = np.zeros((k, k))
    for i in range(k):
        carried = sum(int(label == i) for label in labels)
        row = counts[i] / counts[i].sum() if counts[i].sum() else np.eye(k)[i]
        joint[i] = row * carried
    shares: FloatArray = joint / joint.sum()
    return shares


def noisy(seed: int, n: int, k: int, rate: float) -> tuple[IntArray, IntArray, FloatArray]:
    """Draw true classes, labels that are wrong at a rate, and probabilities of a fair model."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    wrong = rng.random(n) < rate
    labels = np.where(wrong, (truth + rng.integers(1, k, n)) % k, truth)
    logits = rng.normal(0, 1, (n, k))
    logits[np.arange(n), truth] += 4
    p = np.exp(logits)
    return truth, labels, p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("seed", "k"), [(1, 2), (2, 3), (3, 6)])
def test_the_joint_is_that_of_the_papers_equations(seed: int, k: int) -> None:
    _, labels, p = noisy(seed, 300, k, 0.1)
    assert find_label_errors(labels, p).joint == pytest.approx(slow_joint(labels, p), abs=1e-12)


@pytest.mark.parametrize("k", [2, 5])
def test_labels_that_were_made_wrong_are_found(k: int) -> None:
    truth, labels, p = noisy(7, 4_000, k, 0.08)
    found, wrong = find_label_errors(labels, p), truth != labels
    assert found.error_rate == pytest.approx(wrong.mean(), abs=0.03)
    assert wrong[found.suspected].mean() > 0.75
    assert found.suspected[wrong].mean() > 0.8
    assert (found.guessed[found.suspected & wrong] == truth[found.suspected & wrong]).mean() > 0.9


def test_as_many_are_suspected_as_the_joint_expects_and_the_most_doubtful_of_them() -> None:
    _, labels, p = noisy(8, 2_000, 2, 0.1)
    found = find_label_errors(labels, p)
    assert found.suspected.sum() == pytest.approx(found.error_rate * 2_000, abs=2)
    for label in (0, 1):
        own = labels == label
        assert found.doubt[own & found.suspected].min() >= found.doubt[own & ~found.suspected].max()


def test_a_class_without_a_label_is_never_guessed() -> None:
    p = np.array([[0.6, 0.1, 0.3], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]])
    found = find_label_errors(np.array([0, 0, 1]), p)
    assert 2 not in found.guessed
    assert find_label_errors(np.zeros(0, np.int64), np.zeros((0, 2))).suspected.tolist() == []


def test_what_is_no_probability_is_refused() -> None:
    for bad in ([[np.nan, 1.0]], [[-0.1, 1.1]], [[0.0, 0.0]]):
        with pytest.raises(ValueError, match=r"probabilit"):
            normalised_probabilities(np.array(bad))
    fixed, off = normalised_probabilities(np.array([[0.5, 0.5002]]))
    assert (fixed.sum(), round(off, 6)) == (pytest.approx(1.0), 0.0002)
