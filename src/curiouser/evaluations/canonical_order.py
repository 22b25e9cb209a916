"""Rows in an order, and a seed, that follow from what is measured and from nothing else.

Resampling draws depend on the order of rows and users. Sorted by their own
content, the same rows give the same numbers however they are named, sorted or
imported: renaming ids or users changes no interval.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from curiouser.measure import IntArray

_Bits = npt.NDArray[np.uint64]
_ALONE = np.uint64(0x51ED_270B)


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """An order of rows that their names play no part in."""

    order: IntArray
    """``(n,)``, the place of each row among those given."""
    clusters: IntArray | None
    """``(n,)``, in that order: users numbered by first appearance; None where there are none."""
    seed: str
    """Hash of the content, in that order."""


def canonical_order(columns: Sequence[npt.NDArray[Any]], clusters: IntArray | None = None) -> Ordered:
    """Sort rows by user (by what all of a user's rows hold), then by content.

    Args:
        columns: ``(n,)`` each: truth, answers, weights: all that is measured.
        clusters: ``(n,)``, code of the user, negative where unknown; None for none.

    Examples:
        >>> one = canonical_order([np.array([3, 1, 2])])
        >>> two = canonical_order([np.array([1, 2, 3])])
        >>> one.seed == two.seed
        True
    """
    rows = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        rows = _mixed(rows + _bits(column))
    if clusters is None:
        order = np.argsort(rows, kind="stable")
        return Ordered(order, None, _hash(rows[order]))
    users = _users(rows, clusters)
    order = np.lexsort((rows, users))
    return Ordered(order, _renumbered(clusters[order]), _hash(users[order], rows[order]))


def _bits(column: npt.NDArray[Any]) -> _Bits:
    if column.dtype.kind == "f":
        return (column.astype(np.float64) + 0.0).view(np.uint64)
    return column.astype(np.int64).view(np.uint64)


def _mixed(bits: _Bits) -> _Bits:
    """Spread 64 bits (the finisher of SplitMix64)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(bits ^ (bits >> np.uint64(31)))


def _users(rows: _Bits, clusters: IntArray) -> _Bits:
    """Describe each row's user by the sum of all of the user's rows: ``(n,)``."""
    known = clusters >= 0
    sums = np.zeros(int(clusters.max(initial=-1)) + 1, np.uint64)
    np.add.at(sums, clusters[known], _mixed(rows[known] + np.uint64(1)))
    users = _mixed(rows + _ALONE)
    users[known] = sums[clusters[known]]
    return users


def _renumbered(clusters: IntArray) -> IntArray:
    """Number users by first appearance; -1 stays."""
    found, first, inverse = np.unique(clusters, return_index=True, return_inverse=True)
    rank = np.empty(len(found), np.int64)
    rank[np.argsort(first)] = np.arange(len(found))
    return np.where(clusters < 0, -1, rank[inverse])


def _hash(*parts: _Bits) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(part.astype("<u8").tobytes())
    return made.hexdigest()
