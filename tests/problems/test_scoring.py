"""Cases and expectations against a second, slower definition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.ids import ExampleId
from curiouser.measure.records import Answers, BoolArray, FloatArray, IntArray
from curiouser.problems.records import Expectation, ExpectationKind, Pattern
from curiouser.problems.scoring import Outcome, judge, judge_cases, lay_out

BINARY = Task(name="t", kind=TaskKind.BINARY, inputs=("x",), label="y", classes=("no", "yes"))
MULTI = Task(name="t", kind=TaskKind.MULTICLASS, inputs=("x",), label="y", classes=("a", "b", "c"))
REGRESSION = Task(name="t", kind=TaskKind.REGRESSION, inputs=("x",), label="y", tolerance=0.5)
COMPARING = [kind for kind in ExpectationKind if kind.compares]


def pattern(
    row: int,
    case: str | None = None,
    place: int = 0,
    *,
    kind: ExpectationKind = ExpectationKind.LABEL,
    tolerance: float | None = None,
) -> Pattern:
    expectation = Expectation(kind=kind, tolerance=tolerance)
    return Pattern(example_id=ExampleId(str(row)), case=case, place=place, expectation=expectation)


@dataclass
class Model:
    """Answers of one model to rows named 0, 1, 2 …"""

    answers: Answers
    classes: IntArray
    wrong: BoolArray
    known: BoolArray

    def rows(self, patterns: list[Pattern]) -> IntArray:
        places = [int(one.example_id) for one in patterns]
        return np.array([place if place < len(self.classes) else -1 for place in places])

    def outcomes(self, patterns: list[Pattern], task: Task) -> list[Outcome]:
        exam = lay_out(patterns, self.rows(patterns), task)
        return [Outcome(one) for one in judge(exam, self.answers, self.classes, self.wrong, self.known)]

    def cases(self, patterns: list[Pattern], task: Task) -> list[Outcome]:
        exam = lay_out(patterns, self.rows(patterns), task)
        judged = judge(exam, self.answers, self.classes, self.wrong, self.known)
        return [Outcome(one) for one in judge_cases(exam, judged)]


def scored(scores: list[float], labels: list[int | None], valid: list[bool] | None = None) -> Model:
    given_scores, n = np.array(scores), len(scores)
    has = np.array(valid if valid is not None else [True] * n)
    classes = np.where(has, (given_scores >= 0.5).astype(np.int64), -1)
    truth = np.array([-1 if label is None else label for label in labels])
    return Model(Answers(valid=has, scores=given_scores), classes, classes != truth, has & (truth >= 0))


def test_a_labelled_pattern_fails_where_the_answer_is_wrong() -> None:
    model = scored([0.9, 0.9], [0, 1])
    assert model.outcomes([pattern(0), pattern(1)], BINARY) == [Outcome.FAILED, Outcome.HELD]


def test_a_pattern_without_an_answer_a_label_or_a_row_is_unscored() -> None:
    model = scored([0.9, 0.9], [1, None], valid=[False, True])
    assert model.outcomes([pattern(0), pattern(1), pattern(7)], BINARY) == [Outcome.UNSCORED] * 3


def test_a_case_fails_if_any_of_its_members_fails() -> None:
    model = scored([0.9, 0.9, 0.1], [None] * 3)
    same = [pattern(0, "c", 0, kind=ExpectationKind.FIRST)]
    same += [pattern(i, "c", i, kind=ExpectationKind.SAME_AS) for i in (1, 2)]
    assert model.outcomes(same, BINARY) == [Outcome.HELD, Outcome.HELD, Outcome.FAILED]
    assert model.cases(same, BINARY) == [Outcome.FAILED]


def test_a_case_with_an_unscored_member_is_unscored_even_where_another_fails() -> None:
    model = scored([0.9, 0.1, 0.9], [None] * 3, valid=[True, True, False])
    same = [pattern(0, "c", 0, kind=ExpectationKind.FIRST)]
    same += [pattern(i, "c", i, kind=ExpectationKind.SAME_AS) for i in (1, 2)]
    assert model.cases(same, BINARY) == [Outcome.UNSCORED]


def test_the_first_member_is_found_by_its_place_and_not_by_the_order_of_rows() -> None:
    model = scored([0.2, 0.4], [None] * 2)
    up = [pattern(1, "c", 1, kind=ExpectationKind.MOVES_UP), pattern(0, "c", 0, kind=ExpectationKind.FIRST)]
    assert model.outcomes(up, BINARY) == [Outcome.HELD, Outcome.HELD]


def test_a_model_that_gives_only_classes_leaves_a_move_unscored() -> None:
    valid = np.array([True, True])
    classes = np.array([0, 1])
    model = Model(Answers(valid=valid, codes=classes), classes, valid, ~valid)
    moves = [pattern(0, "c", 0, kind=ExpectationKind.FIRST), pattern(1, "c", 1, kind=ExpectationKind.MOVES_UP)]
    assert model.outcomes(moves, BINARY) == [Outcome.HELD, Outcome.UNSCORED]


def test_the_same_answer_of_a_regression_may_differ_by_the_tasks_tolerance() -> None:
    valid = np.array([True] * 3)
    numbers = np.array([1.0, 1.5, 1.6])
    model = Model(Answers(valid=valid, numbers=numbers), np.full(3, -1), ~valid, ~valid)
    same = [pattern(0, "c", 0, kind=ExpectationKind.FIRST)]
    same += [pattern(i, "c", i, kind=ExpectationKind.SAME_AS) for i in (1, 2)]
    assert model.outcomes(same, REGRESSION) == [Outcome.HELD, Outcome.HELD, Outcome.FAILED]


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        (ExpectationKind.MOVES_UP, {0.9}),
        (ExpectationKind.MOVES_DOWN, {0.1}),
        (ExpectationKind.MUST_NOT_FALL, {0.45, 0.5, 0.55, 0.9}),
        (ExpectationKind.MUST_NOT_RISE, {0.1, 0.45, 0.5, 0.55}),
    ],
)
def test_a_move_within_the_tolerance_is_no_move(kind: ExpectationKind, holds: set[float]) -> None:
    values = [0.1, 0.45, 0.5, 0.55, 0.9]
    model = scored([0.5, *values], [None] * 6)
    case = [pattern(0, "c", 0, kind=ExpectationKind.FIRST)]
    case += [pattern(i, "c", i, kind=kind, tolerance=0.1) for i in range(1, 6)]
    held = {value for value, one in zip(values, model.outcomes(case, BINARY)[1:], strict=True) if one is Outcome.HELD}
    assert held == holds


def brute_force(case: list[Pattern], probabilities: FloatArray, valid: list[bool]) -> Outcome:
    """One case of a three-class model, one member at a time, in plain Python."""
    first = case[0]
    worst = Outcome.HELD
    for one in case:
        row, base = int(one.example_id), int(first.example_id)
        if not valid[row] or not valid[base]:
            return Outcome.UNSCORED
        kind, quantity = one.expectation.kind, one.expectation.quantity
        predicted = max(range(3), key=lambda code: (probabilities[base][code], -code))
        code = predicted if quantity in {None, "predicted"} else MULTI.classes.index(str(quantity)[2:])
        move = probabilities[row][code] - probabilities[base][code]
        tolerance = one.expectation.tolerance or 0.0
        own = max(range(3), key=lambda code: (probabilities[row][code], -code))
        same = own == predicted if quantity is None else abs(move) <= tolerance
        holds = {
            ExpectationKind.FIRST: True,
            ExpectationKind.SAME_AS: same,
            ExpectationKind.MOVES_UP: move > tolerance,
            ExpectationKind.MOVES_DOWN: move < -tolerance,
            ExpectationKind.MUST_NOT_FALL: move >= -tolerance,
            ExpectationKind.MUST_NOT_RISE: move <= tolerance,
        }[kind]
        worst = worst if holds else Outcome.FAILED
    return worst


@given(st.data())
def test_cases_are_judged_as_a_plain_loop_judges_them(data: st.DataObject) -> None:
    n = 6
    raw = data.draw(st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=3), min_size=n, max_size=n))
    valid = data.draw(st.lists(st.sampled_from([True, True, False]), min_size=n, max_size=n))
    probabilities = np.array(raw, np.float64) / np.array(raw).sum(axis=1, keepdims=True)
    cases = []
    for name in ("one", "two", "three"):
        rows = data.draw(st.lists(st.integers(0, n - 1), min_size=2, max_size=4))
        expectations = st.builds(
            Expectation,
            kind=st.sampled_from(COMPARING),
            quantity=st.sampled_from([None, "predicted", "p_a", "p_c"]),
            tolerance=st.sampled_from([None, 0.0, 0.1]),
        )
        members = [
            Pattern(example_id=ExampleId(str(row)), case=name, place=place, expectation=data.draw(expectations))
            for place, row in enumerate(rows[1:], start=1)
        ]
        cases.append([pattern(rows[0], name, 0, kind=ExpectationKind.FIRST), *members])
    classes = np.where(valid, probabilities.argmax(axis=1), -1)
    model = Model(Answers(valid=np.array(valid), probabilities=probabilities), classes, classes < 0, classes < -1)
    flat = [one for case in cases for one in case]
    assert model.cases(flat, MULTI) == [brute_force(case, probabilities, valid) for case in cases]
    shuffled = data.draw(st.permutations(flat))
    assert sorted(model.cases(list(shuffled), MULTI)) == sorted(model.cases(flat, MULTI))
