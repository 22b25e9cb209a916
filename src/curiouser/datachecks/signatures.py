"""Signatures of the texts of a dataset, kept: only new rows are signed, and a few are looked up among many.

An index belongs to one dataset, its text columns and the algorithm of its signatures. Texts get numbers in the
order they come; rows are never taken out, because another version may have them: who looks something up reads the
rows it names in the version that is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from curiouser.datachecks.segment_merging import merge_crowded
from curiouser.datachecks.signature_keys import keys_of, own_keys, row_keys, text_hashes
from curiouser.datachecks.signature_pages import (
    IndexRow,
    Noted,
    PlaceArray,
    append_rows,
    append_texts,
    find_index,
    grow_index,
    ids_of,
    locked_index,
    note_version,
    noted_versions,
    records_of,
)
from curiouser.datachecks.sorted_pages import PAGE, KeptPages, KeyArray, add_keys, segments_with
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.errors import RetryableError
from curiouser.measure.duplicates import (
    ALGORITHM,
    Buckets,
    estimated_jaccard,
    signatures,
)
from curiouser.storage import Database

Told = Callable[[int, int | None], None]
"""Hears the rows done, and all there are."""
AT_ONCE = 16_384
"""Rows added in one write transaction, at most: half a second, and then other writers have their turn."""
MOST_ROWS = PAGE - 1
"""Rows of one text that are named, at most: less than a page, so that it is seen where there are more."""
_ATTEMPTS = 5
_SHORT = 32
"""Characters up to which texts meet under other keys than their bands, whatever their estimate says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Rows, of any version, that may have one of some texts or one like it."""

    ids: frozenset[str]
    """Their ids."""
    cut: frozenset[bytes]
    """Hashes of the texts that have more rows than are named."""
    is_whole: bool
    """Whether all texts under the keys asked for were found: none has more than are read."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Under:
    """What is stored under some keys."""

    places: PlaceArray
    """``(m,)``, the place of the key among those asked for."""
    hashes: Sequence[bytes]
    """``m`` hashes of texts, of any version."""
    rows: Alike
    """The rows of these texts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Met:
    left: PlaceArray
    """``(m,)``, what is stored."""
    right: PlaceArray
    """``(m,)``, who asked; each pair once."""
    counts: PlaceArray
    """``(k,)``, how much is stored under each key."""
    skipped: int
    """Pairs under keys that were passed over, >= 0."""
    is_whole: bool
    """Whether no key has more in a segment than is read of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Known:
    """What is known of texts that are being added."""

    index_id: int
    texts: int
    """Texts of the index when this was read."""
    rows: int
    """Rows of the index, as above."""
    numbers: PlaceArray
    """``(n,)``, the number of each text, -1 where it is new."""

    def with_new(self, new: PlaceArray) -> PlaceArray:
        """Number some new texts."""
        numbers = self.numbers.copy()
        numbers[new] = self.texts + np.arange(len(new))
        return numbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Batch:
    """Rows that are added together."""

    texts: Sequence[str]
    """The new ones."""
    hashes: npt.NDArray[np.uint8]
    """Of these."""
    ids: Sequence[str]
    """Of the rows."""
    numbers: PlaceArray
    """The text of each row."""


