"""Ranking metrics of a score, all from one sort, with each row's influence on them."""

from dataclasses import dataclass

import numpy as np

from curiouser.measure.forms import Scale, Smooth, Undefined
from curiouser.measure.records import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranked:
    """Rows sorted by score, best first, cut into groups of equal score."""

    order: IntArray
    """``(n,)``, rows from the highest score to the lowest."""
    tie: IntArray
    """``(n,)``, in that order: the group of equal scores each belongs to."""
    positive: FloatArray
    """``(ties,)``, weight of the positive rows in each group."""
    negative: FloatArray
    """``(ties,)``, weight of the negative rows in each group."""
    truth: BoolArray
    """``(n,)``, in the order of the rows as given."""

    def spread(self, per_tie: FloatArray) -> FloatArray:
        """Give each row, in the order given, the value of its group: ``(n,)``."""
        out = np.empty(len(self.order))
        out[self.order] = per_tie[self.tie]
        return out


def ranked(truth: BoolArray, scores: FloatArray, weights: FloatArray | None = None) -> Ranked:
    """Sort once; every ranking metric then costs one pass.

    Args:
        truth: ``(n,)``, True where the label is positive.
        scores: ``(n,)``, higher means more likely positive; no NaN.
        weights: ``(n,)``, > 0; None where every row counts as one.

    Returns:
        The sorted rows.

    Source:
        Fawcett (2006), Pattern Recognition Letters 27:861-874, algorithm 1.

    Examples:
        >>> rank = ranked(np.array([True, False]), np.array([0.9, 0.9]))
        >>> rank.positive.tolist(), rank.negative.tolist()
        ([1.0], [1.0])
    """
    order = np.argsort(-scores)
    sorted_scores = scores[order]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = sorted_scores[1:] != sorted_scores[:-1]
    tie = np.cumsum(starts) - 1
    ties = int(tie[-1]) + 1 if len(tie) else 0
    weight = np.ones(len(order)) if weights is None else weights[order]
    positive = np.bincount(tie, weights=weight * truth[order], minlength=ties).astype(np.float64, copy=False)
    everything = np.bincount(tie, weights=weight, minlength=ties).astype(np.float64, copy=False)
    return Ranked(order=order, tie=tie, positive=positive, negative=everything - positive, truth=truth)


def _needs_both(rank: Ranked, name: str) -> Undefined | None:
    if not rank.truth.any():
        return Undefined(reason=f"{name} needs a positive row, and the true labels have none")
    if rank.truth.all():
        return Undefined(reason=f"{name} needs a negative row, and the true labels have none")
    return None


def roc_auc(rank: Ranked) -> Smooth | Undefined:
    """Chance that a positive row has a higher score than a negative one; ties count half.

    Args:
        rank: The sorted rows.

    Returns:
        The area with each row's placement value as influence; undefined with one class only.

    Source:
        DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44:837-845; ties as in
        Bamber (1975).

    Examples:
        >>> rank = ranked(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.4, 0.1]))
        >>> roc_auc(rank).value
        0.875
    """
    undefined = _needs_both(rank, "ROC AUC")
    if undefined:
        return undefined
    positives, negatives = rank.positive.sum(), rank.negative.sum()
    below = negatives - np.cumsum(rank.negative)
    beats = (below + rank.negative / 2) / negatives
    beaten = (np.cumsum(rank.positive) - rank.positive / 2) / positives
    value = float((rank.positive * beats).sum() / positives)
    total = positives + negatives
    for_positive = rank.spread((beats - value) * (total / positives))
    for_negative = rank.spread((beaten - value) * (total / negatives))
    return Smooth(
        value=min(1.0, max(0.0, value)),
        influence=np.where(rank.truth, for_positive, for_negative),
        scale=Scale.LOGIT,
        label="DeLong interval",
        positives=rank.truth,
        within_class=True,
    )


def average_precision(rank: Ranked) -> Smooth | Undefined:
    """Precision at every threshold, averaged with the gain in recall as weight.

    Args:
        rank: The sorted rows.

    Returns:
        The step-wise average (no interpolation), with each row's influence; undefined
        without a positive row.

    Source:
        Su, Yuan and Zhu (2015), ICTIR, "A relationship between average precision and the
        area under the ROC curve"; the influence is its derivative by each row's weight
        (infinitesimal jackknife: Efron 1982, chapter 6).

    Examples:
        >>> rank = ranked(np.array([True, False, True]), np.array([0.9, 0.5, 0.1]))
        >>> round(average_precision(rank).value, 6)
        0.833333
    """
    if not rank.truth.any():
        return Undefined(reason="average precision needs a positive row, and the true labels have none")
    hits, selected = np.cumsum(rank.positive), np.cumsum(rank.positive + rank.negative)
    precision = hits / selected
    positives, total = hits[-1], selected[-1]
    value = float((rank.positive * precision).sum() / positives)
    pull = rank.positive / selected
    later = np.cumsum(pull[::-1])[::-1]
    later_precise = np.cumsum((pull * precision)[::-1])[::-1]
    for_positive = rank.spread(precision - value + later - later_precise)
    for_negative = rank.spread(-later_precise)
    return Smooth(
        value=min(1.0, value),
        influence=np.where(rank.truth, for_positive, for_negative) * (total / positives),
        scale=Scale.LOGIT,
        label="infinitesimal jackknife interval",
        positives=rank.truth,
    )
