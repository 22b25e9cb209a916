"""The nouns of merging: a merge, the conflicts it met, and how each was settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from curiouser.data.records import DataCommit, Value
from curiouser.kernel.ids import ContentHash, DataCommitId, ExampleId

Values = Mapping[str, Value]
WHOLE_ROW = "*"
"""The unit of a conflict about whether a row is there at all."""


class MergeState(StrEnum):
    """What became of a merge."""

    OPEN = "open"
    """It has not landed; conflicts may be waiting."""
    LANDED = "landed"
    """Its branch holds it."""
    ABANDONED = "abandoned"
    """Somebody gave it up; nothing was changed."""


class ConflictKind(StrEnum):
    """What two branches disagree about."""

    FIELD = "field"
    """The same field has two new values."""
    COUPLED = "coupled"
    """Input and label changed on different sides: the label was given to another input."""
    DELETED = "deleted"
    """One side deleted the row, the other changed it."""
    ADDED = "added"
    """Both sides added a row under this id, and the rows differ."""
    COLUMN = "column"
    """One side dropped a column in which the other changed cells, or the sides give it different types."""


class Resolution(StrEnum):
    """How a conflict was settled."""

    OURS = "ours"
    """The branch that is merged into keeps what it has."""
    THEIRS = "theirs"
    """The branch that is merged brings what it has."""
    VALUE = "value"
    """Somebody gave other values."""
    ESCALATED = "escalated"
    """Left to an expert: still open."""


class SettlingRule(StrEnum):
    """How to settle many conflicts at once."""

    OURS = "ours"
    """All as ours has it."""
    THEIRS = "theirs"
    """All as theirs has it."""
    RANK = "rank"
    """As the side has it whose last author of the fields ranks higher; equal ranks stay open."""
    ESCALATE = "escalate"
    """All are left to an expert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """What two branches say about the same thing, before anybody settled it."""

    kind: ConflictKind
    """What they disagree about."""
    example: ExampleId | None
    """The row; None for a column."""
    unit: str
    """What is settled at once: a field, the label for input and label together, ``*`` for a row, or a column."""
    fields: tuple[str, ...]
    """Columns in which the sides differ, in the order of the table."""
    base: Values | None
    """Their values in the last version that both share; None where the row was not there."""
    ours: Values | None
    """Their values in the branch that is merged into; None where the row is gone."""
    theirs: Values | None
    """Their values in the branch that is merged; None where the row is gone."""

    @property
    def key(self) -> tuple[str | None, str]:
        """What it is about, whatever the values."""
        return self.example, self.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Who settled a conflict, and how."""

    resolution: Resolution
    """How."""
    values: Values | None
    """The values that were given; None unless the resolution is ``value``."""
    by: str
    """Who."""
    at: datetime
    """When, UTC."""
    because: str
    """Why; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeConflict:
    """One disagreement of a merge, and how it was settled."""

    merge: int
    """Number of the merge."""
    number: int
    """Number within the merge, from 1; it stays when the merge is worked out again."""
    about: Disagreement
    """What the sides say."""
    settlement: Settlement | None
    """How it was settled; None while nobody has."""

    @property
    def is_settled(self) -> bool:
        """Whether it no longer holds the merge up."""
        return self.settlement is not None and self.settlement.resolution is not Resolution.ESCALATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """One merge of a version into a branch."""

    number: int
    """Unique in a workspace, from 1."""
    dataset: str
    """The dataset."""
    into: str
    """The branch that is merged into: ours."""
    source: str
    """What is merged, as it was named: theirs."""
    base: DataCommitId
    """The deepest version that leads to both."""
    ours: DataCommitId
    """The head of ``into`` when it was worked out."""
    theirs: DataCommitId
    """What ``source`` was then."""
    state: MergeState
    """Open, landed or abandoned."""
    data_commit: DataCommitId | None
    """The data commit that merges, once it is built; no branch names it before the merge has landed."""
    conflicts: int
    """Conflicts in all, >= 0."""
    unsettled: int
    """Conflicts that hold it up, >= 0."""
    escalated: int
    """Those of them that were left to an expert, >= 0."""
    actor: str
    """Who began it."""
    message: str
    """Why."""
    created_at: datetime
    """When it began, UTC."""
    ended_at: datetime | None
    """When it landed or was given up, UTC."""
    ended_by: str | None
    """Who landed it or gave it up."""

    @property
    def is_open(self) -> bool:
        """Whether it may still land."""
        return self.state is MergeState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A merge without open conflicts, built as a data commit that no branch names yet."""

    merge: Merge
    """The merge."""
    data_commit: DataCommit
    """What its branch would become."""

    @property
    def content_hash(self) -> ContentHash:
        """Hash of the rows as they would be."""
        return self.data_commit.content_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeStanding:
    """How a merge stands now: what it would bring, and whether its branches are where they were."""

    merge: Merge
    """The merge."""
    prepared: DataCommit | None
    """What its branch would become, where that is built."""
    is_current: bool
    """Whether it may land as it was worked out: it is open, and neither branch has moved."""
    brought: tuple[DataCommit, ...]
    """Data commits that lead to theirs and not to ours, newest first."""
