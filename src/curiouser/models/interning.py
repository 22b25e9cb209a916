"""Inputs as small integers: each distinct input hash gets the next integer, once and for ever.

Hashes lie in 256 buckets by their first byte, each a row of append-only pages,
because a row of SQL per hash made interning a million inputs twenty times as
dear when measured. What a unique index would hold is held by the counter's
lock: hashes are looked up again under it before any is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, insert, select, text, update

from curiouser.kernel.checksums import checksum
from curiouser.models.prediction_tables import example_input, example_input_counter, refuse_damage
from curiouser.storage import Database

HASH_BYTES = 16
PAGE_INPUTS = 8_192
"""Inputs in a full page: 128 KiB of hashes and 64 KiB of integers."""

HashArray = npt.NDArray[np.uint8]
"""``(n, 16)``, one input hash per row."""
KeyArray = npt.NDArray[np.int64]
"""``(n,)``, >= 0, the integer of an input; -1 where it has none yet."""


@dataclass(frozen=True, slots=True, eq=False)
class _Halves:
    """Hashes as two 64-bit numbers each; equality is all that their order is used for."""

    high: npt.NDArray[np.uint64]
    low: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, hashes: HashArray) -> _Halves:
        both = np.ascontiguousarray(hashes).view(np.uint64).reshape(-1, 2)
        return cls(np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1]))


def known_keys(connection: Connection, hashes: HashArray) -> KeyArray:
    """Look hashes up.

    Args:
        connection: A transaction.
        hashes: ``(n, 16)``.

    Returns:
        ``(n,)``, their integers, -1 where a hash was never interned.

    Raises:
        PredictionsDamagedError: A page does not match its checksum.
    """
    buckets = np.flatnonzero(np.bincount(hashes[:, 0], minlength=256)) if len(hashes) else np.empty(0, np.int64)
    pages = list(_pages(connection, buckets.tolist()))
    if not pages:
        return np.full(len(hashes), -1, np.int64)
    stored = _Halves.of(np.concatenate([page.hashes for page in pages]))
    keys = np.concatenate([page.keys for page in pages])
    return _matched(_Halves.of(hashes), stored, keys)


def intern_hashes(database: Database, hashes: HashArray) -> KeyArray:
    """Give every hash its integer; new ones get the next integers, in order of first appearance.

    Args:
        database: Where they are kept; written only when a hash is new.
        hashes: ``(n, 16)``, repeats allowed.

    Returns:
        ``(n,)``, >= 0.

    Raises:
        PredictionsDamagedError: A page does not match its checksum.
    """
    with database.read() as connection:
        keys = known_keys(connection, hashes)
    unknown = np.flatnonzero(keys < 0)
    if not len(unknown):
        return keys
    with database.write() as connection:
        first_free = _locked_counter(connection)
        keys[unknown] = known_keys(connection, hashes[unknown])
        unknown = np.flatnonzero(keys < 0)
        if len(unknown):
            keys[unknown], first = _numbered(hashes[unknown], first_free)
            _append(connection, hashes[unknown][first], keys[unknown][first])
            connection.execute(update(example_input_counter).values(next_input=first_free + len(first)))
    return keys


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    hashes: HashArray
    keys: KeyArray


def every_page(connection: Connection) -> Iterator[tuple[str, bytes, tuple[str | int | bytes, ...]]]:
    """List every page with its checksum and what the checksum is of."""
    for row in connection.execute(select(example_input)):
        yield (
            f"interned inputs, bucket {row.bucket} page {row.page}",
            row.checksum,
            (row.bucket, row.page, row.hashes, row.inputs),
        )


def _pages(connection: Connection, buckets: list[int], page: int | None = None) -> Iterator[_Page]:
    wanted = select(example_input).where(example_input.c.bucket.in_(buckets))
    if page is not None:
        wanted = wanted.where(example_input.c.page == page)
    for row in connection.execute(wanted.order_by(example_input.c.bucket, example_input.c.page)):
        refuse_damage(
            f"interned inputs, bucket {row.bucket} page {row.page}",
            row.checksum,
            row.bucket,
            row.page,
            row.hashes,
            row.inputs,
        )
        hashes = np.frombuffer(row.hashes, np.uint8).reshape(-1, HASH_BYTES)
        yield _Page(hashes, np.frombuffer(row.inputs, "<i8"))


def _matched(asked: _Halves, stored: _Halves, keys: KeyArray) -> KeyArray:
    order = np.argsort(stored.high, kind="stable")
    high, low, keys = stored.high[order], stored.low[order], keys[order]
    place = np.searchsorted(high, asked.high)
    found = np.full(len(asked.high), -1, np.int64)
    waiting = np.arange(len(asked.high))
    # Two hashes may share their first half: then the next place is tried as well.
    while len(waiting):
        waiting = waiting[place[waiting] < len(high)]
        waiting = waiting[high[place[waiting]] == asked.high[waiting]]
        equal = low[place[waiting]] == asked.low[waiting]
        found[waiting[equal]] = keys[place[waiting[equal]]]
        waiting = waiting[~equal]
        place[waiting] += 1
    return found


def _numbered(hashes: HashArray, first_free: int) -> tuple[KeyArray, npt.NDArray[np.int64]]:
    """Number new hashes by first appearance; return every row's integer, and the rows of first appearance."""
    halves = _Halves.of(hashes)
    order = np.lexsort((halves.low, halves.high))
    high, low = halves.high[order], halves.low[order]
    starts = np.ones(len(order), np.bool_)
    starts[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    first_of_group = order[starts]  # lexsort is stable, so this is the earliest row of each group
    rank = np.empty(len(first_of_group), np.int64)
    rank[np.argsort(first_of_group)] = np.arange(first_free, first_free + len(first_of_group))
    keys = np.empty(len(order), np.int64)
    keys[order] = rank[np.cumsum(starts) - 1]
    return keys, np.sort(first_of_group)


def _locked_counter(connection: Connection) -> int:
    connection.execute(
        text("INSERT INTO example_input_counter (id, next_input) VALUES (1, 0) ON CONFLICT (id) DO NOTHING")
    )
    locked = select(example_input_counter.c.next_input).with_for_update()
    return int(connection.execute(locked).scalar_one())


def _append(connection: Connection, hashes: HashArray, keys: KeyArray) -> None:
    order = np.argsort(hashes[:, 0], kind="stable")
    hashes, keys = hashes[order], keys[order]
    ends = np.cumsum(np.bincount(hashes[:, 0], minlength=256))
    last = _last_pages(connection)
    for bucket in np.unique(hashes[:, 0]).tolist():
        rows = slice(int(ends[bucket - 1]) if bucket else 0, int(ends[bucket]))
        _append_to_bucket(connection, bucket, last.get(bucket), (hashes[rows], keys[rows]))


def _last_pages(connection: Connection) -> dict[int, int]:
    rows = connection.execute(select(example_input.c.bucket, example_input.c.page).order_by(example_input.c.page))
    return {row.bucket: row.page for row in rows}


def _append_to_bucket(connection: Connection, bucket: int, last: int | None, added: tuple[HashArray, KeyArray]) -> None:
    hashes, keys = added
    page = 0
    if last is not None:
        old = next(_pages(connection, [bucket], last))
        hashes, keys, page = np.concatenate([old.hashes, hashes]), np.concatenate([old.keys, keys]), last
        place = (example_input.c.bucket == bucket) & (example_input.c.page == last)
        connection.execute(example_input.delete().where(place))
    rows = []
    for start in range(0, len(keys), PAGE_INPUTS):
        some = slice(start, start + PAGE_INPUTS)
        blobs = (hashes[some].tobytes(), keys[some].astype("<i8").tobytes())
        rows.append(
            {
                "bucket": bucket,
                "page": page,
                "hashes": blobs[0],
                "inputs": blobs[1],
                "checksum": checksum(bucket, page, *blobs),
            }
        )
        page += 1
    connection.execute(insert(example_input), rows)
