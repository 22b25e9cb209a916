"""The verbs of repeated rows: within a version, between two, and of what one has that another has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import polars as pl

from curiouser.data import DataCommit, DataService
from curiouser.datachecks.duplicate_records import Duplicates
from curiouser.datachecks.duplicate_rows import ID, InputColumns, InputRows, input_rows
from curiouser.datachecks.pairing import Paired, pair_rows
from curiouser.datachecks.text_versions import TextVersion
from curiouser.kernel.configuration import Task
from curiouser.measure.duplicates import ALGORITHM, Found, Search
from curiouser.measure.duplicates import near_between as texts_between
from curiouser.measure.duplicates import near_within as texts_within

Told: TypeAlias = Callable[[int, int | None], None]
"""Hears the steps done, and all there are, or None."""
SHOWN = 100
"""Pairs listed where nobody says how many."""
_Named: TypeAlias = tuple[str, DataCommit]


class NearDuplicates:
    """Finds rows that repeat each other in what models read.

    Text inputs are normalised (case, width, white space) and joined in the order of the configuration; near-duplicates
    are found in the joined text, each column compared with its own, and have the same values in all other inputs.

    Args:
        data: The rows; in its database the signatures of those that were looked at before are kept.
        task: Says which columns are inputs.
    """

    def __init__(self, data: DataService, task: Task) -> None:
        self._data, self._task = data, task

    def of(
        self,
        ref: str,
        against: str | None = None,
        *,
        since: str | None = None,
        near: bool = True,
        limit: int = SHOWN,
        told: Told | None = None,
    ) -> Duplicates:
        """Find the rows of a version that repeat another row of it, or, where ``against`` is given, one of that.

        Args:
            ref: Whose rows are looked at.
            against: See :meth:`between`.
            since: Look only at rows that this earlier version has not, near ones included: see :meth:`of_new`.
            near: See :meth:`within`, as for the others.
            limit: See there.
            told: See there.

        Raises:
            As :meth:`within`.
        """
        if since is not None:
            return self.of_new(since, ref, against=against, limit=limit, told=told)
        if against is None:
            return self.within(ref, near=near, limit=limit, told=told)
        return self.between(ref, against, near=near, limit=limit, told=told)

    def within(
        self, ref: str, *, near: bool = True, search: Search | None = None, limit: int = SHOWN, told: Told | None = None
    ) -> Duplicates:
        """Find the rows of a version that repeat another of it; each is paired with an earlier one by id.

        Args:
            ref: Which version.
            near: Look for near-duplicates too, not only for equals.
            search: What counts as near, and the caps; the measured ones when left out.
            limit: Most pairs listed, >= 0.
            told: Hears how far it is.

        Raises:
            NotFoundError: No such version.
            StorageError: Rows are damaged.
        """
        at = self._data.resolve(ref)
        columns = self._columns(at)
        rows = self._read(at, columns, told)
        wanted = search or Search()
        found = texts_within(rows.texts, wanted, told=told) if near and columns.texts else None
        paired = pair_rows(rows, rows, found, limit=limit)
        return _answer((ref, at), (ref, at), paired, columns=columns, search=wanted)

    def between(
        self,
        ref: str,
        against: str,
        *,
        near: bool = True,
        search: Search | None = None,
        limit: int = SHOWN,
        told: Told | None = None,
    ) -> Duplicates:
        """Find the rows of a version that repeat one of another: test rows that stand in the training data.

        Args:
            ref: Whose rows are looked at.
            against: Whose rows they are compared with.
            near: As for :meth:`within`, as are the others.
            search: See there.
            limit: See there.
            told: See there.

        Raises:
            As :meth:`within`.
        """
        at, other = self._data.resolve(ref), self._data.resolve(against)
        columns = self._columns(at, other)
        here, there = self._read(at, columns, told), self._read(other, columns, told)
        wanted = search or Search()
        found = texts_between(there.texts, here.texts, wanted, told=told) if near and columns.texts else None
        paired = pair_rows(here, there, found, limit=limit)
        return _answer((ref, at), (against, other), paired, columns=columns, search=wanted)

    def of_new(
        self,
        base: str,
        ref: str,
        *,
        against: str | None = None,
        search: Search | None = None,
        limit: int = SHOWN,
        told: Told | None = None,
    ) -> Duplicates:
        """Find what the rows that a version has and an earlier one has not repeat: other rows of it, or of another.

        The signatures of the version compared with are kept, so that a hundred new rows cost what a hundred cost:
        they are signed, looked up, and read beside the rows they may be like. The first time a dataset is asked
        about, all of its rows are signed. Which spellings are words is told from these rows alone.

        Args:
            base: The earlier version.
            ref: The later one.
            against: Compare with the rows of this version; with the others of ``ref`` when left out.
            search: As for :meth:`within`, as are the others.
            limit: See there.
            told: See there.

        Raises:
            As :meth:`within`.
        """
        old, at = self._data.resolve(base), self._data.resolve(ref)
        target = at if against is None else self._data.resolve(against)
        columns, wanted = self._columns(at, target), search or Search()
        fresh = self._data.changed_rows(old.id, at.id).after.select(ID, *columns.names).sort(ID)
        here = input_rows([fresh], columns)
        frames, skipped = self._candidates(target, here, columns, wanted, told)
        if against is None:
            # The new rows stand in the version, too: they come last, so that they repeat the others.
            others = [frame.join(fresh.select(ID), on=ID, how="anti", maintain_order="left") for frame in frames]
            both = input_rows([*others, fresh], columns)
            found = _with_skipped(texts_within(both.texts, wanted, told=told), skipped)
            paired = pair_rows(both, both, found, limit=limit, since=sum(frame.height for frame in others))
        else:
            there = input_rows(frames, columns)
            found = _with_skipped(texts_between(there.texts, here.texts, wanted, told=told), skipped)
            paired = pair_rows(here, there, found, limit=limit)
        paired = replace(paired, others=target.rows - (paired.rows if against is None else 0))
        return _answer((ref, at), (against or ref, target), paired, columns=columns, search=wanted)

    def _candidates(
        self, target: DataCommit, here: InputRows, columns: InputColumns, search: Search, told: Told | None
    ) -> tuple[list[pl.DataFrame], int]:
        """Read the rows of a version that may be like some rows."""
        version = TextVersion(self._data, target, columns, self._task.label)
        version.sign(told=told)
        ids, skipped = version.index.rows_like(here.texts, cap=search.bucket, jaccard=search.jaccard)
        if not ids:
            return [], skipped
        return [self._data.rows(target.id, columns=[ID, *columns.names], ids=sorted(ids))], skipped

    def _columns(self, *commits: DataCommit) -> InputColumns:
        return InputColumns.of(self._task.inputs, *(at.schema for at in commits))

    def _read(self, at: DataCommit, columns: InputColumns, told: Told | None) -> InputRows:
        return TextVersion(self._data, at, columns, self._task.label).all_rows(told)


def _with_skipped(found: Found, skipped: int) -> Found:
    """Count what the look-up left out, too."""
    return replace(found, not_looked_at=found.not_looked_at + skipped)


def _answer(ref: _Named, against: _Named, paired: Paired, *, columns: InputColumns, search: Search) -> Duplicates:
    return Duplicates(
        ref=ref[0],
        data_commit=ref[1].id,
        against=against[0],
        against_commit=against[1].id,
        columns=columns.texts,
        rows=paired.rows,
        others=paired.others,
        counts=paired.counts,
        pairs=paired.pairs,
        found=paired.found,
        templates=paired.templates,
        compared=paired.compared,
        not_looked_at=paired.not_looked_at,
        similarity=search.similarity,
        jaccard=search.jaccard,
        algorithm=ALGORITHM,
    )
