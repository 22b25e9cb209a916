"""What an import is asked to do, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from curiouser.data.records import ColumnType, Origin
from curiouser.kernel.ids import ContentHash, DataCommitId

Told = Callable[[int, int | None], None]
"""Is told how many rows are done, and of how many; None while that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What to import rows as."""

    dataset: str
    """Made by its first import, which also decides whether it is labelled."""
    message: str
    """Why."""
    actor: str
    """Who."""
    branch: str = "main"
    """A branch of the dataset."""
    replace: bool = False
    """Whether the rows are the whole table, so that others are removed."""
    origin: Origin | None = None
    """Origin of rows that don't say; None leaves it as it is, and makes new rows samples."""
    skip_bad: Path | None = None
    """Where to set bad rows aside; None imports nothing when any row is bad."""
    allow_input_changes: bool = False
    """Let a known id get another input."""
    expect: DataCommitId | None = None
    """Import only if the branch still stands here."""
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    """Types of columns that are new, where looking at them would say otherwise."""
    file_columns: Collection[str] = ()
    """Columns that hold paths; the files are stored."""
    unlabelled: bool = False
    """Whether a new dataset has no label column."""
    dry_run: bool = False
    """Only say what would change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What is small enough to be held."""

    kept_bytes: int = 128 << 20
    """Largest input that is read once and kept; a larger one is read again for each step."""
    at_once_rows: int = 250_000
    """Most rows that are handed over in one piece; more are streamed."""


DEFAULT_SIZES = Sizes()


class ImportOptions(TypedDict, total=False):
    """What may be said of an import besides where to, why and who; explained at :class:`ImportPlan`."""

    branch: str
    replace: bool
    origin: Origin | None
    skip_bad: Path | None
    allow_input_changes: bool
    expect: DataCommitId | None
    types: Mapping[str, ColumnType]
    file_columns: Collection[str]
    unlabelled: bool
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import came to, or would come to."""

    data_commit: DataCommitId | None
    """Head of the branch afterwards; None after a dry run of a first import."""
    content_hash: ContentHash | None
    """Hash of its rows; None after a dry run."""
    rows: int
    """Rows at the head afterwards, >= 0."""
    added: int
    """Rows that are new, >= 0."""
    changed: int
    """Rows that differ from before, >= 0."""
    removed: int
    """Rows that are gone, >= 0."""
    rejected: int
    """Rows that were set aside, >= 0."""
    notes: tuple[str, ...]
    """What a reader should know: ids that were made, labels that are missing, texts that were unescaped."""
    dry_run: bool
    """Whether nothing was really changed."""


def nobody(_done: int, _total: int | None) -> None:
    """Tell nobody how far the work is."""
