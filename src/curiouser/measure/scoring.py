"""Score one model: every metric that its answers allow, each with its interval."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np

from curiouser.kernel.configuration import TaskKind
from curiouser.measure.binary import Binary, classes_at
from curiouser.measure.forms import Form
from curiouser.measure.intervals import measured
from curiouser.measure.multiclass import Multiclass, top_classes
from curiouser.measure.records import Answers, BoolArray, FloatArray, IntArray, Measured
from curiouser.measure.registry import Metric, metrics_of
from curiouser.measure.regression import Regression, within
from curiouser.measure.rows import Rows

FormOf = Callable[[str], Form]


def score_all(
    kind: TaskKind,
    truth: IntArray | FloatArray,
    answers: Answers,
    *,
    rng: np.random.Generator,
    threshold: float | None = None,
    classes: Sequence[str] = (),
    tolerance: float | None = None,
    clusters: IntArray | None = None,
    weights: FloatArray | None = None,
    metrics: Collection[str] | None = None,
) -> dict[str, Measured]:
    """Score one model's answers with every metric, or with those named.

    Args:
        kind: The kind of task.
        truth: ``(n,)``, class codes, or numbers in regression; every row has a label.
        answers: The model's answers to these rows; rows that are not valid are counted
            as missing and never scored.
        rng: Source of randomness; each metric draws from a stream of its own.
        threshold: Binary: positive is score >= threshold, in float64. None takes the
            answers' own classes.
        classes: Configured classes, in their order; multiclass needs them.
        tolerance: Regression: largest miss that counts as right.
        clusters: ``(n,)``, integer code of the user of each row; negative: not known.
        weights: ``(n,)``, > 0, 1 / selection probability.
        metrics: Names of ``metrics_of(kind, classes)``; None means all.

    Returns:
        One record per metric, in the order of ``metrics_of``.

    Raises:
        ValueError: Lengths differ, a code is no class, or a valid row holds NaN.
        KeyError: A metric has no such name.

    Source:
        DESIGN §4 and §7.

    Examples:
        >>> answers = Answers(valid=np.array([True, True, True, False]), codes=np.array([1, 0, 0, 0]))
        >>> scores = score_all("binary", np.array([1, 1, 0, 0]), answers, rng=np.random.default_rng(0))
        >>> scores["recall"].value, scores["recall"].n, scores["recall"].missing
        (0.5, 3, 1)
        >>> scores["roc_auc"].reason
        'the model gives no score'
    """
    kind = TaskKind(kind)
    known = metrics_of(kind, classes)
    unknown = [name for name in metrics or () if name not in known]
    if unknown:
        raise KeyError(f"no metric {unknown[0]!r} for a {kind} task; known: {', '.join(known)}")
    whole = Rows.of(len(truth), clusters=clusters, weights=weights)
    form_of = forms_of(
        kind,
        truth,
        answers,
        rows=whole,
        scored=answers.valid,
        threshold=threshold,
        classes=classes,
        tolerance=tolerance,
    )
    rows = whole.among(answers.valid)
    missing = whole.n - rows.n
    chosen = [name for name in known if metrics is None or name in metrics]
    streams = dict(zip(known, rng.spawn(len(known)), strict=True))
    numbers = {name: measured(form_of(name), rows, rng=streams[name], missing=missing) for name in chosen}
    return {name: _within_range(number, known[name]) for name, number in numbers.items()}


def _within_range(number: Measured, metric: Metric) -> Measured:
    """Cut an interval at the ends of the metric's range, which a skewed loss can pass."""
    low, high = number.low, number.high
    if low is None or high is None:
        return number
    low = low if metric.low is None else max(low, metric.low)
    high = high if metric.high is None else min(high, metric.high)
    return replace(number, low=low, high=high)


