"""Which labels a model's own doubts speak against: confident learning.

The probabilities must be out of sample: of a model that did not learn from
these rows, or each row's by a model that did not see it. A model that has seen
a wrong label has learnt it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curiouser.measure.records import BoolArray, FloatArray, IntArray

SLIGHT = 1e-3
"""Probabilities may be below zero by this much, from rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelErrors:
    """What confident learning says of n labels of k classes."""

    suspected: BoolArray
    """``(n,)``, whether the label is among those that are most likely wrong; as many as the joint expects."""
    guessed: IntArray
    """``(n,)``, the class that speaks against the label; the label itself where none does."""
    doubt: FloatArray
    """``(n,)`` in [-1, 1]: probability of the likeliest other class less the label's own; the larger, the more
    suspect. All rows can be ranked by it."""
    joint: FloatArray
    """``(k, k)``, estimated share of rows with label i (row) whose true class is j (column); sums to one."""

    @property
    def error_rate(self) -> float:
        """Estimated share of wrong labels, in [0, 1]."""
        return float(1.0 - np.trace(self.joint))


def normalised_probabilities(probabilities: FloatArray) -> tuple[FloatArray, float]:
    """Make each row sum to one.

    Args:
        probabilities: ``(n, k)``, >= 0 up to rounding; each row has a sum > 0.

    Returns:
        The same with rows that sum to one, and the largest amount by which one did not.

    Raises:
        ValueError: A value is negative beyond rounding, is not finite, or a row is all zero.

    Source:
        Definition.

    Examples:
        >>> fixed, off = normalised_probabilities(np.array([[0.5, 0.50002]]))
        >>> fixed.sum(axis=1).round(9).tolist(), round(off, 6)
        ([1.0], 2e-05)
    """
    values = np.asarray(probabilities, np.float64)
    if not (np.isfinite(values).all() and (values >= -SLIGHT).all()):
        raise ValueError("probabilities must be finite and >= 0")
    values = np.maximum(values, 0.0)
    sums = values.sum(axis=1, keepdims=True)
    if not (sums > 0).all():
        raise ValueError("a row of probabilities is all zero")
    off = float(np.abs(sums - 1).max()) if len(sums) else 0.0
    return values / sums, off


def find_label_errors(labels: IntArray, probabilities: FloatArray) -> LabelErrors:
    """Find labels that a model contradicts confidently.

    A class's threshold is the mean probability of that class among the rows
    that carry it, so that a model that is unsure of a whole class does not
    make all of it suspect. A row counts for the likeliest class whose
    threshold it reaches. These counts estimate how many rows with label i are
    truly of class j; so many are suspected, those with the largest margin of j
    over i.

    Args:
        labels: ``(n,)``, class codes in [0, k).
        probabilities: ``(n, k)``, rows sum to one; out of sample.

    Returns:
        Which labels are suspected, what each should rather be and how doubtful it is, each ``(n,)``; and the
        joint.

    Source:
        Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70 (2021):
        confident joint and thresholds, equations 1 and 2; calibration, equation 3; whom to suspect: section 3.2,
        "prune by noise rate"; the ranking is the normalised margin.

    Examples:
        >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.05, 0.95]])
        >>> found = find_label_errors(np.array([0, 0, 1, 1, 0]), p)
        >>> found.suspected.tolist(), found.guessed.tolist()
        ([False, False, False, False, True], [0, 0, 1, 1, 1])
    """
    n, k = probabilities.shape
    rows = np.arange(n)
    own = probabilities[rows, labels]
    counts = np.bincount(labels, minlength=k)
    # A class that no row carries has no threshold: nobody can be confident of it.
    sums = np.bincount(labels, weights=own, minlength=k)
    thresholds = np.divide(sums, counts, out=np.full(k, np.inf), where=counts > 0)
    reaches = probabilities >= thresholds - 1e-9  # a mean of equal numbers may be rounded above them
    likely = np.where(reaches, probabilities, -1.0)
    confident = likely.max(axis=1) >= 0 if n else np.zeros(0, np.bool_)
    guessed = np.where(confident, likely.argmax(axis=1), labels)
    counted = np.bincount(labels[confident] * k + guessed[confident], minlength=k * k).reshape(k, k)
    joint = _calibrated(counted.astype(np.float64), counts)
    others = probabilities.copy()
    others[rows, labels] = -np.inf
    against = _against(labels, probabilities, np.rint(joint * n).astype(np.int64))
    return LabelErrors(
        suspected=against != labels,
        guessed=against,
        doubt=others.max(axis=1) - own if k > 1 else -own,
        joint=joint,
    )


def _against(labels: IntArray, probabilities: FloatArray, expected: IntArray) -> IntArray:
    """Name the class that speaks against each label, for as many rows of each pair of classes as are expected."""
    against, margins = labels.copy(), np.zeros(len(labels))
    for i, j in np.argwhere(expected > 0).tolist():
        if i == j:
            continue
        rows = np.flatnonzero(labels == i)
        margin = probabilities[rows, j] - probabilities[rows, i]
        worst = np.argsort(-margin, kind="stable")[: expected[i, j]]
        worst = worst[margin[worst] > margins[rows[worst]]]
        against[rows[worst]], margins[rows[worst]] = j, margin[worst]
    return against


def _calibrated(joint: FloatArray, counts: IntArray) -> FloatArray:
    """Scale each row of the confident joint to how many rows carry its label, then all to one."""
    sums = joint.sum(axis=1, keepdims=True)
    # Where no row of a class is confident of anything, its labels are taken as they are.
    shares = np.divide(joint, sums, out=np.eye(len(counts)), where=sums > 0)
    total = max(int(counts.sum()), 1)
    scaled: FloatArray = shares * counts[:, None] / total
    return scaled
