"""Rows in an order, and a seed, that follow from what is measured and from nothing else.

Resampling draws depend on the order of rows and users. Sorted by their own
content, the same rows give the same numbers however they are named, sorted or
imported: renaming ids or users changes no interval. Scores count as rounded,
so that the last digits, which differ from processor to processor, change none
either; their exact bits decide only between rows that are alike when rounded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from curiouser.measure import IntArray

_Bits = npt.NDArray[np.uint64]
_ALONE = np.uint64(0x51ED_270B)
_ROUNDED_OFF = 40
"""Low bits of a float64 that don't count: 12 of its 52 fractional bits stay, between three and four digits.

Two machines' runs of one solver differed by up to 1e-8 of a score, four orders below.
"""


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
    exact, rounded = _rows(map(_bits, columns)), _rows(map(_rounded_bits, columns))
    if clusters is None:
        order = np.lexsort((exact, rounded))
        return Ordered(order, None, _hash(rounded[order]))
    users = _users(rounded, clusters)
    # Users who hold the same are told apart by number, so that rows of one stay together; which is first is all one.
    order = np.lexsort((exact, rounded, clusters, _users(exact, clusters), users))
    return Ordered(order, _renumbered(clusters[order]), _hash(users[order], rounded[order]))


def _rows(columns: Iterable[_Bits]) -> _Bits:
    """Describe each row by all that it holds: ``(n,)``."""
    rows: _Bits = np.zeros(1, np.uint64)
    for bits in columns:
        rows = _mixed(rows + bits)
    return rows


def _bits(column: npt.NDArray[Any]) -> _Bits:
    if column.dtype.kind == "f":
        return (column.astype(np.float64) + 0.0).view(np.uint64)
    return column.astype(np.int64).view(np.uint64)


def _rounded_bits(column: npt.NDArray[Any]) -> _Bits:
    bits = _bits(column)
    if column.dtype.kind != "f":
        return bits
    step = np.uint64(1 << _ROUNDED_OFF)
    return (bits + step // np.uint64(2)) // step


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
