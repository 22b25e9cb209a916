"""What measuring takes and what it gives: answers in, numbers with their interval out."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


class Verdict(StrEnum):
    """What a comparison may say of the second model, in the words a reader sees."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE_SHOWN = "no_difference_shown"


def _refuse_not_finite(owner: str, **numbers: float | None) -> None:
    for name, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise ValueError(f"{owner}.{name} must be a finite number or None, got {number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95 % interval, unless its method says otherwise."""

    low: float
    """Lower end, in the unit of the number it belongs to."""
    high: float
    """Upper end, same unit; never below ``low``."""
    method: str
    """How it was made, in words a reader sees."""

    def __post_init__(self) -> None:
        _refuse_not_finite("Interval", low=self.low, high=self.high)
        if not self.low <= self.high:
            raise ValueError(f"an interval needs low <= high, got {self.low} > {self.high}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One number with its rows, its interval, its method and what was missing."""

    value: float | None
    """The number, in the metric's unit; None where it is undefined, never NaN."""
    low: float | None
    """Lower end of the 95 % interval; None where there is none."""
    high: float | None
    """Upper end of the 95 % interval; None where there is none."""
    n: int
    """Rows that were scored, >= 0."""
    missing: int
    """Rows with a true label and no answer: counted here and never scored, >= 0."""
    method: str
    """How value and interval were made, in words."""
    reason: str | None = None
    """Why the value or its interval is undefined; None where both are there."""
    denominator: int | None = None
    """Rows a rate is a share of, where these are not all ``n`` (precision, recall)."""

    def __post_init__(self) -> None:
        _refuse_not_finite("Measured", value=self.value, low=self.low, high=self.high)
        if self.n < 0 or self.missing < 0:
            raise ValueError(f"n and missing must be >= 0, got {self.n} and {self.missing}")
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has both ends or none")
        if (self.value is None or self.low is None) and not self.reason:
            raise ValueError("an undefined value or interval needs its reason")
        if self.low is not None and self.high is not None and not self.low <= self.high:
            raise ValueError(f"an interval needs low <= high, got {self.low} > {self.high}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """How two models differ on the same rows; the difference is b minus a."""

    difference: float | None
    """Metric of b minus metric of a, in the metric's unit; None where undefined."""
    low: float | None
    """Lower end of the interval, by the method that gave ``p_value``."""
    high: float | None
    """Upper end of the interval; it excludes 0 exactly where ``p_value`` is below alpha."""
    p_value: float | None
    """Two-sided, in [0, 1], not adjusted for other comparisons; None where undefined."""
    method: str
    """Name of the test and of its interval, in words."""
    n: int
    """Rows that both models answered, >= 0."""
    missing: int = 0
    """Rows that one of the two did not answer: counted here and never compared."""
    negative_flips: int | None = None
    """Rows right in a and wrong in b; None where no answer can be right or wrong."""
    positive_flips: int | None = None
    """Rows wrong in a and right in b; None where no answer can be right or wrong."""
    smallest_difference: float | None = None
    """Size of the difference that these rows show with 80 % power at alpha .05, > 0."""
    reason: str | None = None
    """Why the difference, or the smallest one, is undefined; None where both are there."""

    def __post_init__(self) -> None:
        _refuse_not_finite(
            "Paired",
            difference=self.difference,
            low=self.low,
            high=self.high,
            p_value=self.p_value,
            smallest_difference=self.smallest_difference,
        )
        if self.p_value is not None and not 0 <= self.p_value <= 1:
            raise ValueError(f"a p value lies in [0, 1], got {self.p_value}")
        if self.difference is None and not self.reason:
            raise ValueError("an undefined difference needs its reason")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """One model's answers to the rows of a test set, in the order of the rows.

    Give what the model gave; None means the model never gives this. What stands in a
    row that is not valid is never read.
    """

    valid: BoolArray
    """``(n,)``, False where the model gave no answer to the row."""
    codes: IntArray | None = None
    """``(n,)``, the class as its place in the configured classes (binary: 1 is positive)."""
    scores: FloatArray | None = None
    """``(n,)``, binary only: score of the positive class; the class follows the threshold."""
    probabilities: FloatArray | None = None
    """``(n, n_classes)``, multiclass only, in [0, 1], in the order of the configured classes."""
    numbers: FloatArray | None = None
    """``(n,)``, regression only: the predicted number, in the label's unit."""

    def __post_init__(self) -> None:
        n = len(self.valid)
        given = (self.codes, self.scores, self.probabilities, self.numbers)
        if all(part is None for part in given):
            raise ValueError("answers need codes, scores, probabilities or numbers")
        for part in given:
            if part is not None and len(part) != n:
                raise ValueError(f"answers for {len(part)} rows, but valid has {n}")
