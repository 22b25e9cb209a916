"""Seeded resampling: whole groups are drawn, and their sums decide the metric."""

import hashlib
from dataclasses import dataclass

import numpy as np

from curiouser.measure.forms import Summed
from curiouser.measure.records import FloatArray
from curiouser.measure.rows import Rows

BOOTSTRAP_DRAWS = 2_000
PROFILES = 5_000
"""Above so many distinct groups, their summed effect is drawn from its normal limit."""
_CELL_LIMIT = 20_000_000


def seeded(*parts: str | bytes) -> np.random.Generator:
    """Make a generator from what is measured, so that equal content gives equal numbers.

    Args:
        parts: Names and hashes of what is measured, in a fixed order.

    Returns:
        A generator; another order or another split of the parts gives another one.

    Source:
        DESIGN §7; parts are length-prefixed, then hashed with SHA-256.

    Examples:
        >>> float(seeded("a", "b").random()) == float(seeded("a", "b").random())
        True
        >>> float(seeded("ab").random()) == float(seeded("a", "b").random())
        False
    """
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return np.random.default_rng(int.from_bytes(digest.digest(), "big"))


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Groups of rows, equal ones counted once."""

    sums: FloatArray
    """``(profiles, columns)``, what one such group adds to each sum."""
    counts: FloatArray
    """``(profiles,)``, how many groups are like it, > 0."""


def profiles_of(sums: FloatArray) -> Profiles:
    """Count equal rows of ``(groups, columns)``, so that drawing costs by distinct groups.

    Args:
        sums: ``(groups, columns)``, finite.

    Returns:
        The distinct rows and how often each occurs.

    Source:
        A multinomial over groups and one over distinct groups have the same law.

    Examples:
        >>> profiles_of(np.array([[1.0], [2.0], [1.0]])).counts.tolist()
        [2.0, 1.0]
    """
    bits = np.ascontiguousarray(sums + 0.0).view(np.uint64).reshape(sums.shape)
    mixed = np.zeros(len(sums), dtype=np.uint64)
    for column in bits.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    _, first, counts = np.unique(mixed, return_index=True, return_counts=True)
    order = np.argsort(first)
    return Profiles(sums[first[order]], counts[order].astype(np.float64))


def bootstrap(summed: Summed, rows: Rows, rng: np.random.Generator, *, draws: int = BOOTSTRAP_DRAWS) -> FloatArray:
    """Draw the metric on resampled groups: the multinomial (or cluster) bootstrap on sums.

    One more group of average size, spread over the occupied columns of the table, is
    added to the urn, so that a table without an error does not claim to know that there
    are none.

    Args:
        summed: The metric on sums; ``values`` unused.
        rows: Weights and users.
        rng: Source of randomness.
        draws: How many resamples.

    Returns:
        ``(draws,)``, NaN where the metric is undefined on a resample.

    Source:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 6 and 8;
        drawn on counts, which has the same law. Whole users: Field and Welsh (2007), JRSS B 69.

    Examples:
        >>> cells = Summed(codes=np.array([0, 1] * 50), columns=np.eye(2), values=None,
        ...                of_sums=lambda sums: sums[..., 1] / sums.sum(axis=-1))
        >>> drawn = bootstrap(cells, Rows.of(100), np.random.default_rng(0))
        >>> round(float(drawn.std()), 2)
        0.05
    """
    urn = _urn(summed, rows)
    share = urn.counts / urn.counts.sum()
    if len(urn.counts) > PROFILES:
        mean = share @ urn.sums
        spread = (urn.sums * share[:, None]).T @ urn.sums - np.outer(mean, mean)
        sums = mean * rows.groups + normal_draws(spread * rows.groups, rng, draws)
        return summed.of_sums(np.maximum(sums, 0.0))
    values = []
    per_chunk = max(1, _CELL_LIMIT // max(len(share), urn.sums.shape[1]))
    for start in range(0, draws, per_chunk):
        taken = rng.multinomial(rows.groups, share, size=min(per_chunk, draws - start))
        values.append(summed.of_sums(taken @ urn.sums))
    return np.concatenate(values)


def _urn(summed: Summed, rows: Rows) -> Profiles:
    if rows.independent:
        counts = np.bincount(summed.codes, minlength=len(summed.columns)).astype(np.float64)
        seen = Profiles(summed.columns[counts > 0], counts[counts > 0])
    else:
        seen = profiles_of(summed.group_sums(rows))
    extra = np.unique(summed.columns, axis=0) if len(summed.columns) <= 64 else _thin(summed.columns)
    size = rows.total / rows.groups
    counts = np.concatenate([seen.counts, np.full(len(extra), 1 / len(extra))])
    return Profiles(np.concatenate([seen.sums, extra * size]), counts)


def _thin(columns: FloatArray) -> FloatArray:
    """Of a large square table of cells, keep each class right and each mistaken for the next."""
    classes = round(len(columns) ** 0.5)
    own = np.arange(classes)
    kept: FloatArray = columns[np.concatenate([own * classes + own, own * classes + (own + 1) % classes])]
    return kept


def normal_draws(covariance: FloatArray, rng: np.random.Generator, draws: int) -> FloatArray:
    """Draw from a normal law with mean zero: ``(draws, columns)``.

    Args:
        covariance: ``(columns, columns)``, symmetric; may be singular.
        rng: Source of randomness.
        draws: How many.

    Returns:
        ``(draws, columns)``.

    Source:
        Eigenvalue root; the central limit of sums over many groups.

    Examples:
        >>> normal_draws(np.zeros((2, 2)), np.random.default_rng(0), 1).tolist()
        [[0.0, 0.0]]
    """
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(rng.standard_normal((draws, len(values))) @ root.T)
