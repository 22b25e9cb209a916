"""Signatures of the texts of a dataset, kept: only new rows are signed, and a few are looked up among many.

An index belongs to one dataset, its text columns and the algorithm of its signatures. Texts get numbers in the
order they come; rows are never taken out, because another version may have them: who looks something up reads the
rows it names in the version that is asked about.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, delete, insert, select, update

from curiouser.datachecks.signature_tables import signature_index, signature_record, signature_version
from curiouser.datachecks.sorted_pages import KeyArray, add_keys, segments_with
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.checksums import checksum
from curiouser.kernel.errors import RetryableError, StorageError
from curiouser.measure.duplicates import (
    ALGORITHM,
    BINS,
    Buckets,
    band_keys,
    deletion_keys,
    estimated_jaccard,
    order_keys,
    signatures,
)
from curiouser.storage import Database

PlaceArray: TypeAlias = npt.NDArray[np.int64]
_RECORD = np.dtype([("hash", "V16"), ("signature", "<u2", (BINS,))])
_PER_PAGE = {"text": 64, "row": 256}
_ATTEMPTS = 5
_ROW_SALT, _ODD = np.uint64(0xA0761D6478BD642F), np.uint64(0xE7037ED1A0B428DB)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    id: int
    texts: int
    rows: int


class SignatureIndex:
    """The signatures of one dataset.

    Args:
        database: Where they are kept.
        dataset: Whose rows.
        columns: Its text columns that are compared.
    """

    def __init__(self, database: Database, dataset: str, columns: Sequence[str]) -> None:
        self._database, self._dataset = database, dataset
        self._scope = digest_of({"dataset": dataset, "columns": list(columns), "algorithm": ALGORITHM})

    def known_versions(self, data_commits: Sequence[str]) -> set[str]:
        """Tell of which versions all rows are known."""
        with self._database.read() as connection:
            index = _find(connection, self._scope)
            if index is None:
                return set()
            wanted = select(signature_version.c.data_commit).where(signature_version.c.index_id == index.id)
            return set(connection.scalars(wanted.where(signature_version.c.data_commit.in_(data_commits))))

    def add(self, texts: Sequence[str], ids: Sequence[str], places: PlaceArray, *, data_commit: str) -> int:
        """Sign the texts that are new, note which rows have them, and that a version is now known.

        Args:
            texts: ``n`` different normalised texts.
            ids: ``m`` ids of rows.
            places: ``(m,)``, the text of each row.
            data_commit: All rows of this version are known afterwards.

        Returns:
            How many texts were signed.

        Raises:
            RetryableError: Others kept adding at the same time; nothing was changed.
        """
        hashes = text_hashes(texts)
        for _ in range(_ATTEMPTS):
            with self._database.read() as connection:
                before = _find(connection, self._scope)
                numbers = np.full(len(texts), -1) if before is None else _numbers_of(connection, before, hashes)
            new = np.flatnonzero(numbers < 0)
            first_text, first_row = (0, 0) if before is None else (before.texts, before.rows)
            numbers[new] = first_text + np.arange(len(new))
            fresh = [texts[place] for place in new.tolist()]
            signed = signatures(fresh)
            keys, owners = _keys_of(fresh, signed, hashes[new])
            row_keys = _row_keys(numbers[places])
            with self._database.write() as connection:
                index = _locked(connection, self._scope, self._dataset)
                if (index.texts, index.rows) != (first_text, first_row):
                    continue
                values = np.concatenate([owners + first_text, first_row + np.arange(len(ids))]).astype(np.uint32)
                add_keys(connection, index.id, np.concatenate([keys, row_keys]), values)
                _append_texts(connection, index, hashes[new], signed)
                _append_rows(connection, index, ids)
                _note(connection, index, len(new), len(ids), data_commit)
            return len(new)
        raise RetryableError("others added signatures at the same time", "try again")

    def rows_like(self, texts: Sequence[str], *, cap: int, jaccard: float) -> tuple[set[str], int]:
        """Name the rows whose text is equal to one of some texts, or may be near it.

        Args:
            texts: Different normalised texts.
            cap: Most neighbours of a text that are looked at under one key, and most rows of a text that are named.
            jaccard: Least estimated Jaccard similarity.

        Returns:
            Ids, of any version, and how many pairs the cap left out.
        """
        with self._database.read() as connection:
            index = _find(connection, self._scope)
            if index is None or not texts:
                return set(), 0
            signed, hashes = signatures(texts), text_hashes(texts)
            keys, owners = _keys_of(texts, signed, hashes)
            left, right, skipped = _met(connection, index, keys, owners, cap)
            records = _records(connection, index, left)
            near = estimated_jaccard(records["signature"], signed[right]) >= jaccard
            short = np.fromiter(map(len, texts), np.int64, len(texts))[right] <= _SHORT
            numbers = np.unique(left[near | short])
            rows, _, more = _met(connection, index, _row_keys(numbers), numbers, cap)
            return set(_ids(connection, index, rows)), skipped + more


_SHORT = 32
"""Characters up to which texts meet under other keys than their bands, whatever their estimate says."""


def text_hashes(texts: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Hash normalised texts: ``(n, 16)`` bytes, the first half of the SHA-256."""
    joined = b"".join(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16] for text in texts)
    return np.frombuffer(joined, np.uint8).reshape(-1, 16)


