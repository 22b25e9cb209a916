"""Look through what is kept of searches for near-duplicates, and let go of what nothing can reach any more.

All of it can be made again from the rows, so that a damaged index goes as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Select, delete, select

from curiouser.data import Damage, DataCommit
from curiouser.datachecks.near_tables import is_whole, near_pairs, near_words
from curiouser.datachecks.signature_pages import (
    PER_PAGE,
    hide_index,
    index_checksum,
    is_whole_record,
    version_checksum,
)
from curiouser.datachecks.signature_tables import (
    signature_index,
    signature_page,
    signature_record,
    signature_segment,
    signature_version,
)
from curiouser.datachecks.sorted_pages import PAGE, READY, is_whole_page, is_whole_segment
from curiouser.datachecks.vocabularies import SUFFIX, words_key
from curiouser.kernel.ids import ObjectName
from curiouser.measure.duplicates import ALGORITHM
from curiouser.storage import Database, FolderObjects

_AGAIN = "let `curiouser data gc` remove it: it is made again when a check needs it"
_AT_ONCE = 400
_FEW = {"yield_per": 400}
_NOWHERE = -1
"""Stands for the index of a page that belongs to none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was let go of, or would be."""

    indexes: int
    """Indexes of signatures, >= 0."""
    searches: int
    """Kept pairs and vocabularies, >= 0."""
    objects: int
    """Files of words, >= 0."""


class NearUpkeep:
    """Looks after the tables of searches.

    Args:
        database: Where they are.
        objects: Where words are.
    """

    def __init__(self, database: Database, objects: FolderObjects) -> None:
        self._database, self._objects = database, objects

    def damages(self) -> Iterator[Damage]:
        """Check every row of every table against its checksum, and that none is missing."""
        with self._database.read() as connection:
            for index, said in _damaged(connection):
                yield Damage(what=f"index of signatures {index}", trouble=said, repair=_AGAIN)
            for table in (near_pairs, near_words):
                rows = connection.execute(select(table), execution_options=_FEW).mappings()
                damaged = [row["key"] for row in rows if not is_whole(row)]
                yield from (
                    Damage(what=f"{table.name} {key}", trouble="does not match its checksum", repair=_AGAIN)
                    for key in damaged
                )

    def forget(self, commits: Collection[DataCommit], *, since: datetime, dry_run: bool) -> Forgotten:
        """Let go of indexes, pairs and words of data commits that are gone, of other algorithms, and damaged ones.

        Args:
            commits: All data commits there are.
            since: Files without a name that are younger stay.
            dry_run: Only count.
        """
        contents = {one.content_hash for one in commits} | {""}
        with self._database.read() as connection:
            indexes = _unreachable_indexes(connection, {one.id for one in commits})
            indexes |= {index for index, _ in _damaged(connection)}
            pairs = [
                row["key"]
                for row in connection.execute(select(near_pairs)).mappings()
                if not (is_whole(row) and row["algorithm"] == ALGORITHM and {row["here"], row["there"]} <= contents)
            ]
            kinds = connection.execute(select(near_words.c.kind).distinct()).scalars().all()
            known = {words_key(kind, content) for kind in kinds for content in contents}
            words = [
                row["key"]
                for row in connection.execute(select(near_words)).mappings()
                if not (is_whole(row) and row["algorithm"] == ALGORITHM and row["key"] in known)
            ]
        if not dry_run:
            for index in sorted(indexes):
                self._forget_index(index)
        with self._database.write() if not dry_run else self._database.read() as connection:
            files = self._unneeded(connection, words, since)
            if not dry_run:
                connection.execute(delete(near_pairs).where(near_pairs.c.key.in_(pairs)))
                connection.execute(delete(near_words).where(near_words.c.key.in_(words)))
                for name in files:
                    self._objects.remove(name)
        return Forgotten(indexes=len(indexes), searches=len(pairs) + len(words), objects=len(files))

    def _unneeded(self, connection: Connection, gone: Collection[str], since: datetime) -> list[ObjectName]:
        kept = connection.execute(select(near_words.c.object).where(near_words.c.key.not_in(gone))).scalars()
        needed = set(kept)
        return [
            name
            for name in self._objects.names()
            if name.endswith(SUFFIX) and name not in needed and self._objects.modified_at(name) < since.timestamp()
        ]

    def _forget_index(self, index: int) -> None:
        """Remove an index: first nobody finds it any more, then its pages go, a few at a time."""
        with self._database.write() as connection:
            hide_index(connection, index)
        is_left = True
        while is_left:
            with self._database.write() as connection:
                is_left = _is_some_removed(connection, index)


def _is_some_removed(connection: Connection, index: int) -> bool:
    """Remove some pages of an index, and the index when there are none."""
    record, segment, page = signature_record, signature_segment, signature_page
    segments = select(segment.c.id)
    of_index = page.c.segment_id.in_(segments.where(segment.c.index_id == index))
    here = page.c.segment_id.not_in(segments) if index == _NOWHERE else of_index
    wanted = select(page.c.segment_id, page.c.page).where(here).order_by(page.c.segment_id, page.c.page)
    keys = connection.execute(wanted.limit(_AT_ONCE)).all()
    for one in {row.segment_id for row in keys}:
        numbers = [row.page for row in keys if row.segment_id == one]
        connection.execute(delete(page).where((page.c.segment_id == one) & page.c.page.in_(numbers)))
    of_it = (
        select(record.c.kind, record.c.page).where(record.c.index_id == index).order_by(record.c.kind, record.c.page)
    )
    records = connection.execute(of_it.limit(_AT_ONCE)).all()
    for kind in {row.kind for row in records}:
        numbers = [row.page for row in records if row.kind == kind]
        here = (record.c.index_id == index) & (record.c.kind == kind) & record.c.page.in_(numbers)
        connection.execute(delete(record).where(here))
    if keys or records:
        return True
    connection.execute(delete(segment).where(segment.c.index_id == index))
    connection.execute(delete(signature_index).where(signature_index.c.id == index))
    return False


def _unreachable_indexes(connection: Connection, commits: Collection[str]) -> set[int]:
    """Find the indexes of another algorithm, and those that know no data commit that is still there."""
    reached: dict[int, bool] = {}
    for row in connection.execute(select(signature_version.c.index_id, signature_version.c.data_commit)):
        reached[row.index_id] = reached.get(row.index_id, False) or row.data_commit in commits
    wanted = select(signature_index.c.id, signature_index.c.algorithm)
    return {
        row.id for row in connection.execute(wanted) if row.algorithm != ALGORITHM or not reached.get(row.id, False)
    }


def _damaged(connection: Connection) -> Iterator[tuple[int, str]]:
    """Find the indexes of which a row is damaged or missing, or leads nowhere; say what is wrong with each."""
    wrong = dict[int, str]()
    indexes = {row["id"]: row for row in connection.execute(select(signature_index)).mappings()}
    for id_, row in indexes.items():
        if index_checksum(row) != bytes(row["checksum"]):
            wrong.setdefault(id_, "its row does not match its checksum")
    for row in connection.execute(select(signature_version)).mappings():
        if version_checksum(row) != bytes(row["checksum"]) or row["index_id"] not in indexes:
            wrong.setdefault(row["index_id"], "what is noted of a version does not match its checksum")
    for id_, said in (*_damaged_records(connection, indexes), *_damaged_segments(connection, indexes)):
        wrong.setdefault(id_, said)
    yield from sorted(wrong.items())


def _damaged_records(connection: Connection, indexes: Mapping[int, RowMapping]) -> Iterator[tuple[int, str]]:
    pages = Counter[tuple[int, str]]()
    for row in _each(connection, select(signature_record)):
        pages[row.index_id, row.kind] += 1
        if not is_whole_record(row) or row.index_id not in indexes:
            yield row.index_id, "a page of signatures does not match its checksum"
    for id_, said in indexes.items():
        for kind, many in (("text", said["texts"]), ("row", said["rows"])):
            if pages[id_, kind] != -(-many // PER_PAGE[kind]):
                yield id_, "a page of signatures is missing"


def _damaged_segments(connection: Connection, indexes: Mapping[int, RowMapping]) -> Iterator[tuple[int, str]]:
    segments = {row.id: row for row in connection.execute(select(signature_segment))}
    pages = Counter[int]()
    for row in _each(connection, select(signature_page)):
        pages[row.segment_id] += 1
        if row.segment_id not in segments or not is_whole_page(row):
            at = segments.get(row.segment_id)
            yield _NOWHERE if at is None else at.index_id, "a page of keys does not match its checksum"
    for row in segments.values():
        if row.index_id not in indexes or not is_whole_segment(row):
            yield row.index_id, "the row of a segment of keys does not match its checksum"
        elif row.state == READY and pages[row.id] != -(-row.entries // PAGE):
            yield row.index_id, "a page of keys is missing"


def _each(connection: Connection, wanted: Select[Any]) -> Iterator[Row[Any]]:
    """Read rows that have large blobs, a few at a time."""
    yield from connection.execute(wanted, execution_options=_FEW)
