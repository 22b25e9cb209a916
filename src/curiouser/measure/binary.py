"""Metrics of a two-class model, by name: confusion cells once, ranking from one sort."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from curiouser.measure import calibration, ranking
from curiouser.measure.forms import Counted, Form, Rate, Summed, Undefined, divide, f1_of_jaccard, rate_of_sums
from curiouser.measure.records import BoolArray, FloatArray, IntArray
from curiouser.measure.rows import Rows

TN, FP, FN, TP = range(4)
_RATES = {
    # name: (cells that count, cells it is a share of, does the truth alone pick them, in words)
    "accuracy": ((TN, TP), (TN, FP, FN, TP), True, "rows"),
    "precision": ((TP,), (FP, TP), False, "rows predicted positive"),
    "recall": ((TP,), (FN, TP), True, "positive rows"),
    "specificity": ((TN,), (TN, FP), True, "negative rows"),
    "f1": ((TP,), (FP, FN, TP), False, "rows that are or were predicted positive"),
}
_BETAS = {"f2": 2.0, "f0.5": 0.5}


def classes_at(scores: FloatArray, threshold: float) -> IntArray:
    """Class codes at a threshold: positive is score >= threshold, in float64.

    Args:
        scores: ``(n,)``, score of the positive class.
        threshold: On the scale of the scores.

    Returns:
        ``(n,)``, 1 where positive, else 0.

    Source:
        DESIGN §4.

    Examples:
        >>> classes_at(np.array([0.4, 0.5]), 0.5).tolist()
        [0, 1]
    """
    return (np.asarray(scores, dtype=np.float64) >= threshold).astype(np.int64)


def fbeta_of_cells(sums: FloatArray, beta: float) -> FloatArray:
    """F-beta from (tn, fp, fn, tp): recall counts beta times as much as precision.

    Args:
        sums: ``(..., 4)``, (weighted) cell counts.
        beta: > 0.

    Returns:
        ``(...)``, in [0, 1]; NaN where nothing is and nothing was predicted positive.

    Source:
        Van Rijsbergen (1979), Information Retrieval, chapter 7.

    Examples:
        >>> fbeta_of_cells(np.array([5.0, 1.0, 1.0, 3.0]), 1.0).item()
        0.75
    """
    square = beta * beta
    hits = (1 + square) * sums[..., TP]
    return divide(hits, hits + square * sums[..., FN] + sums[..., FP])


def balanced_accuracy_of_cells(sums: FloatArray) -> FloatArray:
    """Mean of recall and specificity from (tn, fp, fn, tp).

    Args:
        sums: ``(..., 4)``, (weighted) cell counts.

    Returns:
        ``(...)``, in [0, 1]; NaN where a class is missing.

    Source:
        Brodersen, Ong, Stephan and Buhmann (2010), ICPR, equation 3.

    Examples:
        >>> balanced_accuracy_of_cells(np.array([3.0, 1.0, 1.0, 1.0])).item()
        0.625
    """
    recall = divide(sums[..., TP], sums[..., TP] + sums[..., FN])
    specificity = divide(sums[..., TN], sums[..., TN] + sums[..., FP])
    return (recall + specificity) / 2


class Binary:
    """One model's answers on labelled rows of a two-class task; a metric by its name."""

    def __init__(self, truth: IntArray, codes: IntArray | None, scores: FloatArray | None, rows: Rows) -> None:
        self._truth, self._codes, self._scores, self._rows = truth, codes, scores, rows

    @property
    def positive(self) -> BoolArray:
        """Where the true label is the positive class: ``(n,)``."""
        return np.asarray(self._truth == 1)

    @cached_property
    def cells(self) -> IntArray:
        """Confusion cell of each row, in the order tn, fp, fn, tp: ``(n,)``."""
        if self._codes is None:
            raise ValueError("cells need classes: give codes, or scores with a threshold")
        return self._truth * 2 + self._codes

    @cached_property
    def _ranked(self) -> ranking.Ranked:
        if self._scores is None:
            raise ValueError("ranking needs scores")
        return ranking.ranked(self.positive, self._scores, self._rows.weights)

    def form(self, name: str) -> Form:
        """Compute one metric's form.

        Args:
            name: A name of ``metrics_of(TaskKind.BINARY)``.

        Returns:
            The form, from which value, interval and paired test follow.

        Raises:
            KeyError: No metric of a binary task has this name.

        Source:
            DESIGN §4 and §7.

        Examples:
            >>> both = np.array([0, 1, 1])
            >>> Binary(both, both, None, Rows.of(3)).form("roc_auc").reason
            'the model gives no score'
        """
        if name in _RATES or name in _BETAS or name == "balanced_accuracy":
            return self._of_cells(name)
        return self._of_scores(name)

    def _of_cells(self, name: str) -> Form:
        if self._codes is None:
            return Undefined(reason="the model gives a score and no class: set its threshold")
        if name == "balanced_accuracy":
            missing = [word for word, code in (("negative", 0), ("positive", 1)) if not (self._truth == code).any()]
            if missing:
                return Undefined(reason=f"balanced accuracy needs both classes; the labels have no {missing[0]} row")
            summed = Summed(codes=self.cells, columns=np.eye(4), values=None, of_sums=balanced_accuracy_of_cells)
            return Counted(summed=summed, label="")
        if name in _BETAS:
            beta = _BETAS[name]
            if not (self.positive.any() or self._codes.any()):
                return Undefined(reason=f"there are no {_RATES['f1'][3]}")
            of_cells = Summed(
                codes=self.cells, columns=np.eye(4), values=None, of_sums=lambda sums: fbeta_of_cells(sums, beta)
            )
            return Counted(summed=of_cells, label="")
        hits, among, fixed, what = _RATES[name]
        columns = np.zeros((4, 2))
        columns[list(hits), 0] = 1
        columns[list(among), 1] = 1
        return Rate(
            summed=Summed(codes=self.cells, columns=columns, values=None, of_sums=rate_of_sums),
            fixed_rows=fixed,
            of_share=f1_of_jaccard if name == "f1" else None,
            what=what,
        )

    def _of_scores(self, name: str) -> Form:
        makers: dict[str, Callable[[FloatArray], Form]] = {
            "roc_auc": lambda _: ranking.roc_auc(self._ranked),
            "average_precision": lambda _: ranking.average_precision(self._ranked),
            "log_loss": lambda scores: calibration.binary_log_loss(self.positive, scores),
            "brier": lambda scores: calibration.binary_brier(self.positive, scores),
            "ece": lambda scores: calibration.binary_ece(self.positive, scores, self._rows),
        }
        maker = makers[name]
        if self._scores is None:
            return Undefined(reason="the model gives no score")
        if name in {"log_loss", "brier", "ece"}:
            refused = calibration.not_probabilities(self._scores)
            if refused:
                return refused
        return maker(self._scores)
