"""Look at problems: one with its patterns on each model, all of them over the models, the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from curiouser.data import DataService
from curiouser.evaluations import EvaluationService
from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import BadInputError
from curiouser.measure import ProblemState
from curiouser.models import Model, ModelKind, ModelService
from curiouser.problems import stored
from curiouser.problems.memorised import Memory
from curiouser.problems.records import ExpectationKind, Pattern, Problem
from curiouser.problems.results import (
    Check,
    Checked,
    History,
    PatternAnswer,
    PatternOutcome,
    ProblemHistory,
    ShownPattern,
    ShownProblem,
    Standing,
)
from curiouser.problems.scoring import Exam
from curiouser.problems.standings import Judged, ModelAnswers, Standings
from curiouser.storage import Database

_OUTCOMES = tuple(PatternOutcome)
_CONFUSION = {(True, True): "TP", (True, False): "FN", (False, True): "TN", (False, False): "FP"}


class Views:
    """Reads problems and computes how they stand.

    Args:
        database: Where problems are kept.
        data: Where rows are kept.
        models: Which models there are.
        evaluations: What they answered.
        task: What an answer is.
    """

    def __init__(
        self, database: Database, *, data: DataService, models: ModelService, evaluations: EvaluationService, task: Task
    ) -> None:
        self._database, self._models, self._evaluations, self._task = database, models, evaluations, task
        self._memory = Memory(data, task)

    def standings(self, on: str, names: Sequence[str] | None = None) -> Standings:
        """Lay the problems of a test dataset out over its rows.

        Raises:
            ProblemNotFoundError: A name is unknown.
        """
        test_set = self._evaluations.test_set(on)
        with self._database.read() as connection:
            if names is None:
                found = stored.every_problem(connection)
            else:
                found = dict(stored.find_problem(connection, name) for name in names)
            patterns = stored.patterns_of(connection, list(found))
        chosen = [
            (problem, patterns[number])
            for number, problem in found.items()
            if names is not None or problem.dataset.partition("@")[0] == test_set.commit.dataset
        ]
        return Standings(self._evaluations, self._memory, self._task, test_set=test_set, problems=chosen)

    def candidates(self) -> tuple[Model, ...]:
        """List the models that are not retired, oldest first."""
        return tuple(sorted(self._models.list(), key=lambda model: (model.created_at, model.id)))

    def answering(self) -> tuple[Model, ...]:
        """List the models of which more than reported scores remains, oldest first."""
        return tuple(model for model in self.candidates() if model.kind is not ModelKind.REPORTED)

    def live(self) -> Model | None:
        """Name the live model."""
        return self._models.live()

    def chosen(self, name: str | None, *, newest: bool) -> Model:
        """Find the model that is meant: the named one, else the newest, or the live one where there is one.

        Raises:
            ModelNotFoundError: The name is unknown.
            BadInputError: There is no model to look at.
        """
        if name is not None:
            return self._models.get(name)
        live, several = self.live(), self.answering()
        if live is not None and not newest:
            return live
        if not several:
            raise BadInputError("there is no model to look at yet", "add one with `curiouser model add`")
        return several[-1]

    def history(self, names: Sequence[str] | None, on: str, models: Sequence[str] | None) -> History:
        """Follow problems over models, oldest first.

        Raises:
            ProblemNotFoundError: A problem's name is unknown.
            ModelNotFoundError: A model's name is unknown.
        """
        table = self.standings(on, names)
        several = self.candidates() if models is None else tuple(self._models.get(name) for name in models)
        live, tried = self.live(), self.answering()
        by_model = [table.standings(model, live=live, tried=tried) for model in several]
        return History(
            test_set=table.test_set.commit.id,
            live=live.title if live else None,
            problems=tuple(
                ProblemHistory(problem=problem, standings=tuple(made[name] for made in by_model))
                for name, problem in table.problems.items()
            ),
        )

    def show(
        self, name: str, on: str | None, models: Sequence[str] | None, limit: int, reports: Sequence[int]
    ) -> ShownProblem:
        """Show one problem with its patterns and what each model made of them.

        Raises:
            ProblemNotFoundError: There is no such problem.
            ModelNotFoundError: A model's name is unknown.
        """
        with self._database.read() as connection:
            _, problem = stored.find_problem(connection, name)
        table = self.standings(on or problem.dataset, [name])
        several = self.candidates() if models is None else tuple(self._models.get(one) for one in models)
        live, tried = self.live(), self.answering()
        exam = table.exams[problem.name]
        rows = table.test_set.rows
        shown = range(min(limit, len(exam.patterns)))
        cells = [rows.row(int(exam.row[i]), named=True) if exam.row[i] >= 0 else None for i in shown]
        answers = {model.title: self._answers(table, problem, exam, model) for model in several}
        return ShownProblem(
            problem=problem,
            test_set=table.test_set.commit.id,
            standings=tuple(table.standings(model, live=live, tried=tried)[problem.name] for model in several),
            patterns=tuple(
                ShownPattern(
                    pattern=exam.patterns[i],
                    row=None if row is None else self._row(row),
                    origin=None if row is None else row.get("origin"),
                    answers={title: several_answers[i] for title, several_answers in answers.items()},
                )
                for i, row in zip(shown, cells, strict=True)
            ),
            total=len(exam.patterns),
            reports=tuple(reports),
        )

    def check(self, model: str | None, on: str) -> Check:
        """Run every problem against a model, the newest one where none is named.

        Raises:
            ModelNotFoundError: The model's name is unknown.
            BadInputError: There is no model.
        """
        mine, live = self.chosen(model, newest=True), self.live()
        table = self.standings(on)
        tried = self.answering()
        standings = table.standings(mine, live=live, tried=tried)
        other = live is not None and live.title != mine.title
        theirs = table.standings(live, live=None) if live is not None and other else {}
        return Check(
            model=mine.title,
            live=live.title if live else None,
            test_set=table.test_set.commit.id,
            problems=tuple(
                _checked(problem, standings[name], theirs.get(name)) for name, problem in table.problems.items()
            ),
        )

    def _answers(self, table: Standings, problem: Problem, exam: Exam, model: Model) -> list[PatternAnswer]:
        given, judged = table.answers(model), table.judged(model)[problem.name]
        return [self._answer(table, exam, given, judged, i) for i in range(len(exam.patterns))]

    def _answer(
        self, table: Standings, exam: Exam, given: ModelAnswers | None, judged: Judged, i: int
    ) -> PatternAnswer:
        row, outcome = int(exam.row[i]), _OUTCOMES[int(judged.outcome[i])]
        answered = given is not None and row >= 0 and bool(given.answers.valid[row])
        return PatternAnswer(
            outcome=outcome,
            answer=self._said(given, row) if given is not None and answered else None,
            score=_score(given, row) if given is not None and answered else None,
            confusion=self._confusion(table, exam.patterns[i], row, outcome),
            memorised=bool(judged.memorised[i]),
        )

    def _said(self, given: ModelAnswers, row: int) -> str | float:
        if self._task.kind is TaskKind.REGRESSION:
            numbers = given.answers.numbers
            return float("nan") if numbers is None else float(numbers[row])
        return self._task.classes[int(given.classes[row])]

    def _confusion(self, table: Standings, pattern: Pattern, row: int, outcome: PatternOutcome) -> str | None:
        labelled = pattern.expectation.kind is ExpectationKind.LABEL and outcome is not PatternOutcome.UNSCORED
        if not labelled or self._task.kind is not TaskKind.BINARY:
            return None
        return _CONFUSION[bool(table.test_set.truth[row] == 1), outcome is PatternOutcome.HELD]

    def _row(self, row: Mapping[str, Any]) -> dict[str, Json]:
        wanted = dict.fromkeys([*self._task.inputs, self._task.label])
        return {name: _json(row.get(name)) for name in wanted}


def _json(value: Any) -> Json:  # noqa: ANN401  a cell of any stored type
    return as_text(value) if isinstance(value, datetime) else value


def _score(given: ModelAnswers, row: int) -> float | None:
    scores = given.answers.scores
    return None if scores is None or np.isnan(scores[row]) else float(scores[row])


def _checked(problem: Problem, standing: Standing, live: Standing | None) -> Checked:
    closed = problem.closed_at is not None
    fails = standing.state in {ProblemState.FAILING, ProblemState.REGRESSED, ProblemState.SLIPPED}
    blocks = standing.state is ProblemState.REGRESSED or (closed and fails and standing.beyond_bound)
    return Checked(
        problem=problem,
        standing=standing,
        live_state=live.state if live is not None else None,
        blocks=blocks,
        warns=not blocks and (standing.state is ProblemState.SLIPPED or (closed and fails)),
    )
