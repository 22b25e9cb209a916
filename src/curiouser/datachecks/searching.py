"""Searches for rows that are nearly the same: made once for all checks that ask, and moved by the rows that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from curiouser.data import DataCommit, DataService
from curiouser.datachecks.alike_stored import AlikeStore, Contents, Versions, contents_of
from curiouser.datachecks.alike_texts import AlikeTexts, crowded_frame, pairs_frame
from curiouser.datachecks.duplicate_rows import InputColumns, InputRows
from curiouser.datachecks.errors import SignaturesDamagedError
from curiouser.datachecks.near_keys import Side
from curiouser.datachecks.near_moving import moved
from curiouser.datachecks.near_records import NearRows
from curiouser.datachecks.text_versions import LOOKED_BACK, TextVersion
from curiouser.datachecks.vocabularies import Vocabularies, Vocabulary
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import Task
from curiouser.kernel.remembered import Remembered
from curiouser.measure.duplicates import Counts, Found, Search, near_between, near_within, texts_with
from curiouser.storage import Database, FolderObjects

FEW_ROWS = 2_000
"""Rows up to which versions are searched whole: that takes less time than to keep what was found."""
_MOVED_SHARE = 0.1  # where a version differs by more of its rows, it is searched whole
_REMEMBERED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """Earlier versions of which pairs are kept."""

    versions: Versions
    contents: Contents
    changed: int


class NearSearches:
    """Searches one version, or one against another; the last few are remembered.

    What a search finds of a large version is kept. A later version costs the rows that changed: their texts are
    looked up by their signatures, and the pairs of texts that went are dropped. The answer is that of a search of all
    rows, which is made where that cannot be promised: where the cap on pairs bit or may bite, where a key had more
    texts in the past, or a text more rows, than the index names (some hundreds), where much changed, and where nothing
    is kept or signatures are damaged.

    Args:
        database: Where signatures, pairs and words are kept.
        objects: Where words are kept.
        data: The rows.
        task: Says which columns are inputs.
        clock: Tells the time.
        few_rows: Up to so many rows nothing is kept.
        search: What counts as near, and the caps; the measured ones when left out.
    """

    def __init__(
        self, database: Database, objects: FolderObjects, *, data: DataService, task: Task, clock: Clock,
        few_rows: int = FEW_ROWS,
        search: Search | None = None,
    ) -> None:  # fmt: skip
        self._data, self._task, self._few_rows = data, task, few_rows
        self._search = search or Search()
        self._store = AlikeStore(database, task, clock, self._search)
        self._words = Vocabularies(database, objects, clock)
        self._remembered = Remembered[tuple[str, str, tuple[str, ...]], NearRows](most=_REMEMBERED)
        self.searched_whole = 0
        """Searches of all rows so far."""

    def within(self, commit: DataCommit) -> NearRows:
        """Find the rows of a version that nearly repeat an earlier one by id.

        Raises:
            StorageError: Rows are damaged, or the disk refused.
        """
        return self._near_rows(commit, None)

    def between(self, commit: DataCommit, other: DataCommit) -> NearRows:
        """Find the rows of a version that nearly repeat one of another.

        Raises:
            StorageError: As :meth:`within`.
        """
        return self._near_rows(commit, other)

    def _near_rows(self, commit: DataCommit, other: DataCommit | None) -> NearRows:
        schemas = [one.schema for one in (commit, other) if one is not None]
        columns = InputColumns.of(self._task.inputs, *schemas)
        versions = Versions(
            here=self._version(commit, columns), there=None if other is None else self._version(other, columns)
        )
        contents = contents_of(versions)
        key = (contents.here, contents.there, (*columns.texts, "", *columns.rest))
        return self._remembered.get(key, lambda: self._found(versions))

    def _version(self, commit: DataCommit, columns: InputColumns) -> TextVersion:
        return TextVersion(self._data, commit, columns, self._task.label)

    def _found(self, versions: Versions) -> NearRows:
        if max(one.commit.rows for one in versions.all) <= self._few_rows:
            return self._whole(versions)
        known = self._store.load(versions, contents_of(versions))
        words = self._all_words(versions)
        if known is not None and words is not None:
            return known.near_rows(_together(words))
        # Damage is told by fsck; an answer needs no signatures.
        with suppress(SignaturesDamagedError):
            if (found := self._moved(versions)) is not None:
                return found
        return self._whole(versions)

    def _all_words(self, versions: Versions) -> list[Vocabulary] | None:
        found = [self._words.find(one) for one in versions.all]
        known = [one for one in found if one is not None]
        return known if len(known) == len(found) else None

    # From an earlier version.

    def _moved(self, versions: Versions) -> NearRows | None:
        for base in self._bases(versions):
            old = self._store.load(base.versions, base.contents)
            words = self._all_words(base.versions)
            if old is None or words is None:
                continue
            sides = list[Side]()
            for before, version in zip(base.versions.all, versions.all, strict=True):
                version.sign()
                turnover = version.turnover(before)
                if turnover is None:
                    return None
                sides.append(Side(version=version, turnover=turnover))
            found = moved(old, sides[0], sides[1] if len(sides) > 1 else None, self._search)
            if found is None or not found.is_small:
                return None
            self._store.keep(versions, found)
            return found.near_rows(
                _together(
                    [self._words.move(one, side.version, side.turnover) for one, side in zip(words, sides, strict=True)]
                )
            )
        return None

    def _bases(self, versions: Versions) -> list[_Base]:
        """List the versions to start from, those that differ least first."""
        histories = [self._history(one) for one in versions.all]
        most = max(FEW_ROWS, int(_MOVED_SHARE * sum(one.commit.rows for one in versions.all)))
        found = []
        for contents in self._store.known(versions):
            both = zip(histories, (contents.here, contents.there), strict=False)
            steps = [history.get(content) for history, content in both]
            starts = [self._version(step[0], versions.here.columns) for step in steps if step is not None]
            changed = sum(step[1] for step in steps if step is not None)
            if len(starts) == len(steps) and changed <= most:
                before = Versions(here=starts[0], there=starts[1] if len(starts) > 1 else None)
                found.append(_Base(versions=before, contents=contents, changed=changed))
        return sorted(found, key=lambda one: one.changed)

    def _history(self, version: TextVersion) -> Mapping[str, tuple[DataCommit, int]]:
        """Find the versions before one by their content, each with the rows that changed since."""
        found, changed = dict[str, tuple[DataCommit, int]](), 0
        for one in self._data.log(version.commit.id, limit=LOOKED_BACK):
            found.setdefault(one.content_hash, (one, changed))
            changed += one.added + one.changed + one.removed
        return found

    # From all rows.

    def _whole(self, versions: Versions) -> NearRows:
        self.searched_whole += 1
        rows = [one.all_rows() for one in versions.all]
        here, there = rows[0], rows[-1]
        if versions.there is None:
            found = near_within(here.texts, self._search)
        else:
            found = near_between(there.texts, here.texts, self._search)
        alike = _alike(versions, rows, found)
        if max(map(len, rows)) > self._few_rows and not found.is_cut and alike.is_small:
            with suppress(SignaturesDamagedError):
                self._keep(versions, rows, alike)
        texts = list(chain.from_iterable(one.texts for one in rows))
        return alike.near_rows(lambda words: texts_with(words, texts), not_looked_at=found.not_looked_at)

    def _keep(self, versions: Versions, rows: Sequence[InputRows], found: AlikeTexts) -> None:
        for version, some in zip(versions.all, rows, strict=True):
            version.sign(some)
            if self._words.find(version) is None:
                self._words.count(version, some.texts)
        self._store.keep(versions, found)


def _alike(versions: Versions, rows: Sequence[InputRows], found: Found) -> AlikeTexts:
    here, there = rows[0], rows[-1]
    pairs = pairs_frame(found.seeming, there.texts, here.texts)
    texts = {there.texts[pair.left] for pair in found.seeming} | {here.texts[pair.right] for pair in found.seeming}
    kept = [version.kept(some, texts) for version, some in zip(versions.all, rows, strict=True)]
    return AlikeTexts(
        pairs=pairs,
        here=kept[0],
        there=kept[1] if len(kept) > 1 else None,
        crowded=crowded_frame(found.crowded),
        compared=found.compared,
    )


def _together(vocabularies: Sequence[Vocabulary]) -> Counts:
    """Count words in all versions together."""
    return lambda words: sum((one.counts(words) for one in vocabularies), Counter[str]())
