"""Merge large segments step by step: each step is a short write transaction, so that other writers get in between.

The new segment is written beside the old ones, page by page in the order of its keys, and nobody reads it. A last
transaction lets it stand for them. Whoever is stopped before leaves pages that the next one removes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, select

from curiouser.datachecks.signature_tables import signature_page, signature_segment
from curiouser.datachecks.sorted_pages import (
    OLD,
    PAGE,
    READY,
    Entries,
    KeyArray,
    change_segment,
    crowded,
    fence_of,
    forget_segments,
    in_order,
    joined,
    pages_of,
    put_pages,
    put_segment,
)
from curiouser.storage import Database

PAGES = 400
"""Pages written or removed in one transaction: 2.4 MB."""


def merge_crowded(database: Database, index_id: int) -> None:
    """Merge segments until there are few; where another process does the same, one of both gives up.

    Args:
        database: Where they are.
        index_id: Of this index.

    Raises:
        SignaturesDamagedError: A page is damaged.
    """
    while True:
        _remove_unused(database, index_id)
        with database.read() as connection:
            some = crowded(connection, index_id)
        if not some or not _merged(database, some):
            return


def _merged(database: Database, old: Sequence[Row[Any]]) -> bool:
    """Make one segment of some; tell whether nobody got in the way."""
    maker = uuid.uuid4().hex
    with database.write() as connection:
        made = put_segment(connection, old[0].index_id, entries=0, fence=b"", state=maker)
    pages, fence, entries = 0, b"", 0
    for some in _full_pages(_in_ranges(database, old)):
        with database.write() as connection:
            if _row(connection, made, maker) is None:
                return False
            put_pages(connection, made, pages, some)
        pages, fence, entries = pages + -(-len(some[0]) // PAGE), fence + fence_of(some[0]), entries + len(some[0])
    with database.write() as connection:
        row = _row(connection, made, maker)
        still = [_row(connection, segment.id, READY) for segment in old]
        if row is None or any(one is None or one.checksum != two.checksum for one, two in zip(still, old, strict=True)):
            return False
        change_segment(connection, row, entries=entries, fence=fence, state=READY)
        for segment in old:
            change_segment(connection, segment, entries=segment.entries, fence=segment.fence, state=OLD)
    _remove_unused(database, old[0].index_id)
    return True


def _row(connection: Connection, segment: int, state: str) -> Row[Any] | None:
    """Find a segment in a state; a number may be another's by now, its maker is not."""
    table = signature_segment
    return connection.execute(select(table).where((table.c.id == segment) & (table.c.state == state))).one_or_none()


def _in_ranges(database: Database, segments: Sequence[Row[Any]]) -> Iterator[Entries]:
    """Read segments in the order of their keys, some pages of all of them at a time."""
    fences = [np.frombuffer(segment.fence, "<u8").astype(np.uint64) for segment in segments]
    cuts = np.unique(np.sort(np.concatenate(fences))[PAGES::PAGES])
    lows, highs = [None, *cuts], [*cuts, None]
    for low, high in zip(lows, highs, strict=True):
        parts = list[Entries]()
        with database.read() as connection:
            for segment, fence in zip(segments, fences, strict=True):
                parts += _between(connection, segment.id, fence, low, high)
        yield in_order(*joined(parts))


def _between(
    connection: Connection, segment: int, fence: KeyArray, low: np.uint64 | None, high: np.uint64 | None
) -> Iterator[Entries]:
    """Read the entries of a segment from one key to before another; None is unbounded."""
    first = 0 if low is None else max(int(np.searchsorted(fence, low, "left")) - 1, 0)
    last = len(fence) if high is None else int(np.searchsorted(fence, high, "left"))
    for keys, values in pages_of(connection, segment, list(range(first, last))):
        start = 0 if low is None else int(np.searchsorted(keys, low, "left"))
        stop = len(keys) if high is None else int(np.searchsorted(keys, high, "left"))
        yield keys[start:stop], values[start:stop]


def _full_pages(parts: Iterator[Entries]) -> Iterator[Entries]:
    """Cut entries so that every page but the last is full."""
    waiting = joined([])
    for part in parts:
        keys, values = joined([waiting, part])
        full = len(keys) // PAGE * PAGE
        waiting = keys[full:], values[full:]
        for start in range(0, full, PAGES * PAGE):
            some = slice(start, min(start + PAGES * PAGE, full))
            yield keys[some], values[some]
    if len(waiting[0]):
        yield waiting


def _remove_unused(database: Database, index_id: int) -> None:
    """Remove segments that nobody reads, a few pages at a time."""
    while True:
        with database.read() as connection:
            if _unused(connection, index_id) is None:
                return
        with database.write() as connection:
            _remove_some(connection, index_id)


def _unused(connection: Connection, index_id: int) -> int | None:
    table = signature_segment
    unused = select(table.c.id).where((table.c.index_id == index_id) & (table.c.state != READY))
    return connection.execute(unused.order_by(table.c.id).limit(1)).scalar()


def _remove_some(connection: Connection, index_id: int) -> None:
    """Remove some pages of a segment that nobody reads, and the segment with the last of them."""
    segment, page = _unused(connection, index_id), signature_page
    if segment is None:
        return
    of_it = select(page.c.page).where(page.c.segment_id == segment).order_by(page.c.page)
    some = connection.execute(of_it.limit(PAGES)).scalars().all()
    connection.execute(delete(page).where((page.c.segment_id == segment) & page.c.page.in_(some)))
    if len(some) < PAGES:
        forget_segments(connection, [segment])
