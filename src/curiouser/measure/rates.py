"""Intervals of a rate: k of n, also where rows share a user or carry weights."""

import math
from functools import lru_cache

import numpy as np
from scipy import special

from curiouser.measure.records import FloatArray, Interval, Measured


def _check_counts(successes: float, n: float) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"a rate needs 0 <= successes <= n, got {successes} of {n}")
    if not n > 0:
        raise ValueError("a rate of no rows is undefined: ask for n > 0 first")


@lru_cache(maxsize=65_536)
def _beta_quantile(a: float, b: float, p: float) -> float:
    """Quantile of a beta distribution; a thousand problems ask for the same few again and again."""
    return float(special.betaincinv(a, b, p))


def wilson(successes: float, n: float, *, confidence: float = 0.95, quantile: float | None = None) -> Interval:
    """Wilson score interval of a rate.

    Args:
        successes: Rows that count, in [0, n]; a fraction where rows are weighted.
        n: Rows, > 0; the effective number of rows where they are weighted or share a user.
        confidence: Coverage aimed at, in (0, 1).
        quantile: Replaces the normal quantile, as Student's t does for few clusters.

    Returns:
        The interval, within [0, 1].

    Raises:
        ValueError: The counts are not those of a rate.

    Source:
        Wilson (1927), "Probable inference, the law of succession, and statistical
        inference", JASA 22:209-212; Brown, Cai and DasGupta (2001), Statistical Science 16.

    Examples:
        >>> interval = wilson(1, 10)
        >>> round(interval.low, 5), round(interval.high, 5)
        (0.01788, 0.40415)
    """
    _check_counts(successes, n)
    z = float(special.ndtri(0.5 + confidence / 2)) if quantile is None else quantile
    share = successes / n
    shrink = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / shrink
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / shrink
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low=low, high=high, method="Wilson score interval")


def clopper_pearson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Clopper-Pearson interval: covers at least ``confidence``, whatever the rate.

    Args:
        successes: Rows that count, in [0, n].
        n: Rows, > 0.
        confidence: Coverage guaranteed, in (0, 1).

    Returns:
        The interval, within [0, 1].

    Raises:
        ValueError: The counts are not those of a rate.

    Source:
        Clopper and Pearson (1934), Biometrika 26:404-413.

    Examples:
        >>> round(clopper_pearson(0, 10).high, 5)
        0.3085
    """
    one_sided = 0.5 + confidence / 2
    return Interval(
        low=lower_bound(successes, n, confidence=one_sided),
        high=upper_bound(successes, n, confidence=one_sided),
        method="Clopper-Pearson interval",
    )


def upper_bound(successes: int, n: int, *, confidence: float = 0.95) -> float:
    """One-sided Clopper-Pearson bound: the rate is below it with ``confidence``.

    Args:
        successes: Rows that count, in [0, n].
        n: Rows, > 0.
        confidence: Coverage guaranteed, in (0, 1).

    Returns:
        The bound, in (0, 1].

    Raises:
        ValueError: The counts are not those of a rate.

    Source:
        Clopper and Pearson (1934), Biometrika 26:404-413.

    Examples:
        >>> upper_bound(0, 29) <= 0.10 < upper_bound(0, 28)
        True
    """
    _check_counts(successes, n)
    if successes == n:
        return 1.0
    return _beta_quantile(successes + 1, n - successes, confidence)


def lower_bound(successes: int, n: int, *, confidence: float = 0.95) -> float:
    """One-sided Clopper-Pearson bound: the rate is above it with ``confidence``.

    Args:
        successes: Rows that count, in [0, n].
        n: Rows, > 0.
        confidence: Coverage guaranteed, in (0, 1).

    Returns:
        The bound, in [0, 1).

    Raises:
        ValueError: The counts are not those of a rate.

    Source:
        Clopper and Pearson (1934), Biometrika 26:404-413.

    Examples:
        >>> round(lower_bound(3, 6), 3)
        0.153
    """
    _check_counts(successes, n)
    if successes == 0:
        return 0.0
    return _beta_quantile(successes, n - successes + 1, 1 - confidence)


def jeffreys(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Jeffreys interval: the middle of the posterior under a Beta(1/2, 1/2) prior.

    Args:
        successes: Rows that count, in [0, n].
        n: Rows, > 0.
        confidence: Coverage aimed at, in (0, 1).

    Returns:
        The interval; it reaches 0 where nothing counts and 1 where everything does.

    Raises:
        ValueError: The counts are not those of a rate.

    Source:
        Brown, Cai and DasGupta (2001), Statistical Science 16, section 4.1.2.

    Examples:
        >>> interval = jeffreys(2, 10)
        >>> round(interval.low, 4), round(interval.high, 4)
        (0.0441, 0.5028)
    """
    _check_counts(successes, n)
    tail = (1 - confidence) / 2
    a, b = successes + 0.5, n - successes + 0.5
    low = 0.0 if successes == 0 else float(special.betaincinv(a, b, tail))
    high = 1.0 if successes == n else float(special.betaincinv(a, b, 1 - tail))
    return Interval(low=low, high=high, method="Jeffreys interval")


