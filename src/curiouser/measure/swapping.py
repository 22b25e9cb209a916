"""Compare two models by swapping their answers, whole users at a time.

If the two models are equally good, a user's rows would look the same with the two models'
answers exchanged. So the test flips the sign of each user's part of the difference; the
interval is the difference plus and minus the reach of those flips, and so it excludes 0
exactly where the test rejects.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from curiouser.measure.forms import Summed
from curiouser.measure.records import FloatArray
from curiouser.measure.resampling import PROFILES, Profiles, normal_draws, profiles_of
from curiouser.measure.rows import Rows

DRAWS = 9_999
_ENUMERATED = 13
_NORMAL_COLUMNS = 300
_SIGN_LIMIT = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapped:
    """What swapping gives: the difference, its p value and how far chance reaches."""

    difference: float
    """Metric of b minus metric of a."""
    p_value: float
    """Share of sign assignments at least as far from 0, the observed one included."""
    reach: float | None
    """Half the width of the interval; None where no user's answers differ."""
    error: float
    """Standard deviation of the difference over sign assignments, >= 0."""
    differing: int
    """Users (or rows) on whom the two models differ, >= 0."""
    method: str
    """How the signs were drawn, in words."""


def swap_test(
    a: Summed, b: Summed, rows: Rows, rng: np.random.Generator, *, alpha: float = 0.05, draws: int = DRAWS
) -> Swapped | None:
    """Test the difference of a metric on sums between two models on the same rows.

    Args:
        a: The metric of model a.
        b: The same metric of model b.
        rows: Weights and users; a user's rows are swapped together.
        rng: Source of randomness, where the signs cannot be enumerated.
        alpha: Level of the interval, in (0, 1).
        draws: Sign assignments drawn, where they are not enumerated.

    Returns:
        The comparison; None where the metric is undefined for one of the models.

    Source:
        Sign-flip test: Fisher (1935), The Design of Experiments, section 21; for a metric
        of a whole answer set, Yeh (2000), COLING, "approximate randomization"; the draw
        counted with the observed one: Phipson and Smyth (2010), SAGMB 9.

    Examples:
        >>> def share(sums):
        ...     return sums[..., 1] / sums.sum(axis=-1)
        >>> a = Summed(codes=np.array([0] * 8 + [1] * 2), columns=np.eye(2), values=None, of_sums=share)
        >>> b = Summed(codes=np.ones(10, dtype=np.int64), columns=np.eye(2), values=None, of_sums=share)
        >>> swapped = swap_test(a, b, Rows.of(10), np.random.default_rng(0))
        >>> round(swapped.difference, 3), swapped.p_value, round(swapped.reach, 3)
        (0.8, 0.0078125, 0.6)
    """
    sums_a, sums_b = a.totals(rows), b.totals(rows)
    value_a, value_b = float(a.of_sums(sums_a)), float(b.of_sums(sums_b))
    if not (math.isfinite(value_a) and math.isfinite(value_b)):
        return None
    halves = _halves(a, b, rows)
    differing = int(halves.counts.sum())
    swings, method = _swings(halves, differing, rng, draws)
    middle = (sums_a + sums_b) / 2
    sizes = np.abs(b.of_sums(middle + swings) - a.of_sums(middle - swings))
    sizes[~np.isfinite(sizes)] = np.inf
    return _judge(value_b - value_a, sizes, differing=differing, method=method, alpha=alpha)


def _judge(difference: float, sizes: FloatArray, *, differing: int, method: str, alpha: float) -> Swapped:
    exact = differing <= _ENUMERATED
    size = abs(difference)
    farther = int(np.count_nonzero(sizes >= size * (1 - 1e-9) - 1e-15))
    total = len(sizes) if exact else len(sizes) + 1
    p_value = min(1.0, (farther if exact else farther + 1) / total)
    # p < alpha means fewer than `allowed` assignments reach the difference.
    allowed = math.ceil(alpha * total - 1e-9) - (0 if exact else 1)
    ordered = np.sort(sizes)[::-1]
    reach = float(ordered[max(0, min(allowed, len(ordered)) - 1)])
    if p_value >= alpha:
        reach = max(reach, size)
    if 2.0 ** (1 - differing) >= alpha:
        # So few differ by chance: as many more as a Poisson count allows might.
        reach *= float(special.chdtri(2 * (differing + 1), alpha / 2)) / 2 / max(differing, 1)
    finite = sizes[np.isfinite(sizes)]
    error = float(np.sqrt(np.mean(finite**2))) if len(finite) else 0.0
    return Swapped(
        difference=difference,
        p_value=p_value,
        reach=reach if differing and math.isfinite(reach) else None,
        error=error,
        differing=differing,
        method=method,
    )


def _halves(a: Summed, b: Summed, rows: Rows) -> Profiles:
    """Half of what each group adds to b more than to a; groups that add the same are left out."""
    if rows.independent and a.values is None and b.values is None:
        cells = len(a.columns)
        joint, counts = np.unique(a.codes * cells + b.codes, return_counts=True)
        halves = (b.columns[joint % cells] - a.columns[joint // cells]) / 2
        counted = counts.astype(np.float64)
    else:
        halves = (b.group_sums(rows) - a.group_sums(rows)) / 2
        counted = np.ones(len(halves))
    differs = np.any(halves != 0, axis=1)
    halves, counted = halves[differs], counted[differs]
    if len(halves) and counted.max() == 1:
        # A sign is as likely as the other: groups that differ by the sign alone are alike.
        leading = halves[np.arange(len(halves)), np.argmax(halves != 0, axis=1)]
        return profiles_of(halves * np.sign(leading)[:, None])
    return Profiles(halves, counted)


def _swings(halves: Profiles, differing: int, rng: np.random.Generator, draws: int) -> tuple[FloatArray, str]:
    """What the sign assignments add to half the sums: ``(draws, columns)``."""
    columns = halves.sums.shape[1]
    if differing <= _ENUMERATED:
        each = np.repeat(halves.sums, halves.counts.astype(np.int64), axis=0)
        signs = 1.0 - 2.0 * (np.arange(2**differing)[:, None] >> np.arange(differing) & 1)
        if not differing:
            return np.zeros((1, columns)), "no two answers differ"
        return signs @ each, f"all {2**differing:,} sign assignments"
    if len(halves.counts) > PROFILES and columns <= _NORMAL_COLUMNS:
        covariance = (halves.sums * halves.counts[:, None]).T @ halves.sums
        return normal_draws(covariance, rng, draws), "normal limit of the sign assignments"
    draws = max(999, min(draws, _SIGN_LIMIT // len(halves.counts)))
    swings = np.empty((draws, columns))
    per_chunk = max(1, 2_000_000 // len(halves.counts))
    for start in range(0, draws, per_chunk):
        size = min(per_chunk, draws - start)
        swings[start : start + size] = _leaning(halves.counts, size, rng) @ halves.sums
    return swings, f"{draws:,} sign assignments"


def _leaning(counts: FloatArray, size: int, rng: np.random.Generator) -> FloatArray:
    """Sum of each profile's random signs: ``(size, profiles)``; a coin where it stands for one."""
    if counts.max() > 1:
        whole = counts.astype(np.int64)
        return (2 * rng.binomial(whole, 0.5, size=(size, len(whole))) - whole).astype(np.float64)
    bits = np.unpackbits(np.frombuffer(rng.bytes(size * len(counts) // 8 + 1), dtype=np.uint8))
    return 2.0 * bits[: size * len(counts)].reshape(size, len(counts)).astype(np.float64) - 1.0
