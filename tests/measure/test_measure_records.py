"""Records refuse what no reader could trust."""

import numpy as np
import pytest

from curiouser.measure import Answers, Interval, Measured, Paired, TaskKind, metrics_of


def test_nan_never_leaves() -> None:
    with pytest.raises(ValueError, match=r"Measured\.value must be a finite number"):
        Measured(value=float("nan"), low=None, high=None, n=1, missing=0, method="x", reason="y")
    with pytest.raises(ValueError, match=r"Interval\.high"):
        Interval(low=0.0, high=float("inf"), method="x")
    with pytest.raises(ValueError, match=r"Paired\.p_value"):
        Paired(difference=0.0, low=None, high=None, p_value=float("nan"), method="x", n=1)


def test_what_is_undefined_needs_its_reason() -> None:
    with pytest.raises(ValueError, match="needs its reason"):
        Measured(value=None, low=None, high=None, n=0, missing=0, method="x")
    with pytest.raises(ValueError, match="needs its reason"):
        Paired(difference=None, low=None, high=None, p_value=None, method="x", n=0)


def test_an_interval_has_both_ends_in_order() -> None:
    with pytest.raises(ValueError, match="both ends or none"):
        Measured(value=1.0, low=0.0, high=None, n=1, missing=0, method="x", reason="y")
    with pytest.raises(ValueError, match="low <= high"):
        Measured(value=1.0, low=2.0, high=1.0, n=1, missing=0, method="x")


def test_answers_are_as_long_as_their_validity_and_not_empty_handed() -> None:
    with pytest.raises(ValueError, match="need codes, scores"):
        Answers(valid=np.array([True]))
    with pytest.raises(ValueError, match="answers for 2 rows, but valid has 1"):
        Answers(valid=np.array([True]), codes=np.array([0, 1]))


@pytest.mark.parametrize("kind", list(TaskKind))
def test_every_metric_has_a_sentence_a_range_and_a_direction(kind: TaskKind) -> None:
    for name, metric in metrics_of(kind, ("a", "b", "c", "d")).items():
        assert metric.name == name
        assert metric.sentence.endswith(".")
        assert metric.higher_is_better is not None or name == "bias"
        assert metric.low is None or metric.high is None or metric.low < metric.high


def test_top_accuracies_are_offered_only_where_there_are_more_classes() -> None:
    assert "top_3_accuracy" not in metrics_of(TaskKind.MULTICLASS, ("a", "b", "c"))
    assert "top_5_accuracy" in metrics_of(TaskKind.MULTICLASS, tuple("abcdef"))


def test_a_kind_of_task_that_is_none_has_no_metrics() -> None:
    with pytest.raises(ValueError, match="binary, multiclass, regression, got 'foo'"):
        metrics_of("foo")  # type: ignore[arg-type]  # what a caller without types may write
