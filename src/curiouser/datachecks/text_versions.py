"""The texts of one version: which rows have them, which come and go between two versions, and their signatures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from curiouser.data import DataCommit, DataService
from curiouser.datachecks.duplicate_rows import ID, InputColumns, InputRows, input_rows
from curiouser.datachecks.signature_keys import text_hashes
from curiouser.datachecks.signature_pages import PlaceArray
from curiouser.datachecks.signatures import SignatureIndex, Told
from curiouser.datachecks.sorted_pages import KeyArray

LOOKED_BACK = 200
"""Versions among which one is looked for whose rows are known."""
ROWS = {"text": pl.Binary(), "rest": pl.UInt64(), "normalised": pl.UInt64(), "id": pl.String(), "label": pl.String()}
"""What is kept of rows: hashes of text, other inputs and normalised input; id; label."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turnover:
    """What became of texts between two versions."""

    touched: frozenset[str]
    """Ids of rows that came, went or changed."""
    after: InputRows
    """Those that came or changed, as they are now."""
    appeared: tuple[str, ...]
    """Texts that only the later version has."""
    gone: tuple[str, ...]
    """Texts that only the earlier version has."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnderKeys:
    """The texts of a version under some keys."""

    counts: PlaceArray
    """``(k,)``, how often each key is among its texts, >= 0."""
    texts: list[str]
    """All texts under any of them, and perhaps others of this version."""


class TextVersion:
    """One version, as a search for near-duplicates sees it.

    Args:
        data: The rows.
        commit: Which version.
        columns: The inputs that are compared.
        label: Column of the label.
    """

    def __init__(self, data: DataService, commit: DataCommit, columns: InputColumns, label: str) -> None:
        self.commit, self.columns = commit, columns
        self._data, self._label = data, label
        self.index = SignatureIndex(data.database, commit.dataset, columns.texts)

    def all_rows(self, told: Told | None = None) -> InputRows:
        """Read the inputs of every row."""
        batches = self._data.batches(self.commit.id, [ID, *self.columns.names])
        return input_rows(_heard(batches, self.commit.rows, told), self.columns)

    def some_rows(self, ids: Iterable[str]) -> InputRows:
        """Read the inputs of the rows of some ids, of those that are there."""
        wanted = sorted(ids)
        if not wanted:
            return input_rows([], self.columns)
        return input_rows(
            [self._data.rows(self.commit.id, columns=[ID, *self.columns.names], ids=wanted)], self.columns
        )

    def sign(self, rows: InputRows | None = None, told: Told | None = None) -> None:
        """Make all rows known to the index: what changed since a version that is, or everything.

        Args:
            rows: All rows, where they were read before.
            told: Hears how far it is.
        """
        history = [one.id for one in self._data.log(self.commit.id, limit=LOOKED_BACK)]
        known = self.index.known_versions(history)
        if self.commit.id in known:
            return
        nearest = next((one for one in history if one in known), None)
        if nearest is not None:
            changed = self._data.changed_rows(nearest, self.commit.id).after
            rows = input_rows([changed.select(ID, *self.columns.names).sort(ID)], self.columns)
        elif rows is None:
            rows = self.all_rows(told)
        self.index.add(
            rows.texts, rows.ids.to_list(), rows.text, data_commit=self.commit.id, since=nearest or "", told=told
        )

    def turnover(self, base: TextVersion) -> Turnover | None:
        """Find what became of texts since an earlier version, at the cost of the rows that changed.

        Returns:
            None where it is not known whether a text is still there: it had so many rows in the past that the index
            names only some, and none of those is as it was.
        """
        changed = self._data.changed_rows(base.commit.id, self.commit.id)
        before, after = (
            input_rows([rows.select(ID, *self.columns.names).sort(ID)], self.columns)
            for rows in (changed.before, changed.after)
        )
        touched = frozenset([*before.ids, *after.ids])
        either = list(dict.fromkeys([*before.texts, *after.texts]))
        found = self.index.equal(either)
        kept = self.some_rows(found.ids - touched)
        there = set(kept.texts)
        if any(digest in found.cut and text not in there for text, digest in zip(either, digests(either), strict=True)):
            return None
        old, new = set(before.texts), set(after.texts)
        return Turnover(
            touched=touched,
            after=after,
            appeared=tuple(text for text in after.texts if text not in old and text not in there),
            gone=tuple(text for text in before.texts if text not in new and text not in there),
        )

    def texts_like(self, texts: Sequence[str], jaccard: float, passed_over: Collection[int]) -> list[str] | None:
        """List the texts of this version that may be like some texts, equal ones among them, and perhaps others.

        Args:
            texts: Different normalised texts.
            jaccard: Least estimated Jaccard similarity.
            passed_over: Keys under which nobody is looked for.

        Returns:
            None where more stand under a key than are read, or it is not known whether one is there.
        """
        found = self.index.alike(texts, jaccard=jaccard, passed_over=passed_over)
        rows = self.some_rows(found.ids) if found.is_whole else None
        return rows.texts if rows is not None and found.cut <= set(digests(rows.texts)) else None

    def under(self, keys: KeyArray) -> UnderKeys | None:
        """Find the texts of this version under some keys.

        Returns:
            None as for :meth:`texts_like`.
        """
        if not len(keys):
            return UnderKeys(counts=np.zeros(0, np.int64), texts=[])
        found = self.index.under(keys)
        rows = self.some_rows(found.rows.ids) if found.rows.is_whole else None
        there = set() if rows is None else set(digests(rows.texts))
        if rows is None or not found.rows.cut <= there:
            return None
        is_there = np.fromiter((one in there for one in found.hashes), np.bool_, len(found.hashes))
        return UnderKeys(counts=np.bincount(found.places[is_there], minlength=len(keys)), texts=rows.texts)

    def rows_with(self, texts: Sequence[str]) -> pl.DataFrame | None:
        """Find all rows that have one of some texts; None where there are too many to be named."""
        found = self.index.equal(texts)
        if found.cut:
            return None
        return self.kept(self.some_rows(found.ids), texts)

    def kept(self, rows: InputRows, texts: Iterable[str]) -> pl.DataFrame:
        """Keep what has to be known of those of some rows that have one of some texts, with their labels.

        Returns:
            With the columns of ``ROWS``, by id.
        """
        wanted = set(texts)
        is_wanted = np.fromiter((text in wanted for text in rows.texts), np.bool_, len(rows.texts))
        chosen = np.flatnonzero(is_wanted[rows.text]) if len(rows.texts) else np.empty(0, np.int64)
        used, where = np.unique(rows.text[chosen], return_inverse=True)
        hashes = digests([rows.texts[place] for place in used.tolist()])
        ids = rows.ids.gather(chosen)
        made = pl.DataFrame(
            {
                "text": [hashes[place] for place in where.tolist()],
                "rest": rows.rest[chosen],
                "normalised": rows.normalised[chosen],
                "id": ids,
            },
            schema={name: kind for name, kind in ROWS.items() if name != "label"},
        )
        return made.join(self._labels(ids), on="id", how="left", maintain_order="left").select(list(ROWS)).sort("id")

    def _labels(self, ids: pl.Series) -> pl.DataFrame:
        nothing = pl.DataFrame(schema={"id": ROWS["id"], "label": ROWS["label"]})
        if self._label not in self.commit.schema or not len(ids):
            return nothing
        found = self._data.rows(self.commit.id, columns=[ID, self._label], ids=ids.to_list())
        return found.select(pl.col(ID).alias("id"), pl.col(self._label).cast(pl.String).alias("label"))


def digests(texts: Sequence[str]) -> list[bytes]:
    """Name texts by their hashes."""
    return [one.tobytes() for one in text_hashes(texts)]


def _heard(batches: Iterable[pl.DataFrame], rows: int, told: Told | None) -> Iterator[pl.DataFrame]:
    """Pass batches on, and tell how many rows were read."""
    done = 0
    for batch in batches:
        yield batch
        done += batch.height
        if told is not None:
            told(done, rows)
