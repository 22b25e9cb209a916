"""Look at every row of an import before anything is written: columns, types, bad rows, ids."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data.formats.bad_rows import BadRow, BadRows, UnreadableFileError, WrongColumnsError
from curiouser.data.formats.chunks import REJECT_COLUMNS, Chunk, Rowed
from curiouser.data.importing.file_columns import FileColumns
from curiouser.data.importing.identities import GivenIds, HashedIds, Ranks, among
from curiouser.data.importing.plans import ImportPlan, Sizes, Told
from curiouser.data.importing.rejects import RejectsFile
from curiouser.data.importing.schema import Typed, TypeSurvey, agreed, role_types, typed
from curiouser.data.importing.validation import Rules
from curiouser.data.records import ColumnType, DataCommit, DatasetKind
from curiouser.data.stored import ID
from curiouser.kernel.configuration import Task

_LONGEST_NAME, _MOST_NAMES = 40, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What the rows of an import meet."""

    head: DataCommit | None
    """The branch they go to; None for a new dataset."""
    kind: DatasetKind
    """Whether the dataset is, or will be, labelled."""


@dataclass(slots=True, kw_only=True)
class Looked:
    """What a look at every row found."""

    rows: int = 0
    """Rows that could be read."""
    bad: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Which of them are bad, in order."""
    rejected: int = 0
    """Bad rows, with those that could not be read."""
    ranks: Ranks | None = None
    """Number of each good row among those with its input, when ids are made; None when ids are given."""
    unlabelled: int = 0
    """Good rows of a labelled dataset without a label."""
    unescaped: int = 0
    """Texts that an apostrophe was taken from."""

    @property
    def good(self) -> int:
        """Rows to import."""
        return self.rows - self.bad.size


class Replayed:
    """Rows that are kept when they are few, and read again when they are many.

    Args:
        rows: Where they come from.
        kept_bytes: How much is kept.
    """

    def __init__(self, rows: Rowed, kept_bytes: int) -> None:
        self._rows, self._most = rows, kept_bytes
        self._kept: list[Chunk] | None = None

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows from the start."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Chunk] = []
        size = 0.0
        for chunk in self._rows.chunks():
            size += chunk.frame.estimated_size()
            if size <= self._most:
                kept.append(chunk)
            else:
                kept.clear()
            yield chunk
        if size <= self._most:
            self._kept = kept


class Look:
    """Looks at the rows of one import.

    Args:
        source: Where they come from.
        task: What they must hold.
        plan: What to import them as.
        met: What they meet.
        files: Reads the files of file columns.
        sizes: What is small enough to be held.
    """

    def __init__(
        self, source: Rowed, task: Task, plan: ImportPlan, *, met: Met, files: FileColumns, sizes: Sizes
    ) -> None:
        self.source, self.task, self.plan, self.met, self.files = source, task, plan, met, files
        self.rows = Replayed(source, sizes.kept_bytes)
        self.misfits: list[str] = []
        self.types: dict[str, ColumnType] = {}
        self.empty: list[str] = []
        self._names = {task.id: ID}

    @property
    def file_columns(self) -> list[str]:
        """Columns whose values are files."""
        return [name for name, kind in self.types.items() if kind is ColumnType.FILE]

    def decide_types(self, tell: Told) -> None:
        """Find every column and its type, and refuse columns that do not fit.

        Raises:
            WrongColumnsError: A column that the task needs is missing, or a name cannot be.
            UsageError: The user states another type than a column has.
        """
        fixed = role_types(self.task)
        if self.met.head is not None:
            fixed = {
                **self.met.head.schema,
                **{name: fixed[name] for name in fixed if name not in self.met.head.schema},
            }
        fixed = agreed(fixed, dict.fromkeys(self.plan.file_columns, ColumnType.FILE))
        fixed = agreed(fixed, self._stored_names(self.plan.types))
        fixed = {**self._stored_names(self.source.says), **fixed}
        survey, seen, rows = TypeSurvey(fixed, decimal_comma=self.source.decimal_comma), dict[str, None](), 0
        for chunk in self.rows.chunks():
            seen.update(dict.fromkeys(chunk.frame.columns))
            self._refuse_second_id(seen)
            survey.see(self._renamed(chunk))
            rows += chunk.frame.height + len(chunk.bad)
            tell(rows, None)
        if not rows:
            raise UnreadableFileError(f"{self.source.name} has no rows", "give a file with a header and rows")
        self._check_columns([name for name in seen if name not in REJECT_COLUMNS])
        found = survey.types()
        # A column of the task without a single value is still a column of the task.
        found |= {name: ColumnType.TEXT for name in self.task.inputs if name in seen and name not in found}
        self.types, self.misfits = found, survey.misfits()
        self.empty = [name for name in seen if self._names.get(name, name) not in found and name not in REJECT_COLUMNS]

    def _stored_names(self, types: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
        return {self._names.get(name, name): kind for name, kind in types.items()}

    def _refuse_second_id(self, columns: Collection[str]) -> None:
        if self.task.id != ID and ID in columns:
            raise WrongColumnsError(
                f"{self.source.name} has a column 'id', and [task] says that ids stand in {self.task.id!r}",
                'rename the column, or set id = "id" in curiouser.toml',
            )

    def _check_columns(self, columns: Sequence[str]) -> None:
        unknown = [name for name in (*self.plan.types, *self.plan.file_columns) if name not in columns]
        missing = self.missing(columns)
        # Rows that are known already may come with some of their columns only.
        if missing and (self.met.head is None or self.plan.replace or self.task.id not in columns):
            raise self.lacking(missing, columns)
        if unknown:
            raise self.lacking(unknown, columns)

    def missing(self, columns: Sequence[str]) -> list[str]:
        """Name the columns that a new row needs and the file has not."""
        needed = [*self.task.inputs]
        needed += [self.task.label] if self.met.kind is DatasetKind.LABELLED else []
        needed += [self.task.id] if self.task.id != ID else []
        return [name for name in needed if name not in columns]

    def lacking(self, missing: Sequence[str], columns: Sequence[str], why: str = "") -> WrongColumnsError:
        """Make the error that names missing columns and their nearest likes."""
        near = {name: difflib.get_close_matches(name.lower(), [c.lower() for c in columns], 1) for name in missing}
        likely = [next(c for c in columns if c.lower() == found[0]) for found in near.values() if found]
        hint = f"rename {', '.join(map(repr, likely))}, or " if likely else ""
        return WrongColumnsError(
            f"{self.source.name} has no column {', '.join(map(repr, missing))}{why}; its columns: {_some(columns)}",
            f"{hint}correct the file or [task] in curiouser.toml; a file without a header needs --columns a,b,c",
        )

    def _renamed(self, chunk: Chunk) -> Chunk:
        said = None if chunk.said is None else {self._names.get(name, name): what for name, what in chunk.said.items()}
        frame = chunk.frame.drop(REJECT_COLUMNS, strict=False).rename(self._names, strict=False)
        return Chunk(frame=frame, lines=chunk.lines, said=said)

    def typed(self, chunk: Chunk) -> Typed:
        """Bring a chunk to stored form, files as their SHA-256; all chunks get the same columns."""
        frame = self._renamed(chunk).frame
        absent = [name for name in self.types if name not in frame.columns]
        frame = frame.with_columns(pl.lit(None, pl.String()).alias(name) for name in absent)
        made = typed(frame.select(list(self.types)), self.types, decimal_comma=self.source.decimal_comma)
        if self.file_columns:
            made.frame, troubles = self.files.hashed(made.frame, self.file_columns)
            made.troubles += troubles
        return made

    def check_rows(self, bad_rows: BadRows, known_ids: pl.Series | None, tell: Told) -> Looked:
        """Check every row, and set bad ones aside when the plan says so.

        Args:
            bad_rows: Collects what is bad.
            known_ids: Ids that are there already, when rows may lack columns because of it.
            tell: Is told how far the work is.

        Raises:
            WrongColumnsError: A row is new, and columns that it needs are missing.
            StorageError: The file of rejects cannot be written.
        """
        looked = Looked()
        with ExitStack() as stack:
            rejects = None
            if self.plan.skip_bad is not None:
                columns = [self.task.id if name == ID else name for name in self.types]
                rejects = stack.enter_context(RejectsFile(self.plan.skip_bad, columns))
            _Rows(self, looked, bad_rows, rejects, known_ids).check(tell)
        return looked


class _Rows:
    """One walk over the rows to check them, and another when ids seem to repeat."""

    def __init__(
        self, look: Look, looked: Looked, bad_rows: BadRows, rejects: RejectsFile | None, known: pl.Series | None
    ) -> None:
        self.look, self.looked, self.bad_rows, self.rejects, self.known = look, looked, bad_rows, rejects, known
        task = look.task
        self.rules = Rules(task=task, types=look.types, names={ID: task.id} if task.id != ID else {})
        self.given = GivenIds() if ID in look.types else None
        self.hashed = HashedIds(task.inputs, task.label)
        self.bad: list[NDArray[np.int64]] = []

    def check(self, tell: Told) -> None:
        looked, label = self.looked, self.look.task.label
        for chunk in self.look.rows.chunks():
            looked.unescaped += chunk.unescaped
            looked.rejected += len({row.line for row in chunk.bad})
            rows = self.look.typed(chunk) if chunk.frame.height else None
            if rows is None:
                self._tell_bad(chunk, chunk.bad)
                continue
            checked = self.rules.check(chunk, rows)
            self._tell_bad(chunk, [*chunk.bad, *checked.bad])
            self.bad.append(np.flatnonzero(~checked.good) + looked.rows)
            good = rows.frame.filter(checked.good)
            looked.rejected += rows.frame.height - good.height
            looked.rows += rows.frame.height
            if label in good.columns:
                looked.unlabelled += good[label].null_count()
            self._see_ids(good)
            tell(looked.rows, None)
        looked.bad = np.concatenate(self.bad) if self.bad else looked.bad
        if self.given is None:
            looked.ranks = self.hashed.ranks()
        else:
            self._find_repeats(self.given.suspects())

    def _tell_bad(self, chunk: Chunk, bad: list[BadRow]) -> None:
        self.bad_rows.extend(bad)
        if self.rejects is not None:
            self.rejects.write(chunk, bad)

    def _see_ids(self, good: pl.DataFrame) -> None:
        if self.given is None:
            self.hashed.see(good)
            return
        self.given.see(good[ID])
        if self.known is not None:
            new = good[ID].filter(~good[ID].is_in(self.known.implode()))
            if len(new):
                columns = [*self.look.types]
                why = f", and {new[0]!r} is no row of {self.look.plan.dataset} yet"
                raise self.look.lacking(self.look.missing(columns), columns, why)

    def _find_repeats(self, suspects: NDArray[np.uint64]) -> None:
        if not suspects.size:
            return
        first: dict[str, int] = {}
        found: list[int] = []
        column, start = self.look.task.id, 0
        for chunk in self.look.rows.chunks():
            if not chunk.frame.height:
                continue
            ids = self.look.typed(chunk).frame[ID]
            bad: list[BadRow] = []
            for i in np.flatnonzero(among(ids, suspects)).tolist():
                line, text = int(chunk.lines[i]), ids[i]
                if self._is_bad(start + i):
                    continue
                if text in first:
                    reason = f"stands on line {first[text]} already; an id names one row"
                    bad.append(BadRow(line=line, column=column, value=text, reason=reason))
                    found.append(start + i)
                first.setdefault(text, line)
            self._tell_bad(chunk, bad)
            start += chunk.frame.height
        self.looked.rejected += len(found)
        self.looked.bad = np.union1d(self.looked.bad, np.array(found, np.int64))

    def _is_bad(self, place: int) -> bool:
        at = int(np.searchsorted(self.looked.bad, place))
        return at < self.looked.bad.size and int(self.looked.bad[at]) == place


def good_of(looked: Looked, start: int, height: int) -> NDArray[np.bool_]:
    """Tell which of some rows are good, ``(height,)``; they begin at ``start`` among all that could be read."""
    good = np.ones(height, np.bool_)
    low, high = np.searchsorted(looked.bad, [start, start + height])
    good[looked.bad[low:high] - start] = False
    return good


def _some(names: Sequence[str]) -> str:
    """Name some columns; without a header they are a row of long texts."""
    shown = ", ".join(
        name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…" for name in names[:_MOST_NAMES]
    )
    return shown + (f" … and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else "")
