"""Sorted keys in segments of small pages: to look a few up costs a few pages, to add some costs what is added.

New keys make a new segment. Four segments of about the same size become one, so that there are few to look
through, and a key is rewritten once for every fourfold growth (a log-structured merge, O'Neil et al. 1996). Small
ones are merged on the spot, large ones step by step: see :mod:`curiouser.datachecks.segment_merging`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, delete, insert, select, update

from curiouser.datachecks.signature_pages import refuse_damage
from curiouser.datachecks.signature_tables import signature_page, signature_segment
from curiouser.kernel.checksums import checksum
from curiouser.kernel.errors import StorageError

KeyArray: TypeAlias = npt.NDArray[np.uint64]
ValueArray: TypeAlias = npt.NDArray[np.uint32]
Entries: TypeAlias = tuple[KeyArray, ValueArray]
"""``(m,)`` keys, ascending, and the value of each."""
PAGE = 512
"""Keys in a page: 6 KiB with their values."""
TOGETHER = 4
"""Segments of about the same size from which they become one."""
AT_ONCE = 500_000
"""Keys that are merged in the transaction that adds some, at most."""
READY, OLD = "ready", "old"
"""States of a segment; while it is being made, its state is the name of who makes it."""
_KEPT = 8_192
"""Pages kept of those read: 50 MB."""
_ASKED = 400
"""Pages asked for in one statement."""


def add_keys(connection: Connection, index_id: int, keys: KeyArray, values: ValueArray) -> None:
    """Add keys as a segment, and merge small ones of which there have become many.

    Args:
        connection: A write transaction.
        index_id: Of this index.
        keys: ``(m,)``, repeats allowed.
        values: ``(m,)``.
    """
    if not len(keys):
        return
    _write(connection, index_id, in_order(keys, values))
    while True:
        some = crowded(connection, index_id)
        if not some or sum(segment.entries for segment in some) > AT_ONCE:
            return
        parts = [part for segment in some for part in pages_of(connection, segment.id)]
        forget_segments(connection, [segment.id for segment in some])
        _write(connection, index_id, in_order(*joined(parts)))


class KeptPages:
    """Pages that were read and verified, for who asks more than once; a segment never changes."""

    def __init__(self) -> None:
        self._pages: dict[tuple[bytes, int], Entries] = {}

    def read(self, connection: Connection, segment: Row[Any], pages: Sequence[int]) -> list[Entries]:
        """Read pages of a segment, those that are not kept from the database.

        Raises:
            SignaturesDamagedError: As :func:`pages_of`.
        """
        # By its checksum, too: the number of a segment that is gone may be another's by now.
        name = bytes(segment.checksum) + segment.id.to_bytes(8, "little")
        missing = [page for page in pages if (name, page) not in self._pages]
        if len(self._pages) + len(missing) > _KEPT:
            self._pages.clear()
            missing = list(pages)
        found = pages_of(connection, segment.id, missing)
        self._pages.update(((name, page), entries) for page, entries in zip(missing, found, strict=True))
        return [self._pages[name, page] for page in pages]


def segments_with(connection: Connection, index_id: int, keys: KeyArray, kept: KeptPages) -> Iterator[Entries]:
    """Read the pages that may hold some keys, segment by segment, each in order.

    Of a key that fills more than two pages only the first two are read: who asks has a cap far below that.

    Args:
        connection: A transaction.
        index_id: Of this index.
        keys: ``(m,)``, those looked for.
        kept: Pages that were read before, and are to be kept.

    Raises:
        SignaturesDamagedError: A page does not match its checksum.
    """
    if not len(keys):
        return
    for segment in ready_segments(connection, index_id):
        fence = np.frombuffer(segment.fence, "<u8")
        first = np.maximum(np.searchsorted(fence, keys, "left") - 1, 0)
        last = np.minimum(np.maximum(np.searchsorted(fence, keys, "right") - 1, 0), first + 1)
        pages = np.unique(np.concatenate([first, last])).tolist()
        yield joined(kept.read(connection, segment, pages))


def ready_segments(connection: Connection, index_id: int) -> list[Row[Any]]:
    """Read the rows of all segments that are to be looked through.

    Raises:
        SignaturesDamagedError: A row does not match its checksum.
    """
    wanted = select(signature_segment).where(signature_segment.c.index_id == index_id).order_by(signature_segment.c.id)
    found = connection.execute(wanted).all()
    refuse_damage(is_whole=all(map(is_whole_segment, found)))
    return [segment for segment in found if segment.state == READY]


def crowded(connection: Connection, index_id: int) -> list[Row[Any]]:
    """List the segments of about the same size of which there are too many, the smallest first."""
    sizes: dict[int, list[Row[Any]]] = {}
    for segment in ready_segments(connection, index_id):
        sizes.setdefault(int(segment.entries).bit_length() // 2, []).append(segment)
    return next((some for _, some in sorted(sizes.items()) if len(some) >= TOGETHER), [])


def pages_of(connection: Connection, segment: int, pages: Sequence[int] | None = None) -> Iterator[Entries]:
    """Read pages of a segment, in order; all when none are named.

    Raises:
        SignaturesDamagedError: A page is missing, or does not match its checksum.
    """
    everything = select(signature_page).where(signature_page.c.segment_id == segment).order_by(signature_page.c.page)
    runs = [None] if pages is None else [pages[start : start + _ASKED] for start in range(0, len(pages), _ASKED)]
    for run in runs:
        found = connection.execute(everything if run is None else everything.where(signature_page.c.page.in_(run)))
        rows = found.all()
        refuse_damage(is_whole=all(map(is_whole_page, rows)) and (run is None or len(rows) == len(run)))
        for row in rows:
            many = len(row.entries) // 12
            yield np.frombuffer(row.entries, "<u8", many), np.frombuffer(row.entries, "<u4", many, 8 * many)


def is_whole_segment(row: Row[Any]) -> bool:
    """Tell whether the row of a segment is as it was stored."""
    return _segment_checksum(row.index_id, row.entries, row.fence, row.state) == bytes(row.checksum)


def is_whole_page(row: Row[Any]) -> bool:
    """Tell whether a page of keys is as it was stored."""
    return checksum(row.segment_id, row.page, row.entries) == bytes(row.checksum)


def in_order(keys: KeyArray, values: ValueArray) -> Entries:
    """Sort by key; what has the same key stays in order."""
    order = np.argsort(keys, kind="stable")
    return keys[order], values[order]


def joined(parts: Sequence[Entries]) -> Entries:
    """Put entries behind each other."""
    nothing = np.empty(0, np.uint64), np.empty(0, np.uint32)
    keys, values = zip(nothing, *parts, strict=True)
    return np.concatenate(keys), np.concatenate(values)


def put_segment(connection: Connection, index_id: int, *, entries: int, fence: bytes, state: str) -> int:
    """Write the row of a new segment; return its number."""
    said = _segment_checksum(index_id, entries, fence, state)
    row = {"index_id": index_id, "entries": entries, "fence": fence, "state": state, "checksum": said}
    made = connection.execute(insert(signature_segment).values(row)).inserted_primary_key
    if made is None:
        raise StorageError("the database gave a segment of signatures no number", "look at the database's log")
    return int(made[0])


def change_segment(connection: Connection, segment: Row[Any], *, entries: int, fence: bytes, state: str) -> None:
    """Write the row of a segment anew."""
    said = _segment_checksum(segment.index_id, entries, fence, state)
    changed = update(signature_segment).where(signature_segment.c.id == segment.id)
    connection.execute(changed.values(entries=entries, fence=fence, state=state, checksum=said))


def put_pages(connection: Connection, segment: int, first: int, entries: Entries) -> None:
    """Write entries as pages of a segment, from a page on."""
    keys, values = entries
    rows = []
    for page, start in enumerate(range(0, len(keys), PAGE), first):
        some = slice(start, start + PAGE)
        blob = keys[some].astype("<u8").tobytes() + values[some].astype("<u4").tobytes()
        said = checksum(segment, page, blob)
        rows.append({"segment_id": segment, "page": page, "entries": blob, "checksum": said})
    if rows:
        connection.execute(insert(signature_page), rows)


def fence_of(keys: KeyArray) -> bytes:
    """Write the first key of every page."""
    return np.ascontiguousarray(keys[::PAGE]).astype("<u8").tobytes()


def forget_segments(connection: Connection, segments: Sequence[int]) -> None:
    """Remove segments with their pages."""
    connection.execute(delete(signature_page).where(signature_page.c.segment_id.in_(segments)))
    connection.execute(delete(signature_segment).where(signature_segment.c.id.in_(segments)))


def _write(connection: Connection, index_id: int, entries: Entries) -> None:
    keys, _ = entries
    segment = put_segment(connection, index_id, entries=len(keys), fence=fence_of(keys), state=READY)
    put_pages(connection, segment, 0, entries)


def _segment_checksum(index_id: int, entries: int, fence: bytes, state: str) -> bytes:
    return checksum(index_id, entries, fence, state)
