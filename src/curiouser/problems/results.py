"""What is computed about problems and never typed in: standings, triage, histories, the check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from curiouser.kernel.canonical import Json
from curiouser.kernel.ids import DataCommitId, ExampleId, ProblemName
from curiouser.measure import Measured, ProblemState
from curiouser.problems.records import AffectedSource, Pattern, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Patterns expected to have their label, by what the model made of them; binary tasks only."""

    true_positive: int
    """Positive, and called so, >= 0."""
    false_positive: int
    """Negative, and called positive, >= 0."""
    true_negative: int
    """Negative, and called so, >= 0."""
    false_negative: int
    """Positive, and called negative, >= 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One problem on one model, on one data commit of the test set."""

    problem: ProblemName
    """The problem."""
    model: str
    """The model, by its title."""
    state: ProblemState
    """What can be said of it."""
    error: Measured
    """Failed / scored Cases, those memorised left out; missing: Cases without an answer."""
    failed: int
    """Failed Cases among them, >= 0."""
    tolerance: float
    """The problem's tolerance."""
    lower_bound: float | None
    """One-sided 95 % lower bound of the error; None where nothing was scored."""
    upper_bound: float | None
    """One-sided 95 % upper bound of the error; None where nothing was scored."""
    more_needed: int | None
    """Passing: further Cases, all without error, that would prove it; else None."""
    models_tried: int | None
    """Fixed: on how many models this problem was scored; else None."""
    cases: int
    """All Cases, memorised or not, >= 0."""
    patterns: int
    """All patterns, >= 0."""
    memorised: int
    """Patterns that stand in the model's training data, >= 0."""
    gone: int
    """Patterns whose rows are no longer in the test set, >= 0."""
    failed_of_all: int
    """Failed Cases, the memorised ones included, >= 0."""
    scored_of_all: int
    """Scored Cases, the memorised ones included, >= 0."""
    confusion: Confusion | None
    """Patterns by what became of them, memorised ones left out; None where the task is not binary."""
    flipped: tuple[ExampleId, ...] = ()
    """Slipped or regressed: patterns that hold on the live model and fail here."""
    sentence: str = ""
    """The state in plain words."""

    @property
    def beyond_bound(self) -> bool:
        """Whether the error is above the tolerance beyond chance."""
        return self.lower_bound is not None and self.lower_bound > self.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedShare:
    """Percent of users affected, as it was found."""

    percent: float
    """Percent of users in [0, 100]: the middle of a stated range, else users / active users."""
    low: float
    """Lower end, percent: of the stated range, or of the 95 % interval."""
    high: float
    """Upper end, percent."""
    source: AffectedSource
    """Typed, from rows, or from reports (a lower bound)."""
    says: str
    """Where it comes from, in words: the reason, or the window and the counts."""
    users: int | None = None
    """Users affected; None where it was stated."""
    active: int | None = None
    """Users active in the window; None where it was stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactValue:
    """Percent affected x error x harm, with the range that 10,000 joint draws gave."""

    value: float
    """The product of the three, >= 0."""
    low: float
    """2.5 % of the draws lie below."""
    high: float
    """2.5 % of the draws lie above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriagedProblem:
    """One line of the triage."""

    problem: Problem
    """The problem."""
    standing: Standing
    """How it stands with the model."""
    impact: ImpactValue | None
    """None where a factor is missing."""
    rank_best: int | None
    """Best place among the ranked, 1 is first; None where it is not ranked."""
    rank_worst: int | None
    """Worst place among the ranked."""
    affected: AffectedShare | None
    """Percent of users affected; None where it is not known."""
    harm: float | None
    """Cost of one wrong answer to one user; None where it is not set, or set apart only."""
    harm_false_positive: float | None
    """The same for false positives, where set apart."""
    harm_false_negative: float | None
    """The same for false negatives, where set apart."""
    fill: tuple[str, ...] = ()
    """What is missing and the command that fills it, one line each; empty where it is ranked."""
    error_times_harm: float | None = None
    """What the unranked are ordered by, where it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """Problems ranked by Impact (slides 48-50)."""

    model: str
    """The model it is about."""
    live: str | None
    """The live model, if one is named."""
    test_set: DataCommitId
    """The data commit."""
    problems: tuple[TriagedProblem, ...]
    """Ranked ones first by Impact; then those with a missing factor, by error x harm."""
    notes: tuple[str, ...] = ()
    """What a reader must know besides, one sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemHistory:
    """The error of one problem over the models in order (slide 47)."""

    problem: Problem
    """The problem."""
    standings: tuple[Standing, ...]
    """One per model, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Histories of problems on one data commit."""

    test_set: DataCommitId
    """The data commit."""
    live: str | None
    """The live model, if one is named."""
    problems: tuple[ProblemHistory, ...]
    """In order of name."""


