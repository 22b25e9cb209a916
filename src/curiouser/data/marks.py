"""Which rows a data commit touched, in four bytes each: where to look for one example, without reading changesets.

A mark is the CRC-32 of an id, which no release of a library changes. Two ids
may share one, so a mark says *perhaps*, and its absence says *no*.
"""

from __future__ import annotations

import zlib

import numpy as np
import polars as pl

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


def may_touch(marks: bytes | None, example: str) -> bool:
    """Tell whether a data commit with these marks may have touched an example.

    Examples:
        >>> may_touch(marks_of(pl.Series(["7"])), "7"), may_touch(marks_of(pl.Series(["7"])), "8"), may_touch(None, "8")
        (True, False, True)
    """
    if marks is None:
        return True
    found, mark = np.frombuffer(marks, dtype="<u4"), mark_of(example)
    place = int(np.searchsorted(found, mark))
    return place < found.size and int(found[place]) == mark
