"""Compute how problems stand with models: error, state, what was memorised, what flipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from curiouser.evaluations import EvaluationService, TestSet
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.ids import ExampleId, ProblemName
from curiouser.measure import (
    Answers,
    BoolArray,
    IntArray,
    Measured,
    PatternErrors,
    ProblemState,
    clopper_pearson,
    lower_bound,
    standing,
    upper_bound,
)
from curiouser.models import Model, ModelKind
from curiouser.problems.memorised import Memory
from curiouser.problems.records import ExpectationKind, Pattern, Problem
from curiouser.problems.results import Confusion, Standing
from curiouser.problems.scoring import Exam, Outcome, judge, judge_cases, lay_out

_SHOWN = 5
_LABEL = tuple(ExpectationKind).index(ExpectationKind.LABEL)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """One problem's patterns as one model answered them."""

    outcome: IntArray
    """``(n,)``, an :class:`Outcome` per pattern."""
    memorised: BoolArray
    """``(n,)``, patterns that stand in the model's training data."""
    failed: int
    """Failed Cases, the memorised ones left out, >= 0."""
    scored: int
    """Scored Cases, the memorised ones left out, >= 0."""
    unscored: int
    """Cases without an answer, the memorised ones left out, >= 0."""
    failed_of_all: int
    """Failed Cases, >= 0."""
    scored_of_all: int
    """Scored Cases, >= 0."""
    confusion: Confusion | None
    """Labelled patterns by what became of them, the memorised ones left out."""

    @property
    def errors(self) -> PatternErrors:
        """Failed of scored Cases."""
        return PatternErrors(errors=self.failed, n=self.scored)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelAnswers:
    """What one model answered to the whole test set."""

    answers: Answers
    classes: IntArray
    wrong: BoolArray
    known: BoolArray


class Standings:
    """Problems laid out over one test set, judged one model at a time.

    Args:
        evaluations: Knows the answers and which are wrong.
        memory: Knows what stands in training data.
        task: Says what kind of answer it is.
        test_set: The rows.
        problems: Each problem with its patterns.
    """

    def __init__(
        self,
        evaluations: EvaluationService,
        memory: Memory,
        task: Task,
        *,
        test_set: TestSet,
        problems: Sequence[tuple[Problem, Sequence[Pattern]]],
    ) -> None:
        self._evaluations, self._memory, self._task, self.test_set = evaluations, memory, task, test_set
        self.problems = {problem.name: problem for problem, _ in problems}
        self.exams = {problem.name: self._exam(patterns) for problem, patterns in problems}
        self._answers: dict[str, ModelAnswers | None] = {}
        self._judged: dict[str, dict[ProblemName, Judged]] = {}

    def judged(self, model: Model) -> Mapping[ProblemName, Judged]:
        """Judge every problem for one model, once."""
        if model.title not in self._judged:
            memorised = self._memory.memorised(model, self._pattern_rows())
            self._judged[model.title] = {
                name: self._judge(exam, self.answers(model), memorised) for name, exam in self.exams.items()
            }
        return self._judged[model.title]

    def answers(self, model: Model) -> ModelAnswers | None:
        """Read what one model answered, once; None where only reported scores of it remain."""
        if model.title not in self._answers:
            self._answers[model.title] = self._read(model)
        return self._answers[model.title]

    def standings(
        self, model: Model, *, live: Model | None, tried: Sequence[Model] = ()
    ) -> dict[ProblemName, Standing]:
        """Compute how every problem stands with one model.

        Args:
            model: The model.
            live: The live model, which a problem can regress from.
            tried: All models that were tried, for what `fixed` has to say.
        """
        mine = self.judged(model)
        theirs = self.judged(live) if live is not None and live.title != model.title else {}
        return {name: self._standing(name, model, theirs.get(name), tried) for name in mine}

    def _standing(self, name: ProblemName, model: Model, live: Judged | None, tried: Sequence[Model]) -> Standing:
        mine, exam, problem = self.judged(model)[name], self.exams[name], self.problems[name]
        found = standing(mine.errors, tolerance=problem.tolerance, live=None if live is None else live.errors)
        made = Standing(
            problem=name,
            model=model.title,
            state=found.state,
            error=self._error(model, mine, exam),
            failed=mine.failed,
            tolerance=problem.tolerance,
            lower_bound=lower_bound(mine.failed, mine.scored) if mine.scored else None,
            upper_bound=upper_bound(mine.failed, mine.scored) if mine.scored else None,
            more_needed=found.more_needed,
            # Every model's answers are read for this number, so only where it is told.
            models_tried=self._tried(name, tried) if found.state is ProblemState.FIXED else None,
            cases=exam.cases,
            patterns=len(exam.patterns),
            memorised=int(mine.memorised.sum()),
            gone=int((exam.row < 0).sum()),
            failed_of_all=mine.failed_of_all,
            scored_of_all=mine.scored_of_all,
            confusion=mine.confusion,
            flipped=_flipped(exam, mine, live) if found.state in {ProblemState.SLIPPED, ProblemState.REGRESSED} else (),
        )
        return replace(made, sentence=sentence(made))

    def _tried(self, name: ProblemName, models: Sequence[Model]) -> int:
        return sum(self.judged(one)[name].scored > 0 for one in models)

    def _error(self, model: Model, mine: Judged, exam: Exam) -> Measured:
        if mine.scored:
            interval = clopper_pearson(mine.failed, mine.scored)
            return Measured(
                value=mine.failed / mine.scored,
                low=interval.low,
                high=interval.high,
                n=mine.scored,
                missing=mine.unscored,
                method=f"failed / scored cases, {interval.method}",
            )
        if self.answers(model) is None:
            reason = "only reported scores of this model remain"
        elif mine.memorised.any():
            reason = f"{int(mine.memorised.sum())} of {len(exam.patterns)} patterns stand in its training data"
        else:
            reason = "no pattern has an answer" if exam.cases else "there is no pattern"
        return Measured(
            value=None, low=None, high=None, n=0, missing=mine.unscored, method="failed / scored cases", reason=reason
        )

    def _exam(self, patterns: Sequence[Pattern]) -> Exam:
        return lay_out(patterns, self.test_set.places([one.example_id for one in patterns]), self._task)

    def _pattern_rows(self) -> pl.DataFrame:
        used = np.unique(np.concatenate([np.empty(0, np.int64), *(exam.row for exam in self.exams.values())]))
        return self.test_set.rows[used[used >= 0]].select("id", *(n for n in self._task.inputs if n != "id"))

    def _read(self, model: Model) -> ModelAnswers | None:
        if model.kind is ModelKind.REPORTED:
            return None
        wrongness = self._evaluations.wrong(model, self.test_set)
        regression = self._task.kind is TaskKind.REGRESSION
        return ModelAnswers(
            answers=self._evaluations.answers(model, self.test_set),
            classes=np.full(self.test_set.n, -1) if regression else self._evaluations.classes(model, self.test_set),
            wrong=wrongness.wrong,
            known=wrongness.known,
        )

    def _judge(self, exam: Exam, given: ModelAnswers | None, memorised: frozenset[ExampleId]) -> Judged:
        if given is None:
            outcome = np.full(len(exam.patterns), int(Outcome.UNSCORED), np.int64)
        else:
            outcome = judge(exam, given.answers, given.classes, given.wrong, given.known)
        seen = np.array([one.example_id in memorised for one in exam.patterns], np.bool_)
        cases = judge_cases(exam, outcome)
        # A Case counts as memorised when any of its members stands in the training data.
        fresh = np.ones(exam.cases, np.bool_)
        fresh[exam.case[seen]] = False
        return Judged(
            outcome=outcome,
            memorised=seen,
            failed=int((fresh & (cases == Outcome.FAILED)).sum()),
            scored=int((fresh & (cases != Outcome.UNSCORED)).sum()),
            unscored=int((fresh & (cases == Outcome.UNSCORED)).sum()),
            failed_of_all=int((cases == Outcome.FAILED).sum()),
            scored_of_all=int((cases != Outcome.UNSCORED).sum()),
            confusion=self._confusion(exam, outcome, fresh[exam.case] if exam.cases else seen),
        )

    def _confusion(self, exam: Exam, outcome: IntArray, fresh: BoolArray) -> Confusion | None:
        if self._task.kind is not TaskKind.BINARY:
            return None
        counted = fresh & (exam.kind == _LABEL) & (outcome != Outcome.UNSCORED)
        positive = self.test_set.truth[np.maximum(exam.row, 0)] == 1 if self.test_set.n else np.zeros(0, np.bool_)
        failed = outcome == Outcome.FAILED
        return Confusion(
            true_positive=int((counted & positive & ~failed).sum()),
            false_positive=int((counted & ~positive & failed).sum()),
            true_negative=int((counted & ~positive & ~failed).sum()),
            false_negative=int((counted & positive & failed).sum()),
        )


