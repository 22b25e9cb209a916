"""Metrics of a model that answers with a number, by name."""

from collections.abc import Callable

import numpy as np

from curiouser.measure.forms import Form, Mean, Quantile, Rate, Scale, Smooth, Summed, Undefined, rate_of_sums
from curiouser.measure.records import BoolArray, FloatArray
from curiouser.measure.rows import Rows


def within(truth: FloatArray, numbers: FloatArray, tolerance: float) -> BoolArray:
    """Whether each answer misses by no more than the tolerance.

    Args:
        truth: ``(n,)``, true numbers.
        numbers: ``(n,)``, answers, in the same unit.
        tolerance: Largest miss that still counts as right, >= 0, in that unit.

    Returns:
        ``(n,)``.

    Source:
        DESIGN §5: in regression an answer is wrong when it misses by more than the tolerance.

    Examples:
        >>> within(np.array([1.0, 2.0]), np.array([1.5, 3.0]), 0.5).tolist()
        [True, False]
    """
    return np.asarray(np.abs(numbers - truth) <= tolerance)


class Regression:
    """One model's numbers on labelled rows."""

    def __init__(self, truth: FloatArray, numbers: FloatArray, rows: Rows, *, tolerance: float | None) -> None:
        self._truth, self._numbers, self._rows, self._tolerance = truth, numbers, rows, tolerance

    def form(self, name: str) -> Form:
        """Compute one metric's form.

        Args:
            name: A name of ``metrics_of(TaskKind.REGRESSION)``.

        Returns:
            The form, from which value, interval and paired test follow.

        Raises:
            KeyError: No metric of a regression task has this name.

        Source:
            DESIGN §4 and §7; the error is answer minus truth.

        Examples:
            >>> model = Regression(np.array([1.0]), np.array([3.0]), Rows.of(1), tolerance=None)
            >>> model.form("bias").values.tolist()
            [2.0]
        """
        error = self._numbers - self._truth
        if name == "r2":
            return self._r2(error)
        if name == "within_tolerance":
            return self._within()
        makers: dict[str, Callable[[], Form]] = {
            "mae": lambda: Mean(values=np.abs(error)),
            "rmse": lambda: Mean(values=error**2, root=True),
            "bias": lambda: Mean(values=error, magnitude=True),
            "median_absolute_error": lambda: Quantile(values=np.abs(error), level=0.5),
            "p90_absolute_error": lambda: Quantile(values=np.abs(error), level=0.9),
        }
        return makers[name]()

    def _within(self) -> Form:
        if self._tolerance is None:
            return Undefined(reason="the task has no tolerance: set one to say which answers are right")
        right = within(self._truth, self._numbers, self._tolerance).astype(np.int64)
        columns = np.array([[0.0, 1.0], [1.0, 1.0]])
        return Rate(summed=Summed(codes=right, columns=columns, values=None, of_sums=rate_of_sums), fixed_rows=True)

    def _r2(self, error: FloatArray) -> Form:
        if self._rows.n < 2:
            return Undefined(reason="R2 needs two rows or more")
        around = (self._truth - self._rows.mean(self._truth)) ** 2
        spread = self._rows.mean(around)
        if spread == 0:
            return Undefined(reason="R2 needs true numbers that differ, and all are equal")
        unexplained = self._rows.mean(error**2) / spread
        return Smooth(
            value=1 - unexplained,
            influence=-(error**2 - unexplained * around) / spread,
            scale=Scale.LOG,
            label="delta method for a ratio of means",
            loss=Mean(values=error**2),
            of_loss=lambda loss: 1 - loss / spread,
        )