def _keys_of(
    texts: Sequence[str], signed: npt.NDArray[np.uint16], hashes: npt.NDArray[np.uint8]
) -> tuple[KeyArray, PlaceArray]:
    """Make all keys of texts, that of the text itself among them, and say which text each belongs to."""
    bands = band_keys(signed)
    present = np.flatnonzero(np.fromiter(map(bool, texts), np.bool_, len(texts)))
    short, short_owners = deletion_keys(texts)
    order, order_owners = order_keys(texts)
    keys = np.concatenate([bands[present].ravel(), short, order, _own_keys(hashes)])
    owners = np.concatenate([np.repeat(present, bands.shape[1]), short_owners, order_owners, np.arange(len(texts))])
    return keys, owners


def _own_keys(hashes: npt.NDArray[np.uint8]) -> KeyArray:
    return np.ascontiguousarray(hashes).view("<u8").reshape(-1, 2)[:, 0].astype(np.uint64)


def _row_keys(numbers: PlaceArray) -> KeyArray:
    """Make the keys under which the rows of texts are found."""
    made = (numbers.astype(np.uint64) + _ROW_SALT) * _ODD
    return made ^ (made >> np.uint64(31))


def _met(
    connection: Connection, index: _Index, keys: KeyArray, owners: PlaceArray, cap: int
) -> tuple[PlaceArray, PlaceArray, int]:
    """Find the values under keys: what is stored (left), and who asked (right), each pair once."""
    found, skipped, width = [np.empty(0, np.int64)], 0, int(owners.max(initial=0)) + 1
    for stored, values in segments_with(connection, index.id, keys):
        buckets = Buckets(stored, values.astype(np.int64), cap=cap)
        found += [met.left * width + met.right for met in buckets.across(keys, owners)]
        skipped += buckets.not_looked_at
    left, right = np.divmod(np.unique(np.concatenate(found)), width)
    return left, right, skipped


def _numbers_of(connection: Connection, index: _Index, hashes: npt.NDArray[np.uint8]) -> PlaceArray:
    """Look texts up: their numbers, -1 where they are new."""
    numbers = np.full(len(hashes), -1)
    left, right, _ = _met(connection, index, _own_keys(hashes), np.arange(len(hashes)), 4)
    inside = left < index.texts
    left, right = left[inside], right[inside]
    same = _records(connection, index, left)["hash"] == np.ascontiguousarray(hashes).view("V16").ravel()[right]
    numbers[right[same]] = left[same]
    return numbers


