"""Say of answers which class they name and whether they are wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curiouser.evaluations.test_set import UNLABELLED, TestSet
from curiouser.kernel.configuration import Task
from curiouser.measure import Answers, BoolArray, IntArray, TaskKind, answered_classes, right_answers
from curiouser.models import Model


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wrongness:
    """Which rows a model gets wrong."""

    wrong: BoolArray
    """``(n,)``, True where the answer is wrong; False where that is not known."""
    known: BoolArray
    """``(n,)``, True where the row has a label and the model answered."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marked:
    """What one model answered to some rows, and which answers are wrong."""

    answers: Answers
    """``(k,)`` answers."""
    classes: IntArray
    """``(k,)``, class code after the threshold; -1 where there is none."""
    wrong: BoolArray
    """``(k,)``, True where the answer is wrong; False where that is not known."""
    known: BoolArray
    """``(k,)``, True where the row has a label and the model answered."""


def wrongness(
    task: Task, model: Model, answers: Answers, test_set: TestSet, places: IntArray | None = None
) -> Wrongness:
    """Mark wrong answers: another class than the label, or a miss beyond the tolerance.

    Args:
        task: What an answer looks like.
        model: Gives the threshold.
        answers: Its answers to all rows, or to those at ``places``.
        test_set: The rows.
        places: ``(k,)``, which rows the answers are to; None for all.
    """
    truth = test_set.truth if places is None else test_set.truth[places]
    labelled = test_set.labelled if places is None else test_set.labelled[places]
    right = right_answers(TaskKind(task.kind), truth, answers, threshold=model.threshold, tolerance=task.tolerance)
    if right is None:
        nothing = np.zeros(len(labelled), np.bool_)
        return Wrongness(wrong=nothing, known=nothing)
    known = labelled & answers.valid
    return Wrongness(wrong=known & ~right, known=known)


def classes_of(task: Task, model: Model, answers: Answers) -> IntArray:
    """Class code of every answer after the threshold: ``(n,)``, -1 where there is none."""
    codes = answered_classes(TaskKind(task.kind), answers, model.threshold)
    if codes is None:
        return np.full(len(answers.valid), UNLABELLED, np.int64)
    return np.where(answers.valid, codes, UNLABELLED)


def marked(task: Task, model: Model, answers: Answers, test_set: TestSet, places: IntArray) -> Marked:
    """Mark the answers to the rows at ``places``."""
    found = wrongness(task, model, answers, test_set, places)
    return Marked(answers=answers, classes=classes_of(task, model, answers), wrong=found.wrong, known=found.known)
