"""The nouns of this slice: user reports, problems, patterns, expectations and the steps taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from curiouser.kernel.canonical import Json
from curiouser.kernel.ids import ExampleId, ProblemName

DEFAULT_TOLERANCE = 0.10
"""Largest acceptable error rate of a problem where none is stated."""


class ExpectationKind(StrEnum):
    """What must hold of a pattern; all but ``label`` compare with the first member of its Case."""

    LABEL = "label"
    """The answer is right: the row's label, or within the task's tolerance."""
    FIRST = "first"
    """What the other members are compared with; holds wherever the model answers."""
    SAME_AS = "same_as"
    """The answer is the same as the first member's."""
    MOVES_UP = "moves_up"
    """The quantity is above the first member's by more than the tolerance."""
    MOVES_DOWN = "moves_down"
    """The quantity is below the first member's by more than the tolerance."""
    MUST_NOT_FALL = "must_not_fall"
    """The quantity is not below the first member's by more than the tolerance."""
    MUST_NOT_RISE = "must_not_rise"
    """The quantity is not above the first member's by more than the tolerance."""

    @property
    def compares(self) -> bool:
        """Whether it is about the first member of the Case."""
        return self not in {ExpectationKind.LABEL, ExpectationKind.FIRST}


QUANTITY_SCORE = "score"
"""Score of the positive class, binary."""
QUANTITY_NUMBER = "number"
"""The number answered, regression."""
QUANTITY_PREDICTED = "predicted"
"""Probability of the class predicted for the first member of the Case."""
QUANTITY_CLASS = "p_"
"""``p_<class>``: probability of one class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must hold of one pattern."""

    kind: ExpectationKind = ExpectationKind.LABEL
    """Label, or how it relates to the first member of its Case."""
    quantity: str | None = None
    """What moves: ``score``, ``number``, ``predicted`` or ``p_<class>``; None: the task's usual one."""
    tolerance: float | None = None
    """Smallest move that counts, in the quantity's unit, >= 0; None means 0 (same_as, regression: the task's)."""

    def __post_init__(self) -> None:
        if self.tolerance is not None and not (math.isfinite(self.tolerance) and self.tolerance >= 0):
            raise ValueError(f"a tolerance must be finite and >= 0, got {self.tolerance}")
        if not self.kind.compares and (self.quantity is not None or self.tolerance is not None):
            raise ValueError(f"{self.kind} takes neither quantity nor tolerance")


ITS_LABEL = Expectation()
"""The answer is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A row of a test dataset, with what must hold of the answer to it."""

    example_id: ExampleId
    """Id of the row."""
    case: str | None = None
    """The Case it belongs to, unique within the problem; None: a case of its own."""
    place: int = 0
    """Place within the Case, from 0; 0 is what the others are compared with."""
    expectation: Expectation = ITS_LABEL
    """What must hold."""

    def __post_init__(self) -> None:
        if self.place < 0:
            raise ValueError(f"a place must be >= 0, got {self.place}")
        if self.case is None and (self.expectation.kind is not ExpectationKind.LABEL or self.place):
            raise ValueError("a pattern without a Case is expected to have its label")