def forms_of(
    kind: TaskKind,
    truth: IntArray | FloatArray,
    answers: Answers,
    *,
    rows: Rows,
    scored: BoolArray,
    threshold: float | None,
    classes: Sequence[str],
    tolerance: float | None,
) -> FormOf:
    """Prepare one model's rows; what comes back computes a metric's form by its name.

    Args:
        kind: The kind of task.
        truth: ``(n,)``, class codes or numbers.
        answers: The model's answers.
        rows: Weights and users of all n rows.
        scored: ``(n,)``, which rows to score; each must be valid.
        threshold: Binary: positive is score >= threshold.
        classes: Configured classes; multiclass needs them.
        tolerance: Regression: largest miss that counts as right.

    Returns:
        A function from metric name to form, on the scored rows.

    Raises:
        ValueError: Lengths differ, a code is no class, or a scored row holds NaN.

    Source:
        DESIGN §4.

    Examples:
        >>> both = np.array([0, 1])
        >>> form_of = forms_of(TaskKind.BINARY, both, Answers(valid=both >= 0, codes=both), rows=Rows.of(2),
        ...                    scored=both >= 0, threshold=None, classes=(), tolerance=None)
        >>> form_of("accuracy").summed.codes.tolist()
        [0, 3]
    """
    if len(answers.valid) != rows.n:
        raise ValueError(f"{len(answers.valid)} answers for {rows.n} rows")
    kept = rows.among(scored)
    if kind == TaskKind.REGRESSION:
        numbers = _kept(answers.numbers, scored, "numbers")
        if numbers is None:
            raise ValueError("regression needs answers with numbers")
        true = np.asarray(truth, dtype=np.float64)[scored]
        _refuse_not_finite(true, "truth")
        return Regression(true, numbers, kept, tolerance=tolerance).form
    count = 2 if kind == TaskKind.BINARY else len(classes)
    codes = _codes(np.asarray(truth, dtype=np.int64)[scored], count, "truth")
    answered = answered_classes(kind, answers, threshold)
    own = None if answered is None else _codes(answered[scored], count, "answer")
    if kind == TaskKind.BINARY:
        return Binary(codes, own, _kept(answers.scores, scored, "scores"), kept).form
    if own is None:
        raise ValueError("a multiclass task needs answers with codes or probabilities")
    return Multiclass(codes, own, _kept(answers.probabilities, scored, "probabilities"), kept, classes=classes).form


def answered_classes(kind: TaskKind, answers: Answers, threshold: float | None) -> IntArray | None:
    """Class codes of the answers, or None where the model's threshold is not set.

    Args:
        kind: Binary or multiclass.
        answers: The model's answers.
        threshold: Binary: positive is score >= threshold; None takes the codes given.

    Returns:
        ``(n,)``; what stands in a row that is not valid means nothing.

    Source:
        DESIGN §4: score >= threshold in float64; ties of the highest probability go to
        the first configured class.

    Examples:
        >>> scored = Answers(valid=np.array([True]), scores=np.array([0.5]))
        >>> answered_classes(TaskKind.BINARY, scored, 0.5).tolist()
        [1]
    """
    if kind == TaskKind.BINARY and answers.scores is not None and threshold is not None:
        return classes_at(answers.scores, threshold)
    if answers.codes is not None:
        return answers.codes
    if kind == TaskKind.MULTICLASS and answers.probabilities is not None:
        return top_classes(answers.probabilities)
    return None


def right_answers(
    kind: TaskKind,
    truth: IntArray | FloatArray,
    answers: Answers,
    *,
    threshold: float | None = None,
    tolerance: float | None = None,
) -> BoolArray | None:
    """Say which answers are right: the class is the label's, or the miss is within the tolerance.

    Args:
        kind: The kind of task.
        truth: ``(n,)``, class codes or numbers.
        answers: The model's answers.
        threshold: Binary: positive is score >= threshold.
        tolerance: Regression: largest miss that counts as right.

    Returns:
        ``(n,)``, False also where the row is not valid; None where no answer can be
        right or wrong (no threshold, no tolerance).

    Source:
        DESIGN §5.

    Examples:
        >>> answers = Answers(valid=np.array([True, True]), scores=np.array([0.7, 0.7]))
        >>> right_answers(TaskKind.BINARY, np.array([1, 0]), answers, threshold=0.5).tolist()
        [True, False]
    """
    if kind == TaskKind.REGRESSION:
        if tolerance is None or answers.numbers is None:
            return None
        numbers = np.where(answers.valid, answers.numbers, 0.0)
        return within(np.asarray(truth, dtype=np.float64), numbers, tolerance) & answers.valid
    codes = answered_classes(TaskKind(kind), answers, threshold)
    return None if codes is None else np.asarray((codes == truth) & answers.valid)


def _kept(values: FloatArray | None, scored: BoolArray, name: str) -> FloatArray | None:
    if values is None:
        return None
    kept = np.asarray(values[scored], dtype=np.float64)
    if name == "numbers":
        _refuse_not_finite(kept, name)
    elif bool(np.isnan(kept).any()):
        raise ValueError(f"{name} hold NaN in a valid row: mark the row as not valid")
    return kept


def _refuse_not_finite(values: FloatArray, name: str) -> None:
    if not bool(np.all(np.isfinite(values))):
        raise ValueError(f"{name} hold a value that is not finite in a valid row: mark the row as not valid")


def _codes(codes: IntArray, count: int, name: str) -> IntArray:
    whole = np.asarray(codes, dtype=np.int64)
    if len(whole) and (int(whole.min()) < 0 or int(whole.max()) >= count):
        raise ValueError(f"a {name} code is outside 0 .. {count - 1}")
    return whole