def jeffreys_draws(successes: int, n: int, *, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw plausible rates given k of n, under a Beta(1/2, 1/2) prior.

    Args:
        successes: Rows that count, in [0, n].
        n: Rows, > 0.
        draws: How many, > 0.
        rng: Source of randomness.

    Returns:
        ``(draws,)``, each in [0, 1].

    Raises:
        ValueError: The counts are not those of a rate.

    Source:
        Brown, Cai and DasGupta (2001), Statistical Science 16, section 4.1.2.

    Examples:
        >>> drawn = jeffreys_draws(2, 10, draws=10_000, rng=np.random.default_rng(0))
        >>> round(float(drawn.mean()), 2)
        0.23
    """
    _check_counts(successes, n)
    return rng.beta(successes + 0.5, n - successes + 0.5, size=draws)


def rate(successes: int, n: int, *, missing: int = 0, of: str = "rows") -> Measured:
    """Measure a rate of independent rows with its Wilson interval.

    Args:
        successes: Rows that count, in [0, n].
        n: Rows, >= 0.
        missing: Rows without an answer.
        of: What the rows are, for the reason where there are none.

    Returns:
        The rate; undefined where n is 0.

    Raises:
        ValueError: There are fewer rows than successes.

    Source:
        Wilson (1927), JASA 22:209-212.

    Examples:
        >>> measured = rate(3, 12)
        >>> measured.value, round(measured.low, 3), round(measured.high, 3)
        (0.25, 0.089, 0.532)
        >>> rate(0, 0, of="patterns").reason
        'no patterns were scored'
    """
    method = "Wilson score interval"
    if n == 0 and successes == 0:
        reason = f"no {of} were scored"
        return Measured(value=None, low=None, high=None, n=0, missing=missing, method=method, reason=reason)
    interval = wilson(successes, n)
    return Measured(value=successes / n, low=interval.low, high=interval.high, n=n, missing=missing, method=method)


def effective_rate(share: float, variance: float, *, kish: float, degrees: float, confidence: float = 0.95) -> Interval:
    """Interval of a rate whose rows share users or carry weights.

    The rows count as the number of independent rows that would give the same variance,
    never more than Kish's effective number, and exactly that where everything or nothing
    counts and the variance says nothing.

    Args:
        share: The (weighted) rate, in [0, 1].
        variance: Its variance by linearisation, >= 0.
        kish: Largest effective number of rows to believe in, > 0.
        degrees: Degrees of freedom of the variance: clusters minus one, >= 1.
        confidence: Coverage aimed at, in (0, 1).

    Returns:
        The interval, within [0, 1].

    Source:
        Korn and Graubard (1998), Survey Methodology 24:193-201, with Wilson's interval;
        compared in Franco, Little, Louis and Slud (2019), JSSAM 7:334-364.

    Examples:
        >>> one = effective_rate(0.25, 0.25 * 0.75 / 12, kish=12, degrees=1e9)
        >>> round(one.low, 3), round(one.high, 3)
        (0.089, 0.532)
    """
    n = kish if variance <= 0 else min(kish, share * (1 - share) / variance)
    quantile = float(special.stdtrit(degrees, 0.5 + confidence / 2))
    interval = wilson(min(share, 1.0) * n, n, confidence=confidence, quantile=quantile)
    return Interval(low=interval.low, high=interval.high, method="Wilson score interval on effective rows")
