"""The nouns of versioned data: frozen, checked, without input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from curiouser.kernel.ids import ContentHash, DataCommitId, ExampleId

Value = str | float | bool | datetime | None
"""What a cell can hold; None is missing."""


class ColumnType(StrEnum):
    """What a column means; text, category and file are stored alike, as text."""

    TEXT = "text"
    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    FILE = "file"


class DatasetKind(StrEnum):
    """Whether a dataset's rows carry answers; fixed at its first import."""

    LABELLED = "labelled"
    UNLABELLED = "unlabelled"


class Origin(StrEnum):
    """How a row came into a test set; the headline counts only samples."""

    SAMPLE = "sample"
    PATTERN = "pattern"


class RefKind(StrEnum):
    """A branch moves with each data commit, a tag never moves."""

    BRANCH = "branch"
    TAG = "tag"


class Change(StrEnum):
    """What happened to a row between two data commits."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A named, versioned table of examples."""

    name: str
    """Unique in a workspace: ``test``."""
    kind: DatasetKind
    """Labelled or unlabelled, for ever."""
    created_at: datetime
    """Moment of its first data commit, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCommit:
    """One version of a dataset: which rows, whose change, and why."""

    id: DataCommitId
    """SHA-256 over parents, content, schema, objects, author, message and time; 64 hex digits."""
    dataset: str
    """Name of the dataset it is a version of."""
    parents: tuple[DataCommitId, ...]
    """The version it was made from, then the one it merged; empty for the first version."""
    content_hash: ContentHash
    """Hash of the rows, whatever their order or history; 64 hex digits."""
    schema: Mapping[str, ColumnType]
    """Columns and their types, ``id`` and ``origin`` included, by name."""
    rows: int
    """Number of rows, >= 0."""
    added: int
    """Rows that the first parent lacks, >= 0."""
    changed: int
    """Rows that differ from the first parent's, >= 0."""
    removed: int
    """Rows of the first parent that are gone, >= 0."""
    author: str
    """Who made it."""
    message: str
    """Why it was made."""
    created_at: datetime
    """When it was made, UTC, by the clock of the machine that made it."""
    depth: int
    """Length of the longest path to a first version, >= 0; order never relies on clocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a change of a dataset came to; the counts are zero when nothing changed."""

    data_commit: DataCommitId
    """The new head of the branch; the old one when nothing changed."""
    content_hash: ContentHash
    """Hash of the rows at that head."""
    rows: int
    """Rows at that head, >= 0."""
    added: int
    """Rows that are new, >= 0."""
    changed: int
    """Rows that differ from before, >= 0."""
    removed: int
    """Rows that are gone, >= 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A branch or a tag: a name for a data commit of one dataset."""

    dataset: str
    """The dataset it belongs to."""
    name: str
    """Unique among the branches and tags of the dataset."""
    kind: RefKind
    """Branch or tag."""
    data_commit: DataCommitId
    """What it points at."""
    updated_at: datetime
    """When it last moved, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One row that differs between two data commits."""

    id: ExampleId
    """The row."""
    change: Change
    """Added, removed or changed."""
    fields: Mapping[str, tuple[Value, Value]]
    """Column -> (before, after) for each column that differs; None is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDiff:
    """What changed from one data commit to another."""

    before: DataCommitId
    """Where it starts."""
    after: DataCommitId
    """Where it ends."""
    added: int
    """Rows only the later one has, >= 0."""
    removed: int
    """Rows only the earlier one has, >= 0."""
    changed: int
    """Rows both have, with other values, >= 0."""
    rows: tuple[RowChange, ...]
    """The rows themselves, by id, up to the limit that was asked for."""
    truncated: bool
    """Whether there are more rows behind these."""

    @property
    def next(self) -> ExampleId | None:
        """Cursor: the row behind which the next page begins; None after the last one."""
        return self.rows[-1].id if self.truncated and self.rows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCommit:
    """One data commit, the names that point at it, and what it changed."""

    data_commit: DataCommit
    """The data commit."""
    refs: tuple[Ref, ...]
    """Branches and tags that point at it."""
    diff: DataDiff
    """Its changes against its first parent; all rows are added in a first version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetStatus:
    """A dataset with its branches and tags."""

    dataset: Dataset
    """The dataset."""
    heads: tuple[tuple[Ref, DataCommit], ...]
    """Branches, then tags, by name, with what each points at."""
    size_bytes: int
    """Bytes of the objects that hold its versions; rows shared by versions count once per snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a garbage collection removed, or would remove."""

    objects: int
    """Objects, >= 0."""
    size_bytes: int
    """Their bytes, >= 0."""
    data_commits: int
    """Data commits that nothing pointed at any more, >= 0."""
    snapshots: int
    """Snapshots that can be computed again from changes, >= 0."""
    dry_run: bool
    """True when nothing was really removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetLine:
    """One dataset at the head of its main branch."""

    dataset: str
    """Its name."""
    kind: DatasetKind
    """Labelled or unlabelled."""
    rows: int
    """Rows at the head of main, >= 0."""
    data_commit: DataCommitId
    """The head of main."""
    branches: int
    """Number of branches, >= 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that does not hold together."""

    what: str
    """Which thing: ``object ab…``, ``data commit ab…``, ``ref test@main``."""
    trouble: str
    """What is wrong with it."""
    repair: str
    """What to do about it."""
