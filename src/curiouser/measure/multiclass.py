"""Metrics of a model that answers one of several classes, by name."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial

import numpy as np

from curiouser.measure import calibration
from curiouser.measure.forms import (
    Counted,
    Form,
    OfSums,
    Rate,
    Summed,
    Undefined,
    divide,
    f1_of_jaccard,
    rate_of_sums,
)
from curiouser.measure.records import BoolArray, FloatArray, IntArray
from curiouser.measure.rows import Rows


def top_classes(probabilities: FloatArray) -> IntArray:
    """Class with the highest probability; ties go to the first configured class.

    Args:
        probabilities: ``(n, classes)``.

    Returns:
        ``(n,)``, class codes.

    Source:
        DESIGN §4.

    Examples:
        >>> top_classes(np.array([[0.4, 0.4, 0.2]])).tolist()
        [0]
    """
    return np.asarray(np.argmax(probabilities, axis=1), dtype=np.int64)


def in_top(probabilities: FloatArray, truth: IntArray, count: int) -> BoolArray:
    """Whether the true class is among the ``count`` most probable; ties go to the first.

    Args:
        probabilities: ``(n, classes)``.
        truth: ``(n,)``, class codes.
        count: How many classes are looked at, > 0.

    Returns:
        ``(n,)``.

    Source:
        Russakovsky et al. (2015), IJCV 115, section 4.1 (top-5 error).

    Examples:
        >>> in_top(np.array([[0.4, 0.4, 0.2]]), np.array([1]), 1).tolist()
        [False]
    """
    own = probabilities[np.arange(len(truth)), truth][:, None]
    earlier = np.arange(probabilities.shape[1])[None, :] < truth[:, None]
    ahead = (probabilities > own) | (earlier & (probabilities == own))
    return np.asarray(ahead.sum(axis=1) < count)


def _parts(sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    hits, answered, true = np.split(sums, 3, axis=-1)
    return hits, answered, true


def macro_recall_of_sums(sums: FloatArray) -> FloatArray:
    """Mean recall over the classes that occur in the true labels.

    Args:
        sums: ``(..., 3 * classes)``: rows per class right, answered, true.

    Returns:
        ``(...)``, in [0, 1]; NaN without rows.

    Source:
        Brodersen, Ong, Stephan and Buhmann (2010), ICPR, for several classes; as
        scikit-learn's balanced_accuracy_score.

    Examples:
        >>> macro_recall_of_sums(np.array([1.0, 2.0, 1.0, 3.0, 2.0, 2.0])).item()
        0.75
    """
    hits, _, true = _parts(sums)
    return _mean_over(np.where(true > 0, divide(hits, true), 0.0), true > 0)


def macro_precision_of_sums(sums: FloatArray) -> FloatArray:
    """Mean precision over the classes that occur, true or answered.

    Args:
        sums: ``(..., 3 * classes)``: rows per class right, answered, true.

    Returns:
        ``(...)``, in [0, 1]; NaN where a class that occurs was never answered.

    Source:
        Sokolova and Lapalme (2009), Information Processing and Management 45, table 3.

    Examples:
        >>> macro_precision_of_sums(np.array([1.0, 2.0, 1.0, 4.0, 2.0, 3.0])).item()
        0.75
    """
    hits, answered, true = _parts(sums)
    occurs = (answered > 0) | (true > 0)
    return _mean_over(np.where(occurs, divide(hits, answered), 0.0), occurs)


def macro_f1_of_sums(sums: FloatArray) -> FloatArray:
    """Mean F1 over the classes that occur, true or answered.

    Args:
        sums: ``(..., 3 * classes)``: rows per class right, answered, true.

    Returns:
        ``(...)``, in [0, 1]; NaN without rows.

    Source:
        Opitz and Burst (2019), arXiv:1911.03347, the mean of F1 (not F1 of the means).

    Examples:
        >>> macro_f1_of_sums(np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0])).item()
        1.0
    """
    hits, answered, true = _parts(sums)
    occurs = (answered + true) > 0
    return _mean_over(np.where(occurs, divide(2 * hits, answered + true), 0.0), occurs)


def weighted_f1_of_sums(sums: FloatArray) -> FloatArray:
    """Mean F1 over classes, each weighted by its true rows.

    Args:
        sums: ``(..., 3 * classes)``: rows per class right, answered, true.

    Returns:
        ``(...)``, in [0, 1]; NaN without rows.

    Source:
        scikit-learn, f1_score with average="weighted".

    Examples:
        >>> weighted_f1_of_sums(np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0])).item()
        1.0
    """
    hits, answered, true = _parts(sums)
    each = np.where(true > 0, divide(2 * hits, answered + true), 0.0)
    return divide((each * true).sum(axis=-1), true.sum(axis=-1))


def _mean_over(each: FloatArray, chosen: BoolArray) -> FloatArray:
    return divide(each.sum(axis=-1), chosen.sum(axis=-1).astype(np.float64))


_AVERAGES: dict[str, OfSums] = {
    "balanced_accuracy": macro_recall_of_sums,
    "macro_recall": macro_recall_of_sums,
    "macro_precision": macro_precision_of_sums,
    "macro_f1": macro_f1_of_sums,
    "weighted_f1": weighted_f1_of_sums,
}


class Multiclass:
    """One model's answers on labelled rows of a task with several classes."""

    def __init__(
        self, truth: IntArray, codes: IntArray, probabilities: FloatArray | None, rows: Rows, *, classes: Sequence[str]
    ) -> None:
        self._truth, self._codes, self._probabilities = truth, codes, probabilities
        self._rows, self._classes = rows, tuple(classes)

    @cached_property
    def cells(self) -> IntArray:
        """Cell of each row: true class times number of classes plus answered class."""
        return self._truth * len(self._classes) + self._codes

    def form(self, name: str) -> Form:
        """Compute one metric's form.

        Args:
            name: A name of ``metrics_of(TaskKind.MULTICLASS, classes)``.

        Returns:
            The form, from which value, interval and paired test follow.

        Raises:
            KeyError: No metric of a multiclass task has this name.

        Source:
            DESIGN §4 and §7.

        Examples:
            >>> same = np.array([0, 1, 2])
            >>> model = Multiclass(same, same, None, Rows.of(3), classes=["a", "b", "c"])
            >>> model.form("top_2_accuracy").reason
            'the model gives no probabilities'
        """
        if name in {"accuracy", "micro_f1"}:
            return self._hits(self._codes == self._truth)
        if name in _AVERAGES:
            return self._average(name)
        if "[" in name:
            metric, _, given = name.partition("[")
            return self._of_class(metric, self._classes.index(given.removesuffix("]")))
        return self._of_probabilities(name)

    def _hits(self, right: BoolArray) -> Form:
        columns = np.array([[0.0, 1.0], [1.0, 1.0]])
        summed = Summed(codes=right.astype(np.int64), columns=columns, values=None, of_sums=rate_of_sums)
        return Rate(summed=summed, fixed_rows=True)

    def _average(self, name: str) -> Form:
        count = len(self._classes)
        true, answered = np.divmod(np.arange(count * count), count)
        columns = np.zeros((count * count, 3 * count))
        cell = np.arange(count * count)
        columns[cell, count + answered] = 1
        columns[cell, 2 * count + true] = 1
        columns[cell[true == answered], true[true == answered]] = 1
        summed = Summed(codes=self.cells, columns=columns, values=None, of_sums=_AVERAGES[name])
        true_classes = np.bincount(self._truth, minlength=count) > 0
        answered_classes = np.bincount(self._codes, minlength=count) > 0
        if name == "balanced_accuracy" and int(true_classes.sum()) < 2:
            return Undefined(reason="balanced accuracy needs two classes or more among the true labels")
        if name == "macro_precision" and bool((true_classes & ~answered_classes).any()):
            never = self._classes[int(np.flatnonzero(true_classes & ~answered_classes)[0])]
            return Undefined(reason=f"precision of {never!r} is undefined: the model never answers it")
        occurs = (
            true_classes
            if name in {"balanced_accuracy", "macro_recall", "weighted_f1"}
            else (true_classes | answered_classes)
        )
        return Counted(summed=summed, label=f"over the {int(occurs.sum())} of {count} classes that occur")

    def _of_class(self, metric: str, code: int) -> Form:
        true, answered = self._truth == code, self._codes == code
        name = self._classes[code]
        among, fixed, what = {
            "precision": (answered, False, f"rows answered {name}"),
            "recall": (true, True, f"rows that are {name}"),
            "f1": (true | answered, False, f"rows that are or were answered {name}"),
        }[metric]
        columns = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        codes = among.astype(np.int64) + (true & answered)
        return Rate(
            summed=Summed(codes=codes, columns=columns, values=None, of_sums=rate_of_sums),
            fixed_rows=fixed,
            of_share=f1_of_jaccard if metric == "f1" else None,
            what=what,
        )

    def _of_probabilities(self, name: str) -> Form:
        given = self._probabilities
        makers: dict[str, Callable[[FloatArray], Form]] = {
            "log_loss": partial(calibration.multiclass_log_loss, self._truth),
            "brier": partial(calibration.multiclass_brier, self._truth),
            "ece": lambda p: calibration.multiclass_ece(self._truth, self._codes, p, self._rows),
        }
        if name.startswith("top_"):
            count = int(name.split("_")[1])
            makers[name] = lambda p: self._hits(in_top(p, self._truth, count))
        maker = makers[name]
        if given is None:
            return Undefined(reason="the model gives no probabilities")
        refused = None if name.startswith("top_") else calibration.not_probabilities(given)
        return refused or maker(given)
