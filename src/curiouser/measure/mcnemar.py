"""Exact McNemar test of two models on independent rows, with an interval that never contradicts it."""

import math

from scipy import special

from curiouser.measure.power import smallest_accuracy_difference
from curiouser.measure.rates import clopper_pearson, wilson
from curiouser.measure.records import Interval, Paired


def mcnemar_p_value(only_a: int, only_b: int) -> float:
    """Exact two-sided p value, from the rows that only one model has right.

    Args:
        only_a: Rows right in a and wrong in b (negative flips), >= 0.
        only_b: Rows wrong in a and right in b (positive flips), >= 0.

    Returns:
        Twice the smaller binomial tail at one half, at most 1.

    Source:
        McNemar (1947), Psychometrika 12:153-157; exact form: Agresti (2013), Categorical
        Data Analysis, section 11.1.

    Examples:
        >>> f"{mcnemar_p_value(121, 59):.4e}"
        '4.4344e-06'
        >>> mcnemar_p_value(0, 0)
        1.0
    """
    discordant = only_a + only_b
    if discordant == 0:
        return 1.0
    return min(1.0, 2 * float(special.bdtr(min(only_a, only_b), discordant, 0.5)))


def mcnemar_interval(only_a: int, only_b: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Interval of accuracy of b minus accuracy of a.

    The sign comes from the Clopper-Pearson interval of b's share of the discordant rows,
    which inverts the exact test: the interval excludes 0 exactly where p is below alpha.
    The size comes from that share and from Wilson's interval of the discordant share of
    all rows, joined by the method of variance estimates recovery.

    Args:
        only_a: Rows right in a and wrong in b.
        only_b: Rows wrong in a and right in b.
        n: Rows, > 0.
        confidence: Coverage aimed at, in (0, 1).

    Returns:
        The interval, within [-1, 1].

    Raises:
        ValueError: n is not > 0, a count is below 0, more rows differ than there are, or confidence is outside (0, 1).

    Source:
        Clopper and Pearson (1934), Biometrika 26, conditional on the discordant rows; the
        product: Zou and Donner (2008), Statistics in Medicine 27:1693-1702.

    Examples:
        >>> interval = mcnemar_interval(5, 20, 200)
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.022, 0.121)
    """
    method = "exact McNemar interval (conditional Clopper-Pearson)"
    discordant = only_a + only_b
    rate = wilson(discordant, n, confidence=confidence)
    if discordant == 0:
        return Interval(low=-rate.high, high=rate.high, method=method)
    favour = clopper_pearson(only_b, discordant, confidence=confidence)
    lean = Interval(low=2 * favour.low - 1, high=2 * favour.high - 1, method="")
    share, centre = discordant / n, (only_b - only_a) / discordant
    low = _lower_end(share, rate, centre, lean)
    mirrored = Interval(low=-lean.high, high=-lean.low, method="")
    high = -_lower_end(share, rate, -centre, mirrored)
    return Interval(low=low, high=high, method=method)


def _lower_end(share: float, rate: Interval, centre: float, lean: Interval) -> float:
    """Lower end of share times centre; its sign is that of ``lean.low``."""
    if lean.low > 0:
        reach = math.hypot(math.log(share / rate.low), math.log(centre / lean.low))
        return share * centre * math.exp(-reach)
    edge = rate.low if centre > 0 else rate.high
    reach = math.hypot(centre * (share - edge), share * (centre - lean.low))
    return max(-1.0, share * centre - reach)


def mcnemar(only_a: int, only_b: int, n: int, *, missing: int = 0, confidence: float = 0.95) -> Paired:
    """Compare two models on independent rows by the exact McNemar test.

    Args:
        only_a: Rows right in a and wrong in b (negative flips).
        only_b: Rows wrong in a and right in b (positive flips).
        n: Rows that both answered, > 0.
        missing: Rows that one of the two did not answer.
        confidence: Coverage of the interval, in (0, 1).

    Returns:
        The difference, b minus a, with p value, interval and flips.

    Raises:
        ValueError: n is not > 0, a count is below 0, more rows differ than there are, or confidence is outside (0, 1).

    Source:
        As ``mcnemar_p_value`` and ``mcnemar_interval``.

    Examples:
        >>> paired = mcnemar(5, 20, 200)
        >>> paired.difference, round(paired.p_value, 4)
        (0.075, 0.0041)
    """
    interval = mcnemar_interval(only_a, only_b, n, confidence=confidence)
    smallest = smallest_accuracy_difference(only_a + only_b, n)
    return Paired(
        difference=(only_b - only_a) / n,
        low=interval.low,
        high=interval.high,
        p_value=mcnemar_p_value(only_a, only_b),
        method="exact McNemar test, interval by conditional Clopper-Pearson",
        n=n,
        missing=missing,
        negative_flips=only_a,
        positive_flips=only_b,
        smallest_difference=smallest,
        reason=None if smallest is not None else "fewer than six rows cannot show a difference",
    )
