"""Look at problems: one with its patterns on each model, all of them over the models, the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curiouser.evaluations import EvaluationService
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.remembered import Remembered
from curiouser.measure import ProblemState
from curiouser.models import Model, ModelKind, ModelService
from curiouser.problems import stored
from curiouser.problems.judging import Judging, Session
from curiouser.problems.laying import Layouts
from curiouser.problems.records import Problem
from curiouser.problems.results import Check, Checked, History, ProblemHistory, ShownPattern, ShownProblem, Standing
from curiouser.problems.scoring import Outcome, judge_cases
from curiouser.problems.showing import show_patterns
from curiouser.problems.standings import Standings
from curiouser.storage import Database

_KEPT_PAGES = 32
"""Problems whose patterns with every model's answer are kept at hand: some MB each with a hundred of both."""
_KEPT_CHECKS = 8
"""Checks kept at hand for as long as nothing at all is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCases:
    """How one model answers changed inputs, over all problems."""

    model: str
    """The model."""
    scored: int
    """Cases that compare a changed input with the first one and that it answered, >= 0."""
    failed: int
    """Of these, Cases it failed, >= 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The models at one moment."""

    candidates: tuple[Model, ...]
    """Those that are not retired, oldest first."""
    live: Model | None
    """The live one."""

    @property
    def answering(self) -> tuple[Model, ...]:
        """Those of which more than reported scores remain, oldest first."""
        return tuple(model for model in self.candidates if model.kind is not ModelKind.REPORTED)


class Views:
    """Reads problems and computes how they stand.

    Args:
        database: Where problems are kept.
        models: Which models there are.
        evaluations: What they answered.
        task: What an answer is.
    """

    def __init__(self, database: Database, *, models: ModelService, evaluations: EvaluationService, task: Task) -> None:
        self._database, self._models, self._evaluations, self._task = database, models, evaluations, task
        self._layouts = Layouts(database, task)
        self._judging = Judging(evaluations, task)
        self._shown = Remembered[tuple[object, ...], tuple[ShownPattern, ...]](most=_KEPT_PAGES)
        self._checks = Remembered[tuple[int, str | None, str], Check](most=_KEPT_CHECKS)

    def roster(self) -> Roster:
        """Read which models there are."""
        several = sorted(self._models.list(), key=lambda model: (model.created_at, model.id))
        return Roster(candidates=tuple(several), live=self._models.live())

    def session(self, on: str, roster: Roster, names: Sequence[str] | None = None) -> Session:
        """Lay the problems of a test dataset out over its rows, to judge models on them.

        Raises:
            ProblemNotFoundError: A name is unknown.
        """
        test_set = self._evaluations.test_set(on)
        laid = self._layouts.of(test_set, names)
        return Session(self._judging, test_set, laid, roster.candidates)

    def chosen(self, name: str | None, roster: Roster, *, newest: bool) -> Model:
        """Find the model that is meant: the named one, else the newest, or the live one where there is one.

        Raises:
            ModelNotFoundError: The name is unknown.
            BadInputError: There is no model to look at.
        """
        if name is not None:
            return self._models.get(name)
        if roster.live is not None and not newest:
            return roster.live
        if not roster.answering:
            raise BadInputError("there is no model to look at yet", "add one with `curiouser model add`")
        return roster.answering[-1]

    def history(self, names: Sequence[str] | None, on: str, models: Sequence[str] | None) -> History:
        """Follow problems over models, oldest first.

        Raises:
            ProblemNotFoundError: A problem's name is unknown.
            ModelNotFoundError: A model's name is unknown.
        """
        roster = self.roster()
        session = self.session(on, roster, names)
        several = self._several(models, roster)
        by_model = Standings(session, live=roster.live, tried=roster.answering).of_each(several)
        return History(
            test_set=session.test_set.commit.id,
            live=roster.live.title if roster.live else None,
            problems=tuple(
                ProblemHistory(problem=laid.problem, standings=tuple(made[name] for made in by_model))
                for name, laid in session.laid.items()
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
        if on is None:
            with self._database.read() as connection:
                on = stored.find_problem(connection, name)[1].dataset
        roster = self.roster()
        session = self.session(on, roster, [name])
        (laid,) = session.laid.values()
        several = self._several(models, roster)
        standings = Standings(session, live=roster.live, tried=roster.answering).of_each(several)
        keys = tuple((model.title, session.contestant(model).key) for model in several)
        return ShownProblem(
            problem=laid.problem,
            test_set=session.test_set.commit.id,
            standings=tuple(made[laid.problem.name] for made in standings),
            patterns=self._shown.get(
                (laid.key, limit, keys), lambda: show_patterns(session, self._task, laid, several, limit)
            ),
            total=len(laid.exam.patterns),
            reports=tuple(reports),
        )

    def check(self, model: str | None, on: str) -> Check:
        """Run every problem against a model, the newest one where none is named.

        Raises:
            ModelNotFoundError: The model's name is unknown.
            BadInputError: There is no model.
        """
        stamp = self._database.stamp()
        # A database that counts no writes has the stamp 0 for ever.
        found = self._checks.peek((stamp, model, on)) if stamp else None
        if found is None:
            found = self._check(model, on)
            self._checks.put((stamp, model, on), found)
        return found

    def _check(self, model: str | None, on: str) -> Check:
        roster = self.roster()
        mine, live = self.chosen(model, roster, newest=True), roster.live
        session = self.session(on, roster)
        standings = Standings(session, live=live, tried=roster.answering).of(mine)
        other = live is not None and live.title != mine.title
        theirs = Standings(session, live=None, tried=()).of(live) if live is not None and other else {}
        return Check(
            model=mine.title,
            live=live.title if live else None,
            test_set=session.test_set.commit.id,
            problems=tuple(
                _checked(laid.problem, standings[name], theirs.get(name)) for name, laid in session.laid.items()
            ),
        )

    def compared(self, model: str | None, on: str) -> ComparedCases:
        """Count the Cases that compare changed inputs, and those that a model fails; the live one by default.

        Raises:
            ModelNotFoundError: The model's name is unknown.
            BadInputError: There is no model.
        """
        roster = self.roster()
        mine = self.chosen(model, roster, newest=False)
        session = self.session(on, roster)
        scored = failed = 0
        for name, judged in session.judged(mine).items():
            exam = session.laid[name].exam
            if exam.plain:
                continue
            cases = judge_cases(exam, judged.outcome)
            comparing = np.zeros(exam.cases, np.bool_)
            comparing[exam.case[exam.compares]] = True
            scored += int((comparing & (cases != Outcome.UNSCORED)).sum())
            failed += int((comparing & (cases == Outcome.FAILED)).sum())
        return ComparedCases(model=mine.title, scored=scored, failed=failed)

    def _several(self, names: Sequence[str] | None, roster: Roster) -> tuple[Model, ...]:
        return roster.candidates if names is None else tuple(self._models.get(name) for name in names)


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
