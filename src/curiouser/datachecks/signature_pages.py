"""How an index of signatures lies in SQL: its row, what is known of versions, and pages of texts and of rows.

Every row carries a checksum over all that it says, its place included.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, delete, insert, select, update

from curiouser.datachecks.errors import SignaturesDamagedError
from curiouser.datachecks.signature_tables import signature_index, signature_record, signature_version
from curiouser.kernel.checksums import checksum
from curiouser.kernel.errors import StorageError
from curiouser.measure.duplicates import ALGORITHM, BINS

PlaceArray: TypeAlias = npt.NDArray[np.int64]
RECORD = np.dtype([("hash", "V16"), ("signature", "<u2", (BINS,))])
"""What is known of a text."""
PER_PAGE = {"text": 64, "row": 256}
"""Texts and rows in a page."""
_AT_ONCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """An index, as it stands now."""

    id: int
    texts: int
    """Texts that are known: the number of the next one."""
    rows: int
    """Rows that were seen: the number of the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """How far a version has come."""

    since: str
    """The known version that it follows; only rows that differ from it are added. Empty where all rows are."""
    rows: int
    """Rows added so far, >= 0."""
    is_whole: bool
    """Whether that is all."""


def refuse_damage(*, is_whole: bool) -> None:
    """Go on only where what was read is what was stored.

    Raises:
        SignaturesDamagedError: It is not.
    """
    if not is_whole:
        raise SignaturesDamagedError(
            "stored signatures no longer match their checksum",
            "let `curiouser data gc` remove them: they are made again when they are needed",
        )


def is_whole_record(row: Row[Any]) -> bool:
    """Tell whether a page of texts or rows is as it was stored."""
    return checksum(row.index_id, row.kind, row.page, row.records) == bytes(row.checksum)


def index_checksum(said: Mapping[Any, Any]) -> bytes:
    """Hash what the row of an index says."""
    parts = (said[name] for name in ("scope", "dataset", "algorithm", "texts", "rows"))
    return checksum(*(str(part) for part in parts))


def version_checksum(said: Mapping[Any, Any]) -> bytes:
    """Hash what is noted of a version."""
    parts = (said[name] for name in ("index_id", "data_commit", "since", "rows", "is_whole"))
    return checksum(*(str(part) for part in parts))


def find_index(connection: Connection, scope: str) -> IndexRow | None:
    """Find an index.

    Raises:
        SignaturesDamagedError: Its row is damaged.
    """
    row = connection.execute(select(signature_index).where(signature_index.c.scope == scope)).mappings().one_or_none()
    if row is None:
        return None
    refuse_damage(is_whole=index_checksum(row) == bytes(row["checksum"]))
    return IndexRow(id=row["id"], texts=row["texts"], rows=row["rows"])


def locked_index(connection: Connection, scope: str, dataset: str) -> IndexRow:
    """Find an index under the lock of writers, or make it."""
    found = find_index(connection, scope)
    if found is not None:
        return found
    row: dict[str, object] = {"scope": scope, "dataset": dataset, "algorithm": ALGORITHM, "texts": 0, "rows": 0}
    connection.execute(insert(signature_index).values(**row, checksum=index_checksum(row)))
    made = find_index(connection, scope)
    if made is None:
        raise StorageError("the database gave the index of signatures no number", "look at the database's log")
    return made


def grow_index(connection: Connection, index: IndexRow, *, texts: int, rows: int) -> None:
    """Note that an index has more texts and rows."""
    here = signature_index.c.id == index.id
    row = dict(connection.execute(select(signature_index).where(here)).mappings().one())
    said = {**row, "texts": index.texts + texts, "rows": index.rows + rows}
    moved = update(signature_index).where(here)
    connection.execute(moved.values(texts=said["texts"], rows=said["rows"], checksum=index_checksum(said)))


def hide_index(connection: Connection, index: int) -> None:
    """Let an index be found no more, nor what is noted of its versions; who wants one makes another."""
    here = signature_index.c.id == index
    connection.execute(delete(signature_version).where(signature_version.c.index_id == index))
    row = connection.execute(select(signature_index).where(here)).mappings().one_or_none()
    if row is not None:
        said = {**row, "scope": f"gone {index}"}
        hidden = update(signature_index).where(here)
        connection.execute(hidden.values(scope=said["scope"], checksum=index_checksum(said)))


