"""The metrics by name: what each says, which way is up, and what it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from curiouser.kernel.configuration import TaskKind


class Need(StrEnum):
    """What a model must give for a metric."""

    CLASS = "class"
    SCORE = "score"
    PROBABILITIES = "probabilities"
    NUMBER = "number"


class Family(StrEnum):
    """How a metric is computed, and so how it is tested."""

    COUNT = "count"
    RANKING = "ranking"
    MEAN = "mean"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric, in words for people who do not build models."""

    name: str
    """As it stands in scores, commands and files: ``balanced_accuracy``."""
    sentence: str
    """What it says, in one plain sentence."""
    higher_is_better: bool | None
    """Which way is up; None where nearer to 0 is better (bias)."""
    low: float | None
    """Smallest possible value; None where there is none."""
    high: float | None
    """Largest possible value; None where there is none."""
    needs: Need
    """What the model must give."""
    family: Family
    """How it is computed."""


def _share(name: str, sentence: str, needs: Need = Need.CLASS, family: Family = Family.COUNT) -> Metric:
    return Metric(name=name, sentence=sentence, higher_is_better=True, low=0.0, high=1.0, needs=needs, family=family)


def _loss(name: str, sentence: str, needs: Need, *, high: float | None = None, family: Family = Family.MEAN) -> Metric:
    return Metric(name=name, sentence=sentence, higher_is_better=False, low=0.0, high=high, needs=needs, family=family)


_BINARY = (
    _share("accuracy", "Share of all answers that are right."),
    _share("balanced_accuracy", "Mean of recall and specificity, so that a rare class counts as much as a common one."),
    _share("precision", "Share of the positive answers that are right."),
    _share("recall", "Share of the positive rows that were found."),
    _share("specificity", "Share of the negative rows that were left alone."),
    _share("f1", "Balance of precision and recall, both counting the same."),
    _share("f2", "Balance of precision and recall, recall counting twice as much."),
    _share("f0.5", "Balance of precision and recall, precision counting twice as much."),
    _share("roc_auc", "Chance that a positive row has a higher score than a negative one.", Need.SCORE, Family.RANKING),
    _share("average_precision", "Precision averaged over every threshold.", Need.SCORE, Family.RANKING),
    _loss("log_loss", "Surprise at what happened, given the probabilities.", Need.SCORE),
    _loss("brier", "Mean squared gap between probability and what happened.", Need.SCORE, high=1.0),
    _loss(
        "ece",
        "Gap between the positive class's probability and its frequency, over 15 bins.",
        Need.SCORE,
        high=1.0,
        family=Family.OTHER,
    ),
)
_MULTICLASS = (
    _share("accuracy", "Share of all answers that are right."),
    _share("balanced_accuracy", "Mean recall over the classes that occur, each counting the same."),
    _share("macro_f1", "F1 of each class, averaged, each class counting the same."),
    _share("micro_f1", "F1 over all answers together; with one answer per row it equals accuracy."),
    _share("weighted_f1", "F1 of each class, averaged, each class counting by its rows."),
    _share("macro_precision", "Precision of each class, averaged, each class counting the same."),
    _share("macro_recall", "Recall of each class, averaged, each class counting the same."),
    _loss("log_loss", "Surprise at what happened, given the probabilities.", Need.PROBABILITIES),
    _loss("brier", "Mean squared distance between probabilities and what happened.", Need.PROBABILITIES, high=2.0),
    _loss(
        "ece",
        "Gap between the probability of the answered class and how often it is right, over 15 bins.",
        Need.PROBABILITIES,
        high=1.0,
        family=Family.OTHER,
    ),
)
_REGRESSION = (
    _loss("mae", "Mean size of the miss.", Need.NUMBER),
    _loss("rmse", "Square root of the mean squared miss; large misses count more.", Need.NUMBER),
    Metric(
        name="r2",
        sentence="Share of the spread of the true numbers that the answers explain.",
        higher_is_better=True,
        low=None,
        high=1.0,
        needs=Need.NUMBER,
        family=Family.OTHER,
    ),
    _loss("median_absolute_error", "Half of the answers miss by less.", Need.NUMBER, family=Family.OTHER),
    _loss("p90_absolute_error", "Nine of ten answers miss by less.", Need.NUMBER, family=Family.OTHER),
    _share("within_tolerance", "Share of the answers that miss by no more than the tolerance.", Need.NUMBER),
    Metric(
        name="bias",
        sentence="Mean of answer minus truth: above 0 the model answers too high.",
        higher_is_better=None,
        low=None,
        high=None,
        needs=Need.NUMBER,
        family=Family.MEAN,
    ),
)
_TOP = (3, 5)
_PER_CLASS = (
    ("precision", "Share of the answers {} that are right."),
    ("recall", "Share of the rows that are {} that were found."),
    ("f1", "Balance of precision and recall of {}."),
)


def metrics_of(kind: TaskKind, classes: Sequence[str] = ()) -> dict[str, Metric]:
    """List the metrics of a kind of task, the headline first.

    Args:
        kind: The kind of task.
        classes: Configured classes, in their order; read for multiclass only.

    Returns:
        Metrics by name; for several classes also ``top_3_accuracy`` and the like, and
        ``precision[class]``, ``recall[class]``, ``f1[class]``.

    Raises:
        ValueError: There is no such kind of task.

    Source:
        Slides 23-24: the business understands the metric before it signs it off.

    Examples:
        >>> list(metrics_of(TaskKind.REGRESSION))[0]
        'mae'
        >>> metrics_of(TaskKind.MULTICLASS, ["cat", "dog", "eel"])["recall[eel]"].sentence
        'Share of the rows that are eel that were found.'
    """
    if kind == TaskKind.BINARY:
        return {metric.name: metric for metric in _BINARY}
    if kind == TaskKind.REGRESSION:
        return {metric.name: metric for metric in _REGRESSION}
    if kind != TaskKind.MULTICLASS:
        raise ValueError(f"a task is one of {', '.join(TaskKind)}, got {kind!r}")
    tops = [
        _share(
            f"top_{count}_accuracy",
            f"Share of rows whose class is among the {count} most probable.",
            Need.PROBABILITIES,
        )
        for count in _TOP
        if count < len(classes)
    ]
    each = [_share(f"{name}[{one}]", text.format(one)) for one in classes for name, text in _PER_CLASS]
    return {metric.name: metric for metric in (*_MULTICLASS, *tops, *each)}
