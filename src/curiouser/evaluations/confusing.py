"""Count which classes a model takes for which."""

from __future__ import annotations

import numpy as np

from curiouser.evaluations.records import ConfusionCell, ConfusionMatrix
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.measure import Answers, BoolArray, answered_classes, confusion
from curiouser.models import Model


def confusion_matrix(task: Task, model: Model, test_set: TestSet, answers: Answers, rows: BoolArray) -> ConfusionMatrix:
    """Count the marked rows by label and by the model's class after its threshold.

    It follows from answers that are kept, at the cost of one pass, so it is made when it is looked at.

    Args:
        task: Says which classes there are.
        model: Gives the threshold.
        test_set: The rows.
        answers: The model's answers to all of them.
        rows: ``(n,)``, which rows; those without a label are never among them.
    """
    if task.kind is TaskKind.REGRESSION:
        return _none(task, "a regression task has no classes")
    missing = int(np.count_nonzero(rows & ~answers.valid))
    codes = answered_classes(TaskKind(task.kind), answers, model.threshold)
    if codes is None:
        return _none(task, "the model gives a score and no class: set its threshold", missing)
    counted = rows & answers.valid
    if not counted.any():
        return _none(task, "no rows were scored", missing)
    cells = confusion(test_set.truth[counted].astype(np.int64), codes[counted], classes=len(task.classes))
    return ConfusionMatrix(
        classes=task.classes,
        cells=tuple(ConfusionCell(truth=truth, answer=answer, count=count) for truth, answer, count in cells.tolist()),
        n=int(np.count_nonzero(counted)),
        missing=missing,
    )


def _none(task: Task, reason: str, missing: int = 0) -> ConfusionMatrix:
    return ConfusionMatrix(classes=task.classes, cells=(), n=0, missing=missing, reason=reason)
