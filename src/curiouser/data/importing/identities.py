"""Ids of rows that come in: the user's own, checked for repeats; else the hash of the input.

Rows with the same input and no id are told apart by ``-2``, ``-3`` …, in the
order of what else they hold, so that neither the order of a file nor a second
import changes an id.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data.hashing import value_hashes

Ranks = NDArray[np.uint32]


class GivenIds:
    """Finds ids that stand in more than one row, in 16 bytes a row.

    A 64-bit hash finds the suspects; whoever reads the file again compares
    the suspects themselves.
    """

    def __init__(self) -> None:
        self._hashes: list[NDArray[np.uint64]] = []

    def see(self, ids: pl.Series) -> None:
        """Look at more ids; a missing id is nobody's repeat."""
        self._hashes.append(ids.drop_nulls().hash().to_numpy())

    def suspects(self) -> NDArray[np.uint64]:
        """Return the hashes that were seen more than once, in order."""
        if not self._hashes:
            return np.zeros(0, np.uint64)
        hashes = np.concatenate(self._hashes)
        hashes.sort()
        return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


def among(ids: pl.Series, suspects: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which ids are suspected to be repeats."""
    found: NDArray[np.bool_] = np.isin(ids.hash().to_numpy(), suspects) & ids.is_not_null().to_numpy()
    return found


class HashedIds:
    """Numbers rows that have the same input, in 16 bytes a row until it is done.

    Args:
        inputs: Columns the model reads.
        label: The column that decides first between rows of the same input, where there is one.
    """

    def __init__(self, inputs: Iterable[str], label: str) -> None:
        self._inputs, self._label = tuple(inputs), label
        self._keys: list[NDArray[np.uint64]] = []
        self._others: list[NDArray[np.uint64]] = []

    def see(self, rows: pl.DataFrame) -> None:
        """Look at more rows, in stored form."""
        self._keys.append(_first_half(value_hashes(rows, self._inputs)))
        others = _first_half(value_hashes(rows, rows.columns)) >> np.uint64(16)
        if self._label in rows.columns:
            others |= _first_half(value_hashes(rows, [self._label])) << np.uint64(48)
        self._others.append(others)

    def ranks(self) -> Ranks:
        """Number the rows of equal input from 1, in the order of all they hold; ``(n,)``."""
        if not self._keys:
            return np.zeros(0, np.uint32)
        keys, others = np.concatenate(self._keys), np.concatenate(self._others)
        self._keys, self._others = [], []
        order = np.lexsort((others, keys))
        keys = keys[order]
        places = np.arange(keys.size)
        first = np.concatenate([[True], keys[1:] != keys[:-1]])
        counted = places - np.maximum.accumulate(np.where(first, places, 0))
        ranks = np.empty(keys.size, np.uint32)
        ranks[order] = counted + 1
        return ranks


def hashed_ids(rows: pl.DataFrame, inputs: Iterable[str], ranks: Ranks) -> pl.Series:
    """Make ids from inputs: 32 hex digits, and ``-2``, ``-3`` … for repeats.

    Args:
        rows: Rows in stored form.
        inputs: Columns the model reads.
        ranks: ``(n,)``, from :meth:`HashedIds.ranks`.
    """
    text = value_hashes(rows, tuple(inputs)).tobytes().hex()
    made = [text[start : start + 32] for start in range(0, len(text), 32)]
    for i in np.flatnonzero(ranks > 1).tolist():
        made[i] += f"-{ranks[i]}"
    return pl.Series("id", made, dtype=pl.String)


def _first_half(hashes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(hashes[:, :8]).view(">u8").astype(np.uint64).ravel()
