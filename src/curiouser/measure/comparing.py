"""Compare two models on the rows that both answered."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from curiouser.kernel.configuration import TaskKind
from curiouser.measure.paired import paired
from curiouser.measure.records import Answers, BoolArray, FloatArray, IntArray, Paired
from curiouser.measure.registry import Metric, metrics_of
from curiouser.measure.rows import Rows
from curiouser.measure.scoring import forms_of, right_answers


def compare_pair(
    kind: TaskKind,
    metric: str,
    truth: IntArray | FloatArray,
    answers_a: Answers,
    answers_b: Answers,
    *,
    rng: np.random.Generator,
    threshold_a: float | None = None,
    threshold_b: float | None = None,
    classes: Sequence[str] = (),
    tolerance: float | None = None,
    clusters: IntArray | None = None,
    weights: FloatArray | None = None,
    confidence: float = 0.95,
) -> Paired:
    """Compare two models on one metric, over the rows that both answered.

    Args:
        kind: The kind of task.
        metric: A name of ``metrics_of(kind, classes)``.
        truth: ``(n,)``, class codes, or numbers in regression.
        answers_a: Answers of model a to these rows.
        answers_b: Answers of model b to the same rows.
        rng: Source of randomness, where swaps cannot be enumerated.
        threshold_a: Binary: positive is score >= threshold, for model a.
        threshold_b: The same for model b.
        classes: Configured classes, in their order; multiclass needs them.
        tolerance: Regression: largest miss that counts as right.
        clusters: ``(n,)``, integer code of the user of each row; negative: not known.
        weights: ``(n,)``, > 0, 1 / selection probability.
        confidence: Coverage of the interval, in (0, 1); ``holm_confidences`` gives the
            one under which several intervals agree with their adjusted verdicts.

    Returns:
        The difference b minus a (for ``bias``, of its size) with interval, p value, flips
        over all shared rows, and the smallest difference these rows could have shown.

    Raises:
        ValueError: Lengths differ, a code is no class, or a valid row holds NaN.
        KeyError: A metric has no such name.

    Source:
        DESIGN §4.

    Examples:
        >>> truth = np.ones(20, dtype=np.int64)
        >>> a = Answers(valid=truth > 0, codes=np.array([1] * 10 + [0] * 10))
        >>> b = Answers(valid=truth > 0, codes=truth)
        >>> outcome = compare_pair("binary", "accuracy", truth, a, b, rng=np.random.default_rng(0))
        >>> outcome.difference, round(outcome.p_value, 4), outcome.positive_flips, outcome.negative_flips
        (0.5, 0.002, 10, 0)
    """
    kind = TaskKind(kind)
    known = metrics_of(kind, classes)
    if metric not in known:
        raise KeyError(f"no metric {metric!r} for a {kind} task; known: {', '.join(known)}")
    whole = Rows.of(len(truth), clusters=clusters, weights=weights)
    shared = _shared(answers_a, answers_b, whole.n)
    rows = whole.among(shared)
    forms, rights = [], []
    for answers, threshold in ((answers_a, threshold_a), (answers_b, threshold_b)):
        how = {"threshold": threshold, "tolerance": tolerance}
        forms.append(forms_of(kind, truth, answers, rows=whole, scored=shared, classes=classes, **how)(metric))
        rights.append(right_answers(kind, truth, answers, **how))
    outcome = paired(forms[0], forms[1], rows, rng=rng, confidence=confidence)
    negative, positive = _flips(rights[0], rights[1], shared)
    low, high = _within_range(outcome, known[metric])
    return replace(
        outcome,
        n=rows.n,
        missing=whole.n - rows.n,
        negative_flips=negative,
        positive_flips=positive,
        low=low,
        high=high,
    )


def _shared(a: Answers, b: Answers, n: int) -> BoolArray:
    if not len(a.valid) == len(b.valid) == n:
        raise ValueError(f"answers for {len(a.valid)} and {len(b.valid)} rows, truth for {n}")
    return np.asarray(a.valid & b.valid)


def _flips(right_a: BoolArray | None, right_b: BoolArray | None, shared: BoolArray) -> tuple[int | None, int | None]:
    if right_a is None or right_b is None:
        return None, None
    return int(np.count_nonzero(right_a & ~right_b & shared)), int(np.count_nonzero(right_b & ~right_a & shared))


def _within_range(outcome: Paired, metric: Metric) -> tuple[float | None, float | None]:
    """Cut the interval at the largest difference the metric allows."""
    if outcome.low is None or outcome.high is None or metric.low is None or metric.high is None:
        return outcome.low, outcome.high
    span = metric.high - metric.low
    return max(outcome.low, -span), min(outcome.high, span)
