"""How far probabilities are from what happened: log loss, Brier score, calibration error."""

import numpy as np

from curiouser.measure.forms import Binned, Mean, Summed, Undefined
from curiouser.measure.records import BoolArray, FloatArray, IntArray
from curiouser.measure.rows import Rows

BINS = 15
CLIP = float(np.finfo(np.float64).eps)


def not_probabilities(values: FloatArray) -> Undefined | None:
    """Say why these are no probabilities, or None where they are.

    Source:
        Log loss, Brier score and calibration error are defined on [0, 1] only.

    Examples:
        >>> not_probabilities(np.array([0.2, 1.5])).reason
        'the scores are not probabilities: they leave [0, 1]'
    """
    if len(values) and not bool(np.all((values >= 0) & (values <= 1))):
        return Undefined(reason="the scores are not probabilities: they leave [0, 1]")
    return None


def binary_log_loss(truth: BoolArray, scores: FloatArray) -> Mean:
    """Mean of -log of the probability given to the true class.

    Args:
        truth: ``(n,)``, True where the label is positive.
        scores: ``(n,)``, probability of the positive class, in [0, 1].

    Returns:
        The loss per row, in nats; probabilities are clipped to [eps, 1 - eps] with the
        eps of float64, 2.2e-16.

    Source:
        Good (1952), JRSS B 14:107-114; the clipping is scikit-learn's.

    Examples:
        >>> binary_log_loss(np.array([True]), np.array([0.5])).values.tolist()
        [0.6931471805599453]
    """
    kept = np.clip(scores, CLIP, 1 - CLIP)
    return Mean(values=-np.log(np.where(truth, kept, 1 - kept)), label="probabilities clipped at 2.2e-16")


def binary_brier(truth: BoolArray, scores: FloatArray) -> Mean:
    """Mean squared gap between the positive class's probability and what happened.

    Args:
        truth: ``(n,)``, True where the label is positive.
        scores: ``(n,)``, probability of the positive class, in [0, 1].

    Returns:
        The squared gap per row, in [0, 1].

    Source:
        Brier (1950), Monthly Weather Review 78:1-3, in the one-class form in use today.

    Examples:
        >>> binary_brier(np.array([True]), np.array([0.75])).values.tolist()
        [0.0625]
    """
    return Mean(values=(scores - truth) ** 2)


def binary_ece(truth: BoolArray, scores: FloatArray, rows: Rows) -> Binned:
    """Expected calibration error of the positive class's probability.

    Args:
        truth: ``(n,)``, True where the label is positive.
        scores: ``(n,)``, probability of the positive class, in [0, 1].
        rows: Weights and users.

    Returns:
        The error over 15 bins of equal width, a bin holding its lower edge.

    Source:
        Naeini, Cooper and Hauskrecht (2015), AAAI, on the positive class.

    Examples:
        >>> form = binary_ece(np.array([True, False]), np.array([0.9, 0.9]), Rows.of(2))
        >>> float(form.summed.of_sums(form.summed.totals(Rows.of(2))))
        0.4
    """
    return _binned(scores, scores - truth, rows, "probability of the positive class")


def multiclass_log_loss(truth: IntArray, probabilities: FloatArray) -> Mean:
    """Mean of -log of the probability given to the true class.

    Args:
        truth: ``(n,)``, class codes.
        probabilities: ``(n, classes)``, in [0, 1]; taken as given, not made to sum to one.

    Returns:
        The loss per row, in nats, with probabilities clipped to [eps, 1 - eps] of float64.

    Source:
        Good (1952), JRSS B 14:107-114; the clipping is scikit-learn's.

    Examples:
        >>> multiclass_log_loss(np.array([1]), np.array([[0.5, 0.5, 0.0]])).values.tolist()
        [0.6931471805599453]
    """
    given = probabilities[np.arange(len(truth)), truth]
    return Mean(values=-np.log(np.clip(given, CLIP, 1 - CLIP)), label="probabilities clipped at 2.2e-16")


def multiclass_brier(truth: IntArray, probabilities: FloatArray) -> Mean:
    """Mean squared distance between the probabilities and the true class, over all classes.

    Args:
        truth: ``(n,)``, class codes.
        probabilities: ``(n, classes)``, in [0, 1].

    Returns:
        The squared distance per row, in [0, 2].

    Source:
        Brier (1950), Monthly Weather Review 78:1-3, equation 2.

    Examples:
        >>> multiclass_brier(np.array([0]), np.array([[0.5, 0.5, 0.0]])).values.tolist()
        [0.5]
    """
    given = probabilities[np.arange(len(truth)), truth]
    return Mean(values=(probabilities**2).sum(axis=1) - 2 * given + 1)


def multiclass_ece(truth: IntArray, codes: IntArray, probabilities: FloatArray, rows: Rows) -> Binned:
    """Expected calibration error of the probability of the answered class (top label).

    Args:
        truth: ``(n,)``, class codes.
        codes: ``(n,)``, class codes of the answers.
        probabilities: ``(n, classes)``, in [0, 1].
        rows: Weights and users.

    Returns:
        The error over 15 bins of equal width, a bin holding its lower edge.

    Source:
        Guo, Pleiss, Sun and Weinberger (2017), ICML, equation 3.

    Examples:
        >>> one = multiclass_ece(np.array([0]), np.array([0]), np.array([[0.75, 0.25]]), Rows.of(1))
        >>> float(one.summed.of_sums(one.summed.totals(Rows.of(1))))
        0.25
    """
    top = probabilities[np.arange(len(codes)), codes]
    return _binned(top, top - (codes == truth), rows, "probability of the answered class")


def _binned(confidence: FloatArray, gap: FloatArray, rows: Rows, convention: str) -> Binned:
    codes = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    total = rows.total

    def of_sums(sums: FloatArray) -> FloatArray:
        return np.asarray(np.abs(sums).sum(axis=-1) / total)

    summed = Summed(codes=codes, columns=np.eye(BINS), values=gap, of_sums=of_sums)
    return Binned(summed=summed, label=f"{convention}, {BINS} bins of equal width")