def _records(connection: Connection, index: _Index, numbers: PlaceArray) -> npt.NDArray[np.void]:
    size = _PER_PAGE["text"]
    order = np.argsort(numbers, kind="stable")
    pages, starts = np.unique(numbers[order] // size, return_index=True)
    blobs = _blobs(connection, index, "text", pages.tolist())
    made = np.zeros(len(numbers), _RECORD)
    for page, some in zip(pages.tolist(), np.split(order, starts[1:]), strict=False):
        made[some] = np.frombuffer(blobs[page], _RECORD)[numbers[some] % size]
    return made


def _ids(connection: Connection, index: _Index, rows: PlaceArray) -> list[str]:
    size = _PER_PAGE["row"]
    blobs = _blobs(connection, index, "row", np.unique(rows // size).tolist())
    pages = {page: json.loads(blob) for page, blob in blobs.items()}
    return [pages[row // size][row % size] for row in rows.tolist()]


def _blobs(connection: Connection, index: _Index, kind: str, pages: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for start in range(0, len(pages), 400):
        wanted = select(signature_record).where(
            (signature_record.c.index_id == index.id)
            & (signature_record.c.kind == kind)
            & (signature_record.c.page.in_(pages[start : start + 400]))
        )
        for row in connection.execute(wanted):
            if checksum(row.index_id, row.kind, row.page, row.records) != bytes(row.checksum):
                raise StorageError("stored signatures no longer match their checksum", "restore the last backup")
            found[row.page] = row.records
    return found


def _append_texts(
    connection: Connection, index: _Index, hashes: npt.NDArray[np.uint8], signed: npt.NDArray[np.uint16]
) -> None:
    records = np.zeros(len(signed), _RECORD)
    records["hash"] = np.ascontiguousarray(hashes).view("V16").ravel()
    records["signature"] = signed
    size = _PER_PAGE["text"]
    kept = _last(connection, index, "text", index.texts)
    whole = np.concatenate([np.frombuffer(kept, _RECORD), records]) if kept else records
    blobs = [whole[start : start + size].tobytes() for start in range(0, len(whole), size)]
    _put(connection, index, "text", index.texts // size, blobs)


def _append_rows(connection: Connection, index: _Index, ids: Sequence[str]) -> None:
    size = _PER_PAGE["row"]
    kept = _last(connection, index, "row", index.rows)
    whole = [*(json.loads(kept) if kept else []), *ids]
    blobs = [
        json.dumps(whole[start : start + size], ensure_ascii=False).encode() for start in range(0, len(whole), size)
    ]
    _put(connection, index, "row", index.rows // size, blobs)


def _last(connection: Connection, index: _Index, kind: str, many: int) -> bytes:
    """Read the page that is not full yet, empty where there is none."""
    page = many // _PER_PAGE[kind]
    return _blobs(connection, index, kind, [page]).get(page, b"") if many % _PER_PAGE[kind] else b""


def _put(connection: Connection, index: _Index, kind: str, first: int, blobs: Sequence[bytes]) -> None:
    if not blobs:
        return
    place = (signature_record.c.index_id == index.id) & (signature_record.c.kind == kind)
    connection.execute(delete(signature_record).where(place & (signature_record.c.page == first)))
    rows = [
        {
            "index_id": index.id,
            "kind": kind,
            "page": page,
            "records": blob,
            "checksum": checksum(index.id, kind, page, blob),
        }
        for page, blob in enumerate(blobs, first)
    ]
    connection.execute(insert(signature_record), rows)


def _note(connection: Connection, index: _Index, texts: int, rows: int, data_commit: str) -> None:
    moved = update(signature_index).where(signature_index.c.id == index.id)
    connection.execute(moved.values(texts=index.texts + texts, rows=index.rows + rows))
    same = (signature_version.c.index_id == index.id) & (signature_version.c.data_commit == data_commit)
    connection.execute(delete(signature_version).where(same))
    connection.execute(insert(signature_version).values(index_id=index.id, data_commit=data_commit))


def _find(connection: Connection, scope: str) -> _Index | None:
    row = connection.execute(select(signature_index).where(signature_index.c.scope == scope)).one_or_none()
    return None if row is None else _Index(id=row.id, texts=row.texts, rows=row.rows)


def _locked(connection: Connection, scope: str, dataset: str) -> _Index:
    """Find the index under the lock of writers, or make it."""
    found = _find(connection, scope)
    if found is not None:
        return found
    row = {"scope": scope, "dataset": dataset, "algorithm": ALGORITHM, "texts": 0, "rows": 0}
    connection.execute(insert(signature_index).values(row))
    made = _find(connection, scope)
    if made is None:
        raise StorageError("the database gave the index of signatures no number", "look at the database's log")
    return made
