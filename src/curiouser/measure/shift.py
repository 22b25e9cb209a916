"""How far apart two samples are, and whether chance alone would put them there.

At a million rows every difference is significant, and at a hundred a large one
may be chance. A check therefore alarms only where the effect is large *and* its
p-value, corrected for how many were looked at, is small. Effects are distances
in [0, 1] that read as a share of rows.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from curiouser.measure.records import FloatArray, IntArray

_EXPECTED = 5.0
_MANY = 10_000  # rows in a share from which Fisher's test, a sum over them, is the chi-square test to four digits


def total_variation(a: IntArray, b: IntArray) -> float:
    """Share of rows that would need another category for two samples to have the same shares.

    Args:
        a: ``(k,)``, counts of the categories in one sample, >= 0.
        b: ``(k,)``, counts of the same categories in the other.

    Returns:
        In [0, 1]; NaN where a sample is empty.

    Source:
        Levin, Peres and Wilmer, "Markov Chains and Mixing Times", proposition 4.2.

    Examples:
        >>> total_variation(np.array([50, 50]), np.array([75, 25]))
        0.25
    """
    if not (a.sum() > 0 and b.sum() > 0):
        return math.nan
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2)


def variation_by_chance(a: IntArray, b: IntArray) -> float:
    """Mean total variation between two samples of these sizes where nothing differs; small samples have it, too.

    Args:
        a: ``(k,)``, counts of the categories in one sample, >= 0.
        b: ``(k,)``, counts of the same categories in the other.

    Returns:
        In [0, 1]; NaN where a sample is empty.

    Source:
        The mean of an absolute normal deviate is its deviation times the root of 2/pi; each difference of shares is
        one, with the pooled share's variance (central limit theorem).

    Examples:
        >>> round(variation_by_chance(np.array([50, 50]), np.array([50, 50])), 4)
        0.0564
    """
    n, m = a.sum(), b.sum()
    if not (n > 0 and m > 0):
        return math.nan
    shares = (a + b) / (n + m)
    return float(np.sqrt(2 / math.pi * shares * (1 - shares) * (1 / n + 1 / m)).sum() / 2)


def distance_by_chance(n: int, m: int) -> float:
    """Mean of the largest difference between two distribution functions where nothing differs, for large samples.

    Args:
        n: Size of one sample, > 0.
        m: Size of the other, > 0.

    Returns:
        The mean, > 0.

    Source:
        Marsaglia, Tsang and Wang, "Evaluating Kolmogorov's Distribution", 2003: its mean is ln 2 times the root of
        pi/2.

    Examples:
        >>> round(distance_by_chance(100, 100), 4)
        0.1229
    """
    return math.log(2) * math.sqrt(math.pi / 2 * (n + m) / (n * m))


def homogeneity(a: IntArray, b: IntArray) -> float:
    """Chi-square test that two samples come from the same shares; rare categories are pooled.

    Categories that expect fewer than five rows in either sample count as one,
    which joins the next rarest when it still expects fewer.

    Args:
        a: ``(k,)``, counts of the categories in one sample, >= 0.
        b: ``(k,)``, counts of the same categories in the other.

    Returns:
        The p-value; 1 where fewer than two categories are left to compare, NaN where a sample is empty.

    Source:
        Pearson 1900; pooling: Cochran, "Some methods for strengthening the common chi-square tests", 1954.

    Examples:
        >>> round(homogeneity(np.array([50, 50]), np.array([75, 25])), 6)
        0.000261
    """
    if not (a.sum() > 0 and b.sum() > 0):
        return math.nan
    table = _pooled(a.astype(np.float64), b.astype(np.float64))
    if table.shape[1] < 2:
        return 1.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return float(special.chdtrc(table.shape[1] - 1, statistic))


def _pooled(a: FloatArray, b: FloatArray) -> FloatArray:
    both, smaller = a + b, min(a.sum(), b.sum()) / (a.sum() + b.sum())
    order = np.argsort(both, kind="stable")
    expected = both[order] * smaller
    rare = int((expected < _EXPECTED).sum())
    if rare and expected[:rare].sum() < _EXPECTED:
        # The pool takes in categories, rarest first, until it expects enough.
        rare = min(int(np.searchsorted(np.cumsum(expected), _EXPECTED)) + 1, len(order))
    pool, rest = order[:rare], order[rare:]
    columns = [np.array([[a[pool].sum()], [b[pool].sum()]])] if rare else []
    return np.hstack([*columns, np.vstack([a[rest], b[rest]])])


def smirnov(distance: float, n: int, m: int) -> float:
    """P-value of the largest difference between two distribution functions, for large samples.

    With ties, or where the difference was looked for at some places only, it is too large rather than too small.

    Args:
        distance: The largest difference, in [0, 1].
        n: Size of one sample, > 0.
        m: Size of the other, > 0.

    Returns:
        p value, in [0, 1].

    Source:
        Smirnov, "Table for estimating the goodness of fit of empirical distributions", 1948.

    Examples:
        >>> round(smirnov(0.2, 100, 100), 4)
        0.0366
    """
    return float(special.kolmogorov(math.sqrt(n * m / (n + m)) * distance))


def two_shares(a: int, n: int, b: int, m: int) -> float:
    """Fisher's exact test that ``a`` of ``n`` and ``b`` of ``m`` are the same share; the smaller tail, doubled.

    Where more than ten thousand rows are in the shares, Pearson's chi-square test.

    Args:
        a: Rows of the first kind, within [0, n].
        n: Rows they are among, > 0.
        b: Rows of the second kind, within [0, m].
        m: Rows they are among, > 0.

    Returns:
        p value, in [0, 1].

    Source:
        Fisher, "The Design of Experiments", 1935; doubling: Yates, "Tests of significance for 2 x 2 tables", 1984.

    Examples:
        >>> round(two_shares(1, 10, 9, 10), 5)
        0.00109
    """
    if a + b > _MANY:
        return homogeneity(np.array([a, n - a]), np.array([b, m - b]))
    both = a + b
    ways = np.arange(max(0, both - m), min(n, both) + 1)
    log = _log_choose(n, ways) + _log_choose(m, both - ways) - _log_choose(n + m, np.array([both]))
    law = np.exp(log)
    return float(min(1.0, 2 * min(law[ways <= a].sum(), law[ways >= a].sum())))


def _log_choose(n: int, k: IntArray) -> FloatArray:
    found: FloatArray = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return found


def all_on_one_side(count: int, side: int, other: int) -> float:
    """Probability that ``count`` rows all fall among the ``side`` of ``side + other`` rows by chance.

    Tells whether a category that one sample lacks is new, or only rare.

    Args:
        count: Rows of the category, in [1, side].
        side: Rows of the sample that has them.
        other: Rows of the sample that lacks them.

    Returns:
        In [0, 1].

    Source:
        The hypergeometric law (Fisher 1935), its corner.

    Examples:
        >>> all_on_one_side(1, 100, 900)
        0.1
        >>> round(all_on_one_side(3, 100, 900), 6)
        0.000973
    """

    def log_choose(n: int) -> float:
        return math.lgamma(n + 1) - math.lgamma(n - count + 1)

    if count == 1:
        return side / (side + other)
    return math.exp(log_choose(side) - log_choose(side + other))


def imbalance(counts: IntArray) -> FloatArray:
    """Share of each class as a multiple of its even share: 1 where all classes have equally many rows.

    Args:
        counts: ``(k,)``, rows of each class, >= 0; k > 0.

    Returns:
        ``(k,)``, >= 0.

    Source:
        The even share is 1 / k; He and Garcia, "Learning from Imbalanced Data", 2009, section 2, on relative rarity.

    Examples:
        >>> imbalance(np.array([90, 10])).round(6).tolist()
        [1.8, 0.2]
    """
    shares: FloatArray = counts / counts.sum() * len(counts)
    return shares
