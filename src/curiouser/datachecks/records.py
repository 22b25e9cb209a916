"""The nouns of checks on data: frozen, checked, without input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from curiouser.kernel.canonical import Json
from curiouser.kernel.check_settings import Severity
from curiouser.kernel.ids import ContentHash, DataCommitId, ExampleId

MOST_ROWS = 100
"""Offending rows that a result keeps; its count is of all."""


class Outcome(StrEnum):
    """What a check says; too little to judge by is never a pass."""

    PASS = "pass"  # noqa: S105  no password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One example of one dataset."""

    dataset: str
    """The dataset."""
    id: ExampleId
    """The example in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """One thing that a check found: a row, or a column or category as a whole."""

    what: str
    """What is wrong, in words."""
    at: Place | None = None
    """The row; None where it is about no single row."""
    others: tuple[Place, ...] = ()
    """Rows that it has to do with: what it repeats or contradicts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found, before it is known how serious that is."""

    outcome: Outcome
    """Pass, fail or unknown."""
    count: int = 0
    """Offending things in all, >= 0."""
    value: float | None = None
    """What is held against the threshold, in [0, 1]; None where it is unknown."""
    n: int = 0
    """Rows that it was judged by, >= 0."""
    reason: str = ""
    """In words: what was found, or why nothing can be said."""
    rows: tuple[Offence, ...] = ()
    """The first offences, at most ``MOST_ROWS``, worst first where they differ."""
    more: int = 0
    """Offences besides those in ``rows``, >= 0."""
    details: Mapping[str, Json] = field(default_factory=dict)
    """Figures behind the value; JSON."""
    is_lasting: bool = True
    """Whether asking again would give the same; a function that failed may do better."""

    @property
    def could_not_judge(self) -> bool:
        """Whether the check itself is broken: not too little data, but no verdict."""
        return self.outcome is Outcome.UNKNOWN and not self.is_lasting

    def __post_init__(self) -> None:
        if len(self.rows) > MOST_ROWS:
            raise ValueError(f"a finding keeps at most {MOST_ROWS} rows, got {len(self.rows)}")
        if not self.count >= 0:
            raise ValueError(f"count must be >= 0, got {self.count}")


def unknown(reason: str, n: int = 0) -> Finding:
    """Say that nothing can be said, and why."""
    return Finding(outcome=Outcome.UNKNOWN, reason=reason, n=n)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check says of one version of a dataset."""

    key: str
    """Hash of all that decides the answer, 64 hex digits; equal keys, equal answers."""
    code: str
    """``DC01`` …; stable, with a page in the docs."""
    name: str
    """``schema`` …; the name of its settings."""
    severity: Severity
    """Whether a fail stops a merge."""
    threshold: float
    """The largest value that passes (for class-balance: the smallest)."""
    against: str | None
    """What the version was compared with, where it was: a ref."""
    finding: Finding
    """What was found."""
    checked_at: datetime
    """When it was first found, UTC."""

    @property
    def outcome(self) -> Outcome:
        """Pass, fail or unknown."""
        return self.finding.outcome

    @property
    def gates(self) -> bool:
        """Whether it stands in the way of a merge: a broken gate lets nothing through."""
        return self.severity is Severity.GATE and (self.outcome is Outcome.FAIL or self.finding.could_not_judge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """All that the checks say of one version of a dataset."""

    ref: str
    """What was asked for."""
    dataset: str
    """Its dataset."""
    data_commit: DataCommitId
    """The version it named."""
    content_hash: ContentHash
    """Hash of the rows of that version."""
    against: str | None
    """What it was compared with: a ref, or None where there was nothing before it."""
    against_commit: DataCommitId | None
    """The version that this named."""
    rows: int
    """Rows of the version."""
    checks: tuple[CheckResult, ...]
    """One per check, and per version compared with, by code."""
    ran: int = 0
    """How many of them were worked out now; the others were known."""

    @property
    def outcome(self) -> Outcome:
        """Fail when a gate fails or is broken; else unknown when a gate can't say; else pass."""
        return gate_outcome(self.checks)


def gate_outcome(checks: tuple[CheckResult, ...]) -> Outcome:
    """Join the outcomes of the checks that gate."""
    if any(one.gates for one in checks):
        return Outcome.FAIL
    is_unsure = any(one.severity is Severity.GATE and one.outcome is Outcome.UNKNOWN for one in checks)
    return Outcome.UNKNOWN if is_unsure else Outcome.PASS


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Whether a version may be merged, as far as its checks go."""

    outcome: Outcome
    """Pass, fail or unknown."""
    reasons: tuple[str, ...]
    """One sentence per gate that fails or can't say."""
    checked: Checked
    """The checks behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """One time that a ref was checked: a line of its history."""

    number: int
    """Grows with time."""
    ref: str
    """What was asked for."""
    data_commit: DataCommitId
    """The version it named then."""
    against: str | None
    """What it was compared with."""
    against_commit: DataCommitId | None
    """The version that this named then."""
    outcome: Outcome
    """Of the gates together."""
    counts: Mapping[Outcome, int]
    """Checks by outcome."""
    actor: str
    """Who asked."""
    at: datetime
    """When, UTC."""
