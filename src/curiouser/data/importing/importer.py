"""Rows into a dataset: from a file, a frame or a list of records.

A file is read up to four times rather than held: once to decide types, once to
check every row, once more when ids seem to repeat, and once to hand the rows
over. What is small is read once and kept. Nothing is written before every row
was checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from curiouser.data.errors import BranchMovedError, ChangedInputError, DatasetNotFoundError, WrongDatasetKindError
from curiouser.data.formats.bad_rows import BadRows, UnreadableFileError
from curiouser.data.formats.chunks import Rowed
from curiouser.data.hashing import row_hashes, value_hashes
from curiouser.data.importing.file_columns import FileColumns
from curiouser.data.importing.identities import hashed_ids
from curiouser.data.importing.looking import Look, Looked, Met, good_of
from curiouser.data.importing.plans import DEFAULT_SIZES, Imported, ImportPlan, Sizes, Told, nobody
from curiouser.data.records import ColumnType, Committed, DatasetKind, Origin
from curiouser.data.service import DataService
from curiouser.data.stored import ID, ORIGIN, conform
from curiouser.kernel.errors import StaleEditError, UsageError
from curiouser.kernel.words import plural


def import_rows(
    data: DataService,
    source: Rowed,
    plan: ImportPlan,
    *,
    folder: Path | None = None,
    tell: Told = nobody,
    sizes: Sizes = DEFAULT_SIZES,
) -> Imported:
    """Import rows, all or none, unless bad ones are to be set aside.

    Args:
        data: The service of the datasets.
        source: Where the rows come from.
        plan: What to import them as.
        folder: Where paths in file columns begin.
        tell: Is told how far the work is.
        sizes: What is small enough to be held.

    Raises:
        UnreadableFileError: The file cannot be read on.
        WrongColumnsError: A column that the task needs is missing, or a name cannot be.
        BadDataError: Rows are bad; all are named, and nothing was changed.
        WrongDatasetKindError: The dataset is labelled, or is not.
        ChangedInputError: A known id would get another input.
        StaleEditError: The branch is not where it was expected to be.
        BranchMovedError: Somebody changed the same rows meanwhile.
        StorageError: The disk refused; nothing was changed.
    """
    met = _meet(data, plan)
    files = FileColumns(data.objects, folder)
    look = Look(source, data.task, plan, met=met, files=files, sizes=sizes)
    look.decide_types(tell)
    bad_rows = BadRows()
    looked = look.check_rows(bad_rows, _known_ids(data, look), tell)
    if bad_rows.found and (plan.skip_bad is None or not looked.good):
        raise bad_rows.error(source.name)
    return _HandOver(data, look, looked, tell).run(sizes)


def _meet(data: DataService, plan: ImportPlan) -> Met:
    known = next((each for each in data.datasets() if each.name == plan.dataset), None)
    if known is None:
        if plan.expect is not None:
            raise DatasetNotFoundError(plan.dataset, [each.name for each in data.datasets()])
        return Met(head=None, kind=DatasetKind.UNLABELLED if plan.unlabelled else DatasetKind.LABELLED)
    if plan.unlabelled and known.kind is DatasetKind.LABELLED:
        raise WrongDatasetKindError(
            f"dataset {plan.dataset} is labelled, as its first import made it",
            "leave --unlabelled out, or use another name",
        )
    head = data.head(plan.dataset, plan.branch)
    if plan.expect is not None and head.id != plan.expect:
        raise _stale(plan)
    return Met(head=head, kind=known.kind)


def _known_ids(data: DataService, look: Look) -> pl.Series | None:
    """Read the ids that are there, when rows lack columns that only new rows need."""
    task = look.task
    columns = [task.id if name == ID else name for name in look.types]
    if look.met.head is None or not look.missing(columns):
        return None
    return data.rows(look.met.head.id, columns=[ID])[ID]


def _stale(plan: ImportPlan) -> StaleEditError:
    return StaleEditError(
        f"branch {plan.branch} of {plan.dataset} is no longer at {str(plan.expect)[:12]}; nothing was changed",
        "look at what changed with `curiouser data log`, then import for the version that is there now",
    )


class _HandOver:
    """Hands rows that were checked to the service, at once or in parts."""

    def __init__(self, data: DataService, look: Look, looked: Looked, tell: Told) -> None:
        self.data, self.look, self.looked, self.tell = data, look, looked, tell
        self.plan, self.task, self.head = look.plan, look.task, look.met.head

    def run(self, sizes: Sizes) -> Imported:
        if self.plan.dry_run:
            return self._preview()
        try:
            committed = self._commit(sizes)
        except BranchMovedError as error:
            if self.plan.expect is None:
                raise
            raise _stale(self.plan) from error
        return Imported(
            data_commit=committed.data_commit,
            content_hash=committed.content_hash,
            rows=committed.rows,
            added=committed.added,
            changed=committed.changed,
            removed=committed.removed,
            rejected=self.looked.rejected,
            notes=tuple(self._notes()),
            dry_run=False,
        )

    def _commit(self, sizes: Sizes) -> Committed:
        types = {**self.look.types, ID: ColumnType.TEXT, ORIGIN: ColumnType.CATEGORY}
        if self.looked.good <= sizes.at_once_rows:
            return self.data.commit(
                self.plan.dataset,
                self.plan.branch,
                upserts=pl.concat(self.parts()),
                message=self.plan.message,
                actor=self.plan.actor,
                replace=self.plan.replace,
                expect=self.plan.expect,
                kind=self.look.met.kind,
                schema=types,
                allow_input_changes=self.plan.allow_input_changes,
            )
        return self.data.commit_large(
            self.plan.dataset,
            self.plan.branch,
            parts=self.parts(),
            message=self.plan.message,
            actor=self.plan.actor,
            replace=self.plan.replace,
            expect=self.plan.expect,
            kind=self.look.met.kind,
            schema=types,
            allow_input_changes=self.plan.allow_input_changes,
        )

    def parts(self) -> Iterator[pl.DataFrame]:
        """Give the good rows in stored form, with ids; their files are stored by then."""
        start = done = 0
        for chunk in self.look.rows.chunks():
            height = chunk.frame.height
            if not height:
                continue
            good = good_of(self.looked, start, height)
            rows = self.look.typed(chunk).frame.filter(good)
            if not self.plan.dry_run:
                for name in self.look.file_columns:
                    self.look.files.store(chunk.frame.filter(good)[name])
            if self.looked.ranks is not None:
                ranks = self.looked.ranks[done : done + rows.height]
                rows = rows.with_columns(hashed_ids(rows, self.task.inputs, ranks))
            start, done = start + height, done + rows.height
            self.tell(done, self.looked.good)
            yield self._with_origin(rows)
        if start != self.looked.rows:
            raise UnreadableFileError(
                f"{self.look.source.name} changed while it was read; nothing was imported", "import it again"
            )

    def _with_origin(self, rows: pl.DataFrame) -> pl.DataFrame:
        origin = None if self.plan.origin is None else str(self.plan.origin)
        if ORIGIN in rows.columns:
            return rows.with_columns(pl.col(ORIGIN).fill_null(origin or str(Origin.SAMPLE)))
        return rows if origin is None else rows.with_columns(pl.lit(origin).alias(ORIGIN))

    def _notes(self) -> Iterator[str]:
        name, looked = self.look.source.name, self.looked
        if looked.ranks is not None:
            repeats = int((looked.ranks > 1).sum())
            yield f"{name} has no column {self.task.id!r}, so ids are the hash of the input" + (
                f"; {plural(repeats, 'row repeats', 'rows repeat')} an input and got -2, -3 …" if repeats else ""
            )
        if looked.unlabelled and self.look.met.kind is DatasetKind.LABELLED:
            yield (
                f"{plural(looked.unlabelled, 'row has', 'rows have')} no label;"
                f" {'it is' if looked.unlabelled == 1 else 'they are'} counted, and never scored"
            )
        if looked.unescaped:
            texts = plural(looked.unescaped, "text")
            yield f"took the apostrophe off {texts} that a formula-safe file marks; --raw keeps it"
        yield from self.look.misfits
        if self.look.empty:
            yield f"left out {', '.join(map(repr, self.look.empty))}: a column gets a type with its first value"
        user = self.task.user
        if self.head is None and user is not None and user not in self.look.types:
            yield f"there is no column {user!r} ([task] user), so rows count as one user each"

    def _preview(self) -> Imported:
        """Compare the rows with those that are there, and change nothing."""
        head, added, changed, met, reworded = self.head, 0, 0, 0, list[str]()
        for part in self.parts():
            rows = part.sort(ID)
            if head is None:
                added += rows.height
                continue
            before = self.data.rows(head.id, ids=rows[ID].to_list())
            both = rows.filter(rows[ID].is_in(before[ID].implode()))
            added, met = added + rows.height - both.height, met + both.height
            changed += self._changed(before, both)
            inputs = [name for name in self.task.inputs if name in both.columns]
            differ = (value_hashes(before, inputs) != value_hashes(both, inputs)).any(axis=1)
            reworded += both[ID].filter(pl.Series(differ)).to_list()
        if reworded and not self.plan.allow_input_changes:
            raise ChangedInputError(self.plan.dataset, reworded)
        known = 0 if head is None else head.rows
        removed = known - met if self.plan.replace else 0
        return Imported(
            data_commit=None if head is None else head.id,
            content_hash=None,
            rows=known + added - removed,
            added=added,
            changed=changed,
            removed=removed,
            rejected=self.looked.rejected,
            notes=tuple(self._notes()),
            dry_run=True,
        )

    def _changed(self, before: pl.DataFrame, after: pl.DataFrame) -> int:
        types = self.look.types
        if self.plan.replace and self.head is not None:
            types = {**self.head.schema, **types}
            if ORIGIN not in after.columns:
                after = after.with_columns(pl.lit(str(Origin.SAMPLE)).alias(ORIGIN))
        elif ORIGIN in after.columns:
            types = {**types, ORIGIN: ColumnType.CATEGORY}
        old, new = (row_hashes(conform(rows, {ID: ColumnType.TEXT, **types})) for rows in (before, after))
        return int((old != new).any(axis=1).sum())


def check_options(plan: ImportPlan, path: Path) -> None:
    """Refuse options that exclude each other.

    Raises:
        UsageError: The rejects would replace the file itself.
    """
    if plan.skip_bad is not None and plan.skip_bad.resolve() == path.resolve():
        raise UsageError("--skip-bad names the file that is imported", "name another file for the rejects")
