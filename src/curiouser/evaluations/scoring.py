"""Scores of one model on chosen rows, whatever their order and names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from curiouser.evaluations.canonical_order import canonical_order
from curiouser.evaluations.errors import MetricNotFoundError
from curiouser.evaluations.notes import sample_notes
from curiouser.evaluations.records import Scores
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.configuration import Task
from curiouser.measure import (
    Answers,
    BoolArray,
    FloatArray,
    IntArray,
    Measured,
    Metric,
    TaskKind,
    metrics_of,
    score_all,
    seeded,
)
from curiouser.models import Model

ARITHMETIC = 1
"""Raised when a number of an old evaluation would come out differently: old ones are then computed anew."""

PROBABILITY_METRICS = ("log_loss", "brier", "ece")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChosenRows:
    """Labelled rows in the order they are measured in."""

    places: IntArray
    """``(n,)``, rows of the test set."""
    truth: IntArray | FloatArray
    """``(n,)``."""
    clusters: IntArray | None
    """``(n,)``, users by first appearance."""
    weights: FloatArray | None
    """``(n,)``; None where all rows count the same."""
    seed: str
    """Hash of all that is measured."""


def choose(test_set: TestSet, mask: BoolArray, answers: tuple[Answers, ...], *, weighted: bool) -> ChosenRows:
    """Take the marked rows in canonical order, with everything that is measured on them."""
    places = np.flatnonzero(mask)
    truth = test_set.truth[places]
    weights = test_set.weights[places] if weighted and test_set.weights is not None else None
    clusters = None if test_set.clusters is None else test_set.clusters[places]
    content: list[npt.NDArray[Any]] = [truth, *([] if weights is None else [weights])]
    for one in answers:
        taken = take(one, places)
        content.append(taken.valid)
        content += [
            np.where(taken.valid, column, 0)
            for part in (taken.codes, taken.scores, taken.numbers, taken.probabilities)
            if part is not None
            for column in np.atleast_2d(part.T)
        ]
    ordered = canonical_order(content, clusters)
    return ChosenRows(
        places=places[ordered.order],
        truth=truth[ordered.order],
        clusters=ordered.clusters,
        weights=None if weights is None else weights[ordered.order],
        seed=ordered.seed,
    )


def take(answers: Answers, places: IntArray) -> Answers:
    """Take some rows of a model's answers, in a given order."""
    return Answers(
        valid=answers.valid[places],
        codes=None if answers.codes is None else answers.codes[places],
        scores=None if answers.scores is None else answers.scores[places],
        probabilities=None if answers.probabilities is None else answers.probabilities[places],
        numbers=None if answers.numbers is None else answers.numbers[places],
    )


def metrics_for(task: Task) -> dict[str, Metric]:
    """List the metrics of a task, the headline's first."""
    return metrics_of(TaskKind(task.kind), task.classes)


def metric_for(task: Task, name: str | None) -> Metric:
    """Find a metric of a task; the headline's when no name is given.

    Raises:
        MetricNotFoundError: No metric has this name.
    """
    known = metrics_for(task)
    if name is not None and name not in known:
        raise MetricNotFoundError(name, list(known))
    return known[name or next(iter(known))]


def score_rows(
    task: Task,
    model: Model,
    test_set: TestSet,
    answers: Answers,
    mask: BoolArray,
    *,
    weighted: bool,
    metrics: Collection[str],
) -> Scores:
    """Score a model on the marked rows; where an answer is missing, every score is undefined and says so.

    Args:
        task: What an answer looks like.
        model: Whose answers they are; its threshold decides the classes.
        test_set: The rows.
        answers: The model's answers to all rows.
        mask: ``(n,)``, which rows; those without a label are never among them.
        weighted: Whether rows count by their weight.
        metrics: Names of the task's metrics.
    """
    lacking = int(np.count_nonzero(mask & ~answers.valid))
    if lacking:
        answered = int(np.count_nonzero(mask)) - lacking
        return {name: incomplete(answered, lacking) for name in metrics}
    chosen = choose(test_set, mask, (answers,), weighted=weighted)
    scores = score_all(
        TaskKind(task.kind),
        chosen.truth,
        take(answers, chosen.places),
        rng=seeded("score", chosen.seed),
        threshold=model.threshold,
        classes=task.classes,
        tolerance=task.tolerance,
        clusters=chosen.clusters,
        weights=chosen.weights,
        metrics=metrics,
    )
    if not model.margins:
        return scores
    return {name: _no_probability(one) if name in PROBABILITY_METRICS else one for name, one in scores.items()}


def _no_probability(one: Measured) -> Measured:
    reason = "the model's scores are margins, not probabilities"
    return replace(one, value=None, low=None, high=None, method="not computed", reason=reason)


def score_headline(
    task: Task,
    model: Model,
    test_set: TestSet,
    answers: Answers,
    *,
    metrics: Collection[str],
    mask: BoolArray | None = None,
) -> Scores:
    """Score a model on rows drawn from users, or on a slice of them; without any, say why there is no score.

    Args:
        task: What an answer looks like.
        model: Whose answers they are.
        test_set: The rows.
        answers: The model's answers to all rows.
        metrics: Names of the task's metrics; those the model's answers do not allow are undefined.
        mask: ``(n,)``, the slice; None for all rows.
    """
    rows = test_set.headline if mask is None else test_set.headline & mask
    scores = score_rows(task, model, test_set, answers, rows, weighted=True, metrics=metrics)
    reasons = sample_notes(test_set)
    if reasons:
        return {name: replace(one, reason=reasons[0]) for name, one in scores.items()}
    return scores


def incomplete(answered: int, lacking: int) -> Measured:
    """Say that a score waits for answers."""
    reason = f"needs {lacking:,} prediction{'' if lacking == 1 else 's'}"
    return Measured(value=None, low=None, high=None, n=answered, missing=lacking, method="not computed", reason=reason)