_NONE = np.empty(0, np.int64)
_NOTHING = Alike(ids=frozenset(), cut=frozenset(), is_whole=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """An index in a transaction."""

    connection: Connection
    index: IndexRow
    kept: KeptPages


class SignatureIndex:
    """The signatures of one dataset.

    Args:
        database: Where they are kept.
        dataset: Whose rows.
        columns: Its text columns that are compared.
        at_once: Rows that are added in one write transaction.
    """

    def __init__(self, database: Database, dataset: str, columns: Sequence[str], *, at_once: int = AT_ONCE) -> None:
        self._database, self._dataset, self._at_once = database, dataset, at_once
        self._kept = KeptPages()
        self._scope = digest_of({"dataset": dataset, "columns": list(columns), "algorithm": ALGORITHM})

    def known_versions(self, data_commits: Sequence[str]) -> set[str]:
        """Tell of which versions all rows are known.

        Raises:
            SignaturesDamagedError: What is noted is damaged.
        """
        with self._database.read() as connection:
            index = find_index(connection, self._scope)
            noted = {} if index is None else noted_versions(connection, index, data_commits)
        return {one for one, said in noted.items() if said.is_whole}

    def add(
        self, texts: Sequence[str], ids: Sequence[str], places: PlaceArray, *, data_commit: str, since: str = "",
        told: Told | None = None,
    ) -> int:  # fmt: skip
        """Sign the texts that are new, note which rows have them, and that a version is now known.

        Many rows are added in several transactions, so that other writers get in between; the version is known with
        the last one. Whoever is stopped before goes on from there the next time.

        Args:
            texts: ``n`` different normalised texts.
            ids: ``m`` ids of rows, always in the same order.
            places: ``(m,)``, the text of each row.
            data_commit: All rows of this version are known afterwards.
            since: The known version that it follows, where only rows that differ from it are given.
            told: Hears how far it is.

        Returns:
            How many texts were signed.

        Raises:
            RetryableError: Others kept adding at the same time; what was added until then stays.
            SignaturesDamagedError: What is stored is damaged.
        """
        hashes, signed, failures = text_hashes(texts), 0, 0
        known: _Known | None = None
        while failures < _ATTEMPTS:
            known, noted = self._known(known, hashes, data_commit)
            if noted is not None and noted.is_whole:
                merge_crowded(self._database, known.index_id)
                return signed
            done = noted.rows if noted is not None and noted.since == since else 0
            stop = min(done + self._at_once, len(ids))
            now = Noted(since=since, rows=stop, is_whole=stop == len(ids))
            used, where = np.unique(places[done:stop], return_inverse=True)
            new = used[known.numbers[used] < 0]
            numbers = known.with_new(new)
            batch = _Batch(
                texts=[texts[place] for place in new.tolist()], hashes=hashes[new], ids=ids[done:stop],
                numbers=numbers[used][where],
            )  # fmt: skip
            if not self._add(batch, known, data_commit, (noted, now)):
                known, failures = None, failures + 1
                continue
            known = replace(known, numbers=numbers, texts=known.texts + len(new), rows=known.rows + stop - done)
            signed, failures = signed + len(new), 0
            if told is not None:
                told(stop, len(ids))
        raise RetryableError("others added signatures at the same time", "try again")

    def _known(
        self, known: _Known | None, hashes: npt.NDArray[np.uint8], data_commit: str
    ) -> tuple[_Known, Noted | None]:
        """Look texts up, unless the index is as it was left; and read how far a version has come."""
        with self._database.read() as connection:
            index = find_index(connection, self._scope)
            if index is None:
                numbers = np.full(len(hashes), -1)
                return _Known(index_id=-1, texts=0, rows=0, numbers=numbers), None
            noted = noted_versions(connection, index, [data_commit]).get(data_commit)
            if known is not None and (known.texts, known.rows) == (index.texts, index.rows):
                return replace(known, index_id=index.id), noted
            numbers = _numbers_of(_Reading(connection, index, self._kept), hashes)
        return _Known(index_id=index.id, texts=index.texts, rows=index.rows, numbers=numbers), noted

    def _add(self, batch: _Batch, known: _Known, data_commit: str, noted: tuple[Noted | None, Noted]) -> bool:
        """Add some rows in one transaction; tell whether nobody else has added any since what is known was read."""
        signed = signatures(batch.texts)
        keys, owners = keys_of(batch.texts, signed, batch.hashes)
        of_rows = row_keys(batch.numbers)
        values = np.concatenate([owners + known.texts, known.rows + np.arange(len(batch.ids))]).astype(np.uint32)
        with self._database.write() as connection:
            index = locked_index(connection, self._scope, self._dataset)
            there = noted_versions(connection, index, [data_commit]).get(data_commit)
            if (index.texts, index.rows, there) != (known.texts, known.rows, noted[0]):
                return False
            add_keys(connection, index.id, np.concatenate([keys, of_rows]), values)
            append_texts(connection, index, batch.hashes, signed)
            append_rows(connection, index, batch.ids)
            grow_index(connection, index, texts=len(batch.texts), rows=len(batch.ids))
            note_version(connection, index, data_commit, noted[1])
        return True

    def rows_like(self, texts: Sequence[str], *, cap: int, jaccard: float) -> tuple[set[str], int]:
        """Name the rows whose text is equal to one of some texts, or may be near it.

        Args:
            texts: Different normalised texts.
            cap: Most neighbours of a text that are looked at under one key, and most rows of a text that are named.
            jaccard: Least estimated Jaccard similarity.

        Returns:
            Ids, of any version, and how many pairs the cap left out.

        Raises:
            SignaturesDamagedError: What is stored is damaged.
        """
        with self._database.read() as connection:
            index = find_index(connection, self._scope)
            if index is None or not texts:
                return set(), 0
            numbers, met = _like(_Reading(connection, index, self._kept), texts, jaccard=jaccard, cap=cap)
            rows = _met(_Reading(connection, index, self._kept), row_keys(numbers), numbers, cap, first=True)
            return set(ids_of(connection, index, rows.left)), met.skipped + int(np.maximum(rows.counts - cap, 0).sum())

    def alike(self, texts: Sequence[str], *, jaccard: float, passed_over: Collection[int]) -> Alike:
        """Name the rows whose text is equal to one of some texts, or may be near it, and say what is missing.

        Args:
            texts: Different normalised texts.
            jaccard: Least estimated Jaccard similarity.
            passed_over: Keys under which nobody is looked for.

        Raises:
            SignaturesDamagedError: What is stored is damaged.
        """
        with self._database.read() as connection:
            index = find_index(connection, self._scope)
            if index is None or not texts:
                return _NOTHING
            numbers, met = _like(
                _Reading(connection, index, self._kept), texts, jaccard=jaccard, passed_over=passed_over
            )
            return _with_rows(_Reading(connection, index, self._kept), numbers, is_whole=met.is_whole)

    def counts_under(self, keys: KeyArray) -> PlaceArray:
        """Count what is stored under each of some keys, of any version, up to a page of it.

        Raises:
            SignaturesDamagedError: What is stored is damaged.
        """
        with self._database.read() as connection:
            index = find_index(connection, self._scope)
            if index is None:
                return np.zeros(len(keys), np.int64)
            return _met(_Reading(connection, index, self._kept), keys, np.arange(len(keys)), 1, first=True).counts

    def under(self, keys: KeyArray) -> Under:
        """Name the texts under some keys, and their rows.

        Args:
            keys: Different ones.

        Raises:
            SignaturesDamagedError: What is stored is damaged.
        """
        with self._database.read() as connection:
            index = find_index(connection, self._scope)
            places, numbers, is_whole = [_NONE], [_NONE], True
            for stored, values in segments_with(connection, index.id, keys, self._kept) if index is not None else ():
                low, high = (np.searchsorted(stored, keys, side) for side in ("left", "right"))
                is_whole = is_whole and bool((high - low < PAGE).all())
                places.append(np.repeat(np.arange(len(keys)), high - low))
                numbers += [values[start:stop].astype(np.int64) for start, stop in zip(low, high, strict=True)]
            every = np.concatenate(numbers)
            if index is None or not len(every):
                return Under(places=_NONE, hashes=(), rows=_NOTHING)
            hashes = [one.tobytes() for one in records_of(connection, index, every)["hash"]]
            rows = _with_rows(_Reading(connection, index, self._kept), np.unique(every), is_whole=is_whole)
            return Under(places=np.concatenate(places), hashes=hashes, rows=rows)

    def equal(self, texts: Sequence[str]) -> Alike:
        """Name the rows whose text is equal to one of some texts.

        Args:
            texts: Different normalised texts.

        Raises:
            SignaturesDamagedError: What is stored is damaged.
        """
        with self._database.read() as connection:
            index = find_index(connection, self._scope)
            if index is None or not texts:
                return _NOTHING
            numbers = _numbers_of(_Reading(connection, index, self._kept), text_hashes(texts))
            return _with_rows(_Reading(connection, index, self._kept), numbers[numbers >= 0], is_whole=True)


def _like(
    reading: _Reading, texts: Sequence[str], *, jaccard: float, cap: int | None = None,
    passed_over: Collection[int] = (),
) -> tuple[PlaceArray, _Met]:  # fmt: skip
    """Find the numbers of the texts that are equal to some texts, or may be near them."""
    signed, hashes = signatures(texts), text_hashes(texts)
    keys, owners = keys_of(texts, signed, hashes)
    if passed_over:
        is_asked = ~np.isin(keys, np.array(list(passed_over), np.uint64))
        keys, owners = keys[is_asked], owners[is_asked]
    met = _met(reading, keys, owners, PAGE if cap is None else cap, first=cap is None)
    records = records_of(reading.connection, reading.index, met.left)
    near = estimated_jaccard(records["signature"], signed[met.right]) >= jaccard
    short = np.fromiter(map(len, texts), np.int64, len(texts))[met.right] <= _SHORT
    return np.unique(met.left[near | short]), met


def _met(reading: _Reading, keys: KeyArray, owners: PlaceArray, cap: int, *, first: bool) -> _Met:
    """Find what is stored under keys: the first ones under each, or nothing where there are more than the cap."""
    found, skipped, width = [_NONE], 0, int(owners.max(initial=0)) + 1
    counts, is_whole = np.zeros(len(keys), np.int64), True
    for stored, values in segments_with(reading.connection, reading.index.id, keys, reading.kept):
        here = np.searchsorted(stored, keys, "right") - np.searchsorted(stored, keys, "left")
        counts, is_whole = counts + here, is_whole and bool((here < PAGE).all())
        buckets = Buckets(stored, values.astype(np.int64), cap=cap)
        met_here = buckets.first_across(keys, owners) if first else buckets.across(keys, owners)
        found += [met.left * width + met.right for met in met_here]
        skipped += buckets.not_looked_at
    left, right = np.divmod(np.unique(np.concatenate(found)), width)
    return _Met(left=left, right=right, counts=counts, skipped=skipped, is_whole=is_whole)


def _with_rows(reading: _Reading, numbers: PlaceArray, *, is_whole: bool) -> Alike:
    met = _met(reading, row_keys(numbers), numbers, MOST_ROWS, first=True)
    hashes = records_of(reading.connection, reading.index, numbers[met.counts > MOST_ROWS])["hash"]
    return Alike(
        ids=frozenset(ids_of(reading.connection, reading.index, met.left)),
        cut=frozenset(one.tobytes() for one in hashes),
        is_whole=is_whole,
    )


def _numbers_of(reading: _Reading, hashes: npt.NDArray[np.uint8]) -> PlaceArray:
    """Look texts up: their numbers, -1 where they are new."""
    numbers = np.full(len(hashes), -1)
    met = _met(reading, own_keys(hashes), np.arange(len(hashes)), 4, first=True)
    inside = met.left < reading.index.texts
    left, right = met.left[inside], met.right[inside]
    records = records_of(reading.connection, reading.index, left)
    same = records["hash"] == np.ascontiguousarray(hashes).view("V16").ravel()[right]
    numbers[right[same]] = left[same]
    return numbers