def sentence(one: Standing) -> str:
    """Say a state in plain words, with what proves it and what does not.

    Raises:
        KeyError: The state has no words; a new state needs them here.
    """
    error, counted = one.error, f"{one.failed} of {one.error.n} failed"
    flipped = ", ".join(one.flipped[:_SHOWN]) + (" …" if len(one.flipped) > _SHOWN else "")
    more = f"; {one.more_needed} more without error would prove it fixed" if one.more_needed else ""
    tried = f"{one.models_tried} model(s) were tried; written patterns are no random sample"
    bound = f"the upper bound {one.upper_bound or 0:.3f} is within the tolerance of {one.tolerance:g}"
    live = f"not failing on the live model; new failures: {flipped or 'none'}"
    words = {
        ProblemState.UNSCORED: f"unscored: {error.reason}",
        ProblemState.FAILING: f"failing: {counted}, more than the tolerance of {one.tolerance:g}",
        ProblemState.PASSING: f"passing: {counted}, which proves little{more}",
        ProblemState.FIXED: f"fixed: {counted}, {bound} ({tried})",
        ProblemState.REGRESSED: f"regressed: {counted}, beyond chance, and {live}",
        ProblemState.SLIPPED: f"slipped: {counted}, within chance, and {live}",
    }
    memorised = f"; {one.memorised} pattern(s) stand in its training data and are left out" if one.memorised else ""
    return words[one.state] + memorised


def _flipped(exam: Exam, mine: Judged, live: Judged | None) -> tuple[ExampleId, ...]:
    if live is None:
        return ()
    turned = (mine.outcome == Outcome.FAILED) & (live.outcome == Outcome.HELD) & ~mine.memorised
    return tuple(dict.fromkeys(exam.patterns[i].example_id for i in np.flatnonzero(turned)))