class PatternOutcome(StrEnum):
    """What became of one pattern on one model."""

    HELD = "held"
    FAILED = "failed"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternAnswer:
    """What one model made of one pattern."""

    outcome: PatternOutcome
    """Whether the expectation held."""
    answer: str | float | None
    """The class, or in regression the number; None where there is none."""
    score: float | None
    """Binary: the positive class's score, where the model gives one."""
    confusion: str | None
    """TP, FP, TN or FN for a labelled pattern of a binary task; else None."""
    memorised: bool
    """Whether the pattern stands in the model's training data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPattern:
    """A pattern with its row and what each model made of it (slide 44)."""

    pattern: Pattern
    """The pattern."""
    row: Mapping[str, Json] | None
    """Inputs and label by column; None where the row is gone."""
    origin: str | None
    """``pattern`` or ``sample``; None where the row is gone."""
    answers: Mapping[str, PatternAnswer]
    """By model title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProblem:
    """One problem with everything known of it."""

    problem: Problem
    """The problem."""
    test_set: DataCommitId
    """The data commit."""
    standings: tuple[Standing, ...]
    """One per model that was asked for, oldest first."""
    patterns: tuple[ShownPattern, ...]
    """By case and place, up to the limit."""
    total: int
    """All patterns, >= 0."""
    reports: tuple[int, ...]
    """Numbers of the user reports linked to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One problem in the gate."""

    problem: Problem
    """The problem."""
    standing: Standing
    """How it stands with the model."""
    live_state: ProblemState | None
    """How it stands with the live model; None without one, or where it is the same model."""
    blocks: bool
    """Whether it stops the model: regressed, or closed and failing beyond its bound."""
    warns: bool
    """Whether it deserves a look: slipped, or closed and failing without that proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """All problems run against one model, before it is let out (slides 42 and 61)."""

    model: str
    """The model."""
    live: str | None
    """The live model, if one is named."""
    test_set: DataCommitId
    """The data commit."""
    problems: tuple[Checked, ...]
    """In order of name."""

    @property
    def passed(self) -> bool:
        """Whether nothing stops the model."""
        return not any(one.blocks for one in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProblem:
    """One problem in a list."""

    problem: Problem
    """The problem."""
    patterns: int
    """Its patterns, >= 0."""
    cases: int
    """Its Cases, >= 0."""
    reports: int
    """Standing user reports linked to it, >= 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternsChanged:
    """What a step did to a problem's patterns."""

    problem: Problem
    """The problem."""
    patterns: int
    """Patterns it has now, >= 0."""
    cases: int
    """Cases it has now, >= 0."""
    added: int
    """Patterns that came, >= 0."""
    removed: int
    """Patterns that went, >= 0."""
    committed: int
    """Rows added to the test dataset, >= 0."""
    reused: int
    """Patterns whose rows stood there already, >= 0."""
    data_commit: DataCommitId | None
    """The data commit that holds them; None where the dataset was not touched."""
    notes: tuple[str, ...] = ()
    """What a reader must know besides, one sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteImported:
    """What importing a suite did."""

    problems: tuple[PatternsChanged, ...]
    """One per test of the suite, in its order."""
    unchanged: tuple[ProblemName, ...]
    """Tests that were imported before and have not changed."""
    skipped: Mapping[str, int]
    """Cases left out by test: their expectation was a function, >= 1."""
    committed: int
    """Rows added to the test dataset, >= 0."""