class AffectedSource(StrEnum):
    """Where the percent of users affected comes from."""

    STATED = "stated"
    """Typed by somebody, with the reason."""
    ROWS = "rows"
    """Users with a matching row, of all users active in the window."""
    REPORTS = "reports"
    """Users who reported it, of all users active in the window: a lower bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """How the percent of users affected is found."""

    source: AffectedSource
    """Typed, from rows, or from reports."""
    low: float | None = None
    """Stated: lower end, percent of users in [0, 100]."""
    high: float | None = None
    """Stated: upper end, percent of users in [0, 100], >= ``low``."""
    because: str | None = None
    """Stated: the reason."""
    where: str | None = None
    """Rows: the predicate that finds them."""
    dataset: str | None = None
    """Rows and reports: ref of the dataset that knows the active users."""
    window_days: float | None = None
    """Rows and reports: how many days back from the dataset's latest row, > 0; None: all of it."""

    def __post_init__(self) -> None:
        if self.source is AffectedSource.STATED:
            if self.low is None or self.high is None or not 0 <= self.low <= self.high <= 100:
                raise ValueError(f"percent affected needs 0 <= low <= high <= 100, got {self.low} and {self.high}")
        elif self.dataset is None or (self.source is AffectedSource.ROWS) != (self.where is not None):
            raise ValueError("rows need a dataset and a predicate, reports a dataset")
        if self.window_days is not None and not (math.isfinite(self.window_days) and self.window_days > 0):
            raise ValueError(f"a window must be > 0 days, got {self.window_days}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A named weakness of the model, described by patterns (slides 42-47)."""

    name: ProblemName
    """Kebab-case and unique in a workspace: ``drugs-doctors-false-pos``."""
    dataset: str
    """The test dataset its patterns are rows of; ``test`` or ``test@branch``."""
    description: str = ""
    """What is wrong, in the team's words."""
    harm: str | None = None
    """Cost of one wrong answer to one user: a level of the configuration, or a number >= 0 as text."""
    harm_false_positive: str | None = None
    """The same for false positives alone; None: ``harm``."""
    harm_false_negative: str | None = None
    """The same for false negatives alone; None: ``harm``."""
    affected: Affected | None = None
    """How the percent of users affected is found; None: not known yet."""
    tolerance: float = DEFAULT_TOLERANCE
    """Largest acceptable error rate, in [0, 1)."""
    owner: str | None = None
    """Who looks after it."""
    selected_by: str | None = None
    """How its patterns were chosen, where they were rows already: a predicate, or ``ids``."""
    suite: str | None = None
    """The test of a suite that others wrote, by its own name; None: written here."""
    closed_at: datetime | None = None
    """When it was closed, UTC, timezone-aware; None: open."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.tolerance) and 0 <= self.tolerance < 1):
            raise ValueError(f"a problem's tolerance must be in [0, 1), got {self.tolerance}")
        if self.closed_at is not None and self.closed_at.tzinfo is None:
            raise ValueError("closed_at must be timezone-aware")


class StepKind(StrEnum):
    """What can be done to a problem; each is an event that can be undone."""

    ADDED = "added"
    EDITED = "edited"
    CLOSED = "closed"
    REOPENED = "reopened"
    PATTERNS_ADDED = "patterns added"
    PATTERNS_REMOVED = "patterns removed"
    IMPORTED = "imported"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemStep:
    """One event in a problem's life; events are added, never changed."""

    number: int
    """Grows with time, over all problems."""
    problem: ProblemName
    """The problem, whether or not it is still there."""
    kind: StepKind
    """What was done."""
    before: Mapping[str, Json]
    """Settings that changed, as they were; empty for a new problem."""
    after: Mapping[str, Json]
    """The same settings, as they are since."""
    gained: tuple[Pattern, ...]
    """Patterns that came."""
    lost: tuple[Pattern, ...]
    """Patterns that went."""
    committed: tuple[ExampleId, ...]
    """Rows that this step added to the test dataset."""
    undoes: int | None
    """Number of the step that this one took back; None for any other step."""
    actor: str
    """Who did it."""
    taken_at: datetime
    """When, UTC, timezone-aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserReport:
    """What a user told us, in their words, with the input that misbehaved (slides 39-40)."""

    number: int
    """Names the report, from 1."""
    text: str
    """The user's words."""
    input: Mapping[str, Json]
    """The input that misbehaved, by column; empty if it is not known."""
    answered: str | None
    """What the model answered."""
    expected: str | None
    """What it should have answered."""
    model: str | None
    """Which model answered."""
    user: str | None
    """Whose report it is."""
    problem: ProblemName | None
    """The problem that answers it; None: it waits."""
    withdrawn_at: datetime | None
    """When it was withdrawn, UTC, timezone-aware; None: it stands."""
    reported_at: datetime
    """When it was written down, UTC, timezone-aware."""
    reported_by: str
    """Who wrote it down."""
