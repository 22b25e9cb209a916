"""The smallest difference that a test set shows with 80 % power at alpha .05."""

import math

import numpy as np
from scipy import special

from curiouser.measure.records import FloatArray

POWER = 0.80
_NORMAL_FROM = 20_000


def mcnemar_power(difference: float, discordant_share: float, n: int) -> float:
    """Chance that the exact McNemar test (alpha .05) shows a difference of this size.

    Args:
        difference: True difference of two accuracies, in [0, 1].
        discordant_share: Share of rows on which one model is right and the other wrong,
            in [0, 1]; taken as the difference where that is larger.
        n: Rows, > 0.

    Returns:
        Power, in [0, 1]; exact, over the binomial number of discordant rows.

    Source:
        Connor (1987), Biometrics 43:207-211, with the exact test in place of the normal one.

    Examples:
        >>> round(mcnemar_power(0.10, 0.20, 200), 2)
        0.88
    """
    share = min(1.0, max(discordant_share, difference))
    if share == 0:
        return 0.0
    spread = math.sqrt(n * share * (1 - share))
    low, high = max(0, int(n * share - 6 * spread) - 1), min(n, int(n * share + 6 * spread) + 1)
    step = max(1, (high - low) // 400)
    discordant = np.arange(low, high + 1, step, dtype=np.float64)
    rest = n - discordant
    # Each weight is a binomial probability up to a factor that the division takes out.
    log_weight = special.xlogy(discordant, share) + special.xlog1py(rest, -share)
    log_weight -= special.gammaln(discordant + 1) + special.gammaln(rest + 1)
    weight = np.exp(log_weight - log_weight.max())
    reject = _power_given(discordant, (1 + difference / share) / 2)
    return float((weight * reject).sum() / weight.sum())


def _power_given(discordant: FloatArray, favour: float) -> FloatArray:
    """Power of the exact sign test, given how many rows are discordant: ``(k,)``."""
    # Largest count of the lower tail whose probability is below .025, or -1: near its normal
    # value, then one up or down until it is exact.
    tail = np.maximum(np.floor(discordant / 2 - 0.98 * np.sqrt(discordant) - 0.5), -1.0)
    for _ in range(3):
        tail = np.where((tail >= 0) & (_at_most(tail, discordant, 0.5) >= 0.025), tail - 1, tail)
    for _ in range(3):
        tail = np.where(_at_most(tail + 1, discordant, 0.5) < 0.025, tail + 1, tail)
    shown = _at_most(tail, discordant, 1 - favour) + _at_most(tail, discordant, favour)
    return np.where(tail < 0, 0.0, shown)


def _at_most(successes: FloatArray, trials: FloatArray, share: float) -> FloatArray:
    """Binomial probability of at most so many successes."""
    kept = np.maximum(successes, 0.0)
    below = special.betainc(np.maximum(trials - kept, 1e-9), kept + 1, 1 - share)
    return np.where(kept >= trials, 1.0, below)


def smallest_accuracy_difference(discordant: float, n: int) -> float | None:
    """Smallest difference in accuracy that these rows show with 80 % power.

    Args:
        discordant: Rows on which one model is right and the other wrong, in [0, n].
        n: Rows, >= 0.

    Returns:
        A difference in (0, 1]; None where even a model that is right on every row could
        not be shown to beat one that is wrong on all (fewer than six rows).

    Source:
        Connor (1987), Biometrics 43:207-211, at the observed discordance; exact up to
        20,000 rows, and the normal form (equation 3) above.

    Examples:
        >>> round(smallest_accuracy_difference(40, 200), 3)
        0.091
        >>> smallest_accuracy_difference(0, 5) is None
        True
    """
    if n < 6:
        return None
    # Only a comparison solves for this, and loading it costs every command as much as numpy does.
    from scipy import optimize  # noqa: PLC0415  see above

    share = discordant / n
    if n > _NORMAL_FROM and discordant > 1_000:
        reach, power_reach = float(special.ndtri(0.975)), float(special.ndtri(POWER))

        def gap(size: float) -> float:
            needed = reach * math.sqrt(share) + power_reach * math.sqrt(max(share - size * size, 0.0))
            return size * math.sqrt(n) - needed

        return float(optimize.brentq(gap, 1e-12, 1.0))
    return float(optimize.brentq(lambda size: mcnemar_power(size, share, n) - POWER, 1e-9, 1.0, xtol=1e-6, rtol=1e-4))


def smallest_from_error(error: float, degrees: float = math.inf) -> float | None:
    """Smallest difference shown with 80 % power, from a standard error.

    Args:
        error: Standard error of the difference, >= 0.
        degrees: Degrees of freedom behind it; few users need a larger difference.

    Returns:
        About 2.8 standard errors; None where the error is 0 and says nothing.

    Source:
        Lachin (1981), Controlled Clinical Trials 2:93-113: (z .975 + z .80) x error.

    Examples:
        >>> round(smallest_from_error(1.0), 3)
        2.802
    """
    if not error > 0 or degrees < 1:
        return None
    if math.isinf(degrees):
        return float(special.ndtri(0.975) + special.ndtri(POWER)) * error
    return float(special.stdtrit(degrees, 0.975) + special.stdtrit(degrees, POWER)) * error
