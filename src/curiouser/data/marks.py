"""Which rows a data commit touched, in four bytes each: where to look for one example, without reading changesets.

A mark is the CRC-32 of an id, which no release of a library changes. Two ids
may share one, so a mark says *perhaps*, and its absence says *no*.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import polars as pl

_BYTES = 4
_MOST = 50_000
"""Rows beyond which a data commit is looked into each time: there are few of these, and their marks would be long."""


def marks_of(ids: pl.Series) -> bytes | None:
    """Mark the ids that a data commit touched; None when they are too many."""
    if len(ids) > _MOST:
        return None
    return np.unique(np.fromiter(map(mark_of, ids), dtype="<u4", count=len(ids))).tobytes()


def mark_of(example: str) -> int:
    """Mark one id.

    Examples:
        >>> mark_of("7") == mark_of("7"), mark_of("7") == mark_of("8")
        (True, False)
    """
    return zlib.crc32(example.encode())


def marked(several: Sequence[bytes], example: str) -> set[int]:
    """Tell which of several data commits may have touched an example, by their places.

    Examples:
        >>> marks = [marks_of(pl.Series(ids)) or b"" for ids in (["7"], ["8"], ["6", "7"])]
        >>> marked(marks, "7")
        {0, 2}
    """
    ends = np.cumsum([len(marks) // _BYTES for marks in several])
    hits = np.flatnonzero(np.frombuffer(b"".join(several), dtype="<u4") == mark_of(example))
    return set(np.searchsorted(ends, hits, side="right").tolist())
