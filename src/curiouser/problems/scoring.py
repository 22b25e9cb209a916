"""Judge patterns: which Cases failed, held, or could not be scored. Pure arithmetic on arrays.

A Case fails if any of its members fails, and is unscored if any of them has no
answer; a plain labelled pattern is a Case of its own. The error of a problem is
failed Cases / scored Cases (slides 44 and 49; for Cases, the reading of
CheckList's minimum functionality, invariance and directional tests).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.ids import ExampleId
from curiouser.measure import Answers, BoolArray, FloatArray, IntArray
from curiouser.problems.records import (
    QUANTITY_CLASS,
    QUANTITY_NUMBER,
    QUANTITY_PREDICTED,
    QUANTITY_SCORE,
    ExpectationKind,
    Pattern,
)

_KINDS = tuple(ExpectationKind)
OutcomeArray: TypeAlias = npt.NDArray[np.int8]
"""``(n,)``, an :class:`Outcome` each, as it is kept."""
_Array = TypeVar("_Array", BoolArray, IntArray)
_SAME_CLASS, _PREDICTED, _NUMBER = -3, -2, -1


class Outcome(IntEnum):
    """What became of a pattern, or of a Case."""

    HELD = 0
    FAILED = 1
    UNSCORED = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exam:
    """Patterns of one problem, laid out over the rows of one test set."""

    patterns: tuple[Pattern, ...]
    """``(n,)``, the patterns in the order of every array here; empty where exams were joined."""
    row: IntArray
    """``(n,)``, place of the pattern's row in the test set; -1 where it is gone."""
    first: IntArray
    """``(n,)``, place of the row of the first member of its Case; -1 where it is gone."""
    case: IntArray
    """``(n,)``, number of its Case, 0 to ``cases`` - 1."""
    cases: int
    """How many Cases there are."""
    kind: IntArray
    """``(n,)``, place of the expectation in :class:`ExpectationKind`."""
    quantity: IntArray
    """``(n,)``, what is compared: a class code, or a negative code of this module."""
    tolerance: FloatArray
    """``(n,)``, >= 0, in the quantity's unit."""
    plain: bool
    """Whether every pattern is a Case of its own and expected to have its label."""

    @property
    def compares(self) -> BoolArray:
        """``(n,)``, patterns that are compared with the first member of their Case."""
        return self.kind >= _KINDS.index(ExpectationKind.SAME_AS)


def lay_out(patterns: Sequence[Pattern], row: IntArray, task: Task) -> Exam:
    """Lay patterns out over the rows of a test set.

    Args:
        patterns: All patterns of one problem.
        row: ``(n,)``, place of each pattern's row in the test set, -1 where it is gone.
        task: Gives the usual quantity and the tolerance of a regression.
    """
    if all(one.case is None for one in patterns) and len({one.example_id for one in patterns}) == len(patterns):
        return _lay_out_plain(patterns, np.asarray(row, np.int64), task)
    cases: dict[tuple[str | None, str], int] = {}
    first_of: dict[int, tuple[int, int]] = {}
    case = np.empty(len(patterns), np.int64)
    for i, one in enumerate(patterns):
        key = (one.case, "" if one.case is not None else one.example_id)
        case[i] = cases.setdefault(key, len(cases))
        first_of[int(case[i])] = min(first_of.get(int(case[i]), (one.place, int(row[i]))), (one.place, int(row[i])))
    return Exam(
        patterns=tuple(patterns),
        row=np.asarray(row, np.int64),
        first=np.array([first_of[int(each)][1] for each in case], np.int64),
        case=case,
        cases=len(cases),
        kind=np.array([_KINDS.index(one.expectation.kind) for one in patterns], np.int64),
        quantity=np.array([_quantity_code(one, task) for one in patterns], np.int64),
        tolerance=np.array([_tolerance(one, task) for one in patterns], np.float64),
        plain=all(one.case is None for one in patterns),
    )


def _lay_out_plain(patterns: Sequence[Pattern], row: IntArray, task: Task) -> Exam:
    """Lay out patterns that are each a Case of their own and expected to have their label."""
    n, usual = len(patterns), Pattern(example_id=ExampleId(""))
    return Exam(
        patterns=tuple(patterns),
        row=row,
        first=row,
        case=np.arange(n),
        cases=n,
        kind=np.full(n, _KINDS.index(ExpectationKind.LABEL)),
        quantity=np.full(n, _quantity_code(usual, task)),
        tolerance=np.full(n, _tolerance(usual, task)),
        plain=True,
    )


def joined(exams: Sequence[Exam], *, rows: IntArray) -> Exam:
    """Put the exams of several problems into one, so that a model is judged on all of them at once.

    Args:
        exams: At least one.
        rows: ``(k,)``, ascending: the rows that answers are given for. Places count in these.

    Returns:
        Patterns and Cases in the order of the exams; the patterns themselves are left out.
    """
    starts = np.cumsum([0, *(one.cases for one in exams)])

    def among(places: IntArray) -> IntArray:
        return np.where(places >= 0, np.searchsorted(rows, places), -1)

    return Exam(
        patterns=(),
        row=among(np.concatenate([one.row for one in exams])),
        first=among(np.concatenate([one.first for one in exams])),
        case=np.concatenate([one.case + start for one, start in zip(exams, starts[:-1], strict=True)]),
        cases=int(starts[-1]),
        kind=np.concatenate([one.kind for one in exams]),
        quantity=np.concatenate([one.quantity for one in exams]),
        tolerance=np.concatenate([one.tolerance for one in exams]),
        plain=all(one.plain for one in exams),
    )


