"""Sorted keys in segments of small pages: to look a few up costs a few pages, to add some costs what is added.

New keys make a new segment. Eight segments of about the same size become one, so that there are few to look
through, and a key is rewritten once for every eightfold growth (a log-structured merge, O'Neil et al. 1996).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, delete, insert, select

from curiouser.datachecks.signature_tables import signature_page, signature_segment
from curiouser.kernel.checksums import checksum
from curiouser.kernel.errors import StorageError

KeyArray: TypeAlias = npt.NDArray[np.uint64]
ValueArray: TypeAlias = npt.NDArray[np.uint32]
PAGE = 512
"""Keys in a page: 6 KiB with their values."""
TOGETHER = 8
"""Segments of about the same size that become one."""
_ASKED = 400
"""Pages asked for in one statement."""


def add_keys(connection: Connection, index_id: int, keys: KeyArray, values: ValueArray) -> None:
    """Add keys as a segment, and make one of those that have become many.

    Args:
        connection: A write transaction.
        index_id: Of this index.
        keys: ``(m,)``, repeats allowed.
        values: ``(m,)``.
    """
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    _write(connection, index_id, keys[order], values[order])
    while True:
        crowded = _crowded(connection, index_id)
        if not crowded:
            return
        parts = [_whole(connection, segment) for segment in crowded]
        together = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
        order = np.argsort(together[0], kind="stable")
        connection.execute(delete(signature_page).where(signature_page.c.segment_id.in_(crowded)))
        connection.execute(delete(signature_segment).where(signature_segment.c.id.in_(crowded)))
        _write(connection, index_id, together[0][order], together[1][order])


def segments_with(connection: Connection, index_id: int, keys: KeyArray) -> Iterator[tuple[KeyArray, ValueArray]]:
    """Read the pages that may hold some keys, segment by segment, each in order.

    Of a key that fills more than two pages only the first two are read: who asks has a cap far below that.

    Args:
        connection: A transaction.
        index_id: Of this index.
        keys: ``(m,)``, those looked for.

    Raises:
        StorageError: A page does not match its checksum.
    """
    wanted = select(signature_segment).where(signature_segment.c.index_id == index_id).order_by(signature_segment.c.id)
    if not len(keys):
        return
    for segment in connection.execute(wanted).all():
        _refuse_damage(segment.checksum, segment.index_id, segment.entries, segment.fence)
        fence = np.frombuffer(segment.fence, "<u8")
        first = np.maximum(np.searchsorted(fence, keys, "left") - 1, 0)
        last = np.minimum(np.maximum(np.searchsorted(fence, keys, "right") - 1, 0), first + 1)
        pages = np.unique(np.concatenate([first, last])).tolist()
        parts = [part for start in range(0, len(pages), _ASKED)
                 for part in _pages(connection, segment.id, pages[start : start + _ASKED])]  # fmt: skip
        yield np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _refuse_damage(expected: bytes, *parts: int | str | bytes) -> None:
    """Compare a blob with its checksum.

    Raises:
        StorageError: They differ.
    """
    if checksum(*parts) != bytes(expected):
        raise StorageError("stored signatures no longer match their checksum", "restore the last backup")


def _write(connection: Connection, index_id: int, keys: KeyArray, values: ValueArray) -> None:
    fence = np.ascontiguousarray(keys[::PAGE]).astype("<u8").tobytes()
    row = {"index_id": index_id, "entries": len(keys), "fence": fence}
    row["checksum"] = checksum(index_id, len(keys), fence)
    segment = connection.execute(insert(signature_segment).values(row)).inserted_primary_key
    if segment is None:
        raise StorageError("the database gave a segment of signatures no number", "look at the database's log")
    rows = []
    for page, start in enumerate(range(0, len(keys), PAGE)):
        some = slice(start, start + PAGE)
        entries = keys[some].astype("<u8").tobytes() + values[some].astype("<u4").tobytes()
        said = checksum(segment.id, page, entries)
        rows.append({"segment_id": segment.id, "page": page, "entries": entries, "checksum": said})
    connection.execute(insert(signature_page), rows)


def _crowded(connection: Connection, index_id: int) -> list[int]:
    """List the segments of a size of which there are eight, the smallest size first."""
    wanted = select(signature_segment.c.id, signature_segment.c.entries).where(signature_segment.c.index_id == index_id)
    sizes: dict[int, list[int]] = {}
    for row in connection.execute(wanted.order_by(signature_segment.c.id)):
        sizes.setdefault(int(row.entries).bit_length() // 3, []).append(row.id)
    return next((ids for _, ids in sorted(sizes.items()) if len(ids) >= TOGETHER), [])


def _whole(connection: Connection, segment: int) -> tuple[KeyArray, ValueArray]:
    parts = list(_pages(connection, segment, None))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _pages(connection: Connection, segment: int, pages: Sequence[int] | None) -> Iterator[tuple[KeyArray, ValueArray]]:
    wanted = select(signature_page).where(signature_page.c.segment_id == segment).order_by(signature_page.c.page)
    if pages is not None:
        wanted = wanted.where(signature_page.c.page.in_(pages))
    for row in connection.execute(wanted):
        _refuse_damage(row.checksum, row.segment_id, row.page, row.entries)
        many = len(row.entries) // 12
        yield np.frombuffer(row.entries, "<u8", many), np.frombuffer(row.entries, "<u4", many, 8 * many)