def noted_versions(connection: Connection, index: IndexRow, data_commits: Sequence[str]) -> dict[str, Noted]:
    """Read how far some versions have come.

    Raises:
        SignaturesDamagedError: A row is damaged.
    """
    table, found = signature_version, dict[str, Noted]()
    for start in range(0, len(data_commits), _AT_ONCE):
        asked = table.c.data_commit.in_(data_commits[start : start + _AT_ONCE])
        wanted = select(table).where((table.c.index_id == index.id) & asked)
        for row in connection.execute(wanted).mappings():
            refuse_damage(is_whole=version_checksum(row) == bytes(row["checksum"]))
            found[row["data_commit"]] = Noted(since=row["since"], rows=row["rows"], is_whole=bool(row["is_whole"]))
    return found


def note_version(connection: Connection, index: IndexRow, data_commit: str, noted: Noted) -> None:
    """Note how far a version has come."""
    table = signature_version
    connection.execute(delete(table).where((table.c.index_id == index.id) & (table.c.data_commit == data_commit)))
    row: dict[str, object] = {
        "index_id": index.id, "data_commit": data_commit, "since": noted.since, "rows": noted.rows,
        "is_whole": int(noted.is_whole),
    }  # fmt: skip
    connection.execute(insert(table).values(**row, checksum=version_checksum(row)))


def records_of(connection: Connection, index: IndexRow, numbers: PlaceArray) -> npt.NDArray[np.void]:
    """Read what is known of texts, by their numbers."""
    size = PER_PAGE["text"]
    order = np.argsort(numbers, kind="stable")
    pages, starts = np.unique(numbers[order] // size, return_index=True)
    blobs = _blobs(connection, index, "text", pages.tolist())
    made = np.zeros(len(numbers), RECORD)
    for page, some in zip(pages.tolist(), np.split(order, starts[1:]), strict=False):
        made[some] = np.frombuffer(blobs[page], RECORD)[numbers[some] % size]
    return made


def ids_of(connection: Connection, index: IndexRow, rows: PlaceArray) -> list[str]:
    """Read the ids of rows, by their numbers."""
    size = PER_PAGE["row"]
    blobs = _blobs(connection, index, "row", np.unique(rows // size).tolist())
    pages = {page: json.loads(blob) for page, blob in blobs.items()}
    return [pages[row // size][row % size] for row in rows.tolist()]


def append_texts(
    connection: Connection, index: IndexRow, hashes: npt.NDArray[np.uint8], signed: npt.NDArray[np.uint16]
) -> None:
    """Write what is known of new texts behind what there is."""
    records = np.zeros(len(signed), RECORD)
    records["hash"] = np.ascontiguousarray(hashes).view("V16").ravel()
    records["signature"] = signed
    size = PER_PAGE["text"]
    kept = _last(connection, index, "text", index.texts)
    whole = np.concatenate([np.frombuffer(kept, RECORD), records]) if kept else records
    blobs = [whole[start : start + size].tobytes() for start in range(0, len(whole), size)]
    _put(connection, index, "text", index.texts // size, blobs)


def append_rows(connection: Connection, index: IndexRow, ids: Sequence[str]) -> None:
    """Write the ids of new rows behind what there is."""
    size = PER_PAGE["row"]
    kept = _last(connection, index, "row", index.rows)
    whole = [*(json.loads(kept) if kept else []), *ids]
    blobs = [
        json.dumps(whole[start : start + size], ensure_ascii=False).encode() for start in range(0, len(whole), size)
    ]
    _put(connection, index, "row", index.rows // size, blobs)


def _blobs(connection: Connection, index: IndexRow, kind: str, pages: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for start in range(0, len(pages), _AT_ONCE):
        wanted = select(signature_record).where(
            (signature_record.c.index_id == index.id)
            & (signature_record.c.kind == kind)
            & (signature_record.c.page.in_(pages[start : start + _AT_ONCE]))
        )
        for row in connection.execute(wanted):
            refuse_damage(is_whole=is_whole_record(row))
            found[row.page] = row.records
    refuse_damage(is_whole=len(found) == len(pages))
    return found


def _last(connection: Connection, index: IndexRow, kind: str, many: int) -> bytes:
    """Read the page that is not full yet, empty where there is none."""
    page = many // PER_PAGE[kind]
    return _blobs(connection, index, kind, [page])[page] if many % PER_PAGE[kind] else b""


def _put(connection: Connection, index: IndexRow, kind: str, first: int, blobs: Sequence[bytes]) -> None:
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
