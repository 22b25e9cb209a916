"""The few forms a metric can have; its interval and its paired test follow from the form."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from curiouser.measure.records import BoolArray, FloatArray, IntArray
from curiouser.measure.rows import Rows

OfSums = Callable[[FloatArray], FloatArray]
"""``(draws, columns)`` sums to ``(draws,)`` values; NaN where the metric is undefined."""


class Scale(StrEnum):
    """The scale on which an interval is symmetric."""

    PLAIN = "plain"
    LOG = "log"
    LOGIT = "logit"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Summed:
    """A metric that is a function of sums over rows: row i adds value_i * columns[code_i]."""

    codes: IntArray
    """``(n,)``, the cell (or bin) each row falls into."""
    columns: FloatArray
    """``(cells, columns)``, what one row of a cell adds to each sum."""
    values: FloatArray | None
    """``(n,)``, what each row's part is multiplied by; None where it is one."""
    of_sums: OfSums
    """The metric, given the sums."""

    def totals(self, rows: Rows) -> FloatArray:
        """Sum over all rows: ``(columns,)``."""
        parts = rows.weights if self.values is None else rows.weighted(self.values)
        return np.bincount(self.codes, weights=parts, minlength=len(self.columns)) @ self.columns

    def group_sums(self, rows: Rows) -> FloatArray:
        """Sum within each group of rows: ``(groups, columns)``."""
        cells = len(self.columns)
        parts = rows.weights if self.values is None else rows.weighted(self.values)
        if rows.clusters is None:
            chosen = self.columns[self.codes]
            return chosen if parts is None else chosen * parts[:, None]
        if rows.groups * cells <= 4 * rows.n + 10_000:
            keys = rows.clusters * cells + self.codes
            dense = np.bincount(keys, weights=parts, minlength=rows.groups * cells)
            return dense.reshape(rows.groups, cells) @ self.columns
        weight = np.ones(rows.n) if parts is None else parts
        sums = [
            np.bincount(rows.clusters, weights=weight * column[self.codes], minlength=rows.groups)
            for column in self.columns.T
        ]
        return np.stack(sums, axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undefined:
    """The metric has no value on these rows."""

    reason: str
    """Why, in words."""
    method: str = "not computed"
    """How it would have been computed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rate:
    """A share of rows: ``columns`` of ``summed`` are (hits, rows the rate is a share of)."""

    summed: Summed
    """Sums of hits and of rows."""
    fixed_rows: bool
    """Whether the true labels alone say which rows the rate is a share of."""
    of_share: OfSums | None = None
    """A rising function of the share, where the metric is that (F1 of Jaccard's index)."""
    what: str = "rows"
    """What the rows are, in words: ``rows predicted positive``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """A function of cell counts that is no plain rate: F-beta, macro averages."""

    summed: Summed
    """Cells and the metric on their sums."""
    label: str
    """What is averaged, in words; empty where the name says it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mean:
    """A mean over rows, or its square root."""

    values: FloatArray
    """``(n,)``, finite, in the metric's unit (squared, where ``root``)."""
    root: bool = False
    """Whether the metric is the square root of the mean."""
    magnitude: bool = False
    """Whether two models are compared on the size of the mean, as for bias."""
    label: str = ""
    """Convention, in words (how probabilities were clipped)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Smooth:
    """A smooth function of the rows, with each row's influence on it."""

    value: float
    """The metric."""
    influence: FloatArray
    """``(n,)``, weighted mean zero: what one more such row would do, times n."""
    scale: Scale
    """Where the interval is symmetric."""
    label: str
    """How the influence was obtained, in words."""
    positives: BoolArray | None = None
    """``(n,)``, for ranking metrics: where the label is positive."""
    within_class: bool = False
    """Whether the influence has mean zero within each class, so that the classes' variances add."""
    loss: Mean | None = None
    """The loss that decides it, where two models share all else (R2: squared error)."""
    of_loss: OfSums | None = None
    """The metric, given the mean loss."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Binned:
    """Expected calibration error: a sum of absolute sums, one per bin."""

    summed: Summed
    """Bins, gaps between probability and truth, and the metric on their sums."""
    label: str
    """Convention and number of bins, in words."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantile:
    """A quantile of the absolute errors."""

    values: FloatArray
    """``(n,)``, absolute errors, >= 0."""
    level: float
    """Which quantile, in (0, 1): 0.5 is the median."""


Form = Undefined | Rate | Counted | Mean | Smooth | Binned | Quantile


def rate_of_sums(sums: FloatArray) -> FloatArray:
    """Hits over rows, from ``(draws, 2)`` sums: ``(draws,)``, NaN where there are no rows.

    Source:
        The definition of a rate.

    Examples:
        >>> rate_of_sums(np.array([[1.0, 4.0]])).tolist()
        [0.25]
    """
    return divide(np.asarray(sums[..., 0]), np.asarray(sums[..., 1]))


def divide(above: FloatArray, below: FloatArray) -> FloatArray:
    """Divide, with NaN where the divisor is 0 (never a warning).

    Source:
        An undefined rate is undefined, not 0 (DESIGN §7).

    Examples:
        >>> divide(np.array([1.0, 0.0]), np.array([2.0, 0.0])).tolist()
        [0.5, nan]
    """
    out = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=out, where=below != 0)
    return out


def f1_of_jaccard(share: FloatArray) -> FloatArray:
    """F1 from Jaccard's index TP / (TP + FP + FN), of which it is a rising function.

    Args:
        share: Jaccard's index, in [0, 1].

    Returns:
        F1, in [0, 1].

    Source:
        F1 = 2J / (1 + J); so the interval of the rate J gives that of F1.

    Examples:
        >>> f1_of_jaccard(np.array([0.5])).round(4).tolist()
        [0.6667]
    """
    return np.asarray(2 * share / (1 + share))
