"""What the checklist is judged by: counts and names, gathered through the services and judged nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """One dataset at the head of its main branch."""

    name: str
    """Its name."""
    rows: int
    """Rows, >= 0."""
    data_commits: int
    """Data commits on main, >= 1."""
    branches: int
    """Branches, main included, >= 1."""
    age_days: float
    """Days since the head of main was made, >= 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model that can answer, at its newest version."""

    name: str
    """Its title."""
    threshold: float | None
    """Where its scores are cut; None where nothing is cut."""
    threshold_by: str | None
    """Who chose that threshold for this very version, and when; None where it is the usual one or was carried over."""
    evaluated: bool
    """Whether it was ever evaluated, on any data commit of the test set."""
    complete: bool
    """Whether it has scores over every labelled row of today's test set."""
    calibrated: bool
    """Whether its evaluation on today's test set measures how far its probabilities can be believed."""
    trained_on: str | None
    """The version of data it was trained on; None where nobody said."""
    missing: int | None
    """Rows of today's test set that its file of predictions lacks, >= 0; None where that was not counted."""

    def __post_init__(self) -> None:
        if self.threshold is None and self.threshold_by is not None:
            raise ValueError("nobody can have chosen a threshold that is not there")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemFacts:
    """The problems of the test set, and how far they can be ranked on the model that users meet."""

    open: int
    """Problems that are open, >= 0."""
    closed: int
    """Problems that are closed and stay regression tests, >= 0."""
    patterns: int
    """Patterns of all of them, >= 0."""
    without_patterns: tuple[str, ...]
    """Open problems that no pattern describes."""
    model: str | None
    """The model they are ranked on: the live one, else the newest; None without a model."""
    lack_affected: tuple[str, ...]
    """Problems to rank whose percent of users affected is not known."""
    lack_harm: tuple[str, ...]
    """Problems to rank without a harm."""
    lack_error: tuple[str, ...]
    """Problems to rank without a scored pattern on that model."""
    unowned: tuple[str, ...]
    """Problems to rank that nobody looks after."""
    compared_cases: int
    """Cases that compare a changed input with the first one and that this model answered, >= 0."""
    changed_cases: int
    """Of these, Cases it failed, >= 0."""

    def __post_init__(self) -> None:
        for names in (self.lack_affected, self.lack_harm, self.lack_error, self.unowned):
            if len(names) > self.to_rank:
                raise ValueError(f"{len(names)} problems lack something, and there are {self.to_rank} to rank")
        if not 0 <= self.changed_cases <= self.compared_cases:
            raise ValueError(f"need 0 <= changed <= compared, got {self.changed_cases} of {self.compared_cases}")

    @property
    def total(self) -> int:
        """Open and closed ones, >= 0."""
        return self.open + self.closed

    @property
    def to_rank(self) -> int:
        """The open ones; where all are closed, those, >= 0."""
        return self.open or self.closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the probes may know."""

    kind: str
    """What the model answers with: binary, multiclass or regression."""
    tolerance: float | None
    """Regression: largest miss that counts as right; None where nobody said."""
    groups: tuple[str, ...]
    """Columns that say to which group of people a row belongs."""
    harm: Mapping[str, float]
    """The scale of harm, by level."""
    metrics: tuple[str, ...]
    """Metrics that every evaluation measures."""
    datasets: Mapping[str, DatasetFacts]
    """Datasets by name."""
    models: tuple[ModelFacts, ...]
    """Models that can answer and are not retired, oldest first."""
    reported: int
    """Models of which only reported scores remain, >= 0."""
    live: str | None
    """Title of the live model, if one is named."""
    evaluations: int
    """Evaluations that are kept, on any data commit of the test set, >= 0."""
    evaluated_commits: int
    """Data commits that they are of, >= 0."""
    comparisons: int
    """Comparisons that were made on the test set, >= 0."""
    problems: ProblemFacts
    """Problems."""
    reports: int
    """User reports that stand, >= 0."""
    waiting: int
    """Of these, reports that no problem answers, >= 0."""
    waiting_days: float | None
    """Days that the oldest of them has waited, >= 0; None where none waits."""

    @property
    def test(self) -> DatasetFacts | None:
        """The test set, where it has rows."""
        found = self.datasets.get("test")
        return found if found is not None and found.rows else None

    @property
    def live_model(self) -> ModelFacts | None:
        """The live model, where it is among those that can answer."""
        return next((one for one in self.models if one.name == self.live), None)
