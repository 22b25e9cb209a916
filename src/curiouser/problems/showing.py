"""Show the patterns of one problem with what every model made of each (slide 44)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from curiouser.evaluations import Marked, TestSet
from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.measure import IntArray
from curiouser.models import Model
from curiouser.problems.judging import Judged, Session
from curiouser.problems.laying import Laid
from curiouser.problems.records import ExpectationKind
from curiouser.problems.results import PatternAnswer, PatternOutcome, ShownPattern
from curiouser.problems.scoring import Exam

_OUTCOMES = tuple(PatternOutcome)
_CONFUSION = {(True, True): "TP", (True, False): "FN", (False, True): "TN", (False, False): "FP"}


def show_patterns(
    session: Session, task: Task, laid: Laid, models: Sequence[Model], limit: int
) -> tuple[ShownPattern, ...]:
    """Show the first patterns of a problem.

    Args:
        session: Knows what models made of it.
        task: What an answer is.
        laid: The problem.
        models: Who is shown.
        limit: Most patterns.
    """
    exam, test_set = laid.exam, session.test_set
    row = exam.row[: max(0, limit)]
    places = np.unique(row[row >= 0])
    local = np.where(row >= 0, np.searchsorted(places, row), -1)
    marked, judged = session.marked(models, places), session.judged_on(models, [laid.problem.name])
    meets = _meets(task, test_set, exam, row)
    answers = {
        model.title: list(_answers(task, judged[model.id][laid.problem.name], marked.get(model.id), local, meets))
        for model in models
    }
    cells = [test_set.rows.row(place, named=True) if place >= 0 else None for place in row.tolist()]
    return tuple(
        ShownPattern(
            pattern=exam.patterns[i],
            row=None if cell is None else _row(task, cell),
            origin=None if cell is None else cell.get("origin"),
            answers={title: several[i] for title, several in answers.items()},
        )
        for i, cell in enumerate(cells)
    )


def _meets(task: Task, test_set: TestSet, exam: Exam, row: IntArray) -> list[bool | None]:
    """Tell of each pattern whether its label is the positive class; None where no confusion is told of it."""
    if task.kind is not TaskKind.BINARY:
        return [None] * len(row)
    labelled = exam.kind[: len(row)] == tuple(ExpectationKind).index(ExpectationKind.LABEL)
    positive = test_set.truth[np.maximum(row, 0)] == 1 if test_set.n else np.zeros(len(row), np.bool_)
    told = zip(labelled.tolist(), positive.tolist(), strict=True)
    return [meets if has_label else None for has_label, meets in told]


def _answers(
    task: Task, judged: Judged, given: Marked | None, local: IntArray, meets: Sequence[bool | None]
) -> Iterator[PatternAnswer]:
    said = _said(task, given, local)
    outcomes = [_OUTCOMES[each] for each in judged.outcome[: len(local)].tolist()]
    for outcome, memorised, meet, (answer, score) in zip(
        outcomes, judged.memorised[: len(local)].tolist(), meets, said, strict=True
    ):
        counted = meet is not None and outcome is not PatternOutcome.UNSCORED
        yield PatternAnswer(
            outcome=outcome,
            answer=answer,
            score=score,
            confusion=_CONFUSION[bool(meet), outcome is PatternOutcome.HELD] if counted else None,
            memorised=memorised,
        )


def _said(task: Task, given: Marked | None, local: IntArray) -> list[tuple[str | float | None, float | None]]:
    """Read the answer and the score to each pattern; None where there is none."""
    if given is None:
        return [(None, None)] * len(local)
    valid, numbers, scores = given.answers.valid.tolist(), given.answers.numbers, given.answers.scores
    answers: list[Any]
    if task.kind is TaskKind.REGRESSION:
        answers = [float("nan")] * len(valid) if numbers is None else numbers.tolist()
    else:
        answers = [task.classes[code] for code in given.classes.tolist()]
    shown = [None] * len(valid) if scores is None else [None if math.isnan(one) else one for one in scores.tolist()]
    return [(answers[at], shown[at]) if at >= 0 and valid[at] else (None, None) for at in local.tolist()]


def _row(task: Task, row: Mapping[str, Any]) -> dict[str, Json]:
    return {name: _json(row.get(name)) for name in dict.fromkeys([*task.inputs, task.label])}


def _json(value: Any) -> Json:  # noqa: ANN401  a cell of any stored type
    return as_text(value) if isinstance(value, datetime) else value
