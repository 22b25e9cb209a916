"""The nouns of models: a model and its versions, what asking gave, what somebody reported."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from curiouser.kernel.ids import ModelDigest, ModelName

ModelId = NewType("ModelId", int)
"""Number of one version of one model, unique in the workspace."""


class ModelKind(StrEnum):
    """What there is of a model."""

    PREDICTIONS = "predictions"
    PYTHON = "python"
    SKLEARN = "sklearn"
    REPORTED = "reported"

    @property
    def is_callable(self) -> bool:
        """Whether it can be asked about a new input."""
        return self in {ModelKind.PYTHON, ModelKind.SKLEARN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One version of a model: everything that decides its answers has one digest."""

    id: ModelId
    """The version's own number."""
    name: ModelName
    """Unique in a workspace, retired models included."""
    version: int
    """1, 2, 3 …: a callable whose code changed is a new version."""
    kind: ModelKind
    """What there is of it."""
    digest: ModelDigest
    """Predictions are kept under it: same digest, same answers."""
    threshold: float | None
    """Binary: a score at or above it is the positive class; in [0, 1] unless the scores are margins. None where the
    task is not binary."""
    columns: tuple[str, ...]
    """What its predictions are keyed by: ``("id", *inputs)`` for a file, the columns it reads for a callable."""
    source: Mapping[str, Any]
    """Where it came from and how it is asked; JSON."""
    live: bool
    """Whether this version is the one that users meet."""
    retired: bool
    """Whether it is left out of lists and evaluations; nothing of it is lost."""
    created_at: datetime
    """When this version was seen first, UTC."""
    created_by: str
    """Who added it."""

    @property
    def margins(self) -> bool:
        """Binary: whether its scores are margins on a scale of their own, and not probabilities."""
        return bool(self.source.get("margins", False))

    @property
    def title(self) -> str:
        """The name people call it by: ``mine``, or ``mine@2`` from the second version on."""
        return self.name if self.version == 1 else f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What adding a model did."""

    model: Model
    """The model, version 1."""
    rows: int = 0
    """Rows of the dataset the predictions are for, >= 0; 0 for callables."""
    answered: int = 0
    """Of these, rows with a prediction."""
    notes: tuple[str, ...] = ()
    """What a reader must know besides: what was normalised, what is missing; one sentence each."""

    @property
    def missing(self) -> int:
        """Rows without a prediction."""
        return self.rows - self.answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What ``update`` did."""

    model: Model
    """The model; its digest stays."""
    added: int
    """Rows that had no prediction and have one now."""
    unchanged: int
    """Rows whose prediction was given again, and is the same."""
    rows: int
    """Rows of the dataset."""
    missing: int
    """Rows that still have no prediction."""
    notes: tuple[str, ...] = ()
    """What a reader must know besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One model's answer to one input, or why there is none."""

    model: Model
    """Who was asked."""
    answer: str | float | None
    """The class, or in regression the number; None where there is an error."""
    score: float | None = None
    """Binary: score of the positive class, where the model gives one."""
    probabilities: Mapping[str, float] | None = None
    """Multiclass: probability of each class, where the model gives them."""
    known_as: str | None = None
    """The id of the stored row the answer was found under; None where the model itself was asked."""
    error: str | None = None
    """Why there is no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedScore:
    """A score somebody reported; the answers behind it are not here."""

    metric: str
    """Name of the metric, as reported."""
    value: float
    """The score, in the metric's unit."""
    n: int | None = None
    """Rows it was measured on; None where nobody said."""
    test_set: str | None = None
    """What it was measured on, in words."""
    slice: str | None = None
    """The part of the rows it is about; None for all of them."""
    note: str | None = None
    """What else was said."""

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"a reported score must be finite, got {self.value}")
        if self.n is not None and self.n < 0:
            raise ValueError(f"n must be >= 0, got {self.n}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEvent:
    """Something that was done to a model."""

    number: int
    """Grows with time, over all models."""
    what: str
    """``added``, ``version``, ``threshold``, ``live``, ``renamed``, ``retired``, ``restored``, ``updated``."""
    detail: str
    """What exactly, in words."""
    actor: str
    """Who did it."""
    at: datetime
    """When, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a model may use while it answers; beyond that its child is killed and the batch is lost."""

    batch_s: float = 60.0
    """Longest time for one batch, seconds, > 0."""
    start_s: float = 300.0
    """Longest time to import or load it, seconds, > 0."""
    memory_mb: int = 4096
    """Most memory of the child and its children together, MB (10^6 bytes), > 0."""
    file_mb: int = 256
    """Largest file it may write, MB, > 0."""
    batch_rows: int = 1024
    """Rows per batch, > 0."""

    def __post_init__(self) -> None:
        for name in ("batch_s", "start_s", "memory_mb", "file_mb", "batch_rows"):
            number = getattr(self, name)
            if not (math.isfinite(number) and number > 0):
                raise ValueError(f"{name} must be > 0, got {number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What a callable may touch besides reading its project; recorded when it is added."""

    reads: tuple[str, ...] = ()
    """Files or folders of the project whose content decides answers: part of the digest."""
    writes: tuple[str, ...] = ()
    """Folders of the project it may write to; never part of the digest."""
    network: bool = False
    """Whether it may open connections."""
    limits: Limits = field(default_factory=Limits)
    """What it may use."""
