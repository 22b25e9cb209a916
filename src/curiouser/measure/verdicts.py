"""From p values to words: adjust for several comparisons, then say better, worse or neither."""

from collections.abc import Sequence

from curiouser.measure.records import Verdict

ALPHA = 0.05


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p values for being several, by Holm's step-down method.

    Args:
        p_values: Each in [0, 1]; None where a comparison is undefined, which is no
            comparison and is not counted.

    Returns:
        Adjusted p values in the same order, each in [0, 1]; None stays None.

    Raises:
        ValueError: A p value is outside [0, 1], or NaN.

    Source:
        Holm (1979), Scandinavian Journal of Statistics 6:65-70.

    Examples:
        >>> holm([0.01, None, 0.04, 0.03])
        [0.03, None, 0.06, 0.06]
    """
    places = _ordered(p_values)
    adjusted: list[float | None] = [None] * len(p_values)
    so_far = 0.0
    for rank, (p, place) in enumerate(places):
        so_far = max(so_far, min(1.0, p * (len(places) - rank)))
        adjusted[place] = so_far
    return adjusted


def holm_confidences(p_values: Sequence[float | None], *, alpha: float = ALPHA) -> list[float]:
    """Confidence for each interval, so that it excludes 0 exactly where Holm rejects.

    Args:
        p_values: Not adjusted; None where a comparison is undefined.
        alpha: Chance of one false claim or more, in (0, 1).

    Returns:
        Confidence per comparison, in the same order, each in [1 - alpha, 1).

    Raises:
        ValueError: A p value is outside [0, 1], or NaN; or alpha is outside (0, 1).

    Source:
        Holm (1979): the level at which each step stopped or passed.

    Examples:
        >>> [round(confidence, 4) for confidence in holm_confidences([0.001, 0.2, 0.9])]
        [0.9833, 0.975, 0.975]
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be in (0, 1), got {alpha}")
    places = _ordered(p_values)
    levels = [alpha] * len(p_values)
    rejected = 0
    while rejected < len(places) and places[rejected][0] * (len(places) - rejected) < alpha:
        rejected += 1
    for rank, (_, place) in enumerate(places):
        levels[place] = alpha / (len(places) - min(rank, rejected))
    return [1 - level for level in levels]


def _ordered(p_values: Sequence[float | None]) -> list[tuple[float, int]]:
    """Order the p values there are, the smallest first, each with its place."""
    known = [(p, place) for place, p in enumerate(p_values) if p is not None]
    for p, _ in known:
        if not 0 <= p <= 1:
            raise ValueError(f"a p value must be in [0, 1], got {p}")
    return sorted(known)


def verdict(p_adjusted: float | None, difference: float | None, *, higher_is_better: bool | None) -> Verdict:
    """Say what a comparison shows of model b against model a.

    Args:
        p_adjusted: p value after ``holm``; None where undefined.
        difference: Metric of b minus metric of a; None where undefined.
        higher_is_better: Which way is up; None (bias) compares sizes, and smaller is better.

    Returns:
        Better or worse where the adjusted p value is below .05, else no difference shown.

    Source:
        DESIGN §4.

    Examples:
        >>> str(verdict(0.01, 0.02, higher_is_better=True))
        'better'
        >>> str(verdict(0.30, 0.02, higher_is_better=True))
        'no_difference_shown'
    """
    if p_adjusted is None or difference is None or p_adjusted >= ALPHA or difference == 0:
        return Verdict.NO_DIFFERENCE_SHOWN
    return Verdict.BETTER if (difference > 0) == bool(higher_is_better) else Verdict.WORSE
