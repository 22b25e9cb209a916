"""Models in rows and facts: what there is of each, where it stands today, and what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from curiouser.data import DataCommit, DatasetNotFoundError
from curiouser.evaluations import ALL_ROWS, HEADLINE, Leaderboard
from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.measure import Measured, Metric
from curiouser.models import Model, ModelKind
from curiouser.surfaces.bodies.evaluations import measured_body
from curiouser.surfaces.web.board_views import BoardLine, lines_of, scale_of
from curiouser.surfaces.web.tables import Column, Table
from curiouser.workspace import Workspace

TEST = "test"
_OF_A_CLASS = ("f1", "precision", "recall")
_KINDS = {
    ModelKind.PREDICTIONS: "a file of predictions",
    ModelKind.PYTHON: "a Python callable",
    ModelKind.SKLEARN: "a scikit-learn model",
    ModelKind.REPORTED: "reported scores only",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """One model in the list."""

    model: Model
    """The newest version."""
    line: BoardLine | None
    """Where it stands on today's test set; None for a retired one, or without a test set."""
    is_evaluated: bool
    """Whether it has scores on today's test set."""

    @property
    def waits(self) -> bool:
        """Whether an evaluation would bring it to today's test set."""
        return not (self.is_evaluated or self.model.retired or self.model.kind is ModelKind.REPORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    """Every model, and what the list says of them."""

    lines: Sequence[ModelLine]
    """By name."""
    metric: str
    """What the scores are; empty without a test set."""
    not_evaluated: Sequence[str]
    """Active models that an evaluation would bring to today's test set."""
    live: str | None
    """The model that users meet."""
    scale: tuple[float, float]
    """Ends of the bars' scale, the same for all."""

    @property
    def active(self) -> int:
        """Models that are not retired, >= 0."""
        return sum(not one.model.retired for one in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassScores:
    """How a model does on one of several classes, over the rows drawn from users."""

    name: str
    """The class."""
    f1: Measured
    """Both of the others in one."""
    precision: Measured
    """Share of the answers of this class that are right."""
    recall: Measured
    """Share of the rows of this class that were found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScores:
    """What evaluating one model gave."""

    metrics: Sequence[tuple[Metric, Measured, Measured | None]] = ()
    """Each metric over the rows drawn from users, and over all rows; empty where it was not evaluated."""
    classes: Sequence[str] = ()
    """Where there are more than two: each has metrics of its own, ``f1[CLASS]``."""
    by_slice: Sequence[tuple[str, Measured]] = ()
    """Slice -> the first metric on it."""
    slice_metric: str = ""
    """Which metric that is."""
    commit: DataCommit | None = None
    """Today's test set; None where there is none, or only reported scores remain."""

    @property
    def overall(self) -> list[tuple[Metric, Measured, Measured | None]]:
        """The metrics that are of no class."""
        own = {f"{kind}[{name}]" for name in self.classes for kind in _OF_A_CLASS}
        return [one for one in self.metrics if one[0].name not in own]

    @property
    def by_class(self) -> list[ClassScores]:
        """Each class, the weakest first; those that cannot be told stand last."""
        found = {metric.name: headline for metric, headline, _ in self.metrics}
        several = [
            ClassScores(name=name, **{kind: found[f"{kind}[{name}]"] for kind in _OF_A_CLASS})
            for name in self.classes
            if all(f"{kind}[{name}]" in found for kind in _OF_A_CLASS)
        ]
        return sorted(several, key=lambda one: (one.f1.value is None, one.f1.value or 0.0, one.name))


def model_list(workspace: Workspace, *, include_retired: bool) -> ModelList:
    """Gather the list of models."""
    models = workspace.models.list(include_retired=include_retired)
    board, evaluated = _board(workspace)
    by_title = {one.title: one for one in lines_of(board)} if board is not None else {}
    lines = [
        ModelLine(model=one, line=by_title.get(one.title), is_evaluated=one.id in evaluated) for one in models
    ]  # fmt: skip
    waiting = [
        one.model.title
        for one in lines
        if board is not None
        and not one.is_evaluated
        and not one.model.retired
        and one.model.kind is not ModelKind.REPORTED
    ]
    live = workspace.models.live()
    metric = board.metric if board is not None else ""
    scale = scale_of([one.line for one in lines if one.line is not None])
    title = live.title if live is not None else None
    return ModelList(lines=lines, metric=metric, not_evaluated=waiting, live=title, scale=scale)


def models_table(found: ModelList) -> Table:
    """The list for CSV and JSON."""
    keys = ("model", "version", "kind", "threshold", "live", "retired", "evaluated", "score", "low", "high", "n",
            "missing", "note", "created_at", "created_by", "digest")  # fmt: skip
    rows = [_row(one) for one in found.lines]
    return Table(name="models", caption="Models", columns=[Column(key=key, title=key) for key in keys], rows=rows)


def scores_of(workspace: Workspace, model: Model) -> ModelScores:
    """Gather what evaluating a model on today's test set gave: metrics for users and all rows, and per slice."""
    if model.kind is ModelKind.REPORTED:
        return ModelScores()
    try:
        test_set = workspace.evaluations.test_set(TEST)
    except DatasetNotFoundError:
        return ModelScores()
    kept, metrics = workspace.evaluations.kept(model, test_set), workspace.evaluations.metrics()
    first = next(iter(metrics))
    scores = [
        (metric, kept[HEADLINE][name], kept.get(ALL_ROWS, {}).get(name))
        for name, metric in metrics.items()
        if name in kept.get(HEADLINE, {})
    ]
    by_slice = [
        (one.slice.name, kept[one.slice.key][first])
        for one in workspace.evaluations.slices(test_set)
        if first in kept.get(one.slice.key, {})
    ]
    classes = workspace.configuration.task.classes
    return ModelScores(metrics=scores, classes=classes, by_slice=by_slice, slice_metric=first, commit=test_set.commit)


def scores_table(found: ModelScores) -> Table:
    """The scores of one model for CSV and JSON, long: one row per metric and slice."""
    rows: list[dict[str, Json]] = []
    for metric, headline, every in found.metrics:
        rows.append({"slice": HEADLINE, "metric": metric.name, **measured_body(headline)})
        if every is not None:
            rows.append({"slice": ALL_ROWS, "metric": metric.name, **measured_body(every)})
    rows += [{"slice": name, "metric": found.slice_metric, **measured_body(one)} for name, one in found.by_slice]
    keys = ("slice", "metric", "value", "low", "high", "n", "missing", "method", "reason")
    return Table(name="scores", caption="Scores", columns=[Column(key=key, title=key) for key in keys], rows=rows)


def facts_of(workspace: Workspace, model: Model) -> list[tuple[str, str]]:
    """Say where a model came from and how it is asked."""
    source = model.source
    said: list[tuple[str, object]] = [
        ("Kind", _KINDS[model.kind]),
        ("Version", model.version),
        ("Callable", source.get("target")),
        ("File", source.get("file")),
        ("Reads", ", ".join(model.columns)),
        ("Files it reads", ", ".join(source.get("reads", ()))),
        ("Network", "allowed" if source.get("network") else None),
        ("Sandbox", ", ".join(workspace.models.layers(model)) if model.kind.is_callable else None),
        ("Digest", model.digest),
    ]  # fmt: skip
    return [(name, str(value)) for name, value in said if value]


def _board(workspace: Workspace) -> tuple[Leaderboard | None, frozenset[int]]:
    try:
        board = workspace.evaluations.leaderboard(on=TEST, limit=500)
    except DatasetNotFoundError:
        return None, frozenset()
    return board, frozenset(workspace.evaluations.evaluated_models(TEST))


def _row(one: ModelLine) -> dict[str, Json]:
    model, line = one.model, one.line
    today = line.today if line is not None else None
    return {
        "model": model.name,
        "version": model.version,
        "kind": str(model.kind),
        "threshold": model.threshold,
        "live": model.live,
        "retired": model.retired,
        "evaluated": one.is_evaluated,
        "score": today.value if today is not None else None,
        "low": today.low if today is not None else None,
        "high": today.high if today is not None else None,
        "n": today.n if today is not None else None,
        "missing": today.missing if today is not None else None,
        "note": line.row.note if line is not None else None,
        "created_at": as_text(model.created_at),
        "created_by": model.created_by,
        "digest": model.digest,
    }
