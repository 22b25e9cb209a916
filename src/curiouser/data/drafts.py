"""Work out what a change of a dataset comes to, before anything is written to SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from curiouser.data.changesets import Counts, changeset, changing, content_delta, counts_of, ids_of, overlay
from curiouser.data.errors import (
    BadExamplesError,
    ChangedInputError,
    ColumnTypeError,
    ExamplesNotFoundError,
    WrongDatasetKindError,
)
from curiouser.data.hashing import row_hashes, total_of
from curiouser.data.marks import marks_of
from curiouser.data.records import ColumnType, DataCommit, Dataset, DatasetKind, Origin
from curiouser.data.snapshots import Snapshot
from curiouser.data.states import State, ranges
from curiouser.data.stored import (
    DTYPES,
    ID,
    ORIGIN,
    Schema,
    StoredRows,
    column_type,
    conform,
    readable_together,
    some_ids,
    to_stored,
)
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import ObjectName, plain_name
from curiouser.kernel.words import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody wants to change."""

    dataset: str
    """Name of the dataset."""
    branch: str
    """Name of the branch."""
    message: str
    """Why."""
    actor: str
    """Who."""
    kind: DatasetKind | None = None
    """Labelled or unlabelled; None takes what the dataset is, or what its columns say."""
    schema: Schema = field(default_factory=dict)
    """Types that the caller states."""
    replace: bool = False
    """Whether the rows given are the whole table."""
    allow_input_changes: bool = False
    """Whether a known id may get another input."""

    def __post_init__(self) -> None:
        plain_name(self.dataset, "dataset")
        plain_name(self.branch, "branch")
        if not self.message.strip():
            raise BadInputError("a data commit needs a message", 'say why: -m "…"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Rows to write and ids to delete, in stored form."""

    given: pl.DataFrame
    """Rows to write, sorted by id."""
    as_given: pl.DataFrame
    """The same rows, as they came."""
    gone: pl.Series
    """Ids to delete."""
    schema: Schema
    """Columns afterwards."""

    @property
    def touched(self) -> pl.Series:
        """Ids that the change speaks of, whether it alters them or not."""
        return pl.concat([self.given.get_column(ID), self.gone])


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A change that is worked out: objects are written, SQL is not."""

    schema: Schema
    """Columns afterwards."""
    total: int
    """Sum of row hashes afterwards."""
    rows: int
    """Rows afterwards."""
    counts: Counts
    """What it touches."""
    changes: ObjectName | None
    """Its changeset, when that was kept."""
    snapshot: Snapshot | None
    """Its snapshot, when one was written."""
    state: State | None
    """Its rows, when they are at hand."""
    size_bytes: int
    """Bytes of the changeset."""
    marks: bytes | None = None
    """Marks of the rows it touches; None when these are too many to be marked."""

    @property
    def identity(self) -> list[ObjectName]:
        """Objects that the data commit is named by; a snapshot beside a changeset is only a shortcut."""
        if self.changes is not None:
            return [self.changes]
        return [] if self.snapshot is None else [self.snapshot.name]

    def objects(self) -> Iterator[ObjectName]:
        """Walk every object that it needs."""
        if self.changes is not None:
            yield self.changes
        if self.snapshot is not None:
            yield self.snapshot.name
            yield from map(ObjectName, self.snapshot.files.get_column("object"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Some rows before and after a change."""

    before: pl.DataFrame
    """Rows that are there now."""
    after: pl.DataFrame
    """The same rows afterwards."""


def upserted(before: pl.DataFrame, given: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Lay given rows over known ones: columns that are absent keep their value.

    Args:
        before: Known rows of the same ids.
        given: The rows given, unique by id.
        schema: Columns afterwards.
    """
    absent = [name for name in before.columns if name not in given.columns and name in schema]
    rows = given.join(before.select(ID, *absent), on=ID, how="left") if absent and before.height else given
    rows = conform(rows, schema)
    return rows.with_columns(pl.col(ORIGIN).fill_null(str(Origin.SAMPLE))) if ORIGIN in schema else rows


def schema_after(head: DataCommit | None, given: Schema, request: Request) -> dict[str, ColumnType]:
    """Say which columns there are afterwards."""
    known = {} if head is None or request.replace else dict(head.schema)
    kept = {ID: ColumnType.TEXT, **{name: given.get(name, kind) for name, kind in known.items()}}
    return {**kept, **given, ORIGIN: ColumnType.CATEGORY}


def stored_rows(frame: pl.DataFrame, state: State, task: Task, request: Request) -> StoredRows:
    """Bring given rows to stored form; a column without any value yet may still change its type.

    Raises:
        BadExamplesError: Rows that cannot be stored.
        ColumnTypeError: A column cannot be brought to its type, or has another already.
        BadInputError: There is no id column.
    """
    known = {name: kind for name, kind in state.schema.items() if not _is_open(name, kind, frame, state, task)}
    made = to_stored(frame, task, given=request.schema, known=known)
    for name, kind in made.schema.items():
        if name in known and DTYPES[known[name]] != DTYPES[kind]:
            raise ColumnTypeError(
                name, f"is a {known[name]} column, and cannot become a {kind} column", "import it under another name"
            )
    return made


def kind_after(known: Dataset | None, request: Request, schema: Schema, task: Task) -> DatasetKind:
    """Say whether the dataset is labelled, and refuse what does not fit.

    Raises:
        WrongDatasetKindError: It was made the other way, or its columns say otherwise.
        BadInputError: A column of the task is missing.
    """
    guessed = DatasetKind.LABELLED if task.label in schema else DatasetKind.UNLABELLED
    kind = known.kind if known else request.kind or guessed
    if request.kind not in {None, kind}:
        raise WrongDatasetKindError(
            f"dataset {request.dataset} is {kind}, as its first import made it, and cannot be {request.kind}",
            "use another dataset name",
        )
    if kind is DatasetKind.UNLABELLED and task.label in schema:
        raise WrongDatasetKindError(
            f"dataset {request.dataset} is unlabelled, and these rows have the label column {task.label!r}",
            "use another dataset name, or leave the column out",
        )
    needed = [*task.inputs, *([task.label] if kind is DatasetKind.LABELLED else [])]
    missing = [name for name in needed if name not in schema]
    if missing:
        raise BadInputError(
            f"the rows for {request.dataset} have no column {', '.join(map(repr, missing))}",
            "the task needs it: correct the file, or [task] in curiouser.toml",
        )
    return kind


def ids_to_delete(deletes: Sequence[str], given: pl.DataFrame | None, where: str) -> pl.Series:
    """Check the ids to delete.

    Raises:
        BadExamplesError: An id is to be deleted and written at once.
    """
    ids = pl.Series(ID, list(deletes), dtype=pl.String).unique().sort()
    if given is not None and len(ids):
        both = ids.filter(ids.is_in(given.get_column(ID).implode()))
        if len(both):
            raise BadExamplesError(
                [f"{plural(len(both), 'id')} of {where} would be both written and deleted: {some_ids(both)}"]
            )
    return ids


def merged(state: State, change: Change, request: Request) -> Merged:
    """Read the rows that a change touches, and work out what they become.

    Raises:
        ExamplesNotFoundError: An id to delete is not there.
    """
    before = state.rows() if request.replace else state.lookup(change.touched)
    unknown = change.gone.filter(~change.gone.is_in(before.get_column(ID).implode()))
    if len(unknown):
        raise ExamplesNotFoundError(f"{request.dataset}@{request.branch}", unknown.to_list())
    known = before.clear() if request.replace else before
    return Merged(before=before, after=upserted(known, change.given, change.schema))


def refuse_changed_inputs(changes: pl.DataFrame, task: Task, request: Request) -> None:
    """Refuse a change that gives a known id another input.

    Raises:
        ChangedInputError: It does, and was not allowed to.
    """
    if not request.allow_input_changes:
        ids = changes.filter(changing(task.inputs)).get_column(ID)
        if len(ids):
            raise ChangedInputError(request.dataset, ids.to_list())


def draft_of(head: DataCommit, state: State, changes: pl.DataFrame, schema: Schema) -> Draft:
    """Write what a changeset needs: itself when it is small, a snapshot when the chain is due for one.

    Args:
        head: The data commit that is changed.
        state: Its rows.
        changes: What changes.
        schema: Columns afterwards.

    Raises:
        StorageError: The disk refused.
    """
    counts = counts_of(changes)
    after = state.changed_by(changes, schema)
    layout = state.files.layout
    most = layout.most_touched(head.rows)
    heavy = counts.total > most or must_rewrite(state.schema, schema)
    name = None if heavy else state.files.write_changes(changes)
    snapshot = None
    if heavy or after.chain > layout.fold_chain or len(after.overlay.touched) > most:
        snapshot = state.files.write_snapshot(rewritten_rows(state, changes, schema))
    union = {**state.schema, **schema}
    return Draft(
        schema=schema,
        total=int(head.content_hash, 16) + content_delta(changes, union),
        rows=head.rows + counts.added - counts.removed,
        counts=counts,
        changes=name,
        snapshot=snapshot,
        state=None if snapshot else after,
        size_bytes=0 if name is None else state.files.objects.size_bytes(name),
        marks=marks_of(ids_of(changes)),
    )


def replaced_draft(state: State, rows: pl.DataFrame, schema: Schema) -> Draft:
    """Write all rows afresh, where columns went or are kept in another way.

    Args:
        state: The rows that are changed.
        rows: All rows afterwards, in stored form, sorted by id.
        schema: Columns afterwards.

    Raises:
        StorageError: The disk refused.
    """
    counts = counts_of(changeset(state.rows(), rows, readable_together(state.schema, schema)))
    pieces = rows.iter_slices(state.files.layout.range_rows)
    return Draft(
        schema=schema,
        total=sum(total_of(row_hashes(piece)) for piece in pieces),
        rows=rows.height,
        counts=counts,
        changes=None,
        snapshot=state.files.write_snapshot([rows]),
        state=None,
        size_bytes=0,
    )


def first_draft(state: State, change: Change) -> Draft:
    """Write the first rows of a dataset.

    Raises:
        StorageError: The disk refused.
    """
    nothing = change.given.clear()
    rows = upserted(nothing, change.given, change.schema)
    unsorted = upserted(nothing, change.as_given, change.schema)
    total = sum(total_of(row_hashes(piece)) for piece in unsorted.iter_slices(state.files.layout.range_rows))
    return Draft(
        schema=change.schema,
        total=total,
        rows=rows.height,
        counts=Counts(added=rows.height, changed=0, removed=0),
        changes=None,
        snapshot=state.files.write_snapshot([rows]),
        state=None,
        size_bytes=0,
    )


def changes_between(both: Merged, state: State, schema: Schema) -> pl.DataFrame:
    """Keep what differs between before and after."""
    return changeset(both.before, both.after, {**state.schema, **schema})


def rewritten_rows(state: State, changes: pl.DataFrame, schema: Schema) -> Iterator[pl.DataFrame]:
    """Walk all rows as a changeset leaves them, piece by piece, in the order of their ids."""
    latest = overlay([changes], schema)
    touched = latest.touched.to_frame(ID)
    for low, high in ranges(state.cuts()):
        kept = conform(state.between(low, high), schema).join(touched, on=ID, how="anti", maintain_order="left")
        yield kept.merge_sorted(latest.between(low, high).rows, key=ID)


def _is_open(name: str, kind: ColumnType, frame: pl.DataFrame, state: State, task: Task) -> bool:
    """Tell whether a column has no value yet, and comes with values of another type now."""
    if name not in frame.columns or frame.get_column(name).null_count() == frame.height:
        return False
    if DTYPES[column_type(name, frame.schema[name], task)] == DTYPES[kind]:
        return False
    return all(part.get_column(name).null_count() == part.height for part in state.walk([name]))


def must_rewrite(before: Schema, after: Schema) -> bool:
    """Tell whether old files no longer fit: a column went, or is kept in another way."""
    return any(name not in after or DTYPES[kind] != DTYPES[after[name]] for name, kind in before.items())