def judge(exam: Exam, answers: Answers, classes: IntArray, wrong: BoolArray, known: BoolArray) -> IntArray:
    """Judge every pattern for one model.

    Args:
        exam: The patterns over the test set.
        answers: The model's answers to the test set, ``(rows,)``.
        classes: ``(rows,)``, the class answered (after the threshold), -1 where there is none.
        wrong: ``(rows,)``, where the answer is wrong.
        known: ``(rows,)``, where that can be said: there is an answer and a label.

    Returns:
        ``(n,)``, an :class:`Outcome` per pattern.
    """
    outcome = np.full(len(exam.row), int(Outcome.UNSCORED), np.int64)
    present = exam.row >= 0
    row = np.where(present, exam.row, 0)
    answered = present & _take(answers.valid, row)
    of_kind = {kind: exam.kind == place for place, kind in enumerate(_KINDS)}
    labelled = of_kind[ExpectationKind.LABEL] & present & _take(known, row)
    outcome[labelled] = _take(wrong, row)[labelled]
    outcome[of_kind[ExpectationKind.FIRST] & answered] = int(Outcome.HELD)
    both = exam.compares & answered & (exam.first >= 0) & _take(answers.valid, np.maximum(exam.first, 0))
    if both.any():
        _judge_moves(exam, answers, classes, both, outcome)
    return outcome


def judge_cases(exam: Exam, outcome: IntArray | OutcomeArray) -> IntArray:
    """Fold patterns into Cases: unscored if a member is, else failed if a member is.

    Args:
        exam: The patterns.
        outcome: ``(n,)``, an :class:`Outcome` per pattern.

    Returns:
        ``(cases,)``, an :class:`Outcome` per Case.
    """
    worst = np.zeros(exam.cases, np.int64)
    np.maximum.at(worst, exam.case, outcome)
    return worst


def _judge_moves(exam: Exam, answers: Answers, classes: IntArray, both: BoolArray, outcome: IntArray) -> None:
    member, first = exam.row[both], exam.first[both]
    kind, quantity, tolerance = exam.kind[both], exam.quantity[both], exam.tolerance[both]
    same_class = quantity == _SAME_CLASS
    code = np.where(quantity == _PREDICTED, _take(classes, first), quantity)
    move = _quantity(answers, member, code) - _quantity(answers, first, code)
    held = np.select(
        [kind == _KINDS.index(each) for each in _RULES],
        [rule(move, tolerance) for rule in _RULES.values()],
        default=np.zeros(len(move), np.bool_),
    )
    held = np.where(same_class, _take(classes, member) == _take(classes, first), held)
    judged = np.where(held, int(Outcome.HELD), int(Outcome.FAILED))
    outcome[both] = np.where(same_class | ~np.isnan(move), judged, int(Outcome.UNSCORED))


_RULES: dict[ExpectationKind, Callable[[FloatArray, FloatArray], BoolArray]] = {
    ExpectationKind.SAME_AS: lambda move, tolerance: np.abs(move) <= tolerance,
    ExpectationKind.MOVES_UP: lambda move, tolerance: move > tolerance,
    ExpectationKind.MOVES_DOWN: lambda move, tolerance: move < -tolerance,
    ExpectationKind.MUST_NOT_FALL: lambda move, tolerance: move >= -tolerance,
    ExpectationKind.MUST_NOT_RISE: lambda move, tolerance: move <= tolerance,
}


def _quantity(answers: Answers, row: IntArray, code: IntArray) -> FloatArray:
    """Read the quantity of each row; NaN where the model does not give it."""
    value = np.full(len(row), np.nan)
    if answers.numbers is not None:
        number = code == _NUMBER
        value[number] = answers.numbers[row[number]]
    if answers.probabilities is not None:
        probability = code >= 0
        value[probability] = answers.probabilities[row[probability], code[probability]]
    elif answers.scores is not None:
        # A binary model scores its positive class, code 1; the other class has the rest.
        positive, negative = code == 1, code == 0
        value[positive] = answers.scores[row[positive]]
        value[negative] = 1.0 - answers.scores[row[negative]]
    return value


def _take(array: _Array, places: IntArray) -> _Array:
    return array[places] if len(array) else np.zeros(len(places), array.dtype)


def _quantity_code(one: Pattern, task: Task) -> int:
    named, kind = one.expectation.quantity, one.expectation.kind
    if named is None:
        usual = {TaskKind.BINARY: 1, TaskKind.MULTICLASS: _PREDICTED, TaskKind.REGRESSION: _NUMBER}[task.kind]
        return _SAME_CLASS if kind is ExpectationKind.SAME_AS and task.kind is not TaskKind.REGRESSION else usual
    if named.startswith(QUANTITY_CLASS):
        return task.classes.index(named.removeprefix(QUANTITY_CLASS))
    return {QUANTITY_SCORE: 1, QUANTITY_NUMBER: _NUMBER, QUANTITY_PREDICTED: _PREDICTED}[named]


def _tolerance(one: Pattern, task: Task) -> float:
    if one.expectation.tolerance is not None:
        return one.expectation.tolerance
    usual = task.tolerance if one.expectation.kind is ExpectationKind.SAME_AS else None
    return usual or 0.0
