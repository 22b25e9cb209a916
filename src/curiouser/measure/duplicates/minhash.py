"""MinHash signatures: 64 numbers per text, which agree as often as the sets of shingles overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from curiouser.measure.duplicates.records import FloatArray, SignatureArray
from curiouser.measure.duplicates.shingles import SHINGLE, batches, mixed, shingle_hashes

BINS = 64
"""Numbers in a signature."""
ALGORITHM = f"oph{BINS}-b16-char{SHINGLE}-24x4-1"
"""Changes whenever a signature or a probe key would: stored with every signature, and only equals are compared."""
_EMPTY = np.uint32(0xFFFFFFFF)
_DONORS = np.argsort(
    mixed(np.arange(BINS * BINS, dtype=np.uint64).reshape(BINS, BINS) + np.uint64(1)), axis=1, kind="stable"
)
"""``(64, 64)``: where an empty bin looks for a value, in which order; the same for every text."""


def signatures(texts: Sequence[str]) -> SignatureArray:
    """Sign texts: one hash per shingle, its first six bits choose a bin, each bin keeps its least.

    One permutation instead of 64 costs a sixty-fourth; empty bins borrow from a bin chosen alike for
    every text, which keeps the estimate unbiased. Of each least value 16 bits are kept: two different
    ones look the same once in 65,536.

    Args:
        texts: Normalised texts; an empty one has no shingles, and its row is zero and means nothing.

    Returns:
        ``(n, 64)``.

    Source:
        Broder (1997) for the method; Li, Owen and Zhang (2012), "One permutation hashing", NIPS;
        Shrivastava (2017), "Optimal densification for fast and accurate minwise hashing", ICML;
        Li and König (2010), "b-bit minwise hashing", WWW, with b = 16.

    Examples:
        >>> signatures(["I can sit your cat", "I can sit your cat"]).shape
        (2, 64)
    """
    made = np.zeros((len(texts), BINS), np.uint16)
    for run in batches(texts):
        made[run] = _signed(texts[run])
    return made


def estimated_jaccard(left: SignatureArray, right: SignatureArray) -> FloatArray:
    """Estimate how far the shingles of two texts overlap: the share of bins that agree.

    Args:
        left: ``(n, 64)``.
        right: ``(n, 64)``.

    Returns:
        ``(n,)``, in [0, 1]; unbiased to 2^-16, standard error at most ``sqrt(J (1 - J) / 64)`` where the
        texts have many shingles.

    Source:
        As :func:`signatures`.
    """
    agreeing: npt.NDArray[np.int64] = np.count_nonzero(left == right, axis=1)
    return agreeing / BINS


def _signed(texts: Sequence[str]) -> SignatureArray:
    hashes, places = shingle_hashes(texts)
    least = np.full(len(texts) * BINS, _EMPTY)
    if not len(hashes):
        return np.zeros((len(texts), BINS), np.uint16)
    bins = places * BINS + (hashes >> np.uint64(58)).astype(np.int64)
    # A value never looks like an empty bin.
    np.minimum.at(least, bins, np.minimum(hashes.astype(np.uint32), _EMPTY - np.uint32(1)))
    table = least.reshape(-1, BINS)
    _fill(table)
    table[(table == _EMPTY).all(axis=1)] = 0
    return table.astype(np.uint16)


def _fill(table: np.ndarray[tuple[int, int], np.dtype[np.uint32]]) -> None:
    """Let every empty bin borrow, in place; a text without any value is left as it is."""
    empty = table == _EMPTY
    empty[empty.all(axis=1)] = False
    given, flat = table.copy().ravel(), table.ravel()
    places = np.flatnonzero(empty)
    for attempt in range(BINS):
        if not len(places):
            return
        bins = places & (BINS - 1)
        found = given[places - bins + _DONORS[bins, attempt]]
        has = found != _EMPTY
        flat[places[has]] = found[has]
        places = places[~has]
