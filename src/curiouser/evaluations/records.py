"""The nouns of evaluating: evaluations, slices, comparisons and the leaderboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from curiouser.kernel.ids import ContentHash, DataCommitId, ExampleId, ModelDigest
from curiouser.measure import Measured, Paired, Verdict

HEADLINE = "sample"
"""The slice that score, rank and verdict are about: rows drawn from users."""
ALL_ROWS = "all"
"""The slice of every labelled row, the written patterns included."""

Scores = Mapping[str, Measured]
"""Metric name -> score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionCell:
    """Rows of one class that were answered with one class."""

    truth: int
    """Place of the label in the task's classes, >= 0."""
    answer: int
    """Place of the answer in the task's classes, >= 0."""
    count: int
    """Rows, > 0; each counts as one, whatever its weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusedPair:
    """A class that is taken for another."""

    truth: str
    """The label."""
    answer: str
    """The wrong class that was answered."""
    count: int
    """Rows, > 0."""
    of: int
    """Rows with this label, >= count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionMatrix:
    """Rows by label and by answer; counted, not weighted."""

    classes: tuple[str, ...]
    """The task's classes, in their order; empty in regression."""
    cells: tuple[ConfusionCell, ...]
    """The cells that hold a row, by label, then by answer."""
    n: int
    """Rows counted: they have a label and an answer, >= 0."""
    missing: int
    """Rows with a label and no answer, >= 0."""
    reason: str | None = None
    """Why there is nothing to count; None where there is."""

    @property
    def counts(self) -> tuple[tuple[int, ...], ...]:
        """The whole grid, ``(classes, classes)``: first the label, then the answer."""
        grid = [[0] * len(self.classes) for _ in self.classes]
        for cell in self.cells:
            grid[cell.truth][cell.answer] = cell.count
        return tuple(map(tuple, grid))

    @property
    def most_confused(self) -> tuple[ConfusedPair, ...]:
        """Every class that was taken for another, most rows first, then the largest share of the label's rows."""
        of = [0] * len(self.classes)
        for cell in self.cells:
            of[cell.truth] += cell.count
        wrong = [cell for cell in self.cells if cell.truth != cell.answer]
        wrong.sort(key=lambda cell: (-cell.count, of[cell.truth]))
        return tuple(
            ConfusedPair(
                truth=self.classes[cell.truth],
                answer=self.classes[cell.answer],
                count=cell.count,
                of=of[cell.truth],
            )
            for cell in wrong
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Memorised:
    """Rows of a test set that a model may have seen in training."""

    rows: int | None
    """Rows drawn from users, with a label, that stand in the training data, >= 0; None where that is not known."""
    trained_on: str | None
    """The training data, as ``train@<data commit>``; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One model, at one threshold, on one data commit of a test set; its scores never change."""

    model: str
    """The model's name as it is called: ``mine`` or, where versions matter, ``mine@2``."""
    version: int
    """The version that was evaluated, >= 1."""
    digest: ModelDigest
    """What decides the model's answers."""
    threshold: float | None
    """Binary: a score at or above it is the positive class; None where it plays no part."""
    data_commit: DataCommitId
    """The test set's data commit; never "latest"."""
    complete: bool
    """Whether every row of the test set has an answer."""
    n: int
    """Rows of the headline that have an answer and a label, >= 0."""
    missing: int
    """Rows of the test set without an answer, >= 0: what is still to be predicted."""
    scores: Scores
    """The headline: over ``origin = sample``, weighted where weights are given."""
    all_rows: Scores
    """The same metrics over every labelled row."""
    confusion: ConfusionMatrix
    """Which classes were taken for which: over ``origin = sample``."""
    confusion_all: ConfusionMatrix
    """The same over every labelled row."""
    memorised: Memorised
    """How many of the headline's rows stand in the model's training data."""
    slices: Mapping[str, Scores] = field(default_factory=dict)
    """Slice name -> scores over its rows that were drawn from users."""
    error: str | None = None
    """What the model failed with; its scores are then undefined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How often a test set was looked at: many looks make a lucky winner likely."""

    models: int
    """Different models (by digest) evaluated on any data commit of this dataset, >= 0."""
    comparisons: int
    """Comparisons called on any data commit of this dataset, >= 0; this one is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRun:
    """What one call of ``evaluate`` did."""

    test_set: DataCommitId
    """The data commit all of it is about."""
    rows: int
    """Rows of the test set, >= 0."""
    sample: int
    """Of these, rows drawn from users, >= 0."""
    unlabelled: int
    """Rows without a label: counted here, never scored, >= 0."""
    model_calls: int
    """Rows that models were asked about in this call, >= 0."""
    evaluations: tuple[Evaluation, ...]
    """One per model, in order of name."""
    seen: Seen
    """How often these rows were looked at."""
    notes: tuple[str, ...] = ()
    """What a reader must know besides, one sentence each."""

    @property
    def failed(self) -> tuple[Evaluation, ...]:
        """The models that could not be evaluated."""
        return tuple(one for one in self.evaluations if one.error is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Rows selected by a predicate or by a list of ids, under a name."""

    name: str
    """What people call it."""
    where: str | None
    """The predicate, in canonical form; None for a list of ids."""
    ids: tuple[ExampleId, ...] | None
    """The rows by id, sorted; None for a predicate."""
    key: str
    """Hash of what it selects by: scores are kept under it, so that a name can be given anew."""
    automatic: bool = False
    """True for the slices that follow from the task's groups."""

    def __post_init__(self) -> None:
        if (self.where is None) == (self.ids is None):
            raise ValueError("a slice selects by a predicate or by ids, one of the two")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two models on the same rows; everything here is b against a."""

    a: str
    """The first model."""
    b: str
    """The second model."""
    paired: Paired
    """The difference b minus a, its interval, its test and its flips."""
    p_adjusted: float | None
    """p after Holm's correction within its family, in [0, 1]; None where p is undefined."""
    verdict: Verdict | None
    """Better, worse or no difference shown; None where there is nothing to judge by."""
    sentence: str
    """The verdict in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairsOfGroup:
    """The same pairs on a slice, or on a problem's patterns."""

    name: str
    """The slice or problem."""
    n: int
    """Labelled rows in it, >= 0."""
    pairs: tuple[Pair, ...]
    """One per pair of models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A row that one model got right and the other wrong."""

    id: ExampleId
    """The row."""
    a: str
    """First model of the pair."""
    b: str
    """Second model of the pair."""
    kind: str
    """``negative``: right in a and wrong in b; ``positive``: the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Models on one data commit, paired, with a verdict for each pair."""

    test_set: DataCommitId
    """The one data commit."""
    content_hash: ContentHash
    """Hash of its rows."""
    metric: str
    """What is compared."""
    models: tuple[str, ...]
    """The models as they were named, in the order of the call."""
    n: int
    """Rows compared: labelled, drawn from users, answered by all, >= 0."""
    left_out: int
    """With ``common``: rows left out because a model did not answer them, >= 0."""
    pairs: tuple[Pair, ...]
    """Every pair (a before b in the order of the call)."""
    slices: tuple[PairsOfGroup, ...] = ()
    """The same on slices; a family of their own for Holm's correction."""
    problems: tuple[PairsOfGroup, ...] = ()
    """The same on problems' patterns; a family of their own."""
    flips: tuple[Flip, ...] = ()
    """All rows that changed between right and wrong, by pair and id."""
    seen: Seen
    """How often these rows were looked at."""
    notes: tuple[str, ...] = ()
    """What a reader must know besides, one sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardScore:
    """What a model scored on one data commit."""

    test_set: DataCommitId
    """The data commit."""
    measured: Measured
    """The score; its value is None, with the reason, where it is not complete."""
    threshold: float | None = None
    """The threshold of that evaluation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardRow:
    """One model on the board."""

    model: str
    """Its name."""
    version: int
    """Its current version, >= 1."""
    kind: str
    """How it answers: predictions, python, sklearn or reported."""
    live: bool
    """Whether users get its answers now."""
    reported: Mapping[str, Mapping[str, object]]
    """Scores somebody wrote down: metric -> value, n and what else was said."""
    scores: tuple[LeaderboardScore, ...]
    """Scores on the board's data commits, oldest first; those it never saw are left out."""
    rank_best: int | None
    """Place on today's test set, 1 is first; None where it is not ranked."""
    rank_worst: int | None
    """The worst place it shares with models of exactly the same score."""
    level_with_best: bool | None
    """True where no difference from the best is shown; None where it is not ranked."""
    memorised: Memorised
    """How many of today's rows stand in the model's training data."""
    note: str = ""
    """Why it is not ranked: ``needs 10 predictions``, ``reported``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Models x data commits of one test set: then and now."""

    metric: str
    """What is shown and ranked by."""
    test_sets: tuple[DataCommitId, ...]
    """Data commits, oldest first; the last is today's."""
    models: tuple[LeaderboardRow, ...]
    """Ranked first, by today's score; then those without one, by name."""
    seen: Seen
    """How often these rows were looked at."""
    notes: tuple[str, ...] = ()
    """What a reader must know besides, one sentence each."""
